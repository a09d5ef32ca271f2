//! Keys and certificates: what is read, in which order, and what each fault says. Certificates are fixtures that Go made
//! as the controller does; their fingerprints are those of `ssh-keygen -lf`. Private keys are made here.

use std::fmt::Write as _;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
use rsa::rand_core::{CryptoRng, Error, RngCore};
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, RsaPrivateKey};
use sha2::{Digest as _, Sha256};

use super::*;

const CONTROLLER: &[u8] = include_bytes!("../../../tests/fixtures/certificates/controller.pem");
const BUNDLE: &[u8] = include_bytes!("../../../tests/fixtures/certificates/bundle.pem");
const EC: &[u8] = include_bytes!("../../../tests/fixtures/certificates/ec.pem");
const EXPIRED: &[u8] = include_bytes!("../../../tests/fixtures/certificates/expired.pem");
const OTHER: &[u8] = include_bytes!("../../../tests/fixtures/certificates/other.pem");
const PKCS1: &[u8] = include_bytes!("../../../tests/fixtures/certificates/pkcs1.pem");
const SPKI: &[u8] = include_bytes!("../../../tests/fixtures/certificates/spki.pem");
const WEAK: &[u8] = include_bytes!("../../../tests/fixtures/certificates/weak.pem");

const CONTROLLER_ID: &str = "SHA256:FRHgPxylW6Ma0t3nzT4Kg2gVycqLyeD8jJ1crIZmr/k";
const OTHER_ID: &str = "SHA256:JDDaH4oKlMomXp5egjuEXJ90e50h3tD6HY/kEaId9qA";

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn now() -> Timestamp {
    at("2026-06-01T00:00:00Z")
}

/// The same numbers every time, from a seed.
struct Numbers(u64, u64);

impl RngCore for Numbers {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(32) {
            self.1 += 1;
            let hash = Sha256::digest([self.0.to_le_bytes(), self.1.to_le_bytes()].concat());
            part.copy_from_slice(&hash[..part.len()]);
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Numbers {}

/// Two private keys, made once.
fn keys() -> &'static [RsaPrivateKey; 2] {
    static KEYS: OnceLock<[RsaPrivateKey; 2]> = OnceLock::new();
    KEYS.get_or_init(|| [1, 2].map(|seed| RsaPrivateKey::new(&mut Numbers(seed, 0), 2048).expect("a key")))
}

fn pkcs1(key: &RsaPrivateKey) -> String {
    key.to_pkcs1_pem(LineEnding::LF).expect("PEM").to_string()
}

/// A Secret as the controller makes it, without a certificate.
fn secret(key: &RsaPrivateKey, made: &str, status: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: sealed-secrets-keyabcde\n  creationTimestamp: \"{made}\"\n  \
         labels:\n    sealedsecrets.bitnami.com/sealed-secrets-key: {status}\ntype: kubernetes.io/tls\ndata:\n  tls.key: {}\n",
        STANDARD.encode(pkcs1(key))
    )
}

/// The items of a list, indented.
fn list(secrets: &[String]) -> String {
    let mut text = "apiVersion: v1\nkind: List\nitems:\n".to_owned();
    for secret in secrets {
        for (number, line) in secret.lines().enumerate() {
            writeln!(text, "{}{line}", if number == 0 { "- " } else { "  " }).expect("a string");
        }
    }
    text
}

/// Takes a file and says which of [`keys`] are held, in order, and what is known of them.
fn held(ring: &Keyring) -> Vec<(usize, Option<String>)> {
    let number = |key: &keyring::PrivateKey| keys().iter().position(|own| *own == key.key).expect("a key of ours");
    ring.keys.iter().map(|key| (number(key), key.since.map(|since| since.to_string()))).collect()
}

