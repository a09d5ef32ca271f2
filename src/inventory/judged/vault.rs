//! Annotations of the Vault Agent injector, compared with what its webhook makes of them (`docs/facts/vault-agent.md#annotations`).

use std::collections::{BTreeMap, BTreeSet};

use crate::document::object::{push_key, with_key};
use crate::document::template::string_end;
use crate::document::yaml::Node;
use crate::inventory::annotation::VAULT;
use crate::inventory::facts::{Vault, VaultFault};
use crate::inventory::read::around::Around;
use crate::inventory::stated::is_expression;
use crate::rule::Level;
use crate::span::Span;
use crate::yaml_scalar;

/// Whether a kind keeps annotations of its own metadata to itself.
fn is_keeping(group: &str, kind: &str) -> bool {
    match group {
        "apps" => matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet"),
        "batch" => matches!(kind, "Job" | "CronJob"),
        "argoproj.io" => matches!(kind, "Workflow" | "WorkflowTemplate" | "ClusterWorkflowTemplate" | "CronWorkflow"),
        _ => false,
    }
}

/// Annotations that the webhook reads as booleans; a value that is none makes it refuse the pod.
const BOOLEANS: &str = "agent-cache-enable agent-cache-exit-on-err agent-init-first agent-inject agent-inject-token \
                        agent-pre-populate agent-pre-populate-only agent-revoke-on-shutdown agent-run-as-same-user \
                        agent-set-security-context tls-skip-verify";

/// Annotations by which a secret is known, the longer one of two that begin alike first.
const ASKING: [&str; 3] = ["agent-inject-secret-", "agent-inject-template-file-", "agent-inject-template-"];

/// Annotations that only say something of a secret that another one asks for.
const ABOUT: [&str; 8] = [
    "agent-inject-command-",
    "agent-inject-file-",
    "agent-inject-perms-",
    "agent-template-left-delim-",
    "agent-template-right-delim-",
    "error-on-missing-key-",
    "preserve-secret-case-",
    "secret-volume-path-",
];

/// Most annotations of one mapping that are looked at.
const MOST: usize = 1000;
/// Deepest templates of pods in an object; a CronJob's is the sixth.
const DEEPEST: usize = 12;

/// Whether a text may contain annotations of the injector. Most contain none, and their objects are not walked.
pub(in crate::inventory) fn may_be_in(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), VAULT.as_bytes()).is_some()
}

/// What annotations of an object ask of the injector; nothing where it has none of these.
pub(in crate::inventory) fn of_object(around: &Around<'_>) -> Option<Vault> {
    let mut places = Vec::new();
    collect(around.source.node, &mut String::new(), 0, &mut places);
    if places.is_empty() {
        return None;
    }
    let keeps = is_keeping(&around.object.group, &around.object.kind);
    let (own, pods): (Vec<_>, Vec<_>) = places.into_iter().partition(|place| {
        // The second is the metadata of the Jobs that a CronJob makes.
        keeps && matches!(place.path.as_str(), ".metadata.annotations" | ".spec.jobTemplate.metadata.annotations")
    });
    let (mut injected, mut faults) = (false, Vec::new());
    for annotations in pods.iter().chain(&own) {
        annotations.written(around, &mut faults);
    }
    for annotations in &pods {
        injected |= annotations.decide(around, &mut faults);
    }
    let asks = |own: &&Annotations<'_>| {
        let inject = own.entries.get("agent-inject").and_then(|(_, value)| value.as_str());
        !own.entries.is_empty() && inject.is_none_or(|value| boolean(value) != Some(false))
    };
    if let Some(annotations) = own.iter().find(asks).filter(|_| !injected) {
        annotations.fault(around, Fault::Misplaced, annotations.first(), &mut faults);
    }
    faults.sort_by_key(|(kind, fault)| (fault.place, *kind));
    Some(Vault { injected, faults: faults.into_iter().map(|(_, fault)| fault).collect() })
}

/// What can be wrong (`docs/facts/vault-agent.md#annotations`), in the order of reports at one place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// They are on the object, and not on the template of its pods.
    Misplaced,
    NotInjected,
    SwitchedOff,
    NoRole,
    NoSecret,
    SameFile,
    NotString,
    NotBoolean,
    Unclosed,
    OtherPath,
    Unverified,
}

