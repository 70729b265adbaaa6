//! What the pages about data show, and a voter's own votes.

use plaudit_app::{
    api::ApiError,
    view_model::data::{ApiView, DataArena, DataView, EndpointView, ExportView, NewestVote, ParameterView},
};
use plaudit_domain::{VoteId, VoterId};
use utoipa::openapi::{
    OpenApi, RefOr, Schema,
    path::{Operation, Parameter, ParameterIn},
    security::SecurityRequirement,
};

use super::{Service, failed, internal, moment, not_undone, unread};
use crate::{
    audit::withdrawal_hash,
    board::LiveArena,
    exports::{ExportId, ExportState},
    http::v1,
    store::{ChoosePublication, OwnVote, Store, StoreError, Withdraw, WithdrawAnswer, WithdrawalRow},
};

/// Votes in a preview.
const NEWEST: u32 = 5;
/// Votes of one voter that are read at once.
const PAGE: u32 = 500;

/// All votes of a voter, in log order.
pub(crate) async fn own_votes(store: &Store, voter: VoterId) -> Result<Vec<OwnVote>, StoreError> {
    let (mut votes, mut after) = (Vec::new(), VoteId::from_bytes([0; 16]));
    loop {
        let page = store.votes_of(voter, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(votes) };
        after = last.id;
        votes.extend(page);
    }
}

impl Service {
    pub(super) async fn data_view(&self, voter: VoterId) -> Result<DataView, ApiError> {
        let mut arenas = Vec::new();
        for arena in self.boards.arenas() {
            let figures = arena.figures(self.boards.store()).await.map_err(failed)?;
            arenas.push(DataArena {
                newest: self.newest(&arena).await?,
                arena: self.summary(&arena).await?,
                battles: figures.battles,
                outcomes: figures.outcomes,
            });
        }
        arenas.sort_by_key(|arena| std::cmp::Reverse(arena.outcomes.iter().sum::<u64>()));
        let mut own = own_votes(self.boards.store(), voter).await.map_err(unread)?;
        own.retain(|vote| !vote.withdrawn);
        Ok(DataView {
            arenas,
            own_votes: own.len() as u64,
            own_published: own.iter().filter(|vote| vote.published).count() as u64,
            publishes: self.publishes_of(voter).await?,
        })
    }

    /// Whether this voter's next vote may be published, unless they say otherwise with it.
    pub(super) async fn publishes_of(&self, voter: VoterId) -> Result<bool, ApiError> {
        let said = self.boards.store().publication_choice(voter).await.map_err(unread)?;
        Ok(said.unwrap_or(self.publish_by_default))
    }

    /// Keeps whether all votes of a voter so far, and the next ones unless told otherwise, may be published.
    pub(super) async fn choose_publication(&self, voter: VoterId, agreed: bool) -> Result<(), ApiError> {
        let now = (self.clock)();
        let choice = ChoosePublication { id: self.event_id(now), voter, agreed, now };
        self.boards.store().choose_publication(choice).await.map_err(not_undone)
    }

    /// The newest votes, without those that do not count or are not for everybody to see.
    async fn newest(&self, arena: &LiveArena) -> Result<Vec<NewestVote>, ApiError> {
        let store = self.boards.store();
        let after = store.before_newest(arena.row.id, NEWEST).await.map_err(unread)?;
        let until = VoteId::from_bytes([255; 16]);
        let rows = store.export_page(Some(arena.row.id), after, until, NEWEST).await.map_err(unread)?;
        let counted = rows.into_iter().rev().filter(|row| !row.withdrawn && !row.excluded && row.published);
        Ok(arena.with_log(|log| {
            let name = |id| log.contestant(id).map(|contestant| contestant.name.clone()).unwrap_or_default();
            counted
                .map(|row| NewestVote {
                    battle: row.battle,
                    left: name(row.left),
                    right: name(row.right),
                    outcome: row.outcome,
                    cast_at: row.cast_at.map(moment),
                })
                .collect()
        }))
    }

    pub(super) fn export_view(&self, id: &str) -> Result<ExportView, ApiError> {
        let id = ExportId::parse(id).ok_or(ApiError::NotFound)?;
        Ok(match self.exports.state(&id).ok_or(ApiError::NotFound)? {
            ExportState::Waiting => ExportView::Waiting,
            ExportState::Running { seen, votes } => ExportView::Running { seen, votes },
            ExportState::Failed { reason } => ExportView::Failed { reason },
            ExportState::Finished(export) => ExportView::Finished {
                url: v1::file_url(&id),
                name: export.download,
                bytes: export.bytes,
                rows: export.rows,
                votes: export.votes,
            },
        })
    }

