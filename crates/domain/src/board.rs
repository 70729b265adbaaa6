use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How a board is computed from the counts of its votes, whatever their order was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RankingMethod {
    /// Maximum likelihood, ties as half a win each.
    #[default]
    BradleyTerry,
    /// The same, every pair counted as if it had met equally often.
    Reweighted,
    /// Ties are an outcome of their own, likeliest between equals.
    Davidson,
    /// Ties happen where the difference is too small to see.
    RaoKupper,
    /// Davidson's model, with both bad as a fourth outcome.
    FourOutcomes,
    /// Normal noise in place of logistic noise.
    Thurstone,
    /// The mean of the win rates against each opponent.
    WinRate,
    /// Opponents beaten on average, by share of votes.
    Borda,
    /// Opponents beaten by a majority.
    Copeland,
    /// The order that contradicts the fewest votes.
    Kemeny,
    /// The mixture that no contestant beats.
    MaximalLottery,
    /// The same game with a price on leaving the even mixture.
    RegularisedNash,
}

/// A word that names no method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no ranking method; there are {}", RankingMethod::ALL.map(RankingMethod::as_str).join(", "))]
pub struct RankingMethodError {
    /// The word.
    pub given: String,
}

impl RankingMethod {
    /// All methods, the default first.
    pub const ALL: [Self; 12] = [
        Self::BradleyTerry,
        Self::Reweighted,
        Self::Davidson,
        Self::RaoKupper,
        Self::FourOutcomes,
        Self::Thurstone,
        Self::WinRate,
        Self::Borda,
        Self::Copeland,
        Self::Kemeny,
        Self::MaximalLottery,
        Self::RegularisedNash,
    ];

    /// The word in addresses and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BradleyTerry => "bradley-terry",
            Self::Reweighted => "reweighted",
            Self::Davidson => "davidson",
            Self::RaoKupper => "rao-kupper",
            Self::FourOutcomes => "four-outcomes",
            Self::Thurstone => "thurstone",
            Self::WinRate => "win-rate",
            Self::Borda => "borda",
            Self::Copeland => "copeland",
            Self::Kemeny => "kemeny",
            Self::MaximalLottery => "maximal-lottery",
            Self::RegularisedNash => "regularised-nash",
        }
    }

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::BradleyTerry => "Bradley-Terry",
            Self::Reweighted => "Bradley-Terry, pairs weighted alike",
            Self::Davidson => "Davidson",
            Self::RaoKupper => "Rao-Kupper",
            Self::FourOutcomes => "Four outcomes",
            Self::Thurstone => "Thurstone",
            Self::WinRate => "Average win rate",
            Self::Borda => "Borda",
            Self::Copeland => "Copeland",
            Self::Kemeny => "Kemeny",
            Self::MaximalLottery => "Maximal lottery",
            Self::RegularisedNash => "Regularised Nash",
        }
    }

    /// What it does and when to look at it, in two sentences.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::BradleyTerry => {
                "Each contestant has one strength, and the chance to win depends on the difference of two strengths. \
                 A tie of either kind counts as half a win for both."
            }
            Self::Reweighted => {
                "Bradley-Terry again, but a pair that met a thousand times counts no more than one that met fifty times. \
                 It shows how much the board owes to who was drawn against whom."
            }
            Self::Davidson => {
                "Like Bradley-Terry, but a tie is an outcome of its own, likelier the closer two contestants are. \
                 Ratings spread further, because ties no longer pull everybody together."
            }
            Self::RaoKupper => {
                "A voter calls a tie when the difference is below a threshold that the votes themselves tell. \
                 It is the other classical model of ties; where both models agree, ties do not decide the board."
            }
            Self::FourOutcomes => {
                "All four answers are modelled, “both bad” too, which is likelier where both contestants are weak. \
                 So it also says how good contestants are, not only which one is better."
            }
            Self::Thurstone => {
                "Each answer’s quality varies like a bell curve around its contestant’s strength, and the better one wins. \
                 It is the oldest model of comparison and nearly always tells the same order as Bradley-Terry."
            }
            Self::WinRate => {
                "The plain average of a contestant’s win rates against each opponent it met. \
                 It assumes nothing, but meeting only weak opponents makes a contestant look strong."
            }
            Self::Borda => {
                "A contestant scores, for every opponent, the share of votes it won against it. \
                 It rewards being liked by many voters a little over being loved by a few."
            }
            Self::Copeland => {
                "A contestant scores one point for every opponent that it beats in a majority of votes, and half a point for a draw. \
                 By how much it wins plays no part."
            }
            Self::Kemeny => {
                "The order of all contestants that contradicts the fewest votes. \
                 The page says whether it is proved to be the best one."
            }
            Self::MaximalLottery => {
                "If you had to bet on contestants without knowing the question, this mixture is beaten by none. \
                 With a contestant that beats every other one it is that one; with a cycle it is shared."
            }
            Self::RegularisedNash => {
                "The maximal lottery’s game with a small price on strong preferences, as used to align models by self-play. \
                 It shows who stays good against good opponents."
            }
        }
    }

    /// Whether its ranks can have intervals by resampling in reasonable time.
    pub fn has_resamples(self) -> bool {
        matches!(self, Self::BradleyTerry | Self::Reweighted)
    }

    /// What its scores are.
    pub fn unit(self) -> ScoreUnit {
        match self {
            Self::BradleyTerry
            | Self::Reweighted
            | Self::Davidson
            | Self::RaoKupper
            | Self::FourOutcomes
            | Self::Thurstone => ScoreUnit::Points,
            Self::WinRate | Self::MaximalLottery | Self::RegularisedNash => ScoreUnit::Share,
            Self::Borda | Self::Copeland => ScoreUnit::Opponents,
            Self::Kemeny => ScoreUnit::Place,
        }
    }
}

