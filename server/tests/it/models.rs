//! The route `/models`: what it serves, and what it does not.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};

use crate::support::{Site, WORDS_SHA256};

#[tokio::test]
async fn only_files_that_a_manifest_names_are_served() {
    let site = Site::with_words().await;
    std::fs::write(site.folder.path().join("models/words/secret.txt"), "secret").unwrap();
    std::fs::create_dir_all(site.folder.path().join("site/models/stray")).unwrap();
    std::fs::write(site.folder.path().join("site/models/stray/secret.txt"), "secret").unwrap();
    let file = site.get("/models/words/words.bin", None).await;
    assert_eq!((file.status, file.body.as_str()), (StatusCode::OK, "words"));
    assert_eq!(site.get("/models/words/manifest.json", None).await.status, StatusCode::OK);
    for path in [
        "/models",
        "/models/",
        "/models/words",
        "/models/words/",
        "/models/words/secret.txt",
        "/models/words/../words/secret.txt",
        "/models/words/%2e%2e/arenas/words.toml",
        "/models/words/..%2f..%2fplaudit.sqlite3",
        "/models/words%2fsecret.txt",
        "/models/stray/secret.txt",
        "//models/stray/secret.txt",
        "/models%2Fstray%2Fsecret.txt",
        "/./models/stray/secret.txt",
        "/%6dodels/stray/secret.txt",
    ] {
        let answer = site.get(path, None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.body);
        assert!(!answer.body.contains("secret"), "{path}");
    }
}

#[tokio::test]
async fn a_file_asked_for_by_its_digest_may_be_kept_for_ever_and_has_a_length() {
    let site = Site::with_words().await;
    let caching = |answer: &crate::support::Answer| answer.headers[header::CACHE_CONTROL].to_str().unwrap().to_owned();
    let path = "/models/words/words.bin";
    for (query, expected) in [
        (format!("?sha256={WORDS_SHA256}"), "public, max-age=31536000, immutable"),
        (format!("?sha256={}", "0".repeat(64)), "no-cache"),
        (String::new(), "no-cache"),
    ] {
        let answer = site.get(&format!("{path}{query}"), None).await;
        assert_eq!((answer.status, caching(&answer).as_str()), (StatusCode::OK, expected), "{query}");
        assert_eq!(answer.headers[header::CONTENT_LENGTH], "5");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert!(!answer.headers.contains_key(header::SET_COOKIE), "a file that may be kept by others has no cookie");
    }
    let request = Request::builder().method(Method::HEAD).uri(path).header(header::ACCEPT_ENCODING, "gzip");
    let head = site.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(head.headers[header::CONTENT_LENGTH], "5");
    assert!(!head.headers.contains_key(header::CONTENT_ENCODING));
}
