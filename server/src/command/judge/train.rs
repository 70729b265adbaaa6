//! `plaudit judge train`: a reward model learned from this installation's votes.
//!
//! What it says of the pairs that it learned from comes from cross-validation, from heads that had not seen them: those
//! judgments are stored here. What `plaudit judge run` asks it later are pairs that came after.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use plaudit_agreement::Answer;
use plaudit_domain::{ArenaId, BattleId, ContestantId, GenerationId, JudgmentId, Outcome};
use plaudit_judges::{
    JudgeKind,
    reward::{
        Comparison, Dataset, Flag, HeadManifest, HeldOut, Recipe, Strength, TextFeatures, by_contestant, by_prompt,
        train::{CrossValidation, Epoch, cross_validate, train},
    },
};
use plaudit_models::{EMBEDDING_WIDTH, Embedder, ModelFiles, device, sha256_hex};

use crate::{
    cli::DataArgs,
    clock::{random_bytes, system_clock},
    judging::local::{self, EMBEDDER},
    models::{Catalogue, HEAD_MANIFEST, HEAD_TENSORS, HEAD_VOTES},
    store::{AddJudgments, JudgedBy, Judgment, JudgmentCost, JudgmentDetails, MAX_JUDGMENTS, PairVote, Shown, Store},
};

/// Texts that are embedded between two looks at the progress bar.
const BATCH: usize = 64;

