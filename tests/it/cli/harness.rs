//! A temporary tree, and the program run in it without anything of the surrounding environment.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::work::bounded;

/// A made-up token with a good checksum, put together so that no scanner of this repository sees it.
pub(crate) fn token() -> String {
    ["gh", "p_Ky9Pf34qY6Nb3wWD25RQ4F5ZR3qa7y3gm1IL"].concat()
}

/// A folder with files.
pub(crate) struct Tree(tempfile::TempDir);

/// What a run did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Tree {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        Self(dir)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    #[expect(clippy::disallowed_methods, reason = "the program under test")]
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlguard"));
        command.args(arguments).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.command(arguments).output().expect("the program starts").into()
    }

    /// The same for a hostile input: a run that takes far too much work is ended.
    pub(crate) fn run_bounded(&self, arguments: &[&str]) -> Run {
        let mut command = bounded(Path::new(env!("CARGO_BIN_EXE_mlguard")));
        command.args(arguments).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        command.output().expect("the program starts").into()
    }

    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        self.command(arguments).envs(variables.iter().copied()).output().expect("the program starts").into()
    }

    pub(crate) fn run_on(&self, arguments: &[&str], input: &str) -> Run {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // It need not read: wrong usage is told before.
        let written = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        assert!(written.is_ok() || written.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe));
        child.wait_with_output().expect("the program ends").into()
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}
