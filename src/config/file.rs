//! One configuration file: from text to checked values, every fault with its place.

use std::collections::BTreeSet;

use super::key::{AnyKey, Scope, Values};
use super::keys::rules::{RULES, RuleEntry};
use super::keys::{below, names};
use super::node::{self, Name, Node};
use super::reader::Reader;
use crate::error::{Problem, did_you_mean, quoted};

/// Reads `text`. Faulty entries are left out and reported; the others count.
pub(super) fn parse(path: &str, scope: Scope, text: &str) -> (Values, Vec<Problem>) {
    let (mut reader, mut values) = (Reader::new(path), Values::default());
    match node::parse(text) {
        Ok(document) => {
            if let Some(root) = document.root() {
                let entries = reader.entries("a configuration must be a mapping of keys", root);
                for (name, node) in entries.unwrap_or_default() {
                    entry(&mut reader, &mut values, scope, name, node);
                }
            }
        }
        Err(problem) => reader.push(problem.help("nothing in this file was used")),
    }
    (values, reader.into_problems())
}

fn entry(reader: &mut Reader<'_>, values: &mut Values, scope: Scope, name: Name<'_>, node: Node<'_>) {
    if !names(scope).contains(&name.text) {
        return misplaced(reader, scope, name);
    }
    let known: Vec<&str> = below(name.text).filter(|key| key.group().is_some()).map(AnyKey::label).collect();
    if known.is_empty() {
        return below(name.text).for_each(|key| key.read(reader, node, values));
    }
    let what = format!("`{}`", name.text);
    let entries = reader.fields(&what, node, &known).map(|fields| fields.entries().to_vec());
    for (inner, node) in entries.unwrap_or_default() {
        below(name.text).filter(|key| key.label() == inner.text).for_each(|key| key.read(reader, node, values));
    }
}

/// Reports a key that this file may not contain.
fn misplaced(reader: &mut Reader<'_>, scope: Scope, name: Name<'_>) {
    let Some(key) = below(name.text).next() else {
        return reader.unknown_key(name, &names(scope));
    };
    let place = match (key.scopes().contains(&Scope::Root), key.scopes().contains(&Scope::Policy)) {
        (true, true) => "move it to the file at the root, or to a policy",
        (true, false) => "move it to the file at the root",
        _ => "only a policy (--policy FILE) may contain it",
    };
    reader.fault_with_help(name.at, format!("{} is not allowed in this file", quoted(name.text)), place);
}

/// Takes entries of unknown rules out of a file, and reports each.
pub(super) fn remove_unknown_rules(known: &BTreeSet<String>, file: &mut Values) -> Vec<Problem> {
    let (entries, unknown): (Vec<RuleEntry>, Vec<RuleEntry>) =
        file.holds(&RULES).into_iter().partition(|entry| known.contains(&entry.id.value));
    let mut problems: Vec<Problem> = unknown
        .iter()
        .map(|RuleEntry { id, .. }| {
            let near = did_you_mean(&id.value, known.iter().map(String::as_str));
            let problem = id.origin.blame(format!("unknown rule {}", quoted(&id.value)));
            problem.help(format!("{near}`mlguard rules` lists all"))
        })
        .collect();
    problems.dedup();
    file.set(&RULES, entries);
    problems
}
