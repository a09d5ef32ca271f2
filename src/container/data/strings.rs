//! Runs of printable characters, as `strings` finds them, in what has no reader of its own.
//!
//! Many formats write the length of a text in front of it, as one byte that may be printable itself: a token of 40
//! characters then has `(` in front of it, one of 80 has `P`, which would make another word of it.

use super::Lines;
use crate::container::{Fault, text};

/// Bytes of a text, at least.
const SHORTEST: usize = 4;

/// Hands over each run of printable characters.
pub(super) fn read(bytes: &[u8], lines: &mut Lines<'_>) -> Result<(), Fault> {
    let mut at = 0;
    while at < bytes.len() {
        let length = run(&bytes[at..]);
        if length >= SHORTEST {
            texts(&bytes[at..at + length], lines)?;
        }
        at += length.max(1);
    }
    Ok(())
}

/// The same, and each run in UTF-16.
pub(in crate::container) fn read_wide(bytes: &[u8], lines: &mut Lines<'_>) -> Result<(), Fault> {
    read(bytes, lines)?;
    text::narrow(bytes).map_or(Ok(()), |narrow| read(&narrow, lines))
}

/// Hands over each run of printable ASCII in UTF-32, at any offset and in either byte order.
pub(super) fn read_utf32(bytes: &[u8], lines: &mut Lines<'_>) -> Result<(), Fault> {
    let mut at = 0;
    while at + 4 <= bytes.len() {
        let text: Vec<u8> = bytes[at..]
            .chunks_exact(4)
            .map_while(|unit| match *unit {
                [c @ 0x20..=0x7e, 0, 0, 0] | [0, 0, 0, c @ 0x20..=0x7e] => Some(c),
                _ => None,
            })
            .collect();
        if text.len() >= SHORTEST {
            lines.line(&text)?;
        }
        at += (text.len() * 4).max(1);
    }
    Ok(())
}

/// Length of the printable characters that `bytes` starts with.
fn run(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += match byte {
            0x20..=0x7e | b'\t' | b'\n' | b'\r' => 1,
            0xc2..=0xdf if is_text(bytes, at, 2) => 2,
            0xe0..=0xef if is_text(bytes, at, 3) => 3,
            0xf0..=0xf4 if is_text(bytes, at, 4) => 4,
            _ => break,
        };
    }
    at
}

fn is_text(bytes: &[u8], at: usize, length: usize) -> bool {
    let c = bytes.get(at..at + length).and_then(|bytes| std::str::from_utf8(bytes).ok());
    c.is_some_and(|c| !c.contains(char::is_control))
}

/// Hands over a run: without lengths where it consists of texts with their lengths in front, after at most one other byte.
fn texts(run: &[u8], lines: &mut Lines<'_>) -> Result<(), Fault> {
    for start in [0, 1] {
        if is_counted(&run[start..]) {
            let mut rest = &run[start..];
            while let Some((length, after)) = rest.split_first() {
                let (text, next) = after.split_at_checked(usize::from(*length)).unwrap_or((after, &[]));
                lines.line(text)?;
                rest = next;
            }
            return Ok(());
        }
    }
    lines.line(run)?;
    // A length further behind is only a guess: what follows it is another line, where the length looks like a part of it.
    let first = run.len().saturating_sub(usize::from(b'z') + 1).max(1);
    let glued =
        (first..run.len()).find(|&at| run[at].is_ascii_alphanumeric() && usize::from(run[at]) == run.len() - at - 1);
    glued.map_or(Ok(()), |at| lines.line(&run[at + 1..]))
}

/// Whether a run is one or more texts with their lengths in front.
fn is_counted(mut run: &[u8]) -> bool {
    if run.is_empty() {
        return false;
    }
    while let Some((length, after)) = run.split_first() {
        let length = usize::from(*length);
        if length < SHORTEST || length > after.len() {
            return false;
        }
        run = &after[length..];
    }
    true
}
