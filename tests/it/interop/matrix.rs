//! Secrets of every shape: a list that is the same every time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mlguard::api::document::yaml;
use mlguard::api::seal::Stream;
use mlguard::api::seal::value as json_value;
use serde_json::{Map, Value, json};

/// Most bytes of all values of a Secret.
const MOST: usize = 1 << 20;

/// Every type of Secret (`docs/facts/kubernetes.md#rules-for-secrets`), with keys that it asks for.
const TYPES: &[(&str, &[(&str, &str)])] = &[
    ("Opaque", &[]),
    ("", &[]),
    ("example.com/own", &[]),
    ("kubernetes.io/service-account-token", &[]),
    ("kubernetes.io/dockercfg", &[(".dockercfg", "{\"r.example.com\": {\"auth\": \"bTpjb2ZmZWU=\"}}")]),
    ("kubernetes.io/dockerconfigjson", &[(".dockerconfigjson", "{\"auths\": {}}\n")]),
    ("kubernetes.io/basic-auth", &[("password", "t0p & <made-up>"), ("username", "ml")]),
    ("kubernetes.io/ssh-auth", &[("ssh-privatekey", "made up\nnot a key\n")]),
    ("kubernetes.io/tls", &[("tls.crt", "made up"), ("tls.key", "made up\r\ntoo\r\n")]),
    ("bootstrap.kubernetes.io/token", &[("token-id", "07401b"), ("token-secret", "f395accd246ae52d")]),
];

/// What is special about a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Plain,
    Empty,
    Null,
    /// All bytes; as text, characters that have to be escaped.
    Binary,
    MultiLine,
    /// Line breaks of Windows, spaces at ends of lines, no line break at the end.
    Crlf,
    /// What Go's JSON escapes.
    Html,
    /// What YAML takes for something else than text.
    Looks,
    Unicode,
    /// Looks like a template.
    Template,
    /// Base64 on several lines, and with bits that nothing reads.
    Odd,
    /// As much as a Secret may hold.
    Mebibyte,
}

const KINDS: [Kind; 11] = [
    Kind::Plain,
    Kind::Empty,
    Kind::Null,
    Kind::Binary,
    Kind::MultiLine,
    Kind::Crlf,
    Kind::Html,
    Kind::Looks,
    Kind::Unicode,
    Kind::Template,
    Kind::Odd,
];

/// Where values stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    Data,
    Text,
    /// In both; `stringData` wins.
    Both,
}

/// What says the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scopes {
    Strict,
    NamespaceByAnnotation,
    ClusterByAnnotation,
    /// Whatever annotations say.
    NamespaceByFlag,
    /// Whatever annotations say.
    ClusterByFlag,
}

impl Scopes {
    pub(crate) const ALL: [Self; 5] = [
        Self::Strict,
        Self::NamespaceByAnnotation,
        Self::ClusterByAnnotation,
        Self::NamespaceByFlag,
        Self::ClusterByFlag,
    ];

    pub(crate) fn flag(self) -> Option<&'static str> {
        match self {
            Self::NamespaceByFlag => Some("namespace-wide"),
            Self::ClusterByFlag => Some("cluster-wide"),
            _ => None,
        }
    }

    /// The annotations of the Secret with that number.
    fn annotations(self, number: usize) -> &'static [(&'static str, &'static str)] {
        const NAMESPACE: (&str, &str) = ("sealedsecrets.bitnami.com/namespace-wide", "true");
        const CLUSTER: (&str, &str) = ("sealedsecrets.bitnami.com/cluster-wide", "true");
        const NO: (&str, &str) = ("sealedsecrets.bitnami.com/cluster-wide", "false");
        match (self, number % 4) {
            (Self::Strict, 0) => &[NO],
            (Self::Strict, 1) => &[("sealedsecrets.bitnami.com/strict", "true")],
            (Self::Strict, _) => &[],
            (Self::NamespaceByAnnotation, 0) => &[NAMESPACE, NO],
            (Self::NamespaceByAnnotation, _) => &[NAMESPACE],
            (Self::ClusterByAnnotation, 0) => &[CLUSTER, NAMESPACE],
            (Self::ClusterByAnnotation, _) => &[CLUSTER],
            (_, 0) => &[NAMESPACE],
            (_, 1) => &[CLUSTER],
            (_, 2) => &[CLUSTER, NAMESPACE],
            (..) => &[],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Format {
    Yaml,
    Json,
}

impl Format {
    pub(crate) fn name(self) -> &'static str {
        if self == Self::Yaml { "yaml" } else { "json" }
    }

    /// The objects of a stream.
    pub(crate) fn objects(self, text: &str) -> Vec<Value> {
        if self == Self::Json {
            let all = serde_json::Deserializer::from_str(text).into_iter::<Value>();
            return all.map(|object| object.expect("JSON")).collect();
        }
        let object = |document: &str| yaml::parse(document).expect("YAML").root().map(json_value);
        documents(text).into_iter().filter_map(object).collect()
    }
}

