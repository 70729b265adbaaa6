use std::collections::HashMap;

use csv::StringRecord;
use plaudit_domain::{ArenaSlug, BattleId, Contestant, ContestantSlug, Outcome, VoterId};

use super::{
    csv_guard::{self, CsvGuard},
    tables::{Announced, Generations, Models, Prompts, contestant},
};
use crate::{
    Fault, ImportedVote, Progress, Reason, Record, emitter::Emitter, input::Input, names::Names, rejection::clip,
    repetitions::Repetitions,
};

/// Reads crowd comparisons. `model_x` was shown on the left.
///
/// Workers who saw the same models in the same order for the same prompt share one battle; should a worker have
/// answered it twice, the second answer is a battle of its own. Battles do not depend on the other files.
pub(crate) fn read(
    input: Input<'_>,
    arena: &ArenaSlug,
    prompts: Option<&Prompts>,
    models: Option<Models>,
    generations: &Generations,
    out: &mut Emitter<'_>,
) -> Result<(), Fault> {
    let (taken, gzip) = (input.taken(), input.is_gzip());
    let guard = CsvGuard::new(input);
    let lines = guard.record_lines();
    let fail = |error, line| csv_guard::fault(error, line, gzip);
    let mut reader = csv::Reader::from_reader(guard);
    let columns = match reader.headers() {
        Ok(headers) => Columns::of(headers)?,
        Err(error) => return Err(fail(error, lines.next())),
    };
    lines.next();
    let mut contestants = Contestants::new(models);
    let mut announced = Announced::default();
    let mut repetitions = Repetitions::default();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| fail(error, lines.next()))? {
        let line = lines.next();
        let progress = Progress { line, bytes: taken.bytes() };
        let cells = Cells { record: &record, columns: &columns };
        let comparison = Comparison::of(&cells).and_then(|comparison| {
            let prompt = match prompts {
                Some(prompts) => {
                    Some(prompts.get(&comparison.prompt).ok_or_else(|| unknown("prompt", comparison.prompt))?)
                }
                None => None,
            };
            // Both before either is announced: a row that is left out introduces nobody.
            let left = contestants.get(comparison.model_x, comparison.left)?;
            let right = contestants.get(comparison.model_y, comparison.right)?;
            Ok((comparison, prompt, left, right))
        });
        let (comparison, prompt, left, right) = match comparison {
            Ok(parsed) => parsed,
            Err(reason) => {
                out.reject(line, reason, &cells.excerpt())?;
                continue;
            }
        };
        announced.contestant(arena, &left, progress, out)?;
        announced.contestant(arena, &right, progress, out)?;
        if let Some((id, prompt)) = prompt {
            announced.prompt(arena, *id, prompt, progress, out)?;
        }
        let ids = [comparison.prompt, comparison.model_x, comparison.model_y].map(|id| id.to_string());
        let parts: Vec<&[u8]> = ids.iter().map(String::as_bytes).collect();
        let with_worker: Vec<&[u8]> = parts.iter().copied().chain([comparison.worker.as_bytes()]).collect();
        let repetition = repetitions.next(*BattleId::imported(arena, &with_worker, 0).as_bytes());
        let generation = |model| generations.get(&(model, comparison.prompt)).copied();
        let vote = ImportedVote {
            arena: arena.clone(),
            battle: BattleId::imported(arena, &parts, repetition),
            prompt: prompt.map(|(id, _)| *id),
            left: left.slug,
            right: right.slug,
            left_generation: generation(comparison.model_x),
            right_generation: generation(comparison.model_y),
            outcome: comparison.outcome,
            voter: VoterId::imported(&format!("llmfao/{arena}"), comparison.worker),
            cast_at: None,
            anonymous: None,
        };
        out.record(Record::Vote(vote), progress)?;
    }
    Ok(())
}

const COLUMNS: [&str; 7] = ["prompt", "model_x", "model_y", "worker", "winner", "left", "right"];

