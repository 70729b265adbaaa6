//! Verification: a share of the generations that browsers handed in is made again on this machine.
//!
//! One at a time, with pauses as long as the work, so that a small server keeps half a core for its visitors. Which
//! battles are looked at is decided by the installation's secret, so that nobody can know it before, and every server on
//! one database decides alike. What cannot be told (the model is not here, it failed) stays unchecked: that is not the
//! same as refuted.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use plaudit_domain::{BattleId, Drawing, Finish, GenerationId, MediaId, VoteId};

use crate::{
    board::{BoardError, Boards},
    clock::{Clock, random_bytes},
    engine::{Engine, EngineError, Order, Painted, Verdict},
    media::MediaStore,
    models::Catalogue,
    secret::InstanceSecret,
    service::live::is_text_of,
    store::{ExclusionRow, JudgeAnswer, JudgeGeneration, StoredGeneration, UncheckedBattle},
};

/// Pause between two looks at the log, and the shortest one after a check.
const PAUSE: Duration = Duration::from_secs(3);
/// How far back each look reads; see [`crate::board::follow`].
const OVERLAP_MILLIS: i64 = 15_000;

/// Decides which battles are looked at.
#[derive(Clone)]
pub struct Sample {
    key: [u8; 32],
    share: f64,
}

impl Sample {
    /// A share between 0 (none) and 1 (all).
    pub fn new(secret: &InstanceSecret, share: f64) -> Self {
        Self { key: secret.key("plaudit 2026 verification sample"), share }
    }

    /// Whether this battle is looked at.
    pub fn holds(&self, battle: BattleId) -> bool {
        let hash = blake3::keyed_hash(&self.key, battle.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hash.as_bytes()[..8]);
        // 53 bits are what a double holds.
        ((u64::from_le_bytes(first) >> 11) as f64) / ((1_u64 << 53) as f64) < self.share
    }
}

/// What was found out about one generation.
#[derive(Debug, Clone, PartialEq)]
enum Finding {
    Reproduced,
    Refuted(String),
    Unknown(String),
}

/// What one look at the log did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Generations that were reproduced.
    pub verified: u64,
    /// Generations that were refuted.
    pub refuted: u64,
    /// Generations of which nothing could be told.
    pub unknown: u64,
}

/// Looks at live battles that were voted on.
pub struct Verifier {
    boards: Arc<Boards>,
    engine: Arc<Engine>,
    catalogue: Arc<Catalogue>,
    /// Where pictures are that browsers handed in.
    media: MediaStore,
    sample: Sample,
    clock: Clock,
    /// Those that could not be told; asked again after a restart, or when other models are here.
    unknown: HashSet<GenerationId>,
    models: Vec<String>,
}

impl Verifier {
    /// Over the boards, which hear of exclusions at once.
    pub fn new(
        boards: Arc<Boards>,
        engine: Arc<Engine>,
        catalogue: Arc<Catalogue>,
        media: MediaStore,
        sample: Sample,
        clock: Clock,
    ) -> Self {
        Self { boards, engine, catalogue, media, sample, clock, unknown: HashSet::new(), models: Vec::new() }
    }

