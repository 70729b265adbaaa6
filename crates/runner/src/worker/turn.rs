//! One at a time among all workers and tabs of this site: who holds the turn of a file downloads it.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsValue, closure::Closure};

use super::browser::{deferred, scope};

/// The turn, until it is dropped or the worker ends.
pub(crate) struct Turn {
    release: Function,
}

impl Turn {
    /// Waits for the turn. `None` where the browser has no locks: then files may be loaded twice.
    pub(crate) async fn take(name: &str) -> Option<Self> {
        let locks = scope().navigator().locks()?;
        let (granted, grant) = deferred();
        let (held, release) = deferred();
        let callback = Closure::once_into_js(move || {
            // A promise's own function does not throw.
            grant.call0(&JsValue::UNDEFINED).unwrap_or_default();
            held
        });
        let refused = locks.request(&format!("plaudit-models {name}"), &callback);
        // The request's own promise ends with the lock, and before only when it is refused.
        Promise::race(&Array::of2(&granted, &refused)).await.ok()?;
        Some(Self { release })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.release.call0(&JsValue::UNDEFINED).unwrap_or_default();
    }
}
