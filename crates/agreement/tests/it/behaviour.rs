//! Small panels whose figures can be counted by hand.

use plaudit_agreement::{
    Absence, Answer, Certainty, ContrastPair, FinalAnswer, Options, Order, Panel, Unparsed, Verdict, parse_verdict,
};
use plaudit_domain::Outcome::{self, BothBad, Left, Right, Tie};

fn ask(panel: &mut Panel, votes: &[Outcome]) -> u32 {
    let question = panel.add_question(0, 1).unwrap();
    for vote in votes {
        panel.add_vote(question, None, *vote).unwrap();
    }
    question
}

fn judge(panel: &mut Panel, judge: u32, question: u32, order: Order, answer: Answer) {
    panel.add_verdict(judge, question, Verdict::new(order, answer)).unwrap();
}

#[test]
fn both_orders_make_one_answer() {
    let unparsed = Answer::Unparsed(Unparsed::NoVerdict);
    // What is said in the order given, then swapped, each as the judge saw it.
    for (given, swapped, expected) in [
        (Answer::Outcome(Left), Answer::Outcome(Right), FinalAnswer::Left),
        (Answer::Outcome(Right), Answer::Outcome(Left), FinalAnswer::Right),
        (Answer::Outcome(Left), Answer::Outcome(Left), FinalAnswer::Abstained),
        (Answer::Outcome(Left), Answer::Outcome(Tie), FinalAnswer::Abstained),
        (Answer::Outcome(Tie), Answer::Outcome(BothBad), FinalAnswer::Abstained),
        (Answer::Outcome(BothBad), Answer::AnyTie, FinalAnswer::BothBad),
        (Answer::AnyTie, Answer::AnyTie, FinalAnswer::AnyTie),
        (unparsed, Answer::Outcome(Left), FinalAnswer::Unparsed),
        (Answer::Outcome(Left), unparsed, FinalAnswer::Unparsed),
    ] {
        let mut panel = Panel::new(2);
        let number = panel.add_judge().unwrap();
        let question = ask(&mut panel, &[Left]);
        judge(&mut panel, number, question, Order::Given, given);
        judge(&mut panel, number, question, Order::Swapped, swapped);
        assert_eq!(panel.final_answer(number, question), Ok(Some(expected)), "{given:?} {swapped:?}");
    }
}

#[test]
fn a_judge_that_always_says_left_has_a_bias_and_abstains_when_asked_twice() {
    let mut panel = Panel::new(2);
    let number = panel.add_judge().unwrap();
    for at in 0..10 {
        let question = ask(&mut panel, &[if at < 7 { Left } else { Right }]);
        judge(&mut panel, number, question, Order::Given, Answer::Outcome(Left));
        if at % 2 == 0 {
            judge(&mut panel, number, question, Order::Swapped, Answer::Outcome(Left));
        }
    }
    let report = panel.report(number, &Options::default()).unwrap();
    assert_eq!(report.position.right_share.value(), Some(0.0));
    assert!((report.position.z.unwrap() + 15_f64.sqrt()).abs() < 1e-12);
    assert_eq!(report.swap_consistency.value(), Some(0.0));
    assert_eq!(report.abstention_rate.value(), Some(0.5));
    assert_eq!((report.coverage.both_orders, report.coverage.given_alone), (5, 5));
    // Of the five that it answered in one order, 1, 3, 5 are left by vote and 7, 9 right.
    assert_eq!(report.votes.accuracy_four.value(), Some(0.3));
    assert_eq!(report.votes.accuracy_decisive.value(), Some(0.6));
    assert_eq!(report.votes.accuracy_decisive_all.value(), Some(0.3));
    assert_eq!(report.confusion.votes[0], [3, 0, 0, 0, 0, 0, 4]);
    assert_eq!(report.confusion.votes[1], [2, 0, 0, 0, 0, 0, 1]);
    // It says one thing: agreement beyond chance is none, correlation undefined.
    assert!(report.votes.kappa.value().unwrap().abs() < 1e-12);
    assert_eq!(report.votes.answers.pearson.absence(), Some(Absence::Constant));
}

#[test]
fn a_tie_of_no_kind_is_right_for_either_kind() {
    let mut panel = Panel::new(2);
    let number = panel.add_judge().unwrap();
    for vote in [Tie, BothBad, Left] {
        let question = ask(&mut panel, &[vote]);
        judge(&mut panel, number, question, Order::Given, Answer::AnyTie);
    }
    let report = panel.report(number, &Options::default()).unwrap();
    assert_eq!(report.votes.accuracy_four.value(), Some(2.0 / 3.0));
    assert_eq!(report.votes.accuracy_three.value(), Some(2.0 / 3.0));
    assert_eq!(report.confusion.votes.map(|row| row[4]), [1, 0, 1, 1]);
}

