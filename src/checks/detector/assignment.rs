//! Values assigned to keys whose names say "credential", in any of the ways that files assign.
//!
//! Works from a keyword outwards on the text, without a parser, so that it holds for every language; what a syntax cannot
//! mean is left out by [`Syntax`].

use crate::span::Span;
use crate::value::key::{KeyClass, classify};
use crate::value::{Confidence, Sensitive};

/// Longest key, bytes.
const MAX_KEY: usize = 96;
/// Longest value, bytes.
const MAX_VALUE: usize = 4096;

/// How a stretch of text assigns values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// `key: value` and `key=value`, quoted or not: YAML, JSON, dotenv, INI, properties, TOML, Dockerfile.
    Config,
    /// `KEY=value` and `--flag value`; a colon assigns nothing unless the key is quoted.
    Shell,
    /// String literals only: programs, Terraform.
    Code,
    /// Running text: only quoted values that look random.
    Prose,
}

/// A key and the value assigned to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The key's name, without quotes and leading dashes.
    pub key: Span,
    /// The value, without quotes.
    pub value: Span,
    /// Whether the value stood in quotes.
    pub quoted: bool,
    /// How the text assigns.
    pub syntax: Syntax,
}

impl Assignment {
    /// Whether the value is a credential, and how sure that is.
    pub(super) fn judge(&self, text: &str) -> Option<Confidence> {
        let key = self.key.slice(text);
        let value = self.value.slice(text);
        let class = classify(key);
        if matches!(class, KeyClass::None | KeyClass::Identifier) || is_identifier(value, self.quoted) {
            return None;
        }
        if value.eq_ignore_ascii_case(key) || Sensitive::new(value).is_sealed_prefix() && value.len() >= 20 {
            return None;
        }
        let confidence = Sensitive::new(value).judge(class)?;
        match (self.syntax, confidence) {
            (Syntax::Prose, Confidence::Low) => None,
            (Syntax::Code, Confidence::Low) if class != KeyClass::Password || value.contains(' ') => None,
            (_, Confidence::Low) if class == KeyClass::Weak => None,
            _ => Some(confidence),
        }
    }
}

/// Code that names a value instead of being one: `config.password`, `args.token`, `getPass`, `MyClass`.
fn is_identifier(value: &str, quoted: bool) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && part.bytes().filter(u8::is_ascii_digit).count() <= 1
            && part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    };
    !quoted && value.contains('.') && value.split('.').all(part)
}

/// Reads the assignment whose key holds the keyword at `at`.
pub(super) fn read(text: &str, at: Span, syntax: Syntax, endless: &mut Endless) -> Option<Assignment> {
    let bytes = text.as_bytes();
    let whole = key_span(bytes, at);
    let dashes = bytes[whole.range()].iter().take_while(|&&byte| byte == b'-').count();
    let key = Span::new(whole.start + dashes, whole.end);
    if key.len() > MAX_KEY {
        return None;
    }
    let before = whole.start.checked_sub(1).map(|at| bytes[at]);
    if matches!(before, Some(b'$' | b'{' | b'@' | b'/')) && !(syntax == Syntax::Code && before == Some(b'$')) {
        // `${TOKEN}` in a flow mapping's clothes; `{token: x}` is read below through its separator.
        if before != Some(b'{') || whole.start >= 2 && bytes[whole.start - 2] == b'$' {
            return None;
        }
    }
    let found = separator(bytes, key, before, dashes == 2, syntax)?;
    let (value, quoted) = read_value(text, found, syntax, endless)?;
    let assignment = Assignment { key, value, quoted, syntax };
    (!value.is_empty() && value.len() <= MAX_VALUE && (quoted || unquoted_allowed(text, &assignment, found)))
        .then_some(assignment)
}

fn key_span(bytes: &[u8], at: Span) -> Span {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let low = at.start.saturating_sub(MAX_KEY);
    let high = (at.end + MAX_KEY).min(bytes.len());
    let start = bytes[low..at.start].iter().rposition(|byte| !part(byte)).map_or(low, |n| low + n + 1);
    let end = bytes[at.end..high].iter().position(|byte| !part(byte)).map_or(high, |n| at.end + n);
    Span::new(start, end)
}

/// What stands between key and value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Between {
    Colon,
    Equals,
    Space,
    Comma,
    Element,
}

