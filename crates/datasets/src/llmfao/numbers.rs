use std::collections::HashMap;

use plaudit_domain::{Arena, Contestant};

use super::{
    records::voter_id,
    tables::Prompts,
    votes::{Comparison, Visitor},
};
use crate::{
    Ballot, BallotOptions, CategoryColumn, Fault, Progress, Reason, Roster,
    ballot::{BallotEmitter, ByName},
};

/// Gives comparisons to the sink as numbers.
pub(super) struct Numbers<'a, 'e> {
    arena: &'a Arena,
    prompts: Option<&'a Prompts>,
    options: &'a BallotOptions,
    roster: &'a mut Roster,
    out: &'a mut BallotEmitter<'e>,
    contestants: HashMap<i64, u32>,
    voters: ByName,
    categories: ByName,
}

impl<'a, 'e> Numbers<'a, 'e> {
    pub(super) fn new(
        arena: &'a Arena,
        prompts: Option<&'a Prompts>,
        options: &'a BallotOptions,
        roster: &'a mut Roster,
        out: &'a mut BallotEmitter<'e>,
    ) -> Self {
        let (contestants, voters, categories) = (HashMap::new(), ByName::default(), ByName::default());
        Self { arena, prompts, options, roster, out, contestants, voters, categories }
    }

    fn category(&self, prompt: i64) -> Option<&'a str> {
        if self.options.category == CategoryColumn::None {
            return None;
        }
        self.prompts?.get(&prompt)?.1.category.as_deref()
    }
}

impl Visitor for Numbers<'_, '_> {
    fn comparison(
        &mut self,
        comparison: &Comparison<'_>,
        left: &Contestant,
        right: &Contestant,
        progress: Progress,
    ) -> Result<(), Fault> {
        let category = self.category(comparison.prompt);
        let Self { arena, options, roster, out, contestants, voters, categories, .. } = self;
        let arena = match roster.arena(&arena.slug) {
            Some(number) => number,
            None => roster.enter_arena(arena.clone()),
        };
        let mut contestant = |model: i64, contestant: &Contestant| {
            let enter = || roster.enter_contestant(arena, contestant.slug.clone(), &contestant.name);
            *contestants.entry(model).or_insert_with(enter)
        };
        let (left, right) = (contestant(comparison.model_x, left), contestant(comparison.model_y, right));
        let voter = options.voters.then(|| {
            voters.number(comparison.worker, || {
                let id = voter_id(roster.slug(arena), comparison.worker);
                roster.enter_voter(arena, id)
            })
        });
        let category = category.map(|name| categories.number(name, || roster.enter_category(name)));
        let outcome = comparison.outcome;
        out.ballot(Ballot { arena, left, right, outcome, voter, anonymous: None, category }, progress)
    }

    fn reject(&mut self, progress: Progress, reason: Reason, excerpt: impl FnOnce() -> String) -> Result<(), Fault> {
        self.out.reject(progress, reason, excerpt)
    }
}
