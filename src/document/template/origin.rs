//! Follows the values of a Helm chart through a template: which of them reach the output of an action.
//!
//! Reads the language of Go's `text/template` as far as it hands a value on: pipelines, `with`, `range`, variables, and the
//! functions that change how a value is written and not what it is. Anything else ends the trail, as do named
//! templates (`define`, `include`), whose data is their caller's.

use super::action::{Action, ActionKind};
use super::function::{Function, Passage};
use super::token::{self, TokenKind};
use crate::span::Span;

/// Deeper nesting of parentheses is not followed.
const DEPTH: usize = 16;
/// Longer paths are not followed.
const STEPS: usize = 24;
/// Most values that one place may have.
const MOST: usize = 16;
/// Most variables that are known at one place.
const VARIABLES: usize = 256;

/// Step of a path that stands for every entry of a mapping and every item of a list.
pub(crate) const EACH: &str = "*";

/// An action that writes values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The action, bytes of the template.
    pub span: Span,
    /// The values that it may write, one at least.
    pub values: Vec<Origin>,
}

/// A value of the chart on its way to the output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The keys that lead to it below `.Values`, [`EACH`] where all are meant. Empty for the values as a whole.
    pub path: Vec<Box<str>>,
    /// Whether it is the context of the chart, which holds `.Values` and is not a value.
    root: bool,
    /// Whether it is encoded on the way, or decoded.
    pub coding: Coding,
    /// What of it is written.
    pub form: Form,
}

/// What becomes of a value's base64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Coding {
    /// It stays as it is.
    #[default]
    None,
    /// `b64enc` encodes it.
    Encoded,
    /// `b64dec` decodes it.
    Decoded,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// By itself.
    #[default]
    Whole,
    /// As a part of a text (`printf`).
    Part,
    /// As YAML or JSON, so that mappings are too.
    Dumped,
}

/// The actions of `text` that write values, in their order. `actions` are all of the text's.
pub(crate) fn written(text: &str, actions: &[Action]) -> Vec<Written> {
    let root = vec![Origin { root: true, ..Origin::default() }];
    let mut scope = TemplateScope { dot: root.clone(), root, variables: Vec::new(), blocks: Vec::new() };
    let mut found = Vec::new();
    for action in actions {
        let Some(body) = body(action.span.slice(text)) else { continue };
        match action.kind {
            ActionKind::Comment => {}
            ActionKind::Control => scope.control(body),
            ActionKind::Output => {
                let mut values = scope.evaluate(&tokens(body));
                values.retain(|value| !value.root && !value.path.is_empty());
                if !values.is_empty() {
                    found.push(Written { span: action.span, values });
                }
            }
        }
    }
    found
}

/// What is between the delimiters of a Go action.
fn body(action: &str) -> Option<&str> {
    let body = action.strip_prefix("{{")?.strip_suffix("}}")?;
    let body = body.strip_prefix('-').unwrap_or(body);
    Some(body.strip_suffix('-').unwrap_or(body).trim())
}

/// A token as Go reads it, with its text.
type GoToken<'t> = (TokenKind, &'t str);

fn tokens(body: &str) -> Vec<GoToken<'_>> {
    let mut closed = false;
    let tokens = token::tokens(body, Span::new(0, body.len())).into_iter().map(|token| {
        let text = token.span.slice(body);
        let of_group = std::mem::replace(&mut closed, token.kind == TokenKind::Close) && token.glued;
        // A field of what is in parentheses is not followed; Go has no other brackets.
        let known = match token.kind {
            TokenKind::Field => !of_group,
            TokenKind::Open(bracket) => bracket == b'(',
            TokenKind::Close => text == ")",
            _ => true,
        };
        (if known { token.kind } else { TokenKind::Other }, text)
    });
    tokens.collect()
}

/// What names mean at a place of the template.
struct TemplateScope<'t> {
    /// `.`
    dot: Vec<Origin>,
    /// `$`
    root: Vec<Origin>,
    variables: Vec<(&'t str, Vec<Origin>)>,
    blocks: Vec<Block>,
}

/// What was true around a block.
struct Block {
    dot: Vec<Origin>,
    root: Vec<Origin>,
    variables: usize,
}

