//! What the formats say of the commit that brought a finding.

use serde_json::{Value, json};

use super::{history, outcome, report};
use crate::coverage::Scope;
use crate::report::Format;

#[test]
fn people_read_who_brought_it_and_what_that_means() {
    let text = report(Format::Human, &history());
    let lines = [
        "  = commit: brought by 1a2b3c4d5e of 2024-03-01 (Jane Doe), still in HEAD\n",
        " = commit: brought by 1a2b3c4d5e of 2024-03-01 (Jane Doe), no longer in HEAD, still in the history: rotate it\n",
        "\nsearched the history: 12 files, 34.1 kB in 5 commits\n",
    ];
    for line in lines {
        assert!(text.contains(line), "{line}{text}");
    }
}

#[test]
fn json_has_the_commit_as_the_product_page_says() {
    let report = report(Format::Json, &history());
    let value: Value = serde_json::from_str(&report).expect("JSON");
    let id = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";
    let expected = |in_head| json!({ "id": id, "author_date": "2024-03-01T23:30:00-08:00", "in_head": in_head });
    assert_eq!([&value["findings"][0]["commit"], &value["findings"][1]["commit"]], [&expected(true), &expected(false)]);
    assert_eq!(value["coverage"]["commits"], 5);
    let plain = super::report(Format::Json, &outcome());
    assert!(!plain.contains("\"commit\""), "a tree has no commits: {plain}");
    let lines = super::report(Format::Jsonl, &history());
    assert!(lines.lines().next().is_some_and(|line| line.contains(r#""commit":{"id":"1a2b3c4d5e"#)), "{lines}");
}

#[test]
fn sarif_keeps_the_history_apart_and_gives_no_line_hash_without_a_file() {
    let text = report(Format::Sarif, &history());
    let log: Value = serde_json::from_str(&text).expect("JSON");
    let run = &log["runs"][0];
    assert_eq!(run["automationDetails"]["id"], "mlguard/history/");
    let id = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";
    let expected = json!({ "commit": id, "authorDate": "2024-03-01T23:30:00-08:00", "inHead": false });
    assert_eq!(run["results"][1]["properties"], expected);
    let own = json!({ "mlguard/v1": "00112233445566778899aabbccddeeff" });
    assert_eq!(run["results"][1]["partialFingerprints"], own);
    assert_eq!(run["results"][0]["properties"]["inHead"], true);
    assert_eq!(run["results"][0]["partialFingerprints"]["primaryLocationLineHash"], "9535ce9650985f42:1");
    for scope in [Scope::Tree, Scope::Staged, Scope::Range] {
        let mut other = history();
        other.coverage.scope = scope;
        let log: Value = serde_json::from_str(&super::report(Format::Sarif, &other)).expect("JSON");
        assert_eq!(log["runs"][0]["automationDetails"]["id"], "mlguard/", "{scope:?}");
    }
}

#[test]
fn github_annotates_files_of_head_only() {
    let expected = "\
::error file=apps/db.yml,line=7,col=13,endLine=7,endColumn=20,title=mlguard%3A plaintext-secret::The key 'password' of a Secret is in plain text.%0ACommit: brought by 1a2b3c4d5e of 2024-03-01, still in HEAD%0AIn: Secret mlflow/mlflow-db .stringData.password%0AHelp: Seal it: mlguard fix
::warning title=mlguard%3A github-token::docs/ü b.md:1 in commit 1a2b3c4d5e:%0AA GitHub token stands here%0ACommit: brought by 1a2b3c4d5e of 2024-03-01, no longer in HEAD, still in the history: rotate it%0AHelp: Revoke it.
";
    assert_eq!(report(Format::Github, &history()), expected);
}

#[test]
fn only_people_at_the_repository_see_the_author() {
    for format in Format::ALL {
        let has = report(*format, &history()).contains("Jane Doe");
        assert_eq!(has, *format == Format::Human, "{format}");
    }
}
