use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use plaudit_domain::{
    ArenaSlug, BattleId, Content, Contestant, ContestantId, ContestantKind, ContestantSlug, Generation, GenerationId,
    Outcome, Prompt, PromptId, VoterId,
};
use serde_json::value::RawValue;

use super::{
    Visitor,
    battle::{Battle, Fields},
    columns::Dialect,
    conversation::Exchange,
    model_name::Home,
};
use crate::{
    Fault, ImportedVote, Progress, ReadOptions, Reason, Record, emitter::Emitter, names::Names,
    repetitions::Repetitions,
};

/// Gives battles to the sink as records.
pub(super) struct Records<'a, 'e> {
    dialect: Dialect,
    options: &'a ReadOptions,
    out: &'a mut Emitter<'e>,
    arenas: HashMap<ArenaSlug, Names<String>>,
    repetitions: Repetitions,
    /// What was told of conversations.
    prompts: HashSet<PromptId>,
    generations: HashSet<GenerationId>,
}

impl<'a, 'e> Records<'a, 'e> {
    pub(super) fn new(dialect: Dialect, options: &'a ReadOptions, out: &'a mut Emitter<'e>) -> Self {
        let (prompts, generations) = (HashSet::new(), HashSet::new());
        Self {
            dialect,
            options,
            out,
            arenas: HashMap::new(),
            repetitions: Repetitions::default(),
            prompts,
            generations,
        }
    }

    fn generation(
        &mut self,
        arena: &ArenaSlug,
        prompt: PromptId,
        contestant: &ContestantSlug,
        text: String,
        progress: Progress,
    ) -> Result<GenerationId, Fault> {
        let id = GenerationId::of(ContestantId::of(arena, contestant), prompt, None, text.as_bytes());
        if self.generations.insert(id) {
            let contestant = contestant.clone();
            let generation =
                Generation { contestant, content: Content::Text(text), seed: None, tokens: None, finish: None };
            self.out.record(Record::Generation { arena: arena.clone(), prompt, id, generation }, progress)?;
        }
        Ok(id)
    }
}

impl Visitor for Records<'_, '_> {
    const KEEPS_ALL: bool = true;

    fn battle<'r>(&mut self, fields: &impl Fields<'r>, battle: &Battle<'_>, progress: Progress) -> Result<(), Fault> {
        let arena = battle.home.arena(self.options.arena.as_ref());
        let slug = arena.slug.clone();
        if !self.arenas.contains_key(&slug) {
            self.out.record(Record::Arena(arena), progress)?;
        }
        let names = self.arenas.entry(slug.clone()).or_default();
        let left = introduce(names, &slug, battle.left, progress, self.out)?;
        let right = introduce(names, &slug, battle.right, progress, self.out)?;
        let battle_id = match self.dialect {
            Dialect::BattleLog => identify(&mut self.repetitions, &slug, &whole_row(fields, battle)),
            Dialect::Pairwise => {
                let parts = what_it_says(battle);
                identify(&mut self.repetitions, &slug, &parts.each_ref().map(String::as_str))
            }
        };
        // A picture's conversation holds addresses, which are not what was made.
        let exchange = (battle.home == Home::Untold).then(|| Exchange::of(fields.everything())).flatten();
        let (mut prompt, mut left_generation, mut right_generation) = (None, None, None);
        if let Some(Exchange { prompt: text, left: left_text, right: right_text }) = exchange {
            let id = PromptId::of(&slug, &text);
            if self.prompts.insert(id) {
                let prompt = Prompt { text, category: None, source: None };
                self.out.record(Record::Prompt { arena: slug.clone(), prompt }, progress)?;
            }
            prompt = Some(id);
            left_generation = Some(self.generation(&slug, id, &left, left_text, progress)?);
            right_generation = Some(self.generation(&slug, id, &right, right_text, progress)?);
        }
        let vote = ImportedVote {
            origin: None,
            battle: battle_id,
            prompt,
            left,
            right,
            left_generation,
            right_generation,
            outcome: battle.outcome,
            voter: voter_id(&slug, battle.voter),
            cast_at: battle.cast_at,
            anonymous: battle.anonymous,
            arena: slug,
        };
        self.out.record(Record::Vote(vote), progress)
    }

    fn reject(&mut self, progress: Progress, reason: Reason, excerpt: impl FnOnce() -> String) -> Result<(), Fault> {
        self.out.reject(progress.line, reason, &excerpt())
    }
}

/// The pseudonym of a voter. All votes of an arena that name none have one in common, which is nobody's name.
pub(super) fn voter_id(arena: &ArenaSlug, name: Option<&str>) -> VoterId {
    VoterId::imported(&format!("battle-log/{arena}"), name.unwrap_or_default())
}

pub(crate) fn contestant(slug: ContestantSlug, name: &str) -> Contestant {
    Contestant {
        slug,
        name: name.to_owned(),
        kind: ContestantKind::Imported,
        description: String::new(),
        weights: None,
        sampler: None,
        system_prompt: None,
        drawing: None,
        service: None,
    }
}

fn identify(repetitions: &mut Repetitions, arena: &ArenaSlug, parts: &[&str]) -> BattleId {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    let repetition = repetitions.next(*BattleId::imported(arena, &parts, 0).as_bytes());
    BattleId::imported(arena, &parts, repetition)
}

/// All fields of the row, so that only identical rows need a repetition number: names and contents, sorted by name.
/// The texts that are understood count decoded, all others as they stand in the file.
fn whole_row<'b, 'r: 'b>(fields: &'b impl Fields<'r>, battle: &'b Battle<'_>) -> Vec<&'b str> {
    let part = |(name, raw): &'b (Cow<'r, str>, &'r RawValue)| {
        [name.as_ref(), battle.texts.decoded(name).unwrap_or(raw.get())]
    };
    fields.everything().iter().flat_map(part).collect()
}

/// What the row says of the battle, so that the same votes in another kind of file are the same battles.
fn what_it_says(battle: &Battle<'_>) -> [String; 7] {
    let home: Home = battle.home;
    let outcome: Outcome = battle.outcome;
    [
        home.task_word().to_owned(),
        battle.left.to_owned(),
        battle.right.to_owned(),
        outcome.as_str().to_owned(),
        battle.voter.unwrap_or_default().to_owned(),
        battle.cast_at.map_or_else(String::new, |instant| instant.0.to_string()),
        battle.anonymous.map_or_else(String::new, |anonymous| anonymous.to_string()),
    ]
}

fn introduce(
    names: &mut Names<String>,
    arena: &ArenaSlug,
    name: &str,
    progress: Progress,
    out: &mut Emitter<'_>,
) -> Result<ContestantSlug, Fault> {
    let (slug, new) = names.slug(&name.to_owned(), name);
    if new {
        let contestant = contestant(slug.clone(), name);
        out.record(Record::Contestant { arena: arena.clone(), contestant }, progress)?;
    }
    Ok(slug)
}
