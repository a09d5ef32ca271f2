//! `mlguard explain`.

use super::args::ConfigArgs;
use super::{output, scan};
use crate::config::{Environment, Settings};
use crate::error::Problem;
use crate::exit::Exit;
use crate::report;

pub(super) fn run(id: &str, config: &ConfigArgs) -> Result<Exit, Problem> {
    let settings = Settings::load(&super::locate::current_root()?, &Environment::read(), &config.flags());
    let Some(rule) = settings.all_rules().find(|rule| rule.id == id) else {
        return Err(scan::unknown_rule(&settings, id));
    };
    output::print(&report::rule_markdown(rule))
}
