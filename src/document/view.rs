//! One source as checks see it: its text, every YAML or JSON document in it (also those embedded in other texts), the
//! Kubernetes objects of these, and what could not be read.

use std::borrow::Cow;

use super::fragment::{self, Fragment, Host, Lang};
use super::lines::{self, Recovered};
use super::object::{Object, objects};
use super::offset::OffsetMap;
use super::scalar::{scalar_fragment, scalar_text};
use super::template::{self, Action};
use super::yaml::{self, Node, Style, Tree};
use super::{markdown, notebook, shell};
use crate::span::Span;

/// Deepest embedding of documents in strings of documents.
const MAX_EMBEDDING: usize = 4;

/// Least length of a string that can hold a command which gives away a secret.
const SCRIPT: usize = 24;

/// Template actions of a source, sorted, in bytes of the source's text; shared by all its documents.
type Actions = std::sync::Arc<[Action]>;

fn none() -> Actions {
    Actions::default()
}

/// One parsed document and where it stands in the source.
#[derive(Debug)]
pub struct Unit {
    tree: Tree,
    map: OffsetMap,
    host: Host,
    lang: Lang,
    /// Template actions of the source, sorted, in bytes of the source.
    actions: Actions,
}

impl Unit {
    /// The parsed document.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// What the document stands in.
    #[must_use]
    pub fn host(&self) -> Host {
        self.host
    }

    /// How the text around the document is written.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// A span of the document as bytes of the source's text.
    #[must_use]
    pub fn outer(&self, span: Span) -> Span {
        self.map.outer(span)
    }

    /// The rest of the line from `start`, both in bytes of the document.
    #[must_use]
    pub(crate) fn rest_of_line(&self, start: usize) -> Span {
        let rest = self.tree.text().get(start..).unwrap_or_default();
        Span::new(start, start + rest.find(['\n', '\r']).unwrap_or(rest.len()))
    }

    /// Template actions that meet a span of the document.
    pub fn actions(&self, span: Span) -> impl Iterator<Item = &Action> {
        let outer = self.outer(span);
        let first = self.actions.partition_point(|action| action.span.end <= outer.start);
        self.actions[first..].iter().take_while(move |action| action.span.start < outer.end)
    }

    /// All template actions of the source, in their order.
    #[must_use]
    pub fn all_actions(&self) -> &[Action] {
        &self.actions
    }

    /// The documents in a string of the document, whatever they hold; none where one of them is no YAML.
    ///
    /// Checks find objects in strings by themselves. This is for strings that a program reads as documents because of
    /// where they stand, such as the patches of a kustomization, which need not look like objects.
    #[must_use]
    pub fn documents_in(&self, node: Node<'_>) -> Option<Vec<Self>> {
        let style = node.style()?;
        let node = node.resolve();
        let quotes = usize::from(matches!(style, Style::Single | Style::Double));
        let whole = Span::new(node.span().start.saturating_sub(quotes), node.span().end + quotes);
        let (text, map) = scalar_text(node.tree().text(), whole, style)?;
        let mut found = Vec::new();
        for span in indented_documents(&text) {
            let tree = yaml::parse(span.slice(&text)).ok()?;
            let map = OffsetMap::linear(span.start).then(&map).then(&self.map);
            let actions = self.actions.clone();
            found.push(Self { tree, map, host: Host::BlockString, lang: self.lang, actions });
        }
        Some(found)
    }

    /// Whether a template action meets a span of the document.
    #[must_use]
    pub fn is_templated(&self, span: Span) -> bool {
        self.actions(span).next().is_some()
    }
}

/// A document that could not be parsed.
#[derive(Debug)]
pub struct Fault {
    /// Where the parser stopped, bytes of the source's text.
    pub offset: usize,
    /// What it says; never text of the document.
    pub message: String,
    /// Whether the document looks like Kubernetes objects.
    pub kubernetes: bool,
    /// Whether the line reader made enough of it.
    pub recovered: bool,
}

