//! What objects of External Secrets name outside the cluster, and what the operator refuses (`docs/facts/external-secrets.md#externalsecret`).

use crate::document::yaml::Node;
use crate::inventory::Stated;
use crate::inventory::facts::external::{External, Fault, FaultKind, GROUP, RemoteKey, STORE, SourceName};
use crate::inventory::read::around::Around;

/// Choices of fields, as the schema of the kinds has them.
const CREATION: &[&str] = &["Owner", "Orphan", "Merge", "None", "CreateOrMerge"];
const DELETION: &[&str] = &["Delete", "Merge", "Retain"];
const REFRESH: &[&str] = &["CreatedOnce", "Periodic", "OnChange"];
const STORES: &[&str] = &["SecretStore", "ClusterSecretStore"];
const MERGE: &[&str] = &["Replace", "Merge"];
const ENGINES: &[&str] = &["v2"];

/// Fields that people write one level too high or too low, with where they belong.
type Misplaced = [(&'static str, &'static str)];
const IN_SPEC: &Misplaced = &[
    ("creationPolicy", "below 'target'"),
    ("deletionPolicy", "below 'target'"),
    ("template", "below 'target'"),
    ("storeRef", "as 'secretStoreRef'"),
];
const IN_TARGET: &Misplaced = &[
    ("engineVersion", "below 'template'"),
    ("mergePolicy", "below 'template'"),
    ("templateFrom", "below 'template'"),
    ("data", "below 'template'"),
    ("type", "below 'template'"),
];
const IN_DATA: &Misplaced = &[
    ("key", "below 'remoteRef'"),
    ("property", "below 'remoteRef'"),
    ("version", "below 'remoteRef'"),
    ("decodingStrategy", "below 'remoteRef'"),
];
const IN_DATA_FROM: &Misplaced = &[
    ("secretKey", "to 'data', which names single keys"),
    ("remoteRef", "to 'data', or as 'extract'"),
    ("key", "below 'extract'"),
    ("property", "below 'extract'"),
    ("version", "below 'extract'"),
    ("storeRef", "below 'sourceRef'"),
    ("generatorRef", "below 'sourceRef'"),
];

/// What an object names and what is wrong with it; nothing for objects of other kinds.
pub(in crate::inventory) fn of_object(around: &Around<'_>) -> Option<External> {
    // Values of a chart contain pieces of objects, to which the chart adds the rest.
    if &*around.object.group != GROUP || around.at(&["metadata"]).is_none() {
        return None;
    }
    let (root, pushes): (&[&str], bool) = match &*around.object.kind {
        "ExternalSecret" => (&["spec"], false),
        "ClusterExternalSecret" => (&["spec", "externalSecretSpec"], false),
        "PushSecret" => (&["spec"], true),
        "ClusterPushSecret" => (&["spec", "pushSecretSpec"], true),
        _ => return None,
    };
    let mut reader = ExternalReader { around, found: External::default(), default: None };
    let spec = around.at(root);
    let path = format!(".{}", root.join("."));
    if root.len() > 1 {
        let chosen = around.at(&["spec", "namespaces"]).into_iter().flat_map(Node::items);
        let selects = ["namespaceSelector", "namespaceSelectors"].iter().any(|key| around.at(&["spec", key]).is_some());
        if !selects {
            reader.found.namespaces = chosen.map(|node| around.stated(Some(node))).collect();
        }
    }
    if let Some(spec) = spec {
        if pushes { reader.push(spec, &path) } else { reader.external(spec, &path) }
    }
    Some(reader.found)
}

struct ExternalReader<'a, 'b> {
    around: &'b Around<'a>,
    found: External,
    /// The store of the whole object.
    default: Option<(Box<str>, Box<str>)>,
}

