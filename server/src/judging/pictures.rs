//! Judges that look at pictures: whether they show what was asked for, whether they are new, how colourful they are.
//!
//! Each scores a picture by itself and compares, so that none can have a preference for a side.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Instant,
};

use plaudit_agreement::{Answer, Unparsed};
use plaudit_domain::{JudgeId, JudgeSlug, MediaId, Outcome};
use plaudit_models::{
    ModelFiles, device,
    picture::{Caption, CaptionEncoder, Gallery, ImageEncoder, Picture, similarity},
};
use serde_json::json;

use super::{JudgingError, PairAnswer, PairJudge, PairQuestion, Reads};
use crate::{
    engine::{PICTURE_SIDE, Painted},
    media::MediaStore,
    models::Catalogue,
    store::{JudgeDetails, JudgePlace, JudgeRow, JudgmentCost},
};

/// The models, by their names in the catalogue: what brings pictures among captions, what reads captions, and the pictures that
/// models were trained on.
const CLIP: &str = "clip";
const CAPTIONS: &str = "captions";
const TRAINED_ON: &str = "nearest";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Clip,
    Novelty,
    Colourfulness,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Clip, Self::Novelty, Self::Colourfulness];

    fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Clip => &[CLIP, CAPTIONS],
            Self::Novelty => &[CLIP, TRAINED_ON],
            Self::Colourfulness => &[],
        }
    }

    fn slug(self) -> &'static str {
        match self {
            Self::Clip => "emoji-clip",
            Self::Novelty => "novelty",
            Self::Colourfulness => "colourfulness",
        }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Clip => (
                "Emoji-CLIP",
                "Prefers the picture whose vector lies nearer to that of the prompt, by a small encoder trained on emoji and their names.",
            ),
            Self::Novelty => (
                "Novelty",
                "Prefers the picture that is farther from every picture that the models were trained on: a copy is no drawing.",
            ),
            Self::Colourfulness => {
                ("More colourful", "Prefers the more colourful picture (Hasler and Süsstrunk 2003), whatever it shows.")
            }
        }
    }

    /// Scores that are no farther from each other are a tie.
    fn ties_below(self) -> f64 {
        match self {
            Self::Clip | Self::Novelty => 0.01,
            Self::Colourfulness => 1.0,
        }
    }

    fn reads(self) -> Reads {
        match self {
            // Trained on pictures of this size alone.
            Self::Clip | Self::Novelty => Reads::Pictures(Some(PICTURE_SIDE)),
            Self::Colourfulness => Reads::Pictures(None),
        }
    }
}

/// Emoji-CLIP with what it compares with, loaded when the first question is asked.
struct Eyes {
    encoder: ImageEncoder,
    captions: CaptionEncoder,
    /// Of the pictures that models were trained on.
    trained_on: Vec<Caption>,
}

impl Eyes {
    fn load(catalogue: &Catalogue) -> Result<Self, String> {
        let files = |name: &str| {
            let model = catalogue.by_name(name).ok_or_else(|| format!("the model {name} is not here"))?;
            ModelFiles::read(&model.manifest, &model.folder).map_err(|error| error.to_string())
        };
        let encoder = ImageEncoder::load(&files(CLIP)?, &device::cpu()).map_err(|error| error.to_string())?;
        let captions = CaptionEncoder::load(&files(CAPTIONS)?).map_err(|error| error.to_string())?;
        let gallery = Gallery::load(&files(TRAINED_ON)?.weights).map_err(|error| error.to_string())?;
        let pictures: Vec<Picture> = (0..gallery.len()).filter_map(|place| gallery.picture(place)).collect();
        let mut trained_on = Vec::with_capacity(pictures.len());
        for some in pictures.chunks(64) {
            trained_on.extend(encoder.encode_blocking(some, &device::cpu()).map_err(|error| error.to_string())?);
        }
        Ok(Self { encoder, captions, trained_on })
    }

