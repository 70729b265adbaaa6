use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use anyhow::{Context, bail};
use plaudit_datasets::export::{
    Content, ExportedPrompt, ExportedSide, ExportedVote, Identity, Pseudonyms, Verification, VoteSource, mask_personal,
};
use plaudit_domain::{ArenaId, ArenaSlug, ContestantId, ContestantSlug, GenerationId, PromptId, Task};

use super::{DEFAULT_LICENCE, ExportArgs, Pii};
use crate::language::{self, LanguageTag};
use crate::store::{ArenaRow, ContestantRow, ExportGenerationRow, ExportPromptRow, ExportRow, GenerationStatus};

/// Makes exported votes out of stored ones: the only place that decides what leaves the house.
pub(crate) struct Records {
    arenas: HashMap<ArenaId, KnownArena>,
    contestants: HashMap<ContestantId, Known>,
    pseudonyms: Pseudonyms,
    mask: bool,
    texts: bool,
    withheld: Withheld,
    /// Of each prompt that was met: the same stands in many battles, and is met in every pass.
    languages: HashMap<PromptId, Option<LanguageTag>>,
    /// Of each answer that was met, whether it tells who made it.
    told: HashMap<GenerationId, bool>,
    /// What leaves of each prompt and each answer that was met lately.
    prompts: HashMap<PromptId, ExportedPrompt>,
    answers: HashMap<(GenerationId, PromptId), Answer>,
    /// Of their texts.
    kept_bytes: usize,
}

/// What leaves of an answer.
#[derive(Clone)]
struct Answer {
    id: GenerationId,
    content: Option<Content>,
    seed: Option<u64>,
}

/// Texts that are kept ready. An arena's pool has a tenth of it.
const MOST_KEPT_BYTES: usize = 64 << 20;
/// What an entry takes beside its text, roughly: a picture has none.
const ENTRY_BYTES: usize = 256;

struct KnownArena {
    row: ArenaRow,
    title: Arc<str>,
    license: Arc<str>,
    /// Whether a vote of it was exported.
    used: bool,
}

struct Known {
    slug: ContestantSlug,
    name: Arc<str>,
    family: Option<Arc<str>>,
    identity: Identity,
}

/// Votes that left without some of their texts, because these are not for others to see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Withheld {
    /// On prompts that visitors typed: neither prompt nor answers.
    pub visitor_prompts: u64,
    /// With an answer that a browser made and this server did not make again with the same result.
    pub unverified: u64,
}

impl Withheld {
    pub(super) fn told(self) -> impl Iterator<Item = (&'static str, u64)> {
        [
            ("prompt and answers, because a visitor typed the prompt", self.visitor_prompts),
            ("an answer, because it is not verified", self.unverified),
        ]
        .into_iter()
        .filter(|(_, votes)| *votes > 0)
    }
}

fn is_private(row: &ExportRow) -> bool {
    row.prompt.as_ref().is_some_and(|prompt| prompt.visitor)
}

impl Records {
    pub(crate) fn new(
        arenas: Vec<ArenaRow>,
        contestants: Vec<ContestantRow>,
        pseudonyms: Pseudonyms,
        args: &ExportArgs,
    ) -> Self {
        let arena = |row: ArenaRow| {
            let license = args.licence.as_deref().or(row.license.as_deref()).unwrap_or(DEFAULT_LICENCE);
            (row.id, KnownArena { title: row.title.as_str().into(), license: license.into(), used: false, row })
        };
        let arenas = arenas.into_iter().map(arena).collect();
        let known = |contestant: ContestantRow| {
            let family: Option<Arc<str>> = contestant.details.weights.map(|weights| weights.name.into());
            let names = [Some(contestant.slug.as_str()), Some(contestant.name.as_str()), family.as_deref()];
            let identity = Identity::new(names.into_iter().flatten());
            (contestant.id, Known { slug: contestant.slug, name: contestant.name.into(), family, identity })
        };
        let contestants = contestants.into_iter().map(known).collect();
        let (mask, texts) = (args.pii == Pii::Mask, !args.without_texts);
        Self {
            arenas,
            contestants,
            pseudonyms,
            mask,
            texts,
            withheld: Withheld::default(),
            languages: HashMap::new(),
            told: HashMap::new(),
            prompts: HashMap::new(),
            answers: HashMap::new(),
            kept_bytes: 0,
        }
    }

