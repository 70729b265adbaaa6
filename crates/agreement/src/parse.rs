use plaudit_domain::Outcome;

use crate::{Answer, Unparsed};

/// Reads a judge's verdict out of its text by the rules of GenAI-Bench.
///
/// The verdict is what first matches `\[\[.*\]\]`: from the first `[[` of a line to the last `]]` of the same line, in the
/// first line that has both. `>>` reads as `>`. What then stands there must be `[[A>B]]`, `[[B>A]]`, `[[A=B=Good]]`,
/// `[[A=B=Bad]]` or a bare `[[A=B]]`, a tie of no kind, to the letter: case and spaces matter, and what is nested, such as
/// `[[Model A is better: [[A>B]] ]]`, is a verdict in unknown words. Lines end at `\n` alone, as `.` has it in Python.
///
/// Source: D. Jiang et al., *GenAI Arena: An Open Evaluation Platform for Generative Models* (2024), and its benchmark's
/// published answers, whose field `correct` these rules reproduce.
///
/// ```
/// use plaudit_agreement::{Answer, Unparsed, parse_verdict};
/// use plaudit_domain::Outcome;
///
/// assert_eq!(parse_verdict("Model A is better: [[A>>B]]"), Answer::Outcome(Outcome::Left));
/// assert_eq!(parse_verdict("[[A=B]]"), Answer::AnyTie);
/// assert_eq!(parse_verdict("I cannot help with that."), Answer::Unparsed(Unparsed::NoVerdict));
/// ```
pub fn parse_verdict(text: &str) -> Answer {
    let Some(verdict) = text.split('\n').find_map(first_match) else { return Answer::Unparsed(Unparsed::NoVerdict) };
    match verdict.replace(">>", ">").as_str() {
        "[[A>B]]" => Answer::Outcome(Outcome::Left),
        "[[B>A]]" => Answer::Outcome(Outcome::Right),
        "[[A=B=Good]]" => Answer::Outcome(Outcome::Tie),
        "[[A=B=Bad]]" => Answer::Outcome(Outcome::BothBad),
        "[[A=B]]" => Answer::AnyTie,
        _ => Answer::Unparsed(Unparsed::UnknownVerdict),
    }
}

fn first_match(line: &str) -> Option<&str> {
    let start = line.find("[[")?;
    let length = line[start + 2..].rfind("]]")?;
    Some(&line[start..start + 2 + length + 2])
}
