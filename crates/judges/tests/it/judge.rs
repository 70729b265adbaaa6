//! Verdicts.

use futures_lite::future::block_on;
use plaudit_domain::BattleId;
use plaudit_judges::{Battle, JudgeError, JudgeKind, LanguageModel, Models, Preference, Vectors, Verdict, judge};
use plaudit_models::{Conversation, Embedder, ScoreError, TextModel, device};

use crate::support::{fetched, tiny};

const PROMPT: &str = "Why is the sky blue?";
const FITTING: &str = "The sky looks blue because air scatters blue light more than red light.";
const STRANGE: &str = "The river keeps flowing because seventeen spoons forgot their blue hats.";

fn battle<'a>(left: &'a str, right: &'a str) -> Battle<'a> {
    Battle { id: BattleId::from_bytes([7; 16]), prompt: PROMPT, left, right }
}

fn verdict(kind: JudgeKind, models: &Models<'_>, left: &str, right: &str) -> Verdict {
    block_on(judge(kind, models, &battle(left, right))).unwrap()
}

#[test]
fn baselines_say_what_they_are_known_to_say() {
    let none = Models::default();
    let long = verdict(JudgeKind::Length, &none, "1234567", "123");
    assert_eq!((long.shown.answer, long.shown.left_score, long.shown.right_score), (Preference::Left, 7.0, 3.0));
    assert_eq!(long.shown.left_better, Some(0.7));
    assert_eq!(verdict(JudgeKind::Length, &none, "äöü", "aou").shown.answer, Preference::Tie, "characters, not bytes");
    assert_eq!(verdict(JudgeKind::Length, &none, "", "").shown.left_better, Some(0.5));
    let marked = verdict(JudgeKind::Markdown, &none, "plain words here", "- **item**");
    assert_eq!((marked.shown.answer, marked.consistent()), (Preference::Right, Some(Preference::Right)));
    let left = verdict(JudgeKind::AlwaysLeft, &none, "a", "b");
    assert_eq!((left.shown.answer, left.swapped.answer), (Preference::Left, Preference::Left));
    assert_eq!((left.consistent(), left.left_better()), (None, None));
    let random = verdict(JudgeKind::Random, &none, "a", "b");
    assert_eq!(random, verdict(JudgeKind::Random, &none, "a", "b"));
    assert_eq!(random.judge, "random/1");
}

#[test]
fn the_second_order_is_the_mirror_for_judges_that_cannot_see_order() {
    let tiny = tiny();
    let models = Models { tiny: Some(&tiny), ..Models::default() };
    let kinds = JudgeKind::ALL.into_iter().filter(|kind| !kind.depends_on_order());
    let mut judged = 0;
    for kind in kinds {
        let Ok(one) = block_on(judge(kind, &models, &battle("A dog runs home.", "Many."))) else { continue };
        let other = block_on(judge(kind, &models, &battle("Many.", "A dog runs home."))).unwrap();
        assert_eq!(one.swapped, one.shown.mirrored(), "{kind}");
        assert_eq!((one.shown.left_score, one.shown.right_score), (other.shown.right_score, other.shown.left_score));
        assert_eq!(one.consistent(), other.consistent().map(Preference::swapped), "{kind}");
        assert!(!one.depends_on_order);
        judged += 1;
    }
    // length, markdown, and tiny's likelihood, total likelihood, self-certainty and P(True).
    assert_eq!(judged, 6);
}

