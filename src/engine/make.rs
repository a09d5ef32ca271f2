//! From drafts to findings: levels, duplicates, allow comments, positions, masked excerpts, fingerprints.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::excerpt::{self, Hidden, Values};
use super::{Scanner, Seen, allow};
use crate::checks::credentials::generator_credential;
use crate::checks::{Draft, Subject, Weight};
use crate::document::fragment::Lang;
use crate::document::view::{Parsed, View};
use crate::finding::edit::Fix;
use crate::finding::line_hash::LineHashes;
use crate::finding::{Finding, Identity, Related};
use crate::rule::{Level, id};
use crate::span::{LineIndex, Span};

/// Makes findings of drafts on one source.
pub(super) fn findings(scanner: &Scanner<'_>, view: &View<'_>, drafts: Vec<Draft>, allows: bool) -> Seen {
    let lines = LineIndex::new(view.text);
    let values = drafts.iter().filter(|draft| draft.subject != Subject::Structure);
    let all: Vec<Span> = values.map(|draft| draft.span).collect();
    let mut kept = without_duplicates(leveled(scanner, view.path, without_refuted(drafts)));
    if allows {
        let comments = allow::read(view, &lines);
        let said = allow::apply(&comments, scanner, view, &lines, &mut kept);
        kept.extend(leveled(scanner, view.path, said));
    }
    let incomplete = kept.iter().any(|(draft, level)| draft.subject == Subject::Document && *level == Level::Error);
    let maker = Maker { scanner, path: view.path.into(), text: view.text, lines, all };
    Seen { findings: maker.make(kept), incomplete, ..Seen::default() }
}

/// Findings in an env file that the secret generator `generator` reads.
pub(super) fn env_file(scanner: &Scanner<'_>, path: &str, text: &str, generator: &str) -> Vec<Finding> {
    let drafts = generator_credential::env_file_values(text).into_iter().map(|(key, span)| {
        let message = format!("The secretGenerator '{generator}' reads the key '{key}' in plain text from this file.");
        let place = Some(format!("secretGenerator {generator} .{key}"));
        Draft { place, ..Draft::new(id::GENERATOR_CREDENTIAL, Subject::Value, span, message) }
    });
    let drafts = drafts.collect();
    let parsed = Parsed::default();
    let view = View::new(path, text, Lang::Dotenv, &parsed);
    findings(scanner, &view, drafts, text.contains("mlguard:")).findings
}

/// Gives each draft its level; drafts of rules that are off, or unknown in this run, are dropped.
fn leveled(scanner: &Scanner<'_>, path: &str, drafts: Vec<Draft>) -> Vec<(Draft, Level)> {
    let level = |draft: &Draft| {
        let rule = scanner.rule(&draft.rule)?;
        let configured = (scanner.options.level)(rule, path)?;
        Some(if draft.at_most < rule.level { configured.min(draft.at_most) } else { configured })
    };
    drafts.into_iter().filter_map(|draft| level(&draft).map(|level| (draft, level))).collect()
}

/// Leaves out guesses from a key's name where a format's checksum says that the value is none of it.
fn without_refuted(mut drafts: Vec<Draft>) -> Vec<Draft> {
    let refuted: BTreeSet<Span> = drafts.iter().filter(|draft| draft.refuted).map(|draft| draft.span).collect();
    drafts.retain(|draft| draft.weight != Weight::Assignment || !refuted.contains(&draft.span));
    drafts
}

