//! One file of a repository that uses SOPS: the others are read for what they say of it.

use super::rig::{Repo, has_git};

const RECIPIENT: &str = "age1gaazuyujfz38jcp0hzvenfcwup7wek7mkervzeutyz6pxd8p0fcqgpay2p";

/// The rules of SOPS that speak of a file which is checked alone.
fn said(repo: &Repo, file: &str) -> Vec<String> {
    let run = repo.run(&["check", "--no-config", "--format", "json", file]);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let found = run.findings();
    let rules = found.iter().map(|finding| text(&finding["rule"]));
    rules.filter(|rule| rule.starts_with("sops-")).collect()
}

#[test]
fn a_file_alone_is_held_against_the_configuration_and_its_twin() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    let rules = format!("creation_rules:\n  - path_regex: ^secrets/.*\\.yaml$\n    age: {RECIPIENT}\n");
    let values = "database:\n  password: q8ZrT3vLw0XbN5kYp2Jd\n";
    let sealed = format!(
        "a: ''\nsops:\n  age:\n    - recipient: {RECIPIENT}\n      enc: x\n  lastmodified: \"2026-03-01T10:00:00Z\"\n  mac: x\n  version: 3.9.4\n"
    );
    repo.write(".sops.yaml", &rules);
    repo.write("secrets/db.yaml", values);
    repo.write("app/values.enc.yaml", &sealed);
    repo.write("app/values.yaml", values);
    repo.write("other/values.yaml", values);
    repo.commit("one");
    assert_eq!(said(&repo, "secrets/db.yaml"), ["sops-plaintext"]);
    assert_eq!(said(&repo, "app/values.yaml"), ["sops-plaintext"]);
    assert_eq!(said(&repo, "app/values.enc.yaml"), ["sops-uncovered", "sops-broken"]);
    assert_eq!(said(&repo, "other/values.yaml"), [""; 0]);
}

#[test]
fn a_history_tells_values_in_clear_and_no_broken_ciphertexts() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    let value = "ENC[AES256_GCM,data:YWJj,iv:x,tag:x,type:str]";
    let metadata = format!("sops:\n  lastmodified: \"2026-03-01T10:00:00Z\"\n  version: 3.9.4\n  mac: {value}\n");
    repo.write("a.yaml", &format!("a: {value}\npassword: q8ZrT3vLw0XbN5kYp2Jd\n{metadata}"));
    repo.commit("one");
    let found = repo.run(&["check", "--no-config", "--history", "--format", "json"]).findings();
    let rules: Vec<_> = found.iter().map(|finding| finding["rule"].as_str().unwrap_or_default()).collect();
    assert_eq!(rules, ["sops-partial"]);
}
