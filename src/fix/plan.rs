//! From the findings of one file to its new text. Pure: texts in, texts out.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, STANDARD_NO_PAD};
use rsa::RsaPublicKey;
use zeroize::Zeroizing;

use crate::document::yaml::{self, Node};
use crate::finding::edit::{self, Edit, Fix, FixKind};
use crate::finding::{Finding, MASK};
use crate::mask::masked;
use crate::rule::Fixable;
use crate::seal::identity::Identity;
use crate::seal::strength::{Policy, Weakness, weaknesses};
use crate::seal::{Plaintext, Randomness, SealedSecret, Secret, patch, render, sealed};
use crate::span::Span;
use crate::yaml_scalar::scalar;

/// Whom a Secret is to be sealed for.
pub(crate) struct Target {
    /// Name, namespace, scope.
    pub identity: Identity,
    /// The clusters that it is sealed for, each with its key; one without a name where none is configured.
    pub clusters: Vec<(Option<String>, RsaPublicKey)>,
}

/// Says whom a Secret of a document (bytes of the text) is to be sealed for, or why it cannot be.
pub(crate) type TargetOf<'t> = dyn Fn(Span, &Secret) -> Result<Target, String> + 't;

/// What was done.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    /// Index of a finding that it repairs; others may go with it.
    pub finding: usize,
    /// What was done, in the words of a report.
    pub title: String,
}

/// A Secret that was sealed: what a report says of its values.
pub(crate) struct SealedValues {
    /// `Secret ml-dev/ml-platform`.
    pub title: String,
    /// Each key with its value in the forms in which a file may hold it: as it stood in this one, plain, and as base64.
    pub values: Vec<(String, Vec<Plaintext>)>,
    /// What is wrong with values.
    pub weak: Vec<(String, Weakness)>,
}

/// The new text of a file, and what became of its findings.
#[derive(Default)]
pub(crate) struct Planned {
    /// All edits, in the order in which they were accepted; their texts hold no value.
    pub edits: Vec<Edit>,
    /// Whether nothing is left of the file.
    pub remove: bool,
    /// New files beside it, one for each cluster: name of the cluster and text.
    pub outputs: Vec<(String, String)>,
    /// What is done.
    pub done: Vec<Done>,
    /// Indexes of findings that are left although they have a fix, and why.
    pub left: Vec<(usize, String)>,
    /// What was sealed.
    pub sealed: Vec<SealedValues>,
    /// Where values stand in the old text that no report may show.
    hidden: Vec<Span>,
    /// What is asked of values that are sealed.
    strength: Policy,
}

impl Planned {
    /// Whether nothing changes.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.outputs.is_empty() && !self.remove
    }

    /// The new text.
    ///
    /// # Errors
    /// Where edits overlap, which planning does not let happen.
    pub(crate) fn text(&self, old: &str) -> Result<String, edit::Overlap> {
        edit::apply(old, &self.edits)
    }

    /// Hides further values of the old text, `spans`, from [`Self::patch`].
    pub(crate) fn hide(&mut self, old: &str, spans: Vec<Span>) {
        self.hidden.extend(spans);
        self.hidden = merged(std::mem::take(&mut self.hidden));
        self.hidden.retain(|span| old.get(span.range()).is_some());
    }

    /// What changes in the file `path`, as a unified patch to be read: every value in it is masked.
    #[must_use]
    pub(crate) fn patch(&self, path: &str, old: &str) -> String {
        let free = |span: &Span| !self.edits.iter().any(|edit| edit.span.overlaps(*span));
        let mask = |span: Span| Edit::replace(span, MASK);
        let before = edit::apply(old, &self.hidden.iter().copied().map(mask).collect::<Vec<_>>());
        let mut edits: Vec<Edit> = self.hidden.iter().copied().filter(free).map(mask).collect();
        edits.extend(self.edits.iter().cloned());
        let after = if self.remove { Ok(String::new()) } else { edit::apply(old, &edits) };
        let (Ok(before), Ok(after)) = (before, after) else { return String::new() };
        // Comments repeat values, and move with the lines of a document.
        let words = self.words(old);
        let (before, after) = (without(&before, &words), without(&after, &words));
        let from = if old.is_empty() { "/dev/null".to_owned() } else { format!("a/{path}") };
        let to = if self.remove { "/dev/null".to_owned() } else { format!("b/{path}") };
        let mut patch = unified(&from, &to, &before, &after);
        for (cluster, text) in &self.outputs {
            let text = without(text, &words);
            patch.push_str(&unified("/dev/null", &format!("b/{}", beside(path, cluster)), "", &text));
        }
        patch
    }

    /// The values at the hidden places, as they stand there line by line, and what they are decoded; longest first.
    fn words(&self, old: &str) -> Vec<Plaintext> {
        let mut words: Vec<Zeroizing<String>> = Vec::new();
        for span in &self.hidden {
            let text = span.slice(old);
            let joined: Zeroizing<String> = Zeroizing::new(text.chars().filter(|c| !c.is_whitespace()).collect());
            if let Some(plain) = STANDARD_NO_PAD
                .decode(joined.trim_end_matches('='))
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
            {
                words.push(Zeroizing::new(plain));
            }
            words.push(Zeroizing::new(text.to_owned()));
        }
        let lines = words.iter().flat_map(|word| word.lines());
        // A quote, a comment's mark or a block's sign is none of the value.
        let lines = lines.map(|line| line.trim_matches(|c: char| c.is_whitespace() || "#\"'|>-".contains(c)));
        let mut lines: Vec<&str> = lines.filter(|line| line.chars().count() >= LEAST).collect();
        lines.sort_unstable_by_key(|line| (std::cmp::Reverse(line.len()), *line));
        lines.dedup();
        lines.into_iter().map(Plaintext::from).collect()
    }
}

