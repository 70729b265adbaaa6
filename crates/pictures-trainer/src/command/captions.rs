use plaudit_models::picture::{CAPTION_WIDTH, CaptionEncoder, words};
use serde_json::json;

use super::{CHECK_CAPTION, CHECK_COMPONENTS, Options, Places, load_captions};
use crate::{
    CaptionTask, EmojiSet, Error, Export, Lessons, Recipe, half_precision, largest, retrieval, train, training,
};

/// Distils the caption encoder and exports it.
///
/// # Errors
/// Those of training.
pub fn captions(places: &Places, options: &Options) -> Result<String, Error> {
    let set = EmojiSet::read(&places.emoji)?;
    let folder = places.checkpoints.join("captions");
    let lessons = Lessons::prepare(&set, &places.teacher, &folder.join("teacher.safetensors"))?;
    let task = CaptionTask::new(&lessons);
    let recipe = Recipe {
        seed: options.seed,
        steps: options.steps.unwrap_or(600),
        batch: 512,
        learning_rate: 3e-3,
        warm_up: 50,
        hold: 1000,
        cool_down: 300,
        weight_decay: 0.0,
        second_decay: 0.99,
        clip: 1.0,
        averaging: 0.1,
    };
    let run = train(&task, &recipe, &folder, options.look_every.unwrap_or(100), options.limit)?;
    let averaged = &run.optimiser.averaged;
    let export = Export {
        name: "captions",
        title: "Caption encoder",
        architecture: "picture-captions",
        config: json!(task.config()),
        weights: half_precision(averaged)?,
        parameters: averaged.count(),
        words: Some(&lessons.words),
        command: "cargo xtask models train captions",
        training: training(&run.progress),
    };
    let out = places.out.join("captions");
    export.write(&out, |files| {
        let encoder = CaptionEncoder::load(files)?;
        let vector = encoder.encode(CHECK_CAPTION).vector;
        Ok(json!({ "prompt_tokens": [], "text": CHECK_CAPTION, "logits": largest(&vector, CHECK_COMPONENTS) }))
    })?;
    let encoder = load_captions(&out)?.0;
    caption_report(&lessons, &encoder)
}

/// Retrieval of the teacher's vectors by the student's, and by simpler ones, on held-out names.
fn caption_report(lessons: &Lessons, encoder: &CaptionEncoder) -> Result<String, Error> {
    let from = lessons.words.len() + lessons.phrases.len();
    let count = lessons.held_out.len();
    let targets: Vec<Vec<f32>> = (0..count).map(|index| lessons.target(from + index).to_vec()).collect();
    let wanted: Vec<usize> = (0..count).collect();
    let places: std::collections::HashMap<&str, usize> =
        lessons.words.iter().enumerate().map(|(index, word)| (word.as_str(), index)).collect();
    let mean_of_words = |text: &String| {
        let mut sum = vec![0.0; CAPTION_WIDTH];
        for index in words(text).iter().filter_map(|word| places.get(word.as_str())) {
            sum.iter_mut().zip(lessons.target(*index)).for_each(|(sum, value)| *sum += value);
        }
        let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-6);
        sum.iter().map(|value| value / length).collect::<Vec<f32>>()
    };
    let measure = |name: &str, vectors: Vec<Vec<f32>>| {
        let cosine: f32 =
            vectors.iter().zip(&targets).flat_map(|(one, other)| one.iter().zip(other)).map(|(a, b)| a * b).sum();
        let found = retrieval(&vectors, &wanted, &targets, |one, other| one == other);
        format!(
            "{name}: cosine {:.3}, retrieval@1 {:.1} %, @5 {:.1} % among 100, {} held-out names",
            cosine / count as f32,
            100.0 * found.at_1,
            100.0 * found.at_5,
            found.queries
        )
    };
    let student = lessons.held_out.iter().map(|text| encoder.encode(text).vector).collect();
    // Written so that no word is known: what letters alone give.
    let letters = lessons.held_out.iter().map(|text| encoder.encode(&text.replace(' ', "x ")).vector).collect();
    let unseen = lessons.held_out.iter().filter(|text| words(text).iter().any(|word| !encoder.knows(word)));
    Ok([
        measure("mean of the teacher's word vectors", lessons.held_out.iter().map(mean_of_words).collect()),
        measure("student", student),
        measure("student, each word but the last misspelt", letters),
        format!("{} of the names have a word without a row", unseen.count()),
    ]
    .join("\n"))
}