    fn look(&self, painted: &Painted) -> Result<Caption, String> {
        let picture = Picture::new(&painted.rgb).ok_or("it is no picture of 32 by 32 pixels")?;
        let vectors = self.encoder.encode_blocking(&[picture], &device::cpu()).map_err(|error| error.to_string())?;
        vectors.into_iter().next().ok_or_else(|| "the encoder gave nothing".to_owned())
    }
}

/// The colourfulness of Hasler and Süsstrunk, *Measuring colourfulness in natural images* (2003): 0 is grey, above 100 is loud.
fn colourfulness(painted: &Painted) -> f64 {
    let count = (painted.rgb.len() / 3).max(1) as f64;
    let (mut sums, mut squares) = ([0.0; 2], [0.0; 2]);
    for pixel in painted.rgb.chunks_exact(3) {
        let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(f64::from);
        for (place, value) in [red - green, (red + green) / 2.0 - blue].into_iter().enumerate() {
            sums[place] += value;
            squares[place] += value * value;
        }
    }
    let means = sums.map(|sum| sum / count);
    let variance = |place: usize| squares[place] / count - means[place] * means[place];
    (variance(0) + variance(1)).max(0.0).sqrt() + 0.3 * means[0].hypot(means[1])
}

struct PictureJudge {
    row: JudgeRow,
    kind: Kind,
    catalogue: Arc<Catalogue>,
    eyes: Arc<OnceLock<Result<Eyes, String>>>,
    media: MediaStore,
}

/// The judges whose models are here.
pub(super) fn built_in(catalogue: &Catalogue, data: &Path) -> Vec<Arc<dyn PairJudge>> {
    let media = match MediaStore::in_folder(data) {
        Ok(media) => media,
        Err(error) => {
            tracing::error!(%error, "no judge can look at pictures");
            return Vec::new();
        }
    };
    let (catalogue, eyes) = (Arc::new(catalogue.again()), Arc::new(OnceLock::new()));
    let judge = |kind: Kind| {
        let row = row(kind, &catalogue)?;
        let (catalogue, eyes, media) = (catalogue.clone(), eyes.clone(), media.clone());
        Some(Arc::new(PictureJudge { row, kind, catalogue, eyes, media }) as Arc<dyn PairJudge>)
    };
    Kind::ALL.into_iter().filter_map(judge).collect()
}

/// `None` where a model is not here. A judge that looks with other weights is another version.
fn row(kind: Kind, catalogue: &Catalogue) -> Option<JudgeRow> {
    let slug: JudgeSlug = kind.slug().parse().ok()?;
    let (mut version, mut weights) = ("1".to_owned(), serde_json::Map::new());
    for name in kind.needs() {
        let digest = catalogue.by_name(name)?.manifest.weights_sha256().to_owned();
        version.push('.');
        version.push_str(&digest[..8]);
        weights.insert((*name).to_owned(), json!(digest));
    }
    let (name, description) = kind.words();
    let judge = format!("{}/1", kind.slug());
    Some(JudgeRow {
        id: JudgeId::of(&slug, &version),
        slug,
        version,
        name: name.to_owned(),
        details: JudgeDetails {
            place: JudgePlace::Server,
            description: description.to_owned(),
            provenance: json!({ "judge": judge, "weights": weights, "ties_below": kind.ties_below() }),
        },
    })
}

impl PictureJudge {
    fn eyes(&self) -> Result<&Eyes, JudgingError> {
        let unusable =
            |reason: &String| JudgingError::Unusable { judge: self.row.slug.to_string(), reason: reason.clone() };
        self.eyes.get_or_init(|| Eyes::load(&self.catalogue)).as_ref().map_err(unusable)
    }

