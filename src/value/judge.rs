//! Whether a value under a key is a credential, by the class of the key and the look of the value.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::ciphertext;
use super::key::{self, KeyClass, is_among};
use super::placeholder::is_placeholder;

/// How sure a judgement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Confidence {
    /// It may be a weak or made-up value.
    Low,
    /// It looks random or strong.
    High,
}

/// Whether `value`, assigned to a key of class `class`, is a credential, and how sure that is.
///
/// Placeholders, references to other stores, ciphertext, booleans, durations, file paths, plain names and URLs without a
/// password are not. Weak real passwords are, with low confidence.
pub(super) fn judge(class: KeyClass, value: &str) -> Option<Confidence> {
    let value = value.trim();
    // What costs least decides first: most keys name no credential, and most values are long or short.
    let least = match class {
        KeyClass::None => return None,
        KeyClass::Password => 3,
        KeyClass::Identifier | KeyClass::Weak | KeyClass::Strong => 8,
    };
    if value.len() < least || is_placeholder(value) || ciphertext::is_ciphertext(value) || is_innocent(value) {
        return None;
    }
    if is_plain_json(value) || base64_text(value).is_some_and(|text| is_placeholder(&text)) {
        return None;
    }
    let shape = Shape::of(value);
    match class {
        KeyClass::None => None,
        KeyClass::Identifier => (shape.len >= 8 && !shape.spaces && !is_name(value)).then_some(Confidence::Low),
        KeyClass::Password => judge_password(value, &shape),
        KeyClass::Strong | KeyClass::Weak if shape.digits == 0 && key::classify(value) != KeyClass::None => None,
        KeyClass::Strong => judge_strong(value, &shape),
        KeyClass::Weak => judge_weak(value, &shape),
    }
}

/// The text that a value in base64 stands for, if it is text.
fn base64_text(value: &str) -> Option<String> {
    let long = value.len() >= 8 && value.len().is_multiple_of(4);
    let bytes = long.then(|| STANDARD.decode(value).ok()).flatten()?;
    String::from_utf8(bytes).ok().filter(|text| !text.contains(char::is_control))
}

fn judge_password(value: &str, shape: &Shape) -> Option<Confidence> {
    if shape.len < 3 || value.split_whitespace().count() > 3 || (shape.digits == shape.len && shape.len < 4) {
        return None;
    }
    let strong =
        shape.len >= 8 && shape.classes >= 2 && (shape.digits > 0 || shape.symbols > 0) && entropy(value) >= 2.8;
    Some(if strong && !is_name(value) { Confidence::High } else { Confidence::Low })
}

fn judge_strong(value: &str, shape: &Shape) -> Option<Confidence> {
    if shape.len < 8 || shape.spaces || is_name(value) {
        return None;
    }
    let strong = shape.len >= 12 && shape.digits > 0 && shape.letters > 0 && entropy(value) >= 3.0 && !is_uuid(value);
    let weak = shape.digits > 0 || shape.upper > 0 && shape.lower > 0 || shape.letters == shape.len;
    if strong { Some(Confidence::High) } else { weak.then_some(Confidence::Low) }
}

fn judge_weak(value: &str, shape: &Shape) -> Option<Confidence> {
    // Hosts and the like are often several, with commas between them.
    let names = value.split(',').all(is_name);
    if shape.spaces || names || is_uuid(value) || shape.digits == 0 || shape.letters == 0 {
        return None;
    }
    if shape.len >= 16 && entropy(value) >= 3.3 {
        return Some(Confidence::High);
    }
    (shape.len >= 10).then_some(Confidence::Low)
}

/// Counts of character classes of a value.
struct Shape {
    len: usize,
    letters: usize,
    lower: usize,
    upper: usize,
    digits: usize,
    symbols: usize,
    classes: usize,
    spaces: bool,
}

impl Shape {
    fn of(value: &str) -> Self {
        let count = |test: fn(&char) -> bool| value.chars().filter(test).count();
        let (lower, upper) = (count(|c| c.is_lowercase()), count(|c| c.is_uppercase()));
        let digits = count(char::is_ascii_digit);
        let len = value.chars().count();
        let symbols = len.saturating_sub(lower + upper + digits);
        let classes = [lower, upper, digits, symbols].iter().filter(|&&n| n > 0).count();
        let spaces = value.contains(char::is_whitespace);
        Self { len, letters: lower + upper, lower, upper, digits, symbols, classes, spaces }
    }
}

/// Shannon entropy of the characters of `value`, bits per character.
pub(super) fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = f64::from(u32::try_from(value.len()).unwrap_or(u32::MAX));
    let bits = |&count: &u32| {
        let share = f64::from(count) / total;
        -share * share.log2()
    };
    counts.iter().filter(|&&count| count > 0).map(bits).sum()
}

/// Booleans, numbers, durations, versions, dates, paths, images, addresses: values that no credential key makes secret.
pub(super) fn is_innocent(value: &str) -> bool {
    const WORDS: [&[&str]; 3] = [
        &["true", "false", "yes", "no", "on", "off", "enabled", "disabled", "required", "optional", "auto", "always"],
        &["never", "inherit", "string", "plain", "opaque", "basic", "bearer", "jwt", "oauth", "oauth2", "oidc", "ldap"],
        &["saml", "md5", "scram-sha-256", "scram-sha-512", "sha256", "sha512"],
    ];
    let lower = value.to_ascii_lowercase();
    is_among(&WORDS, &lower) || is_duration(&lower) || is_path(value) || is_plain_url(value) || is_code(value)
}

fn is_duration(lower: &str) -> bool {
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &lower[digits.len()..];
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && matches!(unit, "ms" | "s" | "m" | "h" | "d" | "sec" | "min" | "mi" | "gi" | "ki" | "mb" | "gb" | "kb")
}

