//! Repositories in a temporary folder, with a home of their own, and programs that are run in them.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The value of [`LEAKY`], which nothing may print.
pub(crate) const VALUE: &str = "plum-Tractor-47-wagon";

/// A Secret with a plaintext value.
pub(crate) const LEAKY: &str = "\
apiVersion: v1
kind: Secret
metadata:
  name: ml-platform
  namespace: financial-ml-dev
stringData:
  DATABASE_PASSWORD: plum-Tractor-47-wagon
";

/// The same with the value left to be filled in.
pub(crate) const CLEAN: &str = "\
apiVersion: v1
kind: Secret
metadata:
  name: ml-platform
  namespace: financial-ml-dev
stringData:
  DATABASE_PASSWORD: ${DATABASE_PASSWORD}
";

/// What a program did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    /// Both streams.
    pub(crate) text: String,
}

impl Run {
    /// It succeeded.
    #[track_caller]
    pub(crate) fn passes(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.text);
        self
    }

    /// mlguard refused it: the key is named, the value is not.
    #[track_caller]
    pub(crate) fn refused(self) -> Self {
        assert_ne!(self.code, 0, "{}", self.text);
        assert!(self.text.contains("DATABASE_PASSWORD"), "the key is named: {}", self.text);
        assert!(self.text.contains("plaintext-secret"), "{}", self.text);
        assert!(!self.text.contains(VALUE), "the value is not shown");
        self
    }

    /// It failed and says so.
    #[track_caller]
    pub(crate) fn fails_with(self, words: &str) -> Self {
        assert_ne!(self.code, 0, "{}", self.text);
        assert!(self.text.contains(words), "{words:?} in: {}", self.text);
        self
    }

    /// It says so.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.text.contains(words), "{words:?} in: {}", self.text);
        self
    }
}

/// A folder for repositories; spaces in its name.
pub(crate) struct Rig {
    folder: tempfile::TempDir,
    /// Folders of programs, before those of the system.
    programs: Vec<PathBuf>,
    variables: Vec<(String, OsString)>,
}

impl Rig {
    /// With mlguard on the PATH.
    pub(crate) fn new() -> Self {
        let built = Path::new(env!("CARGO_BIN_EXE_mlguard")).parent().expect("a folder");
        Self::with(vec![built.to_owned()])
    }

    pub(crate) fn with(programs: Vec<PathBuf>) -> Self {
        let folder = tempfile::Builder::new().prefix("hooks of a test ").tempdir().expect("a folder");
        fs::create_dir(folder.path().join("home")).expect("a folder");
        Self { folder, programs, variables: Vec::new() }
    }

    pub(crate) fn add_program(&mut self, program: &Path) {
        self.programs.extend(program.parent().map(Path::to_owned));
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.push((name.to_owned(), value.into()));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new repository with a commit of a file `README.md`.
    pub(crate) fn repository(&self, name: &str) {
        self.git(".", &["init", "--quiet", "-b", "main", name]).passes();
        self.write(&format!("{name}/README.md"), "Nothing here.\n");
        self.git(name, &["add", "."]).passes();
        self.git(name, &["commit", "--quiet", "-m", "begin"]).passes();
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    /// Writes a program.
    pub(crate) fn program(&self, name: &str, text: &str) {
        self.write(name, text);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).expect("a mode");
    }

    pub(crate) fn git(&self, at: &str, arguments: &[&str]) -> Run {
        self.run(at, Path::new("git"), arguments)
    }

    /// Stages everything and commits it.
    pub(crate) fn commit(&self, at: &str, message: &str) -> Run {
        self.git(at, &["add", "--all"]).passes();
        self.git(at, &["commit", "--quiet", "-m", message])
    }

    /// The same past the hooks.
    pub(crate) fn commit_unchecked(&self, at: &str, message: &str) {
        self.git(at, &["add", "--all"]).passes();
        self.git(at, &["commit", "--quiet", "--no-verify", "-m", message]).passes();
    }

    pub(crate) fn mlguard(&self, at: &str, arguments: &[&str]) -> Run {
        self.run(at, Path::new(env!("CARGO_BIN_EXE_mlguard")), arguments)
    }

    /// Runs a program with nothing of the surrounding environment but the PATH.
    #[expect(clippy::disallowed_methods, reason = "the programs under test")]
    pub(crate) fn run(&self, at: &str, program: &Path, arguments: &[&str]) -> Run {
        let home = self.path("home");
        let system = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(self.programs.iter().cloned().chain(std::env::split_paths(&system)));
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.path(at)).env_clear().stdin(Stdio::null());
        command.env("PATH", path.expect("a path")).env("HOME", &home).env("TMPDIR", std::env::temp_dir());
        command.env("XDG_CACHE_HOME", home.join("cache")).env("PRE_COMMIT_HOME", home.join("pre-commit"));
        command.env("PREK_HOME", home.join("prek")).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_EDITOR", "true");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "A Person").env(format!("GIT_{who}_EMAIL"), "person@example.com");
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = command.output().expect("the program starts");
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Run { code: output.status.code().unwrap_or(-1), text: format!("{out}{err}") }
    }
}
