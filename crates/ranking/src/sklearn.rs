use std::f64::consts::LN_10;

use crate::{RankingError, error::check_option};

/// The penalty that reproduces scikit-learn's `LogisticRegression(fit_intercept=False, C=c)` as arenas call it.
///
/// Those boards (FastChat's early notebooks, GenAI-Arena) build one design row per vote with +ln 10 for `model_a` and
/// −ln 10 for `model_b`, and show rating = 1000 + 400·w. scikit-learn minimises
///
/// > ½‖w‖² + C · Σ over rows of log(1 + exp(−y·xᵀw)).
///
/// xᵀw = ln 10 · (wₐ − w_b), so the natural log-odds are θ = ln 10 · w. With `rows_per_battle` = r rows for each battle
/// the sum is r times the negative log-likelihood of the battles. Put in w = θ / ln 10 and divide by C·r:
///
/// > −loglik(θ) + ½ · 1/(r·C·ln²10) · ‖θ‖², hence λ = 1 / (r·C·ln²10).
///
/// GenAI-Arena writes each battle as **two** rows, so that a tie can be a win each way: r = 2, C = 1, λ ≈ 0.0943.
/// With a design of ±1 in place of ±ln 10 the penalty is ln²10 ≈ 5.30 times as strong.
///
/// # Errors
/// `c` or `rows_per_battle` not positive and finite.
///
/// ```
/// let penalty = plaudit_ranking::penalty_from_sklearn_c(1.0, 2.0)?;
/// assert!((penalty - 0.0943).abs() < 1e-4);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn penalty_from_sklearn_c(c: f64, rows_per_battle: f64) -> Result<f64, RankingError> {
    check_option("c", c, c > 0.0, "a positive number")?;
    check_option("rows_per_battle", rows_per_battle, rows_per_battle > 0.0, "a positive number")?;
    Ok(1.0 / (rows_per_battle * c * LN_10 * LN_10))
}
