//! Sealing as a part of a plan: Secrets of a file to SealedSecrets, and SealedSecrets re-sealed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Done, Planned, SealedValues, Target, TargetOf, fixes};
use crate::document::yaml;
use crate::finding::Finding;
use crate::finding::edit::{self, Edit, FixKind};
use crate::fix::reason::{NotFixed, NotSealed};
use crate::mask::masked;
use crate::rule::Fixable;
use crate::seal::sealed::{self, Resealed};
use crate::seal::strength::weaknesses;
use crate::seal::{Plaintext, Randomness, SealedError, SealedSecret, Secret, patch, render};
use crate::span::Span;

/// Re-seals a SealedSecret: for the namespace, where one is named, and strict, where that is asked for.
pub(in crate::fix) type ResealingOf<'a> = dyn Fn(&SealedSecret, Option<&str>, bool) -> Result<Resealed, NotSealed> + 'a;

/// Adds the fixes that re-seal SealedSecrets of the file; several of one document are made together.
pub(in crate::fix) fn plan_resealing(
    planned: &mut Planned,
    text: &str,
    findings: &[(usize, &Finding)],
    with_unsafe: bool,
    reseal: &ResealingOf<'_>,
) {
    let mut groups: Vec<Group> = Vec::new();
    for (index, fix) in fixes(findings) {
        let FixKind::Reseal { document, namespace, strict } = &fix.kind else { continue };
        if fix.applicability == Fixable::Unsafe && !with_unsafe {
            planned.left.push((index, NotFixed::Unsafe));
            continue;
        }
        let at = groups.iter().position(|group| group.document == *document).unwrap_or_else(|| {
            groups.push(Group { document: *document, ..Group::default() });
            groups.len() - 1
        });
        let group = &mut groups[at];
        group.namespace = group.namespace.take().or_else(|| namespace.clone());
        group.strict |= strict;
        group.done.push((index, fix.title.clone()));
    }
    for Group { document, namespace, strict, done } in groups {
        let taken = planned.edits.iter().any(|edit| edit.span.overlaps(document) || document.contains(edit.span));
        let made = if taken {
            Err(NotFixed::Clash)
        } else {
            resealed_document(document.slice(text), namespace.as_deref(), strict, reseal).map_err(NotFixed::from)
        };
        match made {
            Ok(new) => {
                planned.edits.push(Edit::replace(document, new));
                planned.done.extend(done.into_iter().map(|(finding, title)| Done { finding, title }));
            }
            Err(why) => planned.left.extend(done.into_iter().map(|(index, _)| (index, why.clone()))),
        }
    }
}

/// All that is to be done to one SealedSecret.
#[derive(Default)]
struct Group {
    document: Span,
    namespace: Option<String>,
    strict: bool,
    /// Findings, with what their fix does.
    done: Vec<(usize, String)>,
}

/// The document with its SealedSecret re-sealed.
fn resealed_document(
    text: &str,
    namespace: Option<&str>,
    strict: bool,
    reseal: &ResealingOf<'_>,
) -> Result<String, NotSealed> {
    let tree = yaml::parse(text)?;
    let root = tree.root().ok_or(NotSealed::NoObject)?;
    let old = SealedSecret::read(root)?;
    let (new, ciphertexts) = reseal(&old, namespace, strict)?;
    Ok(patch::apply(text, None, &new, &ciphertexts)?)
}

impl Planned {
    /// Seals the Secret that is the document at `span`.
    pub(super) fn seal(
        &mut self,
        text: &str,
        finding: usize,
        span: Span,
        target: &TargetOf<'_>,
        random: &Randomness,
    ) -> Result<(), NotSealed> {
        let slice = span.slice(text);
        let tree = yaml::parse(slice)?;
        let made = self.seal_tree(text, finding, span, &tree, target, random);
        tree.wipe();
        made
    }

