//! Which leaves of a file SOPS encrypts: `shouldBeEncrypted` of its `sops.go`.

use crate::go_regex::GoRegex;
use crate::span::Span;

/// How a file says which of its values are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SelectorKind {
    /// Keys that end so are not encrypted, nor is anything below them.
    UnencryptedSuffix,
    /// Only keys that end so are encrypted, with all below them.
    EncryptedSuffix,
    /// Keys that match are not encrypted.
    UnencryptedRegex,
    /// Only keys that match are encrypted.
    EncryptedRegex,
    /// What follows such a comment is not encrypted.
    UnencryptedCommentRegex,
    /// Only what follows such a comment is encrypted.
    EncryptedCommentRegex,
}

impl SelectorKind {
    /// The key in metadata and in creation rules.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::UnencryptedSuffix => "unencrypted_suffix",
            Self::EncryptedSuffix => "encrypted_suffix",
            Self::UnencryptedRegex => "unencrypted_regex",
            Self::EncryptedRegex => "encrypted_regex",
            Self::UnencryptedCommentRegex => "unencrypted_comment_regex",
            Self::EncryptedCommentRegex => "encrypted_comment_regex",
        }
    }
}

/// A selector as it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector {
    /// What it is.
    pub kind: SelectorKind,
    /// The suffix or the expression.
    pub text: Box<str>,
}

/// The selectors among the fields that `get` finds, each with its place.
pub(super) fn selectors<'t>(get: impl Fn(&str) -> Option<(&'t str, Span)>) -> Vec<(Selector, Span)> {
    use SelectorKind as Kind;
    let suffixes = [Kind::UnencryptedSuffix, Kind::EncryptedSuffix];
    let expressions = [Kind::UnencryptedRegex, Kind::EncryptedRegex];
    let comments = [Kind::UnencryptedCommentRegex, Kind::EncryptedCommentRegex];
    let selector = |kind: SelectorKind| {
        let (text, span) = get(kind.word()).filter(|(text, _)| !text.is_empty())?;
        Some((Selector { kind, text: text.into() }, span))
    };
    [suffixes, expressions, comments].into_iter().flatten().filter_map(selector).collect()
}

/// What SOPS takes where nothing else is set.
const DEFAULT: &str = "_unencrypted";

impl Default for Selector {
    fn default() -> Self {
        Self { kind: SelectorKind::UnencryptedSuffix, text: DEFAULT.into() }
    }
}

impl Selector {
    /// In words: `encrypted_regex '^data$'`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} '{}'", self.kind.word(), self.text)
    }

    /// Ready to be asked about many leaves.
    pub(crate) fn matcher(&self) -> Matcher {
        let is_suffix = matches!(self.kind, SelectorKind::UnencryptedSuffix | SelectorKind::EncryptedSuffix);
        let pattern = if is_suffix { GoRegex::Unknown } else { GoRegex::new(&self.text) };
        Matcher { kind: self.kind, suffix: self.text.clone(), pattern }
    }
}

/// A selector with its expression.
pub(crate) struct Matcher {
    kind: SelectorKind,
    suffix: Box<str>,
    pattern: GoRegex,
}

/// Whether one of several matches; none where that is not certain.
pub(super) fn any(matches: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = Some(false);
    for matched in matches {
        match matched {
            Some(true) => return matched,
            Some(false) => {}
            None => known = None,
        }
    }
    known
}

impl Matcher {
    /// Whether the selector is about comments.
    pub(crate) fn is_of_comments(&self) -> bool {
        matches!(self.kind, SelectorKind::UnencryptedCommentRegex | SelectorKind::EncryptedCommentRegex)
    }

    /// Whether a text is what the selector asks for; none where that is not certain.
    pub(crate) fn is_match(&self, text: &str) -> Option<bool> {
        match self.kind {
            SelectorKind::UnencryptedSuffix | SelectorKind::EncryptedSuffix => Some(text.ends_with(&*self.suffix)),
            // SOPS passes over an expression that does not compile, as one that matches nothing.
            _ if matches!(self.pattern, GoRegex::Invalid) => Some(false),
            _ => self.pattern.is_match(text),
        }
    }

    /// Whether the leaf with this path is encrypted; none where that is not certain. Indexes of lists are not part of the
    /// path. `matched` is whether the expression matches a comment about it.
    pub(crate) fn must_encrypt<K: AsRef<str>>(&self, keys: &[K], matched: Option<bool>) -> Option<bool> {
        let of_keys = || any(keys.iter().map(|key| self.is_match(key.as_ref())));
        let matched = if self.is_of_comments() { matched } else { of_keys() };
        let encrypts = matches!(
            self.kind,
            SelectorKind::EncryptedSuffix | SelectorKind::EncryptedRegex | SelectorKind::EncryptedCommentRegex
        );
        matched.map(|matched| matched == encrypts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(kind: SelectorKind, text: &str, keys: &[&str]) -> Option<bool> {
        Selector { kind, text: text.into() }.matcher().must_encrypt(keys, Some(false))
    }

    #[test]
    fn any_component_of_the_path_decides() {
        for (kind, text, keys, expected) in [
            (SelectorKind::UnencryptedSuffix, "_unencrypted", &["a_unencrypted", "b"][..], Some(false)),
            (SelectorKind::UnencryptedSuffix, "_unencrypted", &["a", "b"], Some(true)),
            (SelectorKind::EncryptedSuffix, "_enc", &["a_enc", "b"], Some(true)),
            (SelectorKind::EncryptedRegex, "^(data|stringData)$", &["data", "key"], Some(true)),
            (SelectorKind::EncryptedRegex, "^(data|stringData)$", &["metadata", "name"], Some(false)),
            (SelectorKind::EncryptedRegex, "data", &["metadata", "name"], Some(true)),
            (SelectorKind::EncryptedRegex, "data", &["stringData", "name"], Some(false)),
            (SelectorKind::UnencryptedRegex, "^kind$", &["kind"], Some(false)),
            (SelectorKind::UnencryptedRegex, r"\pL", &["kind"], None),
            // An expression that does not compile matches nothing.
            (SelectorKind::EncryptedRegex, "(", &["a"], Some(false)),
            (SelectorKind::UnencryptedRegex, "(", &["a"], Some(true)),
        ] {
            assert_eq!(selects(kind, text, keys), expected, "{kind:?} {text} {keys:?}");
        }
    }

    #[test]
    fn comments_decide_where_they_are_certain() {
        let matcher = |kind| Selector { kind, text: "sops:enc".into() }.matcher();
        for (matched, encrypted) in [(Some(true), Some(true)), (None, None), (Some(false), Some(false))] {
            assert_eq!(matcher(SelectorKind::EncryptedCommentRegex).must_encrypt(&["a"], matched), encrypted);
            let other = matcher(SelectorKind::UnencryptedCommentRegex).must_encrypt(&["a"], matched);
            assert_eq!(other, encrypted.map(|encrypted| !encrypted));
        }
    }
}
