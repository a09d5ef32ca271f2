//! `mlguard fix` killed at every moment, and what the next run makes of it: the program itself over a repository of 50 files.
//!
//! `tests/it/fault.rs` looks at each point of the store's work; this looks at what people see. `MLGUARD_TEST_ABORT_AFTER` ends
//! the program of a debug build right after its n-th change on disk, and `MLGUARD_TEST_SEED` makes ciphertexts the same in
//! every run, so that a file is wholly old or wholly new where it is one of two known texts.
//! - A repair of 4 files, and its undo: killed at every point.
//! - The same over 50 files: at every thirteenth point, which meets every kind of point, since a file takes four or five.
//! - Both over 50 files by SIGKILL at 200 random points, where `MLGUARD_TEST_PAUSE_AFTER` has the program wait.
//!
//! Where there is no file system in memory, waiting for the disk takes most of the time, and a tenth of the points
//! is met.
#![cfg(all(unix, debug_assertions))]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs8::{EncodePublicKey as _, LineEnding};

use crate::pause::at_pause;

const MEMORY: &str = "/dev/shm";
/// What is repaired: rules that need no look at anything else, so that a run is short.
const FIX: &[&str] =
    &["fix", "--quiet", "--threads", "1", "--rule", "plaintext-secret", "--rule", "unexpected-pull-secret"];
const UNDO: &[&str] = &["fix", "--undo"];

/// Made when the tests run, so that no key stands in the repository.
static KEY: LazyLock<String> = LazyLock::new(|| {
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("a key");
    key.to_public_key().to_public_key_pem(LineEnding::LF).expect("PEM")
});

/// Name, mode, content of each file.
type Tree = BTreeMap<String, (u32, Vec<u8>)>;

fn value(index: usize) -> String {
    format!("tea{index}four-Biscuits+{}", index * 7919)
}

/// A file of the repository: a Secret by itself, among other documents, or a pod that names its pull secret twice.
fn file(index: usize) -> (String, u32, String) {
    let folder = ["", "a/", "b/c/"][index % 3];
    let mode = [0o644, 0o600, 0o755, 0o664][index % 4];
    let head = format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: db-{index}\n  namespace: ml\n");
    let plain = format!("{head}stringData:\n  password: {} # it\n", value(index));
    let encoded = format!("{head}data:\n  password: {}\n", STANDARD.encode(value(index)));
    let text = match index % 5 {
        0 => format!("# head\n---\na: 1\n---\n{plain}---\nb: 2 # tail"),
        1 => encoded,
        2 => plain.replace('\n', "\r\n"),
        3 => format!("\u{feff}{encoded}---\n{}", plain.replace("name: db", "name: other")),
        _ => format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p{index}}}\nspec:\n  imagePullSecrets:\n  - name: ghcr\n  \
             - name: ghcr\n  containers:\n  - {{name: c, image: nginx}}\n"
        ),
    };
    (format!("{folder}{index}.yaml"), mode, text)
}

/// A work tree, and how it looks before and after the repair.
struct Repository {
    folder: tempfile::TempDir,
    count: usize,
    old: Tree,
    new: Tree,
}

impl Repository {
    fn new(count: usize) -> Self {
        let folder = if in_memory() { tempfile::tempdir_in(MEMORY) } else { tempfile::tempdir() };
        let mut made = Self { folder: folder.expect("a folder"), count, old: Tree::new(), new: Tree::new() };
        fs::write(made.folder.path().join("cert.pem"), KEY.as_bytes()).expect("a file");
        for folder in ["a", "b/c", ".git/objects", ".git/refs"] {
            fs::create_dir_all(made.root().join(folder)).expect("a folder");
        }
        fs::write(made.root().join(".git/HEAD"), "ref: refs/heads/main\n").expect("a file");
        for (name, mode, text) in (0..count).map(file) {
            let path = made.root().join(name);
            fs::write(&path, text).expect("a file");
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
        }
        made.old = made.tree();
        made.done(FIX);
        made.new = made.tree();
        made.assert_no_value("the repair");
        let changed = made.old.iter().filter(|(name, old)| made.new[*name] != **old).count();
        assert_eq!((changed, made.new.len()), (count, made.old.len()), "every file is repaired");
        made.done(UNDO);
        assert!(made.tree() == made.old, "undo brings all back");
        made
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    /// Everything below the root but the originals, temporary files too.
    fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        let mut folders = vec![self.root()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.ends_with(".git/mlguard") {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.strip_prefix(self.root()).expect("below the root").to_string_lossy().into_owned();
                let mode = path.metadata().expect("a file").permissions().mode() & 0o7777;
                tree.insert(name, (mode, fs::read(path).expect("a file")));
            }
        }
        tree
    }

