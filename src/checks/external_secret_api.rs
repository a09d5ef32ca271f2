//! `external-secret-api`: an object of External Secrets in an API version that the operator does not serve any more.

use super::Context;
use crate::document::fragment::Lang;
use crate::document::object::Object;
use crate::document::spot::Spot;
use crate::document::view::View;
use crate::document::yaml::Node;
use crate::finding::edit::Fix;
use crate::rule::Fixable;

/// The kinds that version 0.16 of the operator brought to `v1` (`secrets-surface.md` 7.1).
const KINDS: [&str; 4] = ["ExternalSecret", "ClusterExternalSecret", "SecretStore", "ClusterSecretStore"];

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    // Texts for people show what was.
    if matches!(view.lang, Lang::Markdown | Lang::Notebook) {
        return;
    }
    let of_operator = |object: &&Object<'_>| object.group() == "external-secrets.io" && KINDS.contains(&object.kind);
    for object in view.objects.iter().filter(of_operator) {
        let gone = match object.api_version.rsplit('/').next() {
            Some("v1alpha1") => "0.16",
            Some("v1beta1") => "0.17",
            _ => continue,
        };
        // A template that writes several versions chooses one of them by what the cluster has.
        let mut stated = object.node.entries().filter(|(key, _)| key.as_str() == Some("apiVersion"));
        let (Some((_, version)), None) = (stated.next(), stated.next()) else { continue };
        let span = object.unit.outer(version.span());
        let message = format!(
            "The External Secrets operator does not serve '{}' since its version {gone}, so that {} cannot be applied.",
            object.api_version,
            object.title()
        );
        let place = format!("{} .apiVersion", object.title());
        cx.structure(span, Some(place), message).fix = fix(view, object, version);
    }
}

/// `v1` is `v1beta1` but for the first engine of templates; `v1alpha1` has other shapes and defaults.
fn fix(view: &View<'_>, object: &Object<'_>, version: Node<'_>) -> Option<Fix> {
    let target = |spec: &[&str]| {
        let engine = object.node.at(spec)?.at(&["target", "template", "engineVersion"])?;
        engine.as_str().map(|engine| engine == "v2")
    };
    let engines = [target(&["spec"]), target(&["spec", "externalSecretSpec"])];
    if !object.api_version.ends_with("/v1beta1") || engines.contains(&Some(false)) {
        return None;
    }
    let edit = Spot::at(view, object.unit.outer(version.span()))?.replace("external-secrets.io/v1")?;
    Some(Fix::edits(Fixable::Safe, "write the API version 'external-secrets.io/v1'", vec![edit]))
}
