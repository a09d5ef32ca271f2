//! Finds the string literals of an action whose text reaches the output.
//!
//! One small reader serves Go pipelines (`b64enc "x" | quote`), Jinja filters (`x | default('y', true)`) and GitHub
//! expressions (`a == 'b' && 'c'`). A function that it does not know swallows its arguments and passes what is piped in.

use super::scan::string_end;
use crate::span::Span;

/// Deeper nesting than this is not followed.
const DEPTH: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// A string, without its quotes.
    Text(Span),
    Word(Span),
    /// An opening bracket; `glued` says that no space stands before it.
    Open {
        byte: u8,
        glued: bool,
    },
    Close,
    Pipe,
    Comma,
    Colon,
    /// `~` or `+`, and `or` and `and` of any spelling: both sides go on.
    Join,
    /// A comparison: neither side reaches the output.
    Compare,
    If,
    Else,
}

/// The literals of `body` (the text between the delimiters) that reach the output, without their quotes.
pub(super) fn literals(text: &str, body: Span) -> Vec<Span> {
    if memchr::memchr3(b'"', b'\'', b'`', body.slice(text).as_bytes()).is_none() {
        return Vec::new();
    }
    let tokens = tokens(text, body);
    let mut reader = Reader { text, tokens: &tokens, at: 0 };
    let mut found = Vec::new();
    while reader.at < tokens.len() {
        found.extend(reader.pipeline(0).into_iter().flatten());
        reader.at += 1;
    }
    found.retain(|span: &Span| !span.is_empty());
    found.sort_unstable();
    found.dedup();
    found
}

fn tokens(text: &str, body: Span) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = body.start;
    while at < body.end {
        let byte = bytes[at];
        let next = bytes.get(at + 1).copied().filter(|_| at + 1 < body.end);
        let mut length = 1;
        match byte {
            b'"' | b'\'' | b'`' => {
                if let Some(end) = string_end(bytes, at, body.end) {
                    tokens.push(Token::Text(Span::new(at + 1, end - 1)));
                    length = end - at;
                }
            }
            b'(' | b'[' | b'{' => {
                let glued = at > body.start && !bytes[at - 1].is_ascii_whitespace();
                tokens.push(Token::Open { byte, glued });
            }
            b')' | b']' | b'}' => tokens.push(Token::Close),
            b'|' | b'&' if next == Some(byte) => {
                tokens.push(Token::Join);
                length = 2;
            }
            b'|' => tokens.push(Token::Pipe),
            b',' => tokens.push(Token::Comma),
            b':' => tokens.push(Token::Colon),
            b'~' | b'+' => tokens.push(Token::Join),
            b'=' | b'!' | b'<' | b'>' => {
                length = 1 + usize::from(next == Some(b'='));
                if length == 2 || matches!(byte, b'<' | b'>') {
                    tokens.push(Token::Compare);
                }
            }
            _ if is_word(byte) => {
                length = bytes[at..body.end].iter().take_while(|&&b| is_word(b)).count();
                tokens.push(word(text, Span::new(at, at + length)));
            }
            _ => {}
        }
        at += length;
    }
    tokens
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b'-') || !byte.is_ascii()
}

fn word(text: &str, span: Span) -> Token {
    match span.slice(text) {
        "if" => Token::If,
        "else" => Token::Else,
        "in" | "is" => Token::Compare,
        _ => Token::Word(span),
    }
}

/// What a function does with literals.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arguments {
    All,
    Rest,
    Last,
    /// Every second one: the values of `dict`.
    Values,
    None,
}

