//! `command-credential`: a command that puts a secret into a store, with the value on its command line.

use crate::checks::common::Context;
use crate::document::fragment::Lang;
use crate::document::shell::{Literal, flat_json_entries};
use crate::rule::Level;
use crate::value::key::classify;
use crate::value::{Confidence, KeyClass, Sensitive};

pub(super) fn check(cx: &mut Context<'_, '_>) {
    for made in &cx.view.parsed.store_secrets {
        for literal in made.literals.iter().filter(|literal| !literal.expands) {
            one(cx, made.command, literal);
        }
    }
}

fn one(cx: &mut Context<'_, '_>, command: &str, literal: &Literal) {
    let text = cx.value_at(literal.value);
    let what = format!("The command `{command}`");
    // Keys and values of their own, in JSON.
    if text.trim().starts_with("{") {
        for (key, span) in flat_json_entries(cx.view.text, literal.value) {
            let value = cx.value_at(span);
            if !is_expanded(value) {
                cx.judge(&what, command, &key, value, span);
            }
        }
        return;
    }
    let paired = !matches!(&*literal.key, "secret-string" | "value" | "body" | "b" | "standard input" | "secrets");
    if text.is_placeholder() || is_expanded(text) {
        return;
    }
    if paired && classify(&literal.key) != KeyClass::None {
        cx.judge(&what, command, &literal.key, text, literal.value);
        return;
    }
    // Among pairs stand names and addresses as well.
    let class = if paired { KeyClass::Weak } else { KeyClass::Password };
    let looks = cx.identify(text);
    let level = match text.judge(class) {
        Some(Confidence::High) => Level::Error,
        Some(Confidence::Low) if !paired && cx.view.lang != Lang::Markdown => Level::Warning,
        _ if looks.is_some() => Level::Error,
        _ => return,
    };
    let message = format!("{what} contains a plaintext secret.{}", looks.unwrap_or_default());
    cx.report(literal.value, Some(command.to_owned()), message).at_most = level;
}

/// `$VAR` in a string whose quotes the reader of the shell did not see, as in a workflow's `env`.
fn is_expanded(text: Sensitive<'_>) -> bool {
    text.contains("${") || text.contains("$(") || text.contains("{{")
}
