//! Against scikit-learn, scipy and the package krippendorff: `scripts/peers.py`.

use plaudit_agreement::{Answer, Certainty, Figure, Options, Order, Panel, Verdict};
use serde_json::Value;

const TOLERANCE: f64 = 1e-9;

fn close(figure: Figure, expected: &Value, what: &str) {
    let (found, expected) = (figure.value(), expected.as_f64());
    match (found, expected) {
        (Some(found), Some(expected)) => assert!((found - expected).abs() < TOLERANCE, "{what}: {found} {expected}"),
        (None, None) => {}
        other => panic!("{what}: {other:?}"),
    }
}

/// The standard error in an interval of 95 % that was made in Fisher's z.
fn standard_error(figure: Figure) -> f64 {
    let found = figure.estimate().copied().unwrap();
    (found.high.atanh() - found.low.atanh()) / (2.0 * 1.959_963_984_540_054) * (1.0 - found.value * found.value)
}

#[test]
fn figures_are_those_of_other_packages() {
    let fixture: Value = serde_json::from_str(include_str!("../fixtures/peers.json")).unwrap();
    let cases = fixture["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 3);
    for case in cases {
        let mut panel = Panel::new(2);
        let judge = panel.add_judge().unwrap();
        for row in case["rows"].as_array().unwrap() {
            let question = panel.add_question(0, 1).unwrap();
            for vote in row["votes"].as_array().unwrap() {
                panel.add_vote(question, None, vote.as_str().unwrap().parse().unwrap()).unwrap();
            }
            let answer = Answer::Outcome(row["answer"].as_str().unwrap().parse().unwrap());
            let verdict = Verdict::new(Order::Given, answer)
                .with_scores(row["score"].as_f64().unwrap(), 0.0)
                .with_certainty(Certainty::LeftBetter(row["left_better"].as_f64().unwrap()));
            panel.add_verdict(judge, question, verdict).unwrap();
        }
        let report = panel.report(judge, &Options::default()).unwrap();
        close(report.votes.kappa, &case["kappa"], "kappa");
        close(report.votes.kappa_three, &case["kappa_three"], "kappa of three");
        close(report.votes.kappa_quadratic, &case["kappa_quadratic"], "quadratic kappa");
        for (found, name) in [(report.votes.answers, "answers"), (report.scores, "scores")] {
            for (at, figure) in [found.pearson, found.spearman, found.kendall].into_iter().enumerate() {
                close(figure, &case[name][at], name);
            }
        }
        let scores = report.scores;
        for (at, figure) in [scores.pearson, scores.spearman, scores.kendall].into_iter().enumerate() {
            let (found, drawn) = (standard_error(figure), case["score_errors"][at].as_f64().unwrap());
            // The noise of 20,000 resamples is 0.5 %, the rest is of the order of 1 / questions.
            assert!((found / drawn - 1.0).abs() < 0.03, "standard error {at}: {found} {drawn}");
        }
        close(report.probability.brier, &case["brier"], "Brier");
        close(report.probability.log_loss, &case["log_loss"], "log-loss");
        close(report.probability.expected_calibration_error, &case["ece"], "ECE");
        let ceiling = panel.ceiling(None, &Options::default()).unwrap();
        close(ceiling.alpha_nominal, &case["alpha_nominal"], "alpha");
        close(ceiling.alpha_nominal_three, &case["alpha_nominal_three"], "alpha of three");
        close(ceiling.alpha_ordinal, &case["alpha_ordinal"], "ordinal alpha");
    }
}
