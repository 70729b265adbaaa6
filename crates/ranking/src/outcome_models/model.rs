use std::f64::consts::{FRAC_1_SQRT_2, PI};

use crate::{RankingError, error::check_option};

/// What a battle's answer depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OutcomeModel {
    /// Bradley-Terry with ties as half a win each, where a pair with n battles counts as min(n, n·c/max(n, c))… that is, each
    /// battle weighs c / max(n, c): pairs that met more than c times count as if they had met c times.
    ///
    /// arena-rank's `reweighted` option has 1/max(n, 50), which is this times a constant: the same strengths, and with the
    /// sandwich the same errors.
    Reweighted {
        /// c, in battles.
        battles: f64,
    },
    /// P(i wins) = πᵢ/D, P(tie) = ν√(πᵢπⱼ)/D with D = πᵢ + πⱼ + ν√(πᵢπⱼ) and π = e^θ. The tie parameter is ν ≥ 0: between
    /// equals, ν/2 ties come for each win.
    ///
    /// Source: R. R. Davidson, *On Extending the Bradley-Terry Model to Accommodate Ties in Paired Comparison Experiments*,
    /// Journal of the American Statistical Association 65 (1970).
    Davidson,
    /// P(i wins) = πᵢ/(πᵢ + ρπⱼ), the rest is ties. The tie parameter is ρ ≥ 1: voters see no difference within ± ln ρ.
    ///
    /// Source: P. V. Rao and L. L. Kupper, *Ties in Paired-Comparison Experiments: A Generalization of the Bradley-Terry
    /// Model*, Journal of the American Statistical Association 62 (1967).
    RaoKupper,
    /// Davidson's model with "both bad" as a fourth outcome: P(both bad) = e^β / (πᵢ + πⱼ + ν√(πᵢπⱼ) + e^β).
    ///
    /// β is a bar, on the scale of the strengths: it takes part in every battle like one more contestant, and where it is
    /// stronger than both, neither is good enough. Both-bad votes so tell the level of the two, where win and loss tell
    /// their difference. Without such votes β is −∞ and this is Davidson's model. Ours: the outside option of a multinomial
    /// logit (D. McFadden, *Conditional logit analysis of qualitative choice behavior*, 1974).
    FourOutcomes,
    /// P(i wins) = Φ(uᵢ − uⱼ), ties as half a win each: Thurstone's Case V with the unit √2 of the difference's spread.
    ///
    /// Strengths are given as θ = √(8/π)·u, whose slope at even chances is the logistic model's, so that they compare with
    /// log-odds. Source: L. L. Thurstone, *A Law of Comparative Judgment*, Psychological Review 34 (1927).
    Thurstone,
}

/// The logarithm of an outcome's probability, with its slope and curvature in (θᵢ, θⱼ, tie, bar).
pub(super) struct Term {
    pub(super) log: f64,
    pub(super) slope: [f64; 4],
    pub(super) curvature: [[f64; 4]; 4],
}

/// Outcomes in the order first wins, second wins, tie, both bad.
pub(super) type Terms = [Term; 4];

impl OutcomeModel {
    /// Refuses options out of range.
    pub(super) fn check(self) -> Result<(), RankingError> {
        match self {
            Self::Reweighted { battles } => check_option("battles", battles, battles > 0.0, "a positive number"),
            _ => Ok(()),
        }
    }

    pub(super) fn has_tie_parameter(self) -> bool {
        matches!(self, Self::Davidson | Self::RaoKupper | Self::FourOutcomes)
    }

    /// What a pair's battles weigh each.
    pub(super) fn weight(self, battles: f64) -> f64 {
        match self {
            Self::Reweighted { battles: limit } => limit / battles.max(limit),
            _ => 1.0,
        }
    }

    /// Natural log-odds per unit of the strengths inside.
    pub(super) fn unit(self) -> f64 {
        if self == Self::Thurstone { (8.0 / PI).sqrt() } else { 1.0 }
    }

    /// The tie parameter as it is told, and the slope of that, from the one inside: ln ν, or ln ρ.
    pub(super) fn tie_outside(self, inside: f64) -> (f64, f64) {
        match self {
            // Without ties ρ is 1, its lower end.
            Self::RaoKupper if inside == f64::NEG_INFINITY => (1.0, 0.0),
            _ => (inside.exp(), inside.exp()),
        }
    }

