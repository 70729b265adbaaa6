//! A small Llama with random weights, as files, and the same computed plainly.

use std::collections::BTreeMap;

use plaudit_domain::Sampler;
use plaudit_models::{ModelFiles, Request, TextModel, device};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use safetensors::{Dtype, tensor::TensorView};
use serde_json::json;

pub(crate) const WIDTH: usize = 64;
pub(crate) const FEED_FORWARD: usize = 96;
pub(crate) const LAYERS: usize = 2;
pub(crate) const HEADS: usize = 4;
pub(crate) const SHARED: usize = 2;
pub(crate) const HEAD: usize = 16;
pub(crate) const VOCABULARY: usize = 288;
pub(crate) const CONTEXT: usize = 96;
pub(crate) const ROPE_BASE: f64 = 10_000.0;
pub(crate) const EPSILON: f64 = 1e-5;
pub(crate) const END: u32 = 258;

/// `<|user|>prompt<|assistant|>`, and a system message before it.
pub(crate) const TEMPLATE: &str = "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] }}\
    {% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

pub(crate) const GREEDY: Sampler = Sampler {
    temperature: Some(0.0),
    top_k: None,
    top_p: None,
    min_p: None,
    repetition_penalty: None,
    max_tokens: Some(24),
};

/// Tensors by Hugging Face's names: shape and values.
pub(crate) type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

pub(crate) fn tensors(seed: u64) -> Tensors {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut tensors = Tensors::new();
    let mut add = |name: String, shape: &[usize], around: f32, spread: f32| {
        let count = shape.iter().product();
        let values = (0..count).map(|_| around + spread * (random.next_u32() as f32 / u32::MAX as f32 - 0.5)).collect();
        tensors.insert(name, (shape.to_vec(), values));
    };
    add("model.embed_tokens.weight".to_owned(), &[VOCABULARY, WIDTH], 0.0, 1.0);
    add("model.norm.weight".to_owned(), &[WIDTH], 1.0, 0.4);
    for layer in 0..LAYERS {
        let name = |rest: &str| format!("model.layers.{layer}.{rest}.weight");
        add(name("input_layernorm"), &[WIDTH], 1.0, 0.4);
        add(name("post_attention_layernorm"), &[WIDTH], 1.0, 0.4);
        add(name("self_attn.q_proj"), &[HEADS * HEAD, WIDTH], 0.0, 0.8);
        add(name("self_attn.k_proj"), &[SHARED * HEAD, WIDTH], 0.0, 0.8);
        add(name("self_attn.v_proj"), &[SHARED * HEAD, WIDTH], 0.0, 0.8);
        add(name("self_attn.o_proj"), &[WIDTH, HEADS * HEAD], 0.0, 0.4);
        add(name("mlp.gate_proj"), &[FEED_FORWARD, WIDTH], 0.0, 0.6);
        add(name("mlp.up_proj"), &[FEED_FORWARD, WIDTH], 0.0, 0.6);
        add(name("mlp.down_proj"), &[WIDTH, FEED_FORWARD], 0.0, 0.4);
    }
    // Special and padding tokens are hardly ever drawn, so that answers do not end at once.
    if let Some((_, embedding)) = tensors.get_mut("model.embed_tokens.weight") {
        embedding[256 * WIDTH..].iter_mut().for_each(|value| *value *= 0.02);
    }
    tensors
}

pub(crate) fn config() -> serde_json::Value {
    json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": VOCABULARY, "hidden_size": WIDTH,
        "intermediate_size": FEED_FORWARD, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "num_key_value_heads": SHARED, "head_dim": HEAD, "rms_norm_eps": EPSILON, "rope_theta": ROPE_BASE,
        "max_position_embeddings": CONTEXT, "tie_word_embeddings": true,
    })
}

/// The 256 characters in which byte-level BPE writes bytes.
fn byte_characters() -> Vec<char> {
    let printable = |byte: u32| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    let mut next = 256;
    (0..256)
        .map(|byte| {
            if printable(byte) {
                char::from_u32(byte).unwrap()
            } else {
                next += 1;
                char::from_u32(next - 1).unwrap()
            }
        })
        .collect()
}

/// A token per byte, no merges, four special tokens.
pub(crate) fn vocabulary() -> Vec<String> {
    let specials = ["<|user|>", "<|assistant|>", "<|end|>", "<|system|>"].map(str::to_owned);
    byte_characters().into_iter().map(String::from).chain(specials).collect()
}

