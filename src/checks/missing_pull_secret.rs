//! `missing-pull-secret`: an image of a private registry that the pod has no credentials for.

use std::collections::BTreeSet;

use super::across::{Across, listed, title};
use crate::inventory::Stated;
use crate::inventory::facts::{Pod, Role, Usage};
use crate::inventory::index::{At, Inventory};
use crate::inventory::landing::Landing;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    for (at, object) in inventory.objects().filter(|(_, object)| object.role != Role::Example) {
        for pod in object.pods.iter().filter(|pod| !pod.pulls) {
            let image = pod.images.iter().find(|(image, _)| inventory.convention.is_private_image(image));
            let Some((image, place)) = image else { continue };
            let speaks = |namespace: &Stated| inventory.speaks(namespace) && !may_pull(inventory, pod, namespace);
            let landings = inventory.landings(at);
            let list = format!("{}.imagePullSecrets", pod.path);
            let added = |landing: &Landing| landing.is_touched_below(&list) || is_added(inventory, at, landing.build);
            let lacks = |landing: &&Landing| !landing.doubtful && speaks(&landing.namespace) && !added(landing);
            let lacking: Vec<&Landing> = landings.iter().filter(lacks).collect();
            if lacking.is_empty() {
                continue;
            }
            // One overlay of several may lack it.
            let some = if lacking.len() < landings.len() { lacking.as_slice() } else { &[] };
            let some: BTreeSet<&str> = some.iter().filter_map(|landing| landing.namespace.known()).collect();
            let some: Vec<String> = some.into_iter().map(|namespace| format!("'{namespace}'")).collect();
            let place_words = if some.is_empty() { String::new() } else { format!(" in {}", listed(&some)) };
            let allowed: Vec<String> = inventory.convention.image_pull.iter().map(|name| format!("'{name}'")).collect();
            let message = format!(
                "The image '{}' is of a private registry, and neither the pod nor its ServiceAccount names a pull secret{place_words} ({}).",
                without_digest(image),
                listed(&allowed)
            );
            let symbolic = format!("{} {}", title(object), pod.path);
            cx.report(at.0, *place, Some(symbolic), message);
        }
    }
}

/// Whether a patch gives the object pull secrets in a build.
fn is_added(inventory: &Inventory<'_>, at: At, build: Option<usize>) -> bool {
    let pulls = |used: &&crate::inventory::index::Used<'_>| {
        used.user == at && used.build == build && used.reference.usage == Usage::ImagePull
    };
    inventory.used.iter().any(|used| pulls(&used)) || build.is_some_and(|build| inventory.has_gaps(build))
}

/// Whether the pod's ServiceAccount brings pull secrets, or is not known.
fn may_pull(inventory: &Inventory<'_>, pod: &Pod, namespace: &Stated) -> bool {
    let name = match &pod.service_account {
        Stated::Absent => "default",
        Stated::Known(name) => name,
        Stated::Unknown => return true,
    };
    let mut known = false;
    for (at, account) in inventory.objects().filter(|(_, object)| &*object.kind == "ServiceAccount") {
        let here = inventory.landings(at).iter().any(|landing| {
            landing.name.known() == Some(name)
                && match (landing.namespace.known(), namespace.known()) {
                    (Some(a), Some(b)) => a == b,
                    _ => true,
                }
        });
        if here {
            known = true;
            if account.references.iter().any(|reference| reference.usage == Usage::ImagePull) {
                return true;
            }
        }
    }
    // An account that the repository does not have may bring what it likes; but nobody writes down the default one.
    !known && name != "default"
}

fn without_digest(image: &str) -> &str {
    image.split('@').next().unwrap_or(image)
}
