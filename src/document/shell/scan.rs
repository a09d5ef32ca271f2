//! Splits a script into commands and here-documents.

use std::borrow::Cow;

use super::{Command, Heredoc, Word};
use crate::document::offset::{Mapped, OffsetMap};
use crate::span::Span;

/// Command substitutions are followed this deep.
const DEPTH: usize = 6;
/// Longest `<placeholder>` that is kept as a word.
const PLACEHOLDER: usize = 80;
/// Longest quoted delimiter of a here-document.
const DELIMITER: usize = 80;

#[derive(Default)]
pub(super) struct Scanned<'a> {
    pub heredocs: Vec<Heredoc>,
    pub commands: Vec<Command<'a>>,
}

pub(super) fn scan(text: &str) -> Scanned<'_> {
    let mut done = Scanned::default();
    let mut todo = vec![(Span::new(0, text.len()), 0)];
    while let Some((span, depth)) = todo.pop() {
        let mut scanner = Scanner::new(text, span);
        scanner.run();
        done.commands.append(&mut scanner.commands);
        done.heredocs.append(&mut scanner.heredocs);
        if depth < DEPTH {
            todo.extend(scanner.nested.into_iter().rev().map(|inner| (inner, depth + 1)));
        }
    }
    done.heredocs.sort_by_key(|heredoc| heredoc.body);
    done.commands.sort_by_key(|command| command.words.first().map(|word| word.span));
    done
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    end: usize,
    words: Vec<Word<'a>>,
    word: Option<Building>,
    /// Delimiters of here-documents whose bodies begin on the next line.
    pending: Vec<(String, Heredoc)>,
    /// A search for a closing bracket or backquote failed, so that none is tried again.
    unclosed: bool,
    /// Insides of command substitutions.
    nested: Vec<Span>,
    commands: Vec<Command<'a>>,
    heredocs: Vec<Heredoc>,
}