    fn program(&self, arguments: &[&str]) -> Command {
        #[expect(clippy::disallowed_methods, reason = "the program under test")]
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlguard"));
        command.args(arguments).current_dir(self.root()).env_clear().stdin(std::process::Stdio::null());
        command.env("MLGUARD_CERT", self.folder.path().join("cert.pem")).env("MLGUARD_TEST_SEED", "7");
        command
    }

    fn output(&self, command: &mut Command, what: &str) -> Output {
        self.silent(command.output().expect("the program ends"), what)
    }

    /// The output of a run that its `point` ends.
    fn aborted(&self, arguments: &[&str], point: u64, what: &str) -> Output {
        self.output(self.program(arguments).env("MLGUARD_TEST_ABORT_AFTER", point.to_string()), what)
    }

    fn silent(&self, output: Output, what: &str) -> Output {
        for stream in [&output.stdout, &output.stderr] {
            let said = String::from_utf8_lossy(stream);
            assert!((0..self.count).all(|index| !said.contains(&value(index))), "{what}: a value is said");
        }
        output
    }

    /// A run to its end.
    fn done(&self, arguments: &[&str]) {
        let output = self.output(&mut self.program(arguments), "a run");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Each file is wholly old or wholly new; others are the temporary ones of a run.
    fn assert_whole(&self, place: &str) {
        let tree = self.tree();
        for (name, found) in &tree {
            match self.old.get(name) {
                Some(old) => {
                    assert!(found == old || *found == self.new[name], "{place}: {name} is neither old nor new");
                }
                None => assert!(name.ends_with(".tmp"), "{place}: {name} is nobody's"),
            }
        }
        assert!(self.old.keys().all(|name| tree.contains_key(name)), "{place}: a file is gone");
    }

    /// No value stands anywhere but with the originals, in no form.
    fn assert_no_value(&self, place: &str) {
        for (name, (_, bytes)) in self.tree() {
            for index in 0..self.count {
                for form in [value(index), STANDARD.encode(value(index))] {
                    let found = memchr::memmem::find(&bytes, form.as_bytes()).is_some();
                    assert!(!found, "{place}: {name} holds the value {index}");
                }
            }
        }
    }

    /// What the next runs make of a tree in which one was killed.
    fn assert_ended(&self, killed: &[&str], place: &str) {
        self.assert_whole(place);
        if killed == UNDO {
            let output = self.output(&mut self.program(UNDO), place);
            let again = output.status.code() == Some(0);
            let nothing = String::from_utf8_lossy(&output.stderr).contains("nothing to undo");
            assert!(again || nothing, "{place}: {}", String::from_utf8_lossy(&output.stderr));
        } else {
            self.done(FIX);
            // In which no value stands, as was looked at once.
            assert!(self.tree() == self.new, "{place}: the next run does not repair all");
            self.done(UNDO);
        }
        assert!(self.tree() == self.old, "{place}: undo does not bring all back");
        let left = fs::read_dir(self.root().join(".git/mlguard/runs")).expect("a folder").count();
        assert_eq!(left, 0, "{place}: originals stay");
    }

    /// Before what is killed: nothing, or the run that is taken back.
    fn prepare(&self, killed: &[&str]) {
        if killed == UNDO {
            self.done(FIX);
            assert!(self.tree() == self.new, "another run repairs all");
        }
    }

    /// Kills at every `stride`-th point; gives how many points there are, about.
    fn sweep(&self, killed: &[&str], stride: usize) -> u64 {
        for point in (1..).step_by(stride) {
            self.prepare(killed);
            let place = format!("{killed:?} of {} files, point {point}", self.count);
            let output = self.aborted(killed, point, &place);
            let aborted = output.status.signal().is_some();
            assert!(aborted || output.status.success(), "{place}: {}", String::from_utf8_lossy(&output.stderr));
            self.assert_ended(killed, &place);
            if !aborted {
                return point - 1;
            }
        }
        0
    }

    /// Kills at random ones of so many points.
    fn kill(&self, killed: &[&str], points: u64, rounds: usize, seed: u64) {
        eprint_seed(seed, rounds, killed);
        let (mut random, mut count) = (seed, 0);
        for round in 0..rounds {
            self.prepare(killed);
            // A good generator of numbers is not needed: xorshift.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let point = 1 + (random >> 40) % points;
            let place = format!("{killed:?}, seed {seed:#x}, round {round}, point {point}");
            let mut command = self.program(killed);
            command.env("MLGUARD_TEST_PAUSE_AFTER", point.to_string());
            let kill = |child: &mut Child| child.kill().expect("SIGKILL is sent");
            let output = self.silent(at_pause(&mut command, kill).1, &place);
            assert!(output.status.success() || output.status.signal().is_some(), "{place}");
            count += usize::from(output.status.signal().is_some());
            self.assert_ended(killed, &place);
        }
        assert!(count > rounds / 2, "only {count} of {rounds} runs were killed before their end");
    }
}

fn in_memory() -> bool {
    Path::new(MEMORY).is_dir()
}

fn stride(wanted: usize) -> usize {
    if in_memory() { wanted } else { wanted * 10 + 1 }
}

fn rounds(wanted: usize) -> usize {
    if in_memory() { wanted } else { wanted / 10 }
}

#[test]
fn a_repair_of_few_files_killed_at_any_point_is_ended_by_the_next() {
    let repository = Repository::new(4);
    let points = repository.sweep(FIX, stride(1));
    assert!(points > 30, "{points}");
    let points = repository.sweep(UNDO, stride(1));
    assert!(points > 10, "{points}");
}

/// Whoever kills a repair and takes it back means that one, and not the one before.
#[test]
fn undo_after_a_killed_repair_leaves_the_run_before() {
    let repository = Repository::new(4);
    let first = [FIX, &["0.yaml"]].concat();
    repository.done(&first);
    let between = repository.tree();
    for point in (1..).step_by(stride(2)) {
        let place = format!("point {point}");
        let output = repository.aborted(FIX, point, &place);
        if fs::read_dir(repository.root().join(".git/mlguard/runs")).expect("a folder").count() == 1 {
            assert!(repository.tree() == between, "{place}: nothing of it was begun");
            continue;
        }
        repository.done(UNDO);
        assert!(repository.tree() == between, "{place}: more or less than the killed run is taken back");
        if output.status.success() {
            break;
        }
    }
    repository.done(UNDO);
    assert!(repository.tree() == repository.old, "the first run can be taken back still");
}

#[test]
fn a_repair_of_many_files_killed_at_any_point_is_ended_by_the_next() {
    let points = Repository::new(50).sweep(FIX, stride(13));
    assert!(points > 400, "{points}");
}

#[test]
fn an_undo_of_many_files_killed_at_any_point_is_ended_by_the_next() {
    let points = Repository::new(50).sweep(UNDO, stride(13));
    assert!(points > 150, "{points}");
}

#[test]
fn a_repair_killed_at_random_points_is_ended_by_the_next() {
    Repository::new(50).kill(FIX, 450, rounds(150), 0x6d6c_6775_6172_6422);
}

#[test]
fn an_undo_killed_at_random_points_is_ended_by_the_next() {
    Repository::new(50).kill(UNDO, 200, rounds(50), 0x6d6c_6775_6172_6423);
}

#[expect(clippy::print_stderr, reason = "what is needed to repeat the test")]
fn eprint_seed(seed: u64, rounds: usize, killed: &[&str]) {
    eprintln!("{rounds} rounds of random kills of {killed:?}, seed {seed:#x}");
}
