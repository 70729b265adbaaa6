use plaudit_domain::{Contestant, Outcome};

use super::tables::{Models, Prompts, contestant};
use crate::{
    Fault, Progress, Reason,
    input::Input,
    names::Names,
    rejection::clip,
    table::{Record, Table},
};

/// Takes the comparisons of a file, understood, in their order.
pub(super) trait Visitor {
    fn comparison(
        &mut self,
        comparison: &Comparison<'_>,
        left: &Contestant,
        right: &Contestant,
        progress: Progress,
    ) -> Result<(), Fault>;

    fn reject(&mut self, progress: Progress, reason: Reason, excerpt: impl FnOnce() -> String) -> Result<(), Fault>;
}

/// Reads crowd comparisons. `model_x` was shown on the left.
///
/// Where prompts or models are given, a comparison of one that is not among them is left out.
pub(super) fn each_comparison(
    input: Input<'_>,
    prompts: Option<&Prompts>,
    models: Option<Models>,
    visitor: &mut impl Visitor,
) -> Result<(), Fault> {
    let mut table = Table::new(input)?;
    let columns = Columns::of(table.header())?;
    let mut contestants = Contestants::new(models);
    while let Some(record) = table.next_record()? {
        let cells = Cells { record, columns: &columns };
        let comparison = Comparison::of(&cells).and_then(|comparison| {
            if prompts.is_some_and(|prompts| !prompts.contains_key(&comparison.prompt)) {
                return Err(unknown("prompt", comparison.prompt));
            }
            contestants.check(comparison.model_x, comparison.left)?;
            contestants.check(comparison.model_y, comparison.right)?;
            Ok(comparison)
        });
        let comparison = match comparison {
            Ok(comparison) => comparison,
            Err(reason) => {
                visitor.reject(record.progress, reason, || cells.excerpt())?;
                continue;
            }
        };
        let (left, right) = (contestants.known.get(&comparison.model_x), contestants.known.get(&comparison.model_y));
        if let (Some(left), Some(right)) = (left, right) {
            visitor.comparison(&comparison, left, right, record.progress)?;
        }
    }
    Ok(())
}

const COLUMNS: [&str; 7] = ["prompt", "model_x", "model_y", "worker", "winner", "left", "right"];

/// Where each of the columns stands.
struct Columns([usize; 7]);

impl Columns {
    fn of(header: &[String]) -> Result<Self, Fault> {
        let places = COLUMNS.map(|name| header.iter().position(|column| column == name));
        let missing = COLUMNS.into_iter().zip(places).filter(|(_, place)| place.is_none());
        let missing: Vec<_> = missing.map(|(name, _)| name.to_owned()).collect();
        if missing.is_empty() {
            Ok(Self(places.map(Option::unwrap_or_default)))
        } else {
            Err(Fault::MissingColumns { missing })
        }
    }

    fn place(&self, field: &str) -> usize {
        COLUMNS.iter().position(|name| *name == field).map_or(usize::MAX, |number| self.0[number])
    }
}

struct Cells<'r, 'c> {
    record: Record<'r>,
    columns: &'c Columns,
}

impl<'r> Cells<'r, '_> {
    fn cell(&self, field: &'static str) -> Result<&'r str, Reason> {
        let cell = self.record.cell(self.columns.place(field));
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
pub(super) struct Comparison<'r> {
    pub(super) prompt: i64,
    pub(super) model_x: i64,
    pub(super) model_y: i64,
    pub(super) worker: &'r str,
    pub(super) outcome: Outcome,
    left: &'r str,
    right: &'r str,
}

impl<'r> Comparison<'r> {
    fn of(cells: &Cells<'r, '_>) -> Result<Self, Reason> {
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

    /// Makes sure that there is one with this id, and that it has this name.
    fn check(&mut self, id: i64, name: &str) -> Result<(), Reason> {
        match self.known.get(&id) {
            Some(known) if known.name == name => Ok(()),
            Some(known) => {
                let (here, before) = (clip(name, 80), clip(&known.name, 80));
                Err(Reason::NamesDisagree { id, here, before })
            }
            None if self.closed => Err(unknown("model", id)),
            None => {
                let slug = self.names.slug(&id, name).0;
                self.known.insert(id, contestant(slug, name.to_owned(), String::new()));
                Ok(())
            }
        }
    }
}
