use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use burn::tensor::Device;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    Batch, Checkpoint, Corpus, Error, Export, Model, ModelConfig, Optimiser, Order, Position, Progress, Reading,
    Recipe, Vocabulary, Weights,
};

/// A checkpoint, and an export, after this time.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(180);

/// Where a run reads and writes.
#[derive(Debug, Clone)]
pub struct Paths {
    /// The model's folder.
    pub out: PathBuf,
    /// The checkpoint's folder.
    pub checkpoint: PathBuf,
}

/// A run in memory.
struct Run {
    checkpoint: Checkpoint,
    order: Order,
    held_out: Vec<Batch>,
    device: Device,
}

/// Trains until the recipe's last step, or until `limit` has passed (one step at least), and exports. Goes on from the checkpoint, if there
/// is one. Gives the run's end.
///
/// # Errors
/// Those of files, of a checkpoint that belongs to another recipe, and of a loss that is no number.
pub fn train(
    recipe: &Recipe,
    shape: impl Fn(usize) -> ModelConfig,
    corpus: &Corpus,
    paths: &Paths,
    limit: Option<Duration>,
) -> Result<Progress, Error> {
    let begun = Instant::now();
    let vocabulary = || Vocabulary::learn(corpus.texts(), recipe.vocabulary);
    let exported = vocabulary()?;
    let mut run = Run::start(recipe, shape(exported.size()), corpus, vocabulary()?, paths)?;
    let before = run.checkpoint.progress.seconds;
    let bar = bar(&run, corpus)?;
    let mut saved = Instant::now();
    let mut in_time = true;
    while run.checkpoint.progress.step < recipe.steps && in_time {
        let loss = run.step()?;
        let progress = &mut run.checkpoint.progress;
        progress.seconds = before + begun.elapsed().as_secs_f64();
        let rate = progress.tokens as f64 / progress.seconds;
        let held_out = progress.readings.last().map_or(f32::NAN, |reading| reading.held_out);
        bar.set_position(progress.step as u64);
        bar.set_message(format!("loss {loss:.3}, held out {held_out:.3}, {rate:.0} tokens/s"));
        if progress.step.is_multiple_of(recipe.look_every) {
            run.look(recipe.look_every)?;
            tell(&bar, &run.checkpoint.progress);
        }
        if saved.elapsed() > CHECKPOINT_EVERY {
            run.save(&exported, paths)?;
            saved = Instant::now();
        }
        in_time = limit.is_none_or(|limit| begun.elapsed() < limit);
    }
    if !run.checkpoint.progress.step.is_multiple_of(recipe.look_every) && run.checkpoint.progress.step == recipe.steps {
        run.look(recipe.steps % recipe.look_every)?;
    }
    run.save(&exported, paths)?;
    bar.finish();
    Ok(run.checkpoint.progress)
}

impl Run {
    fn start(
        recipe: &Recipe,
        config: ModelConfig,
        corpus: &Corpus,
        vocabulary: Vocabulary,
        paths: &Paths,
    ) -> Result<Self, Error> {
        let checkpoint = match Checkpoint::read(&paths.checkpoint)? {
            Some(found) => {
                let Progress { recipe: of, config: shape, corpus: text, .. } = &found.progress;
                if (of, shape, text) != (recipe, &config, &corpus.sha256) {
                    return Err(Error::Recipe(paths.checkpoint.clone()));
                }
                found
            }
            None => fresh(recipe, config, corpus),
        };
        let positions = checkpoint.progress.config.context;
        let held_out = Batch::all(&vocabulary, &corpus.held_out, recipe.rows, positions)?;
        let at = checkpoint.progress.position;
        let order = Order::new(vocabulary, corpus.training.clone(), positions, recipe.seed, at)?;
        Ok(Self { checkpoint, order, held_out, device: Device::flex() })
    }

    /// One update; gives the loss before it.
    fn step(&mut self) -> Result<f32, Error> {
        let Checkpoint { progress, weights, optimiser } = &mut self.checkpoint;
        let recipe = &progress.recipe;
        let batch = self.order.next(recipe.rows)?;
        let (loss, gradients) = slope(&progress.config, weights, &batch, &self.device)?;
        if !loss.is_finite() {
            return Err(Error::Diverged(progress.step));
        }
        optimiser.update(weights, &gradients, recipe.rate(progress.step), recipe);
        progress.step += 1;
        progress.tokens += (batch.rows * batch.positions) as u64;
        progress.pending += f64::from(loss);
        progress.position = self.order.position();
        Ok(loss)
    }

