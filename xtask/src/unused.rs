//! Dependencies that no code names, found as cargo-machete does it: by looking for the name in the sources.
//! `[package.metadata.cargo-machete] ignored = [...]` excuses one, as it does there.

use crate::files;
use crate::metadata::{Metadata, Package};
use anyhow::Result;

/// All declared dependencies that no source file names, one sentence each.
pub(crate) fn violations(metadata: &Metadata) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for package in metadata.ours() {
        let sources = sources_of(package)?;
        for name in package.declared.difference(&package.unnamed_on_purpose) {
            if !sources.iter().any(|source| names(source, name)) {
                found.push(format!("{} depends on {name}, and no file of it names that", package.name));
            }
        }
    }
    Ok(found)
}

fn sources_of(package: &Package) -> Result<Vec<String>> {
    let files = files::files_under(&package.folder)?;
    files
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .map(|file| files::read_text(file))
        .collect()
}

/// Whether a source contains the name as a word of its own.
fn names(source: &str, name: &str) -> bool {
    let is_part =
        |character: Option<char>| character.is_some_and(|character| character.is_alphanumeric() || character == '_');
    source.match_indices(name).any(|(start, _)| {
        !is_part(source[..start].chars().next_back()) && !is_part(source[start + name.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_whole_word() {
        assert!(names("use serde::Serialize;", "serde"));
        assert!(names("#[derive(serde::Serialize)]", "serde"));
        assert!(!names("use serde_json::Value;", "serde"));
        assert!(!names("let my_serde = 1;", "serde"));
        assert!(!names("", "serde"));
    }
}
