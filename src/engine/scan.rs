//! The first phase: what one file by itself gives, as reports without findings and as facts for the other files.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::exposed;
use super::made::Made;
use super::options::Options;
use super::visit::{Content, Noted, Visit, visit, visit_bytes};
use crate::checks::detector::{Engine, Hit, Syntax, TextHits};
use crate::checks::{self, Check, Draft, Need, Subject, Weight};
use crate::coverage::{Reason, Skipped};
use crate::document::fragment::Lang;
use crate::document::view::{self, Parsed, View};
use crate::inventory::facts::Facts;
use crate::inventory::{read, secret_file};
use crate::rule::{Level, Rule};
use crate::source::{File, Scratch};
use crate::span::Span;

/// Bytes of texts that are kept for the third phase, at most. A text that is not kept is read again.
const KEPT_TEXT: usize = 64 << 20;

/// A run, ready to look at texts.
pub(crate) struct Scanner<'o> {
    pub(super) options: &'o Options,
    engine: Engine,
    pub(super) checks: Vec<&'static Check>,
    /// Whether a check of the whole repository is on.
    pub(super) across: bool,
    /// Whether two versions are compared, so that what one of them adds can be told.
    pub(super) compares: bool,
    /// How many bytes of texts may still be kept.
    room: AtomicUsize,
}

/// What the first phase gave of one file.
#[derive(Default)]
pub(super) struct Scanned {
    /// Reports, to which the second phase adds those of checks of the whole repository.
    pub(super) drafts: Vec<Draft>,
    pub(super) facts: Facts,
    /// Whether the text may contain allow comments.
    pub(super) allows: bool,
    /// The text, where there was room to keep it.
    pub(super) text: Option<Box<str>>,
    /// What is in the file beside its text.
    pub(super) parts: Made,
}

impl Scanned {
    /// A copy with further reports, and without the facts.
    pub(super) fn with_drafts(&self, further: &[Draft]) -> Self {
        let drafts = self.drafts.iter().chain(further).cloned().collect();
        Self { drafts, facts: Facts::default(), allows: self.allows, text: self.text.clone(), parts: Made::default() }
    }
}

impl Noted for Scanned {
    fn take_notes(&mut self) -> Vec<Skipped> {
        self.parts.take_notes()
    }
}

impl<'o> Scanner<'o> {
    /// Prepares a run: only rules that are on somewhere cost anything.
    pub(crate) fn new(options: &'o Options) -> Self {
        let engine = Engine::new(options.rules.iter().cloned());
        let known = |check: &&Check| options.rules.iter().any(|rule| rule.id == check.rule);
        let checks: Vec<&'static Check> = checks::all().filter(known).collect();
        let across = checks.iter().any(|check| check.repository.is_some());
        Self { options, engine, checks, across, compares: false, room: AtomicUsize::new(KEPT_TEXT) }
    }

    /// Searches one file.
    pub(super) fn scan(&self, file: &File, scratch: &mut Scratch) -> Visit<Scanned> {
        match visit(file, self.options, scratch, |content| self.scan_content(&file.path, content)) {
            Visit::Done { bytes, mut result } => {
                result.facts.tracked = is_tracked(file);
                Visit::Done { bytes, result }
            }
            // Its name alone tells what it is.
            Visit::Skipped(skipped) if skipped.reason == Reason::Binary && self.across => {
                match secret_file::of_binary(&file.path) {
                    Some(kind) => {
                        let facts = Facts { secret_file: Some(kind), tracked: is_tracked(file), ..Facts::default() };
                        Visit::Done { bytes: 0, result: Scanned { facts, ..Scanned::default() } }
                    }
                    None => Visit::Skipped(skipped),
                }
            }
            other => other,
        }
    }

    /// Searches bytes that are at hand, as the file `path`.
    pub(super) fn scan_bytes(&self, path: &str, bytes: &[u8]) -> Visit<Scanned> {
        visit_bytes(path, self.options, bytes, |content| self.scan_content(path, content))
    }

    fn scan_content(&self, path: &str, content: Content<'_>) -> Scanned {
        let (scanned, parts) = self.search_content(path, content, |text| {
            let scanned = self.scan_text(path, text);
            Scanned { text: self.keep(text, &scanned), ..scanned }
        });
        Scanned { parts: scanned.parts.with_parts(parts), ..scanned }
    }

    /// The reports and facts of a text.
    pub(super) fn scan_text(&self, path: &str, text: &str) -> Scanned {
        let lang = Lang::of_path(path, text);
        let parsed = view::parse(path, text, lang);
        let view = View::new(path, text, lang, &parsed);
        let TextHits { hits, allow, more } = self.hits(&view, &parsed);
        let found = checks::run_source(&view, &self.engine, &hits, &self.checks);
        let mut drafts = found.drafts;
        let quiet = Quiet::new(found.quiet);
        drafts.extend(hits.iter().filter(|hit| !quiet.contains(hit.span)).map(|hit| self.draft(hit, text)));
        let mut facts = if self.across { read::read(&view, &self.options.convention.kinds) } else { Facts::default() };
        facts.exposed = drafts.iter().any(Draft::is_credential);
        if self.needs(Need::Credentials) && !drafts.is_empty() {
            let certain = drafts.iter().filter(|draft| {
                draft.is_credential() && !draft.span.is_empty() && self.level(&draft.rule, path) == Some(Level::Error)
            });
            facts.clear = exposed::of(&view, certain.map(|draft| draft.span).collect()).map(Box::new);
        }
        let allows = allow && self.options.allow_comments;
        Scanned { drafts, facts, allows, parts: self.not_kept(path, more), ..Scanned::default() }
    }

