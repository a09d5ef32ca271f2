//! `rules`: levels of rules, for all paths or for some. The entries of all files add up.

use std::collections::BTreeMap;

use serde_json::Map;

use super::prelude::*;
use crate::config::shapes::shared;
use crate::config::values::{LEVELS, Origin, choices, level_or_off};
use crate::error::{did_you_mean, quoted};
use crate::rule::Level;

/// One level for one rule.
#[derive(Clone, Debug)]
pub(crate) struct RuleEntry {
    pub(crate) id: Valued<String>,
    /// Nothing is `off`.
    pub(crate) level: Valued<Option<Level>>,
    /// Nothing is every path.
    pub(crate) paths: Option<Vec<String>>,
}

pub(crate) const RULES: Key<Vec<RuleEntry>> = Key {
    name: "rules",
    scopes: &[Scope::Root, Scope::Nested, Scope::Policy],
    summary: "Rule ids, each with `off`, `note`, `warning` or `error`, with `{ level, paths }`, or with a list of these, of \
              which the last that matches a path counts.",
    default: "each rule's own level",
    built_in: Vec::new,
    read: |reader, _, node| {
        let mut entries = Vec::new();
        for (name, node) in reader.entries("`rules` must be a mapping of rule ids to levels", node)? {
            let id = reader.valued(name.at, name.text.to_owned());
            let items = if let Value::List(items) = node.value() { items } else { vec![node] };
            entries.extend(items.into_iter().filter_map(|item| entry(reader, &id, item)));
        }
        Some(entries)
    },
    bound: Bound::Free,
    schema: |rules| {
        let ids = rules.iter().map(|rule| {
            let value = json!({ "description": rule.title, "$ref": "#/$defs/settings" });
            (rule.id.to_string(), value)
        });
        let properties: Map<_, _> = ids.collect();
        json!({ "type": "object", "properties": properties, "additionalProperties": shared("settings") })
    },
    show,
};

/// Of the entries of a rule, those after the last one for every path.
fn show(entries: &Vec<RuleEntry>) -> Shown {
    let mut rules = BTreeMap::<&str, Vec<&RuleEntry>>::new();
    for entry in entries {
        let known = rules.entry(&entry.id.value).or_default();
        if entry.paths.is_none() {
            known.clear();
        }
        known.push(entry);
    }
    let mut lines: Vec<(String, Option<Origin>)> = Vec::new();
    for (id, entries) in rules {
        let origin = |entry: &RuleEntry| Some(entry.level.origin.clone());
        match entries.as_slice() {
            [entry] if entry.paths.is_none() => lines.push((format!("{id}: {}", setting(entry)), origin(entry))),
            entries => {
                lines.push((format!("{id}:"), None));
                lines.extend(entries.iter().map(|entry| (format!("  - {}", setting(entry)), origin(entry))));
            }
        }
    }
    Shown::Lines(lines)
}

fn setting(entry: &RuleEntry) -> String {
    let level = entry.level.value.map_or("off", Level::as_str);
    match &entry.paths {
        None => level.to_owned(),
        Some(paths) => format!("{{ level: {level}, paths: {} }}", flow(paths.iter().map(String::as_str))),
    }
}

fn entry(reader: &mut Reader<'_>, id: &Valued<String>, node: Node<'_>) -> Option<RuleEntry> {
    let Value::Map(_) = node.value() else {
        let level = level(reader, &id.value, node, &LEVELS)?;
        return Some(RuleEntry { id: id.clone(), level, paths: None });
    };
    let what = quoted(&id.value);
    let mut fields = reader.fields(&what, node, &["level", "paths"])?;
    let level = fields.get("level", |reader, node| level(reader, "level", node, &LEVELS));
    let paths = fields.get("paths", |reader, node| reader.globs("paths", node));
    fields.complete(&[("level", level.is_some())])?;
    let paths = paths.map(|paths| paths.value.into_iter().map(|glob| glob.value).collect());
    Some(RuleEntry { id: id.clone(), level: level?, paths })
}

/// A level; the text itself is not repeated, since a wrong file may contain anything.
pub(crate) fn level(
    reader: &mut Reader<'_>,
    key: &str,
    node: Node<'_>,
    known: &[&'static str],
) -> Option<Valued<Option<Level>>> {
    let expected = format!("{} must be {}", quoted(key), choices(known));
    let Value::Text(text) = node.value() else {
        reader.mistyped(node, &expected);
        return None;
    };
    if !known.contains(&text) {
        reader.fault_near(node.at(), expected, &did_you_mean(text, known.iter().copied()));
        return None;
    }
    level_or_off(text).map(|level| reader.valued(node.at(), level))
}
