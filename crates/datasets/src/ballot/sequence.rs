use plaudit_domain::Outcome;

/// The votes of one arena in their order, 8 bytes each: for methods that depend on it, such as online Elo.
///
/// ```
/// # use plaudit_datasets::BallotSequence;
/// # use plaudit_domain::Outcome;
/// let mut sequence = BallotSequence::default();
/// sequence.push(3, 1, Outcome::Tie);
/// assert_eq!(sequence.iter().collect::<Vec<_>>(), [(3, 1, Outcome::Tie)]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct BallotSequence {
    /// The left one in the low half; the right one above it; the outcome in the highest two bits.
    packed: Vec<u64>,
}

const RIGHT: u32 = 32;
const OUTCOME: u32 = 62;
/// There would have to be 2^30 contestants for a number to reach into the outcome's bits: more than can be told apart
/// in memory.
const RIGHT_MASK: u64 = (1 << (OUTCOME - RIGHT)) - 1;

impl BallotSequence {
    /// Adds a vote at the end.
    pub fn push(&mut self, left: u32, right: u32, outcome: Outcome) {
        let right = u64::from(right) & RIGHT_MASK;
        self.packed.push(u64::from(left) | right << RIGHT | (outcome as u64) << OUTCOME);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.packed.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// `(left, right, outcome)`, first vote first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u32, u32, Outcome)> + '_ {
        self.packed.iter().map(|vote| {
            let outcome = Outcome::ALL[(vote >> OUTCOME) as usize];
            (*vote as u32, (vote >> RIGHT & RIGHT_MASK) as u32, outcome)
        })
    }
}
