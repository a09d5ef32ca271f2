//! `mlguard dev view`: everything that is known of one file, with every value masked. For whoever debugs a span or a rule.

use std::fmt::Write as _;
use std::sync::Arc;

use super::args::DevAction;
use super::interrupt::Interrupt;
use super::{locate, output, scan, writing};
use crate::checks::detector::{Engine, Syntax};
use crate::config::{Environment, Settings};
use crate::document::fragment::Lang;
use crate::document::object::Object;
use crate::document::view::{self, Unit, View};
use crate::document::yaml::Node;
use crate::engine::{self, Options};
use crate::error::{Problem, printable};
use crate::exit::Exit;
use crate::inventory::index::Inventory;
use crate::inventory::read;
use crate::mask::{MASK, masked};
use crate::span::{LineIndex, Span};
use crate::value::key::classify;
use crate::value::{Confidence, Sensitive};

/// Shortest text that is masked wherever it is, characters.
const LEAST: usize = 3;

pub(super) fn run(DevAction::View { file, config }: &DevAction) -> Result<Exit, Problem> {
    let input = writing::read_input(file)?;
    let interrupt = Interrupt::install();
    let root = locate::root_of(std::slice::from_ref(file))?;
    let settings = Arc::new(Settings::load(&root, &Environment::read(), &config.flags()));
    let path = locate::report_path(&settings.root, &locate::current_folder()?, file);
    let options = scan::engine_options(&settings, &interrupt.asked);
    let lang = Lang::of_path(&path, &input.text);
    let parsed = view::parse(&path, &input.text, lang);
    let view = View::new(&path, &input.text, lang, &parsed);
    let mut page =
        Page { text: &input.text, lines: LineIndex::new(&input.text), out: String::new(), hidden: Vec::new() };
    page.documents(&view);
    page.values(&view);
    page.hits(&options);
    page.facts(&view, &options);
    page.landings(&path, &settings, &interrupt);
    page.findings(&path, &input.bytes, &settings, &options);
    output::print(&page.masked())
}

struct Page<'p> {
    text: &'p str,
    lines: LineIndex,
    out: String,
    /// Values, which are masked wherever they are.
    hidden: Vec<String>,
}

