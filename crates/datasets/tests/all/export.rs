use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use plaudit_datasets::{
    BallotOptions, CategoryColumn, Format, ReadOptions, discover,
    export::{
        Compression, Content, ExportFault, ExportFormat, ExportSummary, ExportedPrompt, ExportedSide, ExportedVote,
        LeftOut, PictureBytes, Pseudonyms, Verification, VoteSource, create, create_with,
    },
};
use plaudit_domain::{
    ArenaSlug, BattleId, ContestantId, ContestantSlug, GenerationId, Outcome, PromptId, Task, Timestamp, VoteId,
    VoterId,
};
use serde_json::{Value, json};

use crate::support::{Folder, count_all, read_all};

pub(crate) fn side(arena: &ArenaSlug, prompt: PromptId, name: &str, text: &str, seed: u64) -> ExportedSide {
    let contestant = ContestantSlug::from_name(name);
    let id = GenerationId::of(ContestantId::of(arena, &contestant), prompt, Some(seed), text.as_bytes());
    ExportedSide {
        contestant,
        name: name.into(),
        family: None,
        generation: Some(id),
        content: Some(Content::Text(text.into())),
        seed: Some(seed),
        verification: Some(Verification::Pooled),
    }
}

/// Vote number `number` on the pair `(left, right)` of models that answer a prompt.
pub(crate) fn vote(number: u8, left: &str, right: &str, outcome: Outcome) -> ExportedVote {
    let arena: ArenaSlug = "text".parse().unwrap();
    let asked = "Tell, \"please\"";
    let prompt = PromptId::of(&arena, asked);
    let answer = |name: &str| side(&arena, prompt, name, &format!("# {name}\nI am **{name}**"), u64::MAX);
    ExportedVote {
        id: VoteId::from_bytes([number; 16]),
        origin: None,
        battle: BattleId::from_bytes([100 + number; 16]),
        left: answer(left),
        right: answer(right),
        prompt: Some(ExportedPrompt {
            id: prompt,
            digest: ExportedPrompt::digest_of(asked),
            text: Some(asked.into()),
            category: Some("story".into()),
            language: None,
            source: None,
        }),
        arena,
        arena_title: "Text".into(),
        task: Task::Text,
        license: "CC-BY-4.0".into(),
        outcome,
        strength: None,
        cast_at: Some(Timestamp(1_790_000_000_500)),
        voter: VoterId::from_bytes([number % 3; 16]),
        source: VoteSource::Cast,
        probability: Some(0.125),
        anonymous: Some(true),
        excluded: false,
        withdrawn: false,
        leaked: None,
    }
}

fn votes() -> Vec<ExportedVote> {
    vec![
        vote(1, "A", "B", Outcome::Left),
        vote(2, "B", "A", Outcome::Left),
        vote(3, "A", "C", Outcome::Tie),
        vote(4, "C", "B", Outcome::BothBad),
        vote(5, "A", "B", Outcome::Right),
    ]
}

fn write(format: ExportFormat, path: &Path, votes: &[ExportedVote]) -> ExportSummary {
    let mut writer = create(format, path, Compression::of(path)).unwrap();
    votes.iter().for_each(|vote| writer.write(vote).unwrap());
    writer.finish().unwrap()
}

fn exported(format: ExportFormat, votes: &[ExportedVote]) -> (Vec<u8>, ExportSummary) {
    let folder = Folder::new();
    let path = folder.path().join(format!("out.{}", format.extension()));
    let summary = write(format, &path, votes);
    (fs::read(path).unwrap(), summary)
}

fn text(format: ExportFormat, votes: &[ExportedVote]) -> String {
    String::from_utf8(exported(format, votes).0).unwrap()
}

