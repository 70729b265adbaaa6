//! The decoder against the same mathematics written down plainly, position by position, in double precision.

use plaudit_domain::SelfCheck;

use crate::support::{
    EPSILON, FEED_FORWARD, GREEDY, HEAD, HEADS, LAYERS, ROPE_BASE, SHARED, Tensors, VOCABULARY, WIDTH, files, generate,
    gguf, load, request, tensors,
};

/// The difference that rounding to single precision may make in a logit of this model, whose logits are around ±10.
const ROUNDING: f32 = 2e-4;

pub(crate) struct Plain<'a>(pub(crate) &'a Tensors);

impl Plain<'_> {
    fn product(&self, name: &str, input: &[f64]) -> Vec<f64> {
        let (_, values) = &self.0[name];
        values.chunks(input.len()).map(|row| row.iter().zip(input).map(|(w, x)| f64::from(*w) * x).sum()).collect()
    }

    fn norm(&self, name: &str, input: &[f64]) -> Vec<f64> {
        let mean = input.iter().map(|x| x * x).sum::<f64>() / WIDTH as f64;
        let scale = 1.0 / (mean + EPSILON).sqrt();
        input.iter().zip(&self.0[name].1).map(|(x, w)| x * scale * f64::from(*w)).collect()
    }

    fn rotate(vector: &mut [f64], position: usize) {
        for head in vector.chunks_mut(HEAD) {
            for pair in 0..HEAD / 2 {
                let angle = position as f64 * ROPE_BASE.powf(-2.0 * pair as f64 / HEAD as f64);
                let (a, b) = (head[pair], head[pair + HEAD / 2]);
                head[pair] = a * angle.cos() - b * angle.sin();
                head[pair + HEAD / 2] = b * angle.cos() + a * angle.sin();
            }
        }
    }

    /// Logits after the last token.
    fn logits(&self, tokens: &[u32]) -> Vec<f64> {
        self.all_logits(tokens).pop().unwrap()
    }

    /// Logits after each token.
    pub(crate) fn all_logits(&self, tokens: &[u32]) -> Vec<Vec<f64>> {
        let mut caches: Vec<Vec<(Vec<f64>, Vec<f64>)>> = vec![Vec::new(); LAYERS];
        let mut all = Vec::new();
        for (position, token) in tokens.iter().enumerate() {
            let row = *token as usize * WIDTH;
            let embedding = &self.0["model.embed_tokens.weight"].1[row..row + WIDTH];
            let mut state: Vec<f64> = embedding.iter().map(|x| f64::from(*x)).collect();
            for (layer, cache) in caches.iter_mut().enumerate() {
                let name = |rest: &str| format!("model.layers.{layer}.{rest}.weight");
                let input = self.norm(&name("input_layernorm"), &state);
                let mut query = self.product(&name("self_attn.q_proj"), &input);
                let mut key = self.product(&name("self_attn.k_proj"), &input);
                Self::rotate(&mut query, position);
                Self::rotate(&mut key, position);
                cache.push((key, self.product(&name("self_attn.v_proj"), &input)));
                let mut mixed = vec![0.0; HEADS * HEAD];
                for head in 0..HEADS {
                    let shared = head / (HEADS / SHARED) * HEAD;
                    let query = &query[head * HEAD..(head + 1) * HEAD];
                    let dot =
                        |key: &[f64]| query.iter().zip(&key[shared..shared + HEAD]).map(|(q, k)| q * k).sum::<f64>();
                    let weights: Vec<f64> =
                        cache.iter().map(|(key, _)| (dot(key) / (HEAD as f64).sqrt()).exp()).collect();
                    let sum: f64 = weights.iter().sum();
                    for (weight, (_, value)) in weights.iter().zip(cache.iter()) {
                        for place in 0..HEAD {
                            mixed[head * HEAD + place] += weight / sum * value[shared + place];
                        }
                    }
                }
                let output = self.product(&name("self_attn.o_proj"), &mixed);
                state.iter_mut().zip(output).for_each(|(x, y)| *x += y);
                let input = self.norm(&name("post_attention_layernorm"), &state);
                let gate = self.product(&name("mlp.gate_proj"), &input);
                let up = self.product(&name("mlp.up_proj"), &input);
                let hidden: Vec<f64> = gate.iter().zip(up).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect();
                assert_eq!(hidden.len(), FEED_FORWARD);
                let output = self.product(&name("mlp.down_proj"), &hidden);
                state.iter_mut().zip(output).for_each(|(x, y)| *x += y);
            }
            let logits = self.product("model.embed_tokens.weight", &self.norm("model.norm.weight", &state));
            assert_eq!(logits.len(), VOCABULARY);
            all.push(logits);
        }
        all
    }
}

fn check(tokens: &[u32], logits: &[f64]) -> SelfCheck {
    SelfCheck {
        prompt_tokens: tokens.to_vec(),
        logits: (0..).zip(logits).map(|(token, logit)| (token, *logit as f32)).collect(),
    }
}

#[test]
fn logits_are_those_of_the_plain_mathematics() {
    let tensors = tensors(3);
    let tokens: Vec<u32> = (0..17).map(|place| place * 37 % 251).collect();
    let expected = Plain(&tensors).logits(&tokens);
    let spread = expected.iter().fold(0.0_f64, |most, logit| most.max(logit.abs()));
    assert!(spread > 3.0, "logits of {spread} at most show nothing");
    for files in [files(&tensors), gguf(&tensors)] {
        let difference = futures_lite::future::block_on(load(files).self_check(&check(&tokens, &expected))).unwrap();
        assert!(difference < ROUNDING, "{difference}");
    }
}

#[test]
fn a_step_over_the_cache_is_the_same_as_everything_anew() {
    let tensors = tensors(4);
    let model = load(files(&tensors));
    let request = request("Is the prefix computed again?", GREEDY, 0);
    let (_, tokens) = generate(&model, &request);
    assert!(tokens.len() >= 12, "{tokens:?}");
    let mut all = model.prompt_tokens(&request).unwrap();
    for token in tokens {
        let logits = Plain(&tensors).logits(&all);
        let best = (0..).zip(&logits).reduce(|best, next| if next.1 > best.1 { next } else { best }).unwrap();
        assert_eq!(best.0, token, "after {} tokens", all.len());
        all.push(token);
    }
}

#[test]
fn hugging_face_and_gguf_files_of_the_same_weights_write_the_same() {
    let tensors = tensors(5);
    let request = request("Same?", GREEDY, 0);
    assert_eq!(generate(&load(files(&tensors)), &request), generate(&load(gguf(&tensors)), &request));
}
