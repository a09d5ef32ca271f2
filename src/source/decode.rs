//! Bytes to text: encodings, byte order marks and binary formats. Shared by files, standard input and Git blobs.

use std::borrow::Cow;
use std::fmt;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes are looked at to tell binary from text.
pub(super) const HEAD: usize = 8 * 1024;

/// How many bytes are looked at to recognise UTF-16 without a byte order mark.
const PATTERN: usize = 1024;

/// How the bytes of a text were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Encoding {
    /// UTF-8; ASCII is part of it.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// UTF-32, low byte first.
    Utf32Le,
    /// UTF-32, high byte first.
    Utf32Be,
    /// One byte a character; stands for every text that is not UTF-8. Each byte gives a character of its own.
    Windows1252,
}

impl Encoding {
    /// Whether every character has two bytes at least.
    pub(crate) fn is_wide(self) -> bool {
        !matches!(self, Self::Utf8 | Self::Windows1252)
    }
}

/// The text of a file or blob.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Decoded<'a> {
    /// The text without its byte order mark. Line ends are as in the file. Borrowed where the bytes are UTF-8.
    pub text: Cow<'a, str>,
    /// How it was written.
    pub encoding: Encoding,
    /// Whether a byte order mark came before it.
    pub bom: bool,
    /// Length of what was decoded, byte order mark included.
    pub bytes: u64,
    /// The same bytes read in another way, where the first may hide something: without their NULs, and without a byte
    /// order mark that may stand before other text.
    pub other: Option<String>,
    /// Whether it looks like a binary file, whatever its name says.
    pub looks_binary: bool,
}

/// What git-crypt writes before what it encrypts.
pub(super) const GIT_CRYPT: &[u8] = b"\0GITCRYPT\0";

/// What the name of a file says of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// It is text, so that it is searched whatever bytes it contains.
    Text,
    /// Nothing.
    Nothing,
}

// The text may contain secrets, so that it must not get into a panic message or a log.
impl fmt::Debug for Decoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded")
            .field("encoding", &self.encoding)
            .field("bom", &self.bom)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// Decodes `bytes`, a whole file, or gives `None` where they are a binary file.
///
/// A byte order mark decides; then UTF-16 is recognised by its NUL bytes; what is not UTF-8 is read as Windows-1252, so
/// that no byte is lost. Binary is what has a NUL in its first 8 KiB and is no UTF-16 or UTF-32, and what starts like a
/// known binary format and is not UTF-8 there. UTF-8 costs one pass and no copy.
pub(crate) fn decode(bytes: &[u8]) -> Option<Decoded<'_>> {
    let (mark, body) = split_mark(bytes);
    let head = body.get(..HEAD).unwrap_or(body);
    let form = form(mark, head)?;
    let (text, encoding) = match form {
        Encoding::Utf8 => match std::str::from_utf8(body) {
            Ok(text) => (Cow::Borrowed(text), form),
            Err(_) if mark.is_none() && is_known_format(head) => return None,
            Err(_) => (WINDOWS_1252.decode_without_bom_handling(body).0, Encoding::Windows1252),
        },
        Encoding::Utf16Le => (UTF_16LE.decode_without_bom_handling(body).0, form),
        Encoding::Utf16Be => (UTF_16BE.decode_without_bom_handling(body).0, form),
        Encoding::Utf32Le => (utf32(body, u32::from_le_bytes), form),
        Encoding::Utf32Be => (utf32(body, u32::from_be_bytes), form),
        Encoding::Windows1252 => (WINDOWS_1252.decode_without_bom_handling(body).0, form),
    };
    if encoding.is_wide() && text.chars().take(PATTERN).any(|c| c == '\0') {
        return None;
    }
    Some(Decoded { text, encoding, bom: mark.is_some(), bytes: bytes.len() as u64, other: None, looks_binary: false })
}

