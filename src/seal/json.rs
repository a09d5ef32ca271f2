//! YAML to the values of JSON, as `sigs.k8s.io/yaml` does it for every program of Kubernetes.

use serde_json::{Map, Number, Value};

use crate::document::yaml::{self, Node, Style};
use crate::yaml_scalar;

/// Most nodes of a value; what is beyond, in aliases of aliases or one of itself, is null.
const MOST: usize = 1_000_000;

/// The value of a node; aliases and merge keys are followed. Of repeated keys the last counts.
#[must_use]
pub fn value(node: Node<'_>) -> Value {
    JsonReader { left: MOST }.value(node, 0)
}

struct JsonReader {
    left: usize,
}

impl JsonReader {
    fn value(&mut self, node: Node<'_>, depth: usize) -> Value {
        if self.left == 0 || depth > yaml::MAX_DEPTH {
            return Value::Null;
        }
        self.left -= 1;
        if node.is_mapping() {
            return Value::Object(self.object(node, depth));
        }
        if node.is_sequence() {
            return Value::Array(node.items().map(|item| self.value(item, depth + 1)).collect());
        }
        match (node.as_str(), node.style()) {
            (None, _) | (_, None) => Value::Null,
            (Some(text), Some(Style::Plain)) => plain(text),
            (Some(text), Some(_)) => Value::String(text.to_owned()),
        }
    }

    fn object(&mut self, node: Node<'_>, depth: usize) -> Map<String, Value> {
        let mut made = Map::new();
        let merged = |key: &Node<'_>| key.as_str() == Some("<<") && key.style() == Some(Style::Plain);
        for (_, from) in node.entries().filter(|(key, _)| merged(key)) {
            let sources: Vec<Node<'_>> = if from.is_sequence() { from.items().collect() } else { vec![from] };
            for source in sources.into_iter().rev() {
                if let Value::Object(source) = self.value(source, depth + 1) {
                    made.extend(source);
                }
            }
        }
        for (key, inner) in node.entries().filter(|(key, _)| !merged(key)) {
            made.insert(key.as_str().unwrap_or_default().to_owned(), self.value(inner, depth + 1));
        }
        made
    }
}

/// A plain scalar by the rules of YAML 1.1 that matter: null, booleans, numbers; everything else is a string.
fn plain(text: &str) -> Value {
    if yaml_scalar::is_null(text) {
        return Value::Null;
    }
    if let Some(known) = yaml_scalar::boolean(text) {
        return Value::Bool(known);
    }
    if let Ok(number) = text.parse::<i64>() {
        let digits = text.trim_start_matches(['-', '+']);
        let octal = digits.len() > 1 && digits.starts_with('0');
        return if octal { Value::String(text.to_owned()) } else { Value::Number(number.into()) };
    }
    let numeric = text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let number = numeric.then(|| text.parse().ok()).flatten().and_then(Number::from_f64);
    number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_alias_of_itself_ends() {
        let tree = yaml::parse("a: &a\n  b: [*a, *a]\n").expect("it is YAML");
        assert!(value(tree.root().expect("a root")).is_object());
    }

    #[test]
    fn scalars_are_what_kubectl_takes_them_for() {
        let text =
            "{a: 1, b: -2.5, c: yes, d: 'yes', e: ~, f: , g: 0755, h: 1e3, i: v1, j: \"\", k: 1.2.3, l: [on, x]}";
        let tree = yaml::parse(text).expect("it is YAML");
        let expected = json!({
            "a": 1, "b": -2.5, "c": true, "d": "yes", "e": null, "f": null, "g": "0755", "h": 1000.0, "i": "v1", "j": "",
            "k": "1.2.3", "l": [true, "x"],
        });
        assert_eq!(value(tree.root().expect("a root")), expected);
    }

    #[test]
    fn merges_and_aliases_are_followed() {
        let tree = yaml::parse("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\n").expect("it is YAML");
        let expected = json!({"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}, "c": {"x": 1, "y": 2}});
        assert_eq!(value(tree.root().expect("a root")), expected);
    }
}
