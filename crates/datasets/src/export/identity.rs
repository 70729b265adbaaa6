//! Whether an answer tells who made it.

use std::collections::BTreeSet;

/// Makers and assistants that models name when they speak of themselves, rightly or not. Words that mean something else
/// (bard, falcon, gemini, meta, palm) are not among them: a contestant of that name has it in its own names. Each with a blank
/// before and behind it.
const KNOWN: &[&str] = &[
    " ai2 ",
    " alibaba ",
    " allen institute ",
    " alpaca ",
    " anthropic ",
    " baichuan ",
    " baidu ",
    " bigscience ",
    " chatglm ",
    " chatgpt ",
    " claude ",
    " cohere ",
    " databricks ",
    " deepmind ",
    " deepseek ",
    " google ",
    " gpt ",
    " gpt 3 ",
    " gpt 4 ",
    " gpt 5 ",
    " hugging face ",
    " huggingface ",
    " lamda ",
    " laion ",
    " llama ",
    " lmsys ",
    " meta ai ",
    " microsoft ",
    " minimax ",
    " mistral ",
    " mixtral ",
    " moonshot ai ",
    " nemotron ",
    " nvidia ",
    " open assistant ",
    " openai ",
    " openassistant ",
    " qwen ",
    " smollm ",
    " smollm2 ",
    " stability ai ",
    " stablelm ",
    " tongyi ",
    " tsinghua ",
    " uc berkeley ",
    " vicuna ",
    " xai ",
    " zhipu ",
];

/// With which a sentence speaks of its speaker, or of who made something. In the languages that the largest models write most.
const SELF: &[&str] = &[
    " i am ",
    " i m ",
    " my name is ",
    " my name s ",
    " call me ",
    " known as ",
    " as an ai ",
    " as a large language model ",
    " as a language model ",
    " language model ",
    " ai model ",
    " ai assistant ",
    " developed by ",
    " created by ",
    " trained by ",
    " made by ",
    " built by ",
    " ich bin ",
    " mein name ist ",
    " je suis ",
    " je m appelle ",
    " soy ",
    " me llamo ",
    " sono ",
    " mi chiamo ",
    " eu sou ",
    " ik ben ",
    " я ",
    " меня зовут ",
    " 我是 ",
    " 我叫 ",
];

/// Parts of contestants' names that are no names.
const COMMON: &[&str] = &[
    "assistant",
    "base",
    "baseline",
    "beta",
    "chat",
    "completion",
    "edit",
    "fast",
    "fine",
    "flash",
    "guess",
    "instruct",
    "language",
    "large",
    "latest",
    "long",
    "medium",
    "mini",
    "model",
    "nano",
    "open",
    "opus",
    "plain",
    "preview",
    "random",
    "short",
    "small",
    "stories",
    "story",
    "tiny",
    "tuned",
    "turbo",
    "ultra",
    "vision",
    "words",
    "writer",
];

/// The names of a contestant, as its answers would tell them.
///
/// An answer tells who made it if one of the names stands in it whole, and is a word that nothing else is called by (it has a digit
/// or a capital inside); or if a sentence that speaks of its speaker ("I am …", "developed by …") has a part of one of the
/// names, or a well-known maker or assistant, be it the right one or not: either steers the voter. In all of this letters are
/// compared without case and words as wholes; hyphens, dots and blanks are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Each with a blank before and behind it.
    whole: BTreeSet<String>,
    parts: BTreeSet<String>,
}

