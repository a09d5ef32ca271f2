//! One finding as a SARIF result.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;
use serde_sarif::sarif::{PropertyBag, Region, Result as SarifResult, ResultLevel};

use super::super::text::{is_past, neutral, prose, sentence};
use super::{location, message};
use crate::finding::{Commit, Finding};
use crate::rule::Level;
use crate::span::{self, Position};

/// Related places of one result; GitHub shows no more.
const MOST_RELATED: usize = 100;

pub(super) fn result(finding: &Finding, places: &HashMap<&str, i64>) -> SarifResult {
    // GitHub shows a place of a file that it has, and wants a line: of a place in a container, the container's first one.
    let first = span::Region { start: Position::START, end: Position::START };
    let place = if finding.container.is_some() { first } else { finding.region };
    let mut result = SarifResult::builder()
        .rule_id(finding.rule.as_ref())
        .level(level(finding.level))
        // The first sentence becomes the title.
        .message(message(&prose(finding)))
        .locations(vec![location(finding.file(), Some(region(place)))])
        .partial_fingerprints(fingerprints(finding))
        .build();
    result.rule_index = places.get(finding.rule.as_ref()).copied();
    let related = finding.related.iter().take(MOST_RELATED).zip(1_i64..).map(|(related, id)| {
        let mut place = location(&related.path, Some(region(related.region)));
        place.id = Some(id);
        // GitHub rejects the whole file over a related place without a message.
        let text = sentence(&neutral(&related.message));
        place.message = Some(message(if text.is_empty() { "See here." } else { &text }));
        place
    });
    let related: Vec<_> = related.collect();
    result.related_locations = (!related.is_empty()).then_some(related);
    result.properties = finding.commit.as_ref().map(properties);
    result
}

fn level(level: Level) -> ResultLevel {
    match level {
        Level::Note => ResultLevel::Note,
        Level::Warning => ResultLevel::Warning,
        Level::Error => ResultLevel::Error,
    }
}

fn region(region: span::Region) -> Region {
    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Region::builder()
        .start_line(number(region.start.line))
        .start_column(number(region.start.column))
        .end_line(number(region.end.line))
        .end_column(number(region.end.column))
        .build()
}

/// The commit, without its author: alerts are read by more people than the repository.
fn properties(commit: &Commit) -> PropertyBag {
    let more = BTreeMap::from([
        ("commit".to_owned(), json!(commit.id)),
        ("authorDate".to_owned(), json!(commit.date)),
        ("inHead".to_owned(), json!(commit.in_head)),
    ]);
    PropertyBag::builder().additional_properties(more).build()
}

/// GitHub's own fingerprint, and the stable identity of the finding. The first is of a line in HEAD: where that has
/// none, GitHub finds no file to compute it anew from, and would take it for another one's.
fn fingerprints(finding: &Finding) -> BTreeMap<String, String> {
    let mut fingerprints = BTreeMap::from([("mlguard/v1".to_owned(), finding.fingerprint.clone())]);
    if !finding.line_hash.is_empty() && !is_past(finding) && finding.container.is_none() {
        fingerprints.insert("primaryLocationLineHash".to_owned(), finding.line_hash.clone());
    }
    fingerprints
}
