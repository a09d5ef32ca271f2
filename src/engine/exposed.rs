//! Credentials that a file certainly contains in plaintext, for checks of the whole repository: taken from what the checks
//! of the file report, so that nothing is judged twice.

use crate::document::fragment::{Host, Lang};
use crate::document::view::View;
use crate::document::yaml::Node;
use crate::inventory::Places;
use crate::inventory::sops::Exposed;
use crate::span::Span;

/// Most credentials whose keys are looked for.
const MOST: usize = 8;

/// The credentials in a file of settings of which checks are sure, by their `spans`.
pub(super) fn of(view: &View<'_>, mut spans: Vec<Span>) -> Option<Exposed> {
    let settings = match view.lang {
        Lang::Yaml | Lang::Json | Lang::Dotenv | Lang::Ini | Lang::Properties | Lang::Toml | Lang::Terraform => true,
        Lang::Other => view.path.ends_with(".dec"),
        _ => false,
    };
    if !settings {
        return None;
    }
    spans.sort_unstable();
    let first = *spans.first()?;
    spans.dedup();
    let in_secret = view.objects.iter().any(|object| {
        object.kind == "Secret"
            && object.unit.host() == Host::File
            && spans.iter().any(|span| object.span().contains(*span))
    });
    let keys = spans.into_iter().take(MOST).map(|span| keys_of(view, span)).collect();
    Some(Exposed { place: Places::new(view.text).at(first), keys, in_secret })
}

/// The keys that lead to the value at `span`, bytes of the text.
fn keys_of(view: &View<'_>, span: Span) -> Vec<Box<str>> {
    for unit in view.file_units() {
        let Some(root) = unit.tree().root() else { continue };
        let offset = unit.outer(Span::new(0, 0)).start;
        let end = offset + unit.tree().text().len();
        if span.start < offset || span.end > end {
            continue;
        }
        let inner = Span::new(span.start - offset, span.end - offset);
        let mut keys = Vec::new();
        let mut node = root;
        while let Some((key, child)) = node.child_at(inner) {
            keys.extend(key.and_then(Node::as_str).map(Box::from));
            node = child;
        }
        return keys;
    }
    Vec::new()
}
