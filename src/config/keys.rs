//! The keys of a configuration file: the one list that messages, the JSON schema and the documentation test use.

use super::file::Scope;

/// A key.
pub(super) struct KeyInfo {
    pub name: &'static str,
    /// Files that may hold it.
    pub scopes: &'static [Scope],
    /// What it does, one sentence for editors.
    pub summary: &'static str,
}

use Scope::{Nested, Policy, Root};

/// All of them, sorted.
pub(super) const KEYS: [KeyInfo; 7] = [
    KeyInfo {
        name: "allow-comments",
        scopes: &[Policy],
        summary: "Whether `mlguard: allow` comments count under this policy (default true).",
    },
    KeyInfo {
        name: "allow-exclude",
        scopes: &[Policy],
        summary: "Whether a repository may exclude paths under this policy (default false).",
    },
    KeyInfo {
        name: "exclude",
        scopes: &[Root, Nested, Policy],
        summary: "Globs of paths that are not searched, relative to the folder of the file.",
    },
    KeyInfo {
        name: "fail-on",
        scopes: &[Root, Policy],
        summary: "Least level of a finding that makes `check` exit with 1 (default error).",
    },
    KeyInfo {
        name: "max-size",
        scopes: &[Root, Policy],
        summary: "Files larger than this are skipped and named, for example 32MiB (the default).",
    },
    KeyInfo {
        name: "rule-packs",
        scopes: &[Root, Policy],
        summary: "Globs of rule files of your own, relative to the folder of the file.",
    },
    KeyInfo { name: "rules", scopes: &[Root, Nested, Policy], summary: "Levels of rules, for all paths or for some." },
];

/// Names of the keys that a file of this scope may hold.
pub(super) fn names(scope: Scope) -> Vec<&'static str> {
    KEYS.iter().filter(|key| key.scopes.contains(&scope)).map(|key| key.name).collect()
}
