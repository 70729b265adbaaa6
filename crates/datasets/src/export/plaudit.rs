use serde::Serialize;

use super::{
    ExportError, ExportSummary, ExportedSide, ExportedVote, VoteWriter,
    cells::{Hex, Iso},
    rows::Rows,
};

/// What every row says it is.
pub const VOTE_FORMAT: &str = "plaudit-vote/1";

/// Plaudit's own log as JSON Lines. Every row has all fields, `null` where nothing is known, so that the types which a
/// reader guesses from the first rows hold for the others. Seeds are decimal strings: they have 64 bits, of which
/// JSON's numbers lose some in most readers.
pub(super) struct PlauditJsonl(pub(super) Rows);

/// One row. The columns `left`, `right` and `winner` are what evalica and others take as they are.
#[derive(Serialize)]
struct Row<'v> {
    format: &'static str,
    vote_id: Hex,
    origin_vote_id: Option<Hex>,
    battle_id: Hex,
    arena: &'v str,
    arena_title: &'v str,
    task: &'static str,
    license: &'v str,
    prompt_id: Option<Hex>,
    prompt: Option<&'v str>,
    prompt_category: Option<&'v str>,
    language: Option<&'v str>,
    left: &'v str,
    right: &'v str,
    winner: &'static str,
    strength: Option<f64>,
    timestamp: Option<Iso>,
    voter: Hex,
    source: &'static str,
    probability: Option<f64>,
    anonymous: Option<bool>,
    excluded: bool,
    withdrawn: bool,
    leaked: Option<bool>,
    left_name: &'v str,
    left_family: Option<&'v str>,
    left_generation_id: Option<Hex>,
    left_text: Option<&'v str>,
    left_media: Option<&'v str>,
    left_seed: Option<String>,
    left_verification: Option<&'static str>,
    right_name: &'v str,
    right_family: Option<&'v str>,
    right_generation_id: Option<Hex>,
    right_text: Option<&'v str>,
    right_media: Option<&'v str>,
    right_seed: Option<String>,
    right_verification: Option<&'static str>,
}

fn generation(side: &ExportedSide) -> Option<Hex> {
    side.generation.map(|id| Hex::of(id.as_bytes()))
}

impl<'v> Row<'v> {
    fn of(vote: &'v ExportedVote) -> Self {
        let ExportedVote { left, right, prompt, .. } = vote;
        let prompt = prompt.as_ref();
        Self {
            format: VOTE_FORMAT,
            vote_id: Hex::of(vote.id.as_bytes()),
            origin_vote_id: vote.origin.map(|id| Hex::of(id.as_bytes())),
            battle_id: Hex::of(vote.battle.as_bytes()),
            arena: vote.arena.as_str(),
            arena_title: &vote.arena_title,
            task: vote.task.as_str(),
            license: &vote.license,
            prompt_id: prompt.map(|prompt| Hex::of(prompt.id.as_bytes())),
            prompt: prompt.and_then(|prompt| prompt.text.as_deref()),
            prompt_category: prompt.and_then(|prompt| prompt.category.as_deref()),
            language: prompt.and_then(|prompt| prompt.language.as_deref()),
            left: left.contestant.as_str(),
            right: right.contestant.as_str(),
            winner: vote.outcome.as_str(),
            strength: vote.strength,
            timestamp: vote.cast_at.map(Iso),
            voter: Hex::of(vote.voter.as_bytes()),
            source: vote.source.as_str(),
            probability: vote.probability,
            anonymous: vote.anonymous,
            excluded: vote.excluded,
            withdrawn: vote.withdrawn,
            leaked: vote.leaked,
            left_name: &left.name,
            left_family: left.family.as_deref(),
            left_generation_id: generation(left),
            left_text: left.text(),
            left_media: left.media(),
            left_seed: left.seed.map(|seed| seed.to_string()),
            left_verification: left.verification.map(super::Verification::as_str),
            right_name: &right.name,
            right_family: right.family.as_deref(),
            right_generation_id: generation(right),
            right_text: right.text(),
            right_media: right.media(),
            right_seed: right.seed.map(|seed| seed.to_string()),
            right_verification: right.verification.map(super::Verification::as_str),
        }
    }
}

impl VoteWriter for PlauditJsonl {
    fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        self.0.vote(vote)?;
        self.0.row(&Row::of(vote))
    }

    fn finish(self: Box<Self>) -> Result<ExportSummary, ExportError> {
        self.0.finish()
    }
}
