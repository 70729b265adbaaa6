//! The few parts of the browser that the worker uses, declared by hand. web-sys has them all, but each behind a feature
//! that wgpu would see too: the first one more compiles burn's kernels anew.

use std::cell::RefCell;

use js_sys::{ArrayBuffer, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, prelude::*};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = postMessage)]
    pub(crate) fn post_message(message: &str);
    #[wasm_bindgen(js_name = addEventListener)]
    pub(crate) fn add_event_listener(kind: &str, listener: &Function);
    /// Milliseconds of a clock that only goes forward.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub(crate) fn now_ms() -> f64;
    #[wasm_bindgen(catch, js_name = fetch)]
    pub(crate) fn fetch(address: &str, options: &JsValue) -> Result<Promise, JsValue>;

    pub(crate) type MessageEvent;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn data(this: &MessageEvent) -> JsValue;

    /// The worker's global object. What only a secure context has may be absent.
    pub(crate) type Scope;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn caches(this: &Scope) -> Option<CacheStorage>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn crypto(this: &Scope) -> Crypto;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn navigator(this: &Scope) -> Navigator;
    #[wasm_bindgen(method, getter, js_name = isSecureContext)]
    pub(crate) fn is_secure_context(this: &Scope) -> bool;

    pub(crate) type CacheStorage;
    #[wasm_bindgen(method)]
    pub(crate) fn open(this: &CacheStorage, name: &str) -> Promise;

    pub(crate) type Cache;
    #[wasm_bindgen(method, js_name = match)]
    pub(crate) fn find(this: &Cache, address: &str) -> Promise;
    #[wasm_bindgen(method)]
    pub(crate) fn put(this: &Cache, address: &str, response: &Response) -> Promise;
    #[wasm_bindgen(method)]
    pub(crate) fn delete(this: &Cache, address: &str, options: &JsValue) -> Promise;

    pub(crate) type Response;
    #[wasm_bindgen(constructor, catch)]
    pub(crate) fn new(body: &ReadableStream) -> Result<Response, JsValue>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn ok(this: &Response) -> bool;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn status(this: &Response) -> u16;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn body(this: &Response) -> Option<ReadableStream>;

    pub(crate) type ReadableStream;
    #[wasm_bindgen(constructor, catch)]
    pub(crate) fn of(source: &Object) -> Result<ReadableStream, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    pub(crate) fn reader(this: &ReadableStream) -> Result<Reader, JsValue>;

    pub(crate) type Reader;
    #[wasm_bindgen(method)]
    pub(crate) fn read(this: &Reader) -> Promise;
    #[wasm_bindgen(method)]
    pub(crate) fn cancel(this: &Reader) -> Promise;

    /// What a reader's promise gives.
    pub(crate) type Chunk;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn done(this: &Chunk) -> bool;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn value(this: &Chunk) -> Uint8Array;

    /// Where a stream of our own puts its bytes.
    pub(crate) type StreamController;
    #[wasm_bindgen(method)]
    pub(crate) fn enqueue(this: &StreamController, bytes: &Uint8Array);
    #[wasm_bindgen(method)]
    pub(crate) fn close(this: &StreamController);

    pub(crate) type Crypto;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn subtle(this: &Crypto) -> Option<SubtleCrypto>;
    pub(crate) type SubtleCrypto;
    #[wasm_bindgen(method)]
    pub(crate) fn digest(this: &SubtleCrypto, algorithm: &str, bytes: &Uint8Array) -> Promise;

    pub(crate) type Navigator;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn gpu(this: &Navigator) -> Option<Gpu>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn locks(this: &Navigator) -> Option<LockManager>;

    pub(crate) type LockManager;
    #[wasm_bindgen(method)]
    pub(crate) fn request(this: &LockManager, name: &str, callback: &JsValue) -> Promise;

    pub(crate) type Gpu;
    #[wasm_bindgen(method, js_name = requestAdapter)]
    pub(crate) fn request_adapter(this: &Gpu, options: &JsValue) -> Promise;
    pub(crate) type Adapter;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn info(this: &Adapter) -> Option<AdapterInfo>;
    #[wasm_bindgen(method, getter, js_name = isFallbackAdapter)]
    pub(crate) fn is_fallback_of_old(this: &Adapter) -> Option<bool>;
    pub(crate) type AdapterInfo;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn vendor(this: &AdapterInfo) -> String;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn architecture(this: &AdapterInfo) -> String;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn description(this: &AdapterInfo) -> String;
    #[wasm_bindgen(method, getter, js_name = isFallbackAdapter)]
    pub(crate) fn is_fallback(this: &AdapterInfo) -> Option<bool>;

    pub(crate) type MessageChannel;
    #[wasm_bindgen(constructor)]
    pub(crate) fn channel() -> MessageChannel;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn port1(this: &MessageChannel) -> MessagePort;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn port2(this: &MessageChannel) -> MessagePort;
    pub(crate) type MessagePort;
    #[wasm_bindgen(method, setter)]
    pub(crate) fn set_onmessage(this: &MessagePort, listener: &Function);
    #[wasm_bindgen(method, js_name = postMessage)]
    pub(crate) fn post(this: &MessagePort, message: &JsValue);
}

