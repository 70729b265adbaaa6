//! Small runs on made-up emoji: they learn, and go on where they stopped; and what the real emoji are split into.

#![allow(clippy::expect_used, reason = "a test may fail loudly, in its helpers too")]

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Duration,
};

use plaudit_models::{
    ModelFiles,
    picture::{CaptionEncoder, DenoiserConfig, Objective, PIXELS, Style},
};
use plaudit_pictures_trainer::{
    Changes, Checkpoint, ConsistencyTask, ContrastTask, Denoising, DenoisingTask, Emoji, EmojiSet, Error, Raster,
    Recipe, Task, Tuning, can_change_colour, command, statistics, train,
};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("plaudit-pictures-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).expect("clean up");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn encoder() -> CaptionEncoder {
    let (_, files): (_, ModelFiles) =
        command::files(&root().join("public/models/pictures/captions")).expect("the caption encoder that ships");
    CaptionEncoder::load(&files).expect("an encoder")
}

/// Discs of one colour each.
fn made_up() -> EmojiSet {
    let names =
        [("sun", [0.9, 0.8, 0.1]), ("sea", [0.1, 0.3, 0.9]), ("leaf", [0.1, 0.7, 0.2]), ("fire", [0.9, 0.2, 0.1])];
    let all = names.iter().flat_map(|(name, [r, g, b])| {
        [Style::Fluent, Style::Noto].map(|style| {
            let pixel = |index: usize| {
                let (x, y) = ((index % 32) as f32 - 15.5, (index / 32) as f32 - 15.5);
                [*r, *g, *b, if x * x + y * y < 150.0 { 1.0 } else { 0.0 }]
            };
            let raster = Raster((0..PIXELS).map(pixel).collect());
            Emoji {
                name: (*name).to_owned(),
                concept: (*name).to_owned(),
                category: "Objects".to_owned(),
                style,
                held_out: *name == "fire",
                lowered: raster.clone(),
                raster,
                worn: None,
            }
        })
    });
    EmojiSet { all: all.collect(), sha256: "made up".to_owned() }
}

fn recipe(steps: usize) -> Recipe {
    Recipe {
        seed: 1,
        steps,
        batch: 8,
        learning_rate: 5e-3,
        warm_up: 4,
        hold: 100,
        cool_down: 4,
        weight_decay: 0.0,
        second_decay: 0.99,
        clip: 1.0,
        averaging: 0.3,
    }
}

const SETTINGS: Denoising = Denoising {
    level_mean: -0.6,
    level_deviation: 1.0,
    free: 0.1,
    styleless: 0.1,
    changes: Changes { recoloured: 0.2, hats: 0.2 },
    share: 4,
};

fn shape(objective: Objective, set: &EmojiSet) -> DenoiserConfig {
    let (mean, deviation) = statistics(&set.training());
    DenoiserConfig {
        condition_width: 32,
        fine_width: 32,
        coarse_width: 32,
        coarse_blocks: 1,
        ..DenoiserConfig::small(objective, mean, deviation)
    }
}

/// Stops after each step, as often as it takes.
fn in_pieces<T: Task>(task: &T, recipe: &Recipe, folder: &Path) -> Checkpoint {
    loop {
        let run = train(task, recipe, folder, 6, Some(Duration::ZERO)).expect("a step");
        if run.progress.step == recipe.steps {
            return run;
        }
    }
}

fn assert_goes_on<T: Task>(task: &T, recipe: &Recipe, name: &str) {
    let (whole, pieces) = (Folder::new(&format!("{name}-whole")), Folder::new(&format!("{name}-pieces")));
    let run = train(task, recipe, &whole.0, 6, None).expect("a run");
    let other = in_pieces(task, recipe, &pieces.0);
    assert_eq!(other.progress.readings, run.progress.readings);
    assert_eq!(other.parameters, run.parameters);
    assert_eq!(other.optimiser, run.optimiser);
    let (first, last) = (run.progress.readings.first().expect("one"), run.progress.readings.last().expect("one"));
    assert!(last.training < 0.9 * first.training, "{:?}", run.progress.readings);

    let another = Recipe { seed: 2, ..recipe.clone() };
    assert!(matches!(train(task, &another, &whole.0, 6, None), Err(Error::Recipe(_))));
}

#[test]
fn diffusion_and_flow_learn_and_go_on_after_stops_as_if_there_had_been_none() {
    let (set, encoder) = (made_up(), encoder());
    for objective in [Objective::Diffusion, Objective::Flow] {
        let sheets = Folder::new(&format!("{objective:?}-sheets"));
        let config = shape(objective, &set);
        let task = DenoisingTask::new(config, SETTINGS, &set, (&encoder, "one".to_owned()), sheets.0.clone());
        assert_goes_on(&task, &recipe(24), &format!("{objective:?}"));
        let sheet = std::fs::read(sheets.0.join("step-000024.png")).expect("a sheet");
        assert!(sheet.starts_with(b"\x89PNG"));
    }
}

