//! Pictures with a manifest, in archives, and rows of GenAI-Bench.

use std::{
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use parquet::{
    data_type::{ByteArray, ByteArrayType},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use plaudit_datasets::{BallotOptions, DatasetError, Fault, Format, ReadOptions, discover};
use plaudit_domain::{Content, MediaKind, Outcome, Task};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::support::{Folder, Kept, count_all, into_arena, read_all};

fn picture(shade: u8, format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_pixel(12, 8, Rgb([shade, 20, 40]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

const MANIFEST: &str = r#"{"format":"plaudit-pictures/1","arena":{"slug":"cats","title":"Cats","task":"image","description":"","license":"CC0-1.0"}}
{"prompt":"a cat","contestant":"Big Model","file":"big/1.png","alt":"a grey cat","seed":7,"category":"animals"}
{"prompt":"a cat","contestant":"Small Model","file":"small/1.jpg"}
{"prompt":"a dog","contestant":"Big Model","file":"big/2.webp"}
{"prompt":"a dog","contestant":"Small Model","file":"small/2.png"}
{"left":"big/1.png","right":"small/1.jpg","vote":"left","voter":"ada"}
{"left":"small/2.png","right":"big/2.webp","vote":"both_bad"}
"#;

fn pictures() -> [(&'static str, Vec<u8>); 4] {
    [
        ("big/1.png", picture(10, ImageFormat::Png)),
        ("small/1.jpg", picture(90, ImageFormat::Jpeg)),
        ("big/2.webp", picture(170, ImageFormat::WebP)),
        ("small/2.png", picture(250, ImageFormat::Png)),
    ]
}

fn put(folder: &Path, manifest: &str) -> PathBuf {
    for (name, bytes) in pictures() {
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), bytes).unwrap();
    }
    fs::write(folder.join("manifest.jsonl"), manifest).unwrap();
    folder.to_owned()
}

fn read(path: &Path) -> Result<Kept, DatasetError> {
    Ok(read_all(&[path.to_owned()], &ReadOptions::default())?.0)
}

/// An archive with these entries.
fn zip(folder: &Folder, entries: &[(&str, &[u8])]) -> PathBuf {
    let path = folder.path().join("pictures.zip");
    let mut zip = ZipWriter::new(fs::File::create(&path).unwrap());
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
    path
}

fn reasons(kept: &Kept) -> Vec<String> {
    kept.reasons().into_iter().map(|(line, reason)| format!("{line}: {reason}")).collect()
}

#[test]
fn a_folder_with_a_manifest_becomes_an_arena_of_pictures_and_votes() {
    let folder = Folder::new();
    let kept = read(&put(folder.path(), MANIFEST)).unwrap();
    assert_eq!(kept.rejections, []);
    let arena = &kept.arenas["cats"];
    assert_eq!((arena.task, arena.license.as_deref()), (Task::Image, Some("CC0-1.0")));
    assert_eq!((kept.contestants.len(), kept.prompts.len(), kept.generations.len()), (2, 2, 4));
    assert_eq!(kept.media.len(), 4);
    assert!(kept.media.iter().all(|file| (file.media.width, file.media.height) == (12, 8)));
    let told = kept.generations.values().find(|generation| generation.seed == Some(7)).unwrap();
    let Content::Picture { media, description } = &told.content else { panic!("{told:?}") };
    assert_eq!(description.as_deref(), Some("a grey cat"));
    assert!(kept.media.iter().any(|file| file.media.id == *media));
    let outcomes: Vec<_> = kept.votes.iter().map(|vote| vote.outcome).collect();
    assert_eq!(outcomes, [Outcome::Left, Outcome::BothBad]);
    assert!(kept.votes.iter().all(|vote| vote.left_generation.is_some() && vote.right_generation.is_some()));
    assert_eq!(kept.votes[1].left.as_str(), "small-model");
}

#[test]
fn an_archive_gives_the_same_as_its_folder_wherever_in_it_the_manifest_lies() {
    let folder = Folder::new();
    let whole = read(&put(folder.path(), MANIFEST)).unwrap();
    for base in ["", "set/"] {
        let mut entries = vec![(format!("{base}manifest.jsonl"), MANIFEST.as_bytes().to_vec())];
        entries.extend(pictures().map(|(name, bytes)| (format!("{base}{name}"), bytes)));
        let entries: Vec<_> = entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let other = Folder::new();
        let archive = zip(&other, &entries);
        assert_eq!(discover(std::slice::from_ref(&archive)).unwrap().sources[0].format, Format::Pictures);
        let packed = read(&archive).unwrap();
        assert_eq!((packed.generations, packed.votes), (whole.generations.clone(), whole.votes.clone()), "{base}");
    }
}

#[test]
fn a_manifest_without_an_arena_goes_where_the_caller_says() {
    let folder = Folder::new();
    let rows = MANIFEST.split_once('\n').unwrap().1;
    let path = put(folder.path(), rows);
    assert_eq!(read(&path).unwrap().arenas["pictures"].title, "Pictures");
    let (kept, _) = read_all(&[path], &into_arena("big-cats")).unwrap();
    assert_eq!(kept.arenas["big-cats"].title, "Big cats");
}

#[test]
fn a_row_that_only_asks_is_a_prompt_and_one_that_lacks_something_is_rejected() {
    let folder = Folder::new();
    let rows = r#"{"format":"plaudit-pictures/1","arena":{"slug":"asked","title":"Asked","task":"image_edit","description":"","license":null}}
{"prompt":"a bird","category":"animals"}
{"prompt":"make it blue","source":"big/1.png"}
{"prompt":"a cat","contestant":"x","image":"big/1.png"}
{"prompt":"a cat","left":"big/1.png","right":"small/1.jpg"}
{"prompt":"make it blue","source":"nowhere.png"}
"#;
    let kept = read(&put(folder.path(), rows)).unwrap();
    assert_eq!((kept.prompts.len(), kept.media.len(), kept.generations.len()), (2, 1, 0));
    let lines: Vec<_> = kept.reasons().into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [4, 5, 6], "{:?}", reasons(&kept));
}

#[test]
fn an_edit_has_a_source_and_the_same_words_for_two_sources_are_two_prompts() {
    let folder = Folder::new();
    let rows = r#"{"prompt":"make it blue","contestant":"x","file":"big/2.webp","source":"big/1.png"}
{"prompt":"make it blue","contestant":"x","file":"small/2.png","source":"small/1.jpg"}
"#;
    let kept = read(&put(folder.path(), rows)).unwrap();
    assert_eq!(kept.arenas["pictures"].task, Task::ImageEdit);
    assert_eq!((kept.prompts.len(), kept.media.len()), (2, 4));
    assert!(kept.prompts.values().all(|prompt| prompt.source.is_some()));
}

#[test]
fn rows_that_make_no_sense_are_left_out_with_a_reason_and_leave_nothing_behind() {
    let folder = Folder::new();
    let path = put(
        folder.path(),
        &[
            MANIFEST,
            r#"{"prompt":"a cat","contestant":"x","file":"nothing.png"}
{"prompt":"a cat","contestant":"x","file":"../../../etc/passwd"}
{"prompt":"a cat","contestant":"x","file":"/etc/passwd"}
{"prompt":"a cat","contestant":"x","file":"manifest.jsonl"}
{"prompt":"a cat","contestant":"x","file":"big/1.png"}
{"prompt":" ","contestant":"x","file":"y.png"}
{"prompt":"a cat","contestant":"x","file":"new.png","source":"nothing.png"}
{"left":"big/1.png","right":"big/2.webp","vote":"left"}
{"left":"big/1.png","right":"small/2.png","vote":"left"}
{"left":"big/1.png","right":"small/1.jpg","vote":"dunno"}
{"left":"big/1.png","right":"small/9.jpg","vote":"tie"}
{"left":"big/1.png","right":"small/1.jpg","vote":"left","voter":"ada"}
"#,
        ]
        .concat(),
    );
    fs::write(folder.path().join("new.png"), picture(77, ImageFormat::Png)).unwrap();
    let kept = read(&path).unwrap();
    let expected = [
        "8: the file nothing.png: there is no such file",
        "9: the file ../../../etc/passwd: its name leads out of the folder",
        "10: the file /etc/passwd: its name is an absolute path",
        "11: the file manifest.jsonl: this is something else",
        "12: a second row for the file big/1.png",
        "13: the text in prompt is empty",
        "14: the file nothing.png",
        "15: \"big-model\" against itself",
        "16: not a valid vote: its two files are for different prompts",
        "17: \"dunno\" is no outcome",
        "18: the file small/9.jpg is unknown",
        "19: a second vote of this voter",
    ];
    let found = reasons(&kept);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found} is not {expected}");
    }
    assert_eq!((kept.media.len(), kept.generations.len(), kept.votes.len(), kept.contestants.len()), (4, 4, 2, 2));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_of_the_folder_is_no_picture() {
    let (folder, outside) = (Folder::new(), Folder::new());
    let secret = outside.file("secret.png", picture(1, ImageFormat::Png));
    std::os::unix::fs::symlink(secret, folder.path().join("link.png")).unwrap();
    let kept = read(&put(folder.path(), "{\"prompt\":\"a\",\"contestant\":\"x\",\"file\":\"link.png\"}\n")).unwrap();
    assert_eq!(reasons(&kept), ["1: the file link.png: it is a link that leads out of the folder"]);
}

#[test]
fn an_archive_with_one_entry_that_could_do_harm_is_refused_by_that_entrys_name() {
    let good = picture(1, ImageFormat::Png);
    for (name, why) in [
        ("../../evil.png", "its name leads out of the folder"),
        ("a/../../evil.png", "its name leads out of the folder"),
        ("/etc/cron.d/evil", "its name is an absolute path"),
        ("C:\\evil.png", "its name"),
        ("a\\..\\evil.png", "its name holds a backslash"),
    ] {
        let folder = Folder::new();
        let archive = zip(&folder, &[("manifest.jsonl", MANIFEST.as_bytes()), ("big/1.png", &good), (name, b"x")]);
        match discover(&[archive]) {
            Err(DatasetError { fault: Fault::Archive { entry: Some(entry), why: said }, .. }) => {
                assert!(
                    entry.ends_with(name.rsplit(['/', '\\']).next().unwrap()) && said.contains(why),
                    "{entry}: {said}"
                );
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    let folder = Folder::new();
    let path = folder.path().join("links.zip");
    let mut links = ZipWriter::new(fs::File::create(&path).unwrap());
    links.start_file("manifest.jsonl", SimpleFileOptions::default()).unwrap();
    links.write_all(MANIFEST.as_bytes()).unwrap();
    links.add_symlink("big/1.png", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    links.finish().unwrap();
    let error = discover(&[path]).unwrap_err().to_string();
    assert!(error.contains("\"big/1.png\": it is a symbolic link"), "{error}");
}

#[test]
fn an_archive_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() {
    let folder = Folder::new();
    let zeros = vec![0; 65 << 20];
    let archive = zip(&folder, &[("manifest.jsonl", MANIFEST.as_bytes()), ("big/1.png", &zeros)]);
    assert!(fs::metadata(&archive).unwrap().len() < 1 << 20);
    let error = discover(&[archive]).unwrap_err().to_string();
    assert!(error.contains("\"big/1.png\": unpacked it has 68157440 bytes"), "{error}");
}

#[test]
fn archives_that_are_cut_off_or_hold_no_manifest_say_so() {
    let folder = Folder::new();
    let archive = zip(&folder, &[("manifest.jsonl", MANIFEST.as_bytes())]);
    let whole = fs::read(&archive).unwrap();
    let cut = folder.file("cut.zip", &whole[..whole.len() - 30]);
    assert!(matches!(discover(&[cut]).unwrap_err().fault, Fault::Archive { .. }));
    let other = Folder::new();
    let archive = zip(&other, &[("readme.txt", b"hello")]);
    assert!(discover(&[archive]).unwrap_err().to_string().contains("a ZIP archive without a manifest of pictures"));
}

/// Prompt, left model, right model, vote, and both pictures.
type BenchParquetRow<'a> = (&'a str, &'a str, &'a str, &'a str, Vec<u8>, Vec<u8>);

/// GenAI-Bench as `datasets` of Hugging Face writes it: pictures are groups of bytes and path.
fn bench_parquet(rows: &[BenchParquetRow<'_>]) -> Vec<u8> {
    let schema = "message rows {
        optional binary prompt (UTF8); optional binary left_model (UTF8);
        optional group left_image { optional binary bytes; optional binary path (UTF8); }
        optional binary right_model (UTF8);
        optional group right_image { optional binary bytes; optional binary path (UTF8); }
        optional binary vote_type (UTF8); }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer =
        SerializedFileWriter::new(Vec::new(), schema, Arc::new(WriterProperties::builder().build())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = |values: Vec<ByteArray>, level: i16| {
        let levels = if values.is_empty() { vec![1; rows.len()] } else { vec![level; rows.len()] };
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
        column.close().unwrap();
    };
    let bytes = |bytes: &[u8]| ByteArray::from(bytes.to_vec());
    column(rows.iter().map(|row| bytes(row.0.as_bytes())).collect(), 1);
    column(rows.iter().map(|row| bytes(row.1.as_bytes())).collect(), 1);
    column(rows.iter().map(|row| bytes(&row.4)).collect(), 2);
    column(Vec::new(), 2);
    column(rows.iter().map(|row| bytes(row.2.as_bytes())).collect(), 1);
    column(rows.iter().map(|row| bytes(&row.5)).collect(), 2);
    column(Vec::new(), 2);
    column(rows.iter().map(|row| bytes(row.3.as_bytes())).collect(), 1);
    group.close().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn genai_bench_with_embedded_pictures_becomes_an_arena_to_vote_in() {
    let folder = Folder::new();
    let [a, b, c, _] = pictures().map(|(_, bytes)| bytes);
    let file = folder.file(
        "bench.parquet",
        bench_parquet(&[
            ("a cat", "SDXL", "LCM", "leftvote", a.clone(), b.clone()),
            ("a dog", "LCM", "SDXL", "bothbad_vote", c.clone(), a.clone()),
            ("a cow", "LCM", "SDXL", "tievote", c[..40].to_vec(), a.clone()),
        ]),
    );
    assert_eq!(
        discover(std::slice::from_ref(&file)).unwrap().sources[0].format.to_string(),
        "GenAI-Bench with pictures"
    );
    let kept = read(&file).unwrap();
    assert_eq!(kept.arenas["image-generation"].task, Task::Image);
    assert_eq!((kept.votes.len(), kept.generations.len(), kept.media.len(), kept.prompts.len()), (2, 4, 3, 2));
    assert!(reasons(&kept)[0].starts_with("3: the file left_image: the file is cut off"), "{:?}", reasons(&kept));
    assert_eq!(kept.votes[1].outcome, Outcome::BothBad);
    // As numbers the same votes count, pictures or not.
    assert_eq!(count_all(&[file], &BallotOptions::default()).unwrap().ballots.len(), 3);
}

#[test]
fn genai_bench_as_json_names_pictures_beside_it() {
    let folder = Folder::new();
    put(folder.path(), "");
    fs::remove_file(folder.path().join("manifest.jsonl")).unwrap();
    let row = |left: &str, right: &str| {
        format!(
            r#"{{"prompt":"a cat","left_model":"imagenhub_SDXL_generation","left_image":{left},"right_model":"LCM","right_image":{right},"vote_type":"rightvote"}}"#
        )
    };
    let rows = [
        row("\"big/1.png\"", "{\"path\":\"small/1.jpg\",\"bytes\":null}"),
        row("null", "\"https://elsewhere.example/1.png\""),
        row("\"../1.png\"", "\"big/1.png\""),
    ];
    let kept = read(&folder.file("rows.jsonl", rows.join("\n"))).unwrap();
    assert_eq!((kept.votes.len(), kept.generations.len()), (2, 2));
    assert!(kept.votes[0].left_generation.is_some() && kept.votes[1].left_generation.is_none());
    assert_eq!(reasons(&kept), ["3: the file ../1.png: its name leads out of the folder"]);
}

#[test]
fn genai_bench_of_edits_has_instructions_and_sources() {
    let folder = Folder::new();
    put(folder.path(), "");
    fs::remove_file(folder.path().join("manifest.jsonl")).unwrap();
    let row = r#"{"source_prompt":"x","target_prompt":"y","instruct_prompt":"make it blue","source_image":"big/1.png","left_model":"PNP","left_output_image":"big/2.webp","right_model":"SDEdit","right_output_image":"small/2.png","vote_type":"leftvote"}"#;
    let kept = read(&folder.file("rows.jsonl", row)).unwrap();
    assert_eq!(kept.arenas["image-edition"].task, Task::ImageEdit);
    let prompt = kept.prompts.values().next().unwrap();
    assert_eq!(prompt.text, "make it blue");
    assert!(prompt.source.is_some() && kept.votes[0].right_generation.is_some());
}

const WEBM: &[u8] = include_bytes!("../../../media/tests/clips/vp9.webm");
const MP4: &[u8] = include_bytes!("../../../media/tests/clips/h264.mp4");

#[test]
fn clips_come_by_a_manifest_and_neither_task_takes_what_belongs_to_the_other() {
    let folder = Folder::new();
    let rows = r#"{"prompt":"a wave","contestant":"One","file":"one.webm"}
{"prompt":"a wave","contestant":"Two","file":"two.mp4"}
{"prompt":"a wave","contestant":"Three","file":"big/1.png"}
{"left":"one.webm","right":"two.mp4","vote":"tie"}
"#;
    put(folder.path(), rows);
    fs::write(folder.path().join("one.webm"), WEBM).unwrap();
    fs::write(folder.path().join("two.mp4"), MP4).unwrap();
    let kept = read(folder.path()).unwrap();
    assert_eq!(kept.arenas["pictures"].task, Task::Video, "what the first row names is called as a clip is");
    assert_eq!(reasons(&kept), ["3: the file big/1.png: this is a PNG picture: clips are taken as MP4 or WebM"]);
    let kinds: Vec<_> = kept.media.iter().map(|file| file.media.kind).collect();
    assert_eq!(kinds, [MediaKind::WebM, MediaKind::Mp4]);
    assert!(kept.media.iter().all(|file| file.media.milliseconds.is_some_and(|lasts| lasts >= 1000)));
    assert_eq!(kept.votes[0].outcome, Outcome::Tie);
    let of_pictures = format!("{MANIFEST}{{\"prompt\":\"a wave\",\"contestant\":\"One\",\"file\":\"one.webm\"}}\n");
    fs::write(folder.path().join("manifest.jsonl"), of_pictures).unwrap();
    let kept = read(folder.path()).unwrap();
    let refused = "8: the file one.webm: this is a WebM or Matroska video: pictures are taken as PNG, JPEG or WebP";
    assert_eq!(reasons(&kept), [refused]);
}

#[test]
fn genai_bench_of_clips_becomes_an_arena_to_vote_in() {
    let folder = Folder::new();
    fs::write(folder.path().join("one.webm"), WEBM).unwrap();
    fs::write(folder.path().join("two.mp4"), MP4).unwrap();
    let row = r#"{"prompt":"a wave","left_model":"One","left_video":"one.webm","right_model":"Two","right_video":{"path":"two.mp4"},"vote_type":"bothbad_vote"}"#;
    let kept = read(&folder.file("rows.jsonl", row)).unwrap();
    assert_eq!(reasons(&kept), [] as [&str; 0]);
    assert_eq!(kept.arenas["video-generation"].task, Task::Video);
    let vote = &kept.votes[0];
    assert_eq!(vote.outcome, Outcome::BothBad);
    assert!(vote.left_generation.is_some() && vote.right_generation.is_some());
}

#[test]
fn sounds_come_by_a_manifest_whose_files_are_called_so() {
    let folder = Folder::new();
    let rows = r#"{"prompt":"say hello","contestant":"One","file":"one.wav"}
{"prompt":"say hello","contestant":"Two","file":"two.opus"}
"#;
    put(folder.path(), rows);
    fs::write(folder.path().join("one.wav"), include_bytes!("../../../media/tests/clips/sound.wav")).unwrap();
    fs::write(folder.path().join("two.opus"), include_bytes!("../../../media/tests/clips/sound.opus")).unwrap();
    let kept = read(folder.path()).unwrap();
    assert_eq!(reasons(&kept), [] as [&str; 0]);
    assert_eq!(kept.arenas["pictures"].task, Task::Audio);
    let kinds: Vec<_> = kept.media.iter().map(|file| (file.media.kind, file.media.width)).collect();
    assert_eq!(kinds, [(MediaKind::Wav, 0), (MediaKind::Opus, 0)]);
}
