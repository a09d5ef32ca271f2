//! Lines, keys, and findings held against them.

use std::fs;
use std::sync::Arc;

use super::*;
use crate::finding::{DigestKey, Identity, Outcome};
use crate::seal::Plaintext;
use crate::span::{Position, Region, Span};

fn key(text: &str) -> Key {
    Key::new(&Plaintext::from(text)).expect("a key")
}

fn ours() -> Key {
    key("our key of the baseline")
}

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

fn today() -> Date {
    day("2026-11-22")
}

/// A finding as a run with `key` makes it.
fn found(key: Option<&Key>, rule: &'static str, path: &str, place: Option<&str>, value: &str) -> Finding {
    let digests = key.map_or_else(|| DigestKey::new([7; 32]), Key::values);
    let start = Position { line: 1, column: 1 };
    Finding {
        rule: rule.into(),
        level: Level::Error,
        path: Arc::from(path),
        span: Span::new(0, 1),
        region: Region { start, end: start },
        place: place.map(str::to_owned),
        message: String::new(),
        help: "Seal it.".to_owned(),
        fix: None,
        fingerprint: String::new(),
        identity: Identity { value: digests.digest([value.as_bytes()]), is_value: true },
        commit: None,
        related: Vec::new(),
        container: None,
        excerpt: None,
        line_hash: String::new(),
    }
}

const PLACE: Option<&str> = Some("Secret ml/db .data.password");

fn secret(key: Option<&Key>, value: &str) -> Finding {
    found(key, "plaintext-secret", "a.yaml", PLACE, value)
}

fn refresh<'r>(key: &'r Key) -> Refresh<'r> {
    Refresh { key, reason: None, until: None, rekey: false, today: today(), seen: &|_| true }
}

fn written(key: &Key, findings: &[Finding]) -> Baseline {
    Baseline::default().refreshed(findings, &refresh(key)).0
}

fn verdicts(baseline: &Baseline, key: Option<&Key>, findings: &[Finding]) -> Vec<Verdict> {
    baseline.judge(findings, key, today()).verdicts
}

fn states(baseline: &Baseline, key: Option<&Key>, findings: &[Finding]) -> Vec<State> {
    baseline.judge(findings, key, today()).states
}

const HEAD: &str = "{\"mlguard-baseline\":1}\n";

fn line(extra: &str) -> String {
    let value = "0a1b2c3d:000102030405060708090a0b0c0d0e0f";
    format!("{{\"rule\":\"r\",\"place\":\"Secret a\",\"value\":\"{value}\"{extra}}}\n")
}

#[test]
fn a_place_that_names_an_object_needs_no_path_and_no_numbers() {
    let spot = |place: Option<&str>| Spot::of(&found(None, "r", "a/b.yaml", place, "v"));
    for (place, bound, path) in [
        ("Secret ml/db .data['tls.key']", "Secret ml/db .data['tls.key']", None),
        ("Deployment api .spec.containers[12].env[0].value", "Deployment api .spec.containers[].env[].value", None),
        ("ConfigMap x .data[x1].a[", "ConfigMap x .data[x1].a[", None),
        (".minio.rootPassword", ".minio.rootPassword", Some("a/b.yaml")),
        ("secretGenerator db .password", "secretGenerator db .password", Some("a/b.yaml")),
        ("Secret ? .data.x", "Secret ? .data.x", Some("a/b.yaml")),
        ("Secret ml/******** .data.x", "Secret ml/******** .data.x", Some("a/b.yaml")),
    ] {
        let spot = spot(Some(place));
        assert_eq!((spot.place.as_deref(), spot.path.as_deref()), (Some(bound), path));
    }
    assert_eq!(spot(None).path.as_deref(), Some("a/b.yaml"));
}

#[test]
fn what_was_written_is_read_again_and_accepts_the_same() {
    let key = ours();
    let findings = [
        secret(Some(&key), "one"),
        found(Some(&key), "jwt", "b.txt", None, "two"),
        found(Some(&key), "jwt", "b.txt", None, "three"),
    ];
    let baseline = written(&key, &findings);
    let text = baseline.render();
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.ends_with('\n') && !text.contains('\r'));
    let read = Baseline::parse(&text).expect("a baseline");
    assert_eq!(read.render(), text);
    assert_eq!(verdicts(&read, Some(&key), &findings), [Verdict::Accepted; 3]);
    let (again, counts) = read.refreshed(&findings, &refresh(&key));
    assert_eq!((again.render(), counts), (text, Counts { kept: 3, ..Counts::default() }));
}

