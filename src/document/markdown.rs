//! Code blocks of Markdown: fenced ones anywhere, and indented ones that hold manifests.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use super::fragment::{Fragment, Host, Lang, looks_like_manifest};
use super::offset::OffsetMap;
use crate::span::Span;

/// A code block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fence {
    /// The info string; empty for an indented block.
    pub info: String,
    /// From the start of the first content line to the end of the last one.
    pub span: Span,
    /// Whether lines carry a prefix (`> ` or the indentation of a list) that is not content.
    pub prefixed: bool,
    /// The lines of content without prefixes, in order.
    lines: Vec<Span>,
}

/// The fenced code blocks of `text`, and the indented ones that look like manifests.
pub(crate) fn fences(text: &str) -> Vec<Fence> {
    let mut found = Vec::new();
    let mut open: Option<Fence> = None;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info.into_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                let span = Span::new(range.start, range.start);
                open = Some(Fence { info, span, prefixed: false, lines: Vec::new() });
            }
            Event::Text(_) => {
                if let Some(fence) = &mut open {
                    fence.add(text, range);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                let indented = text.get(range).is_some_and(|raw| !raw.trim_start().starts_with(['`', '~']));
                found.extend(open.take().and_then(|fence| fence.close(text, indented)));
            }
            _ => {}
        }
    }
    found
}

impl Fence {
    /// Takes a run of content, which the parser splits at prefixes.
    fn add(&mut self, text: &str, range: Range<usize>) {
        let mut at = range.start;
        for line in text.get(range).unwrap_or_default().split_inclusive('\n') {
            let span = Span::new(at, at + line.len());
            at = span.end;
            match self.lines.last_mut() {
                // The parser gives a CR of its own.
                Some(last) if last.end == span.start && !ends_line(text, *last) => last.end = span.end,
                _ => self.lines.push(span),
            }
        }
    }

    fn close(mut self, text: &str, indented: bool) -> Option<Self> {
        let (first, last) = (self.lines.first()?, self.lines.last()?);
        let start = text.get(..first.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        self.span = Span::new(start, last.end);
        let mut at = start;
        for line in &self.lines {
            self.prefixed |= line.start > at;
            at = line.end;
        }
        if indented && !looks_like_manifest(&self.content(text)) {
            return None;
        }
        Some(self)
    }

    /// The content, with spaces in the place of prefixes, so that offsets count from the start of the span.
    pub(crate) fn content<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let whole = self.span.slice(text);
        if !self.prefixed {
            return Cow::Borrowed(whole);
        }
        let mut out = String::with_capacity(whole.len());
        let mut at = self.span.start;
        for line in &self.lines {
            blank_prefix(&mut out, Span::new(at, line.start).slice(text));
            out.push_str(line.slice(text));
            at = line.end.max(at);
        }
        Cow::Owned(out)
    }
}

fn ends_line(text: &str, span: Span) -> bool {
    span.slice(text).ends_with('\n')
}

fn blank_prefix(out: &mut String, prefix: &str) {
    for byte in prefix.bytes() {
        out.push(if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' });
    }
}

/// The code blocks as fragments, each in the language that its info string names or its content shows.
pub(crate) fn fragments(text: &str) -> Vec<Fragment<'_>> {
    let fragment = |fence: Fence| {
        let content = fence.content(text);
        let lang = Lang::of_info(&fence.info).unwrap_or_else(|| guess(&content));
        Fragment { text: content, map: OffsetMap::linear(fence.span.start), lang, host: Host::Fence }
    };
    fences(text).into_iter().map(fragment).collect()
}

/// The language of a block whose info string does not help.
fn guess(content: &str) -> Lang {
    let body = content.trim_start();
    let script = body.starts_with("#!")
        || body.lines().any(|line| {
            let line = line.trim_start();
            let line = line.strip_prefix("$ ").unwrap_or(line);
            let line = line.strip_prefix("sudo ").unwrap_or(line);
            ["kubectl ", "oc ", "export ", "cat <<", "curl ", "helm "].iter().any(|start| line.starts_with(start))
        });
    match () {
        () if script => Lang::Shell,
        () if body.starts_with(['{', '[']) && body.contains('"') => Lang::Json,
        () if looks_like_manifest(content) => Lang::Yaml,
        () => Lang::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn one(text: &str, lang: Lang, content: &str) {
        let found = fragments(text);
        assert_eq!(found.len(), 1, "{text:?}");
        let fragment = &found[0];
        assert_eq!(fragment.lang, lang, "{text:?}");
        let lines: Vec<_> = fragment.text.lines().map(str::trim_start).collect();
        assert_eq!(lines.join("\n"), content, "{text:?}");
        let at = fragment.text.find("hunter2").expect("the value is there");
        assert_eq!(fragment.map.outer(Span::new(at, at + 7)).slice(text), "hunter2");
    }

    #[test]
    fn fences_anywhere() {
        one("# é\n```yaml\nkind: x\na: hunter2\n```\n", Lang::Yaml, "kind: x\na: hunter2");
        one("~~~ {.bash}\nPW=hunter2\n~~~\n", Lang::Shell, "PW=hunter2");
        one("a\r\n\r\n```yml\r\na: hunter2\r\nb: c\r\n```\r\n", Lang::Yaml, "a: hunter2\nb: c");
        one("> ```yaml\n> a: b\n> c: hunter2\n> ```\n", Lang::Yaml, "a: b\nc: hunter2");
        one("1. do\n\n   ```yaml\n   a: é\n   c: hunter2\n   ```\n", Lang::Yaml, "a: é\nc: hunter2");
        one("- > ```\n  > kind: b\n  > c: hunter2\n", Lang::Yaml, "kind: b\nc: hunter2");
        one("text\n\n    kind: b\n    c: hunter2\n\nmore\n", Lang::Yaml, "kind: b\nc: hunter2");
        one("```yaml\na: hunter2", Lang::Yaml, "a: hunter2");
        one("```\n$ kubectl create hunter2\n```\n", Lang::Shell, "$ kubectl create hunter2");
    }

    #[test]
    fn prefixes_keep_their_width() {
        let text = "> ```yaml\n> a:\n>   b: c\n> ```\n";
        let fence = &fences(text)[0];
        assert!(fence.prefixed);
        assert_eq!(fence.content(text), "  a:\n    b: c\n");
        assert_eq!(fence.span.slice(text), "> a:\n>   b: c\n");
    }

    #[test]
    fn other_indented_blocks_and_empty_fences_are_left() {
        assert!(fences("a\n\n    some code\n\n```yaml\n```\n").is_empty());
    }
}
