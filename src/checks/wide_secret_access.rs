//! `wide-secret-access`: RBAC that can read every Secret of a namespace, or of the cluster.

use super::Context;
use crate::document::fragment::Lang;
use crate::document::object::Object;
use crate::document::yaml::Node;

/// Verbs that give the values away.
const READS: [&str; 4] = ["get", "list", "watch", "*"];

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    // Texts for people show what not to do.
    if matches!(view.lang, Lang::Markdown | Lang::Notebook) {
        return;
    }
    for object in view.objects.iter().filter(|object| matches!(object.kind, "Role" | "ClusterRole")) {
        if !matches!(object.group(), "rbac.authorization.k8s.io" | "authorization.openshift.io") {
            continue;
        }
        let rules = object.node.get("rules").into_iter().flat_map(Node::items).enumerate();
        for (index, rule) in rules {
            if let Some((at, found)) = reads_all(rule) {
                let verbs: Vec<&str> = words(rule, "verbs").filter(|verb| READS.contains(verb)).collect();
                report(cx, object, index, at, found, &verbs.join(", "));
            }
        }
    }
}

fn words<'v>(rule: Node<'v>, key: &str) -> impl Iterator<Item = &'v str> {
    rule.get(key).into_iter().flat_map(Node::items).filter_map(Node::as_str)
}

/// The item of `resources` by which a rule reads all Secrets: its node and its index.
fn reads_all(rule: Node<'_>) -> Option<(Node<'_>, usize)> {
    let core = words(rule, "apiGroups").any(|group| matches!(group, "" | "*"));
    let reads = words(rule, "verbs").any(|verb| READS.contains(&verb));
    let named = rule.get("resourceNames").is_some_and(|names| names.items().next().is_some());
    if !core || !reads || named {
        return None;
    }
    let mut resources = rule.get("resources").into_iter().flat_map(Node::items).enumerate();
    resources.find(|(_, item)| matches!(item.as_str(), Some("secrets" | "*"))).map(|(index, item)| (item, index))
}

fn report(cx: &mut Context<'_, '_>, object: &Object<'_>, rule: usize, at: Node<'_>, item: usize, verbs: &str) {
    let place = format!("{} .rules[{rule}].resources[{item}]", object.title());
    let reach = if object.kind == "ClusterRole" {
        "every Secret of each namespace that it is bound in, or of the whole cluster"
    } else {
        "every Secret of its namespace"
    };
    let message = format!("This {} can read {reach} ({verbs}).", object.kind);
    cx.structure(object.unit.outer(at.span()), Some(place), message);
}