#[test]
fn consistency_tuning_starts_from_the_weights_it_is_given_and_goes_on() {
    let (set, encoder) = (made_up(), encoder());
    let (folder, sheets) = (Folder::new("tuned"), Folder::new("tuned-sheets"));
    let config = shape(Objective::Diffusion, &set);
    let task =
        DenoisingTask::new(config.clone(), SETTINGS, &set, (&encoder, "one".to_owned()), folder.0.join("sheets"));
    let start = train(&task, &recipe(6), &folder.0, 6, None).expect("a run").parameters;
    let tuning = Tuning { halve_every: 100, halvings: 2 };
    let given = (start.clone(), "start".to_owned());
    let tuned = ConsistencyTask::new(&config, (SETTINGS, tuning), given, &set, &encoder, sheets.0.clone());
    assert_eq!(tuned.fresh(9).expect("parameters"), start);
    assert_eq!(tuned.config().objective, Objective::Consistency);
    assert_goes_on(&tuned, &recipe(24), "consistency");
}

#[test]
fn the_image_encoder_learns_to_tell_pictures_by_their_captions() {
    let (set, encoder) = (made_up(), encoder());
    let task = ContrastTask::new(&set, &encoder, "one".to_owned());
    assert_goes_on(&task, &Recipe { learning_rate: 1e-3, ..recipe(18) }, "contrast");
}

#[test]
fn a_loss_that_is_no_number_stops_the_run() {
    let (set, encoder) = (made_up(), encoder());
    let folder = Folder::new("diverged");
    let config = DenoiserConfig { deviation: f32::NAN, ..shape(Objective::Diffusion, &set) };
    let task = DenoisingTask::new(config, SETTINGS, &set, (&encoder, "one".to_owned()), folder.0.join("sheets"));
    // Not a number is not equal to itself, so that only a fresh run gets this far.
    assert!(matches!(train(&task, &recipe(3), &folder.0, 6, None), Err(Error::Diverged(0))));
}

/// The archives, if they are there.
fn real(test: &str) -> Option<EmojiSet> {
    let folder = root().join("data/pictures");
    if !folder.exists() {
        eprintln!("SKIPPED {test}: there are no emoji; `cargo xtask models fetch emoji` gets them");
        return None;
    }
    Some(EmojiSet::read(&folder).expect("the emoji"))
}

#[test]
fn no_concept_is_on_both_sides_of_the_split() {
    let Some(set) = real("no_concept_is_on_both_sides_of_the_split") else { return };
    let concepts = |emoji: Vec<&Emoji>| emoji.iter().map(|emoji| emoji.concept.clone()).collect::<HashSet<_>>();
    let (training, held_out) = (concepts(set.training()), concepts(set.held_out()));
    assert!(training.is_disjoint(&held_out));
    let share = held_out.len() as f64 / (training.len() + held_out.len()) as f64;
    assert!((0.08..0.12).contains(&share), "{share}");
    // Both styles of most concepts are there, so that the two sides would mix if names decided.
    let both = held_out.iter().filter(|concept| {
        let styles: HashSet<Style> =
            set.all.iter().filter(|emoji| emoji.concept == **concept).map(|emoji| emoji.style).collect();
        styles.len() == 2
    });
    assert!(both.count() * 2 > held_out.len());
}

#[test]
fn emoji_have_names_pictures_and_no_skin_tones() {
    let Some(set) = real("emoji_have_names_pictures_and_no_skin_tones") else { return };
    assert!(set.all.len() > 3000);
    for emoji in &set.all {
        assert!(
            !emoji.name.is_empty() && !emoji.name.contains("skin tone") && !emoji.name.contains('-'),
            "{}",
            emoji.name
        );
        let opaque = emoji.raster.0.iter().filter(|pixel| pixel[3] > 0.5).count();
        assert!(opaque > 20, "{} is next to empty", emoji.name);
    }
    let named = |name: &str| set.all.iter().find(|emoji| emoji.name == name).expect(name);
    assert!(!can_change_colour(named("red heart")));
    assert!(can_change_colour(named("octopus")));
}

#[test]
fn archives_that_are_missing_or_others_are_refused() {
    let folder = Folder::new("archives");
    assert!(matches!(EmojiSet::read(&folder.0), Err(Error::Archive { .. })));
    std::fs::write(folder.0.join("iconify-json-fluent-emoji-flat-1.2.6.tgz"), b"something else").expect("a file");
    assert!(matches!(EmojiSet::read(&folder.0), Err(Error::Archive { .. })));
}
