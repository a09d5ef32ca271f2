//! `command-credential`: a command that puts a secret into a store, with the value on its command line.

use super::Context;
use crate::document::fragment::Lang;
use crate::document::shell::Literal;
use crate::rule::Level;
use crate::value::{self, Confidence, KeyClass, is_placeholder};

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for made in &view.parsed.store_secrets {
        for literal in made.literals.iter().filter(|literal| !literal.expands) {
            one(cx, made.command, literal);
        }
    }
}

fn one(cx: &mut Context<'_, '_>, command: &str, literal: &Literal) {
    let text = literal.value.slice(cx.view.text);
    let what = format!("The command '{command}'");
    // Keys and values of their own, in JSON.
    if text.trim_start().starts_with('{') {
        for (key, value) in entries(text) {
            let span = crate::span::Span::new(literal.value.start + value.start, literal.value.start + value.end);
            let value = span.slice(cx.view.text).to_owned();
            if !is_expanded(&value) {
                cx.judge(&what, command, &key, &value, span);
            }
        }
        return;
    }
    let paired = !matches!(&*literal.key, "secret-string" | "value" | "body" | "b" | "standard input" | "secrets");
    if is_placeholder(text) || is_expanded(text) {
        return;
    }
    if paired && value::key::classify(&literal.key) != KeyClass::None {
        cx.judge(&what, command, &literal.key, text, literal.value);
        return;
    }
    // Among pairs stand names and addresses as well.
    let class = if paired { KeyClass::Weak } else { KeyClass::Password };
    let looks = cx.identify(text).map(|title| format!(" It looks like: {title}."));
    let level = match value::judge(class, text) {
        Some(Confidence::High) => Level::Error,
        Some(Confidence::Low) if !paired && cx.view.lang != Lang::Markdown => Level::Warning,
        _ if looks.is_some() => Level::Error,
        _ => return,
    };
    let message = format!("{what} holds a secret in plain text.{}", looks.unwrap_or_default());
    let draft = cx.report(literal.value, Some(command.to_owned()), message);
    draft.at_most = level;
}

/// `$VAR` in a string whose quotes the reader of the shell did not see, as in a workflow's `env`.
fn is_expanded(text: &str) -> bool {
    text.contains("${") || text.contains("$(") || text.contains("{{")
}

/// Keys and string values of a flat JSON object, as spans of its text.
fn entries(text: &str) -> Vec<(String, crate::span::Span)> {
    let mut strings = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'"' {
            at += 1;
            continue;
        }
        // A script may escape the quotes for itself.
        let escaped = at > 0 && bytes[at - 1] == b'\\';
        let start = at + 1;
        at = start;
        while at < bytes.len() && !(bytes[at] == b'"' && (escaped || bytes[at - 1] != b'\\')) {
            at += 1;
        }
        let end = if escaped && at > start { at - 1 } else { at };
        let colon = text.get(at + 1..).unwrap_or_default().trim_start().starts_with(':');
        strings.push((crate::span::Span::new(start, end.min(bytes.len())), colon));
        at += 1;
    }
    let pairs = strings.windows(2).filter(|pair| pair[0].1 && !pair[1].1);
    pairs.filter_map(|pair| Some((text.get(pair[0].0.range())?.to_owned(), pair[1].0))).collect()
}