#[test]
fn the_certificate_of_a_controller() {
    let read = Recipient::from_pem(CONTROLLER, now()).expect("a certificate");
    assert_eq!((read.bits(), read.fingerprint()), (4096, CONTROLLER_ID));
    let certificate = read.certificate().expect("a certificate");
    assert_eq!((certificate.subject.as_str(), certificate.issuer.as_str()), ("", ""));
    assert_eq!(certificate.serial, "e29848e4baf27499cb56d38640e6971c");
    assert_eq!(certificate.not_before, at("2026-01-15T08:30:00Z"));
    assert_eq!(certificate.not_after, at("2036-01-13T08:30:00Z"));
    assert_eq!((certificate.age(now()), certificate.days_left(now())), (136, 3513));
    assert_eq!(certificate.to_pem().as_bytes(), CONTROLLER);
}

#[test]
fn the_first_certificate_without_headers_counts() {
    let read = Recipient::from_pem(BUNDLE, now()).expect("a certificate");
    assert_eq!(read.certificate().map(|certificate| certificate.subject.as_str()), Some("CN=first"));
    assert_eq!(read.fingerprint(), OTHER_ID);
    let marked = [b"\xef\xbb\xbfsome words\n", OTHER].concat();
    assert_eq!(Recipient::from_pem(&marked, now()).expect("a certificate").fingerprint(), OTHER_ID);
}

#[test]
fn bare_public_keys_are_taken() {
    for bytes in [SPKI, PKCS1] {
        let read = Recipient::from_pem(bytes, now()).expect("a key");
        assert_eq!((read.fingerprint(), read.certificate()), (CONTROLLER_ID, None));
    }
}

#[test]
fn the_end_of_a_certificate_is_the_second_after_its_last() {
    let last = at("2036-01-13T08:30:00Z");
    assert!(Recipient::from_pem(CONTROLLER, last).is_ok());
    let after = Recipient::from_pem(CONTROLLER, last + jiff::SignedDuration::from_secs(1));
    assert_eq!(after.err(), Some(KeyError::Expired(jiff::civil::date(2036, 1, 13))));
    assert_eq!(Recipient::from_pem(EXPIRED, now()).err(), Some(KeyError::Expired(jiff::civil::date(2025, 2, 26))));
    assert_eq!(Recipient::of_any_age(EXPIRED).expect("a certificate").fingerprint(), OTHER_ID);
    // kubeseal does not look at the beginning.
    assert!(Recipient::from_pem(CONTROLLER, at("2020-01-01T00:00:00Z")).is_ok());
}

#[test]
fn what_is_no_recipient_says_why() {
    let text = std::str::from_utf8(CONTROLLER).expect("text");
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xff, 0xfe], wide.as_slice()].concat();
    let der = pem::blocks(text)[0].der.as_ref().expect("base64").to_vec();
    let private = pkcs1(&keys()[0]);
    let large = (BigUint::from(1u8) << 8200) + BigUint::from(1u8);
    let large = RsaPublicKey::new_with_max_size(large, BigUint::from(65537u32), 10_000).expect("a key");
    let large = large.to_public_key_pem(LineEnding::LF).expect("PEM");
    let cut = text.replace("-----END CERTIFICATE-----", "");
    let line = text.lines().nth(3).expect("a line");
    for (bytes, error) in [
        (&b" \n"[..], KeyError::Empty),
        (&wide, KeyError::Utf16),
        (&marked, KeyError::Utf16),
        (&der, KeyError::Der),
        (b"\x00\x01\xfe\xff\xff", KeyError::NoText),
        (b"<html><body>404</body></html>", KeyError::NoCertificate),
        (private.as_bytes(), KeyError::PrivateKey),
        (EC, KeyError::NotRsa("an elliptic curve key (EC)")),
        (WEAK, KeyError::TooSmall(1024)),
        (large.as_bytes(), KeyError::TooLarge(8201)),
        (cut.as_bytes(), KeyError::Damaged("PEM block")),
        (text.replace(line, "").as_bytes(), KeyError::Damaged("certificate")),
        (text.replace(line, "?").as_bytes(), KeyError::Damaged("certificate")),
    ] {
        assert_eq!(Recipient::from_pem(bytes, now()).err(), Some(error));
    }
}

