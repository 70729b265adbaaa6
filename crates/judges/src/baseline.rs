//! Judges that understand nothing.

use plaudit_domain::BattleId;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use crate::verdict::{Preference, Reading};

/// Characters of an answer, as Unicode scalar values.
pub(crate) fn characters(answer: &str) -> f64 {
    answer.chars().count() as f64
}

/// Marks of markdown per 100 words: headings, list items, pairs of `**` or `__`, fenced blocks. 0 for no words.
pub(crate) fn markdown_density(answer: &str) -> f64 {
    let words = answer.split_whitespace().count();
    if words == 0 {
        return 0.0;
    }
    let (mut marks, mut fences) = (0, 0);
    for line in answer.lines().map(str::trim_start) {
        if line.starts_with("```") {
            fences += 1;
        } else if fences % 2 == 0 {
            marks += usize::from(is_heading(line) || is_list_item(line));
            marks += line.matches("**").count() / 2 + line.matches("__").count() / 2;
        }
    }
    // A block that was cut off has no closing fence.
    marks += usize::div_ceil(fences, 2);
    100.0 * marks as f64 / words as f64
}

fn is_heading(line: &str) -> bool {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    (1..=6).contains(&level) && line[level..].starts_with(' ')
}

fn is_list_item(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &line[digits..];
    if digits > 0 {
        rest.starts_with(". ") || rest.starts_with(") ")
    } else {
        line.starts_with(['-', '*', '+']) && line[1..].starts_with(' ')
    }
}

/// The score of the likelier side is 1, of the other 0, and ½ each for a tie.
pub(crate) fn without_probability(answer: Preference) -> Reading {
    let left_score = match answer {
        Preference::Left => 1.0,
        Preference::Right => 0.0,
        Preference::Tie => 0.5,
    };
    Reading { answer, left_score, right_score: 1.0 - left_score, left_better: None }
}

/// What the random judge of this id says of this battle: as shown, and swapped.
pub(crate) fn random(judge: &str, battle: BattleId) -> [Preference; 2] {
    let mut hasher = blake3::Hasher::new_derive_key("plaudit 2026 random judge");
    hasher.update(judge.as_bytes()).update(battle.as_bytes());
    let mut random = ChaCha8Rng::from_seed(*hasher.finalize().as_bytes());
    // 2^64 leaves a remainder of 1 by 3: a bias of 5e-20.
    [(); 2].map(|()| [Preference::Left, Preference::Right, Preference::Tie][(random.next_u64() % 3) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_counted_per_hundred_words() {
        // Six words (two of them a heading's mark and a list's), and three marks.
        assert!((markdown_density("# Title\n\n- one **two** three") - 100.0 * 3.0 / 6.0).abs() < 1e-12);
        assert_eq!(markdown_density("#hashtag and 2.5 and -1 and *emphasis*"), 0.0);
        assert_eq!(markdown_density("1. one\n2) two"), 50.0);
        assert_eq!(markdown_density(""), 0.0);
        // What stands in a block is code: one mark for the block.
        assert!((markdown_density("```\n# not a heading\n- not an item\n```") - 100.0 / 10.0).abs() < 1e-12);
        assert!(markdown_density("```\ncut off") > 0.0);
    }

    #[test]
    fn the_random_judge_is_reproducible_fair_and_looks_at_nothing_else() {
        let battle = |number: u128| BattleId::from_bytes(number.to_le_bytes());
        assert_eq!(random("random/1", battle(7)), random("random/1", battle(7)));
        let mut counts = [0_u32; 3];
        let mut same = 0;
        for number in 0..6_000 {
            let [shown, swapped] = random("random/1", battle(number));
            counts[shown as usize] += 1;
            same += u32::from(shown == swapped);
        }
        // Four standard deviations of 2,000 ± 36.5.
        assert!(counts.iter().chain([&same]).all(|count| (1_854..2_146).contains(count)), "{counts:?} {same}");
        let other: Vec<_> = (0..50).map(|number| random("random/2", battle(number))).collect();
        assert_ne!(other, (0..50).map(|number| random("random/1", battle(number))).collect::<Vec<_>>());
    }
}
