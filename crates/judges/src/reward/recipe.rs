use serde::{Deserialize, Serialize};

/// How a head is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Heads of the ensemble, at least two: one has no variance.
    pub heads: u32,
    /// Hidden units of each head beside its linear part; 0 for a linear head.
    pub hidden: u32,
    /// Times that all comparisons are seen.
    pub epochs: u32,
    /// Comparisons of one update.
    pub batch: u32,
    /// AdamW's learning rate at its highest; it falls to zero as a half cosine.
    pub learning_rate: f64,
    /// AdamW's weight decay, which is the heads' L2 penalty, decoupled from the gradient (Loshchilov and Hutter 2019).
    pub weight_decay: f64,
    /// Share of features that are hidden in training, the same for both answers of a comparison; at prediction it gives
    /// Monte Carlo dropout (Gal and Ghahramani 2016).
    pub dropout: f64,
    /// Seed of everything that is random.
    pub seed: u64,
}

/// A recipe that trains nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the recipe's {field} is {value}; expected {expected}")]
pub struct RecipeError {
    /// Which setting.
    pub field: &'static str,
    /// What it says.
    pub value: f64,
    /// What it should be.
    pub expected: &'static str,
}

impl Default for Recipe {
    /// For some thousand votes.
    fn default() -> Self {
        Self {
            heads: 8,
            hidden: 8,
            epochs: 12,
            batch: 256,
            learning_rate: 2e-3,
            weight_decay: 0.3,
            dropout: 0.2,
            seed: 1,
        }
    }
}

impl Recipe {
    /// # Errors
    /// [`RecipeError`] names the first setting that makes no sense.
    pub fn check(&self) -> Result<(), RecipeError> {
        let checks = [
            ("heads", f64::from(self.heads), (2..=64).contains(&self.heads), "2 to 64"),
            ("hidden", f64::from(self.hidden), self.hidden <= 256, "0 to 256"),
            ("epochs", f64::from(self.epochs), (1..=1_000).contains(&self.epochs), "1 to 1000"),
            ("batch", f64::from(self.batch), (1..=65_536).contains(&self.batch), "1 to 65536"),
            (
                "learning_rate",
                self.learning_rate,
                self.learning_rate > 0.0 && self.learning_rate <= 1.0,
                "above 0, up to 1",
            ),
            ("weight_decay", self.weight_decay, (0.0..=100.0).contains(&self.weight_decay), "0 to 100"),
            ("dropout", self.dropout, (0.0..0.95).contains(&self.dropout), "0 to below 0.95"),
        ];
        match checks.into_iter().find(|(_, _, holds, _)| !holds) {
            Some((field, value, _, expected)) => Err(RecipeError { field, value, expected }),
            None => Ok(()),
        }
    }
}
