use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ArenaSlug, ContestantSlug, MediaId, PromptId};

/// What an arena's contestants are asked to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Text for a text prompt.
    Text,
    /// A picture for a text prompt.
    Image,
    /// A changed picture for a picture and an instruction.
    ImageEdit,
    /// A clip for a text prompt.
    Video,
    /// Something to hear, speech above all, for a text prompt.
    Audio,
}

impl Task {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::ImageEdit => "image_edit",
            Self::Video => "video",
            Self::Audio => "audio",
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Task {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::Text, Self::Image, Self::ImageEdit, Self::Video, Self::Audio]
            .into_iter()
            .find(|task| task.as_str() == word)
            .ok_or_else(|| format!("{word:?} is no task: expected text, image, image_edit, video or audio"))
    }
}

/// One task with its own prompts, contestants and board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arena {
    /// Its name in addresses.
    pub slug: ArenaSlug,
    /// Its name for people.
    pub title: String,
    /// What its contestants make.
    pub task: Task,
    /// A sentence or two for a visitor.
    pub description: String,
    /// SPDX expression for its prompts and generations, where known.
    pub license: Option<String>,
}

/// What stands behind a contestant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContestantKind {
    /// A neural language model.
    LanguageModel,
    /// A model that makes pictures or clips.
    ImageModel,
    /// A simple method that a model should beat, labelled as what it is.
    Baseline,
    /// Known only from an imported file.
    Imported,
}

/// A named generator: model, weights and sampler settings. The same weights at two temperatures are two contestants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contestant {
    /// Its name within the arena.
    pub slug: ContestantSlug,
    /// Its name for people.
    pub name: String,
    /// What stands behind it.
    pub kind: ContestantKind,
    /// A sentence for people; may be empty for an imported one.
    #[serde(default)]
    pub description: String,
    /// Where its weights come from, when known.
    #[serde(default)]
    pub weights: Option<Weights>,
    /// How it samples, when known.
    #[serde(default)]
    pub sampler: Option<Sampler>,
    /// What it is told before every prompt.
    #[serde(default)]
    pub system_prompt: Option<String>,
    /// How it draws, when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawing: Option<Box<Drawing>>,
    /// Who makes what it shows, where that is a service and no weights of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Box<Service>>,
}

/// A service that speaks OpenAI's protocol of chat completions and images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Such as `https://api.example/v1`.
    pub base_url: String,
    /// The model's name there.
    pub model: String,
    /// The environment variable that holds the key; never the key. A service on this machine may want none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_variable: Option<String>,
    /// How large pictures are asked for, such as `512x512`; left out the service decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
}

/// How a contestant draws, and with what beside its own weights: the same weights in other steps are another contestant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    /// What turns the prompt into numbers for it.
    pub captions: Weights,
    /// Its steps and their settings.
    pub sampler: PictureSampler,
}

/// The provenance of a contestant's weights, or of a baseline's training text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// File or model name.
    pub name: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SPDX expression or `public domain`.
    pub license: String,
    /// Where it was taken from.
    pub source: String,
}

/// Sampler settings; `None` means that the step is not used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sampler {
    /// Softmax temperature; 0 is greedy.
    pub temperature: Option<f64>,
    /// Keep only the k most likely tokens.
    pub top_k: Option<u32>,
    /// Keep the smallest set of tokens with this probability mass.
    pub top_p: Option<f64>,
    /// Drop tokens less likely than this share of the likeliest.
    pub min_p: Option<f64>,
    /// Divisor for the logits of tokens already used; 1 is none.
    pub repetition_penalty: Option<f64>,
    /// The most tokens it may write.
    pub max_tokens: Option<u32>,
}

/// How a contestant draws.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PictureSampler {
    /// Steps from noise to the picture.
    pub steps: u32,
    /// Classifier-free guidance: 1 draws as it was learned, more exaggerates what was asked for.
    pub guidance: f32,
    /// Whose manner of drawing; none leaves it to the noise.
    pub style: Option<PictureStyle>,
    /// How it changes a picture that it is given; none draws from the words alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit: Option<PictureEdit>,
}

/// How a contestant changes a picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureEdit {
    /// Noise of this level (σ, of pictures with a standard deviation of 0.5) is added and taken away as the words ask (SDEdit).
    Noise(f32),
    /// The picture is followed back to the noise of this level that it would have come from, and forth as the words ask (DDIM
    /// inversion).
    Inversion(f32),
    /// By a model that sees the picture and was trained on instructions.
    Instruction,
}

