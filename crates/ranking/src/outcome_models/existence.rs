//! Whether the likelihood of a model with ties has a finite maximum.
//!
//! A chain of votes is not enough here: where A beats B and both tie with C, strengths and tie parameter can grow together
//! for ever, and the likelihood with them.

use microlp::{ComparisonOp, OptimizationDirection, Problem, Variable};

use super::{fit::Cell, model::OutcomeModel};

/// Beyond so many pairs the programme takes longer than the fit that it is asked about.
const MOST_PAIRS: usize = 2_000;

/// Coefficients of a few variables.
type Sum = Vec<(Variable, f64)>;

/// Whether strengths, tie parameter and bar can run away together without making any vote less likely, and some of them
/// more; `None` where nobody can say in reasonable time.
///
/// Along a direction, the likelihood of a vote tends to a limit that is not zero if and only if no other answer to it gains on
/// it. These conditions are linear (for Rao and Kupper's model, a win is not to fall behind the threshold and a tie not to
/// leave it: the same as Davidson's with another unit). The linear programme looks for a direction in which some answer gains
/// on another: of a cone it is enough to ask for gains up to 1.
///
/// Source: the recession directions of a concave function, R. T. Rockafellar, *Convex Analysis* (1970), section 27; for logit
/// models, A. Albert and J. A. Anderson, *On the Existence of Maximum Likelihood Estimates in Logistic Regression Models*,
/// Biometrika 71 (1984).
pub(super) fn runs_away(model: OutcomeModel, cells: &[Cell], size: usize, active: [bool; 2]) -> Option<bool> {
    if !model.has_tie_parameter() {
        return Some(false);
    }
    if cells.len() > MOST_PAIRS {
        return None;
    }
    let free = (f64::NEG_INFINITY, f64::INFINITY);
    let mut programme = Problem::new(OptimizationDirection::Maximize);
    // A common shift changes nothing: the first contestant stays where it is.
    let strengths: Vec<Variable> =
        (0..size).map(|index| programme.add_var(0.0, if index == 0 { (0.0, 0.0) } else { free })).collect();
    let [tie, bar] = active.map(|active| programme.add_var(0.0, if active { free } else { (0.0, 0.0) }));
    for cell in cells {
        let (first, second) = (strengths[cell.first], strengths[cell.second]);
        // How far an answer's utility moves: win, loss, tie, both bad.
        let moves: [Sum; 4] =
            [vec![(first, 1.0)], vec![(second, 1.0)], vec![(first, 0.5), (second, 0.5), (tie, 1.0)], vec![(bar, 1.0)]];
        let possible = [true, true, active[0], active[1]];
        for (outcome, count) in cell.outcomes.iter().enumerate() {
            // Without a bar, a "both bad" is a tie.
            let outcome = if outcome == 3 && !active[1] { 2 } else { outcome };
            if *count <= 0.0 {
                continue;
            }
            for other in (0..4).filter(|other| *other != outcome && possible[*other]) {
                let gain = programme.add_var(1.0, (0.0, 1.0));
                let mut terms: Vec<(Variable, f64)> = moves[outcome].clone();
                for (variable, coefficient) in &moves[other] {
                    match terms.iter_mut().find(|(known, _)| known == variable) {
                        Some((_, known)) => *known -= coefficient,
                        None => terms.push((*variable, -coefficient)),
                    }
                }
                terms.push((gain, -1.0));
                programme.add_constraint(terms, ComparisonOp::Ge, 0.0);
            }
        }
    }
    // Standing still is allowed, so there is an answer, and gains are bounded.
    Some(programme.solve().ok()?.solution()?.objective() > 0.5)
}
