//! `mlguard rules`, `mlguard rules test` and `mlguard rules new`.

mod new;

use std::fmt::Write as _;

use serde_json::json;

use super::args::{ListFormat, RulesAction, RulesArgs, TestArgs};
use super::{locate, output};
use crate::checks::detector;
use crate::config::{Environment, Settings, rules_of_files};
use crate::error::{Gravity, Problem, printable};
use crate::exit::Exit;
use crate::rule::{Family, Fixable, Level, Rule};

pub(super) fn run(args: &RulesArgs) -> Result<Exit, Problem> {
    match &args.action {
        Some(RulesAction::Test(args)) => return test(args),
        Some(RulesAction::New(args)) => return new::run(args),
        None => {}
    }
    let settings = Settings::load(&locate::current_root()?, &Environment::read(), &args.config.flags());
    settings.problems().iter().for_each(output::problem);
    let faulty = if settings.is_faulty() { Exit::Failed } else { Exit::Clean };
    let mut rules: Vec<&Rule> = settings.all_rules().collect();
    rules.sort_by(|one, other| one.id.cmp(&other.id));
    let printed = match args.format {
        ListFormat::Human => output::print(&table(&settings, &rules)),
        ListFormat::Json => output::print_json(&list(&settings, &rules)),
    };
    Ok(printed?.and(faulty))
}

/// The level of a rule at the root, as configured.
fn level(settings: &Settings, rule: &Rule) -> &'static str {
    settings.level(rule, "").map_or("off", Level::as_str)
}

fn table(settings: &Settings, rules: &[&Rule]) -> String {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or_default().max(4);
    let mut text = format!("{:<width$}  {:<7}  {:<6}  finds\n", "rule", "level", "fix");
    for rule in rules {
        let fix = match rule.fixable {
            Fixable::No => "-",
            Fixable::Safe | Fixable::Unsafe => rule.fixable.as_str(),
        };
        let (id, title) = (printable(&rule.id), printable(&rule.title));
        // Writing to a string does not fail.
        let _ = writeln!(text, "{id:<width$}  {:<7}  {fix:<6}  {title}", level(settings, rule));
    }
    text
}

fn list(settings: &Settings, rules: &[&Rule]) -> serde_json::Value {
    let object = |rule: &&Rule| {
        json!({
            "id": rule.id,
            "family": match rule.family { Family::Manifest => "manifest", Family::Secret => "credential" },
            "title": rule.title,
            "level": level(settings, rule),
            "default_level": rule.level.as_str(),
            "fixable": rule.fixable.as_str(),
            "severity": rule.severity,
            "references": rule.references,
            "pack": settings.packs.iter().find(|pack| pack.rule.id == rule.id).map(|pack| pack.path.as_str()),
        })
    };
    rules.iter().map(object).collect()
}

fn test(args: &TestArgs) -> Result<Exit, Problem> {
    let (rules, faults): (Vec<Rule>, Vec<Problem>) = if args.paths.is_empty() {
        let settings = Settings::load(&locate::current_root()?, &Environment::read(), &args.config.flags());
        let mut faults = settings.problems();
        let builtin = detector::test_rules(crate::rule::builtin());
        faults.extend(builtin.into_iter().map(Problem::new));
        (settings.all_rules().cloned().collect(), faults)
    } else {
        match rules_of_files(&args.paths) {
            Ok(rules) => (rules.into_iter().map(|pack| pack.rule).collect(), Vec::new()),
            Err(faults) => (Vec::new(), faults),
        }
    };
    faults.iter().for_each(output::problem);
    if faults.iter().any(|fault| fault.gravity == Gravity::Error) {
        return Ok(Exit::Failed);
    }
    let patterns = rules.iter().filter_map(|rule| rule.pattern.as_ref());
    let (count, examples) = patterns.fold((0, 0), |(count, examples), pattern| {
        (count + 1, examples + pattern.matches.len() + pattern.non_matches.len())
    });
    output::print(&format!("{count} rules, {examples} examples: all behave as expected\n"))
}
