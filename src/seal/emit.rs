//! JSON values to text, as `kubectl` and `kubeseal` lay them out: YAML in block style with sorted keys, JSON indented.

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::yaml_scalar::scalar;

/// The value as a YAML document without a marker, with a final newline.
#[must_use]
pub fn yaml(value: &Value) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    out
}

/// The value as JSON, indented by `indent`, without a final newline; on one line where `indent` is none.
pub(crate) fn json(value: &Value, indent: Option<&str>) -> String {
    let Some(indent) = indent else { return value.to_string() };
    let mut out = Vec::new();
    let mut to = Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(indent.as_bytes()));
    // Writing values to memory does not fail.
    let written = value.serialize(&mut to);
    debug_assert!(written.is_ok());
    String::from_utf8(out).unwrap_or_default()
}

fn block(value: &Value, indent: usize, out: &mut String) {
    let margin = " ".repeat(indent);
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                out.extend([&margin, scalar(key).as_str(), ":"]);
                nested(value, indent + 2, indent, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                out.extend([&margin, "-"]);
                if item.as_object().is_some_and(|map| !map.is_empty()) {
                    let mut inner = String::new();
                    block(item, indent + 2, &mut inner);
                    out.push(' ');
                    out.push_str(inner.trim_start_matches(' '));
                } else {
                    nested(item, indent + 2, indent + 2, out);
                }
            }
        }
        _ => {}
    }
}

/// What follows a key or a dash. kubectl indents lists as their key.
fn nested(value: &Value, indent: usize, list: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            block(value, indent, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            block(value, list, out);
        }
        Value::String(text) => out.extend([" ", &scalar(text), "\n"]),
        other => out.extend([" ", &other.to_string(), "\n"]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::json::value;
    use super::*;
    use crate::document::yaml as tree;

    #[test]
    fn yaml_reads_back_as_it_was() {
        let texts = [
            "",
            "a",
            "yes",
            "0755",
            "1e3",
            "null",
            "~",
            "- x",
            "a: b",
            "# x",
            "é\u{2028}\u{feff}",
            "two\nlines\n",
            "'",
            "\"",
            " a ",
            "\t",
            "2024-01-01",
            ".5",
            "0x1f",
            "*a",
            "&a",
            "!t",
            "@",
            "%",
            "{}",
            "[]",
            "true",
            "a\u{7f}\u{85}b",
            "=",
            "<<",
        ];
        let all = json!({
            "texts": texts, "map": texts.iter().map(|text| ((*text).to_owned(), json!(text))).collect::<serde_json::Map<_, _>>(),
            "lists": [[1, [2]], {"a": [{"b": null}], "c": {}}, [], true],
        });
        let written = yaml(&all);
        let read = tree::parse(&written).expect("it is YAML");
        assert_eq!(value(read.root().expect("a root")), all, "{written}");
    }

    #[test]
    fn lists_are_indented_as_kubectl_does() {
        assert_eq!(yaml(&json!({"a": {"b": ["x", {"c": 1, "d": []}]}})), "a:\n  b:\n  - x\n  - c: 1\n    d: []\n");
    }
}