    /// Notes the mean training loss of the last `steps` steps and the loss on the held-out documents.
    fn look(&mut self, steps: usize) -> Result<(), Error> {
        let Checkpoint { progress, weights, .. } = &mut self.checkpoint;
        let model = Model::new(&progress.config, weights, &self.device)?;
        let (mut sum, mut counted) = (0.0, 0.0);
        for batch in &self.held_out {
            sum += scalar(model.loss(batch, 1.0))?;
            counted += batch.counted();
        }
        let training = (progress.pending / steps as f64) as f32;
        progress.pending = 0.0;
        progress.readings.push(Reading { step: progress.step, training, held_out: sum / counted });
        Ok(())
    }

    fn save(&self, vocabulary: &Vocabulary, paths: &Paths) -> Result<(), Error> {
        self.checkpoint.write(&paths.checkpoint)?;
        let Checkpoint { progress, weights, .. } = &self.checkpoint;
        Export { progress, weights, vocabulary }.write(&paths.out)
    }
}

/// Rows of a step that are computed as one. A core works on one share at a time; the shares are added up in their order,
/// so that the sum does not depend on how many cores there are.
const SHARE: usize = 4;

/// The mean loss of a step, and its gradients in the order of [`Weights`].
fn slope(
    config: &ModelConfig,
    weights: &Weights,
    batch: &Batch,
    device: &Device,
) -> Result<(f32, Vec<Vec<f32>>), Error> {
    let counted = batch.counted();
    let share = |share: &Batch| -> Result<(f32, Vec<Vec<f32>>), Error> {
        let model = Model::new(config, weights, &device.clone().autodiff())?;
        let loss = model.loss(share, counted);
        let gradients = model.gradients(loss.backward())?;
        Ok((scalar(loss)?, gradients))
    };
    let shares = batch.split(SHARE);
    let (mut loss, mut sum) = (0.0, Vec::<Vec<f32>>::new());
    for some in shares.chunks(std::thread::available_parallelism().map_or(1, usize::from)) {
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = some.iter().map(|one| scope.spawn(|| share(one))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or(Err(Error::Burn("a thread's gradients"))))
                .collect()
        });
        for result in results {
            let (part, gradients) = result?;
            loss += part;
            if sum.is_empty() {
                sum = gradients;
                continue;
            }
            for (sum, more) in sum.iter_mut().flatten().zip(gradients.iter().flatten()) {
                *sum += more;
            }
        }
    }
    Ok((loss, sum))
}

fn fresh(recipe: &Recipe, config: ModelConfig, corpus: &Corpus) -> Checkpoint {
    let weights = Weights::new(&config, recipe.seed);
    let progress = Progress {
        recipe: recipe.clone(),
        config,
        corpus: corpus.sha256.clone(),
        step: 0,
        tokens: 0,
        seconds: 0.0,
        position: Position { epoch: 0, row: 0 },
        pending: 0.0,
        readings: Vec::new(),
    };
    Checkpoint { optimiser: Optimiser::new(&weights), weights, progress }
}

fn bar(run: &Run, corpus: &Corpus) -> Result<ProgressBar, Error> {
    let progress = &run.checkpoint.progress;
    let bar = ProgressBar::new(progress.recipe.steps as u64).with_position(progress.step as u64);
    bar.set_style(ProgressStyle::with_template("{bar:30} step {pos}/{len}, {msg}, {eta} left")?);
    note(
        &bar,
        &format!(
            "{} parameters, {} documents of {} tokens, {} held out, from step {}",
            run.checkpoint.weights.count(),
            corpus.training.len(),
            run.order.tokens(),
            corpus.held_out.len(),
            progress.step
        ),
    );
    Ok(bar)
}

/// The latest reading, for those who have no bar.
fn tell(bar: &ProgressBar, progress: &Progress) {
    if let (true, Some(reading)) = (bar.is_hidden(), progress.readings.last()) {
        let Reading { step, training, held_out } = reading;
        let (steps, rate) = (progress.recipe.steps, progress.tokens as f64 / progress.seconds);
        note(bar, &format!("step {step}/{steps}, loss {training:.3}, held out {held_out:.3}, {rate:.0} tokens/s"));
    }
}

/// A line above the bar, or, where a log takes the place of a terminal, a line.
fn note(bar: &ProgressBar, line: &str) {
    if bar.is_hidden() {
        eprintln!("{line}");
    } else {
        bar.println(line);
    }
}

fn scalar(loss: burn::tensor::Tensor<1>) -> Result<f32, Error> {
    loss.into_data().try_to_vec::<f32>().ok().and_then(|values| values.first().copied()).ok_or(Error::Burn("loss"))
}
