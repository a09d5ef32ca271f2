//! One array of NumPy: text of fixed width, objects (a pickle), or records with text in them. Numbers are left out.

use super::take::Take;
use super::{Lines, pickle, strings};
use crate::container::Fault;

/// Hands over the text of an array, and its header, which names the fields of records.
pub(super) fn read(bytes: &[u8], lines: &mut Lines<'_>) -> Result<(), Fault> {
    let Some((header, data)) = split(bytes) else { return strings::read(bytes, lines).and(Err(Fault::Damaged)) };
    lines.line(header.trim_ascii())?;
    match Content::of(header) {
        Content::Numbers => Ok(()),
        Content::Objects => pickle::read(data, lines),
        Content::Bytes(width) => data.chunks(width).try_for_each(|item| lines.line(unpadded(item))),
        Content::Unicode { width, little } => data.chunks(width).try_for_each(|item| {
            let text: String = item.chunks_exact(4).map_while(|unit| decode(unit, little)).collect();
            lines.line(text.as_bytes())
        }),
        Content::Records => {
            strings::read(data, lines)?;
            strings::read_utf32(data, lines)
        }
    }
}

/// The header and the data of an array.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    const MAGIC: usize = 6;
    let mut rest = Take(bytes.get(MAGIC..)?);
    let version = rest.u8()?;
    rest.u8()?;
    let length = if version == 1 { u64::from(rest.u16_le()?) } else { u64::from(rest.u32_le()?) };
    Some((rest.counted(Some(length))?, rest.0))
}

enum Content {
    Numbers,
    Objects,
    /// So many bytes each.
    Bytes(usize),
    /// So many bytes of UTF-32 each.
    Unicode {
        width: usize,
        little: bool,
    },
    Records,
}

impl Content {
    /// By `'descr': '<U12'` of the header.
    fn of(header: &[u8]) -> Self {
        const KEY: &[u8] = b"'descr':";
        let Some(at) = memchr::memmem::find(header, KEY) else { return Self::Records };
        let rest = header[at + KEY.len()..].trim_ascii_start();
        let Some(text) = rest.strip_prefix(b"'") else { return Self::Records };
        let end = memchr::memchr(b'\'', text).unwrap_or(text.len());
        let (little, kind) = match &text[..end] {
            [b'>', kind @ ..] => (false, kind),
            [b'<' | b'|' | b'=', kind @ ..] => (true, kind),
            kind => (true, kind),
        };
        let width = |unit: usize| {
            let number: Option<usize> = std::str::from_utf8(kind.get(1..)?).ok()?.parse().ok();
            number?.checked_mul(unit).filter(|width| *width > 0)
        };
        match kind.first() {
            Some(b'O') => Self::Objects,
            Some(b'S' | b'a') => width(1).map_or(Self::Records, Self::Bytes),
            Some(b'U') => width(4).map_or(Self::Records, |width| Self::Unicode { width, little }),
            Some(b'b' | b'i' | b'u' | b'f' | b'c' | b'm' | b'M' | b'?' | b'e') => Self::Numbers,
            _ => Self::Records,
        }
    }
}

fn decode(unit: &[u8], little: bool) -> Option<char> {
    let unit: [u8; 4] = unit.try_into().ok()?;
    let number = if little { u32::from_le_bytes(unit) } else { u32::from_be_bytes(unit) };
    char::from_u32(number).filter(|c| *c != '\0')
}

/// Without the NUL bytes that fill up a text of fixed width.
fn unpadded(item: &[u8]) -> &[u8] {
    let end = item.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
    &item[..end]
}
