//! One battle before one judge after the other, with a look at what the page says between them.

use plaudit_domain::agreement::FinalAnswer;
use plaudit_judges::{Battle, JudgeKind, JudgeKindError, Models, Preference, Vectors, judge, reward::RewardHead};
use plaudit_models::TextModel;

use super::browser::{Pause, now_ms};
use super::post;
use crate::pace::{Pace, Turn};
use crate::protocol::{Event, JudgedBattle, Said, Verdict};

/// What judges read with, as far as it was loaded.
#[derive(Default)]
pub(crate) struct Panel {
    pub(crate) vectors: Option<Vectors>,
    pub(crate) smollm2: Option<TextModel>,
    pub(crate) tiny: Option<TextModel>,
    pub(crate) reward: Option<RewardHead>,
}

impl Panel {
    pub(crate) fn weights_bytes(&self) -> u64 {
        let writers = [&self.smollm2, &self.tiny].into_iter().flatten().map(TextModel::weights_bytes).sum::<u64>();
        writers + self.vectors.as_ref().map_or(0, Vectors::weights_bytes)
    }

    fn models(&self) -> Models<'_> {
        Models {
            vectors: self.vectors.as_ref(),
            smollm2: self.smollm2.as_ref(),
            tiny: self.tiny.as_ref(),
            reward: self.reward.as_ref(),
        }
    }

    /// Asks these judges, until the page has enough.
    pub(crate) async fn judge(&self, id: u32, judges: &[String], battle: &JudgedBattle, pace: &Pace, pause: &Pause) {
        let JudgedBattle { id: battle_id, prompt, left, right } = battle;
        let battle = Battle { id: *battle_id, prompt, left, right };
        for name in judges {
            // An order to stop that lies there is heard before the next judge.
            pause.pause().await;
            if pace.turn().await == Turn::Stop {
                break;
            }
            let start = now_ms();
            let said = self.ask(name, &battle).await;
            post::event(&Event::Verdict(Verdict { id, judge: name.clone(), said, took_ms: now_ms() - start }));
        }
    }

    async fn ask(&self, name: &str, battle: &Battle<'_>) -> Result<Said, String> {
        let kind: JudgeKind = name.parse().map_err(|error: JudgeKindError| error.to_string())?;
        let verdict = judge(kind, &self.models(), battle).await.map_err(|error| error.to_string())?;
        let answer = match verdict.consistent() {
            Some(Preference::Left) => FinalAnswer::Left,
            Some(Preference::Right) => FinalAnswer::Right,
            // Such a judge cannot tell whether both are good.
            Some(Preference::Tie) => FinalAnswer::AnyTie,
            None => FinalAnswer::Abstained,
        };
        Ok(Said { answer, left_better: verdict.left_better(), tokens_read: verdict.cost.tokens_read })
    }
}
