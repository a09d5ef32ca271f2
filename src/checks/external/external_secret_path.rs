//! `external-secret-path`: the name of a value in a store that does not follow the convention of such names.

use std::collections::BTreeSet;

use super::named;
use crate::checks::common::{Across, listed};
use crate::inventory::external::RemoteKey;

pub(super) fn check(cx: &mut Across<'_>) {
    let convention = &cx.inventory.convention;
    if convention.remote_paths.is_empty() {
        return;
    }
    let objects = named::objects(cx);
    let stated = convention.states_remote_paths();
    // By default only in stores in which the convention is visibly kept.
    let keys = || objects.iter().flat_map(|named| &named.external.keys);
    let keeps = |key: &&RemoteKey| convention.remote_slip(&key.key).is_none();
    let kept: BTreeSet<_> = keys().filter(|_| !stated).filter(keeps).filter_map(|key| key.store.as_ref()).collect();
    for named in objects.iter().filter(|named| !named.patched) {
        let mut reported = BTreeSet::new();
        for key in &named.external.keys {
            let applies = stated || key.store.as_ref().is_some_and(|store| kept.contains(store));
            let Some((template, differences)) = convention.remote_slip(&key.key).filter(|_| applies) else { continue };
            if !reported.insert(&*key.key) {
                continue;
            }
            let message = format!(
                "`{}` does not match the naming scheme of this store (`{}`): it {}.",
                key.key,
                template.template,
                listed(&differences)
            );
            cx.report_in((named.at.0, key.place), named.object, &key.path, message);
        }
    }
}
