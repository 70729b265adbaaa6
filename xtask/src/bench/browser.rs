//! `cargo xtask bench browser`: models in a browser.

use crate::build::{self, Mode};
use crate::process::{self, step};
use crate::runner::Quality;
use crate::workspace::Workspace;
use crate::{files, node, python};
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
    /// The judges' sentence encoder beside transformers.js, instead of a model that writes
    #[arg(long, conflicts_with = "web_gpu")]
    encoder: bool,
    /// Which model, of those in the data folder or shipped
    #[arg(long, default_value = "smollm2-135m-instruct")]
    model: String,
    /// Where the weights are
    #[arg(long, value_name = "DIR", default_value = crate::serve::DATA)]
    data: PathBuf,
}

const WEIGHTS: &str = "models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf";

const ENCODER: &str = "models/all-minilm-l6-v2";

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let Arguments { runs, web_gpu, encoder, model, data } = arguments;
    let data = std::path::absolute(data)?;
    let (weights, fetch) = if *encoder { (ENCODER, "minilm") } else { (WEIGHTS, "smollm2") };
    let weights = data.join(weights);
    ensure!(weights.exists(), "{} is missing; by hand: cargo xtask models fetch {fetch}", weights.display());
    build::everything(workspace, Mode::Release, Quality::Release)?;
    let folder = workspace.root.join("xtask/scripts/bench-browser");
    node::ensure_packages(workspace, &folder, "wllama, transformers.js, and a library that drives the browser")?;
    let chromium = crate::system::chromium().context("Chromium is missing; by hand: cargo xtask doctor")?;

    // A data folder of its own: nothing is measured on, or written to, the real one.
    let scratch = workspace.target.join("bench");
    files::remove(&scratch)?;
    std::fs::create_dir_all(&scratch)?;
    std::os::unix::fs::symlink(data.join("models"), scratch.join("models"))?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    step("bench: a server of its own");
    let server = Server::start(workspace, &scratch, &address)?;
    let mut bench = Command::new("node");
    bench.current_dir(&folder).arg(if *encoder { "encoder.mjs" } else { "bench.mjs" });
    bench
        .args(["--plaudit", &format!("http://{address}"), "--runs", &runs.to_string()])
        .arg("--chromium")
        .arg(chromium);
    if *encoder {
        let onnx = workspace.target.join("bench/onnx");
        let environment = workspace.target.join("bench/python-browser");
        let python = python::ensure(workspace, &environment, &folder.join("requirements.txt"), "what writes ONNX")?;
        step("bench: the encoder as ONNX");
        process::run(Command::new(python).arg(folder.join("minilm_onnx.py")).arg(&weights).arg(&onnx))?;
        bench.arg("--onnx").arg(onnx).arg("--texts").arg(workspace.root.join("server/builtin/text.json"));
    } else {
        bench.args(["--model", model]).arg("--gguf").arg(&weights);
    }
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
