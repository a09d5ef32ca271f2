//! Checksums and structures that token formats carry.

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

use crate::rule::Checksum;

/// Whether `value` satisfies the checksum of its format. A value in a form that carries no checksum holds.
pub(super) fn holds(kind: Checksum, value: &str) -> bool {
    match kind {
        Checksum::Crc32Base62 => crc32_base62(value),
        Checksum::Crc32Hex => crc32_hex(value),
        Checksum::Jwt => jwt(value),
        Checksum::PypiMacaroon => pypi(value),
    }
}

/// GitHub and npm: prefix, `_`, 30 characters, and the CRC-32 of these 30 in base62, six characters.
/// Source: "Behind GitHub's new authentication token formats" (GitHub engineering blog, 2021).
fn crc32_base62(value: &str) -> bool {
    let Some((_, body)) = value.rsplit_once('_') else { return false };
    if body.len() != 36 || !body.is_ascii() {
        return true;
    }
    let (text, sum) = body.split_at(30);
    base62(crc32fast::hash(text.as_bytes())) == sum
}

fn base62(mut number: u32) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}

/// Grafana: `glsa_`, 32 characters, `_`, the CRC-32 of all before it, little-endian, as eight hexadecimal digits.
/// Source: grafana/grafana `pkg/components/satokengen`.
fn crc32_hex(value: &str) -> bool {
    let Some((head, sum)) = value.rsplit_once('_') else { return false };
    u32::from_str_radix(sum, 16).is_ok_and(|sum| sum == crc32fast::hash(head.as_bytes()).swap_bytes())
}

/// RFC 7519: the first two of three parts are JSON objects, and the header names an algorithm other than `none`.
fn jwt(value: &str) -> bool {
    let mut parts = value.split('.');
    let mut object = || {
        let bytes = URL_SAFE_NO_PAD.decode(parts.next()?.trim_end_matches('=')).ok()?;
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&bytes).ok()
    };
    let header = object();
    let payload = object();
    let signed = header.is_some_and(|header| {
        header.get("alg").and_then(serde_json::Value::as_str).is_some_and(|alg| !alg.eq_ignore_ascii_case("none"))
    });
    signed && payload.is_some()
}

/// PyPI: `pypi-` and a version-2 macaroon whose location is `pypi.org` or `test.pypi.org`.
/// Source: `libmacaroons` format 2: version byte 2, then field 1 (location) with its length.
fn pypi(value: &str) -> bool {
    let Some((_, body)) = value.split_once('-') else { return false };
    let body = body.trim_end_matches('=');
    let whole = &body[..body.len() - usize::from(body.len() % 4 == 1)];
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(whole).or_else(|_| URL_SAFE.decode(whole)) else {
        return false;
    };
    bytes.starts_with(b"\x02\x01\x08pypi.org\x02") || bytes.starts_with(b"\x02\x01\x0dtest.pypi.org\x02")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base62_is_left_padded() {
        assert_eq!(base62(0), "000000");
        assert_eq!(base62(61), "00000z");
        assert_eq!(base62(62), "000010");
        // 62^5 * 4 + ... : the largest 32-bit number has six digits.
        assert_eq!(base62(u32::MAX), "4gfFC3");
    }

    #[test]
    fn an_unsigned_or_broken_jwt_does_not_hold() {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let token = |header: &str| format!("{}.{}.c2lnbmF0dXJl", part(header), part("{\"sub\":\"u\"}"));
        assert!(jwt(&token("{\"alg\":\"HS256\",\"typ\":\"JWT\"}")));
        assert!(!jwt(&token("{\"alg\":\"none\"}")));
        assert!(!jwt("eyJub3Q.eyJub3Q.x"));
    }
}
