use std::collections::{BTreeMap, BTreeSet, HashSet};

use plaudit_domain::{ArenaSlug, ContestantSlug, Outcome, Task, Timestamp, VoterId, agreement::HumanCeiling};
use serde::Serialize;

use super::{DatasetFacts, LogCheckpoint, Split};
use crate::export::{ExportedVote, VoteSource, cells::Iso};

/// What `statistics.json` says it is.
pub(super) const STATISTICS_FORMAT: &str = "plaudit-statistics/1";

/// What is counted of a split while it is written.
///
/// Grows with voters, prompts and contestants, and by eight bytes for each vote.
#[derive(Default)]
pub(super) struct Tally {
    votes: u64,
    outcomes: [u64; 4],
    imported: u64,
    withdrawn: u64,
    excluded: u64,
    without_prompt: u64,
    without_texts: u64,
    without_probability: u64,
    /// The last eight bytes of ids: those are random or a hash, where the first may be a time.
    battles: Vec<u64>,
    voters: HashSet<VoterId>,
    prompts: HashSet<[u8; 16]>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    pub(super) contestants: BTreeMap<ContestantSlug, u64>,
    pub(super) arenas: BTreeMap<ArenaSlug, u64>,
    pub(super) tasks: BTreeSet<&'static str>,
    pub(super) languages: BTreeSet<String>,
    pub(super) licenses: BTreeSet<String>,
}

fn slot(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Left => 0,
        Outcome::Right => 1,
        Outcome::Tie => 2,
        Outcome::BothBad => 3,
    }
}

fn count<K: Ord + Clone>(counts: &mut BTreeMap<K, u64>, key: &K) {
    match counts.get_mut(key) {
        Some(count) => *count += 1,
        None => {
            counts.insert(key.clone(), 1);
        }
    }
}

fn keep(words: &mut BTreeSet<String>, word: &str) {
    if !words.contains(word) {
        words.insert(word.to_owned());
    }
}

impl Tally {
    pub(super) fn add(&mut self, vote: &ExportedVote) {
        self.votes += 1;
        self.outcomes[slot(vote.outcome)] += 1;
        self.imported += u64::from(vote.source == VoteSource::Imported);
        self.withdrawn += u64::from(vote.withdrawn);
        self.excluded += u64::from(vote.excluded);
        self.without_prompt += u64::from(vote.prompt.is_none());
        self.without_texts += u64::from(vote.texts().is_none());
        self.without_probability += u64::from(vote.probability.is_none());
        let mut battle = [0; 8];
        battle.copy_from_slice(&vote.battle.as_bytes()[8..]);
        self.battles.push(u64::from_be_bytes(battle));
        self.voters.insert(vote.voter);
        if let Some(prompt) = &vote.prompt {
            self.prompts.insert(prompt.digest);
            if let Some(language) = &prompt.language {
                keep(&mut self.languages, language);
            }
        }
        if let Some(time) = vote.cast_at {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
        count(&mut self.contestants, &vote.left.contestant);
        count(&mut self.contestants, &vote.right.contestant);
        count(&mut self.arenas, &vote.arena);
        self.tasks.insert(match vote.task {
            Task::Text => "text-generation",
            Task::Image => "text-to-image",
            Task::ImageEdit => "image-to-image",
            Task::Video => "text-to-video",
            Task::Audio => "text-to-audio",
        });
        keep(&mut self.licenses, &vote.license);
    }

    /// Both together.
    pub(super) fn merge(mut self, other: &Self) -> Self {
        self.votes += other.votes;
        for (sum, more) in self.outcomes.iter_mut().zip(other.outcomes) {
            *sum += more;
        }
        self.imported += other.imported;
        self.withdrawn += other.withdrawn;
        self.excluded += other.excluded;
        self.without_prompt += other.without_prompt;
        self.without_texts += other.without_texts;
        self.without_probability += other.without_probability;
        self.battles.extend_from_slice(&other.battles);
        self.voters.extend(&other.voters);
        self.prompts.extend(&other.prompts);
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.into_iter().chain(other.last).max();
        for (slug, votes) in &other.contestants {
            *self.contestants.entry(slug.clone()).or_default() += votes;
        }
        for (slug, votes) in &other.arenas {
            *self.arenas.entry(slug.clone()).or_default() += votes;
        }
        self.tasks.extend(&other.tasks);
        self.languages.extend(other.languages.iter().cloned());
        self.licenses.extend(other.licenses.iter().cloned());
        self
    }

    pub(super) fn counts(&mut self) -> Counts {
        self.battles.sort_unstable();
        self.battles.dedup();
        let [left, right, tie, both_bad] = self.outcomes;
        let day = |time: Option<Timestamp>| time.map(|time| Iso(time).text());
        Counts {
            votes: self.votes,
            outcomes: Outcomes { left, right, tie, both_bad },
            voters: self.voters.len() as u64,
            contestants: self.contestants.len() as u64,
            prompts: self.prompts.len() as u64,
            battles: self.battles.len() as u64,
            imported: self.imported,
            withdrawn: self.withdrawn,
            excluded: self.excluded,
            without_prompt: self.without_prompt,
            without_texts: self.without_texts,
            without_probability: self.without_probability,
            first_vote: day(self.first),
            last_vote: day(self.last),
        }
    }
}

/// Votes per outcome.
#[derive(Serialize, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcomes {
    pub(super) left: u64,
    pub(super) right: u64,
    pub(super) tie: u64,
    pub(super) both_bad: u64,
}

/// What is told of a split, and of all of them.
#[derive(Serialize)]
pub(super) struct Counts {
    pub(super) votes: u64,
    pub(super) outcomes: Outcomes,
    pub(super) voters: u64,
    pub(super) contestants: u64,
    pub(super) prompts: u64,
    pub(super) battles: u64,
    pub(super) imported: u64,
    pub(super) withdrawn: u64,
    pub(super) excluded: u64,
    pub(super) without_prompt: u64,
    pub(super) without_texts: u64,
    pub(super) without_probability: u64,
    pub(super) first_vote: Option<String>,
    pub(super) last_vote: Option<String>,
}

/// `statistics.json`.
#[derive(Serialize)]
pub(super) struct Statistics<'d> {
    pub(super) format: &'static str,
    pub(super) license: &'d str,
    #[serde(flatten)]
    pub(super) all: &'d Counts,
    pub(super) splits: BTreeMap<&'static str, &'d Counts>,
    pub(super) split: Split,
    /// Votes on battles between contestants of two splits.
    pub(super) crossing: u64,
    pub(super) votes_by_arena: &'d BTreeMap<ArenaSlug, u64>,
    /// A vote counts for both of its contestants.
    pub(super) votes_by_contestant: &'d BTreeMap<ContestantSlug, u64>,
    pub(super) agreement: &'d HumanCeiling,
    pub(super) checkpoint: Option<&'d LogCheckpoint>,
    pub(super) filters: Vec<Filtered<'d>>,
    /// Votes whose voters did not agree to publication.
    pub(super) left_out_without_consent: u64,
}

/// How many votes a filter has left.
#[derive(Serialize)]
pub(super) struct Filtered<'d> {
    votes: u64,
    filter: &'d str,
}

impl<'d> Filtered<'d> {
    pub(super) fn all(facts: &'d DatasetFacts) -> Vec<Self> {
        facts.filters.iter().map(|(filter, votes)| Self { votes: *votes, filter }).collect()
    }
}