type Faults = Vec<(Fault, VaultFault)>;

fn message_and_help(fault: Fault, key: &str, kind: &str) -> (String, &'static str) {
    match fault {
        Fault::Misplaced => (
            format!(
                "The injector looks at pods only, and a {kind} does not pass the annotations of its own metadata on: \
                 `{VAULT}{key}` does nothing here."
            ),
            "Move the annotations to the metadata of the pod template (of an Argo Workflow: to `podMetadata` or to the \
             `metadata` of a template).",
        ),
        Fault::NotInjected => (
            format!("`{VAULT}{key}` requests a secret, but nothing requests the agent, so nothing is injected."),
            "Add `vault.hashicorp.com/agent-inject: \"true\"` beside it.",
        ),
        Fault::SwitchedOff => (
            "Injection is disabled, although other annotations request secrets.".to_owned(),
            "Write \"true\", or remove the annotations that request secrets.",
        ),
        Fault::NoRole => (
            "The agent has no role to log in to Vault with, so the injector rejects the pod.".to_owned(),
            "Add `vault.hashicorp.com/role`, unless the agent is configured by `agent-configmap`.",
        ),
        Fault::NoSecret => (
            format!("`{VAULT}{key}` configures a secret that no annotation requests, and is ignored."),
            "Write the name after the last dash as in `agent-inject-secret-…` or `agent-inject-template-…`.",
        ),
        Fault::SameFile => (
            format!(
                "`{VAULT}{key}` writes the same file as another annotation, because the injector lowercases names."
            ),
            "If both mean the same secret, spell the names alike; otherwise rename one, or give it its own \
             `agent-inject-file-…`.",
        ),
        Fault::NotString => (
            format!("The value of `{VAULT}{key}` is not a YAML string, so the API server rejects the annotation."),
            "Put the value in quotes.",
        ),
        Fault::NotBoolean => (
            format!(
                "The value of `{VAULT}{key}` must be \"true\" or \"false\"; otherwise the injector rejects the pod."
            ),
            "Write \"true\" or \"false\".",
        ),
        Fault::Unclosed => (
            format!("The template `{VAULT}{key}` has an unclosed action, so the agent does not start."),
            "Close each `{{` with `}}`, and each `with`, `if` and `range` with one `end`.",
        ),
        Fault::OtherPath => (
            format!(
                "The template `{VAULT}{key}` reads other paths than the one that its secret names, which is never \
                 read."
            ),
            "Only the template decides what is read. Write the same path in both places.",
        ),
        Fault::Unverified => (
            "TLS verification is disabled: the agent will send its token to any server that answers.".to_owned(),
            "Give the agent the CA certificate with `vault.hashicorp.com/tls-secret` and `ca-cert`.",
        ),
    }
}

/// Annotations of the injector in one mapping.
struct Annotations<'v> {
    /// The mapping.
    node: Node<'v>,
    /// Symbolic path of the mapping.
    path: String,
    /// Without the prefix; key and value.
    entries: BTreeMap<&'v str, (Node<'v>, Node<'v>)>,
}

/// Whether a mapping takes over entries of another one.
fn is_merged(node: Node<'_>) -> bool {
    node.entries().take(MOST).any(|(key, _)| key.as_str() == Some("<<"))
}

/// Collects the mappings of annotations in which some are the injector's, not those of objects in the object.
fn collect<'v>(node: Node<'v>, path: &mut String, depth: usize, found: &mut Vec<Annotations<'v>>) {
    if depth > DEEPEST || node.is_alias() {
        return;
    }
    let length = path.len();
    for (key, value) in node.entries() {
        let name = key.as_str().unwrap_or("?");
        push_key(path, name);
        if matches!(name, "annotations" | "podAnnotations") {
            let of_injector =
                |(key, value): (Node<'v>, Node<'v>)| Some((key.as_str()?.strip_prefix(VAULT)?, (key, value)));
            // An alias may stand for them in many places.
            let entries: BTreeMap<_, _> = value.entries().take(MOST).filter_map(of_injector).collect();
            if !entries.is_empty() || is_merged(value) {
                found.push(Annotations { node: value, path: path.clone(), entries });
            }
        } else if !(value.get("apiVersion").is_some() && value.get("kind").is_some()) {
            collect(value, path, depth + 1, found);
        }
        path.truncate(length);
    }
    for (index, item) in node.items().enumerate() {
        path.extend(["[", &index.to_string(), "]"]);
        collect(item, path, depth + 1, found);
        path.truncate(length);
    }
}

