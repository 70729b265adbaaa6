use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use plaudit_domain::ArenaSlug;

use super::{arriving, problem::ProblemView};
use crate::{
    api::ApiError,
    backend::backend,
    components::{
        arena_header::{ArenaHeader, Tab},
        head::PageHead,
    },
    format,
    islands::{board::LiveBoard, sent::Sent},
    shell::Preload,
    view_model::{LeaderboardView, Method, Slice},
};

/// A live board, its method and its votes chosen by plain links.
#[component]
pub(crate) fn LeaderboardPage() -> impl IntoView {
    let slug = use_params_map().with_untracked(|params| params.get("slug")).unwrap_or_default();
    let (method, votes) = use_query_map().with_untracked(|query| (query.get("method"), query.get("votes")));
    arriving(async move {
        match board(&slug, method.as_deref(), votes.as_deref()).await {
            Ok(view) => view! { <Leaderboard view/> }.into_any(),
            Err(error) => view! { <ProblemView error/> }.into_any(),
        }
    })
}

async fn board(slug: &str, method: Option<&str>, votes: Option<&str>) -> Result<LeaderboardView, ApiError> {
    let arena: ArenaSlug = slug.parse().map_err(|_| ApiError::NotFound)?;
    let method = chosen(method, &Method::ALL, Method::as_str)?;
    let slice = chosen(votes, &Slice::ALL, Slice::as_str)?;
    backend()?.leaderboard(&arena, method, slice).await
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
    let base = ["/arena/", arena.slug.as_str(), "/leaderboard"].concat();
    let imported_only = arena.votes_here == 0 && !arena.can_battle;
    let methods = Method::ALL.map(|this| choice(&base, this, slice, method_name(this), this == method));
    let slices = Slice::ALL.map(|this| choice(&base, method, this, slice_name(this), this == slice));
    let empty = board.votes == 0;
    view! {
        <PageHead
            title=["Leaderboard of ", &arena.title].concat()
            description=["Live ranking of the contestants in ", &arena.title, ", with 95 % intervals."].concat()
        />
        <Preload/>
        <ArenaHeader arena=arena.clone() tab=Tab::Leaderboard/>
        <div class="choices">
            <nav class="choice" aria-label="Method">
                <span class="choice__name" aria-hidden="true">"Method"</span>
                {methods.into_iter().collect_view()}
            </nav>
            {(!imported_only).then(|| view! {
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
        <p class="muted board__explain">{explanation(method)} " " <a href="/about#ranks">"How ranks are computed"</a></p>
    }
}

fn choice(base: &str, method: Method, slice: Slice, name: &'static str, current: bool) -> impl IntoView + use<> {
    let href = [base, "?method=", method.as_str(), "&votes=", slice.as_str()].concat();
    view! { <a href=href aria-current=current.then_some("true")>{name}</a> }
}

fn method_name(method: Method) -> &'static str {
    match method {
        Method::Bt => "Bradley-Terry",
        Method::Elo => "Elo",
    }
}

fn slice_name(slice: Slice) -> &'static str {
    match slice {
        Slice::All => "All",
        Slice::Here => "Cast here",
        Slice::Imported => "Imported",
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
