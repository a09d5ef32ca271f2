//! Allow comments and fixes (section 7), through whole runs.

use super::{Kept, Options, run_bytes};
use crate::coverage::Reason;
use crate::finding::edit::{Fix, FixKind};
use crate::rule::Fixable;

/// What a run on 2026-06-01 says of `text` as the file `path`: (line, rule).
fn said(path: &str, text: &str, allow_comments: bool) -> Vec<(usize, String)> {
    let outcome = run_bytes(path, text.as_bytes(), &Vec::new, &options(allow_comments));
    outcome.findings.iter().map(|finding| (finding.region.start.line, finding.rule.to_string())).collect()
}

fn options(allow_comments: bool) -> Options {
    Options { allow_comments, ..Options::for_tests() }
}

/// The fixes of a rule's findings in `text` as the file `path`.
fn fixes(path: &str, text: &str, rule: &str) -> Vec<Option<Fix>> {
    let outcome = run_bytes(path, text.as_bytes(), &Vec::new, &options(true));
    let found = outcome.findings.into_iter().filter(|finding| finding.rule == rule);
    found.map(|finding| finding.fix).collect()
}

/// The same with comments that count, a rule a word.
fn yaml(text: &str) -> Vec<(usize, String)> {
    said("values.yaml", text, true)
}

fn one(line: usize, rule: &str) -> Vec<(usize, String)> {
    vec![(line, rule.to_owned())]
}

const HELM: &str = "helm-values-credential";

#[test]
fn a_comment_allows_on_its_line_or_the_one_below() {
    assert_eq!(yaml("a: 1\npassword: tea4two-Biscuits\n"), one(2, HELM));
    for text in [
        "a: 1\npassword: tea4two-Biscuits # mlguard: allow helm-values-credential -- the sandbox\n",
        "a: 1\n# mlguard: allow helm-values-credential -- the sandbox\npassword: tea4two-Biscuits\n",
        "a: 1\n  # mlguard: allow env-credential, helm-values-credential -- the sandbox\npassword: tea4two-Biscuits\n",
        "a: 1\r\n# mlguard: allow helm-values-credential -- the sandbox\r\npassword: tea4two-Biscuits\r\n",
        "a: 1\n#mlguard: allow helm-values-credential --the sandbox\npassword: tea4two-Biscuits\n",
    ] {
        assert_eq!(yaml(text), [], "{text}");
    }
}

#[test]
fn several_comments_may_stand_above_a_line() {
    let text = "a: 1\n# mlguard: allow helm-values-credential -- sandbox\n# mlguard: allow unparsable -- also\npassword: tea4two-Biscuits\n";
    assert_eq!(yaml(text), one(3, "unused-allow"));
}

#[test]
fn a_comment_behind_a_value_allows_nothing_below() {
    let text = "a: 1\npassword: tea4two-Biscuits # mlguard: allow helm-values-credential -- sandbox\nother_password: tea4two-Biscuits\n";
    assert_eq!(yaml(text), one(3, HELM));
}

#[test]
fn a_comment_reaches_the_text_of_a_block_scalar() {
    for text in [
        "a: 1\npassword: | # mlguard: allow helm-values-credential -- sandbox\n  tea4two-Biscuits\n",
        "a: 1\n# mlguard: allow helm-values-credential -- sandbox\npassword: >-\n  tea4two-Biscuits\n",
    ] {
        assert_eq!(yaml(text), [], "{text}");
        assert_eq!(yaml(&text.replace("mlguard:", "scanner:")), one(text.lines().count(), HELM), "{text}");
    }
}

#[test]
fn a_comment_two_lines_above_allows_nothing() {
    let text = "a: 1\n# mlguard: allow helm-values-credential -- sandbox\nb: 2\npassword: tea4two-Biscuits\n";
    assert_eq!(yaml(text), [one(2, "unused-allow"), one(4, HELM)].concat());
}

#[test]
fn a_comment_at_the_head_allows_for_the_document_only() {
    let head = "# mlguard: allow helm-values-credential -- the sandbox\n";
    let body = "a: 1\nb: {password: tea4two-Biscuits}\nc: {password: tea4two-Biscuits}\n";
    assert_eq!(yaml(&format!("{head}{body}")), []);
    assert_eq!(yaml(&format!("# about\n\n---\n{head}{body}")), []);
    assert_eq!(yaml(&format!("{head}{body}---\n{body}")), [one(7, HELM), one(8, HELM)].concat());
    assert_eq!(yaml(&format!("{body}---\n{head}{body}")), [one(2, HELM), one(3, HELM)].concat());
}

