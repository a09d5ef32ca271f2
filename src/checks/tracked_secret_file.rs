//! `tracked-secret-file`: a file in Git that is there to hold secrets.

use super::across::Across;
use crate::inventory::Place;
use crate::rule::Level;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    for (file, (path, facts)) in inventory.files().iter().enumerate().filter(|(_, (_, facts))| facts.tracked) {
        let Some((kind, level)) = facts.secret_risk() else { continue };
        let message = format!("Git holds '{path}', {}.", kind.described(level));
        let draft = cx.report(file, Place::START, Some(path.to_string()), message);
        draft.at_most = level;
        let end = if level == Level::Error { ", and change the credentials, since the history keeps them" } else { "" };
        draft.help = Some(format!(
            "Take it out of Git with `git rm --cached -- '{path}'`, which leaves the file where it is; add it to .gitignore{end}."
        ));
    }
}
