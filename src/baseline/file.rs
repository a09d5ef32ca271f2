//! The file: JSON Lines, one accepted finding a line, sorted, without times, numbers of lines or counts, so that branches
//! merge. Reading does not mind what a merge of lines does to it: another order, lines twice, several heads.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Baseline, Digest, KeyId, Mark, Note, Spot};

/// The version of the form.
const VERSION: u32 = 1;
const ABOUT: &str = "findings that are accepted; see `mlguard baseline --help`";

/// Why a text is not a baseline. Never contains what is there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ParseError {
    /// One-based number of the line.
    pub line: usize,
    /// What is wrong.
    pub message: &'static str,
    /// What to do.
    pub help: &'static str,
}

/// The line that says what the file is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    #[serde(rename = "mlguard-baseline")]
    version: u32,
    #[serde(default)]
    about: String,
}

/// An accepted finding.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    rule: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

impl Baseline {
    /// Reads the lines of `text`. A text without any line is an empty baseline.
    ///
    /// # Errors
    /// The first line that is none of a baseline, conflict marks of a merge included.
    pub(crate) fn parse(text: &str) -> Result<Self, ParseError> {
        Self::read(text, &mut |fault| Err(fault))
    }

    /// The same for a file that is to be rewritten: what is not a line is left out, and counted.
    ///
    /// # Errors
    /// Where the text is not a baseline at all, or one of a newer version: it may be anything else, and is not replaced.
    pub(crate) fn salvage(text: &str) -> Result<(Self, usize), ParseError> {
        let mut left_out = 0;
        let baseline = Self::read(text, &mut |fault| {
            left_out += 1;
            if fault.message == NEWER.0 { Err(fault) } else { Ok(()) }
        })?;
        Ok((baseline, left_out))
    }

    fn read(text: &str, bear: &mut dyn FnMut(ParseError) -> Result<(), ParseError>) -> Result<Self, ParseError> {
        let mut baseline = Self::default();
        let mut first = None;
        let mut head = false;
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            first.get_or_insert(index + 1);
            match read(line) {
                Ok(Read::Head) => head = true,
                Ok(Read::Entry(spot, mark, note)) => baseline.add(spot, mark, Note { line: index + 1, ..note }),
                Err((message, help)) => bear(ParseError { line: index + 1, message, help })?,
            }
        }
        match first {
            Some(line) if !head => Err(ParseError {
                line,
                message: "the first line of a mlguard baseline is missing",
                help: "write it with `mlguard baseline write`",
            }),
            _ => Ok(baseline),
        }
    }

    /// The text of the file: a head, then every line, sorted, each with LF.
    pub(crate) fn render(&self) -> String {
        let mut text = json(&Head { version: VERSION, about: ABOUT.to_owned() });
        for (spot, mark, note) in self.entries() {
            text.push_str(&json(&Line {
                rule: spot.rule.clone(),
                place: spot.place.clone(),
                path: spot.path.clone(),
                value: format!("{}:{}", mark.key, hex(&mark.digest)),
                reason: note.reason.clone(),
                until: note.until.map(|until| until.to_string()),
            }));
        }
        text
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers are JSON") + "\n"
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

enum Read {
    Head,
    Entry(Spot, Mark, Note),
}

/// What is wrong and what to do about it.
type Fault = (&'static str, &'static str);

const NEWER: Fault = ("this baseline has a format that this version does not support", "use a newer mlguard");

fn read(line: &str) -> Result<Read, Fault> {
    const REWRITE: &str = "restore the line, or rewrite the file with `mlguard baseline write`";
    if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark)) {
        return Err((
            "a merge left this line",
            "resolve the merge: keep the lines of both sides, or drop the file's changes and run `mlguard baseline write`",
        ));
    }
    let malformed = ("this is not a line of a baseline", REWRITE);
    let Ok(line) = serde_json::from_str::<Line>(line) else {
        return match serde_json::from_str(line) {
            Ok(Head { version: VERSION, .. }) => Ok(Read::Head),
            Ok(_) => Err(NEWER),
            Err(_) => Err(malformed),
        };
    };
    let mark = mark(&line.value).ok_or(("`value` is not what `mlguard baseline write` makes", REWRITE))?;
    let until = match line.until.as_deref().map(str::parse::<Date>) {
        None => None,
        Some(Ok(until)) => Some(until),
        Some(Err(_)) => return Err(("`until` must be YYYY-MM-DD", "correct the date")),
    };
    if line.place.is_none() && line.path.is_none() {
        return Err(("it has neither `place` nor `path`", REWRITE));
    }
    let spot = Spot { rule: line.rule, place: line.place, path: line.path };
    Ok(Read::Entry(spot, mark, Note { reason: line.reason, until, line: 0 }))
}

/// `8f3a11c2:` and 32 hexadecimal digits.
fn mark(value: &str) -> Option<Mark> {
    let (key, digest) = value.split_once(':')?;
    let mut mark = Mark { key: KeyId([0; 4]), digest: Digest::default() };
    unhex(key, &mut mark.key.0)?;
    unhex(digest, &mut mark.digest)?;
    Some(mark)
}

fn unhex(text: &str, to: &mut [u8]) -> Option<()> {
    let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != to.len() * 2 || !text.bytes().all(lower) {
        return None;
    }
    for (at, byte) in to.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(())
}
