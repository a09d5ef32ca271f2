//! Names in archives as paths that can be shown: they are hostile until they have been through here.

use super::piece;
use crate::mask::is_active;

/// What joins the path of an archive and the path of a file in it.
const IN: char = '!';
/// Bytes of a name that are shown, at most.
const LONGEST: usize = 1024;

/// The path of the member `name` of the archive at `path`, which is empty for the file itself.
///
/// Control characters, bytes that are not UTF-8, and `!` are percent-encoded, as are the dots of `..`; a path is never
/// absolute and has no empty part.
pub(super) fn joined(path: &str, name: &[u8]) -> String {
    let mut shown = String::with_capacity(path.len() + name.len() + 1);
    shown.push_str(path);
    if !path.is_empty() {
        shown.push(IN);
    }
    let start = shown.len();
    for part in name.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b".") {
        if shown.len() > start {
            shown.push('/');
        }
        match part {
            b".." => shown.push_str("%2E%2E"),
            part => push_part(&mut shown, part),
        }
        if shown.len() - start > LONGEST {
            let end = piece::char_start(&shown, start + LONGEST);
            shown.truncate(end);
            shown.push('…');
            break;
        }
    }
    if shown.len() == start {
        shown.push_str("unnamed");
    }
    shown
}

fn push_part(shown: &mut String, part: &[u8]) {
    // What is cut off anyway is not encoded first.
    let part = part.get(..LONGEST + 4).unwrap_or(part);
    for chunk in part.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c == IN || is_active(c) {
                percent(shown, c.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                shown.push(c);
            }
        }
        percent(shown, chunk.invalid());
    }
}

fn percent(shown: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        shown.push('%');
        shown.push(char::from(DIGITS[usize::from(byte >> 4)]));
        shown.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_harmless() {
        for (path, name, shown) in [
            ("", &b"x/values.yaml"[..], "x/values.yaml"),
            ("inner.zip", b"a.env", "inner.zip!a.env"),
            ("", b"../../etc/passwd", "%2E%2E/%2E%2E/etc/passwd"),
            ("", b"/etc//./passwd", "etc/passwd"),
            ("", b"a!b\x1b[31m\n", "a%21b%1B[31m%0A"),
            ("", "a\u{202e}b".as_bytes(), "a%E2%80%AEb"),
            ("", b"gr\xfc\xdfe", "gr%FC%DFe"),
            ("a", b"", "a!unnamed"),
            ("", b"/", "unnamed"),
        ] {
            assert_eq!(joined(path, name), shown);
        }
        let long = joined("", &b"ab/".repeat(100_000));
        assert!(long.len() < 1100 && long.ends_with('…'));
        assert!(joined("", &vec![0xff; 60_000]).len() < 4000);
    }
}
