/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the database for too long.
    #[error("the database is locked by another process")]
    Locked,
    /// No space is left.
    #[error("the disk or the database is full")]
    Full,
    /// The database cannot be opened.
    #[error("cannot open the database {url}: {source}")]
    Open {
        /// Where it was looked for, without password.
        url: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The address of the database is not understood.
    #[error("{0:?} is no database address: expected sqlite://PATH or postgres://…")]
    Address(String),
    /// The schema cannot be brought up to date.
    #[error("cannot migrate the database: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// SQLite did not take the settings that durability rests on.
    #[error("the database runs with {found}, but votes are only safe with {expected}")]
    NotDurable {
        /// What was found.
        found: String,
        /// What is needed.
        expected: &'static str,
    },
    /// A stored value that this version cannot read.
    #[error("the database holds a {what} that cannot be read: {value}")]
    Damaged {
        /// What kind of value.
        what: &'static str,
        /// The value.
        value: String,
    },
    /// A vote in a file has an id that is known with another battle or outcome.
    #[error("the vote {vote} is there already with another content: one of the two files was changed")]
    VoteDiffers {
        /// Its id where it was cast.
        vote: plaudit_domain::VoteId,
    },
    /// Another request did the same at the same moment; tried again, it sees what that one did.
    #[error("two requests did the same at the same moment")]
    Raced,
    /// The process is shutting down.
    #[error("the writer has stopped")]
    Stopped,
    /// Anything else.
    #[error("database: {0}")]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|error| error.code()).as_deref() {
            // SQLite's primary and extended result codes; PostgreSQL's classes 53 (resources) and 55 (locks).
            Some("5" | "6" | "261" | "262" | "517" | "55P03") => Self::Locked,
            Some("13" | "53100" | "53200") => Self::Full,
            _ => Self::Database(error),
        }
    }
}

impl StoreError {
    /// Whether the same transaction may succeed when tried again at once.
    pub(super) fn is_serialisation_failure(&self) -> bool {
        if matches!(self, Self::Raced) {
            return true;
        }
        let Self::Database(error) = self else { return false };
        matches!(error.as_database_error().and_then(|error| error.code()).as_deref(), Some("40001" | "40P01"))
    }

    pub(crate) fn damaged(what: &'static str, value: impl ToString) -> Self {
        Self::Damaged { what, value: value.to_string() }
    }
}