#[test]
fn what_merges_do_to_lines_changes_nothing() {
    let key = ours();
    let findings = [secret(Some(&key), "one"), found(Some(&key), "jwt", "b.txt", None, "two")];
    let text = written(&key, &findings).render();
    let turned: Vec<&str> = text.lines().rev().chain(text.lines()).collect();
    for merged in [turned.join("\n"), turned.join("\r\n\r\n"), format!("\u{feff}{text}")] {
        assert_eq!(Baseline::parse(&merged).expect("a baseline").render(), text, "{merged}");
    }
    assert_eq!(Baseline::parse("").expect("nothing").entries().count(), 0);
}

#[test]
fn of_two_lines_that_say_the_same_the_earlier_end_counts() {
    let (bare, late, early) =
        (line(""), line(",\"until\":\"2027-01-01\""), line(",\"reason\":\"b\",\"until\":\"2026-12-01\""));
    for order in [[&bare, &late, &early], [&early, &bare, &late], [&late, &early, &bare]] {
        let text = format!("{HEAD}{}", order.map(String::as_str).concat());
        let baseline = Baseline::parse(&text).expect("a baseline");
        let (_, _, note) = baseline.entries().next().expect("a line");
        assert_eq!(
            (baseline.entries().count(), note.until, note.reason.as_deref()),
            (1, Some(day("2026-12-01")), Some("b"))
        );
    }
}

#[test]
fn other_lines_are_refused_by_number_and_not_repeated() {
    for (text, number, says) in [
        (format!("{HEAD}<<<<<<< HEAD\n{}", line("")), 2, "merge"),
        (format!("{HEAD}{}=======\n", line("")), 3, "merge"),
        (format!("{HEAD}{}>>>>>>> other\n", line("")), 3, "merge"),
        (format!("{HEAD}{{\"rule\":\"hunter2\"}}\n"), 2, "not a line"),
        (format!("{HEAD}hunter2\n"), 2, "not a line"),
        (format!("{HEAD}{}", line(",\"hunter2\":1")), 2, "not a line"),
        (format!("{HEAD}{}", line(",\"rule\":\"hunter2\"")), 2, "not a line"),
        (format!("{HEAD}{}", line("").replace("0a1b", "hunter2")), 2, "`value`"),
        (format!("{HEAD}{}", line("").replace("0a1b", "0A1B")), 2, "`value`"),
        (format!("{HEAD}{}", line("").replace("0e0f", "")), 2, "`value`"),
        (format!("{HEAD}{}", line(",\"until\":\"hunter2\"")), 2, "`until`"),
        (format!("{HEAD}{}", line("").replace("\"place\":\"Secret a\",", "")), 2, "neither"),
        (HEAD.replace('1', "2"), 1, "newer"),
        (format!("\n{}", line("")), 2, "first line of a mlguard baseline is missing"),
    ] {
        let error = Baseline::parse(&text).expect_err(&text);
        let told = format!("{error} {}", error.help);
        assert_eq!(error.line, number, "{text}");
        assert!(told.contains(says) && !told.contains("hunter2"), "{text}: {told}");
    }
}

#[test]
fn a_torn_file_keeps_its_good_lines_and_another_file_is_not_replaced() {
    let text = format!("{HEAD}<<<<<<< a\n{}=======\n>>>>>>> b\n", line(""));
    let (baseline, left_out) = Baseline::salvage(&text).expect("a baseline");
    assert_eq!((baseline.entries().count(), left_out), (1, 3));
    for other in ["kind: Secret\n", &line(""), &HEAD.replace('1', "2"), &format!("{HEAD}{}", HEAD.replace('1', "2"))] {
        assert!(Baseline::salvage(other).is_err(), "{other}");
    }
}