/// `plaudit judge train`.
#[derive(Debug, Clone, Args)]
pub(super) struct TrainArgs {
    /// Where the data are.
    #[command(flatten)]
    data: DataArgs,
    /// The folder that `cargo xtask build` made, where models are looked for beside the data folder.
    #[arg(long, default_value = "target/site", env = "PLAUDIT_SITE")]
    site: PathBuf,
    /// Only votes of these arenas, separated by commas; otherwise of all.
    #[arg(long, value_delimiter = ',')]
    arena: Vec<plaudit_domain::ArenaSlug>,
    /// Times that all comparisons are seen.
    #[arg(long)]
    epochs: Option<u32>,
    /// Folds of the cross-validation.
    #[arg(long, default_value_t = 5)]
    folds: usize,
    /// The seed of everything that is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// A pair with what people said of it.
struct Pair {
    arena: ArenaId,
    battle: BattleId,
    generations: [GenerationId; 2],
    contestants: [ContestantId; 2],
    /// Sum of the left side's scores over the votes, and their number.
    score: f64,
    votes: u32,
}

/// Trains, tests, stores.
///
/// # Errors
/// When the encoder or the votes are not there, or the folds cannot be made.
pub(super) async fn run(args: TrainArgs) -> anyhow::Result<()> {
    let catalogue = Catalogue::new(&args.site, &args.data.data);
    let model = catalogue.by_name(EMBEDDER).with_context(|| {
        format!("the encoder is not in {}; `cargo xtask models fetch minilm` gets it", catalogue.places())
    })?;
    let store = args.data.open().await?;
    let arenas = super::chosen_arenas(&store, &args.arena).await?;
    let mut pairs: Vec<Pair> = Vec::new();
    for arena in &arenas {
        let mut texts = store.pair_votes(arena.id).await?;
        texts.retain(|vote| vote.shown == Shown::Texts);
        pairs.extend(pairs_of(arena.id, &texts));
    }
    if pairs.is_empty() {
        bail!("there is no vote on stored generations to learn from; import or cast some first");
    }
    let texts = Texts::read(&store, &pairs).await?;
    eprintln!(
        "{} votes on {} pairs, {} texts",
        pairs.iter().map(|pair| u64::from(pair.votes)).sum::<u64>(),
        pairs.len(),
        texts.bodies.len()
    );
    let folder = args.data.data.join("judges/reward");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let digest = model.manifest.weights_sha256().to_owned();
    let cache = folder.join(format!("vectors-{}.bin", &digest[..16]));
    let files = ModelFiles::read(&model.manifest, &model.folder)?;
    let runtime = tokio::runtime::Handle::current();
    let recipe = {
        let mut recipe = Recipe { seed: args.seed, ..Recipe::default() };
        recipe.epochs = args.epochs.unwrap_or(recipe.epochs);
        recipe
    };
    let source = arenas.iter().map(|arena| arena.slug.to_string()).collect::<Vec<_>>().join(", ");
    let folds = args.folds;
    let (pairs, learned, votes) = tokio::task::spawn_blocking(move || -> anyhow::Result<_> {
        let vectors = runtime.block_on(vectors(&files, &texts.bodies, &cache))?;
        let dataset = dataset(&pairs, &texts, &vectors)?;
        let votes = dataset.to_file()?;
        let learned = runtime.block_on(learn(&dataset, &recipe, folds, source, digest))?;
        Ok((pairs, learned, votes))
    })
    .await
    .context("the training broke off")??;
    let manifest = HeadManifest { votes_sha256: Some(sha256_hex(&votes)), ..learned.manifest };
    let written = learned.head.to_files(manifest)?;
    // The manifest last: a head without one is none.
    replace(&folder.join(HEAD_VOTES), &votes)?;
    replace(&folder.join(HEAD_TENSORS), &written.tensors)?;
    replace(&folder.join(HEAD_MANIFEST), written.manifest.as_bytes())?;
    let flagged = write_flagged(&folder.join("flagged.jsonl"), &pairs, &learned.by_prompt.strengths)?;
    let judge = local::built_in(&catalogue, &args.data.data)
        .into_iter()
        .find(|judge| JudgeKind::Reward.id().starts_with(&format!("{}/", judge.row().slug)))
        .context("the head that was just written is not found")?;
    let row = judge.row().clone();
    store.add_judge(row.clone(), system_clock()()).await?;
    let stored = store_held_out(&store, &row, &pairs, &learned.by_prompt.strengths).await?;
    eprintln!(
        "the head is {} version {}; of {} pairs that it learned from, {stored} judgments by heads that had not seen them are stored",
        row.slug,
        row.version,
        pairs.len()
    );
    eprintln!(
        "worth a second look: {} votes that the ensemble contradicts, {} that divide it ({})",
        flagged.wrong,
        flagged.ambiguous,
        folder.join("flagged.jsonl").display()
    );
    store.close().await;
    Ok(())
}

/// One pair for each two generations, in the order of their first votes.
fn pairs_of(arena: ArenaId, votes: &[PairVote]) -> Vec<Pair> {
    let mut places: HashMap<[GenerationId; 2], usize> = HashMap::new();
    let mut pairs: Vec<Pair> = Vec::new();
    // What the head is learned from is published beside it.
    for vote in votes.iter().filter(|vote| vote.published) {
        let [one, other] = vote.generations;
        let place = *places.entry([one.min(other), one.max(other)]).or_insert_with(|| {
            pairs.push(Pair {
                arena,
                battle: vote.battle,
                generations: vote.generations,
                contestants: vote.contestants,
                score: 0.0,
                votes: 0,
            });
            pairs.len() - 1
        });
        let pair = &mut pairs[place];
        let outcome = if pair.generations == vote.generations { vote.outcome } else { vote.outcome.swapped() };
        pair.score += outcome.left_score();
        pair.votes += 1;
    }
    pairs
}

/// Every text once.
struct Texts {
    bodies: Vec<String>,
    numbers: HashMap<String, u32>,
    /// Per pair prompt, left, right.
    of_pairs: Vec<[u32; 3]>,
}

impl Texts {
    async fn read(store: &Store, pairs: &[Pair]) -> anyhow::Result<Self> {
        let mut texts = Self { bodies: Vec::new(), numbers: HashMap::new(), of_pairs: Vec::with_capacity(pairs.len()) };
        let mut known: HashMap<GenerationId, (u32, u32)> = HashMap::new();
        for pair in pairs {
            let mut sides = [(0, 0); 2];
            for (side, generation) in sides.iter_mut().zip(pair.generations) {
                *side = match known.get(&generation) {
                    Some(found) => *found,
                    None => {
                        let stored =
                            store.generation(generation).await?.context("a generation of a voted battle is missing")?;
                        let found = (texts.number(stored.prompt), texts.number(stored.text));
                        known.insert(generation, found);
                        found
                    }
                };
            }
            texts.of_pairs.push([sides[0].0, sides[0].1, sides[1].1]);
        }
        Ok(texts)
    }

