//! `replacements` of a kustomization.

use super::KustomizationDocument;
use crate::document::yaml::Node;
use crate::inventory::facts::kustomization::{FieldPart, Replacement, ReplacementSource, ReplacementTarget};
use crate::inventory::stated::stated;

/// The field that a replacement reads or writes where it states none.
const DEFAULT_FIELD: &str = "metadata.name";

impl KustomizationDocument<'_> {
    pub(super) fn replacement(&self, node: Node<'_>) -> Replacement {
        let source = match (node.get("source"), node.get("sourceValue")) {
            (None, value) => ReplacementSource::Value(stated(self.unit, value)),
            (Some(source), _) => ReplacementSource::Field {
                object: self.selector(source),
                path: source.get("fieldPath").and_then(Node::as_str).unwrap_or(DEFAULT_FIELD).into(),
                part: part(source),
            },
        };
        let targets = node.get("targets").into_iter().flat_map(Node::items);
        Replacement { source, targets: targets.map(|target| self.target(target)).collect(), place: self.place(node) }
    }

    fn target(&self, node: Node<'_>) -> ReplacementTarget {
        let paths = node.get("fieldPaths").into_iter().flat_map(Node::items);
        let mut paths: Vec<Box<str>> = paths.filter_map(|path| Some(path.as_str()?.into())).collect();
        if paths.is_empty() {
            paths.push(DEFAULT_FIELD.into());
        }
        ReplacementTarget {
            select: node.get("select").map(|select| self.selector(select)).unwrap_or_default(),
            reject: node.get("reject").into_iter().flat_map(Node::items).map(|item| self.selector(item)).collect(),
            paths,
            part: part(node),
            creates: node.at(&["options", "create"]).and_then(Node::as_str) == Some("true"),
        }
    }
}

/// Which part of a field `options` mean; none is the whole.
fn part(node: Node<'_>) -> Option<FieldPart> {
    let delimiter = node.at(&["options", "delimiter"]).and_then(Node::as_str).filter(|text| !text.is_empty())?;
    let index = node.at(&["options", "index"]).and_then(Node::as_str);
    Some(FieldPart { delimiter: delimiter.into(), index: index.and_then(|text| text.parse().ok()).unwrap_or_default() })
}
