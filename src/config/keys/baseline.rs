//! `baseline`: the file of accepted findings.

use std::path::PathBuf;

use super::prelude::*;
use crate::config::text::inner_path;

/// The file at the root that is read by default.
pub(crate) const BASELINE_FILE: &str = ".mlguard-baseline.jsonl";

/// Which file of accepted findings counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// None.
    Nothing,
    /// The usual one, if it exists.
    Usual,
    /// One below the root: its path from there, with `/`.
    Inside(String),
    /// One that the command line names.
    Named(PathBuf),
}

pub(crate) const BASELINE: Key<Valued<Accepted>> = Key {
    name: "baseline",
    scopes: &[Scope::Root],
    summary: "The file of accepted findings, relative to the root; `false` for none.",
    default: "`.mlguard-baseline.jsonl`, if it exists",
    built_in: || Valued::built_in(Accepted::Usual),
    read: |reader, _, node| {
        let value = match node.value() {
            Value::Bool(false) => Accepted::Nothing,
            Value::Text(text) => {
                let path = inner_path(text).map_err(|why| reader.fault(node.at(), format!("`baseline`: {why}")));
                Accepted::Inside(path.ok()?)
            }
            _ => {
                reader.mistyped(node, "`baseline` must be the path of a file, or false");
                return None;
            }
        };
        Some(reader.valued(node.at(), value))
    },
    bound: Bound::Free,
    schema: |_| json!({ "oneOf": [{ "type": "string", "minLength": 1 }, { "const": false }] }),
    show: |value| {
        Shown::scalar(value, |accepted| match accepted {
            Accepted::Nothing => "false".to_owned(),
            Accepted::Usual => quote(BASELINE_FILE),
            Accepted::Inside(path) => quote(path),
            Accepted::Named(path) => quote(&path.display().to_string()),
        })
    },
};
