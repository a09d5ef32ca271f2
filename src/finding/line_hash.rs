//! GitHub's line fingerprint, so that the SARIF report carries the value that the upload action would compute itself.
//!
//! The algorithm is the one of `github/codeql-action` (`src/fingerprints.ts`): for each line, a polynomial hash
//! (multiplier 37, modulo 2^64) of the 100 UTF-16 code units that follow its start, spaces and tabs left out, every kind
//! of line end counted as one LF, `0xFFFF` at the end of the text and zeros after that. Lines with equal hashes are
//! told apart by a running number. A value that differs from GitHub's own makes the upload warn for every alert.
//!
//! The hash of a line that contains a secret is a function of the secret. It cannot be avoided where GitHub is to
//! recognise an alert (the action computes the same number from the file), and 64 bits of a 100-character window do
//! not give a strong value back; a weak one could be guessed. So the hash belongs into the SARIF report, which
//! goes where the file itself already is, and nowhere else: no other format, no baseline, no log.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Characters of one window.
const WINDOW: usize = 100;
/// Multiplier of the polynomial.
const FACTOR: u64 = 37;
/// `FACTOR` to the power of `WINDOW`, modulo 2^64: the weight of the unit that leaves the window.
const LEAVING: u64 = power(FACTOR, WINDOW);
/// What is at the end of a text.
const END: u16 = 0xFFFF;

const fn power(base: u64, exponent: usize) -> u64 {
    let mut result = 1_u64;
    let mut done = 0;
    while done < exponent {
        result = result.wrapping_mul(base);
        done += 1;
    }
    result
}

/// The hashes of the lines of one file. Nothing is computed before the first [`LineHashes::hash_of`].
pub(crate) struct LineHashes<'a> {
    text: &'a str,
    lines: OnceLock<Vec<(u64, u32)>>,
}

impl<'a> LineHashes<'a> {
    /// For a file whose text is `text`. A byte order mark counts for GitHub.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, lines: OnceLock::new() }
    }

    /// The fingerprint of the one-based `line`: hexadecimal hash, a colon, and which of the lines with this hash it is.
    /// Empty for a line that the text does not have.
    pub(crate) fn hash_of(&self, line: usize) -> String {
        let lines = self.lines.get_or_init(|| hashes(self.text));
        let found = line.checked_sub(1).and_then(|index| lines.get(index));
        found.map(|(hash, occurrence)| format!("{hash:x}:{occurrence}")).unwrap_or_default()
    }
}

/// Hash and occurrence of every line, in order.
fn hashes(text: &str) -> Vec<(u64, u32)> {
    let mut rolling = Rolling::default();
    let mut after_cr = false;
    for unit in text.encode_utf16() {
        let second_of_crlf = after_cr && unit == u16::from(b'\n');
        after_cr = unit == u16::from(b'\r');
        if unit == u16::from(b' ') || unit == u16::from(b'\t') || second_of_crlf {
            continue;
        }
        rolling.read(if after_cr { u16::from(b'\n') } else { unit });
    }
    rolling.read(END);
    rolling.finish()
}

/// The window that moves over the text.
struct Rolling {
    hash: u64,
    window: [u16; WINDOW],
    /// Whether the unit at that place of the window begins a line whose hash is still to come.
    begins_line: [bool; WINDOW],
    at: usize,
    at_line_start: bool,
    counts: HashMap<u64, u32>,
    lines: Vec<(u64, u32)>,
}

impl Default for Rolling {
    fn default() -> Self {
        Self {
            hash: 0,
            window: [0; WINDOW],
            begins_line: [false; WINDOW],
            at: 0,
            at_line_start: true,
            counts: HashMap::new(),
            lines: Vec::new(),
        }
    }
}

impl Rolling {
    fn read(&mut self, unit: u16) {
        self.emit();
        self.begins_line[self.at] = std::mem::replace(&mut self.at_line_start, unit == u16::from(b'\n'));
        self.push(unit);
    }

    /// Records the line whose window is full, where one is.
    fn emit(&mut self) {
        if std::mem::take(&mut self.begins_line[self.at]) {
            let count = self.counts.entry(self.hash).or_insert(0);
            *count += 1;
            self.lines.push((self.hash, *count));
        }
    }

    fn push(&mut self, unit: u16) {
        let leaving = std::mem::replace(&mut self.window[self.at], unit);
        let shifted = self.hash.wrapping_mul(FACTOR).wrapping_add(u64::from(unit));
        self.hash = shifted.wrapping_sub(LEAVING.wrapping_mul(u64::from(leaving)));
        self.at = (self.at + 1) % WINDOW;
    }

    fn finish(mut self) -> Vec<(u64, u32)> {
        for _ in 0..WINDOW {
            self.emit();
            self.push(0);
        }
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the action's own code printed under node 20 (`fingerprints.ts` at commit f3f1edbe).
    const VECTORS: &str = include_str!("../../tests/data/line_hashes.json");

    #[derive(serde::Deserialize)]
    struct Vector {
        name: String,
        #[serde(default)]
        text: String,
        #[serde(default)]
        bytes: Vec<u8>,
        hashes: Vec<String>,
    }

    #[test]
    fn agrees_with_githubs_action() {
        let vectors: Vec<Vector> = serde_json::from_str(VECTORS).expect("the vectors are JSON");
        assert!(vectors.len() >= 15, "{} vectors", vectors.len());
        for vector in vectors {
            let bytes = if vector.bytes.is_empty() { vector.text.as_bytes() } else { &vector.bytes };
            let text = String::from_utf8_lossy(bytes);
            let hashes = LineHashes::new(&text);
            let found: Vec<String> = (1..=vector.hashes.len()).map(|line| hashes.hash_of(line)).collect();
            assert_eq!(found, vector.hashes, "{}", vector.name);
            assert_eq!(hashes.hash_of(vector.hashes.len() + 1), "", "{}: one line too many", vector.name);
        }
    }

    #[test]
    fn a_line_that_does_not_exist_has_no_hash() {
        assert_eq!(LineHashes::new("a").hash_of(0), "");
        assert_eq!(LineHashes::new("a").hash_of(2), "");
        assert_eq!(LineHashes::new("").hash_of(1), "c129715d7a2bc9a3:1");
    }
}
