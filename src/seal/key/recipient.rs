//! Who Secrets are sealed for.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rsa::RsaPublicKey;
use rsa::traits::PublicKeyParts as _;
use x509_cert::Certificate as X509;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::time::Time;

use crate::inventory::read::is_sealing;

use super::{KeyError, fingerprint, pem, public_key, public_key_pkcs1, text};

/// A public key to seal for, and the certificate that it came in.
#[derive(Clone, Debug)]
pub(crate) struct Recipient {
    key: RsaPublicKey,
    fingerprint: String,
    certificate: Option<Certificate>,
    /// Whether the file holds a private key too.
    private: bool,
}

/// What a certificate says beside its key. Names are a stranger's, and must be neutralised before they are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// As RFC 4514 writes it, `CN=sealed-secrets`; empty in what controllers make by default.
    pub subject: String,
    /// The name of who signed it.
    pub issuer: String,
    /// Hexadecimal, in lower case.
    pub serial: String,
    /// First moment that it is valid. kubeseal does not look at it.
    pub not_before: Timestamp,
    /// Last moment that it is valid.
    pub not_after: Timestamp,
    /// Whether it is as a controller makes it, which a key that people manage themselves hardly is.
    pub by_controller: bool,
    der: Vec<u8>,
}

impl Recipient {
    /// Reads PEM, and rejects a certificate that has expired at `now`.
    pub(crate) fn from_pem(bytes: &[u8], now: Timestamp) -> Result<Self, KeyError> {
        Self::of_any_age(bytes)?.unexpired(now)
    }

    /// Rejects a certificate that has expired at `now`.
    pub(crate) fn unexpired(self, now: Timestamp) -> Result<Self, KeyError> {
        match &self.certificate {
            Some(certificate) if certificate.is_expired(now) => Err(KeyError::Expired(certificate.last_day())),
            _ => Ok(self),
        }
    }

    /// Reads PEM: the first certificate, or else the first public key (`PUBLIC KEY`, `RSA PUBLIC KEY`).
    ///
    /// As in kubeseal, other blocks are skipped, and so are certificates with PEM headers (client-go
    /// `util/cert/pem.go`). Nobody looks at issuer, chain, and what the key may be used for.
    pub(crate) fn of_any_age(bytes: &[u8]) -> Result<Self, KeyError> {
        let blocks = pem::blocks(text(bytes)?);
        let private = blocks.iter().any(|block| block.label.ends_with("PRIVATE KEY"));
        let named = |label: &str| blocks.iter().find(|block| block.label == label && !block.headers);
        if let Some(block) = named("CERTIFICATE") {
            let der = block.der.as_ref().ok_or(KeyError::Damaged("certificate"))?;
            let (certificate, key) = certificate(der)?;
            return Ok(Self { fingerprint: fingerprint(&key), key, certificate: Some(certificate), private });
        }
        const PUBLIC: &str = "public key";
        let key = if let Some(block) = named("PUBLIC KEY") {
            public_key(block.der.as_ref().ok_or(KeyError::Damaged(PUBLIC))?, PUBLIC)?
        } else if let Some(block) = named("RSA PUBLIC KEY") {
            public_key_pkcs1(block.der.as_ref().ok_or(KeyError::Damaged(PUBLIC))?, PUBLIC)?
        } else if private {
            return Err(KeyError::PrivateKey);
        } else if blocks.iter().any(|block| block.label.ends_with("CERTIFICATE REQUEST")) {
            return Err(KeyError::Request);
        } else if blocks.is_empty() && pem::is_pem(text(bytes)?) {
            return Err(KeyError::Damaged("PEM block"));
        } else {
            return Err(KeyError::NoCertificate);
        };
        Ok(Self { fingerprint: fingerprint(&key), key, certificate: None, private })
    }

    pub(crate) fn key(&self) -> &RsaPublicKey {
        &self.key
    }

    pub(crate) fn bits(&self) -> usize {
        self.key.n().bits()
    }

    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Whether a private key is in the same file, where nobody expects it.
    pub(crate) fn has_private_key(&self) -> bool {
        self.private
    }

    /// The certificate that it came in; none for a bare public key.
    pub(crate) fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }
}

impl Certificate {
    /// Whether `now` is past its end.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        now > self.not_after
    }

    /// The day of its end, in UTC.
    pub(crate) fn last_day(&self) -> jiff::civil::Date {
        self.not_after.to_zoned(TimeZone::UTC).date()
    }

    /// Whole days from `now` to its end; negative after it.
    pub(crate) fn days_left(&self, now: Timestamp) -> i64 {
        days(now, self.not_after)
    }

    /// Whole days from its beginning to `now`; negative before it.
    pub(crate) fn age(&self, now: Timestamp) -> i64 {
        days(self.not_before, now)
    }

    /// The certificate alone as PEM, as the controller hands it out.
    pub(crate) fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.der)
    }
}

fn days(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_secs().div_euclid(24 * 60 * 60)
}

pub(super) fn certificate(der: &[u8]) -> Result<(Certificate, RsaPublicKey), KeyError> {
    const WHAT: &str = "certificate";
    let damaged = || KeyError::Damaged(WHAT);
    let x509 = X509::from_der(der).map_err(|_| damaged())?;
    let body = x509.tbs_certificate();
    // Another version of the same crates: only bytes can be handed over.
    let spki = body.subject_public_key_info().to_der().map_err(|_| damaged())?;
    let key = public_key(&spki, WHAT)?;
    // "Never" is written as the last second of the year 9999 (RFC 5280 4.1.2.5), which is past what jiff counts.
    let time = |time: Time| {
        let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
    };
    let validity = body.validity();
    let serial = body.serial_number().as_bytes();
    // A leading zero only says that the number is not negative.
    let serial = if serial.len() > 1 { serial.strip_prefix(&[0]).unwrap_or(serial) } else { serial };
    let certificate = Certificate {
        subject: body.subject().to_string(),
        issuer: body.issuer().to_string(),
        serial: serial.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat(),
        not_before: time(validity.not_before),
        not_after: time(validity.not_after),
        by_controller: is_sealing(&x509),
        der: der.to_vec(),
    };
    Ok((certificate, key))
}
