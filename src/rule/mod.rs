//! Rules: their words, levels and parameters. Data only; the code that applies them is in [`crate::checks`].
//!
//! Built-in rules are the files below `rules/`, turned into a static table by `build.rs`, so that starting the
//! program parses nothing. Rule packs of a user are the same files, read at run time by [`pack::parse`].

use std::borrow::Cow;

pub mod id;
pub(crate) mod pack;
mod table {
    use super::{Borrowed, Checksum, Family, Fixable, Level, Matcher, Pattern, Rule, Scope};
    include!(concat!(env!("OUT_DIR"), "/rules.rs"));
}
pub(crate) mod schema;

pub use id::RuleId;
pub use schema::FixableName as Fixable;
pub(crate) use schema::{ChecksumName as Checksum, LevelName as Level, MatcherName as Matcher, ScopeName as Scope};

use Cow::Borrowed;

/// Text that is either built in or read from a rule pack.
pub(crate) type Text = Cow<'static, str>;
/// A list of [`Text`].
pub(crate) type Texts = Cow<'static, [Text]>;

/// Which part of the program a rule belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// A check that is code: Kubernetes objects, configuration files, and mlguard's own state.
    Manifest,
    /// A credential rule, wholly data.
    Secret,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Stable identifier, the rule file's stem.
    pub id: Text,
    /// Which part of the program applies it.
    pub family: Family,
    /// What it finds, a noun phrase.
    pub title: Text,
    /// Default level.
    pub level: Level,
    /// Whether a fix exists.
    pub fixable: Fixable,
    /// SARIF `security-severity`, 0 to 10.
    pub severity: f64,
    /// Where it applies.
    pub scope: Scope,
    /// Why it matters, Markdown.
    pub why: Text,
    /// When it applies beyond `scope`, and its levels, Markdown; may be empty.
    pub when: Text,
    /// How to fix it, Markdown.
    pub remedy: Text,
    /// An example that is reported and one that is not, for rules that are code. `{{sealed}}`, `{{sealed-2}}`, … stand
    /// for sealed values.
    pub example: Option<(Text, Text)>,
    /// Absolute URLs.
    pub references: Texts,
    /// Parameters of the credential engine, for credential rules.
    pub pattern: Option<Pattern>,
}

/// What the credential engine needs of a rule.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Literals (ASCII case ignored) of which one stands in every match.
    pub keywords: Texts,
    /// Regular expression; the group `secret` is the value.
    pub regex: Option<Text>,
    /// How candidates are found.
    pub matcher: Matcher,
    /// Least Shannon entropy of the value, bits per character.
    pub min_entropy: f64,
    /// Checksum of the format.
    pub checksum: Option<Checksum>,
    /// Whether a match may cross line ends.
    pub multiline: bool,
    /// Texts with exactly one match.
    pub matches: Texts,
    /// Texts with none.
    pub non_matches: Texts,
}

/// All built-in rules, sorted by id within their family.
#[must_use]
pub fn builtin() -> &'static [Rule] {
    table::RULES
}

/// The built-in rule of that id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    builtin().iter().find(|rule| rule.id == id)
}

impl Level {
    /// The name that configuration, JSON and SARIF use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Scope {
    /// What `mlguard explain` says about it.
    pub(crate) fn as_sentences(self) -> &'static str {
        match self {
            Self::Everywhere => "",
            Self::Convention => {
                "Applies in namespaces of a workflow (declared under `workflows`, or inferred from paths and namespaces), \
                 in namespaces where the platform Secret is defined or used, and where a pod pulls with the registry \
                 Secret. For an unknown namespace, one such place anywhere in the repository is enough. Does not apply in \
                 `system-namespaces`."
            }
            Self::Workflows => {
                "Applies to namespaces of workflows, which are declared under `workflows`, or inferred from paths and \
                 namespaces (`packages/financial-ml/dev/`, `financial-ml` next to `financial-ml-dev`). Does not apply to \
                 `system-namespaces`."
            }
        }
    }
}

impl Fixable {
    /// The name that the JSON report uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}
