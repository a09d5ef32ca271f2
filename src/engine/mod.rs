//! The run: every file through source, document and checks in parallel, then one sort.
//!
//! Nothing of a run depends on the order in which threads finish. A panic while one file is looked at costs that file (it
//! becomes an error of the coverage, without the panic's text) and no other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::checks::credentials::generator_credential;
use crate::checks::detector::{Engine, Hit, Syntax};
use crate::checks::{self, Check, Draft, Need, Run, Subject, Weight};
use crate::document::fragment::Lang;
use crate::document::view::{self, Parsed, View};
use crate::finding::{DigestKey, Finding, Outcome, Skipped};
use crate::inventory::convention::Convention;
use crate::inventory::facts::Facts;
use crate::inventory::{read, secret_file};
use crate::rule::{self, Level, Rule, RuleId, id};
use crate::source::store::NOT_FETCHED;
use crate::source::{self, BINARY, File, Listing, Read, Scratch};
use crate::span::Span;

mod across;
mod allow;
pub(crate) mod change;
pub(crate) mod history;
mod excerpt;
mod exposed;
mod gather;
mod make;
#[cfg(debug_assertions)]
pub(crate) mod pause;
#[cfg(test)]
mod tests;

pub(crate) use gather::{Gathered, Names, gather};

/// What a run needs to know.
pub struct Options {
    /// Every rule that may speak: built-in ones and those of packs.
    pub rules: Vec<Rule>,
    /// The level of a rule for a path; none where it is off.
    #[expect(clippy::type_complexity, reason = "read once, and plainer than a name for it")]
    pub level: Box<dyn Fn(&Rule, &str) -> Option<Level> + Send + Sync>,
    /// Largest file that is read, bytes.
    pub max_size: u64,
    /// Whether allow comments in files count.
    pub allow_comments: bool,
    /// Set from outside to end the run early.
    pub interrupted: Arc<AtomicBool>,
    /// Whether a report needs GitHub's line hashes, which cost a pass over each file with findings.
    pub line_hashes: bool,
    /// Whether objects that a partial clone lacks are left out instead of being errors.
    pub accept_missing: bool,
    /// What values are digested with, for telling them apart.
    pub digest_key: DigestKey,
    /// The day against which expiry dates are held.
    pub today: jiff::civil::Date,
    /// The names that are right in this repository.
    pub convention: Arc<Convention>,
    /// What files held before a time; nothing where there is no history.
    pub past: PastOf,
    /// What `.gitignore` files say of paths; nothing outside Git.
    pub ignored: IgnoredOf,
}

impl Options {
    /// Every built-in rule at its own level, on a fixed day, and nothing of the surrounding repository: what tests start from.
    #[must_use]
    pub fn for_tests() -> Self {
        Self {
            rules: rule::builtin().to_vec(),
            level: Box::new(|rule, _| Some(rule.level)),
            max_size: 1 << 20,
            allow_comments: true,
            interrupted: Arc::default(),
            line_hashes: false,
            accept_missing: false,
            digest_key: DigestKey::of_this_run(),
            today: jiff::civil::date(2026, 6, 1),
            convention: Arc::default(),
            past: Box::new(|_, _| None),
            ignored: Box::new(|_| None),
        }
    }
}

/// What files held: see [`source::past`].
pub(crate) type PastOf = Box<dyn Fn(i64, &[&str]) -> Option<source::Past> + Send + Sync>;

/// What is ignored: see [`source::ignored`].
pub(crate) type IgnoredOf = Box<dyn Fn(&[&str]) -> Option<source::Ignored> + Send + Sync>;

/// What is checked.
pub struct Input<'i> {
    /// The files that are searched and reported on.
    pub listing: Listing,
    /// Further files of the same repository, of which only the facts count: a Deployment by itself does not tell which
    /// Secrets there are. Asked for where a searched file holds facts.
    pub context: &'i dyn Fn() -> Vec<File>,
}

/// A run, ready to look at texts.
pub(crate) struct Scanner<'o> {
    options: &'o Options,
    engine: Engine,
    checks: Vec<&'static Check>,
    /// Whether a check of the whole repository is on.
    across: bool,
}

/// What one text gave.
#[derive(Default)]
struct Seen {
    findings: Vec<Finding>,
    incomplete: bool,
    /// Env files of secret generators, as (path from the kustomization's folder, generator).
    env_files: Vec<(String, String)>,
    facts: Facts,
    /// What the findings were made of, where checks of the whole repository may add to it.
    drafts: Vec<Draft>,
    /// Whether the text may hold allow comments.
    allows: bool,
}

