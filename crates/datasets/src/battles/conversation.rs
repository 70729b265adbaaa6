use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// What was asked once, and what each side answered.
pub(super) struct Exchange {
    pub(super) prompt: String,
    pub(super) left: String,
    pub(super) right: String,
}

#[derive(Deserialize)]
struct Message<'r> {
    role: String,
    #[serde(borrow)]
    content: &'r RawValue,
}

/// A part of a message of LMArena's since 2025; what is no text has none.
#[derive(Deserialize)]
struct Part {
    text: Option<String>,
}

impl Exchange {
    /// Of the columns `conversation_a` and `conversation_b`, as FastChat and LMArena write them, where both are one question
    /// (the same) and one answer of texts. Longer conversations are no single generation for a prompt.
    pub(super) fn of(fields: &[(Cow<'_, str>, &RawValue)]) -> Option<Self> {
        // They are sorted by name.
        let field = |name: &str| {
            let place = fields.binary_search_by(|(known, _)| known.as_ref().cmp(name)).ok()?;
            fields.get(place).map(|(_, value)| *value)
        };
        let (prompt, left) = turn(field("conversation_a")?)?;
        let (same, right) = turn(field("conversation_b")?)?;
        (prompt == same).then_some(Self { prompt, left, right })
    }
}

fn turn(conversation: &RawValue) -> Option<(String, String)> {
    let messages: Vec<Message<'_>> = serde_json::from_str(conversation.get()).ok()?;
    let [question, answer] = messages.as_slice() else { return None };
    if question.role != "user" || answer.role != "assistant" {
        return None;
    }
    Some((text(question.content)?, text(answer.content)?))
}

/// A text, or a list with one text and nothing else.
fn text(content: &RawValue) -> Option<String> {
    let text = serde_json::from_str::<String>(content.get()).ok().or_else(|| {
        let parts: Vec<Part> = serde_json::from_str(content.get()).ok()?;
        <[Part; 1]>::try_from(parts).ok().and_then(|[part]| part.text)
    })?;
    (!text.trim().is_empty()).then_some(text)
}
