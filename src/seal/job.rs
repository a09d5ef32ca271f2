//! Whole texts: every Secret of a stream sealed, every SealedSecret opened, everything else left as it is.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::cipher::SealError;
use super::secret::{Entry, Why};
use super::stream::{Document, Format, Stream, Unreadable, title};
use super::strength::{Policy, Weakness, weaknesses};
use super::{Identity, Randomness, Request, SealedError, SealedSecret, Secret, emit, render, sealed};
use crate::document::yaml::Node;
use crate::finding::edit::Overlap;
use crate::span::Position;
use crate::yaml_scalar::scalar;

/// What stops a whole text; nothing of it is written then. Never a value.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("{title} cannot be sealed: {why}")]
    Secret { at: Position, title: String, why: Why },
    #[error("{title}: {why}")]
    Sealed { at: Position, title: String, why: SealedError },
    #[error("it contains no {wanted}{}", if .found.is_empty() { String::new() } else { format!(", only: {}", .found.join(", ")) })]
    Nothing { wanted: &'static str, found: Vec<String> },
    #[error("--name would give {0} Secrets the same name; pass one document")]
    OneName(usize),
    /// Another format is asked for, which other objects would not survive.
    #[error("{title} is not a Secret and would be lost in another format; omit --format")]
    Mixed { at: Position, title: String },
    #[error("{0}")]
    Key(#[from] SealError),
    /// Two objects of the text overlap, which only aliases can do.
    #[error("its documents share nodes by aliases; write them out: {0}")]
    Overlap(#[from] Overlap),
}

impl Fault {
    /// Where it is, if it is in one place.
    pub(crate) fn position(&self) -> Option<Position> {
        match self {
            Self::Unreadable(Unreadable { at, .. })
            | Self::Secret { at, .. }
            | Self::Sealed { at, .. }
            | Self::Mixed { at, .. } => Some(*at),
            _ => None,
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Job<'j> {
    pub key: &'j RsaPublicKey,
    pub request: &'j Request,
    /// The format of the result; none for that of the text.
    pub format: Option<Format>,
    pub random: Randomness,
    pub strength: Policy,
}

/// A text that was sealed.
#[derive(Default)]
pub(crate) struct Done {
    pub text: String,
    /// Titles of what else is in the text, unchanged.
    pub passed: Vec<String>,
    /// Weak values: title of the Secret, key, weakness.
    pub weak: Vec<(String, String, Weakness)>,
    /// Titles of Secrets whose comments were moved.
    pub moved: Vec<String>,
}

/// Seals every Secret of `text`, of which there has to be one.
pub(crate) fn seal(text: &str, job: Job<'_>) -> Result<Done, Fault> {
    let stream = Stream::read(text)?;
    let (mut done, mut count) = (Done::default(), 0);
    let to = job.format.filter(|format| *format != stream.format);
    let (mut objects, mut edits) = (Vec::new(), Vec::new());
    for (index, document) in stream.documents.iter().enumerate() {
        for (_, node) in document.objects() {
            if !is_kind(node, "Secret") {
                if to.is_some() {
                    let at = stream.position(document, node.span());
                    return Err(Fault::Mixed { at, title: title(node) });
                }
                done.passed.push(title(node));
                continue;
            }
            let (sealed, weak) = one(&stream, document, node, job)?;
            count += 1;
            let name = format!("Secret {}", sealed.identity.title());
            done.weak.extend(weak.into_iter().map(|(key, weakness)| (name.clone(), key, weakness)));
            if to.is_some() {
                objects.push(sealed.to_value());
                continue;
            }
            let sealing = render::over(node, &sealed);
            if !sealing.in_place {
                done.moved.push(name);
            }
            edits.push((index, sealing.edit));
        }
    }
    if count == 0 {
        return Err(Fault::Nothing { wanted: "Secret", found: done.passed });
    }
    if job.request.name.is_some() && count > 1 {
        return Err(Fault::OneName(count));
    }
    done.text = match to {
        Some(format) => written(objects, format),
        None => stream.edited(edits)?,
    };
    Ok(done)
}

fn one(
    stream: &Stream<'_>,
    document: &Document,
    node: Node<'_>,
    job: Job<'_>,
) -> Result<(SealedSecret, Vec<(String, Weakness)>), Fault> {
    let refused = |refusal: super::Refusal| Fault::Secret {
        at: stream.position(document, refusal.span),
        title: title(node),
        why: refusal.why,
    };
    let mut secret = Secret::read(node).map_err(refused)?;
    let identity = secret.identity(job.request, node).map_err(refused)?;
    secret.ask(job.request);
    let sealed = sealed::seal(&secret, &identity, job.key, &job.random)?;
    Ok((sealed, weaknesses(&secret, job.strength)))
}

/// Objects in `format`, as kubectl writes them: JSON one after the other, YAML with a marker before each.
fn written(objects: Vec<Value>, format: Format) -> String {
    let one = |object: Value| match format {
        Format::Yaml => format!("---\n{}", emit::yaml(&object)),
        Format::Json => format!("{}\n", emit::json(&object, Some("  "))),
    };
    objects.into_iter().map(one).collect()
}

/// A Secret that was opened.
pub struct Opened {
    pub identity: Identity,
    /// Keys of `spec.template.data` that are templates, which only the controller fills.
    pub templates: Vec<String>,
}

/// Opens every SealedSecret of `text`; the result holds plaintext and is wiped when dropped.
///
/// # Errors
/// [`Fault`], where one of them cannot be opened or there is none.
pub fn unseal(
    text: &str,
    keys: &[&RsaPrivateKey],
    format: Option<Format>,
    random: Randomness,
) -> Result<(Zeroizing<String>, Vec<Opened>), Fault> {
    let stream = Stream::read(text)?;
    let to = format.unwrap_or(stream.format);
    // A text that grows leaves copies behind; plaintext is shorter than what it was sealed to.
    let mut out = Zeroizing::new(String::with_capacity(2 * text.len() + 8192));
    let mut opened = Vec::new();
    let mut passed = Vec::new();
    for document in &stream.documents {
        for (_, node) in document.objects() {
            if !is_kind(node, "SealedSecret") {
                passed.push(title(node));
                continue;
            }
            let fault = |why| Fault::Sealed { at: stream.position(document, node.span()), title: title(node), why };
            let sealed = SealedSecret::read(node).map_err(fault)?;
            let values = sealed.unseal(keys, &random).map_err(fault)?;
            if to == Format::Yaml && !opened.is_empty() {
                out.push_str("---\n");
            }
            let templates = plain(&sealed, &values, to, &mut out);
            opened.push(Opened { identity: sealed.identity, templates });
        }
    }
    if opened.is_empty() { Err(Fault::Nothing { wanted: "SealedSecret", found: passed }) } else { Ok((out, opened)) }
}

/// Writes the Secret that the controller would make. Returns the keys of templates, which are left out.
fn plain(
    sealed: &SealedSecret,
    values: &[(Entry, &RsaPrivateKey)],
    format: Format,
    out: &mut Zeroizing<String>,
) -> Vec<String> {
    let mut metadata = sealed.metadata.clone();
    sealed.identity.write(&mut metadata);
    let mut head = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": metadata });
    if let Some(kind) = &sealed.secret_type {
        head["type"] = kind.clone().into();
    }
    if let Some(immutable) = sealed.immutable {
        head["immutable"] = immutable.into();
    }
    let is_template = |value: &Value| value.as_str().is_none_or(|text| text.contains("{{"));
    let (templates, literals): (Vec<_>, Vec<_>) = sealed.templates.iter().partition(|(_, value)| is_template(value));
    // An entry of the template takes precedence over a sealed one (`docs/facts/sealed-secrets.md#the-sealedsecret-object`).
    let sealed_only = values.iter().filter(|(entry, _)| !sealed.templates.contains_key(&entry.key));
    let mut data: Vec<(&str, Zeroizing<String>)> = Vec::new();
    for (key, value) in literals {
        data.push((key, Zeroizing::new(STANDARD.encode(value.as_str().unwrap_or_default()))));
    }
    for (Entry { key, value }, _) in sealed_only {
        data.push((key, Zeroizing::new(STANDARD.encode(value.expose()))));
    }
    data.sort_by(|a, b| a.0.cmp(b.0));
    // Room for all at once: a text that grows leaves copies behind.
    let room: usize = data.iter().map(|(key, value)| key.len() + value.len() + 16).sum();
    out.reserve_exact(room + 4096);
    // Writing to a text does not fail.
    let done = match format {
        Format::Yaml => write_yaml(&head, &data, out),
        Format::Json => write_json(&head, &data, out),
    };
    debug_assert!(done.is_ok());
    templates.into_iter().map(|(key, _)| key.clone()).collect()
}

fn write_yaml(head: &Value, data: &[(&str, Zeroizing<String>)], out: &mut String) -> std::fmt::Result {
    out.push_str(&emit::yaml(head));
    out.push_str(if data.is_empty() { "data: {}\n" } else { "data:\n" });
    for (key, value) in data {
        // Base64 may look like a number, and an empty one is nothing without its quotes.
        writeln!(out, "  {}: \"{}\"", scalar(key), value.as_str())?;
    }
    Ok(())
}

fn write_json(head: &Value, data: &[(&str, Zeroizing<String>)], out: &mut String) -> std::fmt::Result {
    let head = emit::json(head, Some("  "));
    // Its own brace alone: the last field may end with one too.
    out.push_str(head.strip_suffix("\n}").unwrap_or(&head));
    out.push_str(",\n  \"data\": {");
    for (index, (key, value)) in data.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(out, "{comma}\n    {}: \"{}\"", Value::from(*key), value.as_str())?;
    }
    out.push_str(if data.is_empty() { "}\n}\n" } else { "\n  }\n}\n" });
    Ok(())
}

/// Whether a node is an object of that kind.
pub(crate) fn is_kind(node: Node<'_>, kind: &str) -> bool {
    node.is_mapping() && node.get("kind").and_then(Node::as_str) == Some(kind)
}