#[test]
fn the_ceiling_leaves_each_vote_out() {
    let mut panel = Panel::new(2);
    ask(&mut panel, &[Left, Left, Left, Right]);
    ask(&mut panel, &[Tie, BothBad]);
    ask(&mut panel, &[Right]);
    let ceiling = panel.ceiling(None, &Options::default()).unwrap();
    assert_eq!((ceiling.questions, ceiling.votes), (2, 6));
    // Three of six pairs and none of one.
    assert_eq!(ceiling.raw_agreement.value(), Some(3.0 / 7.0));
    assert_eq!(ceiling.raw_agreement_three.value(), Some(4.0 / 7.0));
    // Each left is with two lefts and a right; the right, the tie and the both bad are with others.
    assert_eq!(ceiling.leave_one_out_four.value(), Some(0.5));
    assert_eq!(ceiling.leave_one_out_three.value(), Some(5.0 / 6.0));
    assert_eq!(ceiling.leave_one_out_decisive.value(), Some(0.75));
    let mut lonely = Panel::new(2);
    assert_eq!(lonely.ceiling(None, &Options::default()).unwrap().alpha_nominal.absence(), Some(Absence::NoVotes));
    ask(&mut lonely, &[Left]);
    let alone = lonely.ceiling(None, &Options::default()).unwrap();
    assert_eq!(alone.alpha_nominal.absence(), Some(Absence::SingleVotes));
}

#[test]
fn calibration_by_hand() {
    let mut panel = Panel::new(2);
    let number = panel.add_judge().unwrap();
    for (vote, order, answer, confidence) in [
        (Left, Order::Given, Left, 0.95),
        (Right, Order::Given, Left, 0.95),
        (Right, Order::Swapped, Left, 0.25),
        (Tie, Order::Given, BothBad, 1.0),
    ] {
        let question = ask(&mut panel, &[vote]);
        let verdict = Verdict::new(order, Answer::Outcome(answer)).with_certainty(Certainty::Confidence(confidence));
        panel.add_verdict(number, question, verdict).unwrap();
    }
    let silent = ask(&mut panel, &[Left, Left]);
    judge(&mut panel, number, silent, Order::Given, Answer::Outcome(Left));
    let report = panel.report(number, &Options::default()).unwrap();
    let found = report.confidence;
    assert_eq!(found.not_stated, 2);
    assert_eq!(found.bins.iter().map(|bin| bin.count).collect::<Vec<_>>(), [0, 0, 1, 0, 0, 0, 0, 0, 0, 3]);
    assert!((found.bins[9].mean_stated.unwrap() - 2.9 / 3.0).abs() < 1e-12);
    assert_eq!(found.bins[9].share_right.value(), Some(1.0 / 3.0));
    assert_eq!(found.bins[0].share_right.absence(), Some(Absence::NoVotes));
    assert!((found.expected_calibration_error.value().unwrap() - (0.75 + 1.9) / 4.0).abs() < 1e-12);
    let brier = (0.05_f64.powi(2) + 0.95_f64.powi(2) + 0.75_f64.powi(2) + 1.0) / 4.0;
    assert!((found.brier.value().unwrap() - brier).abs() < 1e-12);
    // The certain one was wrong: a great loss, and no infinite one.
    assert!(found.log_loss.value().is_some_and(|loss| loss > 10.0 && loss < 11.0), "{:?}", found.log_loss);
    assert_eq!(report.probability.brier.absence(), Some(Absence::NoCertainty));
}

#[test]
fn probabilities_of_both_orders_are_averaged_in_the_order_of_the_question() {
    let mut panel = Panel::new(2);
    let number = panel.add_judge().unwrap();
    let question = ask(&mut panel, &[Left, Tie]);
    for (order, left_better) in [(Order::Given, 0.9), (Order::Swapped, 0.3)] {
        let verdict = Verdict::new(order, Answer::Outcome(Left)).with_certainty(Certainty::LeftBetter(left_better));
        panel.add_verdict(number, question, verdict).unwrap();
    }
    let found = panel.report(number, &Options::default()).unwrap().probability;
    assert!((found.brier.value().unwrap() - 0.04).abs() < 1e-12, "{:?}", found.brier);
    assert_eq!(found.brier.estimate().unwrap().count, 1);
}

#[test]
fn days_are_apart_and_in_order() {
    let mut panel = Panel::new(2);
    let number = panel.add_judge().unwrap();
    for (day, vote) in [(20, Left), (20, Right), (19, Left), (20, Left)] {
        let question = ask(&mut panel, &[vote]);
        panel.add_verdict(number, question, Verdict::new(Order::Given, Answer::Outcome(Left)).on_day(day)).unwrap();
    }
    let days = panel.report(number, &Options::default()).unwrap().days;
    let found: Vec<(i32, f64)> = days.iter().map(|day| (day.day, day.accuracy_four.value().unwrap())).collect();
    assert_eq!(found, [(19, 1.0), (20, 2.0 / 3.0)]);
    // Wilson of 2 in 3, whatever the bootstrap of three questions would be.
    let interval = days[1].accuracy_four.estimate().copied().unwrap();
    assert!((interval.low - 0.207_655).abs() < 1e-5 && (interval.high - 0.938_508).abs() < 1e-5, "{interval:?}");
}