    /// The inverse of [`tie_outside`](Self::tie_outside).
    pub(super) fn tie_inside(self, outside: f64) -> f64 {
        match self {
            Self::RaoKupper if outside <= 1.0 => f64::NEG_INFINITY,
            _ => outside.ln(),
        }
    }

    /// Where the parameters begin: moderate ties, and a bar below the average.
    pub(super) fn start(self) -> [f64; 2] {
        match self {
            Self::RaoKupper => [0.5, 0.0],
            _ => [-0.5, -1.0],
        }
    }

    /// Whether parameters can be taken.
    pub(super) fn admits(self, extras: [f64; 2], active: [bool; 2]) -> bool {
        self != Self::RaoKupper || !active[0] || extras[0] > 0.0
    }

    /// Probabilities of first, second, tie, both bad. Half-win models have no ties.
    pub(super) fn probabilities(self, first: f64, second: f64, [tie, bar]: [f64; 2]) -> [f64; 4] {
        let difference = first - second;
        match self {
            Self::Reweighted { .. } => [logistic(difference), logistic(-difference), 0.0, 0.0],
            Self::Thurstone => [normal(difference), normal(-difference), 0.0, 0.0],
            Self::RaoKupper => {
                let threshold = tie.max(0.0);
                let (win, loss) = (logistic(difference - threshold), logistic(-difference - threshold));
                [win, loss, (1.0 - win - loss).max(0.0), 0.0]
            }
            Self::Davidson | Self::FourOutcomes => {
                let bar = if self == Self::FourOutcomes { bar } else { f64::NEG_INFINITY };
                softmax([first, second, (first + second) / 2.0 + tie, bar])
            }
        }
    }

    /// The outcomes at one point. What has no part in the model (a parameter that is not `active`, an outcome that never
    /// happened) gets terms that nothing is multiplied with.
    pub(super) fn terms(self, first: f64, second: f64, extras: [f64; 2], active: [bool; 2]) -> Terms {
        match self {
            Self::Reweighted { .. } => half_wins(first - second, log_logistic),
            Self::Thurstone => half_wins(first - second, log_normal),
            Self::RaoKupper => rao_kupper(first - second, if active[0] { extras[0] } else { 0.0 }),
            Self::Davidson | Self::FourOutcomes => {
                let has_bar = self == Self::FourOutcomes && active[1];
                let tie = if active[0] { extras[0] } else { f64::NEG_INFINITY };
                let bar = if has_bar { extras[1] } else { f64::NEG_INFINITY };
                multinomial([first, second, (first + second) / 2.0 + tie, bar], has_bar)
            }
        }
    }
}

fn logistic(x: f64) -> f64 {
    let small = (-x.abs()).exp();
    if x < 0.0 { small / (1.0 + small) } else { 1.0 / (1.0 + small) }
}

/// log σ(x) with its first two derivatives.
fn log_logistic(x: f64) -> [f64; 3] {
    let (here, there) = (logistic(x), logistic(-x));
    [x.min(0.0) - (-x.abs()).exp().ln_1p(), there, -here * there]
}

fn normal(x: f64) -> f64 {
    libm::erfc(-x * FRAC_1_SQRT_2) / 2.0
}

/// log Φ(x) with its first two derivatives.
fn log_normal(x: f64) -> [f64; 3] {
    // Below, Φ is smaller than any float; its asymptotic expansion is good to a millionth there, where no board ends.
    if x < -37.0 {
        let (square, inverse) = (x * x, 1.0 / (x * x));
        let log = -square / 2.0 - (-x).ln() - (2.0 * PI).ln() / 2.0 - inverse;
        let slope = -x - 1.0 / x;
        return [log, slope, -(slope * (x + slope))];
    }
    let chance = normal(x);
    let density = (-x * x / 2.0).exp() / (2.0 * PI).sqrt();
    let slope = density / chance;
    [chance.ln(), slope, -slope * (x + slope)]
}

fn softmax(utilities: [f64; 4]) -> [f64; 4] {
    let largest = utilities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers = utilities.map(|utility| (utility - largest).exp());
    let sum: f64 = powers.iter().sum();
    powers.map(|power| power / sum)
}

