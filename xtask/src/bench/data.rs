//! `cargo xtask bench data`: votes written and read, beside pandas and pyarrow; and the whole commands, with their database.

use super::machine;
use super::samples::{Samples, Short};
use crate::process::{self, note, step};
use crate::readers;
use crate::workspace::{Workspace, shown};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Times that everything runs, in turns
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// Votes, made up, without texts
    #[arg(long, default_value_t = 1_000_000)]
    votes: u64,
    /// Leaves out `plaudit import` and `plaudit export`, which need the whole server built
    #[arg(long)]
    without_commands: bool,
}

/// A row of the table: its name in what the programs say, what it is, and the goal in votes a second.
struct Row {
    name: &'static str,
    title: &'static str,
    goal: Option<f64>,
}

const fn row(name: &'static str, title: &'static str, goal: Option<f64>) -> Row {
    Row { name, title, goal }
}

const ROWS: [Row; 15] = [
    row("write-parquet", "Parquet written, ours", Some(300_000.0)),
    row("pyarrow-write-parquet", "the same, pyarrow, from columns in memory", None),
    row("pandas-write-parquet", "the same, pandas, from columns in memory", None),
    row("write-jsonl", "JSON Lines written, ours", Some(200_000.0)),
    row("pandas-write-jsonl", "the same, pandas, from columns in memory", None),
    row("read-parquet", "Parquet read and counted, ours", Some(300_000.0)),
    row("pyarrow-read-parquet", "the same, pyarrow", None),
    row("pandas-read-parquet", "the same, pandas", None),
    row("read-jsonl", "JSON Lines read and counted, ours", Some(200_000.0)),
    row("pyarrow-read-jsonl", "the same, pyarrow", None),
    row("pandas-read-jsonl", "the same, pandas", None),
    row("import-jsonl", "`plaudit import` of the JSON Lines into SQLite", None),
    row("import-parquet", "`plaudit import` of the Parquet into SQLite", None),
    row("export-parquet", "`plaudit export` of that into Parquet", Some(300_000.0)),
    row("export-jsonl", "`plaudit export` of that into JSON Lines", Some(200_000.0)),
];

/// The programs, and where their files are.
struct Bench {
    python: PathBuf,
    measure: PathBuf,
    folder: PathBuf,
    export_speed: PathBuf,
    read_speed: PathBuf,
    plaudit: Option<PathBuf>,
    votes: u64,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let bench = Bench::build(workspace, arguments)?;
    step(format!(
        "bench: {} votes in {}, in turns; leave the machine alone",
        arguments.votes,
        shown(workspace, &bench.folder)
    ));
    let before = machine::describe();
    let mut samples = Samples::default();
    for _ in 0..arguments.runs.max(1) {
        for mut command in bench.turn()? {
            note(process::line(&command));
            samples.read(&process::capture(&mut command)?)?;
        }
    }
    println!("\n{before} before and {} after", machine::load());
    println!("{}; {} votes without texts, one thread each\n", machine::versions(workspace), arguments.votes);
    println!("{}", table(&samples, arguments.votes));
    Ok(())
}

