//! Keys: the certificate that Secrets are sealed for, and the private keys that open them again.
//!
//! Bytes in, keys out. Reading files, asking a cluster, and reporting is for `cli`.

mod keyring;
mod pem;
mod recipient;
#[cfg(test)]
mod tests;

use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, RsaPublicKey};
use sha2::{Digest as _, Sha256};

pub(crate) use keyring::Keyring;
pub(crate) use recipient::{Certificate, Recipient};

/// Bits of the smallest key that Secrets are sealed for. Go, which the controller is written in, opens with shorter ones
/// too; they can be broken with money (1024) or at home (512).
pub(crate) const LEAST_BITS: usize = 2048;
/// Bits of the largest key that is read. Larger ones are an attack on the time of whoever uses them.
pub(crate) const MOST_BITS: usize = 8192;

/// Why something is not a usable key. Says nothing of what was read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("it is empty")]
    Empty,
    #[error("it is UTF-16, as PowerShell's `>` writes it")]
    Utf16,
    #[error("it is DER, the binary form")]
    Der,
    /// Binary of another kind, or another encoding.
    #[error("it is not text")]
    NoText,
    /// No public key either.
    #[error("it contains no certificate")]
    NoCertificate,
    #[error("it contains a private key, not a certificate")]
    PrivateKey,
    #[error("it contains a certificate request, not a certificate")]
    Request,
    #[error("its {0} is damaged")]
    Damaged(&'static str),
    #[error("its key is {0}; Sealed Secrets work with RSA only")]
    NotRsa(&'static str),
    #[error("its RSA key has {0} bits; at least {LEAST_BITS} are required")]
    TooSmall(usize),
    #[error("its RSA key has {0} bits; at most {MOST_BITS} are supported")]
    TooLarge(usize),
    #[error("the certificate expired on {0}")]
    Expired(jiff::civil::Date),
    #[error("it contains no private key")]
    NoPrivateKey,
    #[error("its private key is encrypted")]
    Encrypted,
    #[error("its private key is in OpenSSH format")]
    OpenSsh,
    /// The line is that of the fault.
    #[error("it is neither PEM nor YAML: line {0} does not parse")]
    Syntax(usize),
    /// The line is that of a Secret of a controller's keys.
    #[error("the Secret at line {line}: {error}")]
    InSecret { line: usize, error: Box<KeyError> },
}

impl KeyError {
    /// What to do, where something can be said.
    pub(crate) fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoCertificate => {
                "`mlguard cert fetch` fetches the controller's certificate; it starts with -----BEGIN CERTIFICATE-----"
            }
            Self::Utf16 => "write it as UTF-8: `iconv -f UTF-16 -t UTF-8 FILE > NEW`, or `Out-File -Encoding ascii`",
            Self::Der => {
                "convert it to PEM: `openssl x509 -inform der -in FILE -out NEW.pem`, for a private key \
                 `openssl pkey -inform der -in FILE -out NEW.pem`"
            }
            Self::PrivateKey => {
                "keep it out of the repository; the certificate is beside it: `tls.crt` of the Secret that has `tls.key`"
            }
            Self::Request => "use the certificate that the authority issued for it",
            Self::Damaged(_) => "copy it again, from -----BEGIN to the last dash of -----END",
            Self::NotRsa(_) | Self::TooSmall(_) | Self::TooLarge(_) => {
                "use the controller's own certificate (`mlguard cert fetch`), or make one with `openssl req -x509 -newkey \
                 rsa:4096`"
            }
            Self::Expired(_) => "`mlguard cert fetch` fetches the one that the controller uses now",
            Self::NoPrivateKey => {
                "`kubectl get secret -n kube-system -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml` shows the keys \
                 of the controller"
            }
            Self::Encrypted => "decrypt it first, to a place that only you can read: `openssl pkey -in FILE -out NEW`",
            Self::OpenSsh => "convert a copy of it: `ssh-keygen -p -m PEM -f COPY`",
            Self::InSecret { error, .. } => return error.help(),
            Self::Empty | Self::NoText | Self::Syntax(_) => return None,
        })
    }
}

