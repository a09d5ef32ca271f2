//! `json`: the shape is an interface, described in `docs/map.md`; `version` changes when a key changes its meaning.

use std::io;

use serde::Serialize;

use super::super::json::{Skipped, Tool, pretty};
use super::Context;
use crate::gate;
use crate::inventory::map::{self, Map};

/// Version of the shape.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    tool: Tool<'a>,
    filter: Filter,
    namespaces: Vec<Namespace<'a>>,
    complete: bool,
    errors: Vec<Skipped<'a>>,
}

#[derive(Serialize)]
struct Filter {
    namespaces: Vec<String>,
    workflows: Vec<String>,
    secrets: Vec<String>,
}

#[derive(Serialize)]
struct Namespace<'a> {
    name: Option<&'a str>,
    workflow: Option<&'a str>,
    environment: Option<&'a str>,
    secrets: Vec<Secret<'a>>,
}

#[derive(Serialize)]
struct Secret<'a> {
    name: Option<&'a str>,
    hashed: bool,
    status: &'static str,
    r#type: Option<&'a str>,
    keys: &'a [String],
    complete: bool,
    definitions: Vec<Definition<'a>>,
    consumers: Vec<Consumer<'a>>,
}

#[derive(Serialize)]
struct Definition<'a> {
    maker: &'static str,
    path: &'a str,
    line: usize,
}

#[derive(Serialize)]
struct Consumer<'a> {
    kind: &'a str,
    name: Option<&'a str>,
    namespace: Option<&'a str>,
    path: &'a str,
    line: usize,
    usage: &'static str,
    keys: &'a [String],
    optional: bool,
}

/// The map as one object.
pub(super) fn write(map: &Map, context: &Context<'_>) -> io::Result<String> {
    let shown = |texts: &[String]| texts.iter().map(|text| crate::mask::masked(text).into_owned()).collect();
    let errors = &context.coverage.errors;
    let report = Report {
        version: VERSION,
        tool: context.version.into(),
        filter: Filter {
            namespaces: shown(&context.filter.namespaces),
            workflows: shown(&context.filter.workflows),
            secrets: shown(&context.filter.secrets),
        },
        namespaces: map.namespaces.iter().map(Namespace::from).collect(),
        complete: errors.is_empty(),
        errors: errors.iter().map(Skipped::from).collect(),
    };
    Ok(gate::without_credentials(&pretty(&report)?).into_owned())
}

impl<'a> From<&'a map::Namespace> for Namespace<'a> {
    fn from(from: &'a map::Namespace) -> Self {
        Self {
            name: from.name.as_deref(),
            workflow: from.workflow.as_deref(),
            environment: from.environment.as_deref(),
            secrets: from.secrets.iter().map(Secret::from).collect(),
        }
    }
}

impl<'a> From<&'a map::Secret> for Secret<'a> {
    fn from(from: &'a map::Secret) -> Self {
        let definition =
            |made: &'a map::Definition| Definition { maker: made.maker.as_str(), path: &made.path, line: made.line };
        Self {
            name: from.name.as_deref(),
            hashed: from.hashed,
            status: from.status.as_str(),
            r#type: from.secret_type.as_deref(),
            keys: &from.keys,
            complete: from.complete,
            definitions: from.definitions.iter().map(definition).collect(),
            consumers: from.consumers.iter().map(Consumer::from).collect(),
        }
    }
}

impl<'a> From<&'a map::Consumer> for Consumer<'a> {
    fn from(from: &'a map::Consumer) -> Self {
        Self {
            kind: &from.kind,
            name: from.name.as_deref(),
            namespace: from.namespace.as_deref(),
            path: &from.path,
            line: from.line,
            usage: from.usage.as_str(),
            keys: &from.keys,
            optional: from.optional,
        }
    }
}
