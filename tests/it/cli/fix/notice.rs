//! What is said of values that are in a commit already.

use super::{VALUE, Work, encoded, git, repository, secret};

fn commit(work: &Work, message: &str) -> String {
    let folder = work.tree.path(".");
    git(&folder, &["commit", "--quiet", "-a", "-m", message]).expect("git");
    git(&folder, &["rev-parse", "--short=10", "HEAD"]).expect("git").trim().to_owned()
}

#[test]
fn a_committed_value_is_to_be_rotated() {
    let Some(work) = repository(&[("s.yaml", "a: 1\n")], &[]) else { return };
    work.write("s.yaml", secret("db", Some("ml")));
    let id = commit(&work, "the value");
    work.write("s.yaml", format!("# later\n{}", secret("db", Some("ml"))));
    commit(&work, "something else");
    let more = "  NEW_TOKEN: bm90LWNvbW1pdHRlZC1CaXNjdWl0czc=\n";
    work.write("s.yaml", format!("# later\n{}{more}", secret("db", Some("ml"))));
    let run = work.fix(&[]);
    assert_eq!(run.code, 0, "{}", run.err);
    let notice = format!("Secret ml/db: plaintext value in the history since commit {id} of 2026-03-04: password\n");
    assert!(run.err.contains(&notice), "{notice}: {}", run.err);
    assert!(run.err.contains("rotate them"), "{}", run.err);
    assert!(!run.err.contains("NEW_TOKEN"), "{}", run.err);
}

/// However it was written then.
#[test]
fn a_value_is_known_in_another_form() {
    let plain = secret("db", Some("ml")).replace("\ndata:", "\nstringData:").replace(&encoded(), VALUE);
    for (then, now) in [(secret("db", Some("ml")), plain.clone()), (plain, secret("db", Some("ml")))] {
        let Some(work) = repository(&[("s.yaml", &then)], &[]) else { return };
        work.write("s.yaml", &now);
        let run = work.fix(&[]);
        assert!(run.code == 0 && run.err.contains("in the history since commit"), "{}", run.err);
    }
}

#[test]
fn what_is_in_no_commit_is_not_to_be_rotated() {
    let Some(work) = repository(&[("s.yaml", "a: 1\n")], &[]) else { return };
    work.write("s.yaml", secret("db", Some("ml")));
    work.write("new.yaml", secret("new", Some("ml")));
    let run = work.fix(&[]);
    assert!(run.code == 0 && !run.err.contains("history") && !run.err.contains("rotate"), "{}", run.err);
}

#[test]
fn weak_values_are_said_by_key() {
    let weak = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: ml\nstringData:\n  password: minioadmin123\n";
    let work = Work::new(&[("s.yaml", weak)]);
    let run = work.fix(&[]);
    assert!(run.code == 0 && run.err.contains("the value of password"), "{}", run.err);
    assert!(!run.err.contains("minioadmin"), "{}", run.err);
}
