use std::{fs, path::Path};

use plaudit_models::{
    device,
    picture::{EditMethod, Noise, Picture, PictureModel, SamplerSettings},
};
use serde_json::json;

use super::{Places, files, load_captions};
use crate::{ChangeKind, ChangeSource, Emoji, EmojiSet, Error, held_out_changes, write_picture, write_sheet};

/// What the built-in arena of edits is about: emoji that a person knows at once, in either style.
const SOURCES: [&str; 24] = [
    "cat face",
    "dog face",
    "red apple",
    "rocket",
    "pizza",
    "house",
    "octopus",
    "fox",
    "penguin",
    "automobile",
    "sunflower",
    "tropical fish",
    "frog",
    "unicorn",
    "guitar",
    "bicycle",
    "crab",
    "owl",
    "strawberry",
    "cactus",
    "ghost",
    "robot",
    "grinning face",
    "balloon",
];

/// Instructions for each of them.
const EACH: usize = 3;

/// What the arena asks for: what at least one of its contestants can do so that a person sees it. To turn things round or to draw
/// them anew in another style is beyond all of them, and everybody would say so, again and again.
const KINDS: [ChangeKind; 7] = [
    ChangeKind::Colour,
    ChangeKind::Hat,
    ChangeKind::Night,
    ChangeKind::Grey,
    ChangeKind::Background,
    ChangeKind::Smaller,
    ChangeKind::Blur,
];

/// A contestant of the arena of edits.
struct Entry {
    folder: &'static str,
    title: &'static str,
    method: EditMethod,
    settings: SamplerSettings,
}

const fn settings(steps: u32, guidance: f32) -> SamplerSettings {
    SamplerSettings { steps, guidance, style: None }
}

const ENTRIES: [Entry; 6] = [
    Entry {
        folder: "diffusion",
        title: "unchanged",
        method: EditMethod::Noise { level: 0.02 },
        settings: settings(1, 1.0),
    },
    Entry {
        folder: "edit",
        title: "instruction, 18 steps",
        method: EditMethod::Instruction,
        settings: settings(18, 1.5),
    },
    Entry {
        folder: "edit",
        title: "instruction, 8 steps",
        method: EditMethod::Instruction,
        settings: settings(8, 1.5),
    },
    Entry {
        folder: "diffusion",
        title: "SDEdit, σ 0.5",
        method: EditMethod::Noise { level: 0.5 },
        settings: settings(12, 3.0),
    },
    Entry {
        folder: "diffusion",
        title: "SDEdit, σ 1.5",
        method: EditMethod::Noise { level: 1.5 },
        settings: settings(12, 3.0),
    },
    Entry {
        folder: "diffusion",
        title: "inversion, σ 5",
        method: EditMethod::Inversion { level: 5.0 },
        settings: settings(12, 2.0),
    },
];

/// Writes the built-in arena of edits without answers: emoji as PNG, and a manifest that asks for three changes of each.
///
/// # Errors
/// Those of reading and writing, and of an emoji that is not there.
pub fn sources(places: &Places, folder: &Path) -> Result<String, Error> {
    let set = EmojiSet::read(&places.emoji)?;
    let changes = ChangeSource::new(set.training(), &set.training());
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let arena = json!({
        "slug": "emoji-edits", "title": "Emoji edits", "task": "image_edit", "license": "MIT AND Apache-2.0",
        "description": "One emoji, one wish: make it blue, add a hat, as a night scene. Which of the two did what it was told and kept the rest?",
    });
    let mut rows = vec![json!({ "format": "plaudit-pictures/1", "arena": arena }).to_string()];
    let mut random = Noise::new(4);
    for (place, name) in SOURCES.iter().enumerate() {
        let of = |emoji: &&Emoji| emoji.name == *name && emoji.raster.on_white().is_some();
        let found: Vec<&Emoji> = set.all.iter().filter(of).collect();
        // Every other one as the other set draws it.
        let emoji = found
            .get(place % found.len().max(1))
            .ok_or(Error::Content { file: "the emoji".to_owned(), what: (*name).to_owned() })?;
        let picture = emoji.raster.on_white().ok_or(Error::Burn("picture"))?;
        let file = format!("{}.png", name.replace(' ', "-"));
        write_picture(&folder.join(&file), &picture)?;
        // Each kind is asked for as often as the others.
        for number in 0..EACH {
            let kind = KINDS[(place * EACH + number) % KINDS.len()];
            let Some(instruction) = changes.instruction(kind, emoji, &mut random) else { continue };
            rows.push(json!({ "prompt": instruction, "source": file, "category": kind.name() }).to_string());
        }
    }
    let path = folder.join("manifest.jsonl");
    fs::write(&path, rows.join("\n") + "\n").map_err(Error::io(&path))?;
    Ok(format!("{} wishes for {} pictures in {}", rows.len() - 1, SOURCES.len(), folder.display()))
}

