mod measures;

use rand_distr::{Binomial, Distribution};
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};
use serde::{Deserialize, Serialize};

use self::measures::{Directions, consistency, directions};
use super::random::{below, shuffle};
use crate::{PairCounts, RankingError, bradley_terry::Problem, error::check_option, refit::Cells, weak_penalty};

/// How [`utility_coherence`] measures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoherenceOptions {
    /// λ > 0 of the Gaussian prior on utilities, in natural log-odds.
    pub penalty: f64,
    /// Into how many parts the pairs are dealt to be predicted from the others.
    pub folds: u32,
    /// How often answers are drawn at random. With R simulations no p-value is below 1 / (R + 1).
    pub simulations: u32,
    /// Equal seeds give equal folds and simulations.
    pub seed: u64,
}

impl Default for CoherenceOptions {
    fn default() -> Self {
        Self { penalty: weak_penalty(), folds: 5, simulations: 199, seed: 0 }
    }
}

/// A share, and what random answers would have made of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AgainstChance {
    /// From 0 to 1; 1 is coherent.
    pub share: f64,
    /// Its mean over random answers.
    pub by_chance: f64,
    /// The share of random answers that came out at least as large, these answers included.
    pub p_value: f64,
}

/// Whether one voter's or judge's preferences are those of someone who maximises a utility. A share of nothing is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Coherence {
    /// Pairs of contestants that were compared.
    pub compared: u64,
    /// Those with more wins for one side than for the other.
    pub decided: u64,
    /// Triples of contestants of which all three pairs are decided.
    pub triples: u64,
    /// Of the decided pairs, those whose direction the fitted utilities have. Fits to few answers are always good: compare
    /// it with chance.
    pub fit: Option<AgainstChance>,
    /// The same for pairs held out, predicted by utilities fitted to the other pairs. Equal utilities are half right.
    pub held_out: Option<AgainstChance>,
    /// Of the decided triples, those that are not a cycle.
    pub transitivity: Option<AgainstChance>,
    /// Of the compared pairs, those that are decided.
    pub completeness: Option<AgainstChance>,
    /// |wins − losses| / answers, averaged over the compared pairs: whether the same question gets the same answer. Says
    /// nothing where every pair was asked once.
    pub decisiveness: Option<AgainstChance>,
}

/// How coherent one voter's or judge's preferences are, against random answers to the same questions.
///
/// The utilities are those of Bradley-Terry under a weak prior: strengths in natural log-odds whose difference gives the
/// chance of a preference by the logistic function. The source fits Thurstone's model, where the normal distribution
/// function takes its place; the two are so near that the direction of a preference, which is all that is scored, differs
/// only for contestants that are all but equal.
///
/// Random answers to the same questions are a tie with the frequency with which this voter answered so, and a coin toss
/// otherwise, as many to each pair as were given; completeness and decisiveness are held against those, and are above
/// chance only where pairs were asked repeatedly. Of such answers, those that decide the same pairs by the same margins
/// differ in nothing but the directions, each of which is a coin toss: fit, prediction and transitivity are held against
/// these, as a random voter who decides fewer pairs has fewer occasions for a cycle.
///
/// Source: M. Mazeika et al., *Utility Engineering: Analyzing and Controlling Emergent Value Systems in AIs* (2025).
///
/// # Errors
/// A penalty that is not positive, fewer than two folds; [`RankingError::NotConverged`] for counts beyond what 64-bit floats
/// can balance.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{CoherenceOptions, PairCounts, utility_coherence};
///
/// // A judge with a clear order.
/// let mut answers = PairCounts::new(8);
/// for better in 0..8 {
///     for worse in better + 1..8 {
///         answers.add(better, worse, Outcome::Left, 3)?;
///     }
/// }
/// let coherence = utility_coherence(&answers, &CoherenceOptions::default())?;
/// assert!(coherence.transitivity.is_some_and(|found| found.share == 1.0 && found.p_value < 0.01));
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn utility_coherence(answers: &PairCounts, options: &CoherenceOptions) -> Result<Coherence, RankingError> {
    let CoherenceOptions { penalty, folds, simulations, seed } = *options;
    check_option("penalty", penalty, penalty > 0.0, "a positive number")?;
    check_option("folds", f64::from(folds), folds >= 2, "a number of at least 2")?;
    let problem = Problem::new(answers, penalty);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut fold_of: Vec<usize> = (0..problem.pairs.len()).map(|place| place % folds as usize).collect();
    shuffle(&mut random, &mut fold_of);
    let cells: Cells = problem.pairs.iter().map(|pair| [pair.first_wins, pair.second_wins, pair.draws]).collect();
    let folds = folds as usize;
    let observed = directions(&problem, &cells, &fold_of, folds)?;
    let (mut by_direction, mut by_answer) = ([Null::default(); 3], [Null::default(); 2]);
    for _ in 0..simulations {
        let drawn = directions(&problem, &turned(&cells, &mut random), &fold_of, folds)?.shares;
        add(&mut by_direction, observed.shares, drawn);
        add(&mut by_answer, consistency(&cells), consistency(&random_answers(&cells, &mut random)));
    }
    let Directions { decided, triples, shares } = observed;
    let [fit, held_out, transitivity] = std::array::from_fn(|place| by_direction[place].result(shares[place]));
    let answers = consistency(&cells);
    let [completeness, decisiveness] = std::array::from_fn(|place| by_answer[place].result(answers[place]));
    let compared = problem.pairs.len() as u64;
    Ok(Coherence { compared, decided, triples, fit, held_out, transitivity, completeness, decisiveness })
}

