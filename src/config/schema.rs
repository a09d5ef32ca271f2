//! The JSON schema of the configuration file, for editors. `schema/mlguard.schema.json` contains what this returns.

use serde_json::{Map, Value, json};

use super::key::{AnyKey, Scope};
use super::keys::{GROUPS, KEYS, below};
use super::shapes;
use super::values::LEVELS;
use crate::rule::Rule;

/// The schema of `.mlguard.yaml`, with the ids of `rules` for completion. Ids of rule packs are allowed too.
#[must_use]
pub fn schema(rules: &[Rule]) -> Value {
    let keys = KEYS.into_iter().filter(|key| key.scopes().contains(&Scope::Root) && key.group().is_none());
    let mut properties: Map<String, Value> = keys.map(|key| (key.name().to_owned(), property(key, rules))).collect();
    properties.extend(GROUPS.map(|(group, summary)| {
        let mut shape = shapes::object(&[], below(group).map(|key| (key.label(), property(key, rules))));
        shape["description"] = summary.into();
        (group.to_owned(), shape)
    }));
    let filled = json!({ "type": "string", "minLength": 1 });
    let setting = [("level", shapes::shared("level")), ("paths", shapes::shared("globs"))];
    let setting = shapes::object(&["level"], setting);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://mlguard.dev/schema/mlguard.schema.json",
        "title": "Configuration of mlguard (.mlguard.yaml)",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": properties,
        "$defs": {
            "level": { "enum": LEVELS },
            "globs": { "oneOf": [filled, { "type": "array", "items": filled }] },
            "names": shapes::one_or_more(&filled),
            "label": { "type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63 },
            "setting": { "oneOf": [shapes::shared("level"), setting] },
            "settings": {
                "oneOf": [shapes::shared("setting"), { "type": "array", "items": shapes::shared("setting") }]
            }
        }
    })
}

fn property(key: &dyn AnyKey, rules: &[Rule]) -> Value {
    let mut shape = key.schema(rules);
    shape["description"] = format!("{} Default: {}.", key.summary(), key.default()).into();
    shape
}
