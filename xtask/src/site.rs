//! The site's folder: what the server sends as it is. Assembled aside and put in place by swapping one link, so that a
//! running server never sees half of it.

use crate::build::Mode;
use crate::files;
use crate::wasm::{NAME, Page};
use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

const COMPRESSIBLE: [&str; 9] = ["js", "mjs", "wasm", "css", "svg", "html", "json", "txt", "webmanifest"];
/// Smaller files gain nothing that a network packet would notice.
const WORTH_COMPRESSING_BYTES: usize = 1024;
const BROTLI_QUALITY: i32 = 11;
/// The largest window of the format proper (16 MiB): whole files fit.
const BROTLI_WINDOW_BITS: i32 = 24;
const GZIP_LEVEL: u32 = 9;

/// What the build made.
pub(crate) struct Parts<'a> {
    pub(crate) page: &'a Page,
    pub(crate) style: &'a str,
}

/// A finished site: the files that every first visit loads.
pub(crate) struct Site {
    pub(crate) wasm: PathBuf,
    pub(crate) script: PathBuf,
    pub(crate) style: PathBuf,
}

/// Names with the hash of their content. Script and wasm share one, because Leptos derives both from one output name.
struct Names {
    output: String,
    style: String,
}

impl Names {
    fn of(script: &[u8], wasm: &[u8], style: &[u8]) -> Self {
        Self {
            output: format!("{NAME}-{}", files::name_hash(&[script, wasm])),
            style: format!("{NAME}-{}.css", files::name_hash(&[style])),
        }
    }

    /// What the server reads to write the page's head.
    fn manifest(&self) -> String {
        let manifest = serde_json::json!({ "output_name": self.output, "css": format!("/pkg/{}", self.style) });
        format!("{manifest:#}\n")
    }
}

/// Assembles the site and swaps it in.
pub(crate) fn assemble(workspace: &Workspace, parts: &Parts<'_>, mode: Mode) -> Result<Site> {
    let script = files::read(&parts.page.script)?;
    let wasm = files::read(&parts.page.wasm)?;
    let names = Names::of(&script, &wasm, parts.style.as_bytes());

    let generations = workspace.target.join("sites");
    let generation = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis().to_string();
    let folder = generations.join(&generation);
    copy_public(&workspace.root.join("public"), &folder)?;
    let package = folder.join("pkg");
    files::write(&package.join(format!("{}.js", names.output)), &script)?;
    files::write(&package.join(format!("{}_bg.wasm", names.output)), &wasm)?;
    files::write(&package.join(&names.style), parts.style)?;
    if let Some(snippets) = &parts.page.snippets {
        copy_tree(snippets, &package.join("snippets"))?;
    }
    files::write(&folder.join("manifest.json"), names.manifest())?;
    if mode == Mode::Release {
        compress(&folder, &workspace.site())?;
    }
    swap(&workspace.site(), Path::new("sites").join(&generation).as_path())?;
    for entry in std::fs::read_dir(&generations)? {
        let entry = entry?;
        if entry.file_name() != generation.as_str() {
            files::remove(&entry.path())?;
        }
    }
    let package = workspace.site().join("pkg");
    Ok(Site {
        wasm: package.join(format!("{}_bg.wasm", names.output)),
        script: package.join(format!("{}.js", names.output)),
        style: package.join(&names.style),
    })
}

/// The file's compressed neighbour: `x.js` has `x.js.br`.
pub(crate) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn copy_public(public: &Path, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    if !public.exists() {
        return Ok(());
    }
    for reserved in ["pkg", "manifest.json"] {
        ensure!(!public.join(reserved).exists(), "public/{reserved} would hide the build's own {reserved}; rename it");
    }
    copy_tree(public, folder)
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for file in files::files_under(from)? {
        files::write(&to.join(file.strip_prefix(from)?), files::read(&file)?)?;
    }
    Ok(())
}

