use std::path::PathBuf;

use plaudit_datasets::{Ballot, BallotOptions, CategoryColumn, Fault, Progress, ReadOptions, Reason};
use plaudit_domain::Outcome;

use crate::support::{Counted, Folder, count_all, count_text, gzip, read_all, told_alike};

fn options() -> BallotOptions {
    BallotOptions { voters: true, category: CategoryColumn::Usual, ..BallotOptions::default() }
}

fn count(content: impl AsRef<[u8]>) -> Counted {
    count_text(content, &options()).unwrap()
}

const TABLE: &str = "model_a,model_b,winner,judge,language,anony\n\
                     x,y,model_a,ann,en,true\n\
                     z,x,tie,bob,fr,false\n\
                     y,x,huh,ann,en,true\n\
                     y,x,both_bad,,en,\n\
                     x,y,model_b,ann,,True\n";

#[test]
fn a_vote_becomes_numbers_in_the_order_of_first_votes() {
    let counted = count(TABLE);
    let ballot = |left, right, outcome, voter, anonymous, category| Ballot {
        arena: 0,
        left,
        right,
        outcome,
        voter,
        anonymous,
        category,
    };
    let expected = [
        ballot(0, 1, Outcome::Left, Some(0), Some(true), Some(0)),
        ballot(2, 0, Outcome::Tie, Some(1), Some(false), Some(1)),
        ballot(1, 0, Outcome::BothBad, None, None, Some(0)),
        ballot(0, 1, Outcome::Right, Some(0), Some(true), None),
    ];
    assert_eq!(counted.ballots, expected);
    let arena = &counted.roster.arenas()[0];
    assert_eq!(arena.arena.slug.as_str(), "chat-battles");
    assert_eq!(arena.entrants().iter().map(|entrant| entrant.name.as_str()).collect::<Vec<_>>(), ["x", "y", "z"]);
    assert_eq!(arena.voters().len(), 2);
    assert_eq!(counted.roster.categories(), ["en", "fr"]);
}

#[test]
fn rows_left_out_are_counted_and_the_first_ones_listed() {
    let rows = "x,y,maybe\n".repeat(30);
    let limited = BallotOptions { listed_rejections: 3, ..BallotOptions::default() };
    let counted = count_text(format!("model_a,model_b,winner\n{rows}x,y,tie\n"), &limited).unwrap();
    let summary = &counted.summaries[0];
    assert_eq!((summary.ballots, summary.rejections, summary.first_rejections.len()), (1, 30, 3));
    let third = &summary.first_rejections[2];
    assert_eq!((third.line, &third.reason), (4, &Reason::UnknownOutcome("maybe".into())));
    assert_eq!(third.excerpt, "model_a=x model_b=y winner=maybe");
}

#[test]
fn voters_and_categories_are_left_alone_unless_asked_for() {
    let counted = count_text(TABLE, &BallotOptions::default()).unwrap();
    assert!(counted.ballots.iter().all(|ballot| ballot.voter.is_none() && ballot.category.is_none()));
    assert_eq!(counted.roster.arenas()[0].voters().len(), 0);
}

#[test]
fn any_column_can_slice_the_votes() {
    let named = |name: &str| {
        let options = BallotOptions { category: CategoryColumn::Named(name.into()), ..BallotOptions::default() };
        let table = "model_a,model_b,winner,is_code,category\nx,y,tie,yes,c\nx,y,tie,,c\nx,y,tie,no,c\n";
        let json = "{\"model_a\":\"x\",\"model_b\":\"y\",\"winner\":\"tie\",\"is_code\":true,\"category\":[1]}";
        let of = |text: &str| {
            let counted = count_text(text, &options).unwrap();
            (counted.ballots.iter().map(|ballot| ballot.category).collect::<Vec<_>>(), counted.categories())
        };
        (of(table), of(json))
    };
    let yes_no = (vec![Some(0), None, Some(1)], vec!["yes".to_owned(), "no".to_owned()]);
    assert_eq!(named("is_code"), (yes_no, (vec![Some(0)], vec!["true".to_owned()])));
    let (table, json) = named("category");
    assert_eq!(table, (vec![Some(0); 3], vec!["c".to_owned()]));
    assert_eq!(json, (vec![None], vec![]), "a list is no category, and no reason to lose the vote");
}

#[test]
fn several_files_share_one_roster() {
    let folder = Folder::new();
    let one = folder.file("1", "model_a,model_b,winner,judge\nx,y,a,ann\n");
    let two = folder.file("2", "{\"model_a\":\"z\",\"model_b\":\"X\",\"winner\":\"tie\",\"judge\":\"ann\"}");
    let counted = count_all(&[one, two], &options()).unwrap();
    let numbers: Vec<_> =
        counted.ballots.iter().map(|ballot| (ballot.arena, ballot.left, ballot.right, ballot.voter)).collect();
    assert_eq!(numbers, [(0, 0, 1, Some(0)), (0, 2, 0, Some(0))], "contestants are told apart by their slugs");
}

#[test]
fn the_receiver_is_told_how_far_the_reading_has_come() {
    let rows = "a model with a long name,another model with a long name,tie\n".repeat(60_000);
    let text = format!("model_a,model_b,winner\n{rows}");
    let counted = count(&text);
    assert!(counted.progress.len() > 3, "{}", counted.progress.len());
    assert!(counted.progress.is_sorted_by_key(|progress| progress.bytes));
    assert_eq!(counted.progress.last(), Some(&Progress { line: 60_001, bytes: text.len() as u64 }));
}

#[test]
fn files_without_votes_are_passed_over() {
    let counted = count(r#"{"id":8,"text":"t","slug":"s"}"#);
    assert_eq!((counted.ballots.len(), counted.summaries.len()), (0, 1));
}

#[test]
fn a_cut_off_file_is_a_fault_and_not_a_shorter_one() {
    let compressed = gzip(TABLE.repeat(50));
    let fault = count_text(&compressed[..compressed.len() - 9], &options()).err().unwrap().fault;
    assert!(matches!(fault, Fault::Gzip(_)), "{fault:?}");
}

#[test]
fn the_real_files_give_the_same_votes_as_numbers_and_as_records() {
    for folder in ["genai-arena", "llmfao"] {
        let Some(data) = crate::golden::data(folder) else { return };
        let paths: Vec<PathBuf> = vec![data.join(folder)];
        let (kept, _) = read_all(&paths, &ReadOptions::default()).unwrap();
        let counted = count_all(&paths, &options()).unwrap();
        told_alike(&kept.votes, &counted);
        assert!(counted.ballots.len() > 2_000);
    }
}

#[test]
fn llmfao_slices_by_the_category_of_the_prompt() {
    let Some(data) = crate::golden::data("llmfao") else { return };
    let counted = count_all(&[data.join("llmfao")], &options()).unwrap();
    assert!(counted.ballots.iter().all(|ballot| ballot.category.is_some()));
    assert!(counted.categories().contains(&"reflexion".to_owned()), "{:?}", counted.categories());
    assert_eq!(counted.roster.arenas()[0].voters().len(), 124);
    assert_eq!(counted.roster.arenas()[0].entrants().len(), 59);
}
