//! The architecture's invariants that cargo can see: who may depend on whom, and what must be absent.

use crate::metadata::{Metadata, Package};

/// Our packages by layer: each may depend on lower layers only. See DESIGN.md, "The house".
const LAYERS: [(&str, u32); 14] = [
    ("plaudit-domain", 0),
    ("plaudit-trainer", 0),
    ("plaudit-ranking", 1),
    // Boards of people and of judges are those of ranking.
    ("plaudit-agreement", 2),
    ("plaudit-media", 1),
    // Pictures are taken in where they are read.
    ("plaudit-datasets", 2),
    ("plaudit-models", 1),
    ("plaudit-judges", 2),
    ("plaudit-runner", 2),
    // Trains the networks of models.
    ("plaudit-pictures-trainer", 2),
    ("plaudit-recount", 2),
    ("plaudit-app", 3),
    ("plaudit", 4),
    // Builds all of it, and is part of none of it.
    ("xtask", 0),
];

/// Something that must not be compiled into a package.
struct Absence {
    from: &'static [&'static str],
    /// Package names; one that ends in `*` stands for all that start so.
    what: &'static [&'static str],
    why: &'static str,
}

const ABSENCES: [Absence; 4] = [
    Absence {
        from: &["plaudit-domain", "plaudit-ranking", "plaudit-agreement", "plaudit-media"],
        what: &[
            "tokio", "tokio-*", "async-*", "mio", "socket2", "hyper", "reqwest", "sqlx*", "axum*", "leptos*", "web-sys",
        ],
        why: "it does no I/O, is not async, and is the same code on the server and in the browser",
    },
    Absence {
        from: &["plaudit", "plaudit-app", "plaudit-pictures-trainer"],
        what: &[
            "wgpu*",
            "naga*",
            "ash",
            "metal",
            "cudarc",
            "candle-*",
            "cubek*",
            "cubecl",
            "cubecl-wgpu",
            "cubecl-core",
            "cubecl-runtime",
            "cubecl-std",
            "burn-wgpu",
            "burn-cubecl*",
        ],
        why: "a server needs no GPU, nor does training here, and the kernel crates take a quarter of an hour to compile; they belong to the runner",
    },
    Absence {
        from: &["plaudit-app"],
        what: &["burn", "burn-*", "plaudit-models"],
        why: "the page talks to models through the runner's protocol alone",
    },
    Absence {
        from: &["plaudit-app"],
        what: &["sqlx*", "libsqlite3-sys", "nalgebra"],
        why: "pages never see SQL and hold no statistics",
    },
];

/// All that is broken, one sentence each.
pub(crate) fn violations(metadata: &Metadata) -> Vec<String> {
    let mut found = Vec::new();
    for package in metadata.ours() {
        found.extend(wrong_directions(metadata, package));
        if package.name == "plaudit-app" && ["ssr", "hydrate"].iter().all(|feature| package.features.contains(*feature))
        {
            found.push("plaudit-app is compiled with ssr and hydrate at once; some manifest turns both on".to_owned());
        }
    }
    for absence in &ABSENCES {
        for from in absence.from {
            for package in metadata.closure_of(from) {
                if package.name != *from && absence.what.iter().any(|pattern| matches(pattern, &package.name)) {
                    found.push(format!("{from} brings in {} {}: {}", package.name, package.version, absence.why));
                }
            }
        }
    }
    found
}

fn wrong_directions(metadata: &Metadata, package: &Package) -> Vec<String> {
    let Some(layer) = layer_of(&package.name) else {
        return vec![format!("{} has no layer yet; give it one in xtask/src/invariants.rs", package.name)];
    };
    let upwards =
        metadata.our_dependencies_of(package).filter(|other| layer_of(&other.name).is_none_or(|below| below >= layer));
    upwards
        .map(|other| format!("{} depends on {}, against the direction of DESIGN.md", package.name, other.name))
        .collect()
}

fn layer_of(name: &str) -> Option<u32> {
    LAYERS.iter().find(|(known, _)| *known == name).map(|(_, layer)| *layer)
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::graph;

    #[test]
    fn the_house_as_designed_breaks_nothing() {
        let metadata = graph(&[
            ("plaudit", &["plaudit-app", "plaudit-models", "plaudit-ranking", "plaudit-domain", "tokio"]),
            ("plaudit-app", &["plaudit-domain", "plaudit-runner"]),
            ("plaudit-runner", &["plaudit-domain"]),
            ("plaudit-models", &["plaudit-domain", "burn"]),
            ("burn", &["burn-flex", "cubecl-common"]),
            ("burn-flex", &[]),
            ("cubecl-common", &[]),
            ("plaudit-ranking", &["plaudit-domain", "dev:tokio"]),
            ("plaudit-domain", &[]),
            ("tokio", &[]),
        ]);
        assert_eq!(violations(&metadata), Vec::<String>::new());
    }

    #[test]
    fn a_runtime_in_the_domain_is_found_through_others() {
        let metadata = graph(&[("plaudit-domain", &["helper"]), ("helper", &["tokio"]), ("tokio", &[])]);
        let found = violations(&metadata);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("plaudit-domain brings in tokio 1.0.0"), "{found:?}");
    }

    #[test]
    fn gpu_crates_in_the_server_are_found() {
        let metadata = graph(&[("plaudit", &["wgpu-core"]), ("wgpu-core", &[])]);
        assert!(violations(&metadata)[0].contains("wgpu-core"));
    }

    #[test]
    fn a_runner_with_its_worker_turned_on_is_found_in_the_page() {
        let metadata = graph(&[
            ("plaudit-app", &["plaudit-runner"]),
            ("plaudit-runner", &["plaudit-models"]),
            ("plaudit-models", &["burn"]),
            ("burn", &[]),
        ]);
        assert!(violations(&metadata).iter().any(|found| found.starts_with("plaudit-app brings in burn")));
    }

    #[test]
    fn dependencies_point_one_way() {
        let metadata = graph(&[("plaudit-domain", &["plaudit-ranking"]), ("plaudit-ranking", &[])]);
        assert!(violations(&metadata)[0].contains("against the direction"));
        let metadata = graph(&[("plaudit-new", &[])]);
        assert!(violations(&metadata)[0].contains("no layer"));
    }
}
