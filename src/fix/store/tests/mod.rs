//! What a person sees of the store: refusals, originals, the way back. Kills are in `tests/it/fault.rs`.

mod faults;
mod refusals;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::*;

/// Bytes that must not be seen anywhere but in the files.
const SECRET: &str = "tops3cret-0riginal";

/// A tree with a store beside it.
struct Fixture(TempDir);

impl Fixture {
    fn new(files: &[(&str, &str)]) -> Self {
        let fixture = Self(tempfile::tempdir().expect("a temporary folder"));
        fs::create_dir(fixture.root()).expect("a folder");
        files.iter().for_each(|(name, text)| fixture.write(name, text));
        fixture
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("tree")
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("store")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn open(&self) -> Store {
        let (store, recovered) = Store::open(&self.folder(), &self.root()).expect("the store opens");
        assert!(recovered.is_none(), "{recovered:?}");
        store
    }

    /// A change between texts, each none where the file is missing.
    fn change(&self, name: &str, before: Option<&str>, after: Option<&str>) -> Change {
        let content = |text: Option<&str>| text.map(Plaintext::from);
        Change { path: self.path(name), before: content(before), after: content(after) }
    }

    fn tree(&self) -> Vec<(String, String)> {
        files(&self.root())
    }

    /// Names of the folders of runs.
    fn runs(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder().join(RUNS))
            .expect("the folder of runs")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .collect();
        names.sort();
        names
    }

    #[cfg(unix)]
    fn chmod(&self, name: &str, mode: u32) {
        chmod(&self.path(name), mode);
    }
}

#[cfg(unix)]
fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().expect("a file").permissions().mode() & 0o7777
}

/// Every file below a folder with its text, sorted.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(inner, text)| (format!("{name}/{inner}"), text)));
        } else {
            found.push((name, fs::read_to_string(&path).unwrap_or_default()));
        }
    }
    found.sort();
    found
}

