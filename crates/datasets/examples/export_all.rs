//! Reads files of votes and writes them in every format into a folder, each file named after its format:
//! `cargo run -p plaudit-datasets --features parquet,zstd --example export_all -- FOLDER FILE…`
#![allow(clippy::print_stdout, reason = "a program for the command line")]

use std::{collections::HashMap, error::Error, fs, path::PathBuf, sync::Arc};

use plaudit_datasets::{
    Progress, ReadOptions, Record, Rejection, Sink, SinkError, discover,
    export::{
        Compression, Content, ExportFormat, ExportedPrompt, ExportedSide, ExportedVote, Pseudonyms, Verification,
        VoteSource, create,
    },
};
use plaudit_domain::{ArenaSlug, ContestantSlug, Generation, GenerationId, PromptId, Task, Timestamp, VoteId};

/// Everything that votes refer to, and the votes.
struct Kept {
    titles: HashMap<ArenaSlug, (Arc<str>, Task)>,
    names: HashMap<(ArenaSlug, ContestantSlug), Arc<str>>,
    prompts: HashMap<PromptId, (Arc<str>, Option<Arc<str>>)>,
    generations: HashMap<GenerationId, (Generation, Arc<str>)>,
    pseudonyms: Pseudonyms,
    license: Arc<str>,
    votes: Vec<ExportedVote>,
}

impl Kept {
    fn side(&self, arena: &ArenaSlug, slug: &ContestantSlug, generation: Option<GenerationId>) -> ExportedSide {
        let known = generation.and_then(|id| self.generations.get(&id));
        ExportedSide {
            contestant: slug.clone(),
            name: self.names.get(&(arena.clone(), slug.clone())).cloned().unwrap_or_else(|| slug.as_str().into()),
            family: None,
            generation,
            content: known.map(|(_, text)| Content::Text(text.clone())),
            seed: known.and_then(|(generation, _)| generation.seed),
            verification: known.map(|_| Verification::Pooled),
        }
    }
}

impl Sink for Kept {
    fn record(&mut self, record: Record, _: Progress) -> Result<(), SinkError> {
        match record {
            Record::Arena(arena) => {
                self.titles.insert(arena.slug, (arena.title.into(), arena.task));
            }
            Record::Contestant { arena, contestant } => {
                self.names.insert((arena, contestant.slug), contestant.name.into());
            }
            Record::Prompt { arena, prompt } => {
                let id = PromptId::of(&arena, &prompt.text);
                self.prompts.insert(id, (prompt.text.into(), prompt.category.map(Into::into)));
            }
            Record::Generation { id, generation, .. } => {
                let text = generation.text.as_str().into();
                self.generations.insert(id, (generation, text));
            }
            Record::Vote(vote) => {
                let (title, task) = self.titles.get(&vote.arena).cloned().ok_or("a vote before its arena")?;
                let mut tail = [0; 10];
                tail[2..].copy_from_slice(&(self.votes.len() as u64).to_be_bytes());
                let prompt = vote.prompt.and_then(|id| {
                    let (text, category) = self.prompts.get(&id)?.clone();
                    let digest = ExportedPrompt::digest_of(&text);
                    Some(ExportedPrompt { id, digest, text: Some(text), category, language: None })
                });
                self.votes.push(ExportedVote {
                    id: VoteId::new(Timestamp(1_790_000_000_000 + self.votes.len() as i64), tail),
                    origin: vote.origin,
                    battle: vote.battle,
                    arena_title: title,
                    task,
                    license: self.license.clone(),
                    prompt,
                    left: self.side(&vote.arena, &vote.left, vote.left_generation),
                    right: self.side(&vote.arena, &vote.right, vote.right_generation),
                    arena: vote.arena,
                    outcome: vote.outcome,
                    strength: None,
                    cast_at: vote.cast_at,
                    voter: self.pseudonyms.of(vote.voter),
                    source: VoteSource::Imported,
                    probability: None,
                    anonymous: vote.anonymous,
                    excluded: false,
                    withdrawn: false,
                    leaked: None,
                });
            }
        }
        Ok(())
    }

    fn rejected(&mut self, _: Rejection) -> Result<(), SinkError> {
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args().skip(1).map(PathBuf::from);
    let folder = paths.next().ok_or("expected: FOLDER FILE…")?;
    fs::create_dir_all(&folder)?;
    let mut kept = Kept {
        titles: HashMap::new(),
        names: HashMap::new(),
        prompts: HashMap::new(),
        generations: HashMap::new(),
        pseudonyms: Pseudonyms::from_seed(1),
        license: "CC-BY-4.0".into(),
        votes: Vec::new(),
    };
    for source in discover(&paths.collect::<Vec<_>>())?.sources {
        let summary = source.read(&ReadOptions::default(), &mut kept)?;
        println!("{}: {} votes, {} rows rejected", source.format, summary.total_votes(), summary.rejections);
    }
    for format in ExportFormat::ALL {
        let path = folder.join(format!("{format}.{}", format.extension()));
        let mut writer = create(format, &path, Compression::None)?;
        kept.votes.iter().try_for_each(|vote| writer.write(vote))?;
        let summary = writer.finish()?;
        println!("{format}: {} votes, {} rows, left out {:?}", summary.votes, summary.rows, summary.left_out);
    }
    Ok(())
}
