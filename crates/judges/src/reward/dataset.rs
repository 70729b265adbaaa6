use super::{TextFeatures, features};

/// Two answers to one prompt and how strongly the left one was preferred. Numbers point into a [`Dataset`]'s texts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The prompt's text.
    pub prompt: u32,
    /// The left answer's text.
    pub left: u32,
    /// The right answer's text.
    pub right: u32,
    /// Preference strength: the probability that the left one is preferred. 1 and 0 for one clear vote, ½ for a tie of
    /// either kind, the mean where several voted on the same two answers.
    pub label: f64,
    /// Comparisons of one group have the same prompt, or prompts too similar to be tested on.
    pub prompt_group: u32,
    /// Who made the left answer.
    pub left_contestant: u32,
    /// Who made the right answer.
    pub right_contestant: u32,
}

/// Texts, each once, and comparisons of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    pub(super) texts: Vec<TextFeatures>,
    pub(super) comparisons: Vec<Comparison>,
}

/// Comparisons that cannot be learned from.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DatasetError {
    /// There are none.
    #[error("there is no comparison to learn from; import or cast votes first")]
    Empty,
    /// A number points at nothing.
    #[error("comparison {comparison} names text {text}, and there are {texts}")]
    NoText {
        /// Which comparison, from 0.
        comparison: usize,
        /// The number.
        text: u32,
        /// Texts that are there.
        texts: usize,
    },
    /// A label is no probability.
    #[error("comparison {comparison} has the label {label}; a preference strength is from 0 to 1")]
    Label {
        /// Which comparison, from 0.
        comparison: usize,
        /// What it says.
        label: f64,
    },
    /// A vector has something that is not a number.
    #[error("the vector of text {0} has something that is not a finite number; embed it anew")]
    Vector(usize),
}

impl Dataset {
    /// Checks all comparisons and texts.
    ///
    /// # Errors
    /// [`DatasetError`] names the first that cannot be used.
    pub fn new(texts: Vec<TextFeatures>, comparisons: Vec<Comparison>) -> Result<Self, DatasetError> {
        if comparisons.is_empty() {
            return Err(DatasetError::Empty);
        }
        if let Some(text) = texts.iter().position(|text| text.vector.iter().any(|value| !value.is_finite())) {
            return Err(DatasetError::Vector(text));
        }
        for (comparison, Comparison { prompt, left, right, label, .. }) in comparisons.iter().enumerate() {
            if let Some(text) = [prompt, left, right].into_iter().find(|text| **text as usize >= texts.len()) {
                return Err(DatasetError::NoText { comparison, text: *text, texts: texts.len() });
            }
            if !(0.0..=1.0).contains(label) {
                return Err(DatasetError::Label { comparison, label: *label });
            }
        }
        Ok(Self { texts, comparisons })
    }

    /// All comparisons, in the order given.
    pub fn comparisons(&self) -> &[Comparison] {
        &self.comparisons
    }

    /// Writes the features of both answers of a comparison.
    #[cfg_attr(not(feature = "train"), allow(dead_code, reason = "training alone reads features by the row"))]
    pub(super) fn write_features(&self, comparison: usize, left: &mut [f32], right: &mut [f32]) {
        let comparison = &self.comparisons[comparison];
        let text = |number: u32| &self.texts[number as usize];
        features::write(text(comparison.prompt), text(comparison.left), left);
        features::write(text(comparison.prompt), text(comparison.right), right);
    }
}

#[cfg(test)]
mod tests {
    use plaudit_models::EMBEDDING_WIDTH;

    use super::*;

    const COMPARISON: Comparison = Comparison {
        prompt: 0,
        left: 1,
        right: 1,
        label: 0.5,
        prompt_group: 0,
        left_contestant: 0,
        right_contestant: 1,
    };

    #[test]
    fn what_cannot_be_learned_from_is_refused_by_name() {
        let text = TextFeatures::new([0.05; EMBEDDING_WIDTH], "word");
        let texts = || vec![text.clone(), text.clone()];
        assert!(Dataset::new(texts(), vec![COMPARISON]).is_ok());
        assert_eq!(Dataset::new(texts(), vec![]), Err(DatasetError::Empty));
        let far = Comparison { right: 2, ..COMPARISON };
        assert_eq!(
            Dataset::new(texts(), vec![COMPARISON, far]),
            Err(DatasetError::NoText { comparison: 1, text: 2, texts: 2 })
        );
        for label in [-0.1, 1.1, f64::NAN] {
            let wrong = Dataset::new(texts(), vec![Comparison { label, ..COMPARISON }]);
            assert!(matches!(wrong, Err(DatasetError::Label { comparison: 0, .. })), "{label}");
        }
        let broken = TextFeatures { vector: [f32::NAN; EMBEDDING_WIDTH], ..text.clone() };
        assert_eq!(Dataset::new(vec![text, broken], vec![COMPARISON]), Err(DatasetError::Vector(1)));
    }
}
