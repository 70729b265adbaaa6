//! The server functions: the public API that islands and plain forms post to.
//!
//! Each one reads who asks, calls one function of the backend, and maps the error to a status. A browser without
//! JavaScript posts the same form to the same address; the server's form layer then turns the answer into a redirect
//! or an error page.

#![allow(missing_docs, reason = "leptos' #[server] makes public fields of the arguments, which cannot be documented")]

use leptos::{prelude::*, server_fn::codec::JsonEncoding, server_fn::error::FromServerFnError};
use plaudit_domain::{ArenaSlug, BattleId, Outcome};
use serde::{Deserialize, Serialize};

use crate::view_model::{
    Receipt,
    live::{LiveBattle, LiveReady},
};

/// What can go wrong, in words a visitor understands. The only error that crosses the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ApiError {
    /// No such arena, battle or page.
    #[error("There is nothing here under this address.")]
    NotFound,
    /// The arena has votes but no pair of generations to show.
    #[error("This arena has votes, but no generations to compare.")]
    NothingToCompare,
    /// The ticket was not made by this server, or was changed on the way.
    #[error("This battle's ticket is not valid. Your vote was not counted. Take a new battle.")]
    TicketInvalid,
    /// The ticket's time is over.
    #[error("This battle was open for too long. Your vote was not counted. Take a new battle.")]
    TicketExpired,
    /// The ticket was made for another voter.
    #[error("This battle was drawn for another visitor. Your vote was not counted. Take a new battle.")]
    TicketForeign,
    /// The voter already answered otherwise.
    #[error("You already voted on this battle with another answer. Your first answer stands.")]
    AlreadyVoted,
    /// The voter skipped or withdrew this battle before.
    #[error("You already left this battle. Take a new one.")]
    AlreadyLeft,
    /// It is too late to undo.
    #[error("A vote can be undone for 10 seconds. It is too late for this one.")]
    UndoTooLate,
    /// A post from another site.
    #[error("This request came from another site and was refused.")]
    CrossSite,
    /// What was sent cannot be read.
    #[error("The request could not be understood.")]
    BadRequest,
    /// What was sent is too large.
    #[error("The request is too large.")]
    TooLarge,
    /// The database did not take the undo, so the vote stands.
    #[error("The server could not take your vote back, so it still counts. Please try again in a moment.")]
    NotUndone,
    /// The database did not take the vote.
    #[error("The server could not store your vote, so it was not counted. Please try again in a moment.")]
    NotCounted,
    /// The browser could not reach the server.
    #[error("The server could not be reached. Your vote was not sent. Check your connection and try again.")]
    Offline,
    /// The browser sent the request and got no readable answer.
    #[error("The server’s answer did not arrive, so it may or may not have acted. Try again: a vote counts only once.")]
    Unanswered,
    /// A prompt that cannot be used for a live battle.
    #[error("A prompt has 1 to 2,000 characters. Nothing was generated.")]
    PromptUnusable,
    /// Fewer than two contestants can run with the models the browser has.
    #[error("Fewer than two contestants of this arena can run with these models. Choose another one to download.")]
    NotEnoughContestants,
    /// Both sides made the same: nothing to compare.
    #[error("Both contestants made the very same thing, so there is nothing to compare. Generate another battle.")]
    Identical,
    /// What the browser handed in cannot come from the contestants that were drawn.
    #[error("These generations do not fit the battle that was drawn, so nothing was stored. Generate another battle.")]
    GenerationRefused,
    /// Too often from one network.
    #[error("Too many files were ordered from your network. Come back in {wait_seconds} seconds.")]
    TooManyRequests {
        /// How long to wait.
        wait_seconds: u64,
    },
    /// Anything else; the details are in the server's log under this id.
    #[error("Something went wrong on our side (reference {reference}).")]
    Internal {
        /// What to quote to the host.
        reference: String,
    },
}

impl ApiError {
    /// The HTTP status that goes with it.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::NothingToCompare => 404,
            Self::TicketInvalid | Self::BadRequest | Self::PromptUnusable => 400,
            Self::TicketExpired => 410,
            Self::TicketForeign | Self::CrossSite => 403,
            Self::AlreadyVoted | Self::AlreadyLeft | Self::UndoTooLate | Self::Identical => 409,
            Self::NotEnoughContestants | Self::GenerationRefused => 422,
            Self::TooLarge => 413,
            Self::TooManyRequests { .. } => 429,
            Self::NotCounted | Self::NotUndone | Self::Offline => 503,
            Self::Unanswered => 504,
            Self::Internal { .. } => 500,
        }
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Offline,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Self::BadRequest
            }
            _ => Self::Internal { reference: "none".to_owned() },
        }
    }
}

