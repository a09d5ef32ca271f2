//! What can be said of a value before it is sealed, when it can still be changed: that it is weak, a placeholder, or
//! encoded twice. Says what is wrong, never the value.

use super::{Plaintext, Secret, regular};
use crate::value::key::classify;
use crate::value::{KeyClass, Sensitive};

/// What is required of a password or a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub min_length: usize,
    /// Whether it has to look like random characters: no words, no patterns.
    pub random: bool,
}

impl Default for Policy {
    /// What no guess of a few hours finds.
    fn default() -> Self {
        Self { min_length: 12, random: false }
    }
}

/// Words that every dictionary attack begins with, and names that the programs of a platform are installed with.
const WORDS: &str = "admin administrator airflow argo changeit changeme default demo dragon example football ghcr grafana guest \
                     harbor iloveyou jupyter kubeflow letmein login master minio minioadmin mlflow mongo monkey mysql pass \
                     passw0rd passwd password postgres princess qwerty rabbitmq redis root secret seldon sunshine superuser test \
                     token trustno1 user welcome abc asdf zxcvbn abcdef";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(crate) enum Weakness {
    /// `changeme`, `<…>`, `${…}`, `{{ … }}`.
    #[error("is a placeholder, not a value")]
    Placeholder,
    #[error("is already encrypted; workloads would receive the ciphertext")]
    Ciphertext,
    #[error("is empty")]
    Empty,
    #[error("is the same as its key or the user name")]
    Name,
    #[error("is a common password, or one with few characters added")]
    Word,
    /// One character again and again, or the keyboard's order.
    #[error("repeats itself")]
    Repeated,
    #[error("is shorter than {0} characters")]
    Short(usize),
    /// Words, or a pattern, where the policy asks for random characters.
    #[error("does not look random; generate one with `openssl rand -base64 32`")]
    Regular,
    /// Base64 in `data` of what is base64 of text.
    #[error("is base64 after decoding: it may have been encoded twice")]
    Twice,
    /// As `echo` and editors leave it.
    #[error("ends in a line break, which becomes part of the value")]
    LineBreak,
}

impl Weakness {
    /// Whether packages with it are rejected.
    pub(crate) fn is_grave(self) -> bool {
        !matches!(self, Self::Twice | Self::LineBreak)
    }
}

/// What is wrong with the values of a Secret by a policy, with their keys as messages may show them, in its order.
pub(crate) fn weaknesses(secret: &Secret, policy: Policy) -> Vec<(String, Weakness)> {
    let named = |entry: &&super::secret::Entry| {
        let key = entry.key.to_ascii_lowercase();
        ["user", "login", "access_key_id", "accesskey"].iter().any(|word| key.contains(word))
    };
    let users: Vec<&Plaintext> = secret.entries.iter().filter(named).map(|entry| &entry.value).collect();
    let one = |(key, entry): (String, &super::secret::Entry)| {
        weakness(&entry.key, &entry.value, &users, policy).map(|weakness| (key, weakness))
    };
    secret.named_entries().into_iter().filter_map(one).collect()
}

/// What is wrong with the value of `key`, the most serious first. `users` are user names in the same Secret.
pub(crate) fn weakness(key: &str, value: &Plaintext, users: &[&Plaintext], policy: Policy) -> Option<Weakness> {
    let text = std::str::from_utf8(value.expose()).ok()?;
    let bare = text.trim();
    let class = classify(key);
    if !bare.is_empty() && Sensitive::new(bare).is_ciphertext() {
        return Some(Weakness::Ciphertext);
    }
    if !bare.is_empty() && Sensitive::new(bare).is_placeholder() {
        return Some(Weakness::Placeholder);
    }
    if matches!(class, KeyClass::None | KeyClass::Identifier | KeyClass::Weak) {
        return None;
    }
    if bare.is_empty() {
        return Some(Weakness::Empty);
    }
    // Keys, certificates and documents are judged by nobody.
    if bare.contains('\n') || bare.starts_with('{') {
        return None;
    }
    let same = |user: &&&Plaintext| user.expose().trim_ascii().eq_ignore_ascii_case(bare.as_bytes());
    let words = |key: &str| key.to_ascii_lowercase();
    if bare.eq_ignore_ascii_case(key) || users.iter().any(|user| same(&user)) || words(bare) == words(key) {
        return Some(Weakness::Name);
    }
    if is_word(bare) {
        return Some(Weakness::Word);
    }
    if is_repeated(bare) {
        return Some(Weakness::Repeated);
    }
    if bare.chars().count() < policy.min_length {
        return Some(Weakness::Short(policy.min_length));
    }
    if is_base64_of_text(bare) {
        return Some(Weakness::Twice);
    }
    if policy.random && regular::is_regular(bare) {
        return Some(Weakness::Regular);
    }
    (bare.len() < text.len() && text.ends_with('\n')).then_some(Weakness::LineBreak)
}

