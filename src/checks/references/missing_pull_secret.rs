//! `missing-pull-secret`: an image of a private registry that the pod has no credentials for.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::common::repair::Repair;
use crate::checks::common::{Across, listed_names};
use crate::inventory::Stated;
use crate::inventory::facts::{Pod, Usage};
use crate::inventory::index::{At, Inventory};
use crate::inventory::landing::Landing;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let accounts = Accounts::new(inventory);
    let pulls = inventory.used.iter().filter(|used| used.reference.usage == Usage::ImagePull);
    let pulls: BTreeSet<(At, Option<usize>)> = pulls.map(|used| (used.user, used.build)).collect();
    for (at, object) in inventory.manifests() {
        for pod in object.pods.iter().filter(|pod| !pod.pulls) {
            let image = pod.images.iter().find(|(image, _)| inventory.convention.is_private_image(image));
            let Some((image, place)) = image else { continue };
            let landings = inventory.landings(at);
            let list = format!("{}.imagePullSecrets", pod.path);
            // Whether a patch gives the object pull secrets in the build, or may.
            let added = |landing: &Landing| {
                landing.pulls_below(&list) || pulls.contains(&(at, landing.build)) || inventory.has_gaps(landing)
            };
            let lacks = |landing: &&Landing| {
                let applies = !landing.doubtful && inventory.convention_applies(&landing.namespace);
                applies && !accounts.may_pull(pod, &landing.namespace) && !added(landing)
            };
            let lacking: Vec<&Landing> = landings.iter().filter(lacks).collect();
            if lacking.is_empty() {
                continue;
            }
            // One overlay of several may lack it.
            let some = if lacking.len() < landings.len() { lacking.as_slice() } else { &[] };
            let some: BTreeSet<&str> = some.iter().filter_map(|landing| landing.namespace.known()).collect();
            let place_words = if some.is_empty() { String::new() } else { format!(" in {}", listed_names(some)) };
            let message = format!(
                "The image `{}` is in a private registry, but neither the pod nor its ServiceAccount names a pull secret{place_words} ({}).",
                image.split('@').next().unwrap_or(image),
                listed_names(&inventory.convention.image_pull)
            );
            let name = inventory.convention.image_pull.first().cloned();
            let repair = name.map(|name| Repair::PullSecret { image: place.span, name });
            cx.report_in((at.0, *place), object, &pod.path, message).repair = repair;
        }
    }
}

/// ServiceAccounts by name, and whether they bring pull secrets.
#[derive(Default)]
struct Accounts<'i>(BTreeMap<&'i str, Account<'i>>);

/// Those of one name: in each namespace, where that is not known, and anywhere.
#[derive(Default)]
struct Account<'i> {
    known: BTreeMap<&'i str, bool>,
    unknown: Option<bool>,
    any: bool,
}

impl<'i> Accounts<'i> {
    fn new(inventory: &'i Inventory<'_>) -> Self {
        let mut found = Self::default();
        for (at, account) in inventory.objects().filter(|(_, object)| &*object.kind == "ServiceAccount") {
            let pulls = account.references.iter().any(|reference| reference.usage == Usage::ImagePull);
            for landing in inventory.landings(at) {
                let Some(name) = landing.name.known() else { continue };
                let named = found.0.entry(name).or_default();
                named.any |= pulls;
                match landing.namespace.known() {
                    Some(namespace) => *named.known.entry(namespace).or_default() |= pulls,
                    None => *named.unknown.get_or_insert_default() |= pulls,
                }
            }
        }
        found
    }

    /// Whether the pod's ServiceAccount brings pull secrets, or is not known.
    fn may_pull(&self, pod: &Pod, namespace: &Stated) -> bool {
        let name = match &pod.service_account {
            Stated::Absent => "default",
            Stated::Known(name) => name,
            Stated::Unknown => return true,
        };
        let pulls = self.0.get(name).and_then(|account| match namespace.known() {
            Some(namespace) => match (account.known.get(namespace), account.unknown) {
                (None, None) => None,
                (here, open) => Some(here == Some(&true) || open == Some(true)),
            },
            None => Some(account.any),
        });
        // An account that the repository does not have may bring what it likes; but nobody writes down the default one.
        pulls.unwrap_or(name != "default")
    }
}