impl<'t> TemplateScope<'t> {
    fn control(&mut self, body: &'t str) {
        let all = tokens(body);
        match all.split_first() {
            Some(((TokenKind::Word, "else"), rest)) => {
                let Some(block) = self.blocks.last() else { return };
                self.dot.clone_from(&block.dot);
                self.variables.truncate(block.variables);
                if let Some(((TokenKind::Word, "with"), rest)) = rest.split_first() {
                    self.dot = self.declare(rest, false);
                }
            }
            Some(((TokenKind::Word, "end"), _)) => {
                if let Some(block) = self.blocks.pop() {
                    self.variables.truncate(block.variables);
                    (self.dot, self.root) = (block.dot, block.root);
                }
            }
            Some(((TokenKind::Word, word @ ("if" | "with" | "range" | "define" | "block")), rest)) => {
                let variables = self.variables.len();
                self.blocks.push(Block { dot: self.dot.clone(), root: self.root.clone(), variables });
                match *word {
                    "if" => drop(self.declare(rest, false)),
                    "with" => self.dot = self.declare(rest, false),
                    "range" => self.dot = self.declare(rest, true),
                    _ => (self.dot, self.root) = (Vec::new(), Vec::new()),
                }
            }
            Some(((TokenKind::Field, _), _)) => drop(self.declare(&all, false)),
            _ => {}
        }
    }

    /// What a pipeline gives, which may be given to variables in front of it. With `each`, they get its entries.
    fn declare(&mut self, tokens: &[GoToken<'t>], each: bool) -> Vec<Origin> {
        let (names, pipeline, new) = match tokens {
            [(TokenKind::Field, name), (TokenKind::Declare, _), rest @ ..] => (vec![*name], rest, true),
            [(TokenKind::Field, name), (TokenKind::Assign, _), rest @ ..] => (vec![*name], rest, false),
            [
                (TokenKind::Field, key),
                (TokenKind::Comma, _),
                (TokenKind::Field, name),
                (TokenKind::Declare, _),
                rest @ ..,
            ] => (vec![*key, *name], rest, true),
            _ => (Vec::new(), tokens, true),
        };
        let mut values = self.evaluate(pipeline);
        if each {
            values = values.iter().filter_map(|value| value.below(&[EACH])).collect();
        }
        for (at, name) in names.iter().enumerate() {
            // The first of two is the key or the index.
            let given = if at + 1 == names.len() { values.clone() } else { Vec::new() };
            let known = self.variables.iter().rposition(|(known, _)| known == name).filter(|_| !new);
            if let Some(at) = known {
                // In one branch or another: it may be either.
                given.into_iter().for_each(|value| add(&mut self.variables[at].1, value));
            } else if self.variables.len() < VARIABLES {
                self.variables.push((name, given));
            }
        }
        values
    }

    fn evaluate(&self, tokens: &[GoToken<'_>]) -> Vec<Origin> {
        let mut reader = ValueReader { scope: self, tokens, at: 0 };
        let found = reader.pipeline(0);
        if reader.at < tokens.len() { Vec::new() } else { found }
    }

    fn field(&self, field: &str) -> Vec<Origin> {
        let (name, steps) = field.split_once('.').unwrap_or((field, ""));
        let base = match name {
            "" => &self.dot,
            "$" => &self.root,
            _ => match self.variables.iter().rev().find(|(known, _)| *known == name) {
                Some((_, values)) => values,
                None => return Vec::new(),
            },
        };
        let steps: Vec<&str> = steps.split('.').filter(|step| !step.is_empty()).collect();
        base.iter().filter_map(|origin| origin.below(&steps)).collect()
    }
}

impl Origin {
    /// What is below it.
    fn below(&self, steps: &[&str]) -> Option<Self> {
        if steps.is_empty() {
            return Some(self.clone());
        }
        let changed = self.coding != Coding::None || self.form != Form::Whole;
        if changed || self.path.len() + steps.len() > STEPS {
            return None;
        }
        let steps = if self.root { steps.strip_prefix(&["Values"])? } else { steps };
        let path = self.path.iter().cloned().chain(steps.iter().map(|step| Box::from(*step))).collect();
        Some(Self { path, ..Self::default() })
    }
}

fn add(values: &mut Vec<Origin>, value: Origin) {
    if values.len() < MOST && !values.contains(&value) {
        values.push(value);
    }
}

/// An argument of a function.
enum Operand<'t> {
    Word(&'t str),
    Text(&'t str),
    Values(Vec<Origin>),
}

impl Operand<'_> {
    fn values(&self) -> &[Origin] {
        match self {
            Self::Values(values) => values,
            _ => &[],
        }
    }
}

struct ValueReader<'r, 't> {
    scope: &'r TemplateScope<'t>,
    tokens: &'r [GoToken<'r>],
    at: usize,
}

impl<'r> ValueReader<'r, '_> {
    /// Reads up to a closing parenthesis, which stays.
    fn pipeline(&mut self, depth: usize) -> Vec<Origin> {
        let mut carried = None;
        loop {
            let operands = self.operands(depth);
            carried = Some(command(&operands, carried.as_deref()));
            if self.tokens.get(self.at).is_none_or(|(kind, _)| *kind != TokenKind::Pipe) {
                return carried.unwrap_or_default();
            }
            self.at += 1;
        }
    }

