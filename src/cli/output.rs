//! Standard output and standard error.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use anstream::ColorChoice;

use super::args::When;
use crate::error::{Gravity, Problem, printable};
use crate::exit::Exit;
use crate::report::target;

/// Decides about colours for both streams. `auto` lets anstream look at the terminal, `NO_COLOR` and `CLICOLOR_FORCE`.
pub(super) fn choose_color(when: When) {
    let choice = match when {
        When::Auto => ColorChoice::Auto,
        When::Always => ColorChoice::Always,
        When::Never => ColorChoice::Never,
    };
    choice.write_global();
}

/// Whether standard output shows colours.
pub(super) fn stdout_has_color() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// Columns of the terminal that standard output is, where the shell tells.
pub(super) fn stdout_width() -> Option<usize> {
    #[expect(clippy::disallowed_methods, reason = "a property of the terminal, no setting")]
    let columns = std::env::var("COLUMNS").ok()?.parse().ok()?;
    (io::stdout().is_terminal() && columns > 0).then_some(columns)
}

/// Prints a problem to standard error.
pub(super) fn problem(problem: &Problem) {
    const BOLD: &str = "\u{1b}[1m";
    let color = match problem.gravity {
        Gravity::Error => "\u{1b}[1;31m",
        Gravity::Warning => "\u{1b}[1;33m",
    };
    let text = problem.to_string();
    let (gravity, rest) = text.split_once(": ").unwrap_or(("error", &text));
    let (first, help) = rest.split_once('\n').unwrap_or((rest, ""));
    let mut out = anstream::stderr().lock();
    // Without standard error there is nobody to tell.
    let _ = writeln!(out, "{color}{gravity}\u{1b}[0m{BOLD}: {first}\u{1b}[0m");
    if !help.is_empty() {
        let _ = writeln!(out, "{help}");
    }
}

/// Prints a line to standard error, for people: what was done beside the output.
pub(super) fn note(text: &str) {
    // Without standard error there is nobody to tell.
    let _ = writeln!(anstream::stderr().lock(), "{}", printable(text));
}

/// Prints a text to standard output. A reader that went away is no failure.
pub(super) fn print(text: &str) -> Result<Exit, Problem> {
    let mut out = io::stdout().lock();
    settle(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Writes a text to a file, or to standard output where none is named.
pub(super) fn save_or_print(to: Option<&Path>, text: &str) -> Result<Exit, Problem> {
    match to {
        Some(path) => target::save_text(path, text).map(|()| Exit::Clean).map_err(Problem::new),
        None => print(text),
    }
}

/// The same for a result of writing to standard output.
pub(super) fn settle(written: io::Result<()>) -> Result<Exit, Problem> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Problem::new(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(Exit::Clean),
    }
}