    fn number(&mut self, body: String) -> u32 {
        if let Some(number) = self.numbers.get(&body) {
            return *number;
        }
        let number = u32::try_from(self.bodies.len()).unwrap_or(u32::MAX);
        self.bodies.push(body.clone());
        self.numbers.insert(body, number);
        number
    }
}

type Vector = [f32; EMBEDDING_WIDTH];

fn progress_bar(length: u64, what: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {prefix} {bar:30} {pos}/{len} {msg} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style).with_prefix(what)
}

/// The vectors of all texts: those of an earlier run from its file, the others computed and added to it.
async fn vectors(files: &ModelFiles, bodies: &[String], cache: &Path) -> anyhow::Result<Vec<Vector>> {
    let mut known = read_vectors(cache);
    let key = |body: &str| *blake3::hash(body.as_bytes()).as_bytes();
    let missing: Vec<&String> = bodies.iter().filter(|body| !known.contains_key(&key(body))).collect();
    if !missing.is_empty() {
        let embedder = Embedder::load(files, &device::cpu())?;
        let bar = progress_bar(missing.len() as u64, "vectors of texts");
        let started = Instant::now();
        for some in missing.chunks(BATCH) {
            let texts: Vec<&str> = some.iter().map(|body| body.as_str()).collect();
            for (body, embedding) in some.iter().zip(embedder.embed(&texts).await?) {
                known.insert(key(body), embedding.vector);
            }
            bar.inc(some.len() as u64);
        }
        bar.finish_and_clear();
        eprintln!("vectors of {} texts in {:.1} s", missing.len(), started.elapsed().as_secs_f64());
        write_vectors(cache, &known)?;
    }
    bodies.iter().map(|body| known.get(&key(body)).copied().context("a vector is missing")).collect()
}

const RECORD: usize = 32 + 4 * EMBEDDING_WIDTH;

/// A file that is no whole number of records is no cache, and is made anew.
fn read_vectors(path: &Path) -> BTreeMap<[u8; 32], Vector> {
    let bytes = fs::read(path).unwrap_or_default();
    if !bytes.len().is_multiple_of(RECORD) {
        return BTreeMap::new();
    }
    bytes
        .chunks_exact(RECORD)
        .filter_map(|record| {
            let key: [u8; 32] = record[..32].try_into().ok()?;
            let mut vector = [0.0; EMBEDDING_WIDTH];
            for (value, bytes) in vector.iter_mut().zip(record[32..].chunks_exact(4)) {
                *value = f32::from_le_bytes(bytes.try_into().ok()?);
            }
            Some((key, vector))
        })
        .collect()
}

fn write_vectors(path: &Path, vectors: &BTreeMap<[u8; 32], Vector>) -> anyhow::Result<()> {
    let mut bytes = Vec::with_capacity(vectors.len() * RECORD);
    for (key, vector) in vectors {
        bytes.extend_from_slice(key);
        bytes.extend(vector.iter().flat_map(|value| value.to_le_bytes()));
    }
    replace(path, &bytes)
}

/// Whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let beside = path.with_extension("part");
    let write = || -> std::io::Result<()> {
        let mut file = fs::File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn dataset(pairs: &[Pair], texts: &Texts, vectors: &[Vector]) -> anyhow::Result<Dataset> {
    let features = texts.bodies.iter().zip(vectors).map(|(body, vector)| TextFeatures::new(*vector, body)).collect();
    let mut contestants: HashMap<ContestantId, u32> = HashMap::new();
    let mut number = |contestant: ContestantId| {
        let next = u32::try_from(contestants.len()).unwrap_or(u32::MAX);
        *contestants.entry(contestant).or_insert(next)
    };
    let comparisons = pairs
        .iter()
        .zip(&texts.of_pairs)
        .map(|(pair, [prompt, left, right])| Comparison {
            prompt: *prompt,
            left: *left,
            right: *right,
            label: pair.score / f64::from(pair.votes),
            prompt_group: *prompt,
            left_contestant: number(pair.contestants[0]),
            right_contestant: number(pair.contestants[1]),
        })
        .collect();
    Ok(Dataset::new(features, comparisons)?)
}

struct Learned {
    head: plaudit_judges::reward::RewardHead,
    manifest: HeadManifest,
    by_prompt: CrossValidation,
}

async fn learn(
    dataset: &Dataset,
    recipe: &Recipe,
    folds: usize,
    source: String,
    encoder_sha256: String,
) -> anyhow::Result<Learned> {
    let device = device::cpu();
    let mut held_out = Vec::new();
    let splits = by_prompt(dataset, folds, recipe.seed)?;
    let by_prompt = validated(dataset, recipe, &splits, "prompt", &mut held_out).await?;
    // Too few contestants to hold some out is no reason not to learn from the votes.
    match by_contestant(dataset, folds, recipe.seed) {
        Ok(splits) => {
            validated(dataset, recipe, &splits, "contestant", &mut held_out).await?;
        }
        Err(error) => eprintln!("not tested on contestants that it has not seen: {error}"),
    }
    let all: Vec<usize> = (0..dataset.comparisons().len()).collect();
    let bar = progress_bar(u64::from(recipe.epochs), "training on all");
    let trained = train(dataset, recipe, &all, &[], &device, &mut |_| bar.inc(1)).await?;
    bar.finish_and_clear();
    let manifest = HeadManifest {
        format: String::new(),
        sha256: String::new(),
        encoder_sha256,
        source,
        comparisons: all.len() as u64,
        votes_sha256: None,
        recipe: recipe.clone(),
        held_out,
    };
    Ok(Learned { head: trained.head, manifest, by_prompt })
}

async fn validated(
    dataset: &Dataset,
    recipe: &Recipe,
    splits: &[plaudit_judges::reward::Split],
    by: &'static str,
    held_out: &mut Vec<HeldOut>,
) -> anyhow::Result<CrossValidation> {
    let bar = progress_bar(u64::from(recipe.epochs) * splits.len() as u64, "cross-validation");
    let started = Instant::now();
    let found = cross_validate(dataset, recipe, splits, &device::cpu(), &mut |_, _| bar.inc(1)).await?;
    bar.finish_and_clear();
    eprintln!("held out by {by}, {} folds, {:.1} s", splits.len(), started.elapsed().as_secs_f64());
    print_curve(&found);
    eprintln!(
        "  accuracy {:.1} % of decisive pairs, log-loss {:.4} nats (chance: 50 %, 0.6931)",
        found.accuracy() * 100.0,
        found.log_loss()
    );
    held_out.push(HeldOut {
        by: by.to_owned(),
        folds: u32::try_from(splits.len()).unwrap_or(u32::MAX),
        accuracy: found.accuracy(),
        log_loss: found.log_loss(),
    });
    Ok(found)
}

/// The learning curve, as means over the folds.
fn print_curve(found: &CrossValidation) {
    let epochs = found.folds.iter().map(|fold| fold.curve.len()).min().unwrap_or(0);
    let mean = |epoch: usize, of: &dyn Fn(&Epoch) -> f64| {
        found.folds.iter().map(|fold| of(&fold.curve[epoch])).sum::<f64>() / found.folds.len() as f64
    };
    for epoch in 0..epochs {
        let loss = mean(epoch, &|epoch| epoch.held_out.as_ref().map_or(f64::NAN, |score| score.log_loss));
        let training = mean(epoch, &|epoch| epoch.training_loss);
        let accuracy = mean(epoch, &|epoch| epoch.held_out.as_ref().map_or(f64::NAN, |score| score.accuracy));
        let bar = "█".repeat((accuracy * 40.0).round().clamp(0.0, 40.0) as usize);
        eprintln!(
            "  epoch {:>3}  training loss {training:.4}  held-out loss {loss:.4}  accuracy {:>5.1} %  {bar}",
            epoch + 1,
            accuracy * 100.0
        );
    }
}

/// What should be looked at again.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Flagged {
    wrong: u64,
    ambiguous: u64,
}

