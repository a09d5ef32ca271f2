//! Certificates in PEM files, of which those of Sealed Secrets controllers matter (`docs/facts/sealed-secrets.md#certificates`).

use x509_cert::Certificate as X509;
use x509_cert::der::Encode;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};

use crate::inventory::Places;
use crate::inventory::facts::Certificate;
use crate::span::Span;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
/// More are a bundle of authorities.
const MOST: usize = 16;

/// Whether a file is one of certificates, by its name.
pub(super) fn is_named(path: &str) -> bool {
    [".pem", ".crt", ".cert", ".cer"].iter().any(|ending| path.ends_with(ending))
}

/// The certificates of a file, if it is one of certificates.
pub(super) fn of_file(path: &str, text: &str, places: &Places<'_>) -> Vec<Certificate> {
    if !is_named(path) {
        return Vec::new();
    }
    let starts = memchr::memmem::find_iter(text.as_bytes(), BEGIN).take(MOST);
    let found = starts.filter_map(|start| {
        let end = start + text.get(start..)?.find(END)? + END.len();
        let block = text.get(start..end)?;
        let certificate = X509::load_pem_chain(format!("{block}\n").as_bytes()).ok()?.into_iter().next()?;
        let validity = certificate.tbs_certificate().validity();
        let seconds = i64::try_from(validity.not_after.to_unix_duration().as_secs()).ok()?;
        let day = jiff::Timestamp::from_second(seconds).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date();
        let place = places.at(Span::new(start, start + BEGIN.len()));
        Some(Certificate { expires: day, sealing: is_sealing(&certificate), place })
    });
    found.collect()
}

/// Whether a certificate is as a Sealed Secrets controller makes it: signed by itself, an authority, and for enciphering
/// only, which nothing else is (`SS` pkg/crypto/keys.go).
pub(crate) fn is_sealing(certificate: &X509) -> bool {
    let body = certificate.tbs_certificate();
    let own = body.subject().to_der().ok() == body.issuer().to_der().ok();
    let usage = body.get_extension::<KeyUsage>().ok().flatten();
    let constraints = body.get_extension::<BasicConstraints>().ok().flatten();
    let enciphers = usage.is_some_and(|(_, usage)| {
        usage.encipher_only() && !usage.digital_signature() && !usage.key_cert_sign() && !usage.key_agreement()
    });
    own && enciphers && constraints.is_some_and(|(_, constraints)| constraints.ca)
}
