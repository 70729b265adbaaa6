//! Remote judges as a host writes them down: one TOML file each, `DATA/judges/NAME.toml`.
//!
//! ```toml
//! name = "Careful judge"
//! base_url = "https://api.example/v1"
//! model = "large-1"
//! key_variable = "JUDGE_KEY"      # the environment variable that holds the key
//! mode = "samples"                # or "verdict", "self-reference"
//! samples = 5
//! ```

use std::{
    fs,
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use plaudit_domain::{JudgeId, JudgeSlug};
use serde::Deserialize;
use serde_json::json;

use super::{
    chat::{AddressError, ChatClient, ChatSettings, Prices, Purse},
    remote::{META, Manner, PAIRWISE, RemoteJudge, TemplateError},
};
use crate::store::{JudgeDetails, JudgePlace, JudgeRow};

/// How often a judge is asked the same, at the most.
const MAX_SAMPLES: u32 = 25;

/// How a remote judge comes to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One verdict.
    Verdict,
    /// So many verdicts; the most frequent counts, and its share is the confidence.
    Samples(NonZeroU32),
    /// It answers the prompt itself first, and compares both with that.
    SelfReference,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ModeWord {
    #[default]
    Verdict,
    Samples,
    SelfReference,
}

/// A remote judge as written down. Fields that do not exist are an error: a typing error must not change a judge.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgeFile {
    name: String,
    #[serde(default)]
    description: String,
    base_url: String,
    model: String,
    #[serde(default)]
    key_variable: Option<String>,
    #[serde(default)]
    mode: ModeWord,
    #[serde(default)]
    samples: Option<u32>,
    #[serde(default)]
    meta: bool,
    #[serde(default)]
    rationale: bool,
    #[serde(default)]
    temperature: Option<f64>,
    #[serde(default = "max_tokens")]
    max_tokens: u32,
    /// A file beside this one.
    #[serde(default)]
    template: Option<PathBuf>,
    #[serde(default)]
    meta_template: Option<PathBuf>,
    #[serde(default = "timeout_seconds")]
    timeout_seconds: f64,
    #[serde(default = "retries")]
    retries: u32,
    #[serde(default = "parallel")]
    parallel: usize,
    #[serde(default)]
    usd_per_million: Prices,
}

fn max_tokens() -> u32 {
    512
}

fn timeout_seconds() -> f64 {
    60.0
}

fn retries() -> u32 {
    4
}

fn parallel() -> usize {
    4
}

/// Why a file describes no judge.
#[derive(Debug, thiserror::Error)]
pub enum JudgeFileError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no TOML, or has other fields.
    #[error("{path}: {source}")]
    Toml {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// Its name is no slug.
    #[error("{0}: the file's name is the judge's: 1 to 80 of a-z, 0-9 and single hyphens, then .toml")]
    Name(PathBuf),
    /// A value makes no sense.
    #[error("{path}: {reason}")]
    Value {
        /// Which file.
        path: PathBuf,
        /// Which value.
        reason: String,
    },
    /// Its template.
    #[error("{path}: {source}")]
    Template {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: TemplateError,
    },
    /// Its address.
    #[error("{path}: {source}")]
    Address {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: AddressError,
    },
}

/// A remote judge, ready to be given a purse.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteSpec {
    path: PathBuf,
    row: JudgeRow,
    settings: ChatSettings,
    manner: Manner,
    parallel: usize,
}

impl RemoteSpec {
    /// Reads a file and its templates.
    ///
    /// # Errors
    /// [`JudgeFileError`].
    pub fn read(path: &Path) -> Result<Self, JudgeFileError> {
        let text = read(path)?;
        let file: JudgeFile = toml::from_str(&text)
            .map_err(|source| JudgeFileError::Toml { path: path.to_owned(), source: Box::new(source) })?;
        let slug: JudgeSlug = path
            .file_stem()
            .and_then(|stem| stem.to_str()?.parse().ok())
            .ok_or_else(|| JudgeFileError::Name(path.to_owned()))?;
        Self::new(path, slug, &file)
    }