#[test]
fn keys_of_pem_files() {
    let [one, other] = keys();
    let mut ring = Keyring::default();
    let pkcs8 = other.to_pkcs8_pem(LineEnding::CRLF).expect("PEM");
    let both = format!("{}{}", pkcs1(one), *pkcs8);
    assert_eq!(ring.add(both.as_bytes()), Ok(2));
    assert_eq!(ring.add(pkcs1(one).as_bytes()), Ok(1));
    assert_eq!(held(&ring), [(0, None), (1, None)]);
    let first = ring.keys.first().expect("a key");
    assert_eq!(first.fingerprint, fingerprint(&one.to_public_key()));
}

#[test]
fn newer_keys_come_first() {
    let [one, other] = keys();
    let (old, new) =
        (secret(one, "2026-01-01T00:00:00Z", "compromised"), secret(other, "2026-03-01T00:00:00Z", "active"));
    let sorted = [(1, Some("2026-03-01T00:00:00Z".to_owned())), (0, Some("2026-01-01T00:00:00Z".to_owned()))];
    let json =
        |secret: &String| serde_json::to_string(&serde_saphyr::from_str::<serde_json::Value>(secret).expect("YAML"));
    let json =
        format!("{{\"kind\": \"List\", \"items\": [{}, {}]}}", json(&old).expect("JSON"), json(&new).expect("JSON"));
    // The last is what kubeseal reads half of.
    for file in [
        format!("{old}---\n{new}"),
        list(&[old.clone(), new.clone()]),
        json,
        format!("{}---\n{new}", list(std::slice::from_ref(&old))),
    ] {
        let mut ring = Keyring::default();
        assert_eq!(ring.add(file.as_bytes()), Ok(2), "{}", &file[..40]);
        assert_eq!(held(&ring), sorted);
    }
    // What is known of a key replaces what is not.
    let mut ring = Keyring::default();
    for file in [pkcs1(one), pkcs1(other), old, new] {
        assert_eq!(ring.add(file.as_bytes()), Ok(1));
    }
    assert_eq!(held(&ring), sorted);
}

/// A certificate of the same size with another key in it: nobody looks at its signature.
fn certificate(key: &RsaPrivateKey) -> String {
    let mut der = pem::blocks(std::str::from_utf8(OTHER).expect("text"))[0].der.as_ref().expect("base64").to_vec();
    let own = Recipient::of_any_age(OTHER).expect("a certificate").key().n().to_bytes_be();
    let place = der.windows(own.len()).position(|part| part == own).expect("the key");
    der[place..place + own.len()].copy_from_slice(&key.n().to_bytes_be());
    pem::encode("CERTIFICATE", &der)
}

#[test]
fn a_key_is_as_old_as_its_certificate() {
    let [one, other] = keys();
    let own = secret(one, "2026-05-05T00:00:00Z", "active");
    // Another key's certificate says nothing.
    for (certificate, since) in
        [(certificate(one), "2026-01-15T08:30:00Z"), (certificate(other), "2026-05-05T00:00:00Z")]
    {
        let mut ring = Keyring::default();
        let file = format!("{own}  tls.crt: {}\n", STANDARD.encode(certificate));
        assert_eq!(ring.add(file.as_bytes()), Ok(1));
        assert_eq!(held(&ring)[0].1.as_deref(), Some(since));
    }
    let mut ring = Keyring::default();
    assert_eq!(ring.add((pkcs1(one) + &certificate(one)).as_bytes()), Ok(1));
    assert_eq!(held(&ring)[0].1.as_deref(), Some("2026-01-15T08:30:00Z"));
}

#[test]
fn secrets_without_a_key_are_skipped() {
    let password = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {password: eA==}\n";
    let file = format!("{password}---\n# nothing\n---\n{}", secret(&keys()[0], "2026-01-01T00:00:00Z", "active"));
    let mut ring = Keyring::default();
    assert_eq!(ring.add(file.as_bytes()), Ok(1));
    assert_eq!(ring.add(password.as_bytes()), Err(KeyError::NoPrivateKey));
}

