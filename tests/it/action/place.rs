//! Repositories that the Action is run in, programs that stand in for mlguard, and events as GitHub sends them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::runner::{Job, program};
use crate::tools::on_path;

/// A file that nothing is found in.
pub(crate) const CLEAN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: trainer\ndata:\n  MODE: fast\n";
/// A commit that does not exist, and what GitHub writes where there is none.
pub(crate) const GONE: &str = "1234567890123456789012345678901234567890";
pub(crate) const ZEROS: &str = "0000000000000000000000000000000000000000";

/// The repository on the server, and a clone as actions/checkout makes it.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

/// Whether bash and Git are here.
pub(crate) fn tools() -> bool {
    ["bash", "git"].iter().all(|tool| on_path(tool).is_some())
}

impl Place {
    /// A repository with `main`, of one commit for each of `files`. None where the tools are not here.
    pub(crate) fn new(files: &[(&str, &str)]) -> Option<Self> {
        tools().then_some(())?;
        let place = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        fs::create_dir(place.server()).expect("a folder");
        place.git(&["init", "--quiet", "-b", "main"]);
        // GitHub hands out any commit that is asked for by its id.
        place.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
        for (name, text) in files {
            place.commit(&[(name, text)]);
        }
        Some(place)
    }

    fn server(&self) -> PathBuf {
        self.folder.path().join("server")
    }

    /// Where the checkout is.
    pub(crate) fn clone(&self) -> PathBuf {
        self.folder.path().join("clone")
    }

    /// Runs Git on the server.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(&self.server(), arguments)
    }

    /// Commits files to the branch that is checked out on the server, and returns the commit.
    pub(crate) fn commit(&self, files: &[(&str, &str)]) -> String {
        for (name, text) in files {
            let path = self.server().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", "change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Makes the branch `topic` from `main`, with a commit for each of `files`. Returns base and head.
    pub(crate) fn topic(&self, files: &[(&str, &str)]) -> (String, String) {
        let base = self.git(&["rev-parse", "main"]);
        self.git(&["checkout", "--quiet", "-b", "topic"]);
        for file in files {
            self.commit(&[*file]);
        }
        (base, self.git(&["rev-parse", "HEAD"]))
    }

    /// Checks out one commit without its history, as actions/checkout does by default.
    pub(crate) fn checkout(&self, reference: &str) {
        let (server, clone) = (format!("file://{}", self.server().display()), self.clone());
        fs::create_dir(&clone).expect("a folder");
        git(&clone, &["init", "--quiet"]);
        git(&clone, &["remote", "add", "origin", &server]);
        git(&clone, &["fetch", "--quiet", "--no-tags", "--depth=1", "origin", reference]);
        git(&clone, &["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
    }

    /// Nothing can be fetched any more.
    pub(crate) fn cut_off(&self) {
        fs::rename(self.server(), self.folder.path().join("away")).expect("it can be renamed");
    }

    /// A run of the Action in the checkout, by the program that was built.
    pub(crate) fn job(&self, event_name: &str, event: Value) -> Job {
        Job::new(&self.clone(), event_name, event).input("binary", env!("CARGO_BIN_EXE_mlguard"))
    }

    /// The same with a program that finds nothing, and writes its arguments to `calls`.
    pub(crate) fn recorded(&self, event_name: &str, event: Value) -> Job {
        let script = Script { calls: Some(self.folder.path().join("calls")), ..Script::default() };
        let path = self.folder.path().join("recorder");
        script.write(&path);
        Job::new(&self.clone(), event_name, event).input("binary", path.display().to_string())
    }

    /// What the program of `recorded` was given: a list of arguments for each time.
    pub(crate) fn calls(&self) -> Vec<Vec<String>> {
        Self::read_calls(&self.folder.path().join("calls"))
    }

    /// What a `Script` wrote to `calls`.
    pub(crate) fn read_calls(path: &Path) -> Vec<Vec<String>> {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.split_terminator("\0\n").map(|call| call.split('\0').map(str::to_owned).collect()).collect()
    }
}

/// Runs Git, which must succeed.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = program("git", folder);
    for (key, value) in [("NAME", "A"), ("EMAIL", "a@example.com"), ("DATE", "2026-03-04T05:06:07Z")] {
        command.env(format!("GIT_AUTHOR_{key}"), value).env(format!("GIT_COMMITTER_{key}"), value);
    }
    let done = command.args(arguments).output().expect("git starts");
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8").trim().to_owned()
}

/// A program that is called as mlguard is, and writes what a test wants.
pub(crate) struct Script {
    pub(crate) status: i32,
    pub(crate) calls: Option<PathBuf>,
    /// What it writes as `jsonl`; nothing where there is none.
    pub(crate) report: Option<String>,
    pub(crate) summary: String,
}

impl Default for Script {
    fn default() -> Self {
        let report = r#"{"coverage":{"files":3,"bytes":9,"commits":0,"skipped":[],"errors":[]},"complete":true}"#;
        Self { status: 0, calls: None, report: Some(format!("{report}\n")), summary: "all well\n".to_owned() }
    }
}

impl Script {
    pub(crate) fn write(&self, path: &Path) {
        let beside = |ending: &str| path.with_extension(ending);
        fs::write(beside("md"), &self.summary).expect("a file");
        let mut text = "#!/usr/bin/env bash\n[[ \"$1\" != --version ]] || { echo mlguard; exit 0; }\n".to_owned();
        let mut line = |line: String| text.push_str(&(line + "\n"));
        if let Some(calls) = &self.calls {
            line(format!(r#"{{ printf '%s\0' "$@"; echo; }} >> '{}'"#, calls.display()));
        }
        line(r#"for argument; do case "$argument" in"#.to_owned());
        line(format!(r#"--format=markdown=*) cat '{}' > "${{argument#*=*=}}" ;;"#, beside("md").display()));
        line(r#"--format=sarif=*) echo '{"runs": []}' > "${argument#*=*=}" ;;"#.to_owned());
        if let Some(report) = &self.report {
            fs::write(beside("jsonl"), report).expect("a file");
            line(format!(r#"--format=jsonl=*) cat '{}' > "${{argument#*=*=}}" ;;"#, beside("jsonl").display()));
        }
        line(format!("esac; done\nexit {}", self.status));
        executable(path, &text);
    }
}

/// Writes a script that can be started.
pub(crate) fn executable(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
}

/// The event of a pull request; `from` is the repository that it comes from.
pub(crate) fn pull_request(base: &str, head: &str, from: &str) -> Value {
    json!({
        "action": "synchronize",
        "number": 7,
        "pull_request": {
            "base": { "sha": base, "ref": "main", "repo": { "full_name": "team/app" } },
            "head": { "sha": head, "ref": "topic", "repo": { "full_name": from, "fork": from != "team/app" } },
        },
        "repository": repository(),
    })
}

/// The event of a push.
pub(crate) fn push(before: &str, after: &str) -> Value {
    json!({
        "ref": "refs/heads/topic",
        "before": before,
        "after": after,
        "created": before == ZEROS,
        "deleted": after == ZEROS,
        "forced": false,
        "repository": repository(),
    })
}

/// The event of a schedule.
pub(crate) fn schedule() -> Value {
    json!({ "schedule": "0 4 * * 1", "repository": repository() })
}

fn repository() -> Value {
    json!({ "full_name": "team/app", "default_branch": "main", "fork": false })
}