/// Where each of the columns stands.
struct Columns(HashMap<&'static str, usize>);

impl Columns {
    fn of(headers: &StringRecord) -> Result<Self, Fault> {
        let place = |name: &str| headers.iter().position(|header| header == name);
        let found: HashMap<_, _> = COLUMNS.into_iter().filter_map(|name| Some((name, place(name)?))).collect();
        let missing: Vec<_> = COLUMNS.into_iter().filter(|name| !found.contains_key(name)).map(str::to_owned).collect();
        if missing.is_empty() { Ok(Self(found)) } else { Err(Fault::MissingColumns { missing }) }
    }
}

struct Cells<'r> {
    record: &'r StringRecord,
    columns: &'r Columns,
}

impl<'r> Cells<'r> {
    fn cell(&self, field: &'static str) -> Result<&'r str, Reason> {
        let cell = self.columns.0.get(field).and_then(|place| self.record.get(*place)).unwrap_or_default().trim();
        if cell.is_empty() { Err(Reason::MissingField { field }) } else { Ok(cell) }
    }

    fn id(&self, field: &'static str) -> Result<i64, Reason> {
        let wrong = |_| Reason::WrongType { field, expected: "an integer", found: "a text" };
        self.cell(field)?.parse().map_err(wrong)
    }

    /// Everything but the worker.
    fn excerpt(&self) -> String {
        let shown = COLUMNS.into_iter().filter(|name| *name != "worker");
        let shown: Vec<_> = shown.filter_map(|name| Some(format!("{name}={}", self.cell(name).ok()?))).collect();
        shown.join(" ")
    }
}

/// One row, understood.
struct Comparison<'r> {
    prompt: i64,
    model_x: i64,
    model_y: i64,
    worker: &'r str,
    outcome: Outcome,
    left: &'r str,
    right: &'r str,
}

impl<'r> Comparison<'r> {
    fn of(cells: &Cells<'r>) -> Result<Self, Reason> {
        let (model_x, model_y) = (cells.id("model_x")?, cells.id("model_y")?);
        let left = cells.cell("left")?;
        let comparison = Self {
            prompt: cells.id("prompt")?,
            model_x,
            model_y,
            worker: cells.cell("worker")?,
            outcome: outcome(cells.cell("winner")?)?,
            left,
            right: cells.cell("right")?,
        };
        if model_x == model_y { Err(Reason::SelfBattle(clip(left, 80))) } else { Ok(comparison) }
    }
}

fn outcome(winner: &str) -> Result<Outcome, Reason> {
    match winner {
        "left" => Ok(Outcome::Left),
        "right" => Ok(Outcome::Right),
        "tie" => Ok(Outcome::Tie),
        other => Err(Reason::UnknownOutcome(clip(other, 80))),
    }
}

fn unknown(kind: &'static str, id: i64) -> Reason {
    Reason::UnknownReference { kind, name: id.to_string() }
}

/// The contestants: those of the models file, or, without one, those that the rows name.
struct Contestants {
    known: Models,
    closed: bool,
    names: Names<i64>,
}

impl Contestants {
    fn new(models: Option<Models>) -> Self {
        Self { closed: models.is_some(), known: models.unwrap_or_default(), names: Names::default() }
    }

    fn get(&mut self, id: i64, name: &str) -> Result<Contestant, Reason> {
        if let Some(contestant) = self.known.get(&id) {
            if contestant.name != name {
                let (here, before) = (clip(name, 80), clip(&contestant.name, 80));
                return Err(Reason::NamesDisagree { id, here, before });
            }
            return Ok(contestant.clone());
        }
        if self.closed {
            return Err(unknown("model", id));
        }
        let slug: ContestantSlug = self.names.slug(&id, name).0;
        let new = contestant(slug, name.to_owned(), String::new());
        self.known.insert(id, new.clone());
        Ok(new)
    }
}
