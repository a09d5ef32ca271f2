//! Names in archives as paths that can be shown: they are hostile until they have been through here.

use super::piece;
use crate::mask::{MASK, is_active, masked};

/// What joins the path of an archive and the path of a file in it.
const IN: char = '!';
/// Bytes of a name that are shown, at most.
const LONGEST: usize = 1024;

/// The path of the member `name` of the archive at `path`, which is empty for the file itself.
///
/// Characters that act or do not show, bytes that are not UTF-8, and `!` are percent-encoded, as are the dots of `..`; a
/// path is never absolute and has no empty part. Words that nobody would choose are masked: they may be a secret.
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
            part => {
                let start = shown.len();
                push_part(&mut shown, part);
                mask_part(&mut shown, start, part);
            }
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
            // A soft hyphen shows only where a line ends.
            if c == IN || c == '\u{ad}' || is_active(c) {
                percent(shown, c.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                shown.push(c);
            }
        }
        percent(shown, chunk.invalid());
    }
}

/// Masks `part`, which is shown from `start` on, but not its ending, which says how to read it.
fn mask_part(shown: &mut String, start: usize, part: &[u8]) {
    const ENDING: usize = 12;
    let part = String::from_utf8_lossy(part.get(..LONGEST).unwrap_or(part));
    let is_ending = |ending: &str| ending.len() <= ENDING && ending.bytes().all(|byte| byte.is_ascii_alphabetic());
    let (stem, ending) = part.rsplit_once('.').filter(|(_, ending)| is_ending(ending)).unwrap_or((&part, ""));
    if !is_id(stem) && stem.split(['-', '_', '.']).any(|word| masked(word) != word) {
        shown.truncate(start);
        shown.push_str(MASK);
        if !ending.is_empty() {
            shown.push('.');
            shown.push_str(ending);
        }
    }
}

/// Runs of experiments, layers of images and objects of Git are named by such numbers.
fn is_id(stem: &str) -> bool {
    let digits = stem.bytes().filter(|byte| *byte != b'-');
    let hex = digits.clone().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    hex && matches!(digits.count(), 32 | 38 | 40 | 64)
}

/// What `name` says where it may be any bytes, because no directory lists it: nothing where it does not read like a name.
pub(super) fn plausible(name: &[u8]) -> &[u8] {
    const PART: usize = 255;
    let is_name = |name: &str| {
        let odd = |c: char| c.is_control() || "=\"'{}<>|;".contains(c);
        name.len() <= LONGEST
            && name.split('/').all(|part| part.len() <= PART)
            && !name.contains(odd)
            && ["  ", ": "].iter().all(|gap| !name.contains(gap))
    };
    if std::str::from_utf8(name).is_ok_and(is_name) { name } else { b"" }
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
        assert_eq!(joined("", "a\u{ad}b\u{2066}".as_bytes()), "a%C2%ADb%E2%81%A6");
        let long = joined("", &b"ab/".repeat(100_000));
        assert!(long.len() < 1100 && long.ends_with('…'));
        assert!(joined("", &vec![0xff; 60_000]).len() < 4000);
    }

    #[test]
    fn a_secret_in_a_name_is_masked_and_its_ending_is_kept() {
        let secret = format!("gh{}_{}", 'p', "q8ZrT3vLw0XbN5kYp2JdQ7mC1sHf4GtR6uEa");
        assert_eq!(joined("", format!("x/{secret}/{secret}.env").as_bytes()), "x/********/********.env");
        for name in [
            "acme-1.0-py3-none-any.whl",
            "mlruns/0/0123456789abcdef0123456789abcdef/params/lr",
            "part-00000-of-00001.parquet",
        ] {
            assert_eq!(joined("", name.as_bytes()), name);
        }
    }

    #[test]
    fn content_is_no_name() {
        for name in [&b"A=1"[..], b"a\nb", b"password: x", b"\xff", &[b'a'; 300], &b"ab/".repeat(400)] {
            assert_eq!(plausible(name), b"");
        }
        assert_eq!(plausible(b"x/values v2.yaml"), b"x/values v2.yaml");
    }
}
