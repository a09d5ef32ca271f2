//! Standard output and standard error. Everything but data that was asked for passes the gate on its way.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use anstream::ColorChoice;

use super::args::When;
use super::locate;
use crate::error::{Gravity, Problem};
use crate::exit::Exit;
use crate::gate;
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
    let gated = |text: &String| gate::line(text).into_owned();
    let text = Problem {
        path: problem.path.as_ref().map(gated),
        message: gated(&problem.message),
        help: problem.help.as_ref().map(gated),
        ..*problem
    };
    let text = text.to_string();
    let (gravity, rest) = text.split_once(": ").unwrap_or(("error", &text));
    let (first, help) = rest.split_once('\n').unwrap_or((rest, ""));
    let mut out = anstream::stderr().lock();
    // Without standard error there is nobody to tell.
    let _ = writeln!(out, "{color}{gravity}\u{1b}[0m{BOLD}: {first}\u{1b}[0m");
    if !help.is_empty() {
        let _ = writeln!(out, "{help}");
    }
}

/// Prints a line to standard error, for people: what was done beside the output. It begins with a word of ours, since a CI
/// runner takes some lines for commands that begin with a path.
pub(super) fn note(text: &str) {
    // Without standard error there is nobody to tell.
    let _ = writeln!(anstream::stderr().lock(), "note: {}", gate::line(text));
}

/// Prints lines for people to standard output. None of them may begin with a text of a repository.
pub(super) fn print(text: &str) -> Result<Exit, Problem> {
    print_data(&gate::page(text))
}

/// Prints a JSON object to standard output.
pub(super) fn print_json(value: &serde_json::Value) -> Result<Exit, Problem> {
    print_data(&gate::json(&gate::without_credentials(&format!("{value:#}"))))
}

/// Prints what was asked for as it is: a manifest, a script. A reader that went away is no failure.
pub(super) fn print_data(text: &str) -> Result<Exit, Problem> {
    let mut out = io::stdout().lock();
    settle(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Prints what clap says, in its colours where nothing of it has to be changed.
pub(super) fn usage(error: &clap::Error) {
    let text = error.render().to_string();
    let gated = gate::page(&text);
    // A closed stream leaves nobody to report to.
    let _ = if error.use_stderr() && gated != text {
        anstream::stderr().lock().write_all(gated.as_bytes())
    } else {
        error.print()
    };
}

/// Standard error for logs: what is written to it passes the gate.
pub(super) struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = gate::page(&String::from_utf8_lossy(bytes));
        io::stderr().lock().write_all(text.as_bytes()).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

/// Writes a text to a file, or to standard output where none is named.
pub(super) fn save_or_print(to: Option<&Path>, text: &str) -> Result<Exit, Problem> {
    match to {
        Some(path) => {
            locate::refuse_new_elsewhere(path)?;
            target::save_text(path, text).map(|()| Exit::Clean).map_err(Problem::new)
        }
        None => print_data(text),
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
