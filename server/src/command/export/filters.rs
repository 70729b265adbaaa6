use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    sync::Arc,
};

use plaudit_datasets::export::{PersonalKind, find_personal};
use plaudit_domain::{ContestantId, PromptId, Timestamp};

use super::{ExportArgs, Pii, Source, records::Records};
use crate::store::{ExportGenerationRow, ExportRow};

/// A filter. They apply in this order; a vote that one stops is not seen by the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// All votes of the arena, or of all.
    All,
    /// Cast here, or imported.
    Source,
    /// In the time asked for. A vote whose time is not known is in none.
    Time,
    /// With one of the contestants.
    Contestant,
    /// With one of the outcomes.
    Outcome,
    /// On prompts in one of the languages.
    Language,
    /// Whose answers are both known to come from their contestants.
    Verified,
    /// Whose answers do not tell who made them.
    Nameless,
    /// Neither taken back nor left out of the boards.
    Counted,
    /// Whose voters agreed that they are published; imported ones have the licence of their source.
    Published,
    /// Without texts that look personal.
    Impersonal,
    /// On pairs with enough votes.
    Pairs,
    /// The first on its prompt.
    Prompts,
}

impl Step {
    const ALL: [Self; 13] = [
        Self::All,
        Self::Source,
        Self::Time,
        Self::Contestant,
        Self::Outcome,
        Self::Language,
        Self::Verified,
        Self::Nameless,
        Self::Counted,
        Self::Published,
        Self::Impersonal,
        Self::Pairs,
        Self::Prompts,
    ];
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::All => "to begin with",
            Self::Source => "from the source asked for",
            Self::Time => "in the time asked for",
            Self::Contestant => "with the contestants asked for",
            Self::Outcome => "with the outcomes asked for",
            Self::Language => "on prompts in the languages asked for",
            Self::Verified => "with verified answers",
            Self::Nameless => "with answers that do not tell who made them",
            Self::Counted => "that were not taken back and are not left out of the boards",
            Self::Published => "whose voters agreed to publication, or that were imported",
            Self::Impersonal => "without texts that look personal",
            Self::Pairs => "on pairs with enough votes",
            Self::Prompts => "that are the first on their prompts",
        })
    }
}

/// Which votes are exported.
///
/// Memory grows with the different pairs and prompts, where those filters are asked for, and by some 40 bytes for each different
/// text; not with the votes.
pub(super) struct Filters<'a> {
    args: &'a ExportArgs,
    contestants: HashSet<ContestantId>,
    pairs: HashMap<(ContestantId, ContestantId), u64>,
    prompts: HashSet<PromptId>,
    passed: [u64; Step::ALL.len()],
    personal: BTreeMap<PersonalKind, u64>,
    /// What was found in each text, by the id of its prompt or generation: the same text stands in many battles, and is met
    /// in every pass.
    scanned: HashMap<[u8; 16], Vec<PersonalKind>>,
}

impl<'a> Filters<'a> {
    pub(super) fn new(args: &'a ExportArgs, contestants: HashSet<ContestantId>) -> Self {
        let (passed, personal) = ([0; Step::ALL.len()], BTreeMap::new());
        let (pairs, prompts, scanned) = (HashMap::new(), HashSet::new(), HashMap::new());
        Self { args, contestants, pairs, prompts, passed, personal, scanned }
    }

    /// A pass before all others: what [`Step::Pairs`] goes by.
    pub(super) fn count_pair(&mut self, records: &mut Records, row: &ExportRow) {
        let (stopped, _) = self.stopped_before_pairs(records, row);
        if stopped.is_none() {
            *self.pairs.entry(pair(row)).or_default() += 1;
        }
    }

    /// Whether the vote is exported; counts how far it came.
    pub(super) fn admits(&mut self, records: &mut Records, row: &ExportRow) -> bool {
        let (mut stopped, kinds) = self.stopped_before_pairs(records, row);
        for kind in kinds {
            *self.personal.entry(kind).or_default() += 1;
        }
        if stopped.is_none()
            && let Some(least) = self.args.min_votes_per_pair
            && self.pairs.get(&pair(row)).copied().unwrap_or_default() < least
        {
            stopped = Some(Step::Pairs);
        }
        if stopped.is_none()
            && self.args.distinct_prompts
            && let Some(prompt) = &row.prompt
            && !self.prompts.insert(prompt.id)
        {
            stopped = Some(Step::Prompts);
        }
        for (step, passed) in Step::ALL.into_iter().zip(&mut self.passed) {
            *passed += u64::from(stopped.is_none_or(|stopped| step < stopped));
        }
        stopped.is_none()
    }

