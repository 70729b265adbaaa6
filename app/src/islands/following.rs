//! A part of a page that follows what happens: when the server says that it would look otherwise now, it is fetched and put
//! in its place. The server's own HTML is all there is to draw.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{DomParser, Response, SupportedType},
};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::{board_state::Status, browser::report, events, live};

/// The id of the part that follows.
pub const FOLLOWING: &str = "following";

/// Says whether the page follows, and keeps the element with the id [`FOLLOWING`] up to date.
#[island]
pub fn Following(
    /// The event stream; each event's data is the version of what would be shown.
    events: String,
    /// The version that the server rendered.
    shown: String,
) -> impl IntoView {
    let status = RwSignal::new(Status::Snapshot);
    Effect::new(move |_| {
        let shown = Rc::new(RefCell::new(shown.clone()));
        let on_message = move |version: String| {
            if *shown.borrow() == version || is_in_use() {
                return;
            }
            renew(Rc::clone(&shown), version, TRIES);
        };
        events::follow(events.clone(), on_message, move |now| status.set(now));
    });
    view! {
        <p class="live" data-status=live::word(move || status.get().word())>
            <span class="live__dot" aria-hidden="true"></span>
            {live::word(move || status.get().text())}
        </p>
    }
}

/// A server that is busy shows an older version for a while.
const PAUSE: Duration = Duration::from_secs(2);
const TRIES: u32 = 10;

/// Fetches until the version that was told of is there.
fn renew(shown: Rc<RefCell<String>>, version: String, tries: u32) {
    spawn_local(async move {
        match renewed().await {
            Ok(found) => {
                let arrived = found == version;
                *shown.borrow_mut() = found;
                if !arrived && tries > 0 {
                    set_timeout(move || renew(shown, version, tries - 1), PAUSE);
                }
            }
            // The next event tries again.
            Err(error) => report(&error),
        }
    });
}

/// Whether the reader's focus is in the part: nothing may move under their hands.
fn is_in_use() -> bool {
    let document = document();
    let part = document.get_element_by_id(FOLLOWING);
    part.is_some_and(|part| document.active_element().is_some_and(|active| part.contains(Some(&active))))
}

/// Puts the server's HTML in place and tells its version.
async fn renewed() -> Result<String, JsValue> {
    let window = window();
    let address = window.location().href()?;
    let response: Response = JsFuture::from(window.fetch_with_str(&address)).await?.dyn_into()?;
    if !response.ok() {
        return Err(JsValue::from_str("the page could not be fetched anew"));
    }
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    let page = DomParser::new()?.parse_from_string(&text, SupportedType::TextHtml)?;
    let (old, new) = (document().get_element_by_id(FOLLOWING), page.get_element_by_id(FOLLOWING));
    let (Some(old), Some(new)) = (old, new) else {
        return Err(JsValue::from_str("the page has no such part any more"));
    };
    old.set_inner_html(&new.inner_html());
    Ok(new.get_attribute("data-version").unwrap_or_default())
}
