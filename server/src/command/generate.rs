//! `plaudit generate`: fills an arena's pool, with models on this machine and with services that may be asked.

mod export;

use std::{
    collections::{HashMap, HashSet},
    io::IsTerminal,
    num::NonZeroUsize,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use plaudit_datasets::Record;
use plaudit_domain::{
    ContestantId, ContestantKind, Drawing, Finish, Media, MediaId, MediaKind, Prompt, PromptId, Sampler, Service,
};
use plaudit_media::{Limits, Picture, take_in};
use plaudit_runner::protocol::BackendKind;
use tokio::sync::mpsc;

use crate::{
    cli::GenerateArgs,
    clock::system_clock,
    engine::{Engine, EngineError, Made, Model, Order, Painted, Painter},
    judging::chat::{ChatAnswer, ChatClient, ChatFailure, ChatRequest, ChatSettings, PictureRequest, Prices, Purse},
    media::MediaStore,
    models::Catalogue,
    store::{
        AddGeneration, ArenaRow, ContestantRow, GenerationDetails, ImportJob, ImportMessage, MadeBy, NewGeneration,
        PromptRow, Store,
    },
};

/// Running servers are told of new generations this often.
const TELL_SERVERS: Duration = Duration::from_secs(10);
/// The bar's words change this often.
const REDRAW: Duration = Duration::from_millis(250);

/// How long a service may take for one answer: pictures take a minute.
const SERVICE_TIMEOUT: Duration = Duration::from_secs(180);
/// How often what failed is asked again, and after which pause for the first time.
const SERVICE_RETRIES: u32 = 4;
const SERVICE_PAUSE: Duration = Duration::from_secs(1);
/// The most tokens of a text where a contestant does not say.
const MOST_TOKENS: u32 = 1024;

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Generations that are new.
    pub added: u64,
    /// Generations that were there before.
    pub known: u64,
    /// Prompts that do not fit a contestant's context.
    pub unfit: u64,
    /// Answers without a word, which are not stored.
    pub empty: u64,
    /// Tokens of what was added.
    pub tokens: u64,
    /// It was told to stop before its end.
    pub stopped: bool,
}

/// The n-th seed for a contestant and a prompt: below 2⁵³, so that every reader of JSON gets it whole.
pub fn seed(contestant: ContestantId, prompt: PromptId, number: u32) -> u64 {
    let mut hasher = blake3::Hasher::new_derive_key("plaudit 2026 pool seed");
    hasher.update(&contestant.0.to_le_bytes()).update(prompt.as_bytes()).update(&number.to_le_bytes());
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    u64::from_le_bytes(first) >> 11
}

/// A contestant that can generate here.
#[derive(Clone)]
struct Player {
    row: ContestantRow,
    work: Skill,
    /// None of a service.
    weights_sha256: Option<String>,
}

/// What a contestant does.
#[derive(Clone)]
enum Skill {
    Write(Sampler),
    Draw(Box<Drawing>),
    /// A service is asked: for a text, with these settings, or for a picture.
    Ask(Box<Service>, Option<Sampler>),
}

impl Player {
    /// Whether it makes the same whatever its seed is.
    fn is_greedy(&self) -> bool {
        match &self.work {
            Skill::Write(sampler) => sampler.temperature.is_none_or(|temperature| temperature <= 0.0),
            // One that says nothing of a temperature leaves it to the service.
            Skill::Ask(_, sampler) => {
                sampler.as_ref().and_then(|sampler| sampler.temperature).is_some_and(|temperature| temperature <= 0.0)
            }
            // What looks pictures up.
            Skill::Draw(_) => self.row.details.kind == ContestantKind::Baseline,
        }
    }
}

/// A player's model, ready.
#[derive(Clone)]
enum Ready {
    Writes(Arc<dyn Model>),
    Draws(Arc<dyn Painter>),
    Asks(Arc<ChatClient>),
}

/// One generation to make.
struct Task {
    player: usize,
    prompt: usize,
    seed: u64,
}

