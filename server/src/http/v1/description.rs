//! The description of the API in OpenAPI, made of the same types that answer.

use axum::{http::HeaderMap, response::Response};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::{answer::tagged, arenas, exports, imports, judgments, log, problem::Problem};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Plaudit",
        version = "1",
        description = "Boards, pair counts, battles, votes, judgments and exports of an arena for generative models. Reads need \
            no key, may come from any page, carry an ETag, and are limited for each network (429 with Retry-After). Within \
            version 1, fields are added and none is taken away.",
        license(name = "The data carry the licence that each arena names.", identifier = "LicenseRef-arena"),
    ),
    tags(
        (name = "boards", description = "Arenas, contestants, boards, and the counts behind them"),
        (name = "log", description = "Battles and votes, in the order of the log"),
        (name = "judging", description = "Questions for judges, and what judges said"),
        (name = "imports", description = "Files of votes from elsewhere"),
        (name = "exports", description = "Files of votes in the forms that tools read"),
    ),
    paths(
        arenas::arenas,
        arenas::arena,
        arenas::contestants,
        arenas::board,
        arenas::counts,
        log::battles,
        log::votes,
        judgments::pairs,
        judgments::judgments,
        judgments::hand_in,
        imports::import,
        exports::create,
        exports::progress,
        exports::file,
    ),
    modifiers(&Tokens),
)]
struct Description;

/// How a program says what it may do.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "A token that the host makes with `plaudit token create --scope …`: judgments:write (the judgments of one judge), \
                 votes:import, exports:create (orders beyond the limit of a network). Without the scope that a request wants the \
                 answer is 403.",
            ))
            .build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// What the API is.
pub fn description() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

/// The description.
pub(super) async fn openapi(headers: HeaderMap) -> Result<Response, Problem> {
    tagged(&headers, &description())
}