/// A word that is being read.
struct Building {
    start: usize,
    mapped: Mapped,
    expanded: Vec<Span>,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, span: Span) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: span.start,
            end: span.end,
            words: Vec::new(),
            word: None,
            pending: Vec::new(),
            unclosed: false,
            nested: Vec::new(),
            commands: Vec::new(),
            heredocs: Vec::new(),
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        let at = self.at + ahead;
        if at < self.end { self.bytes.get(at).copied() } else { None }
    }

    fn run(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' | b'\r' => {
                    self.end_word();
                    self.at += 1;
                }
                b'\n' => {
                    self.end_command();
                    self.at += 1;
                    self.bodies();
                }
                b';' | b'|' | b'&' | b'(' | b')' => {
                    self.end_command();
                    self.at += 1;
                }
                b'#' if self.word.is_none() => {
                    let rest = self.bytes.get(self.at..self.end).unwrap_or_default();
                    self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                }
                b'<' if self.placeholder() => {}
                b'<' if self.heredoc() => {}
                b'<' | b'>' => {
                    self.end_word();
                    self.at += 1;
                }
                _ => self.part(byte, false),
            }
        }
        self.end_command();
    }

    fn building(&mut self) -> &mut Building {
        let start = self.at;
        self.word.get_or_insert_with(|| Building { start, mapped: Mapped::default(), expanded: Vec::new() })
    }

    /// Copies the next `length` bytes into the word.
    fn copy(&mut self, length: usize) {
        let span = Span::new(self.at, self.at + length);
        let piece = span.slice(self.text);
        self.building().mapped.copy(piece, span.start);
        self.at = span.end;
    }

    /// Copies what is expanded.
    fn expansion(&mut self, length: usize) {
        let span = Span::new(self.at, self.at + length);
        self.building().expanded.push(span);
        self.copy(length);
    }

    /// One part of a word; `inside` double quotes.
    fn part(&mut self, byte: u8, inside: bool) {
        match byte {
            b'\\' => self.backslash(inside),
            b'\'' if !inside => self.single(),
            b'"' if !inside => self.double(),
            b'$' => self.dollar(),
            b'`' => match self.close(b'`', 1) {
                Some(length) => {
                    self.nested.push(Span::new(self.at + 1, self.at + length - 1));
                    self.expansion(length);
                }
                None => self.copy(1),
            },
            _ => {
                let stops: &[u8] = if inside { b"\\\"$`" } else { b"\\'\"$` \t\r\n;|&()<>" };
                let rest = self.bytes.get(self.at..self.end).unwrap_or_default();
                let length = rest.iter().skip(1).position(|byte| stops.contains(byte)).map_or(rest.len(), |at| at + 1);
                self.copy(length);
            }
        }
    }

    fn backslash(&mut self, inside: bool) {
        let Some(next) = self.text.get(self.at + 1..self.end).and_then(|rest| rest.chars().next()) else {
            return self.copy(1);
        };
        let carriage = next == '\r' && self.peek(2) == Some(b'\n');
        if next == '\n' || carriage {
            self.at += 2 + usize::from(carriage);
            return;
        }
        if inside && !matches!(next, '"' | '\\' | '$' | '`') {
            return self.copy(1);
        }
        let span = Span::new(self.at, self.at + 1 + next.len_utf8());
        self.building().mapped.escape(next.encode_utf8(&mut [0; 4]), span);
        self.at = span.end;
    }

    fn single(&mut self) {
        let rest = self.bytes.get(self.at + 1..self.end).unwrap_or_default();
        let Some(length) = memchr::memchr(b'\'', rest) else { return self.copy(1) };
        self.building();
        self.at += 1;
        self.copy(length);
        self.at += 1;
    }

    fn double(&mut self) {
        let rest = self.bytes.get(self.at + 1..self.end).unwrap_or_default();
        if memchr::memchr(b'"', rest).is_none() {
            return self.copy(1);
        }
        self.building();
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            if byte == b'"' {
                self.at += 1;
                return;
            }
            self.part(byte, true);
        }
    }

    fn dollar(&mut self) {
        match self.peek(1) {
            Some(b'(') => match self.close(b')', 2) {
                Some(length) => {
                    self.nested.push(Span::new(self.at + 2, self.at + length - 1));
                    self.expansion(length);
                }
                None => self.copy(1),
            },
            Some(b'{') => match self.close(b'}', 2) {
                Some(length) => self.expansion(length),
                None => self.copy(1),
            },
            Some(b'\'') => {
                // `$'…'`
                self.building();
                self.at += 1;
            }
            Some(next) if next.is_ascii_alphabetic() || next == b'_' => {
                let rest = self.bytes.get(self.at + 1..self.end).unwrap_or_default();
                let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                self.expansion(1 + length);
            }
            Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'$' | b'!') => self.expansion(2),
            _ => self.copy(1),
        }
    }

    /// Length up to and with the `closer` of what starts here with `opening` bytes.
    fn close(&mut self, closer: u8, opening: usize) -> Option<usize> {
        if self.unclosed {
            return None;
        }
        let opener = if closer == b')' { b'(' } else { b'{' };
        let mut depth = 0_usize;
        let mut at = self.at + opening;
        while at < self.end {
            match self.bytes[at] {
                b'\\' => at += 1,
                b'\'' if closer != b'`' => {
                    let rest = self.bytes.get(at + 1..self.end).unwrap_or_default();
                    at += memchr::memchr(b'\'', rest).map_or(0, |found| found + 1);
                }
                byte if byte == closer && depth == 0 => return Some(at + 1 - self.at),
                byte if byte == closer => depth -= 1,
                byte if byte == opener && closer != b'`' => depth += 1,
                _ => {}
            }
            at += 1;
        }
        self.unclosed = true;
        None
    }

    /// Takes `<name>` of documentation as text; whether it was one.
    fn placeholder(&mut self) -> bool {
        let rest = self.bytes.get(self.at + 1..self.end.min(self.at + PLACEHOLDER)).unwrap_or_default();
        if !rest.first().is_some_and(u8::is_ascii_alphabetic) {
            return false;
        }
        let glued = self.word.is_some();
        let stops =
            |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') || glued && *byte == b' ');
        let Some(length) = rest.iter().position(stops).filter(|&at| rest[at] == b'>') else { return false };
        self.copy(length + 2);
        true
    }

    /// Takes the operator and delimiter of a here-document; whether it was one.
    fn heredoc(&mut self) -> bool {
        if self.peek(1) != Some(b'<') || self.peek(2) == Some(b'<') || self.at > 0 && self.bytes[self.at - 1] == b'<' {
            return false;
        }
        let dash = self.peek(2) == Some(b'-');
        let rest = self.text.get(self.at + 2 + usize::from(dash)..self.end).unwrap_or_default();
        let name = rest.trim_start_matches([' ', '\t']);
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '!');
        let (quoted, length) = match name.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                let found =
                    name.bytes().skip(1).take(DELIMITER).position(|byte| byte == b'\n' || char::from(byte) == quote);
                let Some(length) = found else { return false };
                (true, length)
            }
            Some('\\') => (true, name.get(1..).map_or(0, |rest| rest.find(|c| !is_part(c)).unwrap_or(rest.len()))),
            Some(c) if c.is_alphabetic() || c == '_' => (false, name.find(|c| !is_part(c)).unwrap_or(name.len())),
            _ => return false,
        };
        let skip = usize::from(quoted);
        let Some(word) = name.get(skip..skip + length).filter(|word| !word.is_empty()) else { return false };
        self.end_word();
        let closing = usize::from(name.starts_with(['\'', '"']));
        let name_at = self.at + 2 + usize::from(dash) + (rest.len() - name.len());
        self.pending.push((word.to_owned(), Heredoc { body: Span::default(), quoted, dash }));
        self.at = name_at + skip + length + closing;
        true
    }

    /// Reads the bodies that begin on this line.
    fn bodies(&mut self) {
        for (word, mut heredoc) in std::mem::take(&mut self.pending) {
            let start = self.at;
            let mut end = self.end;
            while self.at < self.end {
                let rest = self.bytes.get(self.at..self.end).unwrap_or_default();
                let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
                let line = Span::new(self.at, self.at + length);
                self.at = line.end;
                if line.slice(self.text).trim() == word {
                    end = line.start;
                    break;
                }
            }
            heredoc.body = Span::new(start, end);
            self.heredocs.push(heredoc);
        }
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        let span = Span::new(word.start, self.at);
        let raw: &'a str = span.slice(self.text);
        let plain = word.mapped.text == raw;
        self.words.push(Word {
            span,
            expansions: !word.expanded.is_empty(),
            expanded: word.expanded,
            text: if plain { Cow::Borrowed(raw) } else { Cow::Owned(word.mapped.text) },
            map: if plain { OffsetMap::linear(span.start) } else { word.mapped.map },
        });
    }

    fn end_command(&mut self) {
        self.end_word();
        if !self.words.is_empty() {
            self.commands.push(Command { words: std::mem::take(&mut self.words) });
        }
    }
}
