//! Which key does what on the battle page.
//!
//! ↑ and ↓ stay with the browser: a long generation must scroll. So do all keys with a modifier.

use plaudit_domain::Outcome;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Answer the battle.
    Vote(Outcome),
    /// Leave the battle.
    Skip,
    /// Take the vote back.
    Undo,
    /// Go to the next battle.
    Next,
}

/// What the key does now; `None` leaves it to the browser.
pub fn action(key: &str, voted: bool) -> Option<Action> {
    let action = match key {
        "1" | "ArrowLeft" => Action::Vote(Outcome::Left),
        "2" | "ArrowRight" => Action::Vote(Outcome::Right),
        "3" | "t" | "T" => Action::Vote(Outcome::Tie),
        "4" | "x" | "X" => Action::Vote(Outcome::BothBad),
        "s" | "S" => Action::Skip,
        "u" | "U" => Action::Undo,
        "n" | "N" | "Enter" => Action::Next,
        _ => return None,
    };
    let meant_for_after = matches!(action, Action::Undo | Action::Next);
    (meant_for_after == voted).then_some(action)
}

/// The key shown on an outcome's button.
pub fn hint(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Left => "1",
        Outcome::Right => "2",
        Outcome::Tie => "3",
        Outcome::BothBad => "4",
    }
}

/// The keys of an outcome, as `aria-keyshortcuts` writes them.
pub fn shortcuts(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Left => "1 ArrowLeft",
        Outcome::Right => "2 ArrowRight",
        Outcome::Tie => "3 T",
        Outcome::BothBad => "4 X",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_its_hinted_key_before_the_vote_and_none_after() {
        for outcome in Outcome::ALL {
            assert_eq!(action(hint(outcome), false), Some(Action::Vote(outcome)));
            for key in shortcuts(outcome).split(' ') {
                assert_eq!(action(key, false), Some(Action::Vote(outcome)));
                assert_eq!(action(key, true), None);
            }
        }
    }

    #[test]
    fn enter_never_leaves_an_unvoted_battle() {
        assert_eq!(action("Enter", false), None);
        assert_eq!(action("n", false), None);
        assert_eq!(action("Enter", true), Some(Action::Next));
        assert_eq!(action("u", true), Some(Action::Undo));
        assert_eq!(action("s", true), None);
    }

    #[test]
    fn keys_that_scroll_stay_with_the_browser() {
        for key in ["ArrowUp", "ArrowDown", " ", "PageDown", "Home", "Tab"] {
            assert_eq!(action(key, false), None);
            assert_eq!(action(key, true), None);
        }
    }
}
