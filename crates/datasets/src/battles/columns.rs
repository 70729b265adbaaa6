use crate::CategoryColumn;

/// What a column says of a battle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Left,
    Right,
    Winner,
    /// The winner's name, and whether there was none.
    Chosen,
    BothEqual,
    /// One flag for each outcome.
    LeftWon,
    RightWon,
    Tied,
    Anonymous,
    Time,
    Category,
    Voter,
}

pub(crate) const ROLES: usize = 12;

impl Role {
    /// All, in the order of their numbers.
    pub(crate) const ALL: [Self; ROLES] = [
        Self::Left,
        Self::Right,
        Self::Winner,
        Self::Chosen,
        Self::BothEqual,
        Self::LeftWon,
        Self::RightWon,
        Self::Tied,
        Self::Anonymous,
        Self::Time,
        Self::Category,
        Self::Voter,
    ];

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// Whose names of columns a file uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// GenAI-Arena's and FastChat's own logs, taken strictly: exactly these names and labels, and every vote has a judge.
    BattleLog,
    /// Whatever else is in use; of several names for one thing the first in the list counts.
    Pairwise,
}

impl Dialect {
    /// The names of the columns with this role. Both sides have as many, and those at the same place belong together.
    pub(crate) fn names(self, role: Role) -> &'static [&'static str] {
        match (self, role) {
            (Self::BattleLog, Role::Left) => &["model_a"],
            (Self::BattleLog, Role::Right) => &["model_b"],
            (Self::BattleLog, Role::Winner) => &["winner"],
            (Self::BattleLog, Role::Anonymous) => &["anony"],
            (Self::BattleLog, Role::Time) => &["tstamp"],
            (Self::BattleLog, Role::Voter) => &["judge"],
            (_, Role::Category) => &["category", "task", "language", "selected_category"],
            (Self::BattleLog, _) => &[],
            (_, Role::Left) => &["model_a", "model_a_name", "left_model", "left"],
            (_, Role::Right) => &["model_b", "model_b_name", "right_model", "right"],
            (_, Role::Winner) => &["winner", "vote_type"],
            (_, Role::Chosen) => &["chosen_model_name"],
            (_, Role::BothEqual) => &["both_equal"],
            (_, Role::LeftWon) => &["winner_model_a"],
            (_, Role::RightWon) => &["winner_model_b"],
            (_, Role::Tied) => &["winner_tie"],
            (_, Role::Anonymous) => &["anony", "anonymous"],
            (_, Role::Time) => &["tstamp", "timestamp"],
            (_, Role::Voter) => &[
                "judge",
                "judge_hash",
                "voter",
                "voter_id",
                "user",
                "user_id",
                "worker",
                "visitor_id",
                "session_hash",
                "evaluation_session_id",
            ],
        }
    }

    /// The role of a column with this name, and the name's place in the list.
    pub(crate) fn role(self, name: &str, category: &CategoryColumn) -> Option<(Role, usize)> {
        match category {
            CategoryColumn::Named(wanted) if wanted == name && !self.has_another_role(name) => {
                return Some((Role::Category, 0));
            }
            _ => {}
        }
        let wanted = |role: &Role| *role != Role::Category || *category == CategoryColumn::Usual;
        let place = |role: Role| self.names(role).iter().position(|known| *known == name);
        Role::ALL.into_iter().filter(wanted).find_map(|role| Some((role, place(role)?)))
    }

    fn has_another_role(self, name: &str) -> bool {
        Role::ALL.into_iter().any(|role| role != Role::Category && self.names(role).contains(&name))
    }
}

/// Where a file's columns with a role stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns {
    /// By role: the column's number and the place of its name in the list.
    pub(crate) places: [Option<(usize, usize)>; ROLES],
}

impl Columns {
    /// Finds them by their names.
    pub(crate) fn of<'n>(
        names: impl IntoIterator<Item = &'n str>,
        dialect: Dialect,
        category: &CategoryColumn,
    ) -> Self {
        let mut places = [None; ROLES];
        for (column, name) in names.into_iter().enumerate() {
            let Some((role, place)) = dialect.role(name, category) else { continue };
            let known: &mut Option<(usize, usize)> = &mut places[role.index()];
            if known.is_none_or(|(_, better)| place < better) {
                *known = Some((column, place));
            }
        }
        Self { places }
    }

    fn has(&self, role: Role) -> bool {
        self.places[role.index()].is_some()
    }

    /// Whether there are two sides, and something that tells the outcome.
    pub(crate) fn are_enough(&self) -> bool {
        let side = |role: Role| self.places[role.index()].map(|(_, place)| place);
        let one_for_each = [Role::LeftWon, Role::RightWon, Role::Tied];
        side(Role::Left).is_some()
            && side(Role::Left) == side(Role::Right)
            && (self.has(Role::Winner) || self.has(Role::Chosen) || one_for_each.into_iter().all(|role| self.has(role)))
    }
}
