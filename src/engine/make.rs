//! The third phase, from reports to findings: levels, duplicates, allow comments, positions, masked excerpts, fingerprints.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::allow;
use super::excerpt::{self, Hidden, Values};
use super::made::{Made, Seen};
use super::options::Kept;
use super::scan::{Scanned, Scanner};
use super::visit::{Visit, read, read_bytes, visit};
use crate::checks::credentials::generator_credential;
use crate::checks::{Draft, Subject, Weight};
use crate::coverage::{Reason, Skipped, Stopped, guarded};
use crate::document::fragment::Lang;
use crate::document::view::{self, Parsed, View};
use crate::finding::edit::Fix;
use crate::finding::line_hash::LineHashes;
use crate::finding::{Finding, Identity, Related};
use crate::inventory::secret_file;
use crate::rule::{Level, Text};
use crate::source::{self, File, Read, Scratch};
use crate::span::{LineIndex, Span};

/// The findings of a file that was searched, whose text is read again where it was not kept.
pub(super) fn findings_of(
    scanner: &Scanner<'_>,
    file: &File,
    scanned: Scanned,
    scratch: &mut Scratch,
) -> Result<Made, Skipped> {
    findings_with(scanner, &file.path, scanned, || read(file, scanner.options, scratch))
}

/// The same for bytes that are at hand.
pub(super) fn findings_of_bytes(
    scanner: &Scanner<'_>,
    path: &str,
    bytes: &[u8],
    scanned: Scanned,
) -> Result<Made, Skipped> {
    findings_with(scanner, path, scanned, || read_bytes(path, scanner.options, bytes))
}

fn findings_with<'a>(
    scanner: &Scanner<'_>,
    path: &str,
    scanned: Scanned,
    read: impl FnOnce() -> Read<'a>,
) -> Result<Made, Skipped> {
    let Scanned { drafts, allows, text, parts, .. } = scanned;
    if drafts.is_empty() && !allows {
        return Ok(parts);
    }
    let text = match &text {
        Some(text) => Cow::Borrowed(&**text),
        None => match read() {
            Read::Text(decoded) => decoded.text,
            Read::Container(_, bytes) => {
                let decoded = source::decode_for_search(bytes, Lang::named(path));
                decoded.map(|decoded| decoded.text).unwrap_or_default()
            }
            // Only reports about the whole file exist.
            Read::Large(_) | Read::Skipped(Reason::Binary) => Cow::Borrowed(""),
            Read::Skipped(reason) | Read::Failed(reason) => return Err(Skipped::new(path, reason)),
        },
    };
    let made = guarded(path, Stopped::File, || findings(scanner, path, &text, drafts, allows))?;
    Ok(made.with_parts(parts))
}

/// The findings of a file that no other file matters to, as a version of the history: the first and the third phase.
pub(super) fn search_alone(scanner: &Scanner<'_>, file: &File, scratch: &mut Scratch) -> Visit<Made> {
    let found = visit(file, scanner.options, scratch, |content| {
        let (made, parts) = scanner.search_content(&file.path, content, |text| scanner.search(&file.path, text));
        made.with_parts(parts)
    });
    match found {
        Visit::Skipped(skipped)
            if skipped.reason == Reason::Binary && scanner.across && secret_file::of_binary(&file.path).is_some() =>
        {
            Visit::Done { bytes: 0, result: Made::default() }
        }
        other => other,
    }
}

/// Makes the findings of a text from all reports about it.
pub(super) fn findings(scanner: &Scanner<'_>, path: &str, text: &str, drafts: Vec<Draft>, allows: bool) -> Made {
    findings_after(&mut Seen::default(), scanner, path, text, drafts, allows)
}

/// The same for a part of a file, where `seen` is what the parts before it had.
pub(super) fn findings_after(
    seen: &mut Seen,
    scanner: &Scanner<'_>,
    path: &str,
    text: &str,
    drafts: Vec<Draft>,
    allows: bool,
) -> Made {
    if drafts.is_empty() && !allows {
        return Made::default();
    }
    let lang = Lang::of_path(path, text);
    // Only a repair asks for the places that it would change.
    let repairs = drafts.iter().any(|draft| draft.repair.is_some());
    let parsed = if repairs { view::parse(path, text, lang) } else { Parsed::default() };
    let view = View::new(path, text, lang, &parsed);
    let lines = LineIndex::new(text);
    let mut all = value_spans(&drafts);
    let mut kept = leveled(scanner, path, without_refuted(drafts));
    let values = expand_env_files(text, &mut kept);
    all.extend(values.iter().map(|(draft, _)| draft.span));
    kept.extend(values);
    let mut kept = without_duplicates(kept);
    if allows {
        let comments = allow::read(&view, &lines);
        let faults = allow::apply(&comments, scanner, &view, &lines, &mut kept);
        kept.extend(leveled(scanner, path, faults));
    }
    let more = without_too_many(&mut kept, scanner.options.kept.most());
    for (draft, _) in &mut kept {
        draft.fix = draft.repair.take().and_then(|repair| repair.fix(&view)).or(draft.fix.take());
    }
    let incomplete = kept.iter().any(|(draft, level)| draft.subject == Subject::Document && *level == Level::Error);
    let maker = Maker { scanner, path: path.into(), text, lines, all };
    let mut made = Made { findings: maker.make(kept, seen), incomplete, notes: Vec::new() };
    more.iter().for_each(|(rule, count)| made.note_more(path, rule, *count, scanner.options.kept == Kept::Compared));
    made
}

