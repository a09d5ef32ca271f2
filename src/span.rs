//! Byte spans and the only line and column arithmetic of the program.
//!
//! Everything inside works with [`Span`]s, byte offsets into the decoded text of one source. A [`Position`] is
//! computed once, when a finding is made, by a [`LineIndex`].

use std::cell::Cell;
use std::ops::Range;
use std::sync::OnceLock;

/// A half-open range of byte offsets into the decoded text of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` (inclusive) to `end` (exclusive), in bytes. An `end` before `start` gives an empty span.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether the span holds no byte.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether the two spans share a byte. An empty span overlaps nothing.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` lies wholly inside this span.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The same span moved `by` bytes to the right.
    #[must_use]
    pub fn shift(self, by: usize) -> Self {
        Self { start: self.start + by, end: self.end + by }
    }

    /// The span as an index range.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Without white space at either end.
    pub(crate) fn trim(self, text: &str) -> Self {
        let whole = self.slice(text);
        let start = self.start + (whole.len() - whole.trim_start().len());
        Self::new(start, start + whole.trim().len())
    }

    /// The text under the span; empty where the span does not lie on character boundaries of `text`.
    #[must_use]
    pub fn slice(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or_default()
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// The lines of `text`, each with the LF that ends it.
pub(crate) fn lines_of(text: &str) -> impl Iterator<Item = Span> {
    let mut end = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = end;
        end += line.len();
        Span::new(start, end)
    })
}

/// The start of the line that holds `offset`.
pub(crate) fn line_start(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    memchr::memrchr2(b'\n', b'\r', before).map_or(0, |at| at + 1)
}

/// The end of the line that holds `offset`, before its line break.
pub(crate) fn line_end(text: &str, offset: usize) -> usize {
    let after = text.as_bytes().get(offset..).unwrap_or_default();
    memchr::memchr2(b'\n', b'\r', after).map_or(text.len(), |at| offset + at)
}

/// The line break that stands at `offset`; empty where none does.
pub(crate) fn break_at(text: &str, offset: usize) -> &str {
    let after = text.get(offset..).unwrap_or_default();
    ["\r\n", "\n", "\r"].into_iter().find(|end| after.starts_with(end)).unwrap_or_default()
}

/// How lines end around `offset`: as its own line does, else as the first one.
pub(crate) fn line_break(text: &str, offset: usize) -> &str {
    let own = break_at(text, line_end(text, offset));
    let found = if own.is_empty() { break_at(text, line_end(text, 0)) } else { own };
    if found.is_empty() { "\n" } else { found }
}

/// A place in a text as people and SARIF count it: one-based line, one-based column in UTF-16 code units.
///
/// The unit is SARIF's default `columnKind` (`docs/facts/sarif-github.md`), which is also what editors use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// One-based line.
    pub line: usize,
    /// One-based column in UTF-16 code units.
    pub column: usize,
}

impl Position {
    /// The start of a text.
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// Where `inner`, a place in a text that starts here, is in the text around it.
    #[must_use]
    pub(crate) fn behind(self, inner: Self) -> Self {
        let column = if inner.line == 1 { self.column + inner.column - 1 } else { inner.column };
        Self { line: self.line + inner.line - 1, column }
    }
}

/// Start and (exclusive) end of a span as positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    /// Position of the first character.
    pub start: Position,
    /// Position one past the last character.
    pub end: Position,
}

/// Byte offsets at which the lines of a text start. A line ends at LF, CRLF or a lone CR.
pub(crate) struct LineIndex {
    starts: Vec<usize>,
    /// UTF-16 units before every [`STEP`] bytes, counted once a long line asks for them.
    units: OnceLock<Vec<usize>>,
}

/// Bytes between two counted places, and of the longest line whose columns are counted from its start.
const STEP: usize = 4096;

/// UTF-16 units of the characters that begin in `bytes`, a part of a UTF-8 text: two for one of four bytes.
fn units(bytes: &[u8]) -> usize {
    bytes.iter().map(|&byte| usize::from(byte & 0xc0 != 0x80) + usize::from(byte >= 0xf0)).sum()
}

