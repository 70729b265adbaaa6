//! Judges: jobs that go on where they stopped, services that misbehave, judgments from outside, and the pages.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use plaudit::{
    clock::random_bytes,
    judging::{
        JudgingError, PairAnswer, PairJudge, PairQuestion,
        chat::Purse,
        contrast,
        job::{self, JobError, JobOptions, JobTally},
        spec::RemoteSpec,
    },
    store::{
        AddJudgments, AddedJudgments, JudgeDetails, JudgePlace, JudgeRow, JudgedBy, Judgment, JudgmentCost,
        JudgmentDetails, Store, StoreOptions,
    },
    token::{Scope, TokenRow, token_hash},
};
use plaudit_agreement::{Answer, Unparsed};
use plaudit_domain::{ArenaId, BattleId, GenerationId, JudgeId, JudgmentId, Outcome, Timestamp};
use serde_json::{Value, json};

use crate::support::{CHAT_KEY, Site, sqlite, token};

const LEFT: Answer = Answer::Outcome(Outcome::Left);
const RIGHT: Answer = Answer::Outcome(Outcome::Right);
const NONE: Answer = Answer::Unparsed(Unparsed::NoVerdict);

fn row(slug: &str, version: &str, place: JudgePlace) -> JudgeRow {
    let slug = slug.parse().unwrap();
    JudgeRow {
        id: JudgeId::of(&slug, version),
        name: slug.to_string(),
        slug,
        version: version.to_owned(),
        details: JudgeDetails { place, description: "for a test".to_owned(), provenance: Value::Null },
    }
}

/// Prefers the longer text; stops the job after so many answers.
struct Longer {
    row: JudgeRow,
    stop_after: Option<(u32, Arc<AtomicBool>)>,
    asked: AtomicU32,
}

impl Longer {
    fn new() -> Self {
        Self { row: row("longer", "1", JudgePlace::Server), stop_after: None, asked: AtomicU32::new(0) }
    }
}

impl PairJudge for Longer {
    fn row(&self) -> &JudgeRow {
        &self.row
    }

    fn judge(&self, question: &PairQuestion<'_>) -> Result<PairAnswer, JudgingError> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some((most, stop)) = &self.stop_after
            && asked >= *most
        {
            stop.store(true, Ordering::SeqCst);
        }
        let answer = match question.left.len().cmp(&question.right.len()) {
            std::cmp::Ordering::Greater => LEFT,
            std::cmp::Ordering::Less => RIGHT,
            std::cmp::Ordering::Equal => Answer::AnyTie,
        };
        Ok(PairAnswer {
            scores: Some((question.left.len() as f64, question.right.len() as f64)),
            ..PairAnswer::plain(answer)
        })
    }
}

