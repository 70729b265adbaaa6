//! Which models this browser has already.

use js_sys::Reflect;
use leptos::{prelude::window, wasm_bindgen::JsCast};
use plaudit_domain::ModelFile;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CacheQueryOptions, CacheStorage};

use crate::{islands::browser::report, view_model::live::BrowserModel};

/// Where workers keep verified files.
const CACHE: &str = "plaudit-models-1";

/// Whether all of the model's files are on this device.
pub(in crate::islands) async fn has(model: &BrowserModel) -> bool {
    // Absent where the page did not come over TLS; the binding would not survive that.
    let caches = match Reflect::get(&window(), &"caches".into()) {
        Ok(caches) if caches.is_object() => caches.unchecked_into::<CacheStorage>(),
        _ => return false,
    };
    let options = CacheQueryOptions::new();
    options.set_cache_name(CACHE);
    for file in &model.manifest.files {
        let found = caches.match_with_str_and_options(&address(&model.folder, file), &options);
        match JsFuture::from(found).await {
            Ok(response) if response.is_object() => {}
            Ok(_) => return false,
            Err(error) => {
                report(&error);
                return false;
            }
        }
    }
    true
}

/// The address of one file, as the workers ask for it and keep it.
fn address(folder: &str, file: &ModelFile) -> String {
    [folder, &file.path, "?sha256=", &file.sha256].concat()
}