/// A manner of drawing that models of this repository know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureStyle {
    /// Fluent Emoji, flat.
    Fluent,
    /// Noto Emoji.
    Noto,
}

/// What contestants are asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// The text shown to the voter and given to the contestant.
    pub text: String,
    /// A word such as `story`, where known.
    pub category: Option<String>,
    /// The picture that is to be changed, where the task is to change one.
    #[serde(default)]
    pub source: Option<MediaId>,
}

impl Prompt {
    /// Its content address in this arena.
    pub fn id(&self, arena: &ArenaSlug) -> PromptId {
        match self.source {
            Some(source) => PromptId::of_edit(arena, &self.text, source),
            None => PromptId::of(arena, &self.text),
        }
    }
}

/// What a kept file is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MediaKind {
    /// A still picture.
    #[default]
    #[serde(rename = "image/png")]
    Png,
    /// A clip in ISO media's container.
    #[serde(rename = "video/mp4")]
    Mp4,
    /// A clip in WebM's.
    #[serde(rename = "video/webm")]
    WebM,
    /// Samples as they are.
    #[serde(rename = "audio/wav")]
    Wav,
    /// Opus in Ogg.
    #[serde(rename = "audio/ogg")]
    Opus,
}

impl MediaKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Png, Self::Mp4, Self::WebM, Self::Wav, Self::Opus];

    /// The media type, on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Mp4 => "video/mp4",
            Self::WebM => "video/webm",
            Self::Wav => "audio/wav",
            Self::Opus => "audio/ogg",
        }
    }

    /// The end of its files' names.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Mp4 => "mp4",
            Self::WebM => "webm",
            Self::Wav => "wav",
            Self::Opus => "opus",
        }
    }

    /// Whether it is heard and not seen.
    pub fn is_sound(self) -> bool {
        matches!(self, Self::Wav | Self::Opus)
    }

    /// What a file that is kept here starts like. Of anything else it says nothing that could be relied on.
    pub fn of_start(bytes: &[u8]) -> Self {
        if bytes.get(4..8) == Some(b"ftyp") {
            Self::Mp4
        } else if bytes.starts_with(b"\x1a\x45\xdf\xa3") {
            Self::WebM
        } else if bytes.starts_with(b"RIFF") {
            Self::Wav
        } else if bytes.starts_with(b"OggS") {
            Self::Opus
        } else {
            Self::Png
        }
    }
}

impl FromStr for MediaKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| format!("{word:?} is no kind of media"))
    }
}

/// A picture, clip or sound as it is kept: where it is, and what a page needs to know before it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Its content address.
    pub id: MediaId,
    /// What it is.
    #[serde(default)]
    pub kind: MediaKind,
    /// How long a clip or a sound lasts, in milliseconds; `None` for a picture.
    #[serde(default)]
    pub milliseconds: Option<u32>,
    /// Pixels from left to right; 0 of a sound.
    pub width: u32,
    /// Pixels from top to bottom; 0 of a sound.
    pub height: u32,
    /// Bytes of the file.
    pub bytes: u64,
    /// The same, smaller; `None` where the picture itself is small.
    pub thumbnail: Option<MediaId>,
}

/// What a contestant made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// A text as the contestant wrote it, never rendered.
    Text(String),
    /// A picture, a clip or a sound.
    Picture {
        /// Which.
        media: MediaId,
        /// What is to be seen on it, for those who cannot see it, where somebody wrote that down.
        description: Option<String>,
    },
}

impl Content {
    /// The text, where it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Picture { .. } => None,
        }
    }

    /// The bytes that a generation's content address is made of.
    pub fn address_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Picture { media, .. } => media.as_bytes(),
        }
    }
}

/// Why a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The contestant said it was done.
    Stop,
    /// The token limit was reached.
    Length,
}

/// What one contestant made for one prompt and seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// Who made it.
    pub contestant: ContestantSlug,
    /// What it made.
    pub content: Content,
    /// The seed, where known.
    pub seed: Option<u64>,
    /// Its length in the contestant's own tokens, where known.
    pub tokens: Option<u32>,
    /// Why it ended, where known.
    pub finish: Option<Finish>,
}
