//! `sealed-wide-scope`: a SealedSecret that more than one namespace, or name, can open.

use super::sealed_secrets;
use crate::checks::common::Context;
use crate::document::sealable::resealable;
use crate::document::yaml::Node;
use crate::finding::edit::{Fix, FixKind};
use crate::inventory::annotation::SEALED;
use crate::rule::Fixable;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in sealed_secrets(view) {
        let annotations = object.node.at(&["metadata", "annotations"]).into_iter().flat_map(Node::entries);
        for (key, value) in annotations {
            let name = key.as_str().and_then(|key| key.strip_prefix(SEALED)).unwrap_or_default();
            let means = match name {
                "cluster-wide" => "in any namespace, under any name",
                "namespace-wide" => "under any name in its namespace",
                _ => continue,
            };
            if value.is_string() && value.as_str() == Some("true") {
                let message =
                    format!("This SealedSecret is {name}: anyone who can create objects can decrypt it {means}.");
                let fix = resealable(view.text, object.unit, object).ok().map(|document| Fix {
                    applicability: Fixable::Safe,
                    title: "re-seal it for its name and namespace only, with `--private-key`".to_owned(),
                    kind: FixKind::Reseal { document, namespace: None, strict: true },
                });
                cx.report_in(object, &format!(".metadata.annotations['{SEALED}{name}']"), key, message).fix = fix;
            }
        }
    }
}
