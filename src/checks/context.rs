//! Checks of one source: what they see, and where they put what they report.

use super::credential::{Engine, Hit};
use super::{Check, Draft, Subject};
use crate::document::view::View;
use crate::rule::{Level, Rule};
use crate::span::Span;
use crate::value::{self, Confidence, KeyClass};

/// A source under a check, and where the check puts what it says.
pub struct Context<'c, 'v> {
    /// The source.
    pub view: &'c View<'v>,
    engine: &'c Engine,
    hits: &'c [Hit],
    check: &'static Check,
    pub(super) drafts: Vec<Draft>,
    quiet: Vec<Span>,
}

/// What checks found in one source.
pub(crate) struct Findings {
    /// In no order, duplicates among them.
    pub drafts: Vec<Draft>,
    /// Stretches that a check looked at and in which a key and its value mean nothing.
    pub quiet: Vec<Span>,
}

/// Runs `checks` over a source. `hits` are the engine's for the same text, sorted by start.
#[must_use]
pub(crate) fn run<'c>(view: &'c View<'_>, engine: &'c Engine, hits: &'c [Hit], checks: &[&'static Check]) -> Findings {
    let mut found = Findings { drafts: Vec::new(), quiet: Vec::new() };
    for check in checks {
        if let Some(run) = check.run.source() {
            let mut context = Context { view, engine, hits, check, drafts: Vec::new(), quiet: Vec::new() };
            run(&mut context);
            found.drafts.append(&mut context.drafts);
            found.quiet.append(&mut context.quiet);
        }
    }
    found
}

impl<'c> Context<'c, '_> {
    /// Hits of the credential engine inside `span` (bytes of the source's text).
    pub fn hits_in(&self, span: Span) -> impl Iterator<Item = &'c Hit> + use<'c> {
        let hits = self.hits;
        let first = hits.partition_point(|hit| hit.span.start < span.start);
        hits[first..]
            .iter()
            .take_while(move |hit| hit.span.start < span.end)
            .filter(move |hit| hit.span.end <= span.end)
    }

    /// The rule behind a hit.
    #[must_use]
    pub fn rule_of(&self, hit: &Hit) -> &'c Rule {
        self.engine.rule(hit)
    }

    /// What a single value looks like ("GitHub token"), if its format tells.
    #[must_use]
    pub fn identify(&self, value: &str) -> Option<&'c str> {
        let hit = self.engine.identify(value)?;
        Some(self.engine.rule(&hit).title.as_ref())
    }

    /// Declares a stretch in which a key and its value mean nothing.
    pub fn quiet(&mut self, span: Span) {
        self.quiet.push(span);
    }

    /// Reports a fault with the subject of the check.
    pub fn report(&mut self, span: Span, place: Option<String>, message: String) -> &mut Draft {
        let draft = Draft { place, ..Draft::new(self.check.rule, self.check.subject, span, message) };
        self.drafts.push(draft);
        let last = self.drafts.len() - 1;
        &mut self.drafts[last]
    }

    /// Reports a fault of structure, of a check that else reports values.
    pub fn structure(&mut self, span: Span, place: Option<String>, message: String) -> &mut Draft {
        let draft = self.report(span, place, message);
        draft.subject = Subject::Structure;
        draft
    }

    /// Judges the value of a key where configuration belongs, and reports it. `what` is the place in words ("the ConfigMap"),
    /// `span` the value's, in bytes of the source. Returns whether something was reported.
    pub fn judge(&mut self, what: &str, place: &str, key: &str, value: &str, span: Span) -> bool {
        let class = value::key::classify(key);
        let single = !value.trim().contains('\n');
        let confidence = if single { value::judge(class, value) } else { None };
        let level = match (class, confidence) {
            (_, Some(Confidence::High)) | (KeyClass::Password, Some(Confidence::Low)) => Some(Level::Error),
            (KeyClass::Strong, Some(Confidence::Low)) => Some(Level::Warning),
            _ => None,
        };
        let best = self
            .telling_hits(span)
            .filter(|_| level.is_some())
            .map(|hit| (hit.level, self.rule_of(hit).title.clone()))
            .max_by_key(|(level, _)| *level);
        if let Some(level) = level {
            let level = best.as_ref().map_or(level, |(known, _)| level.max(*known));
            let looks = best.map(|(_, title)| format!(" It looks like: {title}.")).unwrap_or_default();
            let message = format!("{what} holds a credential in plain text under '{key}'.{looks}");
            self.report(span, Some(place.to_owned()), message).at_most = level;
            return true;
        }
        self.formats(what, place, key, span)
    }

    /// Reports what stands inside a value and tells by itself that it is a credential.
    pub fn formats(&mut self, what: &str, place: &str, key: &str, span: Span) -> bool {
        let found: Vec<(Span, Level, String)> =
            self.telling_hits(span).map(|hit| (hit.span, hit.level, self.rule_of(hit).title.to_string())).collect();
        for (inner, level, title) in &found {
            let message = format!("{what} holds a credential in plain text under '{key}'. It looks like: {title}.");
            self.report(*inner, Some(place.to_owned()), message).at_most = *level;
        }
        !found.is_empty()
    }

    /// Hits in a value by their format, or by a key that stands in the value too (a file's content, a command).
    fn telling_hits(&self, span: Span) -> impl Iterator<Item = &'c Hit> + use<'c> {
        self.hits_in(span).filter(move |hit| hit.specific || hit.key.is_some_and(|key| span.contains(key)))
    }
}
