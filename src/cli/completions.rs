//! `mlguard completions`.

use clap::CommandFactory as _;

use super::args::Cli;
use super::output;
use crate::error::Problem;
use crate::exit::Exit;

pub(super) fn run(shell: clap_complete::Shell) -> Result<Exit, Problem> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mlguard", &mut script);
    output::print_data(&String::from_utf8_lossy(&script))
}
