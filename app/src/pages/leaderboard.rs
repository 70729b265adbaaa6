use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use plaudit_domain::{ArenaSlug, RankingMethod};

use super::{arriving, problem::ProblemView};
use crate::{
    api::ApiError,
    backend::backend,
    components::{
        arena_header::{ArenaHeader, Tab},
        head::PageHead,
    },
    format,
    islands::{board::LiveBoard, methods::MethodsIsland, sent::Sent},
    shell::{Assets, Islands, Preload},
    view_model::{ArenaSummary, LeaderboardView, Method, MethodBoardView, Slice},
};

/// A live board, its method and its votes chosen by plain links.
#[component]
pub(crate) fn LeaderboardPage() -> impl IntoView {
    let slug = use_params_map().with_untracked(|params| params.get("slug")).unwrap_or_default();
    let (method, votes) = use_query_map().with_untracked(|query| (query.get("method"), query.get("votes")));
    arriving(async move {
        match board(&slug, method.as_deref(), votes.as_deref()).await {
            Ok(Found::Live(view)) => view! { <Leaderboard view=*view/> }.into_any(),
            Ok(Found::Computed(arena, view)) => view! { <Methods arena=*arena view=*view/> }.into_any(),
            Err(error) => view! { <ProblemView error/> }.into_any(),
        }
    })
}

/// What an address asks for: a board that follows the votes, or one by any of the methods that read counts.
enum Found {
    Live(Box<LeaderboardView>),
    Computed(Box<ArenaSummary>, Box<MethodBoardView>),
}

async fn board(slug: &str, method: Option<&str>, votes: Option<&str>) -> Result<Found, ApiError> {
    let arena: ArenaSlug = slug.parse().map_err(|_| ApiError::NotFound)?;
    let slice = chosen(votes, &Slice::ALL, Slice::as_str)?;
    let backend = backend()?;
    if let Some(method) = method.and_then(|word| word.parse::<RankingMethod>().ok()) {
        let (arena, view) = backend.method_board(&arena, method, slice).await?;
        return Ok(Found::Computed(Box::new(arena), Box::new(view)));
    }
    let method = chosen(method, &Method::ALL, Method::as_str)?;
    Ok(Found::Live(Box::new(backend.leaderboard(&arena, method, slice).await?)))
}

/// The value with this word; the first without a word; an unknown word is an address that leads nowhere.
fn chosen<T: Copy>(word: Option<&str>, all: &[T], as_str: fn(T) -> &'static str) -> Result<T, ApiError> {
    let found = match word {
        None => all.first(),
        Some(word) => all.iter().find(|value| as_str(**value) == word),
    };
    found.copied().ok_or(ApiError::NotFound)
}

#[component]
fn Leaderboard(view: LeaderboardView) -> impl IntoView {
    let LeaderboardView { arena, board, excluded } = view;
    let (method, slice) = (board.method, board.slice);
    let base = base(&arena);
    let slices = Slice::ALL.map(|this| choice(&base, method.as_str(), this, this.name(), this == slice));
    let has_slices = has_slices(&arena);
    let empty = board.votes == 0;
    view! {
        <PageHead
            title=["Leaderboard of ", &arena.title].concat()
            description=["Live ranking of the contestants in ", &arena.title, ", with 95 % intervals."].concat()
        />
        <Preload islands=Islands::Votes/>
        <ArenaHeader arena=arena.clone() tab=Tab::Leaderboard/>
        <div class="choices">
            <MethodChoice base=base slice current=Some(method)/>
            {has_slices.then(|| view! {
                <nav class="choice" aria-label="Votes counted">
                    <span class="choice__name" aria-hidden="true">"Votes"</span>
                    {slices.into_iter().collect_view()}
                </nav>
            })}
        </div>
        {empty.then(|| view! {
            <p class="empty">
                "No votes on this board yet. "
                {arena.can_battle.then(|| view! { <a href=["/arena/", arena.slug.as_str()].concat()>"Cast the first one"</a> })}
            </p>
        })}
        <LiveBoard arena=arena.slug.clone() board=Sent(board)/>
        {(excluded > 0).then(|| view! { <p class="muted">{left_out(excluded)}</p> })}
        <DataBehind slug=arena.slug.to_string() method=api_method(method) slice/>
        <p class="muted board__explain">{explanation(method)} " " <a href="/about#ranks">"How ranks are computed"</a></p>
    }
}