/// As decided answers as these, each in a random direction.
fn turned(cells: &Cells, random: &mut Xoshiro256PlusPlus) -> Cells {
    cells
        .iter()
        .map(|&[first, second, tied]| if below(random, 2) == 0 { [first, second, tied] } else { [second, first, tied] })
        .collect()
}

/// As many answers to each pair, from someone who does not look.
fn random_answers(cells: &Cells, random: &mut Xoshiro256PlusPlus) -> Cells {
    let draws: f64 = cells.iter().map(|cell| cell[2]).sum();
    let all: f64 = cells.iter().flatten().sum();
    let mut binomial = |count: f64, chance: f64| {
        // A chance from 0 to 1 is never refused.
        Binomial::new(count as u64, chance).map_or(0.0, |draw| draw.sample(random) as f64)
    };
    let answer = |cell: &[f64; 3]| {
        let count: f64 = cell.iter().sum();
        let tied = binomial(count, (draws / all).clamp(0.0, 1.0));
        let first = binomial(count - tied, 0.5);
        [first, count - tied - first, tied]
    };
    cells.iter().map(answer).collect()
}

fn add<const COUNT: usize>(nulls: &mut [Null; COUNT], observed: [Option<f64>; COUNT], drawn: [Option<f64>; COUNT]) {
    for ((null, observed), drawn) in nulls.iter_mut().zip(observed).zip(drawn) {
        null.add(observed, drawn);
    }
}

#[derive(Default, Clone, Copy)]
struct Null {
    sum: f64,
    drawn: u32,
    at_least: u32,
}

impl Null {
    fn add(&mut self, observed: Option<f64>, drawn: Option<f64>) {
        let (Some(observed), Some(drawn)) = (observed, drawn) else { return };
        self.sum += drawn;
        self.drawn += 1;
        // Shares that differ by their rounding alone are equal.
        self.at_least += u32::from(drawn >= observed - 1e-12);
    }

    fn result(&self, observed: Option<f64>) -> Option<AgainstChance> {
        let drawn = f64::from(self.drawn);
        let by_chance = |share| if self.drawn > 0 { self.sum / drawn } else { share };
        observed.map(|share| AgainstChance {
            share,
            by_chance: by_chance(share),
            p_value: (1.0 + f64::from(self.at_least)) / (1.0 + drawn),
        })
    }
}
