//! Battles and votes, page by page in the order of the log. What its voter does not want published is on no page.

use axum::{extract::State, http::HeaderMap, response::Response};
use plaudit_datasets::export::{Content, ExportFormat, ExportedSide, ExportedVote, Pseudonyms};
use plaudit_domain::{Timestamp, VoteId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    answer::{ApiPath, ApiQuery, page_size, place, tagged},
    arenas::{OutcomeWord, Outcomes, find},
    problem::Problem,
    responses::ReadProblems,
};
use crate::{
    board::LiveArena,
    clock::random_bytes,
    command::export::{ExportArgs, Pii, Records, plain},
    http::AppState,
    store::{ExportRow, Store},
};

/// Votes are listed once they are so old. Ids are made a moment before they are committed, so the youngest may still get company
/// before them, and a reader that had passed that place would miss it.
const SETTLE_MILLIS: i64 = 2_000;
const DEFAULT_VOTES: u32 = 100;
const MOST_VOTES: u32 = 1000;
const DEFAULT_BATTLES: u32 = 50;
/// A page of texts is then some hundred kilobytes.
const MOST_BATTLES: u32 = 100;

/// As RFC 3339, or nothing for an instant outside of the calendar.
pub(super) fn instant(time: Timestamp) -> Option<String> {
    jiff::Timestamp::from_millisecond(time.0).ok().map(|time| time.to_string())
}

/// The last id that is old enough to be listed.
pub(super) fn settled(now: Timestamp) -> VoteId {
    VoteId::floor(now.plus_millis(-SETTLE_MILLIS))
}

/// What the exporter would let out of these rows. Texts that look personal are masked; voters are not told at all.
async fn leaving(
    store: &Store,
    arena: &LiveArena,
    rows: &[ExportRow],
    texts: bool,
) -> Result<Vec<ExportedVote>, Problem> {
    let contestants = arena.with_log(|log| log.contestants().to_vec());
    let known = |rows: &[ExportRow], contestants: &[crate::store::ContestantRow]| {
        rows.iter().all(|row| [row.left, row.right].iter().all(|id| contestants.iter().any(|known| known.id == *id)))
    };
    // A file that is being imported may have brought a contestant that the board has not heard of.
    let contestants = if known(rows, &contestants) { contestants } else { store.contestants().await? };
    let args = ExportArgs {
        pii: Pii::Mask,
        without_texts: !texts,
        ..plain("".as_ref(), ExportFormat::PlauditJsonl, "".as_ref())
    };
    let mut records = Records::new(vec![arena.row.clone()], contestants, Pseudonyms::new(random_bytes()), &args);
    let votes = rows.iter().map(|row| records.of(row)).collect::<anyhow::Result<Vec<_>>>();
    votes.map_err(|error| Problem::internal(error.as_ref()))
}

/// Which page of votes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VotesQuery {
    /// `next` of the page before this one.
    #[param(pattern = "^[0-9a-f]{32}$")]
    cursor: Option<String>,
    /// Votes to read for a page; 100 unless said otherwise.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Also votes that were taken back or are left out of the boards, marked as such.
    #[serde(default)]
    #[param(required = false)]
    with_excluded: bool,
}

/// A vote. Who cast it is not told here; exports have a pseudonym for each voter.
#[derive(Debug, Serialize, ToSchema)]
struct VoteBody {
    #[schema(example = "019984a1b2c37d008000000000000000")]
    id: String,
    battle: String,
    /// The contestant shown on the left.
    left: String,
    right: String,
    outcome: OutcomeWord,
    /// RFC 3339; none where an imported file does not say.
    cast_at: Option<String>,
    /// `cast` here, or `imported` from a file.
    source: String,
    /// Id of the prompt, unless a visitor typed it.
    prompt: Option<String>,
    /// With which the pair was drawn, both orders together.
    probability: Option<f64>,
    /// Whether the voter could not see the names, where known.
    anonymous: Option<bool>,
    /// Left out of the boards, because a generation could not be reproduced.
    excluded: bool,
    /// Taken back by its voter.
    withdrawn: bool,
}

/// A page of votes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VotesBody {
    /// In the order of the log. Fewer than `limit` where some are not shown: those whose voters do not want them published count
    /// on the boards alone. The youngest seconds are listed a moment later.
    votes: Vec<VoteBody>,
    /// The `cursor` of the next page; none on the last one.
    next: Option<String>,
}

/// Rows of a page, and the cursor behind it where there is more.
async fn page(
    store: &Store,
    arena: &LiveArena,
    (after, until): (VoteId, VoteId),
    limit: u32,
) -> Result<(Vec<ExportRow>, Option<VoteId>), Problem> {
    let mut rows = store.export_page(Some(arena.row.id), after, until, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|row| row.id);
    Ok((rows, next))
}

/// The votes of an arena.
#[utoipa::path(get, path = "/api/v1/arenas/{arena}/votes", tag = "log",
    params(("arena" = String, Path, example = "text"), VotesQuery),
    responses((status = 200, description = "What was asked for", body = VotesBody), ReadProblems))]
