//! The words of an action, as the lexer of Go's `text/template` divides them. What Go refuses, but Jinja or GitHub
//! expressions have, becomes a token as well; whoever reads Go alone takes it for something unknown.

use crate::span::Span;

/// One word of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// Bytes of the text; of a string without its quotes.
    pub(super) span: Span,
    /// Whether something else than white space is right before it in the action.
    pub(super) glued: bool,
}

/// What a word of an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A string in `"` or backquotes.
    Text,
    /// `'…'`: a string of Jinja and GitHub, a character to Go.
    Character,
    /// A function, a keyword, a name (`github.ref`).
    Word,
    /// `.`, `.a.b`, `$.a` or `$x.a`.
    Field,
    Number,
    /// `(`, `[` or `{`.
    Open(u8),
    /// `)`, `]` or `}`.
    Close,
    Pipe,
    Comma,
    Colon,
    /// `:=`
    Declare,
    /// `=`
    Assign,
    /// `+`, `~`, `||` and `&&`.
    Join,
    /// `==`, `!=`, `<` and the like.
    Compare,
    /// Anything else. From a string without an end, which no language takes, it is the rest of the action.
    Other,
}

/// The tokens of the action whose text between the delimiters is `body`, in `text`.
pub(super) fn tokens(text: &str, body: Span) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = body.start;
    let mut glued = false;
    while at < body.end {
        let rest = Span::new(at, body.end).slice(text);
        if rest.starts_with([' ', '\t', '\r', '\n']) {
            at += 1;
            glued = false;
            continue;
        }
        let (kind, length) = first_token(rest);
        let quotes = usize::from(matches!(kind, TokenKind::Text | TokenKind::Character));
        found.push(Token { kind, span: Span::new(at + quotes, at + length - quotes), glued });
        at += length;
        glued = true;
    }
    found
}

/// The kind and the length of the token at the start of `rest`, which starts with no white space.
fn first_token(rest: &str) -> (TokenKind, usize) {
    let bytes = rest.as_bytes();
    let byte = bytes.first().copied().unwrap_or_default();
    let next = bytes.get(1).copied().unwrap_or_default();
    match byte {
        b'"' | b'`' | b'\'' => match string_end(bytes, 0, bytes.len()) {
            Some(end) => (if byte == b'\'' { TokenKind::Character } else { TokenKind::Text }, end),
            None => (TokenKind::Other, rest.len()),
        },
        b'(' | b'[' | b'{' => (TokenKind::Open(byte), 1),
        b')' | b']' | b'}' => (TokenKind::Close, 1),
        b'|' | b'&' if next == byte => (TokenKind::Join, 2),
        b'|' => (TokenKind::Pipe, 1),
        b',' => (TokenKind::Comma, 1),
        b':' if next == b'=' => (TokenKind::Declare, 2),
        b':' => (TokenKind::Colon, 1),
        b'=' | b'!' | b'<' | b'>' if next == b'=' => (TokenKind::Compare, 2),
        b'<' | b'>' => (TokenKind::Compare, 1),
        b'=' => (TokenKind::Assign, 1),
        b'0'..=b'9' => (TokenKind::Number, number_length(rest)),
        b'+' | b'-' | b'.' if starts_number(&rest[1..], byte != b'.') => {
            (TokenKind::Number, 1 + number_length(&rest[1..]))
        }
        b'+' | b'~' => (TokenKind::Join, 1),
        // A `$` begins a variable and is in none.
        b'.' | b'$' => (TokenKind::Field, 1 + name_length(&rest[1..])),
        _ => match name_length(rest) {
            0 => (TokenKind::Other, rest.chars().next().map_or(1, char::len_utf8)),
            length => (TokenKind::Word, length),
        },
    }
}

/// Length of the letters, digits and dots at the start.
fn name_length(rest: &str) -> usize {
    rest.find(|c: char| !is_name(c) && c != '.').unwrap_or(rest.len())
}

/// Whether a number goes on with `rest`: a digit, and after a sign a point before it.
fn starts_number(rest: &str, signed: bool) -> bool {
    let rest = if signed { rest.strip_prefix('.').unwrap_or(rest) } else { rest };
    rest.starts_with(|c: char| c.is_ascii_digit())
}

/// Length of a number from its first digit, as Go writes them: `0x1F`, `1_000`, `1e-3`.
fn number_length(rest: &str) -> usize {
    let mut before = '0';
    let ends = |c: char| {
        let exponent = matches!(before, 'e' | 'E') && matches!(c, '+' | '-');
        before = c;
        !is_name(c) && c != '.' && !exponent
    };
    rest.find(ends).unwrap_or(rest.len())
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The keyword or name that an action begins with, empty where it begins with something else.
pub(super) fn first_word(body: &str) -> &str {
    body.split(|c| !is_name(c)).next().unwrap_or_default()
}

/// End of the string that opens at `at`. Quoted strings end on their line, backquoted ones may span lines.
pub(crate) fn string_end(bytes: &[u8], at: usize, limit: usize) -> Option<usize> {
    let quote = *bytes.get(at)?;
    let mut next = at + 1;
    while next < limit {
        match *bytes.get(next)? {
            b'\n' if quote != b'`' => return None,
            b'\\' if quote != b'`' => next += 1,
            byte if byte == quote => return Some(next + 1),
            _ => {}
        }
        next += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `kind text` of each token, joined by spaces.
    fn of(body: &str) -> String {
        let shown = tokens(body, Span::new(0, body.len())).into_iter().map(|token| {
            let glue = if token.glued { "^" } else { "" };
            format!("{glue}{:?}:{}", token.kind, token.span.slice(body))
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_fields_and_strings_are_those_of_go() {
        for (body, wanted) in [
            ("b64enc \"x\\\"y\" | quote", "Word:b64enc Text:x\\\"y Pipe:| Word:quote"),
            ("$x, $y := .a.b", "Field:$x ^Comma:, Field:$y Declare::= Field:.a.b"),
            ("(lookup `v`).data", "Open(40):( ^Word:lookup Text:v ^Close:) ^Field:.data"),
            // A letter of any script belongs to a name, a quotation mark of typography does not.
            ("größe “x", "Word:größe Other:“ ^Word:x"),
            // A number has its sign; a name has none in it, and no `$`.
            ("-5 +.5 1e-3 a-b .a$b", "Number:-5 Number:+.5 Number:1e-3 Word:a ^Other:- ^Word:b Field:.a ^Field:$b"),
            ("0x1F_f 'a'", "Number:0x1F_f Character:a"),
            (
                "x == 'y' && z != 1 ~ u",
                "Word:x Compare:== Character:y Join:&& Word:z Compare:!= Number:1 Join:~ Word:u",
            ),
            ("a['b'].c", "Word:a ^Open(91):[ ^Character:b ^Close:] ^Field:.c"),
            ("x \"open | y", "Word:x Other:\"open | y"),
            ("", ""),
        ] {
            assert_eq!(of(body), wanted, "{body}");
        }
    }
}
