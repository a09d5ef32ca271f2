//! One action of a template.

use crate::span::Span;

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// Its result is in the output.
    Output,
    /// `if`, `range`, `{% … %}`, an assignment: it writes nothing itself.
    Control,
    /// A comment of the template language.
    Comment,
}

/// One action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The whole action, delimiters (and a GitHub `$`) included.
    pub span: Span,
    /// String literals whose text reaches the output, without their quotes; escapes as written.
    pub literals: Vec<Span>,
    /// What it does.
    pub kind: ActionKind,
}
