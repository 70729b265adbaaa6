use plaudit_domain::agreement::Figure;

use super::{
    DatasetFacts, Split, SplitBy,
    shards::WrittenSplit,
    statistics::{Counts, Tally},
};
use crate::export::{VOTE_FORMAT, license, parquet::Feature};

/// What `README.md` is made of: a head in YAML, which hubs and Hugging Face `datasets` read, and a text for people.
pub(super) struct Card<'d> {
    pub(super) facts: &'d DatasetFacts,
    pub(super) split: Split,
    pub(super) license: &'d str,
    pub(super) tally: &'d Tally,
    pub(super) all: &'d Counts,
    /// Those with rows.
    pub(super) splits: Vec<(&'d WrittenSplit, &'d Counts)>,
    pub(super) crossing: u64,
    /// Files of pictures.
    pub(super) pictures: usize,
    /// Files of clips and sounds.
    pub(super) clips: usize,
    pub(super) features: Vec<Feature>,
}

/// What each column says.
const COLUMNS: [(&str, &str); 37] = [
    ("vote_id", "the vote; ids are in the order of the log"),
    ("origin_vote_id", "the vote's id on the site where it was cast, if it was imported from there"),
    ("battle_id", "the battle it is about: one prompt and two answers; several voters may share one"),
    ("arena", "where the battle took place"),
    ("arena_title", "the arena's name for people"),
    ("task", "`text`, `image`, `image_edit`, `video` or `audio`"),
    ("license", "the licence of the row, an SPDX expression"),
    ("prompt_id", "a hash of arena and prompt"),
    ("prompt", "what was asked"),
    ("prompt_category", "a word such as `story`"),
    ("language", "of the prompt, a tag of BCP 47, recognised by its words; empty where that is doubtful"),
    ("left", "the contestant shown on the left, or on top on a phone"),
    ("right", "the contestant shown on the right"),
    ("winner", "`left`, `right`, `tie` (both are equally good) or `both_bad`"),
    ("strength", "how sure the voter was, from 0 to 1"),
    ("timestamp", "when the vote was cast, UTC"),
    ("voter", "who cast it, under a name that this dataset alone uses"),
    ("source", "`cast` on the site, or `imported` by it"),
    ("probability", "with which this pair was drawn, both orders together"),
    ("anonymous", "whether the voter could not see the names"),
    ("excluded", "its battle is left out of the boards, because an answer could not be made again"),
    ("withdrawn", "the voter took it back"),
    (
        "leaked",
        "whether an answer tells who made it, or calls itself by the name of a well-known model; empty without texts",
    ),
    ("left_name", "the left contestant's name for people"),
    ("left_family", "the model behind it: contestants of one family differ in their settings"),
    ("left_generation_id", "a hash of contestant, prompt, seed and text"),
    ("left_text", "what the left contestant wrote"),
    ("left_media", "the address of the picture, clip or sound that it made"),
    ("left_seed", "the seed it was made with"),
    (
        "left_verification",
        "`pooled` (made by the host or imported), `verified` (made by a browser, and again by the host), `unchecked` or `refuted`",
    ),
    ("right_name", "as on the left"),
    ("right_family", "as on the left"),
    ("right_generation_id", "as on the left"),
    ("right_text", "as on the left"),
    ("right_media", "as on the left"),
    ("right_seed", "as on the left"),
    ("right_verification", "as on the left"),
];

