use plaudit_datasets::ReadOptions;
use proptest::{collection::vec, prelude::*};

use crate::support::{Folder, gzip, read_all};

const VALID: [&str; 6] = [
    "[{\"model_a\":\"p_A_generation\",\"model_b\":\"p_B_generation\",\"winner\":\"tie\",\"judge\":\"j\",\"anony\":true,\"tstamp\":1.5},\n{\"model_a\":\"x\",\"model_b\":\"y\",\"winner\":\"model_a\",\"judge\":\"k\"}]",
    "{\"model_a\":\"x\",\"model_b\":\"y\",\"winner\":\"model_a\",\"judge\":\"k\"}\n{\"model_a\":\"x\",\"model_b\":\"x\"}\n",
    "id,prompt,model_x,model_y,worker,winner,left,right\n0,8,1,2,w,left,\"A, B\",C\n0,8,1,2,v,tie,\"A, B\",C\n",
    "{\"id\":8,\"text\":\"t\",\"type\":\"x\",\"slug\":\"s\"}\n",
    "{\"id\":1,\"name\":\"A\",\"api_id\":\"a\",\"org\":\"o\"}\n{\"id\":2,\"name\":\"a\",\"api_id\":\"b\"}\n",
    "{\"format\":\"plaudit-arena/1\",\"arena\":{\"slug\":\"s\",\"title\":\"T\",\"task\":\"text\",\"description\":\"\",\"license\":null},\n\"contestants\":[{\"slug\":\"a\",\"name\":\"A\",\"kind\":\"baseline\"}],\"prompts\":[{\"slug\":\"p\",\"text\":\"t\",\"category\":null}],\n\"generations\":[{\"contestant\":\"a\",\"prompt\":\"p\",\"seed\":1,\"text\":\"x\",\"tokens\":1,\"finish\":\"stop\"}]}",
];

/// Reads it twice; [`crate::support::Kept`] checks the order of what comes, and both times must end alike.
fn read_twice(content: &[u8]) {
    let folder = Folder::new();
    let paths = [folder.file("data", content)];
    let read = || match read_all(&paths, &ReadOptions::default()) {
        Ok((kept, _)) => Ok((kept.votes, kept.rejections)),
        Err(error) => Err(error.to_string()),
    };
    assert_eq!(read(), read());
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
    fn every_cut_of_an_array_is_a_fault_and_never_a_shorter_file(keep in 1..200_usize) {
        let cut = VALID[0].as_bytes();
        let cut = &cut[..keep.min(cut.len() - 1)];
        let folder = Folder::new();
        prop_assert!(read_all(&[folder.file("data", cut)], &ReadOptions::default()).is_err());
    }
}

#[test]
fn the_valid_files_that_are_damaged_above_are_valid() {
    for text in VALID {
        let folder = Folder::new();
        read_all(&[folder.file("data", text)], &ReadOptions::default()).unwrap();
    }
}
