//! `mlguard explain`.

use super::args::ExplainArgs;
use super::{output, scan};
use crate::config::{Environment, Settings};
use crate::error::Problem;
use crate::exit::Exit;
use crate::report;

pub(super) fn run(args: &ExplainArgs) -> Result<Exit, Problem> {
    let settings = Settings::load(&super::locate::current_root()?, &Environment::read(), &args.config.flags());
    let Some(rule) = settings.all_rules().find(|rule| rule.id == args.rule) else {
        return Err(scan::unknown_rule(&settings, &args.rule));
    };
    output::print(&report::rule_markdown(rule))
}
