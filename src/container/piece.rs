//! Pieces of what is too large to be handed over at once.

/// Where the piece after `piece` starts, and from where on it is responsible: behind its first bytes, which are the last
/// ones that this piece is responsible for, and before the last bytes of this piece; so each place is seen with what
/// surrounds it. This piece is responsible from `own` on. A piece starts at the start of a line where there is one.
pub(super) fn next(piece: &str, own: usize) -> (usize, usize) {
    const OVERLAP: usize = 64 << 10;
    // Texts of the smallest size have no room for a character and an overlap.
    let overlap = OVERLAP.min(piece.len() / 4);
    let end = Some(char_start(piece, piece.len() - overlap)).filter(|end| *end > own).unwrap_or(piece.len());
    let keep = char_start(piece, end.saturating_sub(overlap)).max(1);
    let line = piece.get(keep..end).and_then(|text| text.find('\n')).map(|at| keep + at + 1);
    let keep = line.or_else(|| piece.is_char_boundary(keep).then_some(keep)).unwrap_or(end);
    (keep.min(end), end)
}

/// The last place up to `at` where a character of `text` starts.
pub(super) fn char_start(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Line ends in `bytes`.
pub(super) fn line_ends(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}
