//! Plaudit's own log, as JSON Lines or as Parquet, as `plaudit export` writes it.

mod json;
#[cfg(feature = "parquet")]
mod parquet;

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use plaudit_domain::{
    Arena, ArenaSlug, BattleId, Content, Contestant, ContestantId, ContestantKind, ContestantSlug, Generation,
    GenerationId, Outcome, Prompt, PromptId, Task, Timestamp, VoteId, VoterId,
};

use crate::{
    Ballot, BallotOptions, CategoryColumn, Fault, Format, ImportedVote, Progress, ReadOptions, Reason, Record, Roster,
    ballot::BallotEmitter, emitter::Emitter, source::open_fault,
};

/// A row, of which only that is read which an import keeps.
struct Vote {
    /// Where the vote was cast first.
    origin: VoteId,
    battle: BattleId,
    arena: ArenaSlug,
    arena_title: String,
    task: Task,
    license: Option<String>,
    prompt_id: Option<PromptId>,
    prompt: Option<String>,
    prompt_category: Option<String>,
    left: Side,
    right: Side,
    outcome: Outcome,
    cast_at: Option<Timestamp>,
    voter: VoterId,
    anonymous: Option<bool>,
    excluded: bool,
    withdrawn: bool,
    /// What the column says that the caller slices by.
    slice: Option<String>,
}

struct Side {
    contestant: ContestantSlug,
    name: String,
    generation: Option<GenerationId>,
    text: Option<String>,
    seed: Option<u64>,
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
pub(crate) fn read(format: Format, path: &Path, options: &ReadOptions, out: &mut Emitter<'_>) -> Result<(), Fault> {
    let mut told = Told::default();
    each_vote(format, path, None, &mut |row, progress| match row {
        Ok(vote) => told.emit(vote, options, progress, out),
        Err((reason, excerpt)) => out.reject(progress.line, reason, &excerpt),
    })
}

/// Reads a whole file as numbers.
pub(crate) fn read_ballots(
    format: Format,
    path: &Path,
    options: &BallotOptions,
    roster: &mut Roster,
    out: &mut BallotEmitter<'_>,
) -> Result<(), Fault> {
    let mut categories: HashMap<String, u32> = HashMap::new();
    let slice = match &options.category {
        CategoryColumn::None => None,
        CategoryColumn::Usual => Some("prompt_category"),
        CategoryColumn::Named(name) => Some(name.as_str()),
    };
    each_vote(format, path, slice, &mut |row, progress| {
        let vote = match row {
            Ok(vote) => vote,
            Err((reason, excerpt)) => return out.reject(progress, reason, || excerpt),
        };
        let arena = match roster.arena(options.arena.as_ref().unwrap_or(&vote.arena)) {
            Some(number) => number,
            None => roster.enter_arena(vote.arena(options.arena.as_ref())),
        };
        let left = roster.enter_contestant(arena, vote.left.contestant.clone(), &vote.left.name);
        let right = roster.enter_contestant(arena, vote.right.contestant.clone(), &vote.right.name);
        let voter = options.voters.then(|| roster.enter_voter(arena, vote.voter));
        let category = vote.slice.map(|name| match categories.get(&name) {
            Some(number) => *number,
            None => {
                let number = roster.enter_category(&name);
                categories.insert(name, number);
                number
            }
        });
        out.ballot(
            Ballot { arena, left, right, outcome: vote.outcome, voter, anonymous: vote.anonymous, category },
            progress,
        )
    })
}

/// A row that was understood, or why it was not and what it says.
type Checked = Result<Vote, (Reason, String)>;

type Take<'t> = dyn FnMut(Checked, Progress) -> Result<(), Fault> + 't;

fn each_vote(format: Format, path: &Path, slice: Option<&str>, take: &mut Take<'_>) -> Result<(), Fault> {
    match format {
        #[cfg(feature = "parquet")]
        Format::PlauditParquet => parquet::each_vote(path, slice, take),
        _ => json::each_vote(open_fault(path)?, slice, take),
    }
}

impl Vote {
    fn checked(self) -> Result<Self, Reason> {
        if self.left.contestant == self.right.contestant {
            return Err(Reason::SelfBattle(self.left.contestant.to_string()));
        }
        if self.withdrawn {
            return Err(Reason::NotCounted { why: "its voter took it back" });
        }
        if self.excluded {
            return Err(Reason::NotCounted { why: "its battle was left out of the boards" });
        }
        // Ids say what they stand for. One that does not belong to its text is another's, or the text was changed.
        // Of an edit the id also stands for the picture to be changed, which the file does not hold.
        if let (Some(id), Some(text)) = (self.prompt_id, &self.prompt)
            && self.task != Task::ImageEdit
        {
            if id != PromptId::of(&self.arena, text) {
                return Err(Reason::Malformed { what: "vote", message: "prompt_id is not that of prompt".to_owned() });
            }
            for side in [&self.left, &self.right] {
                if let (Some(generation), Some(text)) = (side.generation, &side.text)
                    && generation != side.generation_id(&self.arena, id, text)
                {
                    let message = format!("the generation id of {} is not that of its text", side.contestant);
                    return Err(Reason::Malformed { what: "vote", message });
                }
            }
        }
        Ok(self)
    }

