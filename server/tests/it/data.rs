//! Taking data away: exports as jobs, one-click downloads, the pages, and a visitor's own votes.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use plaudit::exports::{ExportDesk, ExportId, ExportOrder, ExportState};
use plaudit_datasets::export::ExportFormat;
use plaudit_domain::{ArenaId, VoteId};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    api::{is_problem, json, read, voted},
    support::{Answer, Site},
};

const PATIENCE: Duration = Duration::from_secs(60);

async fn order(site: &Site, body: Value) -> Answer {
    let request = Request::post("/api/v1/exports").header(header::CONTENT_TYPE, "application/json");
    site.send(request.body(Body::from(body.to_string())).unwrap()).await
}

/// Orders and waits: the id of a finished export.
async fn finished(site: &Site, body: Value) -> String {
    let answer = order(site, body).await;
    assert!(matches!(answer.status, StatusCode::OK | StatusCode::ACCEPTED), "{}", answer.body);
    let id = json(&answer)["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.headers[header::LOCATION], format!("/api/v1/exports/{id}").as_str());
    let state = site.exports.wait(&ExportId::parse(&id).unwrap(), PATIENCE).await;
    assert!(matches!(state, Some(ExportState::Finished(_))), "{state:?}");
    id
}

async fn fetch(site: &Site, id: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
    let mut request = Request::get(format!("/api/v1/exports/{id}/file"));
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    site.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_is_ordered_followed_and_fetched_in_pieces() {
    let site = Site::new().await;
    voted(&site, &["left", "right", "tie"]).await;
    let id = finished(&site, json!({ "arena": "text", "format": "plaudit-jsonl" })).await;
    let progress = read(&site, &format!("/api/v1/exports/{id}")).await;
    assert_eq!((&progress["state"], progress["file"]["votes"].as_u64()), (&json!("finished"), Some(3)));
    assert_eq!(progress["file"]["license"], "CC0-1.0");
    let whole = fetch(&site, &id, &[]).await;
    assert_eq!(whole.body.len() as u64, progress["file"]["bytes"].as_u64().unwrap());
    assert_eq!(whole.body.lines().count(), 3);
    assert_eq!(whole.headers[header::CONTENT_DISPOSITION], "attachment; filename=\"plaudit-text-plaudit-jsonl.jsonl\"");
    let tag = whole.headers[header::ETAG].to_str().unwrap().to_owned();

    let first = fetch(&site, &id, &[(header::RANGE, "bytes=0-99")]).await;
    assert_eq!(first.status, StatusCode::PARTIAL_CONTENT);
    let rest = fetch(&site, &id, &[(header::RANGE, "bytes=100-"), (header::IF_RANGE, &tag)]).await;
    assert_eq!(rest.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!([first.body, rest.body].concat(), whole.body, "a download that broke off goes on");
    let other = fetch(&site, &id, &[(header::RANGE, "bytes=100-"), (header::IF_RANGE, "\"other\"")]).await;
    assert_eq!((other.status, other.body == whole.body), (StatusCode::OK, true), "a piece of another file is no use");
    let beyond = fetch(&site, &id, &[(header::RANGE, "bytes=999999-")]).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(fetch(&site, &id, &[(header::IF_NONE_MATCH, &tag)]).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_order_of_the_same_log_is_one_file_and_another_order_names_its_voters_anew() {
    let site = Site::new().await;
    voted(&site, &["left"]).await;
    let body = json!({ "arena": "text", "format": "plaudit-jsonl" });
    let id = finished(&site, body.clone()).await;
    let again = order(&site, body.clone()).await;
    assert_eq!((again.status, json(&again)["id"].as_str()), (StatusCode::OK, Some(id.as_str())));
    let without = finished(&site, json!({ "arena": "text", "format": "plaudit-jsonl", "without_texts": true })).await;
    let voter = |answer: Answer| {
        let row: Value = serde_json::from_str(answer.body.lines().next().unwrap()).unwrap();
        row["voter"].as_str().unwrap().to_owned()
    };
    let (one, other) = (voter(fetch(&site, &id, &[]).await), voter(fetch(&site, &without, &[]).await));
    assert_ne!(one, other);
    let stored =
        site.store.votes_from(ArenaId::of(&"text".parse().unwrap()), VoteId::from_bytes([0; 16])).await.unwrap();
    assert!(stored.iter().all(|vote| ![&one, &other].contains(&&vote.voter.to_string())));
    voted(&site, &["right"]).await;
    assert_ne!(finished(&site, body).await, id, "another vote makes it another export");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_format_can_be_ordered_and_filters_hold() {
    let site = Site::new().await;
    voted(&site, &["left", "tie"]).await;
    let description = read(&site, "/api/v1/openapi.json").await;
    let words = description["components"]["schemas"]["FormatWord"]["enum"].as_array().unwrap();
    assert_eq!(words.len(), plaudit::exports::FORMATS.len());
    for format in plaudit::exports::FORMATS {
        assert!(words.contains(&json!(format.as_str())), "the description does not know {format}");
        finished(&site, json!({ "arena": "text", "format": format.as_str() })).await;
        site.clock.advance_millis(60_000);
    }
    let ties =
        finished(&site, json!({ "arena": "text", "format": "csv", "outcomes": ["tie"], "compression": "gzip" })).await;
    assert_eq!(read(&site, &format!("/api/v1/exports/{ties}")).await["file"]["votes"], 1);
    let late = finished(&site, json!({ "arena": "text", "format": "csv", "since": "2100-01-01" })).await;
    assert_eq!(read(&site, &format!("/api/v1/exports/{late}")).await["file"]["votes"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_cannot_be_are_refused_with_the_reason() {
    let site = Site::new().await;
    for body in [
        json!({}),
        json!([]),
        json!({ "arena": "text", "format": "xlsx" }),
        json!({ "arena": "text", "format": "csv", "pii": "keep" }),
        json!({ "arena": "text", "format": "csv", "min_votes_per_pair": -1 }),
        json!({ "arena": "text", "format": "csv", "min_votes_per_pair": 1.5 }),
        json!({ "arena": "text", "format": "csv", "min_votes_per_pair": u64::MAX }),
    ] {
        is_problem(&order(&site, body).await, StatusCode::BAD_REQUEST, "bad_request");
    }
    for body in [
        json!({ "arena": "text", "format": "csv", "since": "yesterday" }),
        json!({ "arena": "text", "format": "plaudit-parquet", "compression": "gzip" }),
    ] {
        is_problem(&order(&site, body).await, StatusCode::UNPROCESSABLE_ENTITY, "unprocessable");
    }
    for body in [
        json!({ "arena": "nowhere", "format": "csv" }),
        json!({ "arena": "../etc", "format": "csv" }),
        json!({ "arena": "text", "format": "csv", "contestants": ["nobody"] }),
    ] {
        is_problem(&order(&site, body).await, StatusCode::NOT_FOUND, "not_found");
    }
    for path in
        ["/api/v1/exports/x", "/api/v1/exports/..%2f..%2fplaudit", &format!("/api/v1/exports/{}/file", "0".repeat(32))]
    {
        is_problem(&site.get(path, None).await, StatusCode::NOT_FOUND, "not_found");
    }
    // What a page of another site can send without asking.
    let form = Request::post("/api/v1/exports").header(header::CONTENT_TYPE, "text/plain");
    let answer = site.send(form.body(Body::from(r#"{"arena":"text","format":"csv"}"#)).unwrap()).await;
    is_problem(&answer, StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
    let large = "x".repeat(100_000);
    is_problem(
        &order(&site, json!({ "arena": large, "format": "csv" })).await,
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_can_order_so_many_files_and_what_is_there_costs_it_nothing() {
    let site = Site::new().await;
    voted(&site, &["left"]).await;
    let body = |least: u64| json!({ "arena": "text", "format": "csv", "min_votes_per_pair": least });
    let mut refused = None;
    for least in 0..40 {
        let answer = order(&site, body(least)).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
        let id = ExportId::parse(json(&answer)["id"].as_str().unwrap()).unwrap();
        site.exports.wait(&id, PATIENCE).await;
    }
    let refused = refused.expect("forty files at one instant are too many");
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(order(&site, body(0)).await.status, StatusCode::OK);
    let page = site.get("/data/text/votes.jsonl", None).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.headers.contains_key(header::RETRY_AFTER) && page.body.contains("Too many files"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_after_a_day_and_leave_nothing_behind() {
    let site = Site::new().await;
    voted(&site, &["left"]).await;
    let old = finished(&site, json!({ "arena": "text", "format": "csv" })).await;
    site.clock.advance_millis(25 * 3600 * 1000);
    let new = finished(&site, json!({ "arena": "text", "format": "plaudit-jsonl" })).await;
    is_problem(&site.get(&format!("/api/v1/exports/{old}"), None).await, StatusCode::NOT_FOUND, "not_found");
    let mut names: Vec<_> = std::fs::read_dir(site.folder.path().join("exports"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [format!("{new}.export"), format!("{new}.jsonl")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_outlive_the_server_and_parts_of_files_do_not() {
    let site = Site::new().await;
    voted(&site, &["left"]).await;
    let id = finished(&site, json!({ "arena": "text", "format": "csv" })).await;
    let folder = site.folder.path().join("exports");
    std::fs::write(folder.join(".x.csv.1-0.partial"), "half").unwrap();
    let (_stop, stopping) = watch::channel(false);
    let next = ExportDesk::new(site.boards.clone(), site.folder.path(), 1 << 20, site.clock.clock(), stopping).unwrap();
    assert!(matches!(next.state(&ExportId::parse(&id).unwrap()), Some(ExportState::Finished(_))));
    assert!(!folder.join(".x.csv.1-0.partial").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_click_leads_to_the_file() {
    let site = Site::new().await;
    voted(&site, &["left", "both_bad"]).await;
    for (file, start) in
        [("votes.csv", "vote_id,"), ("votes.jsonl", "{"), ("trl-preference.jsonl", "{"), ("argilla.json", "[")]
    {
        let answer = site.get(&format!("/data/text/{file}"), None).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{file}: {}", answer.body);
        let place = answer.headers[header::LOCATION].to_str().unwrap().to_owned();
        let got = site.get(&place, None).await;
        assert_eq!(got.status, StatusCode::OK, "{place}");
        assert!(got.body.trim_start_matches('\u{feff}').starts_with(start), "{file}: {}", got.body);
    }
    for path in
        ["/data/text/votes.xlsx", "/data/nowhere/votes.csv", "/data/text/.csv", "/data/..%2f/votes.csv", "/exports/x"]
    {
        let answer = site.get(path, None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.body.contains("<main"), "{path}");
    }
    let id = finished(&site, json!({ "arena": "text", "format": "csv" })).await;
    let page = site.get(&format!("/exports/{id}"), None).await;
    assert!(page.body.contains("Your file is ready") && !page.body.contains("http-equiv"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_outgrows_its_room_ends_with_the_reason_and_leaves_no_file() {
    let site = Site::new().await;
    let rows: String = (0..3000)
        .map(|number| format!("one,two,model_{},{number}\n", if number % 2 == 0 { "a" } else { "b" }))
        .collect();
    let file = site.folder.path().join("votes.csv");
    std::fs::write(&file, ["model_a,model_b,winner,question_id\n", &rows].concat()).unwrap();
    let args = plaudit::cli::ImportArgs {
        data: plaudit::cli::DataArgs { data: site.folder.path().to_owned(), database: None },
        dry_run: false,
        files: vec![file],
        site: site.folder.path().join("site"),
        arena: None,
        columns: None,
        outcomes: None,
    };
    plaudit::command::import::run(args).await.unwrap();
    site.boards.refresh().await.unwrap();
    let arena =
        site.boards.arenas().into_iter().find(|arena| arena.row.slug.as_str() != "text").expect("an imported arena");
    let (_stop, stopping) = watch::channel(false);
    let folder = tempfile::tempdir().unwrap();
    let desk = ExportDesk::new(site.boards.clone(), folder.path(), 10_000, site.clock.clock(), stopping).unwrap();
    let desk = Arc::new(desk);
    let whole = ExportOrder::whole(arena.row.slug.clone(), ExportFormat::PlauditJsonl);
    let id = desk.order(whole, || Ok(())).await.unwrap();
    match desk.wait(&id, PATIENCE).await {
        Some(ExportState::Failed { reason }) => assert!(reason.contains("larger than this site"), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read_dir(folder.path().join("exports")).unwrap().count(), 0);
}

#[tokio::test]
async fn the_page_of_the_data_counts_them_shows_the_newest_and_says_how_to_take_them() {
    let site = Site::new().await;
    let empty = site.get("/data", None).await;
    assert_eq!(empty.status, StatusCode::OK);
    assert!(empty.body.contains("You have no vote here"), "{}", empty.body);
    let cookies = voted(&site, &["left", "left", "tie"]).await;
    let page = site.get("/data", Some(&cookies[0])).await;
    for text in [
        "CC0-1.0",
        "You have 1 vote here",
        "/data/text/votes.parquet",
        "/api/v1/arenas/text/counts",
        "The newest votes",
    ] {
        assert!(page.body.contains(text), "{text} is not in {}", page.body);
    }
    assert_eq!(page.body.matches("/arena/text/battle/").count(), 3);
}

#[tokio::test]
async fn the_page_of_the_api_has_every_address_of_the_description_and_its_forms_are_answered() {
    let site = Site::new().await;
    let page = site.get("/data/api", None).await;
    let description = read(&site, "/api/v1/openapi.json").await;
    // As it is read: marks of the renderer and places where a line may break are not.
    let read_as = page.body.replace("<wbr>", "").replace("<!>", "");
    for path in description["paths"].as_object().unwrap().keys() {
        assert!(read_as.contains(&format!("<code>{path}</code>")), "{path}");
    }
    // As the forms send it.
    for query in
        ["board?method=kemeny&votes=here", "counts?votes=all", "votes?limit=10&with_excluded=false", "battles?limit=10"]
    {
        read(&site, &format!("/api/v1/arenas/text/{query}")).await;
        let (list, first) = query.split_once('?').unwrap();
        assert!(page.body.contains(&format!("action=\"/api/v1/arenas/text/{list}\"")), "{list}");
        assert!(page.body.contains(&format!("name=\"{}\"", first.split('=').next().unwrap())));
    }
}

#[tokio::test]
async fn lines_for_a_shell_name_the_host_that_was_asked_and_nothing_that_a_shell_would_run() {
    let site = Site::new().await;
    let asked = async |host: &str| {
        let request = Request::get("/data/api").header(header::HOST, host);
        site.send(request.body(Body::empty()).unwrap()).await.body
    };
    assert!(asked("arena.example:8080").await.contains("curl http://arena.example:8080/api/v1/arenas"));
    for forged in ["arena.example;reboot", "$(reboot)", "a|b"] {
        let body = asked(forged).await;
        assert!(!body.contains(forged) && !body.contains("reboot"), "{forged}");
    }
    let behind_tls = Site::behind_tls("https://arena.example").await;
    assert!(behind_tls.get("/data/api", None).await.body.contains("curl https://arena.example/api/v1/arenas"));
}

#[tokio::test]
async fn every_board_leads_to_the_data_behind_it() {
    let site = Site::new().await;
    voted(&site, &["left"]).await;
    for method in ["bt", "elo", "kemeny"] {
        let page = site.get(&format!("/arena/text/leaderboard?method={method}&votes=here"), None).await;
        assert!(page.body.contains("Data behind this board"), "{method}");
        let place = page.body.find("/api/v1/arenas/text/board?").unwrap();
        let link = page.body[place..].split('"').next().unwrap().replace("&amp;", "&");
        let board = read(&site, &link).await;
        assert_eq!((board["votes"].as_u64(), &board["slice"]), (Some(1), &json!("here")), "{link}");
    }
}

#[tokio::test]
async fn a_visitor_can_take_their_own_votes_away_and_back_and_nobody_elses() {
    let site = Site::new().await;
    let cookies = voted(&site, &["left", "right"]).await;
    let own = async |cookie: Option<&str>| json(&site.get("/data/your-votes.json", cookie).await);
    let mine = own(Some(&cookies[0])).await;
    assert_eq!((mine["votes"].as_array().unwrap().len(), &mine["votes"][0]["outcome"]), (1, &json!("left")));
    assert_eq!(own(None).await["votes"], json!([]));
    assert_eq!(own(Some("plaudit_voter=forged")).await["votes"], json!([]));
    let private = site.get("/data/your-votes.json", Some(&cookies[0])).await;
    assert_eq!(private.headers[header::CACHE_CONTROL], "private, no-store");
    assert!(!private.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));

    let unconfirmed = site.post("/api/withdraw", &cookies[0], "confirmed=false").await;
    assert_eq!((unconfirmed.status, site.votes_on_board()), (StatusCode::BAD_REQUEST, 2));
    // Long after the ten seconds of an undo.
    site.clock.advance_millis(3600 * 1000);
    let back = site.post_form("/api/withdraw", &cookies[0], "confirmed=true").await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
    assert_eq!(back.headers[header::LOCATION], "/data#your-votes");
    assert_eq!(site.votes_on_board(), 1);
    let mine = own(Some(&cookies[0])).await;
    assert_eq!(mine["votes"][0]["withdrawn"], true, "the log keeps it, with its withdrawal behind it");
    let again = site.post("/api/withdraw", &cookies[0], "confirmed=true").await;
    assert_eq!((again.status, again.body.as_str()), (StatusCode::OK, "0"));
    assert_eq!(own(Some(&cookies[1])).await["votes"][0]["withdrawn"], false);
    let page = site.get("/data", Some(&cookies[0])).await;
    assert!(page.body.contains("You have no vote here"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vote_whose_voter_did_not_agree_counts_and_is_on_no_page_and_in_no_file() {
    let site = Site::new().await;
    let cookies = voted(&site, &["left"]).await;
    let (cookie, ticket) = site.open_battle().await;
    // An unticked box sends nothing.
    let receipt = json(&site.post("/api/vote", &cookie, &format!("ticket={ticket}&outcome=both_bad")).await);
    let battle = receipt["battle"].as_str().unwrap().to_owned();
    site.clock.advance_millis(3_000);
    assert_eq!(site.votes_on_board(), 2);
    assert_eq!(read(&site, "/api/v1/arenas/text/board").await["votes"], 2);
    assert_eq!(read(&site, "/api/v1/arenas/text/counts").await["votes"], 2);
    for list in ["votes?with_excluded=true", "votes?limit=1", "battles", "battles?limit=1"] {
        let (mut cursor, mut rows) = (String::new(), 0);
        loop {
            let joint = if list.contains('?') { '&' } else { '?' };
            let page = read(&site, &format!("/api/v1/arenas/text/{list}{joint}{cursor}")).await;
            assert!(!page.to_string().contains(&battle), "{list}: {page}");
            rows += page[list.split('?').next().unwrap()].as_array().unwrap().len();
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("cursor={next}");
        }
        assert_eq!(rows, 1, "{list}");
    }
    let id = finished(&site, json!({ "arena": "text", "format": "plaudit-jsonl", "with_excluded": true })).await;
    let file = read(&site, &format!("/api/v1/exports/{id}")).await["file"].clone();
    assert_eq!(file["left_out"], json!({ "their voters did not agree to publication": 1 }), "{file}");
    assert!(!fetch(&site, &id, &[]).await.body.contains(&battle));
    // Its own page shows it to its voter alone.
    let page = format!("/arena/text/battle/{battle}");
    assert!(site.get(&page, Some(&cookie)).await.body.contains("yours"));
    let strange = site.get(&page, Some(&cookies[0])).await.body.replace("<!>", "");
    assert!(strange.contains("1 vote on this battle not shown") && !strange.contains("cast here"), "{strange}");
    let data = site.get("/data", Some(&cookie)).await.body.replace("<!>", "");
    assert!(!data.contains(&format!("/battle/{battle}")), "{data}");
    assert!(data.contains("Of your 1 vote 0 may be published"), "{data}");

    // The next ballot remembers, and a voter may think again; then it is another file.
    let ticked = async |cookie: &str| {
        let ballot = site.get("/arena/text", Some(cookie)).await.body;
        let place = ballot.find("name=\"publish\"").unwrap();
        let (start, end) = (ballot[..place].rfind('<').unwrap(), ballot[place..].find('>').unwrap() + place);
        ballot[start..end].contains("checked")
    };
    assert!(ticked(&cookies[0]).await && !ticked(&cookie).await);
    let agreed = site.post_form("/api/publish", &cookie, "agreed=true").await;
    assert_eq!(
        (agreed.status, &agreed.headers[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/data#your-votes".parse().unwrap())
    );
    assert!(ticked(&cookie).await);
    site.clock.advance_millis(3_000);
    assert_eq!(read(&site, "/api/v1/arenas/text/votes").await["votes"].as_array().unwrap().len(), 2);
    let other = finished(&site, json!({ "arena": "text", "format": "plaudit-jsonl", "with_excluded": true })).await;
    assert_ne!(other, id);
    assert!(fetch(&site, &other, &[]).await.body.contains(&battle));
    site.clock.advance_millis(10);
    site.post("/api/publish", &cookie, "agreed=false").await;
    site.clock.advance_millis(3_000);
    assert!(!read(&site, "/api/v1/arenas/text/votes").await.to_string().contains(&battle));
    let third = finished(&site, json!({ "arena": "text", "format": "plaudit-jsonl", "with_excluded": true })).await;
    assert!(!fetch(&site, &third, &[]).await.body.contains(&battle));
    let own = json(&site.get("/data/your-votes.json", Some(&cookie)).await);
    assert_eq!(own["votes"][0]["published"], false);
}

#[tokio::test]
async fn a_host_may_leave_the_box_unticked_for_those_who_have_not_chosen() {
    use plaudit_app::backend::Backend;

    let site = Site::new().await;
    let service = |publish_by_default| {
        plaudit::service::Service::new(
            site.boards.clone(),
            &site.secret,
            site.clock.clock(),
            site.catalogue.clone(),
            site.engine.clone(),
            Arc::new(plaudit::judging::panel::JudgingDesk::new(site.store.clone())),
            site.exports.clone(),
            site.media.clone(),
            publish_by_default,
        )
    };
    let (asking, assuming) = (service(false), service(true));
    let voter = plaudit_domain::VoterId::from_bytes([1; 16]);
    assert!(!asking.publishes(voter).await.unwrap() && assuming.publishes(voter).await.unwrap());
    asking.publish(voter, true).await.unwrap();
    assert!(asking.publishes(voter).await.unwrap(), "who has chosen is not asked again");
    site.clock.advance_millis(1);
    assuming.publish(voter, false).await.unwrap();
    assert!(!assuming.publishes(voter).await.unwrap());
}
