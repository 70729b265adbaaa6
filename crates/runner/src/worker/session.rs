//! One generation: a step, a message, a look at what the page says, and again.

use plaudit_models::{GenerateError, Request};

use super::browser::{Pause, now_ms};
use super::load::{Model, memory_bytes};
use super::post;
use crate::failure::Failure;
use crate::pace::{Pace, Turn};
use crate::protocol::{Done, Event, Step};
use crate::stopwatch::Stopwatch;

/// A generation and what it runs on.
pub(crate) struct Session<'a> {
    pub(crate) id: u32,
    pub(crate) model: &'a Model,
    pub(crate) pace: &'a Pace,
    pub(crate) pause: &'a Pause,
}

impl Session<'_> {
    /// Runs it to its end, or to the page's.
    pub(crate) async fn run(&self, wish: &Request) -> Result<Done, Failure> {
        let mut watch = Stopwatch::start(now_ms());
        let mut generation = self.model.text.start(wish).map_err(|error| Failure::Prompt(Box::new(error)))?;
        while self.turn(&mut watch).await == Turn::Step {
            let Some(step) = generation.step().await.map_err(failed)? else { break };
            watch.step(now_ms());
            self.pace.count();
            post::event(&Event::Step(Step {
                id: self.id,
                index: step.index,
                token: step.token,
                text: step.text,
                log_probability: step.log_probability,
                entropy: step.entropy,
            }));
            // An order to stop that lies there is heard now, before the next step.
            self.pause.pause().await;
        }
        Ok(Done {
            id: self.id,
            text: generation.text().to_owned(),
            tokens: generation.tokens().to_vec(),
            finish: generation.finish(),
            weights_sha256: self.model.weights_sha256.clone(),
            backend: self.model.backend,
            prompt_tokens: generation.prompt_tokens(),
            first_token_ms: watch.first_token_ms(),
            tokens_per_second: watch.tokens_per_second(),
            memory_bytes: memory_bytes(),
        })
    }

    async fn turn(&self, watch: &mut Stopwatch) -> Turn {
        if !self.pace.must_wait() {
            return self.pace.turn().await;
        }
        let start = now_ms();
        let turn = self.pace.turn().await;
        watch.waited(now_ms() - start);
        turn
    }
}

fn failed(error: GenerateError) -> Failure {
    Failure::Device(Box::new(error))
}
