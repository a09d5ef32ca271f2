//! `mlguard rules new`: a rule file to fill in.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::cli::args::NewRuleArgs;
use crate::cli::{locate, output};
use crate::error::{Problem, quoted};
use crate::exit::Exit;
use crate::rule;

/// Where mlguard itself keeps its credential rules.
const FOLDER: &str = "rules/secrets";

pub(super) fn run(args: &NewRuleArgs) -> Result<Exit, Problem> {
    let id = &args.id;
    if !rule::pack::is_id(id) {
        let problem = Problem::new(format!("{} is not a valid rule id", quoted(id)));
        return Err(problem.help("use lowercase letters, digits and dashes"));
    }
    if rule::find(id).is_some() {
        return Err(Problem::new(format!("`{id}` is a built-in rule")).help("choose another id"));
    }
    let path = args.output.clone().unwrap_or_else(|| {
        let file = format!("{id}.yml");
        // A repository of a rule pack has its own folders.
        if Path::new(FOLDER).is_dir() { Path::new(FOLDER).join(file) } else { file.into() }
    });
    let shown = path.display().to_string();
    if path.file_name().and_then(|name| name.to_str()) != Some(&format!("{id}.yml")) {
        let problem = Problem::new(format!("the file of this rule must be called `{id}.yml`")).in_file(&shown);
        return Err(problem.help("the file name of a rule is its id"));
    }
    locate::refuse_new_elsewhere(&path)?;
    let written = fs::File::create_new(&path).and_then(|mut file| file.write_all(scaffold(id).as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Problem::new("the file already exists").in_file(&shown).help("choose another id")
        }
        _ => Problem::new(format!("cannot be written: {error}")).in_file(&shown),
    })?;
    output::print(&format!("wrote {shown}\nNext: fill it in, then run `mlguard rules test {shown}`\n"))
}

/// A rule that works, for a format that nobody has.
fn scaffold(id: &str) -> String {
    let word = id.replace('-', "_");
    // Letters and digits that look like a token; made up, as all examples must be.
    let token = "7hQ2mXv9KpL4sWz8RtB3nYc6JdF1gAeU";
    format!(
        "\
# What is found, as a noun phrase.
title: {id}
level: error
severity: 8.5
# Every match contains one of these; upper and lower case are the same. Rare words keep the search fast.
keywords: [{word}_]
# The group `secret` is the value. It is matched as bytes; \\w and \\b are ASCII.
pattern: '\\b(?<secret>{word}_[A-Za-z0-9]{{32}})\\b'
min-entropy: 3.0
why: |
  It can do everything that its owner can do.
remedy: |
  Revoke it, create a new one, and keep it in a SealedSecret or an external store.
references:
  - https://example.com/where-the-format-is-documented
# Exactly one finding each; values are made up.
matches:
  - 'TOKEN={word}_{token}'
# No finding: near misses, placeholders, names of functions.
non-matches:
  - 'TOKEN={word}_short'
  - 'TOKEN=<your-token>'
  - 'def test_{word}_login(): pass'
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::detector;

    #[test]
    fn a_new_rule_is_one_whose_examples_behave() {
        for id in ["acme-token", "x1", "a-very-long-name-of-a-format"] {
            let rule = rule::pack::parse(Path::new(&format!("{id}.yml")), &scaffold(id)).expect("a rule file");
            assert_eq!(detector::test_rules(std::slice::from_ref(&rule)), [""; 0], "{id}");
        }
    }
}
