use std::{
    path::Path,
    time::{Duration, Instant},
};

use burn::tensor::{Device, Tensor};
use indicatif::{ProgressBar, ProgressStyle};
use plaudit_models::picture::ParameterSource;
use serde_json::Value;

use crate::{Checkpoint, Error, Fresh, Optimiser, Parameters, Progress, Reading, Recipe, Tape};

/// A checkpoint after this time.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(180);

/// Something to train. Whatever is random in a step comes from the recipe's seed and the step's number, so that a run that
/// was stopped goes on as if it had not been.
pub trait Task: Sync {
    /// A part of a step's examples that a core computes at once.
    type Share: Send + Sync;

    /// The network's shape, and all else that a checkpoint has to agree with.
    fn describe(&self) -> Value;

    /// New parameters. Networks that start from others give those.
    ///
    /// # Errors
    /// Those of reading them.
    fn fresh(&self, seed: u64) -> Result<Parameters, Error> {
        let device = Device::flex();
        let mut fresh = Fresh::new(seed, &device);
        self.build(&mut fresh)?;
        Ok(fresh.parameters)
    }

    /// Asks for all parameters, in the order in which [`Self::loss`] does.
    ///
    /// # Errors
    /// Those of the source.
    fn build(&self, source: &mut dyn ParameterSource) -> Result<(), Error>;

    /// The examples of a step.
    fn shares(&self, recipe: &Recipe, step: usize) -> Vec<Self::Share>;

    /// A share's part of the step's mean loss.
    ///
    /// # Errors
    /// Those of the source.
    fn loss(&self, share: &Self::Share, source: &mut dyn ParameterSource, device: &Device) -> Result<Tensor<1>, Error>;

    /// Looks at the averaged weights: a number on held-out concepts, and files for the eye.
    ///
    /// # Errors
    /// Those of computing and writing.
    fn look(&self, averaged: &Parameters, step: usize) -> Result<f32, Error>;
}

/// Trains until the recipe's last step, or until `limit` has passed (one step at least). Goes on from the checkpoint, if
/// there is one. Gives the run's end.
///
/// # Errors
/// Those of files, of a checkpoint that belongs to another recipe, and of a loss that is no number.
pub fn train<T: Task>(
    task: &T,
    recipe: &Recipe,
    folder: &Path,
    look_every: usize,
    limit: Option<Duration>,
) -> Result<Checkpoint, Error> {
    let begun = Instant::now();
    let mut run = match Checkpoint::read(folder)? {
        Some(found) if found.progress.recipe != *recipe || found.progress.task != task.describe() => {
            return Err(Error::Recipe(folder.to_owned()));
        }
        Some(found) => found,
        None => fresh(task, recipe)?,
    };
    let before = run.progress.seconds;
    let started = run.progress.step;
    let bar = bar(&run)?;
    let mut saved = Instant::now();
    let mut in_time = true;
    while run.progress.step < recipe.steps && in_time {
        let loss = step(task, &mut run)?;
        run.progress.seconds = before + begun.elapsed().as_secs_f64();
        let rate = ((run.progress.step - started) * recipe.batch) as f64 / begun.elapsed().as_secs_f64();
        bar.set_position(run.progress.step as u64);
        bar.set_message(format!("loss {loss:.4}, {rate:.0} examples/s"));
        if run.progress.step.is_multiple_of(look_every) || run.progress.step == recipe.steps {
            let held_out = task.look(&run.optimiser.averaged, run.progress.step)?;
            let (sum, count) = std::mem::take(&mut run.progress.pending);
            let training = (sum / count.max(1) as f64) as f32;
            run.progress.readings.push(Reading { step: run.progress.step, training, held_out });
            let step = run.progress.step;
            note(&bar, &format!("step {step}, loss {training:.4}, held out {held_out:.4}, {rate:.0} examples/s"));
        }
        if saved.elapsed() > CHECKPOINT_EVERY {
            run.write(folder)?;
            saved = Instant::now();
        }
        in_time = limit.is_none_or(|limit| begun.elapsed() < limit);
    }
    run.write(folder)?;
    bar.finish();
    Ok(run)
}

/// One update; gives the loss before it.
fn step<T: Task>(task: &T, run: &mut Checkpoint) -> Result<f32, Error> {
    let progress = &mut run.progress;
    let shares = task.shares(&progress.recipe, progress.step);
    let (loss, gradients) = slope(task, &run.parameters, &shares)?;
    if !loss.is_finite() {
        return Err(Error::Diverged(progress.step));
    }
    run.optimiser.update(&mut run.parameters, &gradients, &progress.recipe);
    progress.step += 1;
    progress.pending.0 += f64::from(loss);
    progress.pending.1 += 1;
    Ok(loss)
}

/// The loss of a step, and its gradients. A core works on one share at a time; they are added up in their order, so that the
/// sum does not depend on how many cores there are.
fn slope<T: Task>(task: &T, parameters: &Parameters, shares: &[T::Share]) -> Result<(f32, Vec<Vec<f32>>), Error> {
    let device = Device::flex().autodiff();
    let one = |share: &T::Share| -> Result<(f32, Vec<Vec<f32>>), Error> {
        let mut tape = Tape::new(parameters, &device);
        let loss = task.loss(share, &mut tape, &device)?;
        let gradients = tape.gradients(loss.backward())?;
        Ok((scalar(loss)?, gradients))
    };
    let (mut loss, mut sum) = (0.0, Vec::<Vec<f32>>::new());
    for some in shares.chunks(std::thread::available_parallelism().map_or(1, usize::from)) {
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = some.iter().map(|share| scope.spawn(|| one(share))).collect();
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
            for (sum, more) in sum.iter_mut().zip(&gradients) {
                for (sum, more) in sum.iter_mut().zip(more) {
                    *sum += more;
                }
            }
        }
    }
    Ok((loss, sum))
}

fn fresh<T: Task>(task: &T, recipe: &Recipe) -> Result<Checkpoint, Error> {
    let parameters = task.fresh(recipe.seed)?;
    let progress = Progress {
        recipe: recipe.clone(),
        task: task.describe(),
        step: 0,
        seconds: 0.0,
        pending: (0.0, 0),
        readings: Vec::new(),
    };
    Ok(Checkpoint { optimiser: Optimiser::new(&parameters), parameters, progress })
}

fn bar(run: &Checkpoint) -> Result<ProgressBar, Error> {
    let progress = &run.progress;
    let bar = ProgressBar::new(progress.recipe.steps as u64).with_position(progress.step as u64);
    bar.set_style(ProgressStyle::with_template("{bar:30} step {pos}/{len}, {msg}, {eta} left")?);
    note(&bar, &format!("{} parameters, from step {}", run.parameters.count(), progress.step));
    Ok(bar)
}

/// A line above the bar, or, where a log takes the place of a terminal, a line.
fn note(bar: &ProgressBar, line: &str) {
    if bar.is_hidden() {
        eprintln!("{line}");
    } else {
        bar.println(line);
    }
}

/// The one number of a loss.
pub(crate) fn scalar(loss: Tensor<1>) -> Result<f32, Error> {
    loss.into_data().try_to_vec::<f32>().ok().and_then(|values| values.first().copied()).ok_or(Error::Burn("loss"))
}