pub(crate) fn files(tensors: &Tensors) -> ModelFiles {
    let bytes: BTreeMap<&String, Vec<u8>> = tensors
        .iter()
        .map(|(name, (_, values))| (name, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        .collect();
    let views = tensors
        .iter()
        .map(|(name, (shape, _))| (name.clone(), TensorView::new(Dtype::F32, shape.clone(), &bytes[name]).unwrap()));
    let weights = safetensors::serialize(views, None).unwrap();
    let tokens = vocabulary();
    let ids: serde_json::Map<_, _> =
        tokens.iter().take(256).zip(0..).map(|(token, id)| (token.clone(), json!(id))).collect();
    let added: Vec<_> = tokens
        .iter()
        .zip(0..)
        .skip(256)
        .map(|(token, id)| {
            json!({ "id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true })
        })
        .collect();
    let byte_level = json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true });
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added, "normalizer": null,
        "pre_tokenizer": byte_level, "post_processor": null, "decoder": byte_level,
        "model": { "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "vocab": ids, "merges": [] },
    });
    let tokenizer_config = json!({ "chat_template": TEMPLATE, "eos_token": { "content": "<|end|>" } });
    ModelFiles {
        weights,
        config: Some(config().to_string().into_bytes()),
        tokenizer: Some(tokenizer.to_string().into_bytes()),
        tokenizer_config: Some(tokenizer_config.to_string().into_bytes()),
    }
}

/// The same weights as llama.cpp's converter would write them: other names, and the rows of queries and keys permuted so
/// that neighbours are rotated together.
pub(crate) fn gguf(tensors: &Tensors) -> ModelFiles {
    let mut settings = Vec::new();
    let mut count = 0_u64;
    let text = |bytes: &mut Vec<u8>, text: &str| {
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(text.as_bytes());
    };
    let mut setting = |name: &str, kind: u32, value: &[u8]| {
        text(&mut settings, name);
        settings.extend(kind.to_le_bytes());
        settings.extend(value);
        count += 1;
    };
    let as_text = |value: &str| {
        let mut bytes = Vec::new();
        text(&mut bytes, value);
        bytes
    };
    let integer = |value: usize| u32::try_from(value).unwrap().to_le_bytes();
    setting("general.architecture", 8, &as_text("llama"));
    setting("llama.embedding_length", 4, &integer(WIDTH));
    setting("llama.feed_forward_length", 4, &integer(FEED_FORWARD));
    setting("llama.block_count", 4, &integer(LAYERS));
    setting("llama.attention.head_count", 4, &integer(HEADS));
    setting("llama.attention.head_count_kv", 4, &integer(SHARED));
    setting("llama.attention.layer_norm_rms_epsilon", 6, &(EPSILON as f32).to_le_bytes());
    setting("llama.rope.freq_base", 6, &(ROPE_BASE as f32).to_le_bytes());
    setting("llama.context_length", 4, &integer(CONTEXT));
    setting("tokenizer.ggml.model", 8, &as_text("gpt2"));
    setting("tokenizer.ggml.pre", 8, &as_text("gpt-2"));
    setting("tokenizer.ggml.eos_token_id", 4, &END.to_le_bytes());
    setting("tokenizer.chat_template", 8, &as_text(TEMPLATE));
    // The vocabulary is padded to the embedding's rows, as converters do.
    let mut tokens = vocabulary();
    let known = tokens.len();
    tokens.extend((known..VOCABULARY).map(|id| format!("[PAD{id}]")));
    let mut array = 8_u32.to_le_bytes().to_vec();
    array.extend((tokens.len() as u64).to_le_bytes());
    tokens.iter().for_each(|token| text(&mut array, token));
    setting("tokenizer.ggml.tokens", 9, &array);
    let mut kinds = 5_u32.to_le_bytes().to_vec();
    kinds.extend((tokens.len() as u64).to_le_bytes());
    for id in 0..tokens.len() {
        let kind: i32 = if (256..known).contains(&id) { 3 } else { 1 };
        kinds.extend(kind.to_le_bytes());
    }
    setting("tokenizer.ggml.token_type", 9, &kinds);
    let mut merges = 8_u32.to_le_bytes().to_vec();
    merges.extend(0_u64.to_le_bytes());
    setting("tokenizer.ggml.merges", 9, &merges);

    let (mut places, mut data) = (Vec::new(), Vec::new());
    for (name, (shape, values)) in tensors {
        text(&mut places, &gguf_name(name));
        places.extend((shape.len() as u32).to_le_bytes());
        shape.iter().rev().for_each(|size| places.extend((*size as u64).to_le_bytes()));
        places.extend(0_u32.to_le_bytes());
        places.extend((data.len() as u64).to_le_bytes());
        let rotated = name.contains("q_proj") || name.contains("k_proj");
        let values = if rotated { neighbours(values, shape[0]) } else { values.clone() };
        values.iter().for_each(|value| data.extend(value.to_le_bytes()));
        data.resize(data.len().next_multiple_of(32), 0);
    }
    let mut file = b"GGUF".to_vec();
    file.extend(3_u32.to_le_bytes());
    file.extend((tensors.len() as u64).to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend(settings);
    file.extend(places);
    file.resize(file.len().next_multiple_of(32), 0);
    file.extend(data);
    ModelFiles { weights: file, ..ModelFiles::default() }
}

fn neighbours(values: &[f32], rows: usize) -> Vec<f32> {
    let row = |row: usize| &values[row * WIDTH..(row + 1) * WIDTH];
    (0..rows)
        .flat_map(|target| {
            let (head, place) = (target / HEAD, target % HEAD);
            row(head * HEAD + place / 2 + if place % 2 == 0 { 0 } else { HEAD / 2 }).to_vec()
        })
        .collect()
}

fn gguf_name(name: &str) -> String {
    name.replace("model.layers.", "blk.")
        .replace("model.embed_tokens", "token_embd")
        .replace("model.norm", "output_norm")
        .replace("input_layernorm", "attn_norm")
        .replace("post_attention_layernorm", "ffn_norm")
        .replace("self_attn.o_proj", "attn_output")
        .replace("self_attn.", "attn_")
        .replace("mlp.", "ffn_")
        .replace("_proj", "")
}

pub(crate) fn load(files: ModelFiles) -> TextModel {
    TextModel::load(files, &device::cpu()).unwrap()
}

pub(crate) fn request(prompt: &str, sampler: Sampler, seed: u64) -> Request {
    Request { prompt: prompt.to_owned(), system_prompt: None, sampler, seed }
}

/// Runs a generation to its end: text and tokens.
pub(crate) fn generate(model: &TextModel, request: &Request) -> (String, Vec<u32>) {
    let mut generation = model.start(request).unwrap();
    let mut text = String::new();
    while let Some(step) = generation.step_blocking().unwrap() {
        text.push_str(&step.text);
    }
    assert!(generation.text().starts_with(&text), "steps say {text:?}, the whole is {:?}", generation.text());
    (generation.text().to_owned(), generation.tokens().to_vec())
}
