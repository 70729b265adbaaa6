//! Counts of what a text looks like, for style control.

use serde::Serialize;

/// What LMArena counts of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StyleCounts {
    /// Words, numbers and runs of other signs: see [`StyleCounts::of`].
    pub tokens: u64,
    /// Headings of level 1 to 6.
    pub headers: HeaderCounts,
    /// Items of lists.
    pub lists: ListCounts,
    /// Bold passages.
    pub bold: BoldCounts,
}

/// Headings by level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the levels")]
pub struct HeaderCounts {
    pub h1: u64,
    pub h2: u64,
    pub h3: u64,
    pub h4: u64,
    pub h5: u64,
    pub h6: u64,
}

/// Items of lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ListCounts {
    /// `1.` and so on.
    pub ordered: u64,
    /// `-`, `*` or `+`.
    pub unordered: u64,
}

/// Bold passages by their marks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct BoldCounts {
    /// `**bold**`
    #[serde(rename = "**")]
    pub stars: u64,
    /// `__bold__`
    #[serde(rename = "__")]
    pub underscores: u64,
}

/// The name of the way in which tokens are counted here. LMArena counts with a vocabulary of OpenAI's; differences
/// between two sides, which are what style control uses, hardly depend on it.
pub(super) const TOKEN_COUNTER: &str = "plaudit-words/1";

impl StyleCounts {
    /// Counts. Tokens are runs of letters, runs of digits, and other visible signs one by one. Fenced code counts for
    /// tokens alone, as in FastChat's `markdown` counter.
    pub fn of(text: &str) -> Self {
        let mut counts = Self { tokens: tokens(text), ..Self::default() };
        let mut fenced = false;
        for line in text.lines() {
            let line = line.trim_start();
            if line.starts_with("```") {
                fenced = !fenced;
            } else if !fenced {
                counts.line(line);
            }
        }
        counts
    }

    fn line(&mut self, line: &str) {
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        if line[level..].starts_with([' ', '\t']) {
            let headers = &mut self.headers;
            match level {
                1 => headers.h1 += 1,
                2 => headers.h2 += 1,
                3 => headers.h3 += 1,
                4 => headers.h4 += 1,
                5 => headers.h5 += 1,
                6 => headers.h6 += 1,
                _ => {}
            }
        }
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && line[digits..].starts_with(". ") {
            self.lists.ordered += 1;
        } else if ["- ", "* ", "+ "].iter().any(|mark| line.starts_with(mark)) {
            self.lists.unordered += 1;
        }
        self.bold.stars += marked(line, "**");
        self.bold.underscores += marked(line, "__");
    }
}

/// Passages of a line between two marks, with something in them.
fn marked(line: &str, mark: &str) -> u64 {
    let mut count = 0;
    let mut rest = line;
    while let Some(start) = rest.find(mark) {
        let inner = &rest[start + mark.len()..];
        let Some(length) = inner.find(mark) else { break };
        if length > 0 {
            count += 1;
        }
        rest = &inner[length + mark.len()..];
    }
    count
}

fn tokens(text: &str) -> u64 {
    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Blank,
        Letter,
        Digit,
        Other,
    }
    let (mut count, mut before) = (0, Kind::Blank);
    for letter in text.chars() {
        let kind = match letter {
            _ if letter.is_whitespace() => Kind::Blank,
            _ if letter.is_numeric() => Kind::Digit,
            _ if letter.is_alphabetic() => Kind::Letter,
            _ => Kind::Other,
        };
        if kind != Kind::Blank && (kind != before || kind == Kind::Other) {
            count += 1;
        }
        before = kind;
    }
    count
}

/// Whether a text holds fenced code.
pub(super) fn has_code(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("```"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_items_and_bold_passages_are_counted_outside_of_code() {
        let text =
            "# One\n### Three\n#no\n- a\n* b **bold** and __this__ and ****\n12. c\n```\n# code\n- code\n```\nend 42!";
        let counts = StyleCounts::of(text);
        assert_eq!((counts.headers.h1, counts.headers.h3, counts.headers.h2), (1, 1, 0));
        assert_eq!(counts.lists, ListCounts { ordered: 1, unordered: 2 });
        assert_eq!(counts.bold, BoldCounts { stars: 1, underscores: 1 });
        assert_eq!(StyleCounts::of("It's 42 words!").tokens, 6);
        assert_eq!(StyleCounts::of(""), StyleCounts::default());
    }
}