#[test]
fn a_new_value_in_an_accepted_place_is_found() {
    let key = ours();
    let baseline = written(&key, &[secret(Some(&key), "old"), found(Some(&key), "jwt", "b.txt", None, "t")]);
    let mut now = Outcome {
        findings: vec![secret(Some(&key), "new"), found(Some(&key), "jwt", "b.txt", None, "t")],
        complete: true,
        ..Outcome::default()
    };
    let applied = baseline.apply(&mut now, Some(&key), today());
    assert_eq!(applied, Applied { accepted: 1, unverified: 0, expired: 0 });
    assert_eq!((now.coverage.accepted, now.coverage.unverified, now.complete), (1, 0, true));
    assert_eq!(now.findings.len(), 1);
    assert_eq!(now.findings[0].help, "The baseline accepts a different value here. Seal it.");
    let moved = found(Some(&key), "plaintext-secret", "elsewhere/x.yaml", PLACE, "old");
    assert_eq!(verdicts(&baseline, Some(&key), &[moved]), [Verdict::Accepted]);
    let other_rule = found(Some(&key), "env-credential", "a.yaml", PLACE, "old");
    assert_eq!(verdicts(&baseline, Some(&key), &[other_rule]), [Verdict::New]);
    let other_file = found(Some(&key), "jwt", "c.txt", None, "t");
    assert_eq!(verdicts(&baseline, Some(&key), &[other_file]), [Verdict::New]);
}

#[test]
fn without_the_key_as_many_values_are_accepted_as_there_are_lines() {
    let key = ours();
    let token = |key: Option<&Key>, value: &str| found(key, "jwt", "b.txt", None, value);
    let baseline = written(&key, &[token(Some(&key), "1"), token(Some(&key), "2")]);
    let other = key_of_others();
    for with in [None, Some(&other)] {
        let unverified = Verdict::Unverified;
        // The same value twice is one line, whoever reads it.
        let twice = [token(with, "1"), token(with, "1"), token(with, "9")];
        assert_eq!(verdicts(&baseline, with, &twice), [unverified; 3]);
        let three = [token(with, "1"), token(with, "2"), token(with, "3")];
        assert_eq!(verdicts(&baseline, with, &three), [Verdict::TooMany; 3], "which of them is new cannot be told");
        assert_eq!(states(&baseline, with, &three), [State::Unverified; 2]);
        assert_eq!(states(&baseline, with, &[]), [State::Gone; 2]);
    }
}

fn key_of_others() -> Key {
    key("the key of somebody else")
}

#[test]
fn lines_of_several_keys_stand_together() {
    let (ours, theirs) = (ours(), key_of_others());
    let token = |key: &Key, value: &str| found(Some(key), "jwt", "b.txt", None, value);
    let both = written(&ours, &[token(&ours, "1")]).render() + &written(&theirs, &[token(&theirs, "2")]).render();
    let both = Baseline::parse(&both).expect("a baseline");
    assert_eq!((both.foreign(Some(&ours)), both.foreign(None)), (1, 2));
    let found = [token(&ours, "1"), token(&ours, "2")];
    assert_eq!(verdicts(&both, Some(&ours), &found), [Verdict::Accepted, Verdict::Unverified]);
    let (after, counts) = both.refreshed(&found, &refresh(&ours));
    assert_eq!((after, counts.kept), (both.clone(), 2), "the line of others is theirs");
    let (after, counts) = both.refreshed(&found, &Refresh { rekey: true, ..refresh(&ours) });
    assert_eq!((counts.new, counts.kept, counts.gone, after.foreign(Some(&ours))), (1, 1, 1, 0));
    assert_eq!(verdicts(&after, Some(&ours), &found), [Verdict::Accepted; 2]);
}

#[test]
fn reasons_and_ends_go_over_to_a_new_key() {
    let (ours, theirs) = (ours(), key_of_others());
    let how = Refresh { reason: Some("a test server"), until: Some(day("2027-01-01")), ..refresh(&theirs) };
    let (before, _) = Baseline::default().refreshed(&[secret(Some(&theirs), "v")], &how);
    let (after, _) = before.refreshed(&[secret(Some(&ours), "v")], &Refresh { rekey: true, ..refresh(&ours) });
    let (_, mark, note) = after.entries().next().expect("a line");
    assert_eq!(mark.key, ours.id());
    assert_eq!((note.reason.as_deref(), note.until), (Some("a test server"), Some(day("2027-01-01"))));
}