/// An absolute or relative file path of several ordinary segments.
pub(super) fn is_path(value: &str) -> bool {
    let rooted =
        value.starts_with('/') || value.starts_with("./") || value.starts_with("../") || value.starts_with("~/");
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-~{}:@ $()*".contains(c);
    let segments = value.split('/').filter(|part| !part.is_empty());
    let prefix = value.len() <= 40 && value.ends_with('/') && !value.bytes().any(|byte| byte.is_ascii_uppercase());
    (rooted || prefix)
        && !value.ends_with('=')
        && value.chars().all(plain)
        && segments.clone().count() >= 1
        && segments.clone().all(|part| part.len() <= 40 && (part.len() < 16 || !looks_random(part)))
}

/// Letters and digits mixed so closely that no person chose the order.
pub(super) fn looks_random(part: &str) -> bool {
    let shape = Shape::of(part);
    let switch = |pair: &&[u8]| pair[0].is_ascii_digit() != pair[1].is_ascii_digit();
    shape.len >= 12
        && shape.digits >= 2
        && shape.letters >= 2
        && entropy(part) >= 3.2
        && part.as_bytes().windows(2).filter(switch).count() >= 3
}

fn is_plain_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    !scheme.is_empty()
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
        && !host.contains('@')
        && !looks_random(query)
        && !rest.split('/').any(looks_random)
}

/// A call, an index, a lambda or the like: code that fetches the value from elsewhere.
fn is_code(value: &str) -> bool {
    let opens = value.find(['(', '[']);
    let name = opens.map_or("", |at| &value[..at]);
    let dotted = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:".contains(&byte));
    // `ENC(…)` says that it is encrypted, which its bytes have to show.
    (opens.is_some() && !name.is_empty() && name != "ENC" && dotted && value.ends_with([')', ']', '"', '\'']))
        || is_indexed(value)
        || ["[A-Za-z", "[a-zA-Z", "[a-z0-9", "[0-9]", "\\d+", "\\w+"].iter().any(|class| value.contains(class))
        || value.contains("=>")
        || value.starts_with("function")
        || value.starts_with("lambda ")
}

/// A path into a structure: `list[0].name`.
fn is_indexed(value: &str) -> bool {
    let Some((_, rest)) = value.split_once('[') else { return false };
    let Some((index, after)) = rest.split_once(']') else { return false };
    let dotted = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte));
    dotted && !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()) && after.starts_with(['.', '['])
}

/// A JSON object whose strings are words. What stands under its own keys is judged by these.
fn is_plain_json(value: &str) -> bool {
    let object = value.starts_with('{') && value.ends_with('}') && value.contains("\":");
    object && !value.split(['"', '\\']).any(looks_random)
}

/// A name as people give to things: lower-case words joined by dashes or dots, perhaps with short numbers.
pub(super) fn is_name(value: &str) -> bool {
    let parts: Vec<&str> = value.split(['-', '.', '/', ':']).collect();
    let word = |part: &&str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        let letters = part.bytes().filter(u8::is_ascii_lowercase).count();
        !part.is_empty()
            && digits + letters == part.len()
            && part.len() <= 24
            && (digits == 0 || digits <= 3 && !looks_random(part) || letters == 0 && digits <= 4)
    };
    parts.len() >= 2 && parts.iter().all(word)
}

/// The 8-4-4-4-12 form of RFC 9562.
pub(super) fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_real_passwords_are_credentials() {
        for value in ["minioadmin123", "hello", "postgres", "password", "hunter2", "p@ss"] {
            assert!(judge(KeyClass::Password, value).is_some(), "{value}");
        }
        assert_eq!(judge(KeyClass::Password, "minioadmin123"), Some(Confidence::High));
        assert_eq!(judge(KeyClass::Password, "hello"), Some(Confidence::Low));
    }

    #[test]
    fn names_paths_and_settings_are_not() {
        for value in [
            "minio-credentials",
            "my-app.token",
            "/var/run/secrets/token",
            "24h",
            "true",
            "https://auth.example.com/token",
            "os.environ[\"TOKEN\"]",
            "getToken()",
            "oauth2",
            "512Mi",
            "ml-platform",
            "SERVICE_NAME-2",
            "some-array[0].entity",
            "client_token\":\"s\\.([A-Za-z0-9]+)",
            "{\"user\":\"admin\",\"port\":\"5432\"}",
            "{\"annotationKey1\":\"annotationValue1\"}",
            "username_password/",
            "password",
            "dbPassword",
        ] {
            assert_eq!(judge(KeyClass::Weak, value), None, "{value}");
            assert_eq!(judge(KeyClass::Strong, value), None, "{value}");
        }
    }

    #[test]
    fn credentials_in_json_and_beside_brackets_stay() {
        for value in ["{\"k\":\"q8ZrT3vLw0XbN5kYp2Jd\"}", "q8Zr[0]T3vLw0XbN5kYp2Jd", "QZRTVLWXBN_KYPJDQWRTZ83K"] {
            assert!(judge(KeyClass::Strong, value).is_some(), "{value}");
        }
    }

    #[test]
    fn random_values_are_sure() {
        for value in ["q8ZrT3vLw0XbN5kYp2Jd", "7f3a9c1e5b2d8f604a6c9e1b3d5f7082", "Zk9+vT3/Lw0XbN5kYp2JdQ=="] {
            assert_eq!(judge(KeyClass::Strong, value), Some(Confidence::High), "{value}");
            assert_eq!(judge(KeyClass::Weak, value), Some(Confidence::High), "{value}");
        }
    }

    #[test]
    fn entropy_is_shannons() {
        assert!((entropy("abcd") - 2.0).abs() < 1e-9);
        assert!(entropy("aaaa").abs() < 1e-9);
    }
}
