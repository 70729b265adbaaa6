use std::collections::HashMap;

use plaudit_domain::{Outcome, VoterId};
use serde::Serialize;

use super::{
    ExportError, ExportSummary, ExportedSide, ExportedVote, VoteWriter,
    cells::{Hex, Iso, lmarena_winner},
    rows::Rows,
    style::{BoldCounts, HeaderCounts, ListCounts, StyleCounts, TOKEN_COUNTER, has_code},
};

/// The columns of LMArena's table of 55,000 votes, in which prompt and responses are JSON lists with a text for each
/// turn. It has no word for "both bad": such a vote stands there as a tie.
pub(super) struct Arena55k(Rows);

const COLUMNS_55K: [&str; 9] = [
    "id",
    "model_a",
    "model_b",
    "prompt",
    "response_a",
    "response_b",
    "winner_model_a",
    "winner_model_b",
    "winner_tie",
];

impl Arena55k {
    pub(super) fn new(mut rows: Rows) -> Result<Self, ExportError> {
        rows.header(COLUMNS_55K)?;
        Ok(Self(rows))
    }
}

impl VoteWriter for Arena55k {
    fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        self.0.vote(vote)?;
        let turns = |text: Option<&str>| serde_json::to_string(&[text]).map_err(|error| self.0.fail(error.into()));
        let (prompt, left, right) = (turns(vote.prompt_text())?, turns(vote.left.text())?, turns(vote.right.text())?);
        let flag = |flag: bool| if flag { "1" } else { "0" };
        let outcome = vote.outcome;
        self.0.cells([
            Hex::of(vote.id.as_bytes()).as_str(),
            vote.left.contestant.as_str(),
            vote.right.contestant.as_str(),
            &prompt,
            &left,
            &right,
            flag(outcome == Outcome::Left),
            flag(outcome == Outcome::Right),
            flag(matches!(outcome, Outcome::Tie | Outcome::BothBad)),
        ])
    }

    fn finish(self: Box<Self>) -> Result<ExportSummary, ExportError> {
        self.0.finish()
    }
}

/// The columns of LMArena's set of 140,000 votes. A session is a voter; the order within it is counted, which takes some
/// 24 bytes for each voter.
pub(super) struct Arena140k {
    rows: Rows,
    sessions: HashMap<VoterId, u32>,
}

impl Arena140k {
    pub(super) fn new(rows: Rows) -> Self {
        Self { rows, sessions: HashMap::new() }
    }
}

#[derive(Serialize)]
struct Row<'v> {
    id: Hex,
    model_a: &'v str,
    model_b: &'v str,
    winner: &'static str,
    evaluation_session_id: Hex,
    evaluation_order: u32,
    conversation_a: [Message<'v>; 2],
    conversation_b: [Message<'v>; 2],
    full_conversation: [Round<'v>; 1],
    conv_metadata: Metadata,
    category_tag: CategoryTag<'v>,
    language: Option<&'v str>,
    is_code: bool,
    timestamp: Option<Iso>,
}

#[derive(Serialize, Clone, Copy)]
struct Message<'v> {
    role: &'static str,
    content: [Part<'v>; 1],
}

/// All parts have all fields, as tables of structures want it.
#[derive(Serialize, Clone, Copy)]
struct Part<'v> {
    r#type: &'static str,
    text: Option<&'v str>,
    image: Option<&'v str>,
    #[serde(rename = "mimeType")]
    mime_type: Option<&'static str>,
}

#[derive(Serialize)]
struct Round<'v> {
    user: Message<'v>,
    model_side_a: Message<'v>,
    model_side_b: Message<'v>,
}

#[derive(Serialize)]
struct CategoryTag<'v> {
    plaudit: Option<&'v str>,
}

#[derive(Serialize)]
struct Metadata {
    sum_user_tokens: u64,
    sum_assistant_a_tokens: u64,
    sum_assistant_b_tokens: u64,
    context_a_tokens: u64,
    context_b_tokens: u64,
    header_count_a: HeaderCounts,
    header_count_b: HeaderCounts,
    list_count_a: ListCounts,
    list_count_b: ListCounts,
    bold_count_a: BoldCounts,
    bold_count_b: BoldCounts,
    turns: u32,
    token_counter: &'static str,
}

fn prompt_message(vote: &ExportedVote) -> Message<'_> {
    Message { role: "user", content: [Part { r#type: "text", text: vote.prompt_text(), image: None, mime_type: None }] }
}

fn answer_message(side: &ExportedSide) -> Message<'_> {
    let part = match side.media() {
        Some(address) => Part { r#type: "image", text: None, image: Some(address), mime_type: mime_type(address) },
        None => Part { r#type: "text", text: side.text(), image: None, mime_type: None },
    };
    Message { role: "assistant", content: [part] }
}

fn mime_type(address: &str) -> Option<&'static str> {
    match address.rsplit('.').next()?.to_ascii_lowercase().as_str() {
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "webp" => Some("image/webp"),
        "gif" => Some("image/gif"),
        "mp4" => Some("video/mp4"),
        "webm" => Some("video/webm"),
        _ => None,
    }
}

impl VoteWriter for Arena140k {
    fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        self.rows.vote(vote)?;
        let order = self.sessions.entry(vote.voter).or_default();
        *order += 1;
        let texts = [vote.prompt_text(), vote.left.text(), vote.right.text()];
        let [asked, left, right] = texts.map(|text| StyleCounts::of(text.unwrap_or_default()));
        let (user, model_side_a, model_side_b) =
            (prompt_message(vote), answer_message(&vote.left), answer_message(&vote.right));
        let prompt = vote.prompt.as_ref();
        self.rows.row(&Row {
            id: Hex::of(vote.id.as_bytes()),
            model_a: vote.left.contestant.as_str(),
            model_b: vote.right.contestant.as_str(),
            winner: lmarena_winner(vote.outcome),
            evaluation_session_id: Hex::of(vote.voter.as_bytes()),
            evaluation_order: *order,
            conversation_a: [user, model_side_a],
            conversation_b: [user, model_side_b],
            full_conversation: [Round { user, model_side_a, model_side_b }],
            conv_metadata: Metadata {
                sum_user_tokens: asked.tokens,
                sum_assistant_a_tokens: left.tokens,
                sum_assistant_b_tokens: right.tokens,
                context_a_tokens: asked.tokens,
                context_b_tokens: asked.tokens,
                header_count_a: left.headers,
                header_count_b: right.headers,
                list_count_a: left.lists,
                list_count_b: right.lists,
                bold_count_a: left.bold,
                bold_count_b: right.bold,
                turns: 1,
                token_counter: TOKEN_COUNTER,
            },
            category_tag: CategoryTag { plaudit: prompt.and_then(|prompt| prompt.category.as_deref()) },
            language: prompt.and_then(|prompt| prompt.language.as_deref()),
            is_code: texts.into_iter().flatten().any(has_code),
            timestamp: vote.cast_at.map(Iso),
        })
    }

    fn finish(self: Box<Self>) -> Result<ExportSummary, ExportError> {
        self.rows.finish()
    }
}