/// What a source holds, parsed.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Parsed documents: those of the source first, then embedded ones.
    pub units: Vec<Unit>,
    /// Documents that did not parse.
    pub faults: Vec<Fault>,
    /// What the line reader made of these, spans in bytes of the source's text.
    pub recovered: Vec<Recovered>,
    /// Texts whose characters differ from the source's (notebook cells, escaped strings): to be searched on their own.
    pub rewritten: Vec<(String, OffsetMap, Lang)>,
    /// Stretches of the source in another language than the source itself, sorted.
    pub stretches: Vec<(Span, Lang)>,
    /// `kubectl create secret` commands, spans in bytes of the source's text.
    pub create_secrets: Vec<shell::CreateSecret>,
    /// Commands that put a secret into a store, spans in bytes of the source's text.
    pub store_secrets: Vec<shell::StoreSecret>,
    /// CustomResourceDefinitions, which are left unparsed, in bytes of the source's text.
    pub definitions_of_kinds: Vec<Span>,
}

/// A source with everything that checks ask for.
pub struct View<'a> {
    /// Report path.
    pub path: &'a str,
    /// Decoded text.
    pub text: &'a str,
    /// Language of the source itself.
    pub lang: Lang,
    /// What was parsed.
    pub parsed: &'a Parsed,
    /// All Kubernetes objects.
    pub objects: Vec<Object<'a>>,
}

impl<'a> View<'a> {
    /// Looks at a parsed source.
    #[must_use]
    pub fn new(path: &'a str, text: &'a str, lang: Lang, parsed: &'a Parsed) -> Self {
        let objects = parsed.units.iter().flat_map(objects).collect();
        Self { path, text, lang, parsed, objects }
    }

    /// The innermost language at a byte of the text.
    #[must_use]
    pub fn lang_at(&self, offset: usize) -> Lang {
        lang_at(&self.parsed.stretches, offset).unwrap_or(self.lang)
    }
}

/// The language of the innermost stretch that holds `offset`.
#[must_use]
pub(crate) fn lang_at(stretches: &[(Span, Lang)], offset: usize) -> Option<Lang> {
    let after = stretches.partition_point(|(span, _)| span.start <= offset);
    stretches[..after].iter().rev().take(8).find(|(span, _)| offset < span.end).map(|&(_, lang)| lang)
}

/// Parses what in `text` is worth parsing.
#[must_use]
pub fn parse(path: &str, text: &str, lang: Lang) -> Parsed {
    let mut parser = Parser { path, parsed: Parsed::default() };
    parser.fragment(
        &Fragment { text: Cow::Borrowed(text), map: OffsetMap::linear(0), lang, host: Host::File },
        &none(),
        0,
    );
    parser.parsed.stretches.sort_unstable_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    parser.parsed
}

struct Parser<'p> {
    path: &'p str,
    parsed: Parsed,
}

