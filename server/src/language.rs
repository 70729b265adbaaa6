//! The language of a prompt, from its words alone: nobody is asked.
//!
//! Prompts are short, so two recognisers look at each: whichlang, which tells its sixteen languages apart in few words, and whatlang,
//! which knows seventy and says how sure it is. Where neither is to be believed the language stays unknown: a filter that leaves a
//! prompt out does less harm than one that takes a wrong one in. Of the 1,224 prompts of GenAI-Bench and of the arenas that ship here
//! one in ten stays unknown, and 4 or 5 in 100 of the others get a wrong language: names, brands, and what is hardly a sentence.

use std::{fmt, str::FromStr};

use whatlang::Lang;

/// Fewer letters in fewer words are too few: `pen` and `lion` are words of many languages.
const LEAST_LETTERS: usize = 12;
const LEAST_WORDS: usize = 3;
/// Of characters that are words, or nearly.
const LEAST_CHARACTERS: usize = 2;
/// From which confidence on whatlang's language is a reason to doubt whichlang's. At 0.15 one English prompt of GenAI-Bench in 27 is
/// doubted without need.
const DOUBT: f64 = 0.15;

/// A tag of BCP 47: two letters, or three where the language has no shorter one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LanguageTag(&'static str);

impl LanguageTag {
    /// The letters.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// A language that an export may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LanguageFilter {
    /// This one.
    Tag(LanguageTag),
    /// `und`: none was recognised, or the prompt is not known.
    Unknown,
}

impl LanguageFilter {
    /// Whether a prompt in this language passes.
    pub fn matches(self, language: Option<LanguageTag>) -> bool {
        match self {
            Self::Tag(tag) => language == Some(tag),
            Self::Unknown => language.is_none(),
        }
    }
}

impl FromStr for LanguageFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("und") {
            return Ok(Self::Unknown);
        }
        let tag = Lang::all().iter().map(|lang| tag(*lang)).find(|tag| tag.0.eq_ignore_ascii_case(text));
        tag.map(Self::Tag).ok_or_else(|| {
            format!("{text:?} is no language that is recognised: expected a tag such as en, de or zh, or und for prompts whose language is not")
        })
    }
}

impl fmt::Display for LanguageFilter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Tag(tag) => tag.0,
            Self::Unknown => "und",
        })
    }
}

/// The language of a text, where it shows.
pub fn of(text: &str) -> Option<LanguageTag> {
    let letters = text.chars().filter(|character| character.is_alphabetic());
    let characters = letters.clone().filter(|character| *character >= '\u{2e80}').count();
    let words = text.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
    if letters.count() < LEAST_LETTERS && words < LEAST_WORDS && characters < LEAST_CHARACTERS {
        return None;
    }
    let (likeliest, general) = (of_sixteen(text), whatlang::detect(text)?);
    if is_of_sixteen(general.lang()) || general.confidence() < DOUBT {
        Some(likeliest)
    } else {
        general.is_reliable().then(|| tag(general.lang()))
    }
}

fn of_sixteen(text: &str) -> LanguageTag {
    LanguageTag(match whichlang::detect_language(text) {
        whichlang::Lang::Ara => "ar",
        whichlang::Lang::Cmn => "zh",
        whichlang::Lang::Deu => "de",
        whichlang::Lang::Eng => "en",
        whichlang::Lang::Fra => "fr",
        whichlang::Lang::Hin => "hi",
        whichlang::Lang::Ita => "it",
        whichlang::Lang::Jpn => "ja",
        whichlang::Lang::Kor => "ko",
        whichlang::Lang::Nld => "nl",
        whichlang::Lang::Por => "pt",
        whichlang::Lang::Rus => "ru",
        whichlang::Lang::Spa => "es",
        whichlang::Lang::Swe => "sv",
        whichlang::Lang::Tur => "tr",
        whichlang::Lang::Vie => "vi",
    })
}

fn is_of_sixteen(lang: Lang) -> bool {
    use Lang::{Ara, Cmn, Deu, Eng, Fra, Hin, Ita, Jpn, Kor, Nld, Por, Rus, Spa, Swe, Tur, Vie};
    matches!(lang, Ara | Cmn | Deu | Eng | Fra | Hin | Ita | Jpn | Kor | Nld | Por | Rus | Spa | Swe | Tur | Vie)
}