#[test]
fn what_is_no_private_key_says_why_and_quotes_nothing() {
    let private = pkcs1(&keys()[0]);
    let line = private.lines().nth(3).expect("a line").to_owned();
    let block = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    let ec = "apiVersion: v1\nkind: Secret\ndata:\n  tls.key: ".to_owned()
        + &STANDARD.encode(block("EC PRIVATE KEY", "aHVudGVyMg=="));
    let swapped = private.replace(&line, pkcs1(&keys()[1]).lines().nth(3).expect("a line"));
    let inside = |line, error| KeyError::InSecret { line, error: Box::new(error) };
    for (file, error) in [
        (String::new(), KeyError::Empty),
        ("hunter2".to_owned(), KeyError::NoPrivateKey),
        (String::from_utf8_lossy(CONTROLLER).into_owned(), KeyError::NoPrivateKey),
        (private.replace(&line, ""), KeyError::Damaged("private key")),
        (swapped, KeyError::Damaged("private key")),
        (private.replace("-----END", "----END"), KeyError::Damaged("PEM block")),
        (block("ENCRYPTED PRIVATE KEY", "aHVudGVyMg=="), KeyError::Encrypted),
        (block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\n\naHVudGVyMg=="), KeyError::Encrypted),
        (block("EC PRIVATE KEY", "aHVudGVyMg=="), KeyError::NotRsa("an elliptic curve key (EC)")),
        (block("OPENSSH PRIVATE KEY", "aHVudGVyMg=="), KeyError::OpenSsh),
        ("a: [hunter2".to_owned(), KeyError::Syntax(1)),
        (format!("# {line}\n---\n{ec}\n"), inside(3, KeyError::NotRsa("an elliptic curve key (EC)"))),
        ("kind: Secret\ndata: {tls.key: hunter2}".to_owned(), inside(1, KeyError::Damaged("`tls.key`"))),
        ("kind: Secret\ndata: {tls.key: aHVudGVyMg==}".to_owned(), inside(1, KeyError::Damaged("PEM block"))),
    ] {
        let mut ring = Keyring::default();
        let found = ring.add(format!("{file}\n").as_bytes()).expect_err("no key");
        assert_eq!(found, error);
        let said = format!("{found} {found:?} {:?}", found.help());
        assert!(!said.contains("hunter2") && !said.contains(&line), "{said}");
        assert!(ring.is_empty());
    }
}

/// One faulty key costs the file, so that nobody believes that all keys are there.
#[test]
fn a_file_is_taken_whole_or_not_at_all() {
    let mut ring = Keyring::default();
    let file = pkcs1(&keys()[0]) + "-----BEGIN EC PRIVATE KEY-----\nAQ==\n-----END EC PRIVATE KEY-----\n";
    assert!(ring.add(file.as_bytes()).is_err() && ring.is_empty());
}

#[test]
fn no_key_is_printed() {
    let mut ring = Keyring::default();
    for key in keys() {
        ring.add(pkcs1(key).as_bytes()).expect("a key");
    }
    let said = format!("{ring:?}");
    assert!(said.contains("SHA256:") && said.len() < 300, "{said}");
}

proptest::proptest! {
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), at in 0..1700_usize, with: u8) {
        let mut broken = CONTROLLER.to_vec();
        if let Some(byte) = broken.get_mut(at) { *byte = with; }
        for bytes in [&bytes, &broken] {
            drop(Recipient::from_pem(bytes, now()));
            drop(Keyring::default().add(bytes));
        }
    }

    #[test]
    fn no_broken_certificate_panics(at in 0..1200_usize, with: u8) {
        let text = std::str::from_utf8(CONTROLLER).expect("text");
        let mut der = pem::blocks(text)[0].der.as_ref().expect("base64").to_vec();
        if let Some(byte) = der.get_mut(at) { *byte = with; }
        drop(recipient::certificate(&der));
    }
}
