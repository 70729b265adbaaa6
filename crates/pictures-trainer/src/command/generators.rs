use plaudit_models::{
    ModelFiles, device,
    picture::{DenoiserConfig, Objective, PictureModel},
    sha256_hex,
};
use serde_json::{Value, json};

use super::{CHECK_COMPONENTS, CHECK_SEEDS, Options, Places, files, load_captions};
use crate::{
    Changes, Checkpoint, ConsistencyTask, Denoising, DenoisingTask, EditTask, Editing, EmojiSet, Error, Export,
    Parameters, Recipe, Tuning, half_precision, largest, read_parameters, statistics, train, training,
};

/// What all generators' training has in common.
const CHANGES: Changes = Changes { recoloured: 0.25, hats: 0.06 };

/// Steps between two looks, if the command line has no other number.
const LOOK_EVERY: usize = 400;

/// Trains the diffusion model and exports it.
///
/// # Errors
/// Those of training.
pub fn diffusion(places: &Places, options: &Options) -> Result<String, Error> {
    let settings =
        Denoising { level_mean: -0.6, level_deviation: 1.3, free: 0.1, styleless: 0.15, changes: CHANGES, share: 32 };
    denoising(places, options, Objective::Diffusion, settings)
}

/// Trains the flow-matching model and exports it.
///
/// # Errors
/// Those of training.
pub fn flow(places: &Places, options: &Options) -> Result<String, Error> {
    // Logit-normal times (Esser et al. 2024), as many towards the noise as the diffusion model has.
    let settings =
        Denoising { level_mean: 0.2, level_deviation: 1.2, free: 0.1, styleless: 0.15, changes: CHANGES, share: 32 };
    denoising(places, options, Objective::Flow, settings)
}

/// What all recipes have in common.
fn recipe(options: &Options, steps: usize, learning_rate: f64) -> Recipe {
    Recipe {
        seed: options.seed,
        steps: options.steps.unwrap_or(steps),
        batch: 64,
        learning_rate,
        warm_up: 100,
        hold: 2000,
        cool_down: 500,
        weight_decay: 0.0,
        second_decay: 0.99,
        clip: 1.0,
        averaging: 0.1,
    }
}

fn denoising(places: &Places, options: &Options, objective: Objective, settings: Denoising) -> Result<String, Error> {
    let set = EmojiSet::read(&places.emoji)?;
    let (encoder, digest) = load_captions(&places.out.join("captions"))?;
    let (mean, deviation) = statistics(&set.training());
    let config = DenoiserConfig::small(objective, mean, deviation);
    let recipe = recipe(options, 20_000, 2e-3);
    let (name, title) = match objective {
        Objective::Flow => ("flow", "Emoji flow matching"),
        Objective::Diffusion | Objective::Consistency => ("diffusion", "Emoji diffusion"),
    };
    let folder = places.checkpoints.join(name);
    let task = DenoisingTask::new(config.clone(), settings, &set, (&encoder, digest), folder.join("sheets"));
    let run = train(&task, &recipe, &folder, options.look_every.unwrap_or(LOOK_EVERY), options.limit)?;
    export(places, (name, title), &config, &run, options)
}

/// Tunes the diffusion model into a consistency model and exports it.
///
/// # Errors
/// Those of training, and of a diffusion model that is not there.
pub fn consistency(places: &Places, options: &Options) -> Result<String, Error> {
    let set = EmojiSet::read(&places.emoji)?;
    let (encoder, _) = load_captions(&places.out.join("captions"))?;
    let (config, start) = diffusion_model(places)?;
    let settings =
        Denoising { level_mean: -0.3, level_deviation: 1.7, free: 0.05, styleless: 0.1, changes: CHANGES, share: 32 };
    let recipe = recipe(options, 4000, 5e-4);
    let tuning = Tuning { halve_every: 500, halvings: 6 };
    let folder = places.checkpoints.join("consistency");
    let task = ConsistencyTask::new(&config, (settings, tuning), start, &set, &encoder, folder.join("sheets"));
    let run = train(&task, &recipe, &folder, options.look_every.unwrap_or(LOOK_EVERY), options.limit)?;
    export(places, ("consistency", "Emoji consistency"), task.config(), &run, options)
}

/// Tunes the diffusion model into one that changes a picture as it is told, and exports it.
///
/// # Errors
/// Those of training, and of a diffusion model that is not there.
pub fn edit(places: &Places, options: &Options) -> Result<String, Error> {
    let set = EmojiSet::read(&places.emoji)?;
    let (encoder, _) = load_captions(&places.out.join("captions"))?;
    let (config, start) = diffusion_model(places)?;
    let settings = Editing { level_mean: -0.4, level_deviation: 1.4, free: 0.08, share: 32 };
    let recipe = recipe(options, 6000, 1e-3);
    let folder = places.checkpoints.join("edit");
    let task = EditTask::new(&config, settings, start, &set, &encoder, folder.join("sheets"));
    let run = train(&task, &recipe, &folder, options.look_every.unwrap_or(LOOK_EVERY), options.limit)?;
    export(places, ("edit", "Emoji edit"), task.config(), &run, options)
}

/// The shape and weights of the diffusion model that is there, with their digest.
fn diffusion_model(places: &Places) -> Result<(DenoiserConfig, (Parameters, String)), Error> {
    let from = places.out.join("diffusion");
    let (_, stored) = files(&from)?;
    let path = from.join("config.json");
    let config: DenoiserConfig =
        serde_json::from_slice(stored.config.as_deref().unwrap_or_default()).map_err(Error::json(&path))?;
    let start: Parameters = read_parameters(&stored.weights, &from.join("model.safetensors"), |source| {
        plaudit_models::picture::Denoiser::new(&config, source).map(|_| ())
    })?;
    Ok((config, (start, sha256_hex(&stored.weights))))
}

fn export(
    places: &Places,
    (name, title): (&str, &str),
    config: &DenoiserConfig,
    run: &Checkpoint,
    options: &Options,
) -> Result<String, Error> {
    let steps = options.steps.map_or_else(String::new, |steps| format!(" --steps {steps}"));
    let averaged = &run.optimiser.averaged;
    let architecture = format!("picture-{name}");
    let export = Export {
        name,
        title,
        architecture: &architecture,
        config: json!(config),
        weights: half_precision(averaged)?,
        parameters: averaged.count(),
        words: None,
        command: &format!("cargo xtask models train {name}{steps}"),
        training: training(&run.progress),
    };
    let out = places.out.join(name);
    export.write(&out, generator_check)?;
    Ok(format!("step {} of {}; the model is in {}", run.progress.step, run.progress.recipe.steps, out.display()))
}

/// The self-check of a generator.
fn generator_check(files: &ModelFiles) -> Result<Value, Error> {
    let model = PictureModel::load(files, &device::cpu())?;
    let [picture, caption] = CHECK_SEEDS;
    let output = futures_lite::future::block_on(model.check_output(picture, caption))?;
    Ok(json!({ "prompt_tokens": CHECK_SEEDS, "logits": largest(&output, CHECK_COMPONENTS) }))
}
