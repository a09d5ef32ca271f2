//! The format of one sealed value, byte for byte that of `kubeseal` (`docs/facts/sealed-secrets.md#bytes-of-a-ciphertext`, pkg/crypto/crypto.go of
//! sealed-secrets).
//!
//! Two bytes with the length of what follows, that many bytes of RSA-OAEP (SHA-256) around a fresh AES-256 key, then
//! AES-256-GCM with a nonce of zeros, which is safe because the key is used once, and the tag.

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use rsa::rand_core::CryptoRngCore;
use rsa::sha2::Sha256;
use rsa::traits::PublicKeyParts as _;
use rsa::{Oaep, RsaPrivateKey, RsaPublicKey};
use zeroize::Zeroizing;

use super::Plaintext;

const SESSION_KEY: usize = 32;
const TAG: usize = 16;

/// Go's `StdEncoding`, which does not mind what the unused bits of the last character are.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// Why a value cannot be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It does not take a session key: smaller than 784 bits, which no certificate is that was let in.
    #[error("the public key is too small to seal with")]
    Key,
}

/// Why a sealed value cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    #[error("it is not standard base64")]
    NotBase64,
    #[error("it is truncated: {have} bytes, but its header requires at least {want}")]
    Short { have: usize, want: usize },
    /// No key has the size that the header states.
    #[error("it was sealed for a key of {bits} bits, but no key of that size was given")]
    NoSuchSize { bits: usize },
    #[error("no given key can decrypt it: it was sealed for another key, or for another name, namespace or scope")]
    NoKey,
    /// The session key was decrypted, and the rest does not belong to it.
    #[error("its bytes were changed after it was sealed")]
    Damaged,
}

/// Seals `plaintext` for `key` under `label`: the bytes of the format above, in the base64 of `spec.encryptedData`.
pub(super) fn seal(
    rng: &mut impl CryptoRngCore,
    key: &RsaPublicKey,
    plaintext: &[u8],
    label: &str,
) -> Result<String, SealError> {
    let mut session = Zeroizing::new([0; SESSION_KEY]);
    rng.fill_bytes(session.as_mut_slice());
    let wrapped = key.encrypt(rng, oaep(label), session.as_slice()).map_err(|_| SealError::Key)?;
    let length = u16::try_from(wrapped.len()).map_err(|_| SealError::Key)?;
    let cipher = Aes256Gcm::new(session.as_slice().into());
    let body = cipher.encrypt(&Nonce::default(), plaintext).map_err(|_| SealError::Key)?;
    Ok(STANDARD.encode([length.to_be_bytes().as_slice(), &wrapped, &body].concat()))
}

/// Opens what [`seal()`] made, with the first of `keys` that does it, which is returned too. As in Go's decoder, line breaks
/// are skipped and other white space is not.
pub(super) fn unseal<'k>(
    rng: &mut impl CryptoRngCore,
    keys: &[&'k RsaPrivateKey],
    sealed: &str,
    label: &str,
) -> Result<(Plaintext, &'k RsaPrivateKey), UnsealError> {
    let sealed = decode(sealed).ok_or(UnsealError::NotBase64)?;
    let short = |want| UnsealError::Short { have: sealed.len(), want };
    let (head, rest) = sealed.split_first_chunk::<2>().ok_or(short(2))?;
    let size = usize::from(u16::from_be_bytes(*head));
    if rest.len() < size + TAG {
        return Err(short(2 + size + TAG));
    }
    let (wrapped, body) = rest.split_at(size);
    let mut fault = UnsealError::NoSuchSize { bits: size * 8 };
    for key in keys.iter().filter(|key| key.size() == size) {
        fault = UnsealError::NoKey;
        // Blinded, so that the time it takes tells nothing of the key (RUSTSEC-2023-0071).
        let Ok(session) = key.decrypt_blinded(rng, oaep(label), wrapped).map(Zeroizing::new) else { continue };
        if session.len() != SESSION_KEY {
            return Err(UnsealError::Damaged);
        }
        let cipher = Aes256Gcm::new(session.as_slice().into());
        let plaintext = cipher.decrypt(&Nonce::default(), body).map_err(|_| UnsealError::Damaged)?;
        return Ok((Plaintext::new(plaintext), key));
    }
    Err(fault)
}