#[test]
fn the_reason_is_required() {
    for comment in [
        "mlguard: allow helm-values-credential",
        "mlguard: allow helm-values-credential --",
        "mlguard: allow helm-values-credential -- !!",
        "mlguard: allow helm-values-credential until 2026-12-31",
        "mlguard: allow helm-values-credential -- until 2026-12-31",
    ] {
        let text = format!("a: 1\n# {comment}\npassword: tea4two-Biscuits\n");
        assert_eq!(yaml(&text), [one(2, "allow-without-reason"), one(3, HELM)].concat(), "{comment}");
    }
}

#[test]
fn a_date_ends_an_allowance() {
    let with = |words: &str| yaml(&format!("a: 1\n# mlguard: allow {words}\npassword: tea4two-Biscuits\n"));
    for words in [
        "helm-values-credential until 2026-12-31 -- the sandbox",
        "helm-values-credential until 2026-06-01 -- ends tonight",
        "helm-values-credential -- the sandbox until 2026-12-31",
        "helm-values-credential -- the sandbox, until 2026-12-31.",
        "helm-values-credential -- the sandbox, until the move is done",
    ] {
        assert_eq!(with(words), [], "{words}");
    }
    for words in [
        "helm-values-credential until 2026-05-31 -- the sandbox",
        "helm-values-credential -- the sandbox until 2025-12-31",
        "helm-values-credential until 31.12.2026 -- the sandbox",
        "helm-values-credential until 2026-02-30 -- the sandbox",
        "helm-values-credential until -- the sandbox",
    ] {
        assert_eq!(with(words), [one(2, "unused-allow"), one(3, HELM)].concat(), "{words}");
    }
}

#[test]
fn what_allows_nothing_is_said() {
    for (comment, finding) in [
        ("mlguard: allow helm-values-credential -- the sandbox", false),
        ("mlguard: allow env-credential -- the sandbox", true),
        ("mlguard: allow helm-values-credentials -- misspelt", true),
        ("mlguard: allow -- no rule", true),
    ] {
        let value = if finding { "password: tea4two-Biscuits" } else { "b: 2" };
        let text = format!("a: 1\n# {comment}\n{value}\n");
        let expected = if finding { [one(2, "unused-allow"), one(3, HELM)].concat() } else { one(2, "unused-allow") };
        assert_eq!(yaml(&text), expected, "{comment}");
    }
}

#[test]
fn words_that_are_no_comment_allow_nothing() {
    for line in [
        "note: 'mlguard: allow helm-values-credential -- text'",
        "# mlguard: allowed helm-values-credential -- other word",
        "# write mlguard: allow RULE -- why",
    ] {
        assert_eq!(yaml(&format!("a: 1\n{line}\npassword: tea4two-Biscuits\n")), one(3, HELM), "{line}");
    }
}

#[test]
fn every_comment_syntax_counts() {
    let value = "q8ZrT3vLw0XbN5kYp2Jd";
    for (path, text) in [
        ("a.go", "package a\n// mlguard: allow generic-credential -- test account\nvar password = \"VALUE\"\n"),
        ("a.js", "let a;\nlet password = 'VALUE'; /* mlguard: allow generic-credential -- test account */\n"),
        ("a.ini", "[a]\n; mlguard: allow generic-credential -- test account\npassword = VALUE\n"),
        ("a.sql", "SELECT 1;\n-- mlguard: allow generic-credential -- test account\npassword = 'VALUE';\n"),
        (
            "a.xml",
            "<a>\n<!-- mlguard: allow generic-credential -- test account -->\n<password>VALUE</password>\n</a>\n",
        ),
        ("a.py", "import a\npassword = \"VALUE\"  # mlguard: allow generic-credential -- test account\n"),
        ("templates/a.yaml", "a: 1\n{{/* mlguard: allow generic-credential -- test account */}}\npassword: VALUE\n"),
        ("README.md", "# A\n\n<!-- mlguard: allow generic-credential -- test account -->\nDB_PASSWORD=VALUE\n"),
        (
            "README.md",
            "# A\n\n```yaml\na: 1\npassword: VALUE # mlguard: allow generic-credential -- test account\n```\n",
        ),
    ] {
        let text = text.replace("VALUE", value);
        assert_eq!(said(path, &text, true), [], "{text}");
        let bare = text.replace("mlguard:", "scanner:");
        assert_eq!(said(path, &bare, true).len(), 1, "{bare}");
    }
    let closed = "# A\n\n<!-- mlguard: allow generic-credential -->\nDB_PASSWORD=q8ZrT3vLw0XbN5kYp2Jd\n";
    assert_eq!(
        said("README.md", closed, true),
        [one(3, "allow-without-reason"), one(4, "generic-credential")].concat()
    );
}

