//! The data files and what `build.rs` makes of them.

use super::super::path::{self, Step};
use super::super::table::{Rule, Then, all, of_kind};
use crate::inventory::facts::usage;
use std::fs;

#[path = "../../../../build/references.rs"]
mod build;

const HEAD: &str = "title: a\nsource: [b]\n";

fn table(text: &str) -> Result<String, String> {
    build::table(&[("a.yml".to_owned(), format!("{HEAD}{text}"))])
}

/// A kind with these entries.
fn kind(entries: &str) -> String {
    format!("kinds: [{{kinds: [A], entries: [{entries}]}}]\n")
}

#[test]
fn faults_name_the_file() {
    let take = "{path: a, form: name, usage: env}";
    assert!(table(&kind(take)).is_ok());
    for (text, words) in [
        (kind("{path: a, form: nome, usage: env}"), "nome"),
        (kind("{path: a, form: name, usage: env, colour: red}"), "colour"),
        (kind("{path: a, form: name}"), "needs a usage"),
        (kind("{path: a..b, form: name, usage: env}"), "empty step"),
        (kind("{path: 'a{b', form: name, usage: env}"), "quote the key"),
        (kind("{path: a}"), "exactly one of"),
        (kind("{path: a, shape: s, form: name, usage: env}"), "exactly one of"),
        (kind("{path: a, shape: s}"), "no shape s"),
        (kind("{path: a, form: rest, usage: env}"), "prefix"),
        (kind("{path: a, form: name, key: b, usage: env}"), "no fields"),
        (kind("{path: a, form: fixed, usage: env}"), "needs a name"),
        (kind("{path: a, form: image, usage: env}"), "no reference"),
        (kind("{path: a, form: local, except: [b], usage: env}"), "search"),
        (kind("{path: a, form: local, usage: env, when: [{field: b, default: c}]}"), "default"),
        (kind("{path: a, form: local, usage: env, when: [{field: 'b[]', is: c}]}"), "keys only"),
        (kind(""), "no entries"),
        (format!("kinds: [{{kinds: [A, A], entries: [{take}]}}]"), "listed twice"),
        (format!("{}shapes: {{s: {{entries: [{take}]}}}}", kind(take)), "nothing leads"),
        (
            format!("{}shapes: {{s: {{entries: [{{shape: t}}]}}, t: {{entries: [{{shape: s}}]}}}}", kind("{shape: s}")),
            "itself",
        ),
        ("kinds: [{kinds: [A], entires: []}]".to_owned(), "entires"),
    ] {
        let error = table(&text).expect_err(&text);
        assert!(error.starts_with("a.yml: ") && error.contains(words), "{error}");
    }
    assert!(build::table(&[("b.yml".to_owned(), "title: a\nsource: []\n".to_owned())]).is_err());
    let twice = format!("{HEAD}shapes: {{s: {{entries: [{take}]}}}}\n{}", kind("{path: a, shape: s}"));
    let error = build::table(&[("a.yml".to_owned(), twice.clone()), ("b.yml".to_owned(), twice)]);
    assert!(error.expect_err("a shape twice").starts_with("b.yml: "));
}

#[test]
fn shapes_may_hold_themselves_below_a_step() {
    let text = format!("{}shapes: {{s: {{entries: [{{path: 'a[]', shape: s}}]}}}}", kind("{shape: s}"));
    assert!(table(&text).is_ok());
}

#[test]
fn every_file_is_in_the_table() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/references");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let text = fs::read_to_string(&path).expect("it can be read");
        let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("- kinds: ["));
        for kind in lines.flat_map(|line| line.trim_end_matches(']').split(", ")) {
            assert!(!of_kind(kind).is_empty(), "{}: {kind}", path.display());
            count += 1;
        }
    }
    assert_eq!(count, all().len(), "each kind of the table is written in a file");
}

#[test]
fn kinds_are_sorted() {
    assert!(all().is_sorted_by(|a, b| a.name <= b.name));
    assert!(of_kind("Nothing").is_empty() && of_kind("").is_empty() && of_kind("~").is_empty());
    assert_eq!(of_kind("Deployment").len(), 1);
    assert!(of_kind("ConfigMap").len() > 3);
}

/// Without recursion no path is longer than the walk goes.
#[test]
fn paths_are_short() {
    fn longest(rules: &[Rule<'_>], left: usize) -> usize {
        if left == 0 {
            return 0;
        }
        let of_rule = |rule: &Rule<'_>| {
            let below = match rule.then {
                Then::Shape(shape) | Then::Parse(shape) => longest(shape.rules, left - 1),
                _ => 0,
            };
            rule.path.len() + below
        };
        rules.iter().map(of_rule).max().unwrap_or_default()
    }
    for kind in all() {
        let length = longest(kind.rules, 6);
        assert!(length < 32, "{}: {length}", kind.name);
    }
    assert_eq!(path::parse("a[]"), Ok(vec![Step::Key("a"), Step::Items(None)]));
}
