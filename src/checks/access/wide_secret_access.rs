//! `wide-secret-access`: RBAC that can read every Secret of a namespace, or of the cluster, and who is given it.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::common::{Across, listed, listed_names};
use crate::finding::Related;
use crate::inventory::Stated;
use crate::inventory::facts::{Access, Binding, Object, Reads, Subject};
use crate::inventory::index::{At, Inventory};
use crate::path;

/// Roles of every cluster that can read all Secrets; `view` cannot.
const BUILT_IN: [&str; 3] = ["admin", "cluster-admin", "edit"];

/// Whoever has any account of the cluster, or none.
const EVERYBODY: [&str; 3] = ["system:authenticated", "system:unauthenticated", "system:anonymous"];

/// All ServiceAccounts, of the cluster or (with a colon and its name) of a namespace.
const ACCOUNTS: &str = "system:serviceaccounts";

/// Most bindings of one name that are compared with a role.
const MOST: usize = 256;

/// A binding with the object that it is.
type Bound<'i> = (At, &'i Object, &'i Binding);

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let bindings = bindings(inventory);
    let mut own: BTreeSet<&str> = BTreeSet::new();
    for (at, object) in inventory.manifests() {
        if &*object.kind == "ClusterRole" {
            own.extend(object.name.known());
        }
        if let Some(Access::Role { reads }) = object.access.as_deref() {
            role(cx, at, object, reads, &bindings);
        }
    }
    for (name, bound) in bindings.iter().filter(|(name, _)| BUILT_IN.contains(name) && !own.contains(*name)) {
        for (at, object, binding) in bound.iter().filter(|(.., binding)| &*binding.kind == "ClusterRole") {
            built_in(cx, *at, object, binding, name);
        }
    }
}

/// Bindings by the name of their role.
fn bindings<'i>(inventory: &'i Inventory<'_>) -> BTreeMap<&'i str, Vec<Bound<'i>>> {
    let mut found: BTreeMap<&str, Vec<Bound<'_>>> = BTreeMap::new();
    for (at, object) in inventory.manifests() {
        let Some(Access::Binding(binding)) = object.access.as_deref() else { continue };
        if let Some(role) = binding.role.known() {
            found.entry(role).or_default().push((at, object, binding));
        }
    }
    found
}

fn role(cx: &mut Across<'_>, at: At, object: &Object, reads: &[Reads], bindings: &BTreeMap<&str, Vec<Bound<'_>>>) {
    let Some(first) = reads.first() else { return };
    let inventory = cx.inventory;
    let bound = object.name.known().and_then(|name| bindings.get(name)).map(Vec::as_slice).unwrap_or_default();
    let bound = nearest(inventory, at, object, bound);
    let everywhere = bound.iter().any(|(_, object, _)| &*object.kind == "ClusterRoleBinding");
    let namespaces: BTreeSet<&str> = bound.iter().filter_map(|(at, ..)| namespace(inventory, *at)).collect();
    let reach = match (&*object.kind, namespaces.len()) {
        ("Role", _) => "every Secret of its namespace".to_owned(),
        _ if everywhere => "every Secret of the cluster".to_owned(),
        _ if bound.is_empty() => {
            "every Secret of each namespace that it is bound in, or of the whole cluster".to_owned()
        }
        (_, 0) => "every Secret of the namespaces that it is bound in".to_owned(),
        (_, 1) => format!("every Secret of the namespace {}", listed_names(namespaces)),
        _ => format!("every Secret of the namespaces {}", listed_names(namespaces)),
    };
    let mut verbs: Vec<&str> = Vec::new();
    for verb in reads.iter().flat_map(|reads| &reads.verbs) {
        if !verbs.contains(&&**verb) {
            verbs.push(verb);
        }
    }
    let given = subjects(bound.iter().copied());
    let given = if given.is_empty() { String::new() } else { format!(" It is granted to {}.", listed(&given)) };
    let is_label = |(key, value): &(Box<str>, Box<str>)| {
        &**key == "rbac.authorization.k8s.io/aggregate-to-view" && &**value == "true"
    };
    let viewers = if object.labels.iter().any(is_label) {
        " Its label adds that to the built-in role `view`, which excludes Secrets."
    } else {
        ""
    };
    let message = format!("This {} can read {reach} ({}).{given}{viewers}", object.kind, verbs.join(", "));
    let mut related: Vec<Related> =
        bound.iter().map(|(at, _, binding)| cx.related(at.0, binding.place, "bound here")).collect();
    related.extend(reads[1..].iter().map(|more| cx.related(at.0, more.place, "and here")));
    cx.report_in((at.0, first.place), object, &first.path, message).related = related;
}

