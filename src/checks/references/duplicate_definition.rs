//! `duplicate-definition`: two definitions of one Secret in one namespace, of which the last one applied wins.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::common::Across;
use crate::inventory::Place;
use crate::inventory::facts::{Maker, Role};
use crate::inventory::index::{Defined, Inventory};
use crate::path;
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
        let mut reported = BTreeSet::new();
        let mut before = Before::default();
        for later in found {
            let earlier = before.meets(inventory, later);
            before.add(inventory, later);
            let Some((first, level)) = earlier else { continue };
            if !reported.insert(source(later)) {
                continue;
            }
            let message = format!(
                "The Secret `{name}` in the namespace `{namespace}` is defined twice: by {} here and by {} in {}.",
                later.maker(),
                first.maker(),
                inventory.path(first.file)
            );
            let related = vec![cx.related(first.file, first.place(), "also defined here")];
            let draft = cx.report_definition(later, message);
            draft.at_most = level;
            draft.related = related;
        }
    }
}

fn source(defined: &Defined<'_>) -> (usize, Place) {
    (defined.file, defined.place())
}

/// Whether it is a definition that two of may clash. Commands are run by people, and are often written twice.
fn counts(inventory: &Inventory<'_>, defined: &Defined<'_>) -> bool {
    let whole = inventory.object_of(defined).is_none_or(|object| object.role == Role::Resource && !object.templated);
    let excluded = [Maker::Command, Maker::Controller, Maker::SecretGenerator, Maker::MergedExternalSecret];
    whole && !excluded.contains(&defined.definition.maker)
}

/// Definitions of one Secret that came before, by what makes them meet others.
#[derive(Default)]
struct Before<'d>(BTreeMap<Meeting<'d>, Vec<&'d Defined<'d>>>);

/// Where definitions meet: surely in one build or one file, likely in one folder. Elsewhere they may be variants of which
/// only one is applied.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Meeting<'d> {
    Build(usize),
    File(usize),
    /// With the cluster that the file's name says: each has a Secret of its own.
    Folder(&'d str, Option<&'d str>),
}

impl<'d> Before<'d> {
    fn meetings(inventory: &'d Inventory<'_>, defined: &Defined<'_>) -> impl Iterator<Item = (Meeting<'d>, Level)> {
        let path = inventory.path(defined.file);
        let folder = path::folder(path);
        let cluster = inventory.convention.cluster_of(path);
        let (sure, likely) = match defined.build {
            Some(build) => (Meeting::Build(build), None),
            None => (Meeting::File(defined.file), Some((Meeting::Folder(folder, cluster), Level::Warning))),
        };
        std::iter::once((sure, Level::Error)).chain(likely)
    }

    /// The definition that this one surely clashes with, or likely, and which of these.
    fn meets(&self, inventory: &'d Inventory<'_>, defined: &Defined<'_>) -> Option<(&'d Defined<'d>, Level)> {
        Self::meetings(inventory, defined).find_map(|(meeting, level)| {
            let earlier = self.0.get(&meeting)?.iter().rev().find(|earlier| source(earlier) != source(defined))?;
            Some((*earlier, level))
        })
    }

    /// Keeps the last two that are not the same place.
    fn add(&mut self, inventory: &'d Inventory<'_>, defined: &'d Defined<'d>) {
        for (meeting, _) in Self::meetings(inventory, defined) {
            let kept = self.0.entry(meeting).or_default();
            kept.retain(|earlier| source(earlier) != source(defined));
            kept.drain(..kept.len().saturating_sub(1));
            kept.push(defined);
        }
    }
}
