//! Recognisers of encrypted values, each of which verifies the structure of what it recognises.
//!
//! A value that merely starts like ciphertext stays a finding: trust comes from the bytes, not from the prefix.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// Whether `value` is a whole encrypted value of a kind that may be in Git.
pub(super) fn is_ciphertext(value: &str) -> bool {
    let value = value.trim();
    is_sops(value) || is_sealed(value) || is_ansible_vault(value) || is_armored(value) || is_wrapped(value)
}

/// Whether `value` is `ENC[PKCS7,…]` of hiera-eyaml, around a DER sequence, or `ENC(…)` of Jasypt, around whole blocks.
pub(super) fn is_wrapped(value: &str) -> bool {
    let inner = |open: &str, close: char| value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    let decoded = |text: &str| STANDARD.decode(text).ok();
    inner("ENC[PKCS7,", ']').and_then(decoded).is_some_and(|der| der.len() > 256 && der.starts_with(&[0x30, 0x82]))
        || inner("ENC(", ')').and_then(decoded).is_some_and(|bytes| bytes.len() >= 16 && bytes.len() % 8 == 0)
}

/// Whether `value` has the bytes of one entry of a SealedSecret (`docs/facts/sealed-secrets.md#recognising-a-ciphertext-without-a-key`): canonical base64 of a
/// big-endian key size, that many bytes of RSA ciphertext, and at least an AES-GCM tag.
pub(super) fn is_sealed(value: &str) -> bool {
    if !value.starts_with(['A', 'B']) || value.len() < 196 {
        return false;
    }
    let joined: String = value.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let Ok(raw) = STANDARD.decode(joined.as_bytes()) else {
        return false;
    };
    let Some(size) = raw.first_chunk::<2>().map(|head| usize::from(u16::from_be_bytes(*head))) else {
        return false;
    };
    matches!(size, 128 | 256 | 384 | 512 | 1024) && raw.len() >= 2 + size + 16
}

/// Whether `value` starts like a sealed entry and could be one that was cut for a text: base64 of a known RSA size, only
/// base64 characters, perhaps an ellipsis behind. Good only inside a SealedSecret.
pub(super) fn is_sealed_prefix(value: &str) -> bool {
    let value = value.trim().trim_end_matches(['.', '…']);
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\n\r".contains(&byte);
    let third = value.as_bytes().get(2).copied().unwrap_or_default();
    value.len() >= 3
        && ["AI", "AQ", "AY", "Ag", "BA"].iter().any(|head| value.starts_with(head))
        && (b'A'..=b'D').contains(&third)
        && value.bytes().all(base64)
}

/// Whether `value` follows SOPS's grammar (`docs/facts/sops.md#recognising-an-encrypted-file`): `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]` with an
/// initialisation vector of 32 and a tag of 16 bytes.
pub(super) fn is_sops(value: &str) -> bool {
    let Some(inner) = value.strip_prefix("ENC[AES256_GCM,").and_then(|rest| rest.strip_suffix(']')) else {
        return false;
    };
    let mut length = [None; 3];
    let mut kind = "";
    for field in inner.split(',') {
        let Some((name, text)) = field.split_once(':') else {
            return false;
        };
        let bytes = || STANDARD.decode(text).ok().map(|bytes| bytes.len());
        match name {
            "data" => length[0] = bytes(),
            "iv" => length[1] = bytes(),
            "tag" => length[2] = bytes(),
            "type" => kind = text,
            _ => return false,
        }
    }
    length[0].is_some()
        && length[1] == Some(32)
        && length[2] == Some(16)
        && ["str", "int", "float", "bool", "bytes", "time", "comment"].contains(&kind)
}

/// Whether `value` is an Ansible vault: the header `$ANSIBLE_VAULT;1.x;AES256` and lines of hexadecimal that decode to
/// three hexadecimal parts (salt, HMAC, ciphertext) of the right sizes.
pub(super) fn is_ansible_vault(value: &str) -> bool {
    let mut lines = value.trim().lines().map(str::trim);
    let header = lines.next().unwrap_or_default();
    let mut fields = header.split(';');
    let known = fields.next() == Some("$ANSIBLE_VAULT")
        && matches!(fields.next(), Some("1.1" | "1.2"))
        && fields.next() == Some("AES256");
    if !known {
        return false;
    }
    let body: String = lines.collect();
    let Some(inner) = unhex(&body) else {
        return false;
    };
    let parts: Vec<&[u8]> = inner.split(|&byte| byte == b'\n').collect();
    let sizes = |part: &[u8], size: usize| part.len() == size && part.iter().all(u8::is_ascii_hexdigit);
    matches!(parts.as_slice(), [salt, hmac, text]
        if sizes(salt, 64) && sizes(hmac, 64) && !text.is_empty() && text.len() % 32 == 0 && sizes(text, text.len()))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

/// Whether `value` is an ASCII-armoured age file or PGP message whose body decodes to what its header announces.
pub(super) fn is_armored(value: &str) -> bool {
    let value = value.trim();
    if let Some(body) = armor(value, "AGE ENCRYPTED FILE") {
        return STANDARD.decode(body).is_ok_and(|bytes| bytes.starts_with(b"age-encryption.org/v1\n"));
    }
    // The first octet of an OpenPGP packet has its top bit set (RFC 9580, 4.2).
    armor(value, "PGP MESSAGE").is_some_and(|body| {
        let data = body.split('=').next().unwrap_or_default();
        let whole = &data[..data.len() - data.len() % 4];
        STANDARD
            .decode(whole)
            .is_ok_and(|bytes| bytes.first().is_some_and(|first| first & 0x80 != 0) && bytes.len() > 16)
    })
}

/// The body of an armoured block: headers up to an empty line are left out, line breaks removed.
fn armor(value: &str, label: &str) -> Option<String> {
    let rest = value.strip_prefix("-----BEGIN ")?.strip_prefix(label)?.strip_prefix("-----")?;
    let end = rest.find("-----END ")?;
    let body: Vec<&str> = rest[..end].lines().map(str::trim).collect();
    let header = |line: &&str| line.contains(": ");
    let skip = body.iter().rposition(header).map_or(0, |at| at + 1);
    Some(body[skip..].concat())
}

/// Why the controller refuses an entry of a SealedSecret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealedFault {
    /// White space, which base64 refuses.
    WhiteSpace,
    /// Base64 of another kind than the standard, padded one.
    OtherBase64,
    /// The start is that of a ciphertext, and the rest is not base64.
    Damaged,
    /// The start is that of a ciphertext, and the rest is too short.
    CutShort,
    /// Base64 of something else.
    PlainBase64,
    /// Not base64.
    Plaintext,
}

