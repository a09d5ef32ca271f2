//! Regular expressions of Go, as SOPS reads `path_regex` and its selectors and kustomize the targets of patches, in the
//! syntax of the `regex` crate.
//!
//! Both are of the family of RE2, but not the same: what is literal in one (`{` alone, `[` in a class) is an error or
//! something else in the other, and `\w` is ASCII in Go. What cannot be translated for certain is [`GoRegex::Unknown`].

use regex::bytes::{Regex, RegexBuilder};

/// Longest expression that is looked at, bytes.
const LONGEST: usize = 2000;
/// Most repetitions that Go accepts (`regexp/syntax`).
const MOST_REPEATS: u32 = 1000;
/// Most bytes of a compiled expression.
const MOST_COMPILED: usize = 1 << 20;

/// A regular expression of Go.
#[derive(Clone, Debug)]
pub enum GoRegex {
    /// Translated.
    Known(Regex),
    /// Go rejects it.
    Invalid,
    /// It may match anything.
    Unknown,
}

impl GoRegex {
    /// Translates an expression.
    pub(crate) fn new(text: &str) -> Self {
        if text.len() > LONGEST || !text.is_ascii() {
            return Self::Unknown;
        }
        let translated = match translate(text.as_bytes()) {
            Ok(translated) => translated,
            Err(Trouble::Invalid) => return Self::Invalid,
            Err(Trouble::Unknown) => return Self::Unknown,
        };
        let built = RegexBuilder::new(&translated).unicode(false).nest_limit(900).size_limit(MOST_COMPILED).build();
        match built {
            Ok(regex) => Self::Known(regex),
            Err(regex::Error::Syntax(_)) => Self::Invalid,
            Err(_) => Self::Unknown,
        }
    }

    /// Whether it matches somewhere in `text`; nothing where that is not known.
    pub(crate) fn is_match(&self, text: &str) -> Option<bool> {
        match self {
            Self::Known(regex) => text.is_ascii().then(|| regex.is_match(text.as_bytes())),
            Self::Invalid | Self::Unknown => None,
        }
    }
}

enum Trouble {
    Invalid,
    Unknown,
}

/// The same expression in the syntax of this program.
fn translate(text: &[u8]) -> Result<String, Trouble> {
    let mut out = String::with_capacity(text.len() + 8);
    let mut at = 0;
    // Whether a repetition stands right before: Go takes none on top of it.
    let mut repeated = false;
    while at < text.len() {
        let was_repeated = std::mem::take(&mut repeated);
        match text[at] {
            b'\\' => at = escape(text, at, &mut out)?,
            b'[' => at = class(text, at, &mut out)?,
            b'(' => at = group(text, at, &mut out)?,
            b'{' => {
                if let Some((end, most)) = counts(text, at) {
                    if most > MOST_REPEATS || was_repeated {
                        return Err(Trouble::Invalid);
                    }
                    at = repetition(text, at, end, &mut out);
                    repeated = true;
                } else {
                    out.push_str("\\{");
                    at += 1;
                }
            }
            b'*' | b'+' | b'?' => {
                if was_repeated {
                    return Err(Trouble::Invalid);
                }
                at = repetition(text, at, at + 1, &mut out);
                repeated = true;
            }
            byte => {
                out.push(char::from(byte));
                at += 1;
            }
        }
    }
    Ok(out)
}

/// Takes over a repetition, and the `?` behind it that makes it lazy.
fn repetition(text: &[u8], start: usize, end: usize, out: &mut String) -> usize {
    let end = if text.get(end) == Some(&b'?') { end + 1 } else { end };
    out.extend(text[start..end].iter().map(|&byte| char::from(byte)));
    end
}

/// The end of `{n}`, `{n,}` or `{n,m}`, and the larger number; everything else that starts with `{` is literal in Go.
fn counts(text: &[u8], at: usize) -> Option<(usize, u32)> {
    let inner = &text[at + 1..];
    let close = inner.iter().position(|&byte| byte == b'}')?;
    let body = std::str::from_utf8(&inner[..close]).ok()?;
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // With a leading zero it is literal too.
        (plain && (text == "0" || !text.starts_with('0'))).then(|| text.parse::<u32>().unwrap_or(u32::MAX))
    };
    let most = match body.split_once(',') {
        None => number(body)?,
        Some((least, "")) => number(least)?,
        Some((least, most)) => number(least)?.max(number(most)?),
    };
    Some((at + close + 2, most))
}

/// One escape outside of a class.
fn escape(text: &[u8], at: usize, out: &mut String) -> Result<usize, Trouble> {
    let Some(&next) = text.get(at + 1) else { return Err(Trouble::Invalid) };
    match next {
        b'b' | b'B' | b'A' | b'z' => {
            // `\b{…}` is something of its own here.
            if text.get(at + 2) == Some(&b'{') {
                return Err(Trouble::Unknown);
            }
            out.extend(['\\', char::from(next)]);
            Ok(at + 2)
        }
        _ => simple_escape(text, at, out),
    }
}

