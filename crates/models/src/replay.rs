use plaudit_domain::Sampler;

use crate::{
    GenerateError, Request, TextModel,
    generate::{PromptError, at_once},
    sampling::{Choices, Draws},
};

/// How far a draw may lie outside of a token's share of the distribution and still count as rounding: devices add up
/// in different orders, so boundaries differ. Measured: 2e-4 at most between WebAssembly and native, nothing between WebGPU
/// (SwiftShader) and native; see `docs/BENCHMARKS.md`. What it has to tell apart stands in `tests/it/replay.rs`.
pub const TOLERANCE: f32 = 0.01;

/// What running over somebody else's tokens found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Replay {
    /// Tokens looked at, the end included where the answer claims one.
    pub steps: u32,
    /// Steps at which this device would have drawn the very same token.
    pub agreed: u32,
    /// The largest distance between a draw and the share of the token that was claimed for it; 1 where the token has none.
    pub worst_gap: f32,
}

impl Replay {
    /// Whether the answer can come from these weights, settings and seed.
    pub fn is_plausible(&self) -> bool {
        self.worst_gap <= TOLERANCE
    }
}

impl TextModel {
    /// Re-executes a claimed answer: all its tokens in one batch, and at each place the draw that the seed gives.
    /// `ended` says that the answer claims to have come to its end by itself.
    ///
    /// # Errors
    /// [`GenerateError`] when the device fails or the tokens are not of this model's vocabulary.
    pub async fn replay(&self, request: &Request, tokens: &[u32], ended: bool) -> Result<Replay, ReplayError> {
        let prompt = self.prompt_tokens(request)?;
        let steps = tokens.len() + usize::from(ended);
        let mut replay = Replay { steps: 0, agreed: 0, worst_gap: 0.0 };
        if steps == 0 {
            return Ok(replay);
        }
        let room = self.context() as usize - prompt.len();
        if tokens.len() > request.sampler.max_tokens.map_or(room, |most| room.min(most as usize)) {
            return Ok(Replay { worst_gap: 1.0, ..replay });
        }
        let input: Vec<u32> = prompt.iter().chain(&tokens[..steps - 1]).copied().collect();
        let mut cache = self.new_cache();
        let logits = self.logits(&input, &mut cache, steps).await?;
        let mut draws = Draws::new(request.seed);
        let looser = loosened(&request.sampler);
        for (index, logits) in logits.chunks_exact(self.vocabulary()).enumerate() {
            let number = draws.next_number();
            let before = &tokens[..index];
            let claimed = tokens.get(index).copied();
            let is_claimed = |token: u32| match claimed {
                Some(claimed) => token == claimed,
                None => self.tokenizer.ends(token),
            };
            let choices = Choices::new(logits, &request.sampler, before);
            replay.steps += 1;
            let picked = choices.pick(number);
            if picked.is_some_and(is_claimed) {
                replay.agreed += 1;
                continue;
            }
            let gap = match (claimed.or_else(|| self.likeliest_end(logits)), picked) {
                (Some(claimed), Some(picked)) => gap(logits, &choices, &looser, before, claimed, picked, number),
                _ => 1.0,
            };
            replay.worst_gap = replay.worst_gap.max(gap as f32);
        }
        Ok(replay)
    }

    /// [`TextModel::replay`] for the processor.
    ///
    /// # Errors
    /// As [`TextModel::replay`].
    pub fn replay_blocking(&self, request: &Request, tokens: &[u32], ended: bool) -> Result<Replay, ReplayError> {
        at_once(self.replay(request, tokens, ended), |wait| GenerateError::Device(wait).into())
    }

    fn likeliest_end(&self, logits: &[f32]) -> Option<u32> {
        let ends = (0..).zip(logits).filter(|(token, _)| self.tokenizer.ends(*token));
        ends.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(token, _)| token)
    }
}

/// Why an answer could not be re-executed; that is not the same as refuted.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The prompt does not fit this model.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// The device failed, or the tokens are unknown.
    #[error(transparent)]
    Generate(#[from] GenerateError),
}

/// How far the draw is from the claimed token's share.
fn gap(
    logits: &[f32],
    choices: &Choices,
    looser: &Sampler,
    before: &[u32],
    claimed: u32,
    picked: u32,
    number: f64,
) -> f64 {
    if looser.temperature.unwrap_or(0.0) <= 0.0 {
        // Greedy draws nothing: the difference of the two penalised scores, as a difference of probabilities.
        let warm = Sampler { temperature: Some(1.0), top_k: None, top_p: None, min_p: None, ..looser.clone() };
        let plain = Choices::new(logits, &warm, before);
        return match (plain.share(claimed), plain.share(picked)) {
            (Some(claimed), Some(picked)) => picked - claimed,
            _ => 1.0,
        };
    }
    // A token just beyond the border of top-k, top-p or min-p here may have been just within it there.
    choices
        .distance(claimed, number)
        .or_else(|| Choices::new(logits, looser, before).distance(claimed, number))
        .unwrap_or(1.0)
}

/// The same sampler with slightly wider borders.
fn loosened(sampler: &Sampler) -> Sampler {
    Sampler {
        top_k: sampler.top_k.map(|count| count.saturating_add(2)),
        top_p: sampler.top_p.map(|share| (share + 0.01).min(1.0)),
        min_p: sampler.min_p.map(|share| share * 0.95),
        ..sampler.clone()
    }
}
