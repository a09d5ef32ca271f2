//! `unignored-secret-file`: a file that people fill with secrets and that no `.gitignore` covers: it is there and not in Git
//! yet, or the template of it is.

use std::sync::Arc;

use crate::checks::common::{Across, listed_names};
use crate::finding::edit::{Edit, Fix, FixKind};
use crate::inventory::Place;
use crate::inventory::index::Ignores;
use crate::path;
use crate::rule::Fixable;
use crate::span::line_break;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let Some(ignores) = &inventory.ignores else { return };
    let lines: Vec<Option<String>> =
        ignores.open.iter().map(|(file, path)| line(path, *path == **inventory.path(*file))).collect();
    let fix = fix(ignores, &lines);
    let mut states = 0;
    for ((file, path), line) in ignores.open.iter().zip(&lines) {
        let code = inventory.files()[*file].1.terraform.is_some();
        // One pattern covers the states of all folders.
        states += usize::from(code && path.ends_with(".tfstate"));
        if code && path.ends_with(".tfstate") && states > 1 {
            continue;
        }
        let own = inventory.files()[*file].1.secret_risk().filter(|_| *path == **inventory.path(*file));
        let why = match own {
            Some((kind, level)) => format!("{}: the next `git add .` would stage it.", kind.described(level)),
            None if code => "which Terraform creates beside this file and which contains secrets.".to_owned(),
            None => "which is created beside this template and contains secrets.".to_owned(),
        };
        let message = format!("No .gitignore covers `{path}`, {why}");
        let draft = cx.report(*file, Place::START, Some(path.clone()), message);
        draft.fix.clone_from(if line.is_some() { &fix } else { &None });
    }
}

/// The line of a `.gitignore` that covers a secret file: its name, wherever such a file stands, or where its name alone says
/// too little, its place. None where the name has characters that a pattern gives a meaning.
pub(super) fn line(path: &str, own: bool) -> Option<String> {
    let name = path::name(path);
    let telling = !own
        || name.starts_with('.') && name != ".yarnrc.yml"
        || [".tfvars", ".tfstate", ".tfstate.backup", ".env"].iter().any(|ending| name.ends_with(ending));
    let line = if telling { name.to_owned() } else { format!("/{path}") };
    line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte)).then_some(line)
}

/// Most names that are added. Each of as many findings carries them.
const MOST: usize = 100;

/// Adds all names at once, since each would be added at the same place.
fn fix(ignores: &Ignores, lines: &[Option<String>]) -> Option<Fix> {
    let text = ignores.text.as_deref()?;
    let mut names: Vec<&str> = lines.iter().flatten().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() || names.len() > MOST {
        return None;
    }
    let end = line_break(text, 0);
    let mut lines = String::new();
    if !text.is_empty() && !text.ends_with(['\n', '\r']) {
        lines.push_str(end);
    }
    names.iter().for_each(|name| lines.extend([name, end]));
    let title = format!("add {} to .gitignore", listed_names(names));
    let kind = FixKind::Edits { path: Some(Arc::from(".gitignore")), edits: vec![Edit::insert(text.len(), lines)] };
    Some(Fix { applicability: Fixable::Safe, title, kind })
}
