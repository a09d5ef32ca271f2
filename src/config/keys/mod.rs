//! The list of all keys. A new one is a constant in one of the files here and a line in [`KEYS`].

pub(super) mod baseline;
pub(super) mod clusters;
pub(super) mod declared_secrets;
pub(super) mod environments;
pub(super) mod kinds;
pub(super) mod lists;
pub(super) mod package;
mod prelude;
pub(super) mod rules;
pub(super) mod scalars;

use super::key::{AnyKey, Scope};

/// All keys, in the order of `--show-config`: rules last, of which there are many.
pub(super) const KEYS: [&dyn AnyKey; 26] = [
    &scalars::ALLOW_BASELINE,
    &scalars::ALLOW_COMMENTS,
    &scalars::ALLOW_EXCLUDE,
    &baseline::BASELINE,
    &lists::EXCLUDE,
    &scalars::FAIL_ON,
    &scalars::MAX_SIZE,
    &lists::RULE_PACKS,
    &package::APPROVED_BY,
    &package::SECRETS,
    &clusters::CLUSTERS,
    &declared_secrets::DECLARED_SECRETS,
    &environments::ENVIRONMENTS,
    &lists::REMOTE_PATHS,
    &lists::STORES,
    &lists::PATHS,
    &lists::ENV_FROM,
    &lists::IMAGE_PULL,
    &kinds::KINDS,
    &lists::PRIVATE_REGISTRIES,
    &scalars::MAX_AGE,
    &scalars::MIN_LENGTH,
    &scalars::RANDOM,
    &lists::SYSTEM_NAMESPACES,
    &lists::WORKFLOWS,
    &rules::RULES,
];

/// Keys that are mappings of others, with what they are for.
pub(super) const GROUPS: [(&str, &str); 5] = [
    (
        "external-secrets",
        "Stores of External Secrets that exist outside the repository, and how values are named in stores.",
    ),
    ("package", "What `mlguard package` delivers: the Secrets of each environment, and where their values come from."),
    ("references", "Names of Secrets that workloads may use, and fields of your own kinds that name Secrets."),
    ("rotation", "How old a credential may become before it has to be rotated."),
    ("strength", "What is required of values when they are sealed."),
];

/// Keys of that top-level name: the one, or those of the group.
pub(super) fn below(name: &str) -> impl Iterator<Item = &'static dyn AnyKey> {
    KEYS.into_iter().filter(move |key| key.top() == name)
}

/// Top-level names that a file of this scope may contain, sorted.
pub(super) fn names(scope: Scope) -> Vec<&'static str> {
    let mut names: Vec<&str> = KEYS.iter().filter(|key| key.scopes().contains(&scope)).map(|key| key.top()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The table of all keys in docs/configuration.md, sorted.
#[must_use]
pub fn table() -> String {
    let place = |scope: &Scope| match scope {
        Scope::Root => "root",
        Scope::Nested => "folders",
        Scope::Policy => "policy",
    };
    let row = |key: &&dyn AnyKey| {
        let places: Vec<&str> = key.scopes().iter().map(place).collect();
        format!("| `{}` | {} | {} | {} |\n", key.name(), key.summary(), key.default(), places.join(", "))
    };
    let mut rows: Vec<String> = KEYS.iter().map(row).collect();
    rows.sort_unstable();
    format!("| key | meaning | default | files |\n|---|---|---|---|\n{}", rows.concat())
}
