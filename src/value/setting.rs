//! What Secrets contain beside credentials: settings, certificates, public keys.
//!
//! A key and a value decide together. [`Look`] keeps what a value adds to that, and not the value, for those who learn the
//! key elsewhere.

use super::ciphertext;
use super::judge::{Confidence, is_innocent, judge, looks_random};
use super::key::{self, KeyClass};
use super::placeholder::is_placeholder;

/// What keys and certificates in PEM begin with.
const PEM: &str = "-----BEGIN ";

/// What a value is, as far as it matters under a key that is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    shape: Shape,
    worth: Worth,
    /// Whether it is a certificate or a public key.
    public: bool,
    /// Whether it holds a private key.
    private: bool,
}

/// What a value shows by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worth {
    /// It is a credential whatever its key is called.
    Strong,
    /// It is called like a credential, and holds nothing that would make it one (`api-token`).
    Named,
    Unknown,
}

/// How a value is written, as far as it tells a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A switch, a small number, a path, an address without a password.
    Innocent,
    /// A text with parts of its own (JSON, a file of several lines), which are told each by itself.
    Parts,
    /// One word, which a setting's key makes a setting.
    Word,
    Other,
}

impl Shape {
    fn of(text: &str) -> Self {
        let text = text.trim();
        let number = text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
        if number || is_innocent(text) {
            return Self::Innocent;
        }
        if text.starts_with(['{', '[', '<']) || text.contains('\n') && !text.starts_with(PEM) {
            return Self::Parts;
        }
        let word = text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
        if word && !looks_random(text) { Self::Word } else { Self::Other }
    }

    /// Whether it is a setting under a key that tells no credential.
    fn is_setting(self, key: &str) -> bool {
        match self {
            Self::Innocent => true,
            Self::Word => is_settings_key(key),
            Self::Parts | Self::Other => false,
        }
    }
}

impl Look {
    /// Looks at a value; none where it holds the place of one, or is ciphertext.
    pub(super) fn of(text: &str) -> Option<Self> {
        if is_placeholder(text) || ciphertext::is_ciphertext(text) {
            return None;
        }
        let text = text.trim();
        let private = text.contains("PRIVATE KEY");
        let single = !text.contains(char::is_whitespace) && !text.contains("://");
        let worth = if single && is_strong(text) || private && text.starts_with(PEM) {
            Worth::Strong
        } else if !text.bytes().any(|byte| byte.is_ascii_digit()) && key::classify(text) != KeyClass::None {
            Worth::Named
        } else {
            Worth::Unknown
        };
        Some(Self { shape: Shape::of(text), worth, public: is_public("", text), private })
    }

    /// Whether it is something that a Secret keeps secret under `key`.
    pub(crate) fn is_kept(self, key: &str) -> bool {
        let public = self.public || is_public_key(key) && !self.private;
        !public && (key::classify(key) != KeyClass::None || !self.shape.is_setting(key))
    }

    /// Whether one of `keys`, which all name the value, or the value itself tells that it is a credential.
    pub(crate) fn is_credential(self, keys: &[&str]) -> bool {
        if self.shape == Shape::Parts || keys.iter().any(|key| key::is_identifier(key)) {
            return false;
        }
        let told = |key: &&str| match key::classify(key) {
            KeyClass::None => false,
            KeyClass::Password => true,
            KeyClass::Identifier | KeyClass::Weak | KeyClass::Strong => self.worth != Worth::Named,
        };
        self.worth == Worth::Strong || keys.iter().any(told)
    }
}

/// Whether a text is a credential whatever its key is called: nobody writes a setting like that.
pub(super) fn is_strong(text: &str) -> bool {
    looks_random(text) && judge(KeyClass::Weak, text) == Some(Confidence::High)
}