    /// A judge without a file: a model behind an address, with everything else as it is by itself.
    ///
    /// # Errors
    /// [`JudgeFileError`].
    pub fn of_model(base_url: &str, model: &str, key_variable: Option<&str>) -> Result<Self, JudgeFileError> {
        let file = JudgeFile {
            name: model.to_owned(),
            description: String::new(),
            base_url: base_url.to_owned(),
            model: model.to_owned(),
            key_variable: key_variable.map(str::to_owned),
            mode: ModeWord::Verdict,
            samples: None,
            meta: false,
            rationale: false,
            temperature: None,
            max_tokens: max_tokens(),
            template: None,
            meta_template: None,
            timeout_seconds: timeout_seconds(),
            retries: retries(),
            parallel: parallel(),
            usd_per_million: Prices::default(),
        };
        Self::new(Path::new("--base-url"), JudgeSlug::from_name(model), &file)
    }

    fn new(path: &Path, slug: JudgeSlug, file: &JudgeFile) -> Result<Self, JudgeFileError> {
        let beside = |name: &Option<PathBuf>, built_in: &str| match name {
            Some(name) => read(&path.with_file_name(name)),
            None => Ok(built_in.to_owned()),
        };
        let (template, meta_template) = (beside(&file.template, PAIRWISE)?, beside(&file.meta_template, META)?);
        let mode = file.checked_mode().map_err(|reason| JudgeFileError::Value { path: path.to_owned(), reason })?;
        let sampled = matches!(mode, Mode::Samples(_));
        let manner = Manner {
            mode,
            // A meta-judge weighs arguments.
            rationale: file.rationale || file.meta,
            meta: file.meta,
            temperature: file.temperature.unwrap_or(if sampled { 0.7 } else { 0.0 }),
            max_tokens: file.max_tokens,
            template,
            meta_template,
        };
        let settings = ChatSettings {
            base_url: file.base_url.clone(),
            model: file.model.clone(),
            key_variable: file.key_variable.clone(),
            timeout: Duration::from_secs_f64(file.timeout_seconds),
            retries: file.retries,
            pause: Duration::from_secs(1),
            prices: file.usd_per_million,
        };
        let row = row(slug, file, &manner);
        Ok(Self { path: path.to_owned(), row, settings, manner, parallel: file.parallel })
    }

    /// Reads all files of a folder, by name; there may be no folder.
    ///
    /// # Errors
    /// [`JudgeFileError`] of the first that describes no judge.
    pub fn read_folder(folder: &Path) -> Result<Vec<Self>, JudgeFileError> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(JudgeFileError::Unreadable { path: folder.to_owned(), source }),
        };
        let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// Who it is.
    pub fn row(&self) -> &JudgeRow {
        &self.row
    }

    /// The judge.
    ///
    /// # Errors
    /// [`JudgeFileError`] when its service may not be asked, its key is missing, or its template does not work.
    pub fn judge(
        &self,
        allowed_hosts: &[String],
        variable: impl Fn(&str) -> Option<String>,
        purse: Arc<Purse>,
    ) -> Result<RemoteJudge, JudgeFileError> {
        let client = ChatClient::new(self.settings.clone(), allowed_hosts, variable)
            .map_err(|source| JudgeFileError::Address { path: self.path.clone(), source })?;
        RemoteJudge::new(self.row.clone(), client, self.manner.clone(), purse, self.parallel)
            .map_err(|source| JudgeFileError::Template { path: self.path.clone(), source })
    }
}

impl JudgeFile {
    fn checked_mode(&self) -> Result<Mode, String> {
        let finite = |value: f64, range: std::ops::RangeInclusive<f64>| value.is_finite() && range.contains(&value);
        if self.temperature.is_some_and(|temperature| !finite(temperature, 0.0..=2.0)) {
            return Err("temperature is a number from 0 to 2".to_owned());
        }
        if !finite(self.timeout_seconds, 0.1..=3600.0) {
            return Err("timeout_seconds is a number from 0.1 to 3600".to_owned());
        }
        let prices = self.usd_per_million;
        if !finite(prices.input, 0.0..=1e6) || !finite(prices.output, 0.0..=1e6) {
            return Err("usd_per_million holds prices that are not negative".to_owned());
        }
        if self.max_tokens == 0 {
            return Err("max_tokens is at least 1".to_owned());
        }
        if self.meta && self.mode != ModeWord::Samples {
            return Err("a meta-judge weighs the votes of mode = \"samples\"".to_owned());
        }
        match (self.mode, self.samples) {
            (ModeWord::Verdict, None) => Ok(Mode::Verdict),
            (ModeWord::SelfReference, None) => Ok(Mode::SelfReference),
            (ModeWord::Samples, samples) => {
                let samples = samples.unwrap_or(5);
                NonZeroU32::new(samples)
                    .filter(|_| (2..=MAX_SAMPLES).contains(&samples))
                    .map(Mode::Samples)
                    .ok_or_else(|| format!("samples is a number from 2 to {MAX_SAMPLES}"))
            }
            (_, Some(_)) => Err("samples needs mode = \"samples\"".to_owned()),
        }
    }
}

