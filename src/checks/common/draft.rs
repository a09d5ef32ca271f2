//! What a check reports, before configuration, duplicates and allow comments are applied.

use super::repair::Repair;
use crate::finding::Related;
use crate::finding::edit::Fix;
use crate::rule::{Level, Text};
use crate::span::Span;

/// What a finding is about, which decides how it is masked, compared and stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A value that may be a credential: masked, reported once however many rules find it, and told from others by a digest.
    Value,
    /// A name or a setting: shown as it is, and neither hides another finding nor is hidden.
    Structure,
    /// A document that could not be read: the run is incomplete.
    Document,
    /// An encrypted value: masked like a value, but no credential that a history would report.
    Ciphertext,
    /// A comment for mlguard: masked like a value, because anything may be written there.
    Comment,
}

/// How much a finding about a value knows: of two on one value, the one that knows more stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// A key's name and a value.
    Assignment,
    /// A credential's format.
    Format,
    /// An object and what the place is for.
    Place,
    /// The same, and more special than another such check.
    Special,
}

/// One report of a check.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Id of the rule.
    pub rule: Text,
    /// What it is about.
    pub subject: Subject,
    /// Highest level that this finding deserves, whatever the rule's is.
    pub at_most: Level,
    /// Where the value stands, bytes of the source's text.
    pub span: Span,
    /// Symbolic place.
    pub place: Option<String>,
    /// What is wrong, a sentence with a full stop. Never a value.
    pub message: String,
    /// What to do; none takes the first sentence of the rule's remedy.
    pub help: Option<String>,
    /// Which of two findings on one value stays.
    pub(crate) weight: Weight,
    /// Whether the value has a format whose checksum does not hold.
    pub refuted: bool,
    /// Other places that explain it.
    pub related: Vec<Related>,
    /// What would repair it, where that is certain.
    pub fix: Option<Fix>,
    /// The same as a wish, of a check that has no text at hand; it becomes the fix where the text allows that.
    pub repair: Option<Repair>,
    /// The secret generator that reads the file as `KEY=value` lines: the report stands for one at each of its values, which
    /// the engine makes where it has the text.
    pub(crate) env_file_of: Option<String>,
}

impl Draft {
    /// A report at `span` (bytes of the source's text) with the message alone.
    pub(crate) fn new(rule: impl Into<Text>, subject: Subject, span: Span, message: String) -> Self {
        Self {
            rule: rule.into(),
            subject,
            at_most: Level::Error,
            span,
            place: None,
            message,
            help: None,
            weight: Weight::Place,
            refuted: false,
            related: Vec::new(),
            fix: None,
            repair: None,
            env_file_of: None,
        }
    }

    /// Whether it reports a credential, and surely.
    pub(crate) fn is_credential(&self) -> bool {
        let holds_value = matches!(self.subject, Subject::Value | Subject::Ciphertext);
        holds_value && self.at_most == Level::Error && !self.refuted
    }
}
