use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    components::frame::{SiteFooter, SiteHeader},
    pages::{
        about::AboutPage, battle::BattlePage, data::DataPage, data_api::DataApiPage, export::ExportPage,
        finished::FinishedBattlePage, home::HomePage, judge::JudgePage, judges::JudgesPage,
        leaderboard::LeaderboardPage, live::LiveBattlePage, pictures::PicturesPage, playground::PlaygroundPage,
        problem::NotFoundPage, recount::RecountPage,
    },
};

/// All pages. Each is rendered to its end before the first byte leaves, so that its status is right.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <a class="skip-link" href="#main">"Skip to content"</a>
        <SiteHeader/>
        <main id="main" class="main">
            <Router>
                <FlatRoutes fallback=NotFoundPage>
                    <Route path=path!("/") view=HomePage ssr=SsrMode::Async/>
                    <Route path=path!("/arena/:slug") view=BattlePage ssr=SsrMode::Async/>
                    <Route path=path!("/arena/:slug/leaderboard") view=LeaderboardPage ssr=SsrMode::Async/>
                    <Route path=path!("/arena/:slug/recount") view=RecountPage ssr=SsrMode::Async/>
                    <Route path=path!("/arena/:slug/judges") view=JudgesPage ssr=SsrMode::Async/>
                    <Route path=path!("/arena/:slug/judges/:judge") view=JudgePage ssr=SsrMode::Async/>
                    <Route path=path!("/arena/:slug/live") view=LiveBattlePage ssr=SsrMode::Async/>
                    <Route path=path!("/arena/:slug/battle/:id") view=FinishedBattlePage ssr=SsrMode::Async/>
                    <Route path=path!("/playground") view=PlaygroundPage ssr=SsrMode::Async/>
                    <Route path=path!("/playground/pictures") view=PicturesPage ssr=SsrMode::Async/>
                    <Route path=path!("/data") view=DataPage ssr=SsrMode::Async/>
                    <Route path=path!("/data/api") view=DataApiPage ssr=SsrMode::Async/>
                    <Route path=path!("/exports/:id") view=ExportPage ssr=SsrMode::Async/>
                    <Route path=path!("/about") view=AboutPage ssr=SsrMode::Async/>
                </FlatRoutes>
            </Router>
        </main>
        <SiteFooter/>
    }
}