fn write_flagged(path: &Path, pairs: &[Pair], strengths: &[Option<Strength>]) -> anyhow::Result<Flagged> {
    let mut flagged = Flagged::default();
    let mut lines = Vec::new();
    for (pair, strength) in pairs.iter().zip(strengths) {
        let label = pair.score / f64::from(pair.votes);
        let Some((strength, flag)) = strength.and_then(|strength| Some((strength, strength.flag(label)?))) else {
            continue;
        };
        match flag {
            Flag::LikelyWrong => flagged.wrong += 1,
            Flag::Ambiguous => flagged.ambiguous += 1,
        }
        let line = serde_json::json!({
            "battle": pair.battle, "votes": pair.votes, "left_share": label, "flag": flag,
            "log_odds_left": strength.mean, "variance": strength.variance,
        });
        writeln!(lines, "{line}")?;
    }
    replace(path, &lines)?;
    Ok(flagged)
}

/// What heads that had not seen a pair say of it, as the judge's judgments, in both orders: it has no side that it prefers.
async fn store_held_out(
    store: &Store,
    judge: &crate::store::JudgeRow,
    pairs: &[Pair],
    strengths: &[Option<Strength>],
) -> anyhow::Result<u64> {
    let now = system_clock()();
    let mut by_arena: BTreeMap<i64, Vec<Judgment>> = BTreeMap::new();
    for (pair, strength) in pairs.iter().zip(strengths) {
        let Some(strength) = strength else { continue };
        for (mean, [left, right]) in
            [(strength.mean, pair.generations), (-strength.mean, [pair.generations[1], pair.generations[0]])]
        {
            let answer = if mean.abs() <= JudgeKind::Reward.tie_below() {
                Answer::AnyTie
            } else if mean > 0.0 {
                Answer::Outcome(Outcome::Left)
            } else {
                Answer::Outcome(Outcome::Right)
            };
            by_arena.entry(pair.arena.0).or_default().push(Judgment {
                id: JudgmentId::new(now, random_bytes()),
                judge: judge.id,
                left,
                right,
                asked: None,
                answer,
                details: JudgmentDetails {
                    scores: Some((mean / 2.0, -mean / 2.0)),
                    left_probability: Some(1.0 / (1.0 + (-mean).exp())),
                    confidence: None,
                    rationale: None,
                    failure: None,
                    cost: JudgmentCost::default(),
                    by: JudgedBy::Server,
                },
                recorded_at: now,
            });
        }
    }
    let mut stored = 0;
    for (arena, judgments) in by_arena {
        for some in judgments.chunks(MAX_JUDGMENTS) {
            let command = AddJudgments { arena: ArenaId(arena), judgments: some.to_vec() };
            stored += store.add_judgments(command).await?.added;
        }
    }
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_survive_their_file_and_half_a_file_is_no_cache() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vectors.bin");
        let vectors = BTreeMap::from([([7; 32], [0.25; EMBEDDING_WIDTH]), ([9; 32], [-1.0; EMBEDDING_WIDTH])]);
        write_vectors(&path, &vectors).unwrap();
        assert_eq!(read_vectors(&path), vectors);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(read_vectors(&path).is_empty());
    }
}