/// Generates what is missing, and exports.
///
/// # Errors
/// When arena, contestants or models are not there, or the database refuses.
pub async fn run(args: GenerateArgs) -> anyhow::Result<()> {
    let store = args.data.open().await?;
    let catalogue = Arc::new(Catalogue::new(&args.site, &args.data.data));
    let engine = Arc::new(Engine::new(catalogue.clone()));
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    tokio::spawn(async move {
        match tokio::signal::ctrl_c().await {
            Ok(()) => asked.store(true, Ordering::Relaxed),
            Err(error) => tracing::error!(%error, "cannot listen for Ctrl-C"),
        }
    });
    let started = Instant::now();
    let tally = generate(&store, &catalogue, &engine, &args, &stop).await?;
    let seconds = started.elapsed().as_secs_f64();
    let Tally { added, known, unfit, empty, tokens, stopped } = tally;
    let speed = if tokens > 0 {
        format!("{tokens} tokens, {:.1} tokens/s, {seconds:.1} s", tokens as f64 / seconds.max(1e-9))
    } else {
        format!("{seconds:.1} s")
    };
    eprintln!(
        "added {added} generations ({speed}); {known} were there before, {unfit} prompts did not fit, {empty} answers were empty"
    );
    if stopped {
        bail!("stopped; what was made is stored, and the same command goes on from here");
    }
    if let Some(file) = &args.export {
        let exported = export::write(&store, &args, file).await?;
        eprintln!("wrote {exported} generations to {}", file.display());
    }
    store.close().await;
    Ok(())
}

async fn find_arena(store: &Store, args: &GenerateArgs) -> anyhow::Result<ArenaRow> {
    let arenas = store.arenas().await?;
    let names = arenas.iter().map(|arena| arena.slug.to_string()).collect::<Vec<_>>().join(", ");
    arenas.into_iter().find(|arena| arena.slug == args.arena).with_context(|| {
        format!("there is no arena {}; there are: {names}. `plaudit import FILE.toml` adds one", args.arena)
    })
}

/// The contestants that were asked for: those with weights and sampler settings.
async fn find_players(store: &Store, arena: &ArenaRow, args: &GenerateArgs) -> anyhow::Result<Vec<Player>> {
    let rows = store.contestants().await?;
    let rows: Vec<_> = rows.into_iter().filter(|row| row.arena == arena.id).collect();
    for slug in &args.contestants {
        if !rows.iter().any(|row| row.slug == *slug) {
            bail!("the arena {} has no contestant {slug}", arena.slug);
        }
    }
    let (mut players, mut unasked) = (Vec::new(), Vec::new());
    for row in rows {
        let asked = args.contestants.contains(&row.slug);
        if !asked && !args.contestants.is_empty() {
            continue;
        }
        let details = &row.details;
        let weights_sha256 = details.weights.as_ref().map(|weights| weights.sha256.clone());
        let work = match (details.kind, &details.sampler, &details.drawing, &details.service) {
            (_, sampler, _, Some(service)) => Some(Skill::Ask(service.clone(), sampler.clone())),
            (_, _, Some(drawing), None) if weights_sha256.is_some() => Some(Skill::Draw(drawing.clone())),
            (ContestantKind::LanguageModel, Some(sampler), None, None) if weights_sha256.is_some() => {
                Some(Skill::Write(sampler.clone()))
            }
            _ => None,
        };
        match work {
            Some(Skill::Ask(service, _)) if !asked && !may_ask(&service, args) => {
                tracing::info!(contestant = %row.slug, service.base_url, "left out: its service is on no --allow-host");
                unasked.push(service.base_url.clone());
            }
            Some(work) => players.push(Player { row, work, weights_sha256 }),
            None if asked => {
                bail!("the contestant {} is neither a model with weights and settings nor a service", row.slug)
            }
            None => {}
        }
    }
    if players.is_empty() {
        if let Some(address) = unasked.first() {
            bail!("no contestant of the arena {} may be asked: {address} needs --allow-host HOST", arena.slug);
        }
        bail!("no contestant of the arena {} can generate here", arena.slug);
    }
    Ok(players)
}

/// Whether the service's host is on the list.
fn may_ask(service: &Service, args: &GenerateArgs) -> bool {
    ChatClient::new(settings_of(service), &args.allow_hosts, |_| Some("a key".to_owned())).is_ok()
}

fn settings_of(service: &Service) -> ChatSettings {
    ChatSettings {
        base_url: service.base_url.clone(),
        model: service.model.clone(),
        key_variable: service.key_variable.clone(),
        timeout: SERVICE_TIMEOUT,
        retries: SERVICE_RETRIES,
        pause: SERVICE_PAUSE,
        prices: Prices::default(),
    }
}

