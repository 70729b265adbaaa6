//! What can be learned of people's taste from LLMFAO's votes, and how it does on prompts and contestants not seen:
//! `cargo run --release -p plaudit-judges --example llmfao -- PATH/TO/llmfao data/models/all-minilm-l6-v2`.
//!
//! A comparison is two answers to one prompt with all votes on them: its label is the mean, a tie half a win each.

#![allow(clippy::print_stdout, reason = "an example reports on the terminal")]

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use futures_lite::future::block_on;
use plaudit_domain::{BattleId, ModelManifest, Outcome};
use plaudit_judges::{
    Battle, JudgeKind, Models, judge,
    reward::{
        Comparison, Dataset, Recipe, Split, TextFeatures, by_contestant, by_prompt,
        train::{CrossValidation, cross_validate},
    },
};
use plaudit_models::{Embedder, ModelFiles, cosine, device};

/// Prompts and answers, and what votes say of two answers.
struct Votes {
    texts: Vec<String>,
    comparisons: Vec<Comparison>,
    votes: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(votes), Some(model)) = (arguments.next(), arguments.next()) else {
        return Err("two folders are needed: LLMFAO's files, and all-MiniLM-L6-v2's".into());
    };
    let votes = read(&votes)?;
    println!("{} votes on {} pairs, {} texts", votes.votes, votes.comparisons.len(), votes.texts.len());

    let manifest = ModelManifest::from_json(&fs::read_to_string(model.join("manifest.json"))?)?;
    let embedder = Embedder::load(&ModelFiles::read(&manifest, &model)?, &device::cpu())?;
    let start = Instant::now();
    let texts: Vec<&str> = votes.texts.iter().map(String::as_str).collect();
    let embedded = block_on(embedder.embed(&texts))?;
    let (seconds, tokens) = (start.elapsed().as_secs_f64(), embedded.iter().map(|text| text.tokens).sum::<u32>());
    println!("vectors: {:.1} texts/s, {:.0} tokens/s", texts.len() as f64 / seconds, f64::from(tokens) / seconds);

    let features = embedded.iter().zip(&texts).map(|(text, read)| TextFeatures::new(text.vector, read));
    let dataset = Dataset::new(features.collect(), votes.comparisons.clone())?;
    let text = |number: u32| texts[number as usize];
    for kind in [JudgeKind::Length, JudgeKind::Markdown] {
        let better = |comparison: &Comparison| {
            let (left, right) = (text(comparison.left), text(comparison.right));
            let battle = Battle { id: BattleId::from_bytes([0; 16]), prompt: text(comparison.prompt), left, right };
            Ok(block_on(judge(kind, &Models::default(), &battle))?.left_better().unwrap_or(0.5))
        };
        baseline(&kind.id(), &votes.comparisons, better)?;
    }
    let near = |one: u32, other: u32| cosine(&embedded[one as usize].vector, &embedded[other as usize].vector);
    baseline("relevance-minilm/1", &votes.comparisons, |pair| {
        Ok(0.5 + near(pair.prompt, pair.left) - near(pair.prompt, pair.right))
    })?;
    let recipe = Recipe::default();
    report("reward, by prompt", &dataset, &recipe, &by_prompt(&dataset, 13, 1)?)?;
    report("reward, by contestant", &dataset, &recipe, &by_contestant(&dataset, 5, 1)?)?;
    Ok(())
}

/// The accuracy of probabilities on pairs where people have a preference.
fn baseline(
    name: &str,
    comparisons: &[Comparison],
    left_better: impl Fn(&Comparison) -> Result<f64, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let decisive: Vec<&Comparison> = comparisons.iter().filter(|pair| pair.label != 0.5).collect();
    let mut right = 0.0;
    for pair in &decisive {
        let left = left_better(pair)?;
        right += if left == 0.5 { 0.5 } else { f64::from(u8::from((left > 0.5) == (pair.label > 0.5))) };
    }
    println!("{name}: accuracy {:.3} on {} decisive pairs", right / decisive.len() as f64, decisive.len());
    Ok(())
}

