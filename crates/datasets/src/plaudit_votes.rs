//! Plaudit's own log as JSON Lines, as `plaudit export` writes it.

use std::collections::{HashMap, HashSet};

use plaudit_domain::{
    Arena, ArenaSlug, Contestant, ContestantId, ContestantKind, ContestantSlug, Generation, GenerationId, Outcome,
    Prompt, PromptId, Task, Timestamp, VoterId,
};
use serde::Deserialize;

use crate::{
    Ballot, BallotOptions, CategoryColumn, Fault, ImportedVote, Progress, ReadOptions, Reason, Record, Roster,
    ballot::BallotEmitter,
    cell::Cell,
    emitter::Emitter,
    export::VOTE_FORMAT,
    input::Input,
    json_rows::JsonRows,
    rejection::clip,
    row::{Row, message},
};

/// A row, of which only that is read which an import keeps.
#[derive(Deserialize)]
struct VoteRow {
    format: String,
    battle_id: plaudit_domain::BattleId,
    arena: ArenaSlug,
    arena_title: String,
    task: Task,
    prompt_id: Option<PromptId>,
    prompt: Option<String>,
    prompt_category: Option<String>,
    left: ContestantSlug,
    right: ContestantSlug,
    winner: Outcome,
    timestamp: Option<String>,
    voter: VoterId,
    anonymous: Option<bool>,
    left_name: String,
    left_generation_id: Option<GenerationId>,
    left_text: Option<String>,
    left_seed: Option<String>,
    right_name: String,
    right_generation_id: Option<GenerationId>,
    right_text: Option<String>,
    right_seed: Option<String>,
}

/// What the rest of a file may refer to: grows with contestants, prompts and generations.
#[derive(Default)]
struct Told {
    arenas: HashSet<ArenaSlug>,
    contestants: HashSet<ContestantId>,
    prompts: HashSet<PromptId>,
    generations: HashSet<GenerationId>,
}

/// Reads a whole file as records. A prompt or generation comes before the first vote on it.
pub(crate) fn read(input: Input<'_>, options: &ReadOptions, out: &mut Emitter<'_>) -> Result<(), Fault> {
    let mut told = Told::default();
    each_vote(input, |row, progress| match row {
        Ok(row) => told.emit(row, options, progress, out),
        Err((reason, excerpt)) => out.reject(progress.line, reason, &excerpt),
    })
}

/// Reads a whole file as numbers.
pub(crate) fn read_ballots(
    input: Input<'_>,
    options: &BallotOptions,
    roster: &mut Roster,
    out: &mut BallotEmitter<'_>,
) -> Result<(), Fault> {
    let mut categories: HashMap<String, u32> = HashMap::new();
    each_vote(input, |row, progress| {
        let row = match row {
            Ok(row) => row,
            Err((reason, excerpt)) => return out.reject(progress, reason, || excerpt),
        };
        let arena = roster.enter_arena(row.arena(options.arena.as_ref()));
        let left = roster.enter_contestant(arena, row.left.clone(), &row.left_name);
        let right = roster.enter_contestant(arena, row.right.clone(), &row.right_name);
        let voter = options.voters.then(|| roster.enter_voter(arena, row.voter));
        let category = row.prompt_category.filter(|_| options.category != CategoryColumn::None);
        let category = category.map(|name| match categories.get(&name) {
            Some(number) => *number,
            None => {
                let number = roster.enter_category(&name);
                categories.insert(name, number);
                number
            }
        });
        out.ballot(
            Ballot { arena, left, right, outcome: row.winner, voter, anonymous: row.anonymous, category },
            progress,
        )
    })
}

type Checked = Result<VoteRow, (Reason, String)>;

fn each_vote(input: Input<'_>, mut take: impl FnMut(Checked, Progress) -> Result<(), Fault>) -> Result<(), Fault> {
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
        let checked = serde_json::from_str::<VoteRow>(raw.text)
            .map_err(|error| Reason::Malformed { what: "vote", message: clip(&message(&error), 200) })
            .and_then(VoteRow::checked)
            .map_err(|reason| (reason, fields.excerpt(&["vote_id", "arena", "left", "right", "winner"])));
        take(checked, progress)?;
    }
    Ok(())
}