fn texts(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn a_run_changes_makes_and_removes_files_and_undo_takes_it_back() {
    let fixture = Fixture::new(&[("a.yaml", SECRET), ("apps/gone.env", SECRET), ("other", "stays")]);
    let before = fixture.tree();
    let mut store = fixture.open();
    let changes = [
        fixture.change("a.yaml", Some(SECRET), Some("sealed")),
        fixture.change("apps/new.yaml", None, Some("made")),
        fixture.change("apps/gone.env", Some(SECRET), None),
    ];
    let run = store.replace(&changes).expect("a run");
    assert_eq!(run.files, [fixture.path("a.yaml"), fixture.path("apps/new.yaml"), fixture.path("apps/gone.env")]);
    assert_eq!(fixture.tree(), texts(&[("a.yaml", "sealed"), ("apps/new.yaml", "made"), ("other", "stays")]));

    let undone = store.undo().expect("undone");
    assert_eq!((undone.files, undone.left), (run.files, 0));
    assert_eq!(fixture.tree(), before);
    assert_eq!(fixture.runs(), [""; 0], "no original stays behind");
}

#[test]
fn undo_takes_back_one_run_after_the_other() {
    let fixture = Fixture::new(&[("a", "1")]);
    let mut store = fixture.open();
    for (before, after) in [("1", "2"), ("2", "3"), ("3", "4")] {
        store.replace(&[fixture.change("a", Some(before), Some(after))]).expect("a run");
    }
    drop(store);
    let mut store = fixture.open();
    for (text, left) in [("3", 2), ("2", 1), ("1", 0)] {
        assert_eq!(store.undo().expect("undone").left, left);
        assert_eq!(fixture.tree(), texts(&[("a", text)]));
    }
    let error = store.undo().expect_err("nothing is left");
    assert!(error.to_string().starts_with("nothing to undo"), "{error}");
}

#[test]
fn a_run_that_turned_out_wrong_is_put_back_also_when_it_is_not_the_last() {
    let fixture = Fixture::new(&[("a", "1"), ("b", "1")]);
    let mut store = fixture.open();
    let first = store.replace(&[fixture.change("a", Some("1"), Some("2"))]).expect("a run");
    store.replace(&[fixture.change("b", Some("1"), Some("2"))]).expect("a run");
    store.put_back(&first).expect("put back");
    assert_eq!(fixture.tree(), texts(&[("a", "1"), ("b", "2")]));
    assert!(matches!(store.put_back(&first), Err(StoreError::NothingToUndo)));
}

#[cfg(unix)]
#[test]
fn modes_are_kept_and_come_back() {
    let fixture = Fixture::new(&[("a.sh", "1"), ("open", "1"), ("closed", "1"), ("gone", "1"), ("private/x", "")]);
    let wanted = [("a.sh", 0o755), ("open", 0o666), ("closed", 0o600), ("gone", 0o640)];
    wanted.iter().for_each(|(name, mode)| fixture.chmod(name, *mode));
    fixture.chmod(".", 0o775);
    fixture.chmod("private", 0o700);
    let mut store = fixture.open();
    let mut changes: Vec<Change> =
        wanted[..3].iter().map(|(name, _)| fixture.change(name, Some("1"), Some("2"))).collect();
    changes.push(fixture.change("gone", Some("1"), None));
    changes.push(fixture.change("new", None, Some("2")));
    changes.push(fixture.change("private/new", None, Some("2")));
    store.replace(&changes).expect("a run");
    for (name, wanted) in &wanted[..3] {
        assert_eq!(mode(&fixture.path(name)), *wanted, "{name}");
    }
    assert_eq!(mode(&fixture.path("new")), 0o664, "as the folder allows");
    assert_eq!(mode(&fixture.path("private/new")), 0o600);

    fixture.chmod("a.sh", 0o644);
    store.undo().expect("undone");
    for (name, wanted) in wanted {
        assert_eq!(mode(&fixture.path(name)), wanted, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn originals_are_for_their_owner_only() {
    let fixture = Fixture::new(&[("a", SECRET)]);
    fs::create_dir(fixture.folder()).expect("a folder");
    chmod(&fixture.folder(), 0o755);
    fixture.open().replace(&[fixture.change("a", Some(SECRET), Some("sealed"))]).expect("a run");
    assert_eq!(mode(&fixture.folder()), 0o700, "closed where it was open");
    let run = fixture.folder().join(RUNS).join(&fixture.runs()[0]);
    assert_eq!(mode(&run), 0o700);
    assert_eq!(fs::read_to_string(run.join("0.old")).expect("the original"), SECRET);
    for file in ["0.old", "0.new", "journal.json"] {
        assert_eq!(mode(&run.join(file)), 0o600, "{file}");
    }
}

#[cfg(unix)]
#[test]
fn every_name_that_a_file_can_have_survives_the_journal() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let fixture = Fixture::new(&[]);
    let names: [&[u8]; 5] = [b"a%41.yaml", b"latin-\xe9", "gr\u{fc}n \u{1f511}".as_bytes(), b"line\nbreak\"'", b"-"];
    let mut store = fixture.open();
    let change = |name: &[u8]| {
        let mut change = fixture.change("", Some("1"), Some("2"));
        change.path = fixture.root().join(OsStr::from_bytes(name));
        fs::write(&change.path, "1").expect("a file");
        change
    };
    store.replace(&names.map(change)).expect("a run");
    assert!(fixture.tree().iter().all(|(_, text)| text == "2"), "{:?}", fixture.tree());
    store.undo().expect("undone");
    assert_eq!(fixture.tree().len(), names.len());
    assert!(fixture.tree().iter().all(|(_, text)| text == "1"), "{:?}", fixture.tree());
}

#[test]
fn originals_older_than_a_limit_are_removed() {
    let fixture = Fixture::new(&[("a", "1")]);
    let mut store = fixture.open();
    let day = 24 * 60 * 60;
    for (before, after, days) in [("1", "2", 31), ("2", "3", 29)] {
        store.replace(&[fixture.change("a", Some(before), Some(after))]).expect("a run");
        let mut run = store.done().expect("runs").pop().expect("a run");
        run.journal.made = now() - days * day;
        run.save().expect("the journal");
    }
    store.replace(&[fixture.change("a", Some("3"), Some("4"))]).expect("a run");
    assert_eq!(store.prune(super::BACKUP_AGE).expect("pruned"), 1, "the one of 31 days");
    assert_eq!(fixture.runs().len(), 2);
    assert_eq!(store.prune(Duration::from_secs(28 * day)).expect("pruned"), 1);
    assert_eq!(store.prune(Duration::ZERO).expect("pruned"), 1);
    assert_eq!(fixture.runs(), [""; 0]);
    assert!(matches!(store.undo(), Err(StoreError::NothingToUndo)));
}

#[test]
fn contents_are_in_no_message_and_no_debug_output() {
    let fixture = Fixture::new(&[("a", "changed by somebody")]);
    let mut store = fixture.open();
    let change = fixture.change("a", Some(SECRET), Some("tops3cret-sealed"));
    let shown = format!("{change:?} {store:?}");
    let error = store.replace(&[change]).expect_err("it was changed");
    let shown = format!("{shown} {error:?} {error}");
    assert!(!shown.contains("tops3cret") && !shown.contains("somebody"), "{shown}");
}

#[test]
fn the_folder_is_in_the_git_directory_or_where_programs_keep_states() {
    let environment = Environment { state: Some("/home/x/.local/state".into()), ..Environment::default() };
    let of = |root: &str, git: Option<&str>| folder_for(Path::new(root), git.map(Path::new), &environment);
    assert_eq!(of("/r", Some("/r/.git")), Some(PathBuf::from("/r/.git/mlguard")));
    let (one, two) = (of("/no/such/one", None).expect("a folder"), of("/no/such/two", None).expect("a folder"));
    assert!(one.starts_with("/home/x/.local/state/mlguard") && one != two, "{}", one.display());
    assert_eq!(folder_for(Path::new("/r"), None, &Environment::default()), None);
}
