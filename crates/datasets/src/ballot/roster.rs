use std::collections::HashMap;

use plaudit_domain::{Arena, ArenaSlug, ContestantSlug, VoterId};

/// What the numbers of [`crate::Ballot`]s stand for, gathered over all files that were read with it.
///
/// Numbers are given in the order of first votes, so that reading the same files in the same order gives the same
/// numbers. A row that is left out introduces nobody.
#[derive(Debug, Default)]
pub struct Roster {
    arenas: Vec<ArenaRoster>,
    categories: Vec<String>,
    category_numbers: HashMap<String, u32>,
}

/// One arena, with who took part in its votes.
#[derive(Debug)]
pub struct ArenaRoster {
    /// The arena.
    pub arena: Arena,
    entrants: Vec<Entrant>,
    entrant_numbers: HashMap<ContestantSlug, u32>,
    voters: Vec<VoterId>,
    voter_numbers: HashMap<VoterId, u32>,
}

/// A contestant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrant {
    /// Its slug, which tells it from others.
    pub slug: ContestantSlug,
    /// Its name for people, as it first stood in a file.
    pub name: String,
}

impl Roster {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The arenas, by number.
    pub fn arenas(&self) -> &[ArenaRoster] {
        &self.arenas
    }

    /// An arena's number.
    pub fn arena(&self, slug: &ArenaSlug) -> Option<u32> {
        self.arenas.iter().position(|known| known.arena.slug == *slug).map(|place| place as u32)
    }

    /// What votes were sliced by, by number.
    pub fn categories(&self) -> &[String] {
        &self.categories
    }

    pub(crate) fn slug(&self, arena: u32) -> &ArenaSlug {
        &self.arenas[arena as usize].arena.slug
    }

    pub(crate) fn enter_arena(&mut self, arena: Arena) -> u32 {
        self.arena(&arena.slug).unwrap_or_else(|| {
            self.arenas.push(ArenaRoster {
                arena,
                entrants: Vec::new(),
                entrant_numbers: HashMap::new(),
                voters: Vec::new(),
                voter_numbers: HashMap::new(),
            });
            self.arenas.len() as u32 - 1
        })
    }

    pub(crate) fn enter_contestant(&mut self, arena: u32, slug: ContestantSlug, name: &str) -> u32 {
        let ArenaRoster { entrants, entrant_numbers, .. } = &mut self.arenas[arena as usize];
        if let Some(number) = entrant_numbers.get(&slug) {
            return *number;
        }
        let number = entrants.len() as u32;
        entrants.push(Entrant { slug: slug.clone(), name: name.to_owned() });
        entrant_numbers.insert(slug, number);
        number
    }

    pub(crate) fn enter_voter(&mut self, arena: u32, id: VoterId) -> u32 {
        let ArenaRoster { voters, voter_numbers, .. } = &mut self.arenas[arena as usize];
        *voter_numbers.entry(id).or_insert_with(|| {
            voters.push(id);
            voters.len() as u32 - 1
        })
    }

    pub(crate) fn enter_category(&mut self, name: &str) -> u32 {
        if let Some(number) = self.category_numbers.get(name) {
            return *number;
        }
        let number = self.categories.len() as u32;
        self.categories.push(name.to_owned());
        self.category_numbers.insert(name.to_owned(), number);
        number
    }
}

impl ArenaRoster {
    /// The contestants, by number.
    pub fn entrants(&self) -> &[Entrant] {
        &self.entrants
    }

    /// The voters' pseudonyms, by number; the same as [`crate::ImportedVote::voter`].
    pub fn voters(&self) -> &[VoterId] {
        &self.voters
    }
}