/// The worker's global object.
pub(crate) fn scope() -> Scope {
    js_sys::global().unchecked_into()
}

/// An object with these fields.
pub(crate) fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        // Setting a field of a fresh object does not fail.
        Reflect::set(&object, &JsValue::from_str(name), value).unwrap_or_default();
    }
    object.into()
}

/// A promise and the function that fulfils it.
pub(crate) fn deferred() -> (Promise, Function) {
    // The promise calls this before it returns; nobody sees the placeholder.
    let mut fulfil = JsValue::UNDEFINED.unchecked_into();
    let promise = Promise::new(&mut |resolve, _| fulfil = resolve);
    (promise, fulfil)
}

/// Waits for a promise whose outcome changes nothing.
pub(crate) async fn settle(promise: Promise) {
    drop(promise.await);
}

/// An exception in words.
pub(crate) fn words(exception: &JsValue) -> String {
    let field = |name: &str| Reflect::get(exception, &JsValue::from_str(name)).ok()?.as_string();
    match (field("name"), field("message")) {
        (Some(name), Some(message)) if !message.is_empty() => format!("{name}: {message}"),
        (Some(name), _) => name,
        _ => exception.as_string().unwrap_or_else(|| "an unknown error".to_owned()),
    }
}

/// The bytes of an `ArrayBuffer`.
pub(crate) fn bytes_of(buffer: JsValue) -> Vec<u8> {
    Uint8Array::new(&buffer.unchecked_into::<ArrayBuffer>()).to_vec()
}

/// Bytes of ours as JavaScript sees them, for the length of one call that copies them.
pub(crate) fn lend<T>(bytes: &[u8], call: impl FnOnce(&Uint8Array) -> T) -> T {
    // SAFETY: the view is valid until this memory grows or moves. `call` gets a reference it cannot keep, and all that
    // is called here (digest, slice) copies before it returns.
    let view = unsafe { Uint8Array::view(bytes) };
    call(&view)
}

/// Lets the browser deliver what has come meanwhile, such as an order to stop. By a message to ourselves, since timers
/// wait four milliseconds.
pub(crate) struct Pause {
    port: MessagePort,
    _listener: Closure<dyn FnMut()>,
    fulfil: std::rc::Rc<RefCell<Option<Function>>>,
}

impl Pause {
    pub(crate) fn new() -> Self {
        let fulfil = std::rc::Rc::<RefCell<Option<Function>>>::default();
        let waiting = fulfil.clone();
        let listener = Closure::<dyn FnMut()>::new(move || {
            let fulfil = waiting.borrow_mut().take();
            if let Some(fulfil) = fulfil {
                // A promise's own function does not throw.
                fulfil.call0(&JsValue::UNDEFINED).unwrap_or_default();
            }
        });
        let channel = MessageChannel::channel();
        channel.port1().set_onmessage(listener.as_ref().unchecked_ref());
        Self { port: channel.port2(), _listener: listener, fulfil }
    }

    /// Until all messages that lie there have been delivered.
    pub(crate) async fn pause(&self) {
        let (promise, fulfil) = deferred();
        *self.fulfil.borrow_mut() = Some(fulfil);
        self.port.post(&JsValue::NULL);
        settle(promise).await;
    }
}
