//! `plaudit judge`: judges, their judgments, and the right to hand some in.

mod train;

use std::{
    io::IsTerminal,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::bail;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use plaudit_domain::{ArenaSlug, JudgeId, JudgeSlug};

use super::token::{outside_judge, print};
use crate::{
    cli::DataArgs,
    clock::system_clock,
    judging::{
        PairJudge,
        chat::Purse,
        contrast,
        job::{self, JobError, JobOptions},
        local,
        spec::RemoteSpec,
    },
    models::Catalogue,
    store::{ArenaRow, JudgeDetails, JudgePlace, JudgeRow, Store},
    token::{Scope, TokenRow, new_token, token_hash},
};

/// `plaudit judge`.
#[derive(Debug, Clone, Args)]
pub struct JudgeArgs {
    #[command(subcommand)]
    command: JudgeCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum JudgeCommand {
    /// The judges that can run here, those written down, and those that have judged.
    List(ListArgs),
    /// Let judges judge the battles that people have voted on. It goes on where it stopped.
    Run(RunArgs),
    /// Learn a reward model from the votes, test it on what it has not seen, and let it judge.
    Train(train::TrainArgs),
    /// Enter a judge that runs elsewhere and hands its judgments in.
    Add(AddArgs),
    /// Make a token with which an entered judge's judgments are handed in, or revoke all of its tokens.
    Token(TokenArgs),
}

/// `plaudit judge list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Where the data are.
    #[command(flatten)]
    pub data: DataArgs,
    /// The folder that `cargo xtask build` made, where models are looked for beside the data folder.
    #[arg(long, default_value = "target/site", env = "PLAUDIT_SITE")]
    pub site: std::path::PathBuf,
}

/// `plaudit judge run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Where the data are.
    #[command(flatten)]
    pub data: DataArgs,
    /// The folder that `cargo xtask build` made, where models are looked for beside the data folder.
    #[arg(long, default_value = "target/site", env = "PLAUDIT_SITE")]
    pub site: std::path::PathBuf,
    /// Only these arenas, separated by commas; otherwise all.
    #[arg(long, value_delimiter = ',')]
    pub arena: Vec<ArenaSlug>,
    /// Only these judges, separated by commas; otherwise all that run on this machine.
    #[arg(long, value_delimiter = ',')]
    pub judges: Vec<JudgeSlug>,
    /// A model behind this address, OpenAI's protocol, as a judge; otherwise remote judges stand in DATA/judges/NAME.toml.
    #[arg(long, requires = "model")]
    pub base_url: Option<String>,
    /// The model's name there.
    #[arg(long, requires = "base_url")]
    pub model: Option<String>,
    /// The environment variable that holds its key.
    #[arg(long, requires = "base_url")]
    pub key_variable: Option<String>,
    /// A host that may be asked, such as api.example; prompts and answers are sent there. Can be given again.
    #[arg(long = "allow-host", env = "PLAUDIT_JUDGE_HOSTS", value_delimiter = ',')]
    pub allow_hosts: Vec<String>,
    /// Stop when so many US dollars are spent, by the prices in the judges' files.
    #[arg(long)]
    pub max_usd: Option<f64>,
    /// Judge at most so many pairs for each judge and arena.
    #[arg(long)]
    pub most_pairs: Option<usize>,
    /// Ask each judge so many questions whose answer is known, to see whether it reads the prompt. Otherwise 100 for judges
    /// that run on this machine, and none for those behind an API, which cost money.
    #[arg(long)]
    pub contrasts: Option<usize>,
    /// Ask again where a judge had no answer.
    #[arg(long)]
    pub retry_failed: bool,
}

/// `plaudit judge add`.
#[derive(Debug, Clone, Args)]
pub struct AddArgs {
    /// Where the data are.
    #[command(flatten)]
    pub data: DataArgs,
    /// Its name in addresses.
    pub judge: JudgeSlug,
    /// Which version; another version is another judge.
    #[arg(long)]
    pub version: String,
    /// Its name for people; otherwise the one in addresses.
    #[arg(long)]
    pub name: Option<String>,
    /// What it does, in a sentence or two.
    #[arg(long, default_value = "")]
    pub description: String,
}

/// `plaudit judge token`.
#[derive(Debug, Clone, Args)]
pub struct TokenArgs {
    /// Where the data are.
    #[command(flatten)]
    pub data: DataArgs,
    /// The judge.
    pub judge: JudgeSlug,
    /// Which version; needed where there are several.
    #[arg(long)]
    pub version: Option<String>,
    /// Revoke all of its tokens instead.
    #[arg(long)]
    pub revoke: bool,
}