fn read(path: &Path) -> Result<String, JudgeFileError> {
    fs::read_to_string(path).map_err(|source| JudgeFileError::Unreadable { path: path.to_owned(), source })
}

/// The version is a digest of all that decides the answers: who changes the template has another version.
fn row(slug: JudgeSlug, file: &JudgeFile, manner: &Manner) -> JudgeRow {
    let digest = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
    let mode = match manner.mode {
        Mode::Verdict => "verdict".to_owned(),
        Mode::Samples(samples) => format!("samples {samples}"),
        Mode::SelfReference => "self-reference".to_owned(),
    };
    let provenance = json!({
        "base_url": file.base_url,
        "model": file.model,
        "mode": mode,
        "meta": manner.meta,
        "rationale": manner.rationale,
        "temperature": manner.temperature,
        "max_tokens": manner.max_tokens,
        "template_blake3": digest(&manner.template),
        "meta_template_blake3": manner.meta.then(|| digest(&manner.meta_template)),
    });
    let version = digest(&provenance.to_string())[..8].to_owned();
    let description = if file.description.is_empty() {
        format!("{} behind an API, asked for its verdict ({mode}).", file.model)
    } else {
        file.description.clone()
    };
    JudgeRow {
        id: JudgeId::of(&slug, &version),
        slug,
        version,
        name: file.name.clone(),
        details: JudgeDetails { place: JudgePlace::Remote, description, provenance },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = "name = \"J\"\nbase_url = \"https://api.example/v1\"\nmodel = \"m\"\n";

    fn written(text: &str) -> Result<RemoteSpec, JudgeFileError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("careful.toml");
        fs::write(&path, text).unwrap();
        fs::write(folder.path().join("mine.md"), "{{ prompt }} {{ first }} {{ second }}").unwrap();
        RemoteSpec::read(&path)
    }

    #[test]
    fn a_changed_template_or_model_is_another_version() {
        let version = |more: &str| written(&format!("{MINIMAL}{more}")).unwrap().row.version;
        let first = version("");
        assert_eq!(first, version("timeout_seconds = 5\nretries = 0"), "how patiently it is asked decides no answer");
        for other in ["template = \"mine.md\"", "temperature = 1", "rationale = true", "mode = \"self-reference\""] {
            assert_ne!(first, version(other), "{other}");
        }
    }

    #[test]
    fn a_mistake_in_the_file_is_told_and_never_passed_over() {
        for (more, expected) in [
            ("sampels = 3", "sampels"),
            ("samples = 3", "needs mode"),
            ("mode = \"samples\"\nsamples = 1", "from 2"),
            ("mode = \"loud\"", "loud"),
            ("meta = true", "meta-judge"),
            ("temperature = 3", "temperature"),
            ("temperature = nan", "temperature"),
            ("timeout_seconds = -1", "timeout"),
            ("template = \"missing.md\"", "missing.md"),
        ] {
            let error = written(&format!("{MINIMAL}{more}\n")).unwrap_err().to_string();
            assert!(error.contains(expected), "{more}: {error}");
        }
    }

    #[test]
    fn a_template_that_hides_an_answer_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("half.md"), "{{ prompt }} {{ first }}").unwrap();
        fs::write(folder.path().join("wrong.md"), "{{ prompt }} {{ first }} {{ secnod }}").unwrap();
        for (template, expected) in [("half.md", "never shows second"), ("wrong.md", "secnod")] {
            let path = folder.path().join("j.toml");
            fs::write(&path, format!("{MINIMAL}template = \"{template}\"\n")).unwrap();
            let purse = Arc::new(Purse::new(None));
            let judge = RemoteSpec::read(&path).unwrap().judge(&["api.example".to_owned()], |_| None, purse);
            let error = judge.err().map(|error| format!("{error:?} {error}")).unwrap_or_default();
            assert!(error.contains(expected), "{error}");
        }
    }
}