/// The documents of a stream, as they are written.
pub(crate) fn documents(text: &str) -> Vec<&str> {
    let stream = Stream::read(text).expect("it reads");
    let all = stream.documents.iter().filter(|document| document.root().is_some());
    all.map(|document| document.span.slice(text)).collect()
}

/// What is different between Secrets, beside key, scope and format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shape {
    kind: Kind,
    section: Section,
    secret_type: &'static str,
    labels: bool,
    annotations: bool,
    immutable: Option<bool>,
    /// Fields that only a cluster fills.
    live: bool,
}

/// A Secret and what it holds.
pub(crate) struct Case {
    pub(crate) title: String,
    pub(crate) shape: Shape,
    secret: Value,
    /// The bytes of each value.
    pub(crate) values: BTreeMap<String, Vec<u8>>,
}

/// The Secret with that number.
pub(crate) fn case(number: usize, scopes: Scopes, format: Format) -> Case {
    // Steps without a common divisor with the numbers of kinds and types, so that all meet all.
    let kind = if number % 40 == 20 { Kind::Mebibyte } else { KINDS[number * 7 % KINDS.len()] };
    let (secret_type, asked) = TYPES[(number * 3 + number / 10) % TYPES.len()];
    let shape = Shape {
        kind,
        section: [Section::Data, Section::Text, Section::Both][(number + number / 3) % 3],
        secret_type,
        labels: (number / 2).is_multiple_of(2),
        annotations: (number / 3).is_multiple_of(2),
        immutable: [None, Some(true), None, Some(false)][number / 5 % 4],
        live: number % 5 == 1,
    };
    let name = format!("case-{number}.x");
    // One that can be opened anywhere needs no namespace.
    let namespace = (!matches!(scopes, Scopes::ClusterByFlag | Scopes::ClusterByAnnotation)
        || !number.is_multiple_of(3))
    .then(|| format!("team-{}", number % 7));
    let mut secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata(number, scopes, shape)});
    secret["metadata"]["name"] = name.clone().into();
    if let Some(namespace) = &namespace {
        secret["metadata"]["namespace"] = namespace.clone().into();
    }
    if !secret_type.is_empty() {
        secret["type"] = secret_type.into();
    }
    if let Some(immutable) = shape.immutable {
        secret["immutable"] = immutable.into();
    }
    let mut values: BTreeMap<String, Vec<u8>> =
        asked.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
    let used: usize = values.values().map(Vec::len).sum();
    let (own, encoded) = value(shape, number, MOST - used);
    let (mut data, mut string_data) = (Map::new(), Map::new());
    for (index, (key, value)) in asked.iter().enumerate() {
        match shape.section {
            Section::Data => drop(data.insert((*key).to_owned(), STANDARD.encode(value).into())),
            Section::Both if index % 2 == 0 => drop(data.insert((*key).to_owned(), STANDARD.encode(value).into())),
            _ => drop(string_data.insert((*key).to_owned(), (*value).into())),
        }
    }
    let key = ["value", "A_b-c.d", "0", "true", "null"][number % 5].to_owned();
    if shape.section == Section::Data {
        data.insert(key.clone(), encoded);
    } else {
        string_data.insert(key.clone(), encoded);
    }
    if shape.section == Section::Both {
        data.insert(key.clone(), STANDARD.encode("older").into());
    }
    values.insert(key, own);
    for (field, section) in [("data", data), ("stringData", string_data)] {
        if !section.is_empty() {
            secret[field] = section.into();
        }
    }
    Case { title: format!("{name}: {format:?}, {shape:?}"), shape, secret, values }
}

