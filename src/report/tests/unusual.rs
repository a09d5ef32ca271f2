//! Reports of unusual outcomes and hostile names.

use std::sync::Arc;

use serde_json::Value;

use super::{finding, report, skipped};
use crate::finding::{MASK, Outcome, Related};
use crate::report::Format;
use crate::rule::Level;
use crate::span::Span;

const NASTY: &[&str] = &[
    "\u{1b}[31mred\u{1b}]0;title\u{7}",
    "\u{9b}2J\u{85}\u{7f}",
    "\u{202e}lmy.sterces\u{2066}\u{200f}",
    "a\nb\r\nc\rd\u{2028}e",
    "100% %0A ::error::x, y: z",
    "\n::error file=x::injected",
    "##[add-mask]x",
    "[link](1) {0} {{1}} ](",
    "\"quotes\" \\ `ticks` <b>&amp;</b>",
    "😀👩‍👩‍👧 é\u{301} 漢字",
    "\0\t\u{b}\u{c}",
    "",
    "../../etc\\passwd //x",
    "\u{feff}\u{e0041}\u{fffd}",
    "\u{fffe}\u{ffff}]]> <![CDATA[ <!-- --> <?x?> &amp;&#0; [[ATTACHMENT|x]]",
    "a|b\\|c\\\\|d <img src=x onerror=alert(1)> **b** _i_ ~~s~~ `` ` `` @user #1 !2 $x$ :smile: [^1]",
    "</code> https://evil.example www.evil.example a@b.example ![x](y) \\",
];

fn outcome(text: &str) -> Outcome {
    let mut odd = finding("plaintext-secret", Level::Error, text);
    odd.message = text.to_owned();
    odd.help = text.to_owned();
    odd.place = Some(text.to_owned());
    odd.related = vec![Related { path: Arc::from(text), region: odd.region, message: text.to_owned() }];
    if let Some(excerpt) = &mut odd.excerpt {
        excerpt.text = format!("{text}{MASK}{text}");
        excerpt.marked = Span::new(text.len(), text.len() + MASK.len());
    }
    let mut outcome = Outcome { findings: vec![odd], ..Outcome::default() };
    outcome.coverage.skipped = vec![skipped(text, text)];
    outcome.coverage.errors = vec![skipped(text, text)];
    outcome
}

#[test]
fn no_text_breaks_a_format() {
    for text in NASTY {
        for format in Format::ALL {
            let report = report(*format, &outcome(text));
            let active = report.chars().find(|&c| c != '\n' && crate::mask::is_active(c));
            assert_eq!(active, None, "{format}: {text:?} gave {report:?}");
            assert!(!report.contains("##["), "{format}: {text:?}");
            match format {
                Format::Human => {
                    let command = report.lines().find(|line| line.trim_start().starts_with("::"));
                    assert_eq!(command, None, "{text:?}");
                    assert!(report.contains("^^^^^^^^"), "{text:?}: {report}");
                }
                Format::Github => {
                    assert_eq!(report.lines().count(), 2, "{text:?}: {report}");
                    assert!(report.lines().all(|line| line.starts_with("::error file=")), "{text:?}: {report}");
                }
                Format::Junit => super::junit::well_formed(&report),
                Format::Markdown => {
                    let cells = super::markdown::cells(&report);
                    assert_eq!(cells.len(), 2 * 5, "{text:?}: {report}");
                }
                Format::Json | Format::Sarif | Format::Gitlab => {
                    serde_json::from_str::<Value>(&report).expect("JSON");
                }
                Format::Jsonl => assert_eq!(report.lines().count(), 2, "{text:?}"),
            }
        }
    }
}

#[test]
fn programs_get_the_text_as_it_is() {
    for text in NASTY {
        let value: Value = serde_json::from_str(&report(Format::Json, &outcome(text))).expect("JSON");
        let finding = &value["findings"][0];
        for key in ["path", "message", "help", "place"] {
            assert_eq!(finding[key], *text, "{key}");
        }
        assert_eq!(value["coverage"]["errors"][0]["path"], *text);
    }
}
