//! Battles that the visitor's own browser generates, and the playground.

use std::{collections::HashMap, sync::Arc};

use plaudit_app::{
    api::ApiError,
    view_model::live::{
        AbsentModel, LiveAnswer, LiveAnswers, LiveBattle, LiveContent, LiveOffer, LiveReady, LiveSide, LiveSource,
        LiveWork, OfferedModel, OfferedSource, PlaygroundContestant, PlaygroundView,
    },
};
use plaudit_domain::{
    ArenaSlug, BattleId, ContestantKind, Media, MediaId, MediaKind, PictureSampler, Sampler, Task, VoterId, Weights,
};

use super::{Refused, Service, internal, pictures, uncounted, unread};
use crate::{
    board::LiveArena,
    clock::{random_below, random_bytes},
    engine::{EngineError, Order, PICTURE_SIDE, Painted},
    markdown,
    models::CatalogueModel,
    store::{ContestantRow, FinishLive, FinishLiveAnswer, GenerationDetails, MadeBy, NewGeneration},
    ticket::{LIVE_LIFETIME_MILLIS, LiveDraw, OpenBattle, TICKET_LIFETIME_MILLIS},
};

/// The longest prompt that a visitor may type, in characters.
pub const MAX_PROMPT_CHARS: usize = 2_000;
/// The longest text that a browser may hand in, in characters.
pub const MAX_TEXT_CHARS: usize = 20_000;
/// A device's name is cut here.
const MAX_DEVICE_CHARS: usize = 200;
/// Prompts offered to whoever does not want to type.
const OFFERED_PROMPTS: usize = 6;
/// Pictures offered to be changed.
const OFFERED_SOURCES: usize = 24;
/// Seeds are below this, so that every reader of JSON gets them whole.
const SEED_BOUND: u64 = 1 << 53;
/// What chat templates put around prompts takes no more tokens than this.
const TEMPLATE_TOKENS: u64 = 64;

/// A contestant that browsers can run, and its model.
struct Runnable {
    contestant: ContestantRow,
    work: Work,
    model: CatalogueModel,
}

/// What a contestant does.
enum Work {
    Write(Sampler),
    Draw(Box<CatalogueModel>, PictureSampler),
}

impl Runnable {
    fn side(&self, seed: u64) -> LiveSide {
        let work = match &self.work {
            Work::Write(sampler) => LiveWork::Write {
                system_prompt: self.contestant.details.system_prompt.clone(),
                sampler: sampler.clone(),
            },
            Work::Draw(captions, sampler) => {
                LiveWork::Draw { captions: Box::new(captions.for_browsers()), sampler: *sampler }
            }
        };
        LiveSide { model: self.model.for_browsers(), work, seed }
    }

    /// What is asked of one that writes.
    fn order(&self, prompt: &str, seed: u64) -> Option<Order> {
        let Work::Write(sampler) = &self.work else { return None };
        let system_prompt = self.contestant.details.system_prompt.clone();
        Some(Order { prompt: prompt.to_owned(), system_prompt, sampler: sampler.clone(), seed })
    }
}

/// The weights and settings of a contestant that is a language model with both.
fn settings(contestant: &ContestantRow) -> Option<(&Weights, &Sampler)> {
    let details = &contestant.details;
    if details.kind != ContestantKind::LanguageModel {
        return None;
    }
    details.weights.as_ref().zip(details.sampler.as_ref())
}

/// The first few of a shuffle: drawn without being put back.
fn draw_some<T>(all: &mut Vec<T>, most: usize) {
    for place in 0..all.len().min(most) {
        let other = place + random_below((all.len() - place) as u64) as usize;
        all.swap(place, other);
    }
    all.truncate(most);
}

/// The number of unordered pairs.
fn pairs(count: usize) -> u64 {
    (count as u64 * (count as u64).saturating_sub(1)) / 2
}

impl Service {
    fn runnable(&self, arena: &LiveArena) -> Vec<Runnable> {
        let models = self.catalogue.models();
        arena.with_log(|log| {
            let found = |weights: &Weights| {
                models.iter().find(|model| model.manifest.weights_sha256() == weights.sha256).cloned()
            };
            let run = |contestant: &ContestantRow| {
                let details = &contestant.details;
                let (weights, work) = match (&details.drawing, arena.row.task) {
                    (Some(drawing), Task::Image | Task::ImageEdit) => {
                        (details.weights.as_ref()?, Work::Draw(Box::new(found(&drawing.captions)?), drawing.sampler))
                    }
                    (None, _) => {
                        settings(contestant).map(|(weights, sampler)| (weights, Work::Write(sampler.clone())))?
                    }
                    // To make a clip is more than a browser's painters can do so far.
                    _ => return None,
                };
                Some(Runnable { contestant: contestant.clone(), work, model: found(weights)? })
            };
            log.contestants().iter().filter_map(run).collect()
        })
    }

