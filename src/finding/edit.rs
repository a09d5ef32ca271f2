//! Fixes as data: what would repair a finding, and the pure function that applies edits to a text.
//!
//! A [`Fix`] is made with its finding and says everything that its application needs. Nothing here reads or writes a
//! file. The texts of edits are names, settings and line ends, never a value.

use std::sync::Arc;

use crate::rule::Fixable;
use crate::span::Span;

/// What is in a text is replaced by another text. An empty span inserts, an empty text removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced, bytes of the decoded text.
    pub span: Span,
    /// What takes its place.
    pub text: String,
}

impl Edit {
    /// Replaces `span` by `text`.
    #[must_use]
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// Inserts `text` before the byte at `offset`.
    #[must_use]
    pub fn insert(offset: usize, text: impl Into<String>) -> Self {
        Self::replace(Span::new(offset, offset), text)
    }

    /// Removes `span`.
    #[must_use]
    pub fn remove(span: Span) -> Self {
        Self::replace(span, "")
    }
}

/// What would repair a finding. Findings that one repair makes go away together carry equal fixes, to be applied once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Whether it may be applied unseen. Never [`Fixable::No`].
    pub applicability: Fixable,
    /// What it does, imperative, without a full stop: `remove the repeated pull secret`. Never a value.
    pub title: String,
    /// What is done.
    pub kind: FixKind,
}

/// What a fix does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FixKind {
    /// Changes places of one file, all of them or none.
    Edits {
        /// The file, as [`super::Finding::path`] names it; none for the finding's own. It may not exist yet and is then
        /// an empty text.
        path: Option<Arc<str>>,
        /// Sorted, without overlaps.
        edits: Vec<Edit>,
    },
    /// Re-seals a SealedSecret, which needs a private key that opens it.
    Reseal {
        /// The document, as of [`FixKind::Seal`].
        document: Span,
        /// The namespace that it shall be for; none for the one that it has.
        namespace: Option<String>,
        /// Whether it shall be bound to name and namespace, whatever its scope is.
        strict: bool,
    },
    /// Takes the finding's file out of Git's index; it stays where it is. Never safe: whoever pulls the commit loses theirs.
    Untrack {
        /// Edits of the `.gitignore` at the root, which may not exist yet, so that the file is not added again.
        ignore: Vec<Edit>,
    },
    /// Replaces a whole YAML or JSON document, a Secret, by its SealedSecret.
    Seal {
        /// The document, bytes of the decoded text: without comments around it, its markers and the last line's end.
        document: Span,
    },
}

impl Fix {
    /// A fix by edits of the finding's own file, which are sorted.
    #[must_use]
    pub fn edits(applicability: Fixable, title: impl Into<String>, mut edits: Vec<Edit>) -> Self {
        edits.sort_by_key(|edit| edit.span);
        Self { applicability, title: title.into(), kind: FixKind::Edits { path: None, edits } }
    }
}

impl FixKind {
    /// The edits that it makes in another file than the finding's, and that file.
    #[must_use]
    pub fn elsewhere(&self) -> Option<(&str, &[Edit])> {
        match self {
            Self::Edits { path: Some(path), edits } => Some((path, edits)),
            Self::Untrack { ignore } if !ignore.is_empty() => Some((".gitignore", ignore)),
            _ => None,
        }
    }
}

/// Why edits do not apply to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Overlap {
    /// Two of them change the same place.
    #[error("two edits change the same place (bytes {}..{} and {}..{}); apply one of them and check again",
        .first.start, .first.end, .second.start, .second.end)]
    Edits {
        /// The one that begins first.
        first: Span,
        /// The other one.
        second: Span,
    },
    /// One of them is not made for this text.
    #[error("an edit changes bytes {}..{}, which the text does not have; check again, because it changed", .span.start, .span.end)]
    Outside {
        /// Beyond the end, or inside a character.
        span: Span,
    },
}

