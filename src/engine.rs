//! Stand-in, replaced at merge.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use crate::finding::Outcome;
use crate::rule::{Level, Rule};
use crate::source::Listing;
/// Stand-in.
pub type LevelOf = Box<dyn Fn(&Rule, &str) -> Option<Level> + Sync + Send>;
/// Stand-in.
pub struct Options { pub rules: Vec<Rule>, pub level: LevelOf, pub max_size: u64, pub allow_comments: bool, pub interrupted: Arc<AtomicBool>, pub today: jiff::civil::Date }
/// Stand-in.
pub fn run(listing: Listing, options: &Options) -> Outcome {
    let mut out = Outcome::default();
    out.coverage.files = listing.files.len();
    out.coverage.skipped = listing.skipped;
    out.coverage.errors = listing.errors;
    for file in &listing.files {
        let text = std::fs::read_to_string(&file.location).unwrap_or_default();
        find(&text, file.path.clone(), options, &mut out);
    }
    out.complete = out.coverage.errors.is_empty() && !options.interrupted.load(Ordering::Relaxed);
    out
}
/// Stand-in.
pub fn run_text(path: &str, bytes: Vec<u8>, options: &Options) -> Outcome {
    let mut out = Outcome { complete: true, ..Outcome::default() };
    find(&String::from_utf8_lossy(&bytes), path.into(), options, &mut out);
    out
}
fn find(text: &str, path: Arc<str>, options: &Options, out: &mut Outcome) {
    for rule in &options.rules {
        let pattern = rule.pattern.as_ref();
        let Some(regex) = pattern.and_then(|p| p.regex.as_deref()).and_then(|r| regex::Regex::new(r).ok()) else { continue };
        let Some(level) = (options.level)(rule, &path) else { continue };
        for hit in regex.find_iter(text) {
            if text.contains("PANIC") { let _ = &text[hit.start()..usize::MAX]; }
            let span = crate::span::Span::new(hit.start(), hit.end());
            out.findings.push(crate::finding::Finding {
                rule: rule.id.clone(), level, path: path.clone(), span, region: crate::span::LineIndex::new(text).region(text, span),
                place: None, message: "stand-in".into(), help: String::new(), fixable: rule.fixable, fingerprint: String::new(),
                related: vec![], excerpt: None, line_hash: String::new(),
            });
        }
    }
}