/// How `name` treats its arguments, and whether what is piped in goes on.
fn function(name: &str) -> (Arguments, bool) {
    let short = name.rsplit('.').next().unwrap_or(name);
    match if name.starts_with(['.', '$']) { "" } else { short } {
        "b64enc" | "b64dec" | "b64encode" | "b64decode" | "b32enc" | "quote" | "squote" | "toString" | "trim"
        | "upper" | "lower" | "title" | "nospace" | "trunc" | "indent" | "nindent" | "toYaml" | "toJson"
        | "toPrettyJson" | "toRawJson" | "tojson" | "to_json" | "to_nice_json" | "to_yaml" | "to_nice_yaml"
        | "toJSON" | "default" | "d" | "coalesce" | "print" | "println" | "cat" | "string" | "safe" | "urlquery"
        | "urlencode" | "first" | "last" | "list" | "concat" | "ternary" | "or" | "and" | "fromBase64" | "toBase64"
        | "iif" => (Arguments::All, true),
        "printf" | "required" | "trimSuffix" | "trimPrefix" | "trimAll" | "format" | "get" => (Arguments::Rest, true),
        "dig" => (Arguments::Last, true),
        "dict" => (Arguments::Values, true),
        "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "not" | "has" | "hasKey" | "hasPrefix" | "hasSuffix" | "contains"
        | "empty" | "kindIs" | "typeIs" | "regexMatch" | "semverCompare" | "len" | "length" | "include"
        | "template" | "tpl" | "lookup" | "index" | "fail" | "env" | "sha1sum" | "sha256sum" | "hash" | "htpasswd"
        | "bcrypt" | "password_hash" | "set" | "unset" | "define" | "fromJSON" | "hashFiles" => {
            (Arguments::None, false)
        }
        _ => (Arguments::None, true),
    }
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    /// Reads up to a comma or a closing bracket, which stays; one list of literals for each key and value.
    fn pipeline(&mut self, depth: usize) -> Vec<Vec<Span>> {
        let mut done = Vec::new();
        let mut carried = self.stage(depth);
        loop {
            match self.peek() {
                Some(Token::Pipe) => {
                    self.at += 1;
                    let (own, passes) = self.filter(depth);
                    if !passes {
                        carried.clear();
                    }
                    carried.extend(own);
                }
                Some(Token::Colon) => {
                    self.at += 1;
                    done.push(std::mem::take(&mut carried));
                    carried = self.stage(depth);
                }
                _ => break,
            }
        }
        done.push(carried);
        done
    }

    /// The command after a pipe.
    fn filter(&mut self, depth: usize) -> (Vec<Span>, bool) {
        let passes = match self.peek() {
            Some(Token::Word(name)) => function(name.slice(self.text)).1,
            _ => true,
        };
        // `x | default "a" == "b"` compares the whole: nothing of it is written.
        (self.stage(depth), passes)
    }

    /// One command or expression, up to a pipe, comma, colon or closing bracket.
    fn stage(&mut self, depth: usize) -> Vec<Span> {
        let mut found = Vec::new();
        let mut compared = false;
        let mut condition = false;
        let mut segment = Vec::new();
        loop {
            match self.peek() {
                None | Some(Token::Pipe | Token::Comma | Token::Colon | Token::Close) => break,
                Some(Token::Compare) => {
                    self.at += 1;
                    compared = true;
                }
                Some(Token::Join | Token::If | Token::Else) => {
                    if !compared && !condition {
                        found.append(&mut segment);
                    }
                    segment.clear();
                    compared = false;
                    // A concatenation inside a condition stays a condition.
                    condition = matches!(self.peek(), Some(Token::If)) || condition && self.peek() == Some(Token::Join);
                    self.at += 1;
                }
                Some(_) => segment.extend(self.command(depth)),
            }
        }
        if !compared && !condition {
            found.append(&mut segment);
        }
        found
    }

    /// A word with its arguments, a literal or a group.
    fn command(&mut self, depth: usize) -> Vec<Span> {
        let token = self.peek();
        self.at += 1;
        match token {
            Some(Token::Text(span)) => {
                let mut found = vec![span];
                // `'format'.method('x')` and `'abc'[0]` are too rare to follow.
                if self.glued_open() {
                    found.extend(self.group(depth));
                }
                found
            }
            Some(Token::Open { byte: b'{', .. }) => self.entries(depth),
            Some(Token::Open { .. }) => self.arguments(depth).into_iter().flatten().collect(),
            Some(Token::Word(name)) => self.call(name, depth),
            _ => Vec::new(),
        }
    }

    fn glued_open(&self) -> bool {
        matches!(self.peek(), Some(Token::Open { glued: true, byte: b'(' | b'[' }))
    }

    fn group(&mut self, depth: usize) -> Vec<Span> {
        self.at += 1;
        self.arguments(depth).into_iter().flatten().collect()
    }

    fn call(&mut self, name: Span, depth: usize) -> Vec<Span> {
        let name = name.slice(self.text);
        if let Some(Token::Open { byte, glued: true }) = self.peek() {
            self.at += 1;
            let arguments = self.arguments(depth);
            // `x.get('k', 'd')`
            let method = name.ends_with(".get").then_some(Arguments::Rest);
            let mut found = match byte {
                b'(' => select(method.unwrap_or(function(name).0), arguments),
                _ => Vec::new(),
            };
            // `a['b']['c']`: what is taken out of it is no literal.
            while let Some(Token::Open { glued: true, .. }) = self.peek() {
                self.at += 1;
                self.arguments(depth);
                found.clear();
            }
            return found;
        }
        if matches!(name, "or" | "and" | "not") && self.at > 1 {
            let before = self.tokens.get(self.at - 2);
            if !matches!(before, None | Some(Token::Open { .. } | Token::Pipe | Token::Comma)) {
                return Vec::new();
            }
        }
        let mut arguments = Vec::new();
        while let Some(Token::Text(_) | Token::Word(_) | Token::Open { .. }) = self.peek() {
            let infix =
                matches!(self.peek(), Some(Token::Word(w)) if matches!(w.slice(self.text), "or" | "and" | "not"));
            if infix {
                // `x or 'y'` of Jinja: what follows is an operand of its own.
                self.at += 1;
                let mut found = select(function(name).0, arguments);
                if depth < DEPTH {
                    found.extend(self.command(depth + 1));
                }
                return found;
            }
            arguments.push(self.operand(depth));
        }
        select(function(name).0, arguments)
    }

    /// One argument of a Go command.
    fn operand(&mut self, depth: usize) -> Vec<Span> {
        let token = self.peek();
        self.at += 1;
        match token {
            Some(Token::Text(span)) => vec![span],
            Some(Token::Open { .. }) => self.arguments(depth).into_iter().flatten().collect(),
            _ => Vec::new(),
        }
    }

    /// Reads to the closing bracket, which is taken; one list for each argument.
    fn arguments(&mut self, depth: usize) -> Vec<Vec<Span>> {
        if depth >= DEPTH {
            self.at = self.tokens.len();
            return Vec::new();
        }
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.pipeline(depth + 1).into_iter().flatten().collect());
            let ends = !matches!(self.peek(), Some(Token::Comma));
            self.at += 1;
            if ends {
                return arguments;
            }
        }
    }

    /// The values of `{'key': 'value'}`.
    fn entries(&mut self, depth: usize) -> Vec<Span> {
        if depth >= DEPTH {
            self.at = self.tokens.len();
            return Vec::new();
        }
        let mut found = Vec::new();
        loop {
            found.extend(self.pipeline(depth + 1).into_iter().skip(1).flatten());
            let ends = !matches!(self.peek(), Some(Token::Comma));
            self.at += 1;
            if ends {
                return found;
            }
        }
    }
}