/// A site with so many votes, each by a voter of their own.
async fn voted(votes: usize) -> Site {
    let site = Site::new().await;
    for number in 0..votes {
        let (cookie, ticket) = site.open_battle().await;
        let outcome = ["left", "right", "tie", "both_bad"][number % 4];
        let answer = site.post("/api/vote", &cookie, &format!("ticket={ticket}&outcome={outcome}&publish=true")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    site
}

fn text_arena() -> ArenaId {
    ArenaId::of(&"text".parse().unwrap())
}

fn all_of(arena: ArenaId) -> JobOptions<'static> {
    JobOptions { arena, retry_failed: false, most_pairs: None, contrasts: &[] }
}

async fn run(site: &Site, judge: &Arc<dyn PairJudge>, options: JobOptions<'_>) -> Result<JobTally, JobError> {
    job::run(&site.store, judge, options, &site.clock.clock(), &AtomicBool::new(false), |_, _| {}).await
}

#[tokio::test]
async fn a_job_judges_every_pair_in_both_orders_once_and_goes_on_where_it_was_stopped() {
    let site = voted(6).await;
    let stop = Arc::new(AtomicBool::new(false));
    let interrupted: Arc<dyn PairJudge> = Arc::new(Longer { stop_after: Some((5, stop.clone())), ..Longer::new() });
    let options = all_of(text_arena());
    let first = job::run(&site.store, &interrupted, options, &site.clock.clock(), &stop, |_, _| {}).await.unwrap();
    // Two voters may have been shown the same two.
    let voted = site.store.pair_votes(text_arena()).await.unwrap();
    let pairs: HashSet<_> =
        voted.iter().map(|vote| vote.generations.iter().min().zip(vote.generations.iter().max())).collect();
    let questions = 2 * pairs.len() as u64;
    assert_eq!((first.planned, first.judged, first.stopped), (questions, 5, true));
    let judge: Arc<dyn PairJudge> = Arc::new(Longer::new());
    assert_eq!(run(&site, &judge, options).await.unwrap().judged, questions - 5, "the rest, and nothing twice");
    assert_eq!(run(&site, &judge, options).await.unwrap().planned, 0);
    let judgments = site.store.judgments(text_arena()).await.unwrap();
    assert_eq!(judgments.len() as u64, questions);
    for judgment in &judgments {
        let swapped = judgments.iter().find(|other| (other.left, other.right) == (judgment.right, judgment.left));
        assert_eq!(swapped.unwrap().answer, judgment.answer.swapped(), "length is the same in both orders");
    }
}

/// Remembers what it was shown, and prefers the answer that it knows to belong to the prompt.
struct Knowing {
    row: JudgeRow,
    answers: HashMap<String, HashSet<String>>,
    shown: Mutex<Vec<[String; 3]>>,
}

impl PairJudge for Knowing {
    fn row(&self) -> &JudgeRow {
        &self.row
    }

    fn judge(&self, question: &PairQuestion<'_>) -> Result<PairAnswer, JudgingError> {
        let PairQuestion { prompt, left, right, .. } = *question;
        self.shown.lock().unwrap().push([prompt, left, right].map(str::to_owned));
        let fits = |text: &str| self.answers.get(prompt).is_some_and(|known| known.contains(text));
        let answer = match (fits(left), fits(right)) {
            (true, false) => LEFT,
            (false, true) => RIGHT,
            _ => Answer::AnyTie,
        };
        Ok(PairAnswer::plain(answer))
    }
}

#[tokio::test]
async fn a_judge_is_asked_about_exchanged_prompts_and_its_page_says_whether_it_reads_them() {
    let site = voted(2).await;
    let texts = site.store.pooled_texts(text_arena(), 10_000).await.unwrap();
    let mut answers: HashMap<String, HashSet<String>> = HashMap::new();
    for text in &texts {
        answers.entry(text.prompt.clone()).or_default().insert(text.text.clone());
    }
    let knowing = Arc::new(Knowing { row: row("knowing", "1", JudgePlace::Server), answers, shown: Mutex::default() });
    let judge: Arc<dyn PairJudge> = knowing.clone();
    let contrasts = contrast::questions(&site.store, text_arena(), 7).await.unwrap();
    let options = JobOptions { contrasts: &contrasts, ..all_of(text_arena()) };
    run(&site, &judge, options).await.unwrap();
    let asked: Vec<Judgment> = site.store.judgments(text_arena()).await.unwrap();
    let asked: Vec<&Judgment> = asked.iter().filter(|judgment| judgment.asked.is_some()).collect();
    assert_eq!(asked.len(), 14, "seven questions in both orders");
    let text = |id: GenerationId| texts.iter().find(|text| text.generation == id).unwrap();
    for judgment in &asked {
        let (left, right) = (text(judgment.left), text(judgment.right));
        let of = judgment.asked.unwrap();
        assert_eq!(left.contestant, right.contestant);
        assert_ne!(left.prompt, right.prompt);
        assert_eq!(judgment.answer, if judgment.left == of { LEFT } else { RIGHT });
        let shown = [&text(of).prompt, &left.text, &right.text].map(String::clone);
        assert!(knowing.shown.lock().unwrap().contains(&shown));
    }
    assert_eq!(run(&site, &judge, options).await.unwrap().judged, 0, "nothing is asked twice");
    let again = contrast::questions(&site.store, text_arena(), 7).await.unwrap();
    let longer: Arc<dyn PairJudge> = Arc::new(Longer::new());
    run(&site, &longer, JobOptions { contrasts: &again, ..options }).await.unwrap();
    let all = site.store.judgments(text_arena()).await.unwrap();
    let questions = |judge: JudgeId| {
        let asked = all.iter().filter(|judgment| judgment.judge == judge && judgment.asked.is_some());
        asked.map(|judgment| (judgment.left, judgment.right)).collect::<HashSet<_>>()
    };
    assert_eq!(questions(judge.row().id), questions(longer.row().id), "every judge is asked the same");
    let page = site.get("/arena/text/judges/knowing", None).await.body;
    assert!(page.contains("Does it read the prompt?") && page.contains("of 7 questions"), "{page}");
    assert!(page.contains("prefers the right one to 100.0\u{202f}%"), "{page}");
    // They are no judgments of battles, and the list of those does not have them.
    let (start, end) = (JudgmentId::from_bytes([0; 16]), JudgmentId::from_bytes([255; 16]));
    let listed = site.store.judgments_page(text_arena(), start, end, 1_000, false).await.unwrap();
    assert_eq!(listed.len(), all.len() - 28);
    // Who asks for them gets them too, with the side whose prompt was asked.
    site.clock.advance_millis(60_000);
    let get = async |query: &str| {
        let body = site.get(&format!("/api/v1/arenas/text/judgments?limit=1000{query}"), None).await.body;
        serde_json::from_str::<serde_json::Value>(&body).unwrap()["judgments"].as_array().unwrap().clone()
    };
    let (plain, with) = (get("").await, get("&exchanged=true").await);
    assert_eq!((plain.len(), with.len()), (all.len() - 28, all.len()));
    assert!(plain.iter().all(|judgment| judgment.get("asked").is_none()));
    let of_judge = |judgment: &&serde_json::Value| judgment["judge"] == "knowing" && judgment.get("asked").is_some();
    let asked: Vec<_> = with.iter().filter(of_judge).collect();
    assert_eq!(asked.len(), 14);
    assert!(asked.iter().all(|judgment| judgment["asked"] == judgment["answer"]));
}

#[tokio::test]
async fn a_score_that_is_no_number_is_a_failure_and_never_a_verdict() {
    struct Broken(JudgeRow);
    impl PairJudge for Broken {
        fn row(&self) -> &JudgeRow {
            &self.0
        }
        fn judge(&self, _: &PairQuestion<'_>) -> Result<PairAnswer, JudgingError> {
            Ok(PairAnswer { scores: Some((f64::NAN, 1.0)), ..PairAnswer::plain(LEFT) })
        }
    }
    let site = voted(1).await;
    let judge: Arc<dyn PairJudge> = Arc::new(Broken(row("broken", "1", JudgePlace::Server)));
    run(&site, &judge, all_of(text_arena())).await.unwrap();
    let judgments = site.store.judgments(text_arena()).await.unwrap();
    assert_eq!(judgments.len(), 2);
    assert!(judgments.iter().all(|judgment| judgment.answer == Answer::Unparsed(Unparsed::NonFinite)));
}

/// A service on this machine that answers each request with the next of its answers, and the last one for ever.
async fn service(answers: Vec<Response>) -> (SocketAddr, Arc<Mutex<Vec<Value>>>) {
    let answers = Arc::new(Mutex::new(answers));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = seen.clone();
    let handler = move |request: Request<Body>| {
        let (answers, requests) = (answers.clone(), requests.clone());
        async move {
            let authorization =
                request.headers().get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
            let bytes = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
            let mut body: Value = serde_json::from_slice(&bytes).unwrap();
            body["authorization"] = json!(authorization);
            requests.lock().unwrap().push(body);
            let mut answers = answers.lock().unwrap();
            if answers.len() > 1 { answers.remove(0) } else { copied(&mut answers[0]) }
        }
    };
    let app = Router::new().route("/v1/chat/completions", post(handler));
    (listen(app).await, seen)
}

async fn listen(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// The same answer again: bodies can be read once, so it is put back.
fn copied(answer: &mut Response) -> Response {
    let text = answer.extensions().get::<Said>().cloned().unwrap_or(Said(String::new()));
    let mut copy = Response::new(Body::from(text.0.clone()));
    *copy.status_mut() = answer.status();
    *copy.headers_mut() = answer.headers().clone();
    copy.extensions_mut().insert(text);
    copy
}

#[derive(Clone)]
struct Said(String);

fn answer(status: u16, text: &str) -> Response {
    let mut response = Response::new(Body::from(text.to_owned()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.extensions_mut().insert(Said(text.to_owned()));
    response
}

fn says(text: &str) -> Response {
    let body = json!({
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": text } }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 10 },
    });
    answer(200, &body.to_string())
}

fn later(status: u16) -> Response {
    let mut response = answer(status, "{\"error\":{\"message\":\"slow down\"}}");
    response.headers_mut().insert(header::RETRY_AFTER, "0".parse().unwrap());
    response
}

/// A judge behind this address, with more lines of TOML.
fn remote(address: SocketAddr, more: &str, purse: &Arc<Purse>) -> Arc<dyn PairJudge> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("far.toml");
    let text = format!(
        "name = \"Far\"\nbase_url = \"http://{address}/v1\"\nmodel = \"m\"\nparallel = 1\nkey_variable = \"KEY\"\n{more}"
    );
    std::fs::write(&path, text).unwrap();
    let key = |name: &str| (name == "KEY").then(|| "secret".to_owned());
    let spec = RemoteSpec::read(&path).unwrap();
    Arc::new(spec.judge(&["127.0.0.1".to_owned()], key, purse.clone()).unwrap())
}

fn unlimited() -> Arc<Purse> {
    Arc::new(Purse::new(None))
}

/// One question, off the threads of the runtime.
async fn asked(judge: &Arc<dyn PairJudge>) -> Result<PairAnswer, JudgingError> {
    let judge = judge.clone();
    tokio::task::spawn_blocking(move || {
        judge.judge(&PairQuestion {
            pair: BattleId::from_bytes([1; 16]),
            seed: 7,
            prompt: "Why?",
            left: "Because.",
            right: "No idea.",
            pictures: None,
        })
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_remote_judge_is_shown_prompt_and_both_answers_and_its_verdict_is_read() {
    let (address, seen) = service(vec![says("A names a reason.\n[[A>>B]]")]).await;
    let judge = remote(address, "rationale = true\nusd_per_million = { input = 1.0, output = 10.0 }", &unlimited());
    let answer = asked(&judge).await.unwrap();
    assert_eq!(answer.answer, LEFT);
    assert_eq!(answer.rationale.as_deref(), Some("A names a reason.\n[[A>>B]]"));
    let JudgmentCost { tokens_read, tokens_written, usd, milliseconds } = answer.cost;
    assert_eq!((tokens_read, tokens_written, milliseconds.is_some()), (Some(100), Some(10), true));
    assert!((usd.unwrap() - 0.0002).abs() < 1e-12);
    let requests = seen.lock().unwrap();
    let text = requests[0]["messages"][0]["content"].as_str().unwrap();
    assert!(["Why?", "Because.", "No idea."].iter().all(|part| text.contains(part)), "{text}");
    assert_eq!(
        (requests[0]["authorization"].as_str(), requests[0]["model"].as_str()),
        (Some("Bearer secret"), Some("m"))
    );
}

#[tokio::test]
async fn a_service_that_is_busy_is_asked_again_and_one_that_stays_so_is_a_failure() {
    let (address, seen) = service(vec![later(429), later(503), says("[[B>A]]")]).await;
    let judge = remote(address, "retries = 2", &unlimited());
    assert_eq!(asked(&judge).await.unwrap().answer, RIGHT);
    assert_eq!(seen.lock().unwrap().len(), 3);

    let (address, seen) = service(vec![later(500)]).await;
    let failed = asked(&remote(address, "retries = 2", &unlimited())).await.unwrap();
    assert_eq!(failed.answer, Answer::Unparsed(Unparsed::HttpError));
    assert!(failed.failure.unwrap().reason.contains("status 500: slow down"));
    assert_eq!(seen.lock().unwrap().len(), 3, "once, and twice again");
}

#[tokio::test]
async fn a_service_that_refuses_the_key_ends_the_job_and_is_not_asked_for_every_pair() {
    let site = voted(4).await;
    let (address, seen) = service(vec![answer(401, "{\"error\":{\"message\":\"no such key\"}}")]).await;
    let error = run(&site, &remote(address, "", &unlimited()), all_of(text_arena())).await.unwrap_err();
    assert!(error.to_string().contains("no such key"), "{error}");
    assert_eq!(seen.lock().unwrap().len(), 1);
    assert!(site.store.judgments(text_arena()).await.unwrap().is_empty(), "a refusal is no judgment");
}

#[tokio::test]
async fn a_redirect_is_not_followed_wherever_it_leads() {
    let (elsewhere, seen) = service(vec![says("[[A>B]]")]).await;
    let target = format!("http://{elsewhere}/v1/chat/completions");
    let app = Router::new()
        .route("/v1/chat/completions", post(move || async move { Redirect::temporary(&target).into_response() }));
    let address = listen(app).await;
    let error = asked(&remote(address, "", &unlimited())).await.unwrap_err();
    assert!(error.to_string().contains("307"), "{error}");
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn garbage_and_silence_are_failures_of_their_own_kind() {
    for (response, kind) in [
        (answer(200, "<html>"), Unparsed::Failed),
        (answer(200, "{}"), Unparsed::Failed),
        (answer(200, "{\"choices\":[]}"), Unparsed::Failed),
        (says("I like both."), Unparsed::NoVerdict),
    ] {
        let (address, _) = service(vec![response]).await;
        let failed = asked(&remote(address, "retries = 0", &unlimited())).await.unwrap();
        assert_eq!(failed.answer, Answer::Unparsed(kind), "{failed:?}");
    }
    let silent = Router::new().route("/v1/chat/completions", post(std::future::pending::<()>));
    let address = listen(silent).await;
    let failed = asked(&remote(address, "retries = 0\ntimeout_seconds = 0.2", &unlimited())).await.unwrap();
    assert_eq!(failed.answer, Answer::Unparsed(Unparsed::TimedOut));
}

#[tokio::test]
async fn what_may_be_spent_is_a_limit_for_the_whole_job() {
    let site = voted(5).await;
    let (address, seen) = service(vec![says("[[A>B]]")]).await;
    // A hundred tokens at $10,000 a million are a dollar.
    let purse = Arc::new(Purse::new(Some(3.0)));
    let judge = remote(address, "usd_per_million = { input = 10000.0 }", &purse);
    let error = run(&site, &judge, all_of(text_arena())).await.unwrap_err();
    assert!(matches!(error, JobError::Judging(JudgingError::Spent { .. })), "{error}");
    assert_eq!(seen.lock().unwrap().len(), 3);
    assert_eq!(site.store.judgments(text_arena()).await.unwrap().len(), 3, "what was paid for is kept");
}

#[tokio::test]
async fn of_several_samples_the_most_frequent_counts_and_its_share_is_the_confidence() {
    let (address, seen) =
        service(vec![says("[[A>B]]"), says("[[B>A]]"), says("hm"), says("[[A>B]]"), says("[[A>B]]")]).await;
    let answer = asked(&remote(address, "mode = \"samples\"\nsamples = 5", &unlimited())).await.unwrap();
    assert_eq!((answer.answer, answer.confidence, answer.left_probability), (LEFT, Some(0.6), Some(0.75)));
    let seeds: Vec<_> = seen.lock().unwrap().iter().map(|request| request["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [7, 8, 9, 10, 11], "each sample has a seed of its own");
}

#[tokio::test]
async fn a_judge_by_self_reference_answers_first_and_compares_with_its_own_answer() {
    let (address, seen) = service(vec![says("My own answer."), says("[[A=B=Bad]]")]).await;
    let answer = asked(&remote(address, "mode = \"self-reference\"", &unlimited())).await.unwrap();
    assert_eq!(answer.answer, Answer::Outcome(Outcome::BothBad));
    assert_eq!(answer.cost.tokens_read, Some(200));
    let requests = seen.lock().unwrap();
    assert_eq!(requests[0]["messages"][0]["content"], "Why?");
    assert!(requests[1]["messages"][0]["content"].as_str().unwrap().contains("My own answer."));
}

#[tokio::test]
async fn a_meta_judge_sees_all_votes_and_its_word_counts() {
    let (address, seen) =
        service(vec![says("first [[A>B]]"), says("second [[A>B]]"), says("third [[B>A]]"), says("[[B>A]]")]).await;
    let judge = remote(address, "mode = \"samples\"\nsamples = 3\nmeta = true", &unlimited());
    let answer = asked(&judge).await.unwrap();
    assert_eq!(answer.answer, RIGHT);
    assert!((answer.confidence.unwrap() - 1.0 / 3.0).abs() < 1e-12, "one of three votes said so");
    let requests = seen.lock().unwrap();
    let meta = requests[3]["messages"][0]["content"].as_str().unwrap();
    assert!(["first [[A>B]]", "second [[A>B]]", "third [[B>A]]"].iter().all(|vote| meta.contains(vote)), "{meta}");
}

#[tokio::test]
async fn this_servers_own_contestants_can_be_judge_through_its_own_interface() {
    let site = Site::with_words().await;
    let address = listen(site.app.clone()).await;
    let client = get_with_key(address, "/v1/models", Some(CHAT_KEY)).await;
    assert!(client.contains("words/greedy"), "{client}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.toml");
    let text =
        format!("name = \"Own\"\nbase_url = \"http://{address}/v1\"\nmodel = \"words/greedy\"\nkey_variable = \"KEY\"");
    std::fs::write(&path, text).unwrap();
    let judge = |key: &'static str| -> Arc<dyn PairJudge> {
        let spec = RemoteSpec::read(&path).unwrap();
        Arc::new(spec.judge(&["127.0.0.1".to_owned()], |_| Some(key.to_owned()), unlimited()).unwrap())
    };
    let said = asked(&judge(CHAT_KEY)).await.unwrap();
    // The test's model says words such as "t7 t12": an answer, and no verdict.
    assert_eq!(said.answer, NONE);
    assert!(said.rationale.unwrap().starts_with('t'));
    assert!(said.cost.tokens_written > Some(0));
    let error = asked(&judge("wrong")).await.unwrap_err();
    assert!(error.to_string().contains("401"), "{error}");
}

/// A plain GET over a real connection.
async fn get_with_key(address: SocketAddr, path: &str, key: Option<&str>) -> String {
    let request = move |path: String, key: Option<String>| {
        let mut call = ureq::get(format!("http://{address}{path}"));
        if let Some(key) = key {
            call = call.header("authorization", format!("Bearer {key}"));
        }
        call.call().unwrap().body_mut().read_to_string().unwrap()
    };
    let (path, key) = (path.to_owned(), key.map(str::to_owned));
    tokio::task::spawn_blocking(move || request(path, key)).await.unwrap()
}

async fn chat(site: &Site, key: Option<&str>, body: Value) -> (StatusCode, Value) {
    let mut request = Request::post("/v1/chat/completions").header(header::CONTENT_TYPE, "application/json");
    if let Some(key) = key {
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    let answer = site.send(request.body(Body::from(body.to_string())).unwrap()).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::Null))
}

#[tokio::test]
async fn chat_completions_want_the_hosts_key_and_say_what_they_do_not_offer() {
    let site = Site::with_words().await;
    let asking = |more: Value| {
        let mut body = json!({ "model": "words/calm", "seed": 3, "messages": [{ "role": "user", "content": "Hi" }] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    assert_eq!(chat(&site, None, asking(json!({}))).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(chat(&site, Some("guess"), asking(json!({}))).await.0, StatusCode::UNAUTHORIZED);
    let (status, first) = chat(&site, Some(CHAT_KEY), asking(json!({}))).await;
    assert_eq!((status, first["choices"][0]["finish_reason"].as_str()), (StatusCode::OK, Some("stop")));
    let (_, again) = chat(&site, Some(CHAT_KEY), asking(json!({}))).await;
    assert_eq!(first["choices"], again["choices"], "the same seed says the same");
    let (_, other) = chat(&site, Some(CHAT_KEY), asking(json!({ "seed": 4 }))).await;
    assert_ne!(first["choices"], other["choices"]);
    for (more, word) in [
        (json!({ "stream": true }), "stream"),
        (json!({ "n": 2 }), "n is 1"),
        (json!({ "temperature": 3 }), "temperature"),
        (json!({ "tools": [{}] }), "tools"),
        (json!({ "messages": [] }), "user"),
        (
            json!({ "messages": [{ "role": "assistant", "content": "x" }, { "role": "user", "content": "y" }] }),
            "one turn",
        ),
        (json!({ "messages": [{ "role": "user", "content": [{ "type": "image_url" }] }] }), "no text"),
        (json!({ "messages": [{ "role": "user", "content": "x".repeat(2000) }] }), "too long"),
    ] {
        let (status, body) = chat(&site, Some(CHAT_KEY), asking(more)).await;
        let message = body["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert!(status == StatusCode::BAD_REQUEST && message.contains(word), "{status} {message}");
    }
    let (status, _) = chat(&site, Some(CHAT_KEY), asking(json!({ "model": "gpt-9" }))).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

/// Enters a judge that runs elsewhere, and its token.
async fn outside(site: &Site) -> (JudgeRow, &'static str) {
    let judge = row("outsider", "2", JudgePlace::Outside);
    let now = site.clock.clock()();
    assert!(site.store.add_judge(judge.clone(), now).await.unwrap());
    site.store.add_token(token("the-token", &[Scope::JudgmentsWrite], Some(judge.id), now)).await.unwrap();
    (judge, "the-token")
}

async fn hand_in(site: &Site, token: Option<&str>, judgments: Value) -> (StatusCode, Value) {
    let mut request = Request::post("/api/v1/arenas/text/judgments").header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let body = json!({ "judgments": judgments }).to_string();
    let answer = site.send(request.body(Body::from(body)).unwrap()).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

#[tokio::test]
async fn a_judge_from_outside_reads_the_pairs_without_names_and_hands_its_answers_in() {
    let site = voted(3).await;
    let (_, token) = outside(&site).await;
    let page = site.get("/api/v1/arenas/text/pairs?limit=2", None).await;
    let list: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!((list["pairs"].as_array().unwrap().len(), list["total"].as_u64()), (2, Some(3)));
    let after = list["next"].as_str().unwrap();
    let rest: Value =
        serde_json::from_str(&site.get(&format!("/api/v1/arenas/text/pairs?after={after}"), None).await.body).unwrap();
    assert_eq!((rest["pairs"].as_array().unwrap().len(), rest["next"].is_null()), (1, true));
    let arena = site.boards.arena(&"text".parse().unwrap()).unwrap();
    arena.with_log(|log| {
        for contestant in log.contestants() {
            assert!(!page.body.contains(contestant.slug.as_str()), "a judge must not see {}", contestant.slug);
        }
    });

    let battle = list["pairs"][0]["battle"].clone();
    let judgment = json!({ "battle": battle, "answer": "left", "confidence": 0.8, "rationale": "It is shorter." });
    assert_eq!(hand_in(&site, None, json!([judgment])).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(hand_in(&site, Some("other"), json!([judgment])).await.0, StatusCode::UNAUTHORIZED);
    let (status, receipt) = hand_in(
        &site,
        Some(token),
        json!([
            judgment,
            { "battle": battle, "order": "swapped", "answer": "right" },
            { "battle": "00000000000000000000000000000000", "answer": "tie" },
            { "battle": battle, "answer": "draw" },
            { "battle": battle, "answer": "tie", "confidence": 1.5 },
        ]),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((receipt["added"].as_u64(), receipt["unknown"].as_array().unwrap().len()), (Some(2), 1));
    assert_eq!(
        receipt["invalid"].as_array().unwrap().iter().map(|one| one["place"].as_u64().unwrap()).collect::<Vec<_>>(),
        [3, 4]
    );
    let (_, again) =
        hand_in(&site, Some(token), json!([judgment, { "battle": battle, "order": "swapped", "answer": "tie" }])).await;
    assert_eq!(
        (again["added"].as_u64(), again["known"].as_u64(), again["conflicting"].as_u64()),
        (Some(0), Some(1), Some(1))
    );

    // A page may be as old as a few computations of it.
    let mut page = site.get("/arena/text/judges/outsider", None).await;
    for _ in 0..1000 {
        if page.body.contains("1 time it handed in another answer") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        page = site.get("/arena/text/judges/outsider", None).await;
    }
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("1 time it handed in another answer"), "a conflict is shown");
    let now = site.clock.clock()();
    assert!(site.store.revoke_token(token_hash(token), now).await.unwrap());
    assert_eq!(hand_in(&site, Some(token), json!([judgment])).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_judges_page_follows_its_judgments_and_a_battles_page_says_who_agreed() {
    // A site of its own: for a moment, four times what it took to compute, a page may be what it was.
    let empty = Site::new().await.get("/arena/text/judges", None).await;
    let site = Site::new().await;
    assert!(empty.status == StatusCode::OK && empty.body.contains("nothing to measure judges by"), "{}", empty.body);
    let (cookie, ticket) = site.open_battle().await;
    let receipt = site.post("/api/vote", &cookie, &format!("ticket={ticket}&outcome=left&publish=true")).await;
    let battle = serde_json::from_str::<Value>(&receipt.body).unwrap()["battle"].as_str().unwrap().to_owned();
    let judge: Arc<dyn PairJudge> = Arc::new(Longer::new());
    run(&site, &judge, all_of(text_arena())).await.unwrap();
    let page = site.get("/arena/text/judges", None).await;
    assert!(page.body.contains("href=\"/arena/text/judges/longer\""), "{}", page.body);
    assert!(page.body.contains("1 vote on 1 pair of answers"));
    let own = site.get("/arena/text/judges/longer", None).await;
    assert!(own.status == StatusCode::OK && own.body.contains("What people said, and what it said"));
    assert_eq!(site.get("/arena/text/judges/nobody", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/arena/text/judges/longer?version=9", None).await.status, StatusCode::NOT_FOUND);
    let path = format!("/arena/text/battle/{battle}");
    let mine = site.get(&path, Some(&cookie)).await;
    assert!(mine.body.contains("You agreed with"), "{}", mine.body);
    let theirs = site.get(&path, None).await;
    assert!(theirs.body.contains("What the judges say") && !theirs.body.contains("You agreed with"));
}

#[tokio::test]
async fn what_a_visitor_typed_is_never_put_to_a_judge() {
    let site = Site::with_words().await;
    let cookie = site.get("/arena/words", None).await.cookie();
    let started = site.post("/api/live/start", &cookie, "arena=words&prompt=my%20secret&models=words").await;
    let battle: plaudit_app::view_model::live::LiveBattle = serde_json::from_str(&started.body).unwrap();
    let answers = crate::live::both(&battle);
    let form = format!(
        "ticket={}&answers={}",
        battle.ticket,
        crate::support::encoded(&serde_json::to_string(&answers).unwrap())
    );
    let ready = site.post("/api/live/finish", &cookie, &form).await;
    let ready: plaudit_app::view_model::live::LiveReady = serde_json::from_str(&ready.body).unwrap();
    site.post("/api/vote", &cookie, &format!("ticket={}&outcome=left&publish=true", ready.ticket)).await;
    let arena = ArenaId::of(&"words".parse().unwrap());
    assert_eq!(
        site.boards.arena_by_id(arena).unwrap().with_log(|log| log.votes(plaudit_app::view_model::Slice::All)),
        1
    );
    assert!(site.store.pair_votes(arena).await.unwrap().is_empty());
}

/// Two stored generations for one prompt.
async fn stored_pair(store: &Store) -> [GenerationId; 2] {
    let generations = store.generations(text_arena()).await.unwrap();
    let left = generations[0];
    let right = *generations.iter().find(|one| one.prompt == left.prompt && one.id != left.id).unwrap();
    [left.id, right.id]
}

#[tokio::test]
async fn a_failed_judgment_may_be_tried_again_and_an_answer_stands() {
    let (store, _folder) = sqlite(StoreOptions::default()).await;
    contract(&store).await;
}

#[tokio::test]
async fn a_failed_judgment_may_be_tried_again_and_an_answer_stands_on_postgres() {
    let database = crate::postgres::database();
    let store = Store::open(&database.url.parse().unwrap(), StoreOptions::default()).await.unwrap();
    contract(&store).await;
    store.close().await;
}

async fn contract(store: &Store) {
    let now = Timestamp(1_790_000_000_000);
    plaudit::builtin::import(store, &crate::support::no_models(), now).await.unwrap();
    let judge = row("j", "1", JudgePlace::Server);
    assert!(store.add_judge(judge.clone(), now).await.unwrap());
    assert!(!store.add_judge(judge.clone(), now).await.unwrap(), "the same version once");
    let pair = stored_pair(store).await;
    let say = |answer: Answer| {
        let details = JudgmentDetails {
            scores: None,
            left_probability: None,
            confidence: None,
            rationale: None,
            failure: None,
            cost: JudgmentCost::default(),
            by: JudgedBy::Server,
        };
        let judgment = Judgment {
            id: JudgmentId::new(now, random_bytes()),
            judge: judge.id,
            left: pair[0],
            right: pair[1],
            asked: None,
            answer,
            details,
            recorded_at: now,
        };
        store.add_judgments(AddJudgments { arena: text_arena(), judgments: vec![judgment] })
    };
    let added = AddedJudgments { added: 1, ..AddedJudgments::default() };
    let known = AddedJudgments { known: 1, ..AddedJudgments::default() };
    assert_eq!(say(NONE).await.unwrap(), added);
    assert_eq!(say(NONE).await.unwrap(), added, "it failed again");
    assert_eq!(say(RIGHT).await.unwrap(), added);
    assert_eq!(say(RIGHT).await.unwrap(), known);
    assert_eq!(say(NONE).await.unwrap(), known, "an answer is not lost to a later failure");
    assert_eq!(say(LEFT).await.unwrap(), AddedJudgments { conflicting: 1, ..AddedJudgments::default() });
    let kept = store.judgments(text_arena()).await.unwrap();
    assert_eq!(kept.iter().map(|judgment| judgment.answer).collect::<Vec<_>>(), [RIGHT], "the last attempt alone");
    let (start, end) = (JudgmentId::from_bytes([0; 16]), JudgmentId::from_bytes([255; 16]));
    let listed = store.judgments_page(text_arena(), start, end, 10, false).await.unwrap();
    let mut attempts: Vec<_> = listed.iter().map(|judgment| (judgment.attempt, judgment.answer)).collect();
    attempts.sort_by_key(|(attempt, _)| *attempt);
    assert_eq!(attempts, [(1, NONE), (2, NONE), (3, RIGHT)], "a list has every attempt");
    assert_eq!(store.judgments_page(text_arena(), listed[0].id, end, 1, false).await.unwrap(), listed[1..2]);
    assert_eq!(store.judgments_by(text_arena(), judge.id).await.unwrap(), [(pair[0], pair[1], true)]);
    assert_eq!(store.judgment_conflicts(text_arena()).await.unwrap(), [(judge.id, 1)]);
    assert_eq!(store.judgments_of([pair[1], pair[0]]).await.unwrap(), kept, "asked for in either order");
    let token = token("secret", &Scope::ALL, Some(judge.id), now);
    assert_eq!(store.token(token.hash).await.unwrap(), None);
    store.add_token(token.clone()).await.unwrap();
    assert_eq!(store.token(token.hash).await.unwrap(), Some(token.clone()));
    assert!(store.revoke_token(token.hash, now).await.unwrap());
    assert!(!store.revoke_token(token.hash, now).await.unwrap(), "once");
    assert_eq!(store.token(token.hash).await.unwrap(), None);
    assert_eq!(
        store.tokens().await.unwrap(),
        [TokenRow { revoked_at: Some(now), ..token }],
        "and is listed all the same"
    );
}

/// Pauses are real: a service that says when to come back is believed, up to a minute.
#[tokio::test]
async fn a_pause_that_a_service_asks_for_is_kept() {
    let mut busy = later(429);
    busy.headers_mut().insert(header::RETRY_AFTER, "1".parse().unwrap());
    let (address, _) = service(vec![busy, says("[[A>B]]")]).await;
    let answer = asked(&remote(address, "", &unlimited())).await.unwrap();
    assert!(Duration::from_millis(answer.cost.milliseconds.unwrap()) >= Duration::from_secs(1));
}
