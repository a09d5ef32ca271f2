//! What holds for every built-in rule, beyond what its file's schema says.

use std::collections::BTreeSet;

use mlguard::api::checks;
use mlguard::api::rule::{self, Family, Fixable, RuleId, id};

use super::{of, root};

/// Rules about allow comments and about changes, which the engine itself applies.
const META: [RuleId; 5] =
    [id::ALLOW_WITHOUT_REASON, id::ARCHIVE_BOMB, id::NEW_ALLOW, id::POLICY_CHANGE, id::UNUSED_ALLOW];

#[test]
fn every_coded_rule_has_words_and_all_words_have_a_rule() {
    let coded: BTreeSet<&str> = checks::all().map(|check| check.rule).chain(META).map(RuleId::as_str).collect();
    let worded: BTreeSet<&str> = of(Family::Manifest).map(|rule| rule.id.as_ref()).collect();
    assert_eq!(coded, worded, "left: checks::all() and {META:?}; right: files of rules/manifests/");
    assert_eq!(coded.len(), checks::all().count() + META.len(), "a rule is declared twice");
}

#[test]
fn every_rule_file_is_built_in_once() {
    let ids: BTreeSet<&str> = rule::builtin().iter().map(|rule| rule.id.as_ref()).collect();
    assert_eq!(ids.len(), rule::builtin().len(), "ids are unique");
    let mut files = 0;
    for folder in ["rules/manifests", "rules/secrets"] {
        files += std::fs::read_dir(root().join(folder)).expect("a folder of rules").count();
    }
    assert_eq!(ids.len(), files);
}

/// A name states the fault: it reads well after "allow".
#[test]
fn ids_are_lower_case_words_that_state_the_fault() {
    for rule in rule::builtin() {
        let good = rule.id.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        assert!(good, "{}: lower-case words with dashes", rule.id);
        let remedy = ["no", "use", "avoid", "require", "check", "disallow", "forbid", "must", "ensure"];
        let first = rule.id.split('-').next().unwrap_or_default();
        assert!(!remedy.contains(&first), "{}: name the fault, not what to do about it", rule.id);
    }
}

#[test]
fn texts_are_there_and_links_are_absolute() {
    for rule in rule::builtin() {
        let id = &rule.id;
        let length = rule.title.chars().count();
        assert!((1..=80).contains(&length) && !rule.title.contains(". "), "{id}: a title has at most 80 characters");
        assert!(!rule.title.ends_with('.'), "{id}: a title is not a sentence");
        let when = (!rule.when.is_empty()).then_some(("when", &rule.when));
        for (name, text) in [("why", &rule.why), ("remedy", &rule.remedy)].into_iter().chain(when) {
            assert!(
                text.trim().len() >= 20 && text.trim_end().ends_with(['.', '`', ':', ')']),
                "{id}: `{name}` is a text"
            );
        }
        assert!((0.0..=10.0).contains(&rule.severity), "{id}: severity from 0 to 10");
        assert!(
            rule.family == Family::Manifest || !rule.references.is_empty(),
            "{id}: say where the format is documented"
        );
        for link in rule.references.iter() {
            let host = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://")).unwrap_or_default();
            assert!(host.contains('.') && !host.contains(char::is_whitespace), "{id}: {link} is no absolute address");
        }
    }
}

#[test]
fn every_credential_rule_shows_what_it_finds_and_what_not() {
    for rule in of(Family::Secret) {
        let pattern = rule.pattern.as_ref().expect("a credential rule has a pattern");
        assert!(!pattern.matches.is_empty() && !pattern.non_matches.is_empty(), "{}: examples of both kinds", rule.id);
    }
}

/// Nothing can take back a credential; `tests/rules.rs` holds what other rules may promise.
#[test]
fn no_credential_rule_promises_a_fix() {
    for rule in of(Family::Secret) {
        assert_eq!(rule.fixable, Fixable::No, "{}", rule.id);
    }
}