fn metadata(number: usize, scopes: Scopes, shape: Shape) -> Value {
    let mut metadata = json!({});
    let own = scopes.annotations(number).iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value)));
    let mut annotations: Map<String, Value> = own.collect();
    if shape.secret_type == "kubernetes.io/service-account-token" {
        annotations.insert("kubernetes.io/service-account.name".to_owned(), "trainer".into());
    }
    if shape.annotations {
        annotations.insert("example.com/note".to_owned(), "<b>&\"two\"\nlines".into());
        annotations.insert("example.com/empty".to_owned(), "".into());
        annotations.insert("sealedsecrets.bitnami.com/managed".to_owned(), "true".into());
        annotations.insert("sealedsecrets.bitnami.com/skip-set-owner-references".to_owned(), "true".into());
    }
    if shape.live {
        // Both hold the plaintext of a Secret.
        for key in ["kubectl.kubernetes.io/last-applied-configuration", "kubecfg.ksonnet.io/last-applied-configuration"]
        {
            annotations.insert(key.to_owned(), "{\"data\": {\"value\": \"b2xk\"}}".into());
        }
        metadata["creationTimestamp"] = "2024-05-06T07:08:09Z".into();
        metadata["generation"] = 3.into();
        metadata["resourceVersion"] = "12345".into();
        metadata["selfLink"] = "/api/v1/x".into();
        metadata["uid"] = "0d5e4f8a-0000-4000-8000-000000000001".into();
        metadata["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "x"}]);
        metadata["finalizers"] = json!(["example.com/wait"]);
        metadata["generateName"] = "case-".into();
        metadata["managedFields"] = json!([{
            "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {".": {}, "f:value": {}}},
            "manager": "kubectl", "operation": "Update", "time": "2024-05-06T07:08:09Z",
        }]);
    } else if number % 5 == 2 {
        // As `kubectl create --dry-run=client` writes it.
        metadata["creationTimestamp"] = Value::Null;
    }
    if shape.labels {
        metadata["labels"] = json!({"app.kubernetes.io/name": "ml", "tier": "", "version": "1.0", "on": "yes"});
    }
    if !annotations.is_empty() {
        metadata["annotations"] = annotations.into();
    }
    metadata
}

/// A value of that kind, and how it is written.
fn value(shape: Shape, number: usize, most: usize) -> (Vec<u8>, Value) {
    let is_data = shape.section == Section::Data;
    let text = match shape.kind {
        Kind::Plain | Kind::Odd => format!("tea-and-toast-{number}"),
        Kind::Empty | Kind::Null => String::new(),
        Kind::Binary => "\u{1}\u{7f}\u{85}\u{2028}\\\"\u{0}\t'é".to_owned(),
        Kind::MultiLine => "first: 1\n\n  second # no comment\n- third\n".to_owned(),
        Kind::Crlf => "one \r\ntwo\t\r\nthree".to_owned(),
        Kind::Html => "<a href=\"x\">&</a>".to_owned(),
        Kind::Looks => ["0755", "yes", "~", "1e3", "2024-01-01", "-", "0x1f", "null"][number % 8].to_owned(),
        Kind::Unicode => "Schlüssel 鍵 🔑".to_owned(),
        Kind::Template => "{{ .Values.password }} ${HOME} $(x)".to_owned(),
        Kind::Mebibyte => "0123456789abcde\n".repeat(most / 16 + 1)[..most].to_owned(),
    };
    let bytes = if is_data && shape.kind == Kind::Binary { (0..=255).collect() } else { text.clone().into_bytes() };
    let written = match shape.kind {
        Kind::Null => Value::Null,
        Kind::Odd if is_data => {
            let encoded = unread_bit(STANDARD.encode(&bytes));
            let (front, back) = encoded.split_at(8);
            format!("{front}\r\n{back}\n").into()
        }
        _ if is_data => STANDARD.encode(&bytes).into(),
        _ => text.into(),
    };
    (bytes, written)
}

/// The same base64 with a bit set that padding makes meaningless, which Go does not mind.
fn unread_bit(base64: String) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let body = base64.trim_end_matches('=');
    let last = body.chars().last().and_then(|last| ALPHABET.find(last));
    match last {
        Some(last) if body.len() < base64.len() => {
            format!("{}{}{}", &body[..body.len() - 1], &ALPHABET[last + 1..last + 2], &base64[body.len()..])
        }
        _ => base64,
    }
}

