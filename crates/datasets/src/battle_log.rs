//! Vote logs of GenAI-Arena and FastChat: `{"model_a", "model_b", "winner", "judge", "anony", "tstamp", …}`.

mod model_name;

use std::collections::HashMap;

use plaudit_domain::{
    Arena, ArenaSlug, BattleId, Contestant, ContestantKind, ContestantSlug, Outcome, Timestamp, VoterId,
};

use crate::{
    Fault, ImportedVote, Progress, ReadOptions, Reason, Record, emitter::Emitter, input::Input, json_rows::JsonRows,
    names::Names, rejection::clip, repetitions::Repetitions, row::Row,
};
use model_name::{Home, ModelName};

/// Fields whose decoded content is part of a battle's identity; all others count as they stand in the file.
const DECODED: [&str; 4] = ["model_a", "model_b", "winner", "judge"];
/// What a rejection may show: not the judge, whose name may be a network address.
const EXCERPT: [&str; 5] = ["model_a", "model_b", "winner", "anony", "tstamp"];

/// Reads a whole log. `model_a` was shown on the left.
pub(crate) fn read(input: Input<'_>, options: &ReadOptions, out: &mut Emitter<'_>) -> Result<(), Fault> {
    let mut rows = JsonRows::new(input);
    let mut log = Log { arenas: HashMap::new(), repetitions: Repetitions::default() };
    while let Some(raw) = rows.next_row()? {
        let line = raw.progress.line;
        match Row::parse(&raw)? {
            Err(reason) => out.reject(line, reason, "")?,
            Ok(row) => match Battle::of(&row) {
                Ok(battle) => log.emit(&row, battle, options, raw.progress, out)?,
                Err(reason) => out.reject(line, reason, &row.excerpt(&EXCERPT))?,
            },
        }
    }
    Ok(())
}

/// One row, understood.
struct Battle {
    home: Home,
    left: String,
    right: String,
    outcome: Outcome,
    judge: String,
    /// The four decoded fields, in the order of [`DECODED`].
    decoded: [String; 4],
    cast_at: Option<Timestamp>,
    anonymous: Option<bool>,
}

impl Battle {
    fn of(row: &Row<'_>) -> Result<Self, Reason> {
        let (model_a, model_b) = (row.required_name("model_a")?, row.required_name("model_b")?);
        let winner = row.required_text("winner")?;
        let judge = row.required_name("judge")?;
        let (left, right) = (ModelName::of(&model_a, "model_a")?, ModelName::of(&model_b, "model_b")?);
        if left.home != right.home {
            let task = |home: Home| home.task_word().to_owned();
            return Err(Reason::DifferentTasks { left: task(left.home), right: task(right.home) });
        }
        if left.name == right.name {
            return Err(Reason::SelfBattle(clip(left.name, 80)));
        }
        Ok(Self {
            home: left.home,
            left: left.name.to_owned(),
            right: right.name.to_owned(),
            outcome: outcome(&winner)?,
            cast_at: cast_at(row)?,
            anonymous: row.flag("anony")?,
            decoded: [model_a, model_b, winner, judge.clone()],
            judge,
        })
    }
}

fn outcome(winner: &str) -> Result<Outcome, Reason> {
    match winner {
        "model_a" => Ok(Outcome::Left),
        "model_b" => Ok(Outcome::Right),
        "tie" => Ok(Outcome::Tie),
        "tie (bothbad)" | "both_bad" => Ok(Outcome::BothBad),
        other => Err(Reason::UnknownOutcome(clip(other, 80))),
    }
}

fn cast_at(row: &Row<'_>) -> Result<Option<Timestamp>, Reason> {
    let Some(text) = row.number_text("tstamp")? else { return Ok(None) };
    let instant = text.parse().ok().and_then(Timestamp::from_unix_seconds);
    instant.map(Some).ok_or_else(|| Reason::BadTimestamp(clip(text, 40)))
}

/// What has to be remembered from row to row.
struct Log {
    arenas: HashMap<ArenaSlug, Names<String>>,
    repetitions: Repetitions,
}

impl Log {
    fn emit(
        &mut self,
        row: &Row<'_>,
        battle: Battle,
        options: &ReadOptions,
        progress: Progress,
        out: &mut Emitter<'_>,
    ) -> Result<(), Fault> {
        let arena: Arena = battle.home.arena(options.arena.as_ref());
        let slug = arena.slug.clone();
        if !self.arenas.contains_key(&slug) {
            out.record(Record::Arena(arena), progress)?;
        }
        let names = self.arenas.entry(slug.clone()).or_default();
        let left = introduce(names, &slug, &battle.left, progress, out)?;
        let right = introduce(names, &slug, &battle.right, progress, out)?;

        let identity = identity(row, &battle.decoded);
        let parts: Vec<&[u8]> = identity.iter().map(|part| part.as_bytes()).collect();
        let repetition = self.repetitions.next(*BattleId::imported(&slug, &parts, 0).as_bytes());
        let vote = ImportedVote {
            battle: BattleId::imported(&slug, &parts, repetition),
            prompt: None,
            left,
            right,
            left_generation: None,
            right_generation: None,
            outcome: battle.outcome,
            voter: VoterId::imported(&format!("battle-log/{slug}"), &battle.judge),
            cast_at: battle.cast_at,
            anonymous: battle.anonymous,
            arena: slug,
        };
        out.record(Record::Vote(vote), progress)
    }
}

/// All fields of the row, so that only identical rows need a repetition number: names and contents, sorted by name.
fn identity<'b>(row: &'b Row<'_>, decoded: &'b [String; 4]) -> Vec<&'b str> {
    row.fields()
        .flat_map(|(name, raw)| {
            let known = DECODED.iter().position(|field| *field == name);
            [name, known.map_or(raw, |index| decoded[index].as_str())]
        })
        .collect()
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
        let contestant = Contestant {
            slug: slug.clone(),
            name: name.to_owned(),
            kind: ContestantKind::Imported,
            description: String::new(),
            weights: None,
            sampler: None,
            system_prompt: None,
        };
        out.record(Record::Contestant { arena: arena.clone(), contestant }, progress)?;
    }
    Ok(slug)
}