pub(super) async fn votes(
    State(state): State<AppState>,
    ApiPath(slug): ApiPath<String>,
    ApiQuery(query): ApiQuery<VotesQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let arena = find(&state, &slug)?;
    let limit = page_size(query.limit, DEFAULT_VOTES, MOST_VOTES)?;
    let after = place(query.cursor.as_deref())?;
    let store = state.boards.store();
    let (mut rows, next) = page(store, &arena, (after, settled((state.clock)())), limit).await?;
    rows.retain(|row| row.published && (query.with_excluded || !(row.excluded || row.withdrawn)));
    let votes = leaving(store, &arena, &rows, false).await?.into_iter().map(|vote| VoteBody {
        id: vote.id.to_string(),
        battle: vote.battle.to_string(),
        left: vote.left.contestant.to_string(),
        right: vote.right.contestant.to_string(),
        outcome: vote.outcome.into(),
        cast_at: vote.cast_at.and_then(instant),
        source: vote.source.to_string(),
        prompt: vote.prompt.map(|prompt| prompt.id.to_string()),
        probability: vote.probability.filter(|probability| probability.is_finite()),
        anonymous: vote.anonymous,
        excluded: vote.excluded,
        withdrawn: vote.withdrawn,
    });
    tagged(&headers, &VotesBody { votes: votes.collect(), next: next.map(|next| next.to_string()) })
}

/// Which page of battles.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct BattlesQuery {
    /// `next` of the page before this one.
    #[param(pattern = "^[0-9a-f]{32}$")]
    cursor: Option<String>,
    /// Votes to read for a page; 50 unless said otherwise. Several votes on one battle are one row.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// What was asked.
#[derive(Debug, Serialize, ToSchema)]
struct PromptBody {
    id: String,
    text: Option<String>,
    category: Option<String>,
}

/// One side of a battle.
#[derive(Debug, Serialize, ToSchema)]
struct SideBody {
    contestant: String,
    /// Id of its generation, where that may be shown.
    generation: Option<String>,
    text: Option<String>,
    /// Address of a picture or clip.
    media: Option<String>,
    /// A number in decimal digits: it has 64 bits, of which some readers of JSON keep 53.
    seed: Option<String>,
    /// `pooled`: made by the host or imported; `unchecked`, `verified`, `refuted`: made in a browser, and what became of making
    /// it again.
    verification: Option<String>,
}

impl From<ExportedSide> for SideBody {
    fn from(side: ExportedSide) -> Self {
        let (text, media) = match side.content {
            Some(Content::Text(text)) => (Some(text.to_string()), None),
            Some(Content::Media(address)) => (None, Some(address.to_string())),
            None => (None, None),
        };
        Self {
            contestant: side.contestant.to_string(),
            generation: side.generation.map(|id| id.to_string()),
            text,
            media,
            seed: side.seed.map(|seed| seed.to_string()),
            verification: side.verification.map(|state| state.to_string()),
        }
    }
}

/// A battle that somebody voted on.
#[derive(Debug, Serialize, ToSchema)]
struct BattleBody {
    id: String,
    /// None where a visitor typed it, or where it is not known.
    prompt: Option<PromptBody>,
    left: SideBody,
    right: SideBody,
    /// Votes on it that were not taken back and may be published.
    outcomes: Outcomes,
    /// Left out of the boards, because a generation could not be reproduced.
    excluded: bool,
}

/// A page of battles.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BattlesBody {
    /// In the order of their first votes.
    battles: Vec<BattleBody>,
    /// The `cursor` of the next page; none on the last one.
    next: Option<String>,
}

/// The battles of an arena that somebody voted on, with the texts that may be shown to everybody: never those that answer a prompt
/// that a visitor typed. Skipped and open battles are not listed.
#[utoipa::path(get, path = "/api/v1/arenas/{arena}/battles", tag = "log",
    params(("arena" = String, Path, example = "text"), BattlesQuery),
    responses((status = 200, description = "What was asked for", body = BattlesBody), ReadProblems))]
pub(super) async fn battles(
    State(state): State<AppState>,
    ApiPath(slug): ApiPath<String>,
    ApiQuery(query): ApiQuery<BattlesQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let arena = find(&state, &slug)?;
    let limit = page_size(query.limit, DEFAULT_BATTLES, MOST_BATTLES)?;
    let after = place(query.cursor.as_deref())?;
    let store = state.boards.store();
    let (mut rows, next) = page(store, &arena, (after, settled((state.clock)())), limit).await?;
    let tallies = match rows.last() {
        Some(last) => store.battle_tallies(arena.row.id, after, last.id).await?,
        None => Default::default(),
    };
    rows.retain(|row| row.published && tallies.get(&row.battle).is_some_and(|tally| tally.first == row.id));
    let battles = leaving(store, &arena, &rows, true).await?.into_iter().map(|vote| BattleBody {
        id: vote.battle.to_string(),
        prompt: vote.prompt.map(|prompt| PromptBody {
            id: prompt.id.to_string(),
            text: prompt.text.map(|text| text.to_string()),
            category: prompt.category.map(|category| category.to_string()),
        }),
        left: vote.left.into(),
        right: vote.right.into(),
        outcomes: Outcomes::of(tallies.get(&vote.battle).map_or([0; 4], |tally| tally.outcomes)),
        excluded: vote.excluded,
    });
    tagged(&headers, &BattlesBody { battles: battles.collect(), next: next.map(|next| next.to_string()) })
}