    /// Verifies for ever; stops when the future is dropped.
    pub async fn run(mut self) {
        if self.sample.share <= 0.0 {
            return;
        }
        let mut from = VoteId::from_bytes([0; 16]);
        let mut failing = false;
        loop {
            if self.models_changed() {
                from = VoteId::from_bytes([0; 16]);
            }
            if self.models.is_empty() {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            let started = (self.clock)();
            match self.look(from, PAUSE).await {
                Ok(_) => {
                    from = VoteId::floor(started.plus_millis(-OVERLAP_MILLIS));
                    failing = false;
                }
                Err(error) if !failing => {
                    tracing::error!(%error, "live generations cannot be verified until the database answers");
                    failing = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn models_changed(&mut self) -> bool {
        let models: Vec<_> =
            self.catalogue.models().iter().map(|model| model.manifest.weights_sha256().to_owned()).collect();
        if models == self.models {
            return false;
        }
        self.models = models;
        self.unknown.clear();
        true
    }

    /// Looks at all sampled battles with votes from `from` on. `rest` is the least pause after each generation.
    ///
    /// # Errors
    /// [`BoardError`] when the database or the board refuses.
    pub async fn look(&mut self, from: VoteId, rest: Duration) -> Result<Checked, BoardError> {
        let mut checked = Checked::default();
        let mut from = from;
        loop {
            let battles = self.boards.store().unchecked_battles(from).await?;
            let Some(last) = battles.last().map(|battle| battle.vote) else { return Ok(checked) };
            let next = successor(last);
            for battle in battles {
                if self.sample.holds(battle.battle) {
                    self.check(&battle, rest, &mut checked).await?;
                }
            }
            from = next;
        }
    }

    async fn check(
        &mut self,
        battle: &UncheckedBattle,
        rest: Duration,
        checked: &mut Checked,
    ) -> Result<(), BoardError> {
        for id in battle.generations {
            if self.unknown.contains(&id) {
                continue;
            }
            let Some(generation) = self.boards.store().generation(id).await? else { continue };
            if generation.status != crate::store::GenerationStatus::Unchecked {
                continue;
            }
            let started = Instant::now();
            let finding = self.find_out(battle, generation).await;
            let worked = started.elapsed();
            match finding {
                Finding::Unknown(why) => {
                    tracing::info!(generation = %id, why, "a live generation could not be checked");
                    self.unknown.insert(id);
                    checked.unknown += 1;
                }
                Finding::Reproduced => {
                    self.judge(battle, id, None).await?;
                    checked.verified += 1;
                }
                Finding::Refuted(why) => {
                    tracing::warn!(generation = %id, battle = %battle.battle, why, "a live generation is refuted");
                    self.judge(battle, id, Some(REFUTED.to_owned())).await?;
                    checked.refuted += 1;
                }
            }
            if !rest.is_zero() {
                tokio::time::sleep(worked.max(rest)).await;
            }
        }
        Ok(())
    }

    async fn judge(
        &self,
        battle: &UncheckedBattle,
        generation: GenerationId,
        refuted: Option<String>,
    ) -> Result<(), BoardError> {
        let now = (self.clock)();
        let exclusion = VoteId::new(now, random_bytes());
        let command =
            JudgeGeneration { generation, battle: battle.battle, arena: battle.arena, refuted, exclusion, now };
        if self.boards.store().judge_generation(command).await? == JudgeAnswer::Excluded
            && let Some(arena) = self.boards.arena_by_id(battle.arena)
        {
            arena.apply(&[], &[], &[ExclusionRow { id: exclusion, vote: battle.vote }])?;
        }
        Ok(())
    }

    async fn find_out(&self, battle: &UncheckedBattle, generation: StoredGeneration) -> Finding {
        let Some(made) = generation.details.made.clone() else {
            return Finding::Unknown("its tokens are not stored".to_owned());
        };
        let contestant = self
            .boards
            .arena_by_id(battle.arena)
            .and_then(|arena| arena.with_log(|log| log.contestant(generation.contestant).cloned()));
        if let (Some(media), Some(contestant), Some(seed)) =
            (generation.media, contestant.as_ref(), generation.details.seed)
        {
            let Some(drawing) = contestant.details.drawing.clone() else {
                return Finding::Unknown("how its contestant draws is not stored".to_owned());
            };
            let asked = (generation.prompt, generation.source);
            return self.redraw(media, made.weights_sha256, drawing, asked, seed).await;
        }
        let sampler = contestant.as_ref().and_then(|contestant| contestant.details.sampler.clone());
        let (Some(contestant), Some(sampler), Some(seed)) = (contestant, sampler, generation.details.seed) else {
            return Finding::Unknown("its contestant's settings are not stored".to_owned());
        };
        let order = Order { prompt: generation.prompt, system_prompt: contestant.details.system_prompt, sampler, seed };
        let (engine, text) = (self.engine.clone(), generation.text);
        let ended = generation.details.finish == Some(Finish::Stop);
        let work = move || -> Result<Finding, EngineError> {
            let model = engine.load(&made.weights_sha256)?;
            if !is_text_of(&text, &model.decode(&made.tokens)) {
                return Ok(Finding::Refuted("its text is not what its tokens say".to_owned()));
            }
            Ok(match model.replay(&order, &made.tokens, ended)? {
                Verdict::Plausible => Finding::Reproduced,
                Verdict::Implausible(why) => Finding::Refuted(why),
            })
        };
        found(tokio::task::spawn_blocking(work).await)
    }

    /// Draws a picture again and compares. Devices round differently, so that it is not the same to the last bit.
    async fn redraw(
        &self,
        media: MediaId,
        weights: String,
        drawing: Box<Drawing>,
        (prompt, source): (String, Option<MediaId>),
        seed: u64,
    ) -> Finding {
        let file = match self.media.whole(media).await {
            Ok(Some(file)) => file,
            Ok(None) => return Finding::Unknown("its file is not there".to_owned()),
            Err(error) => return Finding::Unknown(error.to_string()),
        };
        let changed = match source {
            None => None,
            Some(source) => match self.media.whole(source).await {
                Ok(Some(file)) => Some(file),
                Ok(None) => return Finding::Unknown("the file of what it changed is not there".to_owned()),
                Err(error) => return Finding::Unknown(error.to_string()),
            },
        };
        let engine = self.engine.clone();
        let work = move || -> Result<Finding, EngineError> {
            let handed_in = match plaudit_media::to_rgb(&file, &plaudit_media::Limits::default()) {
                Ok((width, height, rgb)) if width == height => Painted { side: width, rgb },
                Ok(_) => return Ok(Finding::Refuted("it is not as wide as high".to_owned())),
                Err(refusal) => return Ok(Finding::Unknown(refusal.to_string())),
            };
            let source = match changed.map(|file| Painted::of_file(&file)).transpose() {
                Ok(source) => source,
                Err(refusal) => return Ok(Finding::Unknown(refusal.to_string())),
            };
            let drawn = engine.painter(&weights, &drawing)?.draw(&prompt, drawing.sampler, source.as_ref(), seed)?;
            Ok(match drawn.compare(&handed_in) {
                Verdict::Plausible => Finding::Reproduced,
                Verdict::Implausible(why) => Finding::Refuted(why),
            })
        };
        found(tokio::task::spawn_blocking(work).await)
    }
}

fn found(worked: Result<Result<Finding, EngineError>, tokio::task::JoinError>) -> Finding {
    match worked {
        Ok(Ok(finding)) => finding,
        Ok(Err(error)) => Finding::Unknown(error.to_string()),
        Err(_) => Finding::Unknown("the computation broke off".to_owned()),
    }
}

/// What the battle's page says.
const REFUTED: &str = "its generations could not be reproduced from their seeds";

/// The smallest id after this one.
fn successor(id: VoteId) -> VoteId {
    VoteId::from_bytes(u128::from_be_bytes(*id.as_bytes()).saturating_add(1).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use plaudit_domain::Timestamp;

    use super::*;

    #[test]
    fn the_sample_has_the_share_that_was_asked_for_and_each_secret_its_own() {
        let secret = |byte| InstanceSecret::from_bytes([byte; 32]);
        let battles: Vec<_> = (0..4000).map(|number| BattleId::new(Timestamp(number), [3; 10])).collect();
        let held = |secret: &InstanceSecret, share| -> Vec<_> {
            let sample = Sample::new(secret, share);
            battles.iter().filter(|battle| sample.holds(**battle)).copied().collect()
        };
        let half = held(&secret(1), 0.5);
        // 2,000 expected; seven standard deviations are 221.
        assert!(half.len().abs_diff(2000) < 221, "{}", half.len());
        assert_ne!(half, held(&secret(2), 0.5));
        assert_eq!((held(&secret(1), 0.0).len(), held(&secret(1), 1.0).len()), (0, 4000));
    }
}
