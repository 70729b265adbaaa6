//! Words for the domain's values.

use leptos::prelude::*;
use plaudit_domain::{ContestantKind, Outcome, Side};

/// What the button of an outcome says.
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Left => "A is better",
        Outcome::Right => "B is better",
        Outcome::Tie => "Tie",
        Outcome::BothBad => "Both are bad",
    }
}

/// What the reader's own answer was, as a sentence.
pub fn your_answer(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Left => "You preferred A",
        Outcome::Right => "You preferred B",
        Outcome::Tie => "You called it a tie",
        Outcome::BothBad => "You found both bad",
    }
}

/// The letter of a side.
pub fn side(side: Side) -> &'static str {
    match side {
        Side::Left => "A",
        Side::Right => "B",
    }
}

/// The word for what a contestant is, where that is not a model like the others.
pub fn kind(kind: ContestantKind) -> Option<&'static str> {
    match kind {
        ContestantKind::LanguageModel | ContestantKind::ImageModel | ContestantKind::Imported => None,
        ContestantKind::Baseline => Some("baseline"),
    }
}

/// A small label beside a contestant's name.
#[component]
pub fn KindTag(
    /// What the contestant is.
    kind: ContestantKind,
) -> impl IntoView {
    self::kind(kind).map(|word| view! { <span class="tag">{word}</span> })
}
