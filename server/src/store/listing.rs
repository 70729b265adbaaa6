//! Reading lists page by page, for whoever asks for data; what may leave is decided here for judgments, and by the exporter for
//! votes and battles.

use std::collections::HashMap;

use plaudit_agreement::Answer;
use plaudit_domain::{
    ArenaId, BattleId, ContestantId, GenerationId, JudgeId, JudgmentId, Outcome, Timestamp, VoteId, VoterId,
};

use super::{
    Store, StoreError,
    consent::{END, is_published},
    judging::{JudgmentDetails, answer_of},
    pool::read,
    read::{id, word},
};

/// The votes on one battle that may be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BattleTally {
    /// The first of them, taken back or not: battles are listed in the order of these.
    pub first: VoteId,
    /// Those that were not taken back by outcome, in the order of [`Outcome::ALL`].
    pub outcomes: [u64; 4],
}

/// A judgment on two generations that may both be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedJudgment {
    /// Its id: the order of the list.
    pub id: JudgmentId,
    /// The judge.
    pub judge: JudgeId,
    /// The generations, in the order in which the judge saw them.
    pub generations: [GenerationId; 2],
    /// Who made them.
    pub contestants: [ContestantId; 2],
    /// 1 for the first time that the judge was asked.
    pub attempt: i64,
    /// The generation whose prompt was asked, where the two answer different ones.
    pub asked: Option<GenerationId>,
    /// The answer, in the order shown.
    pub answer: Answer,
    /// The rest.
    pub details: JudgmentDetails,
    /// When it was committed here.
    pub recorded_at: Timestamp,
}

/// A voter's own vote.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnVote {
    /// Its id.
    pub id: VoteId,
    /// Its arena.
    pub arena: ArenaId,
    /// The battle.
    pub battle: BattleId,
    /// Who was on the left.
    pub left: ContestantId,
    /// Who was on the right.
    pub right: ContestantId,
    /// The answer.
    pub outcome: Outcome,
    /// When it was committed here.
    pub recorded_at: Timestamp,
    /// Taken back.
    pub withdrawn: bool,
    /// The voter agrees that it is published.
    pub published: bool,
}

