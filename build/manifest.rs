//! What a file of `rules/manifests/` contains. Only the build reads these; packs contain credential rules.

use serde::Deserialize;

use crate::schema::{FixableName, LevelName, ScopeName};

/// A file of `rules/manifests/`: the words and parameters of a check that is code. The file's stem is the rule's id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ManifestRuleFile {
    /// What it finds, a noun phrase of at most 80 characters ("Secret with plaintext values").
    pub title: String,
    /// Default level.
    pub level: LevelName,
    /// Whether `mlguard fix` repairs it.
    #[serde(default)]
    pub fixable: FixableName,
    /// CVSS-like score for SARIF's `security-severity`, 0 to 10.
    #[serde(default = "crate::schema::default_severity")]
    pub severity: f64,
    /// Where it applies, if not everywhere.
    #[serde(default)]
    pub scope: ScopeName,
    /// Why it matters, Markdown: what goes wrong if nothing is done.
    pub why: String,
    /// When it applies beyond `scope`, what is left alone, and which level it has when; Markdown.
    #[serde(default)]
    pub when: String,
    /// How to fix it, Markdown. The first paragraph is the help of every finding.
    pub remedy: String,
    /// An example that is reported. `{{sealed}}`, `{{sealed-2}}`, … stand for sealed values.
    pub bad: String,
    /// The same, repaired.
    pub good: String,
    /// Absolute URLs.
    #[serde(default)]
    pub references: Vec<String>,
}
