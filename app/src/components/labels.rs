//! Words for the domain's values.

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use plaudit_domain::Task;
use plaudit_domain::{ContestantKind, Outcome, Side};
use plaudit_runner::protocol::BackendKind;

use crate::view_model::GenerationCheck;

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

/// What contestants of a task make, one of it.
#[cfg(feature = "ssr")]
pub(crate) fn made(task: Task) -> &'static str {
    match task {
        Task::Text => "answer",
        Task::Image | Task::ImageEdit => "picture",
        Task::Video => "clip",
        Task::Audio => "sound",
    }
}

/// What is said of an arena whose contestants do not write.
#[cfg(feature = "ssr")]
pub(crate) fn task(task: Task) -> Option<&'static str> {
    match task {
        Task::Text => None,
        Task::Image => Some("pictures"),
        Task::ImageEdit => Some("edited pictures"),
        Task::Video => Some("clips"),
        Task::Audio => Some("sounds"),
    }
}

/// What stands in place of a generation that is not known.
#[cfg(feature = "ssr")]
pub(crate) fn not_in_the_log(task: Task) -> &'static str {
    match task {
        Task::Text => "Its text is not in the log.",
        Task::Image | Task::ImageEdit => "Its picture is not in the log.",
        Task::Video => "Its clip is not in the log.",
        Task::Audio => "Its sound is not in the log.",
    }
}

/// What a model ran on.
pub fn backend(kind: BackendKind) -> &'static str {
    match kind {
        BackendKind::WebGpu => "WebGPU",
        BackendKind::Cpu => "Processor",
        BackendKind::Native => "Server",
    }
}

/// What became of making a generation again.
pub fn check(check: GenerationCheck) -> &'static str {
    match check {
        GenerationCheck::Unchecked => "not tried",
        GenerationCheck::Verified => "yes, token for token",
        GenerationCheck::Refuted => "no, something else came out",
    }
}

/// What a judge said in the end.
#[cfg(any(feature = "ssr", feature = "models"))]
pub(crate) fn final_answer(answer: plaudit_domain::agreement::FinalAnswer) -> &'static str {
    use plaudit_domain::agreement::FinalAnswer;
    match answer {
        FinalAnswer::Left => outcome(Outcome::Left),
        FinalAnswer::Right => outcome(Outcome::Right),
        FinalAnswer::Tie => outcome(Outcome::Tie),
        FinalAnswer::BothBad => outcome(Outcome::BothBad),
        FinalAnswer::AnyTie => "Equal",
        FinalAnswer::Unparsed => "No answer",
        FinalAnswer::Abstained => "Abstains: contradicts itself",
    }
}

/// Why a judge has no answer.
#[cfg(feature = "ssr")]
pub(crate) fn unparsed(reason: plaudit_domain::agreement::Unparsed) -> &'static str {
    use plaudit_domain::agreement::Unparsed;
    match reason {
        Unparsed::NoVerdict => "its text holds no verdict",
        Unparsed::UnknownVerdict => "its verdict is none of the four",
        Unparsed::TimedOut => "it did not answer in time",
        Unparsed::HttpError => "its service answered with an error",
        Unparsed::NonFinite => "its score was no number",
        Unparsed::Failed => "it failed",
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
