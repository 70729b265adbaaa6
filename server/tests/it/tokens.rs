//! Tokens for /api/v1: each is good for what its scopes say and for nothing else; and what they let in.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use plaudit::token::Scope;
use plaudit_domain::JudgeSlug;
use serde_json::json;

use crate::{
    api::{is_problem, json, read, voted},
    support::{Answer, Site, token},
};

/// A file of votes in an arena of its own.
const VOTES: &str =
    "model_a,model_b,winner,question_id,judge\nred,blue,model_a,1,ann\nred,blue,tie,2,bob\nblue,red,model_b,3,ann\n";

async fn hold(site: &Site, secret: &str, scopes: &[Scope]) {
    site.store.add_token(token(secret, scopes, None, site.clock.clock()())).await.unwrap();
}

async fn send(site: &Site, path: &str, secret: Option<&str>, kind: &str, body: impl Into<Body>) -> Answer {
    let mut request = Request::post(path).header(header::CONTENT_TYPE, kind);
    if let Some(secret) = secret {
        request = request.header(header::AUTHORIZATION, format!("Bearer {secret}"));
    }
    site.send(request.body(body.into()).unwrap()).await
}

async fn import(site: &Site, secret: Option<&str>, query: &str, body: impl Into<Body>) -> Answer {
    send(site, &format!("/api/v1/imports?{query}"), secret, "application/octet-stream", body).await
}

