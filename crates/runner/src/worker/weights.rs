//! A model's files: from this browser's cache or from the server, verified either way, kept for the next time.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Uint8Array;
use plaudit_domain::{ModelFile, ModelManifest};
use plaudit_models::{ModelFiles, sha256_hex};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use super::browser::{self, Cache, Chunk, Response, StreamController, scope, words};
use super::turn::Turn;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::protocol::Event;

/// The cache of this browser that keeps weights. The service worker knows the name, and leaves it alone.
const CACHE: &str = "plaudit-models-1";
/// What is handed to the cache at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Loads files, and tells how many bytes of all of them are there.
pub(crate) struct Loader<'a> {
    cache: Option<Cache>,
    progress: RefCell<Progress>,
    report: &'a dyn Fn(Event),
}

impl<'a> Loader<'a> {
    /// For files of so many bytes altogether.
    pub(crate) async fn new(total: u64, report: &'a dyn Fn(Event)) -> Self {
        // Only secure contexts have a cache, and some browsers refuse it in private windows: then every load is a download.
        let cache = match scope().caches() {
            Some(caches) => caches.open(CACHE).await.ok().map(JsCast::unchecked_into),
            None => None,
        };
        Self { cache, progress: RefCell::new(Progress::new(total)), report }
    }

    /// All files of a model in `folder`, verified.
    pub(crate) async fn load(&self, manifest: &ModelManifest, folder: &str) -> Result<ModelFiles, Failure> {
        let mut files = ModelFiles::default();
        for file in &manifest.files {
            files.put(file.role, self.file(file, folder).await?);
        }
        Ok(files)
    }

    /// One file in `folder`, verified.
    pub(crate) async fn file(&self, file: &ModelFile, folder: &str) -> Result<Vec<u8>, Failure> {
        let bytes = self.bytes(file, folder).await?;
        self.progress.borrow_mut().next_file();
        Ok(bytes)
    }

    async fn bytes(&self, file: &ModelFile, folder: &str) -> Result<Vec<u8>, Failure> {
        // With the digest in the address, no cache on the way can hand out an older file.
        let slash = if folder.ends_with('/') { "" } else { "/" };
        let address = format!("{folder}{slash}{}?sha256={}", file.path, file.sha256);
        if let Some(bytes) = self.cached(file, &address).await {
            return Ok(bytes);
        }
        // Two sides of a battle may be one model: the second waits here, and finds what the first has put into the cache.
        let turn = match self.cache {
            Some(_) => Turn::take(&address).await,
            None => None,
        };
        if turn.is_some()
            && let Some(bytes) = self.cached(file, &address).await
        {
            return Ok(bytes);
        }
        let bytes = self.download(file, &address).await?;
        Ok(self.keep(&address, bytes).await)
    }

    /// From the cache; what is there and wrong is thrown away.
    async fn cached(&self, file: &ModelFile, address: &str) -> Option<Vec<u8>> {
        let cache = self.cache.as_ref()?;
        let response: Response = cache.find(address).await.ok().filter(|found| !found.is_undefined())?.unchecked_into();
        match self.read(file, &response, true).await {
            Ok(bytes) => Some(bytes),
            Err(_) => {
                self.progress.borrow_mut().again();
                // Where it cannot be deleted, it will be found to be wrong again.
                browser::settle(cache.delete(address, &JsValue::UNDEFINED)).await;
                None
            }
        }
    }

    async fn download(&self, file: &ModelFile, address: &str) -> Result<Vec<u8>, Failure> {
        let unreachable =
            |exception: JsValue| Failure::Unreachable { path: file.path.clone(), reason: words(&exception) };
        // Our own cache keeps the file; the browser's shall not keep it a second time.
        let options = match self.cache {
            Some(_) => browser::object(&[("cache", "no-store".into())]),
            None => browser::object(&[]),
        };
        let response = browser::fetch(address, &options).map_err(unreachable)?.await.map_err(unreachable)?;
        let response: Response = response.unchecked_into();
        if !response.ok() {
            return Err(Failure::Status { path: file.path.clone(), status: response.status() });
        }
        self.read(file, &response, false).await
    }

