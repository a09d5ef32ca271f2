//! `sops-uncovered`: a file for which `.sops.yaml` has no rule, so that SOPS refuses it.

use crate::checks::common::{Across, Draft, listed_names};
use crate::document::sops::config::Match;
use crate::document::sops::name;
use crate::inventory::Place;
use crate::inventory::sops::{Governing, Sops};
use crate::rule::Level;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    for (file, (path, facts)) in inventory.files().iter().enumerate() {
        let exposed = facts.clear.as_deref().filter(|exposed| exposed.in_secret);
        let concerns = match facts.sops.as_deref() {
            Some(Sops::Encrypted(_) | Sops::Plain(_)) => true,
            Some(Sops::Rules(_)) => false,
            None => exposed.is_some() && !name::is_sample(path),
        };
        if !concerns {
            continue;
        }
        let governing = inventory.governing(path);
        // A rule of any configuration may be the one that is meant.
        if governing.is_empty() || governing.iter().any(|config| config.matched != Match::Nothing) {
            continue;
        }
        let configs = listed_names(governing.iter().map(|config| inventory.path(config.file)));
        match facts.sops.as_deref() {
            Some(Sops::Encrypted(encrypted)) => {
                let message =
                    format!("No creation rule of {configs} matches this file, so `sops updatekeys` rejects it.");
                report(cx, file, encrypted.place, message, &governing).at_most = Level::Warning;
            }
            Some(Sops::Plain(place)) => {
                let message = format!(
                    "The name of the file says that it is encrypted, but no creation rule of {configs} matches it, so `sops encrypt` rejects it."
                );
                report(cx, file, *place, message, &governing);
            }
            _ => secret(cx, file, path, &governing, &configs),
        }
    }
}

/// A Secret in plaintext that a rule would be for if the file's name said that it is encrypted.
fn secret(cx: &mut Across<'_>, file: usize, path: &str, governing: &[Governing<'_>], configs: &str) {
    let inventory = cx.inventory;
    let matches =
        |named: &String| governing.iter().any(|config| matches!(config.matched(inventory, named), Match::Rule(_)));
    let Some(named) = name::marked(path).into_iter().find(matches) else { return };
    let message = format!(
        "This is a plaintext Secret, and no creation rule of {configs} matches the file; a file named `{named}` would match."
    );
    let draft = report(cx, file, Place::START, message, governing);
    draft.help = Some(format!(
        "Treat these values as leaked and rotate them. Then rename the file to `{named}`, update what refers to it, and run `sops encrypt --in-place {named}`."
    ));
}

fn report<'a>(
    cx: &'a mut Across<'_>,
    file: usize,
    place: Place,
    message: String,
    governing: &[Governing<'_>],
) -> &'a mut Draft {
    let rules = governing.iter().filter_map(|config| Some((config.file, config.rules.first()?.1)));
    let related: Vec<_> = rules.map(|(file, place)| cx.related(file, place, "the creation rules")).collect();
    let draft = cx.report(file, place, None, message);
    draft.related = related;
    draft
}
