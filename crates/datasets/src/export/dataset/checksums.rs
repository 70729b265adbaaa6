use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use sha2::{Digest, Sha256};

/// SHA-256 of a file, in hexadecimal.
fn digest(path: &Path) -> io::Result<String> {
    let (mut file, mut hasher, mut buffer) = (File::open(path)?, Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            bytes => hasher.update(&buffer[..bytes]),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The lines that `sha256sum -c` checks in that folder: of what is on the disk, and not of what was meant to be.
pub(super) fn manifest(folder: &Path, names: &[String]) -> io::Result<String> {
    let mut lines = String::new();
    for name in names {
        lines.push_str(&digest(&folder.join(name))?);
        lines.push_str("  ");
        lines.push_str(name);
        lines.push('\n');
    }
    Ok(lines)
}
