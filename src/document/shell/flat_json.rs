//! Flat JSON on a command line.

use crate::span::Span;

/// Keys and string values of the flat JSON object at `span` of a script, values as spans of the script.
pub(crate) fn flat_json_entries(script: &str, span: Span) -> Vec<(String, Span)> {
    let text = span.slice(script);
    let mut strings = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'"' {
            at += 1;
            continue;
        }
        // A script may escape the quotes for itself.
        let escaped = at > 0 && bytes[at - 1] == b'\\';
        let start = at + 1;
        at = start;
        while at < bytes.len() && !(bytes[at] == b'"' && (escaped || bytes[at - 1] != b'\\')) {
            at += 1;
        }
        let end = if escaped && at > start { at - 1 } else { at };
        let colon = text.get(at + 1..).unwrap_or_default().trim_start().starts_with(':');
        strings.push((Span::new(start, end.min(bytes.len())), colon));
        at += 1;
    }
    let pairs = strings.windows(2).filter(|pair| pair[0].1 && !pair[1].1);
    let outer = |inner: Span| Span::new(span.start + inner.start, span.start + inner.end);
    pairs.filter_map(|pair| Some((text.get(pair[0].0.range())?.to_owned(), outer(pair[1].0)))).collect()
}