/// The key id of a public key, which the controller writes to its log and kubeseal's users see: `SHA256:` and unpadded
/// base64 of the SHA-256 of the key in SSH's wire form (sealed-secrets `pkg/crypto/crypto.go`, `PublicKeyFingerprint`;
/// RFC 4253 6.6). `ssh-keygen -lf` prints the same.
pub(crate) fn fingerprint(key: &RsaPublicKey) -> String {
    use base64::Engine as _;

    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        // No part of a key is longer than MOST_BITS.
        hash.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(bytes);
    };
    part(b"ssh-rsa");
    for number in [key.e(), key.n()] {
        let mut bytes = number.to_bytes_be();
        // A set first bit would make it negative (RFC 4251 5, `mpint`).
        if bytes.first().is_some_and(|first| first & 0x80 != 0) {
            bytes.insert(0, 0);
        }
        part(&bytes);
    }
    format!("SHA256:{}", base64::engine::general_purpose::STANDARD_NO_PAD.encode(hash.finalize()))
}

/// A public key of the right size, from the DER of a `SubjectPublicKeyInfo`.
fn public_key(spki: &[u8], what: &'static str) -> Result<RsaPublicKey, KeyError> {
    use rsa::pkcs8::SubjectPublicKeyInfoRef;

    let info = SubjectPublicKeyInfoRef::try_from(spki).map_err(|_| KeyError::Damaged(what))?;
    if info.algorithm.oid != rsa::pkcs1::ALGORITHM_OID {
        return Err(KeyError::NotRsa(algorithm(&info.algorithm.oid.to_string())));
    }
    let key = info.subject_public_key.as_bytes().ok_or(KeyError::Damaged(what))?;
    public_key_pkcs1(key, what)
}

/// The same from the DER of PKCS#1.
fn public_key_pkcs1(der: &[u8], what: &'static str) -> Result<RsaPublicKey, KeyError> {
    let key = rsa::pkcs1::RsaPublicKey::try_from(der).map_err(|_| KeyError::Damaged(what))?;
    let number = |number: rsa::pkcs1::UintRef<'_>| BigUint::from_bytes_be(number.as_bytes());
    let (n, e) = (number(key.modulus), number(key.public_exponent));
    let bits = size(&n)?;
    if bits < LEAST_BITS {
        return Err(KeyError::TooSmall(bits));
    }
    RsaPublicKey::new_with_max_size(n, e, MOST_BITS).map_err(|_| KeyError::Damaged(what))
}

/// The bits of a modulus, where it can be worked with.
fn size(n: &BigUint) -> Result<usize, KeyError> {
    let bits = n.bits();
    if bits > MOST_BITS { Err(KeyError::TooLarge(bits)) } else { Ok(bits) }
}

/// The name of an algorithm of keys, by its object identifier.
fn algorithm(oid: &str) -> &'static str {
    match oid {
        "1.2.840.10045.2.1" => "an elliptic curve key (EC)",
        "1.2.840.10040.4.1" => "a DSA key",
        "1.2.840.113549.1.1.10" => "RSA-PSS, for signatures only",
        "1.3.101.110" | "1.3.101.111" => "an X25519 or X448 key",
        "1.3.101.112" | "1.3.101.113" => "an Ed25519 or Ed448 key",
        _ => "of another algorithm",
    }
}

/// The text of a file of certificates or keys.
fn text(bytes: &[u8]) -> Result<&str, KeyError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let wide = |pair: &[u8]| pair.len() == 2 && (pair[0] == 0) != (pair[1] == 0);
    let head = bytes.get(..64).unwrap_or(bytes);
    let is_wide = head.len() >= 4 && head.chunks_exact(2).all(wide);
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || is_wide {
        return Err(KeyError::Utf16);
    }
    // A SEQUENCE whose length takes two bytes, which every certificate and key of use is.
    if matches!(bytes, [0x30, 0x81..=0x84, ..]) {
        return Err(KeyError::Der);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| KeyError::NoText)?;
    if text.trim().is_empty() { Err(KeyError::Empty) } else { Ok(text) }
}