/// What became of one file.
enum Done {
    Seen { bytes: u64, seen: Box<Seen> },
    Skipped(Skipped),
    Failed(Skipped),
    NotReached,
}

/// Checks every file of a listing.
#[must_use]
pub fn run(input: Input<'_>, options: &Options) -> Outcome {
    let scanner = Scanner::new(options);
    let Input { listing, context } = input;
    let files = &listing.files;
    let done: Vec<Done> =
        files.par_iter().map_init(Scratch::default, |buffer, file| scanner.file(file, buffer)).collect();
    let mut outcome = Outcome { complete: true, ..Outcome::default() };
    outcome.coverage.skipped = listing.skipped;
    outcome.coverage.errors = listing.errors;
    let mut env_files = Vec::new();
    let mut findings: Vec<Vec<Finding>> = Vec::with_capacity(files.len());
    let mut facts = Vec::new();
    for (index, (file, done)) in files.iter().zip(done).enumerate() {
        findings.push(Vec::new());
        match done {
            Done::Seen { bytes, seen } => {
                outcome.coverage.files += 1;
                outcome.coverage.bytes += bytes;
                findings[index] = seen.findings;
                outcome.complete &= !seen.incomplete;
                env_files.extend(seen.env_files.into_iter().map(|(env, name)| (join(&file.path, &env), name)));
                // Those without facts too: a kustomization may name them, and then they are there.
                if scanner.across {
                    let said = Some(across::Said { file: index, drafts: seen.drafts, allows: seen.allows });
                    facts.push(across::Source { path: file.path.clone(), facts: seen.facts, said });
                }
            }
            Done::Skipped(skipped) => outcome.coverage.skipped.push(skipped),
            Done::Failed(failed) => outcome.coverage.errors.push(failed),
            Done::NotReached => {}
        }
    }
    if scanner.across && !options.interrupted.load(Ordering::Relaxed) {
        let (again, failed) = across::findings(&scanner, files, facts, context);
        outcome.coverage.errors.extend(failed);
        for (index, again) in again {
            findings[index] = again;
        }
    }
    outcome.findings = findings.into_iter().flatten().collect();
    scanner.env_files(files, env_files, &mut outcome);
    if options.interrupted.load(Ordering::Relaxed) {
        outcome.coverage.errors.push(interruption());
    }
    finish(&mut outcome);
    outcome
}

/// Checks the bytes of one file that are at hand, as the file `path`. `context` is as in [`Input`].
#[must_use]
pub fn run_bytes(path: &str, bytes: &[u8], context: &dyn Fn() -> Vec<File>, options: &Options) -> Outcome {
    let scanner = Scanner::new(options);
    let mut outcome = Outcome { complete: true, ..Outcome::default() };
    let size = bytes.len() as u64;
    let failed = |reason: String| Skipped { path: path.into(), reason };
    if size > options.max_size {
        let limit = options.max_size;
        outcome
            .coverage
            .errors
            .push(failed(format!("larger than the limit of {limit} bytes; raise it with --max-size")));
    } else if let Some(decoded) = source::decode(bytes) {
        match scanner.guarded(path, &decoded.text) {
            Ok(mut seen) => {
                // What is handed over is what is about to be committed.
                seen.facts.tracked = true;
                outcome.coverage.files = 1;
                outcome.coverage.bytes = size;
                outcome.complete = !seen.incomplete;
                outcome.findings = seen.findings;
                if scanner.across && !seen.facts.is_empty() {
                    let said = Some(across::Said { file: 0, drafts: seen.drafts, allows: seen.allows });
                    let source = across::Source { path: path.into(), facts: seen.facts, said };
                    let (mut said, failed) = across::said(&scanner, vec![source], context);
                    outcome.coverage.errors.extend(failed);
                    if let Some(said) = said.pop() {
                        let again = catch_unwind(AssertUnwindSafe(|| scanner.again(path, &decoded.text, said)));
                        match again {
                            Ok(again) => outcome.findings = again,
                            Err(_) => outcome.coverage.errors.push(internal_error(path)),
                        }
                    }
                }
            }
            Err(failed) => outcome.coverage.errors.push(failed),
        }
    } else {
        outcome.coverage.skipped.push(failed("binary file".to_owned()));
    }
    finish(&mut outcome);
    outcome
}

/// Whether Git holds a file: its index, or a commit that the file is read from.
fn is_tracked(file: &File) -> bool {
    file.tracked || file.blob.is_some()
}