#[test]
fn a_rule_of_markdown_is_no_head_of_a_document() {
    let text = "# A\n\nDB_PASSWORD=q8ZrT3vLw0XbN5kYp2Jd\n\n---\n\n<!-- mlguard: allow generic-credential -- test account -->\nDB_PASSWORD=q8ZrT3vLw0XbN5kYp2Jd\n";
    assert_eq!(said("README.md", text, true), one(3, "generic-credential"));
}

#[test]
fn a_policy_can_refuse_comments() {
    let text = "a: 1\n# mlguard: allow helm-values-credential -- the sandbox\npassword: tea4two-Biscuits\nb: 2 # mlguard: allow x\n";
    assert_eq!(said("values.yaml", text, false), one(3, HELM));
}

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: tea4two-Biscuits\n  token: jam4two-Scones\n";

#[test]
fn values_of_one_document_share_the_fix_that_seals_it() {
    let text = format!("# head\n---\nkind: ConfigMap\n---\n{SECRET}# foot\n");
    let found = fixes("a.yaml", &text, "plaintext-secret");
    let [Some(first), Some(second)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(first, second);
    assert_eq!(first.applicability, Fixable::Safe);
    let FixKind::Seal { document } = first.kind else { panic!("{first:?}") };
    assert_eq!(document.slice(&text), SECRET.trim_end());
}

#[test]
fn why_a_secret_is_not_sealed_is_said() {
    let text = format!("```yaml\n{SECRET}```\n");
    let outcome = run_bytes("a.md", text.as_bytes(), &Vec::new, &options(true));
    let help = "Seal it by hand, because `mlguard fix` cannot do it here: it is in a code block of a text; write placeholders there.";
    let found: Vec<&str> = outcome.findings.iter().map(|finding| finding.help.as_str()).collect();
    assert_eq!(found, [help, help]);
}

#[test]
fn a_secret_that_is_no_document_of_its_own_has_no_fix() {
    let list = format!("apiVersion: v1\nkind: List\nitems:\n- {}\n", SECRET.trim_end().replace('\n', "\n  "));
    let templated = SECRET.replace("name: a", "name: {{ .Release.Name }}");
    for (path, text) in [("a.yaml", list), ("a.yaml", templated), ("a.md", format!("```yaml\n{SECRET}```\n"))] {
        assert_eq!(fixes(path, &text, "plaintext-secret"), [None, None], "{text}");
    }
}

/// A name that is the value too: no text of a fix shows it.
#[test]
fn the_words_of_a_fix_show_no_value() {
    let value = "tea4two_Biscuits";
    let sealed = format!(
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: {value}, namespace: a}}\nspec:\n  encryptedData: {{}}\n  \
         template:\n    metadata: {{name: b, namespace: a}}\n    data: {{password: {value}}}\n"
    );
    let found = fixes("a.yaml", &sealed, "sealed-template-mismatch");
    let [Some(fix)] = found.as_slice() else { panic!("{found:?}") };
    assert!(fix.title.starts_with("set the name `********`") && !fix.title.contains(value), "{}", fix.title);
}

#[test]
fn the_worst_findings_are_listed_and_the_others_counted() {
    let weak = (0..1_200).map(|at| format!("k{at}: {{apiKey: abcdefg1}}\n")).collect::<Vec<_>>().concat();
    let text = format!("{weak}strong: {{apiKey: q8ZrT3vLw0XbN5kYp2Jd}}\n");
    let run = |kept| run_bytes("values.yaml", text.as_bytes(), &Vec::new, &Options { kept, ..Options::for_tests() });
    let all = run(Kept::Compared);
    assert!(all.complete && all.coverage.skipped.is_empty());
    assert_eq!(all.findings.len(), 1_201, "each is one");
    let listed = run(Kept::Listed);
    assert!(listed.complete, "what is not listed is counted");
    let notes: Vec<&Reason> = listed.coverage.skipped.iter().map(|skipped| &skipped.reason).collect();
    assert_eq!(notes, [&Reason::MoreFindings { rule: HELM.into(), count: 201 }]);
    assert_eq!(listed.findings.len(), 1_000);
    assert_eq!(
        listed.findings.last().map(|finding| finding.region.start.line),
        Some(1_201),
        "the worst one is at the end"
    );
}

#[test]
fn matches_that_are_too_many_to_be_judged_make_a_run_incomplete() {
    let text = "pwd=hello\n".repeat(100_010);
    let outcome =
        run_bytes("a.properties", text.as_bytes(), &Vec::new, &Options { kept: Kept::Listed, ..Options::for_tests() });
    assert_eq!(outcome.findings.len(), 1_000);
    assert!(!outcome.complete);
    let counts = outcome.coverage.not_listed().map(|(_, count)| count);
    assert_eq!(counts.collect::<Vec<_>>(), [99_010], "one note for both");
}
