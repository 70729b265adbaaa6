use plaudit_domain::Outcome;
use serde::Serialize;

use super::{ExportError, ExportSummary, ExportedVote, LeftOut, VoteWriter, rows::Rows};

/// Which of TRL's sets.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum TrlForm {
    Preference,
    Conversational,
    Unpaired,
}

/// TRL's sets with explicit prompt (`docs/source/dataset_formats.md` of TRL). A tie is never a preference: of the paired
/// sets ties of both kinds are left out and counted. Unpaired, a decisive vote says one good and one bad answer, a tie
/// two good ones, and "both bad" two bad ones. Votes without all three texts are left out.
pub(super) struct Trl {
    rows: Rows,
    form: TrlForm,
}

impl Trl {
    pub(super) fn new(rows: Rows, form: TrlForm) -> Self {
        Self { rows, form }
    }
}

#[derive(Serialize)]
struct Preference<T> {
    prompt: T,
    chosen: T,
    rejected: T,
}

#[derive(Serialize)]
struct Unpaired<'v> {
    prompt: &'v str,
    completion: &'v str,
    label: bool,
}

#[derive(Serialize)]
struct Message<'v> {
    role: &'static str,
    content: &'v str,
}

impl VoteWriter for Trl {
    fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        self.rows.vote(vote)?;
        let Some([prompt, left, right]) = vote.texts() else {
            self.rows.leave_out(LeftOut::NoText);
            return Ok(());
        };
        if self.form == TrlForm::Unpaired {
            let labels = match vote.outcome {
                Outcome::Left => [true, false],
                Outcome::Right => [false, true],
                Outcome::Tie => [true; 2],
                Outcome::BothBad => [false; 2],
            };
            for (completion, label) in [left, right].into_iter().zip(labels) {
                self.rows.row(&Unpaired { prompt, completion, label })?;
            }
            return Ok(());
        }
        let (chosen, rejected) = match vote.outcome {
            Outcome::Left => (left, right),
            Outcome::Right => (right, left),
            Outcome::Tie | Outcome::BothBad => {
                self.rows.leave_out(LeftOut::Undecided);
                return Ok(());
            }
        };
        if self.form == TrlForm::Preference {
            return self.rows.row(&Preference { prompt, chosen, rejected });
        }
        let said = |role: &'static str, content| [Message { role, content }];
        let (chosen, rejected) = (said("assistant", chosen), said("assistant", rejected));
        self.rows.row(&Preference { prompt: said("user", prompt), chosen, rejected })
    }

    fn finish(self: Box<Self>) -> Result<ExportSummary, ExportError> {
        self.rows.finish()
    }
}
