use plaudit_domain::Outcome;

use super::columns::Dialect;
use crate::{Reason, rejection::clip};

/// The words in use for each outcome.
const LABELS: [(Outcome, &[&str]); 4] = [
    (Outcome::Left, &["model_a", "a", "left", "leftvote"]),
    (Outcome::Right, &["model_b", "b", "right", "rightvote"]),
    (Outcome::Tie, &["tie", "tievote", "draw", "equal"]),
    (Outcome::BothBad, &["both_bad", "tie (bothbad)", "bothbad", "bothbad_vote"]),
];

/// What a label of any known dialect means, in capitals or not; `None` for any other word, which is never a tie.
pub fn outcome_of_label(label: &str) -> Option<Outcome> {
    outcome(label, Dialect::Pairwise).ok()
}

/// What a winner's label means. A word that is not known is never a tie: it is refused.
#[inline]
pub(super) fn outcome(label: &str, dialect: Dialect) -> Result<Outcome, Reason> {
    let strict = match label {
        "model_a" => Some(Outcome::Left),
        "model_b" => Some(Outcome::Right),
        "tie" => Some(Outcome::Tie),
        "tie (bothbad)" | "both_bad" => Some(Outcome::BothBad),
        _ => None,
    };
    let loose = || {
        let names = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(label));
        LABELS.into_iter().find_map(|(outcome, words)| names(words).then_some(outcome))
    };
    let found = if dialect == Dialect::BattleLog { strict } else { strict.or_else(loose) };
    found.ok_or_else(|| Reason::UnknownOutcome(clip(label, 80)))
}
