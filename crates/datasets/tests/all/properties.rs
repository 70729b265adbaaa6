use parquet::basic::Compression;
use plaudit_datasets::{BallotOptions, CategoryColumn, Format, LlmfaoPart, PairTally, ReadOptions, discover};
use plaudit_domain::Outcome;
use proptest::{collection::vec, prelude::*};

use crate::parquet_votes;
use crate::support::{Counted, Folder, Kept, count_all, count_text, gzip, read_all, told_alike};

const ARRAY: &str = "[{\"model_a\":\"p_A_generation\",\"model_b\":\"p_B_generation\",\"winner\":\"tie\",\"judge\":\"j\",\"anony\":true,\"tstamp\":1.5},\n{\"model_a\":\"x\",\"model_b\":\"y\",\"winner\":\"model_a\",\"judge\":\"k\"}]";
const VALID: [&str; 10] = [
    "model_a,model_b,winner,judge,language,anony,tstamp\n\"A, 1\",B,tie,j,en,true,1.5\nC,B,model_b,,,,\r\nA,A,huh,k,fr,no,x\n",
    "left\tright\twinner\tuser\nA\tB\tleft\tj\n\"C\tD\"\tB\tright\tk\n",
    "{\"model_a_name\":\"A\",\"model_b_name\":\"B\",\"chosen_model_name\":\"B\",\"both_equal\":false}\n{\"model_a_name\":\"A\",\"model_b_name\":\"C\",\"both_equal\":true}\n",
    "model_a,model_b,winner_model_a,winner_model_b,winner_tie\nA,B,1,0,0\nB,C,0,0,1\n",
    ARRAY,
    "{\"model_a\":\"x\",\"model_b\":\"y\",\"winner\":\"model_a\",\"judge\":\"k\"}\n{\"model_a\":\"x\",\"model_b\":\"x\"}\n",
    "id,prompt,model_x,model_y,worker,winner,left,right\n0,8,1,2,w,left,\"A, B\",C\n0,8,1,2,v,tie,\"A, B\",C\n",
    "{\"id\":8,\"text\":\"t\",\"type\":\"x\",\"slug\":\"s\"}\n",
    "{\"id\":1,\"name\":\"A\",\"api_id\":\"a\",\"org\":\"o\"}\n{\"id\":2,\"name\":\"a\",\"api_id\":\"b\"}\n",
    "{\"format\":\"plaudit-arena/1\",\"arena\":{\"slug\":\"s\",\"title\":\"T\",\"task\":\"text\",\"description\":\"\",\"license\":null},\n\"contestants\":[{\"slug\":\"a\",\"name\":\"A\",\"kind\":\"baseline\"}],\"prompts\":[{\"slug\":\"p\",\"text\":\"t\",\"category\":null}],\n\"generations\":[{\"contestant\":\"a\",\"prompt\":\"p\",\"seed\":1,\"text\":\"x\",\"tokens\":1,\"finish\":\"stop\"}]}",
];

/// Reads it twice, the second time also as numbers: all of it must end alike. [`crate::support::Kept`] checks the order
/// of what comes.
fn read_twice(content: &[u8]) {
    let folder = Folder::new();
    let paths = [folder.file("data", content)];
    let read = || read_all(&paths, &ReadOptions::default()).map(|(kept, _)| kept).map_err(|error| error.to_string());
    let (one, other) = (read(), read());
    let told = |kept: &Kept| (kept.votes.clone(), kept.rejections.clone());
    assert_eq!(one.as_ref().map(told), other.as_ref().map(told));
    let Ok(found) = discover(&paths) else { return };
    if matches!(found.sources[0].format, Format::BattleLog | Format::Pairwise(_) | Format::Llmfao(LlmfaoPart::Votes)) {
        let everything =
            BallotOptions { voters: true, category: CategoryColumn::Usual, listed_rejections: usize::MAX, arena: None };
        match (one, count_all(&paths, &everything)) {
            (Ok(kept), Ok(counted)) => {
                told_alike(&kept.votes, &counted);
                assert_eq!(kept.rejections, counted.summaries[0].first_rejections);
            }
            (Err(one), Err(other)) => assert_eq!(one, other.to_string()),
            (one, other) => panic!("{:?} as records and {:?} as numbers", one.err(), other.err()),
        }
    }
}

