//! `secret-type-mismatch`: a Secret without the keys that its type requires, which the cluster refuses.

use crate::checks::common::{Across, listed_names};
use crate::inventory::facts::{Maker, Role};
use crate::inventory::index::{Defined, Inventory};

/// Keys that a type requires, of which all, or one, must be there (`docs/facts/kubernetes.md#rules-for-secrets`).
const REQUIRED: [(&str, &[&str], bool); 5] = [
    ("kubernetes.io/dockercfg", &[".dockercfg"], true),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"], true),
    ("kubernetes.io/basic-auth", &["username", "password"], false),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"], true),
    ("kubernetes.io/tls", &["tls.crt", "tls.key"], true),
];

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    for defined in &inventory.defined {
        if let Some(fault) = fault(inventory, defined).filter(|_| !cx.has_reported(defined)) {
            cx.report_definition(defined, fault);
        }
    }
}

/// What is wrong with a Secret of a built-in type.
pub(super) fn fault(inventory: &Inventory<'_>, defined: &Defined<'_>) -> Option<String> {
    let definition = defined.definition;
    let made = !matches!(
        definition.maker,
        Maker::Certificate | Maker::Command | Maker::Controller | Maker::MergedExternalSecret
    );
    let stated = definition.secret_type.as_deref();
    let (kind, required, every) = REQUIRED.iter().find(|(kind, ..)| Some(*kind) == stated)?;
    let object = inventory.object_of(defined);
    // A Secret without any key is filled in by someone else, or is a placeholder that is never applied.
    let open =
        definition.keys.is_empty() || object.is_some_and(|object| object.templated && object.role != Role::Resource);
    if !made || !definition.complete || open {
        return None;
    }
    let has = |key: &&&str| definition.keys.iter().any(|(other, _)| &**other == **key);
    let lacking: Vec<_> = required.iter().filter(|key| !has(key)).collect();
    let wrong = if *every { !lacking.is_empty() } else { lacking.len() == required.len() };
    let which = if *every { listed_names(lacking) } else { format!("both {}", listed_names(lacking)) };
    let name = defined.name.known().map_or_else(|| "This Secret".to_owned(), |name| format!("The Secret `{name}`"));
    wrong.then(|| format!("{name} has the type `{kind}` but lacks {which}; the API server rejects it."))
}
