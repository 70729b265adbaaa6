use plaudit_domain::Outcome;

use crate::Degeneracy;

/// Why counts were refused or a rating does not exist.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RankingError {
    /// A contestant's number is not below the number of contestants.
    #[error("contestant {index} does not exist: there are {contestants}, numbered from 0")]
    UnknownContestant {
        /// The number that was given.
        index: u32,
        /// How many contestants there are.
        contestants: u32,
    },
    /// Both sides of a battle are the same contestant, which says nothing about anyone's strength.
    #[error("contestant {index} stands against itself")]
    AgainstItself {
        /// The contestant on both sides.
        index: u32,
    },
    /// More battles are to be removed than were counted.
    #[error("cannot remove {count} × {outcome} of {left} against {right}: only {counted} are counted")]
    NotCounted {
        /// Shown on the left.
        left: u32,
        /// Shown on the right.
        right: u32,
        /// The outcome.
        outcome: Outcome,
        /// How many were to be removed.
        count: u64,
        /// How many are there.
        counted: u64,
    },
    /// The number of all battles no longer fits in 64 bits.
    #[error("more than {} battles", u64::MAX)]
    TooMany,
    /// Two sets of counts are about different numbers of contestants, or one is to be made smaller.
    #[error("{given} contestants given where there are {expected}")]
    DifferentContestants {
        /// How many there are.
        expected: u32,
        /// How many were given.
        given: u32,
    },
    /// As many values as voters are needed, and others were given.
    #[error("{given} values given for {expected} voters")]
    DifferentVoters {
        /// How many voters there are.
        expected: usize,
        /// How many values were given.
        given: usize,
    },
    /// The solver of a linear programme gave up.
    #[error("the linear programme was not solved: {reason}")]
    LinearProgramme {
        /// What the solver said.
        reason: String,
    },
    /// A fit would need matrices beyond any memory; see [`MAX_RATED`](crate::MAX_RATED).
    #[error("{rated} contestants have battles: a fit takes at most {limit}")]
    TooManyContestants {
        /// How many have battles.
        rated: usize,
        /// How many may.
        limit: usize,
    },
    /// An option is not finite or out of its range.
    #[error("{name} is {value}: expected {expected}")]
    Option {
        /// The option's name.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What would have been right.
        expected: &'static str,
    },
    /// Without a penalty the likelihood has no finite maximum: some ratings would be infinite or arbitrary.
    #[error("no finite maximum of the likelihood: {0}")]
    NoFiniteMaximum(Degeneracy),
    /// Another number of features than of their names.
    #[error("{given} features given where there are {expected}")]
    FeatureCount {
        /// How many names there are.
        expected: usize,
        /// How many values were given.
        given: usize,
    },
    /// A feature of a generation that cannot be compared.
    #[error("feature {name} is {value}: expected {expected}")]
    Feature {
        /// The feature's name.
        name: String,
        /// What was given.
        value: f64,
        /// What would have been right.
        expected: &'static str,
    },
    /// Strengths and other covariates can explain all that this covariate does: its effect could be anything.
    #[error("the effect of {name} cannot be told from strengths and other effects")]
    Confounded {
        /// The covariate's name; `position` for standing on the left.
        name: String,
    },
    /// Together with strengths and others this covariate predicts every outcome: its effect would be infinite.
    #[error("the effect of {name} would be infinite: with the strengths it decides the battles")]
    InfiniteEffect {
        /// The covariate's name; `position` for standing on the left.
        name: String,
    },
    /// No committee of this size fits the bounds on its groups.
    #[error("no committee of {size} fits the bounds on its groups")]
    NoCommittee {
        /// How many members were asked for.
        size: u32,
    },
    /// An online rating ran out of the range of 64-bit floats, as extreme options can make it.
    #[error("a rating ran out of the range of numbers")]
    OutOfRange,
    /// The arithmetic gave out before the gradient vanished. Only absurdly uneven counts can lead here.
    #[error("the fit stopped after {iterations} iterations with a gradient of {gradient_norm}")]
    NotConverged {
        /// Newton steps made.
        iterations: u32,
        /// Largest absolute entry of the gradient, in battles.
        gradient_norm: f64,
    },
}

/// Refuses an option that is not finite or out of its range.
pub(crate) fn check_option(
    name: &'static str,
    value: f64,
    valid: bool,
    expected: &'static str,
) -> Result<(), RankingError> {
    if value.is_finite() && valid { Ok(()) } else { Err(RankingError::Option { name, value, expected }) }
}
