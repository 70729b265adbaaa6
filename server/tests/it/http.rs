//! The site in process: votes, tickets, errors, headers, and what must never be seen.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use leptos::server_fn::axum::server_fn_paths;
use plaudit_app::view_model::{BoardView, CountsView, MethodBoardView, Receipt};
use plaudit_domain::RankingMethod;

use crate::support::{Answer, Site, post_request};

fn receipt(answer: &Answer) -> Receipt {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

fn ballot(ticket: &str, outcome: &str) -> String {
    format!("ticket={ticket}&outcome={outcome}&publish=true")
}

#[tokio::test]
async fn a_vote_is_counted_and_then_tells_the_names() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    let answer = site.post("/api/vote", &cookie, &ballot(&ticket, "left")).await;
    let receipt = receipt(&answer);
    assert_eq!((receipt.votes, receipt.withdrawn, receipt.undo_millis), (1, false, 10_000));
    assert!(receipt.left.rating_after > receipt.right.rating_after, "{receipt:?}");
    let page = site.get(&format!("/arena/text/battle/{}", receipt.battle), Some(&cookie)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains(&receipt.left.name) && page.body.contains(&receipt.right.name));
}

#[tokio::test]
async fn nothing_before_the_vote_tells_who_made_which_side() {
    let site = Site::new().await;
    let contestants = site.store.contestants().await.unwrap();
    for _ in 0..20 {
        let page = site.get("/arena/text", None).await;
        // The generations themselves may hold any word; names in slugs and settings would be ours.
        for contestant in &contestants {
            assert!(!page.body.contains(contestant.slug.as_str()), "{} is in the page", contestant.slug);
            let id = contestant.id.0.to_string();
            assert!(!page.body.contains(&id), "the id of {} is in the page", contestant.slug);
        }
        for (name, value) in &page.headers {
            let value = value.to_str().unwrap();
            assert!(contestants.iter().all(|one| !value.contains(one.slug.as_str())), "{name}: {value}");
        }
    }
}

#[tokio::test]
async fn the_same_answer_again_gets_the_same_receipt_and_another_is_refused() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    let first = receipt(&site.post("/api/vote", &cookie, &ballot(&ticket, "tie")).await);
    let again = receipt(&site.post("/api/vote", &cookie, &ballot(&ticket, "tie")).await);
    assert_eq!(first, again);
    let other = site.post("/api/vote", &cookie, &ballot(&ticket, "right")).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(other.body.contains("already_voted"), "{}", other.body);
    assert_eq!(site.votes_on_board(), 1);
}

#[tokio::test]
async fn forged_foreign_and_expired_tickets_are_refused_and_nothing_is_stored() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    let (stranger, _) = site.open_battle().await;
    let forged = format!("{}A{}", &ticket[..50], &ticket[51..]);
    let forged = if forged == ticket { format!("{}B{}", &ticket[..50], &ticket[51..]) } else { forged };
    for (cookie, ticket, status) in [
        (&cookie, forged.as_str(), StatusCode::BAD_REQUEST),
        (&cookie, "", StatusCode::BAD_REQUEST),
        (&cookie, "%00%ff", StatusCode::BAD_REQUEST),
        (&stranger, ticket.as_str(), StatusCode::FORBIDDEN),
    ] {
        let answer = site.post("/api/vote", cookie, &ballot(ticket, "left")).await;
        assert_eq!(answer.status, status, "{ticket}: {}", answer.body);
    }
    site.clock.advance_millis(plaudit::ticket::TICKET_LIFETIME_MILLIS + 1);
    assert_eq!(site.post("/api/vote", &cookie, &ballot(&ticket, "left")).await.status, StatusCode::GONE);
    assert_eq!(site.votes_on_board(), 0);
}

