//! Formats of lines, as SOPS reads them: dotenv (`stores/dotenv`) and INI (`stores/ini`).

use crate::dotenv::{self, Assignment, Line};
use crate::span::{Span, lines_of};

/// A line with a value.
pub(super) struct FlatEntry<'t> {
    /// Section of an INI file, empty in a dotenv file.
    pub(super) section: &'t str,
    pub(super) key: &'t str,
    pub(super) value: &'t str,
    /// Of the key, bytes of the text.
    pub(super) key_span: Span,
    /// Of the value.
    pub(super) span: Span,
    /// Comments right before it, from the last line that was none.
    pub(super) comments: Vec<&'t str>,
}

/// What the lines of a file say.
#[derive(Default)]
pub(super) struct FlatLines<'t> {
    pub(super) entries: Vec<FlatEntry<'t>>,
    /// Lines that the reader of SOPS stops at.
    pub(super) refused: Vec<Span>,
}

/// `KEY=value` and comments.
pub(super) fn dotenv(text: &str) -> FlatLines<'_> {
    let mut found = FlatLines::default();
    let mut comments = Vec::new();
    for line in dotenv::lines(text, false) {
        match line {
            Line::Comment(comment) => comments.push(comment),
            Line::Other(span) => found.refused.push(span),
            // A mark of a merge, which comes with others.
            Line::Assignment(it) if it.key.is_empty() && it.value == "======" => {
                found.refused.push(Span::new(it.key_span.start, it.value_span.end));
            }
            Line::Assignment(Assignment { key, key_span, value, value_span }) => found.entries.push(FlatEntry {
                section: "",
                key,
                value,
                key_span,
                span: value_span,
                comments: std::mem::take(&mut comments),
            }),
        }
    }
    found
}

/// `[section]` and `key = value` or `key: value`.
pub(super) fn ini(text: &str) -> FlatLines<'_> {
    let mut found = FlatLines::default();
    let mut section = "DEFAULT";
    // A value in three quotes goes on to the closing ones.
    let mut inside = false;
    for span in lines_of(text) {
        let (start, line) = (span.start, span.slice(text).trim_end_matches(['\n', '\r']));
        if inside {
            inside = !line.contains("\"\"\"");
            continue;
        }
        let body = line.trim();
        if body.is_empty() || body.starts_with([';', '#']) {
            continue;
        }
        if let Some(name) = body.strip_prefix('[') {
            section = name.split(']').next().unwrap_or_default();
            continue;
        }
        let Some(at) = line.find(['=', ':']) else {
            let conflict = ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker));
            if conflict {
                found.refused.push(Span::new(start, start + line.len()));
            }
            continue;
        };
        let key_span = Span::new(start, start + at).trim(text);
        let mut span = Span::new(start + at + 1, start + line.len()).trim(text);
        let value = span.slice(text);
        inside = value.strip_prefix("\"\"\"").is_some_and(|rest| !rest.contains("\"\"\""));
        let quoted = |quote: char| value.len() >= 2 && value.starts_with(quote) && value.ends_with(quote);
        if ['`', '"', '\''].into_iter().any(quoted) {
            span = Span::new(span.start + 1, span.end - 1);
        }
        let (key, value) = (key_span.slice(text), span.slice(text));
        found.entries.push(FlatEntry { section, key, value, key_span, span, comments: Vec::new() });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lines: &FlatLines<'_>, text: &str) -> Vec<(String, String, String)> {
        let entry = |entry: &FlatEntry<'_>| {
            assert_eq!((entry.key_span.slice(text), entry.span.slice(text)), (entry.key, entry.value));
            (entry.section.to_owned(), entry.key.to_owned(), entry.value.to_owned())
        };
        lines.entries.iter().map(entry).collect()
    }

    #[test]
    fn lines_of_dotenv() {
        let text = "# a\nA=1=2\r\n\nB=\nnonsense\n  \n";
        let read = dotenv(text);
        let entry = |key: &str, value: &str| (String::new(), key.to_owned(), value.to_owned());
        assert_eq!(said(&read, text), [entry("A", "1=2"), entry("B", "")]);
        assert_eq!(read.entries[0].comments, [" a"]);
        assert_eq!(read.refused.iter().map(|span| span.slice(text)).collect::<Vec<_>>(), ["nonsense"]);
    }

    #[test]
    fn lines_of_ini() {
        let text = "top = 1\n; no\n[db]\npassword : `a;b`\nlong = \"\"\"x\ny = 2\n\"\"\"\n[other]\nz=3\n";
        let read = ini(text);
        let entry = |section: &str, key: &str, value: &str| (section.to_owned(), key.to_owned(), value.to_owned());
        let expected = [
            entry("DEFAULT", "top", "1"),
            entry("db", "password", "a;b"),
            entry("db", "long", "\"\"\"x"),
            entry("other", "z", "3"),
        ];
        assert_eq!(said(&read, text), expected);
    }
}