/// A word of the list, whatever its case, with digits and signs around it: `Minioadmin123!`.
fn is_word(text: &str) -> bool {
    let core = text.trim_matches(|c: char| !c.is_ascii_alphabetic());
    let rest = text.len() - core.len();
    rest <= 6 && WORDS.split(' ').any(|word| core.eq_ignore_ascii_case(word)) || text.eq_ignore_ascii_case("passw0rd")
}

/// At most three different characters, or each one the next of the one before it.
fn is_repeated(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut kinds = [false; 256];
    bytes.iter().for_each(|byte| kinds[usize::from(*byte)] = true);
    let steps =
        bytes.windows(2).filter(|pair| pair[1].wrapping_sub(pair[0]) <= 1 || pair[0].wrapping_sub(pair[1]) <= 1);
    kinds.iter().filter(|kind| **kind).count() <= 3 || steps.count() + 2 >= bytes.len() && bytes.len() > 2
}

/// Padded base64 of printable text, which no generator of passwords makes.
fn is_base64_of_text(text: &str) -> bool {
    let Some(bytes) = super::cipher::decode(text).filter(|_| text.len() >= 12 && text.len().is_multiple_of(4)) else {
        return false;
    };
    bytes.iter().all(|byte| (b' '..=b'~').contains(byte) || matches!(byte, b'\n' | b'\r' | b'\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(key: &str, value: &str) -> Option<Weakness> {
        by(Policy::default(), key, value)
    }

    fn by(policy: Policy, key: &str, value: &str) -> Option<Weakness> {
        weakness(key, &Plaintext::from(value), &[&Plaintext::from("trainer")], policy)
    }

    #[test]
    fn weak_values_are_told() {
        for (value, wanted) in [
            ("changeme", Weakness::Placeholder),
            ("${PASSWORD}", Weakness::Placeholder),
            ("<password>", Weakness::Placeholder),
            ("", Weakness::Empty),
            ("Trainer", Weakness::Name),
            ("MLFLOW_TRACKING_PASSWORD", Weakness::Name),
            ("minioadmin123", Weakness::Word),
            ("Grafana!2024", Weakness::Word),
            ("qqwwqqwwqqww", Weakness::Repeated),
            ("123456789012", Weakness::Repeated),
            ("k3Vq9_xR", Weakness::Short(12)),
            ("aHVudGVyMmh1bnRlcjI=", Weakness::Twice),
            ("q8ZrT3vLw0XbN5kYp2Jd\n", Weakness::LineBreak),
        ] {
            let got = said("MLFLOW_TRACKING_PASSWORD", value);
            assert!(got == Some(wanted) || value == "MLFLOW_TRACKING_PASSWORD" && got.is_some(), "{value}: {got:?}");
        }
    }

    #[test]
    fn good_values_and_settings_are_not() {
        for (key, value) in [
            ("MLFLOW_TRACKING_PASSWORD", "q8ZrT3vLw0XbN5kYp2Jd"),
            ("MLFLOW_TRACKING_URI", "http://mlflow.mlflow:5000"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("tls.key", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"),
            ("username", "admin"),
        ] {
            assert_eq!(said(key, value), None, "{key}");
        }
    }

    #[test]
    fn a_policy_asks_for_more() {
        let policy = Policy { min_length: 32, random: true };
        for (value, wanted) in [
            ("q8ZrT3vLw0XbN5kYp2Jd", Some(Weakness::Short(32))),
            ("storage-for-the-training-team-2026", Some(Weakness::Regular)),
            ("dT9vQ2mXr7LwZ4bKp8NcY1hJ6sFgA3eU", None),
        ] {
            assert_eq!(by(policy, "MLFLOW_TRACKING_PASSWORD", value), wanted, "{value}");
            assert_eq!(by(policy, "MLFLOW_TRACKING_URI", value), None, "{value}");
        }
        assert_eq!(said("MLFLOW_TRACKING_PASSWORD", "storage-for-the-training-team-2026"), None);
    }
}
