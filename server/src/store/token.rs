//! Tokens for /api/v1.

use std::{collections::BTreeSet, future::Future};

use plaudit_domain::{JudgeId, Timestamp};
use sqlx::{PgConnection, SqliteConnection};

use super::{
    Store, StoreError,
    pool::{at, read},
    read::word,
    writer::{Answer, Command},
};
use crate::token::{TokenHash, TokenRow};

/// The statements of this file, written once and compiled for both engines.
pub(super) trait TokenStatements {
    fn add_token(&mut self, token: &TokenRow) -> impl Future<Output = Result<(), StoreError>> + Send;
    fn revoke_token(
        &mut self,
        hash: &TokenHash,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

const INSERT: &str =
    "INSERT INTO api_token (token_hash, name, scopes, judge_id, recorded_at) VALUES ($1, $2, $3, $4, $5)";
const REVOKE: &str = "UPDATE api_token SET revoked_at = $1 WHERE token_hash = $2 AND revoked_at IS NULL";

macro_rules! impl_token_statements {
    ($connection:ty) => {
        impl TokenStatements for $connection {
            async fn add_token(&mut self, token: &TokenRow) -> Result<(), StoreError> {
                sqlx::query(INSERT)
                    .bind(&token.hash[..])
                    .bind(&token.name)
                    .bind(token.scopes_text())
                    .bind(token.judge.map(|judge| judge.0))
                    .bind(at(token.recorded_at))
                    .execute(&mut *self)
                    .await?;
                Ok(())
            }

            async fn revoke_token(&mut self, hash: &TokenHash, now: Timestamp) -> Result<bool, StoreError> {
                let revoked = sqlx::query(REVOKE).bind(at(now)).bind(&hash[..]).execute(&mut *self).await?;
                Ok(revoked.rows_affected() == 1)
            }
        }
    };
}

impl_token_statements!(SqliteConnection);
impl_token_statements!(PgConnection);

type Row = (Vec<u8>, String, String, Option<i64>, i64, Option<i64>);

fn token((hash, name, scopes, judge, recorded_at, revoked_at): Row) -> Result<TokenRow, StoreError> {
    let scopes = scopes.split_whitespace().map(|scope| word("scope", scope)).collect::<Result<BTreeSet<_>, _>>()?;
    Ok(TokenRow {
        hash: hash.as_slice().try_into().map_err(|error| StoreError::damaged("token hash", error))?,
        name,
        scopes,
        judge: judge.map(JudgeId),
        recorded_at: Timestamp(recorded_at),
        revoked_at: revoked_at.map(Timestamp),
    })
}

impl Store {
    /// Makes a token good for its scopes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_token(&self, token: TokenRow) -> Result<(), StoreError> {
        self.writer.submit(Command::AddToken(Box::new(token))).await.map(drop)
    }

    /// Ends a token. `false` when it was ended before, or is not known.
    ///
    /// # Errors
    /// [`StoreError`]; the token stays good then.
    pub async fn revoke_token(&self, hash: TokenHash, now: Timestamp) -> Result<bool, StoreError> {
        match self.writer.submit(Command::RevokeToken(hash, now)).await? {
            Answer::RevokeToken(revoked) => Ok(revoked),
            _ => Err(StoreError::Stopped),
        }
    }

    /// The token with this hash, unless it was revoked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn token(&self, hash: TokenHash) -> Result<Option<TokenRow>, StoreError> {
        const SQL: &str = "SELECT token_hash, name, scopes, judge_id, recorded_at, revoked_at FROM api_token \
             WHERE token_hash = $1 AND revoked_at IS NULL";
        let row: Option<Row> = read!(self, pool => sqlx::query_as(SQL).bind(&hash[..]).fetch_optional(pool).await?);
        row.map(token).transpose()
    }

    /// All tokens, revoked or not, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        const SQL: &str = "SELECT token_hash, name, scopes, judge_id, recorded_at, revoked_at FROM api_token \
             ORDER BY recorded_at, token_hash";
        let rows: Vec<Row> = read!(self, pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        rows.into_iter().map(token).collect()
    }
}
