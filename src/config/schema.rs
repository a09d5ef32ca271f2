//! The JSON schema of the configuration file, for editors. `schema/mlguard.schema.json` holds what this prints.

use serde_json::{Map, Value, json};

use super::convention;
use super::file::Scope;
use super::keys::{KEYS, KeyInfo};
use super::package;
use super::values::LEVELS;
use crate::rule::Rule;

/// The schema of `.mlguard.yaml`, with the ids of `rules` for completion. Ids of rule packs are allowed too.
#[must_use]
pub fn schema(rules: &[Rule]) -> Value {
    let known = KEYS.iter().filter(|key| key.scopes.contains(&Scope::Root));
    let properties: Map<String, Value> = known.map(|key| (key.name.to_owned(), property(key, rules))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://mlguard.dev/schema/mlguard.schema.json",
        "title": "Configuration of mlguard (.mlguard.yaml)",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": properties,
        "$defs": {
            "level": { "enum": LEVELS },
            "globs": {
                "oneOf": [
                    { "type": "string", "minLength": 1 },
                    { "type": "array", "items": { "type": "string", "minLength": 1 } }
                ]
            },
            "names": {
                "oneOf": [
                    { "type": "string", "minLength": 1 },
                    { "type": "array", "items": { "type": "string", "minLength": 1 }, "uniqueItems": true }
                ]
            },
            "label": convention::schema::label(),
            "setting": {
                "oneOf": [
                    { "$ref": "#/$defs/level" },
                    {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["level"],
                        "properties": {
                            "level": { "$ref": "#/$defs/level" },
                            "paths": { "$ref": "#/$defs/globs" }
                        }
                    }
                ]
            },
            "settings": {
                "oneOf": [
                    { "$ref": "#/$defs/setting" },
                    { "type": "array", "items": { "$ref": "#/$defs/setting" } }
                ]
            }
        }
    })
}

fn property(key: &KeyInfo, rules: &[Rule]) -> Value {
    let mut shape = match key.name {
        "rules" => {
            let ids = rules.iter().map(|rule| {
                let value = json!({ "description": rule.title, "$ref": "#/$defs/settings" });
                (rule.id.to_string(), value)
            });
            json!({
                "type": "object",
                "properties": ids.collect::<Map<_, _>>(),
                "additionalProperties": { "$ref": "#/$defs/settings" }
            })
        }
        "fail-on" => json!({ "enum": LEVELS[1..] }),
        "max-size" => {
            json!({ "type": ["string", "integer"], "pattern": "^[0-9]+ *([kKmMgG]([iI]?[bB])?|[bB])?$", "minimum": 1 })
        }
        "baseline" => json!({ "oneOf": [{ "type": "string", "minLength": 1 }, { "const": false }] }),
        "package" => package::schema::shape(),
        name => convention::schema::shape(name).unwrap_or_else(|| json!({ "$ref": "#/$defs/globs" })),
    };
    if let Some(shape) = shape.as_object_mut() {
        shape.insert("description".to_owned(), key.summary.into());
    }
    shape
}
