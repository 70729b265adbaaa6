use plaudit_datasets::{Format, PairwiseFile, ReadOptions, Reason, discover};
use plaudit_domain::{Outcome, Timestamp};

use crate::support::{Folder, Kept, gzip, read_all, read_text};

fn outcomes(kept: &Kept) -> Vec<Outcome> {
    kept.votes.iter().map(|vote| vote.outcome).collect()
}

fn reason(text: &str) -> Reason {
    let kept = read_text(text).unwrap();
    assert_eq!((kept.votes.len(), kept.rejections.len()), (0, 1), "{text}");
    kept.rejections[0].reason.clone()
}

#[test]
fn all_labels_in_use_are_understood_and_no_other() {
    let labels = [
        (Outcome::Left, &["model_a", "A", "a", "left", "Left", "leftvote", "MODEL_A"][..]),
        (Outcome::Right, &["model_b", "B", "b", "right", "rightvote"]),
        (Outcome::Tie, &["tie", "Tie", "tievote", "draw", "equal"]),
        (Outcome::BothBad, &["both_bad", "tie (bothbad)", "Tie (Bothbad)", "bothbad", "bothbad_vote"]),
    ];
    for (outcome, words) in labels {
        for word in words {
            let table = read_text(format!("model_a,model_b,winner\nx,y, {word} \n")).unwrap();
            let json = read_text(format!("{{\"model_a\":\"x\",\"model_b\":\"y\",\"winner\":\"{word}\"}}")).unwrap();
            assert_eq!((outcomes(&table), outcomes(&json)), (vec![outcome], vec![outcome]), "{word}");
        }
    }
    for word in ["x", "0", "1", "both", "tie (", "model_c", "modela", "ab"] {
        let expected = Reason::UnknownOutcome(word.into());
        assert_eq!(reason(&format!("model_a,model_b,winner\nx,y,{word}\n")), expected);
        assert_eq!(reason(&format!("{{\"model_a\":\"x\",\"model_b\":\"y\",\"winner\":\"{word}\"}}")), expected);
    }
}

#[test]
fn the_columns_of_other_arenas_are_recognised() {
    let votes = [
        // evalica
        "left,right,winner\nx,y,left\ny,x,tie\n",
        // the raw votes of GenAI-Arena
        "left_model,right_model,vote_type\nx,y,leftvote\ny,x,tievote\n",
        // ComparIA
        "id,model_a_name,model_b_name,chosen_model_name,both_equal,visitor_id\n\
         1,x,y,x,false,v\n2,y,x,,true,v\n",
        // LMArena's 55k
        "id,model_a,model_b,prompt,winner_model_a,winner_model_b,winner_tie\n\
         1,x,y,\"a, \"\"b\"\"\nc\",1,0,0\n2,y,x,p,0,0,1\n",
        "{\"model_a_name\":\"x\",\"model_b_name\":\"y\",\"chosen_model_name\":\"x\",\"both_equal\":null}\n\
         {\"model_a_name\":\"y\",\"model_b_name\":\"x\",\"both_equal\":true}",
        "[{\"model_a\":\"x\",\"model_b\":\"y\",\"winner_model_a\":1,\"winner_model_b\":0,\"winner_tie\":0},\n\
         {\"model_a\":\"y\",\"model_b\":\"x\",\"winner_model_a\":false,\"winner_model_b\":false,\"winner_tie\":true}]",
    ];
    for text in votes {
        for content in [text.as_bytes().to_vec(), gzip(text)] {
            let kept = read_text(content).unwrap();
            assert_eq!(kept.rejections, [], "{text}");
            let sides: Vec<_> = kept.votes.iter().map(|vote| (vote.left.as_str(), vote.right.as_str())).collect();
            assert_eq!(sides, [("x", "y"), ("y", "x")], "{text}");
            assert_eq!(outcomes(&kept), [Outcome::Left, Outcome::Tie], "{text}");
        }
    }
}

#[test]
fn the_preferences_of_lmarena_are_read_past_their_conversations() {
    let row = r#"{"id":"7","model_a":"x","model_b":"y","winner":"both_bad","evaluation_session_id":"s","evaluation_order":1,
        "conversation_a":[{"role":"user","content":[{"type":"text","text":"winner: model_a"}]}],"conv_metadata":
        {"model_a":"deep"},"language":"en","is_code":false,"timestamp":"2025-07-01T12:30:00.500"}"#;
    let kept = read_text(row.replace('\n', " ")).unwrap();
    assert_eq!(outcomes(&kept), [Outcome::BothBad]);
    assert_eq!(kept.votes[0].cast_at, Some(Timestamp(1_751_373_000_500)));
}

