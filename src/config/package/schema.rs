//! The shape of `package` in the JSON schema.

use serde_json::{Value, json};

/// The shape of the key.
pub(in super::super) fn shape() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "approved-by": { "type": "string", "minLength": 1, "maxLength": 253 },
            "secrets": { "type": "array", "items": secret() }
        }
    })
}

fn secret() -> Value {
    let item = item();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "oneOf": [{ "required": ["keys"] }, { "required": ["registry"] }],
        "properties": {
            "name": { "type": "string", "minLength": 1, "maxLength": 234 },
            "keys": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": { "pattern": "^[-._A-Za-z0-9]+$", "maxLength": 253 },
                "additionalProperties": item
            },
            "registry": {
                "type": "object",
                "additionalProperties": false,
                "required": ["server", "username", "password"],
                "properties": {
                    "server": { "type": "string", "minLength": 1, "maxLength": 253 },
                    "username": item,
                    "password": item,
                    "email": item
                }
            }
        }
    })
}

fn item() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {
            "from": { "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "maxLength": 200 },
            "value": { "type": "string" },
            "template": { "type": "string", "pattern": "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}" }
        }
    })
}
