//! `unexpected-env-from`: `envFrom` with another Secret than the platform's.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::common::repair::{self, List, Repair};
use crate::checks::common::{Across, listed_names};
use crate::inventory::facts::Usage;
use crate::inventory::index::Used;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let allowed = listed_names(&inventory.convention.env_from);
    let mut reported = BTreeSet::new();
    // By list: what is wrong in it, which one repair sets right.
    let mut lists: BTreeMap<_, Vec<&Used<'_>>> = BTreeMap::new();
    for used in &inventory.used {
        let wrong = used.reference.usage == Usage::EnvFrom && !inventory.convention.allows_env_from(&used.name);
        if !wrong
            || !inventory.convention_applies(&used.namespace)
            || !reported.insert((used.file, used.reference.place))
        {
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
            let message = format!("`envFrom` loads the Secret `{}`; workloads here load {allowed}.", used.name);
            cx.report_use(used, message).repair.clone_from(&repair);
        }
    }
}
