//! Texts that keys take: names, paths and globs, and what can be wrong with them.

use super::globs::{self, GlobError};
use crate::error::{quoted, quoted_glob};
use crate::inventory::convention::{is_label, is_subdomain};

/// Names of namespaces, workflows and environments.
pub(super) const LABEL: &str = "use lowercase letters, digits and inner dashes, at most 63 characters (DNS-1123)";
const SUBDOMAIN: &str = "use lowercase letters, digits, inner dashes and dots, at most 253 characters (DNS-1123)";
/// Longest text without a form of its own.
pub(super) const LONGEST: usize = 253;

/// Why a text cannot be the value of a key. What it displays never repeats what may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Invalid {
    #[error("invalid {what} {text}: {expected}")]
    Form { what: &'static str, text: String, expected: String },
    #[error("invalid glob {text}: {why}")]
    Glob { text: String, why: GlobError },
    /// Something else, in a sentence of its own.
    #[error("{0}")]
    Other(String),
}

impl Invalid {
    /// For a text that has to read like a name to be repeated.
    pub(super) fn name(what: &'static str, text: &str, expected: &str) -> Self {
        Self::Form { what, text: quoted(text), expected: expected.to_owned() }
    }

    /// For a path, glob or template, of which only parts are masked.
    pub(super) fn path(what: &'static str, text: &str, expected: &str) -> Self {
        Self::Form { what, text: quoted_glob(text), expected: expected.to_owned() }
    }
}

/// The text where it is `sound`, else the error.
pub(super) fn checked(text: &str, sound: bool, error: impl FnOnce() -> Invalid) -> Result<String, Invalid> {
    if sound { Ok(text.to_owned()) } else { Err(error()) }
}

/// A DNS-1123 label.
pub(super) fn label(text: &str) -> Result<String, Invalid> {
    checked(text, is_label(text), || Invalid::name("name", text, LABEL))
}

/// A DNS-1123 subdomain.
pub(super) fn subdomain(text: &str) -> Result<String, Invalid> {
    checked(text, is_subdomain(text), || Invalid::name("name", text, SUBDOMAIN))
}

pub(super) fn glob(text: &str) -> Result<String, Invalid> {
    globs::check(text).map_err(|why| Invalid::Glob { text: quoted_glob(text), why })?;
    Ok(text.to_owned())
}

/// A path from the root that stays below it.
pub(super) fn inner_path(text: &str) -> Result<String, Invalid> {
    let body = text.strip_prefix("./").unwrap_or(text);
    let part = |part: &str| !matches!(part, "" | "." | "..");
    let sound = body.len() <= 4096 && !body.contains([':', '\\']) && body.split('/').all(part);
    checked(body, sound, || Invalid::path("path", text, "must be a file below the root, relative to it, with `/`"))
}
