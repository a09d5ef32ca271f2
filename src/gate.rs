//! The one gate that text passes before a person or a program is shown it.
//!
//! Paths, keys, arguments, the configuration and what libraries say of them are a stranger's, and may hold a credential,
//! a command for a terminal or one for a CI runner. `cli::output` and `report` are the only ways to the streams, and both
//! pass everything through here; so no message has to think of it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::checks::detector::Engine;
use crate::mask::{MASK, is_active, printable, without_passwords};
use crate::rule;

/// Characters of the shortest credential that has a format.
const SHORTEST: usize = 12;

static FORMATS: LazyLock<Engine> = LazyLock::new(|| Engine::new(rule::builtin().iter().cloned()));

/// `text` on one line: without credentials, and with everything escaped that a terminal or a CI runner would act on.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    match without_credentials(text) {
        Cow::Borrowed(text) => printable(text),
        Cow::Owned(text) => Cow::Owned(printable(&text).into_owned()),
    }
}

/// The same for several lines. None of them is a command of GitHub Actions, whatever it begins with.
pub(crate) fn page(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for whole in text.split_inclusive('\n') {
        let content = whole.strip_suffix('\n').unwrap_or(whole);
        let content = line(content.strip_suffix('\r').unwrap_or(content));
        let bare = content.trim_start();
        if bare.starts_with("::") {
            shown.push_str(&content[..content.len() - bare.len()]);
            shown.push_str("\\u{3a}");
            shown.push_str(&bare[1..]);
        } else {
            shown.push_str(&content);
        }
        if whole.ends_with('\n') {
            shown.push('\n');
        }
    }
    shown
}

/// A JSON text with what a terminal, or GitHub Actions in a log (`##[`), would act on escaped, and a line break at its end.
/// All of it is in strings, so that a parser reads the same.
pub(crate) fn json(json: &str) -> String {
    let mut tame = String::with_capacity(json.len() + 1);
    for character in json.replace("##[", "\\u0023#[").replace("##vso[", "\\u0023#vso[").chars() {
        if is_active(character) && character != '\n' {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(tame, "\\u{unit:04x}").unwrap_or_default();
            }
        } else {
            tame.push(character);
        }
    }
    tame.push('\n');
    tame
}

/// `text` without passwords of URLs and credentials of a known format.
pub(crate) fn without_credentials(text: &str) -> Cow<'_, str> {
    let text = without_passwords(text);
    if !may_hold_one(&text) {
        return text;
    }
    let mut spans = FORMATS.formats(&text);
    if spans.is_empty() {
        return text;
    }
    spans.sort_unstable();
    let (mut shown, mut from) = (String::with_capacity(text.len()), 0);
    for span in spans {
        if span.start >= from {
            shown.push_str(text.get(from..span.start).unwrap_or_default());
            shown.push_str(MASK);
        }
        from = from.max(span.end);
    }
    shown.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(shown)
}

/// Whether a word is long and mixed enough for a credential, so that the search is worth its time.
fn may_hold_one(text: &str) -> bool {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let mixed = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    text.as_bytes().split(|byte| !part(byte)).any(|word| word.len() >= SHORTEST && word.iter().any(mixed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_directions_are_escaped() {
        assert_eq!(
            line("a\u{1b}[31mb\r\nc\u{202e}d\u{9b}e\tf\u{2028}\u{85}\u{61c}"),
            "a\\u{1b}[31mb\\u{d}\\u{a}c\\u{202e}d\\u{9b}e    f\\u{2028}\\u{85}\\u{61c}"
        );
        assert_eq!(line("x ##[add-mask]y ##vso[a]"), "x ## [add-mask]y ##vso [a]");
        assert_eq!(page("a\r\n  ::add-path::x\n::y"), "a\n  \\u{3a}:add-path::x\n\\u{3a}:y");
        assert!(matches!(line("plain é 😀, a longer text with Nothing in it"), Cow::Borrowed(_)));
    }

    #[test]
    fn credentials_are_masked() {
        let token = ["gh", "p_Ky9Pf34qY6Nb3wWD25RQ4F5ZR3qa7y3gm1IL"].concat();
        assert_eq!(line(&format!("a/{token}.yaml and {token}")), "a/********.yaml and ********");
        assert_eq!(line("https://h/x?a=1&api_key=hunter2&b=c"), "https://h/x?a=1&api_key=********&b=c");
        assert_eq!(line("see https://bot:hunter2@git.example/x"), "see https://bot:********@git.example/x");
    }

    #[test]
    fn json_stays_the_same_to_a_parser() {
        let value = serde_json::json!({ "a": "##[x]\u{202e}\u{7f}", "##vso[x": 1 });
        let text = json(&value.to_string());
        assert!(!text.contains("##") && !text.contains('\u{202e}'), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).ok(), Some(value));
    }
}