/// Decodes `bytes`, a whole file, for a search, or gives `None` where they are a binary file that its name does not call
/// text. Unlike [`decode()`], it also reads what is no clean text: a NUL or a byte order mark must not hide a file.
#[must_use]
pub(crate) fn decode_for_search(bytes: &[u8], named: Named) -> Option<Decoded<'_>> {
    let (mark, body) = split_mark(bytes);
    if bytes.strip_prefix(GIT_CRYPT).is_some_and(|rest| !has_words(rest)) {
        return None;
    }
    let has_nul = memchr::memchr(0, body).is_some();
    if let Some(wide) = mark.filter(|mark| *mark != Encoding::Utf8 && !has_nul)
        && let Ok(text) = std::str::from_utf8(body)
    {
        // Text in UTF-16 and UTF-32 has NULs, in its line ends at least: the mark was put before other text.
        let other = Some(decode_part(wide, body).into_owned());
        let (text, bytes) = (Cow::Borrowed(text), bytes.len() as u64);
        return Some(Decoded { text, encoding: Encoding::Utf8, bom: true, bytes, other, looks_binary: false });
    }
    if let Some(decoded) = decode(bytes) {
        let wide = decoded.encoding.is_wide();
        let doubtful = wide && named == Named::Text || !wide && has_nul;
        return Some(Decoded { other: doubtful.then(|| without_nul(body)), ..decoded });
    }
    if is_binary(bytes.get(..HEAD).unwrap_or(bytes), named) {
        return None;
    }
    let text = narrow(body).replace('\0', " ");
    let encoding = if std::str::from_utf8(body).is_ok() { Encoding::Utf8 } else { Encoding::Windows1252 };
    let head = body.get(..HEAD).unwrap_or(body);
    Some(Decoded {
        text: Cow::Owned(text),
        encoding,
        bom: mark.is_some(),
        bytes: bytes.len() as u64,
        other: has_nul.then(|| without_nul(body)),
        looks_binary: controls(head) * 20 > head.len(),
    })
}

/// Whether a file that starts with `head` ([`HEAD`] bytes, or all it has) is binary.
pub(super) fn is_binary(head: &[u8], named: Named) -> bool {
    let (mark, body) = split_mark(head);
    let looks_binary = match form(mark, body) {
        None => true,
        Some(Encoding::Utf8) => mark.is_none() && is_known_format(body),
        Some(_) => false,
    };
    looks_binary && named == Named::Nothing && !has_stray_nul(body)
}

/// The encoding of a text that starts with `head` and is too large to be decoded as a whole, and the length of its byte
/// order mark.
pub(super) fn encoding_of(head: &[u8]) -> (Encoding, usize) {
    let (mark, body) = split_mark(head);
    let encoding = match form(mark, body) {
        Some(wide @ (Encoding::Utf16Le | Encoding::Utf16Be | Encoding::Utf32Le | Encoding::Utf32Be)) => wide,
        _ => Encoding::Utf8,
    };
    (encoding, head.len() - body.len())
}

/// Decodes a part of such a text. What is not UTF-8 is read as Windows-1252, and NULs as blanks.
pub(super) fn decode_part(encoding: Encoding, body: &[u8]) -> Cow<'_, str> {
    match encoding {
        Encoding::Utf16Le => UTF_16LE.decode_without_bom_handling(body).0,
        Encoding::Utf16Be => UTF_16BE.decode_without_bom_handling(body).0,
        Encoding::Utf32Le => utf32(body, u32::from_le_bytes),
        Encoding::Utf32Be => utf32(body, u32::from_be_bytes),
        Encoding::Utf8 | Encoding::Windows1252 => match narrow(body) {
            text if text.contains('\0') => Cow::Owned(text.replace('\0', " ")),
            text => text,
        },
    }
}

/// Whether `head` is text but for a few NULs, which a person may not even see.
fn has_stray_nul(head: &[u8]) -> bool {
    const TEXT_FOR_EACH: usize = 256;
    starts_as_utf8(head) && controls(head) * TEXT_FOR_EACH <= head.len()
}

/// How many control characters that no text needs are in `head`.
fn controls(head: &[u8]) -> usize {
    let control = |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    head.iter().filter(control).count()
}

