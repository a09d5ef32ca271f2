//! `external-secret-invalid`: what the External Secrets operator refuses, or can never make a Secret of.
//!
//! What is wrong is judged in `inventory/judged/external.rs`, while the text is there; here patches and words are weighed.

use super::named;
use crate::checks::common::{Across, listed, title};
use crate::inventory::external::{Fault, FaultKind};
use crate::inventory::facts::Role;

pub(super) fn check(cx: &mut Across<'_>) {
    for named in named::objects(cx) {
        let mut storeless = false;
        // An object inside another one is often a patch, or completed by what holds it.
        let partial = named.object.role != Role::Resource;
        let completed = |fault: &&Fault| {
            let missing = matches!(fault.what, FaultKind::Missing(_));
            fault.open && named.patched || partial && (fault.open || missing)
        };
        for fault in named.external.faults.iter().filter(|fault| !completed(fault)) {
            // One missing store is one mistake.
            if fault.what == FaultKind::NoStore && std::mem::replace(&mut storeless, true) {
                continue;
            }
            let symbolic = format!("{} {}", title(named.object), fault.path);
            let message = words(&fault.what, &named.object.kind);
            cx.report(named.at.0, fault.place, Some(symbolic), message);
        }
    }
}

/// What is wrong, in words.
fn words(what: &FaultKind, kind: &str) -> String {
    match what {
        FaultKind::NoData => {
            format!("This {kind} has neither `data` nor `dataFrom`, so the operator rejects it.")
        }
        FaultKind::NoStore => format!(
            "This entry names no store, and the {kind} has no `secretStoreRef`, so nothing can be fetched."
        ),
        FaultKind::Combined => {
            "An entry of `dataFrom` can have only one of `extract`, `find` and `generatorRef`.".to_owned()
        }
        FaultKind::NoSource => {
            "An entry of `dataFrom` needs `extract`, `find` or `sourceRef`; the name of a value belongs under `extract`.".to_owned()
        }
        FaultKind::BadSourceRef => "A `sourceRef` needs exactly one of `storeRef` and `generatorRef`.".to_owned(),
        FaultKind::DeletesOthers(creation) => format!(
            "`deletionPolicy: Delete` is rejected with `creationPolicy: {creation}`, because the operator does not own the Secret then."
        ),
        FaultKind::MergesNothing => {
            "`deletionPolicy: Merge` is rejected with `creationPolicy: None`, which creates no Secret.".to_owned()
        }
        FaultKind::Duplicate(key) => format!("The key `{key}` appears twice in `data`, which the operator rejects."),
        FaultKind::Missing(field) => format!("`{field}` is missing here, so the API server rejects the object."),
        FaultKind::Misplaced(field, place) => {
            format!("There is no field `{field}` here, so the API server rejects the object; it belongs {place}.")
        }
        FaultKind::NoChoice(field, choices) => {
            let choices: Vec<String> = choices.iter().map(|choice| format!("`{choice}`")).collect();
            let one = if choices.len() > 1 { "must be one of" } else { "must be" };
            format!("`{field}` {one} {}; the API server rejects other values.", listed(&choices))
        }
        FaultKind::BadKey => {
            "A `secretKey` can contain only letters, digits, dots, dashes and underscores; the API server rejects others.".to_owned()
        }
        FaultKind::BadDuration(field) => format!(
            "`{field}` is not a Go duration: a string of hours, minutes and seconds such as `1h` or `0s`; there is no unit for days."
        ),
        FaultKind::Privileged => {
            "The operator rejects templates of this type, because such a Secret gives access to the cluster.".to_owned()
        }
        FaultKind::BadTarget => {
            "A template of a Secret can write only `Data`, `Annotations` and `Labels`; the operator rejects other targets.".to_owned()
        }
        FaultKind::BadSelector => {
            format!("The selector of a {kind} needs exactly one of `secret` and `generatorRef`.")
        }
    }
}
