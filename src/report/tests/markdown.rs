//! Markdown, read with a parser of the same dialect: cells stay cells, and nothing in them acts.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{finding, history, incomplete, outcome, report, skipped};
use crate::finding::Outcome;
use crate::report::Format;
use crate::report::text::neutral;
use crate::rule::Level;

/// What a reader sees of each cell, the heading's first. Nothing but text, the code and line breaks that we make ourselves,
/// and links to a rule's references may stand there, and nothing that hosts would make a link or mention of.
pub(super) fn cells(markdown: &str) -> Vec<String> {
    let (mut cells, mut cell, mut in_code) = (Vec::new(), None::<String>, false);
    for event in Parser::new_ext(markdown, Options::all().difference(Options::ENABLE_SMART_PUNCTUATION)) {
        match (event, &mut cell) {
            (Event::Start(Tag::TableCell), None) => cell = Some(String::new()),
            (Event::End(TagEnd::TableCell), Some(_)) => cells.extend(cell.take()),
            (Event::Text(part), Some(cell)) => cell.push_str(&part),
            (Event::InlineHtml(html), Some(cell)) => match &*html {
                "<br>" => cell.push('\n'),
                "<code>" => in_code = true,
                "</code>" => in_code = false,
                other => panic!("{other} in {markdown}"),
            },
            (Event::Start(Tag::Link { dest_url, .. }), Some(_)) => {
                assert_eq!(&*dest_url, "https://kubernetes.io/docs/concepts/configuration/secret/");
            }
            (Event::End(TagEnd::Link), Some(_)) => {}
            (Event::Code(_) | Event::Html(_) | Event::InlineHtml(_) | Event::InlineMath(_), None) => {
                // Names before the table are code as well.
            }
            (event, Some(_)) => panic!("{event:?} in {markdown}"),
            (_, None) => {}
        }
    }
    assert!(!in_code, "code is closed: {markdown}");
    // Hosts look for these in the source.
    for active in ["://", "www.", "<img", "<!--", "|b"] {
        let links = markdown.matches("](https://").count();
        let own = if active == "://" { links } else { 0 };
        assert_eq!(markdown.matches(active).count(), own, "{active} in {markdown}");
    }
    cells
}

/// The page without the marks that keep it inert, as a reader sees it.
fn seen(markdown: &str) -> String {
    let mut text = String::new();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Text(part) => text.push_str(&part),
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell) => text.push('\n'),
            _ => {}
        }
    }
    text.replace('\u{200b}', "")
}

#[test]
fn a_page_has_a_verdict_a_table_and_the_coverage() {
    let page = report(Format::Markdown, &outcome());
    let expected = [
        "level",
        "rule",
        "where",
        "what is wrong",
        "what to do",
        "error",
        "plaintext-secret",
        "apps/db.yml:7\nSecret mlflow/mlflow-db .stringData.password",
        "The key 'password' of a Secret is in plain text.",
        "Seal it: mlguard fix",
        "warning",
        "github-token",
        "docs/ü b.md:1",
        "A GitHub token stands here",
        "Revoke it.",
    ];
    assert_eq!(cells(&page), expected);
    let told = seen(&page);
    assert!(told.starts_with("mlguard\n1 error, 1 warning in 2 files\n"), "{told}");
    let last = "\nchecked 1,339 files, 29.1 MB; left out: 2 binary files, 1 file larger than the limit (big.csv)\n";
    assert!(told.ends_with(last), "{told}");
    assert!(page.contains("[<code>plaintext-secret</code>](https://kubernetes.io/"), "{page}");
    assert!(page.contains("| <code>github-token</code> |"), "no references, no link: {page}");
}

#[test]
fn code_in_the_help_is_code() {
    let mut outcome = outcome();
    outcome.findings[0].help = "Run `mlguard fix` or `kubeseal <a|b>`; it`s done.".to_owned();
    let page = report(Format::Markdown, &outcome);
    let expected = "| Run <code>mlguard fix</code> or <code>kubeseal &#60;a&#124;b&#62;</code>; it&#96;s done. |";
    assert!(page.contains(expected), "{page}");
}