impl<'a> ExternalReader<'a, '_> {
    fn fault(&mut self, what: FaultKind, open: bool, node: Node<'a>, path: String) {
        let place = self.around.place(node);
        self.found.faults.push(Fault { what, open, path: path.into(), place });
    }

    /// The text of a field that is there and known.
    fn known(&self, node: Option<Node<'a>>) -> Option<(Node<'a>, Box<str>)> {
        match self.around.stated(node) {
            Stated::Known(text) => node.map(|node| (node, text)),
            _ => None,
        }
    }

    /// Whether a template decides what there is.
    fn is_open(&self, node: Node<'a>) -> bool {
        self.around.is_shaped(node) || node.is_alias() || node.get("<<").is_some()
    }

    fn external(&mut self, spec: Node<'a>, path: &str) {
        let default = spec.get("secretStoreRef");
        if let Some(node) = default {
            self.default = self.store(node, &format!("{path}.secretStoreRef"));
        }
        // Without the field every entry names its own; a template, or a patch, may yet write it.
        let named = default.is_some_and(|node| node.get("name").is_some_and(|name| !name.is_null()));
        let whole = self.is_open(spec);
        self.misplaced(spec, path, IN_SPEC);
        let first = self.around.object.version.as_ref() == "v1alpha1";
        let mut seen: Vec<Box<str>> = Vec::new();
        let retains = matches!(spec.at(&["target", "deletionPolicy"]).and_then(Node::as_str), None | Some("Retain"));
        for (index, item) in spec.get("data").into_iter().flat_map(Node::items).enumerate() {
            let at = format!("{path}.data[{index}]");
            self.datum(item, &at, named || whole);
            if let Some((node, key)) = self.known(item.get("secretKey")) {
                if seen.contains(&key) && retains {
                    self.fault(FaultKind::Duplicate(key), false, node, format!("{at}.secretKey"));
                } else {
                    seen.push(key);
                }
            }
        }
        for (index, item) in spec.get("dataFrom").into_iter().flat_map(Node::items).enumerate() {
            self.from(item, &format!("{path}.dataFrom[{index}]"), named || whole, first);
        }
        let has = |key: &str| spec.get(key).is_some_and(|node| !node.is_sequence() || node.items().next().is_some());
        if !has("data") && !has("dataFrom") && !whole && !self.around.is_shaped(self.around.source.node) {
            self.fault(FaultKind::NoData, true, spec, path.to_owned());
        }
        self.choice(spec, path, "refreshPolicy", REFRESH);
        self.duration(spec, path, "refreshInterval");
        if let Some(target) = spec.get("target") {
            self.target(target, &format!("{path}.target"));
        }
    }

    fn datum(&mut self, item: Node<'a>, path: &str, stored: bool) {
        if !item.is_mapping() || self.is_open(item) {
            return;
        }
        match item.get("secretKey") {
            None => self.fault(FaultKind::Missing("secretKey"), false, item, path.to_owned()),
            node => {
                let key = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
                let bad = self.known(node).filter(|(_, text)| !text.bytes().all(key) || text.len() > 253);
                if let Some((node, _)) = bad {
                    self.fault(FaultKind::BadKey, false, node, format!("{path}.secretKey"));
                }
            }
        }
        let source = item.get("sourceRef");
        let store = source.and_then(|source| self.source(source, &format!("{path}.sourceRef")));
        // What the reference lacks then stands beside it.
        if !self.misplaced(item, path, IN_DATA) {
            self.remote(item, "remoteRef", path, source.is_some(), store);
        }
        if source.is_none() && !stored {
            self.fault(FaultKind::NoStore, true, item, path.to_owned());
        }
    }

    /// The reference to a value in a store, and its key.
    fn remote(
        &mut self,
        item: Node<'a>,
        field: &'static str,
        path: &str,
        own: bool,
        store: Option<(Box<str>, Box<str>)>,
    ) {
        let Some(remote) = item.get(field) else {
            if field == "remoteRef" {
                self.fault(FaultKind::Missing(field), false, item, path.to_owned());
            }
            return;
        };
        match self.known(remote.get("key")) {
            Some((node, key)) => {
                let store = if own { store } else { self.default.clone() };
                let place = self.around.place(node);
                self.found.keys.push(RemoteKey { key, store, path: format!("{path}.{field}.key").into(), place });
            }
            None if remote.is_mapping() && remote.get("key").is_none() && !self.is_open(remote) => {
                self.fault(FaultKind::Missing("key"), false, remote, format!("{path}.{field}"));
            }
            None => {}
        }
    }

    fn from(&mut self, item: Node<'a>, path: &str, stored: bool, first: bool) {
        // The first version had the reference itself here.
        if first || !item.is_mapping() || self.is_open(item) {
            return;
        }
        let source = item.get("sourceRef");
        let store = source.and_then(|source| self.source(source, &format!("{path}.sourceRef")));
        let generated = source.is_some_and(|source| source.get("generatorRef").is_some());
        let misplaced = self.misplaced(item, path, IN_DATA_FROM);
        let ways = [item.get("extract").is_some(), item.get("find").is_some(), generated];
        match ways.into_iter().filter(|way| *way).count() {
            0 if source.is_none() && !misplaced => self.fault(FaultKind::NoSource, false, item, path.to_owned()),
            0 | 1 => {}
            _ => self.fault(FaultKind::Combined, false, item, path.to_owned()),
        }
        self.remote(item, "extract", path, source.is_some(), store);
        if source.is_none() && !stored && (ways[0] || ways[1]) {
            self.fault(FaultKind::NoStore, true, item, path.to_owned());
        }
    }

    /// A `sourceRef`: the store in it, where that is known.
    fn source(&mut self, source: Node<'a>, path: &str) -> Option<(Box<str>, Box<str>)> {
        let (store, generator) = (source.get("storeRef"), source.get("generatorRef"));
        if source.is_mapping() && !self.is_open(source) && store.is_some() == generator.is_some() {
            self.fault(FaultKind::BadSourceRef, false, source, path.to_owned());
        }
        if let Some(node) = generator {
            self.named(node, &format!("{path}.generatorRef"), true);
        }
        store.and_then(|node| self.store(node, &format!("{path}.storeRef")))
    }

    fn store(&mut self, node: Node<'a>, path: &str) -> Option<(Box<str>, Box<str>)> {
        if !self.is_open(node) {
            self.choice(node, path, "kind", STORES);
        }
        self.named(node, path, false)
    }

    /// A mapping of kind and name.
    fn named(&mut self, node: Node<'a>, path: &str, generator: bool) -> Option<(Box<str>, Box<str>)> {
        let (at, name) = self.known(node.get("name"))?;
        let kind = match self.around.stated(node.get("kind")) {
            _ if self.is_open(node) => Stated::Unknown,
            Stated::Absent if generator => Stated::Unknown,
            Stated::Absent => STORE.into(),
            kind => kind,
        };
        let store = kind.known().map(|kind| (kind.into(), name.clone()));
        let explicit = node.get("kind").is_some();
        let (path, place) = (format!("{path}.name").into(), self.around.place(at));
        self.found.sources.push(SourceName { kind, explicit, generator, name, path, place });
        store
    }

    /// Whether a field of the table is in a mapping. Only the first one is reported.
    fn misplaced(&mut self, node: Node<'a>, path: &str, fields: &Misplaced) -> bool {
        let found = node.entries().find_map(|(key, _)| {
            let field = fields.iter().find(|(field, _)| key.as_str() == Some(*field))?;
            Some((key, field))
        });
        if let Some((key, (field, place))) = found {
            self.fault(FaultKind::Misplaced(field, place), false, key, format!("{path}.{field}"));
        }
        found.is_some()
    }

    fn choice(&mut self, node: Node<'a>, path: &str, field: &'static str, choices: &'static [&'static str]) {
        let Some((at, text)) = self.known(node.get(field)) else { return };
        if !choices.contains(&&*text) {
            self.fault(FaultKind::NoChoice(field, choices), false, at, format!("{path}.{field}"));
        }
    }

    fn duration(&mut self, node: Node<'a>, path: &str, field: &'static str) {
        let Some((at, text)) = self.known(node.get(field)) else { return };
        if !is_duration(&text) || !at.is_string() {
            self.fault(FaultKind::BadDuration(field), false, at, format!("{path}.{field}"));
        }
    }

    fn target(&mut self, target: Node<'a>, path: &str) {
        let shaped = self.is_open(target);
        self.misplaced(target, path, IN_TARGET);
        self.choice(target, path, "creationPolicy", CREATION);
        self.choice(target, path, "deletionPolicy", DELETION);
        let creation = self.known(target.get("creationPolicy")).map(|(_, text)| text);
        if let Some((node, deletion)) = self.known(target.get("deletionPolicy")).filter(|_| !shaped) {
            let others =
                ["Merge", "None", "CreateOrMerge"].into_iter().find(|other| creation.as_deref() == Some(*other));
            match (&*deletion, others) {
                ("Delete", Some(creation)) => {
                    self.fault(FaultKind::DeletesOthers(creation), false, node, format!("{path}.deletionPolicy"));
                }
                ("Merge", Some("None")) => {
                    self.fault(FaultKind::MergesNothing, false, node, format!("{path}.deletionPolicy"));
                }
                _ => {}
            }
        }
        let Some(template) = target.get("template") else { return };
        let path = format!("{path}.template");
        self.choice(template, &path, "mergePolicy", MERGE);
        if matches!(&*self.around.object.version, "v1") {
            self.choice(template, &path, "engineVersion", ENGINES);
        }
        // Other objects than Secrets have other parts.
        if target.get("manifest").is_none() {
            self.template(template, &path);
        }
    }

    fn template(&mut self, template: Node<'a>, path: &str) {
        let account = template.at(&["metadata", "annotations", "kubernetes.io/service-account.name"]).is_some();
        if let Some((node, text)) = self.known(template.get("type")) {
            let privileged = match &*text {
                "bootstrap.kubernetes.io/token" => true,
                "kubernetes.io/service-account-token" => account,
                _ => false,
            };
            if privileged {
                self.fault(FaultKind::Privileged, false, node, format!("{path}.type"));
            }
        }
        for (index, item) in template.get("templateFrom").into_iter().flat_map(Node::items).enumerate() {
            let Some((node, target)) = self.known(item.get("target")) else { continue };
            if !["data", "annotations", "labels"].iter().any(|part| part.eq_ignore_ascii_case(&target)) {
                self.fault(FaultKind::BadTarget, false, node, format!("{path}.templateFrom[{index}].target"));
            }
        }
    }

    fn push(&mut self, spec: Node<'a>, path: &str) {
        for (index, item) in spec.get("secretStoreRefs").into_iter().flat_map(Node::items).enumerate() {
            let store = self.store(item, &format!("{path}.secretStoreRefs[{index}]"));
            // Whatever is pushed goes to each of them.
            self.default = self.default.take().or(store);
        }
        for (index, item) in spec.get("data").into_iter().flat_map(Node::items).enumerate() {
            let Some((node, key)) = self.known(item.at(&["match", "remoteRef", "remoteKey"])) else { continue };
            let path = format!("{path}.data[{index}].match.remoteRef.remoteKey");
            let place = self.around.place(node);
            self.found.keys.push(RemoteKey { key, store: self.default.clone(), path: path.into(), place });
        }
        if let Some(selector) = spec.get("selector") {
            let generator = selector.get("generatorRef");
            if let Some(node) = generator {
                self.named(node, &format!("{path}.selector.generatorRef"), true);
            }
            if selector.get("secret").is_some() == generator.is_some() && !self.is_open(selector) {
                self.fault(FaultKind::BadSelector, generator.is_none(), selector, format!("{path}.selector"));
            }
        }
        self.duration(spec, path, "refreshInterval");
    }
}

/// Whether Go takes a text for a duration: `1h`, `1h30m`, `-1.5s`, `0`.
fn is_duration(text: &str) -> bool {
    const UNITS: [&str; 8] = ["ns", "us", "\u{b5}s", "\u{3bc}s", "ms", "s", "m", "h"];
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let mut any = false;
    while !rest.is_empty() {
        let number = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let digits = rest[..number].bytes().filter(u8::is_ascii_digit).count();
        let after = &rest[number..];
        let unit = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        if digits == 0 || number - digits > 1 || !UNITS.contains(&&after[..unit]) {
            return false;
        }
        (rest, any) = (&after[unit..], true);
    }
    any
}

#[cfg(test)]
mod tests {
    use super::is_duration;

    #[test]
    fn durations_are_those_of_go() {
        for text in ["1h", "1h30m", "0", "0s", "-1.5s", "+2m", "100ms", "1.h", "3\u{b5}s", "1h0m0s"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["", "1d", "1", "h", "1 h", "1h 30m", "1H", ".s", "1..5s", "12w", "1h-1m", "3600", "-"] {
            assert!(!is_duration(text), "{text}");
        }
    }
}
