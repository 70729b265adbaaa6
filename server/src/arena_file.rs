//! Arenas written by hand: one TOML file with an arena, its contestants and its prompts.
//!
//! ```toml
//! [arena]
//! slug = "stories"
//! title = "Bedtime stories"
//! description = "Which one would you rather read?"
//! license = "CC0-1.0"
//!
//! [[contestant]]
//! slug = "tiny-calm"
//! name = "Tiny · T 0.4"
//! model = "tiny"                # of SITE/models or DATA/models; or weights = { name, sha256, bytes, license, source }
//! temperature = 0.5             # 0 is greedy; as top_k, top_p, min_p and repetition_penalty, left out it is not used
//! max_tokens = 140
//!
//! [[contestant]]                # in an arena with task = "image"
//! slug = "diffusion-18"
//! name = "Diffusion, 18 steps"
//! model = "diffusion"
//! captions = "captions"         # the model that reads prompts for it
//! steps = 18
//! guidance = 2.0                # 1 draws as it was learned; left out it is 1
//! style = "noto"                # or "fluent"; left out it is left to chance
//! edit = "noise"                # in an arena with task = "image_edit": or "inversion" or "instruction"
//! level = 1.0                   # of noise, for the first two: more changes more
//!
//! [[contestant]]                # behind an API that speaks OpenAI's protocol, for texts, pictures and edits
//! slug = "large"
//! name = "Large"
//! service = { base_url = "https://api.example/v1", model = "large-1", key_variable = "LARGE_KEY" }
//! max_tokens = 140              # of texts, as temperature, top_p and system_prompt; of pictures service.size = "512x512"
//!
//! [[prompt]]
//! text = "Tell me about a dragon who is afraid of fire."
//! category = "story"
//! ```
//!
//! Reading it again adds what is new. A contestant's settings never change: its votes belong to the settings it had.

use std::{collections::HashMap, fmt, ops::Range, path::Path};

use plaudit_domain::{
    Arena, ArenaSlug, Contestant, ContestantKind, ContestantSlug, ModelManifest, PictureEdit, PictureSampler,
    PictureStyle, Prompt, Sampler, Service, Task, Weights,
};
use serde::Deserialize;
use toml::Spanned;

use crate::store::ContestantRow;

/// An arena as its file describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct ArenaFile {
    /// What errors call the file.
    pub file: String,
    /// The arena.
    pub arena: Arena,
    /// Its contestants.
    pub contestants: Vec<FileContestant>,
    /// Its prompts.
    pub prompts: Vec<Prompt>,
}

