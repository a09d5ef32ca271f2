//! Reads templates by blanking their actions in place: Helm (Go), Jinja, ERB, GitHub and Argo expressions.
//!
//! The result has the byte length and the line breaks of the input, so every span of it is true for the input too.
//! An action that is a whole line, or a whole value before a line end, becomes spaces; one inside a scalar, a key or
//! a flow collection becomes filler that keeps the YAML valid.

mod action;
mod block;
mod fill;
mod function;
mod literal;
pub(crate) mod origin;
mod scan;
mod token;

pub(crate) use action::{Action, ActionKind};
pub(crate) use token::string_end;

/// A template text with its actions blanked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Templated {
    /// As long as the input, with the same line breaks.
    pub text: String,
    /// The actions, in order of place, without overlaps.
    pub actions: Vec<Action>,
}

/// Blanks the actions of `text`; `None` where it has none.
pub(crate) fn blank(text: &str) -> Option<Templated> {
    let found = scan::actions(text);
    if found.is_empty() {
        return None;
    }
    let blanked = fill::fill(text, &found);
    let actions = found
        .into_iter()
        .map(|action| {
            let literals =
                if action.kind == ActionKind::Output { literal::literals(text, action.body) } else { Vec::new() };
            Action { span: action.span, literals, kind: action.kind }
        })
        .collect();
    Some(Templated { text: blanked, actions })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn length_and_line_breaks_stay(parts in proptest::collection::vec(
            prop_oneof![
                Just("{{"), Just("}}"), Just("{%"), Just("%}"), Just("{#"), Just("#}"), Just("<%"), Just("%>"),
                Just("\n"), Just("\r\n"), Just("é"), Just("😀"), Just("\""), Just("'"), Just("`"), Just("key: "),
                Just("- "), Just("|"), Just("("), Just(")"), Just(" default "), Just("/*"), Just("*/"), Just("$"),
                Just("  "), Just("[" ), Just("\\"), Just(" if "), Just("{{ x }}"), Just("{{- end }}"), Just(": |\n"),
            ],
            0..60,
        )) {
            let text = parts.concat();
            if let Some(done) = blank(&text) {
                prop_assert_eq!(done.text.len(), text.len());
                let breaks = |t: &str| t.bytes().enumerate().filter(|b| b.1 == b'\n').map(|b| b.0).collect::<Vec<_>>();
                prop_assert_eq!(breaks(&done.text), breaks(&text));
                for action in &done.actions {
                    for literal in &action.literals {
                        prop_assert!(action.span.contains(*literal));
                        prop_assert!(text.get(literal.range()).is_some());
                    }
                }
            }
        }
    }
}
