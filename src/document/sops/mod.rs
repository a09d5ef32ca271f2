//! Files that SOPS encrypts, in each of its formats: their metadata, their leaves, and what it makes of their names.
//!
//! Facts are those of SOPS 3.13 (`stores/`, `sops.go`, `config/config.go`), and `tests/it/interop` compares with it.

use std::collections::BTreeSet;

use super::fragment::{Host, Lang};
use super::object::push_key;
use super::view::{Unit, View};
use super::yaml::{self, Node, Tree};
use crate::span::{LineIndex, Span};

pub(crate) mod config;
mod flat;
pub(crate) mod metadata;
pub(crate) mod name;
pub(crate) mod plain;
pub(crate) mod selector;
mod value;

use metadata::MetadataEntry;
pub(crate) use metadata::{Group, Metadata, Recipient};
pub(crate) use selector::Selector;
use selector::{Matcher, any};
pub(crate) use value::Value;

/// A file with SOPS's metadata.
pub(crate) struct File {
    /// Of the first document that has some.
    pub metadata: Metadata,
    /// Number of that document.
    pub first: usize,
    /// Its documents, in order; one in every format but YAML.
    pub documents: Vec<Document>,
    /// What SOPS encrypts or leaves, in order.
    pub leaves: Vec<Leaf>,
    /// Where SOPS stops reading, with what is wrong.
    pub refused: Vec<(Span, &'static str)>,
}

/// A document of a file.
pub(crate) struct Document {
    /// Whether it has metadata of its own.
    pub sealed: bool,
    /// `kind`, where it is a Kubernetes object.
    pub kind: Option<String>,
    /// What its leaves are encrypted by; none where SOPS refuses it.
    pub selector: Option<Selector>,
}

/// A scalar.
pub(crate) struct Leaf {
    /// Number of its document.
    pub document: usize,
    /// Its path as SOPS knows it, without indexes of lists: a value decrypts nowhere else.
    pub keys: Vec<Box<str>>,
    /// Its path in words.
    pub place: String,
    /// Of the value, bytes of the source's text.
    pub span: Span,
    /// What it holds.
    pub value: Value,
    /// Whether it must be encrypted; none where that is not certain.
    pub must: Option<bool>,
}

impl Leaf {
    /// Its key.
    pub(crate) fn key(&self) -> &str {
        self.keys.last().map_or("", |key| key)
    }
}

/// Reads a file; none where it has no metadata of SOPS.
pub(crate) fn read(view: &View<'_>) -> Option<File> {
    match view.lang {
        Lang::Dotenv => of_lines(view.text, false),
        Lang::Ini => of_lines(view.text, true),
        // JSON that may be of SOPS is parsed already.
        Lang::Yaml | Lang::Json => of_units(view),
        Lang::Markdown | Lang::Notebook | Lang::JsonLines => None,
        _ => of_json(view.text),
    }
}

/// What a document is read with.
struct Source<'s> {
    tree: &'s Tree,
    unit: Option<&'s Unit>,
}

impl Source<'_> {
    fn outer(&self, span: Span) -> Span {
        self.unit.map_or(span, |unit| unit.outer(span))
    }

    fn is_templated(&self, span: Span) -> bool {
        self.unit.is_some_and(|unit| unit.is_templated(span))
    }

    fn metadata(&self) -> Option<Metadata> {
        let (key, node) = self.tree.root()?.entries().find(|(key, _)| key.as_str() == Some("sops"))?;
        if !node.is_mapping() {
            return None;
        }
        let mut entries = Vec::new();
        metadata::flatten(node, "", &mut entries);
        entries.iter_mut().for_each(|entry: &mut MetadataEntry<'_>| entry.span = self.outer(entry.span));
        Metadata::read(&entries, self.outer(key.span()))
    }
}

fn of_units(view: &View<'_>) -> Option<File> {
    let units = view.parsed.units.iter().filter(|unit| unit.host() == Host::File);
    let has_key = |unit: &Unit| {
        let mut entries = unit.tree().root().into_iter().flat_map(Node::entries);
        entries.any(|(key, _)| key.as_str() == Some("sops"))
    };
    if !units.clone().any(has_key) {
        return None;
    }
    let sources: Vec<Source<'_>> = units.map(|unit| Source { tree: unit.tree(), unit: Some(unit) }).collect();
    of_trees(&sources)
}

