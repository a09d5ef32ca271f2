//! `automounted-token`: pods with Secrets that mount a token of the API which nothing gives a right.

use std::collections::BTreeSet;

use crate::checks::common::{Across, title};
use crate::inventory::Stated;
use crate::inventory::facts::{Access, Object, Pod, Role, Usage};
use crate::inventory::index::Inventory;
use crate::inventory::landing::Landing;

/// Kinds whose pods need the API only if what runs in them does: group, kind.
const PLAIN: [(&str, &str); 7] = [
    ("", "Pod"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("batch", "CronJob"),
    ("batch", "Job"),
];

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let plain = |object: &Object| PLAIN.contains(&(&*object.group, &*object.kind)) && object.role == Role::Resource;
    let mut accounts = None;
    for (at, object) in inventory.objects().filter(|(_, object)| plain(object)) {
        let reads = |usage| matches!(usage, Usage::Env | Usage::EnvFrom | Usage::Volume);
        let Some(pod) = object.pods.first().filter(|pod| may_mount(pod)) else { continue };
        if !object.references.iter().any(|reference| reads(reference.usage)) || uses_token(object) {
            continue;
        }
        let landings = inventory.landings(at);
        let accounts = accounts.get_or_insert_with(|| Accounts::new(inventory));
        let mounts = |landing: &Landing| {
            let followed = !landing.doubtful && !landing.patched.token && !landing.patched.vault;
            let gaps = landing.build.is_some_and(|build| inventory.has_gaps(build));
            followed && !gaps && accounts.is_idle(pod, &landing.namespace)
        };
        if landings.is_empty() || !landings.iter().all(mounts) {
            continue;
        }
        let account = pod.service_account.known().unwrap_or("default");
        let message = format!(
            "The pods mount an API token of the ServiceAccount `{account}`, which no binding in this repository grants anything."
        );
        let place = format!("{} {}", title(object), pod.path);
        cx.report(at.0, pod.place, Some(place), message);
    }
}

fn may_mount(pod: &Pod) -> bool {
    pod.token == Stated::Absent && pod.service_account != Stated::Unknown
}

/// Whether an agent beside the containers logs in by the token.
fn uses_token(object: &Object) -> bool {
    object.vault.as_ref().is_some_and(|vault| vault.injected)
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
        for (at, object) in inventory.objects().filter(|(_, object)| object.role != Role::Example) {
            if matches!(object.access.as_deref(), Some(Access::Account(_) | Access::Binding(_))) {
                found.kept.extend(inventory.landings(at).iter().filter_map(|landing| landing.namespace.known()));
            }
            match object.access.as_deref() {
                Some(Access::Account(token)) => {
                    let names = inventory.landings(at).iter().map(|landing| landing.name.known());
                    let patched = inventory.landings(at).iter().any(|landing| landing.patched.token);
                    for name in names.chain([object.name.known()]).flatten() {
                        if *token == Stated::Absent && !patched {
                            let namespaces = inventory.landings(at).iter().map(|landing| landing.namespace.known());
                            found.mounting.extend(namespaces.map(|namespace| (name, namespace)));
                        } else if token.known() != Some("true") {
                            found.careful.insert(name);
                        }
                    }
                }
                Some(Access::Binding(binding)) => {
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
