//! What is not written, and how it is said.

use super::super::error::Reason;
use super::*;

/// Runs the changes, which must be refused, and gives the reasons by name. Nothing may have been written.
fn refused(fixture: &Fixture, changes: &[Change]) -> Vec<(String, Reason)> {
    let before = fixture.tree();
    let error = fixture.open().replace(changes).expect_err("it is refused");
    assert_eq!(fixture.tree(), before, "nothing was written");
    assert_eq!(fixture.runs(), [""; 0], "no original was kept");
    let StoreError::Refused(refusals) = error else { panic!("{error}") };
    let name = |path: &Path| path.strip_prefix(fixture.root()).unwrap_or(path).to_string_lossy().into_owned();
    refusals.into_iter().map(|refusal| (name(&refusal.path), refusal.reason)).collect()
}

fn reason(fixture: &Fixture, change: Change) -> Reason {
    let fine = fixture.change("fine", Some("1"), Some("2"));
    let mut found = refused(fixture, &[fine, change]);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0).1
}

#[test]
fn all_files_that_cannot_be_written_are_named_and_none_is_written() {
    let fixture = Fixture::new(&[("fine", "1"), ("changed", "somebody's"), ("there", "1"), ("folder/x", "1")]);
    let changes = [
        fixture.change("fine", Some("1"), Some("2")),
        fixture.change("changed", Some("1"), Some("2")),
        fixture.change("gone", Some("1"), Some("2")),
        fixture.change("there", None, Some("2")),
        fixture.change("folder", Some("1"), Some("2")),
        fixture.change("nowhere/x", None, Some("2")),
        fixture.change("fine/x", None, Some("2")),
        fixture.change("fine", Some("1"), Some("3")),
        fixture.change("folder/../fine", Some("1"), Some("3")),
    ];
    let expected = [
        ("changed", Reason::Changed),
        ("gone", Reason::Gone),
        ("there", Reason::Exists),
        ("folder", Reason::NotRegular),
        ("nowhere/x", Reason::NoFolder),
        ("fine/x", Reason::NoFolder),
        ("fine", Reason::Twice),
        ("folder/../fine", Reason::Outside),
    ];
    let found = refused(&fixture, &changes);
    assert_eq!(found, expected.map(|(name, reason)| (name.to_owned(), reason)));
}

#[test]
fn a_refusal_names_the_file_the_fault_and_what_to_do() {
    let fixture = Fixture::new(&[("a", "1")]);
    let error = fixture.open().replace(&[fixture.change("a", Some("0"), Some("2"))]).expect_err("it was changed");
    let path = fixture.path("a");
    assert_eq!(
        error.to_string(),
        format!("nothing was written: {}: changed in the meantime; run the command again", path.display())
    );
}

#[test]
fn files_outside_the_root_are_not_written() {
    let fixture = Fixture::new(&[("fine", "1")]);
    let outside = fixture.0.path().join("outside");
    fs::write(&outside, "1").expect("a file");
    for path in [outside.clone(), fixture.path("../outside"), fixture.root()] {
        let mut change = fixture.change("", Some("1"), Some("2"));
        change.path = path;
        assert_eq!(reason(&fixture, change), Reason::Outside);
    }
    assert_eq!(fs::read_to_string(outside).expect("a file"), "1");
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let fixture = Fixture::new(&[("fine", "1"), ("real/a", "1")]);
    let outside = fixture.0.path().join("outside");
    fs::create_dir(&outside).expect("a folder");
    fs::write(outside.join("a"), "1").expect("a file");
    symlink(&outside, fixture.path("out")).expect("a link");
    symlink(fixture.path("real"), fixture.path("in")).expect("a link");
    symlink("fine", fixture.path("link")).expect("a link");
    symlink("nowhere", fixture.path("dangling")).expect("a link");
    assert_eq!(reason(&fixture, fixture.change("link", Some("1"), Some("2"))), Reason::Link);
    assert_eq!(reason(&fixture, fixture.change("dangling", None, Some("2"))), Reason::Link);
    assert_eq!(reason(&fixture, fixture.change("out/a", Some("1"), Some("2"))), Reason::Outside);
    // A linked folder of the repository is fine, but it is the same file.
    let both = [fixture.change("in/a", Some("1"), Some("2")), fixture.change("real/a", Some("1"), Some("3"))];
    assert_eq!(refused(&fixture, &both), [("real/a".to_owned(), Reason::Twice)]);
    fixture.open().replace(&both[..1]).expect("a run");
    assert_eq!(fs::read_to_string(fixture.path("real/a")).expect("a file"), "2");
}

