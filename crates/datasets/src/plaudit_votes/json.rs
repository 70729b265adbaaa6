use plaudit_domain::{ArenaSlug, BattleId, ContestantSlug, GenerationId, Outcome, PromptId, Task, VoteId, VoterId};
use serde::Deserialize;

use super::{Side, Take, Vote};
use crate::{
    Fault, Reason,
    cell::Cell,
    export::VOTE_FORMAT,
    input::Input,
    json_rows::JsonRows,
    rejection::clip,
    row::{Row, message},
};

#[derive(Deserialize)]
struct JsonVote {
    format: String,
    vote_id: VoteId,
    /// Older files say neither this nor a licence.
    #[serde(default)]
    origin_vote_id: Option<VoteId>,
    battle_id: BattleId,
    arena: ArenaSlug,
    arena_title: String,
    task: Task,
    #[serde(default)]
    license: Option<String>,
    prompt_id: Option<PromptId>,
    prompt: Option<String>,
    prompt_category: Option<String>,
    left: ContestantSlug,
    right: ContestantSlug,
    winner: Outcome,
    timestamp: Option<String>,
    voter: VoterId,
    anonymous: Option<bool>,
    #[serde(default)]
    excluded: bool,
    #[serde(default)]
    withdrawn: bool,
    left_name: String,
    left_generation_id: Option<GenerationId>,
    left_text: Option<String>,
    left_seed: Option<String>,
    right_name: String,
    right_generation_id: Option<GenerationId>,
    right_text: Option<String>,
    right_seed: Option<String>,
}

pub(super) fn each_vote(input: Input<'_>, slice: Option<&str>, take: &mut Take<'_>) -> Result<(), Fault> {
    let mut rows = JsonRows::new(input);
    while let Some(raw) = rows.next_row()? {
        // A row that is no JSON at all is a damaged file.
        let progress = raw.progress;
        let fields = match Row::parse(&raw)? {
            Ok(fields) => fields,
            Err(reason) => {
                take(Err((reason, String::new())), progress)?;
                continue;
            }
        };
        let checked = serde_json::from_str::<JsonVote>(raw.text)
            .map_err(|error| Reason::Malformed { what: "vote", message: clip(&message(&error), 200) })
            .and_then(|vote| vote.vote(slice.and_then(|name| fields.category(name))))
            .and_then(Vote::checked)
            .map_err(|reason| (reason, fields.excerpt(&["vote_id", "arena", "left", "right", "winner"])));
        take(checked, progress)?;
    }
    Ok(())
}

fn seed(text: Option<String>, field: &'static str) -> Result<Option<u64>, Reason> {
    let wrong = |_| Reason::WrongType { field, expected: "digits of 64 bits", found: "a text" };
    text.map(|text| text.parse().map_err(wrong)).transpose()
}

impl JsonVote {
    fn vote(self, slice: Option<String>) -> Result<Vote, Reason> {
        if self.format != VOTE_FORMAT {
            return Err(Reason::Malformed { what: "vote", message: format!("format {:?}", clip(&self.format, 40)) });
        }
        let cast_at = match self.timestamp.as_deref() {
            Some(text) => Cell::Text(text).time("timestamp", true)?,
            None => None,
        };
        Ok(Vote {
            origin: self.origin_vote_id.unwrap_or(self.vote_id),
            battle: self.battle_id,
            arena: self.arena,
            arena_title: self.arena_title,
            task: self.task,
            license: self.license,
            prompt_id: self.prompt_id,
            prompt: self.prompt,
            prompt_category: self.prompt_category,
            left: Side {
                contestant: self.left,
                name: self.left_name,
                generation: self.left_generation_id,
                text: self.left_text,
                seed: seed(self.left_seed, "left_seed")?,
            },
            right: Side {
                contestant: self.right,
                name: self.right_name,
                generation: self.right_generation_id,
                text: self.right_text,
                seed: seed(self.right_seed, "right_seed")?,
            },
            outcome: self.winner,
            cast_at,
            voter: self.voter,
            anonymous: self.anonymous,
            excluded: self.excluded,
            withdrawn: self.withdrawn,
            slice,
        })
    }
}