impl Page<'_> {
    /// Adds a line. A title begins without blanks.
    fn line(&mut self, line: impl std::fmt::Display) {
        // Writing to a string does not fail.
        let _ = writeln!(self.out, "{line}");
    }

    /// `3:5-3:12`: lines and columns of bytes of the text.
    fn region(&self, span: Span) -> String {
        let region = self.lines.region(self.text, span);
        let (start, end) = (region.start, region.end);
        format!("{}:{}-{}:{}", start.line, start.column, end.line, end.column)
    }

    /// Remembers a value, and the text that it encodes.
    fn hide(&mut self, value: &str) {
        use base64::Engine as _;
        // The facts write texts with escapes.
        let escaped = value.lines().map(|line| line.trim().escape_debug().to_string());
        self.hidden.extend(escaped);
        self.hidden.extend(value.lines().map(str::trim).map(str::to_owned));
        let joined: String = value.split_whitespace().collect();
        let decoded = base64::engine::general_purpose::STANDARD.decode(joined).ok();
        if let Some(text) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) {
            self.hidden.extend(text.lines().map(str::to_owned));
        }
    }

    /// Languages, units, objects, and what did not parse.
    fn documents(&mut self, view: &View<'_>) {
        self.line(format_args!("file {}: {:?}, {} bytes", view.path, view.lang, view.text.len()));
        self.line("\nunits");
        for (index, unit) in view.parsed.units.iter().enumerate() {
            let place = unit.tree().root().map(|root| self.region(unit.outer(root.span()))).unwrap_or_default();
            let actions = unit.all_actions().len();
            self.line(format_args!(
                "  {index}  {place}  {:?} in {:?}, {actions} template actions",
                unit.lang(),
                unit.host()
            ));
        }
        for (span, lang) in &view.parsed.stretches {
            self.line(format_args!("  -  {}  {lang:?}", self.region(*span)));
        }
        for fault in &view.parsed.faults {
            let at = fault.offset.min(view.text.len());
            let (place, recovered) = (self.region(Span::new(at, at)), fault.recovered);
            self.line(format_args!("  -  {place}  does not parse (recovered: {recovered}): {}", fault.message));
        }
        self.line("\nobjects");
        for object in &view.objects {
            let unit = view.parsed.units.iter().position(|unit| std::ptr::eq(unit, object.unit)).unwrap_or_default();
            self.line(format_args!("  {}  {}  unit {unit}", self.region(object.span()), object.title()));
        }
    }

    /// Each scalar with what its key and its value look like.
    fn values(&mut self, view: &View<'_>) {
        self.line("\nvalues");
        let secret_spans: Vec<Span> =
            view.objects.iter().filter(|object| object.kind == "Secret").map(Object::span).collect();
        for unit in &view.parsed.units {
            for (path, key, node) in scalars(unit) {
                let Some(value) = node.as_str() else { continue };
                let span = unit.outer(node.span());
                let class = classify(&key);
                let verdict = Sensitive::new(value).judge(class);
                let data = path.starts_with(".data.") || path.starts_with(".stringData.");
                if verdict.is_some() || data && secret_spans.iter().any(|secret| secret.contains(span)) {
                    self.hide(value);
                }
                let templated = if unit.is_templated(node.span()) { ", templated" } else { "" };
                let (looks, verdict) = (looks(value), shown_verdict(verdict));
                let class = format!("{class:?}").to_lowercase();
                self.line(format_args!(
                    "  {}  {path}  {MASK}  key: {class}, value: {looks}{templated}, verdict: {verdict}",
                    self.region(span)
                ));
            }
        }
    }

    /// What the credential rules match in the text, before anything is weighed.
    fn hits(&mut self, options: &Options) {
        self.line("\nmatches of credential rules");
        let engine = Engine::new(options.rules.iter().cloned());
        let mut hits = engine.search(self.text, &|_| Syntax::Config).hits;
        hits.sort_by_key(|hit| (hit.span, hit.rule));
        for hit in &hits {
            self.hide(hit.span.slice(self.text));
            let encoding = hit.encoding.map(|encoding| format!(", encoded ({encoding:?})")).unwrap_or_default();
            let checksum = if hit.checksum_failed { ", checksum fails" } else { "" };
            let by = if hit.specific { "format" } else { "key" };
            let (id, level) = (&engine.rule(hit).id, hit.level.as_str());
            self.line(format_args!("  {}  {id}  {level}, by {by}{encoding}{checksum}", self.region(hit.span)));
        }
    }

    /// What the inventory keeps of the file.
    fn facts(&mut self, view: &View<'_>, options: &Options) {
        let facts = read::read(view, &options.convention.kinds);
        self.line(format_args!("\nfacts\n{facts:#?}"));
    }

    /// Where the file's objects end up after all kustomizations.
    fn landings(&mut self, path: &str, settings: &Arc<Settings>, interrupt: &Interrupt) {
        let gathered = scan::gather_repository(settings, &interrupt.asked);
        let convention = settings.convention();
        let inventory = Inventory::new(&gathered.files, &convention);
        self.line("\nlandings");
        for (at, object) in inventory.objects().filter(|((file, _), _)| &**inventory.path(*file) == path) {
            for landing in inventory.landings(at) {
                let known = |text: Option<&str>| text.map_or_else(|| "unknown".to_owned(), str::to_owned);
                let (name, namespace) = (known(landing.name.known()), known(landing.namespace.known()));
                let build =
                    landing.build.map_or_else(|| "as it is".to_owned(), |file| format!("by {}", inventory.path(file)));
                self.line(format_args!("  {}  {namespace}/{name}  {build}", object.kind));
            }
        }
    }

    fn findings(&mut self, path: &str, bytes: &[u8], settings: &Settings, options: &Options) {
        let outcome = engine::run_bytes(path, bytes, &|| scan::repository_files(settings), options);
        self.line("\nfindings");
        for finding in &outcome.findings {
            if crate::fix::plan::is_value(finding) {
                self.hide(finding.span.slice(self.text));
            }
            let (level, rule) = (finding.level.as_str(), &finding.rule);
            self.line(format_args!("  {}  {level}  {rule}  {}", self.region(finding.span), finding.message));
        }
        for failed in &outcome.coverage.errors {
            self.line(format_args!("  not searched: {}", failed.reason));
        }
    }

    /// The page without anything that is or could be a value.
    fn masked(mut self) -> String {
        self.hidden.retain(|value| value.chars().count() >= LEAST);
        self.hidden.sort_by_key(|value| std::cmp::Reverse(value.len()));
        self.hidden.dedup();
        let clean = self.hidden.iter().fold(self.out, |text, value| text.replace(value.as_str(), MASK));
        let lines = clean.lines().map(|line| format!("{}\n", printable(&masked(line))));
        lines.collect()
    }
}

/// The scalars of a unit: path, key, node.
fn scalars(unit: &Unit) -> Vec<(String, String, Node<'_>)> {
    let mut found = Vec::new();
    let mut open: Vec<(String, String, Node<'_>)> =
        unit.tree().root().map(|root| (String::new(), String::new(), root)).into_iter().collect();
    while let Some((path, key, node)) = open.pop() {
        if node.is_alias() {
            continue;
        }
        let before = open.len();
        if node.is_mapping() {
            open.extend(node.entries().map(|(name, value)| {
                let name = name.as_str().unwrap_or("?");
                (format!("{path}.{name}"), name.to_owned(), value)
            }));
        } else if node.is_sequence() {
            open.extend(node.items().enumerate().map(|(index, item)| (format!("{path}[{index}]"), key.clone(), item)));
        } else {
            found.push((path, key, node));
        }
        open[before..].reverse();
    }
    found
}

/// What kind of text a value is, before its key is looked at.
fn looks(value: &str) -> &'static str {
    let value = Sensitive::new(value);
    if value.is_placeholder() {
        "placeholder"
    } else if value.is_ciphertext() {
        "ciphertext"
    } else if value.is_innocent() {
        "setting"
    } else {
        "text"
    }
}

fn shown_verdict(verdict: Option<Confidence>) -> &'static str {
    match verdict {
        Some(Confidence::High) => "credential",
        Some(Confidence::Low) => "perhaps a credential",
        None => "none",
    }
}
