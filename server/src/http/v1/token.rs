//! Who may change what: a token of the host's in `Authorization: Bearer`, good for what its scopes say.

use axum::http::HeaderMap;

use super::problem::Problem;
use crate::{
    http::{AppState, chat::bearer},
    token::{Scope, TokenRow, token_hash},
};

/// The token that a request sends, which has to be good for this.
///
/// # Errors
/// 401 without a token, and with one that is unknown or revoked; 403 with one that is good for other things.
pub(super) async fn authorised(state: &AppState, headers: &HeaderMap, scope: Scope) -> Result<TokenRow, Problem> {
    let Some(token) = bearer(headers) else {
        return Err(Problem::unauthorized(format!(
            "send a token with the scope {scope} as Authorization: Bearer TOKEN; the host makes one with `plaudit token create`"
        )));
    };
    let Some(token) = state.boards.store().token(token_hash(token)).await? else {
        return Err(Problem::unauthorized("this token is unknown or revoked"));
    };
    if !token.scopes.contains(&scope) {
        return Err(Problem::forbidden(format!(
            "this token has the scope {}, and this wants {scope}",
            token.scopes_text().replace(' ', ", ")
        )));
    }
    Ok(token)
}