impl<'v> Annotations<'v> {
    fn fault(&self, around: &Around<'_>, kind: Fault, key: &str, faults: &mut Faults) {
        let Some((name, value)) = self.entries.get(key) else { return };
        let at_value = matches!(kind, Fault::NotString | Fault::NotBoolean | Fault::Unclosed | Fault::OtherPath);
        // A block may be long.
        let at_value = at_value && value.as_str().is_some_and(|text| !text.contains('\n'));
        let place = around.place(if at_value { *value } else { *name });
        let (message, help) = message_and_help(kind, key, &around.object.kind);
        let warns = matches!(kind, Fault::SwitchedOff | Fault::OtherPath | Fault::Unverified);
        let level = if warns { Level::Warning } else { Level::Error };
        let absent =
            matches!(kind, Fault::Misplaced | Fault::NotInjected | Fault::NoRole | Fault::NoSecret | Fault::OtherPath);
        let path = with_key(self.path.clone(), &format!("{VAULT}{key}")).into();
        faults.push((kind, VaultFault { message: message.into(), help, level, absent, path, place }));
    }

    /// The text of a value, where nothing else writes it.
    fn text(&self, around: &Around<'_>, key: &str) -> Option<&'v str> {
        let (_, value) = self.entries.get(key)?;
        value.as_str().filter(|_| !around.is_templated(*value))
    }

    /// The annotation that shows best what all of them are for.
    fn first(&self) -> &'v str {
        let asks = || self.entries.keys().find(|key| ASKING.iter().any(|prefix| key.starts_with(prefix)));
        let inject = self.entries.get_key_value("agent-inject").map(|(key, _)| key);
        inject.or_else(asks).or_else(|| self.entries.keys().next()).copied().unwrap_or_default()
    }

    /// Finds values that are wrong wherever they are.
    fn written(&self, around: &Around<'_>, faults: &mut Faults) {
        for (key, (_, value)) in &self.entries {
            if around.is_templated(*value) || value.is_alias() {
                continue;
            }
            if value.as_str().is_some() && !value.is_string() && !value.is_null() {
                self.fault(around, Fault::NotString, key, faults);
            } else if BOOLEANS.split(' ').any(|boolean| boolean == *key)
                && let Some(text) = value.as_str().filter(|text| !is_expression(text))
            {
                match boolean(text) {
                    None => self.fault(around, Fault::NotBoolean, key, faults),
                    Some(true) if *key == "tls-skip-verify" => self.fault(around, Fault::Unverified, key, faults),
                    Some(_) => {}
                }
            }
        }
    }

    /// Finds what cannot work together. Whether the pods are injected, or may be.
    fn decide(&self, around: &Around<'_>, faults: &mut Faults) -> bool {
        let ids = self.ids();
        self.bodies(around, faults);
        // What a template writes may be what is missing.
        let open = self.is_open(around);
        let inject = match self.entries.get("agent-inject") {
            Some((_, value)) if around.is_templated(*value) => None,
            Some((_, value)) => Some(boolean(value.as_str().unwrap_or_default()).unwrap_or(true)),
            None => Some(false),
        };
        let injects = inject.unwrap_or(true);
        if !injects && !ids.is_empty() && !open {
            let stated = self.entries.contains_key("agent-inject");
            let kind = if stated { Fault::SwitchedOff } else { Fault::NotInjected };
            let key = if stated { "agent-inject" } else { self.first() };
            self.fault(around, kind, key, faults);
        }
        if inject == Some(true) && !open {
            let logs_in = ["role", "auth-config-role", "agent-configmap"].iter().any(|key| self.is_set(key));
            let own_way = self.entries.get("auth-type").is_some_and(|(_, value)| value.as_str() != Some("kubernetes"));
            if !logs_in && !own_way {
                self.fault(around, Fault::NoRole, "agent-inject", faults);
            }
            for key in self.entries.keys() {
                let about = ABOUT.iter().find_map(|prefix| key.strip_prefix(prefix)).filter(|id| !id.is_empty());
                if about.is_some_and(|id| !ids.contains_key(id)) {
                    self.fault(around, Fault::NoSecret, key, faults);
                }
            }
        }
        self.same_files(around, &ids, faults);
        injects || open
    }

