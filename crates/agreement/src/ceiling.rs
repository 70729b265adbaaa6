use crate::{
    Absence, AgreementError, HumanCeiling, Options, Panel,
    cells::{strict_majority, vote_cells},
    estimate::Measure,
    resample::bootstrap,
};

impl Panel {
    /// How far people agree with each other, over all questions, or over those that one judge judged.
    ///
    /// # Errors
    /// An unknown judge; options out of range.
    pub fn ceiling(&self, judge: Option<u32>, options: &Options) -> Result<HumanCeiling, AgreementError> {
        options.check()?;
        let (cells, counts) = self.vote_cells(judge)?;
        let several: Vec<(PairedVotes, u64)> = cells
            .iter()
            .zip(counts)
            .filter(|(votes, _)| votes.iter().map(|&count| u64::from(count)).sum::<u64>() > 1)
            .map(|(votes, count)| (PairedVotes::new(votes.map(f64::from)), count))
            .collect();
        let counts: Vec<u64> = several.iter().map(|(_, count)| *count).collect();
        let absence = if cells.is_empty() { Absence::NoVotes } else { Absence::SingleVotes };
        let figures = bootstrap(&counts, options, |drawn| {
            let mut sum = PairedVotes::default();
            for ((cell, _), &times) in several.iter().zip(drawn) {
                sum.add(cell, times);
            }
            sum.measures(absence)
        });
        let [
            raw_agreement,
            raw_agreement_three,
            alpha_nominal,
            alpha_nominal_three,
            alpha_ordinal,
            leave_one_out_four,
            leave_one_out_three,
            leave_one_out_decisive,
        ] = figures;
        Ok(HumanCeiling {
            questions: counts.iter().sum(),
            votes: several.iter().map(|(cell, count)| cell.votes as u64 * count).sum(),
            raw_agreement,
            raw_agreement_three,
            alpha_nominal,
            alpha_nominal_three,
            alpha_ordinal,
            leave_one_out_four,
            leave_one_out_three,
            leave_one_out_decisive,
        })
    }

    /// Votes of questions that look alike, of all questions or of those that one judge judged.
    pub(crate) fn vote_cells(&self, judge: Option<u32>) -> Result<(Vec<[u32; 4]>, Vec<u64>), AgreementError> {
        let questions = self.all_questions();
        Ok(match judge {
            None => vote_cells(questions.iter()),
            Some(judge) => {
                let judged = self.judge(judge)?.judged();
                vote_cells(judged.iter().map(|found| &questions[found.question as usize]))
            }
        })
    }
}

/// What the votes on questions with several say about each other, summed over questions.
#[derive(Default)]
struct PairedVotes {
    votes: f64,
    pairs: f64,
    same_four: f64,
    same_three: f64,
    /// Krippendorff's coincidences of outcomes: pairs of votes in either order over the question's votes less one.
    coincidences: [[f64; 4]; 4],
    left_out: f64,
    left_out_four: f64,
    left_out_three: f64,
    left_out_decisive: f64,
    left_out_side: f64,
}

impl PairedVotes {
    /// Of one question with several votes.
    fn new(votes: [f64; 4]) -> Self {
        let all: f64 = votes.iter().sum();
        let within = |count: f64| count * (count - 1.0) / 2.0;
        let same_four: f64 = votes.iter().map(|&count| within(count)).sum();
        let mut sums = Self {
            votes: all,
            pairs: within(all),
            same_four,
            same_three: same_four + votes[2] * votes[3],
            ..Self::default()
        };
        for (one, row) in sums.coincidences.iter_mut().enumerate() {
            for (other, cell) in row.iter_mut().enumerate() {
                let others = if one == other { votes[other] - 1.0 } else { votes[other] };
                *cell = votes[one] * others / (all - 1.0);
            }
        }
        for (outcome, &count) in votes.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            let mut others = votes.map(|count| count as u32);
            others[outcome] -= 1;
            let Some((majority, _)) = strict_majority(&others) else { continue };
            let same = if majority == outcome { count } else { 0.0 };
            sums.left_out += count;
            sums.left_out_four += same;
            sums.left_out_three += if majority.min(2) == outcome.min(2) { count } else { 0.0 };
            if outcome < 2 {
                sums.left_out_decisive += count;
                sums.left_out_side += same;
            }
        }
        sums
    }

    fn add(&mut self, other: &Self, times: f64) {
        self.votes += times * other.votes;
        self.pairs += times * other.pairs;
        self.same_four += times * other.same_four;
        self.same_three += times * other.same_three;
        for (sum, cell) in self.coincidences.as_flattened_mut().iter_mut().zip(other.coincidences.as_flattened()) {
            *sum += times * cell;
        }
        self.left_out += times * other.left_out;
        self.left_out_four += times * other.left_out_four;
        self.left_out_three += times * other.left_out_three;
        self.left_out_decisive += times * other.left_out_decisive;
        self.left_out_side += times * other.left_out_side;
    }

    fn measures(&self, absence: Absence) -> [Measure; 8] {
        let three = merged(&self.coincidences);
        let alpha = |value: Option<f64>| {
            let why = if self.pairs > 0.0 { Absence::Constant } else { absence };
            Measure { value: value.ok_or(why), count: self.votes }
        };
        let unequal = |one: usize, other: usize, _: &[f64]| f64::from(u8::from(one != other));
        let left_out = if self.pairs > 0.0 { Absence::NoMajority } else { absence };
        let decisive = if self.left_out > 0.0 { Absence::NothingDecisive } else { left_out };
        [
            Measure::share(self.same_four, self.pairs, absence),
            Measure::share(self.same_three, self.pairs, absence),
            alpha(krippendorff(&self.coincidences, unequal)),
            alpha(krippendorff(&three, unequal)),
            alpha(krippendorff(&three, ordinal)),
            Measure::share(self.left_out_four, self.left_out, left_out),
            Measure::share(self.left_out_three, self.left_out, left_out),
            Measure::share(self.left_out_side, self.left_out_decisive, decisive),
        ]
    }
}

/// Left, tie of either kind, right.
fn merged(coincidences: &[[f64; 4]; 4]) -> [[f64; 3]; 3] {
    let mut three = [[0.0; 3]; 3];
    let place = [0, 2, 1, 1];
    for (row, cells) in place.into_iter().zip(coincidences) {
        for (column, cell) in place.into_iter().zip(cells) {
            three[row][column] += cell;
        }
    }
    three
}

/// Krippendorff's α of coincidences, 1 − observed / expected disagreement, by squared distances of categories.
///
/// Source: K. Krippendorff, *Computing Krippendorff's Alpha-Reliability* (2011).
fn krippendorff<const N: usize>(
    coincidences: &[[f64; N]; N],
    distance: impl Fn(usize, usize, &[f64]) -> f64,
) -> Option<f64> {
    let totals = coincidences.map(|row| row.iter().sum::<f64>());
    let all: f64 = totals.iter().sum();
    let (mut observed, mut expected) = (0.0, 0.0);
    for one in 0..N {
        for other in 0..N {
            let distance = distance(one, other, &totals);
            observed += coincidences[one][other] * distance;
            expected += totals[one] * totals[other] * distance;
        }
    }
    (expected > 1e-12 * all * all).then(|| 1.0 - (all - 1.0) * observed / expected)
}

/// (Σ from one to the other of their totals, the ends half)²: the squared distance of ordered categories.
fn ordinal(one: usize, other: usize, totals: &[f64]) -> f64 {
    let (low, high) = (one.min(other), one.max(other));
    (totals[low..=high].iter().sum::<f64>() - (totals[low] + totals[high]) / 2.0).powi(2)
}
