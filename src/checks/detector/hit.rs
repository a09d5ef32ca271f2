//! What the engine reports.

use crate::rule::Level;
use crate::span::Span;

/// Something that looks like a credential.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    /// Index of the rule in the engine's list.
    pub rule: usize,
    /// Where the value stands (for an encoded one, the whole encoded run).
    pub span: Span,
    /// The key that the value is assigned to, where that is how it was found.
    pub key: Option<Span>,
    /// The rule's level, lowered where a checksum failed or the value is weak.
    pub level: Level,
    /// The outermost encoding of the value.
    pub encoding: Option<Encoding>,
    /// Whether the value belongs to a format, not only to a key's name.
    pub specific: bool,
    /// Whether the format's checksum does not hold.
    pub checksum_failed: bool,
}

/// How a value is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Encoding {
    /// RFC 4648 base64, either alphabet, padded or not.
    Base64,
    /// Hexadecimal.
    Hex,
    /// Percent encoding (RFC 3986).
    Percent,
}

impl Encoding {
    /// The name for people.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hexadecimal",
            Self::Percent => "percent-encoded",
        }
    }
}
