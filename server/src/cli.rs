//! The command line.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use plaudit_datasets::ColumnMapping;
use plaudit_domain::{ArenaSlug, ContestantSlug};
use tracing_subscriber::EnvFilter;

use crate::{
    command,
    store::{DatabaseUrl, Store, StoreOptions},
};

/// An arena for generative models: paired, anonymous, voted on by people, ranked with honest intervals.
#[derive(Debug, Parser)]
#[command(name = "plaudit", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the site.
    Serve(ServeArgs),
    /// Import votes, prompts and generations from files; the format is recognised from their content.
    Import(ImportArgs),
    /// Export votes to a file that other tools read.
    Export(command::export::ExportArgs),
    /// Fill an arena's pool: let its contestants answer its prompts on this machine.
    Generate(GenerateArgs),
    /// Automated judges: run them, enter them, list them.
    Judge(command::judge::JudgeArgs),
    /// Tokens for /api/v1: who may change what over it.
    Token(command::token::TokenArgs),
    /// Rank the contestants of a vote file, without a database.
    Rank(command::rank::RankArgs),
    /// How far judges agree with people, from a file of votes and files of judgments, without a database.
    Agree(command::agree::AgreeArgs),
    /// How few votes the order of a vote file's board hangs on.
    Fragility(command::fragility::FragilityArgs),
    /// How far two methods agree on a vote file.
    Compare(command::compare::CompareArgs),
    /// Whether a vote file's voters are of several kinds, and what each prefers.
    Groups(command::groups::GroupsArgs),
    /// One ranking out of those of several arenas.
    Consensus(command::consensus::ConsensusArgs),
    /// Contestants that serve a vote file's voters together.
    Committee(command::committee::CommitteeArgs),
}

/// Where the data are.
#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// The folder for everything that is kept; made when missing.
    #[arg(long, default_value = "data", env = "PLAUDIT_DATA")]
    pub data: PathBuf,
    /// Keep it in this database instead of a file in the folder: postgres://USER@HOST/NAME.
    #[arg(long, env = "PLAUDIT_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
}

impl DataArgs {
    /// Makes the folder and opens the database.
    ///
    /// # Errors
    /// When either cannot be done; the message says which.
    pub async fn open(&self) -> anyhow::Result<Store> {
        std::fs::create_dir_all(&self.data)
            .with_context(|| format!("cannot make the folder {}", self.data.display()))?;
        let url = match &self.database {
            Some(address) => address.parse()?,
            None => DatabaseUrl::in_folder(&self.data),
        };
        Ok(Store::open(&url, StoreOptions::default()).await?)
    }
}

/// `plaudit serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Where the data are.
    #[command(flatten)]
    pub data: DataArgs,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:3000", env = "PLAUDIT_LISTEN")]
    pub listen: SocketAddr,
    /// The folder that `cargo xtask build` made, with the page's files.
    #[arg(long, default_value = "target/site", env = "PLAUDIT_SITE")]
    pub site: PathBuf,
    /// The site's own origin as browsers see it, such as https://arena.example. Behind TLS this makes cookies Secure.
    #[arg(long, env = "PLAUDIT_ORIGIN")]
    pub origin: Option<String>,
    /// Do not add the built-in text arena.
    #[arg(long)]
    pub no_builtin: bool,
    /// The share of battles generated in browsers that this machine makes again to verify them; 0 turns it off.
    #[arg(long, default_value_t = 0.5, value_parser = share, env = "PLAUDIT_VERIFY_SHARE")]
    pub verify_share: f64,
    /// Do not let the judges that need no model (longer text, more markdown, random, always A) keep up with the votes.
    #[arg(long)]
    pub no_judges: bool,
    /// Offer the contestants that run here as /v1/chat/completions, OpenAI's protocol, to whoever has this key.
    #[arg(long, env = "PLAUDIT_CHAT_KEY", hide_env_values = true)]
    pub chat_key: Option<String>,
    /// Requests a second to /api/v1 that each network may make in the long run; 0 for as many as it likes.
    #[arg(long, default_value_t = 20, env = "PLAUDIT_API_RATE")]
    pub api_rate: u16,
    /// How much of the disk exports may take, in MiB; the oldest files make room for new ones.
    #[arg(long, default_value_t = 2048, env = "PLAUDIT_EXPORTS_MIB")]
    pub exports_mib: u32,
    /// Proxies of your own before the server. Limits then go by the address that the outermost of them writes into
    /// X-Forwarded-For; with 0 they go by who connects.
    #[arg(long, default_value_t = 0, env = "PLAUDIT_PROXIES")]
    pub proxies: u8,
    /// Whether "my votes may be published" is ticked for voters who have not said so: true or false. Only votes whose voters
    /// agreed are in exports; all count on the boards.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, env = "PLAUDIT_PUBLISH_BY_DEFAULT")]
    pub publish_by_default: bool,
    /// For development: open pages reload when the server has restarted.
    #[arg(long, hide = true)]
    pub reload: bool,
}

