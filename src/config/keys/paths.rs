//! `paths`: which workflow, environment or namespace a file belongs to.

use super::prelude::*;
use crate::config::bounds::extended;
use crate::inventory::convention::{Convention, PathTemplate};

pub(crate) const PATHS: Key<Listed<PathTemplate>> = Key {
    name: "paths",
    scopes: ROOT_AND_POLICY,
    summary: "Templates of paths that give the `{workflow}`, `{env}` or `{namespace}` of a file; the first that matches \
              counts.",
    default: "four, see below",
    built_in: || built_in_list(Convention::default().paths),
    read: |reader, label, node| reader.texts(label, "templates", node, template),
    bound: Bound::Joined(extended),
    schema: |_| {
        let pattern = "\\{(workflow|env|namespace)\\}";
        shapes::one_or_more(&json!({ "type": "string", "pattern": pattern, "maxLength": 256 }))
    },
    show: |value| Shown::list(value, |path| quote(&path.template)),
};

fn template(text: &str) -> Result<PathTemplate, Invalid> {
    PathTemplate::new(text).map_err(|why| Invalid::path("template", text, &why.to_string()))
}
