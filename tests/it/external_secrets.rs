//! What the rules of External Secrets let pass is what the operator's own schemas accept, and what they call refused is refused.
//!
//! `MLGUARD_ESO_CRDS` names the bundle of its CustomResourceDefinitions (`deploy/crds/bundle.yaml` of the operator). Without it
//! the tests say so and pass, and fail in CI.

#![expect(clippy::disallowed_methods, clippy::panic, reason = "looks for what the rules are compared with")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

use crate::tools::skip;

/// Rules whose fixtures are held against the schemas.
const RULES: [&str; 7] = [
    "external-secret-api",
    "external-secret-invalid",
    "external-secret-path",
    "external-secret-refresh",
    "external-secret-store",
    "secret-store-credential",
    "secret-store-namespace",
];

/// Versions that the operator had before its bundle began.
const GONE: &str = "v1alpha1";

struct Schemas(BTreeMap<(String, String), Validator>);

impl Schemas {
    /// The schemas by `apiVersion` and kind; nothing where there are none to be had.
    fn new() -> Option<Self> {
        let Ok(path) = std::env::var("MLGUARD_ESO_CRDS") else {
            return skip("MLGUARD_ESO_CRDS names no bundle of the External Secrets operator");
        };
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut found = BTreeMap::new();
        for document in documents(&text) {
            let spec = &document["spec"];
            for version in spec["versions"].as_array().expect("versions") {
                let mut schema = version["schema"]["openAPIV3Schema"].clone();
                close(&mut schema, true);
                let api =
                    format!("{}/{}", spec["group"].as_str().expect("group"), version["name"].as_str().expect("name"));
                let kind = spec["names"]["kind"].as_str().expect("a kind").to_owned();
                let validator = jsonschema::validator_for(&schema).expect("a schema");
                found.insert((api, kind), validator);
            }
        }
        assert!(found.len() > 20, "the bundle has {} schemas", found.len());
        Some(Self(found))
    }

    /// What the API server says against an object; nothing to say of those that are not the operator's.
    fn faults(&self, object: &Value) -> Option<Vec<String>> {
        let (api, kind) = (object["apiVersion"].as_str()?, object["kind"].as_str()?);
        let (group, version) = api.split_once('/')?;
        if !matches!(group, "external-secrets.io" | "generators.external-secrets.io") {
            return None;
        }
        match self.0.get(&(api.to_owned(), kind.to_owned())) {
            Some(validator) => {
                let faults = validator.iter_errors(object);
                Some(faults.map(|fault| format!("{kind} {}: {fault}", fault.instance_path())).collect())
            }
            None if version == GONE => None,
            None => Some(vec![format!("no matches for kind {kind} in {api}")]),
        }
    }
}

/// Strict validation takes no field that the schema does not name, and `metadata` has a schema of its own.
fn close(schema: &mut Value, root: bool) {
    let Value::Object(fields) = schema else { return };
    let open = fields.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
    if fields.contains_key("properties") && !open && !fields.contains_key("additionalProperties") {
        fields.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    // What has a default is filled in before.
    let by_default: Vec<String> = match fields.get("properties") {
        Some(Value::Object(properties)) => {
            let filled = properties.iter().filter(|(_, property)| property.get("default").is_some());
            filled.map(|(name, _)| name.clone()).collect()
        }
        _ => Vec::new(),
    };
    if let Some(Value::Array(required)) = fields.get_mut("required") {
        required.retain(|name| !by_default.iter().any(|filled| name == filled));
    }
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        for (name, property) in properties {
            if !(root && name == "metadata") {
                close(property, false);
            }
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = fields.get_mut(key) {
            close(inner, false);
        }
    }
}

/// The documents of a text that are plain YAML.
fn documents(text: &str) -> Vec<Value> {
    let parts = text.split("\n---\n").map(|part| part.strip_prefix("---\n").unwrap_or(part));
    let filled = parts.filter(|part| part.lines().any(|line| !line.is_empty() && !line.starts_with('#')));
    filled.map(|part| serde_saphyr::from_str(part).unwrap_or_else(|error| panic!("{error}\nin\n{part}"))).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        // Templates are no YAML.
        if path.is_dir() && !path.ends_with("templates") {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            found.push(path);
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn what_passes_is_accepted() {
    let Some(schemas) = Schemas::new() else { return };
    let (mut files, mut count, mut faults) = (Vec::new(), 0, Vec::new());
    for rule in RULES {
        collect(&root().join("tests/fixtures/rules").join(rule).join("pass"), &mut files);
        files.push(root().join("rules/manifests").join(format!("{rule}.yml")));
    }
    files.sort();
    for path in files {
        let text = fs::read_to_string(&path).expect("a file");
        // Templates outside their folder.
        if text.contains("{{- ") {
            continue;
        }
        let of_rule = path.extension().is_some_and(|ending| ending == "yml");
        let rule: Value = if of_rule { serde_saphyr::from_str(&text).expect("a rule") } else { Value::Null };
        for object in documents(rule["good"].as_str().unwrap_or(&text)) {
            // An older version is accepted by older operators only.
            if let Some(found) = schemas.faults(&object) {
                count += 1;
                faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", path.display())));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 40, "{count} objects");
}

#[test]
fn what_the_schema_refuses_is_refused() {
    let Some(schemas) = Schemas::new() else { return };
    let text = fs::read_to_string(root().join("tests/fixtures/rules/external-secret-invalid/fail/fields/a.yaml"));
    let refused: Vec<String> = documents(&text.expect("a fixture"))
        .iter()
        .filter(|object| schemas.faults(object).is_some_and(|faults| !faults.is_empty()))
        .map(|object| object["metadata"]["name"].as_str().unwrap_or("?").to_owned())
        .collect();
    // The others (`nothing`, `storeless`, `everywhere`) are refused by the webhook, or fail later.
    assert_eq!(refused, ["sources", "policies", "twice", "misplaced", "pushed"]);
}
