//! The compressed copies beside the site's files, which the server sends as they are.

use crate::files;
use anyhow::Result;
use std::io::Write;
use std::path::{Path, PathBuf};

const COMPRESSIBLE: [&str; 9] = ["js", "mjs", "wasm", "css", "svg", "html", "json", "txt", "webmanifest"];
/// Smaller files gain nothing that a network packet would notice.
const WORTH_COMPRESSING_BYTES: usize = 1024;
/// What visitors get: for the runner's megabytes, half a minute for a tenth less to download.
pub(crate) const BEST: i32 = 11;
/// What tests get.
pub(crate) const QUICK: i32 = 9;
/// The largest window of the format proper (16 MiB): whole files fit.
const BROTLI_WINDOW_BITS: i32 = 24;
const GZIP_LEVEL: u32 = 9;

/// The file's compressed neighbour: `x.js` has `x.js.br`.
pub(crate) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

/// Puts a .br and a .gz beside every file that gains from it and has none, taking them from the previous tree where the file
/// is the same.
pub(crate) fn tree(folder: &Path, previous: &Path, brotli_quality: i32) -> Result<()> {
    let mut work = Vec::new();
    for file in files::files_under(folder)? {
        if beside(&file, "br").exists() && beside(&file, "gz").exists() {
            continue;
        }
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
                files::write(&beside(file, "br"), brotli(content, brotli_quality)?)?;
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

fn brotli(content: &[u8], quality: i32) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality,
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn compressed_files_hold_the_same_content() {
        let content = "a vote is a vote is a vote\n".repeat(500);
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut &brotli(content.as_bytes(), BEST).unwrap()[..], &mut unpacked).unwrap();
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
}
