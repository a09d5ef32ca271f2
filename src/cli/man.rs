//! `mlguard man`: the manual pages, made from the arguments and their help.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::args::Cli;
use super::output;
use crate::error::Problem;
use crate::exit::Exit;

pub(super) fn run(folder: Option<&Path>) -> Result<Exit, Problem> {
    // Pages of `help` subcommands would repeat the others.
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = folder else {
        let page = page(&command).map_err(|error| Problem::new(format!("cannot render the manual page: {error}")))?;
        return output::print_data(&String::from_utf8_lossy(&page));
    };
    let written = fs::create_dir_all(folder).and_then(|()| write_pages(&command, folder));
    let fault = |error| Problem::new(format!("cannot be written: {error}")).in_file(folder.display().to_string());
    written.map(|()| Exit::Clean).map_err(fault)
}

fn write_pages(command: &Command, folder: &Path) -> io::Result<()> {
    fs::write(folder.join(Man::new(command.clone()).get_filename()), page(command)?)?;
    command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .try_for_each(|command| write_pages(command, folder))
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let source = concat!("mlguard ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(source).manual("mlguard manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(help) = command.get_after_long_help() {
        page.write_all(sections(&help.to_string()).as_bytes())?;
    }
    Ok(page)
}

/// The text below the help as sections of a page. Titles become headings, and indented lines keep their columns.
fn sections(help: &str) -> String {
    let mut lines = Vec::new();
    if !help.lines().next().is_some_and(|first| first.ends_with(':')) {
        lines.push(".SH NOTES".to_owned());
    }
    let mut verbatim = false;
    for line in help.lines() {
        let indented = line.starts_with(' ');
        // A blank line between indented ones belongs to them; another one ends a paragraph.
        if verbatim && !indented && !line.is_empty() {
            lines.push(".fi".to_owned());
            verbatim = false;
        }
        if indented && !verbatim {
            lines.push(".nf".to_owned());
            verbatim = true;
        }
        lines.push(match line.strip_suffix(':').filter(|_| !indented) {
            Some(title) => format!(".SH {}", escaped(&title.to_uppercase())),
            None if line.is_empty() && !verbatim => ".PP".to_owned(),
            None => escaped(line.strip_prefix("  ").unwrap_or(line)),
        });
    }
    if verbatim {
        lines.push(".fi".to_owned());
    }
    lines.join("\n") + "\n"
}

/// Text that groff prints as it is.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('`', "\\(ga");
    if text.starts_with('.') { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_keep_the_columns_of_tables() {
        let help = "One text.\n\nExamples:\n  # A\n  x --y 'z'\n\n  .b\n\nExit status:\n  0    a\n  130  b";
        let page = ".SH NOTES\nOne text.\n.PP\n.SH EXAMPLES\n.nf\n# A\nx \\-\\-y \\(aqz\\(aq\n\n\\&.b\n\n.fi\n.SH EXIT STATUS\n\
                    .nf\n0    a\n130  b\n.fi\n";
        assert_eq!(sections(help), page);
        assert_eq!(sections("Example:\n  a\n"), ".SH EXAMPLE\n.nf\na\n.fi\n");
    }

    /// 72 columns of text are left on a page of 80.
    #[test]
    fn no_line_of_a_table_or_example_is_torn() {
        fn walk(command: &Command) {
            let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            for line in help.lines().filter(|line| line.starts_with(' ')) {
                assert!(line.chars().count() <= 72, "{}: {line}", command.get_name());
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Cli::command());
    }
}
