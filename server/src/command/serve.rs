//! `plaudit serve`.

use std::{net::SocketAddr, path::Path, sync::Arc};

use anyhow::{Context, bail};
use plaudit_app::{Assets, IslandFiles};
use serde::Deserialize;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    arenas,
    board::{Boards, follow},
    builtin,
    cli::ServeArgs,
    clock::{random_bytes, system_clock},
    engine::Engine,
    exports::ExportDesk,
    http::{AppState, ChatDesk, router, v1::ApiLimits},
    imports::ImportDesk,
    judging::{self, panel::JudgingDesk},
    media::MediaStore,
    models::Catalogue,
    secret::VoterCookies,
    service::Service,
    ticket::MediaNames,
    verify::{Sample, Verifier},
};

/// What `cargo xtask build` says of the files it made.
#[derive(Debug, Deserialize)]
struct SiteManifest {
    /// Address of the style sheet.
    css: String,
    /// The islands of battles and live boards.
    votes: BundleFiles,
    /// With those that compute boards.
    methods: BundleFiles,
    /// With those that run models.
    models: BundleFiles,
    /// Address of the worker that computes boards.
    recount: String,
}

/// Addresses of a bundle's files.
#[derive(Debug, Deserialize)]
struct BundleFiles {
    script: String,
    wasm: String,
}

impl From<BundleFiles> for IslandFiles {
    fn from(BundleFiles { script, wasm }: BundleFiles) -> Self {
        Self { script, wasm }
    }
}

fn read_manifest(site: &Path) -> anyhow::Result<SiteManifest> {
    let path = site.join("manifest.json");
    let text = std::fs::read(&path)
        .with_context(|| format!("cannot read {}; `cargo xtask build` makes the page's files", path.display()))?;
    serde_json::from_slice(&text)
        .with_context(|| format!("{} is damaged; run `cargo xtask build` again", path.display()))
}

fn check_origin(origin: &str) -> anyhow::Result<()> {
    let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    match rest {
        Some(host) if !host.is_empty() && !host.contains('/') => Ok(()),
        _ => bail!("--origin {origin:?} is no origin: expected https://HOST or http://HOST:PORT without a path"),
    }
}

/// Everything between the arguments and the listener.
///
/// # Errors
/// When data or files cannot be read.
pub async fn prepare(args: &ServeArgs, stopping: watch::Receiver<bool>) -> anyhow::Result<AppState> {
    if let Some(origin) = &args.origin {
        check_origin(origin)?;
    }
    let manifest = read_manifest(&args.site)?;
    let store = args.data.open().await?;
    let clock = system_clock();
    let media = MediaStore::in_folder(&args.data.data)?;
    let catalogue = Arc::new(Catalogue::new(&args.site, &args.data.data));
    if !args.no_builtin {
        builtin::import(&store, &catalogue, clock()).await.context("cannot add the built-in arena")?;
        for arena in &builtin::PICTURE_ARENAS {
            let pictures = builtin::import_pictures(arena, &store, &catalogue, &media, clock()).await;
            pictures.with_context(|| format!("cannot add {}", arena.name))?;
        }
    }
    arenas::add_all(&store, &catalogue, &args.data.data, clock()).await?;
    let secret = store.instance_secret().await?;
    let boards = Arc::new(Boards::load(store).await.context("cannot read the votes")?);
    tokio::spawn(follow::follow(boards.clone(), clock.clone()));
    let engine = Arc::new(Engine::new(catalogue.clone()));
    let sample = Sample::new(&secret, args.verify_share);
    let verifier =
        Verifier::new(boards.clone(), engine.clone(), catalogue.clone(), media.clone(), sample, clock.clone());
    tokio::spawn(verifier.run());
    if !args.no_judges {
        let judges = judging::local::without_models(&catalogue, &args.data.data);
        tokio::spawn(judging::background::keep_up(boards.clone(), judges, clock.clone()));
    }
    let assets = Assets {
        stylesheet: manifest.css,
        votes: manifest.votes.into(),
        methods: manifest.methods.into(),
        models: manifest.models.into(),
        recount: manifest.recount,
        origin: args.origin.clone(),
        reload: args.reload,
    };
    let chat_key = args.chat_key.as_deref().map(str::trim).filter(|key| !key.is_empty());
    let judging = Arc::new(JudgingDesk::new(boards.store().clone()));
    let bytes = u64::from(args.exports_mib) << 20;
    let exports = ExportDesk::new(boards.clone(), &args.data.data, bytes, clock.clone(), stopping.clone())
        .context("cannot make the folder of exports")?;
    let exports = Arc::new(exports);
    let imports =
        ImportDesk::new(boards.clone(), &args.data.data).context("cannot clear the folder of incoming files")?;
    tokio::spawn(exports.clone().keep_swept());
    Ok(AppState {
        judging: judging.clone(),
        exports: exports.clone(),
        imports: Arc::new(imports),
        limits: Arc::new(ApiLimits::new(args.proxies, args.api_rate)),
        chat: chat_key.map(|key| Arc::new(ChatDesk::new(key, engine.clone()))),
        clock: clock.clone(),
        backend: Arc::new(Service::new(
            boards.clone(),
            &secret,
            clock,
            catalogue.clone(),
            engine,
            judging,
            exports,
            media.clone(),
            args.publish_by_default,
        )),
        media,
        media_names: MediaNames::new(&secret),
        models: catalogue,
        boards,
        cookies: VoterCookies::new(&secret),
        assets,
        site: args.site.clone(),
        origin: args.origin.as_deref().map(Into::into),
        stopping,
        reload_token: args.reload.then(|| data_encoding::HEXLOWER.encode(&random_bytes::<8>()).into()),
    })
}

/// Serves until the process is told to stop.
///
/// # Errors
/// When it cannot start.
pub async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let listener = TcpListener::bind(args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    let address = listener.local_addr().context("no local address")?;
    let state = prepare(&args, stopping).await?;
    let boards = state.boards.clone();
    #[expect(clippy::print_stdout, reason = "the address is this command's output")]
    {
        println!("Plaudit is open at http://{address}");
    }
    axum::serve(listener, router(state).into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move {
            asked_to_stop().await;
            tracing::info!("stopping");
            stop.send_replace(true);
        })
        .await
        .context("the server stopped")?;
    boards.store().close().await;
    Ok(())
}

/// Ctrl-C, or the signal that service managers send.
async fn asked_to_stop() {
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot listen for Ctrl-C");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::error!(%error, "cannot listen for SIGTERM");
                std::future::pending::<()>().await;
            }
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {},
        () = terminate => {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_with_a_path_is_refused_before_anything_starts() {
        assert!(check_origin("https://arena.example").is_ok());
        assert!(check_origin("http://127.0.0.1:3000").is_ok());
        for bad in ["arena.example", "https://", "https://arena.example/", "ftp://arena.example"] {
            assert!(check_origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_missing_site_names_the_command_that_makes_it() {
        let error = read_manifest(Path::new("/nonexistent")).unwrap_err();
        assert!(format!("{error:#}").contains("cargo xtask build"));
    }
}
