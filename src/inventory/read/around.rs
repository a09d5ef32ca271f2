//! An object while its facts are read, for all that read one aspect of it.

use crate::document::object;
use crate::document::yaml::Node;
use crate::inventory::facts::Object;
use crate::inventory::stated::stated;
use crate::inventory::{Place, Places, Stated};
use crate::span::Span;

/// An object while its facts are read.
pub(in crate::inventory) struct Around<'a> {
    /// Of the file, as it is written; a document's own text is blank where a template acts.
    pub(in crate::inventory) text: &'a str,
    /// The object in its document.
    pub(in crate::inventory) source: &'a object::Object<'a>,
    /// What is known already.
    pub(in crate::inventory) object: &'a Object,
    /// Makes places.
    pub(in crate::inventory) places: &'a Places<'a>,
}

impl<'a> Around<'a> {
    /// The node at a path of keys.
    pub(in crate::inventory) fn at(&self, path: &[&str]) -> Option<Node<'a>> {
        self.source.node.at(path)
    }

    /// The text of a node.
    pub(in crate::inventory) fn stated(&self, node: Option<Node<'_>>) -> Stated {
        stated(self.source.unit, node)
    }

    /// The place of a node.
    pub(in crate::inventory) fn place(&self, node: Node<'_>) -> Place {
        self.places.at(self.source.unit.outer(node.span()))
    }

    /// Namespaces that a cluster-scoped object of External Secrets lists; none where a selector chooses them.
    pub(in crate::inventory) fn chosen_namespaces(&self) -> Vec<Stated> {
        let listed = self.at(&["spec", "namespaces"]).into_iter().flat_map(Node::items);
        let selects = ["namespaceSelector", "namespaceSelectors"].iter().any(|key| self.at(&["spec", key]).is_some());
        listed.filter(|_| !selects).map(|node| self.stated(Some(node))).collect()
    }

    /// Whether the object is of this group and kind.
    pub(in crate::inventory) fn is(&self, group: &str, kind: &str) -> bool {
        &*self.object.kind == kind && &*self.object.group == group
    }

    /// Whether a template decides which keys and items there are below a node, and not only values of what is there.
    pub(in crate::inventory) fn is_shaped(&self, node: Node<'_>) -> bool {
        let unit = self.source.unit;
        let text = unit.tree().text();
        // What a template wrote alone is blank, also behind the last key.
        let after = text.get(node.span().end..).unwrap_or_default();
        let end = text.len() - after.trim_start().len();
        let mut values = Vec::new();
        reaches(text, node, &mut values);
        let values: Vec<_> = values.into_iter().map(|value| unit.outer(value)).collect();
        let whole = Span::new(node.span().start, end.max(node.span().end));
        unit.actions(whole).any(|action| !values.iter().any(|value| value.contains(action.span)))
    }

    /// Whether a template writes something of a node.
    pub(in crate::inventory) fn is_templated(&self, node: Node<'_>) -> bool {
        self.source.unit.is_templated(node.span())
    }
}

/// Where the values of keys, and items that are values, are below a node: to the end of the line at least.
fn reaches(text: &str, node: Node<'_>, found: &mut Vec<Span>) {
    let mut value = |from: usize, node: Node<'_>| {
        if node.is_mapping() || node.is_sequence() {
            reaches(text, node, found);
        } else {
            let rest = text.get(from..).unwrap_or_default();
            let line = from + rest.find(['\n', '\r']).unwrap_or(rest.len());
            found.push(Span::new(from, line.max(node.span().end)));
        }
    };
    node.entries().for_each(|(key, node)| value(key.span().end, node));
    node.items().for_each(|node| value(node.span().start, node));
}
