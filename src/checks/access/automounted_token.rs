//! `automounted-token`: pods with Secrets that mount a token of the API which nothing gives a right.

use std::collections::BTreeSet;

use crate::checks::common::Across;
use crate::inventory::Stated;
use crate::inventory::facts::{Access, Object, Pod, Role, Usage};
use crate::inventory::index::Inventory;
use crate::inventory::landing::Landing;

/// Whether pods of a kind need the API only if what runs in them does.
fn is_plain(object: &Object) -> bool {
    match &*object.group {
        "" => &*object.kind == "Pod",
        "apps" => matches!(&*object.kind, "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet"),
        "batch" => matches!(&*object.kind, "CronJob" | "Job"),
        _ => false,
    }
}

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let plain = |object: &Object| is_plain(object) && object.role == Role::Resource;
    let mut accounts = None;
    for (at, object) in inventory.objects().filter(|(_, object)| plain(object)) {
        let reads = |usage| matches!(usage, Usage::Env | Usage::EnvFrom | Usage::Volume);
        let may_mount = |pod: &&Pod| pod.token == Stated::Absent && pod.service_account != Stated::Unknown;
        let Some(pod) = object.pods.first().filter(may_mount) else { continue };
        // An agent beside the containers logs in by the token.
        let injected = object.vault.as_ref().is_some_and(|vault| vault.injected);
        if !object.references.iter().any(|reference| reads(reference.usage)) || injected {
            continue;
        }
        let landings = inventory.landings(at);
        let accounts = accounts.get_or_insert_with(|| Accounts::new(inventory));
        let mounts = |landing: &Landing| {
            let followed = !landing.doubtful && !landing.patched.token && !landing.patched.vault;
            followed && !inventory.has_gaps(landing) && accounts.is_idle(pod, &landing.namespace)
        };
        if landings.is_empty() || !landings.iter().all(mounts) {
            continue;
        }
        let account = pod.service_account.known().unwrap_or("default");
        let message = format!(
            "The pods mount an API token of the ServiceAccount `{account}`, which no binding in this repository grants anything."
        );
        cx.report_in((at.0, pod.place), object, &pod.path, message);
    }
}

/// What is known of ServiceAccounts.
#[derive(Default)]
struct Accounts<'i> {
    /// Those that the repository defines and that mount their token, by name and namespace.
    mounting: BTreeSet<(&'i str, Option<&'i str>)>,
    /// Names of those that do not, or that nobody knows of whether they do.
    careful: BTreeSet<&'i str>,
    /// Names of those that something gives a right.
    bound: BTreeSet<&'i str>,
    /// Namespaces of which the repository says who may do what: it has accounts or bindings there.
    kept: BTreeSet<&'i str>,
    /// Whether a right is given to all of them, or to one that is not known.
    all: bool,
}

impl<'i> Accounts<'i> {
    fn new(inventory: &'i Inventory<'_>) -> Self {
        let mut found = Self::default();
        for (at, object) in inventory.manifests() {
            let landings = inventory.landings(at);
            let namespaces = || landings.iter().map(|landing| landing.namespace.known());
            match object.access.as_deref() {
                Some(Access::Account(token)) => {
                    found.kept.extend(namespaces().flatten());
                    let patched = landings.iter().any(|landing| landing.patched.token);
                    let names = landings.iter().map(|landing| landing.name.known()).chain([object.name.known()]);
                    for name in names.flatten() {
                        if *token == Stated::Absent && !patched {
                            found.mounting.extend(namespaces().map(|namespace| (name, namespace)));
                        } else if token.known() != Some("true") {
                            found.careful.insert(name);
                        }
                    }
                }
                Some(Access::Binding(binding)) => {
                    found.kept.extend(namespaces().flatten());
                    for subject in &binding.subjects {
                        match (&*subject.kind, subject.name.known()) {
                            ("ServiceAccount", Some(name)) => _ = found.bound.insert(name),
                            ("ServiceAccount", None) => found.all = true,
                            (_, Some(name)) => found.all |= name.starts_with("system:serviceaccounts"),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// Whether the account of a pod in a namespace mounts its token, and has no right by what the repository shows.
    fn is_idle(&self, pod: &Pod, namespace: &Stated) -> bool {
        let name = pod.service_account.known().unwrap_or("default");
        // Rights of an account that is made elsewhere are given elsewhere too. Of a namespace that the repository gives no
        // account and no right it would be said of every workload.
        let known = name == "default" && namespace.known().is_some_and(|namespace| self.kept.contains(namespace))
            || self.mounting.contains(&(name, namespace.known()))
            || self.mounting.contains(&(name, None));
        known && !self.all && !self.careful.contains(name) && !self.bound.contains(name)
    }
}