#[derive(Clone, Copy)]
struct Separator {
    kind: Between,
    /// Where the value may start, white space skipped.
    value: usize,
    key_quoted: bool,
    /// Whether the key is an index (`environ["KEY"] = …`), as only programs write.
    indexed: bool,
}

fn separator(bytes: &[u8], key: Span, before: Option<u8>, flag: bool, syntax: Syntax) -> Option<Separator> {
    let blank = |at: usize| bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count() + at;
    let mut at = key.end;
    if before == Some(b'<') && bytes.get(at) == Some(&b'>') {
        return Some(Separator { kind: Between::Element, value: at + 1, key_quoted: false, indexed: false });
    }
    at += usize::from(bytes.get(at) == Some(&b'\\'));
    let key_quoted = matches!(bytes.get(at), Some(b'"' | b'\'' | b'`'));
    at += usize::from(key_quoted);
    let indexed = bytes.get(at) == Some(&b']');
    at += usize::from(matches!(bytes.get(at), Some(b']' | b')')));
    let spaced = blank(at);
    let next = |n: usize| bytes.get(spaced + n).copied();
    let made = |kind, skip: usize| Some(Separator { kind, value: blank(spaced + skip), key_quoted, indexed });
    match (next(0)?, next(1)) {
        (b':' | b'?', Some(b'=')) | (b'=', Some(b'>')) => made(Between::Equals, 2),
        (b'=', Some(b'=' | b'~')) => None,
        (b'=', _) => made(Between::Equals, 1),
        (b':', Some(b':')) => None,
        (b':', follows)
            if key_quoted || matches!(follows, Some(b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'') | None) =>
        {
            made(Between::Colon, 1)
        }
        (b',', _) if key_quoted && from_environment(bytes, key) => made(Between::Comma, 1),
        _ if spaced > at && (flag && syntax != Syntax::Prose || is_docker_env(bytes, key)) => made(Between::Space, 0),
        _ => None,
    }
}

/// `getenv("TOKEN", "default")` and its likes.
fn from_environment(bytes: &[u8], key: Span) -> bool {
    if key.start < 2 || bytes[key.start - 2] != b'(' {
        return false;
    }
    let low = key.start.saturating_sub(24);
    let head = bytes[low..key.start].to_ascii_lowercase();
    [&b"env"[..], b"environ", b"setdefault", b"secret", b"set"]
        .iter()
        .any(|word| head.windows(word.len()).any(|w| w == *word))
}

/// `ENV KEY value` of a Dockerfile.
fn is_docker_env(bytes: &[u8], key: Span) -> bool {
    // No further back than an indented instruction begins: a line may be as long as the file.
    let low = key.start.saturating_sub(64);
    let start = memchr::memrchr(b'\n', &bytes[low..key.start]).map_or(low, |at| low + at + 1);
    (start > low || low == 0) && bytes[start..key.start].trim_ascii() == b"ENV"
}

fn read_value(text: &str, found: Separator, syntax: Syntax, endless: &mut Endless) -> Option<(Span, bool)> {
    let bytes = text.as_bytes();
    let mut at = found.value;
    if found.kind == Between::Element {
        let end = memchr::memchr2(b'<', b'\n', bytes.get(at..)?)? + at;
        return (bytes.get(end..end + 2) == Some(b"</")).then_some((Span::new(at, end), true));
    }
    if syntax == Syntax::Code && found.kind == Between::Colon && !found.key_quoted {
        at = behind_type(bytes, at);
    }
    at += usize::from(
        matches!(bytes.get(at), Some(b'b' | b'r' | b'u' | b'@')) && matches!(bytes.get(at + 1), Some(b'"' | b'\'')),
    );
    let escaped = usize::from(bytes.get(at) == Some(&b'\\') && matches!(bytes.get(at + 1), Some(b'"' | b'\'')));
    if let Some(&quote @ (b'"' | b'\'' | b'`')) = bytes.get(at + escaped) {
        let triple = bytes.get(at..at + 3) == Some(&[quote; 3]);
        let start = at + escaped + 1 + if triple { 2 } else { 0 };
        let end = closing_quote(bytes, start, quote, escaped == 1)?;
        return Some((Span::new(start, end), true));
    }
    if found.kind == Between::Comma || found.indexed {
        return None;
    }
    if found.kind == Between::Colon && matches!(bytes.get(at), Some(b'|' | b'>')) {
        return block_line(text, at).map(|span| (span, true));
    }
    if found.kind == Between::Colon
        && matches!(bytes.get(at), None | Some(b'\n' | b'\r' | b'!' | b'&' | b'*' | b'{' | b'['))
    {
        return None;
    }
    Some((plain_value(bytes, at, found.kind, endless), false))
}