#[test]
fn a_line_accepts_up_to_its_last_day_and_is_renewed_only_on_purpose() {
    let key = ours();
    let findings = [secret(Some(&key), "v")];
    let how = Refresh { until: Some(today()), reason: Some("because"), ..refresh(&key) };
    let (baseline, _) = Baseline::default().refreshed(&findings, &how);
    assert_eq!(verdicts(&baseline, Some(&key), &findings), [Verdict::Accepted]);
    let tomorrow = today().tomorrow().expect("a day");
    let theirs = key_of_others();
    let seen_by = |key: &Key| baseline.judge(&[secret(Some(key), "v")], Some(key), tomorrow);
    for judged in [seen_by(&key), seen_by(&theirs)] {
        assert_eq!((judged.verdicts, judged.states), (vec![Verdict::Expired(today())], vec![State::Expired]));
    }
    let later = Refresh { today: tomorrow, ..refresh(&key) };
    let (same, counts) = baseline.refreshed(&findings, &later);
    assert_eq!((same.render(), counts.expired, counts.new), (baseline.render(), 1, 0));
    let end = day("2028-01-01");
    let (renewed, _) = baseline.refreshed(&findings, &Refresh { until: Some(end), ..later });
    let (_, _, note) = renewed.entries().next().expect("a line");
    assert_eq!((renewed.entries().count(), note.until, note.reason.as_deref()), (1, Some(end), Some("because")));
}

#[test]
fn only_what_was_looked_for_is_dropped() {
    let key = ours();
    let baseline = written(&key, &[secret(Some(&key), "v"), found(Some(&key), "jwt", "b.txt", None, "t")]);
    let (same, counts) = baseline.pruned(&[], Some(&key), today(), &|_| false);
    assert_eq!((same.entries().count(), counts.unseen, counts.gone), (2, 2, 0));
    let (after, counts) = baseline.pruned(&[], Some(&key), today(), &|spot| spot.path.is_some());
    assert_eq!((after.entries().count(), counts.unseen, counts.gone), (1, 1, 1));
    // Without the key, a line in whose place anything is may still be needed.
    let now = [secret(None, "new")];
    assert_eq!(baseline.pruned(&now, None, today(), &|_| true).0.entries().count(), 1);
    assert_eq!(baseline.pruned(&[secret(Some(&key), "new")], Some(&key), today(), &|_| true).0.entries().count(), 0);
}

#[test]
fn what_could_not_be_read_is_never_accepted() {
    let key = ours();
    let mut broken = found(Some(&key), "unparsable", "a.yaml", None, "v");
    assert!(written(&key, std::slice::from_ref(&broken)).is_empty());
    broken.level = Level::Warning;
    assert_eq!(written(&key, &[broken]).entries().count(), 1);
}

#[test]
fn lines_do_not_tell_where_a_value_is_once_more() {
    let key = ours();
    let baseline = written(&key, &[secret(Some(&key), "v"), found(Some(&key), "jwt", "b.txt", None, "v")]);
    let digests: Vec<Digest> = baseline.entries().map(|(_, mark, _)| mark.digest).collect();
    assert!(digests.len() == 2 && digests[0] != digests[1]);
    let values = secret(Some(&key), "v").identity.value;
    assert!(!digests.contains(&values), "nor the digest that the engine makes");
}

/// Computed with Python: `hmac` over `sha256(b"mlguard baseline v1: entries\0" + text)`.
#[test]
fn a_key_has_the_name_that_other_machines_give_it() {
    assert_eq!(key("0123456789abcdef").id().to_string(), "b8549700");
    assert_eq!(key(" 0123456789abcdef\n").id(), key("0123456789abcdef").id());
    assert_ne!(key("0123456789abcdeF").id(), key("0123456789abcdef").id());
    assert!(matches!(Key::new(&Plaintext::from(" 0123456789abcde \n")), Err(KeyError::Short)));
}

#[test]
fn the_file_of_the_key_is_for_its_owner_and_read_as_it_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("git/mlguard");
    assert!(Key::read(&folder).expect("nothing").is_none());
    let (made, new) = Key::read_or_make(&folder).expect("a key");
    assert!(new);
    let (again, new) = Key::read_or_make(&folder).expect("the key");
    assert!(!new && again.id() == made.id());
    let path = folder.join("baseline.key");
    let text = fs::read_to_string(&path).expect("a file");
    assert_eq!(key(&text).id(), made.id(), "its text is what the environment takes");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| path.metadata().expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
        let (link, linked) = (dir.path().join("link"), dir.path().join("link/baseline.key"));
        fs::create_dir(&link).expect("a folder");
        std::os::unix::fs::symlink(&path, linked).expect("a link");
        assert!(matches!(Key::read(&link), Err(KeyError::Malformed { .. })));
    }
    fs::write(&path, "hunter2\n").expect("a file");
    let error = Key::read_or_make(&folder).expect_err("no key").to_string();
    assert!(error.contains("baseline.key") && !error.contains("hunter2"), "{error}");
}
