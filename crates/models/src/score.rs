//! How likely a language model finds a text that is there already.

use crate::{Conversation, GenerateError, PromptError, TextModel, TokenizerError, sampling::Outlook};

/// What the model made of one token of an answer, given the conversation and the tokens before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenScore {
    /// The token.
    pub token: u32,
    /// Natural logarithm of its probability.
    pub log_likelihood: f64,
    /// Entropy of the distribution that it came from, in nats.
    pub entropy: f64,
    /// KL(uniform ‖ p) of that distribution, in nats.
    pub self_certainty: f64,
}

/// How likely an answer is, token by token.
///
/// The token that ends an answer is not one of them: an answer that was cut off has none, and would be told from others
/// by that alone. Its probability stands apart.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerScore {
    /// At least one.
    pub tokens: Vec<TokenScore>,
    /// Natural logarithm of the probability that the answer ends where it does.
    pub end_log_likelihood: f64,
    /// Tokens of the conversation with its template.
    pub prompt_tokens: u32,
}

/// Why a text has no score.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// The conversation cannot be used.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// The answer has no token.
    #[error("the answer is empty: nothing has no likelihood")]
    EmptyAnswer,
    /// The answer does not fit behind its conversation.
    #[error("prompt and answer are too long for this model: {prompt} and {answer} tokens, and {context} fit together")]
    TooLong {
        /// Tokens of the conversation with its template.
        prompt: u32,
        /// Tokens of the answer, or of the longest candidate.
        answer: u32,
        /// Tokens that fit.
        context: u32,
    },
    /// There are no candidates, or one of them has no token.
    #[error("each candidate needs at least one token, and there has to be one")]
    EmptyCandidate,
    /// One candidate begins with another, so that a continuation could be both.
    #[error(
        "the candidates {0:?} and {1:?} begin with the same tokens to the end of one; their probabilities would overlap"
    )]
    Overlap(String, String),
    /// The tokenizer refuses the text.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The device failed.
    #[error(transparent)]
    Generate(#[from] GenerateError),
}

impl AnswerScore {
    /// Tokens of the answer.
    pub fn count(&self) -> usize {
        self.tokens.len()
    }

    /// Natural logarithm of the probability of the whole answer: the sum over its tokens.
    pub fn log_likelihood(&self) -> f64 {
        self.tokens.iter().map(|token| token.log_likelihood).sum()
    }

    /// The mean over its tokens, which does not fall with an answer's length alone.
    pub fn mean_log_likelihood(&self) -> f64 {
        self.mean(|token| token.log_likelihood)
    }

    /// exp(−mean log-likelihood): among how many equally likely tokens the model was as unsure, on average.
    pub fn perplexity(&self) -> f64 {
        (-self.mean_log_likelihood()).exp()
    }

    /// Mean entropy of the distributions along the answer, in nats.
    pub fn mean_entropy(&self) -> f64 {
        self.mean(|token| token.entropy)
    }

    /// Self-certainty: the mean along the answer of KL(uniform ‖ p), that is −1/(nV) Σᵢ Σⱼ ln(V · p(j | x, y₍<i₎)) over the
    /// n tokens of the answer and the V tokens of the vocabulary, in nats. Larger is more certain.
    ///
    /// Kang, Zhao and Song 2025, "Scalable Best-of-N Selection for Large Language Models via Self-Certainty",
    /// <https://arxiv.org/abs/2502.18581>.
    pub fn self_certainty(&self) -> f64 {
        self.mean(|token| token.self_certainty)
    }

    fn mean(&self, of: impl Fn(&TokenScore) -> f64) -> f64 {
        self.tokens.iter().map(of).sum::<f64>() / self.tokens.len() as f64
    }
}

/// How likely the model is to begin its answer with each of a few texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidates {
    /// Natural logarithm of each candidate's probability, in their order: of its token, or of all its tokens in a row.
    pub log_probabilities: Vec<f64>,
    /// Tokens that were read: the conversation's, and those of candidates with several.
    pub tokens_read: u32,
}

impl Candidates {
    /// The model's own probability of each candidate; they sum to [`Candidates::mass`].
    pub fn probabilities(&self) -> Vec<f64> {
        self.log_probabilities.iter().map(|log_probability| log_probability.exp()).collect()
    }

    /// The probability of all candidates together. A small one says that the model would rather say something else, and
    /// that [`Candidates::shares`] tell little.
    pub fn mass(&self) -> f64 {
        self.probabilities().iter().sum()
    }

    /// Each candidate's probability given that it is one of them; they sum to one.
    pub fn shares(&self) -> Vec<f64> {
        let largest = self.log_probabilities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let shares: Vec<f64> = self.log_probabilities.iter().map(|value| (value - largest).exp()).collect();
        let sum: f64 = shares.iter().sum();
        shares.into_iter().map(|share| share / sum).collect()
    }
}

impl TextModel {
    /// How likely the model finds this answer in this conversation, given the model's own template. All positions run in
    /// batches, none by itself.
    ///
    /// # Errors
    /// [`ScoreError`] when either is empty, they do not fit together, or the device fails.
    pub async fn score(&self, conversation: &Conversation<'_>, answer: &str) -> Result<AnswerScore, ScoreError> {
        let prompt = self.conversation_tokens(conversation)?;
        self.score_tokens(&prompt, &self.tokenizer.content(answer)?).await
    }

