//! Follows block scalars by indentation, and marks the blanked lines before their content.
//!
//! A block scalar takes its indentation from its first line of content, and a line of more spaces before that one is an
//! error. So such a line gets a `#`, which is a comment where the scalar is itself YAML, a script or a properties file.

use crate::span::Span;

/// White space at the start of `line`, in bytes.
pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// The block scalar that is open, if one is.
#[derive(Default)]
pub(super) struct Blocks {
    /// Indentation of the line with the header of the open block scalar.
    header: Option<usize>,
    /// Whether a line of content was read.
    content: bool,
    /// Blanked lines before the content.
    leading: Vec<Span>,
}

impl Blocks {
    /// Reads the whole lines of `span`, blanked as far as they are.
    pub(super) fn read(&mut self, out: &mut [u8], span: Span) {
        let mut at = span.start;
        while at < span.end {
            let rest = out.get(at..span.end).unwrap_or_default();
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest.get(..length).unwrap_or_default();
            let depth = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let body = line.trim_ascii();
            if !body.is_empty() {
                let opens = is_block_header(body);
                self.line(out, depth, opens);
            }
            at += length + 1;
        }
    }

    fn line(&mut self, out: &mut [u8], depth: usize, opens: bool) {
        if let Some(header) = self.header {
            if depth > header {
                self.settle(out, depth);
                self.content = true;
                return;
            }
            self.settle(out, header + 1);
        }
        self.header = opens.then_some(depth);
        self.content = false;
    }

    /// Notes a line that holds nothing but blanked actions.
    pub(super) fn note_blank(&mut self, line: Span) {
        if self.header.is_some() && !self.content {
            self.leading.push(line);
        }
    }

    /// Ends the text.
    pub(super) fn finish(&mut self, out: &mut [u8]) {
        if let Some(header) = self.header {
            self.settle(out, header + 1);
        }
    }

    /// Marks the leading lines that are longer than the indentation `depth` of the scalar.
    fn settle(&mut self, out: &mut [u8], depth: usize) {
        for line in self.leading.drain(..) {
            let bytes = out.get_mut(line.range()).unwrap_or_default();
            for row in bytes.split_mut(|&byte| byte == b'\n') {
                let room = row.strip_suffix(b"\r").unwrap_or(row).len();
                if let (true, Some(byte)) = (room > depth, row.get_mut(depth)) {
                    *byte = b'#';
                }
            }
        }
    }

    /// Whether `line`, which may start with an action no deeper than the header, still belongs to the open block scalar,
    /// which the text `after` it shows.
    pub(super) fn hold(&self, line: &str, after: &str) -> bool {
        let Some(header) = self.header else { return false };
        if indent(line) > header {
            return false;
        }
        after.split('\n').find(|line| !line.trim().is_empty()).is_some_and(|line| indent(line) > header)
    }
}

/// Whether a line ends with the header of a block scalar.
fn is_block_header(body: &[u8]) -> bool {
    if memchr::memchr2(b'|', b'>', body).is_none() {
        return false;
    }
    let Ok(body) = std::str::from_utf8(body) else { return false };
    if body.starts_with('#') {
        return false;
    }
    let body = body.find(" #").and_then(|at| body.get(..at)).unwrap_or(body).trim_end();
    let head = body.trim_end_matches(|c: char| matches!(c, '+' | '-') || c.is_ascii_digit());
    let Some(before) = head.strip_suffix(['|', '>']) else { return false };
    let before = before.trim_end();
    let last = before.rsplit(' ').next().unwrap_or_default();
    before.is_empty() || before.ends_with(':') || matches!(last, "-" | "---") || last.starts_with(['!', '&'])
}
