//! `mlguard completions`.

use clap::CommandFactory as _;

use super::args::{Cli, CompletionsArgs};
use super::output;
use crate::error::Problem;
use crate::exit::Exit;

pub(super) fn run(args: &CompletionsArgs) -> Result<Exit, Problem> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "mlguard", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}