impl Store {
    /// The votes on the battles that somebody voted on after `after` and not after `until`, whenever the other votes on them
    /// were cast.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn battle_tallies(
        &self,
        arena: ArenaId,
        after: VoteId,
        until: VoteId,
    ) -> Result<HashMap<BattleId, BattleTally>, StoreError> {
        type Row = (Vec<u8>, Vec<u8>, String, Option<Vec<u8>>);
        const SQL: &str = concat!(
            "SELECT vote.id, vote.battle_id, vote.outcome, vote_withdrawal.id FROM vote \
             LEFT JOIN vote_withdrawal ON vote_withdrawal.vote_id = vote.id WHERE vote.battle_id IN \
             (SELECT listed.battle_id FROM vote listed WHERE listed.arena_id = $1 AND listed.id > $2 AND listed.id <= $3) AND ",
            is_published!("$4"),
            " ORDER BY vote.id"
        );
        let rows: Vec<Row> = read!(self, pool => sqlx::query_as(SQL)
            .bind(arena.0)
            .bind(&after.as_bytes()[..])
            .bind(&until.as_bytes()[..])
            .bind(&END[..])
            .fetch_all(pool)
            .await?);
        let mut tallies = HashMap::new();
        for (vote, battle, outcome, withdrawal) in rows {
            let (first, outcome): (VoteId, Outcome) = (id("vote id", &vote)?, word("outcome", &outcome)?);
            let tally =
                tallies.entry(id("battle id", &battle)?).or_insert(BattleTally { first, outcomes: Default::default() });
            let place = Outcome::ALL.iter().position(|known| *known == outcome).unwrap_or_default();
            tally.outcomes[place] += u64::from(withdrawal.is_none());
        }
        Ok(tallies)
    }

    /// Up to `limit` judgments of one arena after `after`, on generations that may be shown, in the order in which they came.
    /// What judges were asked about prompts that visitors typed is not among them; under exchanged prompts, if that is wanted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn judgments_page(
        &self,
        arena: ArenaId,
        after: JudgmentId,
        until: JudgmentId,
        limit: u32,
        exchanged: bool,
    ) -> Result<Vec<ListedJudgment>, StoreError> {
        type Row = (Vec<u8>, i64, Vec<u8>, Vec<u8>, Option<Vec<u8>>, i64, i64, i64, String, String, i64);
        const SQL: &str = "SELECT judgment.id, judgment.judge_id, judgment.left_generation_id, judgment.right_generation_id, \
             judgment.asked_generation_id, l.contestant_id, r.contestant_id, CAST(judgment.attempt AS BIGINT), judgment.answer, judgment.details, \
             judgment.recorded_at FROM judgment \
             JOIN generation l ON l.id = judgment.left_generation_id AND l.status IN ('pooled', 'verified') \
             JOIN generation r ON r.id = judgment.right_generation_id AND r.status IN ('pooled', 'verified') \
             JOIN prompt lp ON lp.id = l.prompt_id AND lp.visitor = $5 \
             JOIN prompt rp ON rp.id = r.prompt_id AND rp.visitor = $5 \
             WHERE judgment.arena_id = $1 AND (judgment.asked_generation_id IS NULL OR $6) AND judgment.id > $2 \
             AND judgment.id <= $3 ORDER BY judgment.id LIMIT $4";
        let rows: Vec<Row> = read!(self, pool => sqlx::query_as(SQL)
            .bind(arena.0)
            .bind(&after.as_bytes()[..])
            .bind(&until.as_bytes()[..])
            .bind(i64::from(limit))
            .bind(false)
            .bind(exchanged)
            .fetch_all(pool)
            .await?);
        rows.into_iter()
            .map(
                |(
                    key,
                    judge,
                    left,
                    right,
                    asked,
                    left_contestant,
                    right_contestant,
                    attempt,
                    answer,
                    details,
                    recorded_at,
                )| {
                    let details: JudgmentDetails =
                        serde_json::from_str(&details).map_err(|error| StoreError::damaged("judgment", error))?;
                    Ok(ListedJudgment {
                        id: id("judgment id", &key)?,
                        judge: JudgeId(judge),
                        generations: [id("generation id", &left)?, id("generation id", &right)?],
                        contestants: [ContestantId(left_contestant), ContestantId(right_contestant)],
                        attempt,
                        asked: asked.map(|key| id("generation id", &key)).transpose()?,
                        answer: answer_of(&answer, &details)?,
                        details,
                        recorded_at: Timestamp(recorded_at),
                    })
                },
            )
            .collect()
    }

    /// The number of battles of an arena that somebody voted on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn voted_battles(&self, arena: ArenaId) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT COUNT(DISTINCT battle_id) FROM vote WHERE arena_id = $1";
        let (count,): (i64,) = read!(self, pool => sqlx::query_as(SQL).bind(arena.0).fetch_one(pool).await?);
        Ok(count.unsigned_abs())
    }

    /// The id of the vote before the newest `count` ones of an arena: where a list of these begins.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn before_newest(&self, arena: ArenaId, count: u32) -> Result<VoteId, StoreError> {
        const SQL: &str = "SELECT id FROM vote WHERE arena_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2";
        let row: Option<(Vec<u8>,)> =
            read!(self, pool => sqlx::query_as(SQL).bind(arena.0).bind(i64::from(count)).fetch_optional(pool).await?);
        row.map_or(Ok(VoteId::from_bytes([0; 16])), |(key,)| id("vote id", &key))
    }

    /// Up to `limit` of a voter's own votes after `after`, in log order, taken back or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn votes_of(&self, voter: VoterId, after: VoteId, limit: u32) -> Result<Vec<OwnVote>, StoreError> {
        type Row = (Vec<u8>, i64, Vec<u8>, i64, i64, String, i64, Option<Vec<u8>>, bool);
        const SQL: &str = concat!(
            "SELECT vote.id, vote.arena_id, vote.battle_id, battle.left_contestant_id, \
             battle.right_contestant_id, vote.outcome, vote.recorded_at, vote_withdrawal.id, ",
            is_published!("$4"),
            " FROM vote JOIN battle ON battle.id = vote.battle_id \
             LEFT JOIN vote_withdrawal ON vote_withdrawal.vote_id = vote.id \
             WHERE vote.voter_id = $1 AND vote.id > $2 ORDER BY vote.id LIMIT $3"
        );
        let rows: Vec<Row> = read!(self, pool => sqlx::query_as(SQL)
            .bind(&voter.as_bytes()[..])
            .bind(&after.as_bytes()[..])
            .bind(i64::from(limit))
            .bind(&END[..])
            .fetch_all(pool)
            .await?);
        rows.into_iter()
            .map(|(key, arena, battle, left, right, outcome, recorded_at, withdrawal, published)| {
                Ok(OwnVote {
                    id: id("vote id", &key)?,
                    arena: ArenaId(arena),
                    battle: id("battle id", &battle)?,
                    left: ContestantId(left),
                    right: ContestantId(right),
                    outcome: word("outcome", &outcome)?,
                    recorded_at: Timestamp(recorded_at),
                    withdrawn: withdrawal.is_some(),
                    published,
                })
            })
            .collect()
    }
}
