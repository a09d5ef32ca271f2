//! Texts with several documents: which objects they contain, and the text after some of them were replaced.

use super::patch::Item;
use crate::document::yaml::{self, Node, Tree};
use crate::finding::edit::{self, Edit};
use crate::mask::masked;
use crate::span::{LineIndex, Position, Span};

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

/// One document of a stream. The copy of the text that its tree holds is wiped with it.
pub struct Document {
    /// Bytes of the stream's text.
    pub span: Span,
    tree: Option<Tree>,
}

impl Document {
    /// The parsed document.
    #[must_use]
    pub fn root(&self) -> Option<Node<'_>> {
        self.tree.as_ref()?.root()
    }

    /// The objects that could be Secrets: the document itself, or the items of a `List`.
    #[must_use]
    pub fn objects(&self) -> Vec<(Item, Node<'_>)> {
        let Some(root) = self.root() else { return Vec::new() };
        let kind = root.get("kind").and_then(Node::as_str).unwrap_or_default();
        match root.get("items") {
            Some(items) if kind.ends_with("List") && items.is_sequence() => {
                items.items().enumerate().map(|(index, item)| (Some(index), item)).collect()
            }
            _ => vec![(None, root)],
        }
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        if let Some(tree) = self.tree.take() {
            tree.wipe();
        }
    }
}

/// A text and its documents.
pub struct Stream<'t> {
    /// The text.
    pub text: &'t str,
    /// How it is written.
    pub format: Format,
    /// In order; comments alone are not a document.
    pub documents: Vec<Document>,
}

/// A document that does not parse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid {}: {message}", match .format { Format::Yaml => "YAML", Format::Json => "JSON" })]
pub struct Unreadable {
    pub at: Position,
    /// The parser's message; never text of the document.
    pub message: String,
    pub format: Format,
}

impl<'t> Stream<'t> {
    /// Reads `text`: YAML documents, or JSON ones one after the other.
    ///
    /// # Errors
    /// Where one of them does not parse.
    pub fn read(text: &'t str) -> Result<Self, Unreadable> {
        let json = json_documents(text);
        let format = if json.is_some() { Format::Json } else { Format::Yaml };
        let mut documents = Vec::new();
        for span in json.unwrap_or_else(|| yaml::documents(text)) {
            let fault = |error: yaml::SyntaxError| Unreadable {
                at: LineIndex::new(text).position(text, span.start + error.offset),
                message: error.message,
                format,
            };
            let tree = yaml::parse(span.slice(text)).map_err(fault)?;
            documents.push(Document { span, tree: Some(tree) });
        }
        Ok(Self { text, format, documents })
    }

    /// The place of a span of a document, for people.
    #[must_use]
    pub fn position(&self, document: &Document, span: Span) -> Position {
        LineIndex::new(self.text).position(self.text, document.span.start + span.start)
    }

    /// The text after `edits`, whose spans are those of the document that they come with.
    pub(super) fn edited(&self, edits: impl IntoIterator<Item = (usize, Edit)>) -> Result<String, edit::Overlap> {
        let outer = |(index, edit): (usize, Edit)| {
            let start = self.documents.get(index).map_or(0, |document| document.span.start);
            Edit::replace(edit.span.shift(start), edit.text)
        };
        edit::apply(self.text, &edits.into_iter().map(outer).collect::<Vec<_>>())
    }
}

/// What an object is called in messages: `Deployment web`. Never a value.
pub(crate) fn title(node: Node<'_>) -> String {
    let text = |path: &[&str]| node.at(path).and_then(Node::as_str).map(|text| masked(text).into_owned());
    let kind = text(&["kind"]).unwrap_or_else(|| "document without a kind".to_owned());
    match (text(&["metadata", "namespace"]), text(&["metadata", "name"])) {
        (Some(namespace), Some(name)) => format!("{kind} {namespace}/{name}"),
        (None, Some(name)) => format!("{kind} {name}"),
        _ => kind,
    }
}

/// The documents of a text of JSON; none where it is something else.
fn json_documents(text: &str) -> Option<Vec<Span>> {
    if !text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) {
        return None;
    }
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut documents = serde_json::Deserializer::from_str(&text[start..]).into_iter::<serde::de::IgnoredAny>();
    let mut found = Vec::new();
    let mut from = start;
    while let Some(next) = documents.next() {
        next.ok()?;
        let end = start + documents.byte_offset();
        found.push(Span::new(from, end));
        from = end;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(text: &str) -> Vec<String> {
        let stream = Stream::read(text).expect("it reads");
        let objects = stream
            .documents
            .iter()
            .flat_map(|document| document.objects().into_iter().map(|(_, node)| title(node)).collect::<Vec<_>>());
        objects.collect()
    }

    #[test]
    fn documents_and_items_are_found() {
        let yaml =
            "# c\n---\nkind: A\nmetadata: {name: x}\n---\n# none\n---\nkind: List\nitems:\n- kind: B\n- {kind: C}\n";
        assert_eq!(titles(yaml), ["A x", "B", "C"]);
        assert_eq!(
            titles("{\"kind\": \"A\"}\n{\"kind\":\"B\",\"metadata\":{\"name\":\"x\",\"namespace\":\"y\"}}"),
            ["A", "B y/x"]
        );
        assert_eq!(titles("\u{feff}{\"kind\": \"A\"}"), ["A"]);
        assert_eq!(titles("{kind: A}"), ["A"]);
        assert!(titles("").is_empty() && titles("# only\n").is_empty());
    }

    #[test]
    fn a_fault_names_its_place() {
        let fault = Stream::read("a: 1\n---\nb: [\n").err().expect("it does not read");
        assert!(fault.at.line >= 3 && fault.format == Format::Yaml);
    }
}
