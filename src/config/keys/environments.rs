//! `environments`: the namespace of a workflow in each environment.

use super::prelude::*;
use crate::config::bounds::fixed;
use crate::config::text::{LABEL, label};
use crate::error::quoted;
use crate::inventory::convention::{Convention, WORKFLOW};

pub(crate) const ENVIRONMENTS: Key<Listed<(String, String)>> = Key {
    name: "environments",
    scopes: ROOT_AND_POLICY,
    summary: "Environments by name, each with the namespace of a workflow in it, such as `{workflow}-dev`.",
    default: "`dev`, `staging`, `production`",
    built_in: || built_in_list(Convention::default().environments),
    read: |reader, _, node| environments(reader, node),
    bound: Bound::Joined(fixed),
    schema: |_| {
        let template = json!({ "type": "string", "pattern": "^[-a-z0-9]*\\{workflow\\}[-a-z0-9]*$" });
        shapes::map(&shapes::shared("label"), &template)
    },
    show: |value| Shown::mapping(value, |(name, template)| (name, quote(template))),
};

fn environments(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Listed<(String, String)>> {
    let entries = reader.entries("`environments` must be a mapping of names to templates of namespaces", node)?;
    let mut items: Vec<Valued<(String, String)>> = Vec::with_capacity(entries.len());
    for (name, node) in entries {
        let shown = quoted(name.text);
        if let Err(why) = label(name.text) {
            reader.fault(name.at, why.to_string());
            continue;
        }
        let read = |text: &str| match misspelling(text) {
            Some(why) => Err(Invalid::Other(format!("the template of {shown} {why}"))),
            None => Ok(text.to_owned()),
        };
        let Some(template) = reader.text(name.text, node, read) else { continue };
        if let Some(same) = items.iter().find(|item| item.value.1 == template) {
            let other = quoted(&same.value.0);
            let message = format!("{shown} has the same template as {other}, so a namespace would belong to both");
            reader.fault(node.at(), message);
            continue;
        }
        items.push(reader.valued(name.at, (name.text.to_owned(), template)));
    }
    Some(reader.valued(node.at(), items))
}

/// What is wrong with the template of an environment's namespace, in words that follow it.
fn misspelling(template: &str) -> Option<String> {
    let Some((before, after)) = template.split_once(WORKFLOW) else { return Some("has no {workflow}".to_owned()) };
    if after.contains(WORKFLOW) {
        return Some("contains {workflow} twice".to_owned());
    }
    if (before.to_owned() + after).contains(['{', '}']) {
        return Some("contains braces other than {workflow}".to_owned());
    }
    let example = label(&format!("{before}x{after}"));
    example.is_err().then(|| format!("does not give a valid name of a namespace: {LABEL}"))
}
