use std::path::{Path, PathBuf};

use plaudit_models::{
    device,
    picture::{CaptionEncoder, Gallery, ImageEncoder, PictureModel, SamplerSettings, Style},
};
use serde_json::json;

use super::{CHECK_CAPTION, Places, files, load_captions};
use crate::{Contestant, EmojiSet, Error, Export, Measures, Quality, SHEET_CAPTIONS, gallery, write_sheet};

/// Writes the gallery: the nearest training picture as a contestant.
///
/// # Errors
/// Those of reading and writing.
pub fn nearest(places: &Places) -> Result<String, Error> {
    let set = EmojiSet::read(&places.emoji)?;
    let (encoder, digest) = load_captions(&places.out.join("captions"))?;
    let training = set.training();
    let export = Export {
        name: "nearest",
        title: "Nearest training emoji (no model)",
        architecture: "picture-gallery",
        config: json!({ "pictures": training.len() }),
        weights: gallery(&training, &encoder)?,
        parameters: 0,
        words: None,
        command: "cargo xtask models train nearest",
        training: json!({ "emoji": set.sha256, "captions": digest }),
    };
    let out = places.out.join("nearest");
    export.write(&out, |files| {
        let found = Gallery::load(&files.weights)?.nearest(&encoder.encode(CHECK_CAPTION));
        let found = found.ok_or(Error::TooFew("the gallery is empty"))?;
        let index = u32::try_from(found.index).map_err(|_| Error::TooFew("the gallery is too large"))?;
        Ok(json!({ "prompt_tokens": [], "text": CHECK_CAPTION, "logits": [(index, found.similarity)] }))
    })?;
    Ok(format!("{} pictures in {}", training.len(), out.display()))
}

/// A generator's settings as a contestant.
struct Entry {
    folder: &'static str,
    title: &'static str,
    settings: SamplerSettings,
}

const fn settings(steps: u32, guidance: f32) -> SamplerSettings {
    SamplerSettings { steps, guidance, style: Some(Style::Fluent) }
}

/// The contestants of the arena.
const ENTRIES: [Entry; 5] = [
    Entry { folder: "diffusion", title: "diffusion, 18 steps", settings: settings(18, 3.0) },
    Entry { folder: "diffusion", title: "diffusion, 6 steps", settings: settings(6, 1.5) },
    Entry { folder: "flow", title: "flow matching, 12 steps", settings: settings(12, 2.0) },
    Entry { folder: "consistency", title: "consistency, 1 step", settings: settings(1, 1.0) },
    Entry { folder: "consistency", title: "consistency, 2 steps", settings: settings(2, 1.0) },
];

/// How models are measured.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// Pictures for each caption.
    pub seeds: u64,
    /// Most held-out emoji to draw.
    pub most: usize,
    /// At which models that can be guided are measured; at their own if there are none.
    pub guidances: Vec<f32>,
    /// Where sheets go.
    pub sheets: PathBuf,
    /// Where the figures go, for programs.
    pub json: Option<PathBuf>,
}

