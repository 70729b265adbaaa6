//! What cargo says about packages and who depends on whom.

use crate::process;
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// One package, ours or from a registry.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The licence expression of its manifest.
    pub(crate) license: Option<String>,
    /// Whether it is one of this workspace.
    pub(crate) is_ours: bool,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// The names under which its code sees its declared dependencies, `-` turned into `_`.
    pub(crate) declared: BTreeSet<String>,
    /// Declared dependencies that are knowingly not named in code (`[package.metadata.cargo-machete] ignored`).
    pub(crate) unnamed_on_purpose: BTreeSet<String>,
    /// The features that are on.
    pub(crate) features: BTreeSet<String>,
    /// Ids of what it depends on outside of its tests.
    depends_on: Vec<String>,
}

/// All packages that Cargo.lock and the chosen features bring in.
pub(crate) struct Metadata {
    packages: BTreeMap<String, Package>,
}

/// Which features of our own packages are taken as on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Features {
    /// Those that a build of the whole workspace has.
    Default,
    /// All, for questions about anything that could ever be compiled.
    All,
}

impl Metadata {
    /// Asks cargo; fails when Cargo.lock is not up to date.
    pub(crate) fn load(workspace: &Workspace, features: Features) -> Result<Self> {
        let mut command = workspace.cargo();
        command.args(["metadata", "--format-version=1", "--locked"]);
        if features == Features::All {
            command.arg("--all-features");
        }
        let mut metadata = Self::parse(&process::capture(&mut command)?)?;
        // `cargo metadata` also names what a feature that is off would bring in through another optional dependency
        // (burn's GPU crates, say). `cargo tree` asks the resolver that builds.
        let mut tree = workspace.cargo();
        tree.args(["tree", "--workspace", "--locked", "--target=all", "--prefix=none", "--edges=normal,build,dev"]);
        if features == Features::All {
            tree.arg("--all-features");
        }
        let compiled = process::capture(&mut tree)?;
        metadata.keep(&compiled);
        Ok(metadata)
    }

    /// Leaves out what no line such as `syn v2.0.119 (proc-macro)` names.
    fn keep(&mut self, tree: &str) {
        let compiled: BTreeSet<(&str, &str)> = tree
            .lines()
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                Some((words.next()?, words.next()?.strip_prefix('v')?))
            })
            .collect();
        self.packages.retain(|_, package| compiled.contains(&(package.name.as_str(), package.version.as_str())));
    }

    fn parse(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text)?;
        let mut nodes: BTreeMap<&str, &Value> = BTreeMap::new();
        for node in list(&value["resolve"]["nodes"]) {
            nodes.insert(string(node, "id")?, node);
        }
        let mut packages = BTreeMap::new();
        for package in list(&value["packages"]) {
            let id = string(package, "id")?;
            // Packages for other feature choices are listed, yet no part of the graph.
            if let Some(node) = nodes.get(id) {
                packages.insert(id.to_owned(), self::package(package, node)?);
            }
        }
        Ok(Self { packages })
    }

    /// Every package.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Package> {
        self.packages.values()
    }

    /// The packages of this workspace.
    pub(crate) fn ours(&self) -> impl Iterator<Item = &Package> {
        self.all().filter(|package| package.is_ours)
    }

    /// The packages of this workspace that one of ours names as dependencies, outside of its tests.
    pub(crate) fn our_dependencies_of<'a>(&'a self, package: &'a Package) -> impl Iterator<Item = &'a Package> {
        package.depends_on.iter().filter_map(|id| self.packages.get(id)).filter(|dependency| dependency.is_ours)
    }

    /// All that is compiled for a package of ours, outside of its tests, itself included.
    pub(crate) fn closure_of(&self, name: &str) -> Vec<&Package> {
        let mut open: Vec<&str> = self
            .packages
            .iter()
            .filter(|(_, package)| package.is_ours && package.name == name)
            .map(|(id, _)| id.as_str())
            .collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(id)
                && let Some(package) = self.packages.get(id)
            {
                open.extend(package.depends_on.iter().map(String::as_str));
            }
        }
        seen.into_iter().filter_map(|id| self.packages.get(id)).collect()
    }
}

