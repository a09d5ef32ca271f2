//! Errors and other people's changes in the middle of a run, at every point of it.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::super::disk::trace;
use super::*;

/// A run that changes, makes and removes, in two folders.
fn fixture() -> Fixture {
    Fixture::new(&[("a", "old a"), ("x/b", "old b"), ("x/gone", "old gone"), ("other", "stays")])
}

fn changes(fixture: &Fixture) -> [Change; 4] {
    [
        fixture.change("a", Some("old a"), Some("new a")),
        fixture.change("x/made", None, Some("new made")),
        fixture.change("x/gone", Some("old gone"), None),
        fixture.change("x/b", Some("old b"), Some("new b")),
    ]
}

fn new() -> Vec<(String, String)> {
    texts(&[("a", "new a"), ("other", "stays"), ("x/b", "new b"), ("x/made", "new made")])
}

fn full() -> io::Result<()> {
    Err(io::ErrorKind::StorageFull.into())
}

#[test]
fn an_error_at_any_point_of_a_run_leaves_every_file_as_it_was() {
    let mut points = 0;
    loop {
        let fixture = fixture();
        let old = fixture.tree();
        let mut store = fixture.open();
        trace::plan(points, full);
        let result = store.replace(&changes(&fixture));
        if trace::cancel() {
            result.expect("nothing failed");
            break;
        }
        let error = result.expect_err("a change failed");
        assert!(error.to_string().contains("no storage space"), "{error}");
        assert_eq!(fixture.tree(), old, "point {points}: {error}");
        assert_eq!(fixture.runs(), [""; 0], "point {points}: {error}");
        store.replace(&changes(&fixture)).expect("the next run succeeds");
        assert_eq!(fixture.tree(), new());
        points += 1;
    }
    assert!(points > 40, "{points}");
}

#[test]
fn an_error_at_any_point_of_undo_leaves_all_files_on_one_side() {
    let mut outcomes = [0, 0];
    for point in 0.. {
        let fixture = fixture();
        let old = fixture.tree();
        let mut store = fixture.open();
        store.replace(&changes(&fixture)).expect("a run");
        trace::plan(point, full);
        let result = store.undo();
        if trace::cancel() {
            break;
        }
        match result {
            // The originals could not be removed; the next run does it.
            Ok(_) => {
                outcomes[0] += 1;
                assert_eq!(fixture.tree(), old, "point {point}");
            }
            Err(error) => {
                outcomes[1] += 1;
                assert_eq!(fixture.tree(), new(), "point {point}: {error}");
                drop(store);
                store = fixture.open();
                assert_eq!(fixture.tree(), new(), "point {point}: opened again");
                store.undo().expect("the next one succeeds");
                assert_eq!(fixture.tree(), old, "point {point}");
            }
        }
        drop(store);
        let (mut store, _) = Store::open(&fixture.folder(), &fixture.root()).expect("the store opens");
        assert_eq!(fixture.runs(), [""; 0], "point {point}");
        assert!(matches!(store.undo(), Err(StoreError::NothingToUndo)));
    }
    assert!(outcomes[0] > 3 && outcomes[1] > 15, "{outcomes:?}");
}

#[test]
fn a_file_that_somebody_changes_before_its_turn_keeps_their_change() {
    let turn = point(|doing, path| doing.starts_with("rename") && path.ends_with("x/b"));
    for point in 0.. {
        let fixture = fixture();
        let mut store = fixture.open();
        let path = fixture.path("x/b");
        trace::plan(point, move || fs::write(path, "edited"));
        let result = store.replace(&changes(&fixture));
        if trace::cancel() {
            assert!(point > turn + 4, "{point}");
            break;
        }
        if point < turn {
            let error = result.expect_err("the change is seen");
            assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
            assert!(error.to_string().contains("x/b: changed in the meantime; run the command again"), "{error}");
            assert_eq!(
                fixture.tree(),
                texts(&[("a", "old a"), ("other", "stays"), ("x/b", "edited"), ("x/gone", "old gone")]),
                "point {point}"
            );
            assert_eq!(fixture.runs(), [""; 0], "point {point}");
            continue;
        }
        result.expect("a run");
        // Between the last look at the file and its rename, nobody can help.
        let text = if point == turn { "new b" } else { "edited" };
        assert_eq!(fs::read_to_string(fixture.path("x/b")).expect("a file"), text, "point {point}");
    }
}

/// The changes that a run makes on disk, in their order.
fn traced() -> Vec<(&'static str, PathBuf)> {
    let fixture = fixture();
    let mut store = fixture.open();
    trace::take();
    store.replace(&changes(&fixture)).expect("a run");
    trace::take()
}

/// Number of the first change that `wanted` holds for.
fn point(wanted: impl Fn(&str, &Path) -> bool) -> usize {
    traced().iter().position(|(doing, path)| wanted(doing, path)).expect("the run makes such a change")
}

/// Stops a run before a change, as a kill would: nothing of the store acts on the way out.
fn stop(fixture: &Fixture, point: usize) {
    let mut store = fixture.open();
    trace::plan(point, || panic!("stopped on purpose"));
    let stopped = catch_unwind(AssertUnwindSafe(|| store.replace(&changes(fixture)).is_ok()));
    assert!(stopped.is_err(), "the run was not stopped");
}

