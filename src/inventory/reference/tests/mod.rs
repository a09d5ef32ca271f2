//! Objects as people write them, with the references that `docs/facts/references.md` says are in them.

mod argo;
mod external;
mod hostile;
mod kubernetes;
mod operators;
mod table;

use super::references;
use crate::document::fragment::Lang;
use crate::document::view::{View, parse};
use crate::inventory::convention::OwnKind;
use crate::inventory::facts::{Pod, Reference};
use crate::inventory::{Places, Stated};

/// Everything that the objects of `text` name, with their pods.
fn read(text: &str, own: &[OwnKind]) -> (Vec<Reference>, Vec<Pod>) {
    let parsed = parse("a.yaml", text, Lang::Yaml);
    assert!(parsed.faults.is_empty(), "{:?}", parsed.faults);
    let view = View::new("a.yaml", text, Lang::Yaml, &parsed);
    assert!(!view.objects.is_empty(), "there are objects in {text}");
    let places = Places::new(text);
    let mut all = (Vec::new(), Vec::new());
    for object in &view.objects {
        let (found, pods, _) = references(object, &places, own);
        all.0.extend(found);
        all.1.extend(pods);
    }
    for reference in &all.0 {
        let held = reference.place.span.slice(text);
        let implied = reference.name.as_ref() == "storage-config";
        assert!(held == reference.name.as_ref() || implied, "{held} is {reference:?}");
        for (key, place) in &reference.keys {
            let held = place.span.slice(text);
            assert!(held == key.as_ref() || *place == reference.place, "{held} is {key} of {reference:?}");
        }
    }
    all
}

/// `USAGE NAMESPACE/NAME [KEYS] optional renamed PATH @ SLOT`, what is not so left out; the slot where it is not the path.
fn line(reference: &Reference) -> String {
    let mut line = format!("{:?} ", reference.usage);
    match &reference.namespace {
        Stated::Absent => {}
        Stated::Known(namespace) => line.extend([namespace, "/"]),
        Stated::Unknown => line.push_str("?/"),
    }
    line.push_str(&reference.name);
    let keys: Vec<&str> = reference.keys.iter().map(|(key, _)| key.as_ref()).collect();
    if !keys.is_empty() {
        line.extend([" [", &keys.join(" "), "]"]);
    }
    line.push_str(if reference.optional { " optional" } else { "" });
    line.push_str(if reference.renamed { " renamed" } else { "" });
    line.extend([" ", &reference.path]);
    if reference.slot != reference.path {
        line.extend([" @ ", &reference.slot]);
    }
    line
}

/// `PATH serviceAccountName IMAGES pulls`
fn pod(pod: &Pod) -> String {
    let images: Vec<&str> = pod.images.iter().map(|(image, _)| image.as_ref()).collect();
    let account = match &pod.service_account {
        Stated::Absent => "-",
        Stated::Known(name) => name,
        Stated::Unknown => "?",
    };
    format!("{} {account} {images:?}{}", pod.path, if pod.pulls { " pulls" } else { "" })
}

#[track_caller]
fn names(text: &str, expected: &[&str]) {
    let found: Vec<String> = read(text, &[]).0.iter().map(line).collect();
    assert_eq!(found, expected, "\n{}\nof\n{text}", found.join("\n"));
}

#[track_caller]
fn pods(text: &str, expected: &[&str]) {
    let found: Vec<String> = read(text, &[]).1.iter().map(pod).collect();
    assert_eq!(found, expected);
}

#[test]
fn volumes_of_the_secrets_store_driver_are_mounts() {
    let text = "apiVersion: batch/v1
kind: CronJob
metadata: {name: a}
spec:
  jobTemplate:
    spec:
      template:
        spec:
          automountServiceAccountToken: false
          containers: [{name: a, image: b}]
          volumes:
            - name: known
              csi: {driver: secrets-store.csi.k8s.io, volumeAttributes: {secretProviderClass: vault-demo}}
            - name: filled
              csi: {driver: secrets-store.csi.k8s.io, volumeAttributes: {secretProviderClass: '${CLASS}'}}
            - name: none
              csi: {driver: secrets-store.csi.k8s.io}
            - name: other
              csi: {driver: csi.cert-manager.io, volumeAttributes: {secretProviderClass: no}}
";
    let parsed = parse("a.yaml", text, Lang::Yaml);
    let view = View::new("a.yaml", text, Lang::Yaml, &parsed);
    let (_, pods, mounts) = references(&view.objects[0], &Places::new(text), &[]);
    assert_eq!(pods[0].token, Stated::from("false"));
    assert_eq!(pods[0].place.span.slice(text), "false");
    let found: Vec<(&Stated, &str, &str)> =
        mounts.iter().map(|mount| (&mount.class, mount.place.span.slice(text), &*mount.path)).collect();
    let path = |volume: usize| {
        format!(".spec.jobTemplate.spec.template.spec.volumes[{volume}].csi.volumeAttributes.secretProviderClass")
    };
    let paths = [path(0), path(1), path(2)];
    let known = Stated::from("vault-demo");
    assert_eq!(
        found,
        [
            (&known, "vault-demo", paths[0].as_str()),
            (&Stated::Unknown, "${CLASS}", paths[1].as_str()),
            (&Stated::Absent, "secrets-store.csi.k8s.io", paths[2].as_str()),
        ]
    );
}