fn select(arguments: Arguments, found: Vec<Vec<Span>>) -> Vec<Span> {
    let count = found.len();
    let keep = |index: usize| match arguments {
        Arguments::All => true,
        Arguments::Rest => index > 0,
        // The literal before the mapping: `dig "a" "b" "default" .Values`.
        Arguments::Last => index + 2 == count,
        Arguments::Values => index % 2 == 1,
        Arguments::None => false,
    };
    found.into_iter().enumerate().filter(|(index, _)| keep(*index)).flat_map(|(_, spans)| spans).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Vec<&str> {
        literals(body, Span::new(0, body.len())).into_iter().map(|span| span.slice(body)).collect()
    }

    #[test]
    fn go_literals_that_reach_the_output() {
        for body in [
            "\"hunter2\" | b64enc",
            "b64enc \"hunter2\"",
            "default \"hunter2\" .Values.x",
            ".Values.x | default \"hunter2\" | quote",
            "`hunter2` | b64enc | quote",
            "ternary \"hunter2\" .b (eq .c \"d\")",
            "printf \"%s-%s\" .a \"hunter2\" | b64enc",
            "(default \"hunter2\" .x) | b64enc",
            "coalesce .a .b \"hunter2\"",
            "or .Values.x \"hunter2\"",
            "dig \"a\" \"b\" \"hunter2\" .Values",
            "dict \"password\" \"hunter2\" | toYaml",
            "\"hunter2\"",
        ] {
            assert_eq!(of(body), ["hunter2"], "{body}");
        }
    }

    #[test]
    fn jinja_and_github_literals_that_reach_the_output() {
        for body in [
            "'hunter2' | b64encode",
            "x | default('hunter2', true)",
            "x | default('hunter2') | b64encode",
            "('hunter2') | b64encode",
            "'hunter2' if env == 'prod' else x",
            "x or 'hunter2'",
            "x ~ 'hunter2'",
            "cfg.get('key', 'hunter2')",
            "{'key': 'hunter2'} | to_json",
            "github.ref == 'main' && 'hunter2'",
            "secrets.X || 'hunter2'",
        ] {
            assert_eq!(of(body), ["hunter2"], "{body}");
        }
    }

    #[test]
    fn names_keys_and_comparisons_stay_inside() {
        for body in [
            "include \"common.names\" .",
            "include (printf \"%s/x\" .b) (dict \"value\" \"y\")",
            "required \"message\" .Values.x",
            "printf \"%s\" .Values.x",
            "eq .a \"b\"",
            "index .Values \"key\" | quote",
            "lookup \"v1\" \"Secret\" .ns \"name\"",
            "tpl \"x\" .",
            ".Files.Get \"path\" | b64enc",
            "(lookup \"v1\" \"Secret\" .ns \"n\").data",
            "lookup('env', 'HOME')",
            "x['key']",
            "hostvars[x]['ansible_default_ipv4']['address']",
            "x == 'y'",
            "'key' in x",
            "x | replace('a', 'b')",
            "hashFiles('**/lock')",
            "\"\" | quote",
        ] {
            assert_eq!(of(body), [""; 0], "{body}");
        }
    }

    #[test]
    fn deep_nesting_ends() {
        of(&format!("\"a\" {}", "(".repeat(50_000)));
        of(&format!("{}\"a\"", "b64enc (".repeat(50_000)));
        of(&format!("\"a\" {}", "x or ".repeat(50_000)));
    }
}
