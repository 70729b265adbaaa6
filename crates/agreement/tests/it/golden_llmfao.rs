//! LLMFAO: 8,931 votes of 124 people on 2,139 questions, and GPT-4's answers to the same.

use plaudit_agreement::{InconsistencyOptions, Options};

use super::shared;

#[test]
fn people_agree_with_each_other_as_published() {
    let Some((panel, _)) = shared::llmfao() else { return };
    let ceiling = panel.ceiling(None, &Options::default()).unwrap();
    // 15 of the 2,139 questions have one vote.
    assert_eq!((ceiling.questions, ceiling.votes), (2124, 8916));
    assert_eq!(format!("{:.3}", ceiling.alpha_nominal.value().unwrap()), "0.291");
    // Over all pairs of votes on a question; the mean over questions would be 52.9 %.
    assert_eq!(format!("{:.1}", 100.0 * ceiling.raw_agreement.value().unwrap()), "53.2");
    assert_eq!(format!("{:.3}", ceiling.alpha_ordinal.value().unwrap()), "0.288");
    // There is no both bad here.
    let [four, three] = [ceiling.alpha_nominal, ceiling.alpha_nominal_three].map(|alpha| alpha.value().unwrap());
    assert!((four - three).abs() < 1e-12);
}

/// "Strict majority" is more votes than any other outcome, 1,831 questions; over half of the votes, 1,706 questions, would
/// give 45.4 % and 75.1 %.
#[test]
fn gpt_4_against_the_strict_majority_is_as_published() {
    let Some((panel, judge)) = shared::llmfao() else { return };
    let report = panel.report(judge, &Options::default()).unwrap();
    assert_eq!(report.coverage.majorities, 1831);
    assert_eq!(report.coverage.votes, 8931);
    assert_eq!(format!("{:.1}", 100.0 * report.majority.accuracy_three.value().unwrap()), "44.6");
    let decisive = report.majority.accuracy_decisive.estimate().copied().unwrap();
    assert_eq!((format!("{:.1}", 100.0 * decisive.value), decisive.count), ("73.5".to_owned(), 1059));
    // The judge ties 66 times of 2,139, people 3,471 times of 8,931.
    let column: u64 = report.confusion.votes.iter().map(|row| row[2]).sum();
    let row: u64 = report.confusion.votes[2].iter().sum();
    assert!(column < 400 && row == 3471, "{column} {row}");
    let boards = report.boards.spearman.estimate().copied().unwrap();
    assert_eq!(boards.count, 59);
    assert!(
        0.5 < boards.low && boards.low < boards.value && boards.value < boards.high && boards.high < 0.9,
        "{boards:?}"
    );
    let leads: Vec<u32> = report.disagreements.iter().map(|found| found.lead).collect();
    assert_eq!(leads.len(), 20);
    assert!(leads.is_sorted_by(|one, next| one >= next) && leads[0] == 5, "{leads:?}");
}

#[test]
fn two_halves_of_the_crowd_want_the_same() {
    let Some((panel, _)) = shared::llmfao() else { return };
    let voters = panel.voter_counts().unwrap().len();
    let halves: Vec<u32> = (0..voters as u32).map(|voter| voter % 2).collect();
    let options = InconsistencyOptions { permutations: 19, ..Default::default() };
    let found = panel.group_inconsistency(&halves, 2, &options).unwrap();
    assert!(found.overall.coefficient.is_some_and(|coefficient| coefficient < 0.3), "{:?}", found.overall);
}
