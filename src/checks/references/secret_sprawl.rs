//! `secret-sprawl`: Secrets by service or with the namespace in their name, which the platform Secret should hold.

use crate::checks::common::{Across, listed_names};
use crate::inventory::facts::Maker;
use crate::inventory::index::{Defined, Inventory};

/// Services whose credentials the platform Secret holds.
const SERVICES: &str = "aws container-registry docker ghcr minio ml-flow mlflow mlops rclone registry s3 seldon";
/// What people call a Secret of a service.
const ENDINGS: [&str; 6] = ["secret", "secrets", "credentials", "creds", "credential", "auth"];

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let platform = listed_names(&inventory.convention.env_from);
    for defined in &inventory.defined {
        if let Some((name, why)) = sprawls(inventory, defined).filter(|_| !cx.has_reported(defined)) {
            let message = format!("The Secret `{name}` {why}; {platform} contains such credentials for every service.");
            cx.report_definition(defined, message);
        }
    }
}

/// The name of a Secret that the platform Secret should hold, and what is wrong with it.
pub(super) fn sprawls<'i>(inventory: &Inventory<'_>, defined: &'i Defined<'_>) -> Option<(&'i str, String)> {
    let (name, namespace) = (defined.name.known()?, defined.namespace.known());
    let made = matches!(
        defined.definition.maker,
        Maker::Secret | Maker::SealedSecret | Maker::ExternalSecret | Maker::SecretGenerator
    );
    if !made || inventory.convention.is_delivered(name) || !inventory.convention_applies(&defined.namespace) {
        return None;
    }
    Some((name, why(inventory, name, namespace)?))
}

/// What is wrong with a name.
fn why(inventory: &Inventory<'_>, name: &str, namespace: Option<&str>) -> Option<String> {
    let read = |namespace: &str| inventory.convention.read(namespace, &inventory.workflows);
    let workflow = namespace.and_then(read).map(|(workflow, _)| workflow);
    for prefix in [namespace, workflow].into_iter().flatten() {
        if name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('-') && rest.len() > 1) {
            return Some(format!("repeats `{prefix}`, which its namespace already states"));
        }
    }
    let service = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)?.strip_suffix('-'))?;
    let known = SERVICES.split(' ').any(|known| service == known || service.ends_with(&format!("-{known}")));
    known.then(|| "is for one service".to_owned())
}