    /// How many votes each filter that was asked for has left.
    pub(super) fn counts(&self) -> Vec<(Step, u64)> {
        let args = self.args;
        let asked = |step: &Step| match step {
            Step::All | Step::Published => true,
            Step::Source => args.source.is_some(),
            Step::Time => args.since.is_some() || args.until.is_some(),
            Step::Contestant => !args.contestant.is_empty(),
            Step::Outcome => !args.outcome.is_empty(),
            Step::Language => !args.language.is_empty(),
            Step::Verified => args.verified_only,
            Step::Nameless => args.without_leaks,
            Step::Counted => !args.with_excluded,
            Step::Impersonal => args.pii == Pii::Drop,
            Step::Pairs => args.min_votes_per_pair.is_some(),
            Step::Prompts => args.distinct_prompts,
        };
        Step::ALL.into_iter().zip(self.passed).filter(|(step, _)| asked(step)).collect()
    }

    /// Votes that came as far as the question whether they may be published, and may not.
    pub(super) fn unpublished(&self) -> u64 {
        let before = |step: Step| {
            Step::ALL.into_iter().zip(self.passed).find(|(other, _)| *other == step).map_or(0, |found| found.1)
        };
        before(Step::Counted).saturating_sub(before(Step::Published))
    }

    /// Votes with finds of each kind, of those that came as far as to be looked at.
    pub(super) fn personal(&self) -> &BTreeMap<PersonalKind, u64> {
        &self.personal
    }

    /// As before the first vote, but for the pairs.
    pub(super) fn rewind(&mut self) {
        self.prompts.clear();
        self.passed = [0; Step::ALL.len()];
        self.personal.clear();
    }

    /// Where the vote is stopped, if it is; and what looks personal in its texts, where it came as far as that.
    fn stopped_before_pairs(&mut self, records: &mut Records, row: &ExportRow) -> (Option<Step>, Vec<PersonalKind>) {
        if let Some(step) = self.stopped_before_texts(records, row) {
            return (Some(step), Vec::new());
        }
        let kinds = self.personal_kinds(records, row);
        let stopped = self.args.pii == Pii::Drop && !kinds.is_empty();
        (stopped.then_some(Step::Impersonal), kinds)
    }

    /// What looks personal in the texts that would leave the house.
    fn personal_kinds(&mut self, records: &Records, row: &ExportRow) -> Vec<PersonalKind> {
        let generation =
            |side: &Option<Arc<ExportGenerationRow>>| side.as_ref().map(|generation| *generation.id.as_bytes());
        let ids = [
            row.prompt.as_ref().map(|prompt| *prompt.id.as_bytes()),
            generation(&row.left_generation),
            generation(&row.right_generation),
        ];
        let mut kinds = Vec::new();
        for (text, id) in records.texts(row).into_iter().zip(ids) {
            if let (Some(text), Some(id)) = (text, id) {
                let found = self
                    .scanned
                    .entry(id)
                    .or_insert_with(|| find_personal(text).iter().map(|find| find.kind).collect());
                kinds.extend_from_slice(found);
            }
        }
        kinds.sort();
        kinds.dedup();
        kinds
    }

    fn stopped_before_texts(&self, records: &mut Records, row: &ExportRow) -> Option<Step> {
        let args = self.args;
        let source = if row.imported { Source::Imported } else { Source::Cast };
        if args.source.is_some_and(|asked| asked != source) {
            return Some(Step::Source);
        }
        let in_time = |time: Timestamp| {
            args.since.is_none_or(|since| time >= since) && args.until.is_none_or(|until| time < until)
        };
        if (args.since.is_some() || args.until.is_some()) && !row.cast_at.is_some_and(in_time) {
            return Some(Step::Time);
        }
        if !args.contestant.is_empty() && ![row.left, row.right].iter().any(|id| self.contestants.contains(id)) {
            return Some(Step::Contestant);
        }
        if !args.outcome.is_empty() && !args.outcome.contains(&row.outcome) {
            return Some(Step::Outcome);
        }
        if !args.language.is_empty() && !args.language.iter().any(|asked| asked.matches(records.language(row))) {
            return Some(Step::Language);
        }
        let verified = [&row.left_generation, &row.right_generation]
            .into_iter()
            .all(|side| side.as_ref().is_some_and(|generation| generation.status.is_public()));
        if args.verified_only && !verified {
            return Some(Step::Verified);
        }
        if args.without_leaks && records.leaked(row) == Some(true) {
            return Some(Step::Nameless);
        }
        if !args.with_excluded && (row.withdrawn || row.excluded) {
            return Some(Step::Counted);
        }
        (!row.published).then_some(Step::Published)
    }
}

/// The two, whoever was shown left.
fn pair(row: &ExportRow) -> (ContestantId, ContestantId) {
    (row.left.min(row.right), row.left.max(row.right))
}

/// A day, which begins at midnight UTC, or an instant.
pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let day: jiff::civil::Date = text.parse().ok()?;
        Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    });
    let instant = instant.ok_or("expected a day such as 2026-09-21 or an instant such as 2026-09-21T12:00:00Z")?;
    Ok(Timestamp(instant.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_and_nonsense_is_refused() {
        assert_eq!(instant("1970-01-02"), Ok(Timestamp(86_400_000)));
        assert_eq!(instant("1970-01-01T00:00:01Z"), Ok(Timestamp(1000)));
        assert!(instant("yesterday").is_err());
    }
}
