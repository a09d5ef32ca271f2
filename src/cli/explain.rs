//! `mlguard explain`.

use super::args::ExplainArgs;
use super::output;
use crate::config::{Environment, Settings};
use crate::error::{Problem, nearest, quoted};
use crate::exit::Exit;
use crate::report;

pub(super) fn run(args: &ExplainArgs) -> Result<Exit, Problem> {
    let settings = Settings::load(&super::check::current_root()?, &Environment::read(), &args.config.flags());
    let Some(rule) = settings.all_rules().find(|rule| rule.id == args.rule) else {
        return Err(unknown(&settings, &args.rule));
    };
    output::print(&report::rule_markdown(rule))
}

/// The error for an id that no rule has.
pub(super) fn unknown(settings: &Settings, id: &str) -> Problem {
    let near = nearest(id, settings.all_rules().map(|rule| rule.id.as_ref()));
    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    Problem::new(format!("unknown rule {}", quoted(id))).help(format!("{near}`mlguard rules` lists all"))
}
