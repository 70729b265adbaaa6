//! Battles that the visitor's browser generates: tickets, refusals, and what the server finds out afterwards.

use std::time::Duration;

use axum::http::StatusCode;
use plaudit::{
    engine::{Model, Order},
    ticket::LIVE_LIFETIME_MILLIS,
    verify::{Checked, Sample, Verifier},
};
use plaudit_app::{
    backend::Backend,
    view_model::{
        GenerationCheck, Method, Receipt, Slice,
        live::{LiveAnswer, LiveAnswers, LiveBattle, LiveContent, LiveReady, LiveSide, LiveWork},
    },
};
use plaudit_domain::{Finish, Sampler, VoteId, VoterId};
use plaudit_runner::protocol::BackendKind;

use crate::support::{Answer, Site, WORDS_SHA256, WordModel, encoded};

/// What an honest browser makes of a side.
fn honest(battle: &LiveBattle, side: &LiveSide) -> LiveAnswer {
    let (system_prompt, sampler) = settings(side);
    let order = Order { prompt: battle.prompt.clone(), system_prompt, sampler, seed: side.seed };
    let made = WordModel.generate(&order, &mut || true).unwrap().unwrap();
    LiveAnswer {
        content: LiveContent::Text {
            text: made.text,
            tokens: made.tokens,
            finish: Some(Finish::Stop),
            tokens_per_second: Some(9.5),
        },
        weights_sha256: WORDS_SHA256.to_owned(),
        backend: BackendKind::Cpu,
        device: "a test".to_owned(),
    }
}

fn settings(side: &LiveSide) -> (Option<String>, Sampler) {
    match &side.work {
        LiveWork::Write { system_prompt, sampler } => (system_prompt.clone(), sampler.clone()),
        LiveWork::Draw { .. } => panic!("words are written"),
    }
}

/// Text and tokens, to be read and forged.
fn parts(answer: &mut LiveAnswer) -> (&mut String, &mut Vec<u32>) {
    match &mut answer.content {
        LiveContent::Text { text, tokens, .. } => (text, tokens),
        LiveContent::Picture { .. } => panic!("words are written"),
    }
}

pub fn text_of(answer: &LiveAnswer) -> String {
    parts(&mut answer.clone()).0.clone()
}

/// Other tokens, with the text that they are.
fn forge_tokens(answer: &mut LiveAnswer, change: impl FnOnce(&mut Vec<u32>)) {
    let (text, tokens) = parts(answer);
    change(tokens);
    *text = WordModel.decode(tokens);
}

pub fn both(battle: &LiveBattle) -> LiveAnswers {
    LiveAnswers { left: honest(battle, &battle.left), right: honest(battle, &battle.right) }
}

async fn cookie(site: &Site) -> String {
    site.get("/arena/words", None).await.cookie()
}