impl Card<'_> {
    pub(super) fn text(&self) -> String {
        let mut lines = Lines::default();
        self.head(&mut lines);
        self.overview(&mut lines);
        self.splits(&mut lines);
        self.statistics(&mut lines);
        self.limits(&mut lines);
        self.provenance(&mut lines);
        self.columns(&mut lines);
        lines.0
    }

    fn head(&self, lines: &mut Lines) {
        lines.add("---");
        lines.add(&format!("pretty_name: {}", quoted(&self.facts.title)));
        match license::hub_name(self.license) {
            Some(name) => lines.add(&format!("license: {name}")),
            None => {
                lines.add("license: other");
                lines.add(&format!("license_name: {}", quoted(self.license)));
            }
        }
        lines.list("task_categories", self.tally.tasks.iter().copied());
        lines.list("size_categories", [size_category(self.all.votes)]);
        if !self.tally.languages.is_empty() {
            lines.list("language", self.tally.languages.iter().map(String::as_str));
        }
        lines.list("tags", ["human-feedback", "preference", "arena"]);
        lines.add("configs:");
        lines.add("- config_name: default");
        lines.add("  data_files:");
        for (split, _) in &self.splits {
            lines.add(&format!("  - split: {}", split.name));
            lines.add(&format!("    path: data/{}-*", split.name));
        }
        lines.add("dataset_info:");
        lines.add("  config_name: default");
        lines.add("  features:");
        for feature in &self.features {
            lines.add(&format!("  - name: {}", feature.name));
            lines.add(&format!("    dtype: {}", feature.dtype));
        }
        lines.add("  splits:");
        let (mut files, mut arrow) = (0, 0);
        for (split, _) in &self.splits {
            lines.add(&format!("  - name: {}", split.name));
            lines.add(&format!("    num_bytes: {}", split.arrow_bytes));
            lines.add(&format!("    num_examples: {}", split.rows));
            files += split.file_bytes;
            arrow += split.arrow_bytes;
        }
        lines.add(&format!("  download_size: {files}"));
        lines.add(&format!("  dataset_size: {arrow}"));
        lines.add("---");
    }

    fn overview(&self, lines: &mut Lines) {
        lines.add("");
        lines.add(&format!("# {}", plain(&self.facts.title)));
        let Counts { votes, battles, contestants, voters, prompts, .. } = self.all;
        lines.paragraph(&format!(
            "{votes} votes of {voters} voters on {battles} battles between {contestants} contestants, about {prompts} known \
             prompts. In a battle a voter sees two answers to one prompt, made by two contestants, and says which is better, \
             that both are equally good, or that both are bad. A row is one vote."
        ));
        if let (Some(first), Some(last)) = (&self.all.first_vote, &self.all.last_vote) {
            lines.paragraph(&format!("The votes whose time is known were cast from {first} to {last}."));
        }
        lines.paragraph(&format!("Licence: {}. Each row names its own in `license`.", plain(self.license)));
        lines.paragraph(&self.consent());
        lines.paragraph(
            "```python\nfrom datasets import load_dataset\n\nvotes = load_dataset(\"path/to/this/folder\")\n```",
        );
        lines.paragraph(
            "`sha256sum -c checksums.sha256` checks every file. The same figures as here stand in `statistics.json`.",
        );
    }

    /// Who agreed to what.
    fn consent(&self) -> String {
        let mut text = String::new();
        if self.all.imported < self.all.votes {
            text.push_str(
                "Votes cast on the site are in it where their voters agreed, when they voted or later, that they are published. ",
            );
        }
        if self.all.imported > 0 {
            text.push_str("Imported votes are in it under the licence of the collection that they come from. ");
        }
        match self.facts.unpublished {
            0 => text.push_str("No vote was left out for lack of consent."),
            votes => text.push_str(&format!(
                "{votes} votes were left out for lack of consent: they count on the site's boards, and rankings computed from \
                 this dataset differ from those by them."
            )),
        }
        text
    }

    fn splits(&self, lines: &mut Lines) {
        lines.paragraph("## Splits");
        let Split { by, test_share, seed } = self.split;
        let share = format!("{test_share}");
        let text = match by {
            SplitBy::None => "There is one split, with everything.".to_owned(),
            SplitBy::Prompt => {
                let mut text = format!(
                    "No prompt is in both splits: a hash of its text (seed {seed}) puts a share of {share} of the prompts into \
                     the test split, with all votes on them."
                );
                if self.all.without_prompt > 0 {
                    text.push_str(&format!(
                        " {} votes have no known prompt and go by their battles: whether their prompts are in both splits \
                         cannot be said.",
                        self.all.without_prompt
                    ));
                }
                text
            }
            SplitBy::Pair => format!(
                "No pair of contestants is in both splits: a hash of their two names (seed {seed}) puts a share of {share} of \
                 the pairs into the test split. Each contestant may be in both, with other opponents."
            ),
            SplitBy::Contestant => format!(
                "No contestant is in both splits: a hash of its name (seed {seed}) puts a share of {share} of the contestants \
                 into the test split. {} votes on battles between the splits stand in neither.",
                self.crossing
            ),
        };
        lines.paragraph(&text);
        if by != SplitBy::None {
            lines.paragraph(
                "The hash alone decides: a later export puts the same votes into the same splits. Prompts that say the same in \
                 other words are different prompts here.",
            );
            if self.splits.len() == 1 {
                lines.paragraph("So few there are that none fell into the test split, which therefore does not exist.");
            }
        }
        lines.add("");
        lines.add("| split | votes | left | right | tie | both bad | voters | contestants | prompts |");
        lines.add("|---|---|---|---|---|---|---|---|---|");
        for (split, counts) in &self.splits {
            let Counts { votes, outcomes, voters, contestants, prompts, .. } = counts;
            lines.add(&format!(
                "| {} | {votes} | {} | {} | {} | {} | {voters} | {contestants} | {prompts} |",
                split.name, outcomes.left, outcomes.right, outcomes.tie, outcomes.both_bad
            ));
        }
    }

    fn statistics(&self, lines: &mut Lines) {
        lines.paragraph("## Agreement among voters");
        let ceiling = &self.facts.agreement;
        lines.paragraph(&format!(
            "{} questions (two answers to one prompt) have votes of several voters, {} votes in all. Intervals are of 95 %, \
             from a bootstrap over questions.",
            ceiling.questions, ceiling.votes
        ));
        lines.add("");
        lines.add("| figure | value | interval |");
        lines.add("|---|---|---|");
        for (name, figure) in [
            ("pairs of votes that say the same of four outcomes", &ceiling.raw_agreement),
            ("the same with both kinds of tie as one", &ceiling.raw_agreement_three),
            ("Krippendorff's alpha, nominal, four outcomes", &ceiling.alpha_nominal),
            ("Krippendorff's alpha, ordinal: left, tie, right", &ceiling.alpha_ordinal),
            ("decisive votes that agree with the majority of the others", &ceiling.leave_one_out_decisive),
        ] {
            match figure {
                Figure::Estimate(found) => {
                    lines.add(&format!("| {name} | {:.3} | {:.3} to {:.3} |", found.value, found.low, found.high));
                }
                Figure::Absent(why) => lines.add(&format!("| {name} | none: {} | |", why.as_str())),
            }
        }
        lines.paragraph("## Votes per contestant");
        lines.paragraph("A vote counts for both of its contestants.");
        lines.add("");
        lines.add("| contestant | votes |");
        lines.add("|---|---|");
        for (slug, votes) in &self.tally.contestants {
            lines.add(&format!("| {slug} | {votes} |"));
        }
    }

    fn limits(&self, lines: &mut Lines) {
        let all = self.all;
        lines.paragraph("## Known limits");
        lines.add("");
        lines.item(
            "Voters chose themselves. They stand for no population, and nothing is known of them: one person on two devices is \
             two voters.",
        );
        if all.imported > 0 {
            lines.item(&format!(
                "{} votes were imported from other collections, with the limits of those. Where such a file names no voter, its \
                 votes share one.",
                all.imported
            ));
        }
        if all.without_probability < all.votes {
            lines.item(
                "Pairs were not drawn evenly: `probability` says how likely each was. Weigh by its inverse for what evenly drawn \
                 pairs would have given.",
            );
        }
        if all.without_probability > 0 {
            lines.item(&format!("Of {} votes it is not known how their pairs were drawn.", all.without_probability));
        }
        if all.without_texts > 0 {
            lines.item(&format!(
                "{} votes are without the text of their prompt or of one of their answers.",
                all.without_texts
            ));
        }
        for (what, votes) in &self.facts.withheld {
            lines.item(&format!("{votes} votes are without {what}."));
        }
        lines.item(&self.facts.personal);
        lines.item(
            "`tie` and `both_bad` are answers of their own. Whoever reads them as one, or as half a win each, makes that choice.",
        );
        if all.withdrawn + all.excluded > 0 {
            lines.item(&format!(
                "{} votes that their voters took back and {} that are left out of the boards are in it, marked.",
                all.withdrawn, all.excluded
            ));
        }
        lines.item("Answers are as the models wrote them: they may be wrong, offensive, or name their maker.");
    }

    fn provenance(&self, lines: &mut Lines) {
        if self.facts.filters.is_empty() && self.facts.checkpoint.is_none() {
            return;
        }
        lines.paragraph("## Where it comes from");
        if !self.facts.filters.is_empty() {
            lines.paragraph("Votes left after each filter, in their order:");
            lines.add("");
            lines.add("| votes | |");
            lines.add("|---|---|");
            for (filter, votes) in &self.facts.filters {
                lines.add(&format!("| {votes} | {filter} |"));
            }
        }
        if let Some(checkpoint) = &self.facts.checkpoint {
            lines.paragraph(&format!(
                "It was cut from the site's append-only log at this state: {} events (votes, withdrawals, exclusions), the last \
                 `{}`, with the root `{}` of the Merkle tree over their leaf hashes (RFC 6962, SHA-256), in the order of their \
                 ids.",
                checkpoint.events,
                checkpoint.last,
                checkpoint.root_hex()
            ));
        }
    }

    fn columns(&self, lines: &mut Lines) {
        lines.paragraph("## Columns");
        lines.paragraph(&format!(
            "Parquet, compressed with zstd; the files' metadata name their format (`{VOTE_FORMAT}`) and licence."
        ));
        lines.add("");
        lines.add("| column | type | may be missing | |");
        lines.add("|---|---|---|---|");
        for feature in &self.features {
            let meaning = COLUMNS.iter().find(|(name, _)| *name == feature.name).map_or("", |(_, meaning)| meaning);
            let optional = if feature.optional { "yes" } else { "no" };
            lines.add(&format!("| `{}` | {} | {optional} | {meaning} |", feature.name, feature.dtype));
        }
        if self.clips > 0 {
            lines.paragraph("## Clips and sounds");
            lines.paragraph(&format!(
                "The folder `media` has the {} clips or sounds that the votes are about: that of the address `/media/HASH` is \
                 `media/HASH.mp4`, `.webm`, `.wav` or `.opus`, and HASH is the BLAKE3 hash of the file as the site has it. To have \
                 them beside the votes:",
                self.clips
            ));
            lines.paragraph("```python");
            lines.add("from pathlib import Path");
            lines.add("from datasets import load_dataset");
            lines.add("folder = \"…\"  # where this card is");
            lines.add("votes = load_dataset(folder)");
            lines.add("files = {path.stem: str(path) for path in Path(folder, \"media\").iterdir()}");
            lines.add("place = lambda address: files.get(address.rsplit(\"/\", 1)[-1]) if address else None");
            lines.add(
                "votes = votes.map(lambda row: {\"left\": place(row[\"left_media\"]), \"right\": place(row[\"right_media\"])})",
            );
            lines.add("```");
        } else if self.pictures > 0 {
            lines.paragraph("## Pictures");
            lines.paragraph(&format!(
                "The folder `media` has the {} pictures that the votes are about, as PNG: that of the address `/media/HASH` is \
                 `media/HASH.png`, and HASH is the BLAKE3 hash of the picture as the site shows it. To see them in the columns:",
                self.pictures
            ));
            lines.paragraph("```python");
            lines.add("from datasets import Image, load_dataset");
            lines.add("folder = \"…\"  # where this card is");
            lines.add("votes = load_dataset(folder)");
            lines.add("place = lambda address: folder + address + \".png\" if address else None");
            lines.add(
                "votes = votes.map(lambda row: {\"left\": place(row[\"left_media\"]), \"right\": place(row[\"right_media\"])})",
            );
            lines.add("votes = votes.cast_column(\"left\", Image()).cast_column(\"right\", Image())");
            lines.add("```");
        }
    }
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn paragraph(&mut self, text: &str) {
        self.add("");
        self.add(text);
    }

    fn item(&mut self, text: &str) {
        self.add(&format!("- {text}"));
    }

    /// A list of YAML.
    fn list<'w>(&mut self, name: &str, words: impl IntoIterator<Item = &'w str>) {
        self.add(&format!("{name}:"));
        for word in words {
            // In quotes: `no`, for one, is a language and not a denial.
            self.add(&format!("- {}", quoted(word)));
        }
    }
}