/// Measures every model that is there on `most` of the held-out emoji and draws its sheet; gives a table in Markdown. Models that
/// can be guided are measured at all of `guidances`, or at their own if there are none.
///
/// # Errors
/// Those of reading and computing.
pub fn evaluate(places: &Places, options: &Evaluation) -> Result<String, Error> {
    let Evaluation { seeds, most, guidances, sheets, json } = options;
    let (seeds, most) = (*seeds, *most);
    let set = EmojiSet::read(&places.emoji)?;
    let (encoder, _) = load_captions(&places.out.join("captions"))?;
    let cpu = device::cpu();
    let clip = ImageEncoder::load(&files(&places.out.join("clip"))?.1, &cpu)?;
    let held_out = set.held_out();
    // Evenly over both styles.
    let every = held_out.len().div_ceil(most.max(1)).max(1);
    let asked = (0..held_out.len()).step_by(every).collect();
    let measures = Measures { captions: &encoder, encoder: &clip, held_out, asked, training: set.training(), seeds };
    let mut table = vec![
        "| contestant | retrieval@1 | retrieval@5 | Fréchet | diversity | nearest training | copied | ms |".to_owned(),
        "|---|---:|---:|---:|---:|---:|---:|---:|".to_owned(),
    ];
    let mut figures = Vec::new();
    let mut row = |(name, title): (&str, &str), contestant: &Contestant<'_>| -> Result<(), Error> {
        let quality = measures.of(contestant)?;
        let settings = match contestant {
            Contestant::Model(_, settings) => Some((settings.steps, settings.guidance)),
            _ => None,
        };
        figures.push(json!({
            "model": name, "title": title, "steps": settings.map(|settings| settings.0),
            "guidance": settings.map(|settings| settings.1), "quality": quality,
        }));
        let Quality { retrieval, frechet, diversity, nearest_training, copied, milliseconds } = quality;
        let (one, five) = (100.0 * retrieval.at_1, 100.0 * retrieval.at_5);
        let line = format!(
            "| {title} | {one:.1} % | {five:.1} % | {frechet:.2} | {diversity:.2} | {nearest_training:.3} | {:.1} % | {milliseconds:.0} |",
            100.0 * copied
        );
        eprintln!("{line}");
        table.push(line);
        Ok(())
    };
    row(("truth", "the held-out emoji themselves"), &Contestant::Truth)?;
    let folder = places.out.join("nearest");
    if folder.exists() {
        let gallery = Gallery::load(&files(&folder)?.1.weights)?;
        row(("nearest", "nearest training emoji"), &Contestant::Nearest(&gallery))?;
        let nearest = |caption: &&str| gallery.nearest(&encoder.encode(caption)).map(|found| found.picture);
        let pictures: Vec<_> = SHEET_CAPTIONS.iter().filter_map(nearest).collect();
        write_sheet(&sheets.join("nearest.png"), &pictures, 8, 2)?;
    }
    for Entry { folder: name, title, settings } in ENTRIES {
        let folder = places.out.join(name);
        if !folder.exists() {
            continue;
        }
        let model = PictureModel::load(&files(&folder)?.1, &cpu)?;
        let steps = settings.steps;
        if guidances.is_empty() || settings.guidance <= 1.0 {
            sheet(&model, &encoder, &SHEET_CAPTIONS, settings, &sheets.join(format!("{name}-{steps}.png")))?;
            row((name, title), &Contestant::Model(&model, settings))?;
            continue;
        }
        for &guidance in guidances {
            let settings = SamplerSettings { guidance, ..settings };
            let path = sheets.join(format!("{name}-{steps}-guidance-{guidance}.png"));
            sheet(&model, &encoder, &SHEET_CAPTIONS, settings, &path)?;
            row((name, &format!("{title}, guidance {guidance}")), &Contestant::Model(&model, settings))?;
        }
    }
    if let Some(path) = json {
        let asked = measures.asked.len();
        let all = json!({ "captions": asked, "pictures_each": seeds, "rows": figures });
        let text = serde_json::to_string_pretty(&all).map_err(Error::json(path))? + "\n";
        std::fs::write(path, text).map_err(Error::io(path))?;
    }
    Ok(table.join("\n"))
}

/// A sheet of a model's pictures of captions, seed 1.
fn sheet(
    model: &PictureModel,
    encoder: &CaptionEncoder,
    captions: &[&str],
    settings: SamplerSettings,
    path: &Path,
) -> Result<(), Error> {
    let draw = |caption: &&str| futures_lite::future::block_on(model.draw(&encoder.encode(caption), 1, settings));
    let pictures = captions.iter().map(draw).collect::<Result<Vec<_>, _>>()?;
    write_sheet(path, &pictures, 8, 2)
}
