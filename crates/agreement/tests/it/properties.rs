//! What holds for any panel.

use plaudit_agreement::{
    Answer, Calibration, Certainty, Correlations, Figure, FinalAnswer, JudgeReport, Options, Order, Panel, Unparsed,
    Verdict, parse_verdict,
};
use plaudit_domain::Outcome;
use proptest::prelude::*;

const CONTESTANTS: u32 = 4;

#[derive(Debug, Clone)]
struct Row {
    left: u32,
    right: u32,
    votes: Vec<Outcome>,
    verdicts: Vec<Verdict>,
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop::sample::select(Outcome::ALL.to_vec())
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        6 => outcome().prop_map(Answer::Outcome),
        1 => Just(Answer::AnyTie),
        1 => prop::sample::select(Unparsed::ALL.to_vec()).prop_map(Answer::Unparsed),
    ]
}

fn verdict(order: Order) -> impl Strategy<Value = Verdict> {
    let score = prop_oneof![(-3..3_i32).prop_map(f64::from), Just(f64::MAX), Just(f64::MIN), Just(f64::MIN_POSITIVE)];
    let sure = prop_oneof![0.0..=1.0_f64, Just(0.0), Just(1.0)];
    let certainty = (any::<bool>(), sure)
        .prop_map(|(which, sure)| if which { Certainty::Confidence(sure) } else { Certainty::LeftBetter(sure) });
    let scores = prop::option::of((score.clone(), score).prop_map(|(left, right)| [left, right]));
    (answer(), scores, prop::option::of(certainty), prop::option::of(-2..3_i32))
        .prop_map(move |(answer, scores, certainty, day)| Verdict { order, answer, scores, certainty, day })
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let verdicts = (prop::option::of(verdict(Order::Given)), prop::option::of(verdict(Order::Swapped)));
    let row = (0..CONTESTANTS, 1..CONTESTANTS, prop::collection::vec(outcome(), 0..5), verdicts);
    let row = row.prop_map(|(left, step, votes, (given, swapped))| Row {
        left,
        right: (left + step) % CONTESTANTS,
        votes,
        verdicts: given.into_iter().chain(swapped).collect(),
    });
    prop::collection::vec(row, 0..40)
}

fn panel(rows: &[Row]) -> Panel {
    let mut panel = Panel::new(CONTESTANTS);
    let judge = panel.add_judge().unwrap();
    let other = panel.add_judge().unwrap();
    for row in rows {
        let question = panel.add_question(row.left, row.right).unwrap();
        for vote in &row.votes {
            panel.add_vote(question, None, *vote).unwrap();
        }
        for verdict in &row.verdicts {
            panel.add_verdict(judge, question, *verdict).unwrap();
        }
        if let Some(verdict) = row.verdicts.first() {
            panel.add_verdict(other, question, *verdict).unwrap();
        }
    }
    panel
}

fn correlations(found: &Correlations) -> Vec<Figure> {
    vec![found.pearson, found.spearman, found.kendall]
}

fn shares(report: &JudgeReport) -> Vec<Figure> {
    let mut figures =
        vec![report.parse_rate, report.position.right_share, report.swap_consistency, report.abstention_rate];
    for agreement in [report.votes, report.majority] {
        figures.extend([
            agreement.accuracy_four,
            agreement.accuracy_three,
            agreement.accuracy_decisive,
            agreement.accuracy_decisive_all,
            agreement.accuracy_both_decisive,
        ]);
    }
    figures.extend(report.days.iter().flat_map(|day| [day.accuracy_four, day.accuracy_three]));
    figures
}

fn agreements(report: &JudgeReport) -> Vec<Figure> {
    let mut figures = Vec::new();
    for agreement in [report.votes, report.majority] {
        figures.extend([agreement.kappa, agreement.kappa_three, agreement.kappa_quadratic]);
        figures.extend(correlations(&agreement.answers));
    }
    figures.extend(correlations(&report.scores));
    figures
}

fn calibrations(found: &Calibration) -> [Figure; 3] {
    [found.expected_calibration_error, found.brier, found.log_loss]
}

