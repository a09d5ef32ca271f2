//! `vault-annotation`: annotations of the Vault Agent injector that cannot work.
//!
//! What is wrong is judged in `inventory/judged/vault.rs`, while the text is there; here what patches mend is left out.

use std::collections::BTreeSet;

use crate::checks::common::Across;
use crate::inventory::facts::Object;
use crate::inventory::landing::Landing;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let objects = || inventory.manifests().filter(|(_, object)| object.vault.is_some());
    let name = |object: &Object| (object.kind.clone(), object.name.known().map(Box::<str>::from));
    // What has no landing is a patch; one that nothing says of which build it is may still be applied.
    let patched: BTreeSet<_> =
        objects().filter(|(at, _)| inventory.landings(*at).is_empty()).map(|(_, object)| name(object)).collect();
    for (at, object) in objects() {
        let landings = inventory.landings(at);
        let is_open = |landing: &Landing| landing.doubtful || landing.patched.vault || inventory.has_gaps(landing);
        let may_be_added = landings.is_empty() || landings.iter().any(is_open) || patched.contains(&name(object));
        let faults = object.vault.iter().flat_map(|vault| &vault.faults);
        for fault in faults.filter(|fault| !(fault.absent && may_be_added)) {
            let draft = cx.report_in((at.0, fault.place), object, &fault.path, fault.message.to_string());
            draft.help = Some(fault.help.to_owned());
            draft.at_most = fault.level;
        }
    }
}
