//! A run on a toy corpus: it learns, it goes on where it stopped, and what it exports computes the same.

#![allow(clippy::expect_used, reason = "a test may fail loudly, in its helpers too")]
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use plaudit_trainer::{
    Checkpoint, Corpus, Document, Model, ModelConfig, Paths, Progress, Recipe, SPECIAL, Vocabulary, Weights, load,
    self_check, train,
};

fn toy_corpus() -> Corpus {
    let (animals, places) = (["cat", "dog", "fox", "owl", "hen", "cow"], ["garden", "forest", "kitchen", "meadow"]);
    let documents = animals.iter().flat_map(|animal| {
        places.map(|place| Document {
            prompt: format!("Where is the {animal}?"),
            answer: format!("The {animal} sleeps in the {place} and dreams of the {place}."),
        })
    });
    Corpus::split(documents.collect(), "toy".to_owned()).expect("a corpus")
}

fn toy_recipe() -> Recipe {
    Recipe { steps: 24, rows: 6, learning_rate: 1e-2, warm_up: 4, vocabulary: 320, look_every: 4, ..Recipe::tiny() }
}

fn toy_shape(vocabulary: usize) -> ModelConfig {
    ModelConfig {
        width: 32,
        feed_forward: 64,
        layers: 2,
        heads: 2,
        key_value_heads: 1,
        head_width: 16,
        context: 48,
        ..ModelConfig::tiny(vocabulary)
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("plaudit-trainer-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn paths(&self) -> Paths {
        Paths { out: self.0.join("out"), checkpoint: self.0.join("checkpoint") }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).expect("clean up");
    }
}

fn toy_run(paths: &Paths, limit: Option<Duration>) -> Progress {
    train(&toy_recipe(), toy_shape, &toy_corpus(), paths, limit).expect("a run")
}

/// Stops after one step, as often as it takes.
fn toy_run_in_pieces(paths: &Paths) -> Progress {
    loop {
        let progress = toy_run(paths, Some(Duration::from_millis(40)));
        if progress.step == toy_recipe().steps {
            return progress;
        }
    }
}

fn checkpoint(folder: &Path) -> Checkpoint {
    Checkpoint::read(folder).expect("a readable checkpoint").expect("a checkpoint")
}

#[test]
fn a_run_learns_and_goes_on_after_stops_as_if_there_had_been_none() {
    let (whole, pieces) = (Folder::new("whole"), Folder::new("pieces"));
    let run = toy_run(&whole.paths(), None);
    let (first, last) = (run.readings.first().expect("a reading"), run.readings.last().expect("a reading"));
    assert!(last.training < 0.5 * first.training, "{:?}", run.readings);
    assert!(last.held_out < 0.6 * first.held_out, "{:?}", run.readings);

    let other = toy_run_in_pieces(&pieces.paths());
    assert_eq!(other.readings, run.readings);
    let (one, other) = (checkpoint(&whole.paths().checkpoint), checkpoint(&pieces.paths().checkpoint));
    assert_eq!(one.weights, other.weights);
    assert_eq!(one.optimiser, other.optimiser);

    let another = Recipe { seed: 2, ..toy_recipe() };
    let refused = train(&another, toy_shape, &toy_corpus(), &whole.paths(), None);
    assert!(refused.is_err_and(|error| error.to_string().contains("another recipe")));
}

#[test]
fn what_was_exported_computes_what_the_checkpoint_computes() {
    let folder = Folder::new("export");
    let vocabulary = Vocabulary::learn(["The cat and the dog."; 3].into_iter(), 280).expect("a tokenizer");
    let config = toy_shape(vocabulary.size());
    let weights = Weights::new(&config, 7);
    let progress = Progress {
        recipe: toy_recipe(),
        config: config.clone(),
        corpus: String::new(),
        step: 0,
        tokens: 0,
        seconds: 0.0,
        position: plaudit_trainer::Position { epoch: 0, row: 0 },
        pending: 0.0,
        readings: Vec::new(),
    };
    let export = plaudit_trainer::Export { progress: &progress, weights: &weights, vocabulary: &vocabulary };
    export.write(&folder.0).expect("files");

    let (read_config, read_weights, read_vocabulary) = load(&folder.0).expect("the files");
    assert_eq!(read_config, config);
    assert_eq!(read_vocabulary.encode(SPECIAL[3]).expect("ids"), [3]);
    let prompt = read_vocabulary.ask(None, "The cat").expect("ids");
    let device = burn::tensor::Device::flex();
    let before = Model::new(&config, &weights, &device).expect("a model").next(&prompt).expect("logits");
    let after = Model::new(&config, &read_weights, &device).expect("a model").next(&prompt).expect("logits");
    let largest = before.iter().zip(&after).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max);
    assert!(largest < 2e-3, "half precision moved a logit by {largest}");

    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.0.join("manifest.json")).expect("a manifest")).expect("JSON");
    let ids: Vec<u32> = serde_json::from_value(manifest["self_check"]["prompt_tokens"].clone()).expect("ids");
    let logits: Vec<(u32, f32)> = serde_json::from_value(manifest["self_check"]["logits"].clone()).expect("logits");
    assert_eq!(self_check(&config, &read_weights, &ids).expect("logits"), logits);
}

/// Against the formulas, with none of burn: one layer, one position, where attention hands on its value.
#[test]
fn one_position_is_computed_as_llama_has_it() {
    let vocabulary = 300;
    let config = ModelConfig { layers: 1, ..toy_shape(vocabulary) };
    let weights = Weights::new(&config, 3);
    let matrix = |name: &str| {
        let parameter = weights.0.iter().find(|parameter| parameter.name.contains(name)).expect(name);
        (parameter.values.clone(), parameter.shape[1])
    };
    let apply = |name: &str, input: &[f32]| -> Vec<f32> {
        let (values, width) = matrix(name);
        values.chunks_exact(width).map(|row| row.iter().zip(input).map(|(a, b)| a * b).sum()).collect()
    };
    let normed = |input: &[f32]| -> Vec<f32> {
        let mean = input.iter().map(|value| value * value).sum::<f32>() / input.len() as f32;
        input.iter().map(|value| value / (mean + 1e-5).sqrt()).collect()
    };
    let add = |one: &[f32], other: &[f32]| -> Vec<f32> { one.iter().zip(other).map(|(a, b)| a + b).collect() };

    let (embedding, width) = matrix("embed_tokens");
    let state = embedding[5 * width..6 * width].to_vec();
    // Both query heads share the one value head.
    let value = apply("v_proj", &normed(&state));
    let state = add(&state, &apply("o_proj", &[value.clone(), value].concat()));
    let input = normed(&state);
    let silu = |x: f32| x / (1.0 + (-x).exp());
    let wide: Vec<f32> =
        apply("gate_proj", &input).iter().zip(apply("up_proj", &input)).map(|(gate, up)| silu(*gate) * up).collect();
    let state = add(&state, &apply("down_proj", &wide));
    let expected = apply("embed_tokens", &normed(&state));

    let model = Model::new(&config, &weights, &burn::tensor::Device::flex()).expect("a model");
    let found = model.next(&[5]).expect("logits");
    assert!(expected.iter().zip(&found).all(|(one, other)| (one - other).abs() < 1e-5));
}
