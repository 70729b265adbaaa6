use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use plaudit_domain::{Finish, Sampler};

use crate::{
    TextModel, TokenizerError,
    llama::Cache,
    sampling::{Choices, Draws, Outlook},
};

/// What a contestant is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The prompt.
    pub prompt: String,
    /// What it is told before it.
    pub system_prompt: Option<String>,
    /// How it samples.
    pub sampler: Sampler,
    /// The seed of its draws.
    pub seed: u64,
}

/// What stands before an answer: a turn of somebody, and what the model is told before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversation<'a> {
    /// What the model is told first; the template's own words where there is none.
    pub system: Option<&'a str>,
    /// What somebody says.
    pub prompt: &'a str,
}

/// A prompt that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// There is nothing in it.
    #[error("the prompt is empty; write something for the models to answer")]
    Empty,
    /// It does not fit.
    #[error(
        "the prompt is too long for this model: {tokens} tokens, and {context} fit together with the answer; shorten it"
    )]
    TooLong {
        /// Tokens of the prompt with its template.
        tokens: u32,
        /// Tokens that fit.
        context: u32,
    },
    /// The model's tokenizer or template refuses it.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
}

/// Why a generation broke off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError {
    /// The device failed.
    #[error("the device failed: {0}")]
    Device(String),
    /// The device computed nonsense.
    #[error("the device computed something that is not a number")]
    NotANumber,
    /// There is no token to run: a manifest's self-check is empty.
    #[error("there is nothing to run; the model's self-check is empty")]
    Nothing,
    /// Tokens from elsewhere that this model does not have.
    #[error("the model has no token {0}")]
    UnknownToken(u32),
}

/// One token of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Position, from 0.
    pub index: u32,
    /// The token.
    pub token: u32,
    /// The text that has become readable with it; empty while a character is incomplete.
    pub text: String,
    /// Natural logarithm of the probability that the model gave it, before the sampler.
    pub log_probability: f32,
    /// Entropy of the model's distribution in nats, before the sampler.
    pub entropy: f32,
}

/// An answer in the making.
pub struct Generation<'a> {
    model: &'a TextModel,
    sampler: Sampler,
    draws: Draws,
    cache: Cache,
    /// What the model has not seen yet: the prompt at first, then the newest token.
    pending: Vec<u32>,
    prompt_tokens: u32,
    tokens: Vec<u32>,
    text: String,
    finish: Option<Finish>,
}

/// What stands for a character that is not complete yet.
const INCOMPLETE: char = char::REPLACEMENT_CHARACTER;

impl<'a> Generation<'a> {
    pub(crate) fn new(model: &'a TextModel, request: &Request, prompt: Vec<u32>) -> Self {
        Self {
            model,
            sampler: request.sampler.clone(),
            draws: Draws::new(request.seed),
            cache: model.new_cache(),
            prompt_tokens: u32::try_from(prompt.len()).unwrap_or(u32::MAX),
            pending: prompt,
            tokens: Vec::new(),
            text: String::new(),
            finish: None,
        }
    }

    /// The next token; `None` when the answer is over. The first step runs the whole prompt as one batch.
    ///
    /// # Errors
    /// [`GenerateError`] when the device fails. The answer so far stays.
    pub async fn step(&mut self) -> Result<Option<Step>, GenerateError> {
        if self.finish.is_some() {
            return Ok(None);
        }
        let most = self.sampler.max_tokens.unwrap_or(u32::MAX).min(self.model.context() - self.prompt_tokens);
        let index = u32::try_from(self.tokens.len()).unwrap_or(u32::MAX);
        if index >= most {
            return Ok(self.end(Finish::Length));
        }
        let logits = self.model.logits(&self.pending, &mut self.cache, 1).await?;
        let choices = Choices::new(&logits, &self.sampler, &self.tokens);
        let number = self.draws.next_number();
        let Some(token) = choices.pick(number) else { return Err(GenerateError::NotANumber) };
        // A vocabulary that the weights pad has tokens that the tokenizer does not know.
        if self.model.tokenizer.ends(token) || token as usize >= self.model.tokenizer.size() {
            return Ok(self.end(Finish::Stop));
        }
        let outlook = Outlook::of(&logits);
        self.tokens.push(token);
        self.pending.clear();
        self.pending.push(token);
        Ok(Some(Step {
            index,
            token,
            text: self.read_on(),
            log_probability: outlook.log_probability(logits[token as usize]) as f32,
            entropy: outlook.entropy as f32,
        }))
    }

    /// [`Generation::step`] for a device whose answers are there at once: the processor.
    ///
    /// # Errors
    /// As [`Generation::step`]; also when the device would have to be waited for.
    pub fn step_blocking(&mut self) -> Result<Option<Step>, GenerateError> {
        at_once(self.step(), GenerateError::Device)
    }

    fn end(&mut self, finish: Finish) -> Option<Step> {
        // What was held back as incomplete will not be completed any more.
        self.text = self.model.tokenizer.decode(&self.tokens);
        self.finish = Some(finish);
        None
    }

    /// The text that is new and complete.
    fn read_on(&mut self) -> String {
        let all = self.model.tokenizer.decode(&self.tokens);
        let complete = all.trim_end_matches(INCOMPLETE);
        // Text that was given out is never taken back.
        let Some(new) = complete.strip_prefix(self.text.as_str()) else { return String::new() };
        let new = new.to_owned();
        self.text.push_str(&new);
        new
    }

    /// Why it ended; `None` while it has not.
    pub fn finish(&self) -> Option<Finish> {
        self.finish
    }

    /// The text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The tokens so far, without the one that says the end.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Tokens of the prompt with its template.
    pub fn prompt_tokens(&self) -> u32 {
        self.prompt_tokens
    }
}

/// The result of a future that does not wait.
pub(crate) fn at_once<T, E>(
    future: impl Future<Output = Result<T, E>>,
    device: impl FnOnce(String) -> E,
) -> Result<T, E> {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(device("its answer has to be waited for".to_owned())),
    }
}