    /// The inner error leaves this pair without an answer.
    fn score(&self, prompt: &str, painted: &Painted) -> Result<Result<f64, String>, JudgingError> {
        let by = |score: fn(&Eyes, &str, &Caption) -> f64| -> Result<Result<f64, String>, JudgingError> {
            let eyes = self.eyes()?;
            Ok(eyes.look(painted).map(|vector| score(eyes, prompt, &vector)))
        };
        match self.kind {
            Kind::Colourfulness => Ok(Ok(colourfulness(painted))),
            Kind::Clip => by(|eyes, prompt, vector| f64::from(similarity(&eyes.captions.encode(prompt), vector))),
            Kind::Novelty => by(|eyes, _, vector| {
                let nearest = eyes.trained_on.iter().map(|known| similarity(known, vector)).fold(-1.0, f32::max);
                f64::from(1.0 - nearest)
            }),
        }
    }

    /// The pixels of a stored picture.
    fn open(&self, media: MediaId) -> Result<Painted, String> {
        // Judges are asked on threads that may wait.
        let read = self.media.whole(media);
        let file = tokio::runtime::Handle::current().block_on(read).map_err(|error| error.to_string())?;
        let file = file.ok_or("the picture's file is not there")?;
        let (side, _, rgb) =
            plaudit_media::to_rgb(&file, &plaudit_media::Limits::default()).map_err(|refusal| refusal.to_string())?;
        Ok(Painted { side, rgb })
    }
}

impl PairJudge for PictureJudge {
    fn row(&self) -> &JudgeRow {
        &self.row
    }

    fn reads(&self) -> Reads {
        self.kind.reads()
    }

    fn judge(&self, question: &PairQuestion<'_>) -> Result<PairAnswer, JudgingError> {
        let started = Instant::now();
        let cost = |started: Instant| JudgmentCost {
            milliseconds: u64::try_from(started.elapsed().as_millis()).ok(),
            ..JudgmentCost::default()
        };
        let failed = |reason: String| PairAnswer::failed(Unparsed::Failed, reason, cost(started));
        let Some(pictures) = question.pictures else { return Ok(failed("there are no pictures".to_owned())) };
        let mut scores = [0.0; 2];
        for (media, place) in pictures.into_iter().zip(&mut scores) {
            let score = match self.open(media) {
                Ok(painted) => self.score(question.prompt, &painted)?,
                Err(reason) => Err(reason),
            };
            match score {
                Ok(score) => *place = score,
                Err(reason) => return Ok(failed(reason)),
            }
        }
        let [left, right] = scores;
        let answer = if (left - right).abs() <= self.kind.ties_below() {
            Answer::AnyTie
        } else if left > right {
            Answer::Outcome(Outcome::Left)
        } else {
            Answer::Outcome(Outcome::Right)
        };
        Ok(PairAnswer { scores: Some((left, right)), cost: cost(started), ..PairAnswer::plain(answer) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Shown;

    fn plain(colour: [u8; 3], other: [u8; 3]) -> Painted {
        let rgb = (0..1024).flat_map(|pixel| if pixel % 2 == 0 { colour } else { other }).collect();
        Painted { side: 32, rgb }
    }

    #[test]
    fn grey_has_no_colour_and_red_beside_blue_has_more_than_pink() {
        assert!(colourfulness(&plain([90; 3], [200; 3])) < 1e-9);
        let loud = colourfulness(&plain([255, 0, 0], [0, 0, 255]));
        let soft = colourfulness(&plain([255, 220, 220], [255, 230, 230]));
        assert!(loud > 100.0 && soft < 20.0, "{loud} {soft}");
    }

    #[test]
    fn judges_of_emoji_look_at_no_photographs_and_those_of_texts_at_no_picture() {
        let emoji = Kind::Clip.reads();
        let pictures = Shown::Pictures;
        assert!(emoji.can_read(pictures(32)) && !emoji.can_read(pictures(640)) && !emoji.can_read(Shown::Texts));
        assert!(Kind::Colourfulness.reads().can_read(pictures(640)));
        assert!(!Kind::Colourfulness.reads().can_read(Shown::Moving) && Reads::Anything.can_read(Shown::Moving));
        assert!(Reads::Texts.can_read(Shown::Texts) && !Reads::Texts.can_read(pictures(32)));
    }
}
