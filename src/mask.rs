//! What of a text from a stranger may be shown: names that people give to things, and nothing that could be a value.
//!
//! Names, keys, tags and words of a wrong configuration are not known to be harmless only because no rule found a
//! secret in them. So everything of that kind that reaches a message goes through here.

use std::borrow::Cow;

/// What stands where a value stood. Its length says nothing of the value's.
pub(crate) const MASK: &str = "********";

/// Longest word that is shown.
const LONGEST: usize = 40;
/// Digits of a plain name, at most.
const DIGITS: usize = 2;

/// Whether `name` reads like the name of a key or a rule: words of letters, hardly a digit.
pub(crate) fn is_plain_name(name: &str) -> bool {
    name.len() <= LONGEST
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && name.bytes().filter(u8::is_ascii_digit).count() <= DIGITS
        && !is_wild(name)
}

/// Whether no person would choose `word` as a name: random characters, an unbroken run of great length, or a change of
/// the kind of character at every turn.
fn is_wild(word: &str) -> bool {
    let wild = |part: &str| part.len() > LONGEST || is_random(part) || is_jumbled(part);
    word.split(['.', '/', '_', '-', '=', '+', ':', '@']).any(wild) || word.split(['.', '/', ':']).any(is_restless)
}

/// Letters and digits mixed so closely that no person chose the order.
fn is_random(part: &str) -> bool {
    let bytes = part.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let turns = bytes.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    bytes.len() >= 12 && digits >= 2 && digits < bytes.len() && turns >= 4
}

/// Letters that no language puts together: both cases, and five consonants in a row.
fn is_jumbled(part: &str) -> bool {
    let consonant = |byte: &u8| byte.is_ascii_alphabetic() && !b"aeiouyAEIOUY".contains(byte);
    let (mut run, mut longest) = (0, 0);
    for byte in part.as_bytes() {
        run = if consonant(byte) { run + 1 } else { 0 };
        longest = run.max(longest);
    }
    let raised = part.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    part.len() >= 12 && longest >= 5 && raised.count() * 5 >= part.len()
}

/// `aB3$xY9!kL`: at least three kinds of characters, which change at every second character. A capital letter begins a
/// word, so what follows it is no change.
fn is_restless(word: &str) -> bool {
    let kind = |c: char| match c {
        _ if c.is_uppercase() => 0,
        _ if c.is_alphabetic() => 1,
        _ if c.is_numeric() => 2,
        _ => 3,
    };
    let mut kinds = [false; 4];
    let (mut length, mut changes, mut before) = (0, 0, None);
    for c in word.chars() {
        let now = kind(c);
        kinds[now] = true;
        length += 1;
        changes += usize::from(before.is_some_and(|before| before != now && (before, now) != (0, 1)));
        before = Some(now);
    }
    length >= 8 && kinds.iter().filter(|&&seen| seen).count() >= 3 && changes * 2 >= length
}

/// `text` with every word masked that no person would choose as a name. Words end at white space, quotes, brackets and
/// the marks between sentences.
pub(crate) fn masked(text: &str) -> Cow<'_, str> {
    match without_passwords(text) {
        Cow::Borrowed(text) => without_wild_words(text),
        Cow::Owned(text) => Cow::Owned(without_wild_words(&text).into_owned()),
    }
}

fn without_wild_words(text: &str) -> Cow<'_, str> {
    let mut shown: Option<String> = None;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let word = &rest[..rest.find(between).unwrap_or(rest.len())];
        let gap = &rest[word.len()..];
        let gap = &gap[..gap.find(|c| !between(c)).unwrap_or(gap.len())];
        let kept = word.trim_end_matches([':', '.', '!', '?', '…']);
        let bare = kept.trim_start_matches(['.', '-', ':', '#']);
        let wild = is_wild(bare);
        if wild && shown.is_none() {
            shown = Some(text[..at].to_owned());
        }
        if let Some(shown) = &mut shown {
            if wild {
                shown.push_str(&kept[..kept.len() - bare.len()]);
                shown.push_str(MASK);
                shown.push_str(&word[kept.len()..]);
            } else {
                shown.push_str(word);
            }
            shown.push_str(gap);
        }
        at += word.len() + gap.len();
    }
    shown.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// What ends a word.
fn between(c: char) -> bool {
    c.is_whitespace() || "'\"`()[]{}<>,;|".contains(c)
}

