//! What the pages of judges show.

use plaudit_agreement::{FinalAnswer, Options, Panel};
use plaudit_app::{
    api::ApiError,
    view_model::{
        judges::{DisagreementView, JudgeView, JudgesView, Opinion, VersionView},
        live::{JudgingOffer, OfferedJudge},
    },
};
use plaudit_domain::{ArenaSlug, BattleId, JudgeSlug, Task, VoterId};
use plaudit_runner::protocol::JudgedBattle;

use super::{Service, internal, may_read, unread};
use crate::{
    judging::{
        local::{BrowserJudges, for_browsers, is_learned, lesson},
        panel::{ArenaJudging, PanelError, verdict},
    },
    store::{JudgeRow, Judgment},
};

/// How much of a prompt stands in a list, in characters.
const PROMPT_CHARACTERS: usize = 120;

fn failed(error: PanelError) -> ApiError {
    internal(&error)
}

impl Service {
    pub(super) async fn judges_view(&self, slug: &ArenaSlug) -> Result<JudgesView, ApiError> {
        let arena = self.arena(slug)?;
        let judging = self.judging.arena(&arena).await.map_err(failed)?;
        Ok(JudgesView {
            arena: self.summary(&arena).await?,
            version: judging.version.to_string(),
            basis: judging.basis,
            judges: judging.newest().into_iter().map(|place| judging.summaries[place].clone()).collect(),
            baselines: judging.baselines.clone(),
            ceiling: judging.ceiling,
            splits: judging.splits.clone(),
        })
    }

    pub(super) async fn judge_view(
        &self,
        slug: &ArenaSlug,
        judge: &JudgeSlug,
        version: Option<&str>,
    ) -> Result<JudgeView, ApiError> {
        let arena = self.arena(slug)?;
        let judging = self.judging.arena(&arena).await.map_err(failed)?;
        let is_asked = |row: &JudgeRow| row.slug == *judge && version.is_none_or(|version| row.version == version);
        let place = judging.judges.iter().rposition(is_asked).ok_or(ApiError::NotFound)?;
        let others: Vec<usize> = (0..judging.judges.len())
            .filter(|other| *other != place && judging.judges[*other].slug == *judge)
            .collect();
        let number = u32::try_from(place).map_err(|_| ApiError::NotFound)?;
        let computed = judging.clone();
        let work = move || -> Result<_, PanelError> {
            let options = Options::default();
            let baselines = computed.panel.baselines(Some(number), &options)?;
            let ceiling = computed.panel.ceiling(Some(number), &options)?;
            let mut versions = Vec::new();
            for other in others {
                let consistency =
                    computed.panel.versions(number, u32::try_from(other).unwrap_or(u32::MAX), &options)?;
                versions.push(VersionView { version: computed.judges[other].version.clone(), consistency });
            }
            Ok((baselines, ceiling, versions))
        };
        let (baselines, ceiling, versions) =
            tokio::task::spawn_blocking(work).await.map_err(|_| failed(PanelError::Stopped))?.map_err(failed)?;
        let judge = judging.summaries[place].clone();
        let mut disagreements = Vec::new();
        for one in &judge.report.disagreements {
            // What people said of one pair may be one person's vote.
            if judging.pairs.get(one.question as usize).is_some_and(|pair| !pair.published) {
                continue;
            }
            disagreements.push(self.disagreement(&judging, one).await?);
        }
        let lesson = if is_learned(&judge.slug) {
            let catalogue = self.catalogue.clone();
            tokio::task::spawn_blocking(move || lesson(&catalogue)).await.map_err(|_| failed(PanelError::Stopped))?
        } else {
            None
        };
        let provenance = &judging.judges[place].details.provenance;
        let provenance = match provenance {
            serde_json::Value::Null => String::new(),
            value => serde_json::to_string_pretty(value).map_err(|error| internal(&error))?,
        };
        Ok(JudgeView {
            arena: self.summary(&arena).await?,
            version: judging.version.to_string(),
            judge,
            provenance,
            baselines,
            ceiling,
            contestants: judging.contestants.clone(),
            disagreements,
            versions,
            lesson,
        })
    }