/// A text in quotes as YAML and JSON both have them.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// On one line, and no markup.
fn plain(text: &str) -> String {
    let mark = |letter: char| match letter {
        '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' => format!("\\{letter}"),
        letter if letter.is_control() => " ".to_owned(),
        letter => letter.to_string(),
    };
    text.chars().map(mark).collect()
}

/// The hub's words for sizes.
fn size_category(rows: u64) -> &'static str {
    match rows {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        10_000_000..100_000_000 => "10M<n<100M",
        100_000_000..1_000_000_000 => "100M<n<1B",
        _ => "n>1B",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::parquet::features;

    #[test]
    fn every_column_is_explained() {
        let features: Vec<String> = features().unwrap().into_iter().map(|feature| feature.name).collect();
        assert_eq!(features, COLUMNS.map(|(name, _)| name.to_owned()));
    }

    #[test]
    fn sizes_are_told_in_the_words_of_the_hub() {
        assert_eq!(size_category(999), "n<1K");
        assert_eq!(size_category(8_931), "1K<n<10K");
        assert_eq!(size_category(10_000_000), "10M<n<100M");
    }

    #[test]
    fn a_title_can_break_neither_the_head_nor_the_text() {
        assert_eq!(quoted("a: \"b\"\n---"), r#""a: \"b\"\n---""#);
        assert_eq!(plain("<b>|\n"), "\\<b\\>\\| ");
    }
}
