//! Calls of the server functions.
//!
//! The client that `#[server]` makes would do as well, but it brings a second JSON reader, a query-string writer, an
//! HTTP library and streams: measured, 42 KB of code, a tenth of the bundle. It also waits for ever for a server that
//! says nothing. The addresses still come from the server functions.

use leptos::{
    prelude::window,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{AbortSignal, Headers, RequestInit, Response, UrlSearchParams},
};
use serde::de::DeserializeOwned;
use wasm_bindgen_futures::JsFuture;

use super::browser::report;
use crate::api::ApiError;

/// A server that says nothing for so long will not say anything more.
const PATIENCE_MILLIS: u32 = 20_000;

/// Posts a form and reads the JSON answer.
pub(super) async fn post<T: DeserializeOwned>(address: &str, fields: &[(&str, &str)]) -> Result<T, ApiError> {
    let (succeeded, text) = exchange(address, fields).await?;
    if succeeded {
        return serde_json::from_str(&text).map_err(|_| ApiError::Unanswered);
    }
    Err(serde_json::from_str(&text).unwrap_or(ApiError::Unanswered))
}

/// Whether the server was content, and what it said.
async fn exchange(address: &str, fields: &[(&str, &str)]) -> Result<(bool, String), ApiError> {
    let request = request(fields).map_err(|error| {
        report(&error);
        ApiError::BadRequest
    })?;
    let response = JsFuture::from(window().fetch_with_str_and_init(address, &request)).await.map_err(lost)?;
    let response: Response = response.unchecked_into();
    let text = JsFuture::from(response.text().map_err(lost)?).await.map_err(|_| ApiError::Unanswered)?;
    Ok((response.ok(), text.as_string().unwrap_or_default()))
}

fn request(fields: &[(&str, &str)]) -> Result<RequestInit, JsValue> {
    let body = UrlSearchParams::new()?;
    for (name, value) in fields {
        body.append(name, value);
    }
    let headers = Headers::new()?;
    headers.set("accept", "application/json")?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_headers(&headers);
    request.set_body(&body);
    request.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MILLIS)));
    Ok(request)
}

/// No connection is a `TypeError`; anything else came later, when the server may have acted already.
fn lost(error: JsValue) -> ApiError {
    if error.is_instance_of::<js_sys::TypeError>() { ApiError::Offline } else { ApiError::Unanswered }
}