impl Parser<'_> {
    /// `around` are the actions of the template that the fragment stands in, which are blank in its text.
    fn fragment(&mut self, fragment: &Fragment<'_>, around: &Actions, depth: usize) {
        if depth > MAX_EMBEDDING {
            return;
        }
        match fragment.lang {
            Lang::Yaml => self.yaml(fragment, around, depth),
            Lang::Json => self.json(fragment, fragment.text.as_ref(), 0, around, depth),
            Lang::JsonLines => {
                let mut start = 0;
                for line in fragment.text.split_inclusive('\n') {
                    self.json(fragment, line, start, around, depth);
                    start += line.len();
                }
            }
            Lang::Markdown => {
                let fences = markdown::fragments(&fragment.text);
                self.embedded(fragment, fences, depth);
            }
            Lang::Notebook => {
                let cells = notebook::read(&fragment.text).fragments;
                self.embedded(fragment, cells, depth);
            }
            Lang::Shell => {
                let documents = shell::fragments(&fragment.text);
                self.embedded(fragment, documents, depth);
                self.commands(fragment);
            }
            Lang::Dockerfile => self.commands(fragment),
            Lang::Groovy => {
                for span in shell::groovy_scripts(&fragment.text) {
                    let map = OffsetMap::linear(span.start).then(&fragment.map);
                    self.script(span.slice(&fragment.text), &map, &[]);
                }
            }
            _ => {}
        }
    }

    fn embedded(&mut self, host: &Fragment<'_>, inner: Vec<Fragment<'_>>, depth: usize) {
        for fragment in inner {
            let rewritten = matches!(fragment.host, Host::Cell(_) | Host::Output(_));
            let map = fragment.map.then(&host.map);
            let whole = map.outer(Span::new(0, fragment.text.len()));
            if rewritten {
                self.parsed.rewritten.push((fragment.text.to_string(), map.clone(), fragment.lang));
            } else {
                self.parsed.stretches.push((whole, fragment.lang));
            }
            self.fragment(&Fragment { map, ..fragment }, &none(), depth + 1);
        }
    }

    fn commands(&mut self, fragment: &Fragment<'_>) {
        self.script(&fragment.text, &fragment.map, &[]);
    }

    /// Reads the commands of a script. What one of `actions` writes is no literal.
    fn script(&mut self, text: &str, map: &OffsetMap, actions: &[Action]) {
        let creates = memchr::memmem::find(text.as_bytes(), b"create").is_some();
        let stores = shell::may_store(text);
        if !creates && !stores {
            return;
        }
        let commands = shell::commands(text);
        let outer = |literal: &mut shell::Literal| {
            literal.value = map.outer(literal.value);
            literal.expands |= actions.iter().any(|action| action.span.overlaps(literal.value));
        };
        for command in commands.iter().filter(|_| creates) {
            if let Some(mut found) = shell::create_secret(command) {
                found.literals.iter_mut().for_each(outer);
                found.name_span = map.outer(found.name_span);
                for (_, span) in &mut found.file_keys {
                    *span = map.outer(*span);
                }
                self.parsed.create_secrets.push(found);
            }
        }
        for mut found in shell::stored(text, &commands) {
            found.literals.iter_mut().for_each(outer);
            self.parsed.store_secrets.push(found);
        }
    }

    fn yaml(&mut self, fragment: &Fragment<'_>, around: &Actions, depth: usize) {
        let text = fragment.text.as_ref();
        if is_definition_of_kinds(text) {
            // Templates are looked for in each document by itself, since the definitions are most of such a file.
            for span in yaml::documents(text) {
                if is_definition_of_kinds(span.slice(text)) {
                    self.parsed.definitions_of_kinds.push(fragment.map.outer(span));
                } else {
                    let map = OffsetMap::linear(span.start).then(&fragment.map);
                    let part = Fragment { text: Cow::Borrowed(span.slice(text)), map, ..*fragment };
                    self.documents(&part, around, depth);
                }
            }
        } else {
            self.documents(fragment, around, depth);
        }
    }

    fn documents(&mut self, fragment: &Fragment<'_>, around: &Actions, depth: usize) {
        let text = fragment.text.as_ref();
        let templated = template::blank(text);
        let source = templated.as_ref().map_or(text, |templated| templated.text.as_str());
        let actions: Actions = match &templated {
            Some(templated) => templated.actions.iter().map(|action| outer_action(action, &fragment.map)).collect(),
            None => around.clone(),
        };
        for span in yaml::documents(source) {
            let body = span.slice(source);
            let map = OffsetMap::linear(span.start).then(&fragment.map);
            match yaml::parse(body) {
                Ok(tree) => self.unit(fragment, tree, map, &actions, depth),
                // What a template makes of other formats (configuration files of programs) need not be YAML.
                Err(_) if templated.is_some() && !fragment::looks_like_manifest(body) => {}
                Err(error) => self.fault(fragment, body, &map, !actions.is_empty(), error),
            }
        }
    }

    fn json(&mut self, fragment: &Fragment<'_>, text: &str, start: usize, around: &Actions, depth: usize) {
        // Without the quotes: a string of the document may hold a manifest.
        let kubernetes = memchr::memmem::find(text.as_bytes(), b"kind").is_some()
            && (memchr::memmem::find(text.as_bytes(), b"apiVersion").is_some()
                || memchr::memmem::find(text.as_bytes(), b"\"Secret\"").is_some());
        let sops = memchr::memmem::find(text.as_bytes(), b"\"sops\"").is_some()
            && memchr::memmem::find(text.as_bytes(), b"ENC[").is_some();
        // What kustomize takes for a patch.
        let patch = text.trim_start().starts_with('[')
            && memchr::memmem::find(text.as_bytes(), b"\"op\"").is_some()
            && memchr::memmem::find(text.as_bytes(), b"\"path\"").is_some();
        if !(kubernetes || sops || patch) || is_schema(text) {
            return;
        }
        let map = OffsetMap::linear(start).then(&fragment.map);
        match yaml::parse(text) {
            Ok(tree) => self.unit(fragment, tree, map, around, depth),
            Err(error) => self.fault(fragment, text, &map, !around.is_empty(), error),
        }
    }

    fn unit(&mut self, fragment: &Fragment<'_>, tree: Tree, map: OffsetMap, actions: &Actions, depth: usize) {
        let mut inner = Vec::new();
        let scripts = shell::may_store(tree.text());
        for node in tree.nodes() {
            let (Some(value), Some(style)) = (node.as_str(), node.style()) else { continue };
            if scripts && value.len() >= SCRIPT && !node.is_alias() && shell::may_store(value) {
                let quotes = usize::from(matches!(style, Style::Single | Style::Double));
                let whole = Span::new(node.span().start.saturating_sub(quotes), node.span().end + quotes);
                if let Some((text, inner)) = scalar_text(tree.text(), whole, style) {
                    self.script(&text, &inner.then(&map), actions);
                }
            }
            if node.is_alias() || !(value.contains("kind") && value.contains("apiVersion")) {
                continue;
            }
            let quotes = usize::from(matches!(style, Style::Single | Style::Double));
            let whole = Span::new(node.span().start.saturating_sub(quotes), node.span().end + quotes);
            if let Some(found) = scalar_fragment(tree.text(), whole, style) {
                inner.push((found.text.into_owned(), found.map.then(&map), found.lang));
            }
        }
        self.parsed.units.push(Unit { tree, map, host: fragment.host, lang: fragment.lang, actions: actions.clone() });
        for (text, map, lang) in inner {
            self.fragment(&Fragment { text: Cow::Owned(text), map, lang, host: Host::BlockString }, actions, depth + 1);
        }
    }

    fn fault(
        &mut self,
        fragment: &Fragment<'_>,
        body: &str,
        map: &OffsetMap,
        templated: bool,
        error: yaml::SyntaxError,
    ) {
        let kubernetes = has_line(body, "apiVersion:") && has_line(body, "kind:")
            || body.contains("\"apiVersion\"") && body.contains("\"kind\"");
        let mut recovered = lines::recover(body);
        recovered.retain(|object| object.kind.is_some());
        let whole = matches!(fragment.host, Host::File);
        // Lines never tell all, so the fault is told even where they told something; but in a template, where it is the
        // blanking that does not make YAML of it, they are the best reading there is.
        let found = templated && !recovered.is_empty();
        for mut object in recovered {
            shift(&mut object, map);
            self.parsed.recovered.push(object);
        }
        let named = self.path.ends_with(".yaml") || self.path.ends_with(".yml") || kubernetes;
        if whole && named {
            let offset = map.outer(Span::new(error.offset, error.offset)).start;
            self.parsed.faults.push(Fault { offset, message: error.message, kubernetes, recovered: found });
        }
    }
}

