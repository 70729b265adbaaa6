//! What in a text looks as if it belonged to a person. A net with wide meshes: it finds forms, not meanings, in English
//! and in what all languages share, and no names.

use std::{borrow::Cow, fmt, net::IpAddr, ops::Range};

/// A kind of thing that a text should not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonalKind {
    /// `name@example.org`
    Email,
    /// 13 to 19 digits whose last one is right by Luhn's formula.
    Card,
    /// An address of IP version 4 or 6.
    NetworkAddress,
    /// 9 to 15 digits that begin with `+` or `00`, or of the North American form `(555) 010-9999`.
    Phone,
    /// A house number before a name and a word such as `Street`.
    Street,
}

/// One find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalFind {
    /// What it looks like.
    pub kind: PersonalKind,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

impl PersonalKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Email, Self::Card, Self::NetworkAddress, Self::Phone, Self::Street];

    /// Its name for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "e-mail address",
            Self::Card => "card number",
            Self::NetworkAddress => "network address",
            Self::Phone => "telephone number",
            Self::Street => "street address",
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Email => "[e-mail]",
            Self::Card => "[card]",
            Self::NetworkAddress => "[network address]",
            Self::Phone => "[phone]",
            Self::Street => "[address]",
        }
    }
}

impl fmt::Display for PersonalKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What looks personal in a text, in its order, without overlaps. Linear in the text's length.
pub fn find_personal(text: &str) -> Vec<PersonalFind> {
    let mut finds = Vec::new();
    emails(text, &mut finds);
    numbers(text, &mut finds);
    network_addresses(text, &mut finds);
    streets(text, &mut finds);
    finds.sort_by_key(|find: &PersonalFind| (find.range.start, find.kind));
    let mut end = 0;
    finds.retain(|find| {
        let free = find.range.start >= end;
        if free {
            end = find.range.end;
        }
        free
    });
    finds
}

/// The text with a word in brackets for each find.
pub fn mask_personal(text: &str) -> Cow<'_, str> {
    let finds = find_personal(text);
    if finds.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut masked, mut done) = (String::with_capacity(text.len()), 0);
    for find in finds {
        masked.push_str(&text[done..find.range.start]);
        masked.push_str(find.kind.mark());
        done = find.range.end;
    }
    masked.push_str(&text[done..]);
    Cow::Owned(masked)
}

fn emails(text: &str, finds: &mut Vec<PersonalFind>) {
    let bytes = text.as_bytes();
    let local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
    let domain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
    let mut free = 0;
    for at in memchr::memchr_iter(b'@', bytes) {
        let before = bytes[free..at].iter().rev().take(64).take_while(|byte| local(byte)).count();
        let after = bytes[at + 1..].iter().take(253).take_while(|byte| domain(byte)).count();
        let host = text[at + 1..at + 1 + after].trim_end_matches(['.', '-']);
        let ending = host.rsplit_once('.').map_or("", |(_, ending)| ending);
        if before > 0 && ending.len() >= 2 && ending.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            let range = at - before..at + 1 + host.len();
            free = range.end;
            finds.push(PersonalFind { kind: PersonalKind::Email, range });
        }
    }
}

/// Runs of digits with single blanks, hyphens, dots or brackets between them.
fn numbers(text: &str, finds: &mut Vec<PersonalFind>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let starts = bytes[at].is_ascii_digit() || matches!(bytes[at], b'+' | b'(');
        let follows_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'.');
        if !starts || follows_word {
            at += 1;
            continue;
        }
        let (mut end, mut digits, mut gap) = (at, Vec::new(), 0);
        let mut cursor = at;
        while let Some(byte) = bytes.get(cursor) {
            if byte.is_ascii_digit() {
                digits.push(byte - b'0');
                (end, gap) = (cursor + 1, 0);
            } else if (b" -().".contains(byte) && gap < 2) || (*byte == b'+' && cursor == at) {
                gap += 1;
            } else {
                break;
            }
            if digits.len() > 19 {
                break;
            }
            cursor += 1;
        }
        if end == at {
            at += 1;
            continue;
        }
        let run = &text[at..end];
        let ends = !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
        let kind = if !ends {
            None
        } else if (13..=19).contains(&digits.len()) && !run.contains(['.', '+', '(']) && luhn(&digits) {
            Some(PersonalKind::Card)
        } else if is_phone(run, digits.len()) {
            Some(PersonalKind::Phone)
        } else {
            None
        };
        if let Some(kind) = kind {
            finds.push(PersonalFind { kind, range: at..end });
        }
        at = end;
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(*digit);
            if place % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}

fn is_phone(run: &str, digits: usize) -> bool {
    let international = (run.starts_with('+') || run.starts_with("00")) && (9..=15).contains(&digits);
    let groups: Vec<usize> =
        run.split(|letter: char| !letter.is_ascii_digit()).map(str::len).filter(|length| *length > 0).collect();
    let american = groups == [3, 3, 4] || groups == [1, 3, 3, 4];
    international || american
}

