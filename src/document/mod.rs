//! What a source holds: YAML and JSON trees, Kubernetes objects, and the texts embedded in other texts.

pub mod yaml;