/// The bindings that mean this role: of several roles of one name each has its own, in its file, its folder or its build.
fn nearest<'i>(inventory: &Inventory<'_>, at: At, object: &Object, bound: &[Bound<'i>]) -> Vec<Bound<'i>> {
    let builds = |at: At| inventory.landings(at).iter().filter_map(|landing| landing.build).collect::<BTreeSet<_>>();
    let fits = |binding: &Bound<'_>| {
        let (at_binding, other, binding) = *binding;
        let same_namespace = || match (namespace(inventory, at), namespace(inventory, at_binding)) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        binding.kind == object.kind
            && (&*object.kind == "ClusterRole" || &*other.kind == "RoleBinding" && same_namespace())
    };
    let bound: Vec<Bound<'_>> = bound.iter().copied().filter(fits).take(MOST).collect();
    let folder = |file: usize| path::folder(inventory.path(file)).to_owned();
    let own = builds(at);
    let nearer: [&dyn Fn(&Bound<'_>) -> bool; 3] =
        [&|(other, ..)| other.0 == at.0, &|(other, ..)| !builds(*other).is_disjoint(&own), &|(other, ..)| {
            folder(other.0) == folder(at.0)
        }];
    for near in nearer {
        let found: Vec<Bound<'_>> = bound.iter().copied().filter(|bound| near(bound)).collect();
        if !found.is_empty() {
            return found;
        }
    }
    bound
}

/// The namespace in which an object lands, where it is one.
fn namespace<'i>(inventory: &'i Inventory<'_>, at: At) -> Option<&'i str> {
    let object = inventory.object(at);
    let mut landings = inventory.landings(at).iter().map(|landing| &landing.namespace);
    let first = landings.next().unwrap_or(&object.namespace);
    first.known().filter(|_| !object.kind.starts_with("Cluster") && landings.all(|other| other == first))
}

/// Whom bindings name, in words, each once.
fn subjects<'i>(bound: impl Iterator<Item = Bound<'i>>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (_, object, binding) in bound {
        for subject in binding.subjects.iter().filter(|subject| subject.name.known().is_some()) {
            let words = words(subject, &object.namespace);
            if !found.contains(&words) {
                found.push(words);
            }
        }
    }
    found
}

fn words(subject: &Subject, around: &Stated) -> String {
    let name = subject.name.known().unwrap_or("?");
    if EVERYBODY.contains(&name) {
        return format!("everybody ({name})");
    }
    match name.strip_prefix(ACCOUNTS) {
        Some("") => return "every ServiceAccount of the cluster".to_owned(),
        Some(rest) if rest.starts_with(':') => {
            return format!("every ServiceAccount of the namespace `{}`", &rest[1..]);
        }
        _ => {}
    }
    let namespace = subject.namespace.known().or_else(|| around.known());
    match (&*subject.kind, namespace) {
        ("ServiceAccount", Some(namespace)) => format!("the ServiceAccount `{namespace}/{name}`"),
        ("ServiceAccount", None) => format!("the ServiceAccount `{name}`"),
        ("Group", _) => format!("the group `{name}`"),
        _ => format!("the user `{name}`"),
    }
}

/// A binding of a role of every cluster to what is neither a person nor a group of people.
fn built_in(cx: &mut Across<'_>, at: At, object: &Object, binding: &Binding, role: &str) {
    let is_wide = |subject: &&Subject| {
        let name = subject.name.known().unwrap_or_default();
        let account = &*subject.kind == "ServiceAccount";
        account || EVERYBODY.contains(&name) || name == ACCOUNTS || name.starts_with("system:serviceaccounts:")
    };
    let subjects: Vec<String> =
        binding.subjects.iter().filter(is_wide).map(|subject| words(subject, &object.namespace)).collect();
    if subjects.is_empty() {
        return;
    }
    let reach = match namespace(cx.inventory, at) {
        _ if &*object.kind == "ClusterRoleBinding" => "of the cluster".to_owned(),
        Some(namespace) => format!("of the namespace `{namespace}`"),
        None => "of its namespace".to_owned(),
    };
    let message = format!(
        "This {} grants the built-in role `{role}` to {}: it can read every Secret {reach}, and more.",
        object.kind,
        listed(&subjects)
    );
    cx.report_in((at.0, binding.place), object, ".roleRef.name", message);
}

#[cfg(test)]
mod tests {
    use crate::checks::testing::messages_of;

    const ROLE: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
  - {apiGroups: ['*'], resources: [secrets], verbs: [get]}
  - {apiGroups: [''], resources: ['*'], verbs: [list, get]}
";

    fn binding(kind: &str, subjects: &str) -> String {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata: {{name: reader, namespace: argo}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}}
subjects: {subjects}
"
        )
    }

    #[test]
    fn a_role_tells_what_it_reads_and_who_has_it() {
        let account = "[{kind: ServiceAccount, name: controller, namespace: argo}]";
        for (bindings, wanted) in [
            (vec![], "every Secret of each namespace that it is bound in, or of the whole cluster (get, list)."),
            (
                vec![binding("RoleBinding", account)],
                "every Secret of the namespace `argo` (get, list). It is granted to the ServiceAccount `argo/controller`.",
            ),
            (
                vec![
                    binding("RoleBinding", account),
                    binding("ClusterRoleBinding", "[{kind: Group, name: 'system:authenticated'}]"),
                ],
                "every Secret of the cluster (get, list). It is granted to the ServiceAccount `argo/controller` and everybody \
                 (system:authenticated).",
            ),
        ] {
            let mut files = vec![("a/role.yaml".to_owned(), ROLE.to_owned())];
            files.extend(bindings.into_iter().enumerate().map(|(at, text)| (format!("b/{at}.yaml"), text)));
            let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
            assert_eq!(
                messages_of(crate::rule::id::WIDE_SECRET_ACCESS, &files),
                [format!("Error This ClusterRole can read {wanted}")]
            );
        }
    }

    #[test]
    fn of_two_roles_of_one_name_each_has_its_own_binding() {
        let one = binding("ClusterRoleBinding", "[{kind: ServiceAccount, name: one, namespace: a}]");
        let other = binding("ClusterRoleBinding", "[{kind: ServiceAccount, name: other, namespace: b}]");
        let files = [("a/r.yaml", ROLE), ("a/s.yaml", one.as_str()), ("b/r.yaml", ROLE), ("b/s.yaml", other.as_str())];
        let said = messages_of(crate::rule::id::WIDE_SECRET_ACCESS, &files);
        assert!(said[0].ends_with("It is granted to the ServiceAccount `a/one`."), "{said:?}");
        assert!(said[1].ends_with("It is granted to the ServiceAccount `b/other`."), "{said:?}");
    }
}
