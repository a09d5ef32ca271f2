//! Scalars that hold a document of their own: a manifest in a block string, JSON in an annotation.

use std::borrow::Cow;

use super::fragment::{Fragment, Host, Lang};
use super::offset::{Mapped, OffsetMap};
use super::yaml::Style;
use crate::span::Span;

/// Undoes the escapes of `body`, the text between double quotes that starts at `base`: those of JSON and of YAML.
pub(crate) fn unescape(body: &str, base: usize) -> Mapped {
    let mut mapped = Mapped::default();
    let mut from = 0;
    while let Some(found) = memchr::memchr(b'\\', body.as_bytes().get(from..).unwrap_or_default()) {
        let at = from + found;
        mapped.copy(body.get(from..at).unwrap_or_default(), base + from);
        let (piece, length) = escape(body.get(at..).unwrap_or_default());
        let outer = Span::new(base + at, base + at + length);
        match piece {
            Some(Piece::Char(piece)) => mapped.escape(piece.encode_utf8(&mut [0; 4]), outer),
            Some(Piece::Nothing) => {}
            None => mapped.copy(body.get(at..at + length).unwrap_or_default(), base + at),
        }
        from = at + length;
    }
    mapped.copy(body.get(from..).unwrap_or_default(), base + from);
    mapped
}

enum Piece {
    Char(char),
    /// A YAML line continuation.
    Nothing,
}

/// What the escape at the start of `text` stands for, and its length in bytes.
fn escape(text: &str) -> (Option<Piece>, usize) {
    let Some(letter) = text.get(1..).and_then(|rest| rest.chars().next()) else { return (None, text.len().min(1)) };
    let simple = match letter {
        'n' => '\n',
        't' | '\t' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        '0' => '\0',
        'a' => '\u{7}',
        'v' => '\u{b}',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        '"' | '\\' | '/' | ' ' | '\'' => letter,
        'x' => return numeric(text, 2),
        'u' => return numeric(text, 4),
        'U' => return numeric(text, 8),
        '\n' | '\r' => {
            let rest = text.get(1..).unwrap_or_default();
            let line = rest.strip_prefix("\r\n").unwrap_or_else(|| rest.get(1..).unwrap_or_default());
            let kept = line.trim_start_matches([' ', '\t']);
            return (Some(Piece::Nothing), text.len() - kept.len());
        }
        other => return (None, 1 + other.len_utf8()),
    };
    (Some(Piece::Char(simple)), 1 + letter.len_utf8())
}

fn numeric(text: &str, digits: usize) -> (Option<Piece>, usize) {
    let Some(code) = hex(text, 2, digits) else { return (None, 2) };
    let length = 2 + digits;
    if digits == 4 && (0xd800..0xdc00).contains(&code) {
        let pair = text.get(length..).filter(|rest| rest.starts_with("\\u")).and_then(|rest| hex(rest, 2, 4));
        if let Some(low) = pair.filter(|low| (0xdc00..0xe000).contains(low)) {
            let joined = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            return (char::from_u32(joined).map(Piece::Char), length + 6);
        }
    }
    (char::from_u32(code).map(Piece::Char), length)
}

fn hex(text: &str, from: usize, digits: usize) -> Option<u32> {
    let digits = text.get(from..from + digits)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

/// The text of a scalar as a document of its own; `node` is its span in `document`, quotes or block header included.
///
/// A block scalar is read in place: its indentation does no harm to YAML and JSON. `None` where the span does not hold
/// what `style` says, or the text is not a document.
pub(crate) fn scalar_fragment(document: &str, node: Span, style: Style) -> Option<Fragment<'_>> {
    let (text, map) = scalar_text(document, node, style)?;
    let lang = guess(&text)?;
    Some(Fragment { text, map, lang, host: Host::BlockString })
}

/// The text of a scalar, escapes undone, and where its bytes are in `document`; a block scalar keeps its indentation.
///
/// `None` where the span does not hold what `style` says.
pub(crate) fn scalar_text(document: &str, node: Span, style: Style) -> Option<(Cow<'_, str>, OffsetMap)> {
    let raw = document.get(node.range())?;
    match style {
        Style::Plain => Some((Cow::Borrowed(raw), OffsetMap::linear(node.start))),
        Style::Literal | Style::Folded => block(document, node),
        Style::Single | Style::Double => {
            let quote = if style == Style::Single { '\'' } else { '"' };
            let body = raw.strip_prefix(quote)?.strip_suffix(quote)?;
            let undo = if style == Style::Single { single } else { unescape };
            let mapped = undo(body, node.start + 1);
            Some((Cow::Owned(mapped.text), mapped.map))
        }
    }
}

