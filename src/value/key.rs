//! What the name of a key says about its value.

/// How strongly a key's name says that its value is a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeyClass {
    /// Nothing of the kind.
    None,
    /// The public half of a pair (`AWS_ACCESS_KEY_ID`).
    Identifier,
    /// Often a name or a reference (`secret`, `token`, `credentials`).
    Weak,
    /// Nearly always the thing itself (`secretKey`, `api_key`, `clientSecret`).
    Strong,
    /// A password, where weak values are real too.
    Password,
}

/// Classifies `key`, spelled in any of camelCase, `snake_case`, kebab-case, dotted or SCREAMING case.
pub(crate) fn classify(key: &str) -> KeyClass {
    let words = words(key);
    let mut end = words.len();
    while end > 1 && (is_among(&NOISE, &words[end - 1]) || is_number(&words[end - 1])) {
        end -= 1;
    }
    let words: Vec<&str> = words[..end].iter().map(String::as_str).collect();
    let Some((&last, before)) = words.split_last() else {
        return KeyClass::None;
    };
    if matches!(words.as_slice(), [.., "access", "key", "id"] | [.., "accesskey", "id"] | [.., "accesskeyid"]) {
        return KeyClass::Identifier;
    }
    if before.first().is_some_and(|first| is_among(&NOT_A_VALUE_FIRST, first)) {
        return KeyClass::None;
    }
    let previous = before.last().copied().unwrap_or_default();
    // People count: `password2`.
    let bare = last.trim_end_matches(|c: char| c.is_ascii_digit());
    let last = if is_number(&last[bare.len()..]) { bare } else { last };
    of_words(previous, last)
}

/// The class of a key by its last two words.
fn of_words(previous: &str, last: &str) -> KeyClass {
    match last {
        "password" | "passwd" | "pwd" | "passphrase" | "passcode" => KeyClass::Password,
        "pass" => match previous {
            "by" | "to" | "all" | "no" | "first" | "single" | "render" => KeyClass::None,
            _ => KeyClass::Password,
        },
        "key" => match previous {
            "api" | "secret" | "access" | "private" | "encryption" | "encrypt" | "signing" | "sign" | "auth"
            | "master" | "account" | "storage" | "shared" | "service" | "app" | "application" | "client" | "admin"
            | "root" | "session" | "fernet" | "jwt" | "hmac" | "webhook" | "license" | "deploy" | "write"
            | "ingest" | "registration" | "subscription" | "aes" | "cipher" | "seal" | "unseal" | "ssh" | "openai"
            | "anthropic" | "wandb" | "comet" | "hf" | "ngc" | "nvidia" | "cohere" | "mistral" | "pinecone"
            | "datadog" => KeyClass::Strong,
            _ => KeyClass::None,
        },
        "secret" => match previous {
            "client" | "api" | "app" | "application" | "jwt" | "cookie" | "session" | "shared" | "webhook"
            | "consumer" | "oauth" | "oauth2" | "hmac" | "signing" | "auth" | "bot" | "csrf" | "encryption"
            | "access" | "github" | "gitlab" | "google" | "azure" | "slack" | "hub" => KeyClass::Strong,
            _ => KeyClass::Weak,
        },
        "token" => match previous {
            // Words of language models and parsers, whose tokens are no secrets.
            "pad" | "bos" | "eos" | "unk" | "mask" | "sep" | "cls" | "special" | "stop" | "start" | "end" | "image"
            | "text" | "next" | "page" | "continuation" | "per" | "begin" | "first" | "last" | "prompt"
            | "cancellation" | "added" | "decoder" | "encoder" | "pagination" => KeyClass::None,
            "api" | "access" | "auth" | "bearer" | "refresh" | "bot" | "app" | "personal" | "github" | "gitlab"
            | "gh" | "hf" | "huggingface" | "slack" | "npm" | "pypi" | "vault" | "root" | "admin" | "session"
            | "service" | "deploy" | "registry" | "security" | "oauth" | "oauth2" | "databricks" | "wandb"
            | "replicate" | "sonar" | "snyk" | "circleci" | "terraform" | "tfe" | "cloudflare" | "do" | "neptune"
            | "id" | "agent" | "join" | "bootstrap" | "user" | "secret" | "jwt" | "ingest" | "write" | "runner"
            | "dagshub" => KeyClass::Strong,
            _ => KeyClass::Weak,
        },
        "string" if previous == "connection" => KeyClass::Strong,
        "apikey" | "secretkey" | "accesskey" | "privatekey" | "clientsecret" | "authtoken" | "accesstoken"
        | "connectionstring" | "encryptionkey" | "signingkey" | "secretaccesskey" | "bearertoken" | "apitoken" => {
            KeyClass::Strong
        }
        "credential" | "credentials" | "creds" | "pat" | "jwt" => KeyClass::Weak,
        _ if ["password", "passwd", "passphrase"].iter().any(|word| last.ends_with(word)) => KeyClass::Password,
        _ => KeyClass::None,
    }
}