fn all(panel: &Panel, options: &Options) -> Vec<Figure> {
    let report = panel.report(0, options).unwrap();
    let mut figures = shares(&report);
    figures.extend(agreements(&report));
    figures.extend([report.boards.spearman, report.boards.kendall]);
    for calibration in [&report.confidence, &report.probability] {
        figures.extend(calibrations(calibration));
        figures.extend(calibration.bins.iter().map(|bin| bin.share_right));
    }
    let ceiling = panel.ceiling(None, options).unwrap();
    figures.extend([
        ceiling.raw_agreement,
        ceiling.raw_agreement_three,
        ceiling.alpha_nominal,
        ceiling.alpha_nominal_three,
        ceiling.alpha_ordinal,
        ceiling.leave_one_out_four,
        ceiling.leave_one_out_three,
        ceiling.leave_one_out_decisive,
    ]);
    for baseline in panel.baselines(Some(0), options).unwrap() {
        figures.extend([baseline.accuracy_four, baseline.accuracy_three]);
        figures.extend([baseline.accuracy_decisive, baseline.accuracy_both_decisive]);
    }
    let versions = panel.versions(0, 1, options).unwrap();
    figures.extend([versions.same_answers, versions.kappa, versions.board_kendall, versions.board_spearman]);
    figures
}

fn options() -> Options {
    Options { resamples: 50, ..Options::default() }
}

