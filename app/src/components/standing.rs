//! What a vote did to a contestant's rating.

use crate::{format, view_model::RevealedSide};

/// Before → after, the change, and the rank: what a vote did to one side. A withdrawn vote did nothing.
pub fn standing(side: &RevealedSide, withdrawn: bool) -> String {
    let mut text = match (side.rating_before, side.rating_after) {
        (_, Some(after)) if withdrawn => ["Rating ", &format::whole(after)].concat(),
        (Some(before), Some(after)) => {
            let change = format::change(after - before);
            ["Rating ", &format::whole(before), " → ", &format::whole(after), " (", &change, ")"].concat()
        }
        (None, Some(after)) => ["First rating ", &format::whole(after)].concat(),
        (Some(before), None) => ["Rating ", &format::whole(before)].concat(),
        (None, None) => "Not rated yet".to_owned(),
    };
    if let Some(rank) = side.rank {
        text.push_str(" · rank\u{a0}");
        text.push_str(&rank.to_string());
    }
    text
}

#[cfg(test)]
mod tests {
    use plaudit_domain::{ContestantKind, ContestantSlug};

    use super::*;

    fn text(before: Option<f64>, after: Option<f64>, withdrawn: bool) -> String {
        let side = RevealedSide {
            slug: ContestantSlug::from_name("x"),
            name: "x".to_owned(),
            kind: ContestantKind::LanguageModel,
            rating_before: before,
            rating_after: after,
            rank: Some(2),
        };
        standing(&side, withdrawn)
    }

    #[test]
    fn a_rating_is_shown_with_what_the_vote_did_to_it() {
        assert_eq!(text(Some(1000.0), Some(1003.14), false), "Rating 1000 → 1003 (+3.1) · rank\u{a0}2");
        assert_eq!(text(None, Some(1003.14), false), "First rating 1003 · rank\u{a0}2");
        assert_eq!(text(None, None, false), "Not rated yet · rank\u{a0}2");
    }

    #[test]
    fn a_withdrawn_vote_shows_no_change() {
        assert_eq!(text(Some(1000.0), Some(1001.0), true), "Rating 1001 · rank\u{a0}2");
    }
}
