//! `csi-undefined-class`: a volume of the Secrets Store CSI driver without its SecretProviderClass in the pod's namespace.

use std::collections::BTreeSet;

use super::across::{Across, title};
use super::csi::GROUP;
use crate::inventory::Stated;
use crate::inventory::facts::{Mount, Object, Role};
use crate::inventory::index::{At, Inventory};
use crate::inventory::near::is_slip;
use crate::rule::Level;

/// A class where it lands.
pub(super) struct Landed<'i> {
    pub(super) at: At,
    /// The name in its file.
    pub(super) written: &'i Stated,
    pub(super) name: &'i Stated,
    pub(super) namespace: &'i Stated,
}

/// Every class of the repository, once for each place where it lands.
pub(super) fn classes<'i>(inventory: &'i Inventory<'_>) -> Vec<Landed<'i>> {
    let is_class = |object: &Object| {
        &*object.kind == "SecretProviderClass" && &*object.group == GROUP && object.role != Role::Example
    };
    let objects = inventory.objects().filter(|(_, object)| is_class(object));
    let landed = objects.flat_map(|(at, object)| {
        let landings = inventory.landings(at).iter();
        landings.map(move |landing| Landed {
            at,
            written: &object.name,
            name: &landing.name,
            namespace: &landing.namespace,
        })
    });
    landed.collect()
}

/// Whether two namespaces may be the same one.
pub(super) fn may_be(one: &Stated, other: &Stated) -> bool {
    one == other || one.known().is_none() || other.known().is_none()
}

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let mounts = || inventory.objects().filter(|(_, object)| !object.mounts.is_empty() && object.role != Role::Example);
    if mounts().next().is_none() {
        return;
    }
    let classes = classes(inventory);
    let mut seen = BTreeSet::new();
    for (at, object) in mounts() {
        for landing in inventory.landings(at) {
            // Patches of volumes are not followed.
            let gaps = landing.build.is_some_and(|build| inventory.has_gaps(build));
            if landing.doubtful || gaps || !landing.patched.mounts.is_empty() {
                continue;
            }
            for mount in &object.mounts {
                let key = (at, mount.place, landing.namespace.known());
                if seen.insert(key) {
                    self::mount(cx, &classes, at, object, mount, &landing.namespace);
                }
            }
        }
    }
}

fn mount(cx: &mut Across<'_>, classes: &[Landed<'_>], at: At, object: &Object, mount: &Mount, namespace: &Stated) {
    let symbolic = format!("{} {}", title(object), mount.path);
    let name = match &mount.class {
        Stated::Known(name) => name,
        Stated::Unknown => return,
        Stated::Absent => {
            let message = "The volume names no SecretProviderClass, so that the pod does not start.".to_owned();
            let draft = cx.report(at.0, mount.place, Some(symbolic), message);
            draft.help = Some("Name it in `volumeAttributes.secretProviderClass`.".to_owned());
            return;
        }
    };
    let here = |class: &&Landed<'_>| may_be(class.namespace, namespace);
    let is_it = |class: &Landed<'_>| class.name.known().is_none_or(|known| known == &**name);
    if classes.is_empty() || classes.iter().filter(here).any(is_it) {
        return;
    }
    let place = namespace.known().map(|namespace| format!(" in the namespace '{namespace}'")).unwrap_or_default();
    let mut related = Vec::new();
    let mut hint = String::new();
    let mut strong = classes.iter().any(|class| namespace.known().is_some() && class.namespace == namespace);
    if let Some(renamed) = classes.iter().filter(here).find(|class| class.written.known() == Some(name)) {
        let now = renamed.name.known().unwrap_or_default();
        hint = format!(" kustomize makes '{now}' of its name, and does not change this reference.");
        related.push(cx.related(renamed.at.0, cx.inventory.object(renamed.at).place, "renamed here".to_owned()));
        strong = true;
    } else if let Some(other) = classes.iter().find(|class| class.name.known() == Some(name)) {
        let namespace = other.namespace.known().unwrap_or_default();
        hint = format!(" It is defined in the namespace '{namespace}' only, and a pod mounts classes of its own.");
        related.push(cx.related(other.at.0, cx.inventory.object(other.at).place, "defined here".to_owned()));
        strong = true;
    } else if let Some(near) =
        classes.iter().filter(here).find(|class| class.name.known().is_some_and(|other| is_slip(name, other)))
    {
        hint = format!(" Did you mean '{}'?", near.name.known().unwrap_or_default());
        related.push(cx.related(near.at.0, cx.inventory.object(near.at).place, "the nearest name".to_owned()));
        strong = true;
    }
    let message =
        format!("Nothing defines the SecretProviderClass '{name}'{place}, so that the pod does not start.{hint}");
    let draft = cx.report(at.0, mount.place, Some(symbolic), message);
    draft.at_most = if strong { Level::Error } else { Level::Warning };
    draft.related = related;
}

#[cfg(test)]
mod tests {
    use super::super::across::said;

    fn pod(class: &str) -> String {
        format!(
            "apiVersion: v1
kind: Pod
metadata: {{name: a, namespace: ml}}
spec:
  containers: [{{name: a, image: b}}]
  volumes:
    - name: store
      csi: {{driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: {{secretProviderClass: {class}}}}}
"
        )
    }

    fn class(name: &str, namespace: &str) -> String {
        format!(
            "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\n\
             metadata: {{name: {name}, namespace: {namespace}}}\n"
        )
    }

    #[test]
    fn evidence_decides_about_the_level() {
        for (classes, wanted) in [
            (vec![], None),
            (vec![class("vault-demo", "ml")], None),
            (
                vec![class("vault-dmeo", "ml")],
                Some(
                    "Error Nothing defines the SecretProviderClass 'vault-demo' in the namespace 'ml', so that the pod \
                      does not start. Did you mean 'vault-dmeo'?",
                ),
            ),
            (
                vec![class("vault-demo", "other")],
                Some(
                    "Error Nothing defines the SecretProviderClass 'vault-demo' in the namespace 'ml', so that the pod \
                      does not start. It is defined in the namespace 'other' only, and a pod mounts classes of its own.",
                ),
            ),
            (
                vec![class("unlike", "ml")],
                Some(
                    "Error Nothing defines the SecretProviderClass 'vault-demo' in the namespace 'ml', so that the pod \
                      does not start.",
                ),
            ),
            (
                vec![class("unlike", "other")],
                Some(
                    "Warning Nothing defines the SecretProviderClass 'vault-demo' in the namespace 'ml', so that the \
                      pod does not start.",
                ),
            ),
        ] {
            let pod = pod("vault-demo");
            let mut files = vec![("pod.yaml", pod.as_str())];
            files.extend(classes.iter().map(|text| ("class.yaml", text.as_str())));
            files.sort_unstable();
            assert_eq!(said("csi-undefined-class", &files), wanted.into_iter().collect::<Vec<_>>());
        }
    }
}
