//! `sops-plaintext`: a file that is to be encrypted by SOPS, and is not.

use crate::checks::common::Across;
use crate::document::sops::config::{Match, Rule};
use crate::document::sops::name::{self, Announced};
use crate::inventory::Place;
use crate::inventory::facts::Facts;
use crate::inventory::index::Inventory;
use crate::inventory::sops::{Exposed, Governing, Sops};
use crate::path;
use crate::rule::Level;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let uses = |facts: &Facts| matches!(facts.sops.as_deref(), Some(Sops::Rules(_) | Sops::Encrypted(_)));
    let in_use = inventory.files().iter().any(|(_, facts)| uses(facts));
    for (file, (path, facts)) in inventory.files().iter().enumerate() {
        match (facts.sops.as_deref(), facts.clear.as_deref()) {
            (Some(Sops::Plain(place)), _) => announced(cx, file, path, *place, in_use),
            (None, Some(exposed)) if !name::is_sample(path) && !twin(cx, file, path) => {
                covered(cx, file, path, exposed);
            }
            _ => {}
        }
    }
}

/// A file whose name says that it is encrypted.
fn announced(cx: &mut Across<'_>, file: usize, path: &str, place: Place, in_use: bool) {
    let governing = cx.inventory.governing(path);
    let uncovered = !governing.is_empty() && governing.iter().all(|config| config.matched == Match::Nothing);
    let message = "The name of the file says that it is encrypted, but it is stored here in plaintext.".to_owned();
    let draft = cx.report(file, place, None, message);
    if name::announced(path) == Some(Announced::Encrypted) && !in_use {
        draft.at_most = Level::Warning;
    }
    if uncovered {
        draft.help = Some(format!(
            "Treat these values as leaked and rotate them. Then add a creation rule that matches `{path}` to .sops.yaml, and run `sops encrypt --in-place {path}`."
        ));
    }
}

/// A file that stands decrypted beside the encrypted one.
fn twin(cx: &mut Across<'_>, file: usize, path: &str) -> bool {
    let inventory = cx.inventory;
    let Some((other, place)) = encrypted_twin(inventory, path) else { return false };
    let there = inventory.path(other).clone();
    let message = format!("The file is the decrypted `{there}` and contains plaintext credentials.");
    let related = cx.related(other, place, "the encrypted file");
    let draft = cx.report(file, Place::START, None, message);
    draft.related.push(related);
    draft.help = Some(format!(
        "Remove the file from Git (`git rm --cached {path}`), add it to .gitignore, and rotate the credentials in `{there}` with `sops edit`."
    ));
    true
}

fn encrypted_twin(inventory: &Inventory<'_>, path: &str) -> Option<(usize, Place)> {
    let behind = ["sops", "enc"].map(|mark| format!("{path}.{mark}"));
    let marked = name::marked(path).into_iter().chain(behind).chain(name::encrypted_of(path));
    marked.into_iter().find_map(|other| {
        let file = inventory.file_at(&other)?;
        match inventory.sops(file)? {
            Sops::Encrypted(encrypted) => Some((file, encrypted.place)),
            _ => None,
        }
    })
}

/// A file for which `.sops.yaml` has a rule.
fn covered(cx: &mut Across<'_>, file: usize, path: &str, exposed: &Exposed) {
    // The nearest one is what people write for the folder.
    let Some(config) = cx.inventory.governing(path).into_iter().next() else { return };
    let Some((number, rule)) = config.rule() else { return };
    if !is_for(cx.inventory, &config, number, path) || !selects(rule, exposed) {
        return;
    }
    let there = cx.inventory.path(config.file).clone();
    let message =
        format!("Rule {} of `{there}` applies to this file, but it contains plaintext credentials.", number + 1);
    let related = cx.related(config.file, config.rules[number].1, "the creation rule");
    cx.report(file, Place::START, None, message).related.push(related);
}

/// Whether the rule is about this file rather than of every one with its ending: it does not match a file of another name
/// in another folder.
fn is_for(inventory: &Inventory<'_>, config: &Governing<'_>, number: usize, path: &str) -> bool {
    let ending = path::name(path).rsplit_once('.').map_or("", |(_, ending)| ending);
    let folder = inventory.path(config.file).strip_suffix(".sops.yaml").unwrap_or_default();
    let others = [format!("{folder}qzxw/qzxw.{ending}"), format!("{folder}qzxw.{ending}")];
    others.iter().all(|other| config.matched(inventory, other) != Match::Rule(number))
}

/// Whether SOPS would encrypt one of the credentials.
fn selects(rule: &Rule, exposed: &Exposed) -> bool {
    let selector = match rule.selectors.as_slice() {
        [] => return true,
        [(one, _)] => one,
        _ => return false,
    };
    let matcher = selector.matcher();
    let mut known = exposed.keys.iter().filter(|keys| !keys.is_empty());
    !matcher.is_of_comments() && known.any(|keys| matcher.must_encrypt(keys, Some(false)) == Some(true))
}