fn tag(lang: Lang) -> LanguageTag {
    LanguageTag(match lang {
        Lang::Afr => "af",
        Lang::Aka => "ak",
        Lang::Amh => "am",
        Lang::Ara => "ar",
        Lang::Aze => "az",
        Lang::Bel => "be",
        Lang::Ben => "bn",
        Lang::Bul => "bg",
        Lang::Cat => "ca",
        Lang::Ces => "cs",
        Lang::Cmn => "zh",
        Lang::Cym => "cy",
        Lang::Dan => "da",
        Lang::Deu => "de",
        Lang::Ell => "el",
        Lang::Eng => "en",
        Lang::Epo => "eo",
        Lang::Est => "et",
        Lang::Fin => "fi",
        Lang::Fra => "fr",
        Lang::Guj => "gu",
        Lang::Heb => "he",
        Lang::Hin => "hi",
        Lang::Hrv => "hr",
        Lang::Hun => "hu",
        Lang::Hye => "hy",
        Lang::Ind => "id",
        Lang::Ita => "it",
        Lang::Jav => "jv",
        Lang::Jpn => "ja",
        Lang::Kan => "kn",
        Lang::Kat => "ka",
        Lang::Khm => "km",
        Lang::Kor => "ko",
        Lang::Lat => "la",
        Lang::Lav => "lv",
        Lang::Lit => "lt",
        Lang::Mal => "ml",
        Lang::Mar => "mr",
        Lang::Mkd => "mk",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Nld => "nl",
        Lang::Nob => "nb",
        Lang::Ori => "or",
        Lang::Pan => "pa",
        Lang::Pes => "fa",
        Lang::Pol => "pl",
        Lang::Por => "pt",
        Lang::Ron => "ro",
        Lang::Rus => "ru",
        Lang::Sin => "si",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Sna => "sn",
        Lang::Spa => "es",
        Lang::Srp => "sr",
        Lang::Swe => "sv",
        Lang::Tam => "ta",
        Lang::Tel => "te",
        Lang::Tgl => "tl",
        Lang::Tha => "th",
        Lang::Tuk => "tk",
        Lang::Tur => "tr",
        Lang::Ukr => "uk",
        Lang::Urd => "ur",
        Lang::Uzb => "uz",
        Lang::Vie => "vi",
        Lang::Yid => "yi",
        Lang::Zul => "zu",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_prompts_are_told_apart() {
        let prompts = [
            ("en", "a blue cat with a hat"),
            ("en", "Explain gravity to a child."),
            ("de", "ein blauer Hund mit Hut"),
            ("de", "Was ist die Hauptstadt von Frankreich?"),
            ("fr", "Écris un poème sur l'automne"),
            ("es", "un gato azul con sombrero"),
            ("it", "un gatto blu con un cappello"),
            ("pt", "um gato azul com chapéu"),
            ("nl", "Schrijf een gedicht over de herfst"),
            ("sv", "Skriv en dikt om hösten"),
            ("tr", "Sonbahar hakkında bir şiir yaz"),
            ("ru", "Напиши стихотворение об осени"),
            ("uk", "Напиши вірш про осінь"),
            ("ja", "帽子をかぶった青い猫"),
            ("zh", "戴帽子的蓝猫"),
            ("ko", "모자를 쓴 파란 고양이"),
            ("hi", "टोपी पहने नीली बिल्ली"),
            ("ar", "قطة زرقاء ترتدي قبعة"),
            ("vi", "con mèo xanh đội mũ"),
            ("pl", "Andrzej jako kierowca na mecie wyścigu w deszczowy dzień z przyjaciółmi"),
        ];
        for (expected, prompt) in prompts {
            assert_eq!(of(prompt).map(LanguageTag::as_str), Some(expected), "{prompt}");
        }
    }

    #[test]
    fn what_is_no_language_or_too_short_has_none() {
        for prompt in ["", "12 + 30 = ?", "🙂🙂🙂", "pen", "A frog", "犬"] {
            assert_eq!(of(prompt), None, "{prompt}");
        }
    }

    #[test]
    fn a_language_is_asked_for_by_its_tag() {
        assert_eq!("EN".parse(), Ok(LanguageFilter::Tag(LanguageTag("en"))));
        assert_eq!("und".parse(), Ok(LanguageFilter::Unknown));
        for wrong in ["", "english", "e", "eng", "en-GB"] {
            assert!(wrong.parse::<LanguageFilter>().unwrap_err().contains("en, de"), "{wrong}");
        }
    }
}