impl Bench {
    fn build(workspace: &Workspace, arguments: &Arguments) -> Result<Self> {
        let python = readers::ensure(workspace)?;
        step("cargo build --release: the programs that measure");
        for example in ["export_speed", "read_speed"] {
            let mut command = workspace.cargo();
            command.args(["build", "--release", "--package", "plaudit-datasets", "--features", "parquet,zstd"]);
            process::run(command.args(["--example", example]))?;
        }
        if !arguments.without_commands {
            process::run(workspace.cargo().args(["build", "--release", "--package", "plaudit"]))?;
        }
        let release = workspace.target.join("release");
        let folder = workspace.target.join("bench/data");
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self {
            python,
            measure: workspace.root.join("xtask/scripts/bench-data/measure.py"),
            export_speed: release.join("examples/export_speed"),
            read_speed: release.join("examples/read_speed"),
            plaudit: (!arguments.without_commands).then(|| release.join("plaudit")),
            votes: arguments.votes,
            folder,
        })
    }

    fn measured(&self, row: &str, program: &Path) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(&self.measure).args(["run", row]).arg(program);
        command
    }

    /// Everything once, in the order in which one needs the other's files.
    fn turn(&self) -> Result<Vec<Command>> {
        let (parquet, lines) = (self.folder.join("votes.parquet"), self.folder.join("votes.jsonl"));
        let mut all = Vec::new();
        for (row, format, file) in
            [("write-parquet", "plaudit-parquet", &parquet), ("write-jsonl", "plaudit-jsonl", &lines)]
        {
            let mut write = self.measured(row, &self.export_speed);
            write.arg(format).arg(file).arg(self.votes.to_string());
            all.push(write);
        }
        for (row, file) in [("read-parquet", &parquet), ("read-jsonl", &lines)] {
            let mut read = self.measured(row, &self.read_speed);
            read.arg(file);
            all.push(read);
        }
        for row in ROWS.iter().filter(|row| row.name.starts_with("pandas-") || row.name.starts_with("pyarrow-")) {
            let mut peer = Command::new(&self.python);
            peer.arg(&self.measure).arg(row.name).arg(&parquet).arg(&lines);
            all.push(peer);
        }
        let Some(plaudit) = &self.plaudit else { return Ok(all) };
        for (kind, file) in [("parquet", &parquet), ("jsonl", &lines)] {
            let data = self.folder.join(["data-", kind].concat());
            crate::files::remove(&data)?;
            let mut import = self.measured(&["import-", kind].concat(), plaudit);
            import.arg("import").arg("--data").arg(&data).arg(file);
            all.push(import);
        }
        for kind in ["parquet", "jsonl"] {
            let out = self.folder.join(["exported.", kind].concat());
            let mut export = self.measured(&["export-", kind].concat(), plaudit);
            export.arg("export").arg("--data").arg(self.folder.join("data-parquet"));
            export.args(["--without-texts", "--format", &["plaudit-", kind].concat(), "--out"]).arg(out);
            all.push(export);
        }
        Ok(all)
    }
}

fn table(samples: &Samples, votes: u64) -> String {
    let mut lines =
        vec!["| | votes/s of the processor | peak memory | goal |".to_owned(), "|---|---|---|---|".to_owned()];
    for Row { name, title, goal } in ROWS {
        let Some(seconds) = samples.spread(name) else { continue };
        let rate = |seconds: f64| thousands(votes as f64 / seconds);
        let memory = samples.spread(&[name, "-memory"].concat());
        lines.push(format!(
            "| {title} | {} ({}–{}) | {} | {} |",
            rate(seconds.median),
            rate(seconds.most),
            rate(seconds.least),
            memory.map_or_else(|| "–".to_owned(), |memory| format!("{} MB", Short(memory.median / 1e6))),
            goal.map_or_else(String::new, thousands),
        ));
    }
    lines.join("\n")
}

/// To three digits, with a comma between thousands: `1,230,000`.
fn thousands(number: f64) -> String {
    let unit = 10_f64.powf((number.max(1.0).log10().floor() - 2.0).max(0.0));
    let digits = format!("{:.0}", (number / unit).round() * unit);
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_three_digits_and_commas() {
        let shown = [12.0, 999.4, 1234.0, 37_649.0, 1_083_499.0].map(thousands);
        assert_eq!(shown, ["12", "999", "1,230", "37,600", "1,080,000"]);
    }

    #[test]
    fn a_row_is_what_was_measured_of_it_and_none_where_nothing_was() {
        let mut samples = Samples::default();
        samples.read("write-parquet 2.0 2.1\nwrite-parquet-memory 36000000 0\n").unwrap();
        samples.read("write-parquet 4.0 4.1").unwrap();
        let lines: Vec<String> = table(&samples, 1_000_000).lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[2], "| Parquet written, ours | 333,000 (250,000–500,000) | 36.0 MB | 300,000 |");
    }
}