/// The bits count for the administrator as well, as whom tests run in containers.
#[cfg(unix)]
#[test]
fn read_only_files_and_folders_are_not_written() {
    let fixture = Fixture::new(&[("fine", "1"), ("closed", "1"), ("folder/a", "1"), ("setuid", "1")]);
    fixture.chmod("closed", 0o444);
    fixture.chmod("folder", 0o555);
    fixture.chmod("setuid", 0o4755);
    assert_eq!(reason(&fixture, fixture.change("closed", Some("1"), Some("2"))), Reason::ReadOnly);
    assert_eq!(reason(&fixture, fixture.change("closed", Some("1"), None)), Reason::ReadOnly);
    assert_eq!(reason(&fixture, fixture.change("folder/a", Some("1"), Some("2"))), Reason::ReadOnlyFolder);
    assert_eq!(reason(&fixture, fixture.change("folder/b", None, Some("2"))), Reason::ReadOnlyFolder);
    assert_eq!(reason(&fixture, fixture.change("setuid", Some("1"), Some("2"))), Reason::Privileged);
    fixture.chmod("folder", 0o755);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_without_waiting_for_it() {
    let fixture = Fixture::new(&[("fine", "1")]);
    let socket = std::os::unix::net::UnixListener::bind(fixture.path("socket")).expect("a socket");
    assert_eq!(reason(&fixture, fixture.change("socket", Some("1"), Some("2"))), Reason::NotRegular);
    drop(socket);
}

#[test]
fn no_change_is_no_run() {
    let fixture = Fixture::new(&[]);
    assert!(matches!(fixture.open().replace(&[]), Err(StoreError::NoChange)));
    assert_eq!(fixture.runs(), [""; 0]);
}

#[test]
fn originals_are_no_files_to_be_changed() {
    let fixture = Fixture::new(&[("a", "1")]);
    let (mut store, _) = Store::open(&fixture.path(".git/mlguard"), &fixture.root()).expect("the store opens");
    let error = store.replace(&[fixture.change(".git/mlguard/x", None, Some("1"))]).expect_err("it is refused");
    assert!(error.to_string().contains("is outside the repository"), "{error}");
}

#[test]
fn a_second_run_at_the_same_time_is_told_to_wait() {
    let fixture = Fixture::new(&[]);
    let first = fixture.open();
    let error = Store::open(&fixture.folder(), &fixture.root()).expect_err("it is locked");
    assert!(matches!(error, StoreError::Busy { .. }), "{error}");
    assert!(error.to_string().contains("wait until it ends"), "{error}");
    drop(first);
    fixture.open();
}

#[test]
fn undo_names_every_file_that_was_changed_since_and_writes_none() {
    let fixture = Fixture::new(&[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")]);
    let mut store = fixture.open();
    let names = ["a", "b", "c", "d"];
    let mut changes = names.map(|name| fixture.change(name, Some("1"), Some("2"))).to_vec();
    changes.push(fixture.change("made", None, Some("2")));
    store.replace(&changes).expect("a run");
    fixture.write("b", "edited");
    fixture.write("made", "edited");
    fs::remove_file(fixture.path("d")).expect("a file");
    // Brought back by hand, or by Git: nothing is lost by that.
    fixture.write("c", "1");
    let before = fixture.tree();
    let error = store.undo().expect_err("there are conflicts");
    assert_eq!(fixture.tree(), before, "nothing was written");
    let original = |index: usize| {
        let path = fixture.folder().canonicalize().expect("a folder").join(RUNS).join(&fixture.runs()[0]);
        Reason::ChangedSince { original: path.join(format!("{index}.old")) }
    };
    let StoreError::Refused(refusals) = &error else { panic!("{error}") };
    let expected = [("b", original(1)), ("d", original(3)), ("made", Reason::CreatedChangedSince)]
        .map(|(name, reason)| Refusal { path: fixture.path(name), reason });
    assert_eq!(*refusals, expected);
    assert!(error.to_string().contains("1.old: merge it by hand"), "{error}");

    fixture.write("b", "2");
    fixture.write("d", "2");
    fixture.write("made", "2");
    store.undo().expect("undone");
    assert_eq!(fixture.tree(), texts(&[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")]));
}

#[test]
fn a_journal_that_cannot_be_read_is_named_and_its_originals_stay() {
    let outside =
        r#"{"version":1,"made":0,"state":"undoing","entries":[{"path":"../x","mode":420,"old":null,"new":null}]}"#;
    let cases = [
        ("{", "is damaged; originals are"),
        (outside, "is damaged"),
        (r#"{"version":2}"#, "a newer version of mlguard"),
    ];
    for (journal, message) in cases {
        let fixture = Fixture::new(&[("a", SECRET)]);
        fixture.open().replace(&[fixture.change("a", Some(SECRET), Some("sealed"))]).expect("a run");
        let run = fixture.folder().join(RUNS).join(&fixture.runs()[0]);
        fs::write(run.join("journal.json"), journal).expect("a journal");
        let error = Store::open(&fixture.folder(), &fixture.root()).expect_err("it is damaged");
        assert!(error.to_string().contains(message) && error.to_string().contains("journal.json"), "{error}");
        assert_eq!(fs::read_to_string(run.join("0.old")).expect("the original"), SECRET);
    }
}

#[test]
fn a_damaged_original_is_not_written_back() {
    let fixture = Fixture::new(&[("a", "1"), ("b", "1")]);
    let mut store = fixture.open();
    store.replace(&["a", "b"].map(|name| fixture.change(name, Some("1"), Some("2")))).expect("a run");
    let run = fixture.folder().join(RUNS).join(&fixture.runs()[0]);
    fs::write(run.join("1.old"), "x").expect("a file");
    let error = store.undo().expect_err("it is damaged");
    assert!(error.to_string().contains("1.old is damaged"), "{error}");
    assert_eq!(fixture.tree(), texts(&[("a", "2"), ("b", "2")]));
}
