use leptos::prelude::*;

use crate::view_model::ArenaSummary;

/// Which of an arena's pages is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Battle,
    Leaderboard,
    Judges,
    /// A page below them.
    Neither,
}

/// An arena's name and its pages.
#[component]
pub(crate) fn ArenaHeader(arena: ArenaSummary, tab: Tab) -> impl IntoView {
    let base = ["/arena/", arena.slug.as_str()].concat();
    let link = |this: Tab, href: String, text: &'static str| {
        view! {
            <a href=href aria-current=(tab == this).then_some("page")>
                {text}
            </a>
        }
    };
    view! {
        <header class="arena-header">
            <h1 class="arena-header__title">{arena.title}</h1>
            <nav class="tabs" aria-label="Arena">
                {arena.can_battle.then(|| link(Tab::Battle, base.clone(), "Battle"))}
                {link(Tab::Leaderboard, [&base, "/leaderboard"].concat(), "Leaderboard")}
                {link(Tab::Judges, [&base, "/judges"].concat(), "Judges")}
            </nav>
        </header>
    }
}
