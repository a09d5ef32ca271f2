//! Writing of files, killed at every moment: this program runs itself as the process that is killed.
//!
//! `MLGUARD_TEST_ABORT_AFTER` ends a process of a debug build right after its n-th change on disk; a write counts twice,
//! so that half written files are seen. What is killed, and what is looked at:
//! - a run over 4 files (two changed, one made, one removed), and its undo: at every point; then the recovery from each of
//!   these: at every third point of its own;
//! - a run over 50 files, and its undo: at every seventh point, which meets every kind of point, since a file takes four or
//!   five of them;
//! - both, by SIGKILL at 200 random points: `MLGUARD_TEST_PAUSE_AFTER` has the process wait there.
//!
//! Where there is no file system in memory, waiting for the disk takes most of the time, and fewer points are met: of the
//! large run and of recovery, and of the random points a tenth.
//!
//! After each kill every file is wholly old or wholly new, and after the store was opened again all are the same, with
//! their modes, and no other file is there; undo and another run work.
#![cfg(all(unix, debug_assertions))]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mlguard::api::fix::{Change, Outcome, Store, StoreError};
use mlguard::api::seal::Plaintext;

use crate::pause::at_pause;

/// The test that is the killed process where these variables are set.
const CHILD: &str = "fault::child";
const FOLDER: &str = "MLGUARD_TEST_FOLDER";
const WORK: &str = "MLGUARD_TEST_WORK";
const COUNT: &str = "MLGUARD_TEST_COUNT";
const ABORT: &str = "MLGUARD_TEST_ABORT_AFTER";
const PAUSE: &str = "MLGUARD_TEST_PAUSE_AFTER";

/// Where the trees are made: in memory, so that waiting for the disk does not take the time.
const MEMORY: &str = "/dev/shm";

/// Name, mode, content of each file.
type Tree = BTreeMap<String, (u32, Vec<u8>)>;

/// What a killed process was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Replace,
    Undo,
    /// Nothing but opening the store.
    Recover,
}

/// A tree of files in a state before or after the run, and its store.
struct Fixture {
    folder: tempfile::TempDir,
    count: usize,
    old: Tree,
    new: Tree,
}

fn name(index: usize) -> String {
    format!("{}/{index}.yaml", ["a", "b/c", "d"][index % 3])
}

/// Old and new content of a file; each fourth is made, each fifth removed by the run.
fn contents(index: usize) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    let old = format!("old {index} ").repeat(1 + index * 7).into_bytes();
    let new = format!("new {index} ").repeat(40 - index % 40).into_bytes();
    match index {
        _ if index % 4 == 2 => (None, Some(new)),
        _ if index % 5 == 3 => (Some(old), None),
        _ => (Some(old), Some(new)),
    }
}

fn mode(index: usize) -> u32 {
    [0o644, 0o600, 0o755, 0o664][index % 4]
}

fn changes(root: &Path, count: usize) -> Vec<Change> {
    let content = |bytes: Option<Vec<u8>>| bytes.map(Plaintext::new);
    let change = |index| {
        let (before, after) = contents(index);
        Change { path: root.join(name(index)), before: content(before), after: content(after) }
    };
    (0..count).map(change).collect()
}

