//! `external-secret-api`: an object of External Secrets in an API version that the operator does not serve any more.

use crate::checks::common::Context;
use crate::document::fragment::Lang;
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
    // Texts for people show what was.
    if matches!(view.lang, Lang::Markdown | Lang::Notebook) {
        return;
    }
    for object in view.objects.iter().filter(|object| is_first_only(object)) {
        first_only(cx, object);
    }
    let of_operator = |object: &&Object<'_>| object.group() == GROUP && KINDS.contains(&object.kind);
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
            "The External Secrets operator has not served `{}` since version {gone}, so {} cannot be applied.",
            object.api_version,
            object.title()
        );
        let place = format!("{} .apiVersion", object.title());
        cx.report(span, Some(place), message).fix = fix(view, object, version);
    }
}

/// Whether the object is of a kind that there is in the version `v1alpha1` only.
fn is_first_only(object: &Object<'_>) -> bool {
    match object.group() {
        GROUP => matches!(object.kind, "PushSecret" | "ClusterPushSecret"),
        // What a `generatorRef` says looks like an object without metadata.
        GENERATORS => object.node.get("metadata").is_some(),
        _ => false,
    }
}

/// Pushing and generators did not move on with the others, which they are often written beside.
fn first_only(cx: &mut Context<'_, '_>, object: &Object<'_>) {
    let view = cx.view;
    let mut stated = object.node.entries().filter(|(key, _)| key.as_str() == Some("apiVersion"));
    let (Some((_, version)), None) = (stated.next(), stated.next()) else { return };
    let wanted = format!("{}/{FIRST}", object.group());
    if object.api_version == wanted || object.unit.is_templated(version.span()) {
        return;
    }
    let message = format!(
        "`{}` has no kind {}, only `{wanted}` has, so {} cannot be applied.",
        object.api_version,
        object.kind,
        object.title()
    );
    let span = object.unit.outer(version.span());
    let place = format!("{} .apiVersion", object.title());
    let edit = Spot::at(view, span).and_then(|spot| spot.replace(&wanted));
    let fix = edit.map(|edit| Fix::edits(Fixable::Safe, format!("write the API version `{wanted}`"), vec![edit]));
    cx.report(span, Some(place), message).fix = fix;
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
    Some(Fix::edits(Fixable::Safe, "write the API version `external-secrets.io/v1`", vec![edit]))
}