    pub(super) async fn offer(&self, slug: &ArenaSlug) -> Result<Option<LiveOffer>, ApiError> {
        let arena = self.arena(slug)?;
        let runnable = self.runnable(&arena);
        if runnable.len() < 2 {
            return Ok(None);
        }
        let mut models: Vec<OfferedModel> = Vec::new();
        for one in &runnable {
            match models.iter_mut().find(|model| model.model.manifest.name == one.model.manifest.name) {
                Some(model) => model.contestants += 1,
                None => {
                    let with = match &one.work {
                        Work::Write(_) => None,
                        Work::Draw(captions, _) => Some(captions.for_browsers()),
                    };
                    models.push(OfferedModel { model: one.model.for_browsers(), with, contestants: 1 });
                }
            }
        }
        models.sort_by_key(|model| model.model.manifest.bytes());
        let mut prompts: Vec<_> =
            self.boards.store().prompts(arena.row.id).await.map_err(unread)?.into_iter().map(|row| row.text).collect();
        // The same is asked of several pictures.
        prompts.sort();
        prompts.dedup();
        draw_some(&mut prompts, OFFERED_PROMPTS);
        let mut sources = self.boards.store().sources(arena.row.id).await.map_err(unread)?;
        draw_some(&mut sources, OFFERED_SOURCES);
        let source = |(place, media): (usize, &Media)| OfferedSource {
            id: media.id.to_string(),
            picture: pictures::offered(media, place + 1),
        };
        let sources = sources.iter().enumerate().map(source).collect();
        Ok(Some(LiveOffer { arena: self.summary(&arena).await?, models, prompts, sources }))
    }

    pub(super) async fn draw_live(
        &self,
        voter: VoterId,
        slug: &ArenaSlug,
        (prompt, source): (Option<&str>, Option<&str>),
        models: &[&str],
    ) -> Result<LiveBattle, ApiError> {
        let arena = self.arena(slug)?;
        let mut runnable = self.runnable(&arena);
        runnable.retain(|one| models.contains(&one.model.manifest.name.as_str()));
        if runnable.len() < 2 {
            return Err(ApiError::NotEnoughContestants);
        }
        let source = source.map(|id| id.parse::<MediaId>().map_err(|_| ApiError::PromptUnusable)).transpose()?;
        let (prompt, source) = match prompt {
            Some(prompt) => (prompt.trim().to_owned(), source),
            None => {
                let mut prompts = self.boards.store().prompts(arena.row.id).await.map_err(unread)?;
                if prompts.is_empty() {
                    return Err(ApiError::PromptUnusable);
                }
                let drawn = prompts.swap_remove(random_below(prompts.len() as u64) as usize);
                (drawn.text, source.or(drawn.source))
            }
        };
        let source = match arena.row.task {
            Task::ImageEdit => Some(self.live_source(&arena, source).await?),
            _ => None,
        };
        if prompt.is_empty() || prompt.chars().count() > MAX_PROMPT_CHARS {
            return Err(ApiError::PromptUnusable);
        }
        let probability = 1.0 / pairs(runnable.len()) as f64;
        // Two different ones, each order as likely as the other.
        let left = runnable.swap_remove(random_below(runnable.len() as u64) as usize);
        let right = runnable.swap_remove(random_below(runnable.len() as u64) as usize);
        let seeds = [random_below(SEED_BOUND), random_below(SEED_BOUND)];
        for (side, seed) in [(&left, seeds[0]), (&right, seeds[1])] {
            if let (Work::Write(sampler), Some(order)) = (&side.work, side.order(&prompt, seed)) {
                self.must_fit(&side.model, sampler, order).await?;
            }
        }
        let now = (self.clock)();
        let draw = LiveDraw {
            battle: BattleId::new(now, random_bytes()),
            voter,
            arena: arena.row.id,
            left: left.contestant.id,
            right: right.contestant.id,
            left_seed: seeds[0],
            right_seed: seeds[1],
            probability,
            expires_at: now.plus_millis(LIVE_LIFETIME_MILLIS),
            source: source.as_ref().map(|(media, _)| media.id),
            prompt,
        };
        Ok(LiveBattle {
            ticket: self.tickets.seal_live(&draw),
            prompt_html: markdown::render(&draw.prompt),
            prompt: draw.prompt,
            source: source.map(|(_, source)| source),
            left: left.side(seeds[0]),
            right: right.side(seeds[1]),
        })
    }