/// JSON under another name: what SOPS makes of any other file.
fn of_json(text: &str) -> Option<File> {
    let has = |word: &[u8]| memchr::memmem::find(text.as_bytes(), word).is_some();
    if !text.trim_start().starts_with('{') || !has(b"\"sops\"") || !has(b"\"lastmodified\"") && !has(b"\"mac\"") {
        return None;
    }
    let tree = yaml::parse(text).ok()?;
    of_trees(&[Source { tree: &tree, unit: None }])
}

fn of_trees(sources: &[Source<'_>]) -> Option<File> {
    let mut all: Vec<Option<Metadata>> = sources.iter().map(Source::metadata).collect();
    let first = all.iter().position(Option::is_some)?;
    let shared = all[first].as_ref().and_then(Metadata::selector);
    let (mut leaves, mut refused, mut documents) = (Vec::new(), Vec::new(), Vec::new());
    for (number, source) in sources.iter().enumerate() {
        let selector = match &all[number] {
            Some(own) => own.selector(),
            None => shared.clone(),
        };
        let root = source.tree.root();
        if let Some(root) = root {
            let matcher = selector.as_ref().map(Selector::matcher);
            // JSON is read without that.
            let unique = number == 0 && first == 0 && source.unit.is_some_and(|unit| unit.lang() == Lang::Yaml);
            let mut walk = Walk::new(source, number, matcher.as_ref(), unique);
            walk.document(root);
            leaves.append(&mut walk.leaves);
            refused.append(&mut walk.refused);
        }
        let kind = root.filter(|root| root.get("apiVersion").is_some());
        let kind = kind.and_then(|root| root.get("kind")?.as_str()).map(str::to_owned);
        documents.push(Document { sealed: all[number].is_some(), kind, selector });
    }
    let metadata = all.swap_remove(first)?;
    Some(File { metadata, first, documents, leaves, refused })
}

/// Collects the leaves of a document.
struct Walk<'a> {
    source: &'a Source<'a>,
    number: usize,
    matcher: Option<&'a Matcher>,
    comments: Option<Comments>,
    /// Whether SOPS refuses keys that a mapping contains twice, which it looks for in the first document.
    unique: bool,
    keys: Vec<Box<str>>,
    place: String,
    leaves: Vec<Leaf>,
    refused: Vec<(Span, &'static str)>,
}

impl<'a> Walk<'a> {
    fn new(source: &'a Source<'a>, number: usize, matcher: Option<&'a Matcher>, unique: bool) -> Self {
        let comments = matcher.filter(|matcher| matcher.is_of_comments());
        let comments = comments.map(|matcher| Comments::new(source.tree, matcher));
        let (keys, place, leaves, refused) = Default::default();
        Self { source, number, matcher, comments, unique, keys, place, leaves, refused }
    }

    fn document(&mut self, root: Node<'_>) {
        if let Some((_, metadata)) = root.entries().find(|(key, _)| key.as_str() == Some("sops")) {
            self.check_keys(metadata);
            metadata.entries().for_each(|(_, value)| self.check_keys(value));
        }
        self.below(root, Some(false));
    }

    /// Notes a key that a mapping contains for the second time.
    fn check_keys(&mut self, node: Node<'_>) {
        if !self.unique {
            return;
        }
        let mut keys = BTreeSet::new();
        let repeated = node.entries().find(|(key, _)| key.as_str().is_some_and(|key| key != "<<" && !keys.insert(key)));
        if let Some((key, _)) = repeated {
            self.refused.push((self.source.outer(key.span()), "this key occurs for the second time here"));
        }
    }

    /// `matched` is whether the selector's expression matches a comment about the node; none where that is not certain.
    fn below(&mut self, node: Node<'_>, matched: Option<bool>) {
        // Encrypted files have no aliases: SOPS writes out what they stand for.
        if node.is_alias() {
            return;
        }
        self.check_keys(node);
        let length = self.place.len();
        for (key, value) in node.entries() {
            let Some(name) = key.as_str().filter(|name| !(self.keys.is_empty() && *name == "sops")) else { continue };
            self.keys.push(name.into());
            push_key(&mut self.place, name);
            self.child(key, value, matched);
            self.place.truncate(length);
            self.keys.pop();
        }
        for (index, item) in node.items().enumerate() {
            self.place.extend(["[", &index.to_string(), "]"]);
            self.child(item, item, matched);
            self.place.truncate(length);
        }
    }

    /// A value of a mapping or an item of a list; `head` is the key or the item.
    fn child(&mut self, head: Node<'_>, node: Node<'_>, matched: Option<bool>) {
        let matched = match &self.comments {
            Some(comments) if matched != Some(true) => comments.of(self.source.tree, head.span(), node),
            _ => matched,
        };
        if node.is_mapping() || node.is_sequence() {
            return self.below(node, matched);
        }
        if node.is_alias() {
            return;
        }
        let span = node.span();
        let value = match node.as_str() {
            _ if self.source.is_templated(span) => Value::Unknown,
            Some(text) if !node.is_null() => Value::of(text),
            _ => Value::Empty,
        };
        let must = self.matcher.and_then(|matcher| matcher.must_encrypt(&self.keys, matched));
        let (keys, place, span) = (self.keys.clone(), self.place.clone(), self.source.outer(span));
        self.leaves.push(Leaf { document: self.number, keys, place, span, value, must });
    }
}

/// The comments of a document that a selector asks for.
struct Comments {
    lines: LineIndex,
    /// By line, whether the comment there is one; none where that is not certain. And its column where nothing is before it.
    found: Vec<(usize, Option<bool>, Option<usize>)>,
}

impl Comments {
    fn new(tree: &Tree, matcher: &Matcher) -> Self {
        let text = tree.text();
        let lines = LineIndex::new(text);
        let found = tree.comments().iter().map(|span| {
            let line = lines.line_of(span.start);
            let before = text.get(lines.line_span(text, line).start..span.start).unwrap_or_default();
            let body = span.slice(text).trim_start_matches('#');
            let alone = before.trim().is_empty().then_some(before.len());
            (line, matcher.is_match(body.trim_end()), alone)
        });
        let found = found.collect();
        Self { lines, found }
    }

    /// What they say of what begins at `head`: those on its line and right above count for certain.
    fn of(&self, tree: &Tree, head: Span, node: Node<'_>) -> Option<bool> {
        let text = tree.text();
        let line = self.lines.line_of(head.start.min(text.len()));
        // One on the line of a list's item is of the item's first key; one behind a key is of all below that.
        let below = self.lines.line_of(node.span().start.min(text.len())) > line;
        let inline = below || !(node.is_mapping() || node.is_sequence());
        let before_head = text.get(self.lines.line_span(text, line).start..head.start).unwrap_or_default();
        // One that is indented further belongs to what ends above.
        let level =
            |column: usize| before_head.get(column..).is_some_and(|rest| rest.trim_matches(['-', ' ']).is_empty());
        let after = self.found.partition_point(|(at, ..)| *at <= line);
        let before = &self.found[..after];
        let mut next = line;
        for (at, matched, alone) in before.iter().rev() {
            if *at == line && !inline {
                continue;
            }
            let right_above = alone.is_some_and(level) && at + 1 == next;
            if !(*at == line || right_above) {
                break;
            }
            if *matched == Some(true) {
                return *matched;
            }
            next = *at;
        }
        before.iter().all(|(_, matched, _)| *matched == Some(false)).then_some(false)
    }
}

/// Dotenv and INI: metadata with flattened keys, comments of dotenv in order.
fn of_lines(text: &str, ini: bool) -> Option<File> {
    let marker: &[u8] = if ini { b"[sops]" } else { b"sops_" };
    memchr::memmem::find(text.as_bytes(), marker)?;
    let lines = if ini { flat::ini(text) } else { flat::dotenv(text) };
    let own = |entry: &flat::FlatEntry<'_>| {
        let key = if ini { (entry.section == "sops").then_some(entry.key) } else { entry.key.strip_prefix("sops_") };
        key.map(str::to_owned)
    };
    let mut entries = Vec::new();
    let mut span = None;
    for entry in &lines.entries {
        let Some(key) = own(entry) else { continue };
        span.get_or_insert(entry.key_span);
        entries.push(MetadataEntry { key, text: entry.value, span: entry.span });
    }
    let metadata = Metadata::read(&entries, span?)?;
    let selector = metadata.selector();
    let matcher = selector.as_ref().map(Selector::matcher);
    let mut leaves = Vec::new();
    for entry in lines.entries.iter().filter(|entry| own(entry).is_none()) {
        let mut keys: Vec<Box<str>> = Vec::new();
        let mut place = String::new();
        if ini {
            keys.push(entry.section.into());
            push_key(&mut place, entry.section);
        }
        keys.push(entry.key.into());
        push_key(&mut place, entry.key);
        let must = matcher.as_ref().and_then(|matcher| {
            // SOPS gives the comments of INI to the next key, or the first one.
            let certain = !(ini && matcher.is_of_comments());
            let matched =
                certain.then(|| any(entry.comments.iter().map(|comment| matcher.is_match(comment)))).flatten();
            matcher.must_encrypt(&keys, matched)
        });
        let value = Value::of(entry.value);
        leaves.push(Leaf { document: 0, keys, place, span: entry.span, value, must });
    }
    let documents = vec![Document { sealed: true, kind: None, selector }];
    let refused = lines.refused.into_iter().map(|span| (span, "this line is not a setting"));
    Some(File { metadata, first: 0, documents, leaves, refused: refused.collect() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::view::parse;

    fn of(path: &str, text: &str) -> Option<File> {
        let lang = Lang::of_path(path, text);
        let parsed = parse(path, text, lang);
        read(&View::new(path, text, lang, &parsed))
    }

    #[test]
    fn metadata_are_told_from_settings_of_the_same_name() {
        for (path, text, expected) in [
            ("a.yaml", "sops:\n  enabled: true\n  version: 3.9.4\n", false),
            ("a.yaml", "sops: yes\n", false),
            ("a.yaml", "sops:\n  age: [age1abc]\n  mac: aa\n", false),
            ("a.yaml", "sops:\n  mac: aa\n  lastmodified: x\n", true),
            ("a.yaml", "a: 1\n---\nsops:\n  pgp:\n  - enc: x\n    fp: y\n", true),
            ("a.env", "sops_version=1\nA=1\n", false),
            ("a.env", "sops_age__list_0__map_enc=x\n", true),
            ("a.ini", "[sops]\nmac = ENC[x\n", true),
            ("a.bin", "{\"data\": \"x\", \"sops\": {\"mac\": \"ENC[\", \"lastmodified\": \"x\"}}", true),
            ("a.md", "```yaml\nsops:\n  mac: ENC[x\n```\n", false),
        ] {
            assert_eq!(of(path, text).is_some(), expected, "{path}: {text}");
        }
    }

    #[test]
    fn comments_count_for_what_they_stand_at() {
        let text = "# sops:enc\na: 1\n# other\nb: 2 # sops:enc\nc:\n  # sops:enc\n  d: {e: 3}\n  f: 4\n  # sops:enc\ng: 5\nh:\n# sops:enc\n- i\nsops:\n  mac: ENC[x\n  encrypted_comment_regex: sops:enc\n";
        let file = of("a.yaml", text).expect("metadata");
        let must: Vec<(&str, Option<bool>)> = file.leaves.iter().map(|leaf| (leaf.key(), leaf.must)).collect();
        let (yes, unknown) = (Some(true), None);
        assert_eq!(must, [("a", yes), ("b", yes), ("e", yes), ("f", unknown), ("g", unknown), ("h", yes)]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(sops|\\[sops\\]|sops_|mac|enc|ENC\\[|AES256_GCM,|data:|iv:|tag:|\\]|[=:\n #\"{}'`é-])*", expression in "[\\\\(){}\\[\\]^$.*+?|:<>=!Pa-z0-9,&~é-]*") {
            for path in ["a.yaml", "a.json", "a.env", "a.ini", "a.bin"] {
                let _ = of(path, &text);
                let lang = Lang::of_path(path, &text);
                let parsed = parse(path, &text, lang);
                let _ = plain::first(&View::new(path, &text, lang, &parsed));
            }
            let _ = Value::of(&text);
            let _ = crate::go_regex::GoRegex::new(&expression).is_match(&text);
        }
    }
}
