use std::{fmt, path::Path, str::FromStr, time::Duration};

use plaudit_domain::Timestamp;
use sqlx::{
    PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{StoreError, writer::Writer};
use crate::{clock::random_bytes, secret::InstanceSecret};

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file, made when missing.
    Sqlite(std::path::PathBuf),
    /// A PostgreSQL server, or one that speaks its protocol.
    Postgres(String),
}

impl DatabaseUrl {
    /// The file in a data folder.
    pub fn in_folder(data: &Path) -> Self {
        Self::Sqlite(data.join("plaudit.sqlite3"))
    }
}

impl FromStr for DatabaseUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Ok(Self::Postgres(text.to_owned()))
        } else if let Some(path) = text.strip_prefix("sqlite://") {
            Ok(Self::Sqlite(path.into()))
        } else {
            Err(StoreError::Address(text.to_owned()))
        }
    }
}

impl fmt::Display for DatabaseUrl {
    /// Without user and password, so that it may be logged.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "sqlite://{}", path.display()),
            Self::Postgres(url) => {
                let host = url
                    .rsplit_once('@')
                    .map_or_else(|| url.split_once("//").map_or("", |(_, rest)| rest), |(_, rest)| rest);
                write!(formatter, "postgres://{host}")
            }
        }
    }
}

/// Settings that differ between production and tests of its failures.
#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// How long a write waits for another process's lock before the voter is told that the vote was not counted.
    pub busy_timeout: Duration,
    /// Connections for reading, and on PostgreSQL for writing too.
    pub connections: u32,
    /// A limit on the file in pages of 4 KiB, SQLite alone: how tests see a full disk.
    pub max_pages: Option<u32>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { busy_timeout: Duration::from_secs(5), connections: 8, max_pages: None }
    }
}

/// A connection pool of either kind.
pub(super) enum Pool {
    Sqlite { readers: SqlitePool, writer: SqlitePool },
    Postgres(PgPool),
}

/// The database of one installation. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(super) pool: std::sync::Arc<Pool>,
    pub(super) writer: Writer,
}

/// Runs a read on whichever engine is open; the body is compiled once for each.
macro_rules! read {
    ($store:expr, $pool:ident => $body:expr) => {
        match &*$store.pool {
            $crate::store::pool::Pool::Sqlite { readers: $pool, .. } => $body,
            $crate::store::pool::Pool::Postgres($pool) => $body,
        }
    };
}

/// Runs a body in one transaction on whichever engine is open. The body ends in a `Result<_, StoreError>`; an error
/// rolls back. `BEGIN IMMEDIATE`, because a SQLite transaction that starts by reading and then writes can fail at once
/// with SQLITE_BUSY_SNAPSHOT, whatever the timeout.
///
/// SQLite rolls back by itself when the disk is full, and a second rollback then fails. Such a connection no longer
/// knows where it stands, so it is closed, and the error that started it is the one that is told.
macro_rules! transaction {
    ($pool:expr, $connection:ident => $body:expr) => {
        match $pool {
            $crate::store::pool::Pool::Sqlite { writer, .. } => {
                let mut pooled = writer.acquire().await?;
                let mut transaction = sqlx::Connection::begin_with(&mut *pooled, "BEGIN IMMEDIATE").await?;
                let $connection = &mut *transaction;
                let result: Result<_, StoreError> = $body;
                let ended = match &result {
                    Ok(_) => transaction.commit().await,
                    Err(_) => transaction.rollback().await,
                };
                if let Err(error) = ended {
                    tracing::warn!(%error, "a transaction did not end well, its connection is closed");
                    pooled.close().await?;
                    result.and(Err(error.into()))
                } else {
                    result
                }
            }
            $crate::store::pool::Pool::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                let $connection = &mut *transaction;
                let result: Result<_, StoreError> = $body;
                match &result {
                    Ok(_) => transaction.commit().await?,
                    Err(_) => transaction.rollback().await?,
                }
                result
            }
        }
    };
}

