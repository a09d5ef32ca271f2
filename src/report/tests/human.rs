//! The format for people.

use super::{context, finding, incomplete, outcome, report, rules, skipped};
use crate::coverage::{Coverage, Scope};
use crate::finding::Outcome;
use crate::report::{Format, write};
use crate::rule::{Fixable, Level};

#[test]
fn a_finding_reads_like_a_compiler_error() {
    let expected = "\
error[plaintext-secret]: The key 'password' of a Secret is in plain text
 --> apps/db.yml:7:13
  |
6 | stringData:
7 |   password: ********
  |             ^^^^^^^^
  |
  = in: Secret mlflow/mlflow-db .stringData.password
  = help: Seal it: mlguard fix
  = fix: mlguard fix (seal the Secret)

warning[github-token]: A GitHub token stands here
--> docs/ü b.md:1:14
 = note: a.yml:3:1: The same value
 = help: Revoke it.

1 error, 1 warning in 2 files
checked 1,339 files, 29.1 MB; left out: 2 binary files, 1 file larger than the limit (big.csv)
";
    assert_eq!(report(Format::Human, &outcome()), expected);
}

#[test]
fn a_fix_that_is_to_be_looked_at_says_so() {
    let mut outcome = outcome();
    let fix = outcome.findings[0].fix.as_mut().expect("it has a fix");
    fix.applicability = Fixable::Unsafe;
    fix.title = "load 'a\u{1b}[31m' instead".to_owned();
    let text = report(Format::Human, &outcome);
    assert!(text.contains("= fix: mlguard fix --unsafe (load 'a"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn an_incomplete_scan_never_says_clean() {
    let mut outcome = incomplete();
    outcome.findings.clear();
    outcome.coverage.skipped.clear();
    let expected = "\
error: locked.yml was not searched: permission denied

nothing found in what could be searched; checked 1,339 files, 29.1 MB
the scan is incomplete: 1 file not searched (exit status 2)
";
    assert_eq!(report(Format::Human, &outcome), expected);
    outcome.coverage.errors.clear();
    let text = report(Format::Human, &outcome);
    assert!(text.ends_with("the scan is incomplete: not everything searched (exit status 2)\n"), "{text}");
}

#[test]
fn clean_is_one_line() {
    let coverage = Coverage { files: 1, bytes: 12, ..Coverage::default() };
    let outcome = Outcome { coverage, complete: true, ..Outcome::default() };
    assert_eq!(report(Format::Human, &outcome), "clean: nothing found; checked 1 file, 12 bytes\n");
    let coverage = Coverage { accepted: 3, ..outcome.coverage };
    let outcome = Outcome { coverage, complete: true, ..Outcome::default() };
    let clean = "clean: nothing new found; checked 1 file, 12 bytes; 3 findings accepted by the baseline";
    assert_eq!(report(Format::Human, &outcome), format!("{clean}\n"));
    let coverage = Coverage { unverified: 2, ..outcome.coverage };
    let outcome = Outcome { coverage, complete: true, ..Outcome::default() };
    assert_eq!(report(Format::Human, &outcome), format!("{clean}, 2 by place alone\n"));
    let nothing = Outcome { complete: true, ..Outcome::default() };
    assert_eq!(report(Format::Human, &nothing), "nothing was there to check; checked 0 files, 0 bytes\n");
}

#[test]
fn the_closing_line_says_what_was_looked_at() {
    let of = |scope, commits| {
        let coverage = Coverage { scope, files: 12, bytes: 34_100, commits, ..Coverage::default() };
        report(Format::Human, &Outcome { coverage, complete: true, ..Outcome::default() })
    };
    let said = [of(Scope::Tree, 0), of(Scope::Staged, 0), of(Scope::Range, 1), of(Scope::History, 5)];
    let expected = [
        "clean: nothing found; checked 12 files, 34.1 kB\n",
        "clean: nothing found; checked what the commit brings: 12 files, 34.1 kB\n",
        "clean: nothing found; searched what BASE..HEAD brings: 12 files, 34.1 kB in 1 commit\n",
        "clean: nothing found; searched the history: 12 files, 34.1 kB in 5 commits\n",
    ];
    assert_eq!(said, expected);
}

#[test]
fn at_most_ten_files_are_named() {
    let skip = |n: usize, reason: &str| skipped(&format!("f{n:02}"), reason);
    let mut outcome = Outcome { complete: true, ..Outcome::default() };
    outcome.coverage.files = 1;
    outcome.coverage.skipped = (1..=12).map(|n| skip(n, "too large")).collect();
    let text = report(Format::Human, &outcome);
    assert!(
        text.contains("12 files too large (f01, f02, f03, f04, f05, f06, f07, f08, f09, f10, and 2 more)"),
        "{text}"
    );
    outcome.coverage.skipped = (1..=12).map(|n| skip(n, &format!("{n} MB, too large"))).collect();
    let text = report(Format::Human, &outcome);
    assert!(text.ends_with("1 file 10 MB, too large (f10), and 2 more files\n"), "{text}");
    let mixed = (1..=11).map(|n| skip(n, "a")).chain((1..=2).map(|n| skip(n, "b")));
    outcome.coverage.skipped = mixed.collect();
    let text = report(Format::Human, &outcome);
    assert!(text.ends_with("f10, and 1 more), 2 files b (2 more)\n"), "{text}");
}

#[test]
fn colours_only_where_asked_for() {
    let rules = rules();
    let mut plain = context(&rules);
    assert!(!report(Format::Human, &outcome()).contains('\u{1b}'));
    plain.color = true;
    let mut out = Vec::new();
    write(Format::Human, &outcome(), &plain, &mut out).expect("writing to memory");
    assert!(String::from_utf8_lossy(&out).contains("\u{1b}["));
}

#[test]
fn a_mark_outside_the_excerpt_is_left_away() {
    let mut broken = finding("plaintext-secret", Level::Note, "a.yml");
    if let Some(excerpt) = &mut broken.excerpt {
        excerpt.text = "é: x".to_owned();
        excerpt.marked = crate::span::Span::new(1, 99);
    }
    let outcome = Outcome { findings: vec![broken], complete: true, ..Outcome::default() };
    let text = report(Format::Human, &outcome);
    assert!(text.contains("note[plaintext-secret]") && text.contains("é: x") && !text.contains('^'), "{text}");
}
