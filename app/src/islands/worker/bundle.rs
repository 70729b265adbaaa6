//! Where the worker's code is. It is built apart from the page, and a page must live without it.

use std::time::Duration;

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_bindgen::JsCast,
    web_sys::{RequestInit, Response},
};
use plaudit_runner::protocol::PROTOCOL_VERSION;
use serde::Deserialize;
use wasm_bindgen_futures::JsFuture;
use web_sys::RequestCache;

use crate::format;

/// Written by the build beside the page's own files.
const ADDRESS: &str = "/runner.json";
const PAUSE: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct RunnerFile {
    worker: String,
    protocol: u32,
    /// As it travels.
    #[serde(default)]
    download_bytes: u64,
}

/// What is known of the worker's code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::islands) enum Bundle {
    /// Nothing yet.
    #[default]
    Unknown,
    /// The server is still building it.
    Missing,
    /// The server does not answer.
    Unreachable,
    /// This page is older or newer than the worker.
    Outdated,
    /// At this address, and so many bytes to download once; 0 where the build did not say.
    Found(String, u64),
}

impl Bundle {
    /// What a visitor should know; empty when all is well.
    pub(in crate::islands) fn notice(&self) -> &'static str {
        match self {
            Self::Unknown | Self::Found(..) => "",
            Self::Missing => {
                "Browser models are on their way: the server is still building them. This page goes on by itself."
            }
            Self::Unreachable => "The server could not be reached. This page tries again by itself.",
            Self::Outdated => "This site was updated. Reload the page to generate here.",
        }
    }
}

impl Bundle {
    /// What it adds to a first download.
    pub(in crate::islands) fn cost(&self) -> String {
        match self {
            Self::Found(_, bytes) if *bytes > 0 => {
                ["The program that runs them is ", &format::megabytes(*bytes), " more, once."].concat()
            }
            _ => String::new(),
        }
    }
}

/// Looks now, and again every few seconds until the code is there.
pub(in crate::islands) fn look(bundle: RwSignal<Bundle>) {
    spawn_local(async move {
        let found = fetch().await;
        let again = matches!(found, Bundle::Missing | Bundle::Unreachable);
        bundle.set(found);
        if again {
            set_timeout(move || look(bundle), PAUSE);
        }
    });
}

async fn fetch() -> Bundle {
    let request = RequestInit::new();
    // The answer that there is nothing yet must not be kept.
    request.set_cache(RequestCache::NoStore);
    let Ok(response) = JsFuture::from(window().fetch_with_str_and_init(ADDRESS, &request)).await else {
        return Bundle::Unreachable;
    };
    let response: Response = response.unchecked_into();
    if response.status() == 404 {
        return Bundle::Missing;
    }
    let Ok(text) = response.text() else { return Bundle::Unreachable };
    let text = JsFuture::from(text).await.ok().and_then(|text| text.as_string());
    match text.and_then(|text| serde_json::from_str::<RunnerFile>(&text).ok()) {
        Some(file) if file.protocol == PROTOCOL_VERSION => Bundle::Found(file.worker, file.download_bytes),
        Some(_) => Bundle::Outdated,
        None => Bundle::Unreachable,
    }
}
