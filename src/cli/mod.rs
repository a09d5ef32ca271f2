//! The command line: arguments to settings, settings to a run, a run to an exit code.
//!
//! `args` holds the types that clap fills; each command has a file. Only this module and [`crate::report`] print.

pub(crate) mod args;
mod baseline;
mod cert;
mod check;
mod commits;
mod completions;
mod dev;
mod download;
mod explain;
mod fix;
mod hook;
mod init;
mod interrupt;
mod keys;
mod kubectl;
mod locate;
mod log;
mod man;
mod map;
mod output;
mod package;
pub(crate) mod panic;
mod progress;
mod recipient;
mod reseal;
mod rules;
mod scan;
mod seal;
mod unseal;
mod writing;

use std::process::ExitCode;

use clap::Parser as _;

use crate::exit::Exit;
use args::{Cli, Command};

/// The program: arguments and environment of this process, its streams, its exit code.
#[must_use]
pub fn main() -> ExitCode {
    panic::install();
    let exit = match Cli::try_parse() {
        Ok(cli) => std::panic::catch_unwind(|| run(&cli)).unwrap_or(Exit::Failed),
        Err(error) => usage(&error),
    };
    exit.into()
}

pub(crate) fn run(cli: &Cli) -> Exit {
    output::choose_color(cli.global.color);
    log::install(cli.global.verbose);
    let done = match &cli.command {
        Command::Check(args) => check::run(args, &cli.global),
        Command::Hook(args) => hook::run(args, &cli.global),
        Command::Init(args) => init::run(args, &cli.global),
        Command::Map(args) => map::run(args, &cli.global),
        Command::Fix(args) => fix::run(args, &cli.global),
        Command::Seal(args) => seal::run(args, &cli.global),
        Command::Unseal(args) => unseal::run(args, &cli.global),
        Command::Reseal(args) => reseal::run(args, &cli.global),
        Command::Baseline(args) => baseline::run(args, &cli.global),
        Command::Cert(args) => cert::run(args, &cli.global),
        Command::Package(args) => package::run(args, &cli.global),
        Command::Rules(args) => rules::run(args),
        Command::Explain { rule, config } => explain::run(rule, config),
        Command::Completions { shell } => completions::run(*shell),
        Command::Dev(args) => dev::run(args),
        Command::Man { dir } => man::run(dir.as_deref()),
    };
    done.unwrap_or_else(|problem| {
        output::problem(&problem);
        Exit::Failed
    })
}

/// Prints what clap says: help and version are no failures.
fn usage(error: &clap::Error) -> Exit {
    output::usage(error);
    if error.use_stderr() { Exit::Failed } else { Exit::Clean }
}