async fn start(site: &Site, cookie: &str, prompt: &str) -> LiveBattle {
    let form = format!("arena=words&prompt={}&models=words", encoded(prompt));
    let answer = site.post("/api/live/start", cookie, &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

async fn finish(site: &Site, cookie: &str, ticket: &str, answers: &LiveAnswers) -> Answer {
    let answers = encoded(&serde_json::to_string(answers).unwrap());
    site.post("/api/live/finish", cookie, &format!("ticket={ticket}&answers={answers}")).await
}

async fn ready(site: &Site, cookie: &str, battle: &LiveBattle, answers: &LiveAnswers) -> LiveReady {
    let answer = finish(site, cookie, &battle.ticket, answers).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

async fn vote(site: &Site, cookie: &str, ticket: &str) -> Receipt {
    let answer = site.post("/api/vote", cookie, &format!("ticket={ticket}&outcome=left&publish=true")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

fn refused(answer: &Answer, status: StatusCode, word: &str) {
    assert!(answer.status == status && answer.body.contains(word), "{}: {}", answer.status, answer.body);
}

/// What is stored: prompts of the arena's own do not tell, so all generations of the two contestants do.
async fn is_stored(site: &Site, battle: &LiveBattle, side: &LiveSide, answer: &LiveAnswer) -> bool {
    let arena = "words".parse().unwrap();
    let prompt = plaudit_domain::PromptId::of(&arena, &battle.prompt);
    for slug in ["calm", "wild", "greedy"] {
        let contestant = plaudit_domain::ContestantId::of(&arena, &slug.parse().unwrap());
        let id = plaudit_domain::GenerationId::of(contestant, prompt, Some(side.seed), text_of(answer).as_bytes());
        if site.store.generation(id).await.unwrap().is_some() {
            return true;
        }
    }
    false
}

fn verifier(site: &Site, share: f64) -> Verifier {
    Verifier::new(
        site.boards.clone(),
        site.engine.clone(),
        site.catalogue.clone(),
        site.media.clone(),
        Sample::new(&site.secret, share),
        site.clock.clock(),
    )
}

async fn verify(site: &Site, share: f64) -> Checked {
    verifier(site, share).look(VoteId::from_bytes([0; 16]), Duration::ZERO).await.unwrap()
}

#[tokio::test]
async fn a_live_battle_is_generated_voted_on_and_shown_like_any_other() {
    let site = Site::with_words().await;
    let cookie = cookie(&site).await;
    let battle = start(&site, &cookie, "What is a word?").await;
    assert_eq!(battle.prompt, "What is a word?");
    assert_ne!(battle.left.work, battle.right.work, "two different contestants");
    assert_eq!(
        (battle.left.model.folder.as_str(), battle.left.model.manifest.name.as_str()),
        ("/models/words/", "words")
    );
    let answers = both(&battle);
    let ready = ready(&site, &cookie, &battle, &answers).await;
    assert!(ready.left.as_str().contains(&text_of(&answers.left)));
    let receipt = vote(&site, &cookie, &ready.ticket).await;
    assert_eq!(receipt.votes, 1);
    let stored = site.store.battle(receipt.battle).await.unwrap().unwrap();
    assert!(stored.live);
    let side = stored.left_side.unwrap();
    assert_eq!(side.details.seed, Some(battle.left.seed));
    assert_eq!(side.details.made.unwrap().tokens, *parts(&mut answers.left.clone()).1);
    let undone = site.post("/api/undo", &cookie, &format!("battle={}", receipt.battle)).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.body);
}

#[tokio::test]
async fn a_prompt_of_the_arenas_is_drawn_for_whoever_types_none() {
    let site = Site::with_words().await;
    let cookie = cookie(&site).await;
    // Somebody else's prompt is never drawn.
    let other = start(&site, &cookie, "my secret question").await;
    ready(&site, &cookie, &other, &both(&other)).await;
    for _ in 0..10 {
        let prompt = start(&site, &cookie, " ").await.prompt;
        assert!(["Say a word.", "Say another one."].contains(&prompt.as_str()), "{prompt}");
    }
}

#[tokio::test]
async fn every_pair_of_contestants_is_drawn_in_both_orders() {
    let site = Site::with_words().await;
    let cookie = cookie(&site).await;
    let mut drawn = std::collections::HashSet::new();
    for _ in 0..120 {
        let battle = start(&site, &cookie, "x").await;
        let [left, right] = [&battle.left, &battle.right].map(|side| settings(side).1.temperature);
        drawn.insert(format!("{left:?} {right:?}"));
    }
    // Each of the six is missed with probability (5/6)^120, which is 3e-10.
    assert_eq!(drawn.len(), 6, "{drawn:?}");
}

#[tokio::test]
async fn what_cannot_be_generated_is_refused_before_anything_is_generated() {
    let site = Site::with_words().await;
    let cookie = cookie(&site).await;
    for (arena, prompt, models, status, word) in [
        ("words", "x".repeat(2001), "words", StatusCode::BAD_REQUEST, "prompt_unusable"),
        // The model itself says that it does not fit.
        ("words", "x".repeat(1500), "words", StatusCode::BAD_REQUEST, "prompt_unusable"),
        ("words", "x".to_owned(), "other", StatusCode::UNPROCESSABLE_ENTITY, "not_enough_contestants"),
        ("words", "x".to_owned(), "", StatusCode::UNPROCESSABLE_ENTITY, "not_enough_contestants"),
        ("text", "x".to_owned(), "words", StatusCode::UNPROCESSABLE_ENTITY, "not_enough_contestants"),
        ("nothing", "x".to_owned(), "words", StatusCode::NOT_FOUND, "not_found"),
    ] {
        let form = format!("arena={arena}&prompt={prompt}&models={models}");
        refused(&site.post("/api/live/start", &cookie, &form).await, status, word);
    }
}

#[tokio::test]
async fn the_two_kinds_of_tickets_cannot_be_exchanged() {
    let site = Site::with_words().await;
    let cookie = cookie(&site).await;
    let battle = start(&site, &cookie, "x").await;
    let answers = both(&battle);
    let as_vote = site.post("/api/vote", &cookie, &format!("ticket={}&outcome=left&publish=true", battle.ticket)).await;
    refused(&as_vote, StatusCode::BAD_REQUEST, "ticket_invalid");
    let ready = ready(&site, &cookie, &battle, &answers).await;
    refused(&finish(&site, &cookie, &ready.ticket, &answers).await, StatusCode::BAD_REQUEST, "ticket_invalid");
    let (stranger, pooled) = site.open_battle().await;
    refused(&finish(&site, &stranger, &pooled, &answers).await, StatusCode::BAD_REQUEST, "ticket_invalid");
}

#[tokio::test]
async fn a_live_ticket_is_its_visitors_own_and_lasts_half_an_hour() {
    let site = Site::with_words().await;
    let (mine, other) = (cookie(&site).await, cookie(&site).await);
    let battle = start(&site, &mine, "x").await;
    let answers = both(&battle);
    refused(&finish(&site, &other, &battle.ticket, &answers).await, StatusCode::FORBIDDEN, "ticket_foreign");
    site.clock.advance_millis(LIVE_LIFETIME_MILLIS + 1);
    refused(&finish(&site, &mine, &battle.ticket, &answers).await, StatusCode::GONE, "ticket_expired");
    assert!(!is_stored(&site, &battle, &battle.left, &answers.left).await);
}

#[tokio::test]
async fn handing_in_twice_is_one_battle_and_other_texts_are_refused() {
    let site = Site::with_words().await;
    let cookie = cookie(&site).await;
    let battle = start(&site, &cookie, "x").await;
    let answers = both(&battle);
    let (first, second) =
        (ready(&site, &cookie, &battle, &answers).await, ready(&site, &cookie, &battle, &answers).await);
    assert_eq!((&first.left, &first.right), (&second.left, &second.right));
    let mut other = answers.clone();
    forge_tokens(&mut other.left, |tokens| tokens.truncate(tokens.len() - 1));
    let answer = finish(&site, &cookie, &battle.ticket, &other).await;
    refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "generation_refused");
    let receipt = vote(&site, &cookie, &first.ticket).await;
    assert_eq!(vote(&site, &cookie, &second.ticket).await, receipt, "both tickets are for one battle");
}

#[tokio::test]
async fn identical_texts_are_refused_and_nothing_is_stored() {
    let site = Site::with_words().await;
    let cookie = cookie(&site).await;
    let battle = start(&site, &cookie, "x").await;
    let left = honest(&battle, &battle.left);
    let mut right = left.clone();
    parts(&mut right).0.push('\n');
    let answers = LiveAnswers { left, right };
    refused(&finish(&site, &cookie, &battle.ticket, &answers).await, StatusCode::CONFLICT, "identical");
    assert!(!is_stored(&site, &battle, &battle.left, &answers.left).await);
    assert!(!is_stored(&site, &battle, &battle.right, &answers.right).await);
}

#[tokio::test]
async fn what_cannot_come_from_the_drawn_contestants_is_refused_and_nothing_is_stored() {
    let site = Site::with_words().await;
    // Once the model was needed, the text is compared with its tokens at once.
    site.engine.load(WORDS_SHA256).unwrap();
    let cookie = cookie(&site).await;
    let battle = start(&site, &cookie, "x").await;
    let good = both(&battle);
    let forgeries: [fn(&mut LiveAnswer); 7] = [
        |answer| answer.weights_sha256 = "0".repeat(64),
        |answer| *parts(answer).1 = vec![1; 9],
        |answer| parts(answer).1.clear(),
        |answer| *parts(answer).0 = " ".to_owned(),
        |answer| *parts(answer).0 = "something a person wrote".to_owned(),
        |answer| *parts(answer).0 = "x".repeat(20_001),
        |answer| answer.content = LiveContent::Picture { side: 32, rgb: "00".repeat(32 * 32 * 3) },
    ];
    for (number, forge) in forgeries.into_iter().enumerate() {
        let mut answers = good.clone();
        forge(&mut answers.right);
        let answer = finish(&site, &cookie, &battle.ticket, &answers).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "forgery {number}: {}", answer.body);
        assert!(!is_stored(&site, &battle, &battle.left, &good.left).await, "forgery {number}");
    }
    ready(&site, &cookie, &battle, &good).await;
}

#[tokio::test]
async fn a_browsers_text_is_shown_to_nobody_else_until_it_was_made_again() {
    let site = Site::with_words().await;
    let cookie = cookie(&site).await;
    let battle = start(&site, &cookie, "Say a word.").await;
    let answers = both(&battle);
    let ready = ready(&site, &cookie, &battle, &answers).await;
    let receipt = vote(&site, &cookie, &ready.ticket).await;
    let path = format!("/arena/words/battle/{}", receipt.battle);
    let texts =
        |page: &Answer| page.body.contains(&text_of(&answers.left)) || page.body.contains(&text_of(&answers.right));
    assert!(texts(&site.get(&path, Some(&cookie)).await), "its maker sees it");
    assert!(!texts(&site.get(&path, None).await), "nobody else does");
    site.boards.refresh().await.unwrap();
    let empty = site.get("/arena/words", None).await;
    assert!(!texts(&empty) && !empty.body.contains("name=\"ticket\""), "there is nothing to draw yet");
    assert_eq!(verify(&site, 1.0).await, Checked { verified: 2, refuted: 0, unknown: 0 });
    assert!(texts(&site.get(&path, None).await), "verified");
    site.boards.refresh().await.unwrap();
    let drawn = site.get("/arena/words", None).await;
    assert!(
        texts(&drawn) && drawn.body.contains("name=\"ticket\""),
        "and drawn for others, for the arena's own prompt"
    );
}

#[tokio::test]
async fn a_vote_on_generations_that_cannot_be_reproduced_is_left_out_in_the_open() {
    let site = Site::with_words().await;
    let cookie = cookie(&site).await;
    let battle = start(&site, &cookie, "x").await;
    let mut answers = both(&battle);
    // Tokens of the model, but not those that this seed gives.
    forge_tokens(&mut answers.left, |tokens| *tokens = vec![1, 2, 3]);
    let ready = ready(&site, &cookie, &battle, &answers).await;
    let receipt = vote(&site, &cookie, &ready.ticket).await;
    assert_eq!(verify(&site, 0.0).await, Checked::default(), "a share of 0 looks at nothing");
    assert_eq!(verify(&site, 1.0).await, Checked { verified: 1, refuted: 1, unknown: 0 });
    assert_eq!(verify(&site, 1.0).await, Checked::default(), "what was decided is not looked at again");
    let service = plaudit::service::Service::new(
        site.boards.clone(),
        &site.secret,
        site.clock.clock(),
        site.catalogue.clone(),
        site.engine.clone(),
        std::sync::Arc::new(plaudit::judging::panel::JudgingDesk::new(site.store.clone())),
        site.exports.clone(),
        site.media.clone(),
        true,
    );
    let arena = "words".parse().unwrap();
    let leaderboard = service.leaderboard(&arena, Method::Bt, Slice::All).await.unwrap();
    assert_eq!((leaderboard.board.votes, leaderboard.excluded), (0, 1));
    let stranger = VoterId::from_bytes([1; 16]);
    let finished = service.finished_battle(stranger, &arena, receipt.battle).await.unwrap();
    assert!(finished.live && finished.excluded.is_some());
    assert_eq!(finished.left.provenance.unwrap().check, Some(GenerationCheck::Refuted));
    assert!(finished.left.generation.is_none() && finished.prompt.is_none(), "what was made up is shown to nobody");
    let again = vote(&site, &cookie, &ready.ticket).await;
    assert_eq!(again.battle, receipt.battle, "the voter gets an answer all the same");
}

#[tokio::test]
async fn without_the_model_nothing_is_refuted() {
    let site = Site::with_words().await;
    let cookie = cookie(&site).await;
    let battle = start(&site, &cookie, "x").await;
    let ready = ready(&site, &cookie, &battle, &both(&battle)).await;
    let receipt = vote(&site, &cookie, &ready.ticket).await;
    std::fs::remove_dir_all(site.folder.path().join("models")).unwrap();
    assert_eq!(verify(&site, 1.0).await, Checked { verified: 0, refuted: 0, unknown: 2 });
    let stored = site.store.battle(receipt.battle).await.unwrap().unwrap();
    assert!(stored.excluded.is_none());
}

#[tokio::test]
async fn the_offer_and_the_playground_know_what_this_server_has() {
    let site = Site::with_words().await;
    let service = plaudit::service::Service::new(
        site.boards.clone(),
        &site.secret,
        site.clock.clock(),
        site.catalogue.clone(),
        site.engine.clone(),
        std::sync::Arc::new(plaudit::judging::panel::JudgingDesk::new(site.store.clone())),
        site.exports.clone(),
        site.media.clone(),
        true,
    );
    let offer = service.live_offer(&"words".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((offer.models.len(), offer.models[0].contestants, offer.prompts.len()), (1, 3, 2));
    assert_eq!(service.live_offer(&"text".parse().unwrap()).await.unwrap(), None);
    let playground = service.playground().await.unwrap();
    assert_eq!((playground.models.len(), playground.contestants.len()), (1, 3));
    assert!(!playground.absent.is_empty(), "the built-in arena's models are not here");
    // Rendered without a browser, whose connection and storage their islands ask about later.
    for page in ["/arena/words/live", "/playground"] {
        let answer = site.get(page, None).await;
        assert!(answer.status == StatusCode::OK && answer.body.contains("leptos-island"), "{page}: {}", answer.status);
    }
    std::fs::remove_dir_all(site.folder.path().join("models")).unwrap();
    assert_eq!(service.live_offer(&"words".parse().unwrap()).await.unwrap(), None, "without a restart");
}
