use super::{
    Visitor,
    battle::{Battle, Fields},
    model_name::Home,
    records::voter_id,
};
use crate::{
    Ballot, BallotOptions, Fault, Progress, Reason, Roster,
    ballot::{BallotEmitter, ByName},
    names::Names,
};

/// Gives battles to the sink as numbers.
pub(super) struct Numbers<'a, 'e> {
    options: &'a BallotOptions,
    roster: &'a mut Roster,
    out: &'a mut BallotEmitter<'e>,
    /// By the number of their [`Home`].
    arenas: [Option<Known>; Home::COUNT],
    categories: ByName,
}

/// The numbers of the names that this file has used in one arena.
struct Known {
    arena: u32,
    contestants: ByName,
    voters: ByName,
    names: Names<String>,
}

impl<'a, 'e> Numbers<'a, 'e> {
    pub(super) fn new(options: &'a BallotOptions, roster: &'a mut Roster, out: &'a mut BallotEmitter<'e>) -> Self {
        Self { options, roster, out, arenas: Default::default(), categories: ByName::default() }
    }
}

impl Visitor for Numbers<'_, '_> {
    const KEEPS_ALL: bool = false;

    fn battle<'r>(&mut self, _: &impl Fields<'r>, battle: &Battle<'_>, progress: Progress) -> Result<(), Fault> {
        let roster = &mut *self.roster;
        let known = match &mut self.arenas[battle.home as usize] {
            Some(known) => known,
            place => {
                let arena = roster.enter_arena(battle.home.arena(self.options.arena.as_ref()));
                let (contestants, voters) = (ByName::default(), ByName::default());
                place.insert(Known { arena, contestants, voters, names: Names::default() })
            }
        };
        let Known { arena, contestants, voters, names } = known;
        let mut contestant = |name: &str| {
            contestants.number(name, || {
                let (slug, _) = names.slug(&name.to_owned(), name);
                roster.enter_contestant(*arena, slug, name)
            })
        };
        let (left, right) = (contestant(battle.left), contestant(battle.right));
        let voter = battle.voter.filter(|_| self.options.voters).map(|name| {
            voters.number(name, || {
                let id = voter_id(roster.slug(*arena), Some(name));
                roster.enter_voter(*arena, id)
            })
        });
        let category =
            battle.category.as_deref().map(|name| self.categories.number(name, || roster.enter_category(name)));
        let Battle { outcome, anonymous, .. } = *battle;
        self.out.ballot(Ballot { arena: *arena, left, right, outcome, voter, anonymous, category }, progress)
    }

    fn reject(&mut self, progress: Progress, reason: Reason, excerpt: impl FnOnce() -> String) -> Result<(), Fault> {
        self.out.reject(progress, reason, excerpt)
    }
}