/// The documents of a text whose lines are all indented alike: separators stand at that indentation.
fn indented_documents(text: &str) -> Vec<Span> {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let indentation = first.len() - first.trim_start_matches(' ').len();
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let marker = line.get(indentation..).and_then(|rest| rest.strip_prefix("---"));
        if marker.is_some_and(|rest| rest.trim().is_empty() || rest.trim_start().starts_with('#')) {
            found.push(Span::new(start, at));
            start = at + line.len();
        }
        at += line.len();
    }
    found.push(Span::new(start, at));
    found
}

/// Moves the spans of a recovered object to the source's text.
fn shift(object: &mut Recovered, map: &OffsetMap) {
    let named = [&mut object.kind, &mut object.api_version, &mut object.name, &mut object.namespace];
    for (_, span) in named.into_iter().flatten() {
        *span = map.outer(*span);
    }
    for entry in &mut object.entries {
        entry.key_span = map.outer(entry.key_span);
        entry.value_span = map.outer(entry.value_span);
    }
}

fn outer_action(action: &Action, map: &OffsetMap) -> Action {
    Action {
        span: map.outer(action.span),
        literals: action.literals.iter().map(|&span| map.outer(span)).collect(),
        kind: action.kind,
    }
}

fn has_line(text: &str, head: &str) -> bool {
    text.lines().any(|line| line.trim_start_matches([' ', '-', '"']).starts_with(head))
}

/// A CustomResourceDefinition holds schemas and no values; these are most of the bytes of many repositories.
fn is_definition_of_kinds(body: &str) -> bool {
    memchr::memmem::find(body.as_bytes(), b"\nkind: CustomResourceDefinition").is_some()
        || body.starts_with("kind: CustomResourceDefinition")
}

/// OpenAPI and JSON Schema documents describe objects.
fn is_schema(text: &str) -> bool {
    let mut head = text.len().min(512);
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    let head = &text[..head];
    head.contains("\"swagger\"") || head.contains("\"openapi\"") || head.contains("\"$schema\"")
}