#[tokio::test]
async fn what_cannot_be_read_is_a_bad_request_and_never_a_500() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    for form in [
        "",
        "ticket=x",
        "outcome=left",
        &ballot(&ticket, "draw"),
        &ballot(&ticket, ""),
        "%%%",
        "ticket[]=1&outcome=left",
    ] {
        let answer = site.post("/api/vote", &cookie, form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form:?}: {}", answer.body);
    }
    for form in ["", "battle=1", "battle=zz", &format!("battle={}", "0".repeat(31))] {
        let answer = site.post("/api/undo", &cookie, form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form:?}: {}", answer.body);
    }
    let unknown = site.post("/api/undo", &cookie, &format!("battle={}", "0".repeat(32))).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_undo_counts_for_ten_seconds_and_the_board_forgets_the_vote() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    let voted = receipt(&site.post("/api/vote", &cookie, &ballot(&ticket, "left")).await);
    let (stranger, _) = site.open_battle().await;
    let undo = format!("battle={}", voted.battle);
    assert_eq!(site.post("/api/undo", &stranger, &undo).await.status, StatusCode::NOT_FOUND);
    site.clock.advance_millis(9_000);
    let undone = receipt(&site.post("/api/undo", &cookie, &undo).await);
    assert!(undone.withdrawn && undone.undo_millis == 0);
    assert_eq!(site.votes_on_board(), 0);
    let again = site.post("/api/vote", &cookie, &ballot(&ticket, "right")).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "the names were seen, so the battle is over");

    let (cookie, ticket) = site.open_battle().await;
    let voted = receipt(&site.post("/api/vote", &cookie, &ballot(&ticket, "left")).await);
    site.clock.advance_millis(12_000);
    let late = site.post("/api/undo", &cookie, &format!("battle={}", voted.battle)).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(site.votes_on_board(), 1);
}

#[tokio::test]
async fn a_browser_without_javascript_is_led_to_the_receipt_and_its_errors_are_pages() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    let voted = site.post_form("/api/vote", &cookie, &ballot(&ticket, "both_bad")).await;
    assert_eq!(voted.status, StatusCode::SEE_OTHER, "{}", voted.body);
    let location = voted.headers[header::LOCATION].to_str().unwrap().to_owned();
    assert!(location.starts_with("/arena/text/battle/"), "{location}");
    let page = site.get(&location, Some(&cookie)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("/api/undo"), "the receipt offers an undo");
    let refused = site.post_form("/api/vote", &cookie, &ballot(&ticket, "left")).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.body.starts_with("<!DOCTYPE html>") && refused.body.contains("Your first answer stands"),
        "{}",
        refused.body
    );
    let (cookie, ticket) = site.open_battle().await;
    let skipped = site.post_form("/api/skip", &cookie, &format!("ticket={ticket}")).await;
    assert_eq!(
        (skipped.status, skipped.headers[header::LOCATION].to_str().unwrap()),
        (StatusCode::SEE_OTHER, "/arena/text")
    );
    assert_eq!(site.post("/api/vote", &cookie, &ballot(&ticket, "left")).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn parallel_votes_on_one_ticket_store_exactly_one_row() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    let tries = ["left", "right", "tie", "both_bad"].into_iter().cycle().take(24).map(|outcome| {
        let request = post_request("/api/vote", &cookie, &ballot(&ticket, outcome), "application/json");
        site.send(request)
    });
    let answers = futures_util::future::join_all(tries).await;
    assert!(answers.iter().all(|answer| matches!(answer.status, StatusCode::OK | StatusCode::CONFLICT)));
    assert_eq!(
        answers.iter().filter(|answer| answer.status == StatusCode::OK).count(),
        6,
        "one answer, given six times"
    );
    assert_eq!(site.votes_on_board(), 1);
}

#[tokio::test]
async fn every_server_function_refuses_other_sites() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    let functions: Vec<_> = server_fn_paths().collect();
    assert!(functions.len() >= 3, "vote, undo, skip: {functions:?}");
    for (path, method) in functions {
        assert_ne!(method, Method::GET, "{path} must not change anything by GET");
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("x-nothing", "neither header"),
        ] {
            let mut request = post_request(path, &cookie, &ballot(&ticket, "left"), "application/json");
            request.headers_mut().remove("sec-fetch-site");
            request.headers_mut().insert(name, value.parse().unwrap());
            let answer = site.send(request).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} with {name}: {value}");
        }
    }
    assert_eq!(site.votes_on_board(), 0);
}

