//! `junit`: JUnit XML, as GitLab, Jenkins and Azure Pipelines read it.
//!
//! A file is a test suite, a finding in it a failed test; one below `--fail-on` is skipped, so that the tests fail exactly
//! where the exit status is 1. One more test says whether everything was searched, so that a clean run is not one without
//! tests. GitLab tells tests apart by suite, class and name, keeps the first of equal ones, and holds those of two
//! branches against each other: no line number is in a name, and repeats are counted.

use std::collections::HashMap;
use std::io::{self, Write};

use quick_xml::events::{BytesDecl, BytesText, Event};

use super::Context;
use super::human::{covered, incomplete};
use super::text::{brought, neutral, sentence, short, unsearched};
use crate::finding::{Finding, Outcome};

/// Name of the suite and the class of the test of coverage, and first part of the class of each finding.
const TOOL: &str = "mlguard";
/// Element of a test that failed.
const FAILED: &str = "failure";
/// Element of a test that does not count.
const SKIPPED: &str = "skipped";

type Writer<'w> = quick_xml::Writer<&'w mut dyn Write>;

/// A finding as a test.
struct Test<'a> {
    finding: &'a Finding,
    name: String,
    /// The element that says how it came out.
    result: &'static str,
}

pub(super) fn write(outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut names = Names::default();
    let tests: Vec<Test<'_>> = outcome.findings.iter().map(|finding| test(finding, context, &mut names)).collect();
    let numbers = [
        ("tests", tests.len() + 1),
        ("failures", number(&tests, FAILED)),
        ("errors", usize::from(incomplete(outcome).is_some())),
    ];
    let mut writer = quick_xml::Writer::new_with_indent(&mut *out, b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    counted(&mut writer, "testsuites", TOOL, &numbers).write_inner_content(|writer| {
        tests.chunk_by(|a, b| a.finding.path == b.finding.path).try_for_each(|tests| suite(tests, writer))?;
        coverage(outcome, writer)
    })?;
    writer.get_mut().write_all(b"\n")
}

fn number(tests: &[Test<'_>], result: &str) -> usize {
    tests.iter().filter(|test| test.result == result).count()
}

fn test<'a>(finding: &'a Finding, context: &Context<'_>, names: &mut Names) -> Test<'a> {
    let mut name = neutral(&finding.path).into_owned();
    if let Some(commit) = finding.commit.as_ref().filter(|commit| !commit.in_head) {
        name = format!("{name} in commit {}", short(commit));
    }
    if let Some(place) = &finding.place {
        name = format!("{name}: {}", neutral(place));
    }
    let result = if finding.level >= context.fail_on { FAILED } else { SKIPPED };
    Test { finding, name: names.unique(&finding.rule, &name), result }
}

/// What GitLab shows: it reads no attribute.
fn body(finding: &Finding) -> String {
    let start = finding.region.start;
    let mut lines = vec![
        format!("{}:{}:{}", neutral(&finding.path), start.line, start.column),
        format!("{}: {}", finding.level.as_str(), sentence(&neutral(&finding.message))),
    ];
    lines.extend(finding.commit.as_ref().map(|commit| format!("Commit: {}", brought(commit))));
    lines.extend(finding.place.as_ref().map(|place| format!("In: {}", neutral(place))));
    if !finding.help.is_empty() {
        lines.push(format!("Help: {}", neutral(&finding.help)));
    }
    lines.extend(finding.related.iter().map(|related| {
        format!("See: {}:{}: {}", neutral(&related.path), related.region.start.line, neutral(&related.message))
    }));
    lines.join("\n")
}

/// The tests of one file.
fn suite(tests: &[Test<'_>], writer: &mut Writer<'_>) -> io::Result<()> {
    let Some(first) = tests.first() else { return Ok(()) };
    let path = neutral(&first.finding.path);
    let numbers = [
        ("tests", tests.len()),
        ("failures", number(tests, FAILED)),
        ("errors", 0),
        ("skipped", number(tests, SKIPPED)),
    ];
    counted(writer, "testsuite", &path, &numbers)
        .write_inner_content(|writer| tests.iter().try_for_each(|test| case(test, &path, writer)))?;
    Ok(())
}

fn case(test: &Test<'_>, path: &str, writer: &mut Writer<'_>) -> io::Result<()> {
    let Test { finding, name, result } = test;
    let class = format!("{TOOL}.{}", neutral(&finding.rule));
    let case = element(writer, "testcase", &[("classname", &class), ("name", name), ("file", path)]);
    case.write_inner_content(|writer| {
        let message = sentence(&neutral(&finding.message));
        // Readers take some types for instructions how to read the text; no level is one of them. What is skipped has none.
        let attributes = [("message", message.as_str()), ("type", finding.level.as_str())];
        let kept = if *result == FAILED { &attributes[..] } else { &attributes[..1] };
        element(writer, result, kept).write_text_content(text(&body(finding)))?;
        Ok(())
    })?;
    Ok(())
}

/// The test that passes where everything was searched.
fn coverage(outcome: &Outcome, writer: &mut Writer<'_>) -> io::Result<()> {
    let fault = incomplete(outcome);
    let numbers = [("tests", 1), ("failures", 0), ("errors", usize::from(fault.is_some())), ("skipped", 0)];
    counted(writer, "testsuite", TOOL, &numbers).write_inner_content(|writer| {
        let case = element(writer, "testcase", &[("classname", TOOL), ("name", "everything was searched")]);
        case.write_inner_content(|writer| {
            if let Some(fault) = &fault {
                let mut lines = vec![fault.clone()];
                lines.extend(outcome.coverage.errors.iter().map(unsearched));
                element(writer, "error", &[("message", fault), ("type", "error")])
                    .write_text_content(text(&lines.join("\n")))?;
            }
            // GitLab looks for `[[ATTACHMENT|path]]` here; a file may be named so.
            let covered = covered(&outcome.coverage).replace("[[", "[ [");
            element(writer, "system-out", &[]).write_text_content(text(&covered))?;
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

fn counted<'w, 'o>(
    writer: &'w mut Writer<'o>,
    name: &'w str,
    title: &str,
    numbers: &[(&str, usize)],
) -> quick_xml::writer::ElementWriter<'w, &'o mut dyn Write> {
    numbers.iter().fold(element(writer, name, &[("name", title)]), |element, (key, number)| {
        element.with_attribute((*key, number.to_string().as_str()))
    })
}

fn element<'w, 'o>(
    writer: &'w mut Writer<'o>,
    name: &'w str,
    attributes: &[(&str, &str)],
) -> quick_xml::writer::ElementWriter<'w, &'o mut dyn Write> {
    let all = attributes.iter().map(|(key, value)| (*key, allowed(value)));
    all.fold(writer.create_element(name), |element, (key, value)| element.with_attribute((key, value.as_str())))
}

fn text(text: &str) -> BytesText<'static> {
    BytesText::new(&allowed(text)).into_owned()
}

/// `text` without the characters that XML 1.0 has no way to write. Control characters are pictures already.
fn allowed(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// Names of tests, each once in a class.
#[derive(Default)]
struct Names(HashMap<(String, String), usize>);

impl Names {
    /// `name`, or `name (2)` where the class has it already. Names have the path in them, so that what another suite
    /// has makes no difference.
    fn unique(&mut self, class: &str, name: &str) -> String {
        let key = |name: &str| (class.to_owned(), name.to_owned());
        let mut repeat = self.0.get(&key(name)).copied().unwrap_or_default();
        let mut unique = name.to_owned();
        while self.0.contains_key(&key(&unique)) {
            repeat += 1;
            unique = format!("{name} ({})", repeat + 1);
        }
        self.0.insert(key(name), repeat);
        self.0.entry(key(&unique)).or_default();
        unique
    }
}
