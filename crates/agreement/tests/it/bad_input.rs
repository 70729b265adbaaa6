//! What is wrong is refused and said; what did not parse is counted and never a vote.

use plaudit_agreement::{
    Absence, Added, AgreementError, Answer, Certainty, ContrastPair, FinalAnswer, InconsistencyOptions, Options, Order,
    Panel, Unparsed, Verdict,
};
use plaudit_domain::Outcome;

const LEFT: Answer = Answer::Outcome(Outcome::Left);

fn panel() -> (Panel, u32, u32) {
    let mut panel = Panel::new(3);
    let judge = panel.add_judge().unwrap();
    let question = panel.add_question(0, 1).unwrap();
    (panel, judge, question)
}

#[test]
fn unknown_numbers_are_refused() {
    let (mut panel, judge, question) = panel();
    assert_eq!(panel.add_question(0, 3), Err(AgreementError::UnknownContestant { index: 3, contestants: 3 }));
    assert_eq!(panel.add_question(1, 1), Err(AgreementError::AgainstItself { index: 1 }));
    let unknown = Err(AgreementError::UnknownQuestion { question: 7, questions: 1 });
    assert_eq!(panel.add_vote(7, None, Outcome::Left), unknown);
    assert_eq!(panel.add_verdict(judge, 7, Verdict::new(Order::Given, LEFT)), unknown);
    let unknown = AgreementError::UnknownJudge { judge: 9, judges: 1 };
    assert_eq!(panel.add_verdict(9, question, Verdict::new(Order::Given, LEFT)), Err(unknown.clone()));
    assert_eq!(panel.report(9, &Options::default()), Err(unknown.clone()));
    assert_eq!(panel.ceiling(Some(9), &Options::default()), Err(unknown.clone()));
    assert_eq!(panel.baselines(Some(9), &Options::default()), Err(unknown));
    assert_eq!(panel.versions(judge, judge, &Options::default()), Err(AgreementError::SameJudge { judge }));
}

#[test]
fn numbers_that_are_none_are_refused() {
    let (mut panel, judge, question) = panel();
    let verdict = Verdict::new(Order::Given, LEFT);
    for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let found = panel.add_verdict(judge, question, verdict.with_scores(0.0, score));
        assert!(matches!(found, Err(AgreementError::Score { judge: 0, question: 0, .. })), "{found:?}");
    }
    for value in [-0.01, 1.01, f64::NAN, f64::INFINITY] {
        for certainty in [Certainty::Confidence(value), Certainty::LeftBetter(value)] {
            let found = panel.add_verdict(judge, question, verdict.with_certainty(certainty));
            assert!(matches!(found, Err(AgreementError::Certainty { judge: 0, question: 0, .. })), "{found:?}");
        }
    }
    assert_eq!(panel.report(judge, &Options::default()).unwrap().coverage.questions, 0);
}

#[test]
fn options_out_of_range_are_refused() {
    let (panel, judge, _) = panel();
    let good = Options::default();
    for (options, expected) in [
        (Options { resamples: 0, ..good }, "resamples"),
        (Options { level: 1.0, ..good }, "level"),
        (Options { level: f64::NAN, ..good }, "level"),
        (Options { bins: 0, ..good }, "bins"),
        (Options { clear_lead: 0, ..good }, "clear_lead"),
    ] {
        let found = panel.report(judge, &options);
        assert!(matches!(found, Err(AgreementError::Option { name, .. }) if name == expected), "{found:?}");
    }
}

#[test]
fn what_is_said_twice_counts_once_and_what_is_said_anew_is_an_error() {
    let (mut panel, judge, question) = panel();
    assert_eq!(panel.add_vote(question, Some(4), Outcome::Tie), Ok(Added::New));
    assert_eq!(panel.add_vote(question, Some(4), Outcome::Tie), Ok(Added::Repeated));
    let twice = AgreementError::VotedTwice { voter: 4, question, first: Outcome::Tie, second: Outcome::Left };
    assert_eq!(panel.add_vote(question, Some(4), Outcome::Left), Err(twice));
    assert_eq!(panel.repeated_votes(), 1);

    let verdict = Verdict::new(Order::Given, LEFT).with_scores(1.0, 0.0);
    assert_eq!(panel.add_verdict(judge, question, verdict), Ok(Added::New));
    assert_eq!(panel.add_verdict(judge, question, verdict), Ok(Added::Repeated));
    let other = verdict.with_scores(2.0, 0.0);
    let error = panel.add_verdict(judge, question, other).unwrap_err();
    let expected = AgreementError::JudgedTwice { judge, question, first: verdict.into(), second: other.into() };
    assert_eq!(error, expected);
    assert!(error.to_string().contains("1.0") && error.to_string().contains("2.0"), "{error}");
    let coverage = panel.report(judge, &Options::default()).unwrap().coverage;
    assert_eq!((coverage.questions, coverage.votes, coverage.repeated_verdicts), (1, 1, 1));
}

#[test]
fn what_did_not_parse_is_wrong_counted_and_on_no_board() {
    let mut panel = Panel::new(2);
    let judge = panel.add_judge().unwrap();
    for reason in [Unparsed::TimedOut, Unparsed::TimedOut, Unparsed::HttpError, Unparsed::NonFinite] {
        let question = panel.add_question(0, 1).unwrap();
        panel.add_vote(question, None, Outcome::Tie).unwrap();
        panel.add_verdict(judge, question, Verdict::new(Order::Given, Answer::Unparsed(reason))).unwrap();
        assert_eq!(panel.final_answer(judge, question), Ok(Some(FinalAnswer::Unparsed)));
    }
    let report = panel.report(judge, &Options::default()).unwrap();
    assert_eq!(report.votes.accuracy_three.value(), Some(0.0));
    assert_eq!(report.votes.kappa.absence(), Some(Absence::NoAnswers));
    assert_eq!(report.parse_rate.value(), Some(0.0));
    let reasons: Vec<(Unparsed, u64)> = report.unparsed.iter().map(|found| (found.reason, found.count)).collect();
    assert_eq!(reasons, [(Unparsed::TimedOut, 2), (Unparsed::HttpError, 1), (Unparsed::NonFinite, 1)]);
    assert_eq!(report.boards.judge, [None, None]);
    assert_eq!(report.boards.kendall.absence(), Some(Absence::TooFewContestants));
    assert!(report.disagreements.is_empty());
}

#[test]
fn a_voter_with_a_huge_number_takes_no_memory_when_groups_are_wrong() {
    let (mut panel, _, question) = panel();
    panel.add_vote(question, Some(u32::MAX), Outcome::Left).unwrap();
    let found = panel.group_inconsistency(&[0, 1], 2, &InconsistencyOptions::default());
    assert!(matches!(found, Err(AgreementError::Ranking(_))), "{found:?}");
}

#[test]
fn a_contrast_of_other_contestants_is_refused() {
    let (mut panel, judge, question) = panel();
    let contrast = panel.add_question(1, 0).unwrap();
    let found = panel.contrast(judge, &[ContrastPair { question, contrast }], &Options::default());
    assert_eq!(found, Err(AgreementError::NoContrast { question, contrast }));
}