#[test]
fn an_interrupted_run_leaves_alone_what_somebody_changed_since() {
    let fixture = fixture();
    stop(&fixture, point(|doing, path| doing.starts_with("rename") && path.ends_with("x/b")));
    fixture.write("a", "edited");
    let (mut store, recovered) = Store::open(&fixture.folder(), &fixture.root()).expect("the store opens");
    let recovered = recovered.expect("a run was interrupted");
    assert_eq!(recovered.outcome, Outcome::Completed);
    assert_eq!(recovered.files, ["a", "x/made", "x/gone", "x/b"].map(|name| fixture.path(name)));
    assert_eq!(recovered.left, [fixture.path("a")]);
    assert_eq!(fixture.tree(), texts(&[("a", "edited"), ("other", "stays"), ("x/b", "new b"), ("x/made", "new made")]));
    let error = store.undo().expect_err("there is a conflict");
    assert!(error.to_string().contains("/a: was changed since; the original is "), "{error}");
    assert_eq!(fixture.runs().len(), 1, "the originals stay");
}

#[test]
fn a_run_stopped_while_it_is_prepared_has_changed_nothing() {
    let fixture = fixture();
    let old = fixture.tree();
    stop(&fixture, point(|_, path| path.ends_with("3.new")));
    let (_, recovered) = Store::open(&fixture.folder(), &fixture.root()).expect("the store opens");
    let recovered = recovered.expect("a run was interrupted");
    assert_eq!(recovered.outcome, Outcome::RolledBack);
    assert_eq!(recovered.files.len(), 4);
    assert_eq!((fixture.tree(), fixture.runs()), (old, Vec::new()));
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_does_not_follow_a_link_that_took_the_place_of_a_folder() {
    let fixture = fixture();
    stop(&fixture, point(|doing, path| doing.starts_with("rename") && path.ends_with("tree/a")));
    let outside = fixture.0.path().join("outside");
    fs::rename(fixture.path("x"), &outside).expect("moved");
    std::os::unix::fs::symlink(&outside, fixture.path("x")).expect("a link");
    let (_, recovered) = Store::open(&fixture.folder(), &fixture.root()).expect("the store opens");
    let left = recovered.expect("a run was interrupted").left;
    assert_eq!(left, ["x/made", "x/gone", "x/b"].map(|name| fixture.path(name)));
    assert_eq!(fs::read_to_string(outside.join("b")).expect("a file"), "old b");
}

#[test]
fn an_interrupted_run_that_cannot_be_ended_is_told_and_ended_later() {
    let fixture = fixture();
    stop(&fixture, point(|doing, path| doing.starts_with("rename") && path.ends_with("tree/a")));
    trace::plan(8, full);
    let error = Store::open(&fixture.folder(), &fixture.root()).expect_err("the disk is full");
    assert!(error.to_string().starts_with("an interrupted run cannot be completed: cannot "), "{error}");
    let (_, recovered) = Store::open(&fixture.folder(), &fixture.root()).expect("the store opens");
    assert_eq!(recovered.expect("a run was interrupted").outcome, Outcome::Completed);
    assert_eq!(fixture.tree(), new());
}

/// A loss of power keeps what was synced only, and no test can cut the power; this holds the order that makes it safe.
#[cfg(unix)]
#[test]
fn everything_is_on_disk_before_what_relies_on_it() {
    let trace = traced();
    let at = |wanted: &dyn Fn(&str, &Path) -> bool| -> Vec<usize> {
        let numbered = trace.iter().enumerate();
        numbered.filter(|(_, (doing, path))| wanted(doing, path)).map(|(number, _)| number).collect()
    };
    let kept = at(&|doing, path| doing == "create" && path.extension().is_some_and(|e| e == "old" || e == "new"));
    assert_eq!(kept.len(), 6);
    let committed =
        at(&|doing, path| doing.starts_with("rename") && path.parent().is_some_and(|p| p.ends_with(RUNS)))[0];
    for number in kept {
        let synced = at(&|doing, path| doing == "sync" && path == trace[number].1);
        assert!(number < synced[0] && synced[0] < committed, "{:?} is synced before the run counts", trace[number]);
    }
    let runs_synced = at(&|doing, path| doing == "sync" && path.ends_with(RUNS)).into_iter().find(|n| *n > committed);
    let temporary = at(&|doing, path| doing == "create" && path.extension().is_some_and(|e| e == "tmp"));
    assert!(runs_synced.expect("the run is synced") < temporary[0], "before the tree is touched");
    let moved = at(&|doing, path| {
        (doing.starts_with("rename") || doing == "remove") && path.components().any(|part| part.as_os_str() == "tree")
    });
    assert_eq!((temporary.len(), moved.len()), (3, 4));
    for number in temporary {
        let synced = at(&|doing, path| doing == "sync" && path == trace[number].1);
        assert!(synced[0] < moved[0], "{:?} is synced before any file is changed", trace[number]);
    }
    let done = at(&|doing, path| doing.starts_with("rename") && path.ends_with("journal.json"))[1];
    for folder in ["tree", "x"] {
        let synced = at(&|doing, path| doing == "sync" && path.ends_with(folder));
        assert!(moved[3] < synced[0] && synced[0] < done, "{folder} is synced before the run is done");
    }
}
