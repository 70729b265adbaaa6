//! What language models are asked. A change of a word here is a new version of the judges that ask it.

/// The answers to [`is_it_good`].
pub(crate) const TRUE_OR_FALSE: [&str; 2] = ["True", "False"];

/// The answers to [`which_is_better`].
pub(crate) const A_OR_B: [&str; 2] = ["A", "B"];

/// After Kadavath et al. 2022: one answer, and whether it is a good one.
pub(crate) fn is_it_good(prompt: &str, answer: &str) -> String {
    format!(
        "Question: {prompt}\n\nProposed answer: {answer}\n\nIs the proposed answer a good answer to the question? Reply with \
         one word, True or False."
    )
}

/// After Zheng et al. 2023: both answers, and which is the better one.
pub(crate) fn which_is_better(prompt: &str, first: &str, second: &str) -> String {
    format!(
        "Question: {prompt}\n\nAnswer A: {first}\n\nAnswer B: {second}\n\nWhich answer to the question is better? Reply with one \
         letter, A or B."
    )
}