/// Whether a key names somebody or something (`clientId`, `rootUser`): what it is given may be random and is no secret.
pub(crate) fn is_identifier(key: &str) -> bool {
    const NAMES: [&str; 7] = ["id", "uuid", "guid", "user", "username", "usernames", "email"];
    words(key).last().is_some_and(|last| NAMES.contains(&last.as_str()))
}

/// A number that tells several of a kind apart.
fn is_number(word: &str) -> bool {
    (1..=2).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Words behind the telling one that do not change what it is: how it is written, and which of several it is.
const NOISE: [&[&str]; 2] = [
    &["value", "plain", "plaintext", "base64", "b64", "encoded", "default", "env", "raw"],
    &["prod", "production", "dev", "staging", "stage", "test", "new", "old", "primary", "secondary", "current"],
];

/// Words that make of what follows them a question, an act, a limit or a sentence.
const NOT_A_VALUE_FIRST: [&[&str]; 5] = [
    &["existing", "has", "is", "use", "uses", "enable", "enabled", "allow", "allowed", "require", "requires"],
    &["show", "hide", "generate", "create", "update", "validate", "check", "forgot", "reset", "change", "confirm"],
    &["get", "set", "read", "load", "fetch", "find", "parse", "verify", "automount", "mount", "prompt", "skip"],
    &["max", "min", "num", "total", "err", "error", "errors", "invalid", "missing", "without", "with", "no", "disable"],
    &["of", "in", "from", "for", "and", "or", "the", "a", "an", "any", "this"],
];

/// Whether a word is in one of several lists.
pub(super) fn is_among(lists: &[&[&str]], word: &str) -> bool {
    lists.iter().any(|list| list.contains(&word))
}

/// The lower-case words of a key.
pub(super) fn words(key: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut previous: Option<char> = None;
    let mut chars = key.chars().take(128).peekable();
    while let Some(c) = chars.next() {
        let mut next_lower = || chars.peek().is_some_and(|next| next.is_lowercase());
        let hump = c.is_uppercase()
            && previous.is_some_and(|p| p.is_lowercase() || p.is_ascii_digit() || p.is_uppercase() && next_lower());
        if (hump || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        } else if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        previous = Some(c);
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

#[cfg(test)]
mod tests {
    use super::{KeyClass, classify};

    #[test]
    fn spelling_does_not_matter() {
        for key in [
            "secretKey",
            "secret_key",
            "secret-key",
            "SECRET_KEY",
            "aws.secret.key",
            "AWSSecretKey",
            "MINIO_SECRET_KEY",
        ] {
            assert_eq!(classify(key), KeyClass::Strong, "{key}");
        }
        for key in [
            "password",
            "DB_PASSWORD",
            "postgresPassword",
            "PGPASSWORD",
            "rootpassword",
            "MYSQL_PASS",
            "redis.passwd",
            "password2",
            "DB_PASSWORD_12",
        ] {
            assert_eq!(classify(key), KeyClass::Password, "{key}");
        }
        assert_eq!(classify("AWS_ACCESS_KEY_ID"), KeyClass::Identifier);
        assert_eq!(classify("AWS_SECRET_ACCESS_KEY"), KeyClass::Strong);
    }

    #[test]
    fn names_of_secrets_and_settings_are_not_values() {
        for key in [
            "existingSecret",
            "secretName",
            "passwordFile",
            "tokenTTL",
            "secretKeyRef",
            "password_policy",
            "max_tokens",
            "imagePullSecrets",
            "automountServiceAccountToken",
            "token_url",
            "pad_token",
            "key",
            "public_key",
            "keyName",
            "resetPassword",
            "errMissingAuthPassword",
            "useToken",
            "secretRef",
            "token-path",
            "password_2024",
            "sha256",
            "key2",
        ] {
            assert_eq!(classify(key), KeyClass::None, "{key}");
        }
    }

    #[test]
    fn bare_words_are_weak() {
        for key in ["secret", "token", "credentials", "TOKEN"] {
            assert_eq!(classify(key), KeyClass::Weak, "{key}");
        }
    }
}
