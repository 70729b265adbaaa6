//! The published answers of five judges of GenAI-Bench, image generation.

use plaudit_agreement::{Figure, JudgeReport, Options, parse_verdict};

use super::shared;

fn report(judge: &str) -> Option<JudgeReport> {
    let (panel, judge) = shared::genai_bench_panel(&shared::genai_bench(judge)?);
    Some(panel.report(judge, &Options::default()).unwrap())
}

/// To as many decimals as are given.
fn assert_rounds(figure: Figure, expected: &str) {
    let decimals = expected.split('.').nth(1).map_or(0, str::len);
    let value = figure.value().unwrap();
    assert_eq!(format!("{value:.decimals$}"), expected, "{value}");
}

#[test]
fn accuracies_are_the_published_ones() {
    for (judge, expected) in [
        ("gpt4o", "45.59"),
        ("gemini-1.5-pro", "44.67"),
        ("llava", "37.00"),
        ("idefics2", "42.25"),
        ("random", "25.36"),
    ] {
        let Some(report) = report(judge) else { return };
        let accuracy = report.votes.accuracy_four.estimate().copied().unwrap();
        assert_eq!(format!("{:.2}", 100.0 * accuracy.value), expected, "{judge}");
        assert_eq!(accuracy.count, 1735);
        // Independent questions with one vote each: the binomial's standard error.
        let reach = 1.96 * (accuracy.value * (1.0 - accuracy.value) / 1735.0).sqrt();
        assert!((accuracy.high - accuracy.low - 2.0 * reach).abs() < 0.2 * reach, "{judge}: {accuracy:?}");
    }
}

#[test]
fn every_answer_reads_as_the_benchmark_reads_it() {
    for judge in ["gpt4o", "gemini-1.5-pro", "llava", "idefics2", "random"] {
        let Some(rows) = shared::genai_bench(judge) else { return };
        for (number, row) in rows.iter().enumerate() {
            let (panel, judged) = shared::genai_bench_panel(std::slice::from_ref(row));
            let answer = panel.final_answer(judged, 0).unwrap().unwrap();
            assert_eq!(answer.matches(row.vote), row.correct, "{judge} {number}: {:?}", parse_verdict(&row.response));
        }
    }
}

/// Which reading each figure is: "decisive" divides by decisive votes that the judge answered (810; over all 1,306 decisive
/// votes, unparsed being wrong, it is 55.44 %; where both are decisive 74.56 %); correlations and kappa of four outcomes are
/// over what was answered.
#[test]
fn the_other_figures_of_gpt_4o() {
    let Some(report) = report("gpt4o") else { return };
    assert_eq!(format!("{:.1}", 100.0 * report.parse_rate.value().unwrap()), "99.4");
    assert_eq!(format!("{:.2}", 100.0 * report.votes.accuracy_decisive.value().unwrap()), "55.86");
    assert_eq!(format!("{:.2}", 100.0 * report.votes.accuracy_decisive_all.value().unwrap()), "55.44");
    assert_eq!(format!("{:.2}", 100.0 * report.votes.accuracy_both_decisive.value().unwrap()), "74.56");
    assert_rounds(report.votes.answers.pearson, "0.372");
    assert_rounds(report.votes.answers.spearman, "0.373");
    assert_rounds(report.votes.kappa, "0.219");
    assert_rounds(report.position.right_share, "0.445");
    assert_eq!(format!("{:.1}", report.position.z.unwrap()), "-4.0");
    // One vote per question: majorities are the votes.
    assert_eq!(report.votes, report.majority);
}

#[test]
fn a_judge_that_always_says_left_reaches_37_percent() {
    let Some(rows) = shared::genai_bench("llava") else { return };
    let (panel, judge) = shared::genai_bench_panel(&rows);
    let baselines = panel.baselines(Some(judge), &Options::default()).unwrap();
    let accuracies: Vec<f64> = baselines.iter().map(|found| found.accuracy_four.value().unwrap()).collect();
    let expected = [643.0 / 1735.0, 663.0 / 1735.0, 0.25, 663.0 / 1735.0];
    for (accuracy, expected) in accuracies.iter().zip(expected) {
        assert!((accuracy - expected).abs() < 1e-12);
    }
    // (643 + 663) / 4 + (156 + 273) / 2 of 1,735: either tie is right for either kind.
    let random = baselines[2];
    assert!((random.accuracy_three.value().unwrap() - (1306.0 / 4.0 + 429.0 / 2.0) / 1735.0).abs() < 1e-12);
    assert!((random.accuracy_decisive.value().unwrap() - 0.25).abs() < 1e-12);
    assert!((random.accuracy_both_decisive.value().unwrap() - 0.5).abs() < 1e-12);
}

#[test]
fn equal_seeds_give_equal_reports_and_other_seeds_other_intervals() {
    let Some(rows) = shared::genai_bench("gpt4o") else { return };
    let (panel, judge) = shared::genai_bench_panel(&rows);
    let report = |seed: u64| panel.report(judge, &Options { seed, ..Options::default() }).unwrap();
    assert_eq!(report(1), report(1));
    let [one, other] = [1, 2].map(|seed| report(seed).votes.kappa.estimate().copied().unwrap());
    assert_eq!(one.value, other.value);
    assert_ne!(one.low, other.low);
    // The ends of 1,000 draws have a standard deviation of a twelfth of a standard error.
    assert!((one.low - other.low).abs() < 0.15 * (one.high - one.low));
}
