//! `duplicate-definition`: two definitions of one Secret in one namespace, of which the last one applied wins.

use std::collections::BTreeMap;

use super::across::Across;
use crate::inventory::facts::{Maker, Role};
use crate::inventory::index::{Defined, Inventory};
use crate::rule::Level;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let mut by_name: BTreeMap<(&str, &str), Vec<&Defined<'_>>> = BTreeMap::new();
    for defined in inventory.defined.iter().filter(|defined| counts(inventory, defined)) {
        if let (Some(namespace), Some(name)) = (defined.namespace.known(), defined.name.known()) {
            by_name.entry((namespace, name)).or_default().push(defined);
        }
    }
    for ((namespace, name), found) in by_name {
        let mut told: Vec<(usize, crate::inventory::Place)> = Vec::new();
        for (index, later) in found.iter().enumerate() {
            let earlier = found[..index].iter().filter(|earlier| source(earlier) != source(later));
            let level = |earlier: &&&Defined<'_>| how_sure(inventory, earlier, later);
            let Some(first) = earlier.filter(|earlier| level(earlier).is_some()).max_by_key(level) else { continue };
            if told.contains(&source(later)) {
                continue;
            }
            told.push(source(later));
            let message = format!(
                "The Secret '{name}' of the namespace '{namespace}' is defined twice, by {} here and by {} in {}.",
                later.maker(),
                first.maker(),
                inventory.path(first.file)
            );
            let related = vec![cx.related(first.file, first.place(), "defined here too".to_owned())];
            let symbolic = later.object.map(|object| super::across::title(inventory.object((later.file, object))));
            let level = how_sure(inventory, first, later).unwrap_or(Level::Note);
            let draft = cx.report(later.file, later.place(), symbolic, message);
            draft.at_most = level;
            draft.related = related;
        }
    }
}

fn source(defined: &Defined<'_>) -> (usize, crate::inventory::Place) {
    (defined.file, defined.place())
}

/// Whether it is a definition that two of may clash. Commands are run by people, and are often written twice.
fn counts(inventory: &Inventory<'_>, defined: &Defined<'_>) -> bool {
    let object = defined.object.map(|object| inventory.object((defined.file, object)));
    let whole = object.is_none_or(|object| object.role == Role::Resource && !object.templated);
    whole && !matches!(defined.definition.maker, Maker::Command | Maker::Controller | Maker::SecretGenerator)
}

/// Whether two definitions meet: surely in one build or one file, likely in one folder. Elsewhere they may be variants of
/// which only one is applied.
fn how_sure(inventory: &Inventory<'_>, a: &Defined<'_>, b: &Defined<'_>) -> Option<Level> {
    let folder = |file: usize| inventory.path(file).rsplit_once('/').map_or("", |(folder, _)| folder);
    if a.build.is_some() || b.build.is_some() {
        return (a.build == b.build).then_some(Level::Error);
    }
    if a.file == b.file {
        return Some(Level::Error);
    }
    (folder(a.file) == folder(b.file)).then_some(Level::Warning)
}
