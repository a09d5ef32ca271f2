//! Collects the text of a data file, one piece a line.

use crate::container::meter::Meter;
use crate::container::{Content, Fault, Member, Piece, name, piece};

/// Bytes of a key that is written in front of its value, at most. It may be written many times.
const KEY: usize = 128;

/// The text of a data file, which is handed over in parts of limited size.
pub(in crate::container) struct Lines<'s> {
    /// Path of the data file.
    file: &'s str,
    /// Path of what the text belongs to: the file, or a part of it with a name.
    path: String,
    text: String,
    lines_before: usize,
    /// Where in `text` the part begins that was not yet handed over.
    own: usize,
    /// Bytes that are handed over at a time, at most.
    most: usize,
    meter: &'s Meter,
    each: &'s mut dyn FnMut(Member<'_>),
}

impl<'s> Lines<'s> {
    pub(in crate::container) fn new(
        file: &'s str,
        most: usize,
        meter: &'s Meter,
        each: &'s mut dyn FnMut(Member<'_>),
    ) -> Self {
        let path = file.to_owned();
        Self { file, path, text: String::new(), lines_before: 0, own: 0, most: most.max(4), meter, each }
    }

    /// A text. Control characters in it end lines.
    pub(super) fn line(&mut self, text: &[u8]) -> Result<(), Fault> {
        let start = self.text.len();
        self.push(text, start);
        self.end_line(start)
    }

    /// A text and what it is called.
    pub(super) fn pair(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        let start = self.text.len();
        let writable = !key.is_empty() && key.len() <= KEY && !key.iter().any(u8::is_ascii_control);
        match std::str::from_utf8(key) {
            Ok(key) if writable && !value.is_empty() => {
                self.text.push_str(key);
                self.text.push_str(" = ");
                let start = self.text.len();
                self.push(value, start);
            }
            _ => {
                self.line(key)?;
                return self.line(value);
            }
        }
        self.end_line(start)
    }

    /// What follows belongs to the part `name` of the file.
    pub(super) fn part(&mut self, name: &[u8]) {
        self.flush();
        self.path = name::joined(self.file, name);
    }

    /// A part of the file that is a text of its own, as it is.
    pub(super) fn file(&mut self, name: &[u8], bytes: &[u8]) -> Result<(), Fault> {
        self.meter.unpacked(bytes.len())?;
        let path = name::joined(self.file, name);
        if !bytes.is_empty() {
            let (start, mut rest) = bytes.split_at(self.most.min(bytes.len()));
            let content =
                if rest.is_empty() { Content::Whole(bytes) } else { Content::Stream { start, rest: &mut rest } };
            (self.each)(Member { path: &path, content, strings: false });
        }
        Ok(())
    }

    /// Counts work that gives no line.
    pub(super) fn charge(&self, bytes: usize) -> Result<(), Fault> {
        self.meter.unpacked(bytes)
    }

    /// Bytes that may be in memory at a time.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Hands over what is left.
    pub(in crate::container) fn finish(mut self) {
        self.flush();
    }

    fn push(&mut self, bytes: &[u8], start: usize) {
        for chunk in bytes.utf8_chunks() {
            let valid = chunk.valid();
            if valid.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
                for c in valid.chars() {
                    match c {
                        '\r' => {}
                        '\t' => self.text.push(c),
                        c if c.is_ascii_control() => self.break_line(start),
                        c => self.text.push(c),
                    }
                }
            } else {
                self.text.push_str(valid);
            }
            if !chunk.invalid().is_empty() {
                self.break_line(start);
            }
        }
    }

    fn break_line(&mut self, start: usize) {
        if self.text.len() > start && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn end_line(&mut self, start: usize) -> Result<(), Fault> {
        self.break_line(start);
        self.meter.unpacked(self.text.len() - start)?;
        while self.text.len() > self.most {
            let end = piece::char_start(&self.text, self.most);
            let (keep, own) = piece::next(&self.text[..end], self.own);
            self.hand_over(end, own);
            self.lines_before += piece::line_ends(&self.text.as_bytes()[..keep]);
            self.own = own - keep;
            self.text.drain(..keep);
        }
        Ok(())
    }

    fn hand_over(&mut self, end: usize, own_end: usize) {
        if self.own < own_end {
            let text = &self.text[..end];
            let is_whole = end == own_end && self.own == 0 && self.lines_before == 0;
            let content = if is_whole {
                Content::Whole(text.as_bytes())
            } else {
                Content::Piece(Piece { text, own: self.own..own_end, lines_before: self.lines_before })
            };
            (self.each)(Member { path: &self.path, content, strings: true });
        }
    }

    fn flush(&mut self) {
        self.hand_over(self.text.len(), self.text.len());
        self.text.clear();
        (self.lines_before, self.own) = (0, 0);
    }
}
