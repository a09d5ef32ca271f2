//! What objects of External Secrets name outside the cluster, and what the operator refuses (`docs/facts/external-secrets.md#externalsecret`).

use crate::document::yaml::Node;
use crate::error::listed_names;
use crate::inventory::Stated;
use crate::inventory::facts::external::{External, Fault, GROUP, MendedBy, RemoteKey, STORE, SourceName};
use crate::inventory::read::around::Around;

/// Choices of fields, as the schema of the kinds has them.
const CREATION: &[&str] = &["Owner", "Orphan", "Merge", "None", "CreateOrMerge"];
const DELETION: &[&str] = &["Delete", "Merge", "Retain"];
const REFRESH: &[&str] = &["CreatedOnce", "Periodic", "OnChange"];
const STORES: &[&str] = &["SecretStore", "ClusterSecretStore"];
const MERGE: &[&str] = &["Replace", "Merge"];
const ENGINES: &[&str] = &["v2"];

/// Fields that people write one level too high or too low, with where they belong.
type Misplaced = [(&'static [&'static str], &'static str)];
const IN_SPEC: &Misplaced =
    &[(&["creationPolicy", "deletionPolicy", "template"], "below 'target'"), (&["storeRef"], "as 'secretStoreRef'")];
const IN_TARGET: &Misplaced =
    &[(&["engineVersion", "mergePolicy", "templateFrom", "data", "type"], "below 'template'")];
const IN_DATA: &Misplaced = &[(&["key", "property", "version", "decodingStrategy"], "below 'remoteRef'")];
const IN_DATA_FROM: &Misplaced = &[
    (&["secretKey"], "to 'data', which names single keys"),
    (&["remoteRef"], "to 'data', or as 'extract'"),
    (&["key", "property", "version"], "below 'extract'"),
    (&["storeRef", "generatorRef"], "below 'sourceRef'"),
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
    let mut reader = ExternalReader { around, found: External::default(), default: None, storeless: false };
    if root.len() > 1 {
        reader.found.namespaces = around.chosen_namespaces();
    }
    if let Some(node) = around.at(root) {
        let spec = Field { node, path: format!(".{}", root.join(".")) };
        if pushes { reader.push(&spec) } else { reader.external(&spec) }
    }
    Some(reader.found)
}

/// A node with its symbolic path in the object.
struct Field<'a> {
    node: Node<'a>,
    path: String,
}

impl<'a> Field<'a> {
    fn get(&self, key: &str) -> Option<Self> {
        self.node.get(key).map(|node| Self { node, path: format!("{}.{key}", self.path) })
    }

    fn list(&self, key: &str) -> impl Iterator<Item = Self> {
        let items = self.node.get(key).into_iter().flat_map(Node::items).enumerate();
        items.map(move |(index, node)| Self { node, path: format!("{}.{key}[{index}]", self.path) })
    }

    fn has(&self, key: &str) -> bool {
        self.node.get(key).is_some()
    }
}

/// Kind and name of a store.
type Store = (Box<str>, Box<str>);

struct ExternalReader<'a, 'b> {
    around: &'b Around<'a>,
    found: External,
    /// The store of the whole object.
    default: Option<Store>,
    /// Whether a missing store was reported: many are one mistake.
    storeless: bool,
}

