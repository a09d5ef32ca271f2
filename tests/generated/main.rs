//! Files that are written by the program itself: documents, the schema, the picture in the README.
//!
//! `MLGUARD_BLESS=1 cargo test --test generated` rewrites them; without it, they are compared. What rules must be
//! beyond their schema is in `facts`, what texts must not contain in `words`, and `cited` follows references to `docs/facts/`.

mod action;
mod cited;
mod facts;
mod human;
mod map;
mod picture;
mod words;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use mlguard::api::cli::Cli;
use mlguard::api::report::rule_markdown;
use mlguard::api::rule::{self, Family, Rule};

/// Above a generated file.
const NOTE: &str = "<!-- Written by `MLGUARD_BLESS=1 cargo test --test generated`; change the source instead. -->";

#[test]
fn schema_of_the_configuration() {
    let schema = mlguard::api::config::schema(rule::builtin());
    compare("schema/mlguard.schema.json", &format!("{schema:#}\n"));
}

#[test]
fn table_of_the_keys() {
    compare_part("docs/configuration.md", "keys", &mlguard::api::config::key_table());
}

#[test]
fn page_of_all_rules() {
    let mut page = format!(
        "{NOTE}\n\n# Rules\n\nWhat `mlguard explain RULE` prints, for every rule. Values of credentials are masked; those of the other \
         examples are made up.\n\nA finding can be allowed in one place by a comment with a reason, and a rule can be set to another \
         level for some paths: see [configuration](configuration.md).\n\n- [Checks of manifests and configuration]\
         (#checks-of-manifests-and-configuration): {}\n- [Credentials](#credentials): {}\n",
        of(Family::Manifest).count(),
        of(Family::Secret).count(),
    );
    for (family, heading) in
        [(Family::Manifest, "Checks of manifests and configuration"), (Family::Secret, "Credentials")]
    {
        write!(page, "\n## {heading}\n\n{}", table(family)).expect("a string");
        for rule in of(family) {
            page.push('\n');
            page.push_str(&deeper(&rule_markdown(rule)));
        }
    }
    compare("docs/rules.md", &page);
}

#[test]
fn page_of_the_command_line() {
    let mut page = format!("{NOTE}\n\n# Command line\n");
    let mut command = Cli::command().term_width(100).disable_help_subcommand(true);
    command.build();
    help(&mut page, &mut command);
    compare("docs/cli.md", &page);
}

#[test]
fn tables_of_the_action() {
    let (inputs, outputs) = action::tables();
    compare_part("docs/ci.md", "inputs", &inputs);
    compare_part("docs/ci.md", "outputs", &outputs);
}

#[test]
fn reports_for_people() {
    human::compare_all(root(), compare);
}

#[test]
fn picture_of_a_map() {
    compare_part("docs/map.md", "map", &map::draw(&root().join("tests/fixtures/seeds/repository")));
}

#[test]
fn picture_of_the_output() {
    compare("docs/output.svg", &picture::draw(root()));
}

/// The rules of a family, sorted by id.
fn of(family: Family) -> impl Iterator<Item = &'static Rule> {
    rule::builtin().iter().filter(move |rule| rule.family == family)
}

/// The rules of a family with what they find, and links to their texts.
fn table(family: Family) -> String {
    let row = |rule: &Rule| format!("| [`{0}`](#{0}) | {1} | {2} |\n", rule.id, rule.title, rule.level.as_str());
    let rows: String = of(family).map(row).collect();
    format!("| rule | finds | level |\n|---|---|---|\n{rows}")
}

/// A rule's text two levels deeper, under its bare id (so that links to it are its id), without what is the same for
/// every rule.
fn deeper(markdown: &str) -> String {
    let (markdown, _) = markdown.split_once("\n## How to allow or configure it").unwrap_or((markdown, ""));
    let mut text = String::new();
    let mut fence: Option<&str> = None;
    for line in markdown.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            None if ticks.len() >= 3 => fence = Some(ticks),
            Some(open) if line == open => fence = None,
            _ => {}
        }
        let heading = line.starts_with('#') && fence.is_none();
        match line.strip_prefix("# `").and_then(|rest| rest.strip_suffix('`')).filter(|_| heading) {
            Some(id) => writeln!(text, "### {id}").expect("a string"),
            None if heading => writeln!(text, "##{line}").expect("a string"),
            None => writeln!(text, "{line}").expect("a string"),
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// The help of a command and, below it, of its subcommands.
fn help(page: &mut String, command: &mut clap::Command) {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let text = command.render_long_help().to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    write!(page, "\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim()).expect("a string");
    for inner in command.get_subcommands_mut() {
        help(page, inner);
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether generated files are to be rewritten.
#[expect(clippy::disallowed_methods, reason = "a switch of these tests alone")]
fn blessing() -> bool {
    std::env::var_os("MLGUARD_BLESS").is_some_and(|value| value == "1")
}

/// Compares what stands between two comments of a file with what it should be, or writes it.
fn compare_part(name: &str, mark: &str, wanted: &str) {
    let text = fs::read_to_string(root().join(name)).expect("the file can be read").replace("\r\n", "\n");
    let (start, end) = (format!("<!-- {mark} -->\n"), format!("<!-- end of {mark} -->"));
    let (head, rest) = text.split_once(&start).expect("the file marks where it begins");
    let (_, tail) = rest.split_once(&end).expect("the file marks where it ends");
    compare(name, &format!("{head}{start}{wanted}{end}{tail}"));
}

/// Compares a file with what it should be, or writes it.
fn compare(name: &str, wanted: &str) {
    let path: PathBuf = root().join(name);
    // A checkout may have turned line ends.
    let held = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    if held == wanted {
        return;
    }
    assert!(blessing(), "{name} is out of date: `MLGUARD_BLESS=1 cargo test --test generated` rewrites it");
    fs::write(&path, wanted).expect("a generated file can be written");
}