    async fn disagreement(
        &self,
        judging: &ArenaJudging,
        one: &plaudit_agreement::Disagreement,
    ) -> Result<DisagreementView, ApiError> {
        let pair = judging.pairs.get(one.question as usize).ok_or(ApiError::NotFound)?;
        let left = self.boards.store().generation(pair.generations[0]).await.map_err(unread)?;
        let prompt = left.map(|generation| generation.prompt).unwrap_or_default();
        let mut short: String = prompt.chars().take(PROMPT_CHARACTERS).collect();
        if short.len() < prompt.len() {
            short.push('…');
        }
        let name = |contestant| {
            let arena = self.boards.arenas();
            arena
                .iter()
                .find_map(|arena| arena.with_log(|log| log.contestant(contestant).map(|row| row.name.clone())))
                .unwrap_or_default()
        };
        Ok(DisagreementView {
            battle: pair.battle,
            prompt: short,
            left: name(pair.contestants[0]),
            right: name(pair.contestants[1]),
            majority: one.majority,
            votes: one.votes,
            judge: one.judge,
        })
    }

    pub(super) async fn opinions_on(&self, voter: VoterId, battle: BattleId) -> Result<Vec<Opinion>, ApiError> {
        let store = self.boards.store();
        let Some((_, pair)) = store.voted_pair(battle).await.map_err(unread)? else { return Ok(Vec::new()) };
        let judgments = store.judgments_of(pair).await.map_err(unread)?;
        if judgments.is_empty() {
            return Ok(Vec::new());
        }
        let judges = store.judges().await.map_err(unread)?;
        let stored = store.battle(battle).await.map_err(unread)?.ok_or(ApiError::NotFound)?;
        let yours = stored.votes.iter().find(|vote| vote.voter == voter && !vote.withdrawn).map(|vote| vote.outcome);
        let mut opinions: Vec<Opinion> = Vec::new();
        for judge in judges {
            let said: Vec<&Judgment> = judgments.iter().filter(|judgment| judgment.judge == judge.id).collect();
            let Some(answer) = final_answer(&said, pair) else { continue };
            // Versions come oldest first: the newest takes the place of those before it.
            opinions.retain(|opinion| opinion.slug != judge.slug);
            opinions.push(Opinion {
                slug: judge.slug,
                name: judge.name,
                answer,
                both_orders: said.len() > 1,
                rationale: said.iter().find_map(|judgment| judgment.details.rationale.clone()),
                agrees: yours.filter(|_| answer.is_answer()).map(|outcome| answer.matches(outcome)),
            });
        }
        Ok(opinions)
    }

    /// What this voter's browser needs to judge the battle itself.
    pub(super) async fn offer_of_judges(
        &self,
        voter: VoterId,
        slug: &ArenaSlug,
        battle: BattleId,
    ) -> Result<Option<JudgingOffer>, ApiError> {
        let arena = self.arena(slug)?;
        let store = self.boards.store();
        let stored = store.battle(battle).await.map_err(unread)?.ok_or(ApiError::NotFound)?;
        // Those that run in browsers read texts.
        if arena.row.task != Task::Text
            || stored.arena != arena.row.id
            || stored.votes.is_empty()
            || !may_read(&stored, voter)
        {
            return Ok(None);
        }
        let yours = stored.votes.iter().find(|vote| vote.voter == voter && !vote.withdrawn).map(|vote| vote.outcome);
        let (Some(prompt), Some(left), Some(right)) = (stored.prompt, stored.left_text, stored.right_text) else {
            return Ok(None);
        };
        let pair = store.voted_pair(battle).await.map_err(unread)?.map(|(_, pair)| pair);
        let judgments = match pair {
            Some(pair) => store.judgments_of(pair).await.map_err(unread)?,
            None => Vec::new(),
        };
        let on_server = |row: &JudgeRow| {
            let said: Vec<&Judgment> = judgments.iter().filter(|judgment| judgment.judge == row.id).collect();
            pair.filter(|_| !said.is_empty()).and_then(|pair| final_answer(&said, pair))
        };
        let BrowserJudges { models, reward, judges } = for_browsers(&self.catalogue);
        let judges = judges.into_iter().map(|judge| OfferedJudge {
            on_server: on_server(&judge.row),
            id: judge.id,
            name: judge.row.name,
            roles: judge.roles,
            reward: judge.reward,
        });
        let judges = judges.collect();
        let battle = JudgedBattle { id: battle, prompt, left, right };
        Ok(Some(JudgingOffer { battle, models, reward, judges, yours }))
    }
}

/// What one judge says in the end, in the order of this pair.
fn final_answer(said: &[&Judgment], pair: [plaudit_domain::GenerationId; 2]) -> Option<FinalAnswer> {
    let mut panel = Panel::new(2);
    let question = panel.add_question(0, 1).ok()?;
    let judge = panel.add_judge().ok()?;
    for judgment in said {
        panel.add_verdict(judge, question, verdict(judgment, pair, 0)).ok()?;
    }
    panel.final_answer(judge, question).ok()?
}