/// Why the controller refuses `value`; nothing where it has the form of a ciphertext.
pub(super) fn sealed_fault(value: &str) -> Option<SealedFault> {
    if is_sealed(value) {
        return None;
    }
    let joined: String = value.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    if joined.contains(|c: char| c.is_whitespace()) {
        return Some(SealedFault::WhiteSpace);
    }
    let Ok(raw) = STANDARD.decode(&joined) else {
        let other = [STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().any(|kind| kind.decode(&joined).is_ok());
        return Some(match (other, is_sealed_prefix(&joined)) {
            (true, _) => SealedFault::OtherBase64,
            (false, true) => SealedFault::Damaged,
            (false, false) => SealedFault::Plaintext,
        });
    };
    let size = raw.first_chunk::<2>().map(|head| usize::from(u16::from_be_bytes(*head)));
    let sealed = size.is_some_and(|size| matches!(size, 128 | 256 | 384 | 512 | 1024));
    Some(if sealed { SealedFault::CutShort } else { SealedFault::PlainBase64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(size: u16, plain: usize) -> String {
        let mut raw = size.to_be_bytes().to_vec();
        raw.extend((0..usize::from(size) + plain + 16).map(|at| u8::try_from(at * 37 % 251).unwrap_or_default()));
        STANDARD.encode(raw)
    }

    #[test]
    fn sealed_values_are_told_by_their_bytes() {
        for size in [256, 384, 512] {
            assert!(is_sealed(&sealed(size, 3)));
        }
        // 3 bytes of plaintext for a 4096-bit key give 712 characters (`docs/facts/sealed-secrets.md#sizes-and-prefixes`).
        assert_eq!(sealed(512, 3).len(), 712);
        let cut = &sealed(512, 3)[..400];
        assert!(!is_sealed(cut), "truncated");
        assert!(is_sealed_prefix("AgBy3i4OJSWK+PiTySYZZA9rO43cGDEQAx..."));
        assert!(!is_sealed_prefix("Again this is text"));
        assert!(!is_sealed("bXluaW9hZG1pbg=="));
    }

    #[test]
    fn sops_values_need_the_whole_grammar() {
        let iv = STANDARD.encode([7; 32]);
        let tag = STANDARD.encode([9; 16]);
        assert!(is_sops(&format!("ENC[AES256_GCM,data:aGVsbG8=,iv:{iv},tag:{tag},type:str]")));
        assert!(!is_sops(&format!("ENC[AES256_GCM,data:aGVsbG8=,iv:{tag},tag:{tag},type:str]")), "short iv");
        assert!(!is_sops("ENC[hunter2]"));
    }

    #[test]
    fn ansible_vaults_are_hexadecimal_of_hexadecimal() {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        let inner = format!("{}\n{}\n{}", hex(&[1; 32]), hex(&[2; 32]), hex(&[3; 32]));
        let outer = hex(inner.as_bytes());
        let lines: Vec<&str> = outer.as_bytes().chunks(80).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        assert!(is_ansible_vault(&format!("$ANSIBLE_VAULT;1.1;AES256\n  {}\n", lines.join("\n  "))));
        assert!(!is_ansible_vault("$ANSIBLE_VAULT;1.1;AES256\nhunter2\n"));
        assert!(!is_ansible_vault("$ANSIBLE_VAULT;1.1;AES256\nabc\n"), "odd number of digits");
    }

    #[test]
    fn wrapped_values_need_their_bytes() {
        let der: Vec<u8> = [0x30, 0x82].into_iter().chain([7; 300]).collect();
        assert!(is_wrapped(&format!("ENC[PKCS7,{}]", STANDARD.encode(der))));
        assert!(is_wrapped(&format!("ENC({})", STANDARD.encode([7; 24]))));
        for value in ["ENC[hunter2]", "ENC[PKCS7,aHVudGVyMg==]", "ENC(hunter2)", "ENC(aHVudGVyMg==)"] {
            assert!(!is_ciphertext(value) && !super::super::placeholder::is_placeholder(value), "{value}");
        }
    }

    #[test]
    fn armour_is_decoded() {
        let age = STANDARD.encode(b"age-encryption.org/v1\n-> X25519 abc\n");
        assert!(is_armored(&format!("-----BEGIN AGE ENCRYPTED FILE-----\n{age}\n-----END AGE ENCRYPTED FILE-----")));
        assert!(!is_armored("-----BEGIN AGE ENCRYPTED FILE-----\nhunter2\n-----END AGE ENCRYPTED FILE-----"));
    }
}
