//! `vault-annotation`: annotations of the Vault Agent injector that cannot work.
//!
//! What is wrong is judged in `inventory/judged/vault.rs`, while the text is there; here patches and words are weighed.

use std::collections::BTreeSet;

use super::across::{Across, title};
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
    let (message, help) = words(fault.kind, &fault.key, &object.kind);
    let mut place = format!("{} {}", title(object), fault.path);
    push_key(&mut place, &format!("{VAULT}{}", fault.key));
    let draft = cx.report(file, fault.place, Some(place), message);
    draft.help = Some(help.to_owned());
    if matches!(fault.kind, Fault::SwitchedOff | Fault::OtherPath | Fault::Unverified) {
        draft.at_most = Level::Warning;
    }
}

fn words(fault: Fault, key: &str, kind: &str) -> (String, &'static str) {
    match fault {
        Fault::Misplaced => (
            format!(
                "The injector looks at pods only, and a {kind} keeps the annotations of its own metadata to itself: \
                 '{VAULT}{key}' does nothing here."
            ),
            "Move the annotations to the metadata of the pod template (of an Argo Workflow: to `podMetadata` or to the \
             `metadata` of a template).",
        ),
        Fault::NotInjected => (
            format!("'{VAULT}{key}' asks for a secret, but nothing asks for the agent, so that nothing is injected."),
            "Add `vault.hashicorp.com/agent-inject: \"true\"` beside it.",
        ),
        Fault::SwitchedOff => (
            "The injection is switched off, although other annotations ask for secrets.".to_owned(),
            "Write \"true\", or remove the annotations that ask for secrets.",
        ),
        Fault::NoRole => (
            "The agent has no role to log in to Vault with, so that the injector refuses the pod.".to_owned(),
            "Add `vault.hashicorp.com/role`, unless the agent has its configuration from `agent-configmap`.",
        ),
        Fault::NoSecret => (
            format!("'{VAULT}{key}' is about a secret that no annotation asks for, and is ignored."),
            "Spell the name behind the last dash as in `agent-inject-secret-…` or `agent-inject-template-…`.",
        ),
        Fault::SameFile => (
            format!(
                "'{VAULT}{key}' writes the same file as another annotation, as the injector makes small letters of names."
            ),
            "Spell both names alike where they mean one secret; else give one another name, or its own \
             `agent-inject-file-…`.",
        ),
        Fault::NotString => (
            format!("The value of '{VAULT}{key}' is no string to YAML, and the API server refuses such an annotation."),
            "Put the value into quotes.",
        ),
        Fault::NotBoolean => (
            format!("The value of '{VAULT}{key}' is neither true nor false to the injector, which refuses the pod."),
            "Write \"true\" or \"false\".",
        ),
        Fault::Unclosed => (
            format!("The template '{VAULT}{key}' does not end what it begins, so that the agent does not start."),
            "Close each `{{` with `}}`, and each `with`, `if` and `range` with one `end`.",
        ),
        Fault::OtherPath => (
            format!(
                "The template '{VAULT}{key}' reads other paths than the one that its secret names, which is then never \
                 read."
            ),
            "A template decides alone what is read. Write the same path in both places.",
        ),
        Fault::Unverified => (
            "The agent does not look at Vault's certificate, and hands its token to whoever answers.".to_owned(),
            "Give the agent the authority's certificate by `vault.hashicorp.com/tls-secret` and `ca-cert`.",
        ),
    }
}
