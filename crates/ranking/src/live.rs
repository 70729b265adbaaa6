use std::collections::BTreeMap;

use nalgebra::{DMatrix, DVector};
use plaudit_domain::Outcome;

use crate::{
    PairCounts, Prior, RankingError,
    bradley_terry::{Pair, Problem, chances, check_rated, maximise},
    degeneracy,
    error::check_option,
    expected::Meetings,
    symmetric::multiply,
};

/// Strengths are there when no further step would move one by more than this, in natural log-odds. Steps shrink by about
/// the same factor each; that factor is taken to be this much worse than the last two steps say.
const LAST_STEP: f64 = 1e-10;
const MARGIN: f64 = 10.0;

/// Steps after which the Hessian is too old.
const MAX_STEPS: u32 = 12;

/// The strengths of a live board, kept up to date vote by vote.
///
/// [`bradley_terry_or_prior`](crate::bradley_terry_or_prior) factors a Hessian in every step, which takes
/// O(contestants³). This keeps the inverse of the last one, and gets to the same maximum with steps of O(contestants² +
/// pairs): chord steps, Newton's with an older Hessian. A vote among thousands hardly changes it. Where steps do not
/// shrink fast, the first battle of a contestant comes in, or a prior is no longer needed, it fits anew.
///
/// Strengths are those of the whole fit to 10⁻⁹ in natural log-odds, but not to the last bit: they come by another way. A
/// board to be published should be the whole fit.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{LiveFit, PairCounts, weak_penalty};
///
/// let mut live = LiveFit::new(PairCounts::new(2), weak_penalty())?;
/// live.add(0, 1, Outcome::Left, 3)?;
/// assert!(live.fit()?.is_used());
/// live.add(0, 1, Outcome::Right, 1)?;
/// assert!(!live.fit()?.is_used());
/// let [first, second] = live.log_odds()[..] else { panic!("two contestants") };
/// let lead = first.zip(second).map(|(first, second)| first - second);
/// assert!(lead.is_some_and(|lead| (lead - 3_f64.ln()).abs() < 1e-9));
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
#[derive(Debug, Clone)]
pub struct LiveFit {
    counts: PairCounts,
    weak_penalty: f64,
    prior: Prior,
    state: State,
    /// Whether votes came in that the strengths do not know of.
    is_behind: bool,
    whole_fits: u64,
}

/// The last fit and what it takes to go on from it.
#[derive(Debug, Clone)]
struct State {
    problem: Problem,
    meetings: Meetings,
    /// Everyone's score as a gradient has it: a pair's score of its first goes to the first, and away from the second.
    scores: DVector<f64>,
    places: Vec<Option<usize>>,
    /// Per pair of contestants its place in the problem.
    pairs: BTreeMap<(u32, u32), usize>,
    strengths: DVector<f64>,
    /// Of the negative Hessian of some earlier votes; empty when it may not be used.
    inverse: Option<DMatrix<f64>>,
    /// The gradient at the strengths that the votes since then make: it gives the first step without a look at any pair.
    pending: DVector<f64>,
}

impl LiveFit {
    /// Fits these counts; `weak_penalty` as in [`bradley_terry_or_prior`](crate::bradley_terry_or_prior).
    ///
    /// # Errors
    /// As [`bradley_terry_or_prior`](crate::bradley_terry_or_prior).
    pub fn new(counts: PairCounts, weak_penalty: f64) -> Result<Self, RankingError> {
        check_option("weak_penalty", weak_penalty, weak_penalty > 0.0, "a positive number")?;
        let (state, prior) = State::whole(&counts, weak_penalty, None)?;
        Ok(Self { counts, weak_penalty, prior, state, is_behind: false, whole_fits: 1 })
    }

    /// Counts `count` battles more. [`fit`](Self::fit) brings the strengths up to date.
    ///
    /// # Errors
    /// As [`PairCounts::add`]; nothing is changed then.
    pub fn add(&mut self, left: u32, right: u32, outcome: Outcome, count: u64) -> Result<(), RankingError> {
        self.counts.add(left, right, outcome, count)?;
        self.changed(left, right, count);
        Ok(())
    }

    /// Takes `count` battles back.
    ///
    /// # Errors
    /// As [`PairCounts::remove`]; nothing is changed then.
    pub fn remove(&mut self, left: u32, right: u32, outcome: Outcome, count: u64) -> Result<(), RankingError> {
        self.counts.remove(left, right, outcome, count)?;
        self.changed(left, right, count);
        if count > 0 {
            // What has a finite maximum keeps it when votes come in, and may lose it when they go.
            self.state.inverse = None;
        }
        Ok(())
    }

    /// Brings the strengths up to date, and says whether they lean on a prior.
    ///
    /// # Errors
    /// As [`bradley_terry_or_prior`](crate::bradley_terry_or_prior); the strengths are then those of before.
    pub fn fit(&mut self) -> Result<&Prior, RankingError> {
        if !self.is_behind {
            return Ok(&self.prior);
        }
        let mut is_same_likelihood = true;
        if let Prior::Weak { reason, .. } = &mut self.prior {
            match degeneracy(&self.counts) {
                Some(now) => *reason = now,
                None => is_same_likelihood = false,
            }
        }
        if !(is_same_likelihood && self.state.chord()) {
            (self.state, self.prior) = State::whole(&self.counts, self.weak_penalty, Some(&self.state))?;
            self.whole_fits += 1;
        }
        self.is_behind = false;
        Ok(&self.prior)
    }

