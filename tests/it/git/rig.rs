//! Repositories made with the real Git, away from everything of this machine, and the program run in them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

use crate::tools::on_path;

/// Whether Git is here.
pub(crate) fn has_git() -> bool {
    on_path("git").is_some()
}

/// A repository in a temporary folder.
pub(crate) struct Repo {
    dir: tempfile::TempDir,
    /// Where commands run.
    pub(crate) path: PathBuf,
}

/// What a run of the program did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// The report, where its format is JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        let parsed = serde_json::from_str(&self.out);
        assert!(parsed.is_ok(), "{self:?}");
        parsed.unwrap_or_default()
    }

    /// The findings of a JSON report.
    pub(crate) fn findings(&self) -> Vec<serde_json::Value> {
        self.json()["findings"].as_array().expect("findings").clone()
    }

    /// The symbolic places of all errors, sorted.
    pub(crate) fn places(&self) -> Vec<String> {
        let findings = self.findings();
        let errors = findings.iter().filter(|finding| finding["level"] == "error");
        let mut places: Vec<String> =
            errors.map(|finding| finding["place"].as_str().unwrap_or("?").to_owned()).collect();
        places.sort();
        places
    }
}

impl Repo {
    pub(crate) fn new() -> Self {
        Self::with(&["init", "-q", "-b", "main", "repo"])
    }

    /// Made by `git ARGUMENTS`, which has to make the folder `repo`.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("repo");
        let repo = Self { path: dir.path().to_owned(), dir };
        repo.git(arguments);
        Self { path, ..repo }
    }

    /// A folder next to the repository.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The same, with commands run in another folder.
    pub(crate) fn at(&self, path: &Path) -> At<'_> {
        At { repo: self, path: path.to_owned() }
    }

    #[expect(clippy::disallowed_methods, reason = "the real Git, to compare with")]
    fn git_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(&self.path).env_clear();
        // Git starts further programs of its own by this path.
        command.envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("HOME", self.dir.path()).env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
        // What is pushed and fetched are the objects as they were made, and so are what is compared with.
        command.env("GIT_NO_REPLACE_OBJECTS", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Jane Doe").env(format!("GIT_{who}_EMAIL"), "jane@example.com");
            command.env(format!("GIT_{who}_DATE"), "1750000000 +0200");
        }
        command.stdin(Stdio::null());
        command
    }

    /// Runs Git, which has to succeed; its standard output.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        text(&self.git_output(arguments, b"")).trim_end().to_owned()
    }

    /// The same, with something on standard input.
    pub(crate) fn git_on(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        self.git_output(arguments, input).stdout
    }

    fn git_output(&self, arguments: &[&str], input: &[u8]) -> Output {
        let output = fed(self.git_command(arguments), input);
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Runs Git with further variables.
    pub(crate) fn git_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let mut command = self.git_command(arguments);
        command.envs(variables.iter().copied());
        let output = fed(command, b"");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        text(&output).trim_end().to_owned()
    }

    /// Runs Git, which may fail; the standard output, where it does not.
    pub(crate) fn try_git(&self, arguments: &[&str]) -> Option<String> {
        let output = fed(self.git_command(arguments), b"");
        output.status.success().then(|| text(&output).trim_end().to_owned())
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    /// Stages everything and commits; the id of the commit.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.at(&self.path).run(arguments)
    }

    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        self.at(&self.path).run_with(arguments, variables)
    }

    pub(crate) fn run_on(&self, arguments: &[&str], input: &str) -> Run {
        self.at(&self.path).run_on(arguments, input)
    }

    /// Starts the program and does not wait for it.
    #[expect(clippy::disallowed_methods, reason = "the program under test")]
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlguard"));
        command.args(arguments).current_dir(&self.path).env_clear();
        command
    }
}

/// A folder of a rig.
pub(crate) struct At<'r> {
    repo: &'r Repo,
    path: PathBuf,
}

impl At<'_> {
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, &[])
    }

    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        fed(command, b"").into()
    }

    /// With something on standard input.
    pub(crate) fn run_on(&self, arguments: &[&str], input: &str) -> Run {
        fed(self.command(arguments), input.as_bytes()).into()
    }

    #[expect(clippy::disallowed_methods, reason = "the program under test")]
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlguard"));
        command.args(arguments).current_dir(&self.path).env_clear().env("HOME", self.repo.dir.path());
        command
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output), err }
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn fed(mut command: Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("git starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // In a thread of its own: it may answer before it has read all.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("git ends");
    writer.join().expect("the writer ends");
    output
}
