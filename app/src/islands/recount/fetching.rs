//! What the page asks the server for: an export without texts, and the published board.

use std::time::Duration;

use leptos::{
    prelude::{set_timeout, window},
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{Headers, RequestInit, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use wasm_bindgen_futures::JsFuture;

use crate::islands::browser::report;

/// Between two questions how far the file is.
const PAUSE: Duration = Duration::from_secs(1);

/// Where a job is, as far as this page wants to know.
#[derive(Deserialize)]
struct Export {
    id: String,
    state: String,
    reason: Option<String>,
    file: Option<File>,
}

#[derive(Deserialize)]
struct File {
    url: String,
}

#[derive(Deserialize)]
struct Refusal {
    error: Message,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

const LOST: &str = "The server could not be reached. Check your connection and try again.";

/// The address of the file with all of the arena's votes, once it is there; or why it is not.
pub(super) async fn ordered(arena: &str) -> Result<String, String> {
    // A slug is plain letters, digits and hyphens.
    let order =
        ["{\"arena\":\"", arena, "\",\"format\":\"plaudit-jsonl\",\"compression\":\"gzip\",\"without_texts\":true}"];
    let mut export: Export = asked("/api/v1/exports", Some(&order.concat())).await?;
    loop {
        match (export.state.as_str(), export.file) {
            ("finished", Some(file)) => return Ok(file.url),
            ("failed", _) => return Err(export.reason.unwrap_or_else(|| "The file could not be written.".to_owned())),
            _ => {}
        }
        pause().await;
        export = asked(&["/api/v1/exports/", &export.id].concat(), None).await?;
    }
}

/// JSON from an address; with a body, what came of sending that.
pub(super) async fn asked<T: DeserializeOwned>(address: &str, body: Option<&str>) -> Result<T, String> {
    let (succeeded, text) = exchange(address, body).await.map_err(|error| {
        report(&error);
        LOST.to_owned()
    })?;
    if succeeded {
        return serde_json::from_str(&text)
            .map_err(|_| "The server’s answer could not be read. Reload the page.".to_owned());
    }
    let refusal = serde_json::from_str::<Refusal>(&text).map(|refusal| refusal.error.message);
    Err(refusal.unwrap_or_else(|_| "The server could not answer. Try again later.".to_owned()))
}

async fn exchange(address: &str, body: Option<&str>) -> Result<(bool, String), JsValue> {
    let request = RequestInit::new();
    if let Some(body) = body {
        let headers = Headers::new()?;
        headers.set("content-type", "application/json")?;
        request.set_method("POST");
        request.set_headers(&headers);
        request.set_body(&JsValue::from_str(body));
    }
    let response: Response =
        JsFuture::from(window().fetch_with_str_and_init(address, &request)).await?.unchecked_into();
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.ok(), text.as_string().unwrap_or_default()))
}

async fn pause() {
    let promise = js_sys::Promise::new(&mut |done, _| {
        set_timeout(
            move || {
                if let Err(error) = done.call0(&JsValue::NULL) {
                    report(&error);
                }
            },
            PAUSE,
        );
    });
    if let Err(error) = JsFuture::from(promise).await {
        report(&error);
    }
}
