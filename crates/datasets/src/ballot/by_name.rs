use std::collections::HashMap;

/// Numbers by name; a name that is known costs a look-up and no allocation.
#[derive(Default)]
pub(crate) struct ByName(HashMap<Box<str>, u32, foldhash::fast::FixedState>);

impl ByName {
    /// The name's number; that of a new one comes from `enter`.
    #[inline]
    pub(crate) fn number(&mut self, name: &str, enter: impl FnOnce() -> u32) -> u32 {
        if let Some(number) = self.0.get(name) {
            return *number;
        }
        let number = enter();
        self.0.insert(name.into(), number);
        number
    }
}
