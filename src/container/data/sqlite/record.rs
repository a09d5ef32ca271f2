//! Records of a SQLite database: the columns of a row.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE};

use super::super::take::Take;
use super::page::varint;

/// How a database writes text.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// A column of a row.
pub(super) enum Text<'a> {
    Value(Cow<'a, [u8]>),
    /// Bytes, which may contain text.
    Data(&'a [u8]),
    Number(i64),
    /// A fraction, or nothing.
    None,
}

impl Text<'_> {
    /// What may be text.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Value(text) => Some(text),
            Self::Data(bytes) => Some(bytes),
            Self::Number(_) | Self::None => None,
        }
    }
}

/// The columns of a record, as far as they are there.
pub(super) fn read(record: &[u8], encoding: Encoding) -> Vec<Text<'_>> {
    let mut texts = Vec::new();
    let mut header = Take(record);
    let Some(length) = varint(&mut header).and_then(|length| usize::try_from(length).ok()) else { return texts };
    let Some((kinds, values)) = record.split_at_checked(length) else { return texts };
    let Some(kinds) = kinds.get(record.len() - header.0.len()..) else { return texts };
    let (mut kinds, mut values) = (Take(kinds), Take(values));
    while let Some(kind) = varint(&mut kinds) {
        let length = match kind {
            0 | 8..=11 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            kind => (kind - 12) / 2,
        };
        let whole = values.counted(Some(length));
        // A text that is cut off is a text all the same.
        let value = whole.unwrap_or_else(|| std::mem::take(&mut values.0));
        texts.push(match kind {
            1..=6 => Text::Number(integer(value)),
            8 | 9 => Text::Number(i64::from(kind == 9)),
            0..=11 => Text::None,
            kind if kind % 2 == 1 => Text::Value(decode(value, encoding)),
            _ => Text::Data(value),
        });
        if whole.is_none() {
            break;
        }
    }
    texts
}

/// A signed number, the highest byte first.
fn integer(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    bytes.iter().fold(if negative { -1 } else { 0 }, |number, byte| number << 8 | i64::from(*byte))
}

fn decode(text: &[u8], encoding: Encoding) -> Cow<'_, [u8]> {
    let encoding = match encoding {
        Encoding::Utf8 => return Cow::Borrowed(text),
        Encoding::Utf16Le => UTF_16LE,
        Encoding::Utf16Be => UTF_16BE,
    };
    Cow::Owned(encoding.decode_without_bom_handling(text).0.into_owned().into_bytes())
}
