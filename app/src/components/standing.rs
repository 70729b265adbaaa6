//! What a vote did to a contestant's rating.

use leptos::prelude::*;

use crate::{format, view_model::RevealedSide};

/// Before → after, the change, and the rank: what a vote did to one side. A withdrawn vote did nothing.
#[component]
pub fn Standing(
    /// The side.
    side: RevealedSide,
    /// The vote was taken back, so that the rating stands where it stood.
    withdrawn: bool,
) -> impl IntoView {
    let rating = match (side.rating_before, side.rating_after) {
        (_, Some(after)) if withdrawn => ["Rating ", &format::whole(after)].concat(),
        (Some(before), Some(after)) => {
            ["Rating ", &format::whole(before), " → ", &format::whole(after), " (", &format::change(after - before), ")"]
                .concat()
        }
        (None, Some(after)) => ["First rating ", &format::whole(after)].concat(),
        (Some(before), None) => ["Rating ", &format::whole(before)].concat(),
        (None, None) => "Not rated yet".to_owned(),
    };
    let rank = side.rank.map(|rank| [" · rank ", &rank.to_string()].concat());
    view! {
        <span class="standing">
            {rating}
            {rank}
        </span>
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use plaudit_domain::{ContestantKind, ContestantSlug};

    use super::*;

    fn html(before: Option<f64>, after: Option<f64>, withdrawn: bool) -> String {
        let side = RevealedSide {
            slug: ContestantSlug::from_name("x"),
            name: "x".to_owned(),
            kind: ContestantKind::LanguageModel,
            rating_before: before,
            rating_after: after,
            rank: Some(2),
        };
        Owner::new().with(|| view! { <Standing side withdrawn/> }.to_html())
    }

    #[test]
    fn a_rating_is_shown_with_what_the_vote_did_to_it() {
        assert!(html(Some(1000.0), Some(1003.14), false).contains("Rating 1000 → 1003 (+3.1)"));
        assert!(html(None, Some(1003.14), false).contains("First rating 1003"));
        assert!(html(None, None, false).contains("Not rated yet"));
    }

    #[test]
    fn a_withdrawn_vote_shows_no_change() {
        let html = html(Some(1000.0), Some(1001.0), true);
        assert!(html.contains("Rating 1001") && !html.contains('→'), "{html}");
    }
}