#[test]
fn likelihood_judges_report_the_models_own_numbers() {
    let tiny = tiny();
    let models = Models { tiny: Some(&tiny), ..Models::default() };
    let (left, right) = ("The dog is happy and runs to the park.", "Zq xv.");
    let score = |answer: &str| block_on(tiny.score(&Conversation { system: None, prompt: PROMPT }, answer)).unwrap();
    let (of_left, of_right) = (score(left), score(right));
    let model = LanguageModel::Tiny;
    let mean = verdict(JudgeKind::Likelihood { model }, &models, left, right);
    assert_eq!(mean.shown.left_score, of_left.mean_log_likelihood());
    assert_eq!(mean.shown.answer, Preference::Left, "words that tiny was trained on are likelier than none");
    let total = verdict(JudgeKind::TotalLikelihood { model }, &models, left, right);
    assert_eq!(total.shown.right_score, of_right.log_likelihood());
    let certain = verdict(JudgeKind::SelfCertainty { model }, &models, left, right);
    assert_eq!(certain.shown.left_score, of_left.self_certainty());
    let read = 2 * u64::from(of_left.prompt_tokens) + (of_left.count() + of_right.count()) as u64;
    assert_eq!(mean.cost.tokens_read, read);
    assert_eq!(verdict(JudgeKind::Likelihood { model }, &models, left, left).consistent(), Some(Preference::Tie));
}

#[test]
fn a_or_b_is_read_in_both_orders_and_averaged() {
    let tiny = tiny();
    let models = Models { tiny: Some(&tiny), ..Models::default() };
    let kind = JudgeKind::AOrB { model: LanguageModel::Tiny };
    let one = verdict(kind, &models, "A dog runs home.", "Many cats sleep.");
    let other = verdict(kind, &models, "Many cats sleep.", "A dog runs home.");
    assert_eq!((one.shown, one.swapped), (other.swapped, other.shown));
    assert!((one.left_better().unwrap() + other.left_better().unwrap() - 1.0).abs() < 1e-12);
    assert!((one.shown.left_score + one.shown.right_score - 1.0).abs() < 1e-12);
    assert!(one.depends_on_order && one.cost.tokens_read > 0);
}

#[test]
fn no_verdict_is_an_error_that_says_why_and_never_a_tie() {
    let none = Models::default();
    for kind in JudgeKind::ALL {
        match block_on(judge(kind, &none, &battle(FITTING, STRANGE))) {
            Ok(_) => assert!(kind.tie_below() == 0.0, "{kind} needs a model"),
            Err(JudgeError::Missing { judge, remedy, .. }) => {
                assert_eq!(judge, kind.id());
                assert!(!remedy.is_empty());
            }
            Err(other) => panic!("{kind}: {other}"),
        }
    }
    let tiny = tiny();
    let models = Models { tiny: Some(&tiny), ..Models::default() };
    let kind = JudgeKind::Likelihood { model: LanguageModel::Tiny };
    let failed = |left: &str, right: &str| block_on(judge(kind, &models, &battle(left, right))).unwrap_err();
    let empty = failed("Fine.", "");
    assert!(matches!(&empty, JudgeError::Score { source: ScoreError::EmptyAnswer, .. }), "{empty}");
    let long = failed(&"word ".repeat(400), "Fine.");
    assert!(matches!(&long, JudgeError::Score { source: ScoreError::TooLong { .. }, .. }), "{long}");
    assert!(long.to_string().contains("likelihood-tiny/1"), "{long}");
}

#[test]
fn relevance_prefers_the_answer_to_the_point() {
    let name = "relevance_prefers_the_answer_to_the_point";
    let Some(files) = fetched(name, "all-minilm-l6-v2", "minilm") else { return };
    let vectors = Vectors::new(Embedder::load(&files, &device::cpu()).unwrap());
    let models = Models { vectors: Some(&vectors), ..Models::default() };
    let found = verdict(JudgeKind::RelevanceMinilm, &models, STRANGE, FITTING);
    println!("relevance: {:?}", found.shown);
    assert_eq!(found.consistent(), Some(Preference::Right));
    assert!(found.left_better().unwrap() < 0.05 && found.cost.tokens_read > 0);
    let again = verdict(JudgeKind::RelevanceMinilm, &models, FITTING, FITTING);
    assert_eq!((again.consistent(), again.cost.tokens_read), (Some(Preference::Tie), 0), "a text is read once");
}

