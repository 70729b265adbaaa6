use std::borrow::Cow;

use super::{
    ExportError, ExportSummary, ExportedVote, VoteWriter,
    cells::{Hex, Iso},
    rows::Rows,
};

/// A table for spreadsheets, as in RFC 4180.
///
/// A text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return gets an apostrophe in front, so that no
/// spreadsheet takes it for a formula. Columns that this crate fills with numbers, instants and words of its own do not.
pub(super) struct Csv(Rows);

const COLUMNS: [&str; 20] = [
    "vote_id",
    "battle_id",
    "arena",
    "left",
    "right",
    "winner",
    "timestamp",
    "voter",
    "source",
    "probability",
    "anonymous",
    "excluded",
    "withdrawn",
    "left_name",
    "right_name",
    "category",
    "language",
    "prompt",
    "left_answer",
    "right_answer",
];

/// A text of somebody's that no spreadsheet computes.
pub(super) fn inert(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

impl Csv {
    pub(super) fn new(mut rows: Rows) -> Result<Self, ExportError> {
        rows.header(COLUMNS)?;
        Ok(Self(rows))
    }
}

impl VoteWriter for Csv {
    fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        self.0.vote(vote)?;
        let word = |flag: bool| if flag { "true" } else { "false" };
        let text = |text: Option<&str>| inert(text.unwrap_or_default()).into_owned();
        let (left, right, prompt) = (&vote.left, &vote.right, vote.prompt.as_ref());
        let (left_answer, right_answer) = (left.text().or(left.media()), right.text().or(right.media()));
        self.0.cells([
            Hex::of(vote.id.as_bytes()).as_str(),
            Hex::of(vote.battle.as_bytes()).as_str(),
            vote.arena.as_str(),
            left.contestant.as_str(),
            right.contestant.as_str(),
            vote.outcome.as_str(),
            &vote.cast_at.map(|time| Iso(time).text()).unwrap_or_default(),
            Hex::of(vote.voter.as_bytes()).as_str(),
            vote.source.as_str(),
            &vote.probability.map(|number| number.to_string()).unwrap_or_default(),
            vote.anonymous.map(word).unwrap_or_default(),
            word(vote.excluded),
            word(vote.withdrawn),
            &inert(&left.name),
            &inert(&right.name),
            &text(prompt.and_then(|prompt| prompt.category.as_deref())),
            &text(prompt.and_then(|prompt| prompt.language.as_deref())),
            &text(vote.prompt_text()),
            &text(left_answer),
            &text(right_answer),
        ])
    }

    fn finish(self: Box<Self>) -> Result<ExportSummary, ExportError> {
        self.0.finish()
    }
}