/// Skips a type between a name and `=` (`password: str = "…"`).
fn behind_type(bytes: &[u8], at: usize) -> usize {
    let line = bytes[at..].iter().take(64).take_while(|&&byte| byte != b'\n' && byte != b'"' && byte != b'\'').count();
    let Some(equals) = bytes[at..at + line].iter().position(|&byte| byte == b'=') else {
        return at;
    };
    let rest = at + equals + 1;
    bytes[rest..].iter().take_while(|&&byte| byte == b' ').count() + rest
}

fn closing_quote(bytes: &[u8], start: usize, quote: u8, escaped: bool) -> Option<usize> {
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\n' || at > start + MAX_VALUE {
            return None;
        }
        if byte == b'\\' {
            if escaped && bytes.get(at + 1) == Some(&quote) {
                return Some(at);
            }
            at += 2;
            continue;
        }
        if byte == quote {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// The only line of a YAML block scalar whose header is at `at`; a block of several lines is not a plain credential.
fn block_line(text: &str, at: usize) -> Option<Span> {
    let start = text.get(at..)?.find('\n')? + at + 1;
    let line = text.get(start..)?.lines().next()?;
    let value = line.trim();
    let from = start + line.find(value)?;
    Some(Span::new(from, from + value.len()))
}

fn plain_value(bytes: &[u8], at: usize, kind: Between, endless: &mut Endless) -> Span {
    let rest = &bytes[at..bytes.len().min(at + MAX_VALUE + 1)];
    let rest = &rest[..memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())];
    let end = if kind == Between::Colon { end_in_yaml(rest) } else { endless.end_of(rest, at) };
    Span::new(at, at + rest[..end].trim_ascii_end().len())
}

/// Where a plain value of YAML ends: before a comment, and in a flow mapping before a comma or brace, which is up to the last
/// brace that closes on the line, and not behind one that opens.
fn end_in_yaml(rest: &[u8]) -> usize {
    let opens = memchr::memchr(b'{', rest).unwrap_or(rest.len());
    let flow = memchr::memrchr(b'}', rest).map_or(0, |closes| rest.len().min(opens.min(closes) + 1));
    let stop = |from: usize| {
        let comma = memchr::memchr2(b',', b'}', rest.get(from..flow).unwrap_or_default());
        let until = comma.map_or(rest.len(), |n| from + n);
        let mut comments = memchr::memchr_iter(b'#', &rest[from..until]).map(|n| from + n).filter(|&n| n > 0);
        comments.find(|&n| rest[n - 1].is_ascii_whitespace()).unwrap_or(until)
    };
    let (mut from, mut end) = (0, stop(0));
    loop {
        let mut opens = memchr::memchr2_iter(b'$', b'E', &rest[from..end]).map(|n| from + n);
        let Some(next) = opens.find_map(|n| substitution_end(rest, n)) else { return end };
        from = next;
        if from > end {
            end = stop(from);
        }
    }
}

/// The last stretch of a text in which no value behind `=` ends and nothing is substituted. Where names follow each other, it is
/// gone through once and not for each of them.
#[derive(Default)]
pub(super) struct Endless(Span);

impl Endless {
    /// Where the value at `at` ends that `rest` begins with.
    fn end_of(&mut self, rest: &[u8], at: usize) -> usize {
        let ends =
            |n: usize| rest[n].is_ascii_whitespace() || b";|)\"'`,<>".contains(&rest[n]) || rest[n] == b'&' && n > 0;
        let known = self.0.start <= at && at < self.0.end;
        let mut end = if known { rest.len().min(self.0.end - at) } else { 0 };
        let mut substituted = false;
        while end < rest.len() && !ends(end) {
            let next = substitution_end(rest, end);
            substituted |= next.is_some();
            end = next.unwrap_or(end + 1);
        }
        if !substituted {
            // What the last bytes begin, the next ones decide.
            self.0 = Span::new(at, at + end.saturating_sub(b"ENC[".len() - 1));
        }
        end
    }
}

