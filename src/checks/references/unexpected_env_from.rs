//! `unexpected-env-from`: `envFrom` with another Secret than the platform's.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::common::repair::{self, List, Repair};
use crate::checks::common::{Across, listed, title};
use crate::inventory::facts::Usage;
use crate::inventory::index::Used;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let allowed: Vec<String> = inventory.convention.env_from.iter().map(|name| format!("`{name}`")).collect();
    let mut told = BTreeSet::new();
    // By list: what is wrong in it, which one repair sets right.
    let mut lists: BTreeMap<_, Vec<&Used<'_>>> = BTreeMap::new();
    for used in &inventory.used {
        let wrong = used.reference.usage == Usage::EnvFrom && !inventory.convention.allows_env_from(&used.name);
        if !wrong || !inventory.speaks(&used.namespace) || !told.insert((used.file, used.reference.place)) {
            continue;
        }
        lists.entry((used.file, used.user, used.reference.list())).or_default().push(used);
    }
    for found in lists.into_values() {
        let wrong: Vec<_> = found.iter().map(|used| used.reference.place.span).collect();
        // A name that kustomize changes is not the one that stands there.
        let follows = found.iter().any(|used| used.follows);
        let right = inventory.convention.env_from.clone();
        let repair =
            (!follows && wrong.len() <= repair::MOST).then_some(Repair::Use { list: List::EnvFrom, wrong, right });
        for used in found {
            report(cx, used, &allowed, repair.clone());
        }
    }
}

fn report(cx: &mut Across<'_>, used: &Used<'_>, allowed: &[String], repair: Option<Repair>) {
    let message = format!("`envFrom` loads the Secret `{}`; workloads here load {}.", used.name, listed(allowed));
    let symbolic = format!("{} {}", title(cx.inventory.object(used.user)), used.reference.path);
    cx.report(used.file, used.reference.place, Some(symbolic), message).repair = repair;
}