#[test]
fn clean_and_incomplete_runs_say_so() {
    let clean = Outcome { complete: true, ..Outcome::default() };
    let text = seen(&report(Format::Markdown, &clean));
    assert_eq!(text, "mlguard\nnothing was there to check\nchecked 0 files, 0 bytes\n");
    let mut unread = incomplete();
    unread.findings.clear();
    unread.coverage.skipped.clear();
    let expected = "mlguard\nnothing found in what could be searched\n\
                    the scan is incomplete: 1 file not searched (exit status 2)\n\
                    locked.yml: permission denied\nchecked 1,339 files, 29.1 MB\n";
    assert_eq!(seen(&report(Format::Markdown, &unread)), expected);
}

#[test]
fn hostile_names_stay_what_they_are_in_their_cells() {
    let names = [
        "a|b",
        "a\\|b",
        "a\nb",
        "<img src=x>",
        "[x](y)",
        "![x](y)",
        "@user",
        "a@b.example",
        "`a`",
        "``",
        "**b**",
        "#12",
        "&lt;",
        "~~x~~",
        "https://evil.example/x",
        "www.evil.example",
        "$a$",
        ":smile:",
        "</code>",
        "<!-- x -->",
        "[^1]",
        "_x_",
        "\\",
    ];
    for name in names {
        let mut odd = finding("plaintext-secret", Level::Error, name);
        odd.place = Some(name.to_owned());
        odd.message = name.to_owned();
        odd.help = name.to_owned();
        let outcome = Outcome { findings: vec![odd], complete: true, ..Outcome::default() };
        let page = report(Format::Markdown, &outcome);
        let cells = cells(&page);
        assert_eq!(cells.len(), 10, "{name}: {page}");
        assert_eq!(cells[7].replace('\u{200b}', ""), format!("{0}:7\n{0}", neutral(name)));
        assert!(!cells.iter().any(|cell| cell.contains("@user") || cell.contains("a@b")), "{page}");
        assert_eq!(cells[8].replace('\u{200b}', ""), neutral(name));
        let help = if name.starts_with('`') { name.replace('`', "") } else { neutral(name).into_owned() };
        assert_eq!(cells[9].replace('\u{200b}', ""), help, "pairs of backticks are code in the help");
        for sign in ["@user", "#12"].iter().filter(|sign| **sign == name) {
            assert!(!cells[8].contains(sign), "hosts resolve references before they look for {sign}");
        }
    }
}

#[test]
fn a_page_fits_into_a_comment_and_says_what_is_left_out() {
    let mut findings: Vec<_> = (0..3_000).map(|n| finding("unparsable", Level::Note, &format!("f{n:04}"))).collect();
    findings.push(finding("plaintext-secret", Level::Error, "z"));
    let page = report(Format::Markdown, &Outcome { findings, complete: true, ..Outcome::default() });
    assert!(page.len() < 65_536 && page.len() > 50_000, "{} bytes", page.len());
    let cells = cells(&page);
    let shown = cells.len() / 5 - 1;
    assert_eq!(
        cells[cells.len() - 3],
        "z:7\nSecret mlflow/mlflow-db .stringData.password",
        "the worst is shown, in its place"
    );
    let more = format!("\n{} more findings left out here", super::super::text::thousands(3_001 - shown));
    assert!(seen(&page).contains(&more), "{more}: {}", seen(&page));

    let long = "|@x".repeat(100_000);
    let mut odd = finding("plaintext-secret", Level::Error, &long);
    (odd.message, odd.help, odd.place) = (long.clone(), long.clone(), Some(long.clone()));
    let mut outcome = Outcome { findings: vec![odd; 100], ..Outcome::default() };
    outcome.coverage.errors = (0..100).map(|_| skipped(&long, &long)).collect();
    outcome.coverage.skipped = (0..100).map(|n| skipped(&long, &format!("{n}{long}"))).collect();
    let page = report(Format::Markdown, &outcome);
    assert!(page.len() < 65_536 && page.contains("- and ") && page.contains("| error |"), "{} bytes", page.len());
}

#[test]
fn the_commit_is_named_without_its_author() {
    let page = report(Format::Markdown, &history());
    let cells = cells(&page);
    let expected = "apps/db.yml:7\nSecret mlflow/mlflow-db .stringData.password\n\
                    brought by 1a2b3c4d5e of 2024-03-01, still in HEAD";
    assert_eq!(cells[7], expected);
    let expected = "docs/ü b.md:1 in commit 1a2b3c4d5e\n\
                    brought by 1a2b3c4d5e of 2024-03-01, no longer in HEAD, still in the history: rotate it";
    assert_eq!(cells[12], expected);
    assert!(seen(&page).ends_with("\nsearched the history: 12 files, 34.1 kB in 5 commits\n"), "{page}");
}
