//! `cargo xtask bench ranking`: boards beside those of other people's programs, from the same votes, in turns.

use super::peers::Peers;
use super::samples::Samples;
use super::{machine, table};
use crate::process::{self, note, step};
use crate::recount;
use crate::toolchain::WasmToolchain;
use crate::workspace::{Workspace, shown};
use anyhow::{Context, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Of the boards in memory.
pub(crate) const VOTES: usize = 2_000_000;
/// Of the table of strings.
pub(crate) const ROWS: usize = 20_000_000;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Times that everything runs, in turns; a program measures several times in each, and the slowest peers run in the first
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// FastChat's rating_systems.py at commit 2bdb2e0, where it cannot be downloaded
    #[arg(long, value_name = "FILE")]
    fastchat: Option<PathBuf>,
    /// Leaves out the table of 20 million rows: it takes 1.6 GB of the target folder, and a peer 6 GB of memory
    #[arg(long)]
    without_file: bool,
}

/// Something to run, and whether it runs in the first turn alone.
struct Program {
    command: Command,
    once: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let folder = workspace.target.join("bench/ranking");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let peers = Peers::ensure(workspace, arguments.fastchat.as_deref())?;
    let programs = Programs::build(workspace)?;
    let votes = Inputs::make(workspace, &programs, &folder, !arguments.without_file)?;
    let mut all = programs.ours(&votes);
    all.extend(theirs(&peers, &votes));

    step("bench: in turns; leave the machine alone meanwhile");
    let before = machine::describe();
    let mut samples = Samples::default();
    for turn in 0..arguments.runs.max(1) {
        for program in all.iter_mut().filter(|program| turn == 0 || !program.once) {
            note(process::line(&program.command));
            samples.read(&process::capture(&mut program.command)?)?;
        }
    }
    println!("\n{before} before and {} after", machine::load());
    println!("{}; {}\n", machine::versions(workspace), peers.versions()?);
    println!("{}", table::of(&samples));
    if let Some(file) = &votes.file {
        note(format!("the table of strings can go: rm {}", file.display()));
    }
    Ok(())
}

/// Our own, as built.
struct Programs {
    speed: PathBuf,
    read_speed: PathBuf,
    make_battles: PathBuf,
    answer_speed: PathBuf,
    /// The script that Node runs the bundle with, and the bundle.
    wasm: [PathBuf; 3],
}

impl Programs {
    fn build(workspace: &Workspace) -> Result<Self> {
        step("cargo build --release: the programs that measure");
        let examples = [
            ("plaudit-ranking", "speed", ""),
            ("plaudit-datasets", "read_speed", ""),
            ("plaudit-datasets", "make_battles", ""),
            ("plaudit-recount", "answer_speed", "worker"),
        ];
        for (package, example, features) in examples {
            let mut command = workspace.cargo();
            command.args(["build", "--release", "--package", package, "--example", example]);
            process::run(command.args(["--features", features]))?;
        }
        let bundle = recount::build(workspace, &WasmToolchain::ensure(workspace)?)?;
        let example = |name: &str| workspace.target.join("release/examples").join(name);
        Ok(Self {
            speed: example("speed"),
            read_speed: example("read_speed"),
            make_battles: example("make_battles"),
            answer_speed: example("answer_speed"),
            wasm: [workspace.root.join("xtask/scripts/bench-ranking/wasm.mjs"), bundle.script, bundle.wasm],
        })
    }

    fn ours(&self, votes: &Inputs) -> Vec<Program> {
        let of = |program: &Path, arguments: &[&str], file: &Path, rows: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).arg(file).args(rows);
            Program { command, once: false }
        };
        let mut node = Command::new("node");
        node.args(&self.wasm).arg(&votes.messages);
        let mut all = vec![
            of(&self.speed, &["measure"], &votes.boards[0], &["arrays", "counts", "bootstrap"]),
            of(&self.speed, &["measure"], &votes.boards[1], &["live", "warm"]),
            of(&self.answer_speed, &[], &votes.messages, &[]),
            Program { command: node, once: false },
        ];
        all.extend(votes.file.iter().map(|file| of(&self.read_speed, &["--rank"], file, &[])));
        all
    }
}

fn theirs(peers: &Peers, votes: &Inputs) -> Vec<Program> {
    let fastchat = peers.fastchat.as_deref();
    let [board, _] = &votes.boards;
    let of = |row: &str, file: Option<&Path>, once: bool| Program { command: peers.command(board, row, file), once };
    let mut all = vec![
        of("choix", None, false),
        of("scikit-learn", None, false),
        of("evalica", None, false),
        of("arena-rank", None, true),
    ];
    if fastchat.is_some() {
        all.extend([of("fastchat", fastchat, false), of("fastchat-bootstrap", fastchat, false)]);
    }
    if let Some(file) = votes.file.as_deref() {
        all.extend([of("csv-best", Some(file), false), of("csv-usual", Some(file), true)]);
    }
    all
}

/// The votes, the same for everyone.
struct Inputs {
    /// With 200 and with 400 contestants.
    boards: [PathBuf; 2],
    /// The first board as the worker is sent it.
    messages: PathBuf,
    file: Option<PathBuf>,
}

impl Inputs {
    /// Made anew each time, except for the table: it takes half a minute, and is the same for the same program.
    fn make(workspace: &Workspace, programs: &Programs, folder: &Path, with_file: bool) -> Result<Self> {
        step(format!("votes in {}", shown(workspace, folder)));
        let boards = [200, 400].map(|models| (models, folder.join(format!("{models}.votes"))));
        for (models, file) in &boards {
            let mut command = Command::new(&programs.speed);
            process::run(command.arg("votes").arg(file).args([models.to_string(), VOTES.to_string()]))?;
        }
        let boards = boards.map(|(_, file)| file);
        let messages = folder.join("messages.txt");
        process::run(Command::new(&programs.speed).arg("messages").arg(&boards[0]).arg(&messages))?;
        let file = with_file.then(|| table_of_strings(programs, folder)).transpose()?;
        Ok(Self { boards, messages, file })
    }
}

fn table_of_strings(programs: &Programs, folder: &Path) -> Result<PathBuf> {
    let file = folder.join("battles.csv");
    if !file.exists() {
        let whole = folder.join("battles.part");
        let out = File::create(&whole).with_context(|| format!("cannot write {}", whole.display()))?;
        let mut command = Command::new(&programs.make_battles);
        process::run(command.args(["--rows", &ROWS.to_string(), "--models", "400"]).stdout(out))?;
        std::fs::rename(&whole, &file)?;
    }
    Ok(file)
}
