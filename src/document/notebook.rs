//! Jupyter notebooks: the sources and outputs of cells as texts, with spans that are true through JSON's escapes.
//!
//! A hand-written walk of the JSON, because a malformed notebook shall still give what can be read of it.

use std::borrow::Cow;

use super::fragment::{Fragment, Host, Lang};
use super::offset::Mapped;
use super::scalar::unescape;
use crate::span::Span;

/// Deeper nesting than this is an error.
const DEPTH: usize = 128;

/// The sources and outputs of the cells of the notebook in `text`, in order of place. Markdown cells are Markdown, `%%bash`
/// ones are shell.
pub(crate) fn read(text: &str) -> Vec<Fragment<'_>> {
    let mut walker = Walker { text, ..Walker::default() };
    walker.blanks();
    walker.value(&mut None);
    walker.texts.into_iter().filter(|found| !found.mapped.text.is_empty()).map(Found::fragment).collect()
}

/// A text of a cell.
struct Found {
    mapped: Mapped,
    cell: usize,
    output: bool,
    markdown: bool,
    html: bool,
}

impl Found {
    fn fragment<'a>(self) -> Fragment<'a> {
        let first = self.mapped.text.lines().next().unwrap_or_default();
        let shell = ["%%bash", "%%sh", "%%script"].iter().any(|magic| first.starts_with(magic));
        let lang = match () {
            () if self.output || self.html => Lang::Other,
            () if self.markdown => Lang::Markdown,
            () if shell => Lang::Shell,
            () => Lang::Python,
        };
        let host = if self.output { Host::Output(self.cell) } else { Host::Cell(self.cell) };
        Fragment { text: Cow::Owned(self.mapped.text), map: self.mapped.map, lang, host }
    }
}

/// One step of the way from the root: a key, or an index that is only counted for cells.
enum Step<'a> {
    Key(&'a str),
    Item,
}

#[derive(Default)]
struct Walker<'a> {
    text: &'a str,
    at: usize,
    path: Vec<Step<'a>>,
    /// Index of the cell that is read.
    cell: usize,
    /// Whether that cell is Markdown or raw, as far as was seen.
    markdown: bool,
    texts: Vec<Found>,
    /// Whether the text is not JSON from here on.
    failed: bool,
}