/// Certificates and public keys.
pub(super) fn is_public(key: &str, text: &str) -> bool {
    let text = text.trim();
    let certificate = text.starts_with("-----BEGIN CERTIFICATE") || text.starts_with("-----BEGIN PUBLIC KEY");
    let public = certificate || text.starts_with("ssh-rsa ") || text.starts_with("ssh-ed25519 ") || is_public_key(key);
    public && !text.contains("PRIVATE KEY")
}

/// Keys below which everybody keeps what is public.
fn is_public_key(key: &str) -> bool {
    matches!(key, "ca.crt" | "known_hosts")
}

/// A setting beside credentials: a switch, a small number, an address without a password.
pub(super) fn is_setting(key: &str, text: &str) -> bool {
    key::classify(key) == KeyClass::None && Shape::of(text).is_setting(key)
}

/// Whether a key is called like a setting.
fn is_settings_key(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let last = lower.rsplit(['_', '-', '.']).next().unwrap_or_default();
    let ends = |name: &&str| last == *name || name.len() >= 4 && last.ends_with(*name);
    !lower.ends_with("username") && SETTINGS.iter().flat_map(|list| *list).any(ends)
}

const SETTINGS: [&[&str]; 3] = [
    &["url", "uri", "server", "host", "hostname", "port", "region", "zone", "location", "endpoint", "scheme"],
    &["project", "bucket", "database", "dbname", "db", "namespace", "provider", "driver", "dialect", "issuer", "realm"],
    &[
        "type",
        "name",
        "insecure",
        "enableoci",
        "enabled",
        "version",
        "sslmode",
        "env",
        "environment",
        "level",
        "protocol",
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_says_of_key_and_value_what_the_two_say_together() {
        let keys = ["password", "DB_HOST", "port", "username", "ca.crt", "config", "tls.crt", "level", ""];
        let values = [
            "hunter2",
            "5432",
            "db.prod.svc",
            "https://minio.prod.svc/x",
            "true",
            "q8ZrT3vLw0XbN5kYp2Jd",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            "ssh-ed25519 AAAAC3Nz",
            "two words",
        ];
        for key in keys {
            for value in values {
                let together = !is_public(key, value) && !is_setting(key, value);
                assert_eq!(Look::of(value).map(|look| look.is_kept(key)), Some(together), "{key}: {value}");
            }
        }
    }

    #[test]
    fn settings_are_told_by_key_and_value() {
        for (key, value) in [("DB_HOST", "db"), ("port", "5432"), ("any", "true"), ("url", "https://example.com/x")] {
            assert!(is_setting(key, value), "{key}: {value}");
        }
        for (key, value) in [("password", "5432"), ("any", "hunter2"), ("username", "admin"), ("host", "a b c")] {
            assert!(!is_setting(key, value), "{key}: {value}");
        }
    }

    #[test]
    fn a_credential_is_told_by_a_key_or_by_itself() {
        let told = |keys: &[&str], value| Look::of(value).is_some_and(|look| look.is_credential(keys));
        assert!(told(&["db-password", "entry"], "hunter2"));
        assert!(told(&["entry", "password"], "password"));
        assert!(told(&["token"], "demo"));
        assert!(told(&["seed"], "q8ZrT3vLw0XbN5kYp2Jd"));
        assert!(told(&["key"], "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"));
        for (keys, value) in [
            (["entry", "data"], "hunter2"),
            (["accessKey", "rootUser"], "platform"),
            (["seed", "clientId"], "q8ZrT3vLw0XbN5kYp2Jd"),
            (["token", "token"], "test-token"),
            (["credentials", "json"], "{\"type\": \"service_account\"}"),
            (["url", "transport"], "bolt://updates.db?size=0&cleanup=0.3"),
        ] {
            assert!(!told(&keys, value), "{keys:?}: {value}");
        }
    }

    #[test]
    fn what_holds_a_values_place_has_no_look() {
        for value in ["", "changeme", "${PASSWORD}", "<password>"] {
            assert_eq!(Look::of(value), None, "{value}");
        }
    }
}
