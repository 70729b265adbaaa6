use plaudit_domain::{Outcome, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Comparison, Take};
use crate::{
    Fault, Reason,
    input::Input,
    json_rows::JsonRows,
    rejection::clip,
    row::{Row, message},
};

/// What Open WebUI's *Evaluations, Feedback, Export* writes. A rating of 1 says that the rated answer is better than that of
/// every model beside it, −1 that it is worse, as its leaderboard has it.
#[derive(Deserialize)]
struct Feedback {
    id: String,
    user_id: String,
    data: Option<Data>,
    meta: Option<Meta>,
    created_at: Option<f64>,
}

#[derive(Deserialize)]
struct Data {
    rating: Option<Box<RawValue>>,
    model_id: Option<String>,
    sibling_model_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Meta {
    arena: Option<bool>,
}

pub(super) fn each_row(input: Input<'_>, take: &mut Take<'_>) -> Result<(), Fault> {
    let mut rows = JsonRows::new(input);
    while let Some(raw) = rows.next_row()? {
        let progress = raw.progress;
        let row = match Row::parse(&raw)? {
            Ok(row) => row,
            Err(reason) => {
                take(Err((reason, String::new())), progress)?;
                continue;
            }
        };
        let found = serde_json::from_str::<Feedback>(raw.text)
            .map_err(|error| Reason::Malformed { what: "feedback", message: clip(&message(&error), 200) })
            .and_then(comparisons);
        take(found.map_err(|reason| (reason, row.excerpt(&["id", "type"]))), progress)?;
    }
    Ok(())
}

fn comparisons(feedback: Feedback) -> Result<Vec<Comparison>, Reason> {
    let data = feedback.data.ok_or(Reason::MissingField { field: "data" })?;
    let model =
        data.model_id.filter(|name| !name.trim().is_empty()).ok_or(Reason::MissingField { field: "model_id" })?;
    let rating = data.rating.ok_or(Reason::MissingField { field: "rating" })?;
    let won = match rating.get().trim_matches('"') {
        "1" => true,
        "-1" => false,
        other => return Err(Reason::UnknownOutcome(clip(other, 80))),
    };
    let cast_at = match feedback.created_at {
        Some(seconds) => {
            let bad = || Reason::BadTimestamp(clip(&seconds.to_string(), 40));
            Some(Timestamp::from_unix_seconds(seconds).ok_or_else(bad)?)
        }
        None => None,
    };
    let mut siblings = data.sibling_model_ids.unwrap_or_default();
    siblings.retain(|name| !name.trim().is_empty() && *name != model);
    siblings.sort();
    siblings.dedup();
    if siblings.is_empty() {
        let message = "it rates one answer beside no other, which is no vote on a pair".to_owned();
        return Err(Reason::Malformed { what: "vote", message });
    }
    let comparison = |sibling: String| {
        // Where each stood is not told: the sides are in the order of their names, so that none is always left.
        let rated_left = model < sibling;
        let (left, right) = if rated_left { (model.clone(), sibling) } else { (sibling, model.clone()) };
        let outcome = if rated_left == won { Outcome::Left } else { Outcome::Right };
        Comparison {
            identity: format!("{}\n{left}\n{right}", feedback.id),
            left,
            right,
            prompt: None,
            left_text: None,
            right_text: None,
            votes: vec![(feedback.user_id.clone(), outcome)],
            cast_at,
            anonymous: feedback.meta.as_ref().and_then(|meta| meta.arena),
            category: None,
        }
    };
    Ok(siblings.into_iter().map(comparison).collect())
}
