//! `csi-undefined-class`: a volume of the Secrets Store CSI driver without its SecretProviderClass in the pod's namespace.

use std::collections::{BTreeMap, BTreeSet};

use super::class::GROUP;
use crate::checks::common::Across;
use crate::inventory::Stated;
use crate::inventory::facts::{Mount, Object};
use crate::inventory::index::{At, Inventory};
use crate::inventory::near::Near;
use crate::rule::Level;

/// A class where it lands.
#[derive(Clone, Copy)]
struct Landed<'i> {
    at: At,
    namespace: &'i Stated,
}

/// The classes of the repository, each once for each place where it lands.
#[derive(Default)]
struct Classes<'i> {
    /// By the name in the cluster; none where that is not known.
    named: BTreeMap<Option<&'i str>, Vec<Landed<'i>>>,
    /// By the name in the file, and with the one in the cluster.
    written: BTreeMap<&'i str, Vec<(Landed<'i>, &'i str)>>,
    /// Namespaces that have one of them.
    namespaces: BTreeSet<&'i str>,
}

impl<'i> Classes<'i> {
    fn new(inventory: &'i Inventory<'_>) -> Self {
        let is_class = |object: &Object| {
            // A script may fill in the version and the group with it (`apiVersion: $API_VERSION`).
            let of_group = &*object.group == GROUP || object.group.is_empty();
            &*object.kind == "SecretProviderClass" && of_group
        };
        let mut found = Self::default();
        for (at, object) in inventory.manifests().filter(|(_, object)| is_class(object)) {
            for landing in inventory.landings(at) {
                let landed = Landed { at, namespace: &landing.namespace };
                found.named.entry(landing.name.known()).or_default().push(landed);
                found.namespaces.extend(landing.namespace.known());
                if let (Some(written), Some(name)) = (object.name.known(), landing.name.known())
                    && written != name
                {
                    found.written.entry(written).or_default().push((landed, name));
                }
            }
        }
        found
    }

    /// The first of a name that may be in a namespace.
    fn find(&self, name: Option<&str>, namespace: &Stated) -> Option<Landed<'i>> {
        let of_name = self.named.get(&name)?;
        of_name.iter().find(|class| class.namespace.may_be(namespace)).copied()
    }
}

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let mounts = || inventory.manifests().filter(|(_, object)| !object.mounts.is_empty());
    if mounts().next().is_none() {
        return;
    }
    let classes = Classes::new(inventory);
    if classes.named.is_empty()
        && mounts().all(|(_, object)| object.mounts.iter().all(|mount| mount.class != Stated::Absent))
    {
        return;
    }
    let near = Near::new(classes.named.keys().filter_map(|name| *name));
    let mut seen = BTreeSet::new();
    for (at, object) in mounts() {
        for landing in inventory.landings(at) {
            // Patches of volumes are not followed.
            if landing.doubtful || inventory.has_gaps(landing) || !landing.patched.mounts.is_empty() {
                continue;
            }
            for mount in &object.mounts {
                let key = (at, mount.place, landing.namespace.known());
                if seen.insert(key) {
                    self::mount(cx, (&classes, &near), at, object, mount, &landing.namespace);
                }
            }
        }
    }
}

fn mount(
    cx: &mut Across<'_>,
    (classes, near): (&Classes<'_>, &Near<'_>),
    at: At,
    object: &Object,
    mount: &Mount,
    namespace: &Stated,
) {
    let at_name = (at.0, mount.place);
    let name = match &mount.class {
        Stated::Known(name) => &**name,
        Stated::Unknown => return,
        Stated::Absent => {
            let message = "The volume names no SecretProviderClass, so the pod does not start.".to_owned();
            let help = "Name it in `volumeAttributes.secretProviderClass`.".to_owned();
            cx.report_in(at_name, object, &mount.path, message).help = Some(help);
            return;
        }
    };
    let is_there = |name| classes.find(name, namespace).is_some();
    if classes.named.is_empty() || is_there(Some(name)) || is_there(None) {
        return;
    }
    let place = namespace.known().map(|namespace| format!(" in the namespace `{namespace}`")).unwrap_or_default();
    let mut renamed = classes.written.get(name).into_iter().flatten();
    let slip = || near.slips(name).find_map(|other| Some((other, classes.find(Some(other), namespace)?)));
    let strong = namespace.known().is_some_and(|namespace| classes.namespaces.contains(namespace));
    let (hint, related) = if let Some((class, now)) = renamed.find(|(class, _)| class.namespace.may_be(namespace)) {
        let hint = format!(" kustomize renames it to `{now}`, but does not change this reference.");
        (hint, Some((*class, "renamed here")))
    } else if let Some(other) = classes.named.get(&Some(name)).and_then(|classes| classes.first()) {
        let namespace = other.namespace.known().unwrap_or_default();
        let hint = format!(
            " It is defined only in the namespace `{namespace}`, and a pod can only mount classes of its own namespace."
        );
        (hint, Some((*other, "defined here")))
    } else if let Some((other, class)) = slip() {
        (format!(" Did you mean `{other}`?"), Some((class, "similar name defined here")))
    } else {
        (String::new(), None)
    };
    let inventory = cx.inventory;
    let level = if strong || related.is_some() { Level::Error } else { Level::Warning };
    let related = related.map(|(Landed { at, .. }, words)| cx.related(at.0, inventory.object(at).place, words));
    let message = format!("Nothing defines the SecretProviderClass `{name}`{place}, so the pod does not start.{hint}");
    let draft = cx.report_in(at_name, object, &mount.path, message);
    draft.at_most = level;
    draft.related.extend(related);
}