fn report(name: &str, dataset: &Dataset, recipe: &Recipe, splits: &[Split]) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let found = block_on(cross_validate(dataset, recipe, splits, &device::cpu(), &mut |_, _| ()))?;
    println!(
        "{name}: held-out accuracy {:.3}, log-loss {:.3} ({} folds, {:.1} s)",
        found.accuracy(),
        found.log_loss(),
        splits.len(),
        start.elapsed().as_secs_f64()
    );
    let curve = (0..recipe.epochs as usize).map(|epoch| format!("{:.3}", log_loss(&found, epoch)));
    println!("  log-loss by epoch: {}", curve.collect::<Vec<_>>().join(" "));
    let mut flags: BTreeMap<String, usize> = BTreeMap::new();
    for (pair, strength) in dataset.comparisons().iter().zip(&found.strengths) {
        let flag = strength.and_then(|strength| strength.flag(pair.label));
        *flags.entry(flag.map_or("none".to_owned(), |flag| format!("{flag:?}"))).or_default() += 1;
    }
    println!("  flags: {flags:?}");
    Ok(())
}

fn log_loss(found: &CrossValidation, epoch: usize) -> f64 {
    let scores = found.folds.iter().filter_map(|fold| fold.curve.get(epoch)?.held_out);
    let (sum, count) = scores.fold((0.0, 0), |(sum, count), score| {
        (sum + score.log_loss * score.comparisons as f64, count + score.comparisons)
    });
    sum / count as f64
}

fn read(folder: &Path) -> Result<Votes, Box<dyn Error>> {
    let lines = |name: &str| -> Result<Vec<serde_json::Value>, Box<dyn Error>> {
        let text = fs::read_to_string(folder.join(name))?;
        Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
    };
    let number =
        |value: &serde_json::Value| value.as_u64().and_then(|number| u32::try_from(number).ok()).ok_or("an id");
    let mut texts = Vec::new();
    let mut add = |text: &serde_json::Value| -> Result<u32, Box<dyn Error>> {
        texts.push(text.as_str().ok_or("a text")?.to_owned());
        Ok(u32::try_from(texts.len() - 1)?)
    };
    let (mut prompts, mut answers) = (HashMap::new(), HashMap::new());
    for row in lines("prompts.jsonl")? {
        prompts.insert(number(&row["id"])?, add(&row["text"])?);
    }
    for row in lines("results.jsonl")? {
        answers.insert((number(&row["prompt"])?, number(&row["model"])?), add(&row["result"])?);
    }
    // Left, right and prompt; the votes' sum for the left, and their number.
    let mut pairs: BTreeMap<(u32, u32, u32), (f64, u32)> = BTreeMap::new();
    // Names of models, which may have commas, stand behind the columns that are read.
    for line in fs::read_to_string(folder.join("crowd-comparisons.csv"))?.lines().skip(1) {
        let columns: Vec<&str> = line.splitn(7, ',').collect();
        let [_, prompt, left, right, _, winner, _] = columns[..] else { return Err(line.into()) };
        let outcome: Outcome = winner.parse()?;
        let pair = pairs.entry((prompt.parse()?, left.parse()?, right.parse()?)).or_default();
        *pair = (pair.0 + outcome.left_score(), pair.1 + 1);
    }
    let votes = pairs.values().map(|(_, count)| *count as usize).sum();
    let comparisons = pairs.into_iter().map(|((prompt, left, right), (sum, count))| {
        let answer = |model: u32| answers.get(&(prompt, model)).copied().ok_or("an answer that votes name is missing");
        Ok(Comparison {
            prompt: *prompts.get(&prompt).ok_or("a prompt that votes name is missing")?,
            left: answer(left)?,
            right: answer(right)?,
            label: sum / f64::from(count),
            prompt_group: prompt,
            left_contestant: left,
            right_contestant: right,
        })
    });
    let comparisons = comparisons.collect::<Result<_, Box<dyn Error>>>()?;
    Ok(Votes { texts, comparisons, votes })
}
