//! The header of a member of a tar: recognises it, for the format and for what follows damage.

use tar::Header;

/// Bytes of a header. Members fill up such blocks.
pub(super) const BLOCK: usize = 512;

/// Whether a block of 512 bytes has the checksum of a header.
pub(super) fn is_header(block: &[u8]) -> bool {
    const SUM: std::ops::Range<usize> = 148..156;
    if block.len() != BLOCK {
        return false;
    }
    let sum = |unit: fn(u8) -> i64| -> i64 {
        block.iter().enumerate().map(|(at, byte)| unit(if SUM.contains(&at) { b' ' } else { *byte })).sum()
    };
    let Ok(written) = Header::from_byte_slice(block).cksum() else { return false };
    let written = i64::from(written);
    // Some early programs added up signed bytes.
    written == sum(i64::from) || written == sum(|byte| i64::from(byte.cast_signed()))
}
