//! `tracked-secret-file`: a file in Git that is there to hold secrets.

use super::unignored_secret_file::line;
use crate::checks::common::Across;
use crate::finding::edit::{Edit, Fix, FixKind};
use crate::inventory::Place;
use crate::inventory::index::Ignores;
use crate::rule::{Fixable, Level};
use crate::span::line_break;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    for (file, (path, facts)) in inventory.files().iter().enumerate().filter(|(_, (_, facts))| facts.tracked) {
        let Some((kind, level)) = facts.secret_risk() else { continue };
        let message = format!("`{path}` is tracked by Git: {}.", kind.described(level));
        let draft = cx.report(file, Place::START, Some(path.to_string()), message);
        draft.at_most = level;
        let end =
            if level == Level::Error { ", and rotate the credentials, because the history keeps them" } else { "" };
        draft.fix = fix(inventory.ignores.as_ref(), file, path);
        draft.help = Some(format!(
            "Remove it from Git with `git rm --cached -- '{path}'`, which keeps the file on disk; add it to .gitignore{end}."
        ));
    }
}

/// Takes it out of the index and names it in `.gitignore`, so that nobody adds it again. Where that cannot be written, the
/// next `git add .` would, and there is no fix.
fn fix(ignores: Option<&Ignores>, file: usize, path: &str) -> Option<Fix> {
    let ignores = ignores?;
    let title = "take it out of Git's index, where it stays as a file that is ignored".to_owned();
    let mut ignore = Vec::new();
    if ignores.tracked.iter().any(|(open, _)| *open == file) {
        let (text, line) = (ignores.text.as_deref()?, line(path, true)?);
        let end = line_break(text, 0);
        // Several are put at the same place, each a line of its own.
        let whole = text.is_empty() || text.ends_with(['\n', '\r']);
        let line = if whole { format!("{line}{end}") } else { format!("{end}{line}") };
        ignore.push(Edit::insert(text.len(), line));
    }
    Some(Fix { applicability: Fixable::Unsafe, title, kind: FixKind::Untrack { ignore } })
}
