use std::future::Future;

use plaudit_domain::BattleId;
use plaudit_models::{Conversation, EmbedError, ScoreError, TextModel, cosine};

use crate::{
    baseline,
    kind::{JudgeKind, LanguageModel},
    question,
    reward::{Features, RewardHead, TextFeatures},
    vectors::Vectors,
    verdict::{Cost, Preference, Reading, Verdict},
};

/// What is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Battle<'a> {
    /// Which; only the random judge looks at it.
    pub id: BattleId,
    /// What both answers answer.
    pub prompt: &'a str,
    /// The answer shown on the left.
    pub left: &'a str,
    /// The answer shown on the right.
    pub right: &'a str,
}

/// The models that are there. Each judge needs none, one or two of them.
#[derive(Clone, Copy, Default)]
pub struct Models<'a> {
    /// all-MiniLM-L6-v2.
    pub vectors: Option<&'a Vectors>,
    /// SmolLM2-135M-Instruct.
    pub smollm2: Option<&'a TextModel>,
    /// The model of this repository.
    pub tiny: Option<&'a TextModel>,
    /// A head trained on an arena's votes.
    pub reward: Option<&'a RewardHead>,
}

/// Why there is no verdict. None of these is a verdict of its own: no tie, no abstention.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// The judge needs a model that is not there.
    #[error("the judge {judge} needs {model}, which is not loaded; {remedy}")]
    Missing {
        /// The judge's id.
        judge: String,
        /// Which model.
        model: &'static str,
        /// How to get it.
        remedy: &'static str,
    },
    /// A language model cannot score a text of the battle: one is empty, or too long for its context.
    #[error("the judge {judge} cannot read the battle: {source}")]
    Score {
        /// The judge's id.
        judge: String,
        /// Why.
        #[source]
        source: ScoreError,
    },
    /// A model lies on a device whose answers have to be waited for.
    #[error("the judge {judge} has to wait for its device; ask it asynchronously")]
    Waiting {
        /// The judge's id.
        judge: String,
    },
    /// The encoder cannot read a text of the battle.
    #[error("the judge {judge} cannot read the battle: {source}")]
    Embed {
        /// The judge's id.
        judge: String,
        /// Why.
        #[source]
        source: EmbedError,
    },
}

/// What can go wrong below, before it is known for whom.
pub(crate) enum Failure {
    Missing(&'static str, &'static str),
    Score(ScoreError),
    Embed(EmbedError),
}

impl From<ScoreError> for Failure {
    fn from(error: ScoreError) -> Self {
        Self::Score(error)
    }
}

impl From<EmbedError> for Failure {
    fn from(error: EmbedError) -> Self {
        Self::Embed(error)
    }
}

/// Two scores, and the probability that they give the left.
struct Scored {
    left: f64,
    right: f64,
    left_better: f64,
    tokens_read: u64,
}

impl<'a> Models<'a> {
    fn language(&self, model: LanguageModel) -> Result<&'a TextModel, Failure> {
        match model {
            LanguageModel::Smollm2 => self
                .smollm2
                .ok_or(Failure::Missing("SmolLM2-135M-Instruct", "`cargo xtask models fetch smollm2` gets it")),
            LanguageModel::Tiny => {
                self.tiny.ok_or(Failure::Missing("tiny", "it comes with the site, in public/models"))
            }
        }
    }

    fn vectors(&self) -> Result<&'a Vectors, Failure> {
        self.vectors.ok_or(Failure::Missing("all-MiniLM-L6-v2", "`cargo xtask models fetch minilm` gets it"))
    }

    fn reward(&self) -> Result<&'a RewardHead, Failure> {
        self.reward.ok_or(Failure::Missing("a reward head", "train one on the arena's votes"))
    }
}