impl<'a> Walker<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Reads a value. A string is added to `joined`, if the path is that of a text.
    fn value(&mut self, joined: &mut Option<Found>) {
        if self.path.len() > DEPTH {
            self.failed = true;
            return;
        }
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(joined),
            Some(b'"') => {
                if let (Some(body), Some(found)) = (self.string(), joined.as_mut()) {
                    found.mapped.join(&unescape(body.slice(self.text), body.start));
                }
            }
            Some(byte) if byte == b'-' || byte.is_ascii_alphanumeric() => {
                while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.'))
                {
                    self.at += 1;
                }
            }
            _ => self.failed = true,
        }
    }

    /// Reads a string; the span of its body. An open one ends with the text and is an error.
    fn string(&mut self) -> Option<Span> {
        if self.peek() != Some(b'"') {
            self.failed = true;
            return None;
        }
        let start = self.at + 1;
        let mut at = start;
        let bytes = self.text.as_bytes();
        while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
            at += found;
            if bytes[at] == b'"' {
                self.at = at + 1;
                return Some(Span::new(start, at));
            }
            at += 2;
        }
        self.failed = true;
        self.at = bytes.len();
        Some(Span::new(start, bytes.len()))
    }

    fn object(&mut self) {
        self.at += 1;
        let in_cell = matches!(self.path.as_slice(), [.., Step::Key("cells"), Step::Item]);
        let first = self.texts.len();
        if in_cell {
            self.markdown = false;
        }
        loop {
            self.blanks();
            match self.peek() {
                Some(b'}') => {
                    self.at += 1;
                    break;
                }
                Some(b',') => self.at += 1,
                _ if !self.member() => break,
                _ => {}
            }
        }
        if in_cell {
            // The type may follow the source.
            for found in self.texts.iter_mut().skip(first) {
                found.markdown = self.markdown;
            }
            self.cell += 1;
        }
    }

    /// Reads `"key": value`; whether to go on.
    fn member(&mut self) -> bool {
        let Some(key) = self.string() else { return false };
        self.blanks();
        if self.failed || self.peek() != Some(b':') {
            self.failed = true;
            return false;
        }
        self.at += 1;
        self.blanks();
        self.path.push(Step::Key(key.slice(self.text)));
        let before = self.at;
        let mut joined = self.target();
        self.value(&mut joined);
        self.texts.extend(joined);
        if matches!(self.path.as_slice(), [.., Step::Item, Step::Key("cell_type")]) {
            let kind = Span::new(before, self.at).slice(self.text).trim_matches('"');
            self.markdown = kind != "code";
        }
        self.path.pop();
        !self.failed
    }

    fn array(&mut self, joined: &mut Option<Found>) {
        self.at += 1;
        self.path.push(Step::Item);
        while !self.failed {
            self.blanks();
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    break;
                }
                Some(b',') => self.at += 1,
                _ => self.value(joined),
            }
        }
        self.path.pop();
    }

    /// The text that a string or a list of strings at the path belongs to.
    fn target(&self) -> Option<Found> {
        use Step::{Item, Key};
        let (output, html) = match self.path.as_slice() {
            [.., Key("cells"), Item, Key("source" | "input")] => (false, false),
            [.., Key("cells"), Item, Key("outputs"), Item, Key("text" | "traceback" | "evalue")] => (true, false),
            [.., Key("outputs"), Item, Key("data"), Key(mime)] => match *mime {
                "text/html" => (true, true),
                _ if mime.starts_with("text/") || *mime == "application/json" => (true, false),
                _ => return None,
            },
            _ => return None,
        };
        Some(Found { mapped: Mapped::default(), cell: self.cell, output, markdown: false, html })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn stands(text: &str, fragment: &Fragment<'_>, inner: &str, outer: &str) {
        let at = fragment.text.find(inner).expect("the text is there");
        assert_eq!(fragment.map.outer(Span::new(at, at + inner.len())).slice(text), outer);
    }

    #[test]
    fn sources_and_outputs_keep_their_place() {
        let text = r##"{"cells": [
 {"cell_type": "markdown", "source": "# é\nhunter1"},
 {"source": ["import os\n", "PW = \"hunter2\" # \u00e9\ud83d\ude00\n", "x"], "cell_type": "code", "metadata": {"source": "no"},
  "outputs": [{"name": "stdout", "text": ["a\n", "hunter3\n"]},
   {"data": {"text/plain": ["hunter4"], "image/png": "iVBOR", "text/html": "<b>hunter5</b>"}},
   {"ename": "E", "traceback": ["\u001b[0;31m", "hunter6"]}]},
 {"cell_type": "code", "source": ["%%bash\n", "export A=hunter7"], "outputs": []}
], "metadata": {"a": [1, -2.5e+3, true, null]}, "nbformat": 4}
"##;
        let read = read(text);
        let hosts: Vec<_> = read.iter().map(|f| (f.host, f.lang)).collect();
        assert_eq!(
            hosts,
            [
                (Host::Cell(0), Lang::Markdown),
                (Host::Cell(1), Lang::Python),
                (Host::Output(1), Lang::Other),
                (Host::Output(1), Lang::Other),
                (Host::Output(1), Lang::Other),
                (Host::Output(1), Lang::Other),
                (Host::Cell(2), Lang::Shell),
            ]
        );
        for (index, fragment) in read.iter().enumerate() {
            let value = format!("hunter{}", index + 1);
            stands(text, fragment, &value, &value);
        }
        let code = &read[1];
        assert_eq!(code.text, "import os\nPW = \"hunter2\" # é😀\nx");
        stands(text, code, "\"hunter2\"", "\\\"hunter2\\\"");
        stands(text, code, "é😀", "\\u00e9\\ud83d\\ude00");
        stands(text, code, "os\nPW", "os\\n\", \"PW");
        stands(text, code, "x", "x");
    }

    #[test]
    fn a_broken_notebook_gives_what_was_read() {
        for text in [
            r#"{"cells": [{"cell_type": "code", "source": ["a = 'hunter2'"]}, {"source" 1}]}"#,
            r#"{"cells": [{"cell_type": "code", "source": ["a = 'hunter2'"#,
            r#"{"cells": [{"cell_type": "code", "source": ["a = 'hunter2'", x:"#,
        ] {
            let read = read(text);
            stands(text, &read[0], "hunter2", "hunter2");
        }
        for text in ["", "{", "[", "{} {}", "\\", "{\"a\"", "{\"a\":}"] {
            assert!(read(text).is_empty(), "{text}");
        }
        assert!(read(&"[".repeat(100_000)).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_panics(parts in proptest::collection::vec(
            prop_oneof![
                Just("{"), Just("}"), Just("["), Just("]"), Just("\"cells\""), Just(":"), Just("\"source\""), Just(","),
                Just("\""), Just("\\"), Just("\\u"), Just("d83d"), Just("é"), Just("\"outputs\""), Just("\"data\""), Just("1"),
            ],
            0..40,
        )) {
            let text = parts.concat();
            for fragment in read(&text) {
                let outer = fragment.map.outer(Span::new(0, fragment.text.len()));
                prop_assert!(text.get(outer.range()).is_some());
            }
        }
    }
}
