//! Looking into encoded text: base64 in either alphabet, hexadecimal, percent encoding, and one inside another.
//!
//! A run is decoded only where its first bytes turn out to be text, so that images, hashes and ciphertext cost a few
//! dozen bytes each. Depth and the number of decoded bytes are bounded.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::hit::{Encoding, Hit};
use crate::span::Span;

/// Deepest nesting of encodings.
const MAX_DEPTH: usize = 4;
/// Shortest run that is looked at: the base64 of fifteen bytes.
const MIN_BASE64: usize = 20;
const MIN_HEX: usize = 32;
/// Bytes that may be decoded for one text: a fixed part and as many times its length.
const BUDGET_FIXED: usize = 1 << 20;
const BUDGET_TIMES: usize = 2;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Searches a decoded text.
type SearchDecoded<'s> = &'s dyn Fn(&str) -> Vec<Hit>;

/// Adds what is found inside encoded runs of `text`.
pub(super) fn search(text: &str, search_decoded: SearchDecoded<'_>, hits: &mut Vec<Hit>) {
    let mut budget = BUDGET_FIXED + BUDGET_TIMES * text.len();
    inner(search_decoded, text, MAX_DEPTH, &mut budget, &mut |hit| hits.push(hit));
}

fn inner(search_decoded: SearchDecoded<'_>, text: &str, depth: usize, budget: &mut usize, found: &mut dyn FnMut(Hit)) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let mut decoded = |span: Span, encoding: Encoding, plain: Cow<'_, str>| {
        if plain.len() > *budget {
            *budget = 0;
            return;
        }
        *budget -= plain.len();
        let outer = |hit: Hit| Hit { span, key: None, encoding: Some(encoding), ..hit };
        for hit in search_decoded(&plain) {
            found(outer(hit));
        }
        inner(search_decoded, &plain, depth, budget, &mut |hit| found(outer(hit)));
    };
    runs(text, &mut |span| {
        if let Some((encoding, plain)) = decode_run(span.slice(text)) {
            decoded(span, encoding, Cow::Owned(plain));
        }
    });
    percent_runs(text, &mut |span, plain| decoded(span, Encoding::Percent, Cow::Owned(plain)));
}

const fn table(extra: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the loop ends at 255")]
        let letter = (byte as u8).is_ascii_alphanumeric();
        table[byte] = letter;
        byte += 1;
    }
    let mut at = 0;
    while at < extra.len() {
        table[extra[at] as usize] = true;
        at += 1;
    }
    table
}

static BASE64_BYTES: [bool; 256] = table(b"+/-_");

/// Maximal runs of at least [`MIN_BASE64`] base64 characters. Looks at the far end of each stretch first, so that
/// ordinary text is skipped at a fraction of its length.
fn runs(text: &str, found: &mut dyn FnMut(Span)) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(probe) = bytes.get(from..from + MIN_BASE64) {
        if let Some(miss) = probe.iter().rposition(|&byte| !BASE64_BYTES[usize::from(byte)]) {
            from += miss + 1;
            continue;
        }
        let rest = from + MIN_BASE64;
        let end =
            bytes[rest..].iter().position(|&byte| !BASE64_BYTES[usize::from(byte)]).map_or(bytes.len(), |n| rest + n);
        let padded = bytes[end..].iter().take(2).take_while(|&&byte| byte == b'=').count();
        found(Span::new(from, end + padded));
        from = end + 1;
    }
}

/// The text inside a run of base64 or hexadecimal characters; none where it is not text.
fn decode_run(run: &str) -> Option<(Encoding, String)> {
    let hex = run.len() >= MIN_HEX
        && run.len().is_multiple_of(2)
        && run.bytes().take(32).all(|byte| byte.is_ascii_hexdigit());
    if hex && let Some(plain) = decode_hex(run) {
        return Some((Encoding::Hex, plain));
    }
    let has = |one, other| memchr::memchr2(one, other, run.as_bytes()).is_some();
    let url_safe = has(b'-', b'_');
    if url_safe && has(b'+', b'/') {
        return None;
    }
    let engine = if url_safe { &URL_SAFE } else { &STANDARD };
    let head = engine.decode(&run[..16]).ok()?;
    if !is_text_start(&head) {
        return None;
    }
    let trimmed = run.trim_end_matches('=');
    let whole = &trimmed[..trimmed.len() - usize::from(trimmed.len() % 4 == 1)];
    let bytes = engine.decode(whole).ok()?;
    text_of(bytes).map(|plain| (Encoding::Base64, plain))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn decode_hex(run: &str) -> Option<String> {
    let pair = |pair: &[u8]| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?);
    let head: Option<Vec<u8>> = run.as_bytes()[..32].chunks_exact(2).map(pair).collect();
    if !is_text_start(&head?) {
        return None;
    }
    let bytes: Option<Vec<u8>> = run.as_bytes().chunks_exact(2).map(pair).collect();
    text_of(bytes?)
}