/// A contestant as its file describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct FileContestant {
    /// The contestant; its weights stand in it where the file writes them out.
    pub contestant: Contestant,
    /// The name of its model.
    pub model: Option<String>,
    /// How it draws, with the name of the model that reads prompts for it.
    pub drawing: Option<(String, PictureSampler)>,
    /// The line it begins on.
    pub line: usize,
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct ArenaFileError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is no TOML, or has a field that is unknown, missing or of the wrong kind.
    #[error("{message} (in `{text}`)")]
    Unreadable {
        /// What the reader says.
        message: String,
        /// The line.
        text: String,
    },
    /// A value that makes no sense.
    #[error("{field} {expected}")]
    Value {
        /// Of which field.
        field: &'static str,
        /// What it should be, after the field's name.
        expected: String,
    },
    /// The contestant names no weights, or both ways.
    #[error("contestant {slug}: name either a model, or its weights, or a service, {found}")]
    Weights {
        /// Which.
        slug: ContestantSlug,
        /// What was found.
        found: &'static str,
    },
    /// The model is not there.
    #[error(
        "contestant {slug}: model {model:?} is not in {places}. `cargo xtask models fetch {model}` gets those that are \
         known; or write its weights out: weights = {{ name, sha256, bytes, license, source }}"
    )]
    NoModel {
        /// Which contestant.
        slug: ContestantSlug,
        /// Which model.
        model: String,
        /// Where it was looked for.
        places: String,
    },
    /// The contestant exists with other settings.
    #[error(
        "contestant {slug} exists already with another {what}. Its votes belong to what it was: give the changed \
         contestant a new slug"
    )]
    Changed {
        /// Which.
        slug: ContestantSlug,
        /// What differs.
        what: &'static str,
    },
    /// A setting of models that write on one that draws, or the other way round.
    #[error("contestant {slug}: {field} is not for a contestant that {does}")]
    Foreign {
        /// Which.
        slug: ContestantSlug,
        /// The setting.
        field: &'static str,
        /// What it does.
        does: &'static str,
    },
    /// It has to say this.
    #[error("contestant {slug}: {field} is missing")]
    Missing {
        /// Which.
        slug: ContestantSlug,
        /// The setting.
        field: &'static str,
    },
    /// The same thing twice.
    #[error("{what} stands here a second time")]
    Twice {
        /// What.
        what: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTables {
    arena: ArenaTable,
    #[serde(default)]
    contestant: Vec<Spanned<ContestantTable>>,
    #[serde(default)]
    prompt: Vec<Spanned<PromptTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArenaTable {
    slug: ArenaSlug,
    title: Spanned<String>,
    #[serde(default)]
    task: Option<Task>,
    #[serde(default)]
    description: String,
    license: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContestantTable {
    slug: ContestantSlug,
    name: Spanned<String>,
    kind: Option<ContestantKind>,
    #[serde(default)]
    description: String,
    model: Option<String>,
    weights: Option<WeightsTable>,
    service: Option<Spanned<Service>>,
    system_prompt: Option<String>,
    temperature: Option<Spanned<f64>>,
    top_k: Option<Spanned<u32>>,
    top_p: Option<Spanned<f64>>,
    min_p: Option<Spanned<f64>>,
    repetition_penalty: Option<Spanned<f64>>,
    max_tokens: Option<Spanned<u32>>,
    captions: Option<Spanned<String>>,
    steps: Option<Spanned<u32>>,
    guidance: Option<Spanned<f32>>,
    style: Option<PictureStyle>,
    edit: Option<Spanned<EditWord>>,
    level: Option<Spanned<f32>>,
}

/// How a contestant changes pictures.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum EditWord {
    Noise,
    Inversion,
    Instruction,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WeightsTable {
    name: String,
    sha256: Spanned<String>,
    bytes: u64,
    license: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PromptTable {
    text: Spanned<String>,
    category: Option<String>,
}

/// A file's text, to tell lines.
struct Text<'t> {
    name: &'t str,
    text: &'t str,
}

impl Text<'_> {
    fn line(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }

    fn error(&self, span: Range<usize>, problem: Problem) -> ArenaFileError {
        ArenaFileError { file: self.name.to_owned(), line: self.line(span.start), problem }
    }

    fn unreadable(&self, error: &toml::de::Error) -> ArenaFileError {
        let span = error.span().unwrap_or_default();
        let line = self.line(span.start);
        let text = self.text.lines().nth(line - 1).unwrap_or_default().trim().chars().take(80).collect();
        self.error(span, Problem::Unreadable { message: error.message().replace('\n', ", "), text })
    }

    /// A value within limits, or the error that names field and limits.
    fn within<T: Copy + fmt::Display>(
        &self,
        field: &'static str,
        value: Option<Spanned<T>>,
        expected: &str,
        is_right: impl Fn(T) -> bool,
    ) -> Result<Option<T>, ArenaFileError> {
        let Some(value) = value else { return Ok(None) };
        if is_right(*value.get_ref()) {
            return Ok(Some(value.into_inner()));
        }
        let expected = format!("is {}, expected {expected}", value.get_ref());
        Err(self.error(value.span(), Problem::Value { field, expected }))
    }

    fn not_empty(&self, field: &'static str, value: Spanned<String>) -> Result<String, ArenaFileError> {
        if value.get_ref().trim().is_empty() {
            return Err(self.error(value.span(), Problem::Value { field, expected: "is empty".to_owned() }));
        }
        Ok(value.into_inner().trim().to_owned())
    }
}

impl ArenaFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ArenaFileError`] names line and field.
    pub fn parse(name: &str, text: &str) -> Result<Self, ArenaFileError> {
        let source = Text { name, text };
        let tables: FileTables = toml::from_str(text).map_err(|error| source.unreadable(&error))?;
        let ArenaTable { slug, title, task, description, license } = tables.arena;
        let title = source.not_empty("title", title)?;
        let arena = Arena { slug, title, task: task.unwrap_or(Task::Text), description, license };
        let mut contestants: Vec<FileContestant> = Vec::new();
        for table in tables.contestant {
            let span = table.span();
            let one = contestant(&source, arena.task, table)?;
            if contestants.iter().any(|other| other.contestant.slug == one.contestant.slug) {
                let what = format!("contestant {}", one.contestant.slug);
                return Err(source.error(span, Problem::Twice { what }));
            }
            contestants.push(one);
        }
        let mut lines: HashMap<String, usize> = HashMap::new();
        let mut prompts = Vec::new();
        for table in tables.prompt {
            let PromptTable { text, category } = table.into_inner();
            let span = text.span();
            let text = source.not_empty("text", text)?;
            if let Some(first) = lines.insert(text.clone(), source.line(span.start)) {
                let what = format!("the prompt of line {first}");
                return Err(source.error(span, Problem::Twice { what }));
            }
            prompts.push(Prompt { text, category, source: None });
        }
        Ok(Self { file: name.to_owned(), arena, contestants, prompts })
    }

    /// Reads a file from disk.
    ///
    /// # Errors
    /// When it cannot be read, or as [`ArenaFile::parse`].
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        use anyhow::Context;
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        Ok(Self::parse(&name, &text)?)
    }
}

/// The settings of a contestant that writes.
fn sampler(source: &Text<'_>, span: Range<usize>, table: &ContestantTable) -> Result<Sampler, ArenaFileError> {
    let slug = || table.slug.clone();
    let drawn = [("steps", table.steps.is_some()), ("guidance", table.guidance.is_some())];
    let drawn = drawn.into_iter().chain([
        ("style", table.style.is_some()),
        ("captions", table.captions.is_some()),
        ("edit", table.edit.is_some()),
        ("level", table.level.is_some()),
    ]);
    if let Some((field, _)) = drawn.into_iter().find(|(_, is_there)| *is_there) {
        return Err(source.error(span, Problem::Foreign { slug: slug(), field, does: "writes" }));
    }
    if table.max_tokens.is_none() {
        return Err(source.error(span, Problem::Missing { slug: slug(), field: "max_tokens" }));
    }
    Ok(Sampler {
        temperature: source.within("temperature", table.temperature.clone(), "0 (greedy) to 5", |value| {
            (0.0..=5.0).contains(&value)
        })?,
        top_k: source.within("top_k", table.top_k.clone(), "1 or more", |value| value >= 1)?,
        top_p: source
            .within("top_p", table.top_p.clone(), "more than 0, at most 1", |value| value > 0.0 && value <= 1.0)?,
        min_p: source.within("min_p", table.min_p.clone(), "0 to 1", |value| (0.0..=1.0).contains(&value))?,
        repetition_penalty: source.within(
            "repetition_penalty",
            table.repetition_penalty.clone(),
            "1 to 10",
            |value| (1.0..=10.0).contains(&value),
        )?,
        max_tokens: source
            .within("max_tokens", table.max_tokens.clone(), "1 to 4096", |value| (1..=4096).contains(&value))?,
    })
}

/// That nothing is said which only texts need.
fn no_writing(source: &Text<'_>, span: Range<usize>, table: &ContestantTable) -> Result<(), ArenaFileError> {
    let written = [
        ("temperature", table.temperature.is_some()),
        ("top_k", table.top_k.is_some()),
        ("top_p", table.top_p.is_some()),
        ("min_p", table.min_p.is_some()),
        ("repetition_penalty", table.repetition_penalty.is_some()),
        ("max_tokens", table.max_tokens.is_some()),
        ("system_prompt", table.system_prompt.is_some()),
    ];
    match written.into_iter().find(|(_, is_there)| *is_there) {
        Some((field, _)) => {
            Err(source.error(span, Problem::Foreign { slug: table.slug.clone(), field, does: "draws" }))
        }
        None => Ok(()),
    }
}

/// That a contestant behind a service says no more than its protocol has words for.
fn asked(
    source: &Text<'_>,
    span: Range<usize>,
    table: &ContestantTable,
    service: &Spanned<Service>,
) -> Result<(), ArenaFileError> {
    let unknown = [
        ("top_k", table.top_k.is_some()),
        ("min_p", table.min_p.is_some()),
        ("repetition_penalty", table.repetition_penalty.is_some()),
        ("captions", table.captions.is_some()),
        ("steps", table.steps.is_some()),
        ("guidance", table.guidance.is_some()),
        ("style", table.style.is_some()),
        ("edit", table.edit.is_some()),
        ("level", table.level.is_some()),
    ];
    if let Some((field, _)) = unknown.into_iter().find(|(_, is_there)| *is_there) {
        let problem = Problem::Foreign { slug: table.slug.clone(), field, does: "is asked over OpenAI's protocol" };
        return Err(source.error(span, problem));
    }
    let Service { base_url, model, size, .. } = service.get_ref();
    let is_size = |size: &str| {
        let number = |text: &str| text.parse::<u32>().is_ok_and(|pixels| (1..=4096).contains(&pixels));
        size == "auto" || size.split_once('x').is_some_and(|(width, height)| number(width) && number(height))
    };
    let wrong = |field, expected: &str| {
        Err(source.error(service.span(), Problem::Value { field, expected: expected.to_owned() }))
    };
    if base_url.trim().is_empty() {
        return wrong("service.base_url", "is empty");
    }
    if model.trim().is_empty() {
        return wrong("service.model", "is empty");
    }
    if size.as_deref().is_some_and(|size| !is_size(size)) {
        return wrong("service.size", "should be such as 512x512");
    }
    Ok(())
}

/// Those of one that draws.
fn drawing(
    source: &Text<'_>,
    span: Range<usize>,
    task: Task,
    table: &ContestantTable,
) -> Result<(String, PictureSampler), ArenaFileError> {
    let slug = || table.slug.clone();
    no_writing(source, span.clone(), table)?;
    let missing = |field| source.error(span.clone(), Problem::Missing { slug: slug(), field });
    let captions = table.captions.clone().ok_or_else(|| missing("captions"))?;
    let steps = source.within("steps", table.steps.clone(), "1 to 1000", |value| (1..=1000).contains(&value))?;
    let guidance =
        source.within("guidance", table.guidance.clone(), "0 to 20", |value| (0.0..=20.0).contains(&value))?;
    let sampler = PictureSampler {
        steps: steps.ok_or_else(|| missing("steps"))?,
        guidance: guidance.unwrap_or(1.0),
        style: table.style,
        edit: edit(source, span.clone(), task, table)?,
    };
    Ok((source.not_empty("captions", captions)?, sampler))
}

/// How a contestant changes pictures, which all of an arena of edits have to say.
fn edit(
    source: &Text<'_>,
    span: Range<usize>,
    task: Task,
    table: &ContestantTable,
) -> Result<Option<PictureEdit>, ArenaFileError> {
    let slug = || table.slug.clone();
    let foreign =
        |field| source.error(span.clone(), Problem::Foreign { slug: slug(), field, does: "changes no pictures" });
    let missing = |field| source.error(span.clone(), Problem::Missing { slug: slug(), field });
    let level = source
        .within("level", table.level.clone(), "more than 0.01, at most 20", |value| value > 0.01 && value <= 20.0)?;
    match (task, table.edit.as_ref().map(|word| *word.get_ref())) {
        (Task::ImageEdit, None) => Err(missing("edit")),
        (Task::ImageEdit, Some(EditWord::Instruction)) if level.is_some() => {
            let does = "is told what to do and starts from noise alone";
            Err(source.error(span, Problem::Foreign { slug: slug(), field: "level", does }))
        }
        (Task::ImageEdit, Some(EditWord::Instruction)) => Ok(Some(PictureEdit::Instruction)),
        (Task::ImageEdit, Some(EditWord::Noise)) => {
            Ok(Some(PictureEdit::Noise(level.ok_or_else(|| missing("level"))?)))
        }
        (Task::ImageEdit, Some(EditWord::Inversion)) => {
            Ok(Some(PictureEdit::Inversion(level.ok_or_else(|| missing("level"))?)))
        }
        (_, Some(_)) => Err(foreign("edit")),
        (_, None) if level.is_some() => Err(foreign("level")),
        (_, None) => Ok(None),
    }
}

fn contestant(
    source: &Text<'_>,
    task: Task,
    table: Spanned<ContestantTable>,
) -> Result<FileContestant, ArenaFileError> {
    let span = table.span();
    let table = table.into_inner();
    let named = [table.model.is_some(), table.weights.is_some(), table.service.is_some()];
    let found = match named.into_iter().filter(|is_there| *is_there).count() {
        0 => Some("not none of them"),
        1 => None,
        _ => Some("not several of them"),
    };
    if let Some(found) = found {
        return Err(source.error(span, Problem::Weights { slug: table.slug, found }));
    }
    let (sampler, drawing) = match (task, &table.service) {
        (Task::Text, None) => (Some(sampler(source, span.clone(), &table)?), None),
        (Task::Text, Some(service)) => {
            asked(source, span.clone(), &table, service)?;
            (Some(sampler(source, span.clone(), &table)?), None)
        }
        (_, Some(service)) => {
            asked(source, span.clone(), &table, service)?;
            no_writing(source, span.clone(), &table)?;
            (None, None)
        }
        (_, None) => (None, Some(drawing(source, span.clone(), task, &table)?)),
    };
    let usual = if task == Task::Text { ContestantKind::LanguageModel } else { ContestantKind::ImageModel };
    let weights = match table.weights {
        Some(WeightsTable { name, sha256, bytes, license, source: origin }) => {
            let is_digest =
                |text: &str| text.len() == 64 && text.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
            if !is_digest(sha256.get_ref()) {
                let expected = "is not 64 lower-case hexadecimal digits".to_owned();
                return Err(source.error(sha256.span(), Problem::Value { field: "sha256", expected }));
            }
            Some(Weights { name, sha256: sha256.into_inner(), bytes, license, source: origin })
        }
        None => None,
    };
    let contestant = Contestant {
        slug: table.slug,
        name: source.not_empty("name", table.name)?,
        kind: table.kind.unwrap_or(usual),
        description: table.description,
        weights,
        sampler,
        system_prompt: table.system_prompt.filter(|prompt| !prompt.trim().is_empty()),
        drawing: None,
        service: table.service.map(|service| Box::new(service.into_inner())),
    };
    Ok(FileContestant { contestant, model: table.model, drawing, line: source.line(span.start) })
}

/// A model's weights as a contestant names them.
pub fn weights_of(manifest: &ModelManifest) -> Weights {
    Weights {
        name: manifest.name.clone(),
        sha256: manifest.weights_sha256().to_owned(),
        bytes: manifest.bytes(),
        license: manifest.license.clone(),
        source: manifest.source.clone(),
    }
}

/// What a stored contestant has otherwise than the file says. Names and descriptions may differ: they decide nothing.
pub fn difference(stored: &ContestantRow, wanted: &Contestant) -> Option<&'static str> {
    let details = &stored.details;
    let digest = |weights: &Option<Weights>| weights.as_ref().map(|weights| weights.sha256.clone());
    // Without weights in the file and without the model, there is nothing to compare.
    if wanted.weights.is_some() && digest(&details.weights) != digest(&wanted.weights) {
        return Some("digest of its weights");
    }
    if details.sampler != wanted.sampler {
        return Some("sampler");
    }
    // Where the model that reads its prompts is not there, its file says no more than its name.
    if wanted.drawing.is_some() && details.drawing != wanted.drawing {
        return Some("way to draw");
    }
    if details.service != wanted.service {
        return Some("service");
    }
    (details.system_prompt != wanted.system_prompt).then_some("system prompt")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[arena]
slug = "stories"
title = "Stories"

[[contestant]]
slug = "calm"
name = "Calm"
model = "tiny"
temperature = 0.5
max_tokens = 140

[[prompt]]
text = "Tell me a story."
"#;

    fn error(text: &str) -> String {
        ArenaFile::parse("stories.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn a_file_becomes_an_arena() {
        let file = ArenaFile::parse("stories.toml", GOOD).unwrap();
        assert_eq!((file.arena.title.as_str(), file.arena.task), ("Stories", Task::Text));
        let one = &file.contestants[0];
        assert_eq!((one.line, one.model.as_deref()), (6, Some("tiny")));
        let sampler = one.contestant.sampler.as_ref().unwrap();
        assert_eq!((sampler.temperature, sampler.top_k, sampler.max_tokens), (Some(0.5), None, Some(140)));
        assert_eq!(file.prompts.len(), 1);
    }

    #[test]
    fn errors_name_file_line_and_field() {
        for (from, to, line, words) in [
            ("temperature = 0.5", "temprature = 0.5", 10, "temprature"),
            ("temperature = 0.5", "temperature = \"hot\"", 10, "temperature"),
            ("temperature = 0.5", "temperature = -1.0", 10, "temperature"),
            ("temperature = 0.5", "temperature = 0.5\ntop_p = 1.5", 11, "top_p"),
            ("max_tokens = 140", "max_tokens = 0", 11, "max_tokens"),
            ("max_tokens = 140", "", 6, "max_tokens"),
            ("slug = \"calm\"", "slug = \"Not A Slug\"", 7, "slug"),
            ("name = \"Calm\"", "name = \" \"", 8, "name"),
            ("model = \"tiny\"", "", 6, "model"),
            ("model = \"tiny\"", "service = { base_url = \"\", model = \"m\" }", 9, "service.base_url"),
            ("model = \"tiny\"", "service = { base_url = \"https://x/v1\", model = \"m\", key = \"k\" }", 9, "key"),
            (
                "model = \"tiny\"",
                "model = \"tiny\"\nservice = { base_url = \"https://x/v1\", model = \"m\" }",
                6,
                "several",
            ),
            ("model = \"tiny\"", "top_k = 4\nservice = { base_url = \"https://x/v1\", model = \"m\" }", 6, "top_k"),
            ("title = \"Stories\"", "title = \"Stories", 4, "title"),
            ("text = \"Tell", "texts = \"Tell", 14, "texts"),
            ("[[prompt]]", "[[prompts]]", 13, "prompts"),
            ("[[prompt]]", "[[prompt]]\ntext = \"Tell me a story.\"\n[[prompt]]", 16, "line 14"),
        ] {
            let said = error(&GOOD.replacen(from, to, 1));
            assert!(said.starts_with(&format!("stories.toml:{line}: ")) && said.contains(words), "{to}: {said}");
        }
    }

    #[test]
    fn a_contestant_twice_is_an_error() {
        let block = GOOD[GOOD.find("[[contestant]]").unwrap()..GOOD.find("[[prompt]]").unwrap()].to_owned();
        let said = error(&GOOD.replacen("[[prompt]]", &format!("{block}[[prompt]]"), 1));
        assert!(said.contains("calm") && said.contains("second time"), "{said}");
    }
}
