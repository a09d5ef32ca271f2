//! Lines of `KEY=value`, which many programs read and each a little differently: here is what they agree on.

use crate::span::{Span, lines_of};

/// One line, without its line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line<'t> {
    /// What follows a `#` at the start.
    Comment(&'t str),
    /// What is before and after the first `=`, as written.
    Assignment(Assignment<'t>),
    /// Neither, and not blank.
    Other(Span),
}

/// The two sides of a `=`. Spans are bytes of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Assignment<'t> {
    pub(crate) key: &'t str,
    pub(crate) key_span: Span,
    pub(crate) value: &'t str,
    pub(crate) value_span: Span,
}

/// The lines of `text` that are not blank. White space before a key or `#` belongs to the line, unless `indented`.
pub(crate) fn lines(text: &str, indented: bool) -> impl Iterator<Item = Line<'_>> {
    lines_of(text).filter_map(move |line| {
        let body = line.slice(text).trim_end_matches(['\n', '\r']);
        let end = line.start + body.len();
        let body = if indented { body.trim_start() } else { body };
        if body.trim().is_empty() {
            return None;
        }
        let start = end - body.len();
        Some(match (body.strip_prefix('#'), body.split_once('=')) {
            (Some(comment), _) => Line::Comment(comment),
            (None, Some((key, value))) => Line::Assignment(Assignment {
                key,
                key_span: Span::new(start, start + key.len()),
                value,
                value_span: Span::new(end - value.len(), end),
            }),
            (None, None) => Line::Other(Span::new(start, end)),
        })
    })
}

/// The assignments of `text`.
pub(crate) fn assignments(text: &str, indented: bool) -> impl Iterator<Item = Assignment<'_>> {
    lines(text, indented).filter_map(|line| match line {
        Line::Assignment(assignment) => Some(assignment),
        Line::Comment(_) | Line::Other(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_comments_assignments_or_neither() {
        let text = "# a\n A=1=2\r\n\n  #b\nnonsense\n  \nC=";
        let shown = |indented| {
            let shown = lines(text, indented).map(|line| match line {
                Line::Comment(text) => format!("#{text}"),
                Line::Assignment(Assignment { key, key_span, value, value_span }) => {
                    assert_eq!((key_span.slice(text), value_span.slice(text)), (key, value));
                    format!("{key}:{value}")
                }
                Line::Other(span) => span.slice(text).to_owned(),
            });
            shown.collect::<Vec<_>>()
        };
        assert_eq!(shown(false), ["# a", " A:1=2", "  #b", "nonsense", "C:"]);
        assert_eq!(shown(true), ["# a", "A:1=2", "#b", "nonsense", "C:"]);
    }
}
