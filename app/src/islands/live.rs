//! Reactive bits of one boxed type for each kind. Every closure has a type of its own, and Leptos' rendering code is
//! compiled once more for each: in the browser's bundle that is a kilobyte apiece.

type Live<T> = Box<dyn FnMut() -> T + Send>;

/// A text, or an attribute's value.
pub(super) fn text(value: impl FnMut() -> String + Send + 'static) -> Live<String> {
    Box::new(value)
}

/// A word out of a fixed set: a class, or an attribute's value.
pub(super) fn word(value: impl FnMut() -> &'static str + Send + 'static) -> Live<&'static str> {
    Box::new(value)
}

/// An attribute that is there or not.
pub(super) fn flag(value: impl FnMut() -> bool + Send + 'static) -> Live<bool> {
    Box::new(value)
}
