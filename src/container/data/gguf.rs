//! GGUF: metadata and the names of tensors. Tensors are numbers.

use super::take::Take;
use super::{Lines, strings};
use crate::container::Fault;

/// Types of values.
const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// Arrays inside arrays, at most.
const DEPTH: usize = 8;

/// Hands over each text of the metadata with its key.
pub(super) fn read(bytes: &[u8], lines: &mut Lines<'_>) -> Result<(), Fault> {
    const MAGIC: usize = 4;
    let mut rest = Take(bytes.get(MAGIC..).unwrap_or_default());
    let whole = header(&mut rest, lines)?;
    if whole.is_some() {
        return Ok(());
    }
    // An early or big-endian file, or a damaged one.
    strings::read(rest.0, lines)
}

/// None where the rest is not as expected; `rest` is then where reading stopped.
fn header(rest: &mut Take<'_>, lines: &mut Lines<'_>) -> Result<Option<()>, Fault> {
    let mut next = *rest;
    let (Some(2..=9), Some(tensors), Some(keys)) = (next.u32_le(), next.u64_le(), next.u64_le()) else {
        return Ok(None);
    };
    for _ in 0..keys {
        *rest = next;
        let Some(key) = text(&mut next) else { return Ok(None) };
        let Some(kind) = next.u32_le() else { return Ok(None) };
        if value(key, kind, &mut next, lines)?.is_none() {
            return Ok(None);
        }
    }
    for _ in 0..tensors {
        *rest = next;
        let Some(name) = text(&mut next) else { return Ok(None) };
        let Some(sizes) = next.u32_le() else { return Ok(None) };
        const TYPE_AND_OFFSET: u64 = 4 + 8;
        if next.counted(Some(u64::from(sizes) * 8 + TYPE_AND_OFFSET)).is_none() {
            return Ok(None);
        }
        lines.line(name)?;
    }
    Ok(Some(()))
}

fn value(key: &[u8], kind: u32, next: &mut Take<'_>, lines: &mut Lines<'_>) -> Result<Option<()>, Fault> {
    if kind == STRING {
        let Some(value) = text(next) else { return Ok(None) };
        return lines.pair(key, value).map(Some);
    }
    // What is left of each array, and the type of its items.
    let mut open = vec![(kind, 1)];
    let mut first = true;
    while let Some((kind, left)) = open.last_mut() {
        if *left == 0 {
            open.pop();
            continue;
        }
        let kind = *kind;
        match kind {
            STRING => {
                *left -= 1;
                let Some(item) = text(next) else { return Ok(None) };
                if first {
                    lines.pair(key, item)?;
                } else {
                    lines.line(item)?;
                }
                first = false;
            }
            ARRAY => {
                *left -= 1;
                let (Some(kind), Some(length)) = (next.u32_le(), next.u64_le()) else { return Ok(None) };
                if open.len() > DEPTH {
                    return Ok(None);
                }
                open.push((kind, length));
            }
            _ => {
                let Some(bytes) = width(kind).and_then(|width| left.checked_mul(width)) else { return Ok(None) };
                if next.counted(Some(bytes)).is_none() {
                    return Ok(None);
                }
                *left = 0;
            }
        }
    }
    Ok(Some(()))
}

fn text<'a>(next: &mut Take<'a>) -> Option<&'a [u8]> {
    let length = next.u64_le();
    next.counted(length)
}

/// Bytes of a number.
fn width(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}