/// Commits the answer to the battle this ticket stands for, and then tells who made what. The vote is in data sets only with
/// `publish`, which is what a ticked box sends; without it, it counts all the same.
#[server(endpoint = "vote", input = leptos::server_fn::codec::PostUrl)]
pub async fn cast_vote(
    ticket: String,
    outcome: Outcome,
    #[server(default)] publish: bool,
) -> Result<Receipt, ApiError> {
    use crate::backend::{answer, backend, voter};
    answer(async { backend()?.cast_vote(voter()?, &ticket, outcome, publish).await }, |receipt: &Receipt| {
        format!("/arena/{}/battle/{}", receipt.arena, receipt.battle)
    })
    .await
}

/// Takes the voter's own vote back, within ten seconds. The vote stays in the log, with its withdrawal behind it.
#[server(endpoint = "undo", input = leptos::server_fn::codec::PostUrl)]
pub async fn undo_vote(battle: BattleId) -> Result<Receipt, ApiError> {
    use crate::backend::{answer, backend, voter};
    answer(async { backend()?.undo_vote(voter()?, battle).await }, |receipt: &Receipt| {
        format!("/arena/{}/battle/{}", receipt.arena, receipt.battle)
    })
    .await
}

/// Takes all of the voter's own votes back, however old they are. They stay in the log, with their withdrawals behind them.
#[server(endpoint = "withdraw", input = leptos::server_fn::codec::PostUrl)]
pub async fn withdraw_votes(confirmed: bool) -> Result<u64, ApiError> {
    use crate::backend::{answer, backend, voter};
    let body = async {
        if !confirmed {
            return Err(ApiError::BadRequest);
        }
        backend()?.withdraw_all(voter()?).await
    };
    answer(body, |_: &u64| "/data#your-votes".to_owned()).await
}

/// Says of all of the voter's votes so far whether they may be published. What comes later says so for itself.
#[server(endpoint = "publish", input = leptos::server_fn::codec::PostUrl)]
pub async fn publish_votes(agreed: bool) -> Result<(), ApiError> {
    use crate::backend::{answer, backend, voter};
    answer(async { backend()?.publish(voter()?, agreed).await }, |(): &()| "/data#your-votes".to_owned()).await
}

/// Leaves a battle without an answer. Answers with the address of the next one.
#[server(endpoint = "skip", input = leptos::server_fn::codec::PostUrl)]
pub async fn skip_battle(ticket: String) -> Result<String, ApiError> {
    use crate::backend::{answer, backend, voter};
    answer(
        async {
            let arena = backend()?.skip_battle(voter()?, &ticket).await?;
            Ok(format!("/arena/{arena}"))
        },
        |next: &String| next.clone(),
    )
    .await
}

/// Draws a battle for the visitor's browser to generate. An empty prompt takes one of the arena's; `models` are the
/// names of the models that the browser may load, separated by commas; `source` names the picture that is to be changed, or is empty.
#[server(endpoint = "live/start", input = leptos::server_fn::codec::PostUrl)]
pub async fn start_live(
    arena: ArenaSlug,
    prompt: String,
    models: String,
    #[server(default)] source: String,
) -> Result<LiveBattle, ApiError> {
    use crate::backend::{answer, backend, voter};
    let prompt = Some(prompt.trim()).filter(|prompt| !prompt.is_empty());
    let models: Vec<&str> = models.split(',').filter(|name| !name.is_empty()).collect();
    let source = Some(source.as_str()).filter(|source| !source.is_empty());
    let next = format!("/arena/{arena}/live");
    answer(async { backend()?.start_live(voter()?, &arena, prompt, source, &models).await }, |_: &LiveBattle| next)
        .await
}

/// Hands in what the browser generated: `answers` is [`crate::view_model::live::LiveAnswers`] as JSON.
#[server(endpoint = "live/finish", input = leptos::server_fn::codec::PostUrl)]
pub async fn finish_live(ticket: String, answers: String) -> Result<LiveReady, ApiError> {
    use crate::backend::{answer, backend, voter};
    let body = async {
        let answers = serde_json::from_str(&answers).map_err(|_| ApiError::BadRequest)?;
        backend()?.finish_live(voter()?, &ticket, answers).await
    };
    answer(body, |_: &LiveReady| "/".to_owned()).await
}