    /// Takes all votes of a voter back, however old they are, and says how many there were.
    pub(super) async fn withdraw_all_of(&self, voter: VoterId) -> Result<u64, ApiError> {
        let store = self.boards.store();
        let mut withdrawn = 0;
        for vote in own_votes(store, voter).await.map_err(unread)? {
            if vote.withdrawn {
                continue;
            }
            let now = (self.clock)();
            let id = self.event_id(now);
            let not_before = plaudit_domain::Timestamp(i64::MIN);
            let command = Withdraw { battle: vote.battle, voter, id, now, not_before, leaf_hash: withdrawal_hash };
            match store.withdraw(command).await.map_err(not_undone)? {
                WithdrawAnswer::Withdrawn { vote: withdrawn_vote } => {
                    if let Some(arena) = self.boards.arena_by_id(vote.arena) {
                        let row = WithdrawalRow { id, vote: withdrawn_vote };
                        arena.apply(&[], &[row], &[]).map_err(|error| internal(&error))?;
                    }
                    withdrawn += 1;
                }
                WithdrawAnswer::NoVote | WithdrawAnswer::TooLate => {}
            }
        }
        Ok(withdrawn)
    }

    pub(super) fn api_view(&self) -> ApiView {
        let arenas = self.boards.arenas().iter().map(|arena| arena.row.slug.to_string()).collect();
        ApiView { arenas, endpoints: endpoints(&v1::description()) }
    }
}

fn endpoints(api: &OpenApi) -> Vec<EndpointView> {
    let mut endpoints = Vec::new();
    for (path, item) in &api.paths.paths {
        for (method, operation) in [("GET", &item.get), ("POST", &item.post)] {
            if let Some(operation) = operation {
                endpoints.push(endpoint(method, path, operation));
            }
        }
    }
    endpoints
}

fn endpoint(method: &str, path: &str, operation: &Operation) -> EndpointView {
    let summary = [operation.summary.as_deref(), operation.description.as_deref()];
    let body = match path {
        _ if operation.request_body.is_none() => None,
        // A file, and no JSON.
        "/api/v1/imports" => Some("@votes.jsonl".to_owned()),
        "/api/v1/exports" => Some(r#"{"arena": "text", "format": "csv"}"#.to_owned()),
        _ => Some(r#"{"judgments": [{"battle": "BATTLE", "answer": "left"}]}"#.to_owned()),
    };
    EndpointView {
        method: method.to_owned(),
        path: path.to_owned(),
        summary: summary.into_iter().flatten().collect::<Vec<_>>().join(" "),
        parameters: operation.parameters.iter().flatten().filter_map(parameter).collect(),
        needs_token: operation.security.as_ref().is_some_and(|security| !security.is_empty() && !is_open(security)),
        body,
    }
}

/// Whether one of the ways to be let in wants nothing.
fn is_open(security: &[SecurityRequirement]) -> bool {
    security.contains(&SecurityRequirement::default())
}

/// What a form can ask for: a choice or a number. Cursors come out of an answer.
fn parameter(parameter: &RefOr<Parameter>) -> Option<ParameterView> {
    let RefOr::T(parameter) = parameter else { return None };
    if parameter.parameter_in != ParameterIn::Query {
        return None;
    }
    let schema = serde_json::to_value(parameter.schema.as_ref().map(|schema: &RefOr<Schema>| schema)).ok()?;
    let is = |word: &str| match &schema["type"] {
        serde_json::Value::String(kind) => kind == word,
        serde_json::Value::Array(kinds) => kinds.iter().any(|kind| kind == word),
        _ => false,
    };
    let mut choices = Vec::new();
    words(&schema, &mut choices);
    if is("boolean") {
        choices = vec!["false".to_owned(), "true".to_owned()];
    }
    let is_number = is("integer");
    (is_number || !choices.is_empty()).then(|| ParameterView {
        name: parameter.name.clone(),
        description: parameter.description.clone().unwrap_or_default(),
        choices,
        is_number,
    })
}

/// The words that a schema allows, wherever in it they stand.
fn words(schema: &serde_json::Value, found: &mut Vec<String>) {
    if let Some(list) = schema["enum"].as_array() {
        found.extend(list.iter().filter_map(|word| word.as_str().map(ToOwned::to_owned)));
    }
    for inner in ["oneOf", "anyOf", "allOf"] {
        for schema in schema[inner].as_array().into_iter().flatten() {
            words(schema, found);
        }
    }
}
