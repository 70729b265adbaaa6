use plaudit_models::{device, picture::ImageEncoder};
use serde_json::json;

use super::{CHECK_COMPONENTS, CHECK_SEEDS, Options, Places, load_captions};
use crate::{ContrastTask, EmojiSet, Error, Export, Recipe, half_precision, largest, train, training};

/// Trains the picture side of emoji-CLIP and exports it.
///
/// # Errors
/// Those of training.
pub fn clip(places: &Places, options: &Options) -> Result<String, Error> {
    let set = EmojiSet::read(&places.emoji)?;
    let (encoder, digest) = load_captions(&places.out.join("captions"))?;
    let task = ContrastTask::new(&set, &encoder, digest);
    let recipe = Recipe {
        seed: options.seed,
        steps: options.steps.unwrap_or(1500),
        batch: 128,
        learning_rate: 1e-3,
        warm_up: 50,
        hold: 1000,
        cool_down: 400,
        weight_decay: 0.05,
        second_decay: 0.99,
        clip: 1.0,
        averaging: 0.1,
    };
    let folder = places.checkpoints.join("clip");
    let run = train(&task, &recipe, &folder, options.look_every.unwrap_or(100), options.limit)?;
    let averaged = &run.optimiser.averaged;
    let export = Export {
        name: "clip",
        title: "Emoji-CLIP, pictures",
        architecture: "picture-clip",
        config: json!(task.config()),
        weights: half_precision(averaged)?,
        parameters: averaged.count(),
        words: None,
        command: "cargo xtask models train clip",
        training: training(&run.progress),
    };
    export.write(&places.out.join("clip"), |files| {
        let device = device::cpu();
        let encoder = ImageEncoder::load(files, &device)?;
        let output = futures_lite::future::block_on(encoder.check_output(CHECK_SEEDS[0], &device))?;
        Ok(json!({ "prompt_tokens": [CHECK_SEEDS[0]], "logits": largest(&output, CHECK_COMPONENTS) }))
    })?;
    let found = task.measure(averaged)?;
    Ok(format!(
        "{} held-out pictures find their caption among 100: @1 {:.1} %, @5 {:.1} %",
        found.queries,
        100.0 * found.at_1,
        100.0 * found.at_5
    ))
}