/// `text` after `edits`, in whatever order they come. Insertions at the same place keep their order, and come before
/// what replaces the text behind that place.
///
/// # Errors
/// Where two edits share a byte, an insertion is inside of what another one replaces, or a span is none of the text.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, Overlap> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| edit.span);
    let mut made = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut last = Span::default();
    for edit in sorted {
        if edit.span.start < last.end {
            return Err(Overlap::Edits { first: last, second: edit.span });
        }
        let outside = Overlap::Outside { span: edit.span };
        text.get(edit.span.range()).ok_or(outside)?;
        made.push_str(text.get(last.end..edit.span.start).ok_or(outside)?);
        made.push_str(&edit.text);
        last = edit.span;
    }
    made.push_str(text.get(last.end..).unwrap_or_default());
    Ok(made)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit::replace(Span::new(start, end), text)
    }

    #[test]
    fn edits_replace_insert_and_remove() {
        let edits = [edit(4, 7, "ghcr"), edit(0, 0, "# "), edit(9, 10, "")];
        assert_eq!(apply("a: 'old' b\n", &edits), Ok("# a: 'ghcr' \n".to_owned()));
        assert_eq!(apply("as it is", &[]), Ok("as it is".to_owned()));
        assert_eq!(apply("", &[edit(0, 0, ".env\n")]), Ok(".env\n".to_owned()));
    }

    #[test]
    fn insertions_keep_their_order() {
        let edits = [edit(1, 1, "1"), edit(1, 2, "X"), edit(1, 1, "2"), edit(2, 2, "3")];
        assert_eq!(apply("abc", &edits), Ok("a12X3c".to_owned()));
    }

    #[test]
    fn what_overlaps_or_lies_outside_is_refused() {
        let overlap = |first: (usize, usize), second: (usize, usize)| {
            Err(Overlap::Edits { first: Span::new(first.0, first.1), second: Span::new(second.0, second.1) })
        };
        assert_eq!(apply("abcd", &[edit(1, 3, "x"), edit(2, 4, "y")]), overlap((1, 3), (2, 4)));
        assert_eq!(apply("abcd", &[edit(1, 3, "x"), edit(1, 3, "x")]), overlap((1, 3), (1, 3)));
        assert_eq!(apply("abcd", &[edit(2, 2, "x"), edit(1, 3, "y")]), overlap((1, 3), (2, 2)));
        for span in [Span::new(3, 5), Span::new(9, 9)] {
            assert_eq!(apply("abcd", &[Edit::remove(span)]), Err(Overlap::Outside { span }));
        }
        let inside = Span::new(0, 1);
        assert_eq!(apply("ü", &[Edit::remove(inside)]), Err(Overlap::Outside { span: inside }));
    }

    /// A text cut into pieces, and for each whether it is replaced and by what.
    fn pieces() -> impl Strategy<Value = Vec<(String, Option<String>)>> {
        proptest::collection::vec(("[a-zü\n]{1,4}", proptest::option::of("[x-z\r]{0,3}")), 0..12)
    }

    proptest! {
        #[test]
        fn only_what_is_named_changes(pieces in pieces(), back in any::<bool>()) {
            let (mut text, mut wanted, mut edits) = (String::new(), String::new(), Vec::new());
            for (piece, new) in &pieces {
                let span = Span::new(text.len(), text.len() + piece.len());
                text.push_str(piece);
                wanted.push_str(new.as_ref().unwrap_or(piece));
                edits.extend(new.as_ref().map(|new| Edit::replace(span, new.as_str())));
            }
            if back {
                edits.reverse();
            }
            prop_assert_eq!(apply(&text, &edits), Ok(wanted));
        }

        #[test]
        fn any_edits_are_applied_or_refused(text in "[aü€\n]{0,12}", spans in proptest::collection::vec((0..16_usize, 0..4_usize), 0..5)) {
            let edits: Vec<Edit> = spans.iter().map(|&(start, len)| Edit::replace(Span::new(start, start + len), "+")).collect();
            if let Ok(made) = apply(&text, &edits) {
                let removed: usize = edits.iter().map(|edit| edit.span.len()).sum();
                prop_assert_eq!(made.len(), text.len() - removed + edits.len());
            }
        }
    }
}
