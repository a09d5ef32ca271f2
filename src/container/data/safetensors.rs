//! Safetensors: the header, which is JSON with the metadata and a line for each tensor. Tensors are numbers.

use super::take::Take;
use super::{Lines, strings};
use crate::container::Fault;

/// Hands over the header as a file of its own.
pub(super) fn read(bytes: &[u8], lines: &mut Lines<'_>) -> Result<(), Fault> {
    let mut rest = Take(bytes);
    let length = rest.u64_le();
    match rest.counted(length) {
        Some(header) => lines.file(b"header.json", header.trim_ascii_end()),
        None => strings::read(bytes, lines).and(Err(Fault::Damaged)),
    }
}
