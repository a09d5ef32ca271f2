//! Offsets of a text that was taken out of another one, and back.
//!
//! A fragment may be copied with changes: escape sequences become characters, pieces are joined. An [`OffsetMap`]
//! knows where in the outer text each byte of the inner one is.

use crate::span::Span;

/// A run of inner bytes, up to the next segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    inner: usize,
    outer: usize,
    /// Outer bytes of an escape sequence that all inner bytes of the run stand for; `None` where the run is a copy.
    escape: Option<usize>,
}

/// Maps offsets of an inner text to offsets of the text around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetMap {
    /// Sorted by `inner`; never empty, the first begins at 0.
    segments: Vec<Segment>,
}

impl Default for OffsetMap {
    fn default() -> Self {
        Self::linear(0)
    }
}

impl OffsetMap {
    /// The inner text is the outer one from `base` on, byte for byte.
    pub(crate) fn linear(base: usize) -> Self {
        Self { segments: vec![Segment { inner: 0, outer: base, escape: None }] }
    }

    /// From inner offset `inner` on, the text is a copy of the outer text from `outer` on; or, with `escape`, stands for
    /// that many outer bytes as a whole. Offsets must come in order; a push at the last one replaces it.
    pub fn push(&mut self, inner: usize, outer: usize, escape: Option<usize>) {
        let segment = Segment { inner, outer, escape };
        while self.segments.last().is_some_and(|last| last.inner >= inner) {
            self.segments.pop();
        }
        let first = if self.segments.is_empty() { Segment { inner: 0, ..segment } } else { segment };
        let continues = self.segments.last().is_some_and(|last| {
            last.escape.is_none() && escape.is_none() && last.outer.checked_add(inner - last.inner) == Some(outer)
        });
        if !continues {
            self.segments.push(first);
        }
    }

    fn index(&self, inner: usize) -> usize {
        self.segments.partition_point(|segment| segment.inner <= inner).saturating_sub(1)
    }

    /// Where the byte at `inner` starts outside.
    #[must_use]
    pub fn start(&self, inner: usize) -> usize {
        let segment = self.segments[self.index(inner)];
        segment.outer + if segment.escape.is_some() { 0 } else { inner - segment.inner }
    }

    /// Where the byte before `inner` ends outside.
    #[must_use]
    pub fn end(&self, inner: usize) -> usize {
        let Some(last) = inner.checked_sub(1) else { return self.start(0) };
        let segment = self.segments[self.index(last)];
        segment.outer + segment.escape.unwrap_or(inner - segment.inner)
    }

    /// The outer span of an inner one. One that meets an escape sequence takes all of it.
    #[must_use]
    pub fn outer(&self, span: Span) -> Span {
        let start = self.start(span.start);
        if span.is_empty() { Span::new(start, start) } else { Span::new(start, self.end(span.end)) }
    }

    /// This map followed by `outer`, which maps its outer text to one further out.
    #[must_use]
    pub fn then(&self, outer: &Self) -> Self {
        let mut joined = Self { segments: Vec::with_capacity(self.segments.len()) };
        for (index, segment) in self.segments.iter().enumerate() {
            if let Some(length) = segment.escape {
                let span = outer.outer(Span::new(segment.outer, segment.outer + length));
                joined.push(segment.inner, span.start, Some(span.len()));
                continue;
            }
            let length = self.segments.get(index + 1).map(|next| next.inner - segment.inner);
            let first = outer.index(segment.outer);
            for (nth, far) in outer.segments[first..].iter().enumerate() {
                let skipped = far.inner.saturating_sub(segment.outer);
                if nth > 0 && length.is_some_and(|length| skipped >= length) {
                    break;
                }
                let into = if far.escape.is_some() { 0 } else { segment.outer.saturating_sub(far.inner) };
                joined.push(segment.inner + skipped, far.outer + into, far.escape);
            }
        }
        joined
    }
}

/// A text that is put together from an outer one, with its map.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mapped {
    /// The text so far.
    pub text: String,
    /// Its map.
    pub map: OffsetMap,
}

impl Mapped {
    /// Adds `piece`, a copy of the outer text at `outer`.
    pub(crate) fn copy(&mut self, piece: &str, outer: usize) {
        if !piece.is_empty() {
            self.map.push(self.text.len(), outer, None);
            self.text.push_str(piece);
        }
    }

    /// Adds `piece`, which stands for the outer bytes of `outer` as a whole.
    pub(crate) fn escape(&mut self, piece: &str, outer: Span) {
        if !piece.is_empty() {
            self.map.push(self.text.len(), outer.start, Some(outer.len()));
            self.text.push_str(piece);
        }
    }

    /// Adds a text that was put together from the same outer one.
    pub(crate) fn join(&mut self, piece: &Self) {
        if piece.text.is_empty() {
            return;
        }
        let base = self.text.len();
        for segment in &piece.map.segments {
            self.map.push(base + segment.inner, segment.outer, segment.escape);
        }
        self.text.push_str(&piece.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ab\ncd` of `"ab\\ncd"` at 10.
    fn escaped() -> Mapped {
        let mut mapped = Mapped::default();
        mapped.copy("ab", 11);
        mapped.escape("\n", Span::new(13, 15));
        mapped.copy("cd", 15);
        mapped
    }

    #[test]
    fn spans_cross_escapes() {
        let map = escaped().map;
        assert_eq!(map.outer(Span::new(0, 2)), Span::new(11, 13));
        assert_eq!(map.outer(Span::new(1, 3)), Span::new(12, 15));
        assert_eq!(map.outer(Span::new(2, 3)), Span::new(13, 15));
        assert_eq!(map.outer(Span::new(3, 5)), Span::new(15, 17));
        assert_eq!(map.outer(Span::new(5, 5)), Span::new(17, 17));
    }

    #[test]
    fn pieces_end_where_they_end() {
        let mut mapped = Mapped::default();
        mapped.copy("ab", 5);
        mapped.copy("cd", 20);
        assert_eq!(mapped.map.outer(Span::new(0, 2)), Span::new(5, 7));
        assert_eq!(mapped.map.outer(Span::new(2, 4)), Span::new(20, 22));
        assert_eq!(mapped.map.outer(Span::new(0, 4)), Span::new(5, 22));
    }

    #[test]
    fn maps_compose() {
        let map = escaped().map;
        let slice = OffsetMap::linear(1).then(&map);
        for span in [Span::new(0, 1), Span::new(0, 2), Span::new(1, 2), Span::new(2, 4), Span::new(1, 4)] {
            assert_eq!(slice.outer(span), map.outer(span.shift(1)));
        }
        let further = map.then(&OffsetMap::linear(100));
        assert_eq!(further.outer(Span::new(1, 4)), map.outer(Span::new(1, 4)).shift(100));
        let twice = map.then(&{
            let mut outer = OffsetMap::linear(0);
            outer.push(13, 40, Some(2));
            outer.push(14, 42, Some(6));
            outer.push(15, 48, None);
            outer
        });
        assert_eq!(twice.outer(Span::new(2, 3)), Span::new(40, 48));
        assert_eq!(twice.outer(Span::new(1, 4)), Span::new(12, 49));
    }
}
