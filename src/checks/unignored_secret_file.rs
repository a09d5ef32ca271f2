//! `unignored-secret-file`: a file that people fill with secrets, by the template of it, and that no `.gitignore` covers.

use std::sync::Arc;

use super::across::{Across, listed};
use crate::document::spot::line_break;
use crate::finding::edit::{Edit, Fix, FixKind};
use crate::inventory::Place;
use crate::inventory::index::Ignores;
use crate::rule::Fixable;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let Some(ignores) = &inventory.ignores else { return };
    let fix = fix(ignores);
    for (file, path) in &ignores.open {
        let message = format!("No .gitignore covers '{path}', which is made beside this template and holds secrets.");
        cx.report(*file, Place::START, Some(path.clone()), message).fix.clone_from(&fix);
    }
}

/// Most names that are added. Each of as many findings carries them.
const MOST: usize = 100;

/// Adds all names at once, since each would be added at the same place.
fn fix(ignores: &Ignores) -> Option<Fix> {
    let text = ignores.text.as_deref()?;
    let mut names: Vec<&str> = ignores.open.iter().filter_map(|(_, path)| path.rsplit('/').next()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > MOST {
        return None;
    }
    let end = line_break(text, 0);
    let mut lines = String::new();
    if !text.is_empty() && !text.ends_with(['\n', '\r']) {
        lines.push_str(end);
    }
    names.iter().for_each(|name| lines.extend([name, end]));
    let names: Vec<String> = names.into_iter().map(|name| format!("'{name}'")).collect();
    let title = format!("add {} to .gitignore", listed(&names));
    let kind = FixKind::Edits { path: Some(Arc::from(".gitignore")), edits: vec![Edit::insert(text.len(), lines)] };
    Some(Fix { applicability: Fixable::Safe, title, kind })
}
