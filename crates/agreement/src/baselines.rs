use plaudit_domain::Outcome;

use crate::{Absence, AgreementError, Baseline, BaselineKind, Options, Panel, resample::bootstrap, table::measures};

impl Panel {
    /// The baselines on all questions with votes, or on those that one judge judged; none without votes.
    ///
    /// # Errors
    /// An unknown judge; options out of range.
    pub fn baselines(&self, judge: Option<u32>, options: &Options) -> Result<Vec<Baseline>, AgreementError> {
        options.check()?;
        let (cells, counts) = self.vote_cells(judge)?;
        let totals = |drawn: &[f64]| {
            let mut totals = [0.0; 4];
            for (votes, times) in cells.iter().zip(drawn) {
                for (total, &count) in totals.iter_mut().zip(votes) {
                    *total += times * f64::from(count);
                }
            }
            totals
        };
        let observed = totals(&counts.iter().map(|&count| count as f64).collect::<Vec<f64>>());
        if observed == [0.0; 4] {
            return Ok(Vec::new());
        }
        // The last of the greatest, of places in the reverse order.
        let most = (0..4).rev().max_by(|&one, &other| observed[one].total_cmp(&observed[other])).unwrap_or_default();
        let kinds = [
            (BaselineKind::AlwaysLeft, [1.0, 0.0, 0.0, 0.0]),
            (BaselineKind::AlwaysRight, [0.0, 1.0, 0.0, 0.0]),
            (BaselineKind::Random, [0.25; 4]),
            (
                BaselineKind::MajorityOutcome(Outcome::ALL[most]),
                std::array::from_fn(|outcome| f64::from(u8::from(outcome == most))),
            ),
        ];
        let baseline = |(kind, chances): (BaselineKind, [f64; 4])| {
            let figures = bootstrap(&counts, options, |drawn| {
                let table = totals(drawn).map(|votes| {
                    std::array::from_fn(|column| votes * chances.get(column).copied().unwrap_or_default())
                });
                measures(&table, Absence::NoVotes)
            });
            let [accuracy_four, accuracy_three, accuracy_decisive, _, accuracy_both_decisive, ..] = figures;
            Baseline { kind, accuracy_four, accuracy_three, accuracy_decisive, accuracy_both_decisive }
        };
        Ok(kinds.into_iter().map(baseline).collect())
    }
}
