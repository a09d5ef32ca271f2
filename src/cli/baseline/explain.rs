//! `mlguard baseline explain`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Tree;
use crate::baseline::{Judged, Mark, Note, Spot, State};
use crate::cli::args::{BaselineExplainArgs, Global, ListFormat};
use crate::cli::{locate, output, scan};
use crate::error::{Problem, printable};
use crate::exit::Exit;
use crate::finding::Finding;
use crate::mask::masked;

/// Findings of one line that are named.
const NAMED: usize = 5;

/// A line with what it is about.
struct Line<'l> {
    spot: &'l Spot,
    mark: Mark,
    note: &'l Note,
    state: State,
    findings: Vec<&'l Finding>,
}

pub(super) fn run(args: &BaselineExplainArgs, global: &Global) -> Result<Exit, Problem> {
    // All of the tree is searched, whatever is asked about: what a line accepts may be anywhere.
    // A file that is asked about may be gone, as may what its lines accepted.
    let there: Vec<PathBuf> = args.paths.iter().filter(|path| path.symlink_metadata().is_ok()).cloned().collect();
    let given = Tree::open(&there, &args.file.flags())?;
    let tree = Tree { paths: vec![given.settings.root.clone()], settings: Arc::clone(&given.settings), ..given };
    scan::refuse_unknown_rules(&args.rules, &tree.settings)?;
    let baseline = tree.baseline()?;
    let key = tree.key()?;
    let searched = tree.search(key.as_ref(), global)?;
    let current = locate::current_folder()?;
    let asked: Vec<String> =
        args.paths.iter().map(|path| locate::report_path(&tree.settings.root, &current, path)).collect();
    let Judged { states, met, .. } = baseline.judge(&searched.outcome.findings, key.as_ref(), scan::today());
    let lines = baseline.entries().zip(states).zip(met).map(|(((spot, mark, note), state), met)| Line {
        spot,
        mark,
        note,
        state,
        findings: met.into_iter().map(|index| &searched.outcome.findings[index]).collect(),
    });
    let lines: Vec<Line<'_>> = lines.filter(|line| line.is_asked(&args.rules, &asked)).collect();
    let printed = match args.format {
        ListFormat::Human => output::print(&human(&lines)),
        ListFormat::Json => {
            let lines: Vec<Value> = lines.iter().map(Line::json).collect();
            output::print_json(&json!({ "baseline": tree.name, "lines": lines }))
        }
    };
    Ok(printed?.and(searched.exit))
}

impl Line<'_> {
    fn is_asked(&self, rules: &[String], paths: &[String]) -> bool {
        let below = |path: &str| {
            let inside = |folder: &String| {
                let rest = path.strip_prefix(folder.as_str());
                folder.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            paths.iter().any(inside)
        };
        let path = self.spot.path.as_deref().is_some_and(below) || self.findings.iter().any(|f| below(&f.path));
        (rules.is_empty() || rules.contains(&self.spot.rule)) && (paths.is_empty() || path)
    }

    fn json(&self) -> Value {
        let shown = |text: &String| masked(text).into_owned();
        let finding = |finding: &&Finding| json!({ "path": &*finding.path, "line": finding.region.start.line });
        json!({
            "line": self.note.line,
            "rule": shown(&self.spot.rule),
            "place": self.spot.place.as_ref().map(shown),
            "path": self.spot.path,
            "state": self.state.as_str(),
            "key": self.mark.key.to_string(),
            "reason": self.note.reason.as_ref().map(shown),
            "until": self.note.until.map(|until| until.to_string()),
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
        })
    }
}

fn human(lines: &[Line<'_>]) -> String {
    let mut text = String::new();
    for line in lines {
        // Writing to a string does not fail.
        let _ = block(line, &mut text);
    }
    let of = |state: State| lines.iter().filter(|line| line.state == state).count();
    let states = [State::Accepts, State::Unverified, State::OtherValue, State::Expired, State::Gone];
    let counts = states.map(|state| (of(state), state.as_str()));
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, state)| format!("{count} {state}")).collect();
    let plural = if lines.len() == 1 { "" } else { "s" };
    let colon = if counts.is_empty() { "" } else { ": " };
    let _ = writeln!(text, "{} line{plural}{colon}{}", lines.len(), counts.join(", "));
    if of(State::Gone) + of(State::OtherValue) > 0 {
        text.push_str("`mlguard baseline prune` drops lines that no longer accept anything\n");
    }
    text
}

fn block(line: &Line<'_>, out: &mut String) -> std::fmt::Result {
    writeln!(out, "line {}: {}", line.note.line, printable(&masked(&line.spot.title())))?;
    let says = match line.state {
        State::Accepts => "the finding exists, with the accepted value",
        State::Unverified => "the finding exists; without the key of the line its value cannot be compared",
        State::OtherValue => "the finding exists with another value than the accepted one",
        State::Expired => "the finding exists, and is reported again",
        State::Gone => "the finding no longer exists",
    };
    writeln!(out, "  {}: {says}", line.state.as_str())?;
    for finding in line.findings.iter().take(NAMED) {
        writeln!(out, "  at {}:{}", printable(&finding.path), finding.region.start.line)?;
    }
    if line.findings.len() > NAMED {
        writeln!(out, "  and {} more", line.findings.len() - NAMED)?;
    }
    if let Some(reason) = &line.note.reason {
        writeln!(out, "  reason: {}", printable(&masked(reason)))?;
    }
    if let Some(until) = line.note.until {
        writeln!(out, "  until {until}")?;
    }
    writeln!(out)
}
