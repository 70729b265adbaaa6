//! Pictures: brought in, shown without a name, voted on, counted, and out again.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use plaudit::{
    command::import::{ImportReport, import_source, try_source},
    store::{Store, StoreOptions},
};
use plaudit_app::view_model::{Method, Slice};
use plaudit_datasets::{ReadOptions, discover};
use plaudit_domain::ArenaSlug;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::support::{Site, encoded, sqlite};

const NAMES: [&str; 2] = ["Grand Painter", "Tiny Dauber"];

/// A picture that no other call with other numbers gives.
fn picture(red: u8, width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([red, (x % 256) as u8, (y % 256) as u8]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Two contestants, two prompts, no vote. The names of files and their kinds tell who made them.
fn put_pictures(folder: &Path) -> PathBuf {
    let mut rows = String::new();
    rows.push_str(r#"{"format":"plaudit-pictures/1","arena":{"slug":"cats","title":"Cats","task":"image","description":"","license":"CC0-1.0"}}"#);
    for (number, prompt) in ["a <b>cat</b> on a \"sofa\"", "two dogs"].into_iter().enumerate() {
        for (place, name) in NAMES.into_iter().enumerate() {
            let file = format!("{}-{number}.{}", name.replace(' ', "-"), ["png", "jpg"][place]);
            let red = (number * 2 + place) as u8 * 60;
            let bytes = match place {
                0 => picture(red, 640, 320, ImageFormat::Png),
                _ => picture(red, 300, 400, ImageFormat::Jpeg),
            };
            fs::write(folder.join(&file), bytes).unwrap();
            let row = serde_json::json!({ "prompt": prompt, "contestant": name, "file": file });
            rows.push_str(&format!("\n{row}"));
        }
    }
    fs::write(folder.join("manifest.jsonl"), rows).unwrap();
    folder.to_owned()
}

async fn import(store: &Store, path: &Path, data: &Path) -> ImportReport {
    let source = discover(&[path.to_owned()]).unwrap().sources.remove(0);
    import_source(store, source, ReadOptions::default(), Some(data)).await.unwrap()
}

async fn site() -> (Site, TempDir) {
    let pictures = tempfile::tempdir().unwrap();
    put_pictures(pictures.path());
    let (store, folder) = sqlite(StoreOptions::default()).await;
    import(&store, pictures.path(), folder.path()).await;
    (Site::over(store, folder, None).await, pictures)
}

/// The addresses of the pictures on a page, as they stand in it.
fn addresses(page: &str) -> Vec<String> {
    page.split("<img ")
        .skip(1)
        .filter_map(|tag| Some(tag.split('>').next()?.split("src=\"").nth(1)?.split('"').next()?.to_owned()))
        .collect()
}

async fn fetch(site: &Site, address: &str, range: Option<&str>) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::get(address).header(header::HOST, "arena.example");
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    let response = site.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    (status, headers, to_bytes(response.into_body(), 16 << 20).await.unwrap().to_vec())
}

fn media_files(data: &Path) -> usize {
    let folder = |path: PathBuf| fs::read_dir(path).map(|entries| entries.map(|entry| entry.unwrap().path()));
    folder(data.join("media")).map_or(0, |folders| folders.map(|path| folder(path).unwrap().count()).sum())
}

#[tokio::test]
async fn pictures_are_imported_once_however_often_they_come() {
    let pictures = tempfile::tempdir().unwrap();
    put_pictures(pictures.path());
    let (store, folder) = sqlite(StoreOptions::default()).await;
    let first = import(&store, pictures.path(), folder.path()).await;
    let counts = first.counts;
    assert_eq!((counts.arenas, counts.contestants, counts.prompts, counts.media, counts.generations), (1, 2, 2, 4, 4));
    // Each has a thumbnail beside it.
    assert_eq!(media_files(folder.path()), 8);
    let again = import(&store, pictures.path(), folder.path()).await;
    assert_eq!((again.counts.added(), media_files(folder.path())), (0, 8));
}

#[tokio::test]
async fn a_dry_run_tells_what_would_come_and_keeps_nothing() {
    let pictures = tempfile::tempdir().unwrap();
    put_pictures(pictures.path());
    let (store, folder) = sqlite(StoreOptions::default()).await;
    let source = || discover(&[pictures.path().to_owned()]).unwrap().sources.remove(0);
    for _ in 0..2 {
        let tried = try_source(&store, source(), ReadOptions::default()).await.unwrap();
        assert_eq!((tried.counts.generations, tried.counts.media, tried.rejected), (4, 4, 0));
    }
    assert!(store.arenas().await.unwrap().is_empty());
    assert!(!folder.path().join("media").exists());
}

#[tokio::test]
async fn a_picture_battle_is_voted_on_and_the_board_moves() {
    let (site, _pictures) = site().await;
    let page = site.get("/arena/cats", None).await;
    assert_eq!(page.status, StatusCode::OK);
    let form = format!("ticket={}&outcome=left&publish=true", encoded(&page.ticket()));
    let vote = site.post("/api/vote", &page.cookie(), &form).await;
    assert_eq!(vote.status, StatusCode::OK, "{}", vote.body);
    let receipt: serde_json::Value = serde_json::from_str(&vote.body).unwrap();
    let left = receipt["left"]["slug"].as_str().unwrap();
    let arena = site.boards.arena(&"cats".parse::<ArenaSlug>().unwrap()).unwrap();
    let board = arena.board(Method::Bt, Slice::All).await.unwrap();
    assert_eq!((board.board.votes, board.board.rows[0].slug.as_str()), (1, left));
    // Its own page shows both pictures under their own addresses, with names, to everybody.
    let path = format!("/arena/cats/battle/{}", receipt["battle"].as_str().unwrap());
    let finished = site.get(&path, None).await;
    assert!(NAMES.iter().all(|name| finished.body.contains(name)), "{}", finished.body);
    let shown = addresses(&finished.body);
    assert_eq!(shown.len(), 2);
    for address in &shown {
        assert_eq!(address.len(), "/media/".len() + 64, "{address}");
        let (status, headers, bytes) = fetch(&site, address, None).await;
        assert_eq!((status, headers[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, "image/png"));
        assert_eq!(format!("/media/{}", plaudit_domain::MediaId::of(&bytes)), *address);
    }
    // And the log tells the same addresses.
    site.clock.advance_millis(10_000);
    let log = site.get("/api/v1/arenas/cats/battles", None).await;
    let log: serde_json::Value = serde_json::from_str(&log.body).unwrap();
    let battle = &log["battles"][0];
    assert_eq!(battle["left"]["media"].as_str(), Some(shown[0].as_str()), "{log}");
    assert!(battle["left"]["text"].is_null() && battle["left"]["generation"].is_string());
}

#[tokio::test]
async fn nothing_of_an_open_picture_battle_tells_who_made_which_side() {
    let (site, _pictures) = site().await;
    // Somebody votes on every pair first, so that everything public about these pictures is public.
    let voter = site.get("/arena/cats", None).await.cookie();
    for _ in 0..2 {
        let page = site.get("/arena/cats", Some(&voter)).await;
        let form = format!("ticket={}&outcome=tie&publish=true", encoded(&page.ticket()));
        assert_eq!(site.post("/api/vote", &voter, &form).await.status, StatusCode::OK);
    }
    site.clock.advance_millis(10_000);
    let mut public = String::new();
    for path in ["/api/v1/arenas/cats/battles", "/api/v1/arenas/cats/votes", "/api/v1/arenas/cats/pairs", "/data"] {
        public.push_str(&site.get(path, None).await.body);
    }
    let battles: serde_json::Value =
        serde_json::from_str(&site.get("/api/v1/arenas/cats/battles", None).await.body).unwrap();
    for battle in battles["battles"].as_array().unwrap() {
        public.push_str(&site.get(&format!("/arena/cats/battle/{}", battle["id"].as_str().unwrap()), None).await.body);
    }
    assert!(public.contains("/media/") && public.contains(NAMES[0]));

    let (mut seen, mut sizes) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        let page = site.get("/arena/cats", None).await;
        let shown = addresses(&page.body);
        assert_eq!(shown.len(), 2, "{}", page.body);
        let folded = page.body.to_lowercase();
        for word in ["grand", "painter", "tiny", "dauber", ".png", ".jpg"] {
            assert!(!folded.contains(word), "{word} in {}", page.body);
        }
        // Both frames are of one size, and so are both names.
        let spaces: Vec<_> =
            page.body.split("viewBox=\"0 0 ").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(spaces.contains(&"640 400"), "{spaces:?}");
        for address in shown {
            assert!(!public.contains(&address), "{address} stands in a public list");
            let (status, headers, bytes) = fetch(&site, &address, None).await;
            assert_eq!(status, StatusCode::OK);
            assert!(!public.contains(&address["/media/".len()..]));
            let told: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
            for header in &told {
                let id = plaudit_domain::MediaId::of(&bytes).to_string();
                assert!(!header.contains(&id) && !header.to_lowercase().contains("painter"), "{header}");
            }
            assert!(headers.get(header::ETAG).is_none() && headers.get(header::LAST_MODIFIED).is_none());
            assert!(bytes.starts_with(b"\x89PNG"), "all are of one kind");
            sizes.push(address.len());
            seen.push(address);
        }
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count, "no name stands for a picture twice");
    assert!(sizes.iter().all(|size| *size == sizes[0]));
}

#[tokio::test]
async fn pictures_are_served_for_good_in_pieces_too_and_with_every_security_header() {
    let (site, _pictures) = site().await;
    let address = addresses(&site.get("/arena/cats", None).await.body).remove(0);
    let (_, headers, whole) = fetch(&site, &address, None).await;
    assert_eq!(headers[header::CACHE_CONTROL], "private, max-age=31536000, immutable");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("default-src 'none'"));
    assert_eq!(headers[header::CONTENT_LENGTH].to_str().unwrap(), whole.len().to_string());
    let own = format!("/media/{}", plaudit_domain::MediaId::of(&whole));
    assert_eq!(fetch(&site, &own, None).await.1[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    let (status, headers, piece) = fetch(&site, &own, Some("bytes=8-19")).await;
    assert_eq!((status, piece.as_slice()), (StatusCode::PARTIAL_CONTENT, &whole[8..20]));
    assert_eq!(headers[header::CONTENT_RANGE].to_str().unwrap(), format!("bytes 8-19/{}", whole.len()));
    let (status, headers, _) = fetch(&site, &own, Some("bytes=99999999-")).await;
    assert_eq!(status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(headers[header::CONTENT_RANGE].to_str().unwrap(), format!("bytes */{}", whole.len()));
    for wrong in ["/media/x", "/media/..%2f..%2fplaudit.sqlite3", &format!("/media/{}", "0".repeat(64)), "/media/"] {
        assert_eq!(fetch(&site, wrong, None).await.0, StatusCode::NOT_FOUND, "{wrong}");
    }
}

#[tokio::test]
async fn the_start_page_shows_thumbnails_and_no_address_that_a_log_or_a_battle_has() {
    let (site, _pictures) = site().await;
    let home = site.get("/", None).await;
    let shown = addresses(&home.body);
    assert_eq!(shown.len(), 2, "one for each prompt");
    for address in &shown {
        let (status, _, bytes) = fetch(&site, address, None).await;
        let picture = image::load_from_memory(&bytes).unwrap();
        assert_eq!((status, picture.width().max(picture.height())), (StatusCode::OK, 256));
    }
    assert!(!site.get("/arena/cats", None).await.body.contains(&shown[0]));
    assert!(home.body.contains(">pictures</span>"));
}

#[tokio::test]
async fn an_edit_shows_its_source_beside_the_prompt() {
    let pictures = tempfile::tempdir().unwrap();
    let mut rows = String::new();
    for (red, name) in [(1, "source"), (80, "one"), (160, "two")] {
        fs::write(pictures.path().join(format!("{name}.png")), picture(red, 32, 32, ImageFormat::Png)).unwrap();
        if name != "source" {
            let row = serde_json::json!({ "prompt": "make it blue", "contestant": name, "file": format!("{name}.png"), "source": "source.png" });
            rows.push_str(&format!("{row}\n"));
        }
    }
    fs::write(pictures.path().join("manifest.jsonl"), rows).unwrap();
    let (store, folder) = sqlite(StoreOptions::default()).await;
    import(&store, pictures.path(), folder.path()).await;
    let site = Site::over(store, folder, None).await;
    let page = site.get("/arena/pictures", None).await;
    let shown = addresses(&page.body);
    assert_eq!(shown.len(), 3);
    assert!(page.body.contains("alt=\"The picture to change\"") && page.body.contains("picture__image--pixelated"));
    assert!(
        page.body.contains("alt=\"Answer A to: make it blue\"")
            && page.body.contains("alt=\"Answer B to: make it blue\"")
    );
    assert_eq!(fetch(&site, &shown[0], None).await.2, fetch(&site, &shown[0], None).await.2);
}

const CLIPS: [(&str, &[u8], &str); 2] = [
    ("Grand-Director.webm", include_bytes!("../../../crates/media/tests/clips/vp9.webm"), "video/webm"),
    ("Tiny-Filmer.mp4", include_bytes!("../../../crates/media/tests/clips/h264.mp4"), "video/mp4"),
];

#[tokio::test]
async fn clips_are_shown_without_a_name_voted_on_and_leave_as_they_came_in() {
    let clips = tempfile::tempdir().unwrap();
    let mut rows = r#"{"format":"plaudit-pictures/1","arena":{"slug":"waves","title":"Waves","task":"video","description":"","license":"CC0-1.0"}}"#.to_owned();
    for (file, bytes, _) in CLIPS {
        fs::write(clips.path().join(file), bytes).unwrap();
        let contestant = file.split('.').next().unwrap();
        rows.push_str(&format!(
            "\n{}",
            serde_json::json!({ "prompt": "a wave", "contestant": contestant, "file": file })
        ));
    }
    fs::write(clips.path().join("manifest.jsonl"), rows).unwrap();
    let (store, folder) = sqlite(StoreOptions::default()).await;
    let report = import(&store, clips.path(), folder.path()).await;
    assert_eq!((report.rejected, report.counts.media, report.counts.generations), (0, 2, 2));
    let site = Site::over(store, folder, None).await;

    let page = site.get("/arena/waves", None).await;
    assert_eq!(page.status, StatusCode::OK);
    for word in ["Director", "Filmer", ".webm\"", ".mp4"] {
        assert!(!page.body.contains(word), "{word} stands in an open battle");
    }
    let videos = |body: &str| -> Vec<String> {
        let of = |tag: &str| tag.split('>').next()?.split("src=\"").nth(1)?.split('"').next().map(str::to_owned);
        body.split("<video ").skip(1).filter_map(of).collect()
    };
    let open = videos(&page.body);
    assert_eq!(open.len(), 2);
    let mut kinds = Vec::new();
    for address in &open {
        let (status, headers, whole) = fetch(&site, address, None).await;
        assert_eq!(status, StatusCode::OK);
        let kind = headers[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        // A player that goes to the middle asks for a part, which is of the same kind.
        let (status, headers, part) = fetch(&site, address, Some("bytes=500-599")).await;
        assert_eq!((status, part.as_slice()), (StatusCode::PARTIAL_CONTENT, &whole[500..600]));
        assert_eq!(headers[header::CONTENT_TYPE].to_str().unwrap(), kind);
        assert!(!whole.windows(13).any(|window| window == b"SecretModelXL"), "the title in the file tells who made it");
        kinds.push(kind);
    }
    kinds.sort();
    assert_eq!(kinds, ["video/mp4", "video/webm"]);
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("media-src 'self'"), "{policy}");

    let form = format!("ticket={}&outcome=left&publish=true", encoded(&page.ticket()));
    let vote = site.post("/api/vote", &page.cookie(), &form).await;
    let receipt: serde_json::Value = serde_json::from_str(&vote.body).unwrap();
    let path = format!("/arena/waves/battle/{}", receipt["battle"].as_str().unwrap());
    let finished = site.get(&path, None).await;
    let shown = videos(&finished.body);
    assert_eq!(shown.len(), 2);
    assert!(finished.body.contains("Grand-Director") && finished.body.contains("Tiny-Filmer"));
    for address in &shown {
        let bytes = fetch(&site, address, None).await.2;
        assert_eq!(*address, format!("/media/{}", plaudit_domain::MediaId::of(&bytes)));
    }
}

#[tokio::test]
async fn sounds_are_heard_without_a_name_and_voted_on() {
    let sounds = tempfile::tempdir().unwrap();
    let mut rows = r#"{"format":"plaudit-pictures/1","arena":{"slug":"voices","title":"Voices","task":"audio","description":"","license":null}}"#.to_owned();
    let files: [(&str, &[u8]); 2] = [
        ("Loud-Speaker.wav", include_bytes!("../../../crates/media/tests/clips/sound.wav")),
        ("Soft-Whisper.opus", include_bytes!("../../../crates/media/tests/clips/sound.opus")),
    ];
    for (file, bytes) in files {
        fs::write(sounds.path().join(file), bytes).unwrap();
        let contestant = file.split('.').next().unwrap();
        rows.push_str(&format!(
            "\n{}",
            serde_json::json!({ "prompt": "hello", "contestant": contestant, "file": file })
        ));
    }
    fs::write(sounds.path().join("manifest.jsonl"), rows).unwrap();
    let (store, folder) = sqlite(StoreOptions::default()).await;
    let report = import(&store, sounds.path(), folder.path()).await;
    assert_eq!((report.rejected, report.counts.media), (0, 2));
    let site = Site::over(store, folder, None).await;
    let page = site.get("/arena/voices", None).await;
    assert_eq!(page.body.matches("<audio ").count(), 2);
    for word in ["Speaker", "Whisper", ".wav", ".opus"] {
        assert!(!page.body.contains(word), "{word} stands in an open battle");
    }
    let mut kinds = Vec::new();
    for tag in page.body.split("<audio ").skip(1) {
        let address = tag.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
        let (status, headers, _) = fetch(&site, address, None).await;
        assert_eq!(status, StatusCode::OK);
        kinds.push(headers[header::CONTENT_TYPE].to_str().unwrap().to_owned());
    }
    kinds.sort();
    assert_eq!(kinds, ["audio/ogg", "audio/wav"]);
    let form = format!("ticket={}&outcome=tie&publish=true", encoded(&page.ticket()));
    let vote = site.post("/api/vote", &page.cookie(), &form).await;
    assert_eq!(vote.status, StatusCode::OK, "{}", vote.body);
}