/// The end of a `$(…)`, `${…}` or encrypted `ENC[…]` that starts at `at`, blanks and quotes in it included.
fn substitution_end(rest: &[u8], at: usize) -> Option<usize> {
    let (open, close, opens) = match rest.get(at..at + 2)? {
        b"$(" => (b'(', b')', at + 1),
        b"${" => (b'{', b'}', at + 1),
        b"EN" if rest[at..].starts_with(b"ENC[") => (b'[', b']', at + 3),
        _ => return None,
    };
    let mut depth = 0;
    for (n, &byte) in rest.iter().enumerate().skip(opens) {
        depth += i32::from(byte == open) - i32::from(byte == close);
        if depth == 0 {
            return Some(n + 1);
        }
    }
    Some(rest.len())
}

fn unquoted_allowed(text: &str, found: &Assignment, separator: Separator) -> bool {
    let key = found.key.slice(text);
    let screaming =
        key.bytes().any(|byte| byte.is_ascii_uppercase()) && !key.bytes().any(|byte| byte.is_ascii_lowercase());
    let tight = separator.kind == Between::Equals && separator.value == found.key.end + 1;
    // A call: code that stands in another language's file.
    if found.value.slice(text).contains('(') && !found.value.slice(text).starts_with('$') {
        return false;
    }
    match found.syntax {
        Syntax::Config => separator.kind != Between::Space || !found.value.slice(text).starts_with('-'),
        Syntax::Shell => match separator.kind {
            Between::Equals => tight,
            Between::Space => !found.value.slice(text).starts_with(['-', '$']),
            _ => false,
        },
        // In a string of a program: a command, a manifest. What looks like that is not a name of the program's.
        Syntax::Code => {
            let value = found.value.slice(text);
            let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte));
            tight && screaming || separator.kind != Between::Space && plain && Sensitive::new(value).looks_random()
        }
        Syntax::Prose => tight && screaming,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(text: &str, syntax: Syntax) -> Option<&str> {
        let lower = text.to_ascii_lowercase();
        let word = ["password", "token", "secret"]
            .iter()
            .find_map(|word| lower.find(word).map(|at| Span::new(at, at + word.len())))?;
        let found = read(text, word, syntax, &mut Endless::default())?;
        found.judge(text).map(|_| found.value.slice(text))
    }

    #[test]
    fn each_way_to_assign() {
        for text in [
            "password: hunter2x9",
            "\"password\": \"hunter2x9\",",
            "DB_PASSWORD=hunter2x9",
            "export DB_PASSWORD='hunter2x9'",
            "password = \"hunter2x9\"",
            "db.password=hunter2x9",
            "<password>hunter2x9</password>",
            "--password=hunter2x9",
            "--password hunter2x9",
            "{user: a, password: hunter2x9}",
            "password: |\n  hunter2x9\n",
            "ENV DB_PASSWORD hunter2x9",
            "password: hunter2x9 # old",
            "\\\"password\\\": \\\"hunter2x9\\\"",
        ] {
            assert_eq!(value_of(text, Syntax::Config), Some("hunter2x9"), "{text}");
        }
        for text in [
            "password = \"hunter2x9\"",
            "password: str = \"hunter2x9\"",
            "os.environ[\"DB_PASSWORD\"] = \"hunter2x9\"",
            "os.getenv(\"DB_PASSWORD\", \"hunter2x9\")",
            "connect(password='hunter2x9')",
            "$password = \"hunter2x9\"",
            "run(\"create secret --from-literal=password='hunter2x9'\")",
        ] {
            assert_eq!(value_of(text, Syntax::Code), Some("hunter2x9"), "{text}");
        }
    }

    #[test]
    fn references_and_code_are_not_values() {
        for text in [
            "password: $DB_PASSWORD",
            "password: ${DB_PASSWORD}",
            "password: {{ .Values.password }}",
            "password:",
            "password: !vault |",
            "password: *pw",
            "passwordFile: /run/secrets/pw",
            "if password == \"hunter2x9\"",
            "secretName: hunter2x9",
            "${PASSWORD=hunter2x9}",
            "token: config.token",
            "password: {{ x }}-{{ y }}",
            "password: \"\"",
        ] {
            assert_eq!(value_of(text, Syntax::Config), None, "{text}");
        }
        for text in ["password = get_password(user)", "password=password", "token = self.token", "password: hunter2x9"]
        {
            assert_eq!(value_of(text, Syntax::Code), None, "{text}");
        }
    }
}
