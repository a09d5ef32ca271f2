//! What a plain scalar of YAML means to the programs of Kubernetes, and how a text is written as a scalar that all of them
//! read as that text.

use std::fmt::Write as _;

/// The boolean that YAML 1.1 reads in a plain scalar.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// Whether a plain scalar is null.
pub(crate) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The boolean that Go's `strconv.ParseBool` reads in a string: an annotation, a parameter of a driver.
pub(crate) fn go_boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Whether a plain scalar of this text is a string to every reader of YAML 1.1 and 1.2.
pub(crate) fn is_plain_string(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'/');
    let rest = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    let lower = text.to_ascii_lowercase();
    // Some readers of YAML 1.1 take these for booleans as well.
    let single = matches!(&*lower, "y" | "n");
    first && rest && !single && boolean(&lower).is_none() && !is_null(&lower)
}

/// A text as a scalar on one line: plain where no reader takes it for something else, otherwise in double quotes.
pub(crate) fn scalar(text: &str) -> String {
    if is_plain_string(text) || is_long_base64(text) { text.to_owned() } else { quoted(text) }
}

/// A text as a scalar in double quotes.
pub(crate) fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    // What JSON leaves unescaped and YAML does not allow or takes for a line break.
    json.chars().fold(String::with_capacity(json.len()), |mut out, c| {
        match c {
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{7f}'..='\u{9f}' => {
                // Writing to a text does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
        out
    })
}

/// Long base64, as sealed values are: every reader takes it for text, although `+` and `=` occur in it.
fn is_long_base64(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    text.len() >= 64 && text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_reader_takes_for_something_else_is_quoted() {
        for text in ["a", "mlflow-db", "apps/v1", "/etc/x", "v1.2", "nothing", "onward"] {
            assert_eq!(scalar(text), text);
        }
        for text in ["", "y", "No", "yEs", "TRUE", "off", "Null", "~", "0755", "1e3", "a b", "a: b", "-", "é"] {
            assert_eq!(scalar(text), format!("\"{text}\""));
        }
        assert_eq!(scalar("a\u{2028}\u{85}\n\""), "\"a\\u2028\\u0085\\n\\\"\"");
    }
}
