//! The type in which a value that may be a secret travels: from the scalar of a document to the verdict of a check.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::ciphertext::{self, SealedFault};
use super::judge::{self, Confidence};
use super::key::KeyClass;
use super::placeholder;
use super::setting::{self, Look};
use crate::span::Span;

/// A value that may be a secret. It answers questions about itself and cannot be printed, serialised or turned into text:
/// what a check of credentials writes into a message, it has from keys, kinds and places.
///
/// The content leaves through [`Sensitive::expose_value`] alone, which `tests/architecture.rs` allows the credential engine
/// only.
#[derive(Clone, Copy)]
pub(crate) struct Sensitive<'a>(&'a str);

/// Defines questions that functions on the text answer: a method, its arguments and its answer, and the function.
macro_rules! questions {
    ($($name:ident($($argument:ident: $kind:ty)?) -> $answer:ty = $function:path;)+) => {
        impl Sensitive<'_> {
            $(
                #[doc = concat!("Asks `", stringify!($function), "`.")]
                pub(crate) fn $name(self $(, $argument: $kind)?) -> $answer {
                    $function($($argument,)? self.0)
                }
            )+
        }
    };
}

questions! {
    judge(class: KeyClass) -> Option<Confidence> = judge::judge;
    is_placeholder() -> bool = placeholder::is_placeholder;
    is_ciphertext() -> bool = ciphertext::is_ciphertext;
    is_sealed() -> bool = ciphertext::is_sealed;
    is_sealed_prefix() -> bool = ciphertext::is_sealed_prefix;
    sealed_fault() -> Option<SealedFault> = ciphertext::sealed_fault;
    is_sops() -> bool = ciphertext::is_sops;
    is_ansible_vault() -> bool = ciphertext::is_ansible_vault;
    is_armored() -> bool = ciphertext::is_armored;
    is_public(key: &str) -> bool = setting::is_public;
    is_setting(key: &str) -> bool = setting::is_setting;
    is_strong() -> bool = setting::is_strong;
    look() -> Option<Look> = Look::of;
    is_innocent() -> bool = judge::is_innocent;
    is_name() -> bool = judge::is_name;
    looks_random() -> bool = judge::looks_random;
    entropy() -> f64 = judge::entropy;
}

/// What a value in base64 stands for.
pub(crate) enum Decoded<'a> {
    /// It is not base64.
    NotBase64,
    /// Bytes that are not text.
    Binary,
    /// Text.
    Text(Sensitive<'a>),
}

impl<'a> Sensitive<'a> {
    /// Wraps `value`.
    pub(crate) const fn new(value: &'a str) -> Self {
        Self(value)
    }

    /// The value at `span` of `text`.
    pub(crate) fn in_text(text: &'a str, span: Span) -> Self {
        Self(span.slice(text))
    }

    /// The content, to be searched by the credential engine. It must not reach a message, a log, an error or a file.
    pub(crate) const fn expose_value(self) -> &'a str {
        self.0
    }

    /// Whether it is the password in a login that documentation uses as an example.
    pub(crate) fn is_sample_password(self, user: &str, host: &str) -> bool {
        placeholder::is_sample_login(user, self.0, host)
    }

    /// Calls `look` with what it stands for in base64, white space left out.
    pub(crate) fn with_base64<R>(self, look: impl FnOnce(Decoded<'_>) -> R) -> R {
        let joined: String = self.0.chars().filter(|c| !c.is_whitespace()).collect();
        let Ok(bytes) = STANDARD.decode(&joined).or_else(|_| STANDARD_NO_PAD.decode(&joined)) else {
            return look(Decoded::NotBase64);
        };
        match String::from_utf8(bytes) {
            Ok(text) => look(Decoded::Text(Sensitive(&text))),
            Err(_) => look(Decoded::Binary),
        }
    }

    /// `--name=value`, `-name=value`, or the flag alone. A name is at most 64 letters, digits and `-_.`, and may be shown.
    pub(crate) fn flag(self) -> Option<(&'a str, Option<Self>)> {
        let rest = self.0.strip_prefix("--").or_else(|| self.0.strip_prefix('-'))?;
        let (name, value) = rest.split_once('=').map_or((rest, None), |(name, value)| (name, Some(Self(value))));
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        (!name.is_empty() && name.len() <= 64 && plain).then_some((name, value))
    }

    /// `key=value`: the key, which may be shown, and the value.
    pub(crate) fn assignment(self) -> Option<(&'a str, Self)> {
        self.0.split_once('=').map(|(key, value)| (key, Self(value)))
    }

    /// What is between two quotes of one kind.
    pub(crate) fn unquoted(self) -> Option<Self> {
        let between = |quote: char| self.0.strip_prefix(quote)?.strip_suffix(quote);
        between('"').or_else(|| between('\'')).map(Self)
    }

    /// Without white space around it.
    pub(crate) fn trim(self) -> Self {
        Self(self.0.trim())
    }

    /// Without any of `chars` before it.
    pub(crate) fn trim_start_matches(self, chars: &[char]) -> Self {
        Self(self.0.trim_start_matches(chars))
    }

    /// What is behind `prefix`.
    pub(crate) fn strip_prefix(self, prefix: &str) -> Option<Self> {
        self.0.strip_prefix(prefix).map(Self)
    }

    /// Whether it starts with `prefix`.
    pub(crate) fn starts_with(self, prefix: &str) -> bool {
        self.0.starts_with(prefix)
    }

    /// Whether `part` is in it.
    pub(crate) fn contains(self, part: &str) -> bool {
        self.0.contains(part)
    }

    /// Whether it is `text`.
    pub(crate) fn is(self, text: &str) -> bool {
        self.0 == text
    }

    /// Length in bytes.
    pub(crate) const fn len(self) -> usize {
        self.0.len()
    }

    /// Whether nothing is there.
    pub(crate) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Words between white space.
    pub(crate) fn words(self) -> usize {
        self.0.split_whitespace().count()
    }

    /// Lines, without blank ones at either end.
    pub(crate) fn lines(self) -> usize {
        self.0.trim().lines().count()
    }
}

impl std::fmt::Debug for Sensitive<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sensitive(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_value() {
        assert_eq!(format!("{:?}", Some(Sensitive::new("hunter2"))), "Some(Sensitive(…))");
    }

    #[test]
    fn names_before_values_are_split_off() {
        let flag = |text| Sensitive::new(text).flag().map(|(name, value)| (name, value.map(Sensitive::len)));
        assert_eq!(flag("--password=hunter2"), Some(("password", Some(7))));
        assert_eq!(flag("-p"), Some(("p", None)));
        assert_eq!(flag("--two words"), None);
        assert_eq!(flag("plain"), None);
        let key = |text| Sensitive::new(text).assignment().map(|(key, value)| (key, value.len()));
        assert_eq!(key("key=a=b"), Some(("key", 3)));
        let inner = |text| Sensitive::new(text).unquoted().map(Sensitive::len);
        assert_eq!([inner("'ab'"), inner("\"\""), inner("\"ab'"), inner("\"")], [Some(2), Some(0), None, None]);
    }
}
