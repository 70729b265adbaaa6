//! The models under `public/models/pictures`, as a browser gets them.

use std::path::PathBuf;

use futures_lite::future::block_on;
use plaudit_domain::ModelManifest;
use plaudit_models::{
    LoadError, ModelFiles, device,
    picture::{CAPTION_WIDTH, CaptionEncoder, Gallery, ImageEncoder, PictureModel, similarity},
};
use serde_json::Value;

/// Between two computations in single precision that add up in different orders, through some dozen layers.
const TOLERANCE: f32 = 2e-3;

/// All generators that may ship, of which those are tested that do.
const GENERATORS: [&str; 3] = ["diffusion", "flow", "consistency"];

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../public/models/pictures").join(name)
}

fn model(name: &str) -> (ModelManifest, ModelFiles, Value) {
    let text = std::fs::read_to_string(folder(name).join("manifest.json")).unwrap();
    let manifest = ModelManifest::from_json(&text).unwrap();
    let files = ModelFiles::read(&manifest, &folder(name)).unwrap();
    (manifest, files, serde_json::from_str(&text).unwrap())
}

fn captions() -> CaptionEncoder {
    CaptionEncoder::load(&model("captions").1).unwrap()
}

fn length(vector: &[f32]) -> f32 {
    vector.iter().map(|value| value * value).sum::<f32>().sqrt()
}

#[test]
fn the_caption_encoder_gives_what_its_manifest_says() {
    let (manifest, files, json) = model("captions");
    let vector = CaptionEncoder::load(&files).unwrap().encode(json["self_check"]["text"].as_str().unwrap()).vector;
    assert!(!manifest.self_check.logits.is_empty());
    for (index, expected) in manifest.self_check.logits {
        assert!((vector[index as usize] - expected).abs() < 1e-5);
    }
}

#[test]
fn captions_of_like_meaning_are_near_and_bad_input_is_harmless() {
    let encoder = captions();
    let near = |one: &str, other: &str| similarity(&encoder.encode(one), &encoder.encode(other));
    assert!(near("a kitten", "cat") > 0.5 && near("a kitten", "cat") > near("a kitten", "truck") + 0.2);
    assert!(near("blue cat", "a blue cat!") > 0.9);
    assert!(near("blue cat", "red cat") < 0.95);

    assert_eq!(encoder.encode("").vector, vec![0.0; CAPTION_WIDTH]);
    assert_eq!(encoder.encode(" …?! \u{0} ").vector, vec![0.0; CAPTION_WIDTH]);
    for text in ["x".repeat(10_000), "cat ".repeat(2500), "猫🐱 кот".to_owned(), "zzyzx qwrtpl".to_owned()] {
        let vector = encoder.encode(&text).vector;
        assert!((length(&vector) - 1.0).abs() < 1e-3, "{text:.20}");
    }
}

#[test]
fn words_never_seen_are_read_by_their_letters() {
    let encoder = captions();
    let near = |one: &str, other: &str| similarity(&encoder.encode(one), &encoder.encode(other));
    for (misspelt, word) in [("elephantt", "elephant"), ("strawberrys", "strawberry"), ("airplanez", "airplane")] {
        assert!(!encoder.knows(misspelt) && encoder.knows(word));
        assert!(near(misspelt, word) > 0.5, "{misspelt}: {}", near(misspelt, word));
        assert!(near(misspelt, word) > near(misspelt, "hammer") + 0.2);
    }
}

#[test]
fn generators_give_what_their_manifests_say() {
    for name in GENERATORS.into_iter().filter(|name| folder(name).exists()) {
        let (manifest, files, _) = model(name);
        let generator = PictureModel::load(&files, &device::cpu()).unwrap();
        assert_eq!(generator.parameters(), manifest.parameters);
        let largest = block_on(generator.self_check(&manifest.self_check)).unwrap();
        println!("{name}: {largest}");
        assert!(largest < TOLERANCE, "{name}: {largest}");
        assert!(manifest.files.iter().map(|file| file.bytes).sum::<u64>() < 8_400_000);
    }
}

/// Whether a model ships; one that draws nothing that people recognise does not.
fn ships(name: &str, test: &str) -> bool {
    let there = folder(name).exists();
    if !there {
        eprintln!("SKIPPED {test}: {name} has not been trained; `cargo xtask models train {name}` does it");
    }
    there
}

#[test]
fn the_image_encoder_gives_what_its_manifest_says() {
    if !ships("clip", "the_image_encoder_gives_what_its_manifest_says") {
        return;
    }
    let (manifest, files, _) = model("clip");
    let cpu = device::cpu();
    let encoder = ImageEncoder::load(&files, &cpu).unwrap();
    let output = block_on(encoder.check_output(manifest.self_check.prompt_tokens[0], &cpu)).unwrap();
    for (index, expected) in manifest.self_check.logits {
        assert!((output[index as usize] - expected).abs() < TOLERANCE);
    }
    assert!(block_on(encoder.encode(&[], &cpu)).unwrap().is_empty());
}

#[test]
fn the_gallery_answers_with_what_was_asked_for() {
    let (manifest, files, json) = model("nearest");
    let gallery = Gallery::load(&files.weights).unwrap();
    let encoder = captions();
    let found = gallery.nearest(&encoder.encode(json["self_check"]["text"].as_str().unwrap())).unwrap();
    let (index, expected) = manifest.self_check.logits[0];
    assert_eq!(found.index, index as usize);
    assert!((found.similarity - expected).abs() < 1e-4);
    let strawberry = gallery.nearest(&encoder.encode("strawberry")).unwrap();
    let red =
        strawberry.picture.rgb().chunks_exact(3).filter(|pixel| pixel[0] > 150 && pixel[1] < 110 && pixel[2] < 110);
    assert!(strawberry.similarity > 0.95, "{}", strawberry.similarity);
    let red = red.count();
    assert!(red > 200, "{red} red pixels");
    assert!(gallery.picture(gallery.len()).is_none());
}

/// The whole of emoji-CLIP: the gallery's pictures are near to their captions.
#[test]
fn pictures_find_their_captions() {
    if !ships("clip", "pictures_find_their_captions") {
        return;
    }
    let (encoder, gallery) = (captions(), Gallery::load(&model("nearest").1.weights).unwrap());
    let cpu = device::cpu();
    let clip = ImageEncoder::load(&model("clip").1, &cpu).unwrap();
    let subjects = ["red heart", "pizza", "grinning face", "rocket"];
    let asked: Vec<_> = subjects.iter().map(|subject| encoder.encode(subject)).collect();
    let pictures: Vec<_> = asked.iter().map(|caption| gallery.nearest(caption).unwrap().picture).collect();
    let seen = block_on(clip.encode(&pictures, &cpu)).unwrap();
    for (index, seen) in seen.iter().enumerate() {
        let best =
            (0..asked.len()).max_by(|a, b| similarity(seen, &asked[*a]).total_cmp(&similarity(seen, &asked[*b])));
        assert_eq!(best, Some(index), "{}", subjects[index]);
    }
}

#[test]
fn words_of_another_encoder_and_damaged_galleries_are_refused() {
    let words = ModelFiles { tokenizer: Some(b"[]".to_vec()), ..model("captions").1 };
    assert!(matches!(CaptionEncoder::load(&words), Err(LoadError::Vocabulary { .. })));
    assert!(Gallery::load(b"nothing").is_err());
}