/// Whether a stretch of `bytes` is too long a word for random bytes.
fn has_words(bytes: &[u8]) -> bool {
    bytes.split(|byte| !(byte.is_ascii_graphic() || *byte == b' ')).any(|run| run.len() >= 24)
}

/// Text of one byte a character, or UTF-8.
fn narrow(body: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(body).map_or_else(|_| WINDOWS_1252.decode_without_bom_handling(body).0, Cow::Borrowed)
}

/// What is left of `body` without NULs: ASCII in UTF-16 and UTF-32 of either order, aligned or not, and words that a NUL
/// cuts.
pub(super) fn without_nul(body: &[u8]) -> String {
    let bytes: Vec<u8> = body.iter().copied().filter(|byte| *byte != 0).collect();
    narrow(&bytes).into_owned()
}

/// The byte order mark of `bytes`, and what follows it.
fn split_mark(bytes: &[u8]) -> (Option<Encoding>, &[u8]) {
    // UTF-32 first: its little-endian mark starts with that of UTF-16.
    let marks: [(&[u8], Encoding); 5] = [
        (&[0xef, 0xbb, 0xbf], Encoding::Utf8),
        (&[0xff, 0xfe, 0, 0], Encoding::Utf32Le),
        (&[0, 0, 0xfe, 0xff], Encoding::Utf32Be),
        (&[0xff, 0xfe], Encoding::Utf16Le),
        (&[0xfe, 0xff], Encoding::Utf16Be),
    ];
    for (mark, encoding) in marks {
        if let Some(body) = bytes.strip_prefix(mark) {
            return (Some(encoding), body);
        }
    }
    (None, bytes)
}

/// The encoding to try on a text that starts with `head`; `None` where only a binary file starts so.
fn form(mark: Option<Encoding>, head: &[u8]) -> Option<Encoding> {
    match mark {
        Some(Encoding::Utf8) | None if memchr::memchr(0, head).is_none() => Some(Encoding::Utf8),
        Some(Encoding::Utf8) => None,
        None => unmarked_utf16(head.get(..PATTERN).unwrap_or(head)),
        wide => wide,
    }
}

/// Recognises UTF-16 without a byte order mark. In text with some ASCII, and be it keys and line ends between Japanese
/// values, one byte of many pairs is NUL and the other one seldom (as in half of an emoji); and no character is a control
/// character, unlike in tables of small numbers.
fn unmarked_utf16(head: &[u8]) -> Option<Encoding> {
    let pairs = head.chunks_exact(2);
    let count = pairs.len();
    let (first, second) = pairs
        .fold((0, 0), |(first, second), pair| (first + usize::from(pair[0] == 0), second + usize::from(pair[1] == 0)));
    let (encoding, join): (_, fn([u8; 2]) -> u16) =
        if second > first { (Encoding::Utf16Le, u16::from_le_bytes) } else { (Encoding::Utf16Be, u16::from_be_bytes) };
    let (many, few) = (first.max(second), first.min(second));
    let text = |pair: &[u8]| {
        let unit = join([pair[0], pair[1]]);
        matches!(unit, 0x09 | 0x0a | 0x0c | 0x0d) || !(unit < 0x20 || (0x7f..0xa0).contains(&unit))
    };
    (count >= 2 && many * 5 >= count * 2 && few * 8 <= many && head.chunks_exact(2).all(text)).then_some(encoding)
}

fn utf32(body: &[u8], join: fn([u8; 4]) -> u32) -> Cow<'static, str> {
    let units = body.chunks(4).map(|unit| match *unit {
        [a, b, c, d] => char::from_u32(join([a, b, c, d])).unwrap_or(char::REPLACEMENT_CHARACTER),
        _ => char::REPLACEMENT_CHARACTER,
    });
    Cow::Owned(units.collect())
}