fn close(one: Option<f64>, other: Option<f64>, tolerance: f64) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= tolerance,
        (None, None) => true,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn figures_are_finite_and_inside_their_intervals(rows in rows()) {
        let panel = panel(&rows);
        for figure in all(&panel, &options()) {
            let Some(found) = figure.estimate() else { continue };
            prop_assert!(found.low.is_finite() && found.high.is_finite(), "{:?}", found);
            prop_assert!(found.low <= found.value && found.value <= found.high, "{:?}", found);
            prop_assert!(found.count > 0, "{:?}", found);
        }
        let report = panel.report(0, &options()).unwrap();
        for found in shares(&report).iter().filter_map(Figure::estimate) {
            prop_assert!(found.low >= 0.0 && found.high <= 1.0, "{:?}", found);
        }
        // Chance agreement with a tie of no kind, which agrees with two kinds, can leave κ of four outcomes no lower bound of −1.
        let loose = [report.votes.kappa, report.majority.kappa];
        for figure in agreements(&report) {
            let Some(found) = figure.estimate() else { continue };
            let lowest = if loose.contains(&figure) { f64::MIN } else { -1.0 };
            prop_assert!(found.low >= lowest && found.high <= 1.0, "{:?}", found);
        }
        prop_assert!(report.position.z.is_none_or(f64::is_finite));
        for strength in report.boards.human.iter().chain(&report.boards.judge).flatten() {
            prop_assert!(strength.is_finite());
        }
        let votes: u64 = report.confusion.votes.as_flattened().iter().sum();
        prop_assert_eq!(votes, report.coverage.votes);
        // Through a page and back.
        let back: JudgeReport = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
        prop_assert_eq!(back.coverage, report.coverage);
        prop_assert_eq!(back.confusion, report.confusion);
        for (one, other) in shares(&back).into_iter().zip(shares(&report)) {
            prop_assert_eq!(one.absence(), other.absence());
            prop_assert!(close(one.value(), other.value(), 1e-15));
        }
    }

    #[test]
    fn the_order_of_questions_and_votes_does_not_matter(rows in rows()) {
        let mut turned = rows.clone();
        turned.reverse();
        for row in &mut turned {
            row.votes.reverse();
            row.verdicts.reverse();
        }
        // The second judge of `panel` copies whichever verdict comes first, so it is left out of the comparison.
        let one = panel(&rows).report(0, &options()).unwrap();
        let other = panel(&turned).report(0, &options()).unwrap();
        let figures = |report: &JudgeReport| [shares(report), agreements(report)].concat();
        for (one, other) in figures(&one).into_iter().zip(figures(&other)) {
            prop_assert!(close(one.value(), other.value(), 1e-9), "{:?} {:?}", one, other);
            let ends = |figure: Figure| figure.estimate().map(|found| (found.low, found.high)).unzip();
            let ((low, high), (other_low, other_high)) = (ends(one), ends(other));
            prop_assert!(close(low, other_low, 1e-6) && close(high, other_high, 1e-6), "{:?} {:?}", low, other_low);
        }
        prop_assert_eq!(one.confusion, other.confusion);
        prop_assert_eq!(one.coverage, other.coverage);
    }

    #[test]
    fn swapping_both_sides_of_everything_changes_no_agreement(rows in rows()) {
        let swapped: Vec<Row> = rows
            .iter()
            .map(|row| Row {
                left: row.right,
                right: row.left,
                votes: row.votes.iter().map(|vote| vote.swapped()).collect(),
                // What the judge saw stays; it is the question that is turned.
                verdicts: row
                    .verdicts
                    .iter()
                    .map(|verdict| Verdict {
                        order: if verdict.order == Order::Given { Order::Swapped } else { Order::Given },
                        ..*verdict
                    })
                    .collect(),
            })
            .collect();
        let one = panel(&rows).report(0, &options()).unwrap();
        let other = panel(&swapped).report(0, &options()).unwrap();
        let figures = |report: &JudgeReport| {
            [shares(report), agreements(report), vec![report.probability.brier, report.confidence.brier]].concat()
        };
        for (one, other) in figures(&one).into_iter().zip(figures(&other)) {
            prop_assert!(close(one.value(), other.value(), 1e-9), "{:?} {:?}", one, other);
        }
        prop_assert!(close(one.boards.kendall.value(), other.boards.kendall.value(), 1e-9));
    }

    #[test]
    fn a_perfect_judge_scores_one(votes in prop::collection::vec((0..CONTESTANTS, 1..CONTESTANTS, outcome()), 1..60)) {
        let rows: Vec<Row> = votes
            .into_iter()
            .map(|(left, step, vote)| Row {
                left,
                right: (left + step) % CONTESTANTS,
                votes: vec![vote],
                verdicts: vec![
                    Verdict::new(Order::Given, Answer::Outcome(vote)).with_scores(vote.left_score(), 0.0),
                    Verdict::new(Order::Swapped, Answer::Outcome(vote.swapped())).with_scores(0.0, vote.left_score()),
                ],
            })
            .collect();
        let report = panel(&rows).report(0, &options()).unwrap();
        let figures = [agreements(&report), shares(&report)[4..].to_vec(), vec![report.swap_consistency]].concat();
        for found in figures.iter().filter_map(Figure::estimate) {
            prop_assert!((found.value - 1.0).abs() < 1e-12, "{:?}", found);
        }
        prop_assert_eq!(report.votes.accuracy_four.value(), Some(1.0));
        prop_assert!(report.boards.kendall.value().is_none_or(|kendall| kendall > 1.0 - 1e-12));
        prop_assert!(report.disagreements.is_empty());
    }

    #[test]
    fn verdicts_are_read_as_the_pattern_has_them(text in "[\\[\\]AB>= \n]{0,24}|[\\[\\]]{2}(A|B|=|>|Good|Bad){1,5}[\\[\\]]{2,3}\\PC{0,9}") {
        // By the definition of \[\[.*\]\]: the earliest start in the text that has an end in its line, and its last end.
        let bytes = text.as_bytes();
        let matched = (0..bytes.len()).find_map(|start| {
            let ends = (start + 4..=bytes.len()).rev();
            let mut ends = ends.filter(|&end| !bytes[start..end].contains(&b'\n'));
            ends.find(|&end| bytes[start..].starts_with(b"[[") && bytes[..end].ends_with(b"]]"))
                .map(|end| text[start..end].replace(">>", ">"))
        });
        let expected = match matched.as_deref() {
            None => Answer::Unparsed(Unparsed::NoVerdict),
            Some("[[A>B]]") => Answer::Outcome(Outcome::Left),
            Some("[[B>A]]") => Answer::Outcome(Outcome::Right),
            Some("[[A=B=Good]]") => Answer::Outcome(Outcome::Tie),
            Some("[[A=B=Bad]]") => Answer::Outcome(Outcome::BothBad),
            Some("[[A=B]]") => Answer::AnyTie,
            Some(_) => Answer::Unparsed(Unparsed::UnknownVerdict),
        };
        prop_assert_eq!(parse_verdict(&text), expected);
    }

    #[test]
    fn garbage_is_never_a_verdict(text in any::<String>()) {
        if !text.contains("[[") {
            prop_assert_eq!(parse_verdict(&text), Answer::Unparsed(Unparsed::NoVerdict));
        }
    }
}

#[test]
fn an_empty_panel_has_reasons_in_place_of_figures() {
    let panel = panel(&[]);
    assert!(all(&panel, &options()).iter().all(|figure| figure.value().is_none()));
    assert_eq!(FinalAnswer::ALL.len(), 7);
}