/// `plaudit import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// Where the data are.
    #[command(flatten)]
    pub data: DataArgs,
    /// Read everything, say what it would add, and keep nothing of it.
    #[arg(long)]
    pub dry_run: bool,
    /// Files, or folders of files; pictures with a manifest also as a ZIP archive. A file that ends in .toml describes an arena.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The folder that `cargo xtask build` made, where models are looked for beside the data folder.
    #[arg(long, default_value = "target/site", env = "PLAUDIT_SITE")]
    pub site: PathBuf,
    /// Put everything into this arena instead of the one the file names.
    #[arg(long)]
    pub arena: Option<ArenaSlug>,
    /// For a table, JSON or Parquet of your own: which columns say what, as left=model_1,right=model_2,outcome=result; also
    /// voter, time, anonymous and category.
    #[arg(long)]
    pub columns: Option<ColumnMapping>,
    /// Its words for outcomes beside those that are known everywhere, as left=1,right=2,tie=0,both_bad=3.
    #[arg(long, requires = "columns")]
    pub outcomes: Option<String>,
}

/// `plaudit generate`.
///
/// The n-th seed for a contestant and a prompt is always the same: a hash of contestant, prompt and n. So the command can
/// be stopped at any time and goes on where it was, and everybody's pool of the same size is the same.
#[derive(Debug, Clone, Args)]
pub struct GenerateArgs {
    /// Where the data are.
    #[command(flatten)]
    pub data: DataArgs,
    /// The folder that `cargo xtask build` made, where models are looked for beside the data folder.
    #[arg(long, default_value = "target/site", env = "PLAUDIT_SITE")]
    pub site: PathBuf,
    /// The arena.
    #[arg(long)]
    pub arena: ArenaSlug,
    /// Only these contestants, separated by commas; otherwise all that name a model.
    #[arg(long, value_delimiter = ',')]
    pub contestants: Vec<ContestantSlug>,
    /// A file with one prompt on each line, which are added to the arena; or all of the arena's own.
    #[arg(long, default_value = "all")]
    pub prompts: PathBuf,
    /// Generations for each contestant and prompt. A greedy contestant always says the same and gets one.
    #[arg(long, default_value_t = 1)]
    pub seeds: u32,
    /// Generations at the same time; otherwise as many as there are cores.
    #[arg(long)]
    pub threads: Option<NonZeroUsize>,
    /// A host that may be asked, such as api.example, for contestants that are services; prompts are sent there. Can be given again.
    #[arg(long = "allow-host", env = "PLAUDIT_SERVICE_HOSTS", value_delimiter = ',')]
    pub allow_hosts: Vec<String>,
    /// Write arena, contestants, prompts and their whole pool into this file, for `plaudit import` elsewhere.
    #[arg(long)]
    pub export: Option<PathBuf>,
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "expected a number from 0 to 1".to_owned())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("expected a number from 0 to 1".to_owned()) }
}

impl Cli {
    /// Starts the log on standard error; `RUST_LOG` says how much of it.
    pub fn start_log(&self) {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,plaudit=info"));
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    }

    /// Does what was asked.
    ///
    /// # Errors
    /// What went wrong, for a person to read.
    pub fn run(self) -> anyhow::Result<()> {
        let runtime =
            || tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime");
        match self.command {
            Command::Serve(args) => runtime()?.block_on(command::serve::run(args)),
            Command::Import(args) => runtime()?.block_on(command::import::run(args)),
            Command::Export(args) => runtime()?.block_on(command::export::run(args)),
            Command::Generate(args) => runtime()?.block_on(command::generate::run(args)),
            Command::Judge(args) => runtime()?.block_on(command::judge::run(args)),
            Command::Token(args) => runtime()?.block_on(command::token::run(args)),
            Command::Rank(args) => command::rank::run(&args),
            Command::Agree(args) => command::agree::run(&args),
            Command::Fragility(args) => command::fragility::run(&args),
            Command::Compare(args) => command::compare::run(&args),
            Command::Groups(args) => command::groups::run(&args),
            Command::Consensus(args) => command::consensus::run(&args),
            Command::Committee(args) => command::committee::run(&args),
        }
    }
}
