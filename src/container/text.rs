//! Text where none belongs: in names, comments and padding of archives, and between and behind their members.

/// Characters of such a text, at least. Binary formats contain shorter runs by chance.
const LEAST: usize = 16;

/// Whether there is text in `bytes`.
pub(super) fn has_text(bytes: &[u8]) -> bool {
    has_run(bytes.iter(), is_printable) || is_wide(bytes)
}

/// `bytes` without their NULs where there is text in UTF-16.
pub(super) fn narrow(bytes: &[u8]) -> Option<Vec<u8>> {
    is_wide(bytes).then(|| bytes.iter().copied().filter(|byte| *byte != 0).collect())
}

/// Whether a name could be more than a name: no word has so many letters.
pub(super) fn is_unusual(name: &[u8]) -> bool {
    has_run(name.iter(), |byte| byte.is_ascii_alphanumeric())
}

fn is_printable(byte: &u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')
}

fn is_wide(bytes: &[u8]) -> bool {
    let is_wide = |pair: &[u8]| matches!(pair, [0, byte] | [byte, 0] if is_printable(byte));
    [0, 1].into_iter().any(|start| has_run(bytes.get(start..).unwrap_or_default().chunks_exact(2), is_wide))
}

fn has_run<T>(items: impl Iterator<Item = T>, is: impl Fn(T) -> bool) -> bool {
    let mut run = 0;
    for item in items {
        run = if is(item) { run + 1 } else { 0 };
        if run == LEAST {
            return true;
        }
    }
    false
}
