//! Files of the folder `shared` beside the repository: real votes, for tests only.

use std::path::Path;

/// The text of a file under `shared/data`; `None`, loudly, only when there is no folder `shared` at all.
pub(crate) fn read(name: &str) -> Option<String> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if !shared.exists() {
        eprintln!("SKIPPED: {} does not exist, so nothing was compared with {name}", shared.display());
        return None;
    }
    let path = shared.join("data").join(name);
    Some(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}
