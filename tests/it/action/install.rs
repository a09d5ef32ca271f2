//! Where the program comes from: a release whose sum is known, else a build, and never anything else.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::place::{CLEAN, Place, Script, executable, schedule};
use super::runner::{Job, Ran, program, root};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A copy of the Action with sums of its own, and programs that stand in for curl and Cargo.
struct Rig {
    place: Place,
    folder: tempfile::TempDir,
}

impl Rig {
    fn new() -> Option<Self> {
        let place = Place::new(&[("k8s/config.yaml", CLEAN)])?;
        place.checkout("main");
        let rig = Self { place, folder: tempfile::tempdir().expect("a temporary folder") };
        let action = rig.action().join("ci/action");
        fs::create_dir_all(&action).expect("a folder");
        for file in ["action.yml", "Cargo.toml"] {
            fs::copy(root().join(file), rig.action().join(file)).expect("a copy");
        }
        for entry in fs::read_dir(root().join("ci/action")).expect("a folder") {
            let path = entry.expect("an entry").path();
            fs::copy(&path, action.join(path.file_name().expect("a name"))).expect("a copy");
        }
        fs::create_dir(rig.bin()).expect("a folder");
        let built = rig.path("built");
        Script::default().write(&built);
        let calls = rig.path("cargo-calls").display().to_string();
        let target = r#"while [[ "$1" != --target-dir ]]; do shift; done; mkdir -p "$2/release""#;
        let cargo = format!("echo \"$PWD $*\" >> '{calls}'; {target}; cp '{}' \"$2/release/mlguard\"", built.display());
        executable(&rig.bin().join("cargo"), &format!("#!/usr/bin/env bash\n{cargo}\n"));
        rig.serve(None);
        Some(rig)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn action(&self) -> PathBuf {
        self.path("action")
    }

    fn bin(&self) -> PathBuf {
        self.path("bin")
    }

    /// What curl brings: a file, or a failure.
    fn serve(&self, archive: Option<&Path>) {
        let calls = self.path("curl-calls").display().to_string();
        let deliver = match archive {
            Some(archive) => format!("cp '{}' archive", archive.display()),
            None => "echo 'curl: (22) The requested URL returned error: 404' >&2; exit 22".to_owned(),
        };
        executable(&self.bin().join("curl"), &format!("#!/usr/bin/env bash\necho \"$*\" >> '{calls}'\n{deliver}\n"));
    }

    /// An archive of a release, and its sum as `checksums.txt` has it.
    fn release(&self, version: &str, target: &str) -> (PathBuf, String) {
        let stem = format!("mlguard-v{version}-{target}");
        fs::create_dir(self.path(&stem)).expect("a folder");
        Script::default().write(&self.path(&stem).join("mlguard"));
        let archive = self.path(&format!("{stem}.tar.gz"));
        let done = program("tar", self.folder.path()).arg("-czf").arg(&archive).arg(&stem).status().expect("tar");
        assert!(done.success());
        let digest = Sha256::digest(fs::read(&archive).expect("the archive"));
        let sum: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        (archive, format!("{}  {stem}.tar.gz\n", sum.concat()))
    }

    fn know(&self, sums: &str) {
        fs::write(self.action().join("ci/action/checksums.txt"), format!("# sums\n{sums}")).expect("a file");
    }

    fn job(&self) -> Job {
        let mut job = Job::new(&self.place.clone(), "schedule", schedule());
        job.action = self.action();
        "tools/mlguard".clone_into(&mut job.action_repository);
        let path = std::env::var("PATH").unwrap_or_default();
        job.variable("PATH", format!("{}:{path}", self.bin().display()))
    }

    fn calls(&self, tool: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(&format!("{tool}-calls"))).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn assert_built(&self, ran: &Ran, reason: &str) {
        assert_eq!((ran.code, ran.output("exit-status")), (0, "0"), "{}", ran.log);
        assert!(ran.log.contains(&format!("Building mlguard {VERSION}, because ")), "{}", ran.log);
        assert!(ran.log.contains(reason), "{}", ran.log);
        let calls = self.calls("cargo");
        let folder = fs::canonicalize(self.action()).expect("the Action").display().to_string();
        // In the Action's folder: settings of the repository that is searched are none of Cargo's.
        let started = calls.last().expect("a build");
        assert!(started.starts_with(&format!("{folder} build --release --locked ")), "{started}");
    }

    fn assert_refused(&self, ran: &Ran, reason: &str) {
        assert_eq!((ran.code, ran.output("exit-status")), (2, ""), "{}", ran.log);
        assert!(ran.log.lines().any(|line| line.starts_with("::error ") && line.contains(reason)), "{}", ran.log);
        assert!(self.calls("cargo").is_empty());
    }
}

#[test]
fn a_release_that_is_known_is_used() {
    let Some(rig) = Rig::new() else { return };
    let (archive, sum) = rig.release(VERSION, "x86_64-unknown-linux-musl");
    rig.know(&sum);
    rig.serve(Some(&archive));
    for version in ["", VERSION, &format!("v{VERSION}")] {
        let ran = rig.job().input("version", version).run();
        assert_eq!((ran.code, ran.output("exit-status")), (0, "0"), "{}", ran.log);
        assert!(ran.log.contains(&format!("(release v{VERSION})")), "{}", ran.log);
    }
    let calls = rig.calls("curl");
    let name = format!("mlguard-v{VERSION}-x86_64-unknown-linux-musl.tar.gz");
    let address = format!("https://github.example/tools/mlguard/releases/download/v{VERSION}/{name}");
    assert!(calls[0].ends_with(&address), "{calls:?}");
    assert!(calls[0].contains("--fail") && calls[0].contains("--proto =https --proto-redir =https"), "{calls:?}");
    assert!(rig.calls("cargo").is_empty());
}

#[test]
fn another_machine_has_another_archive() {
    let Some(rig) = Rig::new() else { return };
    let (archive, sum) = rig.release(VERSION, "aarch64-apple-darwin");
    rig.know(&sum);
    rig.serve(Some(&archive));
    let ran = rig.job().variable("RUNNER_OS", "macOS").variable("RUNNER_ARCH", "ARM64").run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert!(rig.calls("cargo").is_empty());
    let ran = rig.job().variable("RUNNER_ARCH", "RISCV64").run();
    rig.assert_built(&ran, "no release is built for Linux/RISCV64");
}

#[test]
fn other_bytes_are_refused_and_not_built_around() {
    let Some(rig) = Rig::new() else { return };
    let (archive, sum) = rig.release(VERSION, "x86_64-unknown-linux-musl");
    rig.know(&sum);
    let mut bytes = fs::read(&archive).expect("the archive");
    bytes.push(0);
    fs::write(&archive, bytes).expect("a file");
    rig.serve(Some(&archive));
    rig.assert_refused(&rig.job().run(), "is not the one that this version of the Action knows");
}

#[test]
fn a_version_without_a_sum_is_not_downloaded() {
    let Some(rig) = Rig::new() else { return };
    let (archive, sum) = rig.release("9.9.9", "x86_64-unknown-linux-musl");
    rig.serve(Some(&archive));
    // The sum of another version, none at all, and lines that are none.
    let name = "mlguard-v9.9.9-x86_64-unknown-linux-musl.tar.gz";
    for sums in [sum.replace("9.9.9", "9.9.8"), String::new(), format!("# {sum}"), format!("any  {name}\n")] {
        rig.know(&sums);
        rig.assert_refused(&rig.job().input("version", "9.9.9").run(), "mlguard 9.9.9 is not to be had");
    }
    assert!(rig.calls("curl").is_empty());
    rig.know(&sum);
    assert_eq!(rig.job().input("version", "9.9.9").run().code, 0);
}

#[test]
fn it_is_built_where_no_release_can_be_had() {
    let Some(rig) = Rig::new() else { return };
    let (_, sum) = rig.release(VERSION, "x86_64-unknown-linux-musl");
    rig.know("");
    rig.assert_built(&rig.job().run(), "checksums.txt has no sum for");
    rig.know(&sum);
    rig.assert_built(&rig.job().run(), "could not be downloaded");
    let mut job = rig.job();
    job.action_repository.clear();
    rig.assert_built(&job.run(), "runs from a folder");
}
