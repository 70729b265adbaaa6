//! Time and randomness, brought in as values so that tests can bring their own.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use plaudit_domain::Timestamp;

/// A source of the current time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The machine's clock.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        // Before 1970 the clock is broken; the epoch then is as good as any other wrong time.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    })
}

/// Bytes from the operating system's generator.
///
/// # Panics
/// When the operating system has no randomness to give: nothing that hands out tickets may run then.
#[expect(
    clippy::expect_used,
    reason = "without randomness no ticket may be made; getrandom fails only on a broken system"
)]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A uniform number below `bound`, which is at least 1.
pub fn random_below(bound: u64) -> u64 {
    // Multiply-shift keeps the bias under 2⁻⁶⁴ × bound: far below anything a vote could show.
    ((u128::from(u64::from_le_bytes(random_bytes())) * u128::from(bound)) >> 64) as u64
}