/// Judges a battle in both orders. Probabilities are what the judge's scores say without calibration.
///
/// # Errors
/// [`JudgeError`] when a model is missing, or a text is empty or too long for it.
pub async fn judge(kind: JudgeKind, models: &Models<'_>, battle: &Battle<'_>) -> Result<Verdict, JudgeError> {
    let (readings, tokens_read) = match kind {
        JudgeKind::AlwaysLeft => ([baseline::without_probability(Preference::Left); 2], 0),
        JudgeKind::Random => (baseline::random(&kind.id(), battle.id).map(baseline::without_probability), 0),
        JudgeKind::AOrB { model } => match a_or_b(kind, models, model, battle).await {
            Ok(found) => found,
            Err(failure) => return Err(of_judge(kind, failure)),
        },
        _ => match scored(kind, models, battle).await {
            Ok(found) => {
                let shown = Reading {
                    answer: Preference::between(found.left, found.right, kind.tie_below()),
                    left_score: found.left,
                    right_score: found.right,
                    left_better: Some(found.left_better),
                };
                ([shown, shown.mirrored()], found.tokens_read)
            }
            Err(failure) => return Err(of_judge(kind, failure)),
        },
    };
    let [shown, swapped] = readings;
    Ok(Verdict {
        judge: kind.id(),
        shown,
        swapped,
        depends_on_order: kind.depends_on_order(),
        cost: Cost { tokens_read },
    })
}

/// [`judge`] on the processor, whose answers are there at once.
///
/// # Errors
/// As [`judge`]; also when a model's device would have to be waited for.
pub fn judge_blocking(kind: JudgeKind, models: &Models<'_>, battle: &Battle<'_>) -> Result<Verdict, JudgeError> {
    let mut future = std::pin::pin!(judge(kind, models, battle));
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(verdict) => verdict,
        std::task::Poll::Pending => Err(JudgeError::Waiting { judge: kind.id() }),
    }
}

fn of_judge(kind: JudgeKind, failure: Failure) -> JudgeError {
    let judge = kind.id();
    match failure {
        Failure::Missing(model, remedy) => JudgeError::Missing { judge, model, remedy },
        Failure::Score(source) => JudgeError::Score { judge, source },
        Failure::Embed(source) => JudgeError::Embed { judge, source },
    }
}

/// The judges that give each answer a score of its own, whichever side it is shown on.
async fn scored(kind: JudgeKind, models: &Models<'_>, battle: &Battle<'_>) -> Result<Scored, Failure> {
    match kind {
        JudgeKind::Length => Ok(by_share(baseline::characters(battle.left), baseline::characters(battle.right))),
        JudgeKind::Markdown => {
            Ok(by_share(baseline::markdown_density(battle.left), baseline::markdown_density(battle.right)))
        }
        JudgeKind::RelevanceMinilm => relevance(models, battle).await,
        JudgeKind::Reward => reward(models, battle).await,
        JudgeKind::PTrue { model } => p_true(models.language(model)?, battle).await,
        JudgeKind::Likelihood { model } => {
            likelihood(models.language(model)?, battle, |score| score.mean_log_likelihood()).await
        }
        JudgeKind::TotalLikelihood { model } => {
            likelihood(models.language(model)?, battle, |score| score.log_likelihood()).await
        }
        JudgeKind::SelfCertainty { model } => {
            likelihood(models.language(model)?, battle, |score| score.self_certainty()).await
        }
        JudgeKind::LogRatio => {
            let (policy, reference) = (models.language(LanguageModel::Smollm2)?, models.language(LanguageModel::Tiny)?);
            log_ratio(policy, reference, battle).await
        }
        // These have no scores; the caller has dealt with them.
        JudgeKind::AlwaysLeft | JudgeKind::Random | JudgeKind::AOrB { .. } => Ok(by_share(0.0, 0.0)),
    }
}

/// Luce's choice between two amounts: the share of the left one; ½ where there is nothing.
fn by_share(left: f64, right: f64) -> Scored {
    let sum = left + right;
    Scored { left, right, left_better: if sum > 0.0 { left / sum } else { 0.5 }, tokens_read: 0 }
}

/// Bradley-Terry over scores in natural log-odds.
fn by_difference(left: f64, right: f64, tokens_read: u64) -> Scored {
    Scored { left, right, left_better: logistic(left - right), tokens_read }
}

pub(crate) fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// The scale of the cosines in the softmax with which all-MiniLM-L6-v2 was trained (`scale=20` in its training script).
const COSINE_SCALE: f64 = 20.0;

async fn relevance(models: &Models<'_>, battle: &Battle<'_>) -> Result<Scored, Failure> {
    let texts = [battle.prompt, battle.left, battle.right];
    let (vectors, tokens_read) = models.vectors()?.of(&texts).await?;
    let near = |index: usize| cosine(&vectors[0], &vectors[index]);
    let (left, right) = (near(1), near(2));
    Ok(Scored { left, right, left_better: logistic(COSINE_SCALE * (left - right)), tokens_read })
}

