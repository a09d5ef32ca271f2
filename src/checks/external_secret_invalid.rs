//! `external-secret-invalid`: what the External Secrets operator refuses, or can never make a Secret of.
//!
//! What is wrong is judged in `inventory/judged/external.rs`, while the text is there; here patches and words are weighed.

use super::across::{Across, listed, title};
use super::external;
use crate::inventory::external::{Fault, FaultKind};
use crate::inventory::facts::Role;

pub(super) fn check(cx: &mut Across<'_>) {
    for named in external::objects(cx) {
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
            format!("This {kind} has neither 'data' nor 'dataFrom', so that the operator refuses it.")
        }
        FaultKind::NoStore => format!(
            "This entry names no store, and the {kind} has no 'secretStoreRef', so that nothing can be fetched."
        ),
        FaultKind::Combined => {
            "Only one of 'extract', 'find' and 'generatorRef' can stand in an entry of 'dataFrom'.".to_owned()
        }
        FaultKind::NoSource => {
            "An entry of 'dataFrom' has to have one of 'extract', 'find' and 'sourceRef'; the name of a value belongs below 'extract'.".to_owned()
        }
        FaultKind::BadSourceRef => "A 'sourceRef' has exactly one of 'storeRef' and 'generatorRef'.".to_owned(),
        FaultKind::DeletesOthers(creation) => format!(
            "'deletionPolicy: Delete' is refused with 'creationPolicy: {creation}', under which the Secret is not the operator's."
        ),
        FaultKind::MergesNothing => {
            "'deletionPolicy: Merge' is refused with 'creationPolicy: None', which makes no Secret.".to_owned()
        }
        FaultKind::Duplicate(key) => format!("The key '{key}' stands twice in 'data', which the operator refuses."),
        FaultKind::Missing(field) => format!("'{field}' is missing here, so that the API server refuses the object."),
        FaultKind::Misplaced(field, place) => {
            format!("There is no field '{field}' here, which the API server refuses; it belongs {place}.")
        }
        FaultKind::NoChoice(field, choices) => {
            let choices: Vec<String> = choices.iter().map(|choice| format!("'{choice}'")).collect();
            let one = if choices.len() > 1 { "is one of" } else { "can only be" };
            format!("'{field}' {one} {}; the API server refuses other values.", listed(&choices))
        }
        FaultKind::BadKey => {
            "A 'secretKey' consists of letters, digits, dots, dashes and underscores; the API server refuses others.".to_owned()
        }
        FaultKind::BadDuration(field) => format!(
            "'{field}' is no duration that Go reads: a text of hours, minutes and seconds such as '1h' or '0s', in which days do not exist."
        ),
        FaultKind::Privileged => {
            "The operator refuses templates of this type, since such a Secret gives access to the cluster.".to_owned()
        }
        FaultKind::BadTarget => {
            "A template of a Secret can write 'Data', 'Annotations' and 'Labels' only; the operator refuses other targets.".to_owned()
        }
        FaultKind::BadSelector => {
            format!("The selector of a {kind} has exactly one of 'secret' and 'generatorRef'.")
        }
    }
}
