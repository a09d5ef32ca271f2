//! Protocol Buffers without their schema: each field that is text, in the messages that contain it.

use super::take::Take;
use super::{Lines, strings};
use crate::container::Fault;

/// Messages inside messages, at most. What is deeper is searched for runs of printable characters.
const DEPTH: usize = 64;

/// Types of fields.
const COUNTED: u8 = 2;

/// Hands over the texts of a message.
pub(super) fn read(bytes: &[u8], lines: &mut Lines<'_>) -> Result<(), Fault> {
    let mut open = vec![Take(bytes)];
    while let Some(message) = open.last_mut() {
        if message.0.is_empty() {
            open.pop();
            continue;
        }
        let before = *message;
        match field(message) {
            Some((_, Some(content))) => {
                let deep = open.len() >= DEPTH;
                match shape(content) {
                    Shape::Text => lines.line(content)?,
                    Shape::Entry(key, value) => lines.pair(key, value)?,
                    Shape::Message if !deep => open.push(Take(content)),
                    Shape::Message | Shape::Data => strings::read(content, lines)?,
                }
            }
            Some((_, None)) => {}
            None => {
                // Damaged: only the outermost message was not checked before.
                message.0 = &[];
                strings::read(before.0, lines)?;
            }
        }
    }
    Ok(())
}

enum Shape<'a> {
    Text,
    /// A key and a value, as in metadata and maps.
    Entry(&'a [u8], &'a [u8]),
    Message,
    Data,
}

/// What a field contains, which only the schema knows for certain. A message may be printable, too: its first field is
/// then written as a line end and a length.
fn shape(content: &[u8]) -> Shape<'_> {
    const FIRST: u8 = 1 << 3 | COUNTED;
    if !content.starts_with(&[FIRST]) && is_text(content) {
        return Shape::Text;
    }
    let mut rest = Take(content);
    let mut fields = Vec::new();
    while !rest.0.is_empty() {
        let Some(field) = field(&mut rest) else {
            return if is_text(content) { Shape::Text } else { Shape::Data };
        };
        if fields.len() < 3 {
            fields.push(field);
        }
    }
    match fields[..] {
        [(1, Some(key)), (2, Some(value))] if is_text(key) && is_text(value) => Shape::Entry(key, value),
        _ => Shape::Message,
    }
}

/// The next field: its number, and its content where that is not a number.
fn field<'a>(rest: &mut Take<'a>) -> Option<(u64, Option<&'a [u8]>)> {
    /// Beyond what any schema of these formats has.
    const MOST: u64 = 100_000;
    let tag = rest.varint()?;
    let number = tag >> 3;
    if number == 0 || number > MOST {
        return None;
    }
    let content = match u8::try_from(tag & 7).ok()? {
        0 => rest.varint().map(|_| None),
        1 => rest.u64_le().map(|_| None),
        COUNTED => {
            let length = rest.varint();
            rest.counted(length).map(Some)
        }
        5 => rest.u32_le().map(|_| None),
        _ => None,
    };
    Some((number, content?))
}

fn is_text(bytes: &[u8]) -> bool {
    let odd = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(odd))
}
