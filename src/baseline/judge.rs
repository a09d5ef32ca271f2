//! Findings compared with the lines of a baseline, and the other way round.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Baseline, Key, Mark, Spot, acceptable};
use crate::coverage::Scope;
use crate::finding::{Digest, Finding, Outcome};

/// What a baseline says about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing.
    New,
    /// It is accepted, with this value.
    Accepted,
    /// Its place is; the lines there were made with another key, so that it is unknown whether the value is the same.
    Unverified,
    /// Another value is accepted in its place.
    OtherValue,
    /// More values are in its place than lines of another key, so that one of them is new, and it is unknown which.
    TooMany,
    /// It was accepted until this day.
    Expired(Date),
}

impl Verdict {
    /// Whether the finding need not be reported.
    pub(crate) fn accepts(self) -> bool {
        matches!(self, Self::Accepted | Self::Unverified)
    }

    /// What a person has to know who meets the finding all the same.
    fn hint(self) -> Option<String> {
        match self {
            Self::New | Self::Accepted | Self::Unverified => None,
            Self::OtherValue => Some("The baseline accepts a different value here.".to_owned()),
            Self::TooMany => Some(
                "The baseline accepts fewer values here than there are; without its key it is unknown which one is new."
                    .to_owned(),
            ),
            Self::Expired(until) => Some(format!("The baseline accepted this until {until}.")),
        }
    }
}

/// What a line is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It accepts a finding with its value.
    Accepts,
    /// It accepts a finding by its place alone, because it was made with another key.
    Unverified,
    /// A finding is in its place, and has another value, so that it accepts nothing.
    OtherValue,
    /// What it accepted is still there, but its time is over.
    Expired,
    /// What it accepted is not there any more.
    Gone,
}

impl State {
    /// The word in reports.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Accepts => "accepted",
            Self::Unverified => "unverified",
            Self::OtherValue => "other-value",
            Self::Expired => "expired",
            Self::Gone => "gone",
        }
    }
}

/// Findings and lines compared with each other.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// Of each finding, in its order.
    pub verdicts: Vec<Verdict>,
    /// Of each line, in the order of [`Baseline::entries`].
    pub states: Vec<State>,
    /// Of each line, the findings that it is about, by their indexes.
    pub met: Vec<Vec<usize>>,
}

/// What a baseline took out of an outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    /// Findings that were taken out.
    pub accepted: usize,
    /// How many of these by their place alone.
    pub unverified: usize,
    /// Findings that are left because their line has expired.
    pub expired: usize,
}

/// The findings and lines of one spot.
#[derive(Default)]
struct Group<'g> {
    findings: Vec<(usize, &'g Finding)>,
    entries: Vec<(usize, Mark, Option<Date>)>,
}

impl Baseline {
    /// Takes accepted findings out of `outcome` and counts them in its coverage. Its findings have to be made with
    /// [`Key::values`] of `key`; without a key, or where it does not fit a line, places alone are compared, and only where
    /// files were checked as they are.
    pub(crate) fn apply(&self, outcome: &mut Outcome, key: Option<&Key>, today: Date) -> Applied {
        let Judged { verdicts, .. } = self.judge(&outcome.findings, key, today);
        let mut applied = Applied::default();
        let mut verdicts = verdicts.into_iter();
        // What a change introduces is not what was there before, so that its place alone says nothing.
        let by_place = outcome.coverage.scope == Scope::Tree;
        outcome.findings.retain_mut(|finding| {
            let verdict = verdicts.next().unwrap_or(Verdict::New);
            let verdict = if verdict == Verdict::Unverified && !by_place { Verdict::New } else { verdict };
            applied.accepted += usize::from(verdict.accepts());
            applied.unverified += usize::from(verdict == Verdict::Unverified);
            applied.expired += usize::from(matches!(verdict, Verdict::Expired(_)));
            if let Some(hint) = verdict.hint() {
                finding.help = [hint.as_str(), &finding.help].join(" ");
            }
            !verdict.accepts()
        });
        outcome.coverage.accepted += applied.accepted;
        outcome.coverage.unverified += applied.unverified;
        applied
    }

    /// Holds findings and lines against each other.
    pub(crate) fn judge(&self, findings: &[Finding], key: Option<&Key>, today: Date) -> Judged {
        let mut groups: BTreeMap<Spot, Group<'_>> = BTreeMap::new();
        for (index, (spot, mark, note)) in self.entries().enumerate() {
            let end = note.until.filter(|_| note.is_expired(today));
            groups.entry(spot.clone()).or_default().entries.push((index, mark, end));
        }
        for (index, finding) in findings.iter().enumerate().filter(|(_, finding)| acceptable(finding)) {
            // Most findings of a first run are nowhere accepted.
            if let Some(group) = groups.get_mut(&Spot::of(finding)) {
                group.findings.push((index, finding));
            }
        }
        let lines = self.entries.len();
        let mut judged = Judged {
            verdicts: vec![Verdict::New; findings.len()],
            states: vec![State::Gone; lines],
            met: vec![Vec::new(); lines],
        };
        for (spot, group) in &groups {
            group.judge(spot, key, &mut judged);
        }
        judged
    }
}

impl Group<'_> {
    fn judge(&self, spot: &Spot, key: Option<&Key>, judged: &mut Judged) {
        // What lines of this key say is sure, and comes first.
        let own = |mark: &Mark| key.is_some_and(|key| key.id() == mark.key);
        let mut left = Vec::new();
        for &(index, finding) in &self.findings {
            let digest = key.map(|key| key.digest(spot, &finding.identity.value));
            let entry = self.entries.iter().find(|(_, mark, _)| own(mark) && Some(mark.digest) == digest);
            let Some(&(entry, _, end)) = entry else {
                left.push((index, finding.identity.value));
                continue;
            };
            judged.verdicts[index] = end.map_or(Verdict::Accepted, Verdict::Expired);
            judged.states[entry] = if end.is_some() { State::Expired } else { State::Accepts };
            judged.met[entry].push(index);
        }
        if left.is_empty() {
            return;
        }
        let foreign: Vec<_> = self.entries.iter().filter(|(_, mark, _)| !own(mark)).collect();
        let verdict = verdict_of_rest(&left, &foreign);
        left.iter().for_each(|(index, _)| judged.verdicts[*index] = verdict);
        for (entry, mark, end) in &self.entries {
            let state = match end {
                _ if own(mark) && judged.states[*entry] == State::Gone => State::OtherValue,
                _ if own(mark) => continue,
                Some(_) => State::Expired,
                None => State::Unverified,
            };
            judged.states[*entry] = state;
            judged.met[*entry] = left.iter().map(|(index, _)| *index).collect();
        }
    }
}

/// What lines of other keys say about the values at their spot. As many values as lines are accepted: one value may be in
/// several files, and has one line.
fn verdict_of_rest(left: &[(usize, Digest)], foreign: &[&(usize, Mark, Option<Date>)]) -> Verdict {
    let values = left.iter().map(|(_, value)| value).collect::<BTreeSet<_>>().len();
    let valid = foreign.iter().filter(|(_, _, end)| end.is_none()).count();
    let last = foreign.iter().filter_map(|(_, _, end)| *end).max();
    match last {
        _ if foreign.is_empty() => Verdict::OtherValue,
        _ if values <= valid => Verdict::Unverified,
        Some(end) if values <= foreign.len() => Verdict::Expired(end),
        _ => Verdict::TooMany,
    }
}