/// `text` with every password masked that stands before the host of an address or among its parameters, and a user that is
/// no name.
pub(crate) fn without_passwords(text: &str) -> Cow<'_, str> {
    if !text.contains(['@', '?']) {
        return Cow::Borrowed(text);
    }
    let (mut shown, mut from, mut start) = (String::new(), 0, 0);
    for whole in text.split_inclusive(between) {
        let word = whole.trim_end_matches(between);
        let (address, _) = word.split_once('?').unwrap_or((word, ""));
        let mut hide = |begin: usize, end: usize| {
            shown.push_str(&text[from..start + begin]);
            shown.push_str(MASK);
            from = start + end;
        };
        if let Some((login, host)) = login(word) {
            let user = word[login..host].split(':').next().unwrap_or_default();
            if !user.is_empty() && !is_plain_name(user) {
                hide(login, login + user.len());
            }
            if login + user.len() + 1 < host {
                hide(login + user.len() + 1, host);
            }
        } else {
            let mut at = address.len();
            for parameter in word[at..].split_inclusive('&') {
                if let Some((name, value)) = parameter.trim_end_matches('&').split_once('=')
                    && is_secret_parameter(name)
                    && !value.is_empty()
                {
                    hide(at + name.len() + 1, at + name.len() + 1 + value.len());
                }
                at += parameter.len();
            }
        }
        start += whole.len();
    }
    if from == 0 { Cow::Borrowed(text) } else { Cow::Owned(shown + &text[from..]) }
}

/// Whether the parameter of an address is a credential.
fn is_secret_parameter(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["pass", "pwd", "token", "secret", "key", "sig", "auth", "credential"].iter().any(|word| name.contains(word))
}

/// Where user and password of an address begin and end: `user:password@host`, with a scheme or without one.
fn login(word: &str) -> Option<(usize, usize)> {
    let at = word.rfind('@')?;
    let scheme = word[..at].find("://").map(|scheme| scheme + 3);
    let start = scheme.unwrap_or_else(|| word[..at].find('=').map_or(0, |equals| equals + 1));
    let login = &word[start..at];
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    // `https://host:8080/file@v1` and `registry:5000/image:tag@sha256:…` name no user.
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_path = user.contains('/') || password.split_once('/').is_some_and(|(port, _)| is_port(port));
    let counts = !login.is_empty() && !is_path && !word[at..].starts_with("@sha256:");
    (counts && (scheme.is_some() || !password.is_empty())).then_some((start, at))
}

/// `text` on one line, without anything that a terminal or a log would act on: what could act, hide text or show it in
/// another order is written as `\u{…}`, and `##[` and `##vso[`, which are commands of CI runners anywhere in a line, are
/// broken up.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut tame = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\t' => tame.push_str("    "),
            '[' if tame.trim_end_matches(|c: char| c.is_ascii_alphabetic()).ends_with("##") => tame.push_str(" ["),
            _ if is_active(character) => tame.extend(character.escape_unicode()),
            _ => tame.push(character),
        }
    }
    Cow::Owned(tame)
}

/// Whether a terminal would act on the character, or show text in another order or not at all because of it.
pub(crate) fn is_active(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_of_addresses_are_masked() {
        for (text, shown) in [
            ("git clone https://bot:hunter2@git.example/x.", "git clone https://bot:********@git.example/x."),
            ("'ssh://git@host/x' and git@host:x", "'ssh://git@host/x' and git@host:x"),
            ("https://q8ZrT3vLw0XbN5kYp2Jd@host", "https://********@host"),
            ("https://bot:p/s@s@host/x, bot:hunter2@host", "https://bot:********@host/x, bot:********@host"),
            ("https://host:8080/x@v1 host:5000/ml:1@sha256:0a", "https://host:8080/x@v1 host:5000/ml:1@sha256:0a"),
            ("url=https://:hunter2@h a@example.com", "url=https://:********@h a@example.com"),
        ] {
            assert_eq!(without_passwords(text), shown);
        }
    }

    #[test]
    fn names_are_shown() {
        for text in [
            "Secret mlflow/mlflow-db .stringData.AWS_SECRET_ACCESS_KEY",
            "Deployment prod/api-7 .spec.containers[0].env.OAuth2Token",
            "ConfigMap x .data['application-v1beta1.properties']",
            "The key 'S3AccessKeyV2' is given a credential in plain text, encoded (base64).",
            "apiVersion external-secrets.io/v1beta1, sealed-secrets-key4x2zq",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn values_are_not() {
        for (text, shown) in [
            ("Secret a/q8ZrT3vLw0XbN5kYp2Jd .data.x", "Secret ******** .data.x"),
            ("x .data['aB3$xY9!kL'].y", "x .data['********'].y"),
            ("the key 'q8ZrT3vLw0XbN5kYp2Jd'.", "the key '********'."),
        ] {
            assert_eq!(masked(text), shown);
        }
    }
}