/// Any method, computed by the server first and then by the visitor's browser.
#[component]
fn Methods(arena: ArenaSummary, view: MethodBoardView) -> impl IntoView {
    let has_slices = has_slices(&arena);
    let name = view.board.method.name();
    let method = view.board.method.as_str();
    let slice = view.slice;
    view! {
        <PageHead
            title=[name, " ranking of ", &arena.title].concat()
            description=["The contestants in ", &arena.title, " ranked by ", name, ", computed in your browser."].concat()
        />
        <Preload islands=Islands::Methods/>
        <ArenaHeader arena=arena.clone() tab=Tab::Leaderboard/>
        <div class="choices">
            <MethodChoice base=base(&arena) slice current=None/>
        </div>
        {use_context::<Assets>().map(|assets| view! {
            <MethodsIsland arena=arena.slug.clone() board=Sent(view) worker=assets.recount has_slices/>
        })}
        <DataBehind slug=arena.slug.to_string() method slice/>
        <p class="muted board__explain"><a href="/about#ranks">"How ranks are computed"</a></p>
    }
}

/// The way from a board's numbers to what they were computed from.
#[component]
fn DataBehind(slug: String, method: &'static str, slice: Slice) -> impl IntoView {
    let api = ["/api/v1/arenas/", &slug].concat();
    let board = [&api, "/board?method=", method, "&votes=", slice.as_str()].concat();
    let counts = [&api, "/counts?votes=", slice.as_str()].concat();
    let votes = ["/data#arena-", &slug].concat();
    view! {
        <p class="muted data-behind">
            "Data behind this board: "
            <a href=board>"board (JSON)"</a>
            <a href=counts>"pair counts (JSON)"</a>
            <a href=votes>"votes"</a>
            <a href=["/data/api?arena=", &slug].concat()>"API"</a>
            <a href=["/arena/", &slug, "/recount"].concat()>"recount"</a>
        </p>
    }
}

/// The word that the API has for a board that follows the votes.
fn api_method(method: Method) -> &'static str {
    match method {
        Method::Bt => RankingMethod::BradleyTerry.as_str(),
        Method::Elo => Method::Elo.as_str(),
    }
}

fn base(arena: &ArenaSummary) -> String {
    ["/arena/", arena.slug.as_str(), "/leaderboard"].concat()
}

/// An arena whose votes are all from files has nothing to choose.
fn has_slices(arena: &ArenaSummary) -> bool {
    arena.votes_here > 0 || arena.can_battle
}

/// The boards that follow the votes, and the way to all others.
#[component]
fn MethodChoice(base: String, slice: Slice, current: Option<Method>) -> impl IntoView {
    let live = Method::ALL.map(|this| choice(&base, this.as_str(), slice, method_name(this), current == Some(this)));
    let first = RankingMethod::default().as_str();
    view! {
        <nav class="choice" aria-label="Method">
            <span class="choice__name" aria-hidden="true">"Method"</span>
            {live.into_iter().collect_view()}
            {choice(&base, first, slice, "All methods", current.is_none())}
        </nav>
    }
}

fn choice(base: &str, method: &str, slice: Slice, name: &'static str, current: bool) -> impl IntoView + use<> {
    let href = [base, "?method=", method, "&votes=", slice.as_str()].concat();
    view! { <a href=href aria-current=current.then_some("true")>{name}</a> }
}

fn method_name(method: Method) -> &'static str {
    match method {
        Method::Bt => "Bradley-Terry",
        Method::Elo => "Elo",
    }
}

/// Votes that count for nothing are counted aloud.
fn left_out(votes: u64) -> String {
    let its = if votes == 1 { "its generations" } else { "their generations" };
    [&format::counted(votes, "vote", "votes"), " left out: ", its, " could not be reproduced."].concat()
}

fn explanation(method: Method) -> &'static str {
    match method {
        Method::Bt => {
            "A rank is one more than the number of contestants that are better with 95 % confidence, so neighbours can share one."
        }
        Method::Elo => "Elo depends on the order of the votes and has no interval here; the Bradley-Terry board does.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_left_out_are_counted_with_the_reason() {
        assert_eq!(left_out(1), "1 vote left out: its generations could not be reproduced.");
        assert_eq!(left_out(12), "12 votes left out: their generations could not be reproduced.");
    }

    #[test]
    fn an_unknown_method_is_not_found_and_never_another_method() {
        assert_eq!(chosen(None, &Method::ALL, Method::as_str), Ok(Method::Bt));
        assert_eq!(chosen(Some("elo"), &Method::ALL, Method::as_str), Ok(Method::Elo));
        assert_eq!(chosen(Some("glicko"), &Method::ALL, Method::as_str), Err(ApiError::NotFound));
        assert_eq!(chosen(Some(""), &Slice::ALL, Slice::as_str), Err(ApiError::NotFound));
    }
}