impl Fixture {
    fn new(count: usize) -> Self {
        let folder = if in_memory() { tempfile::tempdir_in(MEMORY) } else { tempfile::tempdir() };
        let mut fixture =
            Self { folder: folder.expect("a temporary folder"), count, old: Tree::new(), new: Tree::new() };
        for folder in ["a", "b/c", "d"] {
            let path = fixture.root().join(folder);
            fs::create_dir_all(&path).expect("a folder");
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
        for index in 0..count {
            let (old, new) = contents(index);
            let kept = if old.is_some() { mode(index) } else { 0o644 };
            fixture.old.extend(old.map(|bytes| (name(index), (kept, bytes))));
            fixture.new.extend(new.map(|bytes| (name(index), (kept, bytes))));
        }
        for (name, (mode, bytes)) in &fixture.old {
            let path = fixture.root().join(name);
            fs::write(&path, bytes).expect("a file");
            fs::set_permissions(path, fs::Permissions::from_mode(*mode)).expect("a mode");
        }
        assert_eq!(fixture.tree(), fixture.old);
        fixture
    }

    /// The same with the run done.
    fn after_run(count: usize) -> Self {
        let fixture = Self::new(count);
        fixture.open().0.replace(&changes(&fixture.root(), count)).expect("a run");
        fixture
    }

    fn of(work: Work, count: usize) -> Self {
        if work == Work::Undo { Self::after_run(count) } else { Self::new(count) }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    fn open(&self) -> (Store, Option<Outcome>) {
        let (store, recovered) = Store::open(&self.store(), &self.root()).expect("the store opens");
        let outcome = recovered.map(|recovered| {
            assert!(recovered.left.is_empty(), "{recovered:?}");
            recovered.outcome
        });
        (store, outcome)
    }

    /// Every file of the tree, whatever its name.
    fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        let mut folders = vec![self.root()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.root()).expect("below the root").to_string_lossy().into_owned();
                    let mode = path.metadata().expect("a file").permissions().mode() & 0o7777;
                    tree.insert(name, (mode, fs::read(path).expect("a file")));
                }
            }
        }
        tree
    }

    /// The process that is to be killed, with a variable that names the point.
    fn process(&self, work: Work, variable: &str, point: u64) -> Command {
        #[expect(clippy::disallowed_methods, reason = "this program itself")]
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command.args([CHILD, "--exact", "--nocapture"]).env_clear();
        command.env(FOLDER, self.folder.path()).env(WORK, format!("{work:?}")).env(COUNT, self.count.to_string());
        command.env(variable, point.to_string());
        command
    }

    /// Lets a process do its work until a point. Whether it was killed there; otherwise it has ended well.
    fn kill_at(&self, work: Work, point: u64) -> bool {
        self.ended(work, &self.process(work, ABORT, point).output().expect("the process ends"))
    }

    /// The same by SIGKILL.
    fn kill_paused(&self, work: Work, point: u64) -> bool {
        let kill = |child: &mut std::process::Child| child.kill().expect("SIGKILL is sent");
        self.ended(work, &at_pause(&mut self.process(work, PAUSE, point), kill).1)
    }

    fn ended(&self, work: Work, output: &Output) -> bool {
        let killed = output.status.signal().is_some();
        assert!(killed || output.status.success(), "{work:?}: {}", String::from_utf8_lossy(&output.stderr));
        self.check_each();
        killed
    }

    /// Each file is wholly old or wholly new. Temporary files may be there, but none that is a file of the run.
    fn check_each(&self) {
        let tree = self.tree();
        for index in 0..self.count {
            let name = name(index);
            let (found, old, new) = (tree.get(&name), self.old.get(&name), self.new.get(&name));
            assert!(found == old || found == new, "{name} is neither old nor new");
        }
        for name in tree.keys() {
            let known = self.old.contains_key(name) || self.new.contains_key(name);
            assert!(known || name.ends_with(".tmp"), "{name} is nobody's");
        }
    }

    /// Opens the store again after a kill: all files are on one side then, and everything works.
    fn check_recovered(&self, work: Work, place: &str) {
        let (mut store, outcome) = self.open();
        let tree = self.tree();
        let is_new = tree == self.new;
        assert!(is_new || tree == self.old, "{place}: {outcome:?}: files differ: {:?}", tree.keys());
        match (work, outcome) {
            (_, Some(Outcome::Completed)) => assert!(is_new, "{place}"),
            (_, Some(Outcome::RolledBack | Outcome::Undone)) => assert!(!is_new, "{place}"),
            (_, None) => {}
        }
        if is_new {
            let undone = store.undo();
            assert!(undone.is_ok(), "{place}: {undone:?}");
            assert!(self.tree() == self.old, "{place}: undo brings all back");
        }
        assert!(matches!(store.undo(), Err(StoreError::NothingToUndo)), "{place}");
        assert_eq!(fs::read_dir(self.store().join("runs")).expect("a folder").count(), 0, "{place}: originals stay");
        let again = store.replace(&changes(&self.root(), self.count));
        assert!(again.is_ok(), "{place}: {again:?}");
        assert!(self.tree() == self.new, "{place}: another run works");
    }
}

