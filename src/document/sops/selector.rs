//! Which leaves of a file SOPS encrypts: `shouldBeEncrypted` of its `sops.go`.

use crate::go_regex::GoRegex;

/// By what a file says which of its values are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Keys that end so stay in clear, with all below them.
    UnencryptedSuffix,
    /// Only keys that end so are encrypted, with all below them.
    EncryptedSuffix,
    /// Keys that match stay in clear.
    UnencryptedRegex,
    /// Only keys that match are encrypted.
    EncryptedRegex,
    /// What stands behind such a comment stays in clear.
    UnencryptedCommentRegex,
    /// Only what stands behind such a comment is encrypted.
    EncryptedCommentRegex,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::UnencryptedSuffix,
        Self::EncryptedSuffix,
        Self::UnencryptedRegex,
        Self::EncryptedRegex,
        Self::UnencryptedCommentRegex,
        Self::EncryptedCommentRegex,
    ];

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
    pub kind: Kind,
    /// The suffix or the expression.
    pub text: Box<str>,
}

/// What SOPS takes where nothing is said.
const DEFAULT: &str = "_unencrypted";

impl Default for Selector {
    fn default() -> Self {
        Self { kind: Kind::UnencryptedSuffix, text: DEFAULT.into() }
    }
}

impl Selector {
    /// In words: `encrypted_regex '^data$'`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} '{}'", self.kind.word(), self.text)
    }

    /// Ready to be asked about many leaves.
    #[must_use]
    pub fn matcher(&self) -> Matcher {
        let is_suffix = matches!(self.kind, Kind::UnencryptedSuffix | Kind::EncryptedSuffix);
        let pattern = if is_suffix { GoRegex::Unknown } else { GoRegex::new(&self.text) };
        Matcher { kind: self.kind, suffix: self.text.clone(), pattern }
    }
}

/// A selector with its expression.
pub struct Matcher {
    kind: Kind,
    suffix: Box<str>,
    pattern: GoRegex,
}

/// Whether a comment that a selector asks for counts for a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// One does.
    Yes,
    /// One may.
    Maybe,
    /// None does.
    No,
}

impl Matcher {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether the selector is about comments.
    #[must_use]
    pub fn is_of_comments(&self) -> bool {
        matches!(self.kind, Kind::UnencryptedCommentRegex | Kind::EncryptedCommentRegex)
    }

    /// Whether a text is what the selector asks for; none where that is not certain.
    #[must_use]
    pub fn is_match(&self, text: &str) -> Option<bool> {
        match self.kind {
            Kind::UnencryptedSuffix | Kind::EncryptedSuffix => Some(text.ends_with(&*self.suffix)),
            // SOPS passes over an expression that does not compile, as one that matches nothing.
            _ if matches!(self.pattern, GoRegex::Invalid) => Some(false),
            _ => self.pattern.is_match(text),
        }
    }

    /// Whether the leaf with this path is encrypted; none where that is not certain. Indexes of lists are no part of the
    /// path. `said` is of the comments about it.
    #[must_use]
    pub fn must_encrypt<K: AsRef<str>>(&self, keys: &[K], said: Said) -> Option<bool> {
        let matched = if self.is_of_comments() {
            match said {
                Said::Yes => Some(true),
                Said::Maybe => None,
                Said::No => Some(false),
            }
        } else {
            let mut known = Some(false);
            for key in keys {
                match self.is_match(key.as_ref()) {
                    Some(true) => {
                        known = Some(true);
                        break;
                    }
                    Some(false) => {}
                    None => known = None,
                }
            }
            known
        };
        let encrypts = matches!(self.kind, Kind::EncryptedSuffix | Kind::EncryptedRegex | Kind::EncryptedCommentRegex);
        matched.map(|matched| matched == encrypts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(kind: Kind, text: &str, keys: &[&str]) -> Option<bool> {
        Selector { kind, text: text.into() }.matcher().must_encrypt(keys, Said::No)
    }

    #[test]
    fn any_component_of_the_path_decides() {
        for (kind, text, keys, expected) in [
            (Kind::UnencryptedSuffix, "_unencrypted", &["a_unencrypted", "b"][..], Some(false)),
            (Kind::UnencryptedSuffix, "_unencrypted", &["a", "b"], Some(true)),
            (Kind::EncryptedSuffix, "_enc", &["a_enc", "b"], Some(true)),
            (Kind::EncryptedRegex, "^(data|stringData)$", &["data", "key"], Some(true)),
            (Kind::EncryptedRegex, "^(data|stringData)$", &["metadata", "name"], Some(false)),
            (Kind::EncryptedRegex, "data", &["metadata", "name"], Some(true)),
            (Kind::EncryptedRegex, "data", &["stringData", "name"], Some(false)),
            (Kind::UnencryptedRegex, "^kind$", &["kind"], Some(false)),
            (Kind::UnencryptedRegex, r"\pL", &["kind"], None),
            // An expression that does not compile matches nothing.
            (Kind::EncryptedRegex, "(", &["a"], Some(false)),
            (Kind::UnencryptedRegex, "(", &["a"], Some(true)),
        ] {
            assert_eq!(selects(kind, text, keys), expected, "{kind:?} {text} {keys:?}");
        }
    }

    #[test]
    fn comments_decide_where_they_are_certain() {
        let matcher = |kind| Selector { kind, text: "sops:enc".into() }.matcher();
        for (said, encrypted) in [(Said::Yes, Some(true)), (Said::Maybe, None), (Said::No, Some(false))] {
            assert_eq!(matcher(Kind::EncryptedCommentRegex).must_encrypt(&["a"], said), encrypted);
            let other = matcher(Kind::UnencryptedCommentRegex).must_encrypt(&["a"], said);
            assert_eq!(other, encrypted.map(|encrypted| !encrypted));
        }
    }
}
