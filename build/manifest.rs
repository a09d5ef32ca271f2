//! What a file of `rules/manifests/` holds. Only the build reads these; packs hold credential rules.

use serde::Deserialize;

use crate::schema::{FixableName, LevelName};

/// A file of `rules/manifests/`: the words and parameters of a check that is code. The file's stem is the rule's id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ManifestRuleFile {
    /// The fault, as a sentence fragment ("Secret with plaintext values").
    pub title: String,
    /// Default level.
    pub level: LevelName,
    /// Whether `mlguard fix` repairs it.
    #[serde(default)]
    pub fixable: FixableName,
    /// CVSS-like score for SARIF's `security-severity`, 0 to 10.
    #[serde(default = "crate::schema::default_severity")]
    pub severity: f64,
    /// Why it matters, Markdown.
    pub why: String,
    /// What to do, Markdown.
    pub remedy: String,
    /// A faulty example.
    pub bad: String,
    /// The same, repaired.
    pub good: String,
    /// Absolute URLs.
    #[serde(default)]
    pub references: Vec<String>,
}