#[test]
fn smollm2s_judges_prefer_sense() {
    let name = "smollm2s_judges_prefer_sense";
    let Some(files) = fetched(name, "smollm2-135m-instruct", "smollm2") else { return };
    let smollm2 = TextModel::load(files, &device::cpu()).unwrap();
    let tiny = tiny();
    let models = Models { smollm2: Some(&smollm2), tiny: Some(&tiny), ..Models::default() };
    let model = LanguageModel::Smollm2;
    for kind in [JudgeKind::Likelihood { model }, JudgeKind::LogRatio] {
        let found = verdict(kind, &models, FITTING, STRANGE);
        println!("{kind}: {:?}", found.shown);
        assert_eq!(found.consistent(), Some(Preference::Left), "{kind}");
    }
    for kind in [JudgeKind::SelfCertainty { model }, JudgeKind::PTrue { model }, JudgeKind::AOrB { model }] {
        let found = verdict(kind, &models, FITTING, STRANGE);
        println!("{kind}: {:?}, swapped {:?}", found.shown, found.swapped);
        assert!(found.left_better().is_some_and(|probability| (0.0..=1.0).contains(&probability)), "{kind}");
    }
}

#[test]
fn two_answers_that_are_hardly_ever_called_good_are_told_apart_by_their_odds() {
    let tiny = tiny();
    let models = Models { tiny: Some(&tiny), ..Models::default() };
    let kind = JudgeKind::PTrue { model: LanguageModel::Tiny };
    let found = verdict(kind, &models, FITTING, STRANGE);
    let gap = found.shown.left_score - found.shown.right_score;
    let chance = found.left_better().unwrap();
    assert!((chance - 1.0 / (1.0 + (-gap).exp())).abs() < 1e-12, "the answer and the chance are of one number");
    assert_eq!(found.consistent() == Some(Preference::Tie), gap.abs() <= kind.tie_below());
}

/// What `tests/worker/worker.mjs` holds the browser's judges to.
#[derive(serde::Deserialize)]
struct HeldTo {
    prompt: String,
    left: String,
    right: String,
    /// By judge.
    left_better: std::collections::BTreeMap<String, f64>,
}

#[test]
fn the_numbers_that_browsers_are_held_to_are_those_of_native_judges() {
    const TEST: &str = "the_numbers_that_browsers_are_held_to_are_those_of_native_judges";
    let fixture: HeldTo = serde_json::from_str(include_str!("../fixtures/browser.json")).unwrap();
    let tiny = tiny();
    let smollm2 =
        fetched(TEST, "smollm2-135m-instruct", "smollm2").map(|files| TextModel::load(files, &device::cpu()).unwrap());
    let vectors = fetched(TEST, "all-minilm-l6-v2", "minilm")
        .map(|files| Vectors::new(Embedder::load(&files, &device::cpu()).unwrap()));
    let models = Models { tiny: Some(&tiny), smollm2: smollm2.as_ref(), vectors: vectors.as_ref(), reward: None };
    let battle = Battle {
        id: BattleId::from_bytes([7; 16]),
        prompt: &fixture.prompt,
        left: &fixture.left,
        right: &fixture.right,
    };
    let mut found = std::collections::BTreeMap::new();
    for kind in JudgeKind::ALL {
        let needs = kind.needs();
        let is_there = needs.language.iter().all(|model| *model == LanguageModel::Tiny || models.smollm2.is_some())
            && (!needs.encoder || models.vectors.is_some())
            && !needs.reward;
        if is_there && let Some(chance) = block_on(judge(kind, &models, &battle)).unwrap().left_better() {
            found.insert(kind.id(), chance);
        }
    }
    assert!(found.len() >= 7, "length, markdown and five of tiny's");
    let is_near = |(judge, chance): (&String, &f64)| {
        fixture.left_better.get(judge).is_some_and(|expected| (expected - chance).abs() < 1e-4)
    };
    assert!(found.iter().all(is_near), "the fixture has other numbers than {}", serde_json::to_string(&found).unwrap());
}