fn package(package: &Value, node: &Value) -> Result<Package> {
    let manifest = PathBuf::from(string(package, "manifest_path")?);
    let is_test_only = |dependency: &Value| {
        let kinds = list(&dependency["dep_kinds"]);
        !kinds.is_empty() && kinds.iter().all(|kind| kind["kind"] == "dev")
    };
    let declared = list(&package["dependencies"]).iter().filter_map(|dependency| {
        let name = dependency["rename"].as_str().or_else(|| dependency["name"].as_str())?;
        Some(name.replace('-', "_"))
    });
    let depends_on = list(&node["deps"]).iter().filter(|dependency| !is_test_only(dependency));
    Ok(Package {
        name: string(package, "name")?.to_owned(),
        version: string(package, "version")?.to_owned(),
        license: package["license"].as_str().map(str::to_owned),
        is_ours: package["source"].is_null(),
        folder: manifest.parent().context("a manifest lies in a folder")?.to_path_buf(),
        declared: declared.collect(),
        unnamed_on_purpose: strings(&package["metadata"]["cargo-machete"]["ignored"])
            .map(|name| name.replace('-', "_"))
            .collect(),
        features: strings(&node["features"]).collect(),
        depends_on: depends_on.filter_map(|dependency| dependency["pkg"].as_str().map(str::to_owned)).collect(),
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn strings(value: &Value) -> impl Iterator<Item = String> {
    list(value).iter().filter_map(|value| value.as_str().map(str::to_owned))
}

fn string<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key].as_str().with_context(|| format!("cargo metadata has no {key}"))
}

/// A graph for tests: ours are those whose name starts with `plaudit`; `dev:` marks what only tests use.
#[cfg(test)]
pub(crate) fn graph(packages: &[(&str, &[&str])]) -> Metadata {
    let id = |name: &str| format!("{name}@1");
    let nodes: Vec<Value> = packages
        .iter()
        .map(|(name, dependencies)| {
            let deps: Vec<Value> = dependencies
                .iter()
                .map(|dependency| {
                    let kind = if dependency.starts_with("dev:") { "dev".into() } else { Value::Null };
                    serde_json::json!({ "pkg": id(dependency.trim_start_matches("dev:")), "dep_kinds": [{ "kind": kind }] })
                })
                .collect();
            serde_json::json!({ "id": id(name), "deps": deps, "features": [] })
        })
        .collect();
    let packages: Vec<Value> = packages
        .iter()
        .map(|(name, _)| {
            let source = if name.starts_with("plaudit") { Value::Null } else { "registry".into() };
            serde_json::json!({ "id": id(name), "name": name, "version": "1.0.0", "source": source, "manifest_path": "/x/Cargo.toml", "dependencies": [] })
        })
        .collect();
    Metadata::parse(&serde_json::json!({ "packages": packages, "resolve": { "nodes": nodes } }).to_string()).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closure_follows_dependencies_but_not_those_of_tests() {
        let metadata = graph(&[
            ("plaudit-ranking", &["plaudit-domain", "dev:proptest"]),
            ("plaudit-domain", &["serde"]),
            ("serde", &[]),
            ("proptest", &["rand"]),
            ("rand", &[]),
        ]);
        let names: Vec<_> =
            metadata.closure_of("plaudit-ranking").iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["plaudit-domain", "plaudit-ranking", "serde"]);
    }

    #[test]
    fn what_no_build_compiles_is_left_out() {
        let mut metadata = graph(&[("plaudit", &["burn"]), ("burn", &["wgpu"]), ("wgpu", &[])]);
        metadata.keep("plaudit v1.0.0 (/x)\n\nburn v1.0.0\nburn v1.0.0 (*)\nwgpu v2.0.0");
        let names: Vec<_> = metadata.closure_of("plaudit").iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["burn", "plaudit"]);
    }
}