fn valid() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(&VALID[..]).prop_map(|text| text.as_bytes().to_vec())
}

/// A valid file with some bytes overwritten, inserted or removed, and perhaps cut off.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![any::<u8>(), prop::sample::select(&b"{}[]\",:\\\n0-"[..])];
    let edits = vec((any::<prop::sample::Index>(), byte, 0..3_u8), 1..6);
    (valid(), edits, prop::option::of(any::<prop::sample::Index>())).prop_map(|(mut bytes, edits, cut)| {
        for (place, byte, kind) in edits {
            if bytes.is_empty() {
                break;
            }
            let place = place.index(bytes.len());
            match kind {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ => {
                    bytes.remove(place);
                }
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        bytes
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_refused_or_read_but_never_panic(bytes in vec(any::<u8>(), 0..400)) {
        read_twice(&bytes);
    }

    #[test]
    fn arbitrary_text_behind_a_valid_beginning_never_panics(mut bytes in valid(), tail in "[\\PC\n\"{},\\[\\]]{0,60}") {
        bytes.extend(tail.as_bytes());
        read_twice(&bytes);
    }

    #[test]
    fn damaged_copies_of_valid_files_never_panic(bytes in mutated()) {
        read_twice(&bytes);
    }

    #[test]
    fn damaged_gzip_never_panics(bytes in valid(), place: prop::sample::Index, byte: u8) {
        let mut compressed = gzip(bytes);
        let place = place.index(compressed.len());
        compressed[place] = byte;
        read_twice(&compressed);
    }

    #[test]
    fn damaged_parquet_never_panics(
        plain: bool,
        edits in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let compression = if plain { Compression::UNCOMPRESSED } else { Compression::SNAPPY };
        let mut bytes = parquet_votes::parquet(&parquet_votes::VOTES, 3, compression);
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        read_twice(&bytes);
    }

    #[test]
    fn every_cut_of_an_array_is_a_fault_and_never_a_shorter_file(keep in 1..200_usize) {
        let cut = ARRAY.as_bytes();
        let cut = &cut[..keep.min(cut.len() - 1)];
        let folder = Folder::new();
        prop_assert!(read_all(&[folder.file("data", cut)], &ReadOptions::default()).is_err());
    }
}

/// What a board is made from, with names for numbers.
fn tally(counted: &Counted) -> Vec<(String, String, Outcome, u64)> {
    let mut tally = PairTally::default();
    for ballot in &counted.ballots {
        tally.add(ballot.left, ballot.right, ballot.outcome);
    }
    let name = |number: u32| counted.roster.arenas()[0].entrants()[number as usize].name.clone();
    let mut counts: Vec<_> = tally
        .counts()
        .into_iter()
        .map(|(left, right, outcome, count)| (name(left), name(right), outcome, count))
        .collect();
    counts.sort();
    counts
}

proptest! {
    #[test]
    fn the_order_of_the_rows_changes_no_count(
        (rows, shuffled) in vec(("[a-e]", "[a-e]", prop::sample::select(&["A", "B", "tie", "both_bad", "?"][..])), 1..60)
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        let table = |rows: &[(String, String, &str)]| {
            let rows: String = rows.iter().map(|(left, right, winner)| format!("{left},{right},{winner}\n")).collect();
            count_text(format!("model_a,model_b,winner\n{rows}"), &BallotOptions::default()).unwrap()
        };
        let (one, other) = (table(&rows), table(&shuffled));
        prop_assert_eq!(tally(&one), tally(&other));
        prop_assert_eq!(one.summaries[0].rejections, other.summaries[0].rejections);
        let valid = rows.iter().filter(|(left, right, winner)| left != right && *winner != "?").count();
        prop_assert_eq!(one.ballots.len(), valid);
    }
}

#[test]
fn the_valid_files_that_are_damaged_above_are_valid() {
    for text in VALID {
        let folder = Folder::new();
        read_all(&[folder.file("data", text)], &ReadOptions::default()).unwrap();
    }
}
