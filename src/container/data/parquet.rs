//! Parquet: the footer with its metadata, and the columns of text.

use std::io::Read as _;

use super::take::Take;
use super::thrift::{Value, walk};
use super::{Lines, strings};
use crate::container::{Fault, Unsupported};

const MARK: usize = 4;

/// Hands over the texts of the footer, and each text of a column after the name of the column.
pub(super) fn read(bytes: &[u8], lines: &mut Lines<'_>) -> Result<(), Fault> {
    let Some((body, footer)) = split(bytes) else { return strings::read(bytes, lines).and(Err(Fault::Damaged)) };
    if bytes.ends_with(b"PARE") {
        return strings::read(bytes, lines).and(Err(Fault::Encrypted));
    }
    let mut columns = Vec::new();
    if metadata(footer, &mut columns, lines)?.is_none() {
        return strings::read(bytes, lines).and(Err(Fault::Damaged));
    }
    let mut worst = Ok(());
    for column in columns.iter().filter(|column| column.is_text()) {
        match column.read(body, lines) {
            Err(fault @ Fault::Bomb(_)) => return Err(fault),
            read => worst = worst.and(read),
        }
    }
    worst
}

/// Everything before the footer, and the footer.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (rest, _) = bytes.split_at_checked(bytes.len().checked_sub(MARK)?)?;
    let (rest, length) = rest.split_at_checked(rest.len().checked_sub(4)?)?;
    let length = usize::try_from(Take(length).u32_le()?).ok()?;
    rest.split_at_checked(rest.len().checked_sub(length)?)
}

/// The part of a column that is in one group of rows.
#[derive(Default)]
struct Column<'a> {
    name: &'a [u8],
    kind: i64,
    codec: i64,
    /// Where its pages start: those of the data, and the dictionary before them.
    data: usize,
    dictionary: Option<usize>,
    /// Bytes of all its pages.
    length: usize,
}

/// Hands over the texts of the footer and gives its columns; none where it is not as expected.
fn metadata<'a>(footer: &'a [u8], columns: &mut Vec<Column<'a>>, lines: &mut Lines<'_>) -> Result<Option<()>, Fault> {
    // Row groups, columns and their metadata; each list is there once for itself and once for its items.
    const COLUMN: [i16; 5] = [4, 4, 1, 1, 3];
    let mut column = Column::default();
    // The texts of the structure that is open: a key and its value, where there are two.
    let mut texts: Vec<(i16, &[u8])> = Vec::new();
    let mut hand_over = |texts: &mut Vec<(i16, &'a [u8])>| {
        let taken = std::mem::take(texts);
        match taken[..] {
            [(1, key), (2, value)] => lines.pair(key, value),
            _ => taken.iter().try_for_each(|(_, text)| strings::read(text, lines)),
        }
    };
    walk(&mut Take(footer), &mut |path, value| {
        let size = |number: i64| usize::try_from(number).unwrap_or(0);
        // Smallest and largest values are repeated from the columns.
        let is_statistics = path.strip_prefix(&COLUMN).is_some_and(|rest| rest.starts_with(&[12]));
        match (value, path.strip_prefix(&COLUMN)) {
            (Value::Number(number), Some([1])) => column.kind = number,
            (Value::Number(number), Some([4])) => column.codec = number,
            (Value::Number(number), Some([7])) => column.length = size(number),
            (Value::Number(number), Some([9])) => column.data = size(number),
            (Value::Number(number), Some([11])) => column.dictionary = Some(size(number)),
            // The outermost name of a nested column.
            (Value::Bytes(name), Some([3, 3])) if column.name.is_empty() => column.name = name,
            (Value::Bytes(_), Some([3, 3])) => {}
            (Value::Bytes(_), _) if is_statistics => {}
            (Value::Bytes(text), _) => texts.push((path.last().copied().unwrap_or(0), text)),
            (Value::Start, _) => hand_over(&mut texts)?,
            (Value::End, rest) => {
                hand_over(&mut texts)?;
                if rest == Some(&[]) {
                    columns.push(std::mem::take(&mut column));
                }
            }
            (Value::Number(_), _) => {}
        }
        Ok(())
    })
}

