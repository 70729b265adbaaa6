//! LLMFAO: prompts, models, results (generations) and crowd comparisons (votes), four files that refer to each other
//! by number.

mod numbers;
mod records;
mod tables;
mod votes;

use std::path::{Path, PathBuf};

use plaudit_domain::{Arena, ArenaSlug, Task};

use crate::{
    BallotOptions, DatasetError, Fault, LlmfaoPart, Progress, ReadOptions, Record, Roster,
    ballot::BallotEmitter,
    emitter::{Emitter, Nowhere},
    input::Input,
    source::open,
};
use numbers::Numbers;
use records::Records;
use tables::{Generations, Models, Prompts};

/// The other files of the same folder, which are read again for what a file refers to: their rows are few.
#[derive(Debug, Clone, Default)]
pub(crate) struct Siblings {
    pub(crate) prompts: Option<PathBuf>,
    pub(crate) models: Option<PathBuf>,
    pub(crate) results: Option<PathBuf>,
}

/// Reads one part into the sink, after what it needs of its siblings.
pub(crate) fn read(
    part: LlmfaoPart,
    input: Input<'_>,
    path: &Path,
    siblings: &Siblings,
    options: &ReadOptions,
    out: &mut Emitter<'_>,
) -> Result<(), DatasetError> {
    let arena = arena(options.arena.as_ref());
    let slug = arena.slug.clone();
    let here = |fault: Fault| fault.at(path);
    out.record(Record::Arena(arena), Progress { line: 1, bytes: 0 }).map_err(here)?;
    match part {
        LlmfaoPart::Prompts => tables::read_prompts(input, &slug, out).map(drop).map_err(here),
        LlmfaoPart::Models => tables::read_models(input, &slug, out).map(drop).map_err(here),
        LlmfaoPart::Results => {
            let missing = |missing| here(Fault::MissingSibling { missing });
            let prompts = siblings.prompts(&slug)?.ok_or_else(|| missing(LlmfaoPart::Prompts.as_str()))?;
            let models = siblings.models(&slug)?.ok_or_else(|| missing(LlmfaoPart::Models.as_str()))?;
            tables::read_results(input, &slug, &prompts, &models, out).map(drop).map_err(here)
        }
        LlmfaoPart::Votes => {
            let (prompts, models) = (siblings.prompts(&slug)?, siblings.models(&slug)?);
            let generations = siblings.generations(&slug, prompts.as_ref(), models.as_ref())?;
            let mut records = Records::new(&slug, prompts.as_ref(), &generations, out);
            votes::each_comparison(input, prompts.as_ref(), models, &mut records).map_err(here)
        }
    }
}

/// Reads the crowd comparisons as numbers, after what it needs of its siblings; the other parts hold no votes.
pub(crate) fn read_ballots(
    input: Input<'_>,
    path: &Path,
    siblings: &Siblings,
    options: &BallotOptions,
    roster: &mut Roster,
    out: &mut BallotEmitter<'_>,
) -> Result<(), DatasetError> {
    let arena = arena(options.arena.as_ref());
    let (prompts, models) = (siblings.prompts(&arena.slug)?, siblings.models(&arena.slug)?);
    let mut numbers = Numbers::new(&arena, prompts.as_ref(), options, roster, out);
    votes::each_comparison(input, prompts.as_ref(), models, &mut numbers).map_err(|fault| fault.at(path))
}

impl Siblings {
    fn prompts(&self, arena: &ArenaSlug) -> Result<Option<Prompts>, DatasetError> {
        table(self.prompts.as_deref(), |input, out| tables::read_prompts(input, arena, out))
    }

    fn models(&self, arena: &ArenaSlug) -> Result<Option<Models>, DatasetError> {
        table(self.models.as_deref(), |input, out| tables::read_models(input, arena, out))
    }

    /// None are known without the tables that give them their ids.
    fn generations(
        &self,
        arena: &ArenaSlug,
        prompts: Option<&Prompts>,
        models: Option<&Models>,
    ) -> Result<Generations, DatasetError> {
        let (Some(prompts), Some(models)) = (prompts, models) else { return Ok(Generations::default()) };
        let read = |input: Input<'_>, out: &mut Emitter<'_>| tables::read_results(input, arena, prompts, models, out);
        Ok(table(self.results.as_deref(), read)?.unwrap_or_default())
    }
}

/// Reads a sibling for its table only; its rejections are told when it is read for itself.
fn table<T>(
    path: Option<&Path>,
    read: impl FnOnce(Input<'_>, &mut Emitter<'_>) -> Result<T, Fault>,
) -> Result<Option<T>, DatasetError> {
    let Some(path) = path else { return Ok(None) };
    let mut nowhere = Nowhere;
    read(open(path)?, &mut Emitter::new(&mut nowhere)).map(Some).map_err(|fault| fault.at(path))
}

fn arena(chosen: Option<&ArenaSlug>) -> Arena {
    Arena {
        slug: chosen.cloned().unwrap_or_else(|| ArenaSlug::from_name("llmfao")),
        title: "LLMFAO".to_owned(),
        task: Task::Text,
        description: "Answers of language models to short prompts, compared in pairs by a crowd.".to_owned(),
        license: Some("CC-BY-4.0".to_owned()),
    }
}
