//! Licences of rows and of what holds them.

/// The expression of SPDX for rows under these licences together: whoever takes all of them has to keep each.
pub(super) fn together<'l>(licenses: impl IntoIterator<Item = &'l str>) -> String {
    let mut all: Vec<&str> = licenses.into_iter().collect();
    all.sort_unstable();
    all.dedup();
    if let [one] = all.as_slice() {
        return (*one).to_owned();
    }
    // AND binds closer than OR.
    let part = |license: &str| if license.contains(" OR ") { format!("({license})") } else { license.to_owned() };
    all.into_iter().map(part).collect::<Vec<_>>().join(" AND ")
}

/// What Hugging Face's hub calls a licence in the head of a card; `None` where it has no name of its own for it.
pub(super) fn hub_name(license: &str) -> Option<String> {
    const SAME: [&str; 24] = [
        "apache-2.0",
        "bsd-2-clause",
        "bsd-3-clause",
        "cc-by-2.0",
        "cc-by-2.5",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-nc-2.0",
        "cc-by-nc-3.0",
        "cc-by-nc-4.0",
        "cc-by-nc-nd-3.0",
        "cc-by-nc-nd-4.0",
        "cc-by-nc-sa-2.0",
        "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0",
        "cc-by-nd-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc0-1.0",
        "cdla-permissive-2.0",
        "etalab-2.0",
        "mit",
        "unlicense",
        "wtfpl",
    ];
    const OTHERS: [(&str, &str); 3] = [("odc-by-1.0", "odc-by"), ("odbl-1.0", "odbl"), ("pddl-1.0", "pddl")];
    let license = license.to_ascii_lowercase();
    let other = OTHERS.into_iter().find(|(spdx, _)| *spdx == license).map(|(_, name)| name.to_owned());
    if SAME.contains(&license.as_str()) { Some(license) } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_under_several_licences_keep_all_of_them() {
        assert_eq!(together(["MIT", "MIT"]), "MIT");
        assert_eq!(together(["MIT OR Apache-2.0", "CC-BY-4.0"]), "CC-BY-4.0 AND (MIT OR Apache-2.0)");
    }

    #[test]
    fn a_licence_without_a_name_on_the_hub_is_told_apart() {
        assert_eq!(hub_name("CC-BY-4.0").as_deref(), Some("cc-by-4.0"));
        assert_eq!(hub_name("ODbL-1.0").as_deref(), Some("odbl"));
        assert_eq!(hub_name("CC-BY-4.0 AND MIT"), None);
    }
}