impl LineIndex {
    /// Indexes the lines of `text`.
    pub(crate) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            let crlf = bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n');
            if !crlf {
                starts.push(at + 1);
            }
        }
        Self { starts, units: OnceLock::new() }
    }

    /// Zero-based index of the line that holds byte `offset`.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// Span of zero-based line `line` in `text`, without its line break. An index past the end gives the empty end span.
    pub(crate) fn line_span(&self, text: &str, line: usize) -> Span {
        let Some(&start) = self.starts.get(line) else {
            return Span::new(text.len(), text.len());
        };
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        let body = text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r']);
        Span::new(start, start + body.len())
    }

    /// Position of byte `offset` of `text`. An offset past the end, or inside a character, is moved back to the nearest boundary.
    pub(crate) fn position(&self, text: &str, offset: usize) -> Position {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_of(offset);
        let start = self.starts[line];
        let column = match offset - start {
            0..=STEP => units(&text.as_bytes()[start..offset]),
            _ => self.units_before(text, offset) - self.units_before(text, start),
        };
        Position { line: line + 1, column: column + 1 }
    }

    /// UTF-16 units of `text` before byte `offset`, without counting all of them again for each place of a long line.
    fn units_before(&self, text: &str, offset: usize) -> usize {
        let bytes = text.as_bytes();
        let counted = self.units.get_or_init(|| {
            let sums = bytes.chunks(STEP).scan(0, |sum, chunk| {
                *sum += units(chunk);
                Some(*sum)
            });
            std::iter::once(0).chain(sums).collect()
        });
        let place = offset / STEP;
        counted[place] + units(&bytes[place * STEP..offset])
    }

    /// Region of `span` in `text`.
    pub(crate) fn region(&self, text: &str, span: Span) -> Region {
        Region { start: self.position(text, span.start), end: self.position(text, span.end) }
    }
}

/// Positions of places that mostly stand near each other: counts lines from the last one, and indexes nothing.
///
/// For the few places of a large text this costs a fraction of a [`LineIndex`]; the answers are the same.
pub(crate) struct LineCursor<'t> {
    text: &'t str,
    /// Set where lines end in other ways than LF and CRLF, or are long.
    index: OnceLock<LineIndex>,
    has_cr: OnceLock<bool>,
    /// An offset and the zero-based line that holds it.
    last: Cell<(usize, usize)>,
}

impl<'t> LineCursor<'t> {
    /// For places of `text`.
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, index: OnceLock::new(), has_cr: OnceLock::new(), last: Cell::new((0, 0)) }
    }

    /// Region of `span`.
    pub(crate) fn region(&self, span: Span) -> Region {
        Region { start: self.position(span.start), end: self.position(span.end) }
    }

    /// The same as [`LineIndex::position`].
    pub(crate) fn position(&self, offset: usize) -> Position {
        let bytes = self.text.as_bytes();
        let mut offset = offset.min(bytes.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let start = memchr::memrchr(b'\n', &bytes[..offset]).map_or(0, |at| at + 1);
        let has_cr = || *self.has_cr.get_or_init(|| memchr::memchr(b'\r', bytes).is_some());
        if offset - start > STEP || has_cr() {
            return self.index.get_or_init(|| LineIndex::new(self.text)).position(self.text, offset);
        }
        let (from, line) = self.last.get();
        let breaks = |stretch: &[u8]| memchr::memchr_iter(b'\n', stretch).count();
        let line =
            if offset >= from { line + breaks(&bytes[from..offset]) } else { line - breaks(&bytes[offset..from]) };
        self.last.set((offset, line));
        Position { line: line + 1, column: units(&bytes[start..offset]) + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_says_what_an_index_says() {
        for text in ["", "a\nb\n\nc", "é\n😀x\n", "a\r\nb\rc\nd", &format!("a\n{}x\nb", "é".repeat(4_000))] {
            let (cursor, index) = (LineCursor::new(text), LineIndex::new(text));
            // Forth, back, and past the end.
            for offset in (0..text.len() + 3).chain((0..text.len()).rev().step_by(3)) {
                assert_eq!(cursor.position(offset), index.position(text, offset), "{offset}");
            }
        }
    }

    #[test]
    fn columns_count_utf16_units() {
        let text = "é€😀 token = x";
        let at = text.find('x').expect("the text has an x");
        assert_eq!(LineIndex::new(text).position(text, at), Position { line: 1, column: 14 });
    }

    #[test]
    fn columns_of_long_lines_are_the_same() {
        let text = format!("x\n{}", "é€😀a".repeat(3_000));
        let lines = LineIndex::new(&text);
        for (offset, _) in text.char_indices().skip(2).step_by(997) {
            let slow: usize = text[2..offset].chars().map(char::len_utf16).sum();
            assert_eq!(lines.position(&text, offset), Position { line: 2, column: slow + 1 }, "{offset}");
        }
        assert_eq!(lines.position(&text, text.len()).column, 3_000 * 5 + 1);
    }

    #[test]
    fn every_line_break_counts_once() {
        let text = "a\r\nb\rc\nd";
        let lines = LineIndex::new(text);
        let spans: Vec<_> = (0..4).map(|line| lines.line_span(text, line).slice(text)).collect();
        assert_eq!(spans, ["a", "b", "c", "d"]);
        assert_eq!(lines.position(text, text.len()), Position { line: 4, column: 2 });
    }

    #[test]
    fn an_offset_inside_a_character_moves_back() {
        let text = "😀x";
        assert_eq!(LineIndex::new(text).position(text, 2), Position { line: 1, column: 1 });
    }
}