    /// Natural log-odds as of the last [`fit`](Self::fit), mean zero; `None` for a contestant without a battle.
    pub fn log_odds(&self) -> Vec<Option<f64>> {
        self.state.places.iter().map(|place| place.map(|place| self.state.strengths[place])).collect()
    }

    /// All votes so far.
    pub fn counts(&self) -> &PairCounts {
        &self.counts
    }

    /// How often a Hessian had to be factored anew.
    pub fn whole_fits(&self) -> u64 {
        self.whole_fits
    }

    fn changed(&mut self, left: u32, right: u32, count: u64) {
        if count == 0 {
            return;
        }
        self.is_behind = true;
        let (first, second) = (left.min(right), left.max(right));
        let of = |outcome: Outcome| {
            let swapped = self.counts.count(second, first, outcome.swapped());
            (self.counts.count(first, second, outcome) + swapped) as f64
        };
        let cell = [of(Outcome::Left), of(Outcome::Right), of(Outcome::Tie) + of(Outcome::BothBad)];
        self.state.change(first, second, cell);
    }
}

impl State {
    fn whole(counts: &PairCounts, weak_penalty: f64, before: Option<&Self>) -> Result<(Self, Prior), RankingError> {
        check_rated(counts)?;
        let (penalty, prior) = match degeneracy(counts) {
            Some(reason) => (weak_penalty, Prior::Weak { penalty: weak_penalty, reason }),
            None => (0.0, Prior::None),
        };
        let problem = Problem::new(counts, penalty);
        let places = problem.places();
        let start: Option<Vec<f64>> = before.map(|before| {
            before.places.iter().map(|place| place.map_or(0.0, |place| before.strengths[place])).collect()
        });
        let solution = maximise(&problem, start.as_deref())?;
        let inverse = solution.factor.map(|factor| factor.inverse());
        let pairs = counts.pairs().zip(0..).map(|(pair, place)| ((pair.first, pair.second), place)).collect();
        let pending = DVector::zeros(problem.size());
        let mut meetings = Meetings::new(&problem.pairs, problem.size());
        let mut scores = pending.clone();
        let cells = problem.pairs.iter().map(|pair| [pair.first_wins, pair.second_wins, pair.draws]);
        meetings.load(&cells.collect::<Vec<_>>(), &mut scores);
        let strengths = solution.strengths;
        Ok((Self { problem, meetings, scores, places, pairs, strengths, inverse, pending }, prior))
    }

    /// Sets what is counted of a pair; a contestant's first battle asks for a whole fit.
    fn change(&mut self, first: u32, second: u32, [first_wins, second_wins, draws]: [f64; 3]) {
        let ends = (self.places[first as usize], self.places[second as usize]);
        let (Some(one), Some(other)) = ends else {
            self.inverse = None;
            return;
        };
        let pair = Pair { first: one, second: other, first_wins, second_wins, draws };
        let (wins, _) = chances(self.strengths[one] - self.strengths[other]);
        let residual = |pair: &Pair| pair.first_score() - pair.battles() * wins;
        let (before, scored) = match self.pairs.get(&(first, second)) {
            Some(&place) => {
                self.meetings.set(place, pair.battles());
                let before = std::mem::replace(&mut self.problem.pairs[place], pair);
                (residual(&before), before.first_score())
            }
            None => {
                self.pairs.insert((first, second), self.problem.pairs.len());
                self.problem.pairs.push(pair);
                self.meetings.push(&pair);
                (0.0, 0.0)
            }
        };
        let change = residual(&pair) - before;
        self.pending[one] += change;
        self.pending[other] -= change;
        // Halves of whole numbers: these sums do not round.
        self.scores[one] += pair.first_score() - scored;
        self.scores[other] -= pair.first_score() - scored;
    }

    /// Chord steps to the maximum; false where they would not get there, and then nothing is changed.
    fn chord(&mut self) -> bool {
        let Some(inverse) = &self.inverse else { return false };
        let mut step = DVector::zeros(self.strengths.len());
        multiply(inverse, &self.pending, &mut step);
        let mut before = step.amax();
        if !before.is_finite() {
            return false;
        }
        let mut strengths = &self.strengths + &step;
        let mut gradient = DVector::zeros(strengths.len());
        for _ in 0..MAX_STEPS {
            gradient.copy_from(&self.scores);
            gradient.axpy(-self.problem.penalty, &strengths, 1.0);
            if !self.meetings.subtract_expected(&strengths, &mut gradient) {
                return false;
            }
            multiply(inverse, &gradient, &mut step);
            let size = step.amax();
            // Below the last step's size lies rounding, which need not shrink.
            if !size.is_finite() || (size > before / 2.0 && size > LAST_STEP) {
                return false;
            }
            strengths += &step;
            if size <= LAST_STEP || size * (size / before) * MARGIN <= LAST_STEP {
                let mean = strengths.mean();
                strengths.add_scalar_mut(-mean);
                self.strengths = strengths;
                self.pending.fill(0.0);
                return true;
            }
            before = size;
        }
        false
    }
}
