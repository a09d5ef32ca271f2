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
pub(super) const KEYS: [KeyInfo; 20] = [
    KeyInfo {
        name: "allow-baseline",
        scopes: &[Policy],
        summary: "Whether a baseline counts under this policy (default true).",
    },
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
        name: "baseline",
        scopes: &[Root],
        summary: "The file of accepted findings, from the root (default .mlguard-baseline.jsonl); false for none.",
    },
    KeyInfo {
        name: "clusters",
        scopes: &[Root],
        summary: "Clusters by name: the sealing certificate of each, and the environments that run there.",
    },
    KeyInfo {
        name: "declared-secrets",
        scopes: &[Root, Policy],
        summary: "Secrets that exist although nothing in the repository makes them.",
    },
    KeyInfo {
        name: "environments",
        scopes: &[Root, Policy],
        summary: "Environments by name, each with the namespace of a workflow in it: `{workflow}-dev`.",
    },
    KeyInfo {
        name: "exclude",
        scopes: &[Root, Nested, Policy],
        summary: "Globs of paths that are not searched, relative to the folder of the file.",
    },
    KeyInfo {
        name: "external-secrets",
        scopes: &[Root, Policy],
        summary: "Stores of External Secrets that exist although nothing in the repository makes them, and how values are named in stores.",
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
        name: "package",
        scopes: &[Root],
        summary: "What `mlguard package` delivers: the Secrets of each environment, and where their values come from.",
    },
    KeyInfo {
        name: "paths",
        scopes: &[Root, Policy],
        summary: "Templates of paths that say whose a file is, with {workflow}, {env} or {namespace}; the first that matches counts.",
    },
    KeyInfo {
        name: "references",
        scopes: &[Root, Policy],
        summary: "Names of Secrets that workloads may use, and fields of your own kinds that name Secrets.",
    },
    KeyInfo {
        name: "rotation",
        scopes: &[Root, Policy],
        summary: "How long a credential may stand before it is to be sealed anew.",
    },
    KeyInfo {
        name: "rule-packs",
        scopes: &[Root, Policy],
        summary: "Globs of rule files of your own, relative to the folder of the file.",
    },
    KeyInfo { name: "rules", scopes: &[Root, Nested, Policy], summary: "Levels of rules, for all paths or for some." },
    KeyInfo {
        name: "strength",
        scopes: &[Root, Policy],
        summary: "What is asked of values where they are sealed: `min-length` characters, and whether `random` ones.",
    },
    KeyInfo {
        name: "system-namespaces",
        scopes: &[Root, Policy],
        summary: "Globs of namespaces of the platform itself, which follow no convention of workflows.",
    },
    KeyInfo {
        name: "workflows",
        scopes: &[Root],
        summary: "Names of the workflows; where there is none, they are inferred from paths and namespaces.",
    },
];

/// Names of the keys that a file of this scope may hold.
pub(super) fn names(scope: Scope) -> Vec<&'static str> {
    KEYS.iter().filter(|key| key.scopes.contains(&scope)).map(|key| key.name).collect()
}
