//! Shapes of the JSON schema that several keys use.

use serde_json::{Map, Value, json};

/// A shape of `$defs`.
pub(super) fn shared(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// A mapping with exactly these keys.
pub(super) fn object<'a>(required: &[&str], properties: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let properties: Map<_, _> = properties.into_iter().map(|(name, shape)| (name.to_owned(), shape)).collect();
    let mut shape = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        shape["required"] = json!(required);
    }
    shape
}

/// A mapping with names of one's own.
pub(super) fn map(names: &Value, values: &Value) -> Value {
    json!({ "type": "object", "propertyNames": names, "additionalProperties": values })
}

/// A string of bounded length.
pub(super) fn text(longest: usize) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": longest })
}

/// One of these, or a list of them without repetition.
pub(super) fn one_or_more(item: &Value) -> Value {
    json!({ "oneOf": [item, { "type": "array", "items": item, "uniqueItems": true }] })
}

pub(super) fn boolean() -> Value {
    json!({ "type": "boolean" })
}
