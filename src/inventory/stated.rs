//! Texts of manifests, as far as the file states them.

use crate::document::view::Unit;
use crate::document::yaml::Node;
use crate::span::Span;

/// A text of a manifest, as far as the file states it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stated {
    /// It is not there.
    #[default]
    Absent,
    /// It is there.
    Known(Box<str>),
    /// A template or an expression writes it.
    Unknown,
}

impl Stated {
    /// The text, where it is known.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            _ => None,
        }
    }

    /// Whether both may be the same text.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        self.known().zip(other.known()).is_none_or(|(one, other)| one == other)
    }
}

impl From<&str> for Stated {
    fn from(text: &str) -> Self {
        Self::Known(text.into())
    }
}

/// What a text of a document states; nothing where its node is not there or contains no text.
pub(crate) fn stated(unit: &Unit, node: Option<Node<'_>>) -> Stated {
    let Some(node) = node else { return Stated::Absent };
    if unit.is_templated(unit_reach(unit, node)) {
        return Stated::Unknown;
    }
    match node.as_str().map(str::trim) {
        None | Some("") => Stated::Absent,
        Some(_) if node.is_null() => Stated::Absent,
        Some(text) if is_expression(text) => Stated::Unknown,
        Some(text) => Stated::from(text),
    }
}

/// The document's span of a node, for asking whether a template writes it. What a template wrote alone was blanked, and
/// its action then stands before the end of the line.
fn unit_reach(unit: &Unit, node: Node<'_>) -> Span {
    let span = node.span();
    if span.is_empty() { unit.rest_of_line(span.start) } else { span }
}

/// Whether something fills in the text before it reaches the cluster: Argo, Flux, a shell, Ansible, or a person (`<name>`).
pub(crate) fn is_expression(text: &str) -> bool {
    let gap = text.starts_with('<') && text.ends_with('>');
    gap || ["{{", "${", "$("].iter().any(|open| text.contains(open)) || text.starts_with('$')
}