#[tokio::test]
async fn an_older_browser_is_known_by_its_origin() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    let mut request = post_request("/api/vote", &cookie, &ballot(&ticket, "left"), "application/json");
    request.headers_mut().remove("sec-fetch-site");
    request.headers_mut().insert("origin", "https://arena.example".parse().unwrap());
    assert_eq!(site.send(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_announced_or_not() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    let large = ballot(&ticket, &"x".repeat(100_000));
    assert_eq!(site.post("/api/vote", &cookie, &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let mut request = post_request("/api/vote", &cookie, "", "application/json");
    let chunks = futures_util::stream::iter((0..100).map(|_| Ok::<_, std::io::Error>("x".repeat(1000))));
    *request.body_mut() = Body::from_stream(chunks);
    assert_eq!(site.send(request).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn unknown_addresses_are_designed_404s() {
    let site = Site::new().await;
    for path in [
        "/nothing",
        "/arena/nothing",
        "/arena/nothing/leaderboard",
        "/arena/..%2f..%2fetc",
        "/arena/<script>",
        "/arena/text/battle/nothing",
        "/arena/text/battle/00000000000000000000000000000000",
        "/pkg/nothing.js",
    ] {
        let answer = site.get(&path.replace('<', "%3C").replace('>', "%3E"), None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.body.contains("<main"), "{path} is a page: {}", answer.body);
    }
    assert_eq!(site.get("/api/arena/nothing/board", None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_answer_carries_its_security_headers_and_a_fresh_nonce() {
    let site = Site::new().await;
    let mut nonces = std::collections::HashSet::new();
    for path in [
        "/",
        "/about",
        "/arena/text",
        "/arena/text/leaderboard",
        "/nothing",
        "/pkg/plaudit-test.css",
        "/api/arena/text/board",
        "/api/health",
    ] {
        let answer = site.get(path, None).await;
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        for script in answer.body.split("<script").skip(1) {
            let tag = &script[..script.find('>').unwrap()];
            assert!(
                tag.contains(&format!("nonce=\"{nonce}\"")) || tag.contains("application/"),
                "{path}: <script{tag}>"
            );
        }
        assert!(!answer.body.contains(" style=\""), "{path}: the policy forbids style attributes");
        assert!(!answer.body.contains("<style"), "{path}: the policy forbids style elements");
        assert!(nonces.insert(nonce), "{path}: the nonce was used before");
    }
    let hashed = site.get("/pkg/plaudit-test.css", None).await;
    assert!(hashed.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    let battle = site.get("/arena/text", None).await;
    assert!(battle.headers[header::CACHE_CONTROL].to_str().unwrap().contains("no-store"));
}

#[tokio::test]
async fn the_cookie_is_secure_behind_tls_and_sent_once() {
    let site = Site::behind_tls("https://arena.example").await;
    let page = site.get("/arena/text", None).await;
    let cookie = page.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("Secure") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert!(page.headers.contains_key("strict-transport-security"));
    let again = site.get("/arena/text", Some(&page.cookie())).await;
    assert!(!again.headers.contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn the_board_moves_with_a_vote_and_says_so_as_json() {
    let site = Site::new().await;
    let board = |answer: Answer| serde_json::from_str::<BoardView>(&answer.body).unwrap();
    let before = board(site.get("/api/arena/text/board", None).await);
    assert!(
        before.votes == 0 && before.rows.iter().all(|row| row.rank.is_none() && row.rating.is_none()),
        "{before:?}"
    );
    let (cookie, ticket) = site.open_battle().await;
    let receipt = receipt(&site.post("/api/vote", &cookie, &ballot(&ticket, "right")).await);
    for method in ["bt", "elo"] {
        let after = board(site.get(&format!("/api/arena/text/board?method={method}&votes=here"), None).await);
        assert_eq!(after.votes, 1);
        assert_eq!(after.rows[0].slug, receipt.right.slug, "{method}");
        assert!(after.rows.iter().all(|row| row.rating.is_none_or(f64::is_finite)));
        assert!(after.version > before.version);
    }
    let none = board(site.get("/api/arena/text/board?votes=imported", None).await);
    assert_eq!(none.votes, 0);
    assert_eq!(site.get("/api/arena/text/board?method=magic", None).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn every_method_ranks_the_votes_and_the_counts_behind_them_are_public() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    let receipt = receipt(&site.post("/api/vote", &cookie, &ballot(&ticket, "left")).await);
    for method in RankingMethod::ALL {
        let answer = site.get(&format!("/api/arena/text/ranking?method={method}&votes=here"), None).await;
        let view: MethodBoardView = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((view.board.method, view.board.votes), (method, 1));
        let first = &view.board.rows[0];
        assert_eq!(view.contestants[first.contestant as usize].slug, receipt.left.slug, "{method}");
        assert!(view.board.rows.iter().filter_map(|row| row.score).all(f64::is_finite), "{method}");
        assert_eq!(view.board.rows.iter().filter(|row| row.rank.is_some()).count(), 2, "{method}");
        let page = site.get(&format!("/arena/text/leaderboard?method={method}"), None).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains(&receipt.left.name) && page.body.contains(method.explanation()), "{method}");
    }
    let counts: CountsView = serde_json::from_str(&site.get("/api/arena/text/counts", None).await.body).unwrap();
    let [day] = counts.days.as_slice() else { panic!("one vote is of one day: {counts:?}") };
    assert_eq!(day.pairs.len(), 1);
    assert_eq!(day.pairs[0].outcomes, [1, 0, 0, 0]);
    let left = &counts.contestants[day.pairs[0].left as usize];
    assert_eq!(left.slug, receipt.left.slug);
    assert_eq!(site.get("/api/arena/text/ranking?method=magic", None).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.get("/api/arena/none/counts", None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_open_leaderboard_hears_of_a_vote() {
    use futures_util::StreamExt;
    use tower::ServiceExt;

    let site = Site::new().await;
    let request = Request::get("/api/arena/text/board/events").body(Body::empty()).unwrap();
    let response = site.app.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    assert!(!response.headers().contains_key(header::CONTENT_ENCODING), "a compressed stream would be held back");
    let mut events = response.into_body().into_data_stream();
    let next = |chunk: Option<Result<axum::body::Bytes, axum::Error>>| {
        let text = String::from_utf8(chunk.unwrap().unwrap().to_vec()).unwrap();
        let data = text.lines().find_map(|line| line.strip_prefix("data:")).unwrap().trim().to_owned();
        serde_json::from_str::<BoardView>(&data).unwrap()
    };
    assert_eq!(next(events.next().await).votes, 0, "the first event is the board as it is");
    let (cookie, ticket) = site.open_battle().await;
    site.post("/api/vote", &cookie, &ballot(&ticket, "left")).await;
    assert_eq!(next(events.next().await).votes, 1);
}

#[tokio::test]
async fn a_voter_does_not_get_a_pair_twice() {
    let site = Site::new().await;
    let (cookie, mut ticket) = site.open_battle().await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..60 {
        let voted = receipt(&site.post("/api/vote", &cookie, &ballot(&ticket, "tie")).await);
        let battle = site.store.battle(voted.battle).await.unwrap().unwrap();
        let (one, other) = (battle.left_text.unwrap(), battle.right_text.unwrap());
        let pair = if one < other { (one, other) } else { (other, one) };
        assert!(seen.insert(pair), "a pair came twice");
        ticket = site.get("/arena/text", Some(&cookie)).await.ticket();
    }
}

#[tokio::test]
async fn a_vote_that_cannot_be_stored_is_not_counted_and_the_voter_is_told() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    site.store.close().await;
    let answer = site.post("/api/vote", &cookie, &ballot(&ticket, "left")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.body.contains("not_counted") && answer.headers.contains_key(header::RETRY_AFTER));
    let page = site.post_form("/api/vote", &cookie, &ballot(&ticket, "left")).await;
    assert!(page.body.contains("was not counted"), "{}", page.body);
    assert_eq!(site.votes_on_board(), 0);
}

#[tokio::test]
async fn attacks_in_prompts_and_generations_are_shown_as_text_in_every_view() {
    use std::io::Write;

    use plaudit::command::import::import_source;
    use plaudit_datasets::ReadOptions;

    let site = Site::new().await;
    let attacks: Vec<_> = include_str!("../fixtures/xss.txt").split("\n%%\n").collect();
    let slugs = ["one", "two"];
    let contestants: Vec<_> = slugs
        .iter()
        .map(|slug| {
            serde_json::json!({ "slug": slug, "name": format!("<script>alert('{slug}')</script>"), "kind": "baseline",
            "description": "</textarea><script>alert(1)</script>" })
        })
        .collect();
    let prompts: Vec<_> = attacks
        .iter()
        .enumerate()
        .map(|(number, text)| serde_json::json!({ "slug": format!("p{number}"), "text": text, "category": null }))
        .collect();
    let generations: Vec<_> = attacks
        .iter()
        .enumerate()
        .flat_map(|(number, text)| {
            slugs.iter().map(move |slug| {
                serde_json::json!({ "contestant": slug, "prompt": format!("p{number}"), "seed": 1,
                    "text": format!("{slug} {text}"), "tokens": 1, "finish": "stop" })
            })
        })
        .collect();
    let bundle = serde_json::json!({
        "format": "plaudit-arena/1",
        "arena": { "slug": "attacks", "title": "</title><script>alert(1)</script>", "task": "text",
            "description": "<img src=x onerror=alert(1)>", "license": null },
        "contestants": contestants, "prompts": prompts, "generations": generations,
    });
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bundle.to_string().as_bytes()).unwrap();
    let source = plaudit_datasets::discover(&[file.path().to_owned()]).unwrap().sources.remove(0);
    import_source(&site.store, source, ReadOptions::default(), None).await.unwrap();
    site.boards.refresh().await.unwrap();
    let harmless = |path: &str, body: &str| {
        let lower = body.to_ascii_lowercase();
        for bad in [
            "<script>alert",
            "<img src=x",
            "<svg onload",
            "onerror=alert(1)>",
            "<iframe",
            "<a href=\"javascript:",
            "<base href=\"https://evil",
            "</title><script>",
        ] {
            assert!(!lower.contains(bad), "{bad} is in {path}");
        }
    };
    let mut cookie = None;
    for _ in 0..attacks.len() * 2 {
        let page = site.get("/arena/attacks", cookie.as_deref()).await;
        harmless("battle", &page.body);
        let voter = cookie.clone().unwrap_or_else(|| page.cookie());
        let voted = site.post("/api/vote", &voter, &ballot(&page.ticket(), "left")).await;
        let voted = receipt(&voted);
        let finished = site.get(&format!("/arena/attacks/battle/{}", voted.battle), Some(&voter)).await;
        harmless("finished battle", &finished.body);
        cookie = Some(voter);
    }
    let pages = [
        "/",
        "/arena/attacks/leaderboard",
        "/arena/attacks/leaderboard?method=elo",
        "/data",
        "/data/api",
        "/data/api?arena=%3Cscript%3Ealert(1)%3C/script%3E",
    ];
    for path in pages {
        harmless(path, &site.get(path, cookie.as_deref()).await.body);
    }
    let leaderboard = site.get("/arena/attacks/leaderboard?method=%3Cscript%3Ealert(1)%3C/script%3E", None).await;
    harmless("query", &leaderboard.body);
}

#[tokio::test]
async fn a_failure_on_our_side_is_a_page_that_tells_nothing_of_its_inside() {
    let site = Site::new().await;
    let battle = site.open_battle().await;
    site.store.close().await;
    let page = site.get("/arena/text", Some(&battle.0)).await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(page.body.contains("<main") && page.body.contains("reference"), "{}", page.body);
    for inside in ["sqlx", "SELECT", "pool", "closed"] {
        assert!(!page.body.contains(inside), "{inside} in {}", page.body);
    }
    assert_eq!(site.get("/api/health", None).await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn an_undo_that_cannot_be_stored_says_that_the_vote_still_counts() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    let voted = receipt(&site.post("/api/vote", &cookie, &ballot(&ticket, "left")).await);
    site.store.close().await;
    let answer = site.post("/api/undo", &cookie, &format!("battle={}", voted.battle)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.body.contains("not_undone"), "{}", answer.body);
    let page = site.post_form("/api/undo", &cookie, &format!("battle={}", voted.battle)).await;
    assert!(page.body.contains("still counts") && !page.body.contains("not counted"), "{}", page.body);
    assert_eq!(site.votes_on_board(), 1);
}