/// From a function of θᵢ − θⱼ and, for Rao and Kupper's, of the threshold.
fn of_difference(log: f64, slope: [f64; 2], curvature: [[f64; 2]; 2]) -> Term {
    let [by_difference, by_threshold] = slope;
    let mut all = [[0.0; 4]; 4];
    let signs = [1.0, -1.0];
    for (row, one) in signs.iter().enumerate() {
        for (column, other) in signs.iter().enumerate() {
            all[row][column] = one * other * curvature[0][0];
        }
        all[row][2] = one * curvature[0][1];
        all[2][row] = one * curvature[1][0];
    }
    all[2][2] = curvature[1][1];
    Term { log, slope: [by_difference, -by_difference, by_threshold, 0.0], curvature: all }
}

/// Two outcomes and their mean, of a link function's logarithm.
fn half_wins(difference: f64, link: fn(f64) -> [f64; 3]) -> Terms {
    let term = |log: f64, slope: f64, curvature: f64| of_difference(log, [slope, 0.0], [[curvature, 0.0], [0.0, 0.0]]);
    let ([win, by_win, of_win], [loss, by_loss, of_loss]) = (link(difference), link(-difference));
    let tie = || term((win + loss) / 2.0, (by_win - by_loss) / 2.0, (of_win + of_loss) / 2.0);
    [term(win, by_win, of_win), term(loss, -by_loss, of_loss), tie(), tie()]
}

/// With threshold η = ln ρ: log σ(d − η), log σ(−d − η), and for ties the sum of both + log(e^{2η} − 1).
fn rao_kupper(difference: f64, threshold: f64) -> Terms {
    let [win, by_win, of_win] = log_logistic(difference - threshold);
    let [loss, by_loss, of_loss] = log_logistic(-difference - threshold);
    let first = of_difference(win, [by_win, -by_win], [[of_win, -of_win], [-of_win, of_win]]);
    let second = of_difference(loss, [-by_loss, -by_loss], [[of_loss, of_loss], [of_loss, of_loss]]);
    let share = 1.0 / -(-2.0 * threshold).exp_m1();
    let tie = || {
        of_difference(
            win + loss + (2.0 * threshold).exp_m1().ln(),
            [by_win - by_loss, -by_win - by_loss + 2.0 * share],
            [[of_win + of_loss, of_loss - of_win], [of_loss - of_win, of_win + of_loss - 4.0 * share * (share - 1.0)]],
        )
    };
    [first, second, tie(), tie()]
}

/// Utilities are linear in the parameters, so the curvature is minus the covariance of their coefficients. Written as sums
/// over pairs of outcomes: nothing cancels when one of them is nearly certain.
fn multinomial(utilities: [f64; 4], has_bar: bool) -> Terms {
    const COEFFICIENTS: [[f64; 4]; 4] =
        [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.5, 0.5, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]];
    let chances = softmax(utilities);
    let apart = |one: usize, other: usize, column: usize| COEFFICIENTS[one][column] - COEFFICIENTS[other][column];
    let mut curvature = [[0.0; 4]; 4];
    for one in 0..4 {
        for other in 0..one {
            let weight = chances[one] * chances[other];
            for (row, entries) in curvature.iter_mut().enumerate() {
                for (column, entry) in entries.iter_mut().enumerate() {
                    *entry -= weight * apart(one, other, row) * apart(one, other, column);
                }
            }
        }
    }
    std::array::from_fn(|outcome| {
        // Without a bar, a "both bad" is a tie.
        let at = if outcome == 3 && !has_bar { 2 } else { outcome };
        let others = || (0..4).filter(move |other| *other != at);
        let log = log_chance(utilities, at);
        let slope = std::array::from_fn(|column| others().map(|other| chances[other] * apart(at, other, column)).sum());
        Term { log, slope, curvature }
    })
}

/// log of a softmax's entry, to full precision near 0 and near −∞.
fn log_chance(utilities: [f64; 4], at: usize) -> f64 {
    let others =
        utilities.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, utility)| utility - utilities[at]);
    let largest = others.clone().fold(0.0, f64::max);
    if largest > 0.0 {
        let sum: f64 = others.map(|over| (over - largest).exp()).sum::<f64>() + (-largest).exp();
        return -largest - sum.ln();
    }
    -others.map(f64::exp).sum::<f64>().ln_1p()
}
