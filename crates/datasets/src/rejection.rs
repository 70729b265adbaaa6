/// A row that was left out; the rest of the file goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The line on which the row starts, from 1.
    pub line: u64,
    /// Why.
    pub reason: Reason,
    /// What the row says, for a person to find it; never a judge's or worker's name, which may be a network address.
    pub excerpt: String,
}

/// Why a row was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// A row that has no fields.
    #[error("not an object but {found}")]
    NotAnObject {
        /// What it is.
        found: &'static str,
    },
    /// A field is missing, null, or an empty cell.
    #[error("the field {field} is missing")]
    MissingField {
        /// Its name.
        field: &'static str,
    },
    /// A field of the wrong type.
    #[error("the field {field} should be {expected} and is {found}")]
    WrongType {
        /// Its name.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A winner that is none of the known words.
    #[error("{0:?} is no outcome of this format")]
    UnknownOutcome(String),
    /// Both sides are the same contestant.
    #[error("{0:?} against itself")]
    SelfBattle(String),
    /// The two sides belong to different arenas.
    #[error("the two models have different tasks: {left} and {right}")]
    DifferentTasks {
        /// The arena of the left model.
        left: String,
        /// The arena of the right model.
        right: String,
    },
    /// Not an instant of the years 1970 to 9999.
    #[error("{0} is no time in seconds since 1970, before the year 10000")]
    BadTimestamp(String),
    /// A name without a visible character.
    #[error("the name in {field} is empty")]
    EmptyName {
        /// The field.
        field: &'static str,
    },
    /// A text without a visible character.
    #[error("the text in {field} is empty")]
    EmptyText {
        /// The field.
        field: &'static str,
    },
    /// A prompt, model or contestant that nothing has introduced.
    #[error("the {kind} {name} is unknown")]
    UnknownReference {
        /// What it should be.
        kind: &'static str,
        /// Its id or slug.
        name: String,
    },
    /// Something that was there before; the first one counts.
    #[error("a second {what}: the first one counts")]
    Duplicate {
        /// What there already is.
        what: String,
    },
    /// Two places give one model two names.
    #[error("model {id} is called {here:?} here and was called {before:?} before")]
    NamesDisagree {
        /// The model.
        id: i64,
        /// Its name in this row.
        here: String,
        /// Its name so far.
        before: String,
    },
    /// A vote that does not count where it was cast.
    #[error("a vote that does not count: {why}")]
    NotCounted {
        /// Why.
        why: &'static str,
    },
    /// A picture or clip that is refused, or is not where the row says.
    #[error("the file {name}: {message}")]
    Picture {
        /// The file's name.
        name: String,
        /// Why.
        message: String,
    },
    /// An entry of a bundle that is not what it should be.
    #[error("not a valid {what}: {message}")]
    Malformed {
        /// What it should be.
        what: &'static str,
        /// What the parser says.
        message: String,
    },
}

/// At most so many characters of a foreign text, on one line.
pub(crate) fn clip(text: &str, characters: usize) -> String {
    let mut clipped: String =
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(characters).collect();
    if text.chars().nth(characters).is_some() {
        clipped.push('…');
    }
    clipped
}
