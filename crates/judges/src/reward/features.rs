use plaudit_models::EMBEDDING_WIDTH;

/// Numbers that describe an answer to a prompt: the element-wise product of their vectors, the absolute difference, the
/// answer's vector, and ln(1 + characters) and ln(1 + words) of the answer. Product and difference are those of InferSent
/// (Conneau et al. 2017, <https://arxiv.org/abs/1705.02364>).
pub const FEATURES: usize = 3 * EMBEDDING_WIDTH + 2;

/// What is kept of a text: enough for features, so that texts are embedded once.
#[derive(Debug, Clone, PartialEq)]
pub struct TextFeatures {
    /// all-MiniLM-L6-v2's vector, of length one.
    pub vector: [f32; EMBEDDING_WIDTH],
    /// Unicode scalar values.
    pub characters: u32,
    /// Words between white space.
    pub words: u32,
}

impl TextFeatures {
    /// Of a text and its vector.
    pub fn new(vector: [f32; EMBEDDING_WIDTH], text: &str) -> Self {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self { vector, characters: count(text.chars().count()), words: count(text.split_whitespace().count()) }
    }
}

/// The [`FEATURES`] of an answer to a prompt, as they are: a head standardises them.
#[derive(Debug, Clone, PartialEq)]
pub struct Features(Vec<f32>);

impl Features {
    /// Of this answer to this prompt.
    pub fn of(prompt: &TextFeatures, answer: &TextFeatures) -> Self {
        let mut values = vec![0.0; FEATURES];
        write(prompt, answer, &mut values);
        Self(values)
    }

    /// All of them, [`FEATURES`] long.
    pub fn values(&self) -> &[f32] {
        &self.0
    }
}

/// Writes the features into a row of that length.
pub(super) fn write(prompt: &TextFeatures, answer: &TextFeatures, row: &mut [f32]) {
    let (product, rest) = row.split_at_mut(EMBEDDING_WIDTH);
    let (difference, rest) = rest.split_at_mut(EMBEDDING_WIDTH);
    let (own, lengths) = rest.split_at_mut(EMBEDDING_WIDTH);
    for (place, (asked, answered)) in prompt.vector.iter().zip(&answer.vector).enumerate() {
        product[place] = asked * answered;
        difference[place] = (asked - answered).abs();
        own[place] = *answered;
    }
    lengths.copy_from_slice(&[answer.characters, answer.words].map(|count| (count as f32).ln_1p()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_in_their_order() {
        let mut vector = [0.0; EMBEDDING_WIDTH];
        vector[1] = 0.5;
        let prompt = TextFeatures::new(vector, "");
        vector[1] = -0.25;
        let features = Features::of(&prompt, &TextFeatures::new(vector, "zwei Wörter"));
        let values = features.values();
        assert_eq!(values.len(), FEATURES);
        assert_eq!(values[1], -0.125);
        assert_eq!(values[EMBEDDING_WIDTH + 1], 0.75);
        assert_eq!(values[2 * EMBEDDING_WIDTH + 1], -0.25);
        assert_eq!(values[3 * EMBEDDING_WIDTH..], [12.0_f32.ln(), 3.0_f32.ln()]);
    }
}