    fn arena(&self, chosen: Option<&ArenaSlug>) -> Arena {
        Arena {
            slug: chosen.unwrap_or(&self.arena).clone(),
            title: self.arena_title.clone(),
            task: self.task,
            description: String::new(),
            license: self.license.clone(),
        }
    }
}

impl Side {
    fn generation_id(&self, arena: &ArenaSlug, prompt: PromptId, text: &str) -> GenerationId {
        GenerationId::of(ContestantId::of(arena, &self.contestant), prompt, self.seed, text.as_bytes())
    }
}

impl Told {
    fn emit(
        &mut self,
        vote: Vote,
        options: &ReadOptions,
        progress: Progress,
        out: &mut Emitter<'_>,
    ) -> Result<(), Fault> {
        let arena = vote.arena(options.arena.as_ref());
        let slug = arena.slug.clone();
        if self.arenas.insert(slug.clone()) {
            out.record(Record::Arena(arena), progress)?;
        }
        for side in [&vote.left, &vote.right] {
            if self.contestants.insert(ContestantId::of(&slug, &side.contestant)) {
                let contestant = Contestant {
                    slug: side.contestant.clone(),
                    name: side.name.clone(),
                    kind: ContestantKind::Imported,
                    description: String::new(),
                    weights: None,
                    sampler: None,
                    system_prompt: None,
                    drawing: None,
                    service: None,
                };
                out.record(Record::Contestant { arena: slug.clone(), contestant }, progress)?;
            }
        }
        // Nor is an instruction without its picture a prompt to be voted on.
        let prompt = match vote.prompt.filter(|_| vote.task != Task::ImageEdit) {
            Some(text) => {
                let id = PromptId::of(&slug, &text);
                if self.prompts.insert(id) {
                    let prompt = Prompt { text, category: vote.prompt_category, source: None };
                    out.record(Record::Prompt { arena: slug.clone(), prompt }, progress)?;
                }
                Some(id)
            }
            None => None,
        };
        let left_generation = self.generation(&slug, prompt, &vote.left, progress, out)?;
        let right_generation = self.generation(&slug, prompt, &vote.right, progress, out)?;
        let vote = ImportedVote {
            origin: Some(vote.origin),
            arena: slug,
            battle: vote.battle,
            prompt,
            left: vote.left.contestant,
            right: vote.right.contestant,
            left_generation,
            right_generation,
            outcome: vote.outcome,
            voter: vote.voter,
            cast_at: vote.cast_at,
            anonymous: vote.anonymous,
        };
        out.record(Record::Vote(vote), progress)
    }

    /// Tells of what a side made, the first time. Without its prompt or its text there is nothing to tell.
    fn generation(
        &mut self,
        arena: &ArenaSlug,
        prompt: Option<PromptId>,
        side: &Side,
        progress: Progress,
        out: &mut Emitter<'_>,
    ) -> Result<Option<GenerationId>, Fault> {
        let (Some(prompt), Some(text), Some(_)) = (prompt, &side.text, side.generation) else { return Ok(None) };
        let id = side.generation_id(arena, prompt, text);
        if self.generations.insert(id) {
            let Side { contestant, text: _, seed, .. } = side;
            let generation = Generation {
                contestant: contestant.clone(),
                content: Content::Text(text.clone()),
                seed: *seed,
                tokens: None,
                finish: None,
            };
            out.record(Record::Generation { arena: arena.clone(), prompt, id, generation }, progress)?;
        }
        Ok(Some(id))
    }
}
