//! `/api/v1` from the outside: what it says, how it refuses, and what it never tells.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use plaudit_domain::{ArenaId, VoteId};
use serde_json::{Value, json};

use crate::support::{Answer, Site, encoded};

/// Votes, each by a voter of their own; then the time after which they are listed.
pub async fn voted(site: &Site, outcomes: &[&str]) -> Vec<String> {
    let mut cookies = Vec::new();
    for outcome in outcomes {
        let (cookie, ticket) = site.open_battle().await;
        let answer = site.post("/api/vote", &cookie, &format!("ticket={ticket}&outcome={outcome}&publish=true")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        site.clock.advance_millis(10);
        cookies.push(cookie);
    }
    site.clock.advance_millis(3_000);
    cookies
}

pub fn json(answer: &Answer) -> Value {
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json", "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

pub async fn read(site: &Site, path: &str) -> Value {
    let answer = site.get(path, None).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    json(&answer)
}

pub fn is_problem(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    let body = json(answer);
    assert_eq!(body["error"]["code"], code, "{body}");
    assert!(body["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
}

#[tokio::test]
async fn the_description_is_the_one_that_is_published() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let described = serde_json::to_string_pretty(&plaudit::http::v1::description()).unwrap() + "\n";
    if std::env::var_os("PLAUDIT_WRITE_SNAPSHOTS").is_some() {
        std::fs::write(path, &described).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        described == published,
        "the API changed: PLAUDIT_WRITE_SNAPSHOTS=1 cargo test writes docs/openapi.json anew"
    );
    let served = read(&Site::new().await, "/api/v1/openapi.json").await;
    assert_eq!(served, serde_json::from_str::<Value>(&published).unwrap());
}

#[tokio::test]
async fn every_path_of_the_description_answers_and_every_list_is_there() {
    let site = Site::new().await;
    voted(&site, &["left"]).await;
    let description = read(&site, "/api/v1/openapi.json").await;
    let mut read_paths = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        if methods.get("get").is_none() || path.contains("{id}") {
            continue;
        }
        read(&site, &path.replace("{arena}", "text")).await;
        read_paths += 1;
    }
    assert!(read_paths >= 9, "{read_paths}");
}

#[tokio::test]
async fn a_board_says_how_it_was_made_and_how_sure_it_is() {
    let site = Site::new().await;
    voted(&site, &["left", "left", "right", "tie", "both_bad", "left"]).await;
    let board = read(&site, "/api/v1/arenas/text/board").await;
    assert_eq!(
        (board["votes"].as_u64(), &board["method"], &board["unit"]),
        (Some(6), &json!("bradley-terry"), &json!("points"))
    );
    let first = &board["rows"][0];
    let (lower, upper) = (first["interval"]["lower"].as_f64().unwrap(), first["interval"]["upper"].as_f64().unwrap());
    assert!(lower < first["score"].as_f64().unwrap() && first["score"].as_f64().unwrap() < upper, "{first}");
    let ranks = &first["rank_interval"];
    assert!(
        ranks["lower"].as_u64() <= first["rank"].as_u64() && ranks["lower"].as_u64() <= ranks["upper"].as_u64(),
        "{first}"
    );
    let elo = read(&site, "/api/v1/arenas/text/board?method=elo&votes=here").await;
    assert!(elo["rows"][0]["interval"].is_null() && elo["rows"][0]["score"].is_number(), "{elo}");
    let none = read(&site, "/api/v1/arenas/text/board?votes=imported").await;
    assert_eq!(none["votes"], 0);
    let counts = read(&site, "/api/v1/arenas/text/counts").await;
    let sum: u64 = counts["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| pair["outcomes"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum::<u64>())
        .sum();
    assert_eq!((sum, counts["votes"].as_u64()), (6, Some(6)));
    let arena = read(&site, "/api/v1/arenas/text").await;
    assert_eq!(arena["outcomes"], json!({ "left": 3, "right": 1, "tie": 1, "both_bad": 1 }));
    assert_eq!((arena["battles"].as_u64(), &arena["license"]), (Some(6), &json!("CC0-1.0")));
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repetition() {
    let site = Site::new().await;
    voted(&site, &["left", "right", "tie", "left", "both_bad"]).await;
    for (list, limit) in [("votes", 2), ("battles", 2), ("votes", 5), ("battles", 100)] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = read(&site, &format!("/api/v1/arenas/text/{list}?limit={limit}{cursor}")).await;
            let rows = page[list].as_array().unwrap();
            assert!(rows.len() <= limit, "{page}");
            seen.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (5, 5), "{list}");
    }
    let battles = read(&site, "/api/v1/arenas/text/battles").await;
    let battle = &battles["battles"][0];
    assert!(battle["prompt"]["text"].is_string() && battle["left"]["text"].is_string(), "{battle}");
    assert_eq!(battle["outcomes"], json!({ "left": 1, "right": 0, "tie": 0, "both_bad": 0 }));
}

#[tokio::test]
async fn a_vote_just_cast_is_listed_a_moment_later_so_that_no_reader_passes_one_that_is_still_written() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    site.post("/api/vote", &cookie, &format!("ticket={ticket}&outcome=left&publish=true")).await;
    assert_eq!(read(&site, "/api/v1/arenas/text/votes").await["votes"], json!([]));
    site.clock.advance_millis(3_000);
    assert_eq!(read(&site, "/api/v1/arenas/text/votes").await["votes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_vote_that_was_taken_back_is_listed_only_where_it_is_asked_for() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    let receipt = json(&site.post("/api/vote", &cookie, &format!("ticket={ticket}&outcome=left&publish=true")).await);
    let battle = receipt["battle"].as_str().unwrap();
    assert_eq!(site.post("/api/undo", &cookie, &format!("battle={battle}")).await.status, StatusCode::OK);
    site.clock.advance_millis(3_000);
    assert_eq!(read(&site, "/api/v1/arenas/text/votes").await["votes"], json!([]));
    let all = read(&site, "/api/v1/arenas/text/votes?with_excluded=true").await;
    assert_eq!(all["votes"][0]["withdrawn"], true);
    assert_eq!(read(&site, "/api/v1/arenas/text/battles").await["battles"][0]["outcomes"]["left"], 0);
}

#[tokio::test]
async fn nothing_of_a_voter_and_nothing_that_a_visitor_typed_is_in_the_api() {
    let site = Site::with_words().await;
    let cookies = voted(&site, &["left", "tie"]).await;
    let cookie = site.get("/arena/words", None).await.cookie();
    let started = site.post("/api/live/start", &cookie, "arena=words&prompt=my%20secret%20prompt&models=words").await;
    let battle: plaudit_app::view_model::live::LiveBattle = serde_json::from_str(&started.body).unwrap();
    let answers = crate::live::both(&battle);
    let form = format!("ticket={}&answers={}", battle.ticket, encoded(&serde_json::to_string(&answers).unwrap()));
    let ready: plaudit_app::view_model::live::LiveReady =
        serde_json::from_str(&site.post("/api/live/finish", &cookie, &form).await.body).unwrap();
    site.post("/api/vote", &cookie, &format!("ticket={}&outcome=left&publish=true", ready.ticket)).await;
    site.clock.advance_millis(3_000);

    let mut secrets =
        vec!["my secret prompt".to_owned(), crate::live::text_of(&answers.left), crate::live::text_of(&answers.right)];
    for arena in ["text", "words"] {
        let arena = ArenaId::of(&arena.parse().unwrap());
        let votes = site.store.votes_from(arena, VoteId::from_bytes([0; 16])).await.unwrap();
        assert!(!votes.is_empty());
        secrets.extend(votes.iter().map(|vote| vote.voter.to_string()));
    }
    secrets.extend(cookies.iter().chain([&cookie]).map(|cookie| cookie.split_once('=').unwrap().1.to_owned()));
    for arena in ["text", "words"] {
        for list in
            ["", "/contestants", "/board", "/counts", "/battles", "/votes?with_excluded=true", "/pairs", "/judgments"]
        {
            let path = format!("/api/v1/arenas/{arena}{list}");
            let answer = site.get(&path, None).await;
            assert_eq!(answer.status, StatusCode::OK);
            for secret in &secrets {
                assert!(!answer.body.contains(secret), "{path} holds {secret}");
            }
        }
    }
    let words = read(&site, "/api/v1/arenas/words/battles").await;
    assert!(words["battles"][0]["prompt"].is_null() && words["battles"][0]["left"]["text"].is_null(), "{words}");
}

#[tokio::test]
async fn a_skipped_battle_is_not_listed() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    site.post("/api/skip", &cookie, &format!("ticket={ticket}")).await;
    site.clock.advance_millis(3_000);
    assert_eq!(read(&site, "/api/v1/arenas/text/battles").await["battles"], json!([]));
}

#[tokio::test]
async fn who_has_an_answer_already_gets_304_until_it_changes() {
    let site = Site::new().await;
    voted(&site, &["left"]).await;
    for path in ["/api/v1/arenas", "/api/v1/arenas/text/board", "/api/v1/arenas/text/votes", "/api/v1/openapi.json"] {
        let first = site.get(path, None).await;
        let tag = first.headers[header::ETAG].clone();
        let asked = |tag| Request::get(path).header(header::IF_NONE_MATCH, tag).body(Body::empty()).unwrap();
        let again = site.send(asked(tag.clone())).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
        assert_eq!(again.headers[header::ETAG], tag);
        assert_eq!(site.send(asked("\"other\"".parse().unwrap())).await.status, StatusCode::OK);
    }
    let tag = site.get("/api/v1/arenas/text/board", None).await.headers[header::ETAG].clone();
    voted(&site, &["right"]).await;
    assert_ne!(site.get("/api/v1/arenas/text/board", None).await.headers[header::ETAG], tag);
}

#[tokio::test]
async fn reads_are_open_to_pages_of_other_sites_and_writes_are_not() {
    let site = Site::new().await;
    let send = async |method: Method, path: &str| {
        let request = Request::builder().method(method).uri(path).header(header::ORIGIN, "https://elsewhere.example");
        site.send(request.body(Body::empty()).unwrap()).await
    };
    for path in ["/api/v1/arenas", "/api/v1/arenas/nothing"] {
        let answer = send(Method::GET, path).await;
        assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*", "{path}");
        assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
        assert!(!answer.headers.contains_key(header::SET_COOKIE));
        assert_eq!(answer.headers["cross-origin-resource-policy"], "cross-origin");
    }
    let preflight = send(Method::OPTIONS, "/api/v1/arenas/text/judgments").await;
    assert_eq!(preflight.headers[header::ACCESS_CONTROL_ALLOW_METHODS], "GET, HEAD");
    let post = send(Method::POST, "/api/v1/arenas/text/judgments").await;
    assert_eq!(post.status, StatusCode::UNAUTHORIZED);
    assert!(!post.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    assert_eq!(site.get("/api/arena/text/board", None).await.headers["cross-origin-resource-policy"], "same-origin");
}

#[tokio::test]
async fn every_refusal_has_one_form() {
    let site = Site::new().await;
    let nothing = "0".repeat(31);
    for path in [
        "/api/v1/arenas/text/board?method=glicko",
        "/api/v1/arenas/text/board?votes=mine",
        "/api/v1/arenas/text/board?slice=here",
        "/api/v1/arenas/text/votes?limit=0",
        "/api/v1/arenas/text/votes?limit=1001",
        "/api/v1/arenas/text/votes?limit=-1",
        "/api/v1/arenas/text/votes?limit=many",
        "/api/v1/arenas/text/votes?cursor=",
        &format!("/api/v1/arenas/text/votes?cursor={nothing}"),
        "/api/v1/arenas/text/votes?cursor=%F0%9F%8E%AD",
        "/api/v1/arenas/text/battles?limit=101",
        "/api/v1/arenas/text/judgments?cursor=x",
        "/api/v1/arenas/text/pairs?after=x",
        "/api/v1/arenas/text/pairs?limit=0",
    ] {
        is_problem(&site.get(path, None).await, StatusCode::BAD_REQUEST, "bad_request");
    }
    let unknown = format!("/api/v1/arenas/text/pairs?after={}", "0".repeat(32));
    for path in
        ["/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/arenas/nowhere", "/api/v1/arenas/%FF/votes", &unknown]
    {
        is_problem(&site.get(path, None).await, StatusCode::NOT_FOUND, "not_found");
    }
    let delete = Request::delete("/api/v1/arenas/text/votes").body(Body::empty()).unwrap();
    let answer = site.send(delete).await;
    is_problem(&answer, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
    assert!(answer.headers.contains_key(header::ALLOW), "{:?}", answer.headers);
    let post = Request::post("/api/v1/arenas/text/judgments").body(Body::from("{}")).unwrap();
    let answer = site.send(post).await;
    is_problem(&answer, StatusCode::UNAUTHORIZED, "unauthorized");
    assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let site = Site::new().await;
    let mut refused = None;
    for _ in 0..100 {
        let answer = site.get("/api/v1/arenas/text/contestants", None).await;
        if answer.status != StatusCode::OK {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a hundred requests at one instant are too many");
    is_problem(&refused, StatusCode::TOO_MANY_REQUESTS, "too_many_requests");
    let wait: i64 = refused.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    site.clock.advance_millis(wait * 1000);
    assert_eq!(site.get("/api/v1/arenas/text/contestants", None).await.status, StatusCode::OK);
    assert_eq!(site.get("/arena/text", None).await.status, StatusCode::OK, "pages are not the API");
}