    fn is_set(&self, key: &str) -> bool {
        // Without a text a template writes it, or nothing.
        self.entries.get(key).is_some_and(|(_, value)| value.as_str() != Some(""))
    }

    /// Secrets by id, each with the annotation that asks for it.
    fn ids(&self) -> BTreeMap<&'v str, &'v str> {
        let mut ids = BTreeMap::new();
        for (key, (_, value)) in &self.entries {
            let blank = value.as_str().is_some_and(|text| text.trim().is_empty());
            let id = ASKING.iter().find_map(|prefix| key.strip_prefix(prefix)).filter(|id| !id.is_empty() && !blank);
            if let Some(id) = id {
                ids.entry(id).or_insert(*key);
            }
        }
        ids
    }

    /// Ids are written in small letters, unless an annotation says otherwise, and are the names of the files.
    fn same_files(&self, around: &Around<'_>, ids: &BTreeMap<&'v str, &'v str>, faults: &mut Faults) {
        let has = |key: &str| self.entries.contains_key(key);
        let mut seen: BTreeSet<String> = BTreeSet::new();
        if has("preserve-secret-case") {
            return;
        }
        for (id, key) in ids {
            let own = ["agent-inject-file-", "secret-volume-path-", "preserve-secret-case-"];
            let apart = own.iter().any(|prefix| has(&format!("{prefix}{id}")));
            if !apart && !seen.insert(id.to_ascii_lowercase()) {
                self.fault(around, Fault::SameFile, key, faults);
            }
        }
    }

    /// Whether a template decides which annotations there are. Templates for the agent look like actions of one.
    fn is_open(&self, around: &Around<'_>) -> bool {
        let unit = around.source.unit;
        let text = unit.tree().text();
        let after = text.get(self.node.span().end..).unwrap_or_default();
        let whole = Span::new(self.node.span().start, text.len() - after.trim_start().len());
        let values: Vec<Span> = self.node.entries().map(|(key, _)| value_of(around, key)).collect();
        if is_merged(self.node) {
            return true;
        }
        unit.actions(whole).any(|action| !values.iter().any(|value| value.contains(action.span)))
    }

    /// Whether the file is a template, and not only what the annotations contain.
    fn in_template(&self, around: &Around<'_>) -> bool {
        let unit = around.source.unit;
        let bodies: Vec<Span> = self
            .node
            .entries()
            .filter(|(key, _)| key.as_str().is_some_and(|key| key.contains("/agent-inject-template-")))
            .map(|(key, _)| value_of(around, key))
            .collect();
        let whole = Span::new(0, unit.tree().text().len());
        unit.actions(whole).any(|action| !bodies.iter().any(|body| body.contains(action.span)))
    }

    /// Templates of consul-template.
    fn bodies(&self, around: &Around<'_>, faults: &mut Faults) {
        let templates = self.entries.keys().filter(|key| key.starts_with(ASKING[2]) && !key.starts_with(ASKING[1]));
        let templates: Vec<&str> = templates.copied().collect();
        if templates.is_empty() || self.in_template(around) {
            return;
        }
        for key in templates {
            let Some(id) = key.strip_prefix(ASKING[2]) else { continue };
            let Some(span) = self.entries.get(key).map(|(key, _)| value_of(around, *key)) else { continue };
            let Some(body) = around.text.get(span.start..span.end) else { continue };
            // In double quotes every other quote has a stroke.
            let body = body.replace("\\\"", "\"");
            let body = body.as_str();
            let own_marks = ["agent-template-left-delim-", "agent-template-right-delim-"];
            if own_marks.iter().any(|prefix| self.entries.contains_key(format!("{prefix}{id}").as_str())) {
                continue;
            }
            let Some(paths) = paths(body) else {
                self.fault(around, Fault::Unclosed, key, faults);
                continue;
            };
            let path = self.text(around, &format!("agent-inject-secret-{id}")).map(str::trim);
            let Some(path) = path.filter(|path| path.contains('/') && !is_expression(path)) else { continue };
            let same = |read: &String| read.trim_matches('/') == path.trim_matches('/');
            if !paths.is_empty() && !paths.iter().any(same) {
                self.fault(around, Fault::OtherPath, key, faults);
            }
        }
    }
}