/// An escape that stands for a character or a class, anywhere.
fn simple_escape(text: &[u8], at: usize, out: &mut String) -> Result<usize, Trouble> {
    let Some(&next) = text.get(at + 1) else { return Err(Trouble::Invalid) };
    match next {
        b'd' | b'D' | b'w' | b'W' | b's' | b'S' | b'a' | b'f' | b'n' | b'r' | b't' | b'v' => {
            // Here `\s` has the vertical tab too, which no path has.
            out.extend(['\\', char::from(next)]);
        }
        // Numbers of characters, classes of Unicode, quoting: rare, and written otherwise.
        b'x' | b'Q' | b'p' | b'P' | b'C' | b'0' => return Err(Trouble::Unknown),
        b'1'..=b'7' if text.get(at + 2).is_some_and(u8::is_ascii_digit) => return Err(Trouble::Unknown),
        byte if byte.is_ascii_alphanumeric() => return Err(Trouble::Invalid),
        byte => literal(byte, out),
    }
    Ok(at + 2)
}

/// A byte that stands for itself, outside of a class or in one.
fn literal(byte: u8, out: &mut String) {
    if byte.is_ascii_punctuation() && !b"<>_".contains(&byte) {
        out.push('\\');
    }
    out.push(char::from(byte));
}

/// A character class.
fn class(text: &[u8], start: usize, out: &mut String) -> Result<usize, Trouble> {
    let mut at = start + 1;
    out.push('[');
    if text.get(at) == Some(&b'^') {
        out.push('^');
        at += 1;
    }
    let first = at;
    loop {
        match text.get(at) {
            None => return Err(Trouble::Invalid),
            Some(b']') if at > first => {
                out.push(']');
                return Ok(at + 1);
            }
            Some(b'[') if text.get(at + 1) == Some(&b':') => {
                let Some(length) = text[at..].windows(2).position(|two| two == b":]") else {
                    return Err(Trouble::Unknown);
                };
                let name = &text[at..at + length + 2];
                out.extend(name.iter().map(|&byte| char::from(byte)));
                at += name.len();
            }
            Some(b'\\') => at = simple_escape(text, at, out)?,
            Some(b'-') => {
                let edge = at == first || text.get(at + 1) == Some(&b']');
                if text.get(at + 1) == Some(&b'-') {
                    return Err(Trouble::Unknown);
                }
                out.push_str(if edge { "\\-" } else { "-" });
                at += 1;
            }
            Some(&byte) => {
                literal(byte, out);
                at += 1;
            }
        }
    }
}

/// The head of a group.
fn group(text: &[u8], at: usize, out: &mut String) -> Result<usize, Trouble> {
    out.push('(');
    if text.get(at + 1) != Some(&b'?') {
        return Ok(at + 1);
    }
    let rest = &text[at + 2..];
    let flags = rest.iter().take_while(|byte| b"imsU-".contains(byte)).count();
    match rest.get(flags) {
        Some(b':' | b')') if flags > 0 || rest[0] == b':' => {
            let given: String = rest[..flags].iter().map(|&byte| char::from(byte)).collect();
            if given.ends_with('-') || given.matches('-').count() > 1 {
                return Err(Trouble::Unknown);
            }
            out.extend(["?", given.as_str()]);
            Ok(at + 2 + flags)
        }
        Some(b'P' | b'<') if flags == 0 => {
            let named = if rest[0] == b'P' { rest.get(1) == Some(&b'<') } else { true };
            let look = rest[0] == b'<' && matches!(rest.get(1), Some(b'=' | b'!'));
            if !named || look {
                return Err(Trouble::Invalid);
            }
            out.push('?');
            Ok(at + 2)
        }
        // Looking ahead is what people try most.
        Some(b'=' | b'!' | b'>') => Err(Trouble::Invalid),
        _ => Err(Trouble::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_reads_otherwise_is_translated() {
        for (pattern, text, matches) in [
            (r"secrets/.*\.ya?ml$", "apps/secrets/a.yml", true),
            (r"secrets/.*\.ya?ml$", "apps/secrets/a.json", false),
            (r"^[^/]+\.enc\.(yaml|json)$", "a.enc.json", true),
            ("a{,3}", "a{,3}", true),
            ("x{y}", "x{y}", true),
            ("[[a]", "[", true),
            ("[a&&b]", "&", true),
            (r"[\w.-]+\.env", "a-b.env", true),
            (r"a\_b\-c\/d", "a_b-c/d", true),
            (r"\<a\>", "<a>", true),
            ("(?i)SECRET", "my-secret.yaml", true),
            ("(?P<x>a)(?:b)", "ab", true),
            ("[]a]", "]", true),
            ("a-z", "a-z", true),
            ("{", "{", true),
        ] {
            assert_eq!(GoRegex::new(pattern).is_match(text), Some(matches), "{pattern}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for pattern in
            ["*.yaml", "(?!a)", "(?<=a)b", "(a", "a)", "[a", r"\", "a**", "a{1001}", r"\Z", "[b-a]", r"(a)\1"]
        {
            assert!(matches!(GoRegex::new(pattern), GoRegex::Invalid), "{pattern}");
        }
    }

    #[test]
    fn the_rest_is_unknown() {
        for pattern in ["é", r"\Qa.b\E", r"\p{Greek}", r"\pL", r"[\p{Lu}]", r"\x41", "[+--]", r"\b{2}"] {
            assert!(matches!(GoRegex::new(pattern), GoRegex::Unknown), "{pattern}");
        }
        assert_eq!(GoRegex::new("a").is_match("é"), None);
    }
}