/// Makes the models ready, or says which are missing and how to get them.
async fn load_models(
    engine: &Arc<Engine>,
    catalogue: &Catalogue,
    players: &[Player],
    args: &GenerateArgs,
) -> anyhow::Result<Vec<Ready>> {
    let mut missing: Vec<&str> = Vec::new();
    for player in players {
        let captions = match &player.work {
            Skill::Write(_) | Skill::Ask(..) => None,
            Skill::Draw(drawing) => Some(&drawing.captions),
        };
        for weights in player.row.details.weights.iter().chain(captions) {
            if catalogue.by_digest(&weights.sha256).is_none() && !missing.contains(&weights.name.as_str()) {
                missing.push(&weights.name);
            }
        }
    }
    if !missing.is_empty() {
        bail!(
            "models are missing in {}: {}. Get them with `cargo xtask models fetch {}`, or name contestants that have \
             theirs with --contestants",
            catalogue.places(),
            missing.join(", "),
            missing.join(" ")
        );
    }
    let mut models = Vec::new();
    for player in players {
        if let Skill::Ask(service, _) = &player.work {
            let variable = |name: &str| std::env::var(name).ok();
            let client = ChatClient::new(settings_of(service), &args.allow_hosts, variable)
                .with_context(|| format!("the contestant {} cannot be asked", player.row.slug))?;
            models.push(Ready::Asks(Arc::new(client)));
            continue;
        }
        // The engine keeps what it has loaded.
        let (engine, player) = (engine.clone(), player.clone());
        let load = move || {
            let weights = player.weights_sha256.as_deref().unwrap_or_default();
            match &player.work {
                Skill::Draw(drawing) => engine.painter(weights, drawing).map(Ready::Draws),
                Skill::Write(_) | Skill::Ask(..) => engine.load(weights).map(Ready::Writes),
            }
        };
        models.push(tokio::task::spawn_blocking(load).await.context("loading broke off")??);
    }
    Ok(models)
}

/// The arena's own prompts; those of a file are added to them and taken alone.
async fn find_prompts(store: &Store, arena: &ArenaRow, from: &Path) -> anyhow::Result<Vec<PromptRow>> {
    if from == Path::new("all") {
        return Ok(store.prompts(arena.id).await?);
    }
    let text = std::fs::read_to_string(from).with_context(|| format!("cannot read {}", from.display()))?;
    let texts: HashSet<String> =
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    let record = |text: &String| Record::Prompt {
        arena: arena.slug.clone(),
        prompt: Prompt { text: text.clone(), category: None, source: None },
    };
    let (messages, inbox) = mpsc::channel(2);
    messages.send(ImportMessage::Records(texts.iter().map(record).collect())).await.context("the import stopped")?;
    messages.send(ImportMessage::Finished { rejected: 0 }).await.context("the import stopped")?;
    let file_name = from.file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
    let job = ImportJob { file_name, format: "prompts".to_owned(), now: system_clock()() };
    store.import(&job, inbox).await?.context("the import stopped")?;
    let mut prompts = store.prompts(arena.id).await?;
    prompts.retain(|prompt| texts.contains(&prompt.text));
    Ok(prompts)
}

/// Generates what is missing until it is done or told to stop.
///
/// # Errors
/// As [`run`].
pub async fn generate(
    store: &Store,
    catalogue: &Catalogue,
    engine: &Arc<Engine>,
    args: &GenerateArgs,
    stop: &Arc<AtomicBool>,
) -> anyhow::Result<Tally> {
    let arena = find_arena(store, args).await?;
    let players = find_players(store, &arena, args).await?;
    let models = load_models(engine, catalogue, &players, args).await?;
    let prompts = find_prompts(store, &arena, &args.prompts).await?;
    let known: HashSet<_> = store
        .pooled_generations(arena.id)
        .await?
        .into_iter()
        .map(|(prompt, made)| (made.contestant, prompt, made.details.seed))
        .collect();
    let mut tally = Tally::default();
    let mut tasks = Vec::new();
    // The first seed of everything before the second of anything, so that a pool is useful wherever it stops.
    for number in 0..args.seeds {
        for (prompt, row) in prompts.iter().enumerate() {
            for (player, one) in players.iter().enumerate() {
                if one.is_greedy() && number > 0 {
                    continue;
                }
                let seed = seed(one.row.id, row.id, number);
                if known.contains(&(one.row.id, row.id, Some(seed))) {
                    tally.known += 1;
                } else {
                    tasks.push(Task { player, prompt, seed });
                }
            }
        }
    }
    let threads = args.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let media = MediaStore::in_folder(&args.data.data)?;
    let sources = sources(&media, &prompts).await?;
    let work = Work {
        arena,
        players,
        prompts,
        sources,
        models,
        media,
        tasks,
        next: AtomicUsize::new(0),
        tokens: AtomicU64::new(0),
    };
    work.run(store, threads, stop, &mut tally).await?;
    Ok(tally)
}