fn in_memory() -> bool {
    Path::new(MEMORY).is_dir()
}

/// Between the points where a run over many files is killed. Has no divisor in common with the steps of a file.
fn stride() -> usize {
    if in_memory() { 7 } else { 71 }
}

/// Does the work of the process that is killed; nothing where the test is run by itself.
#[test]
fn child() {
    #[expect(clippy::disallowed_methods, reason = "set by this program for itself")]
    let variable = |name| std::env::var(name).ok();
    let Some(folder) = variable(FOLDER).map(PathBuf::from) else { return };
    let count = variable(COUNT).and_then(|count| count.parse().ok()).expect("a number");
    let root = folder.join("tree");
    let (mut store, _) = Store::open(&folder.join("store"), &root).expect("the store opens");
    match variable(WORK).as_deref() {
        Some("Replace") => drop(store.replace(&changes(&root, count)).expect("a run")),
        Some("Undo") => drop(store.undo().expect("taken back")),
        _ => {}
    }
}

/// Kills the work at every `stride`-th point, and gives how many points it has, about.
fn sweep(work: Work, count: usize, stride: usize) -> u64 {
    for point in (1..).step_by(stride) {
        let fixture = Fixture::of(work, count);
        let killed = fixture.kill_at(work, point);
        fixture.check_recovered(work, &format!("{work:?} of {count} files, point {point}"));
        if !killed {
            return point - 1;
        }
    }
    0
}

#[test]
fn a_run_killed_at_any_point_is_completed_or_rolled_back() {
    let points = sweep(Work::Replace, 4, 1);
    assert!(points > 50, "{points}");
    let points = sweep(Work::Replace, 50, stride());
    assert!(points > 600, "{points}");
}

#[test]
fn an_undo_killed_at_any_point_is_completed_or_never_began() {
    let points = sweep(Work::Undo, 4, 1);
    assert!(points > 30, "{points}");
    let points = sweep(Work::Undo, 50, stride());
    assert!(points > 300, "{points}");
}

#[test]
fn a_recovery_killed_at_any_point_is_recovered_again() {
    for work in [Work::Replace, Work::Undo] {
        let mut kills = 0;
        for point in 1.. {
            let fixture = Fixture::of(work, 4);
            if !fixture.kill_at(work, point) {
                break;
            }
            drop(fixture);
            // Where it starts changes with the point, so that all points of the recovery are met.
            let stride = if in_memory() { 3 } else { 13 };
            for again in (1 + point % stride..).step_by(usize::try_from(stride).unwrap_or(1)) {
                let fixture = Fixture::of(work, 4);
                assert!(fixture.kill_at(work, point), "the same point again");
                let killed = fixture.kill_at(Work::Recover, again);
                fixture.check_recovered(work, &format!("{work:?}, point {point}, then recovery, point {again}"));
                if !killed {
                    break;
                }
                kills += 1;
            }
        }
        assert!(kills > 50, "{work:?}: {kills}");
    }
}

#[test]
fn a_run_or_undo_killed_at_random_points_is_ended_by_the_next() {
    const SEED: u64 = 0x6d6c_6775_6172_6421;
    let rounds = if in_memory() { 200 } else { 20 };
    eprint_seed(SEED, rounds);
    let mut random = SEED;
    let mut killed = 0;
    // About as many points as there are, as `sweep` counts them.
    for (work, points) in [(Work::Replace, 700), (Work::Undo, 400)] {
        for round in 0..rounds / 2 {
            let fixture = Fixture::of(work, 50);
            // A good generator of numbers is not needed: xorshift.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let point = 1 + (random >> 40) % points;
            killed += usize::from(fixture.kill_paused(work, point));
            fixture.check_recovered(work, &format!("{work:?}, seed {SEED:#x}, round {round}, point {point}"));
        }
    }
    assert!(killed > rounds / 2, "only {killed} of {rounds} processes were killed before their end");
}

#[expect(clippy::print_stderr, reason = "what is needed to repeat the test")]
fn eprint_seed(seed: u64, rounds: usize) {
    eprintln!("{rounds} rounds of random kills, seed {seed:#x}");
}