/// Does what was asked.
///
/// # Errors
/// What went wrong, for a person to read.
pub async fn run(args: JudgeArgs) -> anyhow::Result<()> {
    match args.command {
        JudgeCommand::List(args) => list(args).await,
        JudgeCommand::Run(args) => judge(args).await,
        JudgeCommand::Train(args) => train::run(args).await,
        JudgeCommand::Add(args) => add(args).await,
        JudgeCommand::Token(args) => token(args).await,
    }
}

async fn list(args: ListArgs) -> anyhow::Result<()> {
    let catalogue = Catalogue::new(&args.site, &args.data.data);
    let specs = RemoteSpec::read_folder(&args.data.data.join("judges"))?;
    let store = args.data.open().await?;
    let mut rows: Vec<(JudgeRow, &str)> = Vec::new();
    for judge in local::built_in(&catalogue, &args.data.data) {
        rows.push((judge.row().clone(), "runs here"));
    }
    rows.extend(specs.iter().map(|spec| (spec.row().clone(), "behind an API")));
    for row in store.judges().await? {
        if !rows.iter().any(|(known, _)| known.id == row.id) {
            rows.push((row, "elsewhere"));
        }
    }
    #[expect(clippy::print_stdout, reason = "the list is this command's output")]
    for (row, how) in rows {
        println!("{:26} {:20} {how:14} {}", row.slug.as_str(), row.version, row.details.description);
    }
    store.close().await;
    Ok(())
}

/// The judges that were asked for.
fn chosen(args: &RunArgs, purse: &Arc<Purse>) -> anyhow::Result<Vec<Arc<dyn PairJudge>>> {
    let catalogue = Catalogue::new(&args.site, &args.data.data);
    let variable = |name: &str| std::env::var(name).ok();
    let mut judges: Vec<Arc<dyn PairJudge>> = Vec::new();
    if let (Some(base_url), Some(model)) = (&args.base_url, &args.model) {
        let spec = RemoteSpec::of_model(base_url, model, args.key_variable.as_deref())?;
        judges.push(Arc::new(spec.judge(&args.allow_hosts, variable, purse.clone())?));
        if args.judges.is_empty() {
            return Ok(judges);
        }
    }
    let mut specs = RemoteSpec::read_folder(&args.data.data.join("judges"))?;
    let built_in = local::built_in(&catalogue, &args.data.data);
    if args.judges.is_empty() {
        return Ok(built_in);
    }
    for slug in &args.judges {
        if let Some(judge) = built_in.iter().find(|judge| judge.row().slug == *slug) {
            judges.push(judge.clone());
        } else if let Some(place) = specs.iter().position(|spec| spec.row().slug == *slug) {
            judges.push(Arc::new(specs.swap_remove(place).judge(&args.allow_hosts, variable, purse.clone())?));
        } else if !judges.iter().any(|judge| judge.row().slug == *slug) {
            let names = built_in.iter().map(|judge| judge.row().slug.to_string());
            let names = names.chain(specs.iter().map(|spec| spec.row().slug.to_string()));
            bail!("there is no judge {slug}; there are: {}", names.collect::<Vec<_>>().join(", "));
        }
    }
    Ok(judges)
}

async fn judge(args: RunArgs) -> anyhow::Result<()> {
    if args.max_usd.is_some_and(|limit| !limit.is_finite() || limit < 0.0) {
        bail!("--max-usd is a number that is not negative");
    }
    let purse = Arc::new(Purse::new(args.max_usd));
    let judges = chosen(&args, &purse)?;
    let store = args.data.open().await?;
    let arenas = chosen_arenas(&store, &args.arena).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    tokio::spawn(async move {
        match tokio::signal::ctrl_c().await {
            Ok(()) => asked.store(true, Ordering::Relaxed),
            Err(error) => tracing::error!(%error, "cannot listen for Ctrl-C"),
        }
    });
    let mut failures = 0_u32;
    for judge in &judges {
        for arena in &arenas {
            let free = if judge.row().details.place == JudgePlace::Server { contrast::QUESTIONS } else { 0 };
            let contrasts = contrast::questions(&store, arena.id, args.contrasts.unwrap_or(free)).await?;
            let (retry_failed, most_pairs) = (args.retry_failed, args.most_pairs);
            let options = JobOptions { arena: arena.id, retry_failed, most_pairs, contrasts: &contrasts };
            match judge_arena(&store, judge, arena, options, &purse, &stop).await {
                Ok(()) => {}
                // One judge that cannot go on does not keep the others from it.
                Err(error) => {
                    failures += 1;
                    eprintln!("  {}: {error}", judge.row().slug);
                    break;
                }
            }
            if stop.load(Ordering::Relaxed) {
                store.close().await;
                bail!("stopped; what was judged is stored, and the same command goes on from here");
            }
        }
    }
    store.close().await;
    if failures > 0 {
        bail!("{failures} of {} judges did not come to their end", judges.len());
    }
    Ok(())
}

