//! Files in which one row holds several votes, or votes in a nested form: PandaLM, Open WebUI.

mod open_webui;
mod pandalm;

use std::collections::{HashMap, HashSet};

use plaudit_domain::{
    Arena, ArenaSlug, BattleId, Content, ContestantId, ContestantSlug, Generation, GenerationId, Outcome, Prompt,
    PromptId, Task, Timestamp, VoterId,
};

use crate::{
    Ballot, BallotOptions, CategoryColumn, Fault, Format, ImportedVote, Progress, ReadOptions, Reason, Record, Roster,
    ballot::BallotEmitter, battles::contestant, emitter::Emitter, input::Input, names::Names,
};

/// Votes on one pair of answers.
struct Comparison {
    left: String,
    right: String,
    prompt: Option<String>,
    left_text: Option<String>,
    right_text: Option<String>,
    /// What tells this comparison from all others of its arena.
    identity: String,
    /// Voters' names, which leave this crate as hashes alone, and what they said.
    votes: Vec<(String, Outcome)>,
    cast_at: Option<Timestamp>,
    anonymous: Option<bool>,
    category: Option<String>,
}

/// What a row says: comparisons, or why it says nothing and what of it may be shown.
type Checked = Result<Vec<Comparison>, (Reason, String)>;

type Take<'t> = dyn FnMut(Checked, Progress) -> Result<(), Fault> + 't;

fn each_row(format: Format, input: Input<'_>, take: &mut Take<'_>) -> Result<(), Fault> {
    match format {
        Format::PandaLm => pandalm::each_row(input, take),
        _ => open_webui::each_row(input, take),
    }
}

fn arena(format: Format, chosen: Option<&ArenaSlug>) -> Arena {
    let (slug, title, description) = match format {
        Format::PandaLm => ("pandalm", "PandaLM", "Answers to instructions, compared by PandaLM's annotators."),
        _ => ("open-webui", "Open WebUI", "Ratings of answers beside others, from Open WebUI."),
    };
    Arena {
        slug: chosen.cloned().unwrap_or_else(|| ArenaSlug::from_name(slug)),
        title: title.to_owned(),
        task: Task::Text,
        description: description.to_owned(),
        license: None,
    }
}

fn voter_id(arena: &ArenaSlug, name: &str) -> VoterId {
    VoterId::imported(&format!("foreign/{arena}"), name)
}

/// Reads a whole file as records.
pub(crate) fn read(
    format: Format,
    input: Input<'_>,
    options: &ReadOptions,
    out: &mut Emitter<'_>,
) -> Result<(), Fault> {
    let mut records = Records {
        arena: arena(format, options.arena.as_ref()),
        announced: false,
        names: Names::default(),
        prompts: HashSet::new(),
        generations: HashSet::new(),
    };
    each_row(format, input, &mut |row, progress| match row {
        Ok(comparisons) => comparisons.into_iter().try_for_each(|comparison| records.emit(comparison, progress, out)),
        Err((reason, excerpt)) => out.reject(progress.line, reason, &excerpt),
    })
}

/// Reads a whole file as numbers.
pub(crate) fn read_ballots(
    format: Format,
    input: Input<'_>,
    options: &BallotOptions,
    roster: &mut Roster,
    out: &mut BallotEmitter<'_>,
) -> Result<(), Fault> {
    let arena = arena(format, options.arena.as_ref());
    let (mut names, mut categories) = (Names::<String>::default(), HashMap::<String, u32>::new());
    each_row(format, input, &mut |row, progress| {
        let comparisons = match row {
            Ok(comparisons) => comparisons,
            Err((reason, excerpt)) => return out.reject(progress, reason, || excerpt),
        };
        for comparison in comparisons {
            let number = match roster.arena(&arena.slug) {
                Some(number) => number,
                None => roster.enter_arena(arena.clone()),
            };
            let mut enter = |name: &String| {
                let (slug, _) = names.slug(name, name);
                roster.enter_contestant(number, slug, name)
            };
            let (left, right) = (enter(&comparison.left), enter(&comparison.right));
            let category = comparison.category.filter(|_| options.category != CategoryColumn::None);
            let category = category.map(|name| match categories.get(&name) {
                Some(number) => *number,
                None => {
                    let number = roster.enter_category(&name);
                    categories.insert(name, number);
                    number
                }
            });
            for (name, outcome) in comparison.votes {
                let voter = options.voters.then(|| roster.enter_voter(number, voter_id(&arena.slug, &name)));
                let anonymous = comparison.anonymous;
                out.ballot(Ballot { arena: number, left, right, outcome, voter, anonymous, category }, progress)?;
            }
        }
        Ok(())
    })
}