impl Identity {
    /// Of a contestant that is called by these names.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let (mut whole, mut parts) = (BTreeSet::new(), BTreeSet::new());
        for name in names {
            let plain = plain(name);
            let words: Vec<&str> = plain.split_whitespace().collect();
            if is_distinctive(name) && plain.trim().len() > 2 {
                whole.insert(plain.clone());
                whole.insert(format!(" {} ", words.concat()));
            }
            let is_name = |word: &&&str| {
                word.chars().count() >= 4 && word.chars().all(char::is_alphabetic) && !COMMON.contains(*word)
            };
            parts.extend(words.iter().filter(is_name).map(|word| format!(" {word} ")));
            // SmolLM2 of SmolLM2-135M.
            if let Some(first) = words.first().filter(|word| word.len() >= 4 && !COMMON.contains(*word)) {
                parts.insert(format!(" {first} "));
            }
        }
        Self { whole, parts }
    }

    /// Whether the answer tells one of the names, or names a well-known model as its own.
    pub fn is_told_in(&self, answer: &str) -> bool {
        let all = plain(answer);
        if self.whole.iter().any(|name| all.contains(name)) {
            return true;
        }
        let holds = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
        // Most answers name nobody: their sentences need not be looked at one by one.
        let own = self.parts.iter().map(String::as_str);
        let named: Vec<&str> = own.chain(KNOWN.iter().copied()).filter(|name| all.contains(name)).collect();
        if named.is_empty() || !holds(&all, SELF) {
            return false;
        }
        let ends = |character: char| matches!(character, '.' | '!' | '?' | '\n' | '。' | '！' | '？');
        answer.split(ends).map(plain).any(|sentence| holds(&sentence, &named) && holds(&sentence, SELF))
    }
}

/// A name that is no word of a language.
fn is_distinctive(name: &str) -> bool {
    let pairs = name.chars().zip(name.chars().skip(1));
    name.chars().any(|character| character.is_ascii_digit())
        || pairs.into_iter().any(|(before, here)| before.is_lowercase() && here.is_uppercase())
}

/// In lower case, with single blanks between words and at both ends. What is written in Latin letters stands apart from what is
/// written in characters without blanks between words.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + 2);
    plain.push(' ');
    let mut before = None;
    for character in text.chars().flat_map(char::to_lowercase) {
        if !character.is_alphanumeric() {
            before = None;
            if !plain.ends_with(' ') {
                plain.push(' ');
            }
            continue;
        }
        let without_blanks = character >= '\u{2e80}';
        if before.is_some_and(|before: bool| before != without_blanks) {
            plain.push(' ');
        }
        plain.push(character);
        before = Some(without_blanks);
    }
    if !plain.ends_with(' ') {
        plain.push(' ');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::Identity;

    fn smollm() -> Identity {
        Identity::new(["smollm2-135m", "SmolLM2-135M, warm", "SmolLM2-135M-Instruct"])
    }

    #[test]
    fn an_answer_that_says_its_name_tells_who_made_it() {
        for answer in [
            "Hello! I'm SmolLM2, how can I help?",
            "I am smollm2 135M Instruct.",
            "This was written by SmolLM2-135M-Instruct",
            "As an AI, I was developed by Hugging Face.",
            "I’m ChatGPT, a model made by OpenAI.",
            "我是SmolLM2",
            "Ich bin SmolLM2 und helfe gern",
        ] {
            assert!(smollm().is_told_in(answer), "{answer}");
        }
        assert!(Identity::new(["vicuna-13b-v1.5"]).is_told_in("My name is Vicuna."));
        assert!(Identity::new(["GPT-4"]).is_told_in("Ask GPT4 about it"));
    }

    #[test]
    fn an_answer_that_talks_of_others_or_of_nothing_tells_nothing() {
        for answer in [
            "OpenAI published a paper. I am not sure when.",
            "You can look it up on Google.",
            "I am a small brown dog.",
            "The 135M dollars were spent. I am sorry.",
            "",
        ] {
            assert!(!smollm().is_told_in(answer), "{answer}");
        }
        let plain = Identity::new(["tiny-story", "Tiny stories", "Baseline"]);
        assert!(!plain.is_told_in("I am tiny, said the mouse. Baseline!"));
        assert!(!Identity::new(["Echo"]).is_told_in("The echo came back."));
        assert!(Identity::new(["Echo"]).is_told_in("I am Echo."));
    }
}