    /// Reads a body into one buffer of the size the manifest names, and verifies it.
    async fn read(&self, file: &ModelFile, response: &Response, cached: bool) -> Result<Vec<u8>, Failure> {
        let memory = || Failure::Memory { path: file.path.clone(), bytes: file.bytes };
        let unreachable =
            |exception: JsValue| Failure::Unreachable { path: file.path.clone(), reason: words(&exception) };
        let expected = usize::try_from(file.bytes).map_err(|_| memory())?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(expected).map_err(|_| memory())?;
        if let Some(body) = response.body() {
            let reader = body.reader().map_err(unreachable)?;
            loop {
                let chunk: Chunk = reader.read().await.map_err(unreachable)?.unchecked_into();
                if chunk.done() {
                    break;
                }
                let (start, chunk) = (bytes.len(), chunk.value());
                let end = start + chunk.length() as usize;
                if end > expected {
                    // The rest is not wanted; whether the connection hears of it does not matter.
                    browser::settle(reader.cancel()).await;
                    return Err(Failure::TooLong { path: file.path.clone(), expected: file.bytes });
                }
                bytes.resize(end, 0);
                chunk.copy_to(&mut bytes[start..]);
                let event = self.progress.borrow_mut().received(end as u64, cached, browser::now_ms());
                event.into_iter().for_each(self.report);
            }
        }
        if bytes.len() < expected {
            let received = bytes.len() as u64;
            return Err(Failure::Truncated { path: file.path.clone(), received, expected: file.bytes });
        }
        let found = sha256(&bytes).await;
        if found != file.sha256 {
            return Err(Failure::Digest { path: file.path.clone(), found, expected: file.sha256.clone() });
        }
        Ok(bytes)
    }

    /// Puts verified bytes into the cache. A browser that has no room for them has none; the model works all the same.
    async fn keep(&self, address: &str, bytes: Vec<u8>) -> Vec<u8> {
        let Some(cache) = &self.cache else { return bytes };
        // Older versions of the file, if any: their addresses differ behind the question mark.
        let any_version = browser::object(&[("ignoreSearch", true.into())]);
        browser::settle(cache.delete(address, &any_version)).await;
        let bytes = Rc::new(bytes);
        if put(cache, address, bytes.clone()).await.is_err() {
            // An entry that was cut off would be found to be wrong; better none.
            browser::settle(cache.delete(address, &JsValue::UNDEFINED)).await;
        }
        Rc::unwrap_or_clone(bytes)
    }
}

/// Streams bytes into the cache, piece by piece: one piece, not the whole file, is there twice.
async fn put(cache: &Cache, address: &str, bytes: Rc<Vec<u8>>) -> Result<(), JsValue> {
    let mut position = 0;
    let pull = Closure::<dyn FnMut(StreamController)>::new(move |controller: StreamController| {
        let end = bytes.len().min(position + CHUNK_BYTES);
        let piece = browser::lend(&bytes[position..end], |view| view.slice(0, view.length()));
        controller.enqueue(&piece);
        position = end;
        if position == bytes.len() {
            controller.close();
        }
    });
    let source = browser::object(&[("pull", pull.as_ref().clone())]);
    let response = Response::new(&browser::ReadableStream::of(source.unchecked_ref())?)?;
    cache.put(address, &response).await.map(|_| ())
}

/// The browser's SHA-256 where there is one (secure contexts), which is some ten times as fast as ours.
async fn sha256(bytes: &[u8]) -> String {
    if let Some(subtle) = scope().crypto().subtle() {
        let digest = browser::lend(bytes, |view: &Uint8Array| subtle.digest("SHA-256", view));
        // It copies, and may find no memory for that.
        if let Ok(digest) = digest.await {
            return browser::bytes_of(digest).iter().map(|byte| format!("{byte:02x}")).collect();
        }
    }
    sha256_hex(bytes)
}