    /// [`TextModel::score`] for tokens: `prompt` is all that stands before the answer, template included.
    ///
    /// # Errors
    /// As [`TextModel::score`].
    pub async fn score_tokens(&self, prompt: &[u32], answer: &[u32]) -> Result<AnswerScore, ScoreError> {
        if answer.is_empty() {
            return Err(ScoreError::EmptyAnswer);
        }
        let Some(last_of_prompt) = prompt.len().checked_sub(1) else { return Err(PromptError::Empty.into()) };
        self.fits(prompt.len(), answer.len())?;
        let input: Vec<u32> = prompt.iter().chain(answer).copied().collect();
        let mut tokens = Vec::with_capacity(answer.len());
        let mut end_log_likelihood = f64::NEG_INFINITY;
        let mut visit = |logits: &[f32], outlook: Outlook| match answer.get(tokens.len()) {
            Some(token) => tokens.push(TokenScore {
                token: *token,
                log_likelihood: outlook.log_probability(logits[*token as usize]),
                entropy: outlook.entropy,
                self_certainty: outlook.self_certainty,
            }),
            // The row behind the last token.
            None => {
                let ends = self.tokenizer.end_tokens().iter();
                let ends = ends.filter_map(|end| logits.get(*end as usize));
                end_log_likelihood = ends.map(|logit| outlook.log_probability(*logit).exp()).sum::<f64>().ln();
            }
        };
        self.visit_outlooks(&input, &mut self.new_cache(), last_of_prompt, &mut visit).await?;
        Ok(AnswerScore { tokens, end_log_likelihood, prompt_tokens: count(prompt) })
    }

    /// How likely the model is to begin its answer with each of these texts: for questions whose answers are few, such as
    /// "True" and "False", read from the distribution where an answer begins instead of from what is written.
    ///
    /// A candidate of one token has that token's probability; one of several has the product of theirs, each given those
    /// before it, which is why its probability is that of the whole text and no single step's. The probabilities are of
    /// beginnings: what would follow is not looked at.
    ///
    /// # Errors
    /// [`ScoreError`] when the conversation or a candidate is empty, one candidate begins with another, they do not fit, or
    /// the device fails.
    pub async fn next_token_probabilities(
        &self,
        conversation: &Conversation<'_>,
        candidates: &[&str],
    ) -> Result<Candidates, ScoreError> {
        let prompt = self.conversation_tokens(conversation)?;
        let tokens =
            candidates.iter().map(|text| self.tokenizer.content(text)).collect::<Result<Vec<_>, TokenizerError>>()?;
        distinguishable(candidates, &tokens)?;
        self.fits(prompt.len(), tokens.iter().map(Vec::len).max().unwrap_or_default())?;
        let mut cache = self.new_cache();
        let mut log_probabilities = Vec::with_capacity(tokens.len());
        let mut first = |logits: &[f32], outlook: Outlook| {
            let firsts = tokens.iter().filter_map(|tokens| logits.get(*tokens.first()? as usize));
            log_probabilities.extend(firsts.map(|logit| outlook.log_probability(*logit)));
        };
        self.visit_outlooks(&prompt, &mut cache, prompt.len() - 1, &mut first).await?;
        let mut tokens_read = count(&prompt);
        for (tokens, log_probability) in tokens.iter().zip(&mut log_probabilities) {
            let [inner @ .., _] = tokens.as_slice() else { continue };
            if inner.is_empty() {
                continue;
            }
            let mut rest = tokens[1..].iter();
            let mut visit = |logits: &[f32], outlook: Outlook| {
                if let Some(token) = rest.next() {
                    *log_probability += outlook.log_probability(logits[*token as usize]);
                }
            };
            self.visit_outlooks(inner, &mut cache.clone(), 0, &mut visit).await?;
            tokens_read += count(inner);
        }
        Ok(Candidates { log_probabilities, tokens_read })
    }

    fn fits(&self, prompt: usize, answer: usize) -> Result<(), ScoreError> {
        let count = |tokens: usize| u32::try_from(tokens).unwrap_or(u32::MAX);
        if count(prompt + answer) <= self.context() {
            return Ok(());
        }
        Err(ScoreError::TooLong { prompt: count(prompt), answer: count(answer), context: self.context() })
    }
}

fn count(tokens: &[u32]) -> u32 {
    u32::try_from(tokens.len()).unwrap_or(u32::MAX)
}

/// That there are candidates, and no continuation can be two of them.
fn distinguishable(candidates: &[&str], tokens: &[Vec<u32>]) -> Result<(), ScoreError> {
    if tokens.is_empty() || tokens.iter().any(Vec::is_empty) {
        return Err(ScoreError::EmptyCandidate);
    }
    for (index, one) in tokens.iter().enumerate() {
        for (other_index, other) in tokens.iter().enumerate() {
            if index != other_index && other.starts_with(one) {
                return Err(ScoreError::Overlap(candidates[index].to_owned(), candidates[other_index].to_owned()));
            }
        }
    }
    Ok(())
}