impl VoteRow {
    fn checked(self) -> Result<Self, Reason> {
        if self.format != VOTE_FORMAT {
            return Err(Reason::Malformed { what: "vote", message: format!("format {:?}", clip(&self.format, 40)) });
        }
        if self.left == self.right {
            return Err(Reason::SelfBattle(self.left.to_string()));
        }
        for (seed, field) in [(&self.left_seed, "left_seed"), (&self.right_seed, "right_seed")] {
            if seed.as_ref().is_some_and(|seed| seed.parse::<u64>().is_err()) {
                return Err(Reason::WrongType { field, expected: "digits of 64 bits", found: "a text" });
            }
        }
        self.cast_at()?;
        // Ids say what they stand for. One that does not belong to its text is another's, or the text was changed.
        if let (Some(id), Some(text)) = (self.prompt_id, &self.prompt) {
            if id != PromptId::of(&self.arena, text) {
                return Err(Reason::Malformed { what: "vote", message: "prompt_id is not that of prompt".to_owned() });
            }
            let sides = [
                (&self.left, self.left_generation_id, &self.left_text, &self.left_seed),
                (&self.right, self.right_generation_id, &self.right_text, &self.right_seed),
            ];
            for (slug, generation, text, seed) in sides {
                if let (Some(generation), Some(text)) = (generation, text)
                    && generation != generation_id(&self.arena, slug, id, seed.as_deref(), text)
                {
                    let message = format!("the generation id of {slug} is not that of its text");
                    return Err(Reason::Malformed { what: "vote", message });
                }
            }
        }
        Ok(self)
    }

    fn cast_at(&self) -> Result<Option<Timestamp>, Reason> {
        self.timestamp.as_deref().map_or(Ok(None), |text| Cell::Text(text).time("timestamp", true))
    }

    fn arena(&self, chosen: Option<&ArenaSlug>) -> Arena {
        Arena {
            slug: chosen.unwrap_or(&self.arena).clone(),
            title: self.arena_title.clone(),
            task: self.task,
            description: String::new(),
            license: None,
        }
    }
}

fn generation_id(
    arena: &ArenaSlug,
    slug: &ContestantSlug,
    prompt: PromptId,
    seed: Option<&str>,
    text: &str,
) -> GenerationId {
    let seed = seed.and_then(|seed| seed.parse().ok());
    GenerationId::of(ContestantId::of(arena, slug), prompt, seed, text.as_bytes())
}

impl Told {
    fn emit(
        &mut self,
        row: VoteRow,
        options: &ReadOptions,
        progress: Progress,
        out: &mut Emitter<'_>,
    ) -> Result<(), Fault> {
        let arena = row.arena(options.arena.as_ref());
        let (slug, cast_at) = (arena.slug.clone(), row.cast_at().unwrap_or_default());
        if self.arenas.insert(slug.clone()) {
            out.record(Record::Arena(arena), progress)?;
        }
        for (contestant, name) in [(&row.left, &row.left_name), (&row.right, &row.right_name)] {
            if self.contestants.insert(ContestantId::of(&slug, contestant)) {
                let contestant = Contestant {
                    slug: contestant.clone(),
                    name: name.clone(),
                    kind: ContestantKind::Imported,
                    description: String::new(),
                    weights: None,
                    sampler: None,
                    system_prompt: None,
                };
                out.record(Record::Contestant { arena: slug.clone(), contestant }, progress)?;
            }
        }
        let prompt = match row.prompt {
            Some(text) => {
                let id = PromptId::of(&slug, &text);
                if self.prompts.insert(id) {
                    let prompt = Prompt { text, category: row.prompt_category };
                    out.record(Record::Prompt { arena: slug.clone(), prompt }, progress)?;
                }
                Some(id)
            }
            None => None,
        };
        let mut generations = [None; 2];
        let sides = [
            (&row.left, row.left_text, row.left_seed, row.left_generation_id),
            (&row.right, row.right_text, row.right_seed, row.right_generation_id),
        ];
        for (place, (contestant, text, seed, known)) in generations.iter_mut().zip(sides) {
            let (Some(prompt), Some(text), Some(_)) = (prompt, text, known) else { continue };
            let id = generation_id(&slug, contestant, prompt, seed.as_deref(), &text);
            *place = Some(id);
            if self.generations.insert(id) {
                let seed = seed.and_then(|seed| seed.parse().ok());
                let generation = Generation { contestant: contestant.clone(), text, seed, tokens: None, finish: None };
                out.record(Record::Generation { arena: slug.clone(), prompt, id, generation }, progress)?;
            }
        }
        let vote = ImportedVote {
            arena: slug,
            battle: row.battle_id,
            prompt,
            left: row.left,
            right: row.right,
            left_generation: generations[0],
            right_generation: generations[1],
            outcome: row.winner,
            voter: row.voter,
            cast_at,
            anonymous: row.anonymous,
        };
        out.record(Record::Vote(vote), progress)
    }
}
