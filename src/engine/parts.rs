//! What is searched of a file beside its text or instead of it: a second reading of its bytes, windows of a text that is
//! too large to be held, members of archives, and texts in data files. No other file matters to any of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::made::{Made, Seen};
use super::make;
use super::scan::{Scanned, Scanner};
use super::visit::Content;
use crate::checks::{Draft, Subject};
use crate::container::{self, Fault, Format, Limits, Member, Piece};
use crate::coverage::{Reason, Skipped, Stopped, guarded};
use crate::document::fragment::Lang;
use crate::finding::Finding;
use crate::rule::id;
use crate::source::{self, Decoded, Large, Named, Window};
use crate::span::{Position, Span};

impl Scanner<'_> {
    /// Searches a text that no other file matters to.
    pub(super) fn search(&self, path: &str, text: &str) -> Made {
        let scanned = self.scan_text(path, text);
        make::findings(self, path, text, scanned.drafts, scanned.allows).with_parts(scanned.parts)
    }

    /// The same for a text that nobody can mend, since it is not written so in a file: whether it could not be parsed is given
    /// beside the findings.
    fn search_aside(&self, path: &str, text: &str) -> (Made, bool) {
        let mut scanned = self.scan_text(path, text);
        let all = scanned.drafts.len();
        scanned.drafts.retain(|draft| draft.subject != Subject::Document);
        let unparsed = scanned.drafts.len() < all;
        let mut made = make::findings(self, path, text, scanned.drafts, scanned.allows).with_parts(scanned.parts);
        made.findings.iter_mut().for_each(|finding| finding.fix = None);
        (made, unparsed)
    }

    /// Does `work` on the text of the file at `path`, and searches whatever else is in it.
    pub(super) fn search_content<T: Default>(
        &self,
        path: &str,
        content: Content<'_>,
        work: impl FnOnce(&str) -> T,
    ) -> (T, Made) {
        match content {
            Content::Large(large) => (T::default(), self.search_large(path, large, true)),
            Content::Text(decoded) => self.search_decoded(path, &decoded, work),
            Content::Container(format, bytes) => {
                let mut parts = self.search_container(path, format, bytes);
                // It may only look like a container.
                let text = source::decode_for_search(bytes, Lang::named(path));
                let (done, other) = text.map(|decoded| self.search_decoded(path, &decoded, work)).unwrap_or_default();
                parts.extend(other);
                (done, parts)
            }
        }
    }

    /// The same for a text.
    fn search_decoded<T: Default>(&self, path: &str, decoded: &Decoded<'_>, work: impl FnOnce(&str) -> T) -> (T, Made) {
        let mut parts = Made::default();
        if decoded.looks_binary {
            // Its name says text, its bytes do not: nothing but a credential can be recognised in it.
            parts.notes.push(Skipped::new(path, Reason::Binary));
            for reading in std::iter::once(&*decoded.text).chain(decoded.other.as_deref()) {
                let piece = Piece { text: reading, own: 0..reading.len(), lines_before: 0 };
                parts = parts.with_parts(self.search_piece(path, &piece));
            }
            return (T::default(), parts);
        }
        if decoded.text.starts_with("version https://git-lfs.github.com/spec/") && decoded.bytes < 1024 {
            parts.notes.push(Skipped::new(path, Reason::LfsPointer));
        }
        if let Some(other) = &decoded.other {
            parts.extend(if decoded.encoding.is_wide() {
                // The structure of an honest text is in the first reading.
                self.search_piece(path, &Piece { text: other, own: 0..other.len(), lines_before: 0 })
            } else {
                self.search_aside(path, other).0
            });
        }
        (work(&decoded.text), parts)
    }

    /// Searches a text over the limit for credentials, window by window. `by_option` is as in [`Reason::SearchedInWindows`].
    fn search_large(&self, path: &str, mut large: Large<'_>, by_option: bool) -> Made {
        let mut parts = Made::default();
        let mut seen = Seen::default();
        loop {
            match large.next() {
                Ok(Some((window, other))) if !self.options.is_interrupted() => {
                    let made = self.search_window(path, &window, &mut seen);
                    let other = other.map(|other| self.search_window(path, &other, &mut seen)).unwrap_or_default();
                    parts.extend(made.with_parts(other));
                }
                Ok(_) => break,
                Err(error) => {
                    parts.notes.push(Skipped::new(path, Reason::from(&error)));
                    parts.incomplete = true;
                    break;
                }
            }
        }
        parts.notes.push(Skipped::new(path, Reason::SearchedInWindows { limit: large.limit, by_option }));
        parts
    }

    fn search_window(&self, path: &str, window: &Window, seen: &mut Seen) -> Made {
        let own = Span::from(window.own.clone());
        let Scanned { mut drafts, allows, parts: unkept, .. } = self.scan_plain(path, &window.text);
        drafts.retain(|draft| own.start <= draft.span.start && draft.span.start < own.end);
        let mut made = make::findings_after(seen, self, path, &window.text, drafts, allows);
        made.extend(unkept);
        made.findings = made.findings.into_iter().map(|finding| moved(finding, window.position)).collect();
        made.findings.iter_mut().for_each(|finding| finding.span = finding.span.shift(window.byte));
        made
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
        // What is a container itself is opened too.
        let binary = |head: &[u8]| match container::format_of(inner, head) {
            Some(_) => Made::default(),
            None => Made::left_out(inner, Reason::Binary),
        };
        match member.content {
            container::Content::Whole(bytes) => match source::decode_for_search(bytes, named) {
                Some(decoded) => {
                    let search = |text: &str| self.search_aside(inner, text);
                    let ((mut made, unparsed), parts) = self.search_decoded(inner, &decoded, search);
                    made.notes.extend(unparsed.then(|| Skipped::new(inner, Reason::SearchedAsText)));
                    made.with_parts(parts)
                }
                None => binary(bytes),
            },
            container::Content::Stream { start, rest } => {
                let Some(large) = Large::of_text(start, rest, named, limit as u64) else { return binary(start) };
                self.search_large(inner, large, false)
            }
            container::Content::Piece(piece) => self.search_piece(inner, &piece),
        }
    }

    /// Searches the members of the container at `path`, whose bytes are `bytes`.
    pub(super) fn search_container(&self, path: &str, format: Format, bytes: &[u8]) -> Made {
        let mut parts = Made::default();
        let container: Arc<str> = path.into();
        let limits = Limits::default();
        let mut known = BTreeSet::new();
        let faults = container::open(format, path, bytes, &limits, &mut |member: Member<'_>| {
            if self.options.is_interrupted() {
                return;
            }
            let inner = inner_path(path, member.path);
            match guarded(&inner, Stopped::File, || self.search_member(&inner, member, limits.entry)) {
                Ok(mut made) => {
                    // Rows that SQLite keeps after they were deleted are often copies of others.
                    let file = inner.rsplit_once('!').map_or("", |(file, _)| file).to_owned();
                    let mut is_new =
                        |finding: &Finding| known.insert((file.clone(), finding.rule.clone(), finding.identity.value));
                    made.findings.retain(|finding| is_new(finding) || !inner.ends_with("!deleted"));
                    parts.extend(made);
                }
                Err(failed) => {
                    parts.notes.push(failed);
                    parts.incomplete = true;
                }
            }
        });
        for (inner, fault) in faults {
            parts.extend(self.container_fault(inner_path(path, &inner), fault, bytes));
        }
        for finding in &mut parts.findings {
            finding.fix = None;
            finding.container = Some(container.clone());
        }
        parts
    }

    /// What is said of a fault at `path` in the container whose bytes are `bytes`.
    fn container_fault(&self, path: String, fault: Fault, bytes: &[u8]) -> Made {
        let mut made = Made::default();
        if let Fault::Bomb(_) = fault {
            let message = format!("This file is built like an archive bomb ({fault}), so not all of it was checked.");
            let draft = Draft::new(id::ARCHIVE_BOMB, Subject::Structure, Span::new(0, 0), message);
            made = make::findings(self, &path, "", vec![draft], false);
            // Whoever accepts it accepts these bytes, not what somebody hides behind them later.
            let digest = self.options.digest_key.digest([bytes]);
            made.findings.iter_mut().for_each(|finding| finding.identity.value = digest);
        }
        made.notes.push(Skipped::new(path, Reason::Container(fault)));
        made
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
