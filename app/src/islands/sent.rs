//! Properties that travel one way.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A property that the server sends to an island.
///
/// The code that Leptos makes for an island also writes its properties out again in the browser, for nobody. This type
/// writes nothing there, which keeps the work at start and the code for printing floating point out of the browser.
#[derive(Debug, Clone)]
pub struct Sent<T>(pub T);

impl<T: Serialize> Serialize for Sent<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if cfg!(feature = "ssr") { self.0.serialize(serializer) } else { serializer.serialize_unit() }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Sent<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}
