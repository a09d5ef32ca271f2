//! What every format says about one made-up outcome, and what unusual text cannot do to any.

use std::borrow::Cow::Borrowed;
use std::sync::Arc;

use super::{Context, Format, Repository, write};
use crate::coverage::{Coverage, Reason, Skipped};
use crate::finding::edit::{Fix, FixKind};
use crate::finding::{Commit, Excerpt, Finding, Identity, MASK, Outcome, Related};
use crate::rule::{Checksum, Family, Fixable, Level, Matcher, Pattern, Rule, Scope};
use crate::span::{Position, Region, Span};

mod commits;
mod formats;
mod gitlab;
mod human;
mod junit;
mod markdown;
mod sarif;
mod target;
mod unusual;

pub(super) fn region(line: usize, column: usize, end_line: usize, end_column: usize) -> Region {
    Region { start: Position { line, column }, end: Position { line: end_line, column: end_column } }
}

pub(super) fn finding(rule: &'static str, level: Level, path: &str) -> Finding {
    let text = format!("stringData:\n  password: {MASK}");
    let start = text.find(MASK).expect("the excerpt has the mask");
    Finding {
        rule: Borrowed(rule),
        level,
        path: Arc::from(path),
        span: Span::new(60, 67),
        region: region(7, 13, 7, 20),
        place: Some("Secret mlflow/mlflow-db .stringData.password".to_owned()),
        message: "The key 'password' of a Secret is in plain text.".to_owned(),
        help: "Seal it: mlguard fix".to_owned(),
        fix: Some(Fix {
            applicability: Fixable::Safe,
            title: "seal the Secret".to_owned(),
            kind: FixKind::Seal { document: Span::new(0, 68) },
        }),
        fingerprint: "00112233445566778899aabbccddeeff".to_owned(),
        related: Vec::new(),
        container: None,
        excerpt: Some(Excerpt { first_line: 6, text, marked: Span::new(start, start + MASK.len()) }),
        identity: Identity { value: [0; 16], is_value: true },
        commit: None,
        line_hash: "9535ce9650985f42:1".to_owned(),
    }
}

pub(super) fn rules() -> Vec<Rule> {
    let plaintext = Rule {
        id: Borrowed("plaintext-secret"),
        family: Family::Manifest,
        title: Borrowed("Secret with plaintext values"),
        level: Level::Error,
        fixable: Fixable::Safe,
        severity: 9.0,
        scope: Scope::Everywhere,
        when: Borrowed(""),
        why: Borrowed("Whoever reads the *repository* reads the value.\nBase64 is no encryption."),
        remedy: Borrowed("Seal it with `mlguard fix`."),
        example: Some((Borrowed("kind: Secret\n"), Borrowed("kind: SealedSecret\n"))),
        references: vec![Borrowed("https://kubernetes.io/docs/concepts/configuration/secret/")].into(),
        pattern: None,
    };
    let token = Rule {
        id: Borrowed("github-token"),
        family: Family::Secret,
        title: Borrowed("GitHub token"),
        fixable: Fixable::No,
        example: None,
        references: Vec::new().into(),
        pattern: Some(Pattern {
            keywords: vec![Borrowed("ghp_")].into(),
            regex: Some(Borrowed(r"\b(?<secret>ghp_[a-z]{8})\b")),
            matcher: Matcher::Pattern,
            min_entropy: 0.0,
            checksum: Some(Checksum::Crc32Base62),
            multiline: false,
            matches: vec![Borrowed("token = ghp_abcdefgh # made up")].into(),
            non_matches: Vec::new().into(),
        }),
        ..plaintext.clone()
    };
    let hygiene = Rule {
        id: Borrowed("unparsable"),
        title: Borrowed("File that no reading makes sense of"),
        level: Level::Warning,
        severity: 0.0,
        ..plaintext.clone()
    };
    // Not sorted on purpose.
    vec![plaintext, hygiene, token]
}

pub(super) fn outcome() -> Outcome {
    let mut token = finding("github-token", Level::Warning, "docs/ü b.md");
    token.region = region(1, 14, 1, 54);
    token.message = "A GitHub token stands here".to_owned();
    token.help = "Revoke it.".to_owned();
    token.place = None;
    token.excerpt = None;
    token.fix = None;
    token.related =
        vec![Related { path: Arc::from("a.yml"), region: region(3, 1, 3, 5), message: "The same value".to_owned() }];
    Outcome {
        findings: vec![finding("plaintext-secret", Level::Error, "apps/db.yml"), token],
        coverage: Coverage {
            scope: crate::coverage::Scope::Tree,
            files: 1339,
            bytes: 29_149_999,
            commits: 0,
            accepted: 0,
            unverified: 0,
            skipped: vec![
                skipped("big.csv", "larger than the limit"),
                Skipped::new("logo.png", Reason::Binary),
                Skipped::new("photo.jpg", Reason::Binary),
            ],
            errors: Vec::new(),
        },
        complete: true,
    }
}

/// Two findings of a history: one that HEAD still has, one that it has not.
pub(super) fn history() -> Outcome {
    let mut outcome = outcome();
    outcome.coverage = Coverage {
        scope: crate::coverage::Scope::History,
        files: 12,
        bytes: 34_100,
        commits: 5,
        ..Coverage::default()
    };
    for (finding, in_head) in outcome.findings.iter_mut().zip([true, false]) {
        finding.commit = Some(Commit {
            id: "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d".to_owned(),
            author: "Jane Doe".to_owned(),
            date: "2024-03-01T23:30:00-08:00".to_owned(),
            in_head,
        });
    }
    outcome
}

pub(super) fn incomplete() -> Outcome {
    let mut outcome = outcome();
    outcome.coverage.errors = vec![skipped("locked.yml", "permission denied")];
    outcome.complete = false;
    outcome
}

pub(super) fn skipped(path: &str, reason: &str) -> Skipped {
    Skipped::new(path, Reason::Other(reason.to_owned()))
}

pub(super) fn context(rules: &[Rule]) -> Context<'_> {
    let address = "https://me:token123@github.com/jtayl222/ml platform.git?x=y";
    let repository = Repository { address, commit: Some("0123abcd"), branch: Some("main") };
    Context { rules, version: "1.2.3", fail_on: Level::Error, color: false, width: None, repository: Some(repository) }
}

pub(super) fn report(format: Format, outcome: &Outcome) -> String {
    let mut out = Vec::new();
    write(format, outcome, &context(&rules()), &mut out).expect("writing to memory");
    String::from_utf8(out).expect("reports are UTF-8")
}
