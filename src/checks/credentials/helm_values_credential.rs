//! `helm-values-credential`: a credential among Helm values, in a values file or inside an object that carries values.

use crate::checks::common::{Context, keyed};
use crate::inventory::helm::is_values_file;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    if is_values_file(view.path) {
        for unit in view.file_units() {
            let Some(root) = unit.tree().root().filter(|root| root.get("kind").is_none()) else { continue };
            keyed::settings(cx, unit, root, "A Helm values file", "");
        }
    }
    for object in &view.objects {
        let paths: &[&[&str]] = match (object.group(), object.kind) {
            ("helm.toolkit.fluxcd.io", "HelmRelease") => &[&["spec", "values"]],
            ("argoproj.io", "Application") => &[
                &["spec", "source", "helm", "values"],
                &["spec", "source", "helm", "valuesObject"],
                &["spec", "source", "helm", "parameters"],
                &["spec", "sources"],
            ],
            ("argoproj.io", "ApplicationSet") => &[&["spec", "template", "spec"], &["spec", "generators"]],
            ("helm.cattle.io", "HelmChart" | "HelmChartConfig") => &[&["spec", "set"], &["spec", "valuesContent"]],
            _ => continue,
        };
        let what = format!("The Helm values of {}", object.title());
        for path in paths {
            let Some(node) = object.node.at(path) else { continue };
            let place = format!("{} .{}", object.title(), path.join("."));
            if node.value().is_some() {
                keyed::scalar(cx, object.unit, &what, &place, path.last().copied().unwrap_or_default(), node);
            } else {
                keyed::settings(cx, object.unit, node, &what, &place);
            }
        }
    }
}
