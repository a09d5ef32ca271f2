//! The baseline: findings that a team has accepted, so that only new ones are reported.
//!
//! It is a file of lines ([`Baseline::parse`], [`Baseline::render`]). A line binds to a [`Spot`]: a rule and the object and
//! key where the finding is, or a rule and a path where it is in no object that has a name. And it binds to the value,
//! by a digest that is made with a [`Key`] which is not in the repository. So a new value in an accepted place is found,
//! and whoever reads the file learns nothing about any value, not even whether two are the same.
//!
//! `file` knows the lines, `key` the key, `judge` compares findings with lines, `refresh` rewrites the lines.

mod file;
mod judge;
mod key;
mod refresh;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::finding::{Digest, Finding};
use crate::mask::MASK;
use crate::rule::{Level, id};

pub(crate) use file::ParseError;
pub(crate) use judge::{Applied, Judged, State, Verdict};
pub(crate) use key::{Key, KeyError, KeyId, SHORTEST};
pub(crate) use refresh::{Counts, Refresh};

/// What an accepted finding is bound to beside its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    /// Id of the rule.
    pub rule: String,
    /// Symbolic place, without the numbers of list items: `Deployment ml/api .spec.template.spec.containers[].env[].value`.
    pub place: Option<String>,
    /// Path, as reports write it. Only where the place names no object, so that a file with objects can be renamed.
    pub path: Option<String>,
}

impl Spot {
    /// What `finding` is bound to.
    pub(crate) fn of(finding: &Finding) -> Self {
        let place = finding.place.as_deref().map(without_numbers);
        let path = if place.as_deref().is_some_and(names_object) { None } else { Some(finding.path.to_string()) };
        Self { rule: finding.rule.to_string(), place, path }
    }

    /// Rule, place and path for people, on one line.
    pub(crate) fn title(&self) -> String {
        let parts = [self.place.as_deref(), self.path.as_deref()].map(|part| part.map(|part| format!(" {part}")));
        let [place, path] = parts.map(Option::unwrap_or_default);
        let within = if place.is_empty() || path.is_empty() { "" } else { " in" };
        format!("{}:{place}{within}{path}", self.rule)
    }
}

/// `place` with `[]` for `[3]`: an item that is put before others changes nothing that was accepted.
fn without_numbers(place: &str) -> String {
    let mut text = String::with_capacity(place.len());
    let mut rest = place;
    while let Some(open) = rest.find('[') {
        let (before, inner) = rest.split_at(open + 1);
        text.push_str(before);
        let digits = inner.len() - inner.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest = if inner[digits..].starts_with(']') { &inner[digits..] } else { inner };
    }
    text + rest
}

/// Whether a place begins with the kind of an object and its name: `Secret ml/db .data.password`. Without a name, and for
/// keys of a file (`.minio.rootPassword`), the same place is in many files.
fn names_object(place: &str) -> bool {
    let mut words = place.split(' ');
    let kind = words.next().unwrap_or_default();
    let name = words.next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    kind.starts_with(|c: char| c.is_ascii_uppercase()) && !matches!(name, "" | "?") && !name.contains(MASK)
}

/// What a line says about the value: which key its digest was made with, and the digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    pub key: KeyId,
    /// What [`Key::digest`] made.
    pub digest: Digest,
}

impl std::fmt::Debug for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mark({}:…)", self.key)
    }
}

/// What a person added to a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Note {
    /// Why it is accepted.
    pub reason: Option<String>,
    /// The last day on which it is.
    pub until: Option<Date>,
    /// One-based number of the line, the first one where several say the same; 0 where it is new.
    pub line: usize,
}

impl Note {
    /// Whether it accepts nothing any more.
    pub(crate) fn is_expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

/// Accepted findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Baseline {
    entries: BTreeMap<(Spot, Mark), Note>,
}

impl Baseline {
    /// Every line, sorted.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Spot, Mark, &Note)> {
        self.entries.iter().map(|((spot, mark), note)| (spot, *mark, note))
    }

    /// Whether nothing is accepted.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many lines were made with another key than this.
    pub(crate) fn foreign(&self, key: Option<&Key>) -> usize {
        self.entries().filter(|(_, mark, _)| key.is_none_or(|key| key.id() != mark.key)).count()
    }

    /// Adds a line. Where two say the same, the earlier end counts: it is unknown which of them was to go when two
    /// branches were merged.
    fn add(&mut self, spot: Spot, mark: Mark, note: Note) {
        match self.entries.entry((spot, mark)) {
            std::collections::btree_map::Entry::Vacant(vacant) => drop(vacant.insert(note)),
            std::collections::btree_map::Entry::Occupied(mut held) => {
                let held = held.get_mut();
                held.until = held.until.into_iter().chain(note.until).min();
                held.reason = held.reason.take().into_iter().chain(note.reason).min();
            }
        }
    }
}

/// Whether a baseline can accept `finding`. A document that could not be read makes the run incomplete, which nothing
/// but reading it, or leaving it out on purpose, changes.
pub(crate) fn acceptable(finding: &Finding) -> bool {
    !(finding.rule == id::UNPARSABLE && finding.level == Level::Error)
}
