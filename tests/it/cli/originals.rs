//! What a repair leaves of a file besides its text, and what becomes of the originals that are kept.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::fix::{Work, secret};

const DAYS: &str = "mlguard fix --forget";

fn work() -> Work {
    Work::new(&[("a.yaml", &secret("a", Some("ml")))])
}

fn runs(work: &Work) -> usize {
    fs::read_dir(work.tree.path(".git/mlguard/runs")).map_or(0, Iterator::count)
}

/// Makes all runs of a work tree as old as they can be.
fn make_old(work: &Work) {
    for run in fs::read_dir(work.tree.path(".git/mlguard/runs")).expect("a folder") {
        let journal = run.expect("a run").path().join("journal.json");
        let text = fs::read_to_string(&journal).expect("a journal");
        let (head, rest) = text.split_once("\"made\":").expect("a time");
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        fs::write(&journal, format!("{head}\"made\":1{rest}")).expect("a journal");
    }
}

#[test]
fn originals_are_named_and_can_be_deleted() {
    let work = work();
    let run = work.fix(&[]);
    assert!(run.err.contains(".git/mlguard for 30 days") && run.err.contains(DAYS), "{run:?}");
    assert_eq!(runs(&work), 1);
    let run = work.bare(&["--forget"]);
    assert!(run.code == 0 && run.err.contains("deleted 1 original of 1 run") && runs(&work) == 0, "{run:?}");
    let run = work.bare(&["--undo"]);
    assert!(run.code == 2 && run.err.contains("nothing to undo"), "{run:?}");
    let run = work.bare(&["--forget"]);
    assert!(run.code == 0 && run.err.contains("there are no originals to delete"), "{run:?}");
    assert_eq!(work.bare(&["--forget", "--undo"]).code, 2);
}

#[test]
fn every_command_that_writes_removes_old_originals() {
    for arguments in [&["fix"][..], &["init"], &["baseline", "write"], &["seal", "--in-place", "b.yaml"]] {
        let work = work();
        assert_eq!(work.fix(&[]).code, 0);
        work.write("b.yaml", secret("b", Some("ml")));
        let cert = work.tree.path("c.pem").display().to_string();
        work.write("c.pem", super::fix::public(0));
        let variables = [("MLGUARD_CERT", cert.as_str())];
        make_old(&work);
        assert_eq!(work.run_in(".", &["check"], &[]).code, 1);
        assert_eq!(runs(&work), 1, "a look removes nothing");
        let own = usize::from(matches!(arguments[0], "fix" | "seal"));
        let run = work.run_in(".", arguments, &variables);
        assert_eq!((run.code, runs(&work)), (0, own), "{arguments:?}: {run:?}");
    }
    let work = work();
    assert_eq!(work.fix(&[]).code, 0);
    make_old(&work);
    assert_eq!(work.bare(&["--undo"]).code, 0, "undo is the last chance");
}

#[test]
fn a_file_with_hard_links_is_left_and_named() {
    let work = work();
    fs::hard_link(work.tree.path("a.yaml"), work.tree.path("b.txt")).expect("a link");
    let run = work.fix(&[]);
    assert!(run.code == 1 && run.err.contains("a.yaml: left unchanged: has several hard links"), "{run:?}");
    assert_eq!(work.text("a.yaml"), secret("a", Some("ml")));
    fs::remove_file(work.tree.path("b.txt")).expect("removed");
    assert_eq!(work.fix(&[]).code, 0);
    fs::hard_link(work.tree.path("a.yaml"), work.tree.path("b.txt")).expect("a link");
    let run = work.bare(&["--undo"]);
    assert!(run.code == 2 && run.err.contains("has several hard links"), "{run:?}");
    assert_eq!(fs::metadata(work.tree.path("a.yaml")).expect("a file").nlink(), 2);
}

/// One attribute of a person, and a list that lets user 12345 read.
#[cfg(target_os = "linux")]
fn attributes() -> [(&'static str, Vec<u8>); 2] {
    let entry =
        |tag: u16, rights: u16, id: u32| [&tag.to_le_bytes()[..], &rights.to_le_bytes(), &id.to_le_bytes()].concat();
    let none = u32::MAX;
    let list = [(1, 6, none), (2, 4, 12345), (4, 4, none), (16, 4, none), (32, 0, none)];
    let list: Vec<u8> = list.into_iter().flat_map(|(tag, rights, id)| entry(tag, rights, id)).collect();
    [("user.note", b"kept".to_vec()), ("system.posix_acl_access", [2_u32.to_le_bytes().to_vec(), list].concat())]
}

#[cfg(target_os = "linux")]
fn attribute(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; 4096];
    let length = rustix::fs::getxattr(path, name, value.as_mut_slice()).ok()?;
    value.truncate(length);
    Some(value)
}

#[cfg(target_os = "linux")]
#[test]
fn attributes_and_access_control_lists_are_kept() {
    let clusters = "clusters:\n  dev: { cert: dev.pem }\n  live: { cert: live.pem }\n";
    let several = [("a.yaml", &*secret("a", Some("ml"))), (".mlguard.yaml", clusters)];
    let work = [work(), Work::new(&several)];
    for (work, is_removed) in work.iter().zip([false, true]) {
        work.write("dev.pem", super::fix::public(0));
        work.write("live.pem", super::fix::public(1));
        let path = work.tree.path("a.yaml");
        let set = |(name, value): &(&str, Vec<u8>)| {
            rustix::fs::setxattr(&path, *name, value, rustix::fs::XattrFlags::empty()).is_ok()
        };
        let known: Vec<_> = attributes().into_iter().filter(set).collect();
        if known.is_empty() {
            return;
        }
        let assert_kept = |when: &str| {
            for (name, value) in &known {
                assert_eq!(attribute(&path, name).as_ref(), Some(value), "{name} {when}, removed: {is_removed}");
            }
        };
        let run = if is_removed { work.bare(&["--cluster", "dev", "--cluster", "live"]) } else { work.fix(&[]) };
        assert!(run.code == 0 && path.exists() != is_removed, "{run:?}");
        if !is_removed {
            assert_kept("after the repair");
        }
        let run = work.bare(&["--undo"]);
        assert_eq!((run.code, work.text("a.yaml")), (0, secret("a", Some("ml"))), "{run:?}");
        assert_kept("after the undo");
    }
}
