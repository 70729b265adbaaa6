//! The models that browsers can load from this server: folders with a manifest, beside the page's files or the data.
//!
//! The folders are looked at whenever somebody asks and read again when something in them changed, so that fetching a
//! model needs no restart. A folder whose manifest or files are not what they should be is logged and left out.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use plaudit_app::view_model::live::BrowserModel;
use plaudit_domain::{ManifestError, ModelManifest};

/// The manifest's name in a model's folder.
pub const MANIFEST: &str = "manifest.json";

/// The two files of a reward head.
pub const HEAD_TENSORS: &str = "head.safetensors";
/// What the head says of itself.
pub const HEAD_MANIFEST: &str = "head.json";

/// The comparisons that the head was learned from.
pub const HEAD_VOTES: &str = "votes.safetensors";

/// Its folder in addresses, where no model may have that name.
pub const REWARD_HEAD: &str = "reward-head";

/// Where the reward head of a data folder lies.
pub fn reward_folder(data: &Path) -> PathBuf {
    data.join("judges/reward")
}

/// A model that is there, with every file that its manifest names.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogueModel {
    /// What it says of itself.
    pub manifest: ModelManifest,
    /// Where its files are.
    pub folder: PathBuf,
}

impl CatalogueModel {
    /// As a browser is told of it.
    pub fn for_browsers(&self) -> BrowserModel {
        BrowserModel { manifest: self.manifest.clone(), folder: format!("/models/{}/", self.manifest.name) }
    }

    /// The path of a file that may be served, and its SHA-256 where the manifest tells it. `None` for any other name.
    pub fn file(&self, name: &str) -> Option<(PathBuf, Option<&str>)> {
        if name == MANIFEST {
            return Some((self.folder.join(MANIFEST), None));
        }
        let file = self.manifest.files.iter().find(|file| file.path == name)?;
        Some((self.folder.join(&file.path), Some(&file.sha256)))
    }
}

/// Why a folder is no model.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("{MANIFEST} cannot be read: {0}")]
    Unreadable(std::io::Error),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("the manifest is for a folder of the name {0:?}")]
    OtherName(String),
    #[error("{0} is missing")]
    Missing(String),
    #[error("{path} has {found} bytes, the manifest says {expected}")]
    Size { path: String, found: u64, expected: u64 },
}

/// Path, length and time of change of everything that was looked at: when nothing of it changed, nothing is read.
type Fingerprint = Vec<(PathBuf, u64, Option<SystemTime>)>;

#[derive(Debug, Default)]
struct Found {
    fingerprint: Option<Fingerprint>,
    models: Arc<[CatalogueModel]>,
}

/// The models of one installation.
#[derive(Debug)]
pub struct Catalogue {
    /// The later one wins where both have a model of one name.
    roots: Vec<PathBuf>,
    /// Where `plaudit judge train` leaves its reward head.
    reward: PathBuf,
    found: RwLock<Found>,
}

impl Catalogue {
    /// Over `SITE/models` and `DATA/models`; of two models with one name the data folder's is taken.
    pub fn new(site: &Path, data: &Path) -> Self {
        let roots = vec![site.join("models"), data.join("models")];
        Self { roots, reward: reward_folder(data), found: RwLock::default() }
    }

    /// Over the same folders.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { roots: self.roots.clone(), reward: self.reward.clone(), found: RwLock::default() }
    }

    /// All models, by name.
    pub fn models(&self) -> Arc<[CatalogueModel]> {
        let fingerprint = self.fingerprint();
        {
            let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
            if found.fingerprint.as_ref() == Some(&fingerprint) {
                return found.models.clone();
            }
        }
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        // Whoever waited for the lock finds the work done.
        if found.fingerprint.as_ref() != Some(&fingerprint) {
            *found = Found { models: self.scan(), fingerprint: Some(fingerprint) };
        }
        found.models.clone()
    }

    /// The model of this name.
    pub fn by_name(&self, name: &str) -> Option<CatalogueModel> {
        self.models().iter().find(|model| model.manifest.name == name).cloned()
    }

    /// The model whose weights have this SHA-256.
    pub fn by_digest(&self, sha256: &str) -> Option<CatalogueModel> {
        self.models().iter().find(|model| model.manifest.weights_sha256() == sha256).cloned()
    }

    /// The tensors of the reward head that was trained here, if one was, and its manifest.
    pub fn reward_head(&self) -> Option<(PathBuf, String)> {
        let manifest = fs::read_to_string(self.reward.join(HEAD_MANIFEST)).ok()?;
        Some((self.reward.join(HEAD_TENSORS), manifest))
    }

    /// The comparisons that the reward head was learned from, where they lie beside it.
    pub fn reward_votes(&self) -> Option<PathBuf> {
        Some(self.reward.join(HEAD_VOTES)).filter(|votes| votes.is_file())
    }

    /// Where models are looked for, for error messages.
    pub fn places(&self) -> String {
        self.roots.iter().map(|root| root.display().to_string()).collect::<Vec<_>>().join(" or ")
    }

    /// The models' folders. One without a manifest is a group of them: models that belong together, such as those that draw
    /// and what turns words into vectors for them.
    fn folders(&self) -> impl Iterator<Item = PathBuf> {
        self.roots.iter().flat_map(|root| inside(root)).flat_map(|folder| {
            let group = if folder.join(MANIFEST).is_file() { Vec::new() } else { inside(&folder) };
            if group.is_empty() { vec![folder] } else { group }
        })
    }

    fn fingerprint(&self) -> Fingerprint {
        let stamp = |path: PathBuf| {
            let data = fs::metadata(&path).ok();
            (path, data.as_ref().map_or(0, fs::Metadata::len), data.and_then(|data| data.modified().ok()))
        };
        let files = self.folders().flat_map(|folder| {
            let inside = fs::read_dir(&folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
            let mut inside: Vec<_> = inside.collect();
            inside.sort();
            std::iter::once(folder).chain(inside).map(stamp)
        });
        files.collect()
    }

    fn scan(&self) -> Arc<[CatalogueModel]> {
        let mut models = BTreeMap::new();
        for folder in self.folders() {
            match read(&folder) {
                Ok(model) => {
                    models.insert(model.manifest.name.clone(), model);
                }
                Err(error) => tracing::warn!(%error, folder = %folder.display(), "a model is left out"),
            }
        }
        let names = models.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        tracing::debug!(models = names, "the models were read");
        models.into_values().collect()
    }
}

