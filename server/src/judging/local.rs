//! The judges that need no other machine: `plaudit-judges` behind this crate's words.
//!
//! Beside the engine the only module that knows `plaudit-models`. A model is loaded when the first question is asked.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Instant,
};

use plaudit_agreement::{Answer, Unparsed};
use plaudit_app::view_model::live::{BrowserModel, LearningOffer};
use plaudit_domain::{BattleId, FileRole, JudgeId, JudgeSlug, ModelFile, Outcome};
use plaudit_judges::{
    Battle, JudgeError, JudgeKind, LanguageModel, Models, Preference, Reading, Vectors, Verdict, judge_blocking,
    reward::{HeadFiles, HeadManifest, RewardHead},
};
use plaudit_models::{Embedder, ModelFiles, TextModel, device, sha256_hex};
use plaudit_runner::protocol::{JudgeModel, JudgeRole, LearnedVotes, RewardHead as BrowserHead};
use serde_json::json;

use super::{JudgingError, PairAnswer, PairJudge, PairQuestion, Reads, pictures};
use crate::{
    models::{Catalogue, CatalogueModel, HEAD_MANIFEST, HEAD_TENSORS, HEAD_VOTES, REWARD_HEAD, reward_folder},
    store::{JudgeDetails, JudgePlace, JudgeRow, JudgmentCost},
};

/// The model that makes vectors of texts, by its name in the catalogue.
pub const EMBEDDER: &str = "all-minilm-l6-v2";
/// Folds where the server does not say how many it had.
const FOLDS: u32 = 5;
/// Verdicts whose second order nobody has asked for yet; a job asks for it next.
const REMEMBERED: usize = 64;

/// The models of all judges, each loaded once.
struct Shelf {
    models: HashMap<&'static str, CatalogueModel>,
    head: Option<HeadFiles>,
    vectors: OnceLock<Result<Vectors, String>>,
    smollm2: OnceLock<Result<TextModel, String>>,
    tiny: OnceLock<Result<TextModel, String>>,
    reward: OnceLock<Result<RewardHead, String>>,
}

impl Shelf {
    fn new(catalogue: &Catalogue, data: &Path) -> Self {
        let names = [EMBEDDER, catalogue_name(LanguageModel::Smollm2), catalogue_name(LanguageModel::Tiny)];
        let models = names.into_iter().filter_map(|name| Some((name, catalogue.by_name(name)?))).collect();
        Self {
            models,
            head: read_head(data),
            vectors: OnceLock::new(),
            smollm2: OnceLock::new(),
            tiny: OnceLock::new(),
            reward: OnceLock::new(),
        }
    }

    fn files(&self, name: &str) -> Result<ModelFiles, String> {
        let model = self.models.get(name).ok_or_else(|| format!("the model {name} is not here"))?;
        ModelFiles::read(&model.manifest, &model.folder).map_err(|error| error.to_string())
    }

    fn text_model<'a>(
        &'a self,
        place: &'a OnceLock<Result<TextModel, String>>,
        model: LanguageModel,
    ) -> Result<&'a TextModel, String> {
        let load = || {
            let files = self.files(catalogue_name(model))?;
            TextModel::load(files, &device::cpu()).map_err(|error| error.to_string())
        };
        place.get_or_init(load).as_ref().map_err(Clone::clone)
    }

    fn language(&self, model: LanguageModel) -> Result<&TextModel, String> {
        match model {
            LanguageModel::Smollm2 => self.text_model(&self.smollm2, model),
            LanguageModel::Tiny => self.text_model(&self.tiny, model),
        }
    }

    fn vectors(&self) -> Result<&Vectors, String> {
        let load = || {
            let embedder = Embedder::load(&self.files(EMBEDDER)?, &device::cpu()).map_err(|error| error.to_string())?;
            Ok(Vectors::new(embedder))
        };
        self.vectors.get_or_init(load).as_ref().map_err(Clone::clone)
    }

    fn reward(&self) -> Result<&RewardHead, String> {
        let load = || {
            let files = self.head.as_ref().ok_or("no reward head was trained")?;
            RewardHead::from_files(files).map(|(head, _)| head).map_err(|error| error.to_string())
        };
        self.reward.get_or_init(load).as_ref().map_err(Clone::clone)
    }

    /// What this judge needs, loaded.
    fn models(&self, kind: JudgeKind) -> Result<Models<'_>, String> {
        let mut models = Models::default();
        let needs = kind.needs();
        for model in needs.language {
            match model {
                LanguageModel::Smollm2 => models.smollm2 = Some(self.language(*model)?),
                LanguageModel::Tiny => models.tiny = Some(self.language(*model)?),
            }
        }
        if needs.encoder {
            models.vectors = Some(self.vectors()?);
        }
        if needs.reward {
            models.reward = Some(self.reward()?);
        }
        Ok(models)
    }

    /// Digests of what the judge needs; `None` when something of it is not here.
    fn digests(&self, kind: JudgeKind) -> Option<Vec<(String, String)>> {
        let needs = kind.needs();
        let names = needs.language.iter().map(|model| catalogue_name(*model)).chain(needs.encoder.then_some(EMBEDDER));
        let mut digests = Vec::new();
        for name in names {
            digests.push((name.to_owned(), self.models.get(name)?.manifest.weights_sha256().to_owned()));
        }
        if needs.reward {
            let digest = blake3::hash(&self.head.as_ref()?.tensors).to_hex().to_string();
            digests.push(("reward-head".to_owned(), digest));
        }
        Some(digests)
    }
}