/// Where the value of a key is in the file: the rest of its line, and the lines of a block behind it, which a template
/// may have left blank in the document.
fn value_of(around: &Around<'_>, key: Node<'_>) -> Span {
    let span = around.source.unit.outer(key.span());
    let text = around.text;
    let line = |from: usize| text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| from + end + 1);
    let start = text.get(..span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let mut end = line(span.end);
    let head = text.get(span.end..end).unwrap_or_default();
    let block = head
        .trim_start_matches(['"', '\''])
        .trim_start()
        .strip_prefix(':')
        .is_some_and(|head| head.trim_start().starts_with(['|', '>']));
    if !block {
        return Span::new(span.end, end);
    }
    let indentation = span.start - start;
    while end < text.len() {
        let next = line(end);
        let body = text.get(end..next).unwrap_or_default();
        let blank = body.trim().is_empty();
        if !blank && body.len() - body.trim_start_matches(' ').len() <= indentation {
            break;
        }
        end = next;
    }
    Span::new(span.end, end)
}

/// What Go's `strconv.ParseBool` makes of a text; an empty one is false to the webhook.
fn boolean(text: &str) -> Option<bool> {
    if text.is_empty() { Some(false) } else { yaml_scalar::go_boolean(text) }
}

/// The paths that a template reads by a literal: those of `secret`, `secrets`, `pkiCert` and the like, which are all first
/// texts of its actions. Nothing where an action or a block does not end, or more end than begin.
fn paths(body: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut rest = body;
    while let Some(start) = rest.find("{{") {
        rest = &rest[start + 2..];
        let (end, first) = action(rest)?;
        let words = rest[..end].trim_start_matches('-').trim_start();
        if let Some(path) = first {
            found.push(path);
        }
        match words.split(|c: char| !c.is_ascii_alphanumeric()).next() {
            Some("if" | "with" | "range" | "define" | "block") => depth += 1,
            Some("end") => depth = depth.checked_sub(1)?,
            _ => {}
        }
        rest = &rest[end + 2..];
    }
    (depth == 0).then_some(found)
}

/// Where an action ends, and the first text in it if it has a `/`.
fn action(text: &str) -> Option<(usize, Option<String>)> {
    let comment = text.trim_start_matches('-').trim_start();
    if comment.starts_with("/*") {
        let start = text.len() - comment.len();
        let end = start + comment.find("*/")?;
        return Some((end + text[end..].find("}}")?, None));
    }
    let (mut first, mut at) = (None, 0);
    while !text.get(at..)?.starts_with("}}") {
        if text[at..].starts_with(['"', '`', '\'']) {
            let end = string_end(text.as_bytes(), at, text.len())?;
            let inner = &text[at + 1..end - 1];
            if first.is_none() && inner.contains('/') && !inner.contains('%') {
                first = Some(inner.to_owned());
            }
            at = end;
        } else {
            at += text[at..].chars().next()?.len_utf8();
        }
    }
    Some((at, first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_end_what_they_begin() {
        for (body, found) in [
            ("no action, and }} is text", Some(vec![])),
            ("{{- with secret \"kv/data/db\" -}}{{ .Data.data.user }}{{- end -}}", Some(vec!["kv/data/db"])),
            ("{{ with secret `kv/data/db` }}{{ if .Data.a }}a{{ else }}b{{ end }}{{ end }}", Some(vec!["kv/data/db"])),
            ("{{ \"}}\" }}{{ \"{{\" }}", Some(vec![])),
            ("{{/* {{ \" */}}x", Some(vec![])),
            ("{{ with pkiCert \"pki/issue/a\" \"common_name=a/b\" }}{{ end }}", Some(vec!["pki/issue/a"])),
            ("{{ with secret (printf \"kv/%s\" \"a\") }}{{ end }}", Some(vec![])),
            ("{{ with secret \"kv/data/db\" }}{{ .Data }}", None),
            ("{{ with secret \"kv/data/db\" }}{{ .Data }{{ end }}", None),
            ("{{ end }}", None),
            ("{{ with secret \"kv/data/db }}{{ end }}", None),
        ] {
            assert_eq!(paths(body), found.map(|found| found.into_iter().map(str::to_owned).collect()), "{body}");
        }
    }
}