/// The pictures that prompts are about, small enough to be held all at once.
async fn sources(media: &MediaStore, prompts: &[PromptRow]) -> anyhow::Result<HashMap<MediaId, Painted>> {
    let mut sources = HashMap::new();
    for source in prompts.iter().filter_map(|prompt| prompt.source) {
        if sources.contains_key(&source) {
            continue;
        }
        let file = media.whole(source).await?.with_context(|| format!("the picture {source} is not there"))?;
        let painted = Painted::of_file(&file).with_context(|| format!("the picture {source} cannot be read"))?;
        sources.insert(source, painted);
    }
    Ok(sources)
}

/// What the threads share.
struct Work {
    arena: ArenaRow,
    players: Vec<Player>,
    prompts: Vec<PromptRow>,
    /// What prompts are about, as painters see it.
    sources: HashMap<MediaId, Painted>,
    /// In the players' order.
    models: Vec<Ready>,
    media: MediaStore,
    tasks: Vec<Task>,
    next: AtomicUsize,
    tokens: AtomicU64,
}

/// What became of one task.
enum Outcome {
    Made { task: usize, made: Made, tokens_per_second: Option<f64> },
    Painted { task: usize, painted: Painted },
    Said { task: usize, answer: ChatAnswer },
    Sent { task: usize, picture: Box<Picture> },
    Unfit { task: usize, why: String },
    Failed(anyhow::Error),
}

impl Work {
    async fn run(self, store: &Store, threads: usize, stop: &Arc<AtomicBool>, tally: &mut Tally) -> anyhow::Result<()> {
        let work = Arc::new(self);
        let bar = progress_bar(work.tasks.len() as u64);
        let (outcomes, mut inbox) = mpsc::channel(threads);
        for _ in 0..threads.min(work.tasks.len()) {
            let (work, stop, outcomes) = (work.clone(), stop.clone(), outcomes.clone());
            tokio::task::spawn_blocking(move || work.work_off(&stop, &outcomes));
        }
        drop(outcomes);
        let (started, mut told) = (Instant::now(), Instant::now());
        let mut redraw = tokio::time::interval(REDRAW);
        let mut failure = None;
        loop {
            let outcome = tokio::select! {
                outcome = inbox.recv() => outcome,
                _ = redraw.tick() => {
                    let tokens = work.tokens.load(Ordering::Relaxed);
                    if tokens > 0 {
                        let rate = tokens as f64 / started.elapsed().as_secs_f64().max(1e-9);
                        bar.set_message(format!("{rate:.1} tokens/s"));
                    }
                    continue;
                }
            };
            let Some(outcome) = outcome else { break };
            bar.inc(1);
            match outcome {
                Outcome::Made { made, .. } if made.text.trim().is_empty() => tally.empty += 1,
                Outcome::Made { task, made, tokens_per_second } => {
                    let tokens = made.tokens.len() as u64;
                    if store.add_generation(work.stored(task, made, tokens_per_second)).await? {
                        tally.added += 1;
                        tally.tokens += tokens;
                    } else {
                        tally.known += 1;
                    }
                    if told.elapsed() >= TELL_SERVERS {
                        store.renew_pool().await?;
                        told = Instant::now();
                    }
                }
                Outcome::Painted { task, painted } => {
                    let added = store.add_generation(work.kept(task, painted).await?).await?;
                    *(if added { &mut tally.added } else { &mut tally.known }) += 1;
                }
                Outcome::Said { answer, .. } if answer.text.trim().is_empty() => tally.empty += 1,
                Outcome::Said { task, answer } => {
                    let tokens = answer.cost.tokens_written;
                    let added = store.add_generation(work.said(task, answer)).await?;
                    *(if added { &mut tally.added } else { &mut tally.known }) += 1;
                    tally.tokens += tokens.unwrap_or(0);
                }
                Outcome::Sent { task, picture } => {
                    let added = store.add_generation(work.sent(task, *picture).await?).await?;
                    *(if added { &mut tally.added } else { &mut tally.known }) += 1;
                }
                Outcome::Unfit { task, why } => {
                    let Task { player, prompt, .. } = work.tasks[task];
                    let (contestant, prompt) = (&work.players[player].row.slug, &work.prompts[prompt].text);
                    tracing::warn!(%contestant, prompt, why, "a prompt was left out");
                    tally.unfit += 1;
                }
                Outcome::Failed(error) => {
                    stop.store(true, Ordering::Relaxed);
                    failure = Some(error);
                }
            }
        }
        bar.finish_and_clear();
        if tally.added > 0 {
            store.renew_pool().await?;
        }
        tally.stopped = stop.load(Ordering::Relaxed);
        failure.map_or(Ok(()), Err)
    }

