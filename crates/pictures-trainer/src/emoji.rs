use std::{collections::BTreeMap, io::Read as _, path::Path};

use plaudit_models::{picture::Style, sha256_hex};
use serde_json::Value;

use crate::{
    Error,
    raster::{Frame, Raster, render},
};

/// An archive of emoji, as npm packs it.
struct Archive {
    style: Style,
    file: &'static str,
    sha256: &'static str,
}

const ARCHIVES: [Archive; 2] = [
    // Fluent Emoji by Microsoft, MIT; packed by Iconify.
    Archive {
        style: Style::Fluent,
        file: "iconify-json-fluent-emoji-flat-1.2.6.tgz",
        sha256: "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175",
    },
    // Noto Emoji by Google, Apache-2.0; packed by Iconify.
    Archive {
        style: Style::Noto,
        file: "iconify-json-noto-1.2.9.tgz",
        sha256: "3e918d88fc945c0bb3d468dbace6f88caef67f01c9f0e7bcae0915a042e8f1ad",
    },
];

/// One concept in this many is held out.
const HELD_OUT_ONE_IN: u64 = 10;

/// A picture with its caption.
#[derive(Debug, Clone)]
pub struct Emoji {
    /// The caption: the name in words.
    pub name: String,
    /// What it stands for, the same in both styles: Unicode's code points, or the name where it has none.
    pub concept: String,
    /// One of Unicode's nine groups; empty where the set has none for it.
    pub category: String,
    /// Whose.
    pub style: Style,
    /// Whether no model has seen this concept in training.
    pub held_out: bool,
    /// The picture on nothing.
    pub raster: Raster,
    /// The picture smaller and lower, with room for a hat.
    pub lowered: Raster,
    /// The picture as a hat for another one; hats have it.
    pub worn: Option<Raster>,
}

/// What animals and faces may wear.
const HATS: [&str; 4] = ["top-hat", "womans-hat", "billed-cap", "crown"];

/// All emoji without skin tones.
#[derive(Debug, Clone)]
pub struct EmojiSet {
    /// Fluent first, each style by name.
    pub all: Vec<Emoji>,
    /// SHA-256 of the archives' digests.
    pub sha256: String,
}

impl EmojiSet {
    /// Reads and renders the archives in the folder.
    ///
    /// # Errors
    /// [`Error`] when an archive is missing, another one, or cannot be rendered.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let mut all = Vec::new();
        for archive in &ARCHIVES {
            all.extend(read_archive(archive, folder)?);
        }
        let digests: String = ARCHIVES.iter().map(|archive| archive.sha256).collect();
        Ok(Self { all, sha256: sha256_hex(digests.as_bytes()) })
    }

    /// Those that models learn from.
    pub fn training(&self) -> Vec<&Emoji> {
        self.all.iter().filter(|emoji| !emoji.held_out).collect()
    }

    /// Those that no model has seen, in either style.
    pub fn held_out(&self) -> Vec<&Emoji> {
        self.all.iter().filter(|emoji| emoji.held_out).collect()
    }
}

/// Whether a concept is held out: by its hash, so that a new release of a set moves nothing.
pub fn is_held_out(concept: &str) -> bool {
    let digest = sha256_hex(concept.as_bytes());
    // Sixteen hexadecimal digits are 64 bits.
    u64::from_str_radix(&digest[..16], 16).is_ok_and(|hash| hash.is_multiple_of(HELD_OUT_ONE_IN))
}

