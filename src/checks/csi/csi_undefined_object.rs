//! `csi-undefined-object`: a Secret of a SecretProviderClass that is never written, because a file of it is not mounted.

use std::collections::BTreeSet;

use super::class::{self, Class};
use crate::checks::common::{Context, listed_names};
use crate::document::yaml::Node;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in class::classes(view) {
        let Some(class) = Class::new(object) else { continue };
        let secrets = object.node.at(&["spec", "secretObjects"]);
        if secrets.is_none_or(|secrets| object.unit.is_templated(secrets.span())) {
            continue;
        }
        let files = class.files().map(|files| Files::new(&files));
        for (index, secret) in
            secrets.into_iter().flat_map(Node::items).enumerate().filter(|(_, secret)| !secret.is_alias())
        {
            self::secret(cx, &class, index, secret, files.as_ref());
        }
    }
}

fn secret(cx: &mut Context<'_, '_>, class: &Class<'_, '_>, index: usize, secret: Node<'_>, files: Option<&Files>) {
    let path = format!(".spec.secretObjects[{index}]");
    let object = class.object;
    let name = class::text(object.unit, secret.get("secretName"));
    let named = name.map_or_else(|| "the Secret".to_owned(), |name| format!("the Secret `{name}`"));
    let is_empty = |key: &str| match secret.get(key) {
        Some(node) if key == "data" => node.items().next().is_none(),
        Some(node) => node.is_null() || node.as_str() == Some(""),
        None => true,
    };
    let lacking: Vec<&str> = ["secretName", "type", "data"].into_iter().filter(|key| is_empty(key)).collect();
    if !lacking.is_empty() {
        let at = secret.entries().next().map_or(secret, |(key, _)| key);
        let message = format!("This entry lacks {}, so the driver never writes {named}.", listed_names(lacking));
        let help = "An entry of `secretObjects` needs `secretName`, `type` and `data`.".to_owned();
        cx.report_in(object, &path, at, message).help = Some(help);
        return;
    }
    for (at, item) in secret.get("data").filter(|data| !data.is_alias()).into_iter().flat_map(Node::items).enumerate() {
        let path = format!("{path}.data[{at}]");
        for key in ["objectName", "key"] {
            if item.is_mapping() && item.get(key).is_none_or(|node| node.is_null() || node.as_str() == Some("")) {
                let at = item.entries().next().map_or(item, |(key, _)| key);
                let message = format!("This item lacks `{key}`, so the driver never writes {named}.");
                let help = "An item of `data` needs `objectName`, the name of a file, and `key`.".to_owned();
                cx.report_in(object, &path, at, message).help = Some(help);
            }
        }
        let Some(node) = item.get("objectName") else { continue };
        let (Some(wanted), Some(files)) = (class::text(object.unit, Some(node)), files) else { continue };
        if files.names.contains(wanted) {
            continue;
        }
        let message = format!("The class mounts no file `{wanted}`, so the driver never writes {named}.{}", files.hint);
        cx.report_in(object, &format!("{path}.objectName"), node, message);
    }
}

/// The files that a class mounts.
struct Files {
    names: BTreeSet<String>,
    /// Which there are, for a message; made once for all of them.
    hint: String,
}

impl Files {
    fn new(files: &[String]) -> Self {
        let names: BTreeSet<String> = files.iter().cloned().collect();
        // Those of certificates may be there or not.
        let part = |file: &&String| {
            let whole = file.strip_suffix(".crt").or_else(|| file.strip_suffix(".key"));
            !whole.is_some_and(|whole| names.contains(whole))
        };
        let shown: Vec<&String> = files.iter().filter(part).collect();
        let hint = match shown.len() {
            0 => String::new(),
            1 => format!(" Its only file is {}.", listed_names(shown)),
            _ => format!(" Its files are {}.", listed_names(shown)),
        };
        Self { names, hint }
    }
}
