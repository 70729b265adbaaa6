use std::borrow::Cow;

use plaudit_domain::{Outcome, Timestamp};
use serde_json::value::RawValue;

use super::{
    Rules,
    columns::{Dialect, Role},
    labels,
    model_name::{Home, ModelName},
};
use crate::{
    ColumnMapping, Reason,
    cell::{Cell, trim, trimmed},
    rejection::clip,
};

/// The fields of one row, whatever kind of file it stands in.
pub(super) trait Fields<'r> {
    /// What the column with this role says; [`Cell::Missing`] without such a column.
    fn cell(&self, role: Role) -> Cell<'r>;

    /// The place of that column's name in [`Dialect::names`].
    fn place(&self, role: Role) -> Option<usize>;

    /// All fields of the row with their names, sorted by name, where somebody asked for them.
    fn everything(&self) -> &[(Cow<'r, str>, &'r RawValue)] {
        &[]
    }
}

/// The name of the column with this role, or what it would usually be.
#[inline]
fn name<'r>(fields: &impl Fields<'r>, dialect: Dialect, role: Role) -> &'static str {
    // A side that has no partner lacks the partner's name.
    let partner = match role {
        Role::Left => fields.place(Role::Right),
        Role::Right => fields.place(Role::Left),
        _ => None,
    };
    let place = fields.place(role).or(partner).unwrap_or(0);
    dialect.names(role).get(place).copied().unwrap_or("field")
}

/// The texts of one row, from which a [`Battle`] borrows.
pub(super) struct Texts<'r> {
    left: Cow<'r, str>,
    right: Cow<'r, str>,
    verdict: Verdict<'r>,
    voter: Option<Cow<'r, str>>,
}

enum Verdict<'r> {
    Label(Cow<'r, str>),
    Chosen(Cow<'r, str>),
    Settled(Outcome),
}

impl<'r> Texts<'r> {
    #[inline]
    pub(super) fn of(fields: &impl Fields<'r>, rules: Rules<'_>) -> Result<Self, Reason> {
        let Rules { dialect, mapping } = rules;
        let (left, right) = (side(fields, dialect, Role::Left)?, side(fields, dialect, Role::Right)?);
        if fields.place(Role::Left) != fields.place(Role::Right) {
            let field = fields.place(Role::Left).and_then(|place| dialect.names(Role::Right).get(place).copied());
            return Err(Reason::MissingField { field: field.unwrap_or("model_b") });
        }
        let verdict = match mapping {
            Some(mapping) => mapped_verdict(fields, dialect, mapping, &left, &right)?,
            None => verdict(fields, dialect)?,
        };
        let voter_field = name(fields, dialect, Role::Voter);
        let voter = match dialect {
            Dialect::BattleLog => Some(required_name(fields.cell(Role::Voter), voter_field)?),
            Dialect::Pairwise => fields.cell(Role::Voter).identifier(voter_field)?,
        };
        Ok(Self { left, right, verdict, voter })
    }

    #[inline]
    pub(super) fn battle(&self, fields: &impl Fields<'r>, dialect: Dialect) -> Result<Battle<'_>, Reason> {
        let field = |role| name(fields, dialect, role);
        let left = ModelName::of(&self.left, field(Role::Left))?;
        let right = ModelName::of(&self.right, field(Role::Right))?;
        if left.home != right.home {
            let task = |home: Home| home.task_word().to_owned();
            return Err(Reason::DifferentTasks { left: task(left.home), right: task(right.home) });
        }
        if left.name == right.name {
            return Err(Reason::SelfBattle(clip(left.name, 80)));
        }
        let loose = dialect == Dialect::Pairwise;
        Ok(Battle {
            home: left.home,
            left: left.name,
            right: right.name,
            outcome: self.outcome(dialect)?,
            cast_at: fields.cell(Role::Time).time(field(Role::Time), loose)?,
            anonymous: fields.cell(Role::Anonymous).flag(field(Role::Anonymous), loose)?,
            category: fields.cell(Role::Category).category(),
            voter: self.voter.as_deref(),
            texts: self,
        })
    }

    fn outcome(&self, dialect: Dialect) -> Result<Outcome, Reason> {
        match &self.verdict {
            Verdict::Settled(outcome) => Ok(*outcome),
            Verdict::Label(label) => labels::outcome(label, dialect),
            Verdict::Chosen(name) if *name == self.left => Ok(Outcome::Left),
            Verdict::Chosen(name) if *name == self.right => Ok(Outcome::Right),
            Verdict::Chosen(name) => Err(Reason::UnknownOutcome(clip(name, 80))),
        }
    }

    /// The texts that are part of a battle's identity in a battle log, by the names of their fields there.
    pub(super) fn decoded(&self, field: &str) -> Option<&str> {
        match (field, &self.verdict) {
            ("model_a", _) => Some(&self.left),
            ("model_b", _) => Some(&self.right),
            ("winner", Verdict::Label(label)) => Some(label),
            ("judge", _) => self.voter.as_deref(),
            _ => None,
        }
    }
}

#[inline]
fn side<'r>(fields: &impl Fields<'r>, dialect: Dialect, role: Role) -> Result<Cow<'r, str>, Reason> {
    let (cell, field) = (fields.cell(role), name(fields, dialect, role));
    match (dialect, cell) {
        (Dialect::Pairwise, Cell::Plain(text)) => Ok(Cow::Borrowed(text)),
        (Dialect::Pairwise, cell) => match cell.identifier(field)? {
            Some(name) => Ok(name),
            None if matches!(cell, Cell::Missing) => Err(Reason::MissingField { field }),
            None => Err(Reason::EmptyName { field }),
        },
        (Dialect::BattleLog, cell) => required_name(cell, field),
    }
}

