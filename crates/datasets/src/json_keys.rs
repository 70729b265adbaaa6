const MAX_KEYS: usize = 64;

/// The keys of the first object of a JSON text that may be cut off anywhere, and the value of its key `format` where
/// that is a string. Never fails: what is not JSON has no keys.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct FirstObject {
    pub(crate) keys: Vec<String>,
    pub(crate) format: Option<String>,
}

impl FirstObject {
    /// Looks at a text from its first `{` on.
    pub(crate) fn scan(text: &[u8]) -> Self {
        let mut found = Self::default();
        let (mut depth, mut at, mut expects_key) = (0_u64, 0, false);
        while at < text.len() && found.keys.len() < MAX_KEYS {
            match text[at] {
                b'"' => {
                    let Some(end) = string_end(text, at) else { break };
                    if depth == 1 {
                        let string = serde_json::from_slice::<String>(&text[at..end]).unwrap_or_default();
                        if expects_key {
                            found.keys.push(string);
                            expects_key = false;
                        } else if found.keys.last().is_some_and(|key| key == "format") {
                            found.format = Some(string);
                        }
                    }
                    at = end;
                    continue;
                }
                b'{' | b'[' => {
                    depth += 1;
                    expects_key = depth == 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                b',' if depth == 1 => expects_key = true,
                _ => {}
            }
            at += 1;
        }
        found
    }
}

/// Where the string that starts at `start` ends, one past its closing quote.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_keys_of_the_first_object_are_found_even_if_it_is_cut_off() {
        let text = br#"{"a": {"inner": 1}, "b": ["x", {"y": 2}], "format": "plaudit-arena/1", "c\"d": "value, "#;
        let found = FirstObject::scan(text);
        assert_eq!(found.keys, ["a", "b", "format", "c\"d"]);
        assert_eq!(found.format.as_deref(), Some("plaudit-arena/1"));
        assert_eq!(FirstObject::scan(br#"{"a":1} {"b":2}"#).keys, ["a"]);
        assert_eq!(FirstObject::scan(br#"{"format":{"x":"y"},"z":"w"}"#).format, None);
    }
}