impl<'a> ExternalReader<'a, '_> {
    fn fault(&mut self, at: &Field<'a>, message: impl Into<String>) {
        self.mendable(MendedBy::Nothing, at, message);
    }

    fn missing(&mut self, at: &Field<'a>, field: &str) {
        let message = format!("`{field}` is missing here, so the API server rejects the object.");
        self.mendable(MendedBy::ObjectAround, at, message);
    }

    fn mendable(&mut self, mended_by: MendedBy, at: &Field<'a>, message: impl Into<String>) {
        let (message, place) = (message.into().into(), self.around.place(at.node));
        self.found.faults.push(Fault { message, mended_by, path: at.path.as_str().into(), place });
    }

    fn no_store(&mut self, at: &Field<'a>) {
        if !std::mem::replace(&mut self.storeless, true) {
            let kind = &self.around.object.kind;
            let message = format!(
                "This entry names no store, and the {kind} has no `secretStoreRef`, so nothing can be fetched."
            );
            self.mendable(MendedBy::Patch, at, message);
        }
    }

    /// The text of a field that is there and known.
    fn known(&self, field: Option<Field<'a>>) -> Option<(Field<'a>, Box<str>)> {
        let field = field?;
        match self.around.stated(Some(field.node)) {
            Stated::Known(text) => Some((field, text)),
            _ => None,
        }
    }

    /// Whether a template decides what there is.
    fn is_open(&self, field: &Field<'a>) -> bool {
        self.around.is_shaped(field.node) || field.node.is_alias() || field.has("<<")
    }

    fn external(&mut self, spec: &Field<'a>) {
        let kind = &self.around.object.kind;
        let store = spec.get("secretStoreRef");
        if let Some(store) = &store {
            self.default = self.store(store);
        }
        // Without the field every entry names its own; a template, or a patch, may yet write it.
        let named = store.is_some_and(|store| store.node.get("name").is_some_and(|name| !name.is_null()));
        let whole = self.is_open(spec);
        let stored = named || whole;
        self.misplaced(spec, IN_SPEC);
        let mut seen: Vec<Box<str>> = Vec::new();
        let deletion = spec.node.at(&["target", "deletionPolicy"]).and_then(Node::as_str);
        let retains = matches!(deletion, None | Some("Retain"));
        for item in spec.list("data") {
            self.datum(&item, stored);
            if let Some((at, key)) = self.known(item.get("secretKey")) {
                if seen.contains(&key) && retains {
                    self.fault(&at, format!("The key `{key}` appears twice in `data`, which the operator rejects."));
                } else {
                    seen.push(key);
                }
            }
        }
        // The first version had the reference itself in the list.
        let first = self.around.object.version.as_ref() == "v1alpha1";
        for item in spec.list("dataFrom").filter(|_| !first) {
            self.from(&item, stored);
        }
        let has =
            |key: &str| spec.node.get(key).is_some_and(|node| !node.is_sequence() || node.items().next().is_some());
        if !has("data") && !has("dataFrom") && !whole && !self.around.is_shaped(self.around.source.node) {
            let message = format!("This {kind} has neither `data` nor `dataFrom`, so the operator rejects it.");
            self.mendable(MendedBy::Patch, spec, message);
        }
        self.choice(spec, "refreshPolicy", REFRESH);
        self.interval(spec);
        if let Some(target) = spec.get("target") {
            self.target(&target);
        }
    }

    fn datum(&mut self, item: &Field<'a>, stored: bool) {
        if !item.node.is_mapping() || self.is_open(item) {
            return;
        }
        if !item.has("secretKey") {
            self.missing(item, "secretKey");
        }
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let bad = |text: &str| !text.bytes().all(inner) || text.len() > 253;
        if let Some((at, _)) = self.known(item.get("secretKey")).filter(|(_, text)| bad(text)) {
            self.fault(
                &at,
                "A `secretKey` can contain only letters, digits, dots, dashes and underscores; the API server rejects others.",
            );
        }
        let source = item.get("sourceRef");
        let store = source.as_ref().and_then(|source| self.source(source));
        // What the reference lacks is then beside it.
        if !self.misplaced(item, IN_DATA) {
            match item.get("remoteRef") {
                Some(remote) => self.remote(&remote, source.is_some(), store),
                None => self.missing(item, "remoteRef"),
            }
        }
        if source.is_none() && !stored {
            self.no_store(item);
        }
    }

    /// The reference to a value in a store, its own or that of the object.
    fn remote(&mut self, remote: &Field<'a>, own: bool, store: Option<Store>) {
        if let Some((at, key)) = self.known(remote.get("key")) {
            self.key(&at, key, if own { store } else { self.default.clone() });
        } else if remote.node.is_mapping() && !remote.has("key") && !self.is_open(remote) {
            self.missing(remote, "key");
        }
    }

    fn key(&mut self, at: &Field<'a>, key: Box<str>, store: Option<Store>) {
        let place = self.around.place(at.node);
        self.found.keys.push(RemoteKey { key, store, path: at.path.as_str().into(), place });
    }

    fn from(&mut self, item: &Field<'a>, stored: bool) {
        if !item.node.is_mapping() || self.is_open(item) {
            return;
        }
        let source = item.get("sourceRef");
        let store = source.as_ref().and_then(|source| self.source(source));
        let generated = source.as_ref().is_some_and(|source| source.has("generatorRef"));
        let misplaced = self.misplaced(item, IN_DATA_FROM);
        let ways = [item.has("extract"), item.has("find"), generated];
        match ways.into_iter().filter(|way| *way).count() {
            0 if source.is_none() && !misplaced => self.fault(
                item,
                "An entry of `dataFrom` needs `extract`, `find` or `sourceRef`; the name of a value belongs under `extract`.",
            ),
            0 | 1 => {}
            _ => self.fault(item, "An entry of `dataFrom` can have only one of `extract`, `find` and `generatorRef`."),
        }
        if let Some(extract) = item.get("extract") {
            self.remote(&extract, source.is_some(), store);
        }
        if source.is_none() && !stored && (ways[0] || ways[1]) {
            self.no_store(item);
        }
    }

    /// A `sourceRef`: the store in it, where that is known.
    fn source(&mut self, source: &Field<'a>) -> Option<Store> {
        let (store, generator) = (source.get("storeRef"), source.get("generatorRef"));
        if source.node.is_mapping() && !self.is_open(source) && store.is_some() == generator.is_some() {
            self.fault(source, "A `sourceRef` needs exactly one of `storeRef` and `generatorRef`.");
        }
        if let Some(generator) = generator {
            self.named(&generator, true);
        }
        store.and_then(|store| self.store(&store))
    }

    fn store(&mut self, store: &Field<'a>) -> Option<Store> {
        if !self.is_open(store) {
            self.choice(store, "kind", STORES);
        }
        self.named(store, false)
    }

    /// A mapping of kind and name.
    fn named(&mut self, field: &Field<'a>, generator: bool) -> Option<Store> {
        let (at, name) = self.known(field.get("name"))?;
        let kind = match self.around.stated(field.node.get("kind")) {
            _ if self.is_open(field) => Stated::Unknown,
            Stated::Absent if generator => Stated::Unknown,
            Stated::Absent => STORE.into(),
            kind => kind,
        };
        let store = kind.known().map(|kind| (kind.into(), name.clone()));
        let (explicit, place) = (field.has("kind"), self.around.place(at.node));
        self.found.sources.push(SourceName { kind, explicit, generator, name, path: at.path.into(), place });
        store
    }

    /// Whether a field of the table is in a mapping. Only the first one is reported.
    fn misplaced(&mut self, field: &Field<'a>, fields: &Misplaced) -> bool {
        let found = field.node.entries().find_map(|(key, _)| {
            let name = key.as_str()?;
            let (_, belongs) = fields.iter().find(|(names, _)| names.contains(&name))?;
            Some((key, name, belongs))
        });
        if let Some((node, name, belongs)) = found {
            let at = Field { node, path: format!("{}.{name}", field.path) };
            self.fault(
                &at,
                format!("There is no field `{name}` here, so the API server rejects the object; it belongs {belongs}."),
            );
        }
        found.is_some()
    }

    fn choice(&mut self, field: &Field<'a>, key: &str, choices: &[&str]) {
        if let Some((at, _)) = self.known(field.get(key)).filter(|(_, text)| !choices.contains(&&**text)) {
            let one = if choices.len() > 1 { "must be one of" } else { "must be" };
            let choices = listed_names(choices);
            self.fault(&at, format!("`{key}` {one} {choices}; the API server rejects other values."));
        }
    }

    fn interval(&mut self, spec: &Field<'a>) {
        let Some((at, text)) = self.known(spec.get("refreshInterval")) else { return };
        if !is_duration(&text) || !at.node.is_string() {
            self.fault(
                &at,
                "`refreshInterval` is not a Go duration: a string of hours, minutes and seconds such as `1h` or `0s`; there is no unit for days.",
            );
        }
    }

    fn target(&mut self, target: &Field<'a>) {
        let shaped = self.is_open(target);
        self.misplaced(target, IN_TARGET);
        self.choice(target, "creationPolicy", CREATION);
        self.choice(target, "deletionPolicy", DELETION);
        let creation = self.known(target.get("creationPolicy")).map(|(_, text)| text);
        let others = creation.as_deref().filter(|own| matches!(*own, "Merge" | "None" | "CreateOrMerge"));
        if let Some((at, deletion)) = self.known(target.get("deletionPolicy")).filter(|_| !shaped) {
            match (&*deletion, others) {
                ("Delete", Some(creation)) => self.fault(
                    &at,
                    format!(
                        "`deletionPolicy: Delete` is rejected with `creationPolicy: {creation}`, because the operator does not own the Secret then."
                    ),
                ),
                ("Merge", Some("None")) => self.fault(
                    &at,
                    "`deletionPolicy: Merge` is rejected with `creationPolicy: None`, which creates no Secret.",
                ),
                _ => {}
            }
        }
        let Some(template) = target.get("template") else { return };
        self.choice(&template, "mergePolicy", MERGE);
        if matches!(&*self.around.object.version, "v1") {
            self.choice(&template, "engineVersion", ENGINES);
        }
        // Other objects than Secrets have other parts.
        if !target.has("manifest") {
            self.template(&template);
        }
    }

    fn template(&mut self, template: &Field<'a>) {
        let account = template.node.at(&["metadata", "annotations", "kubernetes.io/service-account.name"]).is_some();
        let is_privileged = |kind: &str| match kind {
            "bootstrap.kubernetes.io/token" => true,
            "kubernetes.io/service-account-token" => account,
            _ => false,
        };
        if let Some((at, _)) = self.known(template.get("type")).filter(|(_, kind)| is_privileged(kind)) {
            self.fault(
                &at,
                "The operator rejects templates of this type, because such a Secret gives access to the cluster.",
            );
        }
        for item in template.list("templateFrom") {
            let Some((at, target)) = self.known(item.get("target")) else { continue };
            if !["data", "annotations", "labels"].iter().any(|part| part.eq_ignore_ascii_case(&target)) {
                self.fault(
                    &at,
                    "A template of a Secret can write only `Data`, `Annotations` and `Labels`; the operator rejects other targets.",
                );
            }
        }
    }

    fn push(&mut self, spec: &Field<'a>) {
        for item in spec.list("secretStoreRefs") {
            let store = self.store(&item);
            // Whatever is pushed goes to each of them.
            self.default = self.default.take().or(store);
        }
        for item in spec.list("data") {
            let remote = ["match", "remoteRef", "remoteKey"].into_iter().try_fold(item, |field, key| field.get(key));
            if let Some((at, key)) = self.known(remote) {
                self.key(&at, key, self.default.clone());
            }
        }
        if let Some(selector) = spec.get("selector") {
            let generator = selector.get("generatorRef");
            if let Some(generator) = &generator {
                self.named(generator, true);
            }
            if selector.has("secret") == generator.is_some() && !self.is_open(&selector) {
                let mended_by = if generator.is_none() { MendedBy::Patch } else { MendedBy::Nothing };
                let kind = &self.around.object.kind;
                let message = format!("The selector of a {kind} needs exactly one of `secret` and `generatorRef`.");
                self.mendable(mended_by, &selector, message);
            }
        }
        self.interval(spec);
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
