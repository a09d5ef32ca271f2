//! Pieces of what is too large to be handed over at once.

/// Where the piece after `piece` starts: within its last bytes, so that nothing is cut in two, and at the start of a line
/// where there is one.
pub(super) fn next_start(piece: &[u8]) -> usize {
    const OVERLAP: usize = 64 << 10;
    // A multiple of four, so that a piece of UTF-16 or UTF-32 starts with a whole character.
    let tail = (piece.len() - OVERLAP.min(piece.len() / 4)) & !3;
    let line = memchr::memchr(b'\n', &piece[tail..]).map(|at| tail + at + 1);
    line.filter(|&start| start < piece.len()).unwrap_or(tail)
}

/// The last place up to `at` where a character of `text` starts.
pub(super) fn char_start(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Line ends in `bytes`.
pub(super) fn line_ends(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}
