//! What is searched of a file beside its text or instead of it: a second reading of its bytes, windows of a text that is
//! too large to be held, members of archives, and texts in data files. No other file matters to any of them.

use std::sync::Arc;

use super::make::{self, Made, Seen};
use super::scan::{Scanned, Scanner};
use super::visit::{Content, text_in_container};
use crate::checks::{Draft, Subject};
use crate::container::{self, Fault, Format, Limits, Member, Piece};
use crate::coverage::{Reason, Skipped, Stopped, guarded};
use crate::document::fragment::Lang;
use crate::finding::Finding;
use crate::rule::id;
use crate::source::{self, Large, Named};
use crate::span::{Position, Span};

impl Scanner<'_> {
    /// Searches a text that no other file matters to.
    pub(super) fn search(&self, path: &str, text: &str) -> Made {
        let scanned = self.scan_text(path, text);
        make::findings(self, path, text, scanned.drafts, scanned.allows).with_parts(scanned.parts)
    }

    /// Does `work` on the text of the file at `path`, and searches whatever else is in it.
    pub(super) fn search_content<T: Default>(
        &self,
        path: &str,
        content: Content<'_>,
        work: impl FnOnce(&str) -> T,
    ) -> (T, Made) {
        let decoded = match content {
            Content::Large(large) => return (T::default(), self.search_large(path, large)),
            Content::Text(decoded) => decoded,
            Content::Container(format, bytes) => {
                let parts = self.search_container(path, format, bytes);
                // It may only look like a container.
                return (text_in_container(path, bytes).map(|text| work(&text)).unwrap_or_default(), parts);
            }
        };
        let parts = decoded.other.as_ref().map(|other| self.search_other(path, other)).unwrap_or_default();
        (work(&decoded.text), parts)
    }

    /// Searches another reading of the bytes of the file at `path`. Nothing there can be repaired: it is not what is written.
    pub(super) fn search_other(&self, path: &str, other: &str) -> Made {
        let mut made = self.search(path, other);
        made.findings.iter_mut().for_each(|finding| finding.fix = None);
        made
    }

    /// Searches a text over the limit for credentials, window by window.
    pub(super) fn search_large(&self, path: &str, large: Large<'_>) -> Made {
        let limit = large.limit;
        let mut parts = self.search_windows(path, large);
        parts.notes.push(Skipped::new(path, Reason::SearchedInWindows { limit }));
        parts
    }

    fn search_windows(&self, path: &str, mut large: Large<'_>) -> Made {
        let mut parts = Made::default();
        let mut seen = Seen::default();
        loop {
            match large.next() {
                Ok(Some(window)) if !self.options.is_interrupted() => {
                    let own = Span::from(window.own.clone());
                    let Scanned { mut drafts, allows, parts: unkept, .. } = self.scan_plain(path, &window.text);
                    drafts.retain(|draft| own.start <= draft.span.start && draft.span.start < own.end);
                    let mut made = make::findings_after(&mut seen, self, path, &window.text, drafts, allows);
                    made.extend(unkept);
                    made.findings = made
                        .findings
                        .into_iter()
                        .map(|finding| {
                            moved(Finding { span: finding.span.shift(window.byte), ..finding }, window.position)
                        })
                        .collect();
                    parts.extend(made);
                }
                Ok(_) => break,
                Err(error) => {
                    parts.notes.push(Skipped::new(path, Reason::from(&error)));
                    parts.incomplete = true;
                    break;
                }
            }
        }
        parts
    }

    /// Searches a piece of a text that is too large to be held.
    fn search_piece(&self, path: &str, piece: &Piece<'_>) -> Made {
        let mut scanned = self.scan_plain(path, piece.text);
        let own = Span::from(piece.own.clone());
        scanned.drafts.retain(|draft| own.start <= draft.span.start && draft.span.start < own.end);
        let mut made = make::findings(self, path, piece.text, scanned.drafts, scanned.allows).with_parts(scanned.parts);
        let start = Position { line: piece.lines_before + 1, column: 1 };
        made.findings = made.findings.into_iter().map(|finding| moved(finding, start)).collect();
        made
    }

    /// Searches a member of a container, whose path `inner` is.
    fn search_member(&self, inner: &str, member: Member<'_>, limit: usize) -> Made {
        let named = if member.strings { Named::Text } else { Lang::named(inner) };
        match member.content {
            container::Content::Whole(bytes) => {
                let Some(decoded) = source::decode_for_search(bytes, named) else { return Made::default() };
                let made = self.search(inner, &decoded.text);
                match &decoded.other {
                    Some(other) => made.with_parts(self.search_other(inner, other)),
                    None => made,
                }
            }
            container::Content::Stream { start, rest } => {
                let large = Large::of_text(start, rest, named, limit as u64);
                large.map(|large| self.search_windows(inner, large)).unwrap_or_default()
            }
            container::Content::Piece(piece) => self.search_piece(inner, &piece),
        }
    }

    /// Searches the members of the container at `path`, whose bytes are `bytes`.
    pub(super) fn search_container(&self, path: &str, format: Format, bytes: &[u8]) -> Made {
        let mut parts = Made::default();
        let container: Arc<str> = path.into();
        let limits = Limits::default();
        let faults = container::open(format, path, bytes, &limits, &mut |member: Member<'_>| {
            if self.options.is_interrupted() {
                return;
            }
            let inner = inner_path(path, member.path);
            match guarded(&inner, Stopped::File, || self.search_member(&inner, member, limits.entry)) {
                Ok(made) => parts.extend(made),
                Err(failed) => {
                    parts.notes.push(failed);
                    parts.incomplete = true;
                }
            }
        });
        for (inner, fault) in faults {
            let inner = inner_path(path, &inner);
            match fault {
                Fault::Bomb(_) => {
                    let message =
                        format!("This file is built like an archive bomb ({fault}), so not all of it was checked.");
                    let draft = Draft::new(id::ARCHIVE_BOMB, Subject::Structure, Span::new(0, 0), message);
                    parts.extend(make::findings(self, &inner, "", vec![draft], false));
                }
                fault => parts.notes.push(Skipped::new(inner, Reason::Container(fault))),
            }
        }
        for finding in &mut parts.findings {
            finding.fix = None;
            finding.container = Some(container.clone());
        }
        parts
    }
}

/// The finding of a text that starts at `start` of the whole text.
fn moved(mut finding: Finding, start: Position) -> Finding {
    finding.region.start = start.behind(finding.region.start);
    finding.region.end = start.behind(finding.region.end);
    if let Some(excerpt) = &mut finding.excerpt {
        excerpt.first_line += start.line - 1;
    }
    finding.fix = None;
    finding
}

/// The path that is reported for `inner`, a path in the container at `path`; empty for the container itself.
fn inner_path(path: &str, inner: &str) -> String {
    if inner.is_empty() { path.to_owned() } else { format!("{path}!{inner}") }
}