/// The head that `plaudit judge train` left in the data folder.
fn read_head(data: &Path) -> Option<HeadFiles> {
    let folder = reward_folder(data);
    let tensors = fs::read(folder.join(HEAD_TENSORS)).ok()?;
    let manifest = fs::read_to_string(folder.join(HEAD_MANIFEST)).ok()?;
    Some(HeadFiles { tensors, manifest })
}

fn catalogue_name(model: LanguageModel) -> &'static str {
    match model {
        LanguageModel::Smollm2 => "smollm2-135m-instruct",
        LanguageModel::Tiny => "tiny",
    }
}

/// Name and description for people.
fn words(kind: JudgeKind) -> (String, &'static str) {
    let of = |model: LanguageModel| match model {
        LanguageModel::Smollm2 => "SmolLM2",
        LanguageModel::Tiny => "tiny",
    };
    match kind {
        JudgeKind::AlwaysLeft => (
            "Always A".to_owned(),
            "Answers A whatever is shown there: what a judge has to beat to have looked at anything. In both orders it contradicts itself, and so it abstains.",
        ),
        JudgeKind::Random => ("Random".to_owned(), "Draws A, B or tie with equal chances, for each order by itself."),
        JudgeKind::Length => ("Longer text".to_owned(), "Prefers the answer with more characters."),
        JudgeKind::Markdown => (
            "More markdown".to_owned(),
            "Prefers the answer with more headings, list items, bold and code blocks per 100 words.",
        ),
        JudgeKind::RelevanceMinilm => (
            "Relevance (MiniLM)".to_owned(),
            "Prefers the answer whose sentence vector lies nearer to the prompt’s. A wrong answer to the point wins over a right one aside.",
        ),
        JudgeKind::Likelihood { model } => (
            format!("Likelihood ({})", of(model)),
            "Prefers the answer that the language model finds likelier, per token, after the prompt.",
        ),
        JudgeKind::TotalLikelihood { model } => (
            format!("Total likelihood ({})", of(model)),
            "Prefers the answer that the language model finds likelier as a whole: nearly always the shorter one.",
        ),
        JudgeKind::SelfCertainty { model } => (
            format!("Self-certainty ({})", of(model)),
            "Prefers the answer along which the language model’s distributions are farther from uniform.",
        ),
        JudgeKind::PTrue { model } => (
            format!("P(True) ({})", of(model)),
            "Asks the language model of each answer alone whether it is good, and reads the probability of “True”.",
        ),
        JudgeKind::AOrB { model } => (
            format!("A or B ({})", of(model)),
            "Shows the language model both answers and reads the probability of “A” against “B”.",
        ),
        JudgeKind::LogRatio => (
            "Log-ratio (SmolLM2 to tiny)".to_owned(),
            "Prefers the answer that SmolLM2 finds likelier than tiny does: the implicit reward of direct preference optimisation.",
        ),
        JudgeKind::Reward => (
            "Reward model of this arena".to_owned(),
            "A Bradley-Terry head over sentence vectors, trained on this site’s votes by plaudit judge train.",
        ),
    }
}

/// One of the judges, with the models that it shares with the others.
struct LocalJudge {
    row: JudgeRow,
    kind: JudgeKind,
    shelf: Arc<Shelf>,
    /// With the seed of the order that was asked for first.
    remembered: Mutex<HashMap<BattleId, (u64, Verdict)>>,
}

/// The judges whose models are here. `data` is the data folder, where a trained reward head lies.
pub fn built_in(catalogue: &Catalogue, data: &Path) -> Vec<Arc<dyn PairJudge>> {
    let shelf = Arc::new(Shelf::new(catalogue, data));
    let found = JudgeKind::ALL.into_iter().filter_map(|kind| {
        let digests = shelf.digests(kind)?;
        let judge = LocalJudge { row: row(kind, &digests)?, kind, shelf: shelf.clone(), remembered: Mutex::default() };
        Some(Arc::new(judge) as Arc<dyn PairJudge>)
    });
    found.chain(pictures::built_in(catalogue, data)).collect()
}

