use std::collections::{HashMap, HashSet};

use plaudit_domain::{
    ArenaSlug, Content, Contestant, ContestantId, ContestantSlug, Finish, Generation, GenerationId, Prompt, PromptId,
};
use serde::Deserialize;

use crate::{Fault, Progress, Reason, Record, emitter::Emitter, rejection::clip, row::message};

#[derive(Deserialize)]
struct PromptEntry {
    slug: String,
    text: String,
    category: Option<String>,
}

#[derive(Deserialize)]
struct GenerationEntry {
    contestant: ContestantSlug,
    prompt: String,
    seed: Option<u64>,
    text: String,
    tokens: Option<u32>,
    finish: Option<Finish>,
}

/// The entries read so far, to which later ones refer.
pub(crate) struct Entries {
    arena: ArenaSlug,
    contestants: HashSet<ContestantSlug>,
    prompts: HashMap<String, PromptId>,
    texts: HashMap<PromptId, String>,
    generations: HashSet<GenerationId>,
}

impl Entries {
    pub(crate) fn new(arena: ArenaSlug) -> Self {
        Self {
            arena,
            contestants: HashSet::new(),
            prompts: HashMap::new(),
            texts: HashMap::new(),
            generations: HashSet::new(),
        }
    }

    pub(crate) fn contestant(&mut self, raw: &str, at: Progress, out: &mut Emitter<'_>) -> Result<(), Fault> {
        let checked = parse::<Contestant>(raw, "contestant").and_then(|contestant| {
            if contestant.name.trim().is_empty() {
                Err(Reason::EmptyName { field: "name" })
            } else if !self.contestants.insert(contestant.slug.clone()) {
                Err(Reason::Duplicate { what: format!("contestant {}", contestant.slug) })
            } else {
                Ok(Record::Contestant { arena: self.arena.clone(), contestant })
            }
        });
        emit(checked, raw, at, out)
    }

    pub(crate) fn prompt(&mut self, raw: &str, at: Progress, out: &mut Emitter<'_>) -> Result<(), Fault> {
        let checked = parse::<PromptEntry>(raw, "prompt").and_then(|entry| {
            if entry.slug.trim().is_empty() {
                return Err(Reason::EmptyName { field: "slug" });
            }
            if entry.text.trim().is_empty() {
                return Err(Reason::EmptyText { field: "text" });
            }
            if self.prompts.contains_key(&entry.slug) {
                return Err(Reason::Duplicate { what: format!("prompt {}", clip(&entry.slug, 80)) });
            }
            let id = PromptId::of(&self.arena, &entry.text);
            self.prompts.insert(entry.slug.clone(), id);
            if let Some(first) = self.texts.get(&id) {
                // The slug stays usable: it is another name of the same prompt.
                return Err(Reason::Duplicate { what: format!("prompt with the text of {}", clip(first, 80)) });
            }
            self.texts.insert(id, entry.slug);
            let prompt = Prompt { text: entry.text, category: entry.category, source: None };
            Ok(Record::Prompt { arena: self.arena.clone(), prompt })
        });
        emit(checked, raw, at, out)
    }

    pub(crate) fn generation(&mut self, raw: &str, at: Progress, out: &mut Emitter<'_>) -> Result<(), Fault> {
        let checked = parse::<GenerationEntry>(raw, "generation").and_then(|entry| {
            if !self.contestants.contains(&entry.contestant) {
                return Err(Reason::UnknownReference { kind: "contestant", name: entry.contestant.to_string() });
            }
            let Some(prompt) = self.prompts.get(&entry.prompt).copied() else {
                return Err(Reason::UnknownReference { kind: "prompt", name: clip(&entry.prompt, 80) });
            };
            if entry.text.trim().is_empty() {
                return Err(Reason::EmptyText { field: "text" });
            }
            let contestant = ContestantId::of(&self.arena, &entry.contestant);
            let id = GenerationId::of(contestant, prompt, entry.seed, entry.text.as_bytes());
            if !self.generations.insert(id) {
                let what = format!("generation of {} with the same seed and text", entry.contestant);
                return Err(Reason::Duplicate { what });
            }
            let GenerationEntry { contestant, text, seed, tokens, finish, .. } = entry;
            let generation = Generation { contestant, content: Content::Text(text), seed, tokens, finish };
            Ok(Record::Generation { arena: self.arena.clone(), prompt, id, generation })
        });
        emit(checked, raw, at, out)
    }
}

fn parse<'t, T: Deserialize<'t>>(raw: &'t str, what: &'static str) -> Result<T, Reason> {
    serde_json::from_str(raw).map_err(|error| Reason::Malformed { what, message: clip(&message(&error), 200) })
}

fn emit(checked: Result<Record, Reason>, raw: &str, at: Progress, out: &mut Emitter<'_>) -> Result<(), Fault> {
    match checked {
        Ok(record) => out.record(record, at),
        Err(reason) => out.reject(at.line, reason, raw),
    }
}
