use leptos::prelude::*;

/// Two cards that lean on each other, as hands that clap.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="wordmark__mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
            <rect class="mark-b" x="14" y="6" width="13" height="20" rx="4" transform="rotate(16 20.5 16)"/>
            <rect class="mark-a" x="5" y="6" width="13" height="20" rx="4" transform="rotate(-16 11.5 16)"/>
        </svg>
    }
}

/// The line on top of every page.
#[component]
pub(crate) fn SiteHeader() -> impl IntoView {
    view! {
        <header class="site-header">
            <div class="site-header__inner">
                <a class="wordmark" href="/">
                    <Mark/>
                    <span>"Plaudit"</span>
                </a>
                <nav class="site-nav" aria-label="Site">
                    <a href="/">"Arenas"</a>
                    <a href="/playground">"Playground"</a>
                    <a href="/data">"Data"</a>
                    <a href="/about">"How it works"</a>
                </nav>
            </div>
        </header>
    }
}

/// The end of every page.
#[component]
pub(crate) fn SiteFooter() -> impl IntoView {
    view! {
        <footer class="site-footer">
            <div class="site-footer__inner">
                <p>"Blind votes on generative models, ranked in the open."</p>
                <p>
                    <a href="/about">"How ranks are computed"</a>
                    <a href="/data">"Data"</a>
                    <a href="/about#privacy">"Privacy"</a>
                </p>
            </div>
        </footer>
    }
}
