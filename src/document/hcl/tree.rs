//! Blocks, attributes and values of HCL.

use crate::span::Span;

/// What is between braces, or in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Body {
    /// `key = value`, in order.
    pub attributes: Vec<Attribute>,
    /// `kind "label" { … }`, in order.
    pub blocks: Vec<Block>,
}

/// A key and its value, of a body or an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// The key, without quotes.
    pub key: Span,
    /// Its value.
    pub value: Value,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Its kind: `resource`.
    pub kind: Span,
    /// Its labels, without quotes.
    pub labels: Vec<Span>,
    /// What is in it.
    pub body: Body,
}

/// A value, as far as it is written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A string: what is between its quotes, escapes as written.
    Text(Span),
    /// A string in which something is filled in (`${…}`, `%{…}`).
    Template(Span),
    /// The lines of a here-document, and whether something is filled in.
    Heredoc(Span, bool),
    /// `{ key = value }`.
    Object(Vec<Attribute>),
    /// `[value, …]`.
    List(Vec<Value>),
    /// `name(argument, …)`.
    Call(Span, Vec<Value>),
    /// Anything else: a reference, a number, an operation.
    Other,
}

impl Body {
    /// The value of a key.
    pub(crate) fn get(&self, text: &str, key: &str) -> Option<&Value> {
        find(&self.attributes, text, key)
    }
}

/// What a block, a label, an attribute or a function is called: what may be shown.
pub(crate) fn name(text: &str, span: Span) -> &str {
    span.slice(text)
}

/// The value of a key among attributes.
pub(crate) fn find<'a>(attributes: &'a [Attribute], text: &str, key: &str) -> Option<&'a Value> {
    attributes.iter().find(|attribute| attribute.key.slice(text) == key).map(|attribute| &attribute.value)
}
