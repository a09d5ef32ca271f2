//! Nothing is written outside of the repository because of what is in it.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;

use super::fix::{Work, public, secret};
use super::harness::{Run, Tree};

const WAY_OUT: &str = "is behind a symbolic link that leads out of the repository";

#[track_caller]
fn assert_refused(run: &Run) {
    assert!(run.code == 2 && run.err.contains(WAY_OUT) && run.out.is_empty(), "{run:?}");
}

/// A work tree beside a folder that is none of its business: `out.yaml` and `out` lead there.
fn beside(files: &[(&str, &str)]) -> (Work, Tree) {
    let outside = Tree::new(&[("x.yaml", &secret("a", Some("ml")))]);
    let work = Work::new(files);
    symlink(outside.path("x.yaml"), work.tree.path("out.yaml")).expect("a link");
    symlink(outside.path("."), work.tree.path("out")).expect("a link");
    work.write("c.pem", public(0));
    (work, outside)
}

#[test]
fn repairs_and_sealing_stay_below_the_root() {
    let (work, outside) = beside(&[("a.yaml", &secret("a", Some("ml")))]);
    let text = fs::read_to_string(outside.path("x.yaml")).expect("a file");
    for path in ["out.yaml", "out/x.yaml", "out"] {
        assert_refused(&work.fix(&[path]));
        assert_refused(&work.fix(&["a.yaml", path]));
        assert_refused(&work.fix(&["--undo", path]));
        if path != "out" {
            assert_refused(&work.run_in(".", &["seal", "--in-place", "--cert", "c.pem", path], &[]));
            assert_refused(&work.run_in(".", &["seal", "--cert", "c.pem", "a.yaml", "--output", path], &[]));
        }
    }
    assert_eq!(fs::read_to_string(outside.path("x.yaml")).expect("a file"), text);
    assert_eq!(fs::read_dir(outside.path(".")).expect("a folder").count(), 1);
    assert_eq!(work.text("a.yaml"), secret("a", Some("ml")));
    // Outside Git, a person's own links lead wherever they want.
    let plain = Tree::new(&[]);
    symlink(work.tree.path("."), plain.path("repository")).expect("a link");
    assert_eq!(plain.run(&["fix", "repository/c.pem"]).code, 0);
    // A link that stays inside leads nowhere else.
    symlink("a.yaml", work.tree.path("in.yaml")).expect("a link");
    let run = work.fix(&["in.yaml"]);
    assert!(!run.err.contains(WAY_OUT), "{run:?}");
}

#[test]
fn other_commands_do_too() {
    let (work, outside) = beside(&[("a.txt", "x\n"), ("sub/b.txt", "x\n")]);
    symlink(outside.path("config"), work.tree.path(".mlguard.yaml")).expect("a link");
    symlink(outside.path("."), work.tree.path("packages")).expect("a link");
    for arguments in [
        &["init", "--force"][..],
        &["map", "--output", "out.yaml"],
        &["map", "--output", "out/new.mmd"],
        &["rules", "new", "acme-token", "--output", "out/acme-token.yml"],
        &["check", "--format", "json=out/x.json", "sub"],
        &["check", "--format", "json=out.yaml"],
    ] {
        assert_refused(&work.run_in(".", arguments, &[]));
    }
    fs::remove_file(work.tree.path(".mlguard.yaml")).expect("removed");
    let cert = work.tree.path("c.pem").display().to_string();
    assert_refused(&work.run_in(".", &["package", "ml", "--env", "dev", "--cert", &cert], &[]));
    let plain = Tree::new(&[("a.txt", "x\n")]);
    symlink(outside.path("."), plain.path("packages")).expect("a link");
    assert_refused(&plain.run(&["package", "ml", "--env", "dev", "--cert", &cert]));
    symlink(outside.path("config"), plain.path(".mlguard.yaml")).expect("a link");
    assert_refused(&plain.run(&["init", "--force"]));
    assert_eq!(fs::read_dir(outside.path(".")).expect("a folder").count(), 1, "nothing new");
    // What a person names is theirs.
    let own = outside.path("own.mmd").display().to_string();
    assert_eq!(work.run_in("sub", &["map", "--output", &own], &[]).code, 0);
}

#[test]
fn a_certificate_with_its_private_key_is_warned_of() {
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("a key");
    let private =
        rsa::pkcs8::EncodePrivateKey::to_pkcs8_pem(&key, rsa::pkcs8::LineEnding::LF).expect("PEM").to_string();
    let work = Work::new(&[("a.yaml", &secret("a", Some("ml")))]);
    work.write("both.pem", [public(0), &private].concat());
    for arguments in [&["seal", "--cert", "both.pem", "a.yaml"][..], &["cert", "show", "both.pem"]] {
        let run = work.run_in(".", arguments, &[]);
        assert!(run.code == 0 && run.err.contains("both.pem: the file also contains a private key"), "{run:?}");
    }
    assert!(work.run_in(".", &["cert", "show", "--quiet", "both.pem"], &[]).err.is_empty());
}

#[test]
fn a_key_of_2047_bits_is_too_small() {
    use rsa::pkcs8::EncodePublicKey as _;
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2047).expect("a key").to_public_key();
    let work = Work::new(&[("a.yaml", &secret("a", Some("ml")))]);
    work.write("small.pem", key.to_public_key_pem(rsa::pkcs8::LineEnding::LF).expect("PEM"));
    let run = work.run_in(".", &["seal", "--cert", "small.pem", "a.yaml"], &[]);
    assert!(run.code == 2 && run.err.contains("2047 bits; at least 2048 are required"), "{run:?}");
}
