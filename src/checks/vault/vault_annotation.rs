//! `vault-annotation`: annotations of the Vault Agent injector that cannot work.
//!
//! What is wrong is judged in `inventory/judged/vault.rs`, while the text is there; here patches and words are weighed.

use std::collections::BTreeSet;

use crate::checks::common::{Across, title};
use crate::document::object::push_key;
use crate::inventory::facts::{Object, Role, VaultFault, VaultFaultKind as Fault};
use crate::inventory::read::VAULT;
use crate::rule::Level;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let objects = || inventory.objects().filter(|(_, object)| object.role != Role::Example && object.vault.is_some());
    let name = |object: &Object| (object.kind.clone(), object.name.known().map(Box::<str>::from));
    // What has no landing is a patch; one that nothing says of which build it is may still be applied.
    let patched: BTreeSet<_> =
        objects().filter(|(at, _)| inventory.landings(*at).is_empty()).map(|(_, object)| name(object)).collect();
    for (at, object) in objects() {
        let landings = inventory.landings(at);
        let may_be_added = landings.is_empty()
            || landings.iter().any(|landing| {
                landing.doubtful
                    || landing.patched.vault
                    || landing.build.is_some_and(|build| inventory.has_gaps(build))
            })
            || patched.contains(&name(object));
        for fault in object.vault.iter().flat_map(|vault| &vault.faults) {
            if fault.kind.is_absence() && may_be_added {
                continue;
            }
            report(cx, at.0, object, fault);
        }
    }
}

fn report(cx: &mut Across<'_>, file: usize, object: &Object, fault: &VaultFault) {
    let (message, help) = message_and_help(fault.kind, &fault.key, &object.kind);
    let mut place = format!("{} {}", title(object), fault.path);
    push_key(&mut place, &format!("{VAULT}{}", fault.key));
    let draft = cx.report(file, fault.place, Some(place), message);
    draft.help = Some(help.to_owned());
    if matches!(fault.kind, Fault::SwitchedOff | Fault::OtherPath | Fault::Unverified) {
        draft.at_most = Level::Warning;
    }
}

fn message_and_help(fault: Fault, key: &str, kind: &str) -> (String, &'static str) {
    match fault {
        Fault::Misplaced => (
            format!(
                "The injector looks at pods only, and a {kind} does not pass the annotations of its own metadata on: \
                 `{VAULT}{key}` does nothing here."
            ),
            "Move the annotations to the metadata of the pod template (of an Argo Workflow: to `podMetadata` or to the \
             `metadata` of a template).",
        ),
        Fault::NotInjected => (
            format!("`{VAULT}{key}` requests a secret, but nothing requests the agent, so nothing is injected."),
            "Add `vault.hashicorp.com/agent-inject: \"true\"` beside it.",
        ),
        Fault::SwitchedOff => (
            "Injection is disabled, although other annotations request secrets.".to_owned(),
            "Write \"true\", or remove the annotations that request secrets.",
        ),
        Fault::NoRole => (
            "The agent has no role to log in to Vault with, so the injector rejects the pod.".to_owned(),
            "Add `vault.hashicorp.com/role`, unless the agent is configured by `agent-configmap`.",
        ),
        Fault::NoSecret => (
            format!("`{VAULT}{key}` configures a secret that no annotation requests, and is ignored."),
            "Write the name after the last dash as in `agent-inject-secret-…` or `agent-inject-template-…`.",
        ),
        Fault::SameFile => (
            format!(
                "`{VAULT}{key}` writes the same file as another annotation, because the injector lowercases names."
            ),
            "If both mean the same secret, spell the names alike; otherwise rename one, or give it its own \
             `agent-inject-file-…`.",
        ),
        Fault::NotString => (
            format!("The value of `{VAULT}{key}` is not a YAML string, so the API server rejects the annotation."),
            "Put the value in quotes.",
        ),
        Fault::NotBoolean => (
            format!(
                "The value of `{VAULT}{key}` must be \"true\" or \"false\"; otherwise the injector rejects the pod."
            ),
            "Write \"true\" or \"false\".",
        ),
        Fault::Unclosed => (
            format!("The template `{VAULT}{key}` has an unclosed action, so the agent does not start."),
            "Close each `{{` with `}}`, and each `with`, `if` and `range` with one `end`.",
        ),
        Fault::OtherPath => (
            format!(
                "The template `{VAULT}{key}` reads other paths than the one that its secret names, which is never \
                 read."
            ),
            "Only the template decides what is read. Write the same path in both places.",
        ),
        Fault::Unverified => (
            "TLS verification is disabled: the agent will send its token to any server that answers.".to_owned(),
            "Give the agent the CA certificate with `vault.hashicorp.com/tls-secret` and `ca-cert`.",
        ),
    }
}
