//! The shapes of the convention's keys in the JSON schema.

use serde_json::{Value, json};

use super::read::{LONGEST_VALUE, USAGES};

/// A DNS-1123 label, `$defs/label`.
pub(in super::super) fn label() -> Value {
    json!({ "type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63 })
}

/// The shape of a key; nothing where it is none of these.
pub(in super::super) fn shape(key: &str) -> Option<Value> {
    let names = json!({ "$ref": "#/$defs/names" });
    let labels = json!({
        "oneOf": [
            { "$ref": "#/$defs/label" },
            { "type": "array", "items": { "$ref": "#/$defs/label" }, "uniqueItems": true }
        ]
    });
    Some(match key {
        "environments" => json!({
            "type": "object",
            "propertyNames": { "$ref": "#/$defs/label" },
            "additionalProperties": { "type": "string", "pattern": "^[-a-z0-9]*\\{workflow\\}[-a-z0-9]*$" }
        }),
        "workflows" => labels,
        "system-namespaces" => names,
        "paths" => {
            let template = json!({ "type": "string", "pattern": "\\{(workflow|env|namespace)\\}", "maxLength": 256 });
            json!({ "oneOf": [template, { "type": "array", "items": template, "uniqueItems": true }] })
        }
        "references" => json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "env-from": names,
                "image-pull": names,
                "private-registries": names,
                "kinds": { "type": "array", "items": kind() }
            }
        }),
        "declared-secrets" => json!({
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["name"],
                "properties": {
                    "name": { "type": "string", "minLength": 1, "maxLength": 253 },
                    "namespace": { "$ref": "#/$defs/label" },
                    "keys": names
                }
            }
        }),
        "external-secrets" => {
            let template = json!({ "type": "string", "pattern": "\\{[-._A-Za-z0-9]+\\}", "maxLength": 256 });
            json!({
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "paths": { "oneOf": [template, { "type": "array", "items": template, "uniqueItems": true }] },
                    "stores": names
                }
            })
        }
        "clusters" => json!({
            "type": "object",
            "propertyNames": { "$ref": "#/$defs/label" },
            "additionalProperties": {
                "type": "object",
                "additionalProperties": false,
                "required": ["cert"],
                "properties": { "cert": { "type": "string", "minLength": 1 }, "environments": labels }
            }
        }),
        "rotation" => json!({
            "type": "object",
            "additionalProperties": false,
            "properties": { "max-age": { "type": "string", "pattern": "^[0-9]+ *[dw]$" } }
        }),
        "strength" => json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "min-length": { "type": "integer", "minimum": 1, "maximum": LONGEST_VALUE },
                "random": { "type": "boolean" }
            }
        }),
        _ => return None,
    })
}

fn kind() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["kind", "path"],
        "properties": {
            "kind": { "type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$", "maxLength": 63 },
            "group": { "type": "string" },
            "path": { "type": "string", "minLength": 1 },
            "key": { "type": "string", "minLength": 1 },
            "usage": { "enum": USAGES.map(|(name, _)| name) },
            "optional": { "type": "boolean" }
        }
    })
}
