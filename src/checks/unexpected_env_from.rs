//! `unexpected-env-from`: `envFrom` with another Secret than the platform's.

use std::collections::BTreeSet;

use super::across::{Across, listed, title};
use crate::inventory::facts::Usage;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let allowed: Vec<String> = inventory.convention.env_from.iter().map(|name| format!("'{name}'")).collect();
    let mut told = BTreeSet::new();
    for used in &inventory.used {
        let wrong = used.reference.usage == Usage::EnvFrom && !inventory.convention.allows_env_from(&used.name);
        if !wrong || !inventory.speaks(&used.namespace) || !told.insert((used.file, used.reference.place)) {
            continue;
        }
        let message = format!("envFrom loads the Secret '{}'; workloads load {} here.", used.name, listed(&allowed));
        let symbolic = format!("{} {}", title(inventory.object(used.user)), used.reference.path);
        cx.report(used.file, used.reference.place, Some(symbolic), message);
    }
}