fn rows(format: ExportFormat, votes: &[ExportedVote]) -> Vec<Value> {
    text(format, votes).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

type Pair = (String, String, Outcome);

fn pairs_read(path: &Path) -> Vec<Pair> {
    let counted = count_all(&[path.to_owned()], &BallotOptions::default()).unwrap();
    let name =
        |arena: u32, number: u32| counted.roster.arenas()[arena as usize].entrants()[number as usize].slug.to_string();
    counted
        .ballots
        .iter()
        .map(|ballot| (name(ballot.arena, ballot.left), name(ballot.arena, ballot.right), ballot.outcome))
        .collect()
}

#[test]
fn our_own_readers_find_the_same_pairs_and_outcomes_in_what_was_written() {
    let expected: Vec<Pair> = votes()
        .iter()
        .map(|vote| (vote.left.contestant.to_string(), vote.right.contestant.to_string(), vote.outcome))
        .collect();
    let folder = Folder::new();
    for (format, name) in [
        (ExportFormat::PlauditJsonl, "a.jsonl"),
        (ExportFormat::PlauditJsonl, "a.jsonl.gz"),
        (ExportFormat::PlauditParquet, "a.parquet"),
        (ExportFormat::Arena140k, "b.jsonl"),
        (ExportFormat::GenaiArena, "c.json"),
        (ExportFormat::GenaiBench, "d.jsonl"),
        (ExportFormat::Csv, "e.csv"),
    ] {
        let path = folder.path().join(name);
        write(format, &path, &votes());
        assert_eq!(pairs_read(&path), expected, "{name}");
    }
    // This schema has no word for "both bad".
    let path = folder.path().join("f.csv");
    write(ExportFormat::Arena55k, &path, &votes());
    let tied =
        |(left, right, outcome): Pair| (left, right, if outcome == Outcome::BothBad { Outcome::Tie } else { outcome });
    assert_eq!(pairs_read(&path), expected.into_iter().map(tied).collect::<Vec<_>>());
}

#[test]
fn the_own_log_gives_back_votes_prompts_and_generations_whole() {
    let folder = Folder::new();
    let path = folder.path().join("votes.jsonl");
    let votes = votes();
    write(ExportFormat::PlauditJsonl, &path, &votes);
    assert_eq!(discover(std::slice::from_ref(&path)).unwrap().sources[0].format, Format::PlauditVotes);
    let (kept, _) = read_all(&[path], &ReadOptions::default()).unwrap();
    assert!(kept.rejections.is_empty());
    assert_eq!((kept.votes.len(), kept.prompts.len(), kept.generations.len()), (5, 1, 3));
    for (read, vote) in kept.votes.iter().zip(&votes) {
        assert_eq!(
            (&read.arena, read.battle, read.outcome, read.voter),
            (&vote.arena, vote.battle, vote.outcome, vote.voter)
        );
        assert_eq!((&read.left, &read.right), (&vote.left.contestant, &vote.right.contestant));
        assert_eq!((read.left_generation, read.right_generation), (vote.left.generation, vote.right.generation));
        assert_eq!(read.prompt, vote.prompt.as_ref().map(|prompt| prompt.id));
        assert_eq!((read.cast_at, read.anonymous), (vote.cast_at, vote.anonymous));
    }
    for vote in &votes {
        let generation = &kept.generations[&vote.left.generation.unwrap()];
        assert_eq!(
            (generation.content.text(), generation.seed),
            (vote.left.content.as_ref().unwrap().text(), Some(u64::MAX))
        );
    }
}

#[test]
fn a_text_that_was_changed_in_the_own_log_is_rejected() {
    let folder = Folder::new();
    let changed = text(ExportFormat::PlauditJsonl, &votes()[..2]).replacen("I am **A**", "I am **the best**", 1);
    let (kept, _) = read_all(&[folder.file("x", changed)], &ReadOptions::default()).unwrap();
    assert_eq!((kept.votes.len(), kept.rejections.len()), (1, 1));
}

#[test]
fn the_same_votes_give_the_same_bytes_in_every_format_and_compression() {
    for format in ExportFormat::ALL {
        assert_eq!(exported(format, &votes()), exported(format, &votes()), "{format}");
    }
    let folder = Folder::new();
    let path = |name: &str| folder.path().join(name);
    for end in ["gz", "zst"] {
        let (one, two) = (path(&format!("1.jsonl.{end}")), path(&format!("2.jsonl.{end}")));
        write(ExportFormat::PlauditJsonl, &one, &votes());
        write(ExportFormat::PlauditJsonl, &two, &votes());
        assert_eq!(fs::read(one).unwrap(), fs::read(two).unwrap());
    }
}

#[test]
fn a_tie_is_never_chosen_or_rejected() {
    for format in [ExportFormat::TrlPreference, ExportFormat::TrlPreferenceConversational] {
        let (_, summary) = exported(format, &votes());
        assert_eq!((summary.votes, summary.rows, summary.left_out[&LeftOut::Undecided]), (5, 3, 2));
    }
    let rows = rows(ExportFormat::TrlPreference, &votes());
    let (a, b) = ("# A\nI am **A**", "# B\nI am **B**");
    let expected = [(a, b), (b, a), (b, a)]
        .map(|(chosen, rejected)| json!({"prompt": "Tell, \"please\"", "chosen": chosen, "rejected": rejected}));
    assert_eq!(rows, expected);
}

#[test]
fn conversations_and_unpaired_rows_are_as_trl_wants_them() {
    let conversation = rows(ExportFormat::TrlPreferenceConversational, &votes()[..1]);
    assert_eq!(conversation[0]["prompt"], json!([{"role": "user", "content": "Tell, \"please\""}]));
    assert_eq!(conversation[0]["chosen"], json!([{"role": "assistant", "content": "# A\nI am **A**"}]));
    let labels: Vec<bool> =
        rows(ExportFormat::TrlUnpaired, &votes()).iter().map(|row| row["label"].as_bool().unwrap()).collect();
    assert_eq!(labels, [true, false, true, false, true, true, false, false, false, true]);
}

#[test]
fn soft_labels_put_both_orders_of_a_pair_together() {
    let rows = rows(ExportFormat::SoftPreference, &votes());
    assert_eq!(rows.len(), 3);
    let row = &rows[0];
    let a_is_left = row["left_model"] == "a";
    // A won one of the three votes on A and B.
    let share = if a_is_left { 1.0 / 3.0 } else { 2.0 / 3.0 };
    assert_eq!((row["votes"].as_u64(), row["p_left"].as_f64()), (Some(3), Some(share)));
    assert_eq!(rows[1]["p_left"], 0.5);
    let scores = self::rows(ExportFormat::RewardRows, &votes());
    let score = |model: &str| scores.iter().find(|row| row["model"] == model).unwrap()["score"].as_f64().unwrap();
    assert_eq!((score("a"), score("b"), score("c")), (1.5 / 4.0, 2.5 / 4.0, 0.5));
}

#[test]
fn one_row_of_each_schema_has_the_fields_of_that_schema() {
    let one = &votes()[3..4];
    let keys = |row: &Value| row.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let arena = &rows(ExportFormat::Arena140k, one)[0];
    assert_eq!(
        keys(arena),
        "category_tag conv_metadata conversation_a conversation_b evaluation_order evaluation_session_id full_conversation id \
         is_code language model_a model_b timestamp winner"
    );
    assert_eq!((&arena["winner"], &arena["evaluation_order"]), (&json!("both_bad"), &json!(1)));
    assert_eq!(arena["conv_metadata"]["header_count_a"]["h1"], 1);
    assert_eq!(arena["conv_metadata"]["bold_count_b"], json!({"**": 1, "__": 0}));
    assert_eq!(arena["conversation_a"][1]["content"][0]["text"], "# C\nI am **C**");
    assert_eq!(arena["timestamp"], "2026-09-21T14:13:20.500Z");

    let battles: Value = serde_json::from_str(&text(ExportFormat::GenaiArena, one)).unwrap();
    assert_eq!(
        keys(&battles[0]),
        "anony conversation_a conversation_b judge language model_a model_b question_id tstamp turn winner"
    );
    assert_eq!((&battles[0]["winner"], &battles[0]["tstamp"]), (&json!("tie (bothbad)"), &json!(1_790_000_000.5)));

    let bench = &rows(ExportFormat::GenaiBench, one)[0];
    assert_eq!(keys(bench), "left_model left_text prompt right_model right_text vote_type");
    assert_eq!(bench["vote_type"], "bothbad_vote");

    let table = text(ExportFormat::Arena55k, &votes()[..1]);
    let expected = "id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie\r\n\
         01010101010101010101010101010101,a,b,\"[\"\"Tell, \\\"\"please\\\"\"\"\"]\",\"[\"\"# A\\nI am **A**\"\"]\",\
         \"[\"\"# B\\nI am **B**\"\"]\",1,0,0\r\n";
    assert_eq!(table, expected);

    let argilla: Value = serde_json::from_str(&text(ExportFormat::Argilla, &votes()[1..4])).unwrap();
    assert_eq!(argilla[0]["suggestions"]["ranking"]["value"], json!(["response-1", "response-2"]));
    assert_eq!(argilla[1]["suggestions"]["ranking"], Value::Null);
    assert_eq!(argilla[2]["suggestions"]["preference"]["value"], "both_bad");

    let tasks: Value = serde_json::from_str(&text(ExportFormat::LabelStudio, &votes()[3..])).unwrap();
    assert_eq!(tasks[0]["annotations"][0]["result"][0]["value"], json!({"choices": ["both_bad"]}));
    assert_eq!(tasks[1]["annotations"][0]["result"][0]["value"], json!({"selected": "right"}));
}

#[test]
fn a_picture_arena_is_read_back_as_one_and_two_tasks_do_not_fit_into_genai_bench() {
    let mut picture = vote(1, "A", "B", Outcome::Left);
    picture.task = Task::Image;
    picture.left.content = Some(Content::Media("images/1.png".into()));
    picture.right.content = None;
    let folder = Folder::new();
    let log = folder.path().join("log.json");
    write(ExportFormat::GenaiArena, &log, std::slice::from_ref(&picture));
    let (kept, _) = read_all(&[log], &ReadOptions::default()).unwrap();
    assert_eq!((kept.votes[0].arena.as_str(), kept.votes[0].left.as_str()), ("image-generation", "a"));
    let row = &rows(ExportFormat::GenaiBench, std::slice::from_ref(&picture))[0];
    assert_eq!((&row["left_image"], &row["right_image"]), (&json!("images/1.png"), &Value::Null));

    let target = folder.path().join("bench.jsonl");
    let mut writer = create(ExportFormat::GenaiBench, &target, Compression::None).unwrap();
    writer.write(&picture).unwrap();
    let error = writer.write(&vote(2, "A", "B", Outcome::Left)).err().unwrap();
    assert!(matches!(error.fault, ExportFault::MixedTasks { first: "image", second: "text", .. }), "{error}");
}

/// Pictures by their addresses.
const WEBM: &[u8] = include_bytes!("../../../media/tests/clips/vp9.webm");
const MP4: &[u8] = include_bytes!("../../../media/tests/clips/h264.mp4");

struct Album(Vec<(&'static str, Vec<u8>)>);

impl PictureBytes for Album {
    fn bytes(&self, address: &str) -> std::io::Result<Option<Vec<u8>>> {
        Ok(self.0.iter().find(|(known, _)| *known == address).map(|(_, bytes)| bytes.clone()))
    }
}

fn png(shade: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(8, 8, image::Rgb([shade, 40, 90]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn pictures_and_clips_leave_within_parquet_and_come_back() {
    let folder = Folder::new();
    for task in [Task::Image, Task::ImageEdit, Task::Video] {
        let mut first = vote(1, "A", "B", Outcome::Left);
        first.task = task;
        first.left.content = Some(Content::Media("/media/aa".into()));
        first.right.content = Some(Content::Media("/media/bb".into()));
        if task == Task::ImageEdit {
            first.prompt.as_mut().unwrap().source = Some("/media/cc".into());
        }
        // Nobody has the second one's picture on the left: its address is all that there is.
        let mut second = vote(2, "B", "A", Outcome::BothBad);
        second.task = task;
        second.left.content = Some(Content::Media("https://elsewhere.example/1.png".into()));
        second.right.content = None;
        let sides = if task == Task::Video { [WEBM.to_vec(), MP4.to_vec()] } else { [png(1), png(2)] };
        let [one, other] = sides;
        let album = Album(vec![("/media/aa", one), ("/media/bb", other), ("/media/cc", png(3))]);
        let target = folder.path().join(format!("{task}.parquet"));
        let mut writer =
            create_with(ExportFormat::GenaiBenchParquet, &target, Compression::None, Some(Box::new(album))).unwrap();
        writer.write(&first).unwrap();
        writer.write(&second).unwrap();
        assert_eq!(writer.finish().unwrap().rows, 2);
        let (kept, _) = read_all(std::slice::from_ref(&target), &ReadOptions::default()).unwrap();
        assert!(kept.rejections.is_empty(), "{:?}", kept.rejections);
        assert_eq!(kept.votes.len(), 2);
        assert_eq!(kept.media.len(), if task == Task::ImageEdit { 3 } else { 2 });
        assert_eq!(kept.votes[0].outcome, Outcome::Left);
        assert!(kept.votes[0].left_generation.is_some() && kept.votes[1].left_generation.is_none());
        let bytes = fs::read(&target).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        if task == Task::Video {
            assert!(holds(r#""_type":"Video""#) && holds("aa.webm") && holds("bb.mp4"));
        } else {
            assert!(holds(r#""_type":"Image""#) && holds("aa.png"));
        }
    }
    let empty = folder.path().join("empty.parquet");
    let writer = create(ExportFormat::GenaiBenchParquet, &empty, Compression::None).unwrap();
    assert_eq!(writer.finish().unwrap().rows, 0);
    assert!(fs::metadata(&empty).unwrap().len() > 0);
}

#[test]
fn no_cell_of_the_table_for_spreadsheets_is_a_formula() {
    let mut evil = vote(1, "A", "B", Outcome::Left);
    let prompt = evil.prompt.as_mut().unwrap();
    prompt.text = Some("=HYPERLINK(\"http://x\",\"y\")".into());
    prompt.category = Some("+1".into());
    evil.left.name = "@SUM(A1)".into();
    evil.left.content = Some(Content::Text("-2+3".into()));
    evil.right.content = Some(Content::Text("\t=1\nsecond line".into()));
    let table = text(ExportFormat::Csv, &[evil]);
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let record = reader.records().next().unwrap().unwrap();
    for cell in &record {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
    }
    assert!(record.iter().any(|cell| cell == "'=HYPERLINK(\"http://x\",\"y\")"));
    assert!(record.iter().any(|cell| cell == "'\t=1\nsecond line"));
    assert!(record.iter().any(|cell| cell == "0.125"), "numbers of our own stay numbers");
}

#[test]
fn an_export_that_is_not_finished_leaves_what_was_there_before_and_nothing_else() {
    let folder = Folder::new();
    for format in ExportFormat::ALL {
        let target = folder.file("out", "before");
        let mut writer = create(format, &target, Compression::None).unwrap();
        writer.write(&votes()[0]).unwrap();
        drop(writer);
        assert_eq!(fs::read(&target).unwrap(), b"before", "{format}");
        let left: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, [target], "{format}");
    }
}

#[test]
fn votes_out_of_order_numbers_that_are_none_and_packing_twice_are_refused() {
    let folder = Folder::new();
    let target = folder.path().join("out");
    let mut writer = create(ExportFormat::PlauditJsonl, &target, Compression::None).unwrap();
    writer.write(&votes()[1]).unwrap();
    assert!(matches!(writer.write(&votes()[0]).err().unwrap().fault, ExportFault::OutOfOrder { .. }));
    let mut odd = vote(9, "A", "B", Outcome::Left);
    odd.probability = Some(f64::NAN);
    assert!(matches!(writer.write(&odd).err().unwrap().fault, ExportFault::NotFinite { what: "probability", .. }));
    let twice = create(ExportFormat::PlauditParquet, &target, Compression::Gzip).err().unwrap();
    assert!(matches!(twice.fault, ExportFault::CompressedAlready { .. }));
    assert!(!target.exists());
}

#[test]
fn parquet_of_several_row_groups_holds_every_vote() {
    let template = vote(1, "A", "B", Outcome::Left);
    let long: Arc<str> = "x".repeat(2 << 20).into();
    let many: Vec<_> = (1..=20_u8)
        .map(|number| {
            let mut vote = ExportedVote { id: VoteId::from_bytes([number; 16]), ..template.clone() };
            let prompt = vote.prompt.as_ref().unwrap().id;
            vote.left = side(&vote.arena, prompt, "A", &long, 1);
            vote
        })
        .collect();
    let folder = Folder::new();
    let path = folder.path().join("many.parquet");
    write(ExportFormat::PlauditParquet, &path, &many);
    assert_eq!(pairs_read(&path).len(), 20);
    assert!(fs::metadata(&path).unwrap().len() < 1 << 20, "it is compressed");
}

#[test]
fn a_voter_has_another_name_in_every_export() {
    let voter = VoterId::from_bytes([9; 16]);
    let (one, two) = (Pseudonyms::from_seed(1), Pseudonyms::from_seed(2));
    assert_eq!(one.of(voter), Pseudonyms::from_seed(1).of(voter));
    assert!(one.of(voter) != two.of(voter) && one.of(voter) != voter);
}

/// Every record of a file, in its order.
fn records(path: PathBuf) -> Vec<plaudit_datasets::Record> {
    #[derive(Default)]
    struct All(Vec<plaudit_datasets::Record>);
    impl plaudit_datasets::Sink for All {
        fn record(
            &mut self,
            record: plaudit_datasets::Record,
            _: plaudit_datasets::Progress,
        ) -> Result<(), plaudit_datasets::SinkError> {
            self.0.push(record);
            Ok(())
        }

        fn rejected(&mut self, rejection: plaudit_datasets::Rejection) -> Result<(), plaudit_datasets::SinkError> {
            Err(rejection.reason.to_string().into())
        }
    }
    let mut all = All::default();
    discover(&[path]).unwrap().sources[0].read(&ReadOptions::default(), &mut all).unwrap();
    all.0
}

#[test]
fn parquet_gives_back_the_same_records_as_json_lines_texts_seeds_and_licence_included() {
    let folder = Folder::new();
    let (lines, parquet) = (folder.path().join("votes.jsonl"), folder.path().join("votes.parquet"));
    let mut votes = votes();
    votes[1].origin = Some(VoteId::from_bytes([200; 16]));
    votes[2].prompt = None;
    (votes[3].cast_at, votes[3].anonymous, votes[3].left.seed) = (None, None, None);
    votes[3].left.generation = None;
    write(ExportFormat::PlauditJsonl, &lines, &votes);
    write(ExportFormat::PlauditParquet, &parquet, &votes);
    assert_eq!(discover(std::slice::from_ref(&parquet)).unwrap().sources[0].format, Format::PlauditParquet);
    let read = records(parquet);
    assert_eq!(read, records(lines));
    let generations = read.iter().filter(|record| matches!(record, plaudit_datasets::Record::Generation { .. }));
    assert_eq!(generations.count(), 2);
    let plaudit_datasets::Record::Arena(arena) = &read[0] else { panic!("{:?}", read[0]) };
    assert_eq!(arena.license.as_deref(), Some("CC-BY-4.0"));
    let origins: Vec<_> = read
        .iter()
        .filter_map(|record| match record {
            plaudit_datasets::Record::Vote(vote) => vote.origin,
            _ => None,
        })
        .collect();
    assert_eq!(origins, [1, 200, 3, 4, 5].map(|number| VoteId::from_bytes([number; 16])));
}

#[test]
fn what_the_server_compressed_with_zstd_is_read_as_what_it_compressed_with_gzip() {
    let folder = Folder::new();
    let path = |name: &str| folder.path().join(name);
    for (format, name) in [(ExportFormat::PlauditJsonl, "votes.jsonl"), (ExportFormat::Csv, "votes.csv")] {
        let [plain, gzip, zstd] = ["", ".gz", ".zst"].map(|end| path(&format!("{name}{end}")));
        for path in [&plain, &gzip, &zstd] {
            write(format, path, &votes());
        }
        assert_eq!(records(gzip), records(plain.clone()), "{name}");
        assert_eq!(records(zstd), records(plain), "{name}");
    }
}

#[test]
fn votes_that_were_taken_back_or_left_out_do_not_count_where_they_are_read_back() {
    let folder = Folder::new();
    let mut votes = votes();
    (votes[1].withdrawn, votes[3].excluded) = (true, true);
    for (format, name) in [(ExportFormat::PlauditJsonl, "a.jsonl"), (ExportFormat::PlauditParquet, "a.parquet")] {
        let path = folder.path().join(name);
        write(format, &path, &votes);
        let (kept, _) = read_all(std::slice::from_ref(&path), &ReadOptions::default()).unwrap();
        assert_eq!((kept.votes.len(), kept.rejections.len()), (3, 2), "{name}");
        assert!(kept.rejections[0].reason.to_string().contains("took it back"));
        assert!(kept.rejections[1].reason.to_string().contains("left out of the boards"));
        assert_eq!(pairs_read(&path).len(), 3, "{name}: as numbers too");
    }
}

#[test]
fn a_text_that_was_changed_in_parquet_is_rejected_as_in_json_lines() {
    let folder = Folder::new();
    let path = folder.path().join("a.parquet");
    let mut votes = votes();
    votes[0].left.content = Some(Content::Text("I am the best".into()));
    write(ExportFormat::PlauditParquet, &path, &votes);
    let (kept, _) = read_all(&[path], &ReadOptions::default()).unwrap();
    assert_eq!((kept.votes.len(), kept.rejections.len(), kept.rejections[0].line), (4, 1, 1));
}

#[test]
fn the_licence_stands_in_every_row_and_in_the_metadata_of_parquet() {
    let mut votes = votes();
    votes[0].license = "MIT".into();
    let lines = rows(ExportFormat::PlauditJsonl, &votes);
    assert_eq!((&lines[0]["license"], &lines[1]["license"]), (&json!("MIT"), &json!("CC-BY-4.0")));
    let (bytes, _) = exported(ExportFormat::PlauditParquet, &votes);
    let text = String::from_utf8_lossy(&bytes[bytes.len() - 20_000.min(bytes.len())..]).into_owned();
    assert!(text.contains("CC-BY-4.0 AND MIT"), "the end of the file holds its metadata");
}

#[test]
fn the_own_log_is_sliced_by_the_column_that_was_named_and_by_no_other() {
    let folder = Folder::new();
    let mut votes = votes();
    votes[0].source = VoteSource::Imported;
    for (format, name) in [(ExportFormat::PlauditJsonl, "a.jsonl"), (ExportFormat::PlauditParquet, "a.parquet")] {
        let path = folder.path().join(name);
        write(format, &path, &votes);
        let sliced = |category: CategoryColumn| {
            let options = BallotOptions { category, ..BallotOptions::default() };
            let counted = count_all(std::slice::from_ref(&path), &options).unwrap();
            let of = |number: Option<u32>| number.map(|number| counted.roster.categories()[number as usize].clone());
            counted.ballots.iter().map(|ballot| of(ballot.category).unwrap_or_default()).collect::<Vec<_>>()
        };
        assert_eq!(sliced(CategoryColumn::Named("source".into())), ["imported", "cast", "cast", "cast", "cast"]);
        assert_eq!(sliced(CategoryColumn::Named("anonymous".into()))[0], "true");
        assert_eq!(sliced(CategoryColumn::Usual)[0], "story");
        assert_eq!(sliced(CategoryColumn::Named("nothing".into())), [""; 5], "{name}");
    }
}
