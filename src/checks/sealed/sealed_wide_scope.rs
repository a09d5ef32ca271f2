//! `sealed-wide-scope`: a SealedSecret that more than one namespace, or name, can open.

use crate::checks::common::Context;
use crate::document::fragment::Lang;
use crate::document::sealable::resealable;
use crate::document::yaml::Node;
use crate::finding::edit::{Fix, FixKind};
use crate::rule::Fixable;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    // Texts for people show what not to do.
    if matches!(view.lang, Lang::Markdown | Lang::Notebook) {
        return;
    }
    for object in view.objects.iter().filter(|object| object.kind == "SealedSecret" && object.group() == "bitnami.com")
    {
        let annotations = object.node.at(&["metadata", "annotations"]).into_iter().flat_map(Node::entries);
        for (key, value) in annotations {
            let (name, means) = match key.as_str() {
                Some("sealedsecrets.bitnami.com/cluster-wide") => ("cluster-wide", "in any namespace, under any name"),
                Some("sealedsecrets.bitnami.com/namespace-wide") => {
                    ("namespace-wide", "under any name in its namespace")
                }
                _ => continue,
            };
            if value.is_string() && value.as_str() == Some("true") {
                let place = format!("{} .metadata.annotations['sealedsecrets.bitnami.com/{name}']", object.title());
                let message =
                    format!("This SealedSecret is {name}: anyone who can create objects can decrypt it {means}.");
                let fix = resealable(view.text, object.unit, object).ok().map(|document| Fix {
                    applicability: Fixable::Safe,
                    title: "re-seal it for its name and namespace only, with `--private-key`".to_owned(),
                    kind: FixKind::Reseal { document, namespace: None, strict: true },
                });
                cx.report(object.unit.outer(key.span()), Some(place), message).fix = fix;
            }
        }
    }
}
