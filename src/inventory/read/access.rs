//! Rights to Secrets: roles that read all of them, bindings, and ServiceAccounts.

use super::around::Around;
use crate::document::yaml::Node;
use crate::inventory::facts::{Access, Binding, Reads, Subject};

/// Verbs that give the values away.
const READS: [&str; 4] = ["get", "list", "watch", "*"];

/// Most rules and resources that are looked at; aliases can make many of few.
const MOST: usize = 1000;

/// What an object is to the rights to Secrets; nothing for a role that does not read them.
pub(super) fn of_object(around: &Around<'_>) -> Option<Access> {
    let object = around.object;
    let rights = matches!(&*object.group, "rbac.authorization.k8s.io" | "authorization.openshift.io");
    match &*object.kind {
        "Role" | "ClusterRole" if rights => role(around),
        "RoleBinding" | "ClusterRoleBinding" if rights => binding(around).map(Access::Binding),
        "ServiceAccount" if object.group.is_empty() => {
            Some(Access::Account(around.stated(around.at(&["automountServiceAccountToken"]))))
        }
        _ => None,
    }
}

fn role(around: &Around<'_>) -> Option<Access> {
    let rules = around.at(&["rules"]).into_iter().flat_map(Node::items).take(MOST).enumerate();
    let reads: Vec<Reads> = rules.filter_map(|(index, rule)| reads(around, index, rule)).collect();
    (!reads.is_empty()).then_some(Access::Role { reads })
}

fn words<'v>(rule: Node<'v>, key: &str) -> impl Iterator<Item = &'v str> {
    rule.get(key).into_iter().flat_map(Node::items).take(MOST).filter_map(Node::as_str)
}

/// The first item of `resources` by which a rule reads all Secrets.
fn reads(around: &Around<'_>, index: usize, rule: Node<'_>) -> Option<Reads> {
    let core = words(rule, "apiGroups").any(|group| matches!(group, "" | "*"));
    let named = rule.get("resourceNames").is_some_and(|names| names.items().next().is_some());
    let verbs: Vec<Box<str>> = words(rule, "verbs").filter(|verb| READS.contains(verb)).map(Box::from).collect();
    if !core || verbs.is_empty() || named {
        return None;
    }
    let mut resources = rule.get("resources").into_iter().flat_map(Node::items).take(MOST).enumerate();
    let (item, node) = resources.find(|(_, item)| matches!(item.as_str(), Some("secrets" | "*")))?;
    let path = format!(".rules[{index}].resources[{item}]").into();
    Some(Reads { verbs, path, place: around.place(node) })
}

fn binding(around: &Around<'_>) -> Option<Binding> {
    let role = around.at(&["roleRef", "name"])?;
    let subjects = around.at(&["subjects"]).into_iter().flat_map(Node::items).map(|subject| Subject {
        kind: subject.get("kind").and_then(Node::as_str).unwrap_or_default().into(),
        name: around.stated(subject.get("name")),
        namespace: around.stated(subject.get("namespace")),
    });
    Some(Binding {
        kind: around.at(&["roleRef", "kind"]).and_then(Node::as_str).unwrap_or_default().into(),
        role: around.stated(Some(role)),
        place: around.place(role),
        subjects: subjects.collect(),
    })
}