pub(super) use {read, transaction};

impl Store {
    /// Opens the database, makes it when missing, brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be opened, migrated, or made durable.
    pub async fn open(url: &DatabaseUrl, options: StoreOptions) -> Result<Self, StoreError> {
        let open_error = |source| StoreError::Open { url: url.to_string(), source };
        let pool = match url {
            DatabaseUrl::Sqlite(path) => {
                let connect = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(options.busy_timeout);
                let writing = match options.max_pages {
                    Some(pages) => connect.clone().pragma("max_page_count", pages.to_string()),
                    None => connect.clone(),
                };
                let writer =
                    SqlitePoolOptions::new().max_connections(1).connect_with(writing).await.map_err(open_error)?;
                sqlx::migrate!("migrations/sqlite").run(&writer).await?;
                assert_durable(&writer).await?;
                let readers = SqlitePoolOptions::new()
                    .max_connections(options.connections)
                    .connect_with(connect.read_only(true))
                    .await
                    .map_err(open_error)?;
                Pool::Sqlite { readers, writer }
            }
            DatabaseUrl::Postgres(address) => {
                let connect = PgConnectOptions::from_str(address).map_err(open_error)?;
                let pool = PgPoolOptions::new()
                    .max_connections(options.connections)
                    .acquire_timeout(options.busy_timeout)
                    .connect_with(connect)
                    .await
                    .map_err(open_error)?;
                sqlx::migrate!("migrations/postgres").run(&pool).await?;
                Pool::Postgres(pool)
            }
        };
        let pool = std::sync::Arc::new(pool);
        Ok(Self { writer: Writer::start(pool.clone()), pool })
    }

    /// The installation's secret: made on the first call, the same for every server on this database.
    ///
    /// # Errors
    /// [`StoreError`] when it can be neither read nor written.
    pub async fn instance_secret(&self) -> Result<InstanceSecret, StoreError> {
        let fresh: [u8; 32] = random_bytes();
        transaction!(&*self.pool, connection => {
            sqlx::query("INSERT INTO instance_secret (name, value) VALUES ('main', $1) ON CONFLICT (name) DO NOTHING")
                .bind(&fresh[..])
                .execute(&mut *connection)
                .await?;
            let (stored,): (Vec<u8>,) =
                sqlx::query_as("SELECT value FROM instance_secret WHERE name = 'main'").fetch_one(&mut *connection).await?;
            let stored: [u8; 32] = stored.try_into().map_err(|_| StoreError::damaged("secret", "of wrong length"))?;
            Ok(InstanceSecret::from_bytes(stored))
        })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        read!(self, pool => { sqlx::query("SELECT 1").execute(pool).await?; });
        Ok(())
    }

    /// Whether no other server can be casting votes into this database: a SQLite file belongs to one.
    pub fn has_one_server(&self) -> bool {
        matches!(&*self.pool, Pool::Sqlite { .. })
    }

    /// Closes all connections; on SQLite this also folds the write-ahead log back into the file.
    pub async fn close(&self) {
        match &*self.pool {
            Pool::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

/// Many libraries change SQLite's defaults; a vote is only acknowledged as durable if these two hold.
async fn assert_durable(pool: &SqlitePool) -> Result<(), StoreError> {
    let (synchronous,): (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(pool).await?;
    let (journal,): (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(pool).await?;
    if synchronous != 2 || journal != "wal" {
        return Err(StoreError::NotDurable {
            found: format!("synchronous={synchronous}, journal_mode={journal}"),
            expected: "synchronous=2 (FULL) and journal_mode=wal",
        });
    }
    Ok(())
}

/// Milliseconds, as all `*_at` columns hold them.
pub(super) fn at(time: Timestamp) -> i64 {
    time.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logged_address_shows_no_password() {
        let url: DatabaseUrl = "postgres://plaudit:secret@db.example/plaudit".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://db.example/plaudit");
        assert!("mysql://x".parse::<DatabaseUrl>().is_err());
    }
}
