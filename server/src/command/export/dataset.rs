//! `plaudit export --format dataset`: what the card tells beside the votes.

use anyhow::bail;
use plaudit_agreement::{Options, Panel};
use plaudit_datasets::export::{
    Compression, DATASET_ROWS_PER_FILE, DatasetFacts, DatasetOptions, DatasetSummary, DatasetWriter, ExportedVote,
    LogCheckpoint, Split, SplitBy,
};
use plaudit_domain::{Outcome, VoteId, agreement::HumanCeiling};

use super::{ExportArgs, KeptPictures, PAGE, Pii, Step, Withheld};
use crate::{
    audit::MerkleRoot,
    media::MediaStore,
    store::{ExportRow, Store},
};

/// A dataset being written, and the votes by which voters are compared.
pub(super) struct Dataset {
    writer: DatasetWriter,
    answers: Answers,
}

impl Dataset {
    pub(super) fn create(args: &ExportArgs) -> anyhow::Result<Self> {
        if let Some(compression) = args.compression.filter(|compression| *compression != Compression::None) {
            bail!("a dataset is compressed already: leave --compression {} away", compression.as_str());
        }
        let split = Split {
            by: args.split_by.unwrap_or(SplitBy::Prompt),
            test_share: args.test_share.unwrap_or(0.1),
            seed: args.split_seed.unwrap_or_default(),
        };
        let options = DatasetOptions { split, rows_per_file: args.rows_per_file.unwrap_or(DATASET_ROWS_PER_FILE) };
        let mut writer = DatasetWriter::create(&args.out, options)?;
        if !args.without_pictures {
            writer = writer.with_pictures(Box::new(KeptPictures(MediaStore::in_folder(&args.data.data)?)));
        }
        Ok(Self { writer, answers: Answers::default() })
    }

    pub(super) fn write(&mut self, vote: &ExportedVote, row: &ExportRow) -> anyhow::Result<()> {
        let counts = !row.withdrawn && !row.excluded;
        if self.writer.write(vote)? && counts {
            self.answers.add(row);
        }
        Ok(())
    }

    pub(super) fn finish(
        self,
        args: &ExportArgs,
        title: String,
        steps: &[(Step, u64)],
        unpublished: u64,
        withheld: Withheld,
        checkpoint: LogCheckpoint,
    ) -> anyhow::Result<DatasetSummary> {
        let facts = DatasetFacts {
            title,
            agreement: self.answers.agreement()?,
            checkpoint: Some(checkpoint),
            filters: steps.iter().map(|(step, votes)| (step.to_string(), *votes)).collect(),
            unpublished,
            withheld: withheld.told().map(|(what, votes)| (what.to_owned(), votes)).collect(),
            personal: personal(args),
        };
        Ok(self.writer.finish(&facts)?)
    }
}

fn personal(args: &ExportArgs) -> String {
    let what = "Texts that look as if they told an e-mail, postal or network address, a telephone or a card number";
    let found = "They are found by patterns: some may have been missed, and some may be none.";
    if args.without_texts {
        return "Texts of prompts and answers were left away.".to_owned();
    }
    match args.pii {
        Pii::Drop => format!("{what} are not in it, nor the votes on them. {found}"),
        Pii::Mask => format!("{what} have words in brackets in those places. {found}"),
        Pii::Keep => format!("{what} were looked for and left as they are."),
    }
}

/// What only a dataset understands, asked of a file.
pub(super) fn refuse_options(args: &ExportArgs) -> anyhow::Result<()> {
    let given = [
        ("--split-by", args.split_by.is_some()),
        ("--test-share", args.test_share.is_some()),
        ("--split-seed", args.split_seed.is_some()),
        ("--rows-per-file", args.rows_per_file.is_some()),
        ("--title", args.title.is_some()),
        ("--without-pictures", args.without_pictures),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((name, _)) => bail!("{name} is for --format dataset: {} is one file", args.format),
        None => Ok(()),
    }
}

/// The state of the log up to an event.
pub(super) async fn checkpoint(store: &Store, last: VoteId) -> anyhow::Result<LogCheckpoint> {
    // Of the events up to `last` those that are in the log: choices about publication are not.
    let (mut tree, mut after) = (MerkleRoot::default(), VoteId::from_bytes([0; 16]));
    loop {
        let page = store.log_leaves(after, last, PAGE).await?;
        let Some((id, _)) = page.last() else { break };
        after = *id;
        page.into_iter().for_each(|(_, leaf)| tree.push(leaf));
    }
    Ok(LogCheckpoint { events: tree.leaves(), last: after, root: tree.root() })
}

/// Who said what of which question: 24 bytes for each vote.
#[derive(Default)]
struct Answers(Vec<Answer>);

struct Answer {
    /// The start of a hash: two different questions in ten million votes have the same one with a probability of a
    /// millionth.
    question: u64,
    voter: u64,
    /// In the order of the question.
    outcome: Outcome,
}

fn start(hash: blake3::Hash) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_be_bytes(first)
}

impl Answers {
    /// A question is two generations, whichever was on the left; where these are not known, the battle.
    fn add(&mut self, row: &ExportRow) {
        let (question, outcome) = match (&row.left_generation, &row.right_generation) {
            (Some(left), Some(right)) => {
                let (first, second) = (left.id.min(right.id), left.id.max(right.id));
                let outcome = if left.id == first { row.outcome } else { row.outcome.swapped() };
                let mut hasher = blake3::Hasher::new();
                hasher.update(first.as_bytes()).update(second.as_bytes());
                (start(hasher.finalize()), outcome)
            }
            _ => (start(blake3::hash(row.battle.as_bytes())), row.outcome),
        };
        self.0.push(Answer { question, voter: start(blake3::hash(row.voter.as_bytes())), outcome });
    }

    fn agreement(mut self) -> anyhow::Result<HumanCeiling> {
        let answers = &mut self.0;
        // Stable: of a voter's several votes on one question the first in the log counts.
        answers.sort_by_key(|answer| (answer.question, answer.voter));
        answers.dedup_by_key(|answer| (answer.question, answer.voter));
        let mut panel = Panel::new(2);
        for votes in answers.chunk_by(|one, other| one.question == other.question) {
            // One question with a single vote says as much as all of them: that there are such.
            if votes.len() > 1 || panel.questions() == 0 {
                let question = panel.add_question(0, 1)?;
                for vote in votes {
                    panel.add_vote(question, None, vote.outcome)?;
                }
            }
        }
        Ok(panel.ceiling(None, &Options::default())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(votes: &[(u64, u64, Outcome)]) -> Answers {
        Answers(votes.iter().map(|&(question, voter, outcome)| Answer { question, voter, outcome }).collect())
    }

    #[test]
    fn a_voter_agrees_with_others_and_not_with_an_earlier_vote_of_the_same_voter() {
        use Outcome::{Left, Right};
        let votes =
            [(1, 1, Left), (1, 1, Left), (1, 2, Right), (2, 1, Left), (3, 1, Left), (3, 2, Left), (3, 2, Right)];
        let ceiling = answers(&votes).agreement().unwrap();
        assert_eq!((ceiling.questions, ceiling.votes, ceiling.raw_agreement.value()), (2, 4, Some(0.5)));
    }

    #[test]
    fn without_a_question_with_several_voters_there_is_no_agreement_to_tell() {
        let ceiling = answers(&[(1, 1, Outcome::Left), (2, 2, Outcome::Tie)]).agreement().unwrap();
        assert_eq!((ceiling.questions, ceiling.alpha_nominal.value()), (0, None));
    }
}
