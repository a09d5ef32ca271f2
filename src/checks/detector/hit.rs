//! What the engine reports.

use std::collections::BTreeMap;

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

/// What a search gave.
#[derive(Debug, Default)]
pub(crate) struct TextHits {
    /// In no order. They may overlap.
    pub hits: Vec<Hit>,
    /// Whether an allow comment may be there.
    pub allow: bool,
    /// How many more there were of a rule than are kept, by its index.
    pub more: BTreeMap<usize, usize>,
}

/// Most hits of one rule in one text that are kept: far more than anybody can read, in a few megabytes.
const MOST: usize = 100_000;

impl TextHits {
    /// Adds a hit. `counts` are those of each rule.
    pub(super) fn add(&mut self, hit: Hit, counts: &mut [usize]) {
        counts[hit.rule] += 1;
        if counts[hit.rule] <= MOST {
            self.hits.push(hit);
        } else {
            *self.more.entry(hit.rule).or_default() += 1;
        }
    }

    /// Adds what was found in a part of the text.
    pub(crate) fn extend(&mut self, part: Self, moved: impl FnMut(Hit) -> Hit) {
        self.hits.extend(part.hits.into_iter().map(moved));
        part.more.into_iter().for_each(|(rule, count)| *self.more.entry(rule).or_default() += count);
    }
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
