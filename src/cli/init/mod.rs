//! `mlguard init`: a configuration from what the repository shows, and hooks of Git.

mod git_hook;
mod infer;
mod text;

use std::sync::Arc;

use super::args::{Global, InitArgs};
use super::interrupt::{self, Interrupt};
use super::{locate, output, scan, writing};
use crate::config::{self, Environment, FILE, Flags, Settings};
use crate::engine::{self, Gathered, Names};
use crate::error::{Problem, counted, printable};
use crate::exit::Exit;
use crate::inventory::index::Inventory;
use crate::report::target;
use crate::source::{self, Listing, SourceError};
use infer::Seen;

/// Where pre-commit and prek are configured.
const PRE_COMMIT: &str = ".pre-commit-config.yaml";
pub(super) fn run(args: &InitArgs, _: &Global) -> Result<Exit, Problem> {
    if args.hook.is_empty() {
        return configuration(args);
    }
    let mut exit = Exit::Clean;
    for kind in &args.hook {
        exit = exit.and(git_hook::install(*kind, args.force)?);
    }
    Ok(exit)
}

/// Looks at the repository of the current folder and writes its configuration.
fn configuration(args: &InitArgs) -> Result<Exit, Problem> {
    let interrupt = Interrupt::install();
    let root = locate::current_root()?;
    let path = root.join(FILE);
    if !args.stdout && !args.force && path.symlink_metadata().is_ok() {
        let help = "`mlguard check --show-config` shows the effective configuration; --stdout prints a new one, --force replaces this one";
        return Err(Problem::new("the configuration already exists").in_file(FILE).help(help));
    }
    if !args.stdout {
        locate::refuse_new_elsewhere(&path)?;
        writing::expire(&root, &Environment::read());
    }
    // What is there is looked at with the defaults: a file that is to be replaced says nothing.
    let flags = Flags { no_config: true, ..Flags::default() };
    let settings = Arc::new(Settings::load(&root, &Environment::default(), &flags));
    let options = scan::engine_options(&settings, &interrupt.asked);
    let pool = scan::thread_pool(None)?;
    let listing = match source::list(std::slice::from_ref(&root), &|_| true) {
        // A new repository has a configuration too.
        Err(SourceError::Empty { .. }) => Listing::default(),
        other => other?,
    };
    let (coverage, seen) = pool.install(|| {
        let Gathered { files, coverage } = engine::gather(listing, &options);
        let names = Names::new(&options);
        let inventory = Inventory::new(&files, &options.convention);
        let seen = Seen::new(&inventory, &|name| printable(&names.shown(name)).into_owned(), options.today);
        (coverage, seen)
    });
    if !interrupt.may_write() {
        return Err(interrupt::problem());
    }
    scan::report_unread(&coverage, "`mlguard check`");
    let complete = if coverage.errors.is_empty() {
        Exit::Clean
    } else {
        let help = "the configuration is written anyway: review it, or run `mlguard init --force` again later";
        output::problem(
            &Problem::new(format!("{} could not be read", counted(coverage.errors.len(), "file"))).help(help),
        );
        Exit::Failed
    };
    let text = text::configuration(&seen, &options.convention);
    if args.stdout {
        return Ok(output::print(&text)?.and(complete));
    }
    target::save_text(&path, &text).map_err(Problem::new)?;
    let mut summary = format!("wrote {}\n{}", config::FILE, text::summary(&seen, coverage.files));
    if root.join(PRE_COMMIT).is_file() {
        summary.push_str("\nFor the hooks of .pre-commit-config.yaml, below `repos:`:\n\n");
        summary.push_str(git_hook::PRE_COMMIT_LINES);
    } else if !git_hook::is_installed() {
        summary.push_str("\nNext: `mlguard init --hook` installs a Git hook that refuses commits with findings.\n");
    }
    Ok(output::print(&summary)?.and(complete))
}
