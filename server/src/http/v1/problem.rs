use axum::{
    Json,
    extract::rejection::{PathRejection, QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{board::BoardError, clock::random_bytes, judging::panel::PanelError, store::StoreError};

/// What went wrong, in the one form in which /api/v1 says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    error: ProblemError,
}

/// The word for programs, the sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
struct ProblemError {
    code: ProblemCode,
    message: String,
}

/// The kinds of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProblemCode {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    TooLarge,
    UnsupportedMediaType,
    Unprocessable,
    TooManyRequests,
    Internal,
}

/// An error of /api/v1 on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    code: ProblemCode,
    message: String,
    retry_after_seconds: Option<u64>,
}

impl Problem {
    fn new(code: ProblemCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after_seconds: None }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ProblemCode::BadRequest, message)
    }

    pub(super) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(ProblemCode::Unauthorized, message)
    }

    /// Known, and good for other things.
    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ProblemCode::Forbidden, message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(ProblemCode::NotFound, message)
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(ProblemCode::MethodNotAllowed, "this address does not take this method; see /api/v1/openapi.json")
    }

    pub(super) fn too_large(message: impl Into<String>) -> Self {
        Self::new(ProblemCode::TooLarge, message)
    }

    pub(super) fn unsupported_media_type() -> Self {
        Self::new(ProblemCode::UnsupportedMediaType, "send JSON, with Content-Type: application/json")
    }

    /// Of the described form, and no sense all the same.
    pub(super) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(ProblemCode::Unprocessable, message)
    }

    pub(super) fn too_many_requests(message: impl Into<String>, retry_after_seconds: u64) -> Self {
        let problem = Self::new(ProblemCode::TooManyRequests, message);
        Self { retry_after_seconds: Some(retry_after_seconds.max(1)), ..problem }
    }

    /// An error of ours: its text goes to the log, and a reference to it goes out.
    pub(super) fn internal(error: &dyn std::error::Error) -> Self {
        let reference = data_encoding::HEXLOWER.encode(&random_bytes::<4>());
        tracing::error!(%error, reference, "a request to the API failed");
        Self::new(ProblemCode::Internal, format!("something went wrong on our side (reference {reference})"))
    }

    /// After a panic; the panic hook has logged where.
    pub(super) fn panicked() -> Self {
        Self::new(ProblemCode::Internal, "something went wrong on our side (reference panic)")
    }

    fn status(&self) -> StatusCode {
        match self.code {
            ProblemCode::BadRequest => StatusCode::BAD_REQUEST,
            ProblemCode::Unauthorized => StatusCode::UNAUTHORIZED,
            ProblemCode::Forbidden => StatusCode::FORBIDDEN,
            ProblemCode::NotFound => StatusCode::NOT_FOUND,
            ProblemCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            ProblemCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ProblemCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ProblemCode::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            ProblemCode::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            ProblemCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let (code, retry) = (self.code, self.retry_after_seconds);
        let mut response =
            (status, Json(ProblemBody { error: ProblemError { code, message: self.message } })).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if code == ProblemCode::Unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::not_found("there is nothing under this address")
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(rejection.body_text())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl From<BoardError> for Problem {
    fn from(error: BoardError) -> Self {
        Self::internal(&error)
    }
}

impl From<PanelError> for Problem {
    fn from(error: PanelError) -> Self {
        Self::internal(&error)
    }
}
