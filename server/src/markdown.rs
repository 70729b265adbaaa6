//! Untrusted text to HTML: comrak with raw HTML escaped, then ammonia with an allow-list of its own.
//!
//! Two layers, because each has had holes of its own. Nothing is ever loaded from elsewhere: no images, no media. A
//! picture fetched from a model's answer would tell its host who votes, and could tell the voter who answered.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::Builder;
use comrak::Options;
use plaudit_app::view_model::SafeHtml;

/// Longer texts are cut: no voter reads them, and rendering must stay bounded.
const MAX_CHARS: usize = 60_000;

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from([
            "p",
            "br",
            "hr",
            "em",
            "strong",
            "del",
            "blockquote",
            "ul",
            "ol",
            "li",
            "pre",
            "code",
            "h3",
            "h4",
            "h5",
            "h6",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "a",
            "sup",
            "sub",
        ]))
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"])), ("ol", HashSet::from(["start"]))]))
        .url_schemes(HashSet::from(["http", "https"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("nofollow noopener noreferrer ugc"));
    builder
});

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.render.escape = true;
    options.render.hardbreaks = true;
    options
}

/// Renders Markdown that a model or a stranger wrote.
///
/// The page's own headings are h1 and h2, so those of the text are moved two levels down.
pub fn render(text: &str) -> SafeHtml {
    let cut: String = text.chars().filter(|character| *character != '\0').take(MAX_CHARS).collect();
    let html = comrak::markdown_to_html(&cut, &options());
    SafeHtml::from_sanitised(scrollable(&SANITISER.clean(&lower_headings(&html)).to_string()))
}

/// Lets the keyboard scroll what is wider than a phone. The sanitiser leaves no attribute on these tags, so the plain
/// forms are all there are.
fn scrollable(html: &str) -> String {
    html.replace("<pre>", "<pre tabindex=\"0\">")
        .replace("<table>", "<div class=\"scroll\" tabindex=\"0\"><table>")
        .replace("</table>", "</table></div>")
}

/// Moves headings two levels down; `h5` and `h6` become `h6`. Raw HTML was escaped before, so every `<hN>` is ours.
fn lower_headings(html: &str) -> String {
    let mut lowered = html.to_owned();
    for level in (1..=5_u8).rev() {
        let to = (level + 2).min(6);
        for open in ["<h", "</h"] {
            lowered = lowered.replace(&format!("{open}{level}>"), &format!("{open}{to}>"));
        }
    }
    lowered
}

/// Whether HTML that left the renderer could run or load anything. For tests of every view.
#[cfg(test)]
fn is_harmless(html: &str) -> bool {
    let lower = html.to_ascii_lowercase();
    ["<script", "<img", "<iframe", "<svg", "<style", "<object", "<embed", "<form", "<input", "<base", "<link", "<meta"]
        .iter()
        .all(|bad| !lower.contains(bad))
        && !lower.split('<').any(|tag| {
            let tag = tag.split('>').next().unwrap_or_default();
            tag.contains("href=\"javascript:")
                || tag.contains("href=\"data:")
                || tag.contains(" on") && tag.contains('=') && tag.starts_with('a')
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rendered(text: &str) -> String {
        render(text).as_str().to_owned()
    }

    #[test]
    fn markdown_is_shown_as_markdown() {
        let html = rendered("# Title\n\n*soft* **loud** `code`\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n| 1 | 2 |");
        for part in
            ["<h3>Title</h3>", "<em>soft</em>", "<strong>loud</strong>", "<code>code</code>", "<ol>", "<td>2</td>"]
        {
            assert!(html.contains(part), "{part} not in {html}");
        }
    }

    #[test]
    fn a_line_break_of_a_poem_stays_a_line_break() {
        assert!(rendered("old pond\na frog leaps in").contains("<br"));
    }

    #[test]
    fn the_corpus_of_cross_site_scripting_is_shown_as_text() {
        for attack in include_str!("../tests/fixtures/xss.txt").split("\n%%\n") {
            let html = rendered(attack);
            assert!(is_harmless(&html), "{attack:?} became {html:?}");
        }
    }

    #[test]
    fn a_picture_loads_nothing() {
        assert!(!rendered("![you](https://tracker.example/voter.png)").contains("<img"));
    }

    #[test]
    fn links_are_http_alone_and_tell_no_referrer() {
        assert!(!rendered("[x](javascript:alert(1))").contains("href"));
        assert!(!rendered("[x](//evil.example)").contains("href"));
        assert!(rendered("[x](https://example.org)").contains("noreferrer"));
    }

    #[test]
    fn a_very_long_text_is_cut() {
        assert!(rendered(&"a ".repeat(100_000)).len() < 70_000);
    }

    proptest! {
        #[test]
        fn no_text_becomes_dangerous(text in "[ -~\n<>\"'&;/=()a-z]{0,200}") {
            let html = rendered(&text);
            prop_assert!(is_harmless(&html), "{:?} became {:?}", text, html);
        }
    }
}