    /// The contestants with these names, in whatever arena.
    pub(super) fn contestant_ids(&self, slugs: &[ContestantSlug]) -> anyhow::Result<HashSet<ContestantId>> {
        let mut ids = HashSet::new();
        for slug in slugs {
            let before = ids.len();
            ids.extend(self.contestants.iter().filter(|(_, known)| known.slug == *slug).map(|(id, _)| *id));
            if ids.len() == before {
                bail!("there is no contestant {slug}");
            }
        }
        Ok(ids)
    }

    /// The texts of a vote that would leave the house.
    pub(super) fn texts<'r>(&self, row: &'r ExportRow) -> [Option<&'r str>; 3] {
        if !self.texts || is_private(row) {
            return [None; 3];
        }
        let shown = |side: &'r Option<Arc<ExportGenerationRow>>| {
            let text =
                |generation: &&Arc<ExportGenerationRow>| generation.status.is_public() && generation.media.is_none();
            side.as_ref().filter(text).map(|generation| generation.text.as_str())
        };
        [
            row.prompt.as_ref().map(|prompt| prompt.text.as_str()),
            shown(&row.left_generation),
            shown(&row.right_generation),
        ]
    }

    /// The language of the vote's prompt, where it shows and may be told.
    pub(super) fn language(&mut self, row: &ExportRow) -> Option<LanguageTag> {
        let prompt = row.prompt.as_ref().filter(|prompt| !prompt.visitor)?;
        *self.languages.entry(prompt.id).or_insert_with(|| language::of(&prompt.text))
    }

    /// Whether one of the vote's answers tells who made it; `None` where that is not known, because they are no texts or there
    /// are none. Answers that do not leave the house are looked at too: it is those that visitors get to say their names.
    pub(super) fn leaked(&mut self, row: &ExportRow) -> Option<bool> {
        let sides = [(row.left, row.left_generation.as_ref()?), (row.right, row.right_generation.as_ref()?)];
        if sides.iter().any(|(_, generation)| generation.media.is_some()) {
            return None;
        }
        let mut leaked = false;
        for (contestant, generation) in sides {
            let identity = &self.contestants.get(&contestant)?.identity;
            leaked |= *self.told.entry(generation.id).or_insert_with(|| identity.is_told_in(&generation.text));
        }
        Some(leaked)
    }

    pub(super) fn withheld(&self) -> Withheld {
        self.withheld
    }

    /// The licences of the votes so far.
    pub(super) fn licences(&self) -> BTreeSet<String> {
        self.arenas.values().filter(|arena| arena.used).map(|arena| arena.license.to_string()).collect()
    }

    /// What to call the votes so far.
    pub(super) fn title(&self) -> String {
        let mut titles: Vec<&str> =
            self.arenas.values().filter(|arena| arena.used).map(|arena| &*arena.title).collect();
        titles.sort_unstable();
        match titles.as_slice() {
            [one] => format!("{one}: votes"),
            _ => format!("Votes of {} arenas", titles.len()),
        }
    }

    /// The vote as it leaves the house.
    pub(crate) fn of(&mut self, row: &ExportRow) -> anyhow::Result<ExportedVote> {
        let private = is_private(row);
        let (language, leaked) = (self.language(row), self.leaked(row));
        let unverified = [&row.left_generation, &row.right_generation]
            .into_iter()
            .any(|side| side.as_ref().is_some_and(|generation| !generation.status.is_public()));
        self.withheld.visitor_prompts += u64::from(private);
        self.withheld.unverified += u64::from(unverified && !private);
        let arena = self.arenas.get_mut(&row.arena).context("a vote names an arena that there is not")?;
        arena.used = true;
        let (title, license) = (arena.title.clone(), arena.license.clone());
        let (slug, task) = (arena.row.slug.clone(), arena.row.task);
        if self.kept_bytes > MOST_KEPT_BYTES {
            (self.prompts, self.answers, self.kept_bytes) = (HashMap::new(), HashMap::new(), 0);
        }
        let prompt = row.prompt.as_deref().filter(|_| !private).map(|prompt| self.prompt(prompt, &slug, language));
        let prompt_id = prompt.as_ref().map(|prompt| prompt.id);
        let left = self.side(row.left, row.left_generation.as_deref(), prompt_id, task)?;
        let right = self.side(row.right, row.right_generation.as_deref(), prompt_id, task)?;
        Ok(ExportedVote {
            id: row.id,
            origin: row.origin,
            battle: row.battle,
            arena: slug,
            arena_title: title,
            task,
            license,
            left,
            right,
            prompt,
            outcome: row.outcome,
            strength: None,
            cast_at: row.cast_at,
            voter: self.pseudonyms.of(row.voter),
            source: if row.imported { VoteSource::Imported } else { VoteSource::Cast },
            probability: row.probability,
            anonymous: row.anonymous,
            excluded: row.excluded,
            withdrawn: row.withdrawn,
            leaked,
        })
    }

    /// What leaves of a prompt that may.
    fn prompt(&mut self, row: &ExportPromptRow, arena: &ArenaSlug, language: Option<LanguageTag>) -> ExportedPrompt {
        if let Some(known) = self.prompts.get(&row.id) {
            return known.clone();
        }
        // Of a text that was masked the old id would still be a hash to try telephone numbers against.
        let text = self.text(&row.text);
        let id = match row.source {
            Some(source) => PromptId::of_edit(arena, &text, source),
            None => PromptId::of(arena, &text),
        };
        self.kept_bytes += text.len() + ENTRY_BYTES;
        let prompt = ExportedPrompt {
            id,
            digest: ExportedPrompt::digest_of(&text),
            text: Some(text).filter(|_| self.texts),
            category: row.category.as_deref().map(Into::into),
            language: language.map(|tag| tag.as_str().into()),
            source: row.source.filter(|_| self.texts).map(|media| format!("/media/{media}").into()),
        };
        self.prompts.insert(row.id, prompt.clone());
        prompt
    }

    /// What leaves of an answer that may.
    fn answer(&mut self, row: &ExportGenerationRow, contestant: ContestantId, prompt: PromptId, task: Task) -> Answer {
        if let Some(known) = self.answers.get(&(row.id, prompt)) {
            return known.clone();
        }
        let (id, content) = match row.media {
            Some(media) => {
                let address: Arc<str> = format!("/media/{media}").into();
                (GenerationId::of(contestant, prompt, row.details.seed, media.as_bytes()), Content::Media(address))
            }
            None => {
                let text = self.text(&row.text);
                self.kept_bytes += text.len();
                let id = GenerationId::of(contestant, prompt, row.details.seed, text.as_bytes());
                (id, if task == Task::Text { Content::Text(text) } else { Content::Media(text) })
            }
        };
        self.kept_bytes += ENTRY_BYTES;
        let answer = Answer { id, content: self.texts.then_some(content), seed: row.details.seed };
        self.answers.insert((row.id, prompt), answer.clone());
        answer
    }

    fn side(
        &mut self,
        contestant: ContestantId,
        generation: Option<&ExportGenerationRow>,
        prompt: Option<PromptId>,
        task: Task,
    ) -> anyhow::Result<ExportedSide> {
        let verification = generation.map(|generation| match generation.status {
            GenerationStatus::Pooled => Verification::Pooled,
            GenerationStatus::Unchecked => Verification::Unchecked,
            GenerationStatus::Verified => Verification::Verified,
            GenerationStatus::Refuted => Verification::Refuted,
        });
        let shown = generation.zip(prompt).filter(|(generation, _)| generation.status.is_public());
        let answer = shown.map(|(generation, prompt)| self.answer(generation, contestant, prompt, task));
        let (id, content, seed) = match answer {
            Some(Answer { id, content, seed }) => (Some(id), content, seed),
            None => (None, None, None),
        };
        let known = self.contestants.get(&contestant).context("a vote names a contestant that there is not")?;
        let (slug, name, family) = (known.slug.clone(), known.name.clone(), known.family.clone());
        Ok(ExportedSide { contestant: slug, name, family, generation: id, content, seed, verification })
    }

    fn text(&self, text: &str) -> Arc<str> {
        if self.mask { mask_personal(text).into() } else { text.into() }
    }
}