impl Column<'_> {
    /// Whether it has values of variable or fixed length, rather than numbers.
    fn is_text(&self) -> bool {
        matches!(self.kind, 6 | 7)
    }

    fn read(&self, body: &[u8], lines: &mut Lines<'_>) -> Result<(), Fault> {
        let start = self.dictionary.filter(|&at| at >= MARK).map_or(self.data, |at| at.min(self.data));
        let end = start.saturating_add(self.length).min(body.len());
        let mut rest = Take(body.get(start..end).ok_or(Fault::Damaged)?);
        while !rest.0.is_empty() {
            let before = rest.0.len();
            let page = Page::read(&mut rest).ok_or(Fault::Damaged)?;
            // Columns may share pages.
            lines.charge(before - rest.0.len())?;
            let (levels, values) = page.content.split_at_checked(page.levels).ok_or(Fault::Damaged)?;
            let size = page.size.saturating_sub(levels.len());
            // Pages of the second version may be left uncompressed where that is no longer.
            if self.codec == 0 || values.len() == size {
                self.values(values, lines)?;
            } else {
                self.values(&decompress(self.codec, values, size, lines)?, lines)?;
            }
        }
        Ok(())
    }

    /// Texts with their lengths in front, after the levels that say which rows have one; or numbers of a dictionary.
    fn values(&self, values: &[u8], lines: &mut Lines<'_>) -> Result<(), Fault> {
        let mut after_levels = Take(values);
        let levels = after_levels.u32_le().map(u64::from);
        let after_levels = after_levels.counted(levels).map(|_| after_levels.0);
        let plain = [Some(values), after_levels].into_iter().flatten().find(|values| is_plain(Take(values)));
        let Some(plain) = plain.filter(|plain| !plain.is_empty()) else { return strings::read(values, lines) };
        let mut rest = Take(plain);
        while let Some(length) = rest.u32_le() {
            let Some(text) = rest.counted(Some(u64::from(length))) else { break };
            match std::str::from_utf8(text) {
                Ok(_) => lines.pair(self.name, text)?,
                Err(_) => strings::read(text, lines)?,
            }
        }
        Ok(())
    }
}

fn is_plain(mut rest: Take<'_>) -> bool {
    while !rest.0.is_empty() {
        let length = rest.u32_le().map(u64::from);
        if rest.counted(length).is_none() {
            return false;
        }
    }
    true
}

struct Page<'a> {
    content: &'a [u8],
    /// Bytes of levels in front of the values that are never compressed.
    levels: usize,
    /// Bytes without compression.
    size: usize,
}

impl<'a> Page<'a> {
    fn read(rest: &mut Take<'a>) -> Option<Self> {
        /// The header of a page of the second version.
        const SECOND: i16 = 8;
        let (mut size, mut length, mut levels) = (0, None, 0usize);
        let walked: Result<_, std::convert::Infallible> = walk(rest, &mut |path, value| {
            if let Value::Number(number) = value {
                let number = usize::try_from(number).ok();
                match path {
                    [2] => size = number.unwrap_or(0),
                    [3] => length = number,
                    [SECOND, 5 | 6] => levels = levels.saturating_add(number.unwrap_or(0)),
                    _ => {}
                }
            }
            Ok(())
        });
        walked.ok()??;
        Some(Self { content: rest.bytes(length?)?, levels, size })
    }
}

/// What a page contains, without the compression of its column.
fn decompress(codec: i64, bytes: &[u8], size: usize, lines: &mut Lines<'_>) -> Result<Vec<u8>, Fault> {
    const SNAPPY: i64 = 1;
    const GZIP: i64 = 2;
    const ZSTD: i64 = 6;
    if size > lines.most() {
        return Err(Fault::TooLarge);
    }
    lines.charge(size)?;
    let mut plain = Vec::new();
    match codec {
        SNAPPY => {
            if snap::raw::decompress_len(bytes).ok() != Some(size) {
                return Err(Fault::Damaged);
            }
            return snap::raw::Decoder::new().decompress_vec(bytes).map_err(|_| Fault::Damaged);
        }
        GZIP => flate2::read::GzDecoder::new(bytes).take(size as u64).read_to_end(&mut plain),
        ZSTD => match ruzstd::decoding::StreamingDecoder::new(bytes) {
            Ok(decoder) => decoder.take(size as u64).read_to_end(&mut plain),
            Err(_) => return Err(Fault::Damaged),
        },
        other => return Err(Fault::Unsupported(Unsupported::ParquetCodec(other))),
    }
    .map_err(|_| Fault::Damaged)?;
    Ok(plain)
}