/// Puts a .br and a .gz beside every file that gains from it, taking them from the previous site where the file is the same.
fn compress(folder: &Path, previous: &Path) -> Result<()> {
    let mut work = Vec::new();
    for file in files::files_under(folder)? {
        let content = files::read(&file)?;
        if !is_worth_compressing(&file, content.len()) {
            continue;
        }
        let old = previous.join(file.strip_prefix(folder)?);
        let (old_brotli, old_gzip) = (beside(&old, "br"), beside(&old, "gz"));
        if old_brotli.exists() && old_gzip.exists() && std::fs::read(&old).is_ok_and(|old| old == content) {
            std::fs::copy(old_brotli, beside(&file, "br"))?;
            std::fs::copy(old_gzip, beside(&file, "gz"))?;
        } else {
            work.push((file, content));
        }
    }
    // Brotli's best quality is slow: largest first, one thread a core.
    work.sort_by_key(|(_, content)| std::cmp::Reverse(content.len()));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let worker = || -> Result<()> {
            while let Some((file, content)) = work.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                files::write(&beside(file, "br"), brotli(content)?)?;
                files::write(&beside(file, "gz"), gzip(content)?)?;
            }
            Ok(())
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

fn is_worth_compressing(file: &Path, bytes: usize) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    bytes > WORTH_COMPRESSING_BYTES && extension.is_some_and(|extension| COMPRESSIBLE.contains(&extension))
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW_BITS,
        size_hint: content.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(GZIP_LEVEL));
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

/// Points the link at another generation, in one step.
fn swap(link: &Path, generation: &Path) -> Result<()> {
    if link.is_dir() && !link.is_symlink() {
        files::remove(link)?;
    }
    let new = link.with_extension("new");
    files::remove(&new)?;
    std::os::unix::fs::symlink(generation, &new)?;
    std::fs::rename(&new, link).with_context(|| format!("cannot put {} in place", link.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn script_and_wasm_share_one_hash_and_the_style_sheet_has_its_own() {
        let names = Names::of(b"js", b"wasm", b"css");
        assert_eq!(Names::of(b"js", b"wasm", b"other").output, names.output);
        assert_ne!(Names::of(b"js", b"other", b"css").output, names.output);
        assert_ne!(Names::of(b"other", b"wasm", b"css").output, names.output);
        assert_eq!(Names::of(b"other", b"other", b"css").style, names.style);
    }

    #[test]
    fn the_manifest_is_what_the_server_reads() {
        let names = Names { output: "plaudit-0123456789abcdef".into(), style: "plaudit-fedcba9876543210.css".into() };
        let manifest: serde_json::Value = serde_json::from_str(&names.manifest()).unwrap();
        let expected = serde_json::json!({ "output_name": "plaudit-0123456789abcdef", "css": "/pkg/plaudit-fedcba9876543210.css" });
        assert_eq!(manifest, expected);
    }

    #[test]
    fn compressed_files_hold_the_same_content() {
        let content = "a vote is a vote is a vote\n".repeat(500);
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut &brotli(content.as_bytes()).unwrap()[..], &mut unpacked).unwrap();
        assert_eq!(unpacked, content.as_bytes());
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&gzip(content.as_bytes()).unwrap()[..]).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, content);
    }

    #[test]
    fn small_files_and_pictures_stay_alone() {
        assert!(is_worth_compressing(Path::new("a/plaudit_bg.wasm"), 5000));
        assert!(!is_worth_compressing(Path::new("a/plaudit.css"), 1024));
        assert!(!is_worth_compressing(Path::new("a/picture.webp"), 5000));
        assert_eq!(beside(Path::new("pkg/a.js"), "br"), Path::new("pkg/a.js.br"));
    }

    #[test]
    fn a_swap_replaces_folder_and_link_alike() {
        let folder = std::env::temp_dir().join(format!("plaudit-xtask-swap-{}", std::process::id()));
        for generation in ["1", "2"] {
            files::write(&folder.join("sites").join(generation).join("which"), generation).unwrap();
        }
        let link = folder.join("site");
        files::write(&link.join("which"), "0").unwrap();
        for generation in ["1", "2"] {
            swap(&link, &Path::new("sites").join(generation)).unwrap();
            assert_eq!(files::read_text(&link.join("which")).unwrap(), generation);
        }
        files::remove(&folder).unwrap();
    }
}