/// Characters of a value that is hidden wherever it stands; shorter ones are parts of other words.
const LEAST: usize = 4;

/// `text` with every one of `words` masked, and everything that is no word of a person.
fn without(text: &str, words: &[Plaintext]) -> String {
    let hidden = words.iter().filter_map(|word| std::str::from_utf8(word.expose()).ok());
    let hidden = hidden.fold(Zeroizing::new(text.to_owned()), |text, word| Zeroizing::new(text.replace(word, MASK)));
    // What no rule knows may be a value as well, where no person would choose it as a word; line ends stay.
    hidden.split_inclusive('\n').map(masked).collect()
}

/// A unified patch of two texts.
fn unified(from: &str, to: &str, before: &str, after: &str) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(3).header(from, to).to_string()
}

/// The path of a cluster's output: `secret.yaml` gives `secret.dev.yaml`.
#[must_use]
pub(crate) fn beside(path: &str, cluster: &str) -> String {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (&path[..=folder.len()], name));
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{folder}{stem}.{cluster}.{ending}"),
        _ => format!("{folder}{name}.{cluster}"),
    }
}

/// Plans the fixes of `findings` (each with its index) to the file's `text`. Fixes of other files are passed over.
#[must_use]
pub(crate) fn plan(
    text: &str,
    findings: &[(usize, &Finding)],
    with_unsafe: bool,
    target: &TargetOf<'_>,
    random: &Randomness,
    strength: Policy,
) -> Planned {
    let mut planned = Planned { hidden: hidden(text, findings), strength, ..Planned::default() };
    let mut documents: Vec<Span> = Vec::new();
    for (index, fix) in fixes(findings) {
        if let FixKind::Seal { document } = fix.kind
            && !documents.contains(&document)
        {
            documents.push(document);
            if let Err(why) = planned.seal(text, index, document, target, random) {
                planned.left.push((index, why));
            }
        }
    }
    let mut applied: Vec<&Fix> = Vec::new();
    for (index, fix) in fixes(findings) {
        let FixKind::Edits { path: None, edits } = &fix.kind else { continue };
        if fix.applicability == Fixable::Unsafe && !with_unsafe {
            planned.left.push((index, UNSAFE.to_owned()));
            continue;
        }
        planned.accept(index, fix, edits, &mut applied);
    }
    planned
}

/// Plans fixes that are made in another file than their findings stand in, such as `.gitignore`.
#[must_use]
pub(crate) fn plan_other(findings: &[(usize, &Finding)], with_unsafe: bool) -> Planned {
    let mut planned = Planned::default();
    let mut applied: Vec<&Fix> = Vec::new();
    for (index, fix) in fixes(findings) {
        let Some((_, edits)) = fix.kind.elsewhere() else { continue };
        if fix.applicability == Fixable::Safe || with_unsafe {
            planned.accept(index, fix, edits, &mut applied);
        }
    }
    planned
}

