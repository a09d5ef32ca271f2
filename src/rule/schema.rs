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
    /// Instead of `pattern`: an expression for the key that the value is assigned to; ASCII case does not matter.
    #[serde(default)]
    pub key: Option<String>,
    /// With `key`: an expression for the value alone, without quotes.
    #[serde(default)]
    pub value: Option<String>,
    /// With `key`: the characters that must not follow the value, as inside `[…]`. Without it, the value ends at a word
    /// boundary.
    #[serde(default)]
    pub not_followed_by: Option<String>,
    /// How candidates are found: by `pattern`, or as the value assigned to a key that a keyword names.
    #[serde(default)]
    pub matcher: MatcherName,
    /// Least Shannon entropy of the value, in bits per character.
    #[serde(default)]
    pub min_entropy: f64,
    /// Checksum that the format carries; a value that fails it is reported as a warning at most.
    #[serde(default)]
    pub checksum: Option<ChecksumName>,
    /// Whether a match may cross line ends (keys in PEM and the like). By default only with `key`, where `value:` may be on
    /// the line after `name:`.
    #[serde(default)]
    pub multiline: Option<bool>,
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

/// What assigns a value to a key in YAML, JSON, dotenv, INI, HCL, code and on command lines: quotes or a bracket that end the
/// key; then `=`, `:`, `:=`, `=>` or `,`, blanks alone, or the `value:` of an entry whose `name:` is the key; then the
/// quotes that begin the value, escaped or not.
const ASSIGNMENT: &str = concat!(
    r#"["'\\\]]{0,3}"#,
    r#"(?:[ \t]{0,8}(?:=>|:=|[=:,])[ \t]{0,8}|[ \t]{1,4}|,?\s{1,64}["']?value["']?[ \t]{0,4}:[ \t]{0,4})"#,
    r#"["'\\]{0,2}"#,
);

impl SecretRuleFile {
    /// The rule's expression: `pattern`, or `key` and `value` with an assignment between them. `None` for a rule that has
    /// neither, because its `matcher` needs none.
    ///
    /// # Errors
    /// A text for the author of the rule, where only one of `key` and `value` is there, or both styles are mixed.
    pub(crate) fn expression(&self) -> Result<Option<String>, &'static str> {
        match (&self.pattern, &self.key, &self.value, &self.not_followed_by) {
            (pattern, None, None, None) => Ok(pattern.clone()),
            (None, Some(key), Some(value), set) => {
                let end = set.as_ref().map_or_else(|| r"\b".to_owned(), |set| format!("(?:[^{set}]|$)"));
                Ok(Some(format!("(?i:{key}){ASSIGNMENT}(?<secret>{value}){end}")))
            }
            (Some(_), ..) => Err("`pattern` cannot be combined with `key`, `value` or `not-followed-by`"),
            (None, ..) => Err("`key` and `value` must be used together"),
        }
    }

    /// Whether a match may cross line ends.
    pub(crate) fn is_multiline(&self) -> bool {
        self.multiline.unwrap_or(self.key.is_some())
    }
}

pub(crate) fn default_severity() -> f64 {
    8.0
}

/// Levels as configuration and rule files spell them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LevelName {
    /// Worth knowing.
    Note,
    /// Hygiene.
    Warning,
    /// A leak, or a deployment that will break.
    Error,
}

/// Where a rule applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum ScopeName {
    /// Everywhere.
    #[default]
    Everywhere,
    /// Where the convention of names visibly applies.
    Convention,
    /// In namespaces of workflows.
    Workflows,
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