fn block(document: &str, node: Span) -> Option<(Cow<'_, str>, OffsetMap)> {
    let raw = document.get(node.range())?;
    // A parser may begin the node at its header or at its content.
    let header = if raw.starts_with(['|', '>']) { memchr::memchr(b'\n', raw.as_bytes())? + 1 } else { 0 };
    let mut start = node.start + header;
    if header == 0 {
        // From the start of the line, so that all lines have their indentation.
        let before = document.get(..start)?;
        let line = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |at| at + 1);
        if before.get(line..)?.trim().is_empty() {
            start = line;
        }
    }
    Some((Cow::Borrowed(document.get(start..node.end)?), OffsetMap::linear(start)))
}

/// `''` is the only escape of a single-quoted scalar.
fn single(body: &str, base: usize) -> Mapped {
    let mut mapped = Mapped::default();
    let mut from = 0;
    while let Some(found) = memchr::memmem::find(body.as_bytes().get(from..).unwrap_or_default(), b"''") {
        let at = from + found;
        mapped.copy(body.get(from..at).unwrap_or_default(), base + from);
        mapped.escape("'", Span::new(base + at, base + at + 2));
        from = at + 2;
    }
    mapped.copy(body.get(from..).unwrap_or_default(), base + from);
    mapped
}

/// The language of a string that holds a document; `None` for any other string.
fn guess(text: &str) -> Option<Lang> {
    let body = text.trim_start();
    if body.starts_with(['{', '[']) && body.contains("\"kind\"") {
        return Some(Lang::Json);
    }
    super::fragment::looks_like_manifest(text).then_some(Lang::Yaml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_json_and_yaml() {
        let body = r#"a\"b\n\u00e9\uD83D\uDE00\x41\/ é"#;
        let done = unescape(body, 3);
        assert_eq!(done.text, "a\"b\né😀A/ é");
        let at = done.text.find('😀').expect("it is there");
        let outer = done.map.outer(Span::new(at, at + 4));
        assert_eq!(&body[outer.start - 3..outer.end - 3], r"\uD83D\uDE00");
        let last = done.map.outer(Span::new(done.text.len() - 2, done.text.len()));
        assert_eq!(&body[last.start - 3..], "é");
        assert_eq!(last.end - 3, body.len());
    }

    #[test]
    fn faulty_escapes_stay() {
        for body in ["\\q", "\\u12", "\\ud800", "\\", "\\é", "\\x", "\\u00é0", "a\\U00110000"] {
            let done = unescape(body, 0);
            assert!(done.text.contains('\\'), "{body}: {}", done.text);
        }
    }

    #[test]
    fn a_line_continuation_joins() {
        assert_eq!(unescape("a\\\n   b", 0).text, "ab");
    }

    #[test]
    fn every_style_of_a_scalar_manifest() {
        let double = r#"x: "kind: Secret\nstringData:\n  a: hunter2\n""#;
        let single = "x: '{\"kind\": \"Secret\", \"a\": \"it''s hunter2\"}'";
        let literal = "x: |-\n  kind: Secret\n  stringData:\n    a: hunter2\ny: 1";
        let whole = |text: &str| Span::new(3, text.len());
        for (text, node, style, lang) in [
            (double, whole(double), Style::Double, Lang::Yaml),
            (single, whole(single), Style::Single, Lang::Json),
            (literal, Span::new(3, literal.len() - 5), Style::Literal, Lang::Yaml),
            (literal, Span::new(8, literal.len() - 5), Style::Literal, Lang::Yaml),
        ] {
            let fragment = scalar_fragment(text, node, style).expect("it is a manifest");
            assert_eq!(fragment.lang, lang);
            let at = fragment.text.find("hunter2").expect("the value is there");
            assert_eq!(fragment.map.outer(Span::new(at, at + 7)).slice(text), "hunter2");
        }
        assert!(scalar_fragment("a: b", Span::new(3, 4), Style::Plain).is_none());
        assert!(scalar_fragment("a: b", Span::new(3, 9), Style::Literal).is_none());
    }
}