#[test]
fn a_vote_that_makes_no_sense_is_left_out_with_its_reason() {
    let table = |row: &str| reason(&format!("model_a,model_b,winner,anony,tstamp\n{row}\n"));
    assert_eq!(table("x,,tie,,"), Reason::MissingField { field: "model_b" });
    assert_eq!(table("x,y,,,"), Reason::MissingField { field: "winner" });
    assert_eq!(table("x, x,tie,,"), Reason::SelfBattle("x".into()));
    assert_eq!(table("x,y,tie,,yesterday"), Reason::BadTimestamp("yesterday".into()));
    let wrong = |found| Reason::WrongType { field: "anony", expected: "true or false", found };
    assert_eq!(table("x,y,tie,maybe,"), wrong("a text"));
    let json = |fields: &str| reason(&format!("{{\"model_a\":\"x\",\"model_b\":\"y\",{fields}}}"));
    assert_eq!(json(r#""winner":"tie","anony":[1]"#), wrong("a list"));
    assert_eq!(json(r#""winner":3"#), Reason::WrongType { field: "winner", expected: "a text", found: "a number" });
    let one_hot =
        |flags: &str| reason(&format!("model_a,model_b,winner_model_a,winner_model_b,winner_tie\nx,y,{flags}\n"));
    assert_eq!(one_hot("0,0,0"), Reason::UnknownOutcome("no winner and no tie".into()));
    assert_eq!(one_hot("1,0,1"), Reason::UnknownOutcome("more than one winner".into()));
    let chosen = |row: &str| reason(&format!("model_a_name,model_b_name,chosen_model_name,both_equal\n{row}\n"));
    assert_eq!(chosen("x,y,z,false"), Reason::UnknownOutcome("z".into()));
    assert_eq!(chosen("x,y,,false"), Reason::MissingField { field: "chosen_model_name" });
    let kept = read_text(
        "{\"left\":\"l\",\"right\":\"r\",\"winner\":\"tie\"}\n\
         {\"left\":\"l\",\"right\":\"r\",\"winner\":\"tie\",\"model_a\":\"x\"}",
    );
    let missing = Reason::MissingField { field: "model_b" };
    assert_eq!(kept.unwrap().reasons(), [(2, missing)], "sides of two kinds are no pair");
}

#[test]
fn the_same_votes_in_another_kind_of_file_are_the_same_battles() {
    let comma = "judge,model_a,model_b,winner,anony,tstamp,extra\nj,\"x, 1\",y,model_a,true,1.5,q\n,y,z,tie,,,\n";
    let tab = "model_a\tmodel_b\twinner\tvoter\tanony\ttimestamp\r\n\
               x, 1\ty\tA\tj\tTRUE\t1970-01-01T00:00:01.500Z\r\n\"y\"\tz\ttie\t\t\t\r\n";
    let json = "{\"model_a\":\"x, 1\",\"model_b\":\"y\",\"winner\":\"left\",\"user_id\":\"j\",\"anony\":1,\"tstamp\":1.5}\n\
                {\"model_a\":\"y\",\"model_b\":\"z\",\"winner\":\"tie\",\"user_id\":null}\n";
    let of = |text: &str| read_text(text).unwrap().votes;
    assert_eq!(of(comma).len(), 2);
    assert_eq!(of(tab), of(comma));
    assert_eq!(of(json), of(comma));
}

#[test]
fn identical_rows_are_different_battles_of_one_unnamed_voter() {
    let kept = read_text("model_a,model_b,winner\nx,y,tie\nx,y,tie\n").unwrap();
    assert_ne!(kept.battles()[0], kept.battles()[1]);
    assert_eq!(kept.votes[0].voter, kept.votes[1].voter);
}

#[test]
fn numbers_may_name_contestants_and_voters() {
    let kept = read_text("{\"model_a\":1,\"model_b\":2,\"winner\":\"a\",\"voter\":17}").unwrap();
    let table = read_text("model_a,model_b,winner,voter\n1,2,a,17\n").unwrap();
    assert_eq!(kept.votes, table.votes);
}

#[test]
fn a_log_with_judges_stays_a_battle_log_and_a_table_is_one_of_pairwise_votes() {
    let folder = Folder::new();
    let log = folder.file("log", "{\"model_a\":\"x\",\"model_b\":\"y\",\"winner\":\"tie\",\"judge\":\"j\"}");
    let table = folder.file("table", "model_a,model_b,winner,judge\nx,y,tie,j\n");
    let formats: Vec<_> = discover(&[log, table]).unwrap().sources.iter().map(|source| source.format).collect();
    assert_eq!(formats, [Format::BattleLog, Format::Pairwise(PairwiseFile::Table)]);
}

#[test]
fn a_table_of_genai_arena_goes_to_its_arenas() {
    let folder = Folder::new();
    let rows = "imagenhub_A_generation,imagenhub_B_generation,tie\nimagenhub_A_edition,imagenhub_B_edition,tie\n";
    let file = folder.file("t", format!("model_a,model_b,winner\n{rows}"));
    let kept = read_all(&[file], &ReadOptions::default()).unwrap().0;
    assert_eq!(kept.arenas.keys().collect::<Vec<_>>(), ["image-edition", "image-generation"]);
}

#[test]
fn tables_without_a_winner_are_not_recognised() {
    let folder = Folder::new();
    for header in ["model_a,model_b\n", "model_a,right,winner\n", "winner,left\n"] {
        assert!(discover(&[folder.file("t", header)]).is_err(), "{header}");
    }
}
