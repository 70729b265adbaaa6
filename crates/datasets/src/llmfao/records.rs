use plaudit_domain::{ArenaSlug, BattleId, Contestant, VoterId};

use super::{
    tables::{Announced, Generations, Prompts},
    votes::{Comparison, Visitor},
};
use crate::{Fault, ImportedVote, Progress, Reason, Record, emitter::Emitter, repetitions::Repetitions};

/// Gives comparisons to the sink as records.
///
/// Workers who saw the same models in the same order for the same prompt share one battle; should a worker have
/// answered it twice, the second answer is a battle of its own. Battles do not depend on the other files.
pub(super) struct Records<'a, 'e> {
    arena: &'a ArenaSlug,
    prompts: Option<&'a Prompts>,
    generations: &'a Generations,
    out: &'a mut Emitter<'e>,
    announced: Announced,
    repetitions: Repetitions,
}

impl<'a, 'e> Records<'a, 'e> {
    pub(super) fn new(
        arena: &'a ArenaSlug,
        prompts: Option<&'a Prompts>,
        generations: &'a Generations,
        out: &'a mut Emitter<'e>,
    ) -> Self {
        let (announced, repetitions) = (Announced::default(), Repetitions::default());
        Self { arena, prompts, generations, out, announced, repetitions }
    }
}

/// The pseudonym of a worker.
pub(super) fn voter_id(arena: &ArenaSlug, worker: &str) -> VoterId {
    VoterId::imported(&format!("llmfao/{arena}"), worker)
}

impl Visitor for Records<'_, '_> {
    fn comparison(
        &mut self,
        comparison: &Comparison<'_>,
        left: &Contestant,
        right: &Contestant,
        progress: Progress,
    ) -> Result<(), Fault> {
        self.announced.contestant(self.arena, left, progress, self.out)?;
        self.announced.contestant(self.arena, right, progress, self.out)?;
        let prompt = self.prompts.and_then(|prompts| prompts.get(&comparison.prompt));
        if let Some((id, prompt)) = prompt {
            self.announced.prompt(self.arena, *id, prompt, progress, self.out)?;
        }
        let ids = [comparison.prompt, comparison.model_x, comparison.model_y].map(|id| id.to_string());
        let parts: Vec<&[u8]> = ids.iter().map(String::as_bytes).collect();
        let with_worker: Vec<&[u8]> = parts.iter().copied().chain([comparison.worker.as_bytes()]).collect();
        let repetition = self.repetitions.next(*BattleId::imported(self.arena, &with_worker, 0).as_bytes());
        let generation = |model| self.generations.get(&(model, comparison.prompt)).copied();
        let vote = ImportedVote {
            origin: None,
            arena: self.arena.clone(),
            battle: BattleId::imported(self.arena, &parts, repetition),
            prompt: prompt.map(|(id, _)| *id),
            left: left.slug.clone(),
            right: right.slug.clone(),
            left_generation: generation(comparison.model_x),
            right_generation: generation(comparison.model_y),
            outcome: comparison.outcome,
            voter: voter_id(self.arena, comparison.worker),
            cast_at: None,
            anonymous: None,
        };
        self.out.record(Record::Vote(vote), progress)
    }

    fn reject(&mut self, progress: Progress, reason: Reason, excerpt: impl FnOnce() -> String) -> Result<(), Fault> {
        self.out.reject(progress.line, reason, &excerpt())
    }
}