/// Plans that a file is taken out of Git's index, which changes no file. None where no fix says so.
#[must_use]
pub(crate) fn plan_untrack(findings: &[(usize, &Finding)], with_unsafe: bool) -> Option<Planned> {
    let (index, fix) = fixes(findings).find(|(_, fix)| matches!(fix.kind, FixKind::Untrack { .. }))?;
    let mut planned = Planned::default();
    if with_unsafe {
        planned.done.push(Done { finding: index, title: fix.title.clone() });
    } else {
        planned.left.push((index, UNSAFE.to_owned()));
    }
    Some(planned)
}

/// Seals a SealedSecret anew: for the namespace, where one is named, and strict, where that is asked for.
pub(crate) type AnewOf<'a> =
    dyn Fn(&SealedSecret, Option<&str>, bool) -> Result<(SealedSecret, BTreeMap<String, String>), String> + 'a;

/// Adds the fixes that seal SealedSecrets of the file anew; several of one document are made together.
pub(crate) fn plan_anew(
    planned: &mut Planned,
    text: &str,
    findings: &[(usize, &Finding)],
    with_unsafe: bool,
    anew: &AnewOf<'_>,
) {
    let mut groups: Vec<Group> = Vec::new();
    for (index, fix) in fixes(findings) {
        let FixKind::Reseal { document, namespace, strict } = &fix.kind else { continue };
        if fix.applicability == Fixable::Unsafe && !with_unsafe {
            planned.left.push((index, UNSAFE.to_owned()));
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
            Err(CLASH.to_owned())
        } else {
            anew_in(document.slice(text), namespace.as_deref(), strict, anew)
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

/// The document with its SealedSecret sealed anew.
fn anew_in(text: &str, namespace: Option<&str>, strict: bool, anew: &AnewOf<'_>) -> Result<String, String> {
    let tree = yaml::parse(text).map_err(|error| error.message)?;
    let root = tree.root().ok_or("there is no object")?;
    let old = SealedSecret::read(root).map_err(|why| why.to_string())?;
    let (new, ciphertexts) = anew(&old, namespace, strict)?;
    patch::apply(text, None, &new, &ciphertexts).map_err(|error| error.to_string())
}

const UNSAFE: &str = "the fix may change what the objects do; --unsafe applies it";
const CLASH: &str = "another fix changes the same place; run it once more";

fn fixes<'f>(findings: &[(usize, &'f Finding)]) -> impl Iterator<Item = (usize, &'f Fix)> {
    findings.iter().filter_map(|(index, finding)| Some((*index, finding.fix.as_ref()?)))
}

/// Whether a finding stands at a value; otherwise at a name, which its excerpt shows.
#[must_use]
pub(crate) fn is_value(finding: &Finding) -> bool {
    finding.excerpt.as_ref().is_none_or(|excerpt| excerpt.text.contains(MASK))
}

/// The places of all findings that are values, without overlaps.
fn hidden(text: &str, findings: &[(usize, &Finding)]) -> Vec<Span> {
    let values = findings.iter().filter(|(_, finding)| is_value(finding)).map(|(_, finding)| finding.span);
    let mut hidden: Vec<Span> = values.collect();
    for (_, fix) in fixes(findings) {
        if let FixKind::Seal { document } = fix.kind
            && let Ok(tree) = yaml::parse(document.slice(text))
        {
            hidden.extend(value_spans(&tree).into_iter().map(|span| span.shift(document.start)));
            tree.wipe();
        }
    }
    merged(hidden)
}

/// Spans in order; those that meet are one.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| !span.is_empty());
    spans.sort_unstable();
    spans.dedup_by(|later, first| {
        let meets = later.start < first.end;
        if meets {
            first.end = first.end.max(later.end);
        }
        meets
    });
    spans
}

/// Where the values of a Secret stand.
fn value_spans(tree: &yaml::Tree) -> Vec<Span> {
    let Some(root) = tree.root() else { return Vec::new() };
    let sections = ["data", "stringData"].into_iter().filter_map(|section| root.get(section));
    let values = sections.flat_map(|section| section.entries().map(|(_, value)| value.span()).collect::<Vec<_>>());
    // Annotations that hold the whole Secret once more, or what somebody noted of it.
    let annotations = root.at(&["metadata", "annotations"]).into_iter().flat_map(Node::entries);
    values.chain(annotations.map(|(_, value)| value.span())).collect()
}