/// A text with at least one visible character, as it stands.
fn required_name<'r>(cell: Cell<'r>, field: &'static str) -> Result<Cow<'r, str>, Reason> {
    let text = cell.text(field)?.ok_or(Reason::MissingField { field })?;
    if trim(&text).is_empty() { Err(Reason::EmptyName { field }) } else { Ok(text) }
}

/// A number as well as a text may be a word for an outcome here.
fn mapped_verdict<'r>(
    fields: &impl Fields<'r>,
    dialect: Dialect,
    mapping: &ColumnMapping,
    left: &str,
    right: &str,
) -> Result<Verdict<'r>, Reason> {
    let field = name(fields, dialect, Role::Winner);
    let word = match fields.cell(Role::Winner) {
        Cell::Flag(flag) => Some(Cow::Borrowed(if flag { "true" } else { "false" })),
        cell => cell.identifier(field)?,
    };
    let word = word.ok_or(Reason::MissingField { field })?;
    Ok(mapping.outcome(&word, left, right).map_or(Verdict::Label(word), Verdict::Settled))
}

#[inline]
fn verdict<'r>(fields: &impl Fields<'r>, dialect: Dialect) -> Result<Verdict<'r>, Reason> {
    let (has, field) = (|role| fields.place(role).is_some(), |role| name(fields, dialect, role));
    let flag = |role| Ok(fields.cell(role).flag(field(role), true)?.unwrap_or(false));
    if !has(Role::Winner) && (has(Role::Chosen) || has(Role::BothEqual)) {
        if flag(Role::BothEqual)? {
            return Ok(Verdict::Settled(Outcome::Tie));
        }
        let chosen = fields.cell(Role::Chosen).identifier(field(Role::Chosen))?;
        return chosen.map(Verdict::Chosen).ok_or(Reason::MissingField { field: field(Role::Chosen) });
    }
    if !has(Role::Winner) && has(Role::LeftWon) {
        return match (flag(Role::LeftWon)?, flag(Role::RightWon)?, flag(Role::Tied)?) {
            (true, false, false) => Ok(Verdict::Settled(Outcome::Left)),
            (false, true, false) => Ok(Verdict::Settled(Outcome::Right)),
            (false, false, true) => Ok(Verdict::Settled(Outcome::Tie)),
            (false, false, false) => Err(Reason::UnknownOutcome("no winner and no tie".to_owned())),
            _ => Err(Reason::UnknownOutcome("more than one winner".to_owned())),
        };
    }
    let field = field(Role::Winner);
    let label = fields.cell(Role::Winner).text(field)?.ok_or(Reason::MissingField { field })?;
    Ok(Verdict::Label(if dialect == Dialect::Pairwise { trimmed(label) } else { label }))
}

/// One row, understood.
pub(super) struct Battle<'t> {
    pub(super) home: Home,
    pub(super) left: &'t str,
    pub(super) right: &'t str,
    pub(super) outcome: Outcome,
    pub(super) voter: Option<&'t str>,
    pub(super) cast_at: Option<Timestamp>,
    pub(super) anonymous: Option<bool>,
    pub(super) category: Option<Cow<'t, str>>,
    pub(super) texts: &'t Texts<'t>,
}

/// What a rejection may show: everything but the voter, whose name may be a network address.
pub(super) fn excerpt<'r>(fields: &impl Fields<'r>) -> String {
    const SHOWN: [Role; 10] = [
        Role::Left,
        Role::Right,
        Role::Winner,
        Role::Chosen,
        Role::BothEqual,
        Role::LeftWon,
        Role::RightWon,
        Role::Tied,
        Role::Anonymous,
        Role::Time,
    ];
    let shown = |role: Role| {
        let name = Dialect::Pairwise.names(role).get(fields.place(role)?)?;
        Some(format!("{name}={}", fields.cell(role).shown()?))
    };
    SHOWN.into_iter().filter_map(shown).collect::<Vec<_>>().join(" ")
}