/// Whether `head` is UTF-8 as far as it goes; its last character may be cut off.
fn starts_as_utf8(head: &[u8]) -> bool {
    std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// Whether `head` starts like a binary format that may have no NUL near its start, and is not UTF-8: a YAML file may well
/// start with `PAR1:`. Formats that always have a NUL there need no entry.
fn is_known_format(head: &[u8]) -> bool {
    const STARTS: &[&[u8]] = &[
        b"\x89PNG",
        b"\xff\xd8\xff", // JPEG
        b"GIF87a",
        b"GIF89a",
        b"%PDF-",
        b"PK\x03\x04", // zip, and with it jar, docx, whl, npz, PyTorch
        b"\x1f\x8b",   // gzip
        b"BZh91AY&SY",
        b"\xfd7zXZ",
        b"7z\xbc\xaf",
        b"\x28\xb5\x2f\xfd", // zstd
        b"\x04\x22\x4d\x18", // lz4
        b"\x93NUMPY",
        b"\x80\x02", // pickle, by protocol
        b"\x80\x03",
        b"\x80\x04",
        b"\x80\x05",
        b"\x89HDF",
        b"PAR1",
        b"ARROW1",
        b"Obj\x01", // Avro
        b"wOFF",
        b"wOF2",
        b"OTTO",
        b"OggS",
        b"fLaC",
        b"\xca\xfe\xba\xbe", // Java class, Mach-O
        b"\xd0\xcf\x11\xe0", // older Office
    ];
    STARTS.iter().any(|start| head.starts_with(start)) && !starts_as_utf8(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "kind: Secret\r\nname: é€😀\n";

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[track_caller]
    fn gives(bytes: &[u8], text: &str, encoding: Encoding, bom: bool) {
        let decoded = decode(bytes).expect("it is text");
        assert_eq!(decoded.text, text);
        assert_eq!((decoded.encoding, decoded.bom, decoded.bytes), (encoding, bom, bytes.len() as u64));
        assert!(!is_binary(&bytes[..bytes.len().min(HEAD)], Named::Nothing));
    }

    #[track_caller]
    fn binary(bytes: &[u8]) {
        assert!(decode(bytes).is_none());
        assert!(is_binary(&bytes[..bytes.len().min(HEAD)], Named::Nothing));
    }

    #[test]
    fn utf8_is_borrowed_and_keeps_its_line_ends() {
        gives(SAMPLE.as_bytes(), SAMPLE, Encoding::Utf8, false);
        gives(b"", "", Encoding::Utf8, false);
        let decoded = decode(SAMPLE.as_bytes()).expect("it is text");
        assert!(matches!(decoded.text, Cow::Borrowed(_)));
    }

    #[test]
    fn a_mark_decides_and_is_no_text() {
        gives(&[b"\xef\xbb\xbf", SAMPLE.as_bytes()].concat(), SAMPLE, Encoding::Utf8, true);
        gives(&[b"\xff\xfe".to_vec(), utf16(SAMPLE, u16::to_le_bytes)].concat(), SAMPLE, Encoding::Utf16Le, true);
        gives(&[b"\xfe\xff".to_vec(), utf16(SAMPLE, u16::to_be_bytes)].concat(), SAMPLE, Encoding::Utf16Be, true);
        let le: Vec<u8> = SAMPLE.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        let be: Vec<u8> = SAMPLE.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        gives(&[b"\xff\xfe\0\0".to_vec(), le].concat(), SAMPLE, Encoding::Utf32Le, true);
        gives(&[b"\0\0\xfe\xff".to_vec(), be].concat(), SAMPLE, Encoding::Utf32Be, true);
    }

    #[test]
    fn utf16_needs_no_mark() {
        gives(&utf16(SAMPLE, u16::to_le_bytes), SAMPLE, Encoding::Utf16Le, false);
        gives(&utf16(SAMPLE, u16::to_be_bytes), SAMPLE, Encoding::Utf16Be, false);
        let japanese = "名前: 秘密\nkey: 値です\n".repeat(200);
        gives(&utf16(&japanese, u16::to_le_bytes), &japanese, Encoding::Utf16Le, false);
    }

    #[test]
    fn other_bytes_are_one_character_each() {
        let all: Vec<u8> = (1..=255).collect();
        let decoded = decode(&all).expect("it is text");
        assert_eq!((decoded.encoding, decoded.text.chars().count()), (Encoding::Windows1252, 255));
        gives(b"password: gr\xfc\xdfe\r\n", "password: grüße\r\n", Encoding::Windows1252, false);
    }

    #[test]
    fn binary_files_are_told_apart() {
        binary(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
        binary(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n");
        binary(b"\x1f\x8b\x08\x08abcd\x02\x03x");
        binary(b"\x80\x04\x95\x10\x8c\x08builtins\x94\x8c\x04eval.");
        binary(b"text\0and more");
        assert!(decode(b"\xff\xfe\x01\x02\0\0\0\0").is_none(), "a mark does not make text of NUL characters");
        let numbers: Vec<u8> = (0..4000u16).flat_map(|n| (n % 90).to_le_bytes()).collect();
        binary(&numbers);
    }

    #[test]
    fn text_that_starts_like_a_format_is_text() {
        gives(b"PAR1: x\n", "PAR1: x\n", Encoding::Utf8, false);
        gives(b"%PDF-1.7\npassword: x\n", "%PDF-1.7\npassword: x\n", Encoding::Utf8, false);
        gives(b"BMW: x\n", "BMW: x\n", Encoding::Utf8, false);
    }

    #[test]
    fn a_character_cut_by_the_end_of_the_head_is_no_fault() {
        let text = format!("PACK{}é", "x".repeat(HEAD - 5));
        assert!(!is_binary(&text.as_bytes()[..HEAD], Named::Nothing));
    }

    /// Every reading of `bytes` in a file whose name says text.
    fn readings(bytes: &[u8]) -> Vec<String> {
        let decoded = decode_for_search(bytes, Named::Text).expect("its name says text");
        std::iter::once(decoded.text.into_owned()).chain(decoded.other).collect()
    }

    #[test]
    fn no_bytes_hide_a_file_that_is_named_as_text() {
        let text = b"PASSWORD=Tr0ub4dor\n";
        let heads: [&[u8]; 9] = [
            b"\0",
            b"\xff\xfe",
            b"\xfe\xff",
            b"\xff\xfe\0\0",
            b"PK\x03\x04\xff\0\n",
            b"\x1f\x8b\xff\n",
            b"\x89PNG\xff\0\n",
            b"\xef\xbb\xbf\0",
            b"\xc4\xe3\xba\xc3=\n",
        ];
        for head in heads {
            let found = readings(&[head, text].concat());
            assert!(found.iter().any(|reading| reading.contains("PASSWORD=Tr0ub4dor")), "{head:x?}");
        }
        // UTF-16 that is one byte off, and a lone surrogate in it.
        let wide = utf16("PASSWORD=Tr0ub4dor", u16::to_le_bytes);
        for bytes in [[b"x".as_slice(), &wide].concat(), [b"\xff\xfe\x00\xd8".as_slice(), &wide].concat()] {
            assert!(readings(&bytes).iter().any(|reading| reading.contains("PASSWORD=Tr0ub4dor")));
        }
        assert!(readings(b"PASS\0WORD=Tr0\0ub4dor").contains(&"PASSWORD=Tr0ub4dor".to_owned()));
        assert!(readings(b"A=1\0PASSWORD=Tr0ub4dor").contains(&"A=1 PASSWORD=Tr0ub4dor".to_owned()));
    }

    #[test]
    fn a_stray_nul_does_not_make_a_text_binary() {
        let text = format!("{}\0{}", "key: value\n".repeat(60), "key: value\n".repeat(60));
        assert!(decode_for_search(text.as_bytes(), Named::Nothing).is_some());
        let numbers: Vec<u8> = (0..4000u16).flat_map(|n| (n % 90).to_le_bytes()).collect();
        assert!(decode_for_search(&numbers, Named::Nothing).is_none());
        assert!(decode_for_search(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Named::Nothing).is_none());
    }

    #[test]
    fn debug_shows_no_text() {
        let shown = format!("{:?}", decode(b"hunter2"));
        assert!(!shown.contains("hunter2"));
    }
}