/// Gives comparisons to the sink as records. Grows with what is different.
struct Records {
    arena: Arena,
    announced: bool,
    names: Names<String>,
    prompts: HashSet<PromptId>,
    generations: HashSet<GenerationId>,
}

impl Records {
    fn emit(&mut self, comparison: Comparison, progress: Progress, out: &mut Emitter<'_>) -> Result<(), Fault> {
        let arena = self.arena.slug.clone();
        if !self.announced {
            self.announced = true;
            out.record(Record::Arena(self.arena.clone()), progress)?;
        }
        let left = self.contestant(&comparison.left, progress, out)?;
        let right = self.contestant(&comparison.right, progress, out)?;
        let prompt = match comparison.prompt {
            Some(text) => {
                let id = PromptId::of(&arena, &text);
                if self.prompts.insert(id) {
                    let prompt = Prompt { text, category: comparison.category, source: None };
                    out.record(Record::Prompt { arena: arena.clone(), prompt }, progress)?;
                }
                Some(id)
            }
            None => None,
        };
        let left_generation = self.generation(prompt, &left, comparison.left_text, progress, out)?;
        let right_generation = self.generation(prompt, &right, comparison.right_text, progress, out)?;
        let battle = BattleId::imported(&arena, &[comparison.identity.as_bytes()], 0);
        for (name, outcome) in comparison.votes {
            let vote = ImportedVote {
                origin: None,
                arena: arena.clone(),
                battle,
                prompt,
                left: left.clone(),
                right: right.clone(),
                left_generation,
                right_generation,
                outcome,
                voter: voter_id(&arena, &name),
                cast_at: comparison.cast_at,
                anonymous: comparison.anonymous,
            };
            out.record(Record::Vote(vote), progress)?;
        }
        Ok(())
    }

    fn contestant(
        &mut self,
        name: &String,
        progress: Progress,
        out: &mut Emitter<'_>,
    ) -> Result<ContestantSlug, Fault> {
        let (slug, new) = self.names.slug(name, name);
        if new {
            let contestant = contestant(slug.clone(), name);
            out.record(Record::Contestant { arena: self.arena.slug.clone(), contestant }, progress)?;
        }
        Ok(slug)
    }

    /// An answer without a visible character is none to show.
    fn generation(
        &mut self,
        prompt: Option<PromptId>,
        contestant: &ContestantSlug,
        text: Option<String>,
        progress: Progress,
        out: &mut Emitter<'_>,
    ) -> Result<Option<GenerationId>, Fault> {
        let (Some(prompt), Some(text)) = (prompt, text.filter(|text| !text.trim().is_empty())) else { return Ok(None) };
        let arena = &self.arena.slug;
        let id = GenerationId::of(ContestantId::of(arena, contestant), prompt, None, text.as_bytes());
        if self.generations.insert(id) {
            let contestant = contestant.clone();
            let generation =
                Generation { contestant, content: Content::Text(text), seed: None, tokens: None, finish: None };
            out.record(Record::Generation { arena: arena.clone(), prompt, id, generation }, progress)?;
        }
        Ok(Some(id))
    }
}
