use std::borrow::Cow;

use plaudit_domain::Outcome;
use serde_json::value::RawValue;

use super::{Comparison, Take};
use crate::{
    Fault, Reason,
    input::Input,
    json_rows::{JsonRows, RawRow},
    rejection::clip,
    row::{Row, parse},
};

/// `data/testset-v1.json` of PandaLM: `cmp_key` names the two models with `_` between them, `annotator1` and so on say 1
/// or 2 for the better answer and 0 for a tie. Python wrote it, with `NaN` where an instruction has no input.
pub(super) fn each_row(input: Input<'_>, take: &mut Take<'_>) -> Result<(), Fault> {
    let mut rows = JsonRows::new(input);
    while let Some(raw) = rows.next_row()? {
        let progress = raw.progress;
        let text = without_nan(raw.text);
        let raw = RawRow { text: &text, column: raw.column, progress };
        let row = match Row::parse(&raw)? {
            Ok(row) => row,
            Err(reason) => {
                take(Err((reason, String::new())), progress)?;
                continue;
            }
        };
        let mut annotators: Vec<(String, &RawValue)> = Vec::new();
        parse(&raw, |name, value| {
            let number = name.strip_prefix("annotator").is_some_and(|rest| rest.parse::<u32>().is_ok());
            if number {
                annotators.push((name.into_owned(), value));
            }
        })?;
        let found = comparison(&row, annotators);
        take(found.map(|one| vec![one]).map_err(|reason| (reason, row.excerpt(&["idx", "cmp_key"]))), progress)?;
    }
    Ok(())
}

/// JSON has no NaN: outside of texts it is `null` here.
fn without_nan(text: &str) -> Cow<'_, str> {
    if !text.contains("NaN") {
        return Cow::Borrowed(text);
    }
    let (mut cleaned, mut rest, mut in_text) = (String::with_capacity(text.len()), text, false);
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '\\' if in_text => rest.chars().take(2).map(char::len_utf8).sum(),
            '"' => {
                in_text = !in_text;
                1
            }
            'N' if !in_text && rest.starts_with("NaN") => {
                cleaned.push_str("null");
                rest = &rest[3..];
                continue;
            }
            letter => letter.len_utf8(),
        };
        cleaned.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    Cow::Owned(cleaned)
}

fn comparison(row: &Row<'_>, annotators: Vec<(String, &RawValue)>) -> Result<Comparison, Reason> {
    let key = row.required_name("cmp_key")?;
    let (left, right) = match key.split_once('_') {
        Some((left, right)) if !left.is_empty() && !right.is_empty() && !right.contains('_') => (left, right),
        _ => {
            let message = format!("{:?} does not name two models with one _ between them", clip(&key, 80));
            return Err(Reason::Malformed { what: "cmp_key", message });
        }
    };
    if left == right {
        return Err(Reason::SelfBattle(clip(left, 80)));
    }
    let instruction = row.required_text("instruction")?;
    let prompt = match row.text("input")?.filter(|input| !input.trim().is_empty()) {
        Some(input) => format!("{instruction}\n\n{input}"),
        None => instruction,
    };
    let (left_text, right_text) = (row.required_text("response1")?, row.required_text("response2")?);
    let mut votes = Vec::new();
    for (name, value) in annotators {
        let outcome = match value.get() {
            "1" => Outcome::Left,
            "2" => Outcome::Right,
            "0" => Outcome::Tie,
            "null" => continue,
            other => return Err(Reason::UnknownOutcome(clip(other, 80))),
        };
        votes.push((name, outcome));
    }
    if votes.is_empty() {
        return Err(Reason::MissingField { field: "annotator1" });
    }
    Ok(Comparison {
        identity: format!("{key}\n{prompt}\n{left_text}\n{right_text}"),
        left: left.to_owned(),
        right: right.to_owned(),
        prompt: Some(prompt),
        left_text: Some(left_text),
        right_text: Some(right_text),
        votes,
        cast_at: None,
        anonymous: Some(true),
        category: row.text("motivation_app")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_null_outside_of_texts_alone() {
        assert_eq!(
            without_nan(r#"{"a": NaN, "NaN": "NaN \"NaN\\", "b":NaN}"#),
            r#"{"a": null, "NaN": "NaN \"NaN\\", "b":null}"#
        );
    }
}
