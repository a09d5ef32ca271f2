//! The one connection that mlguard itself opens: to the address of a certificate that the person named.
//!
//! `https` only, also after a redirect: whoever sits on the wire could otherwise put their own certificate there and read
//! everything that is sealed for it.

use std::sync::Arc;
use std::time::Duration;

use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

use crate::error::Problem;

/// Longest that an answer may take, in all.
const PATIENCE: Duration = Duration::from_secs(30);
const REDIRECTS: u32 = 5;

/// The content at an `https` address, at most `limit` bytes.
///
/// Servers are trusted as the system trusts them; `SSL_CERT_FILE` and `SSL_CERT_DIR` name other authorities.
/// `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are honoured.
pub(super) fn download(address: &str, limit: u64) -> Result<Vec<u8>, Problem> {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = ureq::Agent::config_builder()
        .tls_config(tls)
        .https_only(true)
        .max_redirects(REDIRECTS)
        .timeout_global(Some(PATIENCE))
        .user_agent(concat!("mlguard/", env!("CARGO_PKG_VERSION")))
        .build();
    let agent: ureq::Agent = config.into();
    let problem = |error: &ureq::Error| {
        let (what, help) = reason(error);
        Problem::new(format!("cannot be fetched: {what}")).in_file(shown(address)).maybe_help(help)
    };
    let mut response = agent.get(address).call().map_err(|error| problem(&error))?;
    let status = response.status().as_u16();
    if status != 200 {
        return Err(problem(&ureq::Error::StatusCode(status)));
    }
    response.body_mut().with_config().limit(limit).read_to_vec().map_err(|error| problem(&error))
}

/// An address as messages show it: without a password and without parameters, which may be one.
pub(super) fn shown(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

/// What went wrong, without the address, and what to do.
fn reason(error: &ureq::Error) -> (String, Option<&'static str>) {
    use ureq::Error;

    const TRUST: &str = "check the URL; SSL_CERT_FILE adds an authority that the system does not know";
    match error {
        Error::StatusCode(status) => (format!("the server answered with status {status}"), None),
        Error::BadUri(_) | Error::Http(_) => ("this is not a URL".to_owned(), Some("write https://HOST/PATH")),
        Error::RequireHttpsOnly(_) => (
            "the server redirects to a URL without https".to_owned(),
            Some("anybody on the network path could replace the certificate; use an https URL"),
        ),
        Error::TooManyRedirects | Error::RedirectFailed => ("the server redirects in circles".to_owned(), None),
        Error::Timeout(_) => (format!("no response within {} seconds", PATIENCE.as_secs()), None),
        Error::HostNotFound => ("unknown host".to_owned(), None),
        Error::BodyExceedsLimit(_) => ("the response is too large for a certificate".to_owned(), None),
        Error::Rustls(error) => (error.to_string(), Some(TRUST)),
        Error::Tls(error) => ((*error).to_owned(), Some(TRUST)),
        Error::ConnectProxyFailed(_) | Error::InvalidProxyUrl => (
            "the proxy refuses the connection, or its URL is wrong".to_owned(),
            Some("HTTPS_PROXY, ALL_PROXY and NO_PROXY set the proxy and its exceptions"),
        ),
        // rustls reports through the connection as well.
        Error::Io(error) => {
            let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some();
            (error.to_string(), tls.then_some(TRUST))
        }
        _ => ("the connection failed".to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_passwords() {
        for (address, text) in [
            ("https://ci:hunter2@pki.example/c.pem?token=hunter2#x", "https://pki.example/c.pem"),
            ("https://a@b:hunter2@pki.example:8443", "https://pki.example:8443"),
            ("https://pki.example/a@b", "https://pki.example/a@b"),
        ] {
            assert_eq!(shown(address), text);
        }
    }
}
