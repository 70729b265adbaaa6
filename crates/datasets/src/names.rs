use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    hash::Hash,
};

use plaudit_domain::ContestantSlug;

/// The slugs of the contestants of one arena, different for different keys.
///
/// Where two names give one slug (`SDXL Turbo` and `SDXL-Turbo`), the first one seen keeps it and the second gets the
/// beginning of a hash as a suffix: the same file always gives the same slugs.
pub(crate) struct Names<K> {
    slugs: HashMap<K, ContestantSlug>,
    taken: HashSet<ContestantSlug>,
}

impl<K> Default for Names<K> {
    fn default() -> Self {
        Self { slugs: HashMap::new(), taken: HashSet::new() }
    }
}

impl<K: Hash + Eq + Clone + ToString> Names<K> {
    /// The slug of this key, and whether it was seen for the first time.
    pub(crate) fn slug(&mut self, key: &K, name: &str) -> (ContestantSlug, bool) {
        match self.slugs.entry(key.clone()) {
            Entry::Occupied(known) => (known.get().clone(), false),
            Entry::Vacant(place) => {
                let mut slug = ContestantSlug::from_name(name);
                let mut attempt = 0_u32;
                while self.taken.contains(&slug) {
                    slug = with_suffix(name, &key.to_string(), attempt);
                    attempt += 1;
                }
                self.taken.insert(slug.clone());
                place.insert(slug.clone());
                (slug, true)
            }
        }
    }
}

fn with_suffix(name: &str, key: &str, attempt: u32) -> ContestantSlug {
    let hash = blake3::hash(format!("{attempt} {key} {name}").as_bytes()).to_hex();
    let short: String = ContestantSlug::from_name(name).as_str().chars().take(70).collect();
    ContestantSlug::from_name(&format!("{short}-{}", &hash[..8]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_with_one_slug_are_told_apart_the_same_way_every_time() {
        let slugs = || {
            let mut names = Names::<String>::default();
            ["SDXL Turbo", "SDXL-Turbo", "SDXL Turbo", "sdxl_turbo"].map(|name| names.slug(&name.to_owned(), name))
        };
        let [first, second, again, third] = slugs();
        assert_eq!(first.0.as_str(), "sdxl-turbo");
        assert!(second.0.as_str().starts_with("sdxl-turbo-") && second.1);
        assert_eq!(again, (first.0.clone(), false));
        assert!(third.0 != second.0 && third.0 != first.0);
        assert_eq!(slugs()[1].0, second.0);
    }

    #[test]
    fn two_models_of_one_name_stay_two() {
        let mut names = Names::<i64>::default();
        assert_ne!(names.slug(&1, "GPT 4").0, names.slug(&2, "GPT 4").0);
        let long = "a".repeat(80);
        assert_ne!(names.slug(&3, &long).0, names.slug(&4, &long).0);
    }
}
