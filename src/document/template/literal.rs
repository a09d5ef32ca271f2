//! Finds the string literals of an action whose text reaches the output.
//!
//! One small reader serves Go pipelines (`b64enc "x" | quote`), Jinja filters (`x | default('y', true)`) and GitHub
//! expressions (`a == 'b' && 'c'`). A function that it does not know swallows its arguments and passes what is piped in.

use super::function::{Function, Literals};
use super::token::{self, Token, TokenKind};
use crate::span::Span;

/// Deeper nesting than this is not followed.
const DEPTH: usize = 32;

/// What is between operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    /// Both sides go on.
    Join,
    /// Neither side reaches the output.
    Compare,
    If,
    Else,
}

/// The literals of `body` (the text between the delimiters) that reach the output, without their quotes.
pub(super) fn literals(text: &str, body: Span) -> Vec<Span> {
    if memchr::memchr3(b'"', b'\'', b'`', body.slice(text).as_bytes()).is_none() {
        return Vec::new();
    }
    let mut tokens = token::tokens(text, body);
    tokens.retain(|token| !matches!(token.kind, TokenKind::Other | TokenKind::Assign));
    let mut reader = LiteralReader { text, tokens: &tokens, at: 0 };
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

struct LiteralReader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl LiteralReader<'_> {
    fn peek(&self) -> Option<TokenKind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    fn word(&self) -> Option<&str> {
        let token = self.tokens.get(self.at).filter(|token| token.kind == TokenKind::Word)?;
        Some(token.span.slice(self.text))
    }

    fn operator(&self) -> Option<Operator> {
        match self.peek()? {
            TokenKind::Join => Some(Operator::Join),
            TokenKind::Compare => Some(Operator::Compare),
            TokenKind::Word => match self.word()? {
                "if" => Some(Operator::If),
                "else" => Some(Operator::Else),
                "in" | "is" => Some(Operator::Compare),
                _ => None,
            },
            _ => None,
        }
    }

    /// Reads up to a comma or a closing bracket, which stays; one list of literals for each key and value.
    fn pipeline(&mut self, depth: usize) -> Vec<Vec<Span>> {
        let mut done = Vec::new();
        let mut carried = self.stage(depth);
        loop {
            match self.peek() {
                Some(TokenKind::Pipe) => {
                    self.at += 1;
                    // `x | default "a" == "b"` compares the whole: nothing of it is written.
                    if self.word().is_some_and(|name| !Function::of_name(name).pipes) {
                        carried.clear();
                    }
                    carried.extend(self.stage(depth));
                }
                Some(TokenKind::Colon | TokenKind::Declare) => {
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

    /// One command or expression, up to a pipe, comma, colon or closing bracket.
    fn stage(&mut self, depth: usize) -> Vec<Span> {
        let mut found = Vec::new();
        let mut compared = false;
        let mut condition = false;
        let mut segment = Vec::new();
        loop {
            match (self.operator(), self.peek()) {
                (Some(Operator::Compare), _) => {
                    self.at += 1;
                    compared = true;
                }
                (Some(operator), _) => {
                    if !compared && !condition {
                        found.append(&mut segment);
                    }
                    segment.clear();
                    compared = false;
                    // A concatenation inside a condition stays a condition.
                    condition = operator == Operator::If || condition && operator == Operator::Join;
                    self.at += 1;
                }
                (
                    None,
                    None
                    | Some(TokenKind::Pipe | TokenKind::Comma | TokenKind::Colon | TokenKind::Declare | TokenKind::Close),
                ) => break,
                (None, Some(_)) => segment.extend(self.command(depth)),
            }
        }
        if !compared && !condition {
            found.append(&mut segment);
        }
        found
    }

    /// A word with its arguments, a literal or a group.
    fn command(&mut self, depth: usize) -> Vec<Span> {
        let Some(token) = self.tokens.get(self.at) else { return Vec::new() };
        self.at += 1;
        match token.kind {
            TokenKind::Text | TokenKind::Character => {
                let mut found = vec![token.span];
                // `'format'.method('x')` and `'abc'[0]` are too rare to follow.
                if matches!(self.glued_open(), Some(b'(' | b'[')) {
                    self.at += 1;
                    found.extend(self.arguments(0, depth).concat());
                }
                found
            }
            // Of `{'key': 'value'}` the values.
            TokenKind::Open(open) => self.arguments(usize::from(open == b'{'), depth).concat(),
            TokenKind::Word | TokenKind::Field | TokenKind::Number => self.call(token.span, depth),
            _ => Vec::new(),
        }
    }

    /// The bracket that follows without a space.
    fn glued_open(&self) -> Option<u8> {
        match self.tokens.get(self.at) {
            Some(Token { kind: TokenKind::Open(byte), glued: true, .. }) => Some(*byte),
            _ => None,
        }
    }

    fn call(&mut self, name: Span, depth: usize) -> Vec<Span> {
        let name = name.slice(self.text);
        let literals = Function::of_name(name).literals;
        if let Some(byte) = self.glued_open() {
            self.at += 1;
            let arguments = self.arguments(0, depth);
            // `x.get('k', 'd')`
            let literals = if name.ends_with(".get") { Literals::Rest } else { literals };
            let mut found = match byte {
                b'(' => select(literals, arguments),
                _ => Vec::new(),
            };
            // `a['b']['c']`: what is taken out of it is not a literal.
            while self.glued_open().is_some() {
                self.at += 1;
                self.arguments(0, depth);
                found.clear();
            }
            return found;
        }
        if matches!(name, "or" | "and" | "not") && self.at > 1 {
            let before = self.tokens.get(self.at - 2).map(|token| token.kind);
            if !matches!(before, None | Some(TokenKind::Open(_) | TokenKind::Pipe | TokenKind::Comma)) {
                return Vec::new();
            }
        }
        let mut arguments = Vec::new();
        while self.is_operand() {
            if matches!(self.word(), Some("or" | "and" | "not")) {
                // `x or 'y'` of Jinja: what follows is an operand of its own.
                self.at += 1;
                let mut found = select(literals, arguments);
                if depth < DEPTH {
                    found.extend(self.command(depth + 1));
                }
                return found;
            }
            arguments.push(self.operand(depth));
        }
        select(literals, arguments)
    }

    fn is_operand(&self) -> bool {
        use TokenKind::{Character, Field, Number, Open, Text, Word};
        self.operator().is_none() && matches!(self.peek(), Some(Text | Character | Word | Field | Number | Open(_)))
    }

    /// One argument of a Go command.
    fn operand(&mut self, depth: usize) -> Vec<Span> {
        let Some(token) = self.tokens.get(self.at) else { return Vec::new() };
        self.at += 1;
        match token.kind {
            TokenKind::Text | TokenKind::Character => vec![token.span],
            TokenKind::Open(_) => self.arguments(0, depth).concat(),
            _ => Vec::new(),
        }
    }

    /// Reads to the closing bracket, which is taken; one list for each argument, without its first `skip` parts.
    fn arguments(&mut self, skip: usize, depth: usize) -> Vec<Vec<Span>> {
        if depth >= DEPTH {
            self.at = self.tokens.len();
            return Vec::new();
        }
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.pipeline(depth + 1).into_iter().skip(skip).flatten().collect());
            let ends = !matches!(self.peek(), Some(TokenKind::Comma));
            self.at += 1;
            if ends {
                return arguments;
            }
        }
    }
}

fn select(literals: Literals, arguments: Vec<Vec<Span>>) -> Vec<Span> {
    let count = arguments.len();
    let keep = |index: usize| match literals {
        Literals::All => true,
        Literals::Rest => index > 0,
        Literals::BeforeLast => index + 2 == count,
        Literals::Values => index % 2 == 1,
        Literals::None => false,
    };
    arguments.into_iter().enumerate().filter(|(index, _)| keep(*index)).flat_map(|(_, spans)| spans).collect()
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
            // A number with its sign is one argument.
            "dict \"x\" -5 \"password\" \"hunter2\"",
            "dict \"x\" +.5 \"password\" \"hunter2\"",
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
            // No language reads on after a string without an end.
            "quote \"open | default 'x'",
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