/// Measures the ways to change pictures on changes of held-out emoji that can be made exactly: gives a table of the root mean square
/// distance to what should have come out, in parts of 255, and draws a sheet.
///
/// # Errors
/// Those of reading and computing.
pub fn evaluate_edits(places: &Places, each: usize, sheets: &Path) -> Result<String, Error> {
    let set = EmojiSet::read(&places.emoji)?;
    let (captions, _) = load_captions(&places.out.join("captions"))?;
    let changes = held_out_changes(&set, each);
    let kinds: Vec<&str> = ChangeKind::ALL.iter().map(|kind| kind.name()).collect();
    let mut table = vec![
        format!("| contestant | all | {} |", kinds.join(" | ")),
        format!("|---|{}", "---:|".repeat(kinds.len() + 1)),
    ];
    // A row of the sheet for each kind: before, what it should be, and what each makes of it.
    let mut sheet: Vec<Vec<Picture>> = ChangeKind::ALL
        .iter()
        .filter_map(|kind| changes.iter().find(|change| change.kind == *kind))
        .map(|change| vec![change.source.clone(), change.target.clone()])
        .collect();
    for Entry { folder, title, method, settings } in ENTRIES {
        let folder = places.out.join(folder);
        if !folder.exists() {
            continue;
        }
        let model = PictureModel::load(&files(&folder)?.1, &device::cpu())?;
        let mut distances = vec![Vec::new(); ChangeKind::ALL.len()];
        for (seed, change) in (1..).zip(&changes) {
            let caption = captions.encode(&change.instruction);
            let found = model.edit_blocking(&change.source, method, &caption, seed, settings)?;
            let place = ChangeKind::ALL.iter().position(|kind| *kind == change.kind).unwrap_or_default();
            if distances[place].is_empty()
                && let Some(row) = sheet.get_mut(place)
            {
                row.push(found.clone());
            }
            distances[place].push(distance(&found, &change.target));
        }
        let mean = |distances: &[f64]| distances.iter().sum::<f64>() / distances.len().max(1) as f64;
        let all: Vec<f64> = distances.iter().flatten().copied().collect();
        let cells: Vec<String> = distances.iter().map(|distances| format!("{:.0}", mean(distances))).collect();
        let line = format!("| {title} | {:.1} | {} |", mean(&all), cells.join(" | "));
        eprintln!("{line}");
        table.push(line);
    }
    let columns = sheet.first().map_or(1, Vec::len);
    let pictures: Vec<Picture> = sheet.into_iter().flatten().collect();
    write_sheet(&sheets.join("edits.png"), &pictures, columns, 2)?;
    Ok(table.join("\n"))
}

/// Root mean square of the differences, in steps of 8 bits.
fn distance(one: &Picture, other: &Picture) -> f64 {
    let square = |(one, other): (&u8, &u8)| f64::from(one.abs_diff(*other)).powi(2);
    let all = one.rgb().iter().zip(other.rgb()).map(square);
    (all.sum::<f64>() / one.rgb().len() as f64).sqrt()
}