    fn operands(&mut self, depth: usize) -> Vec<Operand<'r>> {
        let mut found = Vec::new();
        while let Some(token) = self.tokens.get(self.at) {
            let operand = match *token {
                (TokenKind::Pipe | TokenKind::Close, _) => break,
                (TokenKind::Word, word) if found.is_empty() => Operand::Word(word),
                (TokenKind::Text, text) => Operand::Text(text),
                (TokenKind::Field, field) => Operand::Values(self.scope.field(field)),
                (TokenKind::Open(_), _) if depth < DEPTH => {
                    self.at += 1;
                    Operand::Values(self.pipeline(depth + 1))
                }
                _ => Operand::Values(Vec::new()),
            };
            found.push(operand);
            self.at += 1;
        }
        found
    }
}

/// What a command gives, of its name and arguments and what is piped into it.
fn command(operands: &[Operand<'_>], piped: Option<&[Origin]>) -> Vec<Origin> {
    let (name, arguments) = match operands {
        [Operand::Word(name), arguments @ ..] => (*name, arguments),
        [Operand::Values(values)] if piped.is_none() => return values.clone(),
        _ => return Vec::new(),
    };
    let from = |first: usize| {
        let mut found = Vec::new();
        let given = arguments.iter().skip(first).flat_map(Operand::values).chain(piped.unwrap_or_default());
        given.for_each(|value| add(&mut found, value.clone()));
        found
    };
    let marked = |mut values: Vec<Origin>, mark: fn(&mut Origin)| {
        values.iter_mut().for_each(mark);
        values
    };
    // `a.quote` is a field of `a`, not the function.
    let passage = if name.contains('.') { Passage::Lost } else { Function::of_name(name).passage };
    let alone = arguments.len() + usize::from(piped.is_some()) < 2;
    match passage {
        Passage::Same => from(0),
        Passage::Joined if alone => from(0),
        Passage::Joined => marked(from(0), |value| value.form = Form::Part),
        Passage::Dumped => marked(from(0), |value| value.form = Form::Dumped),
        Passage::Encoded => marked(from(0), |value| value.coding = Coding::Encoded),
        Passage::Decoded => marked(from(0), |value| value.coding = Coding::Decoded),
        Passage::SameButFirst => from(1),
        Passage::Formatted => match arguments.first() {
            Some(Operand::Text("%s" | "%v" | "%q")) => from(1),
            _ => marked(from(1), |value| value.form = Form::Part),
        },
        Passage::Template if arguments.len() == 2 => arguments[0].values().to_vec(),
        Passage::Choice if arguments.len() >= 2 => arguments[..2].iter().flat_map(Operand::values).cloned().collect(),
        Passage::Lookup if piped.is_none() => {
            let keys = arguments.iter().skip(1).map(|key| match key {
                Operand::Text(key) => Some(*key),
                _ => None,
            });
            let Some(keys) = keys.collect::<Option<Vec<&str>>>() else { return Vec::new() };
            let of = arguments.first().map(Operand::values).unwrap_or_default();
            of.iter().filter_map(|value| value.below(&keys)).collect()
        }
        Passage::Template | Passage::Choice | Passage::Lookup | Passage::Lost => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::template::blank;

    /// The paths that each action of a template writes, with what is done to them.
    fn of(text: &str) -> Vec<String> {
        let actions = blank(text).map(|templated| templated.actions).unwrap_or_default();
        let name = |value: &Origin| {
            let coding = match value.coding {
                Coding::None => "",
                Coding::Encoded => "+enc",
                Coding::Decoded => "+dec",
            };
            let form = match value.form {
                Form::Whole => "",
                Form::Part => "+part",
                Form::Dumped => "+yaml",
            };
            format!("{}{coding}{form}", value.path.join("."))
        };
        written(text, &actions).iter().map(|it| it.values.iter().map(name).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn values_are_followed_through_pipelines() {
        for (body, wanted) in [
            (".Values.auth.password", "auth.password"),
            ("$.Values.auth.password | quote", "auth.password"),
            (".Values.a | b64enc | quote", "a+enc"),
            ("b64enc .Values.a", "a+enc"),
            ("required \"say it\" .Values.a | b64enc", "a+enc"),
            ("default \"x\" .Values.a", "a"),
            (".Values.a | default (randAlphaNum 10) | b64enc", "a+enc"),
            ("(default .Values.b .Values.a) | quote", "b a"),
            ("printf \"%s\" .Values.a", "a"),
            ("printf \"%s:%s\" .Values.a .Values.b | b64enc", "a+enc+part b+enc+part"),
            ("tpl .Values.a $ | b64enc", "a+enc"),
            ("tpl (toYaml .Values.a) . | nindent 2", "a+yaml"),
            ("index .Values \"a-b\" \"c\" | b64enc", "a-b.c+enc"),
            ("index .Values.a \"tls.key\"", "a.tls.key"),
            ("ternary .Values.a .Values.b .Values.c", "a b"),
            (".Values.a | b64dec", "a+dec"),
        ] {
            assert_eq!(of(&format!("x: {{{{- {body} -}}}}")), [wanted], "{body}");
        }
    }

    #[test]
    fn what_ends_a_trail_gives_nothing() {
        for body in [
            "include \"x\" .",
            "include \"x\" (dict \"value\" .Values.a)",
            ".Values",
            ".Release.Name",
            "$",
            "randAlphaNum 10",
            "sha256sum .Values.a",
            ".Values.a | htpasswd .Values.b",
            "(lookup \"v1\" \"Secret\" .Release.Namespace .Values.a).data",
            "index .Values .Values.a",
            ".Files.Get .Values.a | b64enc",
            "eq .Values.a \"b\"",
            "len .Values.a",
            "$unknown.a",
            "Values.a",
            // A field of a function is not its argument, and Go refuses the rest.
            "b64enc.Values.a",
            "x.quote .Values.a",
            ".Values.a-b",
            ".Values.a$b",
            ".Values.a || \"b\"",
            "quote 'b",
        ] {
            assert_eq!(of(&format!("x: {{{{ {body} }}}}")), [""; 0], "{body}");
        }
        assert!(of("x: ${{ .Values.a }} y: {% .Values.a %}").is_empty());
    }

    #[test]
    fn blocks_move_the_dot() {
        let text = "{{ with .Values.auth }}{{ .pw }}{{ $.Values.x }}{{ else }}{{ .Values.y }}{{ end }}{{ .Values.z }}";
        assert_eq!(of(text), ["auth.pw", "x", "y", "z"]);
        let text = "{{ range $k, $v := .Values.data }}{{ $k }}{{ $v | b64enc }}{{ . }}{{ end }}{{ $v }}{{ .Values.z }}";
        assert_eq!(of(text), ["data.*+enc", "data.*", "z"]);
        let text = "{{ range .Values.users }}{{ .token }}{{ if .x }}{{ .y }}{{ end }}{{ end }}";
        assert_eq!(of(text), ["users.*.token", "users.*.y"]);
        assert_eq!(of("{{ with .Values.a | quote }}{{ . }}{{ .b }}{{ end }}"), ["a", "a.b"]);
        assert_eq!(of("{{ with include \"x\" . }}{{ . }}{{ .Values.a }}{{ end }}{{ .Values.b }}"), ["b"]);
    }

    #[test]
    fn variables_keep_what_they_were_given() {
        let text = "{{- $pw := \"\" }}{{ if .Values.pw }}{{ $pw = .Values.pw | b64enc }}{{ end }}{{ $pw }}";
        assert_eq!(of(text), ["pw+enc"]);
        assert_eq!(of("{{ $a := .Values.a }}{{ $a.b }}{{ $a.c.d | quote }}"), ["a.b", "a.c.d"]);
        assert_eq!(of("{{ if .x }}{{ $a := .Values.a }}{{ end }}{{ $a }}"), [""; 0]);
    }

    #[test]
    fn named_templates_know_their_callers_data_only() {
        let text = "{{ define \"x\" }}{{ .Values.a }}{{ $.Values.a }}{{ end }}{{ .Values.b }}";
        assert_eq!(of(text), ["b"]);
    }

    #[test]
    fn hostile_texts_end() {
        of(&"{{ with .a }}".repeat(20_000));
        of(&"{{ range .Values.a }}{{ . }}".repeat(5_000));
        of(&format!("{{{{ {} }}}}", "(".repeat(50_000)));
        of(&"{{ end }}{{ else }}{{ $a = .Values.a }}".repeat(10_000));
        of(&"{{ $a := .Values.a }}{{ $a }}".repeat(3_000));
    }
}
