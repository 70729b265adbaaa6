//! The errors of the API, for its description.

#![expect(dead_code, reason = "these types are read by the description alone")]

use utoipa::IntoResponses;

use super::problem::ProblemBody;

/// What every read can answer besides its body.
#[derive(IntoResponses)]
pub(super) enum ReadProblems {
    /// It is what `If-None-Match` names.
    #[response(status = 304)]
    NotModified,
    /// A parameter cannot be read.
    #[response(status = 400)]
    BadRequest(ProblemBody),
    /// There is nothing under this address.
    #[response(status = 404)]
    NotFound(ProblemBody),
    /// Too often; `Retry-After` says when to come back.
    #[response(status = 429)]
    TooManyRequests(ProblemBody),
}

/// What every write can answer besides its body.
#[derive(IntoResponses)]
pub(super) enum WriteProblems {
    /// The body cannot be read.
    #[response(status = 400)]
    BadRequest(ProblemBody),
    /// What the address or the body names is not there.
    #[response(status = 404)]
    NotFound(ProblemBody),
    /// The body is too large.
    #[response(status = 413)]
    TooLarge(ProblemBody),
    /// The body is not JSON.
    #[response(status = 415)]
    UnsupportedMediaType(ProblemBody),
    /// Too often; `Retry-After` says when to come back.
    #[response(status = 429)]
    TooManyRequests(ProblemBody),
}