    /// Says of matches that were not kept that they were not looked at.
    fn not_kept(&self, path: &str, more: BTreeMap<usize, usize>) -> Made {
        let mut made = Made::default();
        more.into_iter().for_each(|(rule, count)| made.note_more(path, self.engine.rule_at(rule), count, true));
        made
    }

    /// Reports of the credential engine alone about a part of a text.
    pub(super) fn scan_plain(&self, path: &str, text: &str) -> Scanned {
        let lang = Lang::of_path(path, "");
        let written = if Lang::is_translation(path) { Syntax::Prose } else { syntax(lang) };
        let TextHits { hits, allow, more } = self.engine.search(text, &|_| written);
        let drafts = hits.iter().map(|hit| self.draft(hit, text)).collect();
        let allows = allow && self.options.allow_comments;
        Scanned { drafts, allows, parts: self.not_kept(path, more), ..Scanned::default() }
    }

    /// A copy of the text of a file that the third phase will ask for, while there is room.
    fn keep(&self, text: &str, scanned: &Scanned) -> Option<Box<str>> {
        if scanned.drafts.is_empty() && !scanned.allows {
            return None;
        }
        let less = |room: usize| room.checked_sub(text.len());
        self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).ok().map(|_| text.into())
    }

    /// Everything that the credential engine sees in a source, also in texts that are in it escaped. Sorted.
    fn hits(&self, view: &View<'_>, parsed: &Parsed) -> TextHits {
        // Translations are prose, however their file is written.
        let translation = Lang::is_translation(view.path);
        let written = |offset| if translation { Syntax::Prose } else { syntax(view.lang_at(offset)) };
        let mut found = self.engine.search(view.text, &written);
        for (text, map, lang) in &parsed.rewritten {
            let inner = self.engine.search(text, &|_| syntax(*lang));
            let outer = |hit: Hit| Hit { span: map.outer(hit.span), key: hit.key.map(|key| map.outer(key)), ..hit };
            found.extend(inner, outer);
        }
        found.hits.sort_by_key(|hit| (hit.span, hit.rule, hit.encoding));
        found.hits.dedup();
        found
    }

    fn draft(&self, hit: &Hit, text: &str) -> Draft {
        let rule = self.engine.rule(hit);
        let how = hit.encoding.map(|encoding| format!(", encoded ({})", encoding.as_str())).unwrap_or_default();
        let title = match hit.key.filter(|_| hit.encoding.is_none() && !hit.specific) {
            Some(key) => format!("`{}` is set to a credential", key.slice(text)),
            None => rule.title.to_string(),
        };
        let doubt = if hit.checksum_failed { " Its checksum is wrong, so it may be made up or mistyped." } else { "" };
        let message = format!("{title} in plaintext{how}.{doubt}");
        Draft {
            at_most: hit.level,
            weight: if hit.specific { Weight::Format } else { Weight::Assignment },
            refuted: hit.checksum_failed,
            ..Draft::new(rule.id.clone(), Subject::Value, hit.span, message)
        }
    }

    /// Whether a check that is on needs that.
    pub(super) fn needs(&self, need: Need) -> bool {
        self.checks.iter().any(|check| check.needs.contains(&need))
    }

    pub(super) fn rule(&self, id: &str) -> Option<&Rule> {
        self.options.rules.iter().find(|rule| rule.id == id)
    }

    /// The level of a rule for a path; none where it is off, or unknown in this run.
    pub(super) fn level(&self, rule: &str, path: &str) -> Option<Level> {
        (self.options.level)(self.rule(rule)?, path)
    }
}

/// Whether Git contains a file: its index, or a commit that the file is read from.
fn is_tracked(file: &File) -> bool {
    file.tracked || file.blob.is_some()
}

/// Quiet stretches by start, each with the furthest end of all up to it.
struct Quiet(Vec<Span>);

impl Quiet {
    fn new(mut spans: Vec<Span>) -> Self {
        spans.sort_unstable();
        let mut end = 0;
        for span in &mut spans {
            end = end.max(span.end);
            span.end = end;
        }
        Self(spans)
    }

    /// Whether one of the stretches contains `span` wholly.
    fn contains(&self, span: Span) -> bool {
        let after = self.0.partition_point(|quiet| quiet.start <= span.start);
        after.checked_sub(1).is_some_and(|last| span.end <= self.0[last].end)
    }
}

/// How a language assigns values.
fn syntax(lang: Lang) -> Syntax {
    match lang {
        Lang::Yaml
        | Lang::Json
        | Lang::JsonLines
        | Lang::Notebook
        | Lang::Dotenv
        | Lang::Ini
        | Lang::Properties
        | Lang::Toml
        | Lang::Dockerfile => Syntax::Config,
        Lang::Shell => Syntax::Shell,
        Lang::Markdown => Syntax::Prose,
        _ => Syntax::Code,
    }
}
