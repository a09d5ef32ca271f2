//! Rules as SARIF reporting descriptors.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use serde_sarif::sarif::{MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor};

use super::super::Context;
use super::super::rule_text::{plain, rule_markdown, rule_plain};
use super::super::text::sentence;
use super::INFORMATION;
use crate::finding::Finding;
use crate::rule::{Family, Level, Matcher, Rule};

/// Characters of a description that GitHub takes.
const MOST_TEXT: usize = 1024;
/// Characters of a name that GitHub takes.
const MOST_NAME: usize = 255;

/// All active rules sorted by id, and where each stands. A finding of a rule that is not among them gets a short
/// descriptor of its own, since GitHub wants one for every result.
pub(super) fn descriptors<'a>(
    context: &Context<'a>,
    findings: &[&'a Finding],
) -> (Vec<ReportingDescriptor>, HashMap<&'a str, i64>) {
    let mut sorted: BTreeMap<&'a str, ReportingDescriptor> = BTreeMap::new();
    for rule in context.rules {
        sorted.entry(&rule.id).or_insert_with(|| of_rule(rule));
    }
    for finding in findings {
        sorted.entry(&finding.rule).or_insert_with(|| unknown(finding));
    }
    let places = sorted.keys().copied().zip(0_i64..).collect();
    (sorted.into_values().collect(), places)
}

fn of_rule(rule: &Rule) -> ReportingDescriptor {
    let link = rule.references.first().map_or(INFORMATION, |link| link.as_ref());
    let descriptions = [description(&rule.title), description(&plain(&rule.why))];
    let help = [rule_plain(rule), rule_markdown(rule)];
    let mut descriptor = descriptor(&rule.id, descriptions, help, link, rule.level);
    descriptor.properties = Some(properties(rule));
    descriptor
}

fn unknown(finding: &Finding) -> ReportingDescriptor {
    let title = || sentence(&finding.rule.replace('-', " "));
    descriptor(&finding.rule, [title(), title()], [title(), title()], INFORMATION, finding.level)
}

/// A descriptor with a short and a full description, and with the help as text and as Markdown.
fn descriptor(
    id: &str,
    [short, full]: [String; 2],
    [text, markdown]: [String; 2],
    link: &str,
    level: Level,
) -> ReportingDescriptor {
    let message = |text: &str| MultiformatMessageString::builder().text(text).build();
    ReportingDescriptor::builder()
        .id(id)
        .name(pascal(id))
        .short_description(message(&short))
        .full_description(message(&full))
        .help(MultiformatMessageString::builder().text(text).markdown(markdown).build())
        .help_uri(link)
        .default_configuration(ReportingConfiguration::builder().level(json!(level.as_str())).build())
        .build()
}

fn properties(rule: &Rule) -> PropertyBag {
    let mut more: BTreeMap<String, Value> = BTreeMap::from([("precision".to_owned(), json!(precision(rule)))]);
    let mut tags = vec!["secrets".to_owned()];
    if rule.severity > 0.0 {
        // GitHub reads a string, and nothing outside of 0.1 to 10.
        more.insert("security-severity".to_owned(), json!(format!("{:.1}", rule.severity.clamp(0.1, 10.0))));
        tags.insert(0, "security".to_owned());
    } else {
        let severity = match rule.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "recommendation",
        };
        more.insert("problem.severity".to_owned(), json!(severity));
    }
    PropertyBag::builder().tags(tags).additional_properties(more).build()
}

/// How often the rule is right, in GitHub's words: structure and checksums are sure, names of keys are not.
fn precision(rule: &Rule) -> &'static str {
    match (rule.family, &rule.pattern) {
        (Family::Manifest, _) | (_, None) => "very-high",
        (_, Some(pattern)) if pattern.checksum.is_some() => "very-high",
        (_, Some(pattern)) if pattern.matcher == Matcher::Assignment => "medium",
        (_, Some(_)) if rule.level < Level::Error => "medium",
        (_, Some(_)) => "high",
    }
}

/// `text` on one line, ending with a full stop, cut at the end of a sentence or word where it is too long.
fn description(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() < MOST_TEXT {
        return sentence(&text);
    }
    let cut: String = text.chars().take(MOST_TEXT - 1).collect();
    if let Some((sentences, _)) = cut.rsplit_once(". ") {
        return format!("{sentences}.");
    }
    sentence(cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words))
}

/// `github-token` as `GithubToken`; a single word gets a second one, since a name must differ from the id.
fn pascal(id: &str) -> String {
    let words = id.split(|c: char| !c.is_ascii_alphanumeric());
    let mut name = String::with_capacity(id.len());
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    if name.eq_ignore_ascii_case(id) {
        name.push_str("Finding");
    }
    name.truncate(MOST_NAME);
    name
}