    /// A picture of the arena that shall be changed, or any of them, as page and models see it.
    async fn live_source(&self, arena: &LiveArena, wanted: Option<MediaId>) -> Result<(Media, LiveSource), ApiError> {
        let mut sources = self.boards.store().sources(arena.row.id).await.map_err(unread)?;
        let media = match wanted {
            Some(wanted) => sources.into_iter().find(|media| media.id == wanted),
            None if sources.is_empty() => None,
            None => Some(sources.swap_remove(random_below(sources.len() as u64) as usize)),
        };
        let media = media.ok_or(ApiError::PromptUnusable)?;
        let file = self.media.whole(media.id).await.map_err(|error| internal(&error))?;
        let file = file.ok_or(ApiError::PromptUnusable)?;
        let painted = tokio::task::spawn_blocking(move || Painted::of_file(&file)).await;
        let painted = painted.map_err(|error| internal(&error))?.map_err(|refusal| internal(&refusal))?;
        let rgb = data_encoding::HEXLOWER.encode(&painted.rgb);
        Ok((media, LiveSource { picture: pictures::to_change(&media), rgb }))
    }

    /// Whether prompt and answer fit the model's context. A byte is at least a part of a token, so a short prompt is
    /// known to fit without the model; any other one is counted by the model itself.
    async fn must_fit(&self, model: &CatalogueModel, sampler: &Sampler, order: Order) -> Result<(), ApiError> {
        let bytes = order.prompt.len() + order.system_prompt.as_ref().map_or(0, String::len);
        let answer = u64::from(sampler.max_tokens.unwrap_or(0));
        if bytes as u64 + TEMPLATE_TOKENS + answer <= u64::from(model.manifest.context) {
            return Ok(());
        }
        let (engine, digest) = (self.engine.clone(), model.manifest.weights_sha256().to_owned());
        let checked = tokio::task::spawn_blocking(move || engine.load(&digest)?.prompt_tokens(&order)).await;
        match checked {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(EngineError::Prompt(_))) => Err(ApiError::PromptUnusable),
            // The browser counts as well and says so before it generates.
            Ok(Err(error)) => {
                tracing::warn!(%error, "a prompt's length was not checked");
                Ok(())
            }
            Err(error) => Err(internal(&error)),
        }
    }

    pub(super) async fn take_live(
        &self,
        voter: VoterId,
        ticket: &str,
        answers: LiveAnswers,
    ) -> Result<LiveReady, ApiError> {
        let now = (self.clock)();
        let draw = self.tickets.open_live(ticket, voter, now).map_err(Refused::from)?;
        let arena = self.boards.arena_by_id(draw.arena).ok_or(ApiError::TicketInvalid)?;
        let contestants =
            arena.with_log(|log| log.contestant(draw.left).cloned().zip(log.contestant(draw.right).cloned()));
        let (left, right) = contestants.ok_or(ApiError::TicketInvalid)?;
        let (left, left_png) = self.check(&left, draw.left_seed, answers.left)?;
        let (right, right_png) = self.check(&right, draw.right_seed, answers.right)?;
        if left.media == right.media && left.text.trim() == right.text.trim() {
            return Err(ApiError::Identical);
        }
        // Before the rows that name them.
        for (generation, png) in [(&left, left_png), (&right, right_png)] {
            if let (Some(media), Some(png)) = (&generation.media, png) {
                self.media.put(media.id, png).await.map_err(|error| internal(&error))?;
            }
        }
        let command = FinishLive {
            battle: draw.battle,
            arena: draw.arena,
            arena_slug: arena.row.slug.clone(),
            prompt: draw.prompt,
            source: draw.source,
            left,
            right,
            now,
        };
        let prompt = command.prompt_id();
        let battle = OpenBattle {
            battle: draw.battle,
            voter,
            arena: draw.arena,
            prompt,
            left: draw.left,
            right: draw.right,
            left_generation: command.left.id(prompt),
            right_generation: command.right.id(prompt),
            probability: draw.probability,
            expires_at: now.plus_millis(TICKET_LIFETIME_MILLIS),
            live: true,
        };
        let shown = (markdown::render(&command.left.text), markdown::render(&command.right.text));
        match self.boards.store().finish_live(command).await.map_err(uncounted)? {
            FinishLiveAnswer::Stored => {
                Ok(LiveReady { ticket: self.tickets.seal(&battle), left: shown.0, right: shown.1 })
            }
            FinishLiveAnswer::Other => Err(ApiError::GenerationRefused),
        }
    }

    /// Whether an answer can come from the contestant that was drawn, as far as this can be told without running it; of a
    /// picture its file too.
    fn check(
        &self,
        contestant: &ContestantRow,
        seed: u64,
        answer: LiveAnswer,
    ) -> Result<(NewGeneration, Option<Vec<u8>>), ApiError> {
        let refuse = |why: &'static str| {
            tracing::info!(why, contestant = %contestant.slug, "a live generation was refused");
            ApiError::GenerationRefused
        };
        let LiveAnswer { content, weights_sha256, backend, device } = answer;
        if contestant.details.weights.as_ref().is_none_or(|weights| weights.sha256 != weights_sha256) {
            return Err(refuse("other weights"));
        }
        let device = device.chars().take(MAX_DEVICE_CHARS).collect();
        let made = MadeBy { backend, device, weights_sha256, tokens: Vec::new(), tokens_per_second: None };
        let (text, tokens, finish, tokens_per_second) = match content {
            LiveContent::Picture { side, rgb } => {
                if contestant.details.drawing.is_none() {
                    return Err(refuse("a picture of one that writes"));
                }
                if side != PICTURE_SIDE {
                    return Err(refuse("a picture of another size"));
                }
                let rgb = data_encoding::HEXLOWER.decode(rgb.as_bytes()).map_err(|_| refuse("no pixels"))?;
                let picture =
                    plaudit_media::from_rgb(side, side, rgb).map_err(|_| refuse("another number of pixels"))?;
                let bytes = picture.png.len() as u64;
                let (kind, milliseconds) = (MediaKind::Png, None);
                let media =
                    Media { id: picture.id, kind, milliseconds, width: side, height: side, bytes, thumbnail: None };
                let details = GenerationDetails { seed: Some(seed), tokens: None, finish: None, made: Some(made) };
                let (contestant, text) = (contestant.id, String::new());
                return Ok((NewGeneration { contestant, text, media: Some(media), details }, Some(picture.png)));
            }
            LiveContent::Text { text, tokens, finish, tokens_per_second } => (text, tokens, finish, tokens_per_second),
        };
        let Some((_, sampler)) = settings(contestant) else { return Err(refuse("a text of one that draws")) };
        if sampler.max_tokens.is_some_and(|most| tokens.len() > most as usize) {
            return Err(refuse("too many tokens"));
        }
        if text.trim().is_empty() || tokens.is_empty() {
            return Err(refuse("no text"));
        }
        if text.chars().count() > MAX_TEXT_CHARS {
            return Err(refuse("too long"));
        }
        if self.engine.loaded(&made.weights_sha256).is_some_and(|model| !is_text_of(&text, &model.decode(&tokens))) {
            return Err(refuse("the text is not what the tokens say"));
        }
        let tokens_per_second = tokens_per_second.filter(|rate| rate.is_finite() && *rate > 0.0);
        let details = GenerationDetails {
            seed: Some(seed),
            tokens: u32::try_from(tokens.len()).ok(),
            finish,
            made: Some(MadeBy { tokens, tokens_per_second, ..made }),
        };
        Ok((NewGeneration { contestant: contestant.id, text, media: None, details }, None))
    }

    pub(super) fn playground_view(&self) -> Result<PlaygroundView, ApiError> {
        let models = self.catalogue.models();
        let mut contestants = Vec::new();
        let mut absent: HashMap<String, AbsentModel> = HashMap::new();
        let arenas: Vec<Arc<LiveArena>> = self.boards.arenas();
        for arena in &arenas {
            arena.with_log(|log| {
                for contestant in log.contestants() {
                    let Some((weights, sampler)) = settings(contestant) else { continue };
                    match models.iter().find(|model| model.manifest.weights_sha256() == weights.sha256) {
                        Some(model) => contestants.push(PlaygroundContestant {
                            arena: arena.row.slug.clone(),
                            slug: contestant.slug.clone(),
                            name: contestant.name.clone(),
                            description: contestant.details.description.clone(),
                            model: model.manifest.name.clone(),
                            system_prompt: contestant.details.system_prompt.clone(),
                            sampler: sampler.clone(),
                        }),
                        None => {
                            absent
                                .entry(weights.sha256.clone())
                                .or_insert_with(|| AbsentModel { name: weights.name.clone(), bytes: weights.bytes });
                        }
                    }
                }
            });
        }
        let mut absent: Vec<_> = absent.into_values().collect();
        absent.sort_by(|one, other| (one.bytes, &one.name).cmp(&(other.bytes, &other.name)));
        let writers = models.iter().filter(|model| model.manifest.writes_text());
        let mut models: Vec<_> = writers.map(CatalogueModel::for_browsers).collect();
        models.sort_by_key(|model| model.manifest.bytes());
        Ok(PlaygroundView { models, contestants, absent })
    }
}

/// Whether a browser's text is that of its tokens. An answer that was stopped within a character has not shown it.
pub fn is_text_of(text: &str, decoded: &str) -> bool {
    let visible = |text: &str| text.trim_end_matches(char::REPLACEMENT_CHARACTER).trim().to_owned();
    visible(text) == visible(decoded)
}
