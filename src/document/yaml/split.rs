//! Cutting a YAML stream into documents, so that each is parsed alone and a fault in one costs only that one.

use crate::span::Span;

/// Spans of the documents of a YAML stream, in order. The markers `---` and `...` are not part of a document, but what
/// follows `---` on its line is. Documents of nothing but white space, comments and directives are left out.
///
/// A line that starts with a marker always ends a document, also inside a quoted or block scalar (YAML 1.2, 9.1.2), so
/// that cutting needs no parsing.
pub(crate) fn documents(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in markers(text.as_bytes()) {
        push(&mut found, text, Span::new(start, line));
        start = line + 3;
    }
    push(&mut found, text, Span::new(start, text.len()));
    found
}

/// Offsets of the lines that start with a marker.
fn markers(bytes: &[u8]) -> Vec<usize> {
    let alone = |&at: &usize| {
        let starts = at == 0 || matches!(bytes[at - 1], b'\n' | b'\r');
        starts && matches!(bytes.get(at + 3), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
    };
    let find = |marker: &'static str| memchr::memmem::find_iter(bytes, marker).filter(alone);
    let mut found: Vec<usize> = find("---").chain(find("...")).collect();
    found.sort_unstable();
    found
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