fn read_archive(archive: &Archive, folder: &Path) -> Result<Vec<Emoji>, Error> {
    let path = folder.join(archive.file);
    let refused = || Error::Archive { path: path.clone(), sha256: archive.sha256 };
    let bytes = std::fs::read(&path).map_err(|_| refused())?;
    if sha256_hex(&bytes) != archive.sha256 {
        return Err(refused());
    }
    let mut files: BTreeMap<String, Value> = BTreeMap::new();
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
    for entry in tar.entries().map_err(Error::io(&path))? {
        let mut entry = entry.map_err(Error::io(&path))?;
        let name = entry.path().map_err(Error::io(&path))?.display().to_string();
        if ["package/icons.json", "package/chars.json", "package/metadata.json"].contains(&name.as_str()) {
            let mut text = String::new();
            entry.read_to_string(&mut text).map_err(Error::io(&path))?;
            files.insert(name, serde_json::from_str(&text).map_err(Error::json(&path))?);
        }
    }
    let file = |name: &str| {
        let missing = || Error::Content { file: archive.file.to_owned(), what: name.to_owned() };
        files.get(&format!("package/{name}")).ok_or_else(missing)
    };
    let (icons, characters, metadata) = (file("icons.json")?, file("chars.json")?, file("metadata.json")?);
    let object = |value: &Value, what: &str| -> Result<serde_json::Map<String, Value>, Error> {
        let missing = || Error::Content { file: archive.file.to_owned(), what: what.to_owned() };
        value.as_object().cloned().ok_or_else(missing)
    };
    // Name to code points. A later entry is a variant of the same picture; the shortest is the plain one.
    let mut points: BTreeMap<String, String> = BTreeMap::new();
    for (code, name) in object(characters, "characters")? {
        let name = name.as_str().unwrap_or_default().to_owned();
        let code = code.replace("-fe0f", "");
        let shorter = points.get(&name).is_none_or(|known| code.len() < known.len());
        if shorter {
            points.insert(name, code);
        }
    }
    let mut categories: BTreeMap<String, String> = BTreeMap::new();
    for (category, names) in object(&metadata["categories"], "categories")? {
        for name in names.as_array().into_iter().flatten().filter_map(Value::as_str) {
            categories.insert(name.to_owned(), category.clone());
        }
    }
    let side = icons["width"].as_f64().unwrap_or(32.0);
    let mut emoji = Vec::new();
    for (name, icon) in object(&icons["icons"], "icons")? {
        let code = points.get(&name);
        if icon["hidden"].as_bool() == Some(true) || is_toned(&name, code) {
            continue;
        }
        let what = || Error::Content { file: archive.file.to_owned(), what: format!("drawing of {name}") };
        let body = icon["body"].as_str().ok_or_else(what)?;
        let (width, height) = (icon["width"].as_f64().unwrap_or(side), icon["height"].as_f64().unwrap_or(side));
        let concept = code.cloned().unwrap_or_else(|| name.replace('-', " "));
        emoji.push(Emoji {
            held_out: is_held_out(&concept),
            raster: render(&name, body, width, height, Frame::WHOLE)?,
            lowered: render(&name, body, width, height, Frame::LOWERED)?,
            worn: HATS.contains(&name.as_str()).then(|| render(&name, body, width, height, Frame::HAT)).transpose()?,
            category: categories.get(&name).cloned().unwrap_or_default(),
            name: caption(&name),
            concept,
            style: archive.style,
        });
    }
    Ok(emoji)
}

/// The name in words.
fn caption(name: &str) -> String {
    name.replace('-', " ").replace(" facing right", "")
}

/// Whether this is a variant by skin tone: by code point, or by name where a set has no code point for it.
fn is_toned(name: &str, code: Option<&String>) -> bool {
    let tones = ["1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff"];
    let by_code = code.is_some_and(|code| tones.iter().any(|tone| code.split('-').any(|part| part == *tone)));
    let ends = ["-light", "-medium-light", "-medium", "-medium-dark", "-dark"];
    by_code
        || name.contains("skin-tone")
        || name.contains("-tone")
        || (code.is_none() && ends.iter().any(|end| name.ends_with(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skin_tones_are_told_by_code_point_and_by_name() {
        assert!(is_toned("boy-dark", Some(&"1f466-1f3ff".to_owned())));
        assert!(is_toned("boy-dark", None));
        assert!(is_toned("artist-light-skin-tone", None));
        assert!(!is_toned("boy", Some(&"1f466".to_owned())));
        assert!(!is_toned("light-bulb", None));
    }

    #[test]
    fn about_one_concept_in_ten_is_held_out_and_always_the_same() {
        let held_out = (0..5000).filter(|number| is_held_out(&format!("{number:x}"))).count();
        assert!((400..600).contains(&held_out), "{held_out}");
        assert_eq!(is_held_out("1f431"), is_held_out("1f431"));
    }
}