/// What browsers need to run the judges whose models are here, and each judge's row here.
pub fn for_browsers(catalogue: &Catalogue) -> BrowserJudges {
    let roles = [
        (JudgeRole::Tiny, catalogue_name(LanguageModel::Tiny)),
        (JudgeRole::Encoder, EMBEDDER),
        (JudgeRole::Smollm2, catalogue_name(LanguageModel::Smollm2)),
    ];
    let found = roles.into_iter().filter_map(|(role, name)| {
        let BrowserModel { manifest: model, folder } = catalogue.by_name(name)?.for_browsers();
        Some(JudgeModel { role, model, folder })
    });
    let mut models: Vec<JudgeModel> = found.collect();
    models.sort_by_key(|model| model.model.bytes());
    let reward = catalogue.reward_head().and_then(|(tensors, manifest)| browser_head(&tensors, manifest));
    let digest = |role: JudgeRole| {
        let model = models.iter().find(|model| model.role == role)?;
        Some((model.model.name.clone(), model.model.weights_sha256().to_owned()))
    };
    let judge = |kind: JudgeKind| {
        let needs = kind.needs();
        let roles: Vec<JudgeRole> = needs
            .language
            .iter()
            .map(|model| role_of(*model))
            .chain(needs.encoder.then_some(JudgeRole::Encoder))
            .collect();
        let mut digests = roles.iter().map(|role| digest(*role)).collect::<Option<Vec<_>>>()?;
        if needs.reward {
            let (_, digest) = reward.as_ref()?;
            digests.push(("reward-head".to_owned(), digest.clone()));
        }
        Some(BrowserJudge { id: kind.id(), row: row(kind, &digests)?, roles, reward: needs.reward })
    };
    // Who looks at nothing has nothing to say about a battle.
    let kinds = JudgeKind::ALL.into_iter().filter(|kind| !matches!(kind, JudgeKind::AlwaysLeft | JudgeKind::Random));
    let judges = kinds.filter_map(judge).collect();
    BrowserJudges { models, reward: reward.map(|(head, _)| head), judges }
}

/// What [`for_browsers`] finds.
pub struct BrowserJudges {
    /// The smallest first.
    pub models: Vec<JudgeModel>,
    /// The trained head.
    pub reward: Option<BrowserHead>,
    /// The judges that look at battles.
    pub judges: Vec<BrowserJudge>,
}

/// A judge that a browser can run.
pub struct BrowserJudge {
    /// As the worker knows it.
    pub id: String,
    /// As the log knows it when it judges here: the same weights, the same version.
    pub row: JudgeRow,
    /// What it reads with.
    pub roles: Vec<JudgeRole>,
    /// Whether it needs the head.
    pub reward: bool,
}

fn role_of(model: LanguageModel) -> JudgeRole {
    match model {
        LanguageModel::Smollm2 => JudgeRole::Smollm2,
        LanguageModel::Tiny => JudgeRole::Tiny,
    }
}

/// The head as browsers are told of it, and the digest that names it in versions of judges.
fn browser_head(tensors: &Path, manifest: String) -> Option<(BrowserHead, String)> {
    let tensors = fs::read(tensors).ok()?;
    let file = ModelFile {
        role: FileRole::Weights,
        path: HEAD_TENSORS.to_owned(),
        sha256: sha256_hex(&tensors),
        bytes: tensors.len() as u64,
    };
    let digest = blake3::hash(&tensors).to_hex().to_string();
    Some((BrowserHead { manifest, tensors: file, folder: format!("/models/{REWARD_HEAD}/") }, digest))
}

/// What the reward head was learned from, and what its host found; `None` where there is no head, or nothing beside it.
pub fn lesson(catalogue: &Catalogue) -> Option<LearningOffer> {
    let (_, manifest) = catalogue.reward_head()?;
    let known: HeadManifest = serde_json::from_str(&manifest).ok()?;
    let bytes = fs::metadata(catalogue.reward_votes()?).ok()?.len();
    // Whether it is that file is found by who downloads it.
    let file = ModelFile { role: FileRole::Weights, path: HEAD_VOTES.to_owned(), sha256: known.votes_sha256?, bytes };
    let on_server = known.held_out.iter().find(|found| found.by == "prompt");
    Some(LearningOffer {
        comparisons: known.comparisons,
        folds: on_server.map_or(FOLDS, |found| found.folds),
        on_server: on_server.map(|found| found.accuracy),
        votes: LearnedVotes { manifest, file, folder: format!("/models/{REWARD_HEAD}/") },
    })
}

