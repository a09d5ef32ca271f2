//! Cutting a YAML stream into documents, so that each is parsed alone and a fault in one costs only that one.

use crate::span::Span;

/// Spans of the documents of a YAML stream, in order. The markers `---` and `...` are not part of a document, but what
/// follows `---` on its line is. Documents of nothing but white space, comments and directives are left out.
///
/// A line that starts with a marker always ends a document, also inside a quoted or block scalar (YAML 1.2, 9.1.2), so
/// that cutting needs no parsing.
#[must_use]
pub fn documents(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in line_starts(text) {
        let rest = text.as_bytes().get(line..).unwrap_or_default();
        if !is_marker(rest) {
            continue;
        }
        push(&mut found, text, Span::new(start, line));
        start = line + 3;
    }
    push(&mut found, text, Span::new(start, text.len()));
    found
}

fn line_starts(text: &str) -> impl Iterator<Item = usize> {
    let after = memchr::memchr2_iter(b'\n', b'\r', text.as_bytes()).map(|at| at + 1);
    std::iter::once(0).chain(after)
}

fn is_marker(rest: &[u8]) -> bool {
    (rest.starts_with(b"---") || rest.starts_with(b"..."))
        && matches!(rest.get(3), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

fn push(found: &mut Vec<Span>, text: &str, span: Span) {
    let content = span.slice(text).lines().any(|line| {
        let line = line.trim();
        !(line.is_empty() || line.starts_with('#') || line.starts_with('%'))
    });
    if content {
        found.push(span);
    }
}
