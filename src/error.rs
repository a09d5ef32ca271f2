//! The one error that reaches a person: what is wrong, where, and what to do.
//!
//! Modules have their own typed errors; at the edge each becomes a [`Problem`]. A problem never holds a value of a
//! scanned file; what it has from strangers passes `gate` when it is printed.

use std::fmt;

pub(crate) use crate::mask::printable;
use crate::mask::{is_plain_name, masked};
use crate::span::Position;

/// Whether a [`Problem`] makes the run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gravity {
    /// Exit status 2.
    Error,
    /// Worth knowing; changes no exit status.
    Warning,
}

/// Something that a person has to know about the use or the configuration of mlguard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Whether it makes the run fail.
    pub gravity: Gravity,
    /// The file it stands in, as people would type it.
    pub path: Option<String>,
    /// Where in the file.
    pub position: Option<Position>,
    /// What is wrong, without a final full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    /// An error without a place.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { gravity: Gravity::Error, path: None, position: None, message: message.into(), help: None }
    }

    /// The same in a file.
    pub(crate) fn in_file(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The same at a position of the file.
    pub(crate) fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// The same with advice.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with advice, where there is some.
    pub(crate) fn maybe_help(mut self, help: Option<impl Into<String>>) -> Self {
        self.help = help.map(Into::into);
        self
    }

    /// The same as a warning.
    pub(crate) fn warning(mut self) -> Self {
        self.gravity = Gravity::Warning;
        self
    }

    /// The order in which problems are printed: by file and place.
    pub(crate) fn order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |problem: &Self| (problem.path.clone(), problem.position, problem.message.clone());
        key(self).cmp(&key(other))
    }

    /// Message and position on one line, for reports that name the file apart.
    pub(crate) fn reason(&self) -> String {
        let place = self.position.map(|at| format!("line {}, column {}: ", at.line, at.column)).unwrap_or_default();
        let help = self.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        printable(&format!("{place}{}{help}", self.message)).into_owned()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gravity = match self.gravity {
            Gravity::Error => "error",
            Gravity::Warning => "warning",
        };
        write!(f, "{gravity}: ")?;
        if let Some(path) = &self.path {
            write!(f, "{}", printable(path))?;
            if let Some(at) = self.position {
                write!(f, ":{}:{}", at.line, at.column)?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&printable(&self.message))?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {}", printable(help)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

/// `did you mean …? `, with a blank after it, where one of `known` is similar to `name`.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default()
}

/// The name of `known` that `name` most likely means, where one is near enough.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name: String = name.chars().take(64).collect::<String>().to_lowercase().replace('_', "-");
    let limit = (name.chars().count() / 3).clamp(1, 4);
    let distance = |candidate: &str| match candidate.strip_prefix(name.as_str()) {
        Some(_) if name.len() >= 3 => 1,
        _ => strsim::osa_distance(&name, candidate),
    };
    let near = known.into_iter().map(|candidate| (distance(candidate), candidate));
    near.filter(|(distance, _)| *distance <= limit).min().map(|(_, candidate)| candidate)
}

/// `name` in backquotes, for quoting a key or an id in a message. A name from a faulty file may be a secret that was put
/// in the wrong place, so what does not read like a name is not repeated.
pub(crate) fn quoted(name: &str) -> String {
    if is_plain_name(name) { format!("`{name}`") } else { "(not repeated: it may be a secret)".to_owned() }
}

/// The same for a glob or a path, of which only the parts are left out that nobody would choose as a name.
pub(crate) fn quoted_glob(glob: &str) -> String {
    const LONGEST: usize = 80;
    let name = masked(glob);
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", &name[..end]),
        None => format!("`{name}`"),
    }
}

/// `1 finding`, `2 findings`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Names in backticks, as [`listed`].
pub(crate) fn listed_names(names: impl IntoIterator<Item = impl fmt::Display>) -> String {
    listed(&names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>())
}

/// `a`, `a and b`, `a, b and c`; of many only the first ones.
pub(crate) fn listed(words: &[String]) -> String {
    const MOST: usize = 8;
    let more = words.len().saturating_sub(MOST);
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] if more == 0 => format!("{} and {last}", head.join(", ")),
        _ => format!("{} and {more} more", words[..MOST].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_path_place_message_and_help() {
        let problem = Problem::new("unknown key `exlude`")
            .in_file(".mlguard.yaml")
            .at(Position { line: 3, column: 5 })
            .help("did you mean `exclude`?");
        assert_eq!(
            problem.to_string(),
            "error: .mlguard.yaml:3:5: unknown key `exlude`\n  help: did you mean `exclude`?"
        );
        assert_eq!(problem.reason(), "line 3, column 5: unknown key `exlude`; did you mean `exclude`?");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(Problem::new("a\u{1b}[31mb\u{202e}").to_string(), "error: a\\u{1b}[31mb\\u{202e}");
    }

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("exlude", ["rules", "exclude"]), Some("exclude"));
        assert_eq!(nearest("max_size", ["max-size"]), Some("max-size"));
        assert_eq!(nearest("clusters", ["rules", "exclude"]), None);
    }
}