async fn reward(models: &Models<'_>, battle: &Battle<'_>) -> Result<Scored, Failure> {
    let head = models.reward()?;
    let texts = [battle.prompt, battle.left, battle.right];
    let (vectors, tokens_read) = models.vectors()?.of(&texts).await?;
    let text = |index: usize| TextFeatures::new(vectors[index], texts[index]);
    let prompt = text(0);
    let opinions = |index: usize| head.scores(&Features::of(&prompt, &text(index)));
    let (left, right) = (opinions(1), opinions(2));
    let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
    // Each head has an opinion of its own; the ensemble's probability is the mean of theirs.
    let opinions = left.iter().zip(&right).map(|(left, right)| logistic(left - right)).collect::<Vec<_>>();
    Ok(Scored { left: mean(&left), right: mean(&right), left_better: mean(&opinions), tokens_read })
}

async fn likelihood(
    model: &TextModel,
    battle: &Battle<'_>,
    of: impl Fn(&plaudit_models::AnswerScore) -> f64,
) -> Result<Scored, Failure> {
    let asked = Conversation { system: None, prompt: battle.prompt };
    let left = model.score(&asked, battle.left).await?;
    let right = model.score(&asked, battle.right).await?;
    Ok(by_difference(of(&left), of(&right), tokens_of(&left) + tokens_of(&right)))
}

fn tokens_of(score: &plaudit_models::AnswerScore) -> u64 {
    u64::from(score.prompt_tokens) + score.count() as u64
}

async fn log_ratio(policy: &TextModel, reference: &TextModel, battle: &Battle<'_>) -> Result<Scored, Failure> {
    let asked = Conversation { system: None, prompt: battle.prompt };
    let mut tokens_read = 0;
    let mut ratios = [0.0; 2];
    for (ratio, answer) in ratios.iter_mut().zip([battle.left, battle.right]) {
        let (likely, plain) = (policy.score(&asked, answer).await?, reference.score(&asked, answer).await?);
        tokens_read += tokens_of(&likely) + tokens_of(&plain);
        // The two models cut a text into different tokens, but it is one text: its probabilities can be compared. Over
        // the length, since the better model gains a little with each token and the longer answer would always win.
        *ratio = (likely.log_likelihood() - plain.log_likelihood()) / likely.count() as f64;
    }
    Ok(by_difference(ratios[0], ratios[1], tokens_read))
}

async fn p_true(model: &TextModel, battle: &Battle<'_>) -> Result<Scored, Failure> {
    let mut tokens_read = 0;
    let mut log_odds = [0.0; 2];
    for (log_odds, answer) in log_odds.iter_mut().zip([battle.left, battle.right]) {
        let question = question::is_it_good(battle.prompt, answer);
        let asked = Conversation { system: None, prompt: &question };
        let found = model.next_token_probabilities(&asked, &question::TRUE_OR_FALSE).await?;
        tokens_read += u64::from(found.tokens_read);
        *log_odds = found.log_probabilities[0] - found.log_probabilities[1];
    }
    // That the left is good and the right is not, given that just one of them is. Two answers that both are hardly ever
    // called good still differ in their odds, so those are compared and not the two small probabilities.
    Ok(by_difference(log_odds[0], log_odds[1], tokens_read))
}

async fn a_or_b(
    kind: JudgeKind,
    models: &Models<'_>,
    model: LanguageModel,
    battle: &Battle<'_>,
) -> Result<([Reading; 2], u64), Failure> {
    let model = models.language(model)?;
    let mut tokens_read = 0;
    let mut readings = [baseline::without_probability(Preference::Tie); 2];
    let orders = [(battle.left, battle.right), (battle.right, battle.left)];
    for (reading, (first, second)) in readings.iter_mut().zip(orders) {
        let question = question::which_is_better(battle.prompt, first, second);
        let asked = Conversation { system: None, prompt: &question };
        let found = model.next_token_probabilities(&asked, &question::A_OR_B).await?;
        tokens_read += u64::from(found.tokens_read);
        let shares = found.shares();
        *reading = Reading {
            answer: Preference::between(shares[0], shares[1], kind.tie_below()),
            left_score: shares[0],
            right_score: shares[1],
            left_better: Some(shares[0]),
        };
    }
    Ok((readings, tokens_read))
}