/// One finding a value: of those that overlap, the highest level stays, then the one that knows most, then the longest.
fn without_duplicates(mut drafts: Vec<(Draft, Level)>) -> Vec<(Draft, Level)> {
    drafts.sort_by(|(a, a_level), (b, b_level)| {
        (b_level.cmp(a_level))
            .then(b.weight.cmp(&a.weight))
            .then(b.span.len().cmp(&a.span.len()))
            .then(a.span.cmp(&b.span))
            .then(a.rule.cmp(&b.rule))
            .then(a.place.cmp(&b.place))
    });
    let mut kept: Vec<(Draft, Level)> = Vec::new();
    // By start, the spans that are taken; they never overlap each other.
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    for (draft, level) in drafts {
        let before = taken.range(..draft.span.end).next_back();
        // That a document could not be read, or that its structure is wrong, is no word about a value: neither hides the
        // other.
        if matches!(draft.subject, Subject::Document | Subject::Structure) {
            kept.push((draft, level));
            continue;
        }
        let overlaps = before.is_some_and(|(&start, &end)| Span::new(start, end).overlaps(draft.span));
        if overlaps {
            continue;
        }
        if !draft.span.is_empty() {
            taken.insert(draft.span.start, draft.span.end);
        }
        kept.push((draft, level));
    }
    kept
}

struct Maker<'m> {
    scanner: &'m Scanner<'m>,
    path: Arc<str>,
    text: &'m str,
    lines: LineIndex,
    /// Every span that any check or rule looked at as a value, so that excerpts mask them all.
    all: Vec<Span>,
}

impl Maker<'_> {
    fn make(self, mut drafts: Vec<(Draft, Level)>) -> Vec<Finding> {
        drafts.sort_by(|(a, _), (b, _)| (a.span, &a.rule, &a.place).cmp(&(b.span, &b.rule, &b.place)));
        if drafts.is_empty() {
            return Vec::new();
        }
        let hashes = LineHashes::new(self.text);
        let hashed = self.scanner.options.line_hashes;
        let values = Values::new(self.text, &self.all);
        let identities: Vec<Identity> = drafts.iter().map(|(draft, _)| self.identity(draft)).collect();
        let hidden = Hidden::new(self.all);
        let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut made = Vec::new();
        for ((draft, level), identity) in drafts.into_iter().zip(identities) {
            let plain = draft.subject == Subject::Structure;
            let excerpt = excerpt::of(self.text, &self.lines, draft.span, plain, &hidden);
            let place = draft.place.map(|place| values.scrub(&place));
            let context = place.clone().unwrap_or_else(|| excerpt.text.trim().to_owned());
            let count = seen.entry((draft.rule.to_string(), context.clone())).or_default();
            let fingerprint = fingerprint(&[&draft.rule, &context, &count.to_string()]);
            *count += 1;
            let region = self.lines.region(self.text, draft.span);
            let rule = self.scanner.rule(&draft.rule);
            let remedy = rule.map(|rule| first_paragraph(&rule.remedy)).unwrap_or_default();
            made.push(Finding {
                identity,
                commit: None,
                rule: draft.rule,
                level,
                path: self.path.clone(),
                span: draft.span,
                line_hash: if hashed { hashes.hash_of(region.start.line) } else { String::new() },
                region,
                place,
                message: values.scrub(&draft.message),
                help: draft.help.unwrap_or(remedy),
                fingerprint,
                related: draft
                    .related
                    .into_iter()
                    .map(|related| Related { message: values.scrub(&related.message), ..related })
                    .collect(),
                excerpt: Some(excerpt),
                fix: draft.fix.map(|fix| Fix { title: values.scrub(&fix.title), ..fix }),
            });
        }
        made
    }
}

impl Maker<'_> {
    fn identity(&self, draft: &Draft) -> Identity {
        let text = self.text.get(draft.span.range()).unwrap_or_default();
        let is_value = draft.subject == Subject::Value;
        // A whole document stands for itself: what of it changed is some other finding's concern.
        let words = if is_value || !text.contains('\n') { text } else { "" }.split_ascii_whitespace();
        Identity { value: self.scanner.options.digest_key.digest(words.map(str::as_bytes)), is_value }
    }
}

/// 128 bits of SHA-256 over parts that hold no value, as hexadecimal.
pub(super) fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"mlguard/v1");
    for part in parts {
        hash.update([0]);
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

pub(super) fn first_paragraph(markdown: &str) -> String {
    let paragraph = markdown.split("\n\n").next().unwrap_or_default();
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}