    fn seal_tree(
        &mut self,
        text: &str,
        finding: usize,
        span: Span,
        tree: &yaml::Tree,
        target: &TargetOf<'_>,
        random: &Randomness,
    ) -> Result<(), NotSealed> {
        let root = tree.root().ok_or(NotSealed::NoObject)?;
        let secret = Secret::read(root).map_err(|refusal| refusal.why)?;
        let Target { identity, clusters } = target(span, &secret)?;
        let title = format!("Secret {}", identity.title());
        let slice = span.slice(text);
        let mut outputs = Vec::new();
        for (cluster, key) in &clusters {
            let sealed = sealed::seal(&secret, &identity, key, random).map_err(SealedError::from)?;
            let sealing = render::over(root, &sealed);
            outputs.push((cluster.clone(), sealing.edit, sealing.in_place));
        }
        let keys = secret.entries.len();
        let plural = if keys == 1 { "" } else { "s" };
        match outputs.as_slice() {
            [] => return Err(NotSealed::NoCluster),
            [(cluster, edit, in_place)] => {
                let for_cluster = cluster.as_ref().map(|name| format!(" for cluster '{}'", masked(name)));
                let moved = if *in_place { "" } else { "; its comments are above it now" };
                let title = format!("seal {title} ({keys} key{plural}){}{moved}", for_cluster.unwrap_or_default());
                self.edits.push(Edit::replace(edit.span.shift(span.start), edit.text.clone()));
                self.done.push(Done { finding, title });
            }
            several => {
                self.for_each_cluster(text, span, several)?;
                let names: Vec<&str> = several.iter().filter_map(|(cluster, _, _)| cluster.as_deref()).collect();
                let title = format!("seal {title} ({keys} key{plural}) for clusters {}", names.join(", "));
                self.done.push(Done { finding, title });
            }
        }
        let raw = |key: &str| {
            let node = ["stringData", "data"].into_iter().find_map(|section| root.get(section)?.get(key));
            Plaintext::from(node.map_or("", |node| node.span().slice(slice)))
        };
        let forms = |key: &str, value: &Plaintext| {
            vec![raw(key), value.clone(), Plaintext::new(BASE64.encode(value.expose()).into_bytes())]
        };
        let values =
            secret.named_entries().into_iter().map(|(key, entry)| (key, forms(&entry.key, &entry.value))).collect();
        self.sealed.push(SealedValues { title, values, weak: weaknesses(&secret, self.strength) });
        Ok(())
    }

    /// One new file for each cluster; the Secret goes from its own.
    fn for_each_cluster(
        &mut self,
        text: &str,
        span: Span,
        outputs: &[(Option<String>, Edit, bool)],
    ) -> Result<(), NotSealed> {
        if !self.outputs.is_empty() {
            return Err(NotSealed::SeveralInOneFile);
        }
        let documents = yaml::documents(text);
        let alone = documents.len() <= 1;
        let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
        for (cluster, edit, _) in outputs {
            // The file goes where it holds nothing else, and the comments around the document with it.
            let made = if alone {
                let edit = Edit::replace(edit.span.shift(span.start), edit.text.clone());
                edit::apply(text, &[edit])
            } else {
                edit::apply(span.slice(text), std::slice::from_ref(edit)).map(|made| made + eol)
            };
            self.outputs.push((cluster.clone().unwrap_or_default(), made?));
        }
        if alone {
            self.remove = true;
        } else {
            let own = documents.iter().find(|document| document.contains(span)).ok_or(NotSealed::NoDocument)?;
            self.edits.push(Edit::remove(with_marker(text, *own)));
        }
        Ok(())
    }
}

/// A document with the marker above it, or, where it is the first, the one below it.
pub(super) fn with_marker(text: &str, document: Span) -> Span {
    let above = text[..document.start].rfind("---").filter(|at| text[*at..document.start].trim() == "---");
    let line = |at: usize| memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |found| at + found + 1);
    match above {
        Some(at) => Span::new(at, document.end),
        None if text[document.end..].starts_with("---") => Span::new(document.start, line(document.end)),
        None => document,
    }
}
