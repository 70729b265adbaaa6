//! A reward head learned anew on this device, from the comparisons that the server's was learned from.

use plaudit_judges::reward::{Dataset, Recipe, by_prompt, train::Trainer};
use plaudit_models::device::Device;

use super::browser::{Pause, now_ms};
use super::post;
use crate::failure::Failure;
use crate::pace::{Pace, Turn};
use crate::protocol::{Epoch, Event};

/// What is learned from, and how.
pub(crate) struct Lesson {
    pub(crate) dataset: Dataset,
    pub(crate) recipe: Recipe,
    pub(crate) device: Device,
}

impl Lesson {
    /// Learns from all folds but this one, and tells after every epoch how well that one is predicted; until the recipe's end,
    /// or the page's.
    pub(crate) async fn learn(
        &self,
        id: u32,
        folds: u32,
        fold: u32,
        pace: &Pace,
        pause: &Pause,
    ) -> Result<(), Failure> {
        let splits = by_prompt(&self.dataset, folds as usize, self.recipe.seed)
            .map_err(|error| Failure::Prompt(Box::new(error)))?;
        let split = splits.get(fold as usize).ok_or(Failure::OutOfTurn("There is no such fold."))?;
        let mut trainer = Trainer::new(&self.dataset, &self.recipe, &split.training, &split.held_out, &self.device)
            .map_err(|error| Failure::Prompt(Box::new(error)))?;
        while !trainer.is_done() {
            // An order to stop that lies there is heard before the next epoch.
            pause.pause().await;
            if pace.turn().await == Turn::Stop {
                break;
            }
            let start = now_ms();
            let seen = trainer.epoch().await.map_err(|error| Failure::Device(Box::new(error)))?;
            // A split holds something out, so there is a score.
            let Some(score) = seen.held_out else { break };
            post::event(&Event::Epoch(Epoch {
                id,
                epoch: seen.epoch,
                epochs: self.recipe.epochs,
                training_loss: seen.training_loss,
                held_out: score.comparisons,
                decisive: score.decisive,
                accuracy: score.accuracy,
                log_loss: score.log_loss,
                took_ms: now_ms() - start,
            }));
        }
        Ok(())
    }
}
