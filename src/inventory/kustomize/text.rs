//! Texts of a build, which may be unknown, and answers that may be so.

use std::borrow::Cow;

use crate::inventory::Stated;

/// A name or a namespace in a build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Text<'a> {
    /// It is not there.
    #[default]
    Absent,
    /// It is this.
    Known(Cow<'a, str>),
    /// It depends on something that the files do not say.
    Unknown,
}

impl<'a> Text<'a> {
    /// What a file states.
    #[must_use]
    pub fn of(stated: &'a Stated) -> Self {
        match stated {
            Stated::Absent => Self::Absent,
            Stated::Known(text) => Self::Known(Cow::Borrowed(text)),
            Stated::Unknown => Self::Unknown,
        }
    }

    /// The text, where it is known.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            _ => None,
        }
    }

    /// The text, or `absent` where nothing is there; nothing where it is not known.
    pub(super) fn known_or<'t>(&'t self, absent: &'t str) -> Option<&'t str> {
        match self {
            Self::Absent => Some(absent),
            Self::Known(text) => Some(text),
            Self::Unknown => None,
        }
    }

    /// The same, independent of the files.
    pub(crate) fn to_stated(&self) -> Stated {
        match self {
            Self::Absent => Stated::Absent,
            Self::Known(text) => Stated::Known((**text).into()),
            Self::Unknown => Stated::Unknown,
        }
    }

    /// Both texts, one after the other.
    pub(super) fn join(&self, next: &Self) -> Self {
        match (self, next) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Absent, text) | (text, Self::Absent) => text.clone(),
            (Self::Known(first), Self::Known(second)) => Self::Known(Cow::Owned(format!("{first}{second}"))),
        }
    }

    /// Whether it is `text`, which is empty where nothing is there.
    pub(super) fn is(&self, text: &str) -> Match {
        self.known_or("").map_or(Match::Maybe, |own| Match::from(own == text))
    }
}

/// Whether something is so. The order makes the least of several the answer to whether all are so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Match {
    No,
    Maybe,
    Yes,
}

impl From<bool> for Match {
    fn from(so: bool) -> Self {
        if so { Self::Yes } else { Self::No }
    }
}

impl Match {
    pub(super) fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }

    pub(super) fn possible(self) -> bool {
        self != Self::No
    }
}
