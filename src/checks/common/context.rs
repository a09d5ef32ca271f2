//! Checks of one source: what they see, and where they put what they report.

use super::draft::{Draft, Subject};
use crate::checks::detector::{Engine, Hit};
use crate::document::object::Object;
use crate::document::view::View;
use crate::document::yaml::Node;
use crate::rule::{Level, Rule, RuleId};
use crate::span::Span;
use crate::value::key::classify;
use crate::value::{Confidence, KeyClass, Sensitive};

/// A source under a check, and where the check puts what it says.
pub struct Context<'c, 'v> {
    /// The source.
    pub view: &'c View<'v>,
    pub(super) engine: &'c Engine,
    pub(super) hits: &'c [Hit],
    /// The rule of the check that runs.
    pub(super) rule: RuleId,
    /// What its reports are about.
    pub(super) subject: Subject,
    /// What was reported.
    pub(in crate::checks) drafts: Vec<Draft>,
    pub(super) quiet: Vec<Span>,
}

impl<'c, 'v> Context<'c, 'v> {
    /// Hits of the credential engine inside `span` (bytes of the source's text).
    pub(crate) fn hits_in(&self, span: Span) -> impl Iterator<Item = &'c Hit> + use<'c> {
        let hits = self.hits;
        let first = hits.partition_point(|hit| hit.span.start < span.start);
        hits[first..]
            .iter()
            .take_while(move |hit| hit.span.start < span.end)
            .filter(move |hit| hit.span.end <= span.end)
    }

    /// The value at `span` of the source's text.
    pub(in crate::checks) fn value_at(&self, span: Span) -> Sensitive<'v> {
        Sensitive::in_text(self.view.text, span)
    }

    /// The rule behind a hit.
    pub(crate) fn rule_of(&self, hit: &Hit) -> &'c Rule {
        self.engine.rule(hit)
    }

    /// What a single value looks like, if its format tells, in words that follow a sentence: ` It looks like: GitHub token.`
    #[must_use]
    pub(in crate::checks) fn identify(&self, value: Sensitive<'_>) -> Option<String> {
        self.engine.identify(value).map(|hit| looks_like(&self.engine.rule(&hit).title))
    }

    /// Declares a stretch in which a key and its value mean nothing.
    pub fn quiet(&mut self, span: Span) {
        self.quiet.push(span);
    }

    /// Reports a fault with the subject of the check.
    pub fn report(&mut self, span: Span, place: Option<String>, message: impl Into<String>) -> &mut Draft {
        let draft = Draft { place, ..Draft::new(self.rule, self.subject, span, message.into()) };
        self.drafts.push(draft);
        let last = self.drafts.len() - 1;
        &mut self.drafts[last]
    }

    /// The same at a node of an object, which is at the symbolic `path`.
    pub(in crate::checks) fn report_in(
        &mut self,
        object: &Object<'_>,
        path: &str,
        node: Node<'_>,
        message: impl Into<String>,
    ) -> &mut Draft {
        self.report(object.unit.outer(node.span()), Some(format!("{} {path}", object.title())), message)
    }

    /// Reports a fault of structure, of a check that else reports values.
    pub(crate) fn structure(&mut self, span: Span, place: Option<String>, message: impl Into<String>) -> &mut Draft {
        let draft = self.report(span, place, message);
        draft.subject = Subject::Structure;
        draft
    }

    /// Judges the value of a key where configuration belongs, and reports it. `what` is the place in words ("the ConfigMap"),
    /// `span` the value's, in bytes of the source. Returns whether something was reported.
    pub(in crate::checks) fn judge(
        &mut self,
        what: &str,
        place: &str,
        key: &str,
        value: Sensitive<'_>,
        span: Span,
    ) -> bool {
        let class = classify(key);
        let single = !value.trim().contains("\n");
        let level = if single { level_of(class, value) } else { None };
        if let Some(level) = level {
            let hits = self.telling_hits(span).map(|hit| (hit.level, self.rule_of(hit).title.clone()));
            let best = hits.max_by_key(|(level, _)| *level);
            let level = best.as_ref().map_or(level, |(known, _)| level.max(*known));
            let looks = best.map(|(_, title)| looks_like(&title)).unwrap_or_default();
            let message = format!("{what} contains a plaintext credential under `{key}`.{looks}");
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
            let message = format!("{what} contains a plaintext credential under `{key}`.{}", looks_like(title));
            self.report(*inner, Some(place.to_owned()), message).at_most = *level;
        }
        !found.is_empty()
    }

    /// Hits in a value by their format, or by a key that stands in the value too (a file's content, a command).
    fn telling_hits(&self, span: Span) -> impl Iterator<Item = &'c Hit> + use<'c> {
        self.hits_in(span).filter(move |hit| hit.specific || hit.key.is_some_and(|key| span.contains(key)))
    }
}

/// How bad the value of a key of that class is; nothing where it is no credential.
pub(in crate::checks) fn level_of(class: KeyClass, value: Sensitive<'_>) -> Option<Level> {
    match (class, value.judge(class)?) {
        (_, Confidence::High) | (KeyClass::Password, Confidence::Low) => Some(Level::Error),
        (KeyClass::Strong, Confidence::Low) => Some(Level::Warning),
        _ => None,
    }
}

/// What a value looks like, in words that follow a sentence.
pub(in crate::checks) fn looks_like(title: &str) -> String {
    format!(" It looks like: {title}.")
}