#[tokio::test]
async fn a_token_is_good_for_its_scopes_and_the_answer_to_another_use_says_which() {
    let site = Site::new().await;
    for scope in Scope::ALL {
        hold(&site, scope.as_str(), &[scope]).await;
    }
    let order = json!({ "arena": "text", "format": "csv" }).to_string();
    for (path, kind, body, wanted) in [
        (
            "/api/v1/arenas/text/judgments",
            "application/json",
            json!({ "judgments": [] }).to_string(),
            Scope::JudgmentsWrite,
        ),
        ("/api/v1/imports?name=votes.csv", "text/csv", VOTES.to_owned(), Scope::VotesImport),
        ("/api/v1/exports", "application/json", order, Scope::ExportsCreate),
    ] {
        for scope in Scope::ALL {
            let answer = send(&site, path, Some(scope.as_str()), kind, body.clone()).await;
            if scope == wanted {
                assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
                continue;
            }
            is_problem(&answer, StatusCode::FORBIDDEN, "forbidden");
            let message = json(&answer)["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.contains(scope.as_str()) && message.contains(wanted.as_str()), "{message}");
        }
        is_problem(&send(&site, path, Some("guessed"), kind, body).await, StatusCode::UNAUTHORIZED, "unauthorized");
    }
    // A judge's judgments want a judge.
    let nobody = send(&site, "/api/v1/arenas/text/judgments", Some("judgments:write"), "application/json", "{}").await;
    is_problem(&nobody, StatusCode::FORBIDDEN, "forbidden");
}

#[tokio::test]
async fn a_file_of_votes_is_imported_over_the_api_whole_once_and_on_the_board() {
    let site = Site::new().await;
    hold(&site, "lab", &[Scope::VotesImport, Scope::ExportsCreate]).await;
    let first = import(&site, Some("lab"), "name=votes.csv&arena=lab", VOTES).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    assert_eq!((&json(&first)["votes"], &json(&first)["contestants"]), (&json!(3), &json!(2)));
    assert_eq!(read(&site, "/api/v1/arenas/lab/board?votes=imported").await["votes"], 3);
    let again = import(&site, Some("lab"), "name=votes.csv&arena=lab", VOTES).await;
    assert_eq!((&json(&again)["votes"], &json(&again)["votes_known"]), (&json!(0), &json!(3)));
    assert_eq!(std::fs::read_dir(site.folder.path().join("incoming")).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test]
async fn what_cannot_be_imported_over_the_api_is_refused_with_the_reason_and_leaves_nothing() {
    let site = Site::new().await;
    hold(&site, "lab", &[Scope::VotesImport]).await;
    is_problem(&import(&site, None, "name=votes.csv", VOTES).await, StatusCode::UNAUTHORIZED, "unauthorized");
    for query in ["", "name=", "name=..%2Fvotes.csv", "name=.votes", "name=votes.csv&arena=A%20b", "name=a&more=b"] {
        is_problem(&import(&site, Some("lab"), query, VOTES).await, StatusCode::BAD_REQUEST, "bad_request");
    }
    for body in ["", "hello", "{\"a\": 1}\n", "model_a,model_b,winner\nred,blue,sideways\n", "PAR1 and no more"] {
        let answer = import(&site, Some("lab"), "name=votes&arena=lab", body).await;
        if answer.status == StatusCode::OK {
            // A table whose rows are all rejected is a table.
            assert_eq!((&json(&answer)["votes"], &json(&answer)["rejected"]), (&json!(0), &json!(1)), "{body}");
            continue;
        }
        is_problem(&answer, StatusCode::UNPROCESSABLE_ENTITY, "unprocessable");
        assert!(!answer.body.contains("incoming"), "where it lay is nobody's business: {}", answer.body);
    }
    let broken = futures_util::stream::iter([Ok("model_a,"), Err(std::io::Error::other("gone"))]);
    let answer = import(&site, Some("lab"), "name=votes.csv&arena=lab", Body::from_stream(broken)).await;
    is_problem(&answer, StatusCode::BAD_REQUEST, "bad_request");
    assert_eq!(std::fs::read_dir(site.folder.path().join("incoming")).unwrap().count(), 0);
    assert!(site.boards.arenas().iter().all(|arena| arena.row.slug.as_str() == "text"
        || arena.with_log(|log| log.votes(plaudit_app::view_model::Slice::All)) == 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_with_a_token_do_not_count_against_their_network() {
    let site = Site::new().await;
    voted(&site, &["left"]).await;
    hold(&site, "lab", &[Scope::ExportsCreate]).await;
    let body = |least: u64| json!({ "arena": "text", "format": "csv", "min_votes_per_pair": least }).to_string();
    let order = async |least: u64, secret: Option<&str>| {
        let answer = send(&site, "/api/v1/exports", secret, "application/json", body(least)).await;
        if answer.status != StatusCode::TOO_MANY_REQUESTS {
            let id = plaudit::exports::ExportId::parse(json(&answer)["id"].as_str().unwrap()).unwrap();
            site.exports.wait(&id, std::time::Duration::from_secs(60)).await;
        }
        answer.status
    };
    for least in 0..20 {
        assert_ne!(order(least, Some("lab")).await, StatusCode::TOO_MANY_REQUESTS);
    }
    assert_ne!(order(100, None).await, StatusCode::TOO_MANY_REQUESTS, "the network has all of its own orders left");
}

#[tokio::test]
async fn the_command_line_makes_lists_and_ends_tokens_and_keeps_no_secret() {
    use std::process::Command;
    let folder = tempfile::tempdir().unwrap();
    let plaudit = |args: &[&str]| {
        let done =
            Command::new(env!("CARGO_BIN_EXE_plaudit")).args(args).arg("--data").arg(folder.path()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (done.status.success(), text(done.stdout), text(done.stderr))
    };
    let (made, secret, told) = plaudit(&["token", "create", "--name", "lab", "--scope", "votes:import,exports:create"]);
    assert!(made && told.contains("votes:import exports:create"), "{told}");
    let secret = secret.trim();
    let id = told.split(' ').next().unwrap();
    let (_, list, _) = plaudit(&["token", "list"]);
    assert!(list.contains(id) && list.contains("good") && list.contains("lab") && !list.contains(secret), "{list}");
    let bytes = std::fs::read(folder.path().join("plaudit.sqlite3")).unwrap();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "only the hash is kept");
    let (revoked, _, told) = plaudit(&["token", "revoke", id]);
    assert!(revoked && told.contains("is revoked"), "{told}");
    assert!(plaudit(&["token", "list"]).1.contains("revoked"));
    for (args, word) in [
        (&["token", "create", "--name", "x", "--scope", "everything"][..], "there is no scope"),
        (&["token", "create", "--name", "x", "--scope", "judgments:write"], "--judge"),
        (&["token", "create", "--name", "x", "--scope", "votes:import", "--judge", "nobody"], "--judge is for"),
        (&["token", "create", "--name", "x"], "--scope"),
        (&["token", "revoke", "000000000000"], "there is no token"),
    ] {
        let (done, _, told) = plaudit(args);
        assert!(!done && told.contains(word), "{args:?}: {told}");
    }
    let judge: JudgeSlug = "outsider".parse().unwrap();
    assert!(plaudit(&["judge", "add", judge.as_str(), "--version", "1"]).0);
    let (made, _, told) =
        plaudit(&["token", "create", "--name", "x", "--scope", "judgments:write", "--judge", judge.as_str()]);
    assert!(made, "{told}");
    assert!(plaudit(&["judge", "token", judge.as_str()]).0);
    assert_eq!(plaudit(&["token", "list"]).1.matches("outsider 1").count(), 2);
    let (done, _, told) = plaudit(&["judge", "token", judge.as_str(), "--revoke"]);
    assert!(done && told.contains("revoked 2 tokens"), "{told}");
}