impl Planned {
    /// Takes a fix over where nothing that was accepted before changes the same place.
    fn accept<'f>(&mut self, index: usize, fix: &'f Fix, edits: &[Edit], applied: &mut Vec<&'f Fix>) {
        if applied.contains(&fix) {
            return;
        }
        let clash = |edit: &Edit| {
            self.edits.iter().any(|other| {
                let inserts = edit.span.is_empty() && other.span.is_empty();
                edit.span.overlaps(other.span)
                    || !inserts && (other.span.contains(edit.span) || edit.span.contains(other.span))
            })
        };
        if edits.iter().any(clash) {
            self.left.push((index, CLASH.to_owned()));
            return;
        }
        applied.push(fix);
        self.edits.extend(edits.iter().cloned());
        self.done.push(Done { finding: index, title: fix.title.clone() });
    }

    /// Seals the Secret that is the document at `span`.
    fn seal(
        &mut self,
        text: &str,
        finding: usize,
        span: Span,
        target: &TargetOf<'_>,
        random: &Randomness,
    ) -> Result<(), String> {
        let slice = span.slice(text);
        let tree = yaml::parse(slice).map_err(|error| error.message)?;
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
    ) -> Result<(), String> {
        let root = tree.root().ok_or("there is no object")?;
        let secret = Secret::read(root).map_err(|refusal| refusal.why.to_string())?;
        let Target { identity, clusters } = target(span, &secret)?;
        let title = format!("Secret {}", identity.title());
        let slice = span.slice(text);
        let mut outputs = Vec::new();
        for (cluster, key) in &clusters {
            let sealed = sealed::seal(&secret, &identity, key, random).map_err(|error| error.to_string())?;
            let sealing = render::over(root, &sealed);
            outputs.push((cluster.clone(), sealing.edit, sealing.in_place));
        }
        let keys = secret.entries.len();
        let plural = if keys == 1 { "" } else { "s" };
        match outputs.as_slice() {
            [] => return Err("no cluster is configured for it".to_owned()),
            [(cluster, edit, in_place)] => {
                let for_cluster = cluster.as_ref().map(|name| format!(" for the cluster '{}'", masked(name)));
                let moved = if *in_place { "" } else { "; its comments stand above it now" };
                let title = format!("seal {title} ({keys} key{plural}){}{moved}", for_cluster.unwrap_or_default());
                self.edits.push(Edit::replace(edit.span.shift(span.start), edit.text.clone()));
                self.done.push(Done { finding, title });
            }
            several => {
                self.for_each_cluster(text, span, several)?;
                let names: Vec<&str> = several.iter().filter_map(|(cluster, _, _)| cluster.as_deref()).collect();
                let title = format!("seal {title} ({keys} key{plural}) for the clusters {}", names.join(", "));
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
        let values = secret.entries.iter().map(|entry| (entry.key.clone(), forms(&entry.key, &entry.value))).collect();
        self.sealed.push(SealedValues { title, values, weak: weaknesses(&secret, self.strength) });
        Ok(())
    }

    /// One new file for each cluster; the Secret goes from its own.
    fn for_each_cluster(
        &mut self,
        text: &str,
        span: Span,
        outputs: &[(Option<String>, Edit, bool)],
    ) -> Result<(), String> {
        if !self.outputs.is_empty() {
            return Err("two Secrets of one file for several clusters; put each into a file of its own".to_owned());
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
            let made = made.map_err(|error| error.to_string())?;
            self.outputs.push((cluster.clone().unwrap_or_default(), made));
        }
        if alone {
            self.remove = true;
        } else {
            let own = documents.iter().find(|document| document.contains(span)).ok_or("its document is not found")?;
            self.edits.push(Edit::remove(with_marker(text, *own)));
        }
        Ok(())
    }
}

/// A document with the marker above it, or, where it is the first, the one below it.
fn with_marker(text: &str, document: Span) -> Span {
    let above = text[..document.start].rfind("---").filter(|at| text[*at..document.start].trim() == "---");
    let line = |at: usize| memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |found| at + found + 1);
    match above {
        Some(at) => Span::new(at, document.end),
        None if text[document.end..].starts_with("---") => Span::new(document.start, line(document.end)),
        None => document,
    }
}

