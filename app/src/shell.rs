use leptos::{attr::media, nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::app::App;

/// Where the browser finds the page's files: addresses as it sees them, with their content hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assets {
    /// The style sheet.
    pub stylesheet: String,
    /// The islands of battles and boards.
    pub votes: IslandFiles,
    /// Those and the islands that compute boards. Apart, so that a first visit to a battle does not load them.
    pub methods: IslandFiles,
    /// Those of battles and the islands that run models. Apart likewise.
    pub models: IslandFiles,
    /// The web worker that computes boards.
    pub recount: String,
    /// Scheme and host for canonical addresses, without a slash at the end, where the host set one.
    pub origin: Option<String>,
    /// For development: the page reloads when the server has restarted.
    pub reload: bool,
}

/// What wasm-bindgen made of this crate with some of its islands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IslandFiles {
    /// The JavaScript module.
    pub script: String,
    /// Its WebAssembly.
    pub wasm: String,
}

/// Which of the bundles of islands a page needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Islands {
    /// Battles and live boards.
    Votes,
    /// Boards that the browser computes.
    Methods,
    /// Models in the browser too.
    Models,
}

/// The document around every page.
///
/// Leptos' own `HydrationScripts` is not used: it prints the nonce into `crossorigin`, where a style sheet could read
/// it, and a module preload without a nonce, which `strict-dynamic` blocks. It also fetches the wasm on pages that
/// have no island.
pub fn shell(assets: Assets) -> impl IntoView {
    // Islands mark themselves for hydration; everything around them is plain HTML.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    // Without its comments.
    let loader: String = include_str!("loader.js")
        .lines()
        .filter(|line| !line.starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let reload = assets.reload.then_some(include_str!("reload.js"));
    let stylesheet = assets.stylesheet.clone();
    provide_context(assets);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <Head stylesheet/>
                <MetaTags/>
                <script type="module" nonce=use_nonce()>{loader}</script>
                {reload.map(|script| view! { <script type="module" nonce=use_nonce()>{script}</script> })}
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// What every document's head begins with, error pages outside of the router included.
#[component]
pub(crate) fn Head(stylesheet: String) -> impl IntoView {
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
        <meta name="color-scheme" content="light dark"/>
        <meta name="theme-color" content="#f8f5ef" {..media("(prefers-color-scheme: light)")}/>
        <meta name="theme-color" content="#14161c" {..media("(prefers-color-scheme: dark)")}/>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
        <link rel="manifest" href="/site.webmanifest"/>
        <link rel="stylesheet" href=stylesheet/>
    }
}

/// Starts the download of the islands' code together with the page, and tells the loader where it is. A page with an
/// island needs it.
#[component]
pub(crate) fn Preload(
    /// Whose code.
    islands: Islands,
) -> impl IntoView {
    use_context::<Assets>().map(|assets| {
        let IslandFiles { script, wasm } = match islands {
            Islands::Votes => assets.votes,
            Islands::Methods => assets.methods,
            Islands::Models => assets.models,
        };
        view! {
            <link rel="modulepreload" href=script nonce=use_nonce() data-islands=""/>
            <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" data-islands=""/>
        }
    })
}
