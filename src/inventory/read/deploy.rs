//! What Argo CD and Flux deploy, and what they change on the way (`docs/facts/kustomize.md#composition-and-order`).

use super::around::Around;
use crate::document::yaml::Node;
use crate::inventory::Stated;
use crate::inventory::facts::Deploy;

/// The folders that an Argo CD Application, the template of an ApplicationSet, or a Flux Kustomization deploys.
pub(super) fn of_object(around: &Around<'_>) -> Vec<Deploy> {
    match (&*around.object.group, &*around.object.kind) {
        ("argoproj.io", "Application") => application(around, &["spec"]),
        ("argoproj.io", "ApplicationSet") => application(around, &["spec", "template", "spec"]),
        ("kustomize.toolkit.fluxcd.io", "Kustomization") => flux(around).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn application(around: &Around<'_>, root: &[&str]) -> Vec<Deploy> {
    let Some(spec) = around.at(root) else { return Vec::new() };
    let destination = around.stated(spec.at(&["destination", "namespace"]));
    let many = spec.get("sources").into_iter().flat_map(Node::items);
    let sources = spec.get("source").into_iter().chain(many);
    let deploys = sources.filter_map(|source| {
        let path = source.get("path")?;
        let kustomize = source.get("kustomize");
        let field = |name: &str| kustomize.and_then(|kustomize| kustomize.get(name));
        let text = |name: &str| around.stated(field(name)).known().map(Into::into);
        // The destination's namespace is for objects that state none; the one for kustomize is for all.
        let forced = around.stated(field("namespace"));
        let overrides = forced != Stated::Absent;
        Some(Deploy {
            path: around.stated(Some(path)).known()?.into(),
            repository: around.stated(source.get("repoURL")),
            namespace: if overrides { forced } else { destination.clone() },
            overrides,
            prefix: text("namePrefix"),
            suffix: text("nameSuffix"),
            namespace_place: around
                .place(field("namespace").or_else(|| spec.at(&["destination", "namespace"])).unwrap_or(path)),
            name_place: around.place(field("namePrefix").or_else(|| field("nameSuffix")).unwrap_or(path)),
        })
    });
    deploys.collect()
}

fn flux(around: &Around<'_>) -> Option<Deploy> {
    let path = around.at(&["spec", "path"])?;
    let field = |name: &str| around.at(&["spec", name]);
    let text = |name: &str| around.stated(field(name)).known().map(Into::into);
    Some(Deploy {
        path: around.stated(Some(path)).known()?.trim_start_matches("./").into(),
        repository: Stated::Absent,
        namespace: around.stated(around.at(&["spec", "targetNamespace"])),
        overrides: true,
        prefix: text("namePrefix"),
        suffix: text("nameSuffix"),
        namespace_place: around.place(around.at(&["spec", "targetNamespace"]).unwrap_or(path)),
        name_place: around.place(field("namePrefix").or_else(|| field("nameSuffix")).unwrap_or(path)),
    })
}