/// A name in a message.
#[must_use]
pub(crate) fn shown(name: &str) -> String {
    scalar(&masked(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_of_clusters_stand_beside_the_file() {
        assert_eq!(beside("a/b.c/secret.yaml", "dev"), "a/b.c/secret.dev.yaml");
        assert_eq!(beside("secret", "dev"), "secret.dev");
        assert_eq!(beside("a/.hidden", "dev"), "a/.hidden.dev");
    }

    fn fix(title: &str, edits: Vec<Edit>) -> Fix {
        Fix::edits(Fixable::Safe, title, edits)
    }

    /// Titles of what is done, and reasons of what is left.
    fn accepted(fixes: &[Fix]) -> (Vec<&str>, Vec<usize>) {
        let mut planned = Planned::default();
        let mut applied = Vec::new();
        for (index, fix) in fixes.iter().enumerate() {
            let FixKind::Edits { edits, .. } = &fix.kind else { continue };
            planned.accept(index, fix, edits, &mut applied);
        }
        assert!(planned.left.iter().all(|(_, why)| why == CLASH));
        assert!(planned.text("0123456789").is_ok(), "what is accepted can be applied");
        let done = planned.done.iter().map(|done| fixes[done.finding].title.as_str()).collect();
        (done, planned.left.iter().map(|(index, _)| *index).collect())
    }

    #[test]
    fn of_two_fixes_at_one_place_the_first_is_made() {
        let at = |start, end| Edit::replace(Span::new(start, end), "x");
        for (second, taken) in [
            (vec![at(5, 6)], true),
            (vec![at(4, 5)], true),
            (vec![Edit::insert(2, "y"), at(7, 8)], false),
            (vec![at(3, 5)], false),
            (vec![at(1, 3)], false),
            (vec![at(0, 9)], false),
            (vec![Edit::insert(3, "y")], false),
            (vec![at(8, 9), at(2, 3)], false),
        ] {
            let fixes = [fix("first", vec![at(2, 4)]), fix("second", second)];
            let (done, left) = accepted(&fixes);
            let wanted = if taken { (vec!["first", "second"], vec![]) } else { (vec!["first"], vec![1]) };
            assert_eq!((done, left), wanted, "{:?}", fixes[1]);
        }
    }

    #[test]
    fn one_fix_of_several_findings_is_made_once() {
        let same = || fix("remove both", vec![Edit::remove(Span::new(2, 4))]);
        assert_eq!(accepted(&[same(), same()]), (vec!["remove both"], vec![]));
        let line = |text: &str| fix(text, vec![Edit::insert(10, text)]);
        assert_eq!(accepted(&[line("a"), line("b")]), (vec!["a", "b"], vec![]), "lines at one end");
    }

    #[test]
    fn a_patch_hides_values_wherever_they_stand() {
        let old = "# note: c2VjcmV0d29yZA== is secretword\nvalue: c2VjcmV0d29yZA==\nn: 1\n";
        let span = |text: &str| {
            let at = old.rfind(text).expect("it stands there");
            Span::new(at, at + text.len())
        };
        let mut planned = Planned { edits: vec![Edit::replace(span("1"), "2 # secretword")], ..Planned::default() };
        planned.hide(old, vec![span("c2VjcmV0d29yZA=="), Span::new(400, 500)]);
        let patch = planned.patch("a.yaml", old);
        let shown = format!(
            "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,3 +1,3 @@\n # note: {MASK} is {MASK}\n value: {MASK}\n-n: 1\n+n: 2 # {MASK}\n"
        );
        assert_eq!(patch, shown);
    }

    #[test]
    fn a_document_goes_with_its_marker() {
        let cut = |text: &str, index: usize| {
            let document = yaml::documents(text)[index];
            edit::apply(text, &[Edit::remove(with_marker(text, document))]).expect("it applies")
        };
        assert_eq!(cut("a: 1\n---\nb: 2\n---\nc: 3\n", 0), "b: 2\n---\nc: 3\n");
        assert_eq!(cut("a: 1\n---\nb: 2\n---\nc: 3\n", 1), "a: 1\n---\nc: 3\n");
        assert_eq!(cut("---\na: 1\n---\nb: 2\n", 1), "---\na: 1\n");
    }
}