#[test]
fn disagreements_are_with_clear_majorities_alone() {
    let mut panel = Panel::new(2);
    let number = panel.add_judge().unwrap();
    let lead_one = ask(&mut panel, &[Left]);
    let lead_two = ask(&mut panel, &[Left, Left]);
    let lead_three = ask(&mut panel, &[Left, Left, Left, Left, Tie]);
    let unanswered = ask(&mut panel, &[Left; 9]);
    let agreed = ask(&mut panel, &[Right, Right]);
    for question in [lead_one, lead_two, lead_three, agreed] {
        judge(&mut panel, number, question, Order::Given, Answer::Outcome(Right));
    }
    judge(&mut panel, number, unanswered, Order::Given, Answer::Unparsed(Unparsed::Failed));
    let found = panel.report(number, &Options::default()).unwrap().disagreements;
    assert_eq!(found.iter().map(|found| (found.question, found.lead)).collect::<Vec<_>>(), [(2, 3), (1, 2)]);
}

#[test]
fn versions_are_compared_where_both_answered() {
    let mut panel = Panel::new(3);
    let (one, other) = (panel.add_judge().unwrap(), panel.add_judge().unwrap());
    let unparsed = Answer::Unparsed(Unparsed::NoVerdict);
    let answers = [
        (Answer::Outcome(Left), Answer::Outcome(Left)),
        (Answer::Outcome(Right), Answer::Outcome(Left)),
        (Answer::AnyTie, Answer::Outcome(BothBad)),
        (Answer::Outcome(Right), Answer::Outcome(Right)),
        (unparsed, Answer::Outcome(Left)),
    ];
    for (at, (first, second)) in (0..).zip(answers) {
        let question = panel.add_question(at % 3, (at + 1) % 3).unwrap();
        judge(&mut panel, one, question, Order::Given, first);
        judge(&mut panel, other, question, Order::Given, second);
    }
    let found = panel.versions(one, other, &Options::default()).unwrap();
    assert_eq!((found.questions, found.answered), (5, 4));
    assert_eq!(found.same_answers.value(), Some(0.75));
    // Observed ¾; by chance (1 · 2 + 2 · 1 + 1 · 1) / 16.
    assert!((found.kappa.value().unwrap() - (0.75 - 5.0 / 16.0) / (11.0 / 16.0)).abs() < 1e-12);
    assert_eq!(found.board_kendall.estimate().map(|kendall| kendall.count), Some(3));
}

#[test]
fn contrasts_count_changes_and_what_stays() {
    let mut panel = Panel::new(2);
    let number = panel.add_judge().unwrap();
    let mut pairs = Vec::new();
    // People before and after, the judge before and after.
    for (people, answers) in [
        ([Left, Right], [Left, Right]),
        ([Left, Right], [Right, Left]),
        ([Left, Right], [Left, Left]),
        ([Left, Left], [Right, Right]),
        ([Tie, BothBad], [Left, Tie]),
    ] {
        let [question, contrast] = people.map(|vote| ask(&mut panel, &[vote]));
        for (question, answer) in [question, contrast].into_iter().zip(answers) {
            judge(&mut panel, number, question, Order::Given, Answer::Outcome(answer));
        }
        pairs.push(ContrastPair { question, contrast });
    }
    let (split, unjudged) = (ask(&mut panel, &[Left, Right]), ask(&mut panel, &[Left]));
    pairs.push(ContrastPair { question: split, contrast: unjudged });
    pairs.push(ContrastPair { question: unjudged, contrast: unjudged });
    let found = panel.contrast(number, &pairs, &Options::default()).unwrap();
    assert_eq!((found.pairs, found.without_majority, found.not_judged, found.unanswered), (7, 1, 1, 0));
    assert_eq!(found.changes.value(), Some(2.0 / 3.0));
    assert_eq!(found.changes_rightly.value(), Some(1.0 / 3.0));
    assert_eq!(found.stays.value(), Some(0.5));
    assert_eq!(found.consistency.value(), Some(0.6));
}

#[test]
fn verdicts_are_read_to_the_letter() {
    for (text, expected) in [
        ("[[B>>A]] because", Answer::Outcome(Right)),
        ("so: [[A=B=Good]]", Answer::Outcome(Tie)),
        ("[[A=B=Bad]]\n[[A>B]]", Answer::Outcome(BothBad)),
        ("[[A>B\n]] [[B>A]]", Answer::Outcome(Right)),
        ("[[A=B]]", Answer::AnyTie),
        ("[[a>b]]", Answer::Unparsed(Unparsed::UnknownVerdict)),
        ("[[A>B]] or [[B>A]]", Answer::Unparsed(Unparsed::UnknownVerdict)),
        ("[[Model A is better: [[A>B]] ]]", Answer::Unparsed(Unparsed::UnknownVerdict)),
        ("[[]]", Answer::Unparsed(Unparsed::UnknownVerdict)),
        ("[[]", Answer::Unparsed(Unparsed::NoVerdict)),
        ("]] [[", Answer::Unparsed(Unparsed::NoVerdict)),
        ("[A>B]", Answer::Unparsed(Unparsed::NoVerdict)),
        ("", Answer::Unparsed(Unparsed::NoVerdict)),
    ] {
        assert_eq!(parse_verdict(text), expected, "{text:?}");
    }
}
