//! `cargo xtask bench browser`: models in a browser.

use crate::build::{self, Mode};
use crate::process::{self, step};
use crate::runner::Quality;
use crate::workspace::Workspace;
use crate::{files, node};
use anyhow::{Context, Result, ensure};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Times that each side runs, in turns
    #[arg(long, default_value_t = 5)]
    runs: u32,
    /// Plaudit's WebGPU beside Plaudit's processor, instead of wllama
    #[arg(long)]
    web_gpu: bool,
    /// Which model, of those in the data folder or shipped
    #[arg(long, default_value = "smollm2-135m-instruct")]
    model: String,
    /// Where the weights are
    #[arg(long, value_name = "DIR", default_value = crate::serve::DATA)]
    data: PathBuf,
}

const WEIGHTS: &str = "models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf";

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let Arguments { runs, web_gpu, model, data } = arguments;
    let weights = std::path::absolute(data)?.join(WEIGHTS);
    ensure!(weights.exists(), "{} is missing; by hand: cargo xtask models fetch smollm2", weights.display());
    build::everything(workspace, Mode::Release, Quality::Release)?;
    let folder = workspace.root.join("xtask/scripts/bench-browser");
    node::ensure_packages(workspace, &folder, "wllama, and a library that drives the browser")?;
    let chromium = crate::system::chromium().context("Chromium is missing; by hand: cargo xtask doctor")?;

    // A data folder of its own: nothing is measured on, or written to, the real one.
    let scratch = workspace.target.join("bench");
    files::remove(&scratch)?;
    std::fs::create_dir_all(&scratch)?;
    std::os::unix::fs::symlink(std::path::absolute(data)?.join("models"), scratch.join("models"))?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    step("bench: a server of its own");
    let server = Server::start(workspace, &scratch, &address)?;
    let mut bench = Command::new("node");
    bench.arg("bench.mjs").current_dir(&folder);
    bench.args(["--plaudit", &format!("http://{address}"), "--model", model, "--runs", &runs.to_string()]);
    bench.arg("--gguf").arg(&weights).arg("--chromium").arg(chromium);
    if *web_gpu {
        bench.arg("--web-gpu");
    }
    step("bench: in turns; leave the machine alone meanwhile");
    let result = process::run(&mut bench);
    drop(server);
    result
}

/// Ends with the benchmark, however that ends.
struct Server(Child);

impl Server {
    fn start(workspace: &Workspace, data: &std::path::Path, address: &str) -> Result<Self> {
        let mut command = Command::new(workspace.server(Mode::Release.server_folder()));
        command.arg("serve").arg("--site").arg(workspace.site()).arg("--data").arg(data);
        command.args(["--listen", address]).stdout(Stdio::null());
        let child = command.spawn().context("the server does not start")?;
        let mut server = Self(child);
        // Loading an empty data folder takes a moment; the port answers when it is done.
        for _ in 0..600 {
            if std::net::TcpStream::connect(address).is_ok() {
                return Ok(server);
            }
            ensure!(server.0.try_wait()?.is_none(), "the server ended before it listened");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        anyhow::bail!("the server does not listen")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait().map(|_| ())) {
            eprintln!("the benchmark's server could not be stopped: {error}");
        }
    }
}