fn network_addresses(text: &str, finds: &mut Vec<PersonalFind>) {
    let part = |letter: char| letter.is_ascii_hexdigit() || letter == '.' || letter == ':';
    let mut start = 0;
    while let Some(offset) = text[start..].find(part) {
        let from = start + offset;
        let length = text[from..].find(|letter: char| !part(letter)).unwrap_or(text.len() - from);
        let bordered = |letter: Option<char>| !letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        let whole = bordered(text[..from].chars().next_back()) && bordered(text[from + length..].chars().next());
        start = from + length;
        let run = text[from..start].trim_end_matches(['.', ':']);
        // A port may follow an address of version 4.
        let (run, _) = if run.contains('.') { run.split_once(':').unwrap_or((run, "")) } else { (run, "") };
        // "::" alone, and "1::" in program texts, are seldom addresses.
        let plausible = run.len() <= 45 && (run.contains('.') || run.matches(':').count() >= 3);
        if whole && plausible && run.parse::<IpAddr>().is_ok() {
            finds.push(PersonalFind { kind: PersonalKind::NetworkAddress, range: from..from + run.len() });
        }
    }
}

const STREET_WORDS: [&str; 14] = [
    "street",
    "st",
    "avenue",
    "ave",
    "road",
    "rd",
    "boulevard",
    "blvd",
    "lane",
    "ln",
    "drive",
    "court",
    "square",
    "highway",
];

/// `221 Baker Street`: a number of up to five digits, one to three words in capitals, a word for a street.
fn streets(text: &str, finds: &mut Vec<PersonalFind>) {
    let mut words = Vec::new();
    let mut from = None;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        match (letter.is_alphanumeric(), from) {
            (true, None) => from = Some(at),
            (false, Some(start)) => {
                words.push(start..at);
                from = None;
            }
            _ => {}
        }
    }
    let mut next = 0;
    while next < words.len() {
        let number = &text[words[next].clone()];
        let is_number = (1..=5).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        let named = (1..=3).find(|names| {
            let Some(last) = words.get(next + names + 1) else { return false };
            let between = &text[words[next].end..last.start];
            let capitals = |range: &Range<usize>| text[range.clone()].starts_with(char::is_uppercase);
            words[next + 1..=next + names].iter().all(capitals)
                && !between.contains(['\n', ',', ';', ':'])
                && STREET_WORDS.contains(&text[last.clone()].to_lowercase().as_str())
                && capitals(last)
        });
        match named.filter(|_| is_number) {
            Some(names) => {
                let range = words[next].start..words[next + names + 1].end;
                finds.push(PersonalFind { kind: PersonalKind::Street, range });
                next += names + 2;
            }
            None => next += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(PersonalKind, &str)> {
        find_personal(text).into_iter().map(|find| (find.kind, &text[find.range])).collect()
    }

    #[test]
    fn what_looks_personal_is_found_where_it_stands() {
        use PersonalKind::{Card, Email, NetworkAddress, Phone, Street};
        assert_eq!(kinds("Write to ann.lee+x@mail.example.org."), [(Email, "ann.lee+x@mail.example.org")]);
        assert_eq!(kinds("card 4111 1111 1111 1111, ok"), [(Card, "4111 1111 1111 1111")]);
        assert_eq!(
            kinds("call +44 20 7946 0958 or (555) 010-9999"),
            [(Phone, "+44 20 7946 0958"), (Phone, "(555) 010-9999")]
        );
        assert_eq!(
            kinds("at 192.168.7.1:80 and 2001:db8::8a2e:370:7334"),
            [(NetworkAddress, "192.168.7.1"), (NetworkAddress, "2001:db8::8a2e:370:7334")]
        );
        assert_eq!(kinds("I live at 221 Baker Street, London"), [(Street, "221 Baker Street")]);
    }

    #[test]
    fn what_only_resembles_it_is_left_alone() {
        for text in [
            "user@localhost",
            "4111 1111 1111 1112",
            "in 1999, 2000 and 2001",
            "pi is 3.14159265358979",
            "version 1.2.3",
            "12:30:45",
            "std::vec::Vec",
            "999.1.1.1",
            "5 ways to cross a street",
            "",
        ] {
            assert_eq!(kinds(text), [], "{text:?}");
        }
    }

    #[test]
    fn masking_keeps_all_other_text_and_leaves_nothing_to_find() {
        let text = "ä a@b.co ö +49 30 901820 ü";
        let masked = mask_personal(text);
        assert_eq!(masked, "ä [e-mail] ö [phone] ü");
        assert_eq!(find_personal(&masked), []);
    }
}
