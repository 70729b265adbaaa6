//! `plaudit token`: who may change what over /api/v1.

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use plaudit_domain::JudgeSlug;

use crate::{
    cli::DataArgs,
    clock::system_clock,
    store::{JudgePlace, JudgeRow, Store},
    token::{Scope, TokenRow, new_token, token_hash},
};

/// `plaudit token`.
#[derive(Debug, Clone, Args)]
pub struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum TokenCommand {
    /// Make a token. It is printed once; only its hash is kept.
    Create(CreateArgs),
    /// All tokens: their names, scopes, and whether they are still good.
    List(ListArgs),
    /// End a token.
    Revoke(RevokeArgs),
}

/// `plaudit token create`.
#[derive(Debug, Clone, Args)]
pub struct CreateArgs {
    /// Where the data are.
    #[command(flatten)]
    pub data: DataArgs,
    /// What it is good for, several separated by commas: judgments:write (hand in the judgments of one judge), votes:import
    /// (import files of votes), exports:create (order exports without the limit that networks have).
    #[arg(long, value_delimiter = ',', required = true)]
    pub scope: Vec<Scope>,
    /// Who has it, for your own list.
    #[arg(long)]
    pub name: String,
    /// For judgments:write: in whose name.
    #[arg(long)]
    pub judge: Option<JudgeSlug>,
    /// Which version of the judge; needed where there are several.
    #[arg(long, requires = "judge")]
    pub judge_version: Option<String>,
}

/// `plaudit token list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Where the data are.
    #[command(flatten)]
    pub data: DataArgs,
}

/// `plaudit token revoke`.
#[derive(Debug, Clone, Args)]
pub struct RevokeArgs {
    /// Where the data are.
    #[command(flatten)]
    pub data: DataArgs,
    /// As `plaudit token list` names it.
    pub id: String,
}

/// Does what was asked.
///
/// # Errors
/// What went wrong, for a person to read.
pub async fn run(args: TokenArgs) -> anyhow::Result<()> {
    match args.command {
        TokenCommand::Create(args) => create(args).await,
        TokenCommand::List(args) => list(args).await,
        TokenCommand::Revoke(args) => revoke(args).await,
    }
}

async fn create(args: CreateArgs) -> anyhow::Result<()> {
    let store = args.data.open().await?;
    let wants_judge = args.scope.contains(&Scope::JudgmentsWrite);
    let judge = match &args.judge {
        Some(slug) if wants_judge => Some(outside_judge(&store, slug, args.judge_version.as_deref()).await?.id),
        None if wants_judge => bail!("judgments are handed in in a judge's name: say which with --judge"),
        Some(_) => bail!("--judge is for the scope judgments:write"),
        None => None,
    };
    let token = new_token();
    let row = TokenRow {
        hash: token_hash(&token),
        name: args.name,
        scopes: args.scope.into_iter().collect(),
        judge,
        recorded_at: system_clock()(),
        revoked_at: None,
    };
    let (id, scopes) = (row.id(), row.scopes_text());
    store.add_token(row).await?;
    store.close().await;
    print(&token);
    eprintln!("{id} ({scopes}): this token is shown once; send it as Authorization: Bearer TOKEN");
    Ok(())
}

async fn list(args: ListArgs) -> anyhow::Result<()> {
    let store = args.data.open().await?;
    let (tokens, judges) = (store.tokens().await?, store.judges().await?);
    store.close().await;
    for token in tokens {
        let judge = judges.iter().find(|judge| Some(judge.id) == token.judge);
        let judge = judge.map(|judge| format!(" {} {}", judge.slug, judge.version)).unwrap_or_default();
        let state = if token.revoked_at.is_some() { "revoked" } else { "good" };
        print(&format!("{}  {state:<7}  {}{judge}  {}", token.id(), token.scopes_text(), token.name));
    }
    Ok(())
}

async fn revoke(args: RevokeArgs) -> anyhow::Result<()> {
    let store = args.data.open().await?;
    let found: Vec<_> = store.tokens().await?.into_iter().filter(|token| token.id() == args.id).collect();
    let [token] = found.as_slice() else {
        bail!("there is no token {}; `plaudit token list` names them", args.id);
    };
    let revoked = store.revoke_token(token.hash, system_clock()()).await?;
    store.close().await;
    eprintln!("{} {}", token.id(), if revoked { "is revoked" } else { "was revoked before" });
    Ok(())
}

/// A judge that runs elsewhere, whose judgments others may hand in.
pub(super) async fn outside_judge(store: &Store, slug: &JudgeSlug, version: Option<&str>) -> anyhow::Result<JudgeRow> {
    let mut versions: Vec<_> = store.judges().await?.into_iter().filter(|row| row.slug == *slug).collect();
    if let Some(version) = version {
        versions.retain(|row| row.version == version);
    }
    let judge = match versions.len() {
        1 => versions.pop().context("one")?,
        0 => bail!("there is no such judge; `plaudit judge add` enters one"),
        _ => bail!("there are several versions of {slug}; say which"),
    };
    if judge.details.place != JudgePlace::Outside {
        bail!("{} runs here, and nobody else may judge in its name", judge.slug);
    }
    Ok(judge)
}

pub(super) fn print(line: &str) {
    #[expect(clippy::print_stdout, reason = "tokens and their list are this command's output")]
    {
        println!("{line}");
    }
}