/// The values of a Secret that was opened.
pub(crate) fn values(secret: &Value) -> BTreeMap<String, Vec<u8>> {
    let data = secret["data"].as_object().cloned().unwrap_or_default();
    let decoded = |value: &Value| match value {
        // How kubeseal writes an empty value.
        Value::Null => Vec::new(),
        value => STANDARD.decode(value.as_str().unwrap_or("no text")).expect("base64"),
    };
    data.iter().map(|(key, value)| (key.clone(), decoded(value))).collect()
}

/// The documents as one text.
pub(crate) fn text(cases: &[Case], format: Format) -> String {
    let mut text = String::new();
    for (index, case) in cases.iter().enumerate() {
        if format == Format::Json {
            let pretty = serde_json::to_string_pretty(&case.secret).expect("JSON");
            let written = if index % 2 == 0 { format!("{pretty}\n") } else { case.secret.to_string() };
            // Unescaped, JSON has room for it and YAML has not, which JSON is read as here.
            text += &written.replace('\u{7f}', "\\u007f");
        } else {
            text += if index == 0 { "# Made up.\n" } else { "---\n" };
            block(&case.secret, 0, index, &mut text);
        }
    }
    text
}

/// Block style, with scalars in every style that says the same.
fn block(value: &Value, indent: usize, style: usize, out: &mut String) {
    let margin = " ".repeat(indent);
    for (index, (key, value)) in value.as_object().expect("an object").iter().enumerate() {
        let key = if ["0", "on", "true", "null"].contains(&key.as_str()) { format!("'{key}'") } else { key.clone() };
        write!(out, "{margin}{key}:").expect("a string");
        match value {
            Value::Object(map) if !map.is_empty() => {
                out.push('\n');
                block(value, indent + 2, style, out);
            }
            Value::String(text) => scalar(text, indent + 2, style + index, out),
            Value::Null => out.push_str(["\n", " null\n", " ~ # nothing\n"][(style + index) % 3]),
            other => writeln!(out, " {other}").expect("a string"),
        }
    }
}

fn scalar(text: &str, indent: usize, style: usize, out: &mut String) {
    let printable = text.chars().all(|c| c == '\n' || (' '..='~').contains(&c) || c > '\u{2029}');
    let inner = text.trim_end_matches('\n');
    let clean = printable && !inner.is_empty() && !inner.starts_with([' ', '\n']) && !text.ends_with("\n\n");
    let word = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') && text.len() > 5;
    if clean && text.contains('\n') && !style.is_multiple_of(4) {
        out.push_str(if text.ends_with('\n') { " |\n" } else { " |-\n" });
        inner.lines().for_each(|line| match line {
            "" => out.push('\n'),
            line => writeln!(out, "{}{line}", " ".repeat(indent)).expect("a string"),
        });
    } else if word && style.is_multiple_of(3) {
        writeln!(out, " {text} # plain").expect("a string");
    } else if printable && !text.contains('\n') && style % 3 == 1 {
        writeln!(out, " '{}'", text.replace('\'', "''")).expect("a string");
    } else {
        let quoted = Value::from(text).to_string();
        let quoted = quoted.replace('\u{7f}', "\\x7f").replace('\u{85}', "\\N").replace('\u{2028}', "\\L");
        writeln!(out, " {quoted}").expect("a string");
    }
}

/// Fails where a type, a kind of value or a section is left out.
pub(crate) fn is_covered<'c>(cases: impl Iterator<Item = &'c Case>) {
    let shapes: Vec<Shape> = cases.map(|case| case.shape).collect();
    let met: BTreeSet<_> = shapes.iter().map(|shape| (shape.kind, shape.section)).collect();
    for kind in KINDS.into_iter().chain([Kind::Mebibyte]) {
        for section in [Section::Data, Section::Text, Section::Both] {
            assert!(met.contains(&(kind, section)), "{kind:?} in {section:?}");
        }
    }
    let types: BTreeSet<_> = shapes.iter().map(|shape| (shape.secret_type, shape.section)).collect();
    assert_eq!(types.len(), 3 * TYPES.len(), "{types:?}");
    let rest: BTreeSet<_> = shapes.iter().map(|s| (s.labels, s.annotations, s.immutable, s.live)).collect();
    assert!(rest.len() >= 20, "{rest:?}");
}
