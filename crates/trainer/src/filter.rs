/// What an answer for a family site, from a model that should not say what it is, must not hold (whole words, lower
/// case; a trailing `*` stands for any ending).
const UNSUITABLE: [&str; 50] = [
    "sex*",
    "nude*",
    "naked",
    "erotic*",
    "kill*",
    "murder*",
    "suicid*",
    "corpse*",
    "blood",
    "bloody",
    "rape*",
    "seduc*",
    "damn*",
    "hell",
    "bitch*",
    "shit*",
    "fuck*",
    "whore*",
    "drug",
    "drugs",
    "cocaine",
    "beer*",
    "wine",
    "wines",
    "whisk*",
    "vodka",
    "alcohol*",
    "poison*",
    "gun",
    "guns",
    "nazi*",
    "terror*",
    "weapon*",
    "dead",
    "death",
    "god",
    "jesus",
    "smollm*",
    "openai",
    "chatgpt",
    "chatbot*",
    "ai",
    "model",
    "hugging",
    "user",
    "prompt",
    "http*",
    "www*",
    "python",
    "algorithm*",
];

/// Fewer words than this are no answer.
const FEWEST_WORDS: usize = 4;

/// An answer made fit for training, or nothing if it is not worth it.
///
/// Typographic marks become plain ones; an answer that ran into the limit of tokens is cut after its last whole
/// sentence. What is left has to be plain ASCII, end as a sentence does, have no unsuitable word, and not go round in
/// circles.
pub fn tidy(answer: &str, cut: bool) -> Option<String> {
    let plain = answer.trim().replace(['’', '‘'], "'").replace(['“', '”'], "\"").replace(['—', '–'], "-");
    let plain = plain.replace("**", "").replace("...", ".");
    let mut text = plain.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    if cut {
        text.truncate(end_of_last_sentence(&text)?);
    }
    let words = words(&text);
    let fit = words.len() >= FEWEST_WORDS
        && text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte))
        && !text.contains(['<', '>', '{', '}', '[', ']', '|', '\\', '#', '`', '_', '*'])
        && text.ends_with(['.', '!', '?', '"'])
        && !words.iter().any(|word| is_unsuitable(word))
        && !goes_round(&words);
    fit.then_some(text)
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect()
}

/// Behind the last full stop, question mark or exclamation mark that follows a letter, with a quotation mark after it.
fn end_of_last_sentence(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let end = (1..bytes.len())
        .rev()
        .find(|at| matches!(bytes[*at], b'.' | b'!' | b'?') && bytes[at - 1].is_ascii_alphabetic())?;
    Some(if bytes.get(end + 1) == Some(&b'"') { end + 2 } else { end + 1 })
}

fn is_unsuitable(word: &str) -> bool {
    UNSUITABLE.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => word == *pattern,
    })
}

/// Whether some four words come three times, or a fifth of all fours is a repetition.
fn goes_round(words: &[String]) -> bool {
    let mut seen = std::collections::HashMap::new();
    for four in words.windows(4) {
        *seen.entry(four).or_insert(0_usize) += 1;
    }
    let all: usize = seen.values().sum();
    seen.values().any(|count| *count >= 3) || (all - seen.len()) * 5 > all.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_answer_ends_with_its_last_sentence() {
        let text = tidy("The cat slept all day. She said “Hello there!” Then she went", true);
        assert_eq!(text.as_deref(), Some("The cat slept all day. She said \"Hello there!\""));
        assert_eq!(tidy("A cat went over the hill and", true), None);
    }

    #[test]
    fn loops_fragments_and_unsuitable_words_are_left_out() {
        assert_eq!(tidy("The cat is a cat and the cat is a cat and the cat is a cat.", false), None);
        assert_eq!(tidy("Yes, it is", false), None);
        assert_eq!(tidy("I am an AI and I like to help.", false), None);
        assert_eq!(tidy("The knight killed the old dragon.", false), None);
        assert_eq!(tidy("The café is open all day.", false), None);
        assert!(tidy("The skilled knight made tea.", false).is_some());
    }
}
