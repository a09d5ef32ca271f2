//! `external-secret-api`: an object of External Secrets in an API version that the operator does not serve any more.

use crate::checks::common::Context;
use crate::document::object::Object;
use crate::document::spot::Spot;
use crate::document::view::View;
use crate::document::yaml::Node;
use crate::finding::edit::Fix;
use crate::inventory::external::{GENERATORS, GROUP};
use crate::rule::Fixable;

/// The kinds that version 0.16 of the operator brought to `v1` (`docs/facts/external-secrets.md#api-versions`).
const KINDS: [&str; 4] = ["ExternalSecret", "ClusterExternalSecret", "SecretStore", "ClusterSecretStore"];

/// The version that the others still have.
const FIRST: &str = "v1alpha1";

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in view.manifests().filter(|object| matches!(object.group(), GROUP | GENERATORS)) {
        // A template that writes several versions chooses one of them by what the cluster has.
        let mut stated = object.node.entries().filter(|(key, _)| key.as_str() == Some("apiVersion"));
        let (Some((_, version)), None) = (stated.next(), stated.next()) else { continue };
        let (message, fix) = if is_first_only(object) {
            let wanted = format!("{}/{FIRST}", object.group());
            if object.api_version == wanted || object.unit.is_templated(version.span()) {
                continue;
            }
            (
                format!("`{}` has no kind {}, only `{wanted}` has,", object.api_version, object.kind),
                rewritten(view, object, version, &wanted),
            )
        } else if object.group() == GROUP && KINDS.contains(&object.kind) {
            let gone = match object.api_version.rsplit('/').next() {
                Some("v1alpha1") => "0.16",
                Some("v1beta1") => "0.17",
                _ => continue,
            };
            let message =
                format!("The External Secrets operator has not served `{}` since version {gone},", object.api_version);
            // `v1` is `v1beta1` but for the first engine of templates; `v1alpha1` has other shapes and defaults.
            let same = object.api_version.ends_with("/v1beta1") && !has_first_engine(object);
            (message, if same { rewritten(view, object, version, "external-secrets.io/v1") } else { None })
        } else {
            continue;
        };
        let message = format!("{message} so {} cannot be applied.", object.title());
        cx.report_in(object, ".apiVersion", version, message).fix = fix;
    }
}

/// Whether the object is of a kind that there is in the version `v1alpha1` only: pushing and generators did not move on with
/// the others, which they are often written beside.
fn is_first_only(object: &Object<'_>) -> bool {
    match object.group() {
        GROUP => matches!(object.kind, "PushSecret" | "ClusterPushSecret"),
        // What a `generatorRef` says looks like an object without metadata.
        GENERATORS => object.node.get("metadata").is_some(),
        _ => false,
    }
}

fn has_first_engine(object: &Object<'_>) -> bool {
    let engine = ["target", "template", "engineVersion"];
    let specs = [&["spec"][..], &["spec", "externalSecretSpec"]];
    specs.into_iter().filter_map(|spec| object.node.at(spec)?.at(&engine)?.as_str()).any(|engine| engine != "v2")
}

fn rewritten(view: &View<'_>, object: &Object<'_>, version: Node<'_>, wanted: &str) -> Option<Fix> {
    let edit = Spot::at(view, object.unit.outer(version.span()))?.replace(wanted)?;
    Some(Fix::edits(Fixable::Safe, format!("write the API version `{wanted}`"), vec![edit]))
}