/// The slug of the judge that is learned from votes.
pub fn is_learned(slug: &JudgeSlug) -> bool {
    slug.as_str() == name_of(JudgeKind::Reward)
}

/// The judges that cost next to nothing: those of texts without a model, and those of pictures, whose model takes a millisecond.
pub fn without_models(catalogue: &Catalogue, data: &Path) -> Vec<Arc<dyn PairJudge>> {
    let free = JudgeKind::ALL.into_iter().filter(|kind| kind.needs().is_nothing());
    let free: Vec<String> = free.map(name_of).collect();
    let is_free = |judge: &Arc<dyn PairJudge>| {
        matches!(judge.reads(), Reads::Pictures(_)) || free.iter().any(|name| name == judge.row().slug.as_str())
    };
    built_in(catalogue, data).into_iter().filter(is_free).collect()
}

/// The name in a judge's id, without its version.
fn name_of(kind: JudgeKind) -> String {
    kind.id().split_once('/').map_or_else(String::new, |(name, _)| name.to_owned())
}

/// A judge that reads other weights is another version.
fn row(kind: JudgeKind, digests: &[(String, String)]) -> Option<JudgeRow> {
    let id = kind.id();
    let (name, version) = id.split_once('/')?;
    let slug: JudgeSlug = name.parse().ok()?;
    let version = digests.iter().fold(version.to_owned(), |version, (_, digest)| format!("{version}.{}", &digest[..8]));
    let (name, description) = words(kind);
    let weights: serde_json::Map<_, _> = digests.iter().map(|(name, digest)| (name.clone(), json!(digest))).collect();
    Some(JudgeRow {
        id: JudgeId::of(&slug, &version),
        slug,
        version,
        name,
        details: JudgeDetails {
            place: JudgePlace::Server,
            description: description.to_owned(),
            provenance: json!({ "judge": id, "weights": weights, "ties_below": kind.tie_below() }),
        },
    })
}

impl LocalJudge {
    fn unusable(&self, reason: String) -> JudgingError {
        JudgingError::Unusable { judge: self.row.slug.to_string(), reason }
    }

    /// The reading of this order, where the other one was just asked for.
    fn remembered(&self, question: &PairQuestion<'_>) -> Option<Reading> {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let (seed, verdict) = remembered.remove(&question.pair)?;
        Some(if seed == question.seed { verdict.shown } else { verdict.swapped })
    }

    fn remember(&self, question: &PairQuestion<'_>, verdict: Verdict) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(question.pair, (question.seed, verdict));
    }
}

impl PairJudge for LocalJudge {
    fn row(&self) -> &JudgeRow {
        &self.row
    }

    fn reads(&self) -> Reads {
        match self.kind {
            JudgeKind::AlwaysLeft | JudgeKind::Random => Reads::Anything,
            _ => Reads::Texts,
        }
    }

    fn judge(&self, question: &PairQuestion<'_>) -> Result<PairAnswer, JudgingError> {
        if let Some(reading) = self.remembered(question) {
            // Both orders were paid for with the first.
            return Ok(answer(reading, JudgmentCost::default()));
        }
        let models = self.shelf.models(self.kind).map_err(|reason| self.unusable(reason))?;
        let battle = Battle { id: question.pair, prompt: question.prompt, left: question.left, right: question.right };
        let started = Instant::now();
        let verdict = match judge_blocking(self.kind, &models, &battle) {
            Ok(verdict) => verdict,
            Err(error @ JudgeError::Missing { .. }) => return Err(self.unusable(error.to_string())),
            // A text that is empty or too long for this judge: no other question is concerned.
            Err(error) => {
                let cost = JudgmentCost { milliseconds: Some(millis(started)), ..JudgmentCost::default() };
                return Ok(PairAnswer::failed(Unparsed::Failed, error.to_string(), cost));
            }
        };
        let cost = JudgmentCost {
            milliseconds: Some(millis(started)),
            tokens_read: (verdict.cost.tokens_read > 0).then_some(verdict.cost.tokens_read),
            ..JudgmentCost::default()
        };
        let shown = verdict.shown;
        self.remember(question, verdict);
        Ok(answer(shown, cost))
    }
}

fn millis(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn answer(reading: Reading, cost: JudgmentCost) -> PairAnswer {
    let answer = match reading.answer {
        Preference::Left => Answer::Outcome(Outcome::Left),
        Preference::Right => Answer::Outcome(Outcome::Right),
        // Such a judge cannot tell whether both are good.
        Preference::Tie => Answer::AnyTie,
    };
    PairAnswer {
        scores: Some((reading.left_score, reading.right_score)),
        left_probability: reading.left_better,
        cost,
        ..PairAnswer::plain(answer)
    }
}
