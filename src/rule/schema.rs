//! The shape of a rule file, read by the build script for the built-in rules and at run time for rule packs.
//!
//! This file stands alone (no `crate::`), because `build.rs` includes it.

use serde::Deserialize;

/// A file of `rules/secrets/` or of a rule pack: one credential rule, wholly data. The file's stem is the rule's id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SecretRuleFile {
    /// What is found, as a noun phrase ("GitHub token").
    pub title: String,
    /// `error`, `warning` or `note`.
    pub level: LevelName,
    /// Literals (ASCII case ignored) of which one stands in every match; the prefilter looks for these.
    pub keywords: Vec<String>,
    /// Regular expression (Rust `regex` syntax, bytes, ASCII classes). The group `secret` is the value; without one the
    /// whole match is. Groups `user` and `host` let logins of documentation (`user:password@host`) be told from real ones.
    #[serde(default)]
    pub pattern: Option<String>,
    /// How candidates are found: by `pattern`, or as the value assigned to a key that a keyword names.
    #[serde(default)]
    pub matcher: MatcherName,
    /// Least Shannon entropy of the value, in bits per character.
    #[serde(default)]
    pub min_entropy: f64,
    /// Checksum that the format carries; a value that fails it is reported as a warning at most.
    #[serde(default)]
    pub checksum: Option<ChecksumName>,
    /// Whether a match may cross line ends (keys in PEM and the like).
    #[serde(default)]
    pub multiline: bool,
    /// CVSS-like score for SARIF's `security-severity`, 0 to 10.
    #[serde(default = "default_severity")]
    pub severity: f64,
    /// Why it matters, Markdown.
    pub why: String,
    /// What to do, Markdown.
    pub remedy: String,
    /// Where the format is documented, absolute URLs.
    pub references: Vec<String>,
    /// Texts in which the rule finds exactly one value. Made-up values only.
    pub matches: Vec<String>,
    /// Texts in which the rule finds nothing.
    pub non_matches: Vec<String>,
}

pub(crate) fn default_severity() -> f64 {
    8.0
}

/// Levels as configuration and rule files spell them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LevelName {
    /// Worth knowing.
    Note,
    /// Hygiene.
    Warning,
    /// A leak, or a deployment that will break.
    Error,
}

/// Ways to find candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum MatcherName {
    /// The regular expression, in a window around the keyword.
    #[default]
    Pattern,
    /// The value assigned to a key that names a credential, in YAML, JSON, dotenv, INI, properties, Terraform and code.
    Assignment,
}

/// Checksums and structures that formats carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChecksumName {
    /// Last six characters: base62 of the CRC-32 of the body between prefix and checksum (GitHub, npm).
    Crc32Base62,
    /// Last eight characters after `_`: hexadecimal little-endian CRC-32 of what stands before it (Grafana).
    Crc32Hex,
    /// Three base64url parts of which the first two are JSON objects and the header names an algorithm (RFC 7519).
    Jwt,
    /// A PyPI token: base64url of a macaroon (version 2) after the prefix.
    PypiMacaroon,
}

/// Whether and how a fix applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum FixableName {
    /// No fix.
    #[default]
    No,
    /// Applied by `mlguard fix`.
    Safe,
    /// Applied by `mlguard fix --unsafe`.
    Unsafe,
}
