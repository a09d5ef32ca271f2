//! The word list of `docs/wording.md`: none of its phrases is in a text that people read.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use mlguard::api::cli::Cli;
use mlguard::api::rule::{self, Rule};

use super::root;

#[test]
fn no_text_uses_a_phrase_of_the_word_list() {
    let phrases = phrases();
    assert!(phrases.len() > 30, "the table of docs/wording.md is read");
    let mut found = String::new();
    for (place, text) in rule_texts().into_iter().chain(pages()).chain(help()) {
        let text = text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        for phrase in phrases.iter().filter(|phrase| contains(&text, phrase)) {
            writeln!(found, "{place}: {phrase}").expect("a string");
        }
    }
    assert!(found.is_empty(), "docs/wording.md has better words for:\n{found}");
}

/// The code spans of the second column.
fn phrases() -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/wording.md")).expect("the page can be read");
    let (_, table) = page.split_once("| write | not |").expect("the page has the table");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let column = rows.filter_map(|row| row.split('|').nth(2));
    column.flat_map(|column| column.split('`').skip(1).step_by(2)).map(str::to_lowercase).collect()
}

/// Whether `text` contains `phrase` as whole words.
fn contains(text: &str, phrase: &str) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(phrase).any(|(at, _)| {
        !is_letter(text[..at].chars().next_back()) && !is_letter(text[at + phrase.len()..].chars().next())
    })
}

fn rule_texts() -> Vec<(String, String)> {
    let texts = |rule: &Rule| format!("{}\n{}\n{}\n{}", rule.title, rule.why, rule.when, rule.remedy);
    rule::builtin().iter().map(|rule| (rule.id.to_string(), texts(rule))).collect()
}

/// Pages that people write; those made from the code are checked at their source.
fn pages() -> Vec<(String, String)> {
    let mut paths: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"].map(PathBuf::from).into();
    paths.extend(["action.yml", ".pre-commit-hooks.yaml", "ci/gitlab.yml"].map(PathBuf::from));
    for folder in ["docs", "docs/facts", ".github"] {
        let entries = fs::read_dir(root().join(folder)).expect("a folder of pages");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let pages = names.filter(|name| Path::new(name).extension().is_some_and(|end| end == "md"));
        paths.extend(pages.map(|name| Path::new(folder).join(name)));
    }
    let own = ["docs/wording.md", "docs/rules.md", "docs/cli.md"].map(PathBuf::from);
    paths.retain(|path| !own.contains(path));
    let read = |path: PathBuf| (path.display().to_string(), fs::read_to_string(root().join(&path)).expect("a page"));
    paths.into_iter().map(read).collect()
}

/// The help of every command.
fn help() -> Vec<(String, String)> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut texts = Vec::new();
    let mut waiting = vec![command];
    while let Some(mut command) = waiting.pop() {
        waiting.extend(command.get_subcommands().cloned());
        texts.push((format!("mlguard {} --help", command.get_name()), command.render_long_help().to_string()));
    }
    texts
}
