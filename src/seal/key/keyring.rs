//! Private keys, to open what was sealed.

use std::cmp::Reverse;
use std::fmt;

use jiff::Timestamp;
use rsa::pkcs8::PrivateKeyInfo;
use rsa::{BigUint, RsaPrivateKey};

use super::{KeyError, algorithm, fingerprint, pem, recipient, size, text};
use crate::document::yaml::Node;
use crate::seal::stream::Stream;

const WHAT: &str = "private key";

/// A private key, wiped from memory when it is dropped. It cannot be printed.
pub(super) struct PrivateKey {
    pub(super) key: RsaPrivateKey,
    pub(super) fingerprint: String,
    pub(super) since: Option<Timestamp>,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.fingerprint)
    }
}

/// Private keys, newest first; those whose age is not known come last, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Keyring {
    pub(super) keys: Vec<PrivateKey>,
}

impl Keyring {
    /// Adds the keys of a file, all or none, and returns how many it contains. A key that is there already is kept once.
    ///
    /// A file is PEM (`RSA PRIVATE KEY`, or `PRIVATE KEY` of PKCS#8), or YAML or JSON of the controller's Secrets: one,
    /// several documents, a `List` of them, or a mixture, with the key in `data["tls.key"]`. `kubeseal` takes the first
    /// key of a PEM file and nothing after a `List`; here each is taken. Secrets without `tls.key` are skipped.
    ///
    /// `bytes` are secret: the caller keeps them in a buffer that is wiped. Buffers of keys are wiped here, and the
    /// tree of a YAML text.
    /// Keys shorter than those that Secrets are sealed for are accepted.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> Result<usize, KeyError> {
        let text = text(bytes)?;
        let found = if pem::is_pem(text) { of_pem(text)? } else { of_yaml(text)? };
        if found.is_empty() {
            return Err(KeyError::NoPrivateKey);
        }
        let count = found.len();
        for key in found {
            match self.keys.iter_mut().find(|known| known.fingerprint == key.fingerprint) {
                Some(known) if known.since.is_none() && key.since.is_some() => *known = key,
                Some(_) => {}
                None => self.keys.push(key),
            }
        }
        self.keys.sort_by_key(|key| Reverse(key.since));
        Ok(count)
    }

    /// The keys, newest first, to decrypt with. They must not reach a message, a log, or an error; their own `Debug` prints
    /// everything.
    pub(crate) fn expose(&self) -> Vec<&RsaPrivateKey> {
        self.keys.iter().map(|key| &key.key).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// The private keys of a PEM text, and their age where it contains their certificates too.
fn of_pem(text: &str) -> Result<Vec<PrivateKey>, KeyError> {
    let blocks = pem::blocks(text);
    if blocks.is_empty() {
        return Err(KeyError::Damaged("PEM block"));
    }
    let certificates = begins(&blocks);
    let mut keys = Vec::new();
    for block in &blocks {
        if !block.label.ends_with("PRIVATE KEY") {
            continue;
        }
        if block.encrypted || block.label == "ENCRYPTED PRIVATE KEY" {
            return Err(KeyError::Encrypted);
        }
        let der = block.der.as_ref().ok_or(KeyError::Damaged(WHAT))?;
        let key = match block.label {
            "RSA PRIVATE KEY" => pkcs1(der)?,
            "PRIVATE KEY" => pkcs8(der)?,
            "EC PRIVATE KEY" => return Err(KeyError::NotRsa("an elliptic curve key (EC)")),
            "OPENSSH PRIVATE KEY" => return Err(KeyError::OpenSsh),
            _ => return Err(KeyError::NotRsa("of another algorithm")),
        };
        let fingerprint = fingerprint(key.as_ref());
        let since = certificates.iter().find(|(own, _)| *own == fingerprint).map(|(_, since)| *since);
        keys.push(PrivateKey { key, fingerprint, since });
    }
    Ok(keys)
}

/// Fingerprint and beginning of each certificate.
fn begins(blocks: &[pem::Block<'_>]) -> Vec<(String, Timestamp)> {
    let certificates = blocks.iter().filter(|block| block.label == "CERTIFICATE");
    let read = |block: &pem::Block<'_>| {
        let (certificate, key) = recipient::certificate(block.der.as_ref()?).ok()?;
        Some((fingerprint(&key), certificate.not_before))
    };
    certificates.filter_map(read).collect()
}

fn pkcs8(der: &[u8]) -> Result<RsaPrivateKey, KeyError> {
    let info = PrivateKeyInfo::try_from(der).map_err(|_| KeyError::Damaged(WHAT))?;
    if info.algorithm.oid != rsa::pkcs1::ALGORITHM_OID {
        return Err(KeyError::NotRsa(algorithm(&info.algorithm.oid.to_string())));
    }
    pkcs1(info.private_key)
}

fn pkcs1(der: &[u8]) -> Result<RsaPrivateKey, KeyError> {
    let damaged = || KeyError::Damaged(WHAT);
    let key = rsa::pkcs1::RsaPrivateKey::try_from(der).map_err(|_| damaged())?;
    if key.other_prime_infos.is_some() {
        return Err(damaged());
    }
    let number = |number: rsa::pkcs1::UintRef<'_>| BigUint::from_bytes_be(number.as_bytes());
    let n = number(key.modulus);
    size(&n)?;
    // What does not belong together is found out there, by arithmetic on numbers of this size.
    let longest = n.to_bytes_be().len();
    if [key.private_exponent, key.prime1, key.prime2].iter().any(|part| part.as_bytes().len() > longest) {
        return Err(damaged());
    }
    let primes = vec![number(key.prime1), number(key.prime2)];
    RsaPrivateKey::from_components(n, number(key.public_exponent), number(key.private_exponent), primes)
        .map_err(|_| damaged())
}

fn of_yaml(text: &str) -> Result<Vec<PrivateKey>, KeyError> {
    let stream = Stream::read(text).map_err(|error| KeyError::Syntax(error.at.line))?;
    let mut keys = Vec::new();
    for document in &stream.documents {
        for (_, secret) in document.objects() {
            let line = stream.position(document, secret.span()).line;
            keys.extend(of_secret(secret).map_err(|error| KeyError::InSecret { line, error: Box::new(error) })?);
        }
    }
    Ok(keys)
}

/// The keys of a Secret; none where it has no `tls.key`.
fn of_secret(secret: Node<'_>) -> Result<Vec<PrivateKey>, KeyError> {
    let data = |key: &str| secret.at(&["data", key]).and_then(Node::as_str);
    let Some(value) = data("tls.key") else { return Ok(Vec::new()) };
    let decoded = pem::decode(value).ok_or(KeyError::Damaged("`tls.key`"))?;
    let mut keys = of_pem(text(&decoded)?)?;
    if keys.is_empty() {
        return Err(KeyError::NoPrivateKey);
    }
    let certificate = data("tls.crt").and_then(pem::decode);
    let certificate = certificate.as_ref().and_then(|bytes| text(bytes).ok());
    let certificates = certificate.map(|text| begins(&pem::blocks(text))).unwrap_or_default();
    let made = secret.at(&["metadata", "creationTimestamp"]).and_then(Node::as_str);
    let made: Option<Timestamp> = made.and_then(|made| made.parse().ok());
    for key in &mut keys {
        let begins = certificates.iter().find(|(own, _)| *own == key.fingerprint).map(|(_, since)| *since);
        key.since = begins.or(key.since).or(made);
    }
    Ok(keys)
}