/// Whether the first bytes of a decoded run can be text: ASCII without control characters, or UTF-16 of such.
fn is_text_start(head: &[u8]) -> bool {
    let plain = |byte: u8| (0x20..0x7f).contains(&byte) || matches!(byte, b'\n' | b'\r' | b'\t');
    let odd = head.iter().skip(1).step_by(2);
    let even = head.iter().step_by(2);
    let utf16 = (odd.clone().all(|&byte| byte == 0) && even.clone().all(|&byte| plain(byte)))
        || (even.clone().all(|&byte| byte == 0) && odd.clone().all(|&byte| plain(byte)));
    head.iter().all(|&byte| plain(byte))
        || utf16
        || head.starts_with(&[0xff, 0xfe])
        || head.starts_with(&[0xef, 0xbb, 0xbf])
}

/// Decoded bytes as text: UTF-8 or UTF-16, free of control characters but for white space.
fn text_of(bytes: Vec<u8>) -> Option<String> {
    let wide = bytes.len() >= 8 && (bytes.starts_with(&[0xff, 0xfe]) || bytes[1] == 0 && bytes[3] == 0);
    let text = if wide {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()?
    } else {
        match String::from_utf8(bytes) {
            Ok(text) => text,
            // A run may have swallowed a few characters behind the encoded text; keep what is text before the first fault.
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let mut bytes = error.into_bytes();
                bytes.truncate(valid);
                String::from_utf8(bytes).ok().filter(|text| text.len() >= 12)?
            }
        }
    };
    let end = text.find(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t')).unwrap_or(text.len());
    (end >= 12 || end == text.len()).then(|| text[..end].to_owned())
}

/// Words in which at least three bytes are percent-encoded, decoded.
fn percent_runs(text: &str, found: &mut dyn FnMut(Span, String)) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'%', &bytes[from..]).map(|at| from + at) {
        let word = |byte: &u8| byte.is_ascii_graphic() && !b"\"'`<>(){}[],;|".contains(byte);
        let low = at.saturating_sub(512).max(from);
        let start = bytes[low..at].iter().rposition(|byte| !word(byte)).map_or(low, |n| low + n + 1);
        let end =
            bytes[at..].iter().take(4096).position(|byte| !word(byte)).map_or((at + 4096).min(bytes.len()), |n| at + n);
        let (plain, count) = unpercent(&bytes[start..end]);
        if count >= 3
            && let Ok(plain) = String::from_utf8(plain)
        {
            found(Span::new(start, end), plain);
        }
        from = end.max(at + 1);
    }
}

fn unpercent(bytes: &[u8]) -> (Vec<u8>, usize) {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut count = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = (bytes.get(at + 1).copied().and_then(digit), bytes.get(at + 2).copied().and_then(digit));
        if byte == b'%'
            && let (Some(high), Some(low)) = pair
        {
            plain.push(high << 4 | low);
            count += 1;
            at += 3;
        } else {
            plain.push(byte);
            at += 1;
        }
    }
    (plain, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Vec<(Encoding, String)> {
        let mut all = Vec::new();
        runs(text, &mut |span| all.extend(decode_run(span.slice(text))));
        percent_runs(text, &mut |_, plain| all.push((Encoding::Percent, plain)));
        all
    }

    #[test]
    fn each_encoding_gives_its_text() {
        // Made with coreutils base64 and xxd from "token=abcdef/123?".
        assert_eq!(decoded("v: dG9rZW49YWJjZGVmLzEyMz8="), [(Encoding::Base64, "token=abcdef/123?".into())]);
        assert_eq!(decoded("v: dG9rZW49YWJjZGVmLzEyMz8"), [(Encoding::Base64, "token=abcdef/123?".into())]);
        assert_eq!(decoded("746f6b656e3d6162636465662f3132333f"), [(Encoding::Hex, "token=abcdef/123?".into())]);
        assert_eq!(decoded("%74%6f%6ben=1"), [(Encoding::Percent, "token=1".into())]);
    }

    #[test]
    fn hashes_paths_and_images_are_left_alone() {
        for text in [
            "sha512-9c1e5b2d8f604a6c9e1b3d5f70827f3a9c1e5b2d8f604a6c9e1b3d5f7082==",
            "usr/local/share/applications/defaults",
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        ] {
            assert!(decoded(text).is_empty(), "{text}");
        }
    }
}
