//! What makes Secrets exist (`docs/facts/references.md#what-creates-secrets`).

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::around::Around;
use crate::document::shell::CreateSecret;
use crate::document::yaml::Node;
use crate::inventory::facts::{Definition, Maker};
use crate::inventory::stated::is_expression;
use crate::inventory::{Place, Places, Stated};

type Keys = Vec<(Box<str>, Place)>;

/// Bytes of the shortest value that is more than a word.
const LEAST_HIDDEN: usize = 8;

/// Kinds whose controllers write a Secret of the object's own name, with keys that the object does not state: group, kind.
const OF_OWN_NAME: [(&str, &str); 3] =
    [("kafka.strimzi.io", "KafkaUser"), ("onepassword.com", "OnePasswordItem"), ("bitwarden.com", "BitwardenSecret")];

/// Group, kinds, path of a field, and below it the name and the namespace.
type ByField = (&'static str, &'static [&'static str], &'static [&'static str], &'static str, &'static str);

/// Kinds whose controllers write a Secret that a field names.
const BY_FIELD: [ByField; 4] = [
    (
        "secrets.hashicorp.com",
        &["VaultStaticSecret", "VaultDynamicSecret", "VaultPKISecret", "HCPVaultSecretsApp"],
        &["spec", "destination"],
        "name",
        "",
    ),
    (
        "secrets.infisical.com",
        &["InfisicalSecret"],
        &["spec", "managedSecretReference"],
        "secretName",
        "secretNamespace",
    ),
    ("secrets.doppler.com", &["DopplerSecret"], &["spec", "managedSecret"], "name", "namespace"),
    ("cert-manager.io", &["Issuer"], &["spec", "acme", "privateKeySecretRef"], "name", ""),
];

/// Annotations of Ingresses and Gateways that make cert-manager write the certificates that these name.
const SHIMS: [&str; 3] = ["cert-manager.io/", "certmanager.k8s.io/", "kubernetes.io/tls-acme"];

/// Annotations of a Secret that make a controller add keys, or copy it.
const FILLED: [&str; 3] =
    ["secret-generator.v1.mittwald.de/", "reflector.v1.k8s.emberstack.com/", "replicator.v1.mittwald.de/"];

/// Annotations of a Secret that make a controller put it into other namespaces too.
const COPIED: [&str; 3] = ["reflector.v1.k8s.emberstack.com/", "replicator.v1.mittwald.de/", "kubed.appscode.com/sync"];

/// What an object makes exist.
pub(super) fn of_object(around: &Around<'_>) -> Vec<Definition> {
    match (&*around.object.group, &*around.object.kind) {
        ("", "Secret") => vec![secret(around)],
        ("bitnami.com", "SealedSecret") => vec![sealed_secret(around)],
        ("external-secrets.io" | "kubernetes-client.io", "ExternalSecret") => {
            Vec::from_iter(external_secret(around, &["spec"], Maker::ExternalSecret))
        }
        ("external-secrets.io", "ClusterExternalSecret") => cluster_external_secret(around),
        ("secrets-store.csi.x-k8s.io", "SecretProviderClass") => secret_provider_class(around),
        ("cert-manager.io", "Certificate") => Vec::from_iter(certificate(around)),
        ("isindir.github.com", "SopsSecret") => sops_secret(around),
        ("", "Service") => Vec::from_iter(serving_certificate(around)),
        ("networking.k8s.io" | "extensions" | "gateway.networking.k8s.io", "Ingress" | "Gateway") => shimmed(around),
        ("cert-manager.io", "ClusterIssuer") => {
            // The controller's own namespace, wherever that is.
            let node = around.at(&["spec", "acme", "privateKeySecretRef", "name"]);
            let made = node.map(|node| named(around, Maker::Controller, node));
            Vec::from_iter(made.map(|made| Definition { namespace: Stated::Unknown, ..made }))
        }
        (group, kind) => others(around, group, kind),
    }
}

/// A definition with the object's own name.
fn own(around: &Around<'_>, maker: Maker) -> Definition {
    Definition {
        maker,
        name: around.object.name.clone(),
        own_name: true,
        namespace: Stated::Absent,
        keys: Vec::new(),
        complete: false,
        secret_type: None,
        place: around.object.place,
    }
}

/// A definition that the text of `node` names.
fn named(around: &Around<'_>, maker: Maker, node: Node<'_>) -> Definition {
    Definition { name: around.stated(Some(node)), own_name: false, place: around.place(node), ..own(around, maker) }
}

/// Keys of a mapping, and whether all of them are known.
fn keys_of(around: &Around<'_>, node: Node<'_>) -> (Keys, bool) {
    let mut keys = Keys::new();
    let mut complete = !around.is_shaped(node);
    for (key, _) in node.entries() {
        match key.as_str() {
            Some("<<") | None => complete = false,
            Some(name) if is_expression(name) => complete = false,
            Some(name) => keys.push((name.into(), around.place(key))),
        }
    }
    (keys, complete)
}

/// Adds the keys of a mapping that may not be there.
fn add(around: &Around<'_>, node: Option<Node<'_>>, made: &mut Definition) {
    if let Some(node) = node {
        let (keys, complete) = keys_of(around, node);
        made.keys.extend(keys);
        made.complete &= complete;
    }
}

/// Adds the keys that a field of each item of a list names.
fn add_listed<'a>(
    around: &Around<'_>,
    list: Option<Node<'a>>,
    key: fn(Node<'a>) -> Option<Node<'a>>,
    made: &mut Definition,
) {
    for item in list.into_iter().flat_map(Node::items) {
        match key(item).map(|node| (around.stated(Some(node)), node)) {
            Some((Stated::Known(key), node)) => made.keys.push((key, around.place(node))),
            _ => made.complete = false,
        }
    }
}

fn secret_type(around: &Around<'_>, node: Option<Node<'_>>) -> Option<Box<str>> {
    around.stated(node).known().map(Into::into)
}

fn secret(around: &Around<'_>) -> Definition {
    let mut made = own(around, Maker::Secret);
    made.complete = around.source.node.get("<<").is_none();
    add(around, around.at(&["data"]), &mut made);
    add(around, around.at(&["stringData"]), &mut made);
    leave_out_values(around, &mut made);
    let annotations = around.at(&["metadata", "annotations"]).into_iter().flat_map(Node::entries);
    for key in annotations.filter_map(|(key, _)| key.as_str()) {
        made.complete &= !FILLED.iter().any(|prefix| key.starts_with(prefix));
        if COPIED.iter().any(|prefix| key.starts_with(prefix)) {
            made.namespace = Stated::Unknown;
        }
    }
    // The cluster fills in the keys of a token, and whoever ends a mapping's value with a template may add some.
    made.secret_type = secret_type(around, around.at(&["type"]));
    made.complete &= made.secret_type.as_deref() != Some("kubernetes.io/service-account-token");
    made.complete &= !around.is_templated(around.source.node) || !made.keys.is_empty();
    made
}

/// Drops keys that are values too, such as a password that was written twice: facts keep no value.
fn leave_out_values(around: &Around<'_>, made: &mut Definition) {
    let values = ["data", "stringData"].into_iter().filter_map(|section| around.at(&[section])).flat_map(Node::entries);
    let texts: BTreeSet<&str> = values.filter_map(|(_, value)| Some(value.as_str()?.trim())).collect();
    let keys = made.keys.len();
    made.keys.retain(|(key, _)| {
        let is_secret = key.len() >= LEAST_HIDDEN && key.bytes().any(|byte| !byte.is_ascii_lowercase());
        !is_secret || !texts.contains(&**key) && !texts.contains(STANDARD.encode(key.as_bytes()).as_str())
    });
    made.complete &= made.keys.len() == keys;
}

fn sealed_secret(around: &Around<'_>) -> Definition {
    let mut made = own(around, Maker::SealedSecret);
    // The deprecated single blob contains all keys in one ciphertext.
    made.complete = around.at(&["spec", "data"]).is_none();
    add(around, around.at(&["spec", "encryptedData"]), &mut made);
    add(around, around.at(&["spec", "template", "data"]), &mut made);
    made.secret_type = secret_type(around, around.at(&["spec", "template", "type"]));
    made
}

/// `root` leads to the specification of an ExternalSecret. Nothing where it makes no Secret.
fn external_secret(around: &Around<'_>, root: &[&str], maker: Maker) -> Option<Definition> {
    let Some(spec) = around.at(root) else { return Some(own(around, maker)) };
    let target = spec.get("target");
    let field = |key: &str| target.and_then(|target| target.get(key)).and_then(Node::as_str);
    let maker = match field("creationPolicy") {
        Some("None") => return None,
        Some("Merge" | "CreateOrMerge") => Maker::MergedExternalSecret,
        _ => maker,
    };
    // An object of another kind is rendered from what was fetched.
    let other = target.and_then(|target| target.at(&["manifest", "kind"])).map(|kind| around.stated(Some(kind)));
    if other.is_some_and(|kind| kind != Stated::Absent && kind.known() != Some("Secret")) {
        return None;
    }
    let mut made = match target.and_then(|target| target.get("name")) {
        Some(node) => named(around, maker, node),
        None => own(around, maker),
    };
    made.complete = true;
    // `name` is the field of the predecessor of the operator.
    add_listed(around, spec.get("data"), |item| item.get("secretKey").or_else(|| item.get("name")), &mut made);
    let mut complete = made.complete;
    made.complete = spec.get("dataFrom").is_none();
    let template = target.and_then(|target| target.get("template")).or_else(|| spec.get("template"));
    if let Some(template) = template {
        made.secret_type = secret_type(around, template.get("type"));
        let merges = template.get("mergePolicy").and_then(Node::as_str) == Some("Merge");
        if let Some(data) = template.get("data").filter(|data| data.entries().next().is_some()) {
            let (templates, known) = keys_of(around, data);
            // A template replaces what was fetched, unless it says otherwise.
            if !merges {
                made.keys.clear();
            }
            made.keys.extend(templates);
            complete &= known;
            made.complete |= !merges;
        }
        made.complete &= template.get("templateFrom").is_none();
    }
    made.complete &= complete && !around.is_shaped(spec);
    Some(made)
}

fn cluster_external_secret(around: &Around<'_>) -> Vec<Definition> {
    let made = external_secret(around, &["spec", "externalSecretSpec"], Maker::ClusterExternalSecret);
    let Some(made) = made else { return Vec::new() };
    let made = match around.at(&["spec", "externalSecretName"]) {
        Some(node) if made.own_name => Definition { name: around.stated(Some(node)), own_name: false, ..made },
        _ => made,
    };
    let chosen = around.chosen_namespaces();
    if chosen.is_empty() {
        return vec![Definition { namespace: Stated::Unknown, ..made }];
    }
    chosen.into_iter().map(|namespace| Definition { namespace, ..made.clone() }).collect()
}

fn secret_provider_class(around: &Around<'_>) -> Vec<Definition> {
    let objects = around.at(&["spec", "secretObjects"]).into_iter().flat_map(Node::items);
    let made = objects.filter_map(|object| {
        let mut made = named(around, Maker::SecretProviderClass, object.get("secretName")?);
        made.secret_type = secret_type(around, object.get("type"));
        made.complete = !around.is_shaped(object);
        add_listed(around, object.get("data"), |item| item.get("key"), &mut made);
        Some(made)
    });
    made.collect()
}

fn certificate(around: &Around<'_>) -> Option<Definition> {
    let node = around.at(&["spec", "secretName"])?;
    let mut made = named(around, Maker::Certificate, node);
    made.complete = ["keystores", "additionalOutputFormats"].iter().all(|key| around.at(&["spec", key]).is_none());
    made.keys = ["tls.crt", "tls.key", "ca.crt"].iter().map(|&key| (key.into(), made.place)).collect();
    made.secret_type = Some("kubernetes.io/tls".into());
    Some(made)
}

fn sops_secret(around: &Around<'_>) -> Vec<Definition> {
    let templates = around.at(&["spec", "secretTemplates"]).into_iter().flat_map(Node::items);
    let made = templates.filter_map(|template| {
        let mut made = named(around, Maker::Controller, template.get("name")?);
        made.complete = true;
        add(around, template.get("data"), &mut made);
        add(around, template.get("stringData"), &mut made);
        Some(made)
    });
    made.collect()
}

/// OpenShift writes the certificate of a Service into the Secret that an annotation names.
fn serving_certificate(around: &Around<'_>) -> Option<Definition> {
    let annotations = around.at(&["metadata", "annotations"])?;
    let prefixes = ["service.beta.openshift.io/", "service.alpha.openshift.io/"];
    let found = prefixes.iter().find_map(|prefix| annotations.get(&format!("{prefix}serving-cert-secret-name")))?;
    Some(named(around, Maker::Controller, found))
}

/// What cert-manager makes of an Ingress or a Gateway that asks for it by annotation.
fn shimmed(around: &Around<'_>) -> Vec<Definition> {
    let mut annotations = around.at(&["metadata", "annotations"]).into_iter().flat_map(Node::entries);
    let asks =
        annotations.any(|(key, _)| key.as_str().is_some_and(|key| SHIMS.iter().any(|shim| key.starts_with(shim))));
    if !asks {
        return Vec::new();
    }
    let tls = around.at(&["spec", "tls"]).into_iter().flat_map(Node::items).filter_map(|tls| tls.get("secretName"));
    let listeners = around.at(&["spec", "listeners"]).into_iter().flat_map(Node::items);
    let references = listeners.filter_map(|listener| listener.at(&["tls", "certificateRefs"])).flat_map(Node::items);
    let names = references.filter_map(|reference| reference.get("name"));
    tls.chain(names).map(|node| named(around, Maker::Controller, node)).collect()
}

fn others(around: &Around<'_>, group: &str, kind: &str) -> Vec<Definition> {
    if OF_OWN_NAME.contains(&(group, kind)) {
        return vec![own(around, Maker::Controller)];
    }
    let found = BY_FIELD.iter().find(|(of, kinds, ..)| *of == group && kinds.contains(&kind));
    let made = found.and_then(|(.., path, name, namespace)| {
        let node = around.at(path)?;
        let namespace = around.stated(node.get(namespace));
        Some(Definition { namespace, ..named(around, Maker::Controller, node.get(name)?) })
    });
    Vec::from_iter(made)
}

/// The Secret that a `create secret` command makes.
pub(super) fn of_command(made: &CreateSecret, places: &Places<'_>) -> Option<Definition> {
    let text = |text: &str| if is_expression(text) { Stated::Unknown } else { Stated::from(text) };
    let place = places.at(made.name_span);
    let (fixed, secret_type): (&[&str], _) = match made.kind.as_str() {
        "docker-registry" => (&[".dockerconfigjson"], Some("kubernetes.io/dockerconfigjson")),
        "tls" => (&["tls.crt", "tls.key"], Some("kubernetes.io/tls")),
        _ => (&[], None),
    };
    let mut complete = !made.more_keys;
    let mut keys: Keys = fixed.iter().map(|key| ((*key).into(), place)).collect();
    if fixed.is_empty() {
        let literals = made.literals.iter().map(|literal| (literal.key.as_str(), literal.value));
        let files = made.file_keys.iter().map(|(key, span)| (key.as_str(), *span));
        for (key, span) in literals.chain(files) {
            complete &= !is_expression(key);
            keys.push((key.into(), places.at(span)));
        }
        // A command whose keys were not understood, or that a script completes.
        complete &= !keys.is_empty();
    }
    Some(Definition {
        maker: Maker::Command,
        name: text(made.name.as_deref()?),
        own_name: false,
        // A command without a namespace takes the one of whoever runs it.
        namespace: made.namespace.as_deref().map_or(Stated::Unknown, text),
        keys,
        complete,
        secret_type: secret_type.map(Into::into),
        place,
    })
}

#[cfg(test)]
mod tests {
    use crate::document::fragment::Lang;
    use crate::document::view::{View, parse};
    use crate::inventory::Stated;
    use crate::inventory::read::read;

    /// What the ExternalSecret with this specification makes: `MAKER NAMESPACE/NAME TYPE KEYS`, with `...` where there may be
    /// more keys.
    fn made(kind: &str, spec: &str) -> Vec<String> {
        let text = format!("apiVersion: external-secrets.io/v1\nkind: {kind}\nmetadata: {{name: own}}\nspec: {spec}\n");
        let parsed = parse("a.yaml", &text, Lang::Yaml);
        assert!(parsed.faults.is_empty(), "{text}");
        let facts = read(&View::new("a.yaml", &text, Lang::Yaml, &parsed), &[]);
        let lines = facts.objects[0].definitions.iter().map(|made| {
            let namespace = match &made.namespace {
                Stated::Absent => String::new(),
                Stated::Known(namespace) => format!("{namespace}/"),
                Stated::Unknown => "?/".to_owned(),
            };
            let kind = made.secret_type.as_deref().unwrap_or("-");
            let mut keys: Vec<&str> = made.keys.iter().map(|(key, _)| &**key).collect();
            keys.extend((!made.complete).then_some("..."));
            format!("{:?} {namespace}{} {kind} {}", made.maker, made.name.known().unwrap_or("?"), keys.join(" "))
        });
        lines.collect()
    }

    const DATA: &str = "data: [{secretKey: a, remoteRef: {key: x}}, {secretKey: b, remoteRef: {key: y}}]";

    #[test]
    fn external_secrets_make_what_their_targets_say() {
        for (target, expected) in [
            ("", &["ExternalSecret own - a b"][..]),
            ("name: other", &["ExternalSecret other - a b"]),
            ("immutable: true, deletionPolicy: Delete", &["ExternalSecret own - a b"]),
            ("creationPolicy: Orphan", &["ExternalSecret own - a b"]),
            ("creationPolicy: None", &[]),
            ("creationPolicy: Merge", &["MergedExternalSecret own - a b"]),
            ("creationPolicy: CreateOrMerge", &["MergedExternalSecret own - a b"]),
            ("manifest: {apiVersion: v1, kind: ConfigMap}", &[]),
            ("manifest: {apiVersion: v1, kind: Secret}", &["ExternalSecret own - a b"]),
            ("template: {type: kubernetes.io/tls}", &["ExternalSecret own kubernetes.io/tls a b"]),
            ("template: {data: {url: x}}", &["ExternalSecret own - url"]),
            ("template: {data: {}}", &["ExternalSecret own - a b"]),
            ("template: {mergePolicy: Merge, data: {url: x}}", &["ExternalSecret own - a b url"]),
            ("template: {data: {url: x}, templateFrom: [{literal: x}]}", &["ExternalSecret own - url ..."]),
        ] {
            assert_eq!(made("ExternalSecret", &format!("{{target: {{{target}}}, {DATA}}}")), expected, "{target}");
        }
    }

    #[test]
    fn keys_of_whole_values_and_generators_are_unknown() {
        for (from, expected) in [
            ("extract: {key: x}", "ExternalSecret own - a b ..."),
            ("find: {name: {regexp: x}}", "ExternalSecret own - a b ..."),
            ("sourceRef: {generatorRef: {kind: Password, name: x}}", "ExternalSecret own - a b ..."),
        ] {
            assert_eq!(made("ExternalSecret", &format!("{{{DATA}, dataFrom: [{{{from}}}]}}")), [expected], "{from}");
        }
        let replaced =
            format!("{{target: {{template: {{data: {{url: x}}}}}}, {DATA}, dataFrom: [{{extract: {{key: x}}}}]}}");
        assert_eq!(made("ExternalSecret", &replaced), ["ExternalSecret own - url"]);
    }

    #[test]
    fn cluster_external_secrets_make_one_in_each_namespace() {
        for (spec, expected) in [
            ("namespaces: [x, y]", &["ClusterExternalSecret x/own - a b", "ClusterExternalSecret y/own - a b"][..]),
            ("namespaceSelector: {matchLabels: {a: b}}", &["ClusterExternalSecret ?/own - a b"]),
            ("namespaces: [x], namespaceSelectors: [{}]", &["ClusterExternalSecret ?/own - a b"]),
            ("namespaces: [x], externalSecretName: named", &["ClusterExternalSecret x/named - a b"]),
        ] {
            let spec = format!("{{{spec}, externalSecretSpec: {{{DATA}}}}}");
            assert_eq!(made("ClusterExternalSecret", &spec), expected, "{spec}");
        }
        let targeted = format!(
            "{{namespaces: [x], externalSecretName: named, externalSecretSpec: {{target: {{name: t}}, {DATA}}}}}"
        );
        assert_eq!(made("ClusterExternalSecret", &targeted), ["ClusterExternalSecret x/t - a b"]);
    }
}