/// Standard base64 as Go's `StdEncoding` reads it: padded, line breaks skipped.
pub(crate) fn decode(base64: &str) -> Option<Zeroizing<Vec<u8>>> {
    let joined: Zeroizing<Vec<u8>> =
        Zeroizing::new(base64.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect());
    LENIENT.decode(joined.as_slice()).ok().map(Zeroizing::new)
}

/// Go uses the one hash for the label and the mask; an empty label is no label.
fn oaep(label: &str) -> Oaep {
    if label.is_empty() { Oaep::new::<Sha256>() } else { Oaep::new_with_label::<Sha256, _>(label) }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use rsa::rand_core::OsRng;

    use super::*;

    static KEY: LazyLock<RsaPrivateKey> =
        LazyLock::new(|| RsaPrivateKey::new(&mut OsRng, 2048).expect("a key can be made"));

    fn sealed(plain: &[u8], label: &str) -> Vec<u8> {
        let text = seal(&mut OsRng, &KEY.to_public_key(), plain, label).expect("it seals");
        decode(&text).expect("base64").to_vec()
    }

    fn open(sealed: &[u8], label: &str) -> Result<Vec<u8>, UnsealError> {
        unseal(&mut OsRng, &[&*KEY], &STANDARD.encode(sealed), label).map(|(plain, _)| plain.expose().to_vec())
    }

    #[test]
    fn a_sealed_value_has_the_bytes_of_the_format_and_opens_again() {
        let long = vec![7; 1 << 20];
        for plain in [b"".as_slice(), b"a", b"two\nlines\n", &long] {
            let sealed = sealed(plain, "ns/name");
            // `docs/facts/sealed-secrets.md#sizes-and-prefixes`: n + 274 bytes for a key of 2048 bits, which begin with 01 00.
            assert_eq!(sealed.len(), plain.len() + 274);
            assert_eq!(sealed[..2], [1, 0]);
            assert_eq!(open(&sealed, "ns/name").as_deref(), Ok(plain));
        }
    }

    #[test]
    fn the_label_binds() {
        let bound = sealed(b"x", "ns/name");
        for label in ["", "ns", "ns/other", "nsname"] {
            assert_eq!(open(&bound, label), Err(UnsealError::NoKey), "{label}");
        }
        assert_eq!(open(&sealed(b"x", ""), "").as_deref(), Ok(b"x".as_slice()));
    }

    #[test]
    fn faults_are_told_apart() {
        let sealed = sealed(b"hello", "a/b");
        assert_eq!(open(&sealed[..1], "a/b"), Err(UnsealError::Short { have: 1, want: 2 }));
        assert_eq!(open(&sealed[..200], "a/b"), Err(UnsealError::Short { have: 200, want: 274 }));
        let mut damaged = sealed.clone();
        *damaged.last_mut().expect("a byte") ^= 1;
        assert_eq!(open(&damaged, "a/b"), Err(UnsealError::Damaged));
        let mut other = sealed.clone();
        (other[0], other[1]) = (2, 0);
        other.resize(530, 0);
        assert_eq!(open(&other, "a/b"), Err(UnsealError::NoSuchSize { bits: 4096 }));
        assert!(open(b"", "a/b").is_err());
    }

    #[test]
    fn base64_is_read_as_go_does_it() {
        let text = seal(&mut OsRng, &KEY.to_public_key(), b"hi", "a/b").expect("it seals");
        assert_eq!(text.len(), 368, "docs/facts/sealed-secrets.md#sizes-and-prefixes: 4 * ceil((2 + 274) / 3)");
        let opens = |text: &str| unseal(&mut OsRng, &[&*KEY], text, "a/b").is_ok();
        let (front, back) = text.split_at(100);
        assert!(opens(&text) && opens(&format!("{front}\n{back}\r\n")));
        assert!(!opens(&format!("{front} {back}")), "a folded scalar");
        assert!(!opens(&text.replace('+', "-").replace('/', "_")) || !text.contains(['+', '/']));
    }
}