    /// One thread: takes the next task until there is none.
    fn work_off(&self, stop: &AtomicBool, outcomes: &mpsc::Sender<Outcome>) {
        while !stop.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = self.tasks.get(number) else { return };
            let Some(outcome) = self.make(number, task, stop) else { return };
            // Nobody takes it any more: the command has failed and says so.
            if outcomes.blocking_send(outcome).is_err() {
                return;
            }
        }
    }

    fn make(&self, number: usize, task: &Task, stop: &AtomicBool) -> Option<Outcome> {
        let player = &self.players[task.player];
        let PromptRow { text: prompt, source, .. } = &self.prompts[task.prompt];
        let (model, sampler) = match (self.models.get(task.player)?, &player.work) {
            (Ready::Writes(model), Skill::Write(sampler)) => (model, sampler.clone()),
            (Ready::Draws(painter), Skill::Draw(drawing)) => {
                let source = source.and_then(|source| self.sources.get(&source));
                return Some(match painter.draw(prompt, drawing.sampler, source, task.seed) {
                    Ok(painted) => Outcome::Painted { task: number, painted },
                    Err(error) => Outcome::Failed(error.into()),
                });
            }
            (Ready::Asks(client), Skill::Ask(service, sampler)) => {
                return Some(self.ask(number, task, client, service, sampler.as_ref()));
            }
            _ => return None,
        };
        let order = Order {
            prompt: prompt.clone(),
            system_prompt: player.row.details.system_prompt.clone(),
            sampler,
            seed: task.seed,
        };
        let mut first = None;
        let mut go_on = || {
            self.tokens.fetch_add(1, Ordering::Relaxed);
            first.get_or_insert_with(Instant::now);
            !stop.load(Ordering::Relaxed)
        };
        match model.generate(&order, &mut go_on) {
            Ok(Some(made)) => {
                let after_first = made.tokens.len().saturating_sub(1);
                let tokens_per_second = first
                    .filter(|_| after_first > 0)
                    .map(|first| after_first as f64 / first.elapsed().as_secs_f64().max(1e-9));
                Some(Outcome::Made { task: number, made, tokens_per_second })
            }
            Ok(None) => None,
            Err(EngineError::Prompt(why)) => Some(Outcome::Unfit { task: number, why }),
            Err(error) => Some(Outcome::Failed(error.into())),
        }
    }

    /// What a service makes of a prompt. What it refuses is left out; where it would refuse everything, all ends.
    fn ask(
        &self,
        number: usize,
        task: &Task,
        client: &ChatClient,
        service: &Service,
        sampler: Option<&Sampler>,
    ) -> Outcome {
        let PromptRow { text: prompt, source, .. } = &self.prompts[task.prompt];
        let purse = Purse::new(None);
        let failed = |failure: ChatFailure| match failure {
            ChatFailure::Question { reason, .. } => Outcome::Unfit { task: number, why: reason },
            ChatFailure::Job(error) => Outcome::Failed(error.into()),
        };
        if let Some(sampler) = sampler {
            let request = ChatRequest {
                system: self.players[task.player].row.details.system_prompt.as_deref(),
                text: prompt,
                temperature: sampler.temperature,
                top_p: sampler.top_p,
                max_tokens: sampler.max_tokens.unwrap_or(MOST_TOKENS),
                // Services take seeds of 32 bits.
                seed: task.seed & 0x7fff_ffff,
            };
            return match client.ask(&request, &purse) {
                Ok(answer) => Outcome::Said { task: number, answer },
                Err(failure) => failed(failure),
            };
        }
        let source = match source.map(|source| self.media.file(source)) {
            None => None,
            Some(Ok(Some(file))) => Some(file),
            Some(Ok(None)) => {
                return Outcome::Unfit { task: number, why: "the picture to change is not there".to_owned() };
            }
            Some(Err(error)) => return Outcome::Failed(error.into()),
        };
        let request = PictureRequest { prompt, size: service.size.as_deref(), source: source.as_deref() };
        match client.draw(&request, &purse) {
            Ok(bytes) => match take_in(&bytes, &Limits::default()) {
                Ok(picture) => Outcome::Sent { task: number, picture: Box::new(picture) },
                Err(refusal) => Outcome::Unfit { task: number, why: refusal.to_string() },
            },
            Err(failure) => failed(failure),
        }
    }

    /// A service's text.
    fn said(&self, task: usize, answer: ChatAnswer) -> AddGeneration {
        let details = GenerationDetails {
            seed: Some(self.tasks[task].seed),
            tokens: answer.cost.tokens_written.and_then(|tokens| u32::try_from(tokens).ok()),
            finish: Some(if answer.cut_off { Finish::Length } else { Finish::Stop }),
            made: None,
        };
        self.addition(task, answer.text, None, details)
    }

    /// A service's picture, once its files are where they belong.
    async fn sent(&self, task: usize, picture: Picture) -> anyhow::Result<AddGeneration> {
        let Picture { shown, thumbnail } = picture;
        let media = Media {
            id: shown.id,
            kind: MediaKind::Png,
            milliseconds: None,
            width: shown.width,
            height: shown.height,
            bytes: shown.png.len() as u64,
            thumbnail: thumbnail.as_ref().map(|thumbnail| thumbnail.id),
        };
        self.media.put(shown.id, shown.png).await?;
        if let Some(thumbnail) = thumbnail {
            self.media.put(thumbnail.id, thumbnail.png).await?;
        }
        let seed = Some(self.tasks[task].seed);
        let details = GenerationDetails { seed, tokens: None, finish: None, made: None };
        Ok(self.addition(task, String::new(), Some(media), details))
    }

    fn stored(&self, task: usize, made: Made, tokens_per_second: Option<f64>) -> AddGeneration {
        let details = GenerationDetails {
            seed: Some(self.tasks[task].seed),
            tokens: u32::try_from(made.tokens.len()).ok(),
            finish: Some(made.finish),
            made: Some(self.made_by(task, made.tokens, tokens_per_second)),
        };
        self.addition(task, made.text, None, details)
    }

    /// A picture, once its file is where it belongs.
    async fn kept(&self, task: usize, painted: Painted) -> anyhow::Result<AddGeneration> {
        let Painted { side, rgb } = painted;
        let picture = plaudit_media::from_rgb(side, side, rgb).context("a picture cannot be written")?;
        let bytes = picture.png.len() as u64;
        let (kind, milliseconds) = (MediaKind::Png, None);
        let media = Media { id: picture.id, kind, milliseconds, width: side, height: side, bytes, thumbnail: None };
        self.media.put(media.id, picture.png).await?;
        let made = Some(self.made_by(task, Vec::new(), None));
        let details = GenerationDetails { seed: Some(self.tasks[task].seed), tokens: None, finish: None, made };
        Ok(self.addition(task, String::new(), Some(media), details))
    }

    fn made_by(&self, task: usize, tokens: Vec<u32>, tokens_per_second: Option<f64>) -> MadeBy {
        MadeBy {
            backend: BackendKind::Native,
            device: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            weights_sha256: self.players[self.tasks[task].player].weights_sha256.clone().unwrap_or_default(),
            tokens,
            tokens_per_second,
        }
    }

    fn addition(&self, task: usize, text: String, media: Option<Media>, details: GenerationDetails) -> AddGeneration {
        let Task { player, prompt, .. } = self.tasks[task];
        let generation = NewGeneration { contestant: self.players[player].row.id, text, media, details };
        AddGeneration { arena: self.arena.id, prompt: self.prompts[prompt].id, generation, now: system_clock()() }
    }
}

fn progress_bar(tasks: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {bar:40} {pos}/{len} {msg} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(tasks).with_style(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_the_same_on_every_machine_and_differ_from_each_other() {
        let prompt = PromptId::from_bytes([7; 16]);
        // Changing the derivation would make every pool start anew.
        assert_eq!(seed(ContestantId(5), prompt, 0), SEED);
        let all: HashSet<_> = (0..100).map(|number| seed(ContestantId(5), prompt, number)).collect();
        assert_eq!(all.len(), 100);
        assert!(all.iter().all(|seed| *seed < 1 << 53));
    }

    const SEED: u64 = 7_342_882_734_977_115;
}