async fn judge_arena(
    store: &Store,
    judge: &Arc<dyn PairJudge>,
    arena: &ArenaRow,
    options: JobOptions<'_>,
    purse: &Purse,
    stop: &AtomicBool,
) -> Result<(), JobError> {
    let name = format!("{} in {}", judge.row().slug, arena.slug);
    let bar = progress_bar(&name);
    let clock = system_clock();
    let tally = job::run(store, judge, options, &clock, stop, |tally, _| {
        bar.set_length(tally.planned);
        bar.set_position(tally.judged);
        let spent = purse.spent();
        bar.set_message(if spent > 0.0 {
            format!("{} without an answer, ${spent:.4}", tally.failed)
        } else {
            format!("{} without an answer", tally.failed)
        });
    })
    .await;
    bar.finish_and_clear();
    let tally = tally?;
    eprintln!("  {name}: {} judgments made, {} of them without an answer", tally.judged, tally.failed);
    Ok(())
}

fn progress_bar(name: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {prefix} {bar:30} {pos}/{len} {per_sec} {msg} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style).with_prefix(name.to_owned())
}

async fn chosen_arenas(store: &Store, asked: &[ArenaSlug]) -> anyhow::Result<Vec<ArenaRow>> {
    let arenas = store.arenas().await?;
    for slug in asked {
        if !arenas.iter().any(|arena| arena.slug == *slug) {
            let names = arenas.iter().map(|arena| arena.slug.to_string()).collect::<Vec<_>>().join(", ");
            bail!("there is no arena {slug}; there are: {names}");
        }
    }
    Ok(arenas.into_iter().filter(|arena| asked.is_empty() || asked.contains(&arena.slug)).collect())
}

async fn add(args: AddArgs) -> anyhow::Result<()> {
    let version = args.version.trim();
    if version.is_empty() || version.len() > 80 {
        bail!("--version is a text of 1 to 80 bytes");
    }
    let row = JudgeRow {
        id: JudgeId::of(&args.judge, version),
        name: args.name.unwrap_or_else(|| args.judge.to_string()),
        slug: args.judge,
        version: version.to_owned(),
        details: JudgeDetails {
            place: JudgePlace::Outside,
            description: args.description,
            provenance: serde_json::Value::Null,
        },
    };
    let store = args.data.open().await?;
    let added = store.add_judge(row.clone(), system_clock()()).await?;
    store.close().await;
    if !added {
        bail!("there is a judge {} of version {} already", row.slug, row.version);
    }
    eprintln!("entered {} {}; `plaudit judge token {}` makes a token for it", row.slug, row.version, row.slug);
    Ok(())
}

async fn token(args: TokenArgs) -> anyhow::Result<()> {
    let store = args.data.open().await?;
    let judge = outside_judge(&store, &args.judge, args.version.as_deref()).await?;
    let now = system_clock()();
    if args.revoke {
        let mut revoked = 0;
        for token in store.tokens().await?.into_iter().filter(|token| token.judge == Some(judge.id)) {
            revoked += u64::from(store.revoke_token(token.hash, now).await?);
        }
        eprintln!("revoked {revoked} tokens of {}", judge.slug);
    } else {
        let token = new_token();
        let row = TokenRow {
            hash: token_hash(&token),
            name: judge.slug.to_string(),
            scopes: [Scope::JudgmentsWrite].into(),
            judge: Some(judge.id),
            recorded_at: now,
            revoked_at: None,
        };
        store.add_token(row).await?;
        print(&token);
        eprintln!("this token is shown once; hand judgments in with Authorization: Bearer TOKEN");
    }
    store.close().await;
    Ok(())
}
