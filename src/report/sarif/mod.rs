//! `sarif`: SARIF 2.1.0 as GitHub code scanning reads it.
//!
//! What GitHub does not read or rejects is left out: message ids, snippets (they would carry what is masked
//! elsewhere), suppressions and fixes. The limits are GitHub's; what goes over them is left out here, worst kept, and
//! a notification says so.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, Message, Notification, PhysicalLocation, Run, RunAutomationDetails,
    Sarif as Log, Tool, ToolComponent, VersionControlDetails,
};

use super::text::{count, is_binary, neutral, sentence, thousands, uri};
use super::{Context, Repository, is_complete, json, worst_first};
use crate::coverage::{Coverage, Scope, Skipped};
use crate::finding::{Finding, Outcome};

mod result;
mod rules;

/// Where the schema is, its final address.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// Where to read about the program.
const INFORMATION: &str = "https://crates.io/crates/mlguard";
/// Names the root that paths are relative to. It has no address: that would be a path of this machine.
const ROOT: &str = "SRCROOT";
/// Results of a run that GitHub shows.
const MOST_RESULTS: usize = 5_000;
/// Notifications about files that were left out on purpose; more are counted.
const MOST_SKIPS: usize = 100;

pub(super) fn write(outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(json::pretty(&log(outcome, context))?.as_bytes())
}

fn log(outcome: &Outcome, context: &Context<'_>) -> Log {
    let findings = kept(outcome, context);
    let (rules, places) = rules::descriptors(context, &findings);
    let results: Vec<_> = findings.iter().map(|finding| result::result(finding, &places)).collect();
    let driver = ToolComponent::builder()
        .name("mlguard")
        .version(context.version)
        .semantic_version(context.version)
        .information_uri(INFORMATION)
        .rules(rules)
        .build();
    let root = ArtifactLocation::builder().description(message("The root of what was searched.")).build();
    let mut run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .invocations(vec![invocation(outcome, findings.len())])
        .automation_details(RunAutomationDetails::builder().id(category(outcome.coverage.scope)).build())
        .original_uri_base_ids(BTreeMap::from([(ROOT.to_owned(), root)]))
        .column_kind(json!("utf16CodeUnits"))
        .results(results)
        .build();
    run.version_control_provenance = context.repository.as_ref().and_then(provenance).map(|details| vec![details]);
    Log::builder().schema(SCHEMA).version(json!("2.1.0")).runs(vec![run]).build()
}

/// The category of the run, up to the last `/`. GitHub closes the alerts of a category that its next upload lacks, so the
/// history has one of its own: the alerts of the tree would come and go with it.
fn category(scope: Scope) -> &'static str {
    match scope {
        Scope::History => "mlguard/history/",
        Scope::Tree | Scope::Staged | Scope::Range => "mlguard/",
    }
}

/// Which version of which repository was searched. Only of an address that is a URL, and only its public part: remotes
/// carry tokens (`https://user:token@host/…`).
fn provenance(repository: &Repository<'_>) -> Option<VersionControlDetails> {
    let (scheme, rest) = repository.address.split_once("://")?;
    if !matches!(scheme, "https" | "http" | "ssh" | "git") {
        return None;
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit('@').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    if host.is_empty() || !host.chars().all(plain) {
        return None;
    }
    let root = ArtifactLocation::builder().uri_base_id(ROOT).build();
    let mut details = VersionControlDetails::builder()
        .repository_uri(format!("{scheme}://{host}/{}", uri(path.trim_start_matches('/'))))
        .mapped_to(root)
        .build();
    details.revision_id = repository.commit.map(str::to_owned);
    details.branch = repository.branch.map(str::to_owned);
    Some(details)
}

/// The findings that fit, in the order of the report.
fn kept<'a>(outcome: &'a Outcome, context: &Context<'_>) -> Vec<&'a Finding> {
    if outcome.findings.len() <= MOST_RESULTS {
        return outcome.findings.iter().collect();
    }
    let worst: HashSet<*const Finding> =
        worst_first(outcome, context).into_iter().take(MOST_RESULTS).map(std::ptr::from_ref).collect();
    outcome.findings.iter().filter(|finding| worst.contains(&std::ptr::from_ref(*finding))).collect()
}

fn invocation(outcome: &Outcome, kept: usize) -> Invocation {
    let mut notifications = Vec::new();
    if kept < outcome.findings.len() {
        notifications.push(notification(
            "warning",
            &format!(
                "{} of {} findings are in this file, the worst ones, because GitHub shows no more. The other formats have all.",
                thousands(kept),
                thousands(outcome.findings.len())
            ),
            None,
        ));
    }
    for error in &outcome.coverage.errors {
        let text =
            format!("'{}' was not searched: {}", neutral(&error.path), sentence(&neutral(&error.reason.to_string())));
        notifications.push(notification("error", &text, Some(&error.path)));
    }
    if !is_complete(outcome) {
        notifications.push(notification("error", "The scan is incomplete: not everything was searched.", None));
    }
    notifications.extend(skips(&outcome.coverage));
    Invocation::builder().execution_successful(is_complete(outcome)).tool_execution_notifications(notifications).build()
}

/// What was left out on purpose: binary files and what goes over the limit are counted, the others named.
fn skips(coverage: &Coverage) -> Vec<Notification> {
    let (binary, others): (Vec<&Skipped>, Vec<&Skipped>) =
        coverage.skipped.iter().partition(|skipped| is_binary(skipped));
    let mut notifications = Vec::new();
    if !binary.is_empty() {
        notifications.push(notification("note", &format!("{} left out.", count(binary.len(), "binary file")), None));
    }
    for skipped in others.iter().take(MOST_SKIPS) {
        let text =
            format!("'{}' was left out: {}", neutral(&skipped.path), sentence(&neutral(&skipped.reason.to_string())));
        notifications.push(notification("note", &text, Some(&skipped.path)));
    }
    if others.len() > MOST_SKIPS {
        let text = format!("{} left out.", count(others.len() - MOST_SKIPS, "more file"));
        notifications.push(notification("note", &text, None));
    }
    notifications
}

fn notification(level: &str, text: &str, path: Option<&str>) -> Notification {
    let mut notification = Notification::builder().level(json!(level)).message(message(text)).build();
    // An absolute path would name this machine's folders; the message has what is needed.
    notification.locations = path.filter(|path| !path.starts_with('/')).map(|path| vec![location(path, None)]);
    notification
}

fn location(path: &str, region: Option<serde_sarif::sarif::Region>) -> Location {
    let mut artifact = ArtifactLocation::builder().uri(uri(path)).build();
    artifact.uri_base_id = (!path.starts_with('/')).then(|| ROOT.to_owned());
    let mut physical = PhysicalLocation::builder().artifact_location(artifact).build();
    physical.region = region;
    Location::builder().physical_location(physical).build()
}

/// A message of plain text. Names from scanned files must not become links or placeholders in it.
fn message(text: &str) -> Message {
    let mut tame = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', ']']) {
        let (before, after) = rest.split_at(at);
        tame.push_str(before);
        let digits = after.get(1..).map_or(0, |tail| tail.bytes().take_while(u8::is_ascii_digit).count());
        let placeholder = digits > 0 && after.as_bytes().get(digits + 1) == Some(&b'}');
        tame.push_str(match after.as_bytes() {
            [b'{', ..] if placeholder => "{{",
            [b'{', ..] => "{",
            [_, b'(', ..] => "] ",
            _ => "]",
        });
        rest = after.get(1..).unwrap_or_default();
    }
    tame.push_str(rest);
    Message::builder().text(tame).build()
}