impl fmt::Display for RankingMethod {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for RankingMethod {
    type Err = RankingMethodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|method| method.as_str() == text);
        found.ok_or_else(|| RankingMethodError { given: text.to_owned() })
    }
}

/// The votes cast on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCounts {
    /// Days since 1 January 1970, UTC. Where an imported file has no times, the day of the import.
    pub day: i32,
    /// Pairs in the order shown, ascending.
    pub pairs: Vec<PairOutcomes>,
}

/// What was voted on two contestants in the order in which they were shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairOutcomes {
    /// Position of the left one.
    pub left: u32,
    /// Position of the right one.
    pub right: u32,
    /// Battles that the left one won, that the right one won, ties, and both bad.
    pub outcomes: [u64; 4],
}

/// What a score of a [`MethodBoard`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreUnit {
    /// 400·log10 odds, mean 1000.
    Points,
    /// From 0 to 1.
    Share,
    /// Opponents beaten, halves and shares among them.
    Opponents,
    /// The place in an order: 1 is the best.
    Place,
}

/// A ranking by one method, with contestants as positions in the counts that it was computed from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MethodBoard {
    /// How.
    pub method: RankingMethod,
    /// Votes counted.
    pub votes: u64,
    /// Best first; contestants without a battle last.
    pub rows: Vec<MethodRow>,
    /// What the method says besides the scores: a tie parameter, a proof, a value.
    pub facts: Vec<BoardFact>,
    /// The votes did not determine finite ratings, so a weak prior stands behind them.
    pub needs_prior: bool,
}

/// One contestant of a [`MethodBoard`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MethodRow {
    /// Its position in the counts.
    pub contestant: u32,
    /// Its rank under the method; `None` without a battle.
    pub rank: Option<u32>,
    /// In the method's [`ScoreUnit`]; `None` without a battle.
    pub score: Option<f64>,
    /// Lower end of the 95 % interval; `None` for methods without one.
    pub lower: Option<f64>,
    /// Upper end of the 95 % interval.
    pub upper: Option<f64>,
    /// The best rank in the middle 95 % of the bootstrap's resamples; `None` where none were drawn.
    pub best_rank: Option<u32>,
    /// The worst one.
    pub worst_rank: Option<u32>,
    /// The fewest votes found whose removal puts the next one in front; `None` where it was not asked or not found.
    pub fragility: Option<u64>,
    /// Battles it took part in.
    pub battles: u64,
}

/// A number beside the scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoardFact {
    /// What it is, for people.
    pub label: String,
    /// The number.
    pub value: f64,
    /// Lower end of its 95 % interval, where it has one.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
}

/// Contestants that beat each other in a circle, by majority of votes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CycleReport {
    /// Triples of contestants of which every two met.
    pub triples: u64,
    /// Of these, how many are circles.
    pub cyclic: u64,
    /// The circles that the votes make surest of, at most twenty: each beats the next one, and the last the first.
    pub cycles: Vec<Cycle>,
}

/// One circle.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cycle {
    /// Positions in the counts.
    pub contestants: [u32; 3],
    /// The chance that all three majorities are real.
    pub confidence: f64,
}

/// How well a method's probabilities fit votes that it had not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitScore {
    /// The method; `None` for the baseline that gives everybody the same chances.
    pub method: Option<RankingMethod>,
    /// Mean of −log of the probability given to what was voted, in nats. Less is better.
    pub log_loss: f64,
    /// Standard error of `log_loss`.
    pub log_loss_error: f64,
    /// Mean squared distance of the probabilities from what was voted. Less is better.
    pub brier: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_its_word_its_name_and_two_sentences() {
        for method in RankingMethod::ALL {
            assert_eq!(method.as_str().parse(), Ok(method));
            assert_eq!(serde_json::to_value(method).unwrap(), method.as_str());
            let sentences = method.explanation().matches(['.', ';']).count();
            assert!((2..=3).contains(&sentences), "{method}: {sentences}");
        }
        let error = "elo".parse::<RankingMethod>().unwrap_err().to_string();
        assert!(error.contains("elo") && error.contains("kemeny"), "{error}");
    }
}
