//! Licences of everything we compile, against the list in deny.toml: the file and the rules of cargo-deny, without
//! the tool, so that the check needs neither an installation nor a network.

use crate::metadata::Metadata;
use anyhow::{Context, Result, anyhow};
use spdx::expression::ExpressionReq;
use spdx::{Expression, Licensee, ParseMode};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// The part of deny.toml that is about licences.
struct Policy {
    allowed: Vec<Licensee>,
    /// Allowed for one package only, by its name.
    exceptions: BTreeMap<String, Vec<Licensee>>,
}

/// All packages whose licence is not allowed, one sentence each. Our own are not asked.
pub(crate) fn violations(metadata: &Metadata, deny: &str) -> Result<Vec<String>> {
    let policy = Policy::parse(deny)?;
    let foreign = metadata.all().filter(|package| !package.is_ours);
    Ok(foreign
        .filter_map(|package| policy.objection(&package.name, &package.version, package.license.as_deref()))
        .collect())
}

impl Policy {
    fn parse(deny: &str) -> Result<Self> {
        let deny: Table = deny.parse().context("deny.toml")?;
        let licenses = deny.get("licenses").and_then(Value::as_table).context("deny.toml has no [licenses]")?;
        let allowed = licensees(licenses.get("allow"))?;
        let mut exceptions = BTreeMap::new();
        for exception in licenses.get("exceptions").and_then(Value::as_array).into_iter().flatten() {
            let name =
                exception.get("crate").and_then(Value::as_str).context("an exception in deny.toml names no crate")?;
            exceptions.insert(name.to_owned(), licensees(exception.get("allow"))?);
        }
        Ok(Self { allowed, exceptions })
    }

    fn objection(&self, name: &str, version: &str, license: Option<&str>) -> Option<String> {
        let Some(license) = license else {
            return Some(format!("{name} {version} names no licence; read it, then add a clarification"));
        };
        let expression = match Expression::parse_mode(license, ParseMode::LAX) {
            Ok(expression) => expression,
            Err(error) => {
                return Some(format!("{name} {version}: {license:?} is no licence expression: {}", error.reason));
            }
        };
        let special = self.exceptions.get(name).map_or(&[][..], Vec::as_slice);
        let is_allowed = |requirement: &spdx::LicenseReq| {
            self.allowed.iter().chain(special).any(|licensee| licensee.satisfies(requirement))
        };
        match expression.evaluate_with_failures(is_allowed) {
            Ok(()) => None,
            Err(failed) => Some(format!("{name} {version}: {license:?} is not allowed: {}", listed(&failed))),
        }
    }
}

fn listed(failed: &[&ExpressionReq]) -> String {
    let names: Vec<String> = failed.iter().map(|failed| failed.req.to_string()).collect();
    names.join(", ")
}

fn licensees(list: Option<&Value>) -> Result<Vec<Licensee>> {
    let list = list.and_then(Value::as_array).context("deny.toml: a list of allowed licences is missing")?;
    let parse = |value: &Value| {
        let name = value.as_str().context("deny.toml: a licence is a string")?;
        Licensee::parse(name).map_err(|error| anyhow!("deny.toml: {name}: {}", error.reason))
    };
    list.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = r#"
        [licenses]
        allow = ["MIT", "Apache-2.0", "Unicode-3.0"]
        exceptions = [{ crate = "cssparser", allow = ["MPL-2.0"] }]
    "#;

    fn objection(name: &str, license: Option<&str>) -> Option<String> {
        Policy::parse(DENY).unwrap().objection(name, "1.0.0", license)
    }

    #[test]
    fn one_of_several_is_enough_and_all_of_several_are_needed() {
        assert_eq!(objection("a", Some("MIT OR GPL-3.0-only")), None);
        assert_eq!(objection("a", Some("(MIT OR Apache-2.0) AND Unicode-3.0")), None);
        assert!(objection("a", Some("MIT AND GPL-3.0-only")).unwrap().contains("GPL-3.0"));
    }

    #[test]
    fn the_old_slash_still_means_or() {
        assert_eq!(objection("a", Some("GPL-2.0-only/Apache-2.0")), None);
    }

    #[test]
    fn an_exception_is_for_one_package() {
        assert_eq!(objection("cssparser", Some("MPL-2.0")), None);
        assert!(objection("other", Some("MPL-2.0")).is_some());
    }

    #[test]
    fn no_licence_or_nonsense_is_an_objection() {
        assert!(objection("a", None).unwrap().contains("names no licence"));
        assert!(objection("a", Some("do what you like")).unwrap().contains("no licence expression"));
    }
}
