//! A real PostgreSQL for tests: its own folder, its own port, stopped when the last test lets go of it.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU32, Ordering},
    },
};

use tempfile::TempDir;

static SERVER: Mutex<Weak<Server>> = Mutex::new(Weak::new());
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A running server.
pub struct Server {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
}

/// A database of its own on the shared server.
pub struct Database {
    pub url: String,
    _server: Arc<Server>,
}

/// A fresh, empty database.
pub fn database() -> Database {
    let server = {
        // A test that failed while starting the server must not keep the others from saying so themselves.
        let mut shared = SERVER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Server::start());
            *shared = Arc::downgrade(&server);
            server
        })
    };
    let name = format!("plaudit{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    server.run("createdb", &["-h", "127.0.0.1", "-p", &server.port.to_string(), "-U", "plaudit", &name]);
    Database { url: format!("postgres://plaudit@127.0.0.1:{}/{name}", server.port), _server: server }
}

/// Debian keeps the server's programs out of the PATH.
fn programs() -> PathBuf {
    let mut candidates: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        candidates.extend(versions.filter_map(|version| Some(version.ok()?.path().join("bin"))));
    }
    candidates
        .into_iter()
        .find(|folder| ["initdb", "pg_ctl", "createdb"].iter().all(|program| folder.join(program).exists()))
        .expect("PostgreSQL is needed for these tests: apt-get install postgresql, or run `cargo xtask test`, which does it")
}

fn is_root() -> bool {
    let uid = Command::new("id").arg("-u").output().expect("id runs");
    uid.stdout.trim_ascii() == b"0"
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("plaudit-postgres").tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { programs: programs(), folder, port };
        if is_root() {
            // initdb refuses root; the package made a user for it.
            let owned = Command::new("chown").arg("postgres").arg(server.folder.path()).status().unwrap();
            assert!(owned.success(), "cannot give the folder to the user postgres");
        }
        let data = server.data();
        let data = data.to_str().unwrap();
        server.run("initdb", &["-D", data, "-A", "trust", "-U", "plaudit", "--no-sync"]);
        let log = server.folder.path().join("log");
        let options = format!("-p {port} -k {} -c listen_addresses=127.0.0.1", server.folder.path().display());
        server.run("pg_ctl", &["-D", data, "-w", "-l", log.to_str().unwrap(), "-o", &options, "start"]);
        server
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program: &Path = &self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let status = self.command(program).args(arguments).status().unwrap();
        assert!(status.success(), "{program} {arguments:?} failed");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.data();
        let stopped = self.command("pg_ctl").arg("-D").arg(data).args(["-m", "immediate", "stop"]).status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!("PostgreSQL on port {} could not be stopped", self.port);
        }
    }
}