/// What a panic over one file leaves.
fn internal_error(path: &str) -> Skipped {
    let reason = "an internal error stopped the check of this file; please report it with the version of mlguard";
    Skipped { path: path.into(), reason: reason.to_owned() }
}

/// What an interrupt leaves: the error of a run that did not get to its end.
#[must_use]
pub(crate) fn interruption() -> Skipped {
    Skipped { path: ".".into(), reason: "interrupted before every file was searched; run it again".to_owned() }
}

fn finish(outcome: &mut Outcome) {
    outcome.findings.sort_by(Finding::order);
    outcome.coverage.skipped.sort();
    outcome.coverage.skipped.dedup();
    outcome.coverage.errors.sort();
    outcome.coverage.errors.dedup();
    outcome.complete &= outcome.coverage.errors.is_empty();
}

/// The path of `env` as seen from the folder of the file `from`.
fn join(from: &str, env: &str) -> String {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in env.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

impl<'o> Scanner<'o> {
    /// Prepares a run: only rules that are on somewhere cost anything.
    #[must_use]
    pub(crate) fn new(options: &'o Options) -> Self {
        let engine = Engine::new(options.rules.iter().cloned());
        let known = |check: &&Check| options.rules.iter().any(|rule| rule.id == check.rule);
        let checks: Vec<&'static Check> = checks::all().filter(known).collect();
        let across = checks.iter().any(|check| matches!(check.run, Run::Repository(_)));
        Self { options, engine, checks, across }
    }

    fn file(&self, file: &File, buffer: &mut Scratch) -> Done {
        #[cfg(debug_assertions)]
        pause::at_file(&self.options.interrupted);
        if self.options.interrupted.load(Ordering::Relaxed) {
            return Done::NotReached;
        }
        let skipped = |reason: String| Skipped { path: file.path.clone(), reason };
        match source::read(file, self.options.max_size, buffer) {
            // What is no text is told by its name alone.
            Read::Skipped(reason) => {
                match secret_file::of_binary(&file.path).filter(|_| self.across && reason == BINARY) {
                    Some(kind) => {
                        let facts = Facts { secret_file: Some(kind), tracked: is_tracked(file), ..Facts::default() };
                        Done::Seen { bytes: 0, seen: Box::new(Seen { facts, ..Seen::default() }) }
                    }
                    None => Done::Skipped(skipped(reason)),
                }
            }
            Read::Failed(reason) if self.options.accept_missing && reason.contains(NOT_FETCHED) => {
                Done::Skipped(skipped(reason))
            }
            Read::Failed(reason) => Done::Failed(skipped(reason)),
            Read::Text(decoded) => match self.guarded(&file.path, &decoded.text) {
                Ok(mut seen) => {
                    seen.facts.tracked = is_tracked(file);
                    Done::Seen { bytes: decoded.bytes, seen: Box::new(seen) }
                }
                Err(failed) => Done::Failed(failed),
            },
        }
    }

    /// Looks at a text; a panic becomes an error that names the file and nothing else.
    fn guarded(&self, path: &str, text: &str) -> Result<Seen, Skipped> {
        catch_unwind(AssertUnwindSafe(|| self.text(path, text))).map_err(|_| internal_error(path))
    }

    fn text(&self, path: &str, text: &str) -> Seen {
        let lang = Lang::of_path(path, text);
        let parsed = view::parse(path, text, lang);
        let view = View::new(path, text, lang, &parsed);
        let (hits, allows) = self.hits(&view, &parsed);
        let found = checks::run_source(&view, &self.engine, &hits, &self.checks);
        let mut drafts = found.drafts;
        let quiet = Quiet::new(found.quiet);
        drafts.extend(hits.iter().filter(|hit| !quiet.contains(hit.span)).map(|hit| self.draft(hit, text)));
        let env_files = generator_credential::env_files(&view);
        let mut facts = if self.across { read::read(&view, &self.options.convention.kinds) } else { Facts::default() };
        facts.exposed = drafts.iter().any(Draft::is_credential);
        if self.needs(Need::Credentials) && !drafts.is_empty() {
            facts.clear = exposed::of(self, &view, &drafts).map(Box::new);
        }
        let allows = allows && self.options.allow_comments;
        if drafts.is_empty() && !allows {
            return Seen { env_files, facts, ..Seen::default() };
        }
        let kept = if facts.is_empty() { Vec::new() } else { drafts.clone() };
        let seen = make::findings(self, &view, drafts, allows);
        Seen { env_files, facts, drafts: kept, allows, ..seen }
    }

    /// The findings of a text with all that was said of it. It is parsed only where allow comments ask for its documents,
    /// or a repair for the places that it would change.
    fn again(&self, path: &str, text: &str, mut said: across::Said) -> Vec<Finding> {
        let lang = Lang::of_path(path, text);
        let repairs = said.drafts.iter().any(|draft| draft.repair.is_some());
        let parsed = if said.allows || repairs { view::parse(path, text, lang) } else { Parsed::default() };
        let view = View::new(path, text, lang, &parsed);
        for draft in &mut said.drafts {
            draft.fix = draft.repair.take().and_then(|repair| repair.fix(&view)).or(draft.fix.take());
        }
        make::findings(self, &view, said.drafts, said.allows).findings
    }

    /// Everything that the credential engine sees in a source, also in texts that stand in it escaped. Sorted.
    fn hits(&self, view: &View<'_>, parsed: &Parsed) -> (Vec<Hit>, bool) {
        // Translations are prose, however their file is written.
        let translation = Lang::is_translation(view.path);
        let written = |offset| if translation { Syntax::Prose } else { syntax(view.lang_at(offset)) };
        let (mut hits, marks) = self.engine.search(view.text, &written);
        for (text, map, lang) in &parsed.rewritten {
            let (inner, _) = self.engine.search(text, &|_| syntax(*lang));
            hits.extend(inner.into_iter().map(|hit| Hit {
                span: map.outer(hit.span),
                key: hit.key.map(|key| map.outer(key)),
                ..hit
            }));
        }
        hits.sort_by_key(|hit| (hit.span, hit.rule, hit.encoding));
        hits.dedup();
        (hits, marks.allow)
    }

    fn draft(&self, hit: &Hit, text: &str) -> Draft {
        let rule = self.engine.rule(hit);
        let how = hit.encoding.map(|encoding| format!(", encoded ({})", encoding.as_str())).unwrap_or_default();
        let title = match hit.key.filter(|_| hit.encoding.is_none() && !hit.specific) {
            Some(key) => format!("The key '{}' is given a credential", key.slice(text)),
            None => rule.title.to_string(),
        };
        let doubt =
            if hit.checksum_failed { " Its checksum does not hold, so it may be made up or mistyped." } else { "" };
        let message = format!("{title} in plain text{how}.{doubt}");
        Draft {
            at_most: hit.level,
            weight: if hit.specific { Weight::Format } else { Weight::Assignment },
            refuted: hit.checksum_failed,
            ..Draft::new(rule.id.clone(), Subject::Value, hit.span, message)
        }
    }

    /// Reads the env files of secret generators, whose every value becomes part of a Secret.
    fn env_files(&self, files: &[File], mut wanted: Vec<(String, String)>, outcome: &mut Outcome) {
        wanted.sort();
        wanted.dedup_by(|a, b| a.0 == b.0);
        let mut buffer = Scratch::default();
        for (path, generator) in wanted {
            let Ok(at) = files.binary_search_by(|file| file.path.as_ref().cmp(path.as_str())) else { continue };
            let Read::Text(decoded) = source::read(&files[at], self.options.max_size, &mut buffer) else { continue };
            let findings = make::env_file(self, &path, &decoded.text, &generator);
            join_env_file(&mut outcome.findings, findings);
        }
    }

    /// Whether a check that is on needs that.
    fn needs(&self, need: Need) -> bool {
        self.checks.iter().any(|check| check.needs.contains(&need))
    }

    fn rule(&self, id: &str) -> Option<&Rule> {
        self.options.rules.iter().find(|rule| rule.id == id)
    }
}

/// The rules that go by the name of a key alone.
const GENERIC: [RuleId; 2] = [id::GENERIC_CREDENTIAL, id::GENERIC_PASSWORD];

/// Joins the findings of an env file to those that are known: what only a key's name told is told better by the generator,
/// what a format told stays.
fn join_env_file(known: &mut Vec<Finding>, new: Vec<Finding>) {
    let meets = |a: &Finding, b: &Finding| a.path == b.path && a.span.overlaps(b.span);
    let named = |finding: &Finding| GENERIC.iter().any(|rule| finding.rule == *rule);
    known.retain(|known| !(named(known) && new.iter().any(|new| meets(known, new))));
    let new: Vec<Finding> = new.into_iter().filter(|new| !known.iter().any(|known| meets(known, new))).collect();
    known.extend(new);
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

    /// Whether one of the stretches holds `span` wholly.
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