/// Where values are, of which no finding may show anything.
fn value_spans(drafts: &[Draft]) -> Vec<Span> {
    drafts.iter().filter(|draft| draft.subject != Subject::Structure).map(|draft| draft.span).collect()
}

/// Takes the reports about env files out of `drafts`, and gives one at each value of such a file instead. A value whose
/// format another report recognised keeps that one.
fn expand_env_files(text: &str, drafts: &mut Vec<(Draft, Level)>) -> Vec<(Draft, Level)> {
    let files: Vec<(Draft, Level)> = drafts.extract_if(.., |(draft, _)| draft.env_file_of.is_some()).collect();
    let knows_more = |draft: &Draft| draft.subject == Subject::Value && draft.weight > Weight::Assignment;
    let known = drafts.iter().filter(|(draft, _)| knows_more(draft)).map(|(draft, _)| draft.span);
    let known = Hidden::new(if files.is_empty() { Vec::new() } else { known.collect() });
    let mut values = Vec::new();
    for (draft, level) in files {
        let Some(generator) = &draft.env_file_of else { continue };
        for (key, span) in generator_credential::env_file_values(text) {
            if known.meeting(span).next().is_none() {
                values.push((generator_credential::env_file_value(generator, &key, span), level));
            }
        }
    }
    values
}

/// Gives each draft its level; drafts of rules that are off, or unknown in this run, are dropped.
fn leveled(scanner: &Scanner<'_>, path: &str, drafts: Vec<Draft>) -> Vec<(Draft, Level)> {
    let level = |draft: &Draft| {
        let configured = scanner.level(&draft.rule, path)?;
        let lower = draft.at_most < scanner.rule(&draft.rule)?.level;
        Some(if lower { configured.min(draft.at_most) } else { configured })
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
        // A document that cannot be read, or is structured wrongly, says nothing about a value: neither hides the other.
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

/// Keeps so many of each rule at most, the worst ones; how many more there are of a rule.
fn without_too_many(drafts: &mut Vec<(Draft, Level)>, most: usize) -> BTreeMap<Text, usize> {
    let mut counts: BTreeMap<Text, usize> = BTreeMap::new();
    if drafts.len() > most {
        drafts.sort_by_key(|(draft, level)| (Reverse(*level), draft.span));
        drafts.retain(|(draft, _)| {
            let count = counts.entry(draft.rule.clone()).or_default();
            *count += 1;
            *count <= most
        });
    }
    counts
        .into_iter()
        .filter_map(|(rule, count)| Some((rule, count.checked_sub(most).filter(|&more| more > 0)?)))
        .collect()
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
    fn make(self, mut drafts: Vec<(Draft, Level)>, seen: &mut Seen) -> Vec<Finding> {
        drafts.sort_by(|(a, _), (b, _)| (a.span, &a.rule, &a.place).cmp(&(b.span, &b.rule, &b.place)));
        if drafts.is_empty() {
            return Vec::new();
        }
        let hashes = LineHashes::new(self.text);
        let hashed = self.scanner.options.line_hashes;
        let values = Values::new(self.text, &self.all);
        let identities: Vec<Identity> = drafts.iter().map(|(draft, _)| self.identity(draft)).collect();
        let hidden = Hidden::new(self.all);
        let scrubbed = |related: Related| Related { message: values.scrub(&related.message), ..related };
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
                container: None,
                span: draft.span,
                line_hash: if hashed { hashes.hash_of(region.start.line) } else { String::new() },
                region,
                place,
                message: values.scrub(&draft.message),
                help: draft.help.unwrap_or(remedy),
                fingerprint,
                related: draft.related.into_iter().map(scrubbed).collect(),
                excerpt: Some(excerpt),
                fix: draft.fix.map(|fix| Fix { title: values.scrub(&fix.title), ..fix }),
            });
        }
        made
    }

    fn identity(&self, draft: &Draft) -> Identity {
        let text = self.text.get(draft.span.range()).unwrap_or_default();
        let is_value = draft.subject == Subject::Value;
        // A whole document stands for itself: what of it changed is some other finding's concern.
        let words = if is_value || !text.contains('\n') { text } else { "" }.split_ascii_whitespace();
        Identity { value: self.scanner.options.digest_key.digest(words.map(str::as_bytes)), is_value }
    }
}

/// 128 bits of SHA-256 over parts that contain no value, as hexadecimal.
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
