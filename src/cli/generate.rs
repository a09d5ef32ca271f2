//! `mlguard completions` and `mlguard man`.

use std::path::Path;

use clap::CommandFactory as _;

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::output;
use crate::error::Problem;
use crate::exit::Exit;

pub(super) fn completions(args: &CompletionsArgs) -> Result<Exit, Problem> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "mlguard", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}

pub(super) fn man(args: &ManArgs) -> Result<Exit, Problem> {
    if let Some(folder) = &args.dir {
        return pages(folder).map(|()| Exit::Clean);
    }
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
    rendered.map_err(|error| Problem::new(format!("the manual page cannot be made: {error}")))?;
    output::print(&String::from_utf8_lossy(&page))
}

fn pages(folder: &Path) -> Result<(), Problem> {
    let fault = |error| Problem::new(format!("cannot be written: {error}")).in_file(folder.display().to_string());
    std::fs::create_dir_all(folder).map_err(fault)?;
    // Help pages of `help` subcommands say nothing that the others do not.
    clap_mangen::generate_to(Cli::command().disable_help_subcommand(true), folder).map_err(fault)
}
