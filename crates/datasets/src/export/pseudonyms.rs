use plaudit_domain::VoterId;

/// Gives voters the names that one export uses for them: BLAKE3 of the voter under a key, cut to 16 bytes.
///
/// With a fresh key for each export, nobody can tell that two exports have a voter in common, nor find a voter of the
/// site in either; with the key thrown away, not even the host. It needs no memory, however many voters there are.
///
/// ```
/// # use plaudit_datasets::export::Pseudonyms;
/// # use plaudit_domain::VoterId;
/// let voter = VoterId::from_bytes([7; 16]);
/// let (one, other) = (Pseudonyms::new([1; 32]), Pseudonyms::new([2; 32]));
/// assert_eq!(one.of(voter), one.of(voter));
/// assert_ne!(one.of(voter), other.of(voter));
/// ```
#[derive(Clone)]
pub struct Pseudonyms {
    key: [u8; 32],
}

impl Pseudonyms {
    /// With this key: 32 random bytes, or the same as before for the same bytes as before.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// With a key that follows from a number, for exports that somebody else shall be able to make again. Whoever
    /// knows the number and a voter's id can find that voter's votes.
    pub fn from_seed(seed: u64) -> Self {
        Self { key: blake3::derive_key("plaudit 2026 export voter key", &seed.to_le_bytes()) }
    }

    /// The voter's name in this export.
    pub fn of(&self, voter: VoterId) -> VoterId {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&blake3::keyed_hash(&self.key, voter.as_bytes()).as_bytes()[..16]);
        VoterId::from_bytes(bytes)
    }
}

impl std::fmt::Debug for Pseudonyms {
    /// Without the key.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pseudonyms").finish_non_exhaustive()
    }
}