/// The folders in a folder, by name.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut folders: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

fn read(folder: &Path) -> Result<CatalogueModel, Unusable> {
    let manifest = fs::read_to_string(folder.join(MANIFEST)).map_err(Unusable::Unreadable)?;
    let manifest = ModelManifest::from_json(&manifest)?;
    if folder.file_name().is_none_or(|name| name != manifest.name.as_str()) {
        return Err(Unusable::OtherName(manifest.name));
    }
    for file in &manifest.files {
        let missing = || Unusable::Missing(file.path.clone());
        let data = fs::metadata(folder.join(&file.path)).ok().filter(fs::Metadata::is_file).ok_or_else(missing)?;
        if data.len() != file.bytes {
            return Err(Unusable::Size { path: file.path.clone(), found: data.len(), expected: file.bytes });
        }
    }
    Ok(CatalogueModel { manifest, folder: folder.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(root: &Path, name: &str, title: &str, bytes: &[u8]) {
        let folder = root.join("models").join(name);
        fs::create_dir_all(&folder).unwrap();
        let manifest = serde_json::json!({
            "format": plaudit_domain::MODEL_FORMAT, "name": name, "title": title, "architecture": "llama",
            "parameters": 1, "context": 256, "license": "CC0-1.0", "source": "here",
            "files": [{ "role": "weights", "path": "w.bin", "sha256": "a".repeat(64), "bytes": bytes.len() }],
            "self_check": { "prompt_tokens": [1], "logits": [[2, 0.5]] },
        });
        fs::write(folder.join("w.bin"), bytes).unwrap();
        fs::write(folder.join(MANIFEST), manifest.to_string()).unwrap();
    }

    #[test]
    fn a_model_that_comes_later_is_found_and_the_data_folder_wins() {
        let folder = tempfile::tempdir().unwrap();
        let (site, data) = (folder.path().join("site"), folder.path().join("data"));
        let catalogue = Catalogue::new(&site, &data);
        assert!(catalogue.models().is_empty());
        put(&site, "one", "of the site", b"123");
        assert_eq!(catalogue.by_name("one").unwrap().manifest.title, "of the site");
        put(&data, "one", "of the host", b"1234");
        let model = catalogue.by_name("one").unwrap();
        assert_eq!((model.manifest.title.as_str(), catalogue.models().len()), ("of the host", 1));
        assert!(model.folder.starts_with(&data));
    }

    #[test]
    fn models_in_a_group_are_found_by_their_own_names() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "pictures", "Not a group", b"123");
        let catalogue = Catalogue::new(&folder.path().join("none"), folder.path());
        assert_eq!(catalogue.by_name("pictures").unwrap().manifest.title, "Not a group");
        fs::remove_file(folder.path().join("models/pictures").join(MANIFEST)).unwrap();
        let inner = folder.path().join("models/pictures");
        fs::create_dir_all(inner.join("models")).unwrap();
        put(&inner, "one", "One", b"123");
        fs::rename(inner.join("models/one"), inner.join("one")).unwrap();
        fs::remove_dir(inner.join("models")).unwrap();
        let names: Vec<String> = catalogue.models().iter().map(|model| model.manifest.name.clone()).collect();
        assert_eq!(names, ["one"]);
        assert!(catalogue.by_name("one").unwrap().folder.ends_with("pictures/one"));
    }

    #[test]
    fn a_model_with_half_a_file_is_left_out_until_the_file_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "one", "One", b"123");
        let catalogue = Catalogue::new(&folder.path().join("none"), folder.path());
        fs::write(folder.path().join("models/one/w.bin"), b"12").unwrap();
        assert!(catalogue.models().is_empty());
        fs::write(folder.path().join("models/one/w.bin"), b"123").unwrap();
        assert_eq!(catalogue.models().len(), 1);
    }

    #[test]
    fn only_named_files_have_a_path() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "one", "One", b"123");
        fs::write(folder.path().join("models/one/secret"), b"").unwrap();
        let model = Catalogue::new(&folder.path().join("none"), folder.path()).by_name("one").unwrap();
        assert!(model.file("w.bin").is_some() && model.file(MANIFEST).is_some());
        for name in ["secret", "", ".", "..", "../one/w.bin", "W.BIN"] {
            assert!(model.file(name).is_none(), "{name}");
        }
    }
}
