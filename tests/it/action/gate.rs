//! What comes out: the status, annotations, the summary, outputs, SARIF, and whether it is uploaded.

use std::fs;

use serde_json::Value;

use super::place::{CLEAN, Place, Script, pull_request, push, schedule};
use super::runner::{Ran, root};

/// What the Secret of `examples/leaky` holds, as it stands in the file and decoded.
const VALUES: [&str; 2] = ["dHI0MW4tbTBkM2xzLWY0c3Q=", "tr41n-m0d3ls-f4st"];
const KEY: &str = "FEATURE_STORE_PASSWORD";
const SECRET: &str = "k8s/secret.yaml";

fn leak() -> String {
    let text = fs::read_to_string(root().join("examples/leaky/k8s/secret.yaml")).expect("the example");
    assert!(text.contains(VALUES[0]) && text.contains(KEY));
    text
}

fn sarif(ran: &Ran) -> Value {
    let text = ran.sarif.as_deref().expect("the SARIF file");
    assert!(VALUES.iter().all(|value| !text.contains(value)));
    serde_json::from_str(text).expect("JSON")
}

/// The files that SARIF has results for.
fn places(sarif: &Value) -> Vec<String> {
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let place = |result: &Value| result.pointer("/locations/0/physicalLocation/artifactLocation/uri").cloned();
    let mut places: Vec<String> =
        results.iter().filter_map(place).filter_map(|uri| uri.as_str().map(str::to_owned)).collect();
    places.sort();
    places.dedup();
    places
}

/// The key is named in the annotation and the summary, and its value nowhere.
fn assert_told(ran: &Ran) {
    let annotation = |line: &str| line.starts_with("::error file=k8s/secret.yaml,") && line.contains(KEY);
    assert!(ran.log.lines().any(annotation), "{}", ran.log);
    // As it is shown: an underscore would begin emphasis.
    assert!(ran.summary.replace("&#95;", "_").contains(KEY), "{}", ran.summary);
    assert!(VALUES.iter().all(|value| !ran.log.contains(value) && !ran.summary.contains(value)));
}

#[test]
fn a_clean_tree_is_green() {
    let Some(place) = Place::new(&[("k8s/config.yaml", CLEAN)]) else { return };
    place.checkout("main");
    let ran = place.job("schedule", schedule()).run();
    assert_eq!((ran.code, ran.output("exit-status"), ran.output("mode")), (0, "0", "tree"), "{}", ran.log);
    for (name, value) in [("findings", "0"), ("errors", "0"), ("warnings", "0"), ("notes", "0"), ("files", "1")] {
        assert_eq!(ran.output(name), value, "{name}");
    }
    assert!(places(&sarif(&ran)).is_empty());
    assert_eq!(ran.upload, None);
}

#[test]
fn a_plaintext_secret_in_the_tree_fails() {
    let Some(place) = Place::new(&[("k8s/config.yaml", CLEAN), (SECRET, &leak())]) else { return };
    place.checkout("main");
    let ran = place.job("schedule", schedule()).input("upload", "true").run();
    assert_eq!((ran.code, ran.output("exit-status")), (1, "1"), "{}", ran.log);
    // Two keys of one Secret.
    for (name, value) in [("findings", "2"), ("errors", "2"), ("warnings", "0"), ("notes", "0"), ("files", "2")] {
        assert_eq!(ran.output(name), value, "{name}: {}", ran.log);
    }
    assert_told(&ran);
    assert_eq!(places(&sarif(&ran)), [SECRET]);
    let upload = ran.upload.as_ref().expect("an upload");
    assert_eq!((upload["sarif_file"].as_str(), upload["category"].as_str()), (ran.output("sarif-file"), "mlguard"));
}

#[test]
fn findings_need_not_fail() {
    let Some(place) = Place::new(&[(SECRET, &leak())]) else { return };
    place.checkout("main");
    let ran = place.job("schedule", schedule()).input("fail", "false").run();
    assert_eq!((ran.code, ran.output("exit-status")), (0, "1"), "{}", ran.log);
    assert_told(&ran);
}

#[test]
fn a_pull_request_fails_for_what_it_brings() {
    let Some(place) = Place::new(&[("k8s/old.yaml", &leak())]) else { return };
    let (base, head) = place.topic(&[("k8s/config.yaml", CLEAN)]);
    place.checkout("topic");
    let job = |from| place.job("pull_request", pull_request(&base, &head, from)).input("upload", "true");
    let ran = job("team/app").run();
    assert_eq!((ran.code, ran.output("exit-status"), ran.output("findings")), (0, "0", "0"), "{}", ran.log);
    // Code scanning is told of the tree: what stands in it would count as fixed otherwise.
    assert_eq!(places(&sarif(&ran)), ["k8s/old.yaml"]);
    assert!(ran.upload.is_some());

    let Some(place) = Place::new(&[("k8s/config.yaml", CLEAN)]) else { return };
    let (base, head) = place.topic(&[(SECRET, &leak())]);
    place.checkout("topic");
    let job = |from| place.job("pull_request", pull_request(&base, &head, from)).input("upload", "true");
    let ran = job("team/app").run();
    assert_eq!((ran.code, ran.output("exit-status"), ran.output("mode")), (1, "1", "diff"), "{}", ran.log);
    assert_told(&ran);
    assert!(ran.upload.is_some());
    // The same from a fork: as red, and nothing that needs rights.
    let ran = job("somebody/app").run();
    assert_eq!((ran.code, ran.output("exit-status")), (1, "1"), "{}", ran.log);
    assert_told(&ran);
    assert_eq!(places(&sarif(&ran)), [SECRET]);
    assert_eq!(ran.upload, None);
}

#[test]
fn a_secret_that_a_pull_request_takes_back_is_found() {
    let Some(place) = Place::new(&[("k8s/config.yaml", CLEAN)]) else { return };
    let (base, head) = place.topic(&[(SECRET, &leak()), (SECRET, CLEAN)]);
    place.checkout("topic");
    let ran = place.job("pull_request", pull_request(&base, &head, "team/app")).run();
    assert_eq!((ran.code, ran.output("exit-status")), (1, "1"), "{}", ran.log);
    assert!(VALUES.iter().all(|value| !ran.log.contains(value) && !ran.summary.contains(value)));
}

#[test]
fn a_push_fails_for_what_it_brings() {
    let Some(place) = Place::new(&[("k8s/config.yaml", CLEAN)]) else { return };
    let (before, after) = place.topic(&[(SECRET, &leak())]);
    place.checkout("topic");
    let ran = place.job("push", push(&before, &after)).run();
    assert_eq!((ran.code, ran.output("exit-status"), ran.output("mode")), (1, "1", "diff"), "{}", ran.log);
    assert_told(&ran);
}

#[test]
fn uploads_of_forks_are_skipped_whatever_the_event_says() {
    let Some(place) = Place::new(&[("k8s/config.yaml", CLEAN)]) else { return };
    let (base, head) = place.topic(&[("k8s/other.yaml", CLEAN)]);
    place.checkout("topic");
    let mut gone = pull_request(&base, &head, "somebody/app");
    // The fork was deleted.
    gone["pull_request"]["head"]["repo"] = Value::Null;
    for (event, payload) in [
        ("pull_request", pull_request(&base, &head, "somebody/app")),
        ("pull_request_target", pull_request(&base, &head, "somebody/app")),
        ("pull_request", gone),
    ] {
        let ran = place.recorded(event, payload).input("upload", "true").run();
        assert_eq!((ran.code, ran.upload), (0, None), "{}", ran.log);
    }
    let ran = place.recorded("pull_request", pull_request(&base, &head, "team/app")).input("upload", "true").run();
    assert!(ran.upload.is_some(), "{}", ran.log);
}

#[test]
fn what_cannot_be_searched_fails_whatever_the_inputs_say() {
    let Some(place) = Place::new(&[("k8s/config.yaml", CLEAN)]) else { return };
    place.checkout("main");
    for (input, value) in [("paths", "no-such-folder"), ("paths", "k8s/*.yaml"), ("config", "missing.yaml")] {
        let job = place.job("schedule", schedule()).input(input, value).input("fail", "false").input("upload", "true");
        let ran = job.run();
        assert_eq!((ran.code, ran.output("exit-status")), (2, "2"), "{input}: {}", ran.log);
        assert!(ran.log.lines().any(|line| line.starts_with("::error ")), "{}", ran.log);
        assert!(ran.summary.contains("not") && ran.upload.is_none(), "{}", ran.summary);
    }
}

#[test]
fn a_program_that_says_nothing_is_not_green() {
    let Some(place) = Place::new(&[("k8s/config.yaml", CLEAN)]) else { return };
    place.checkout("main");
    for (status, report) in [(0, None), (0, Some("{}\n")), (101, None), (101, Script::default().report.as_deref())] {
        let path = place.clone().with_file_name("silent");
        Script { status, report: report.map(str::to_owned), ..Script::default() }.write(&path);
        let job = place.job("schedule", schedule()).input("binary", path.display().to_string());
        let ran = job.input("fail", "false").input("upload", "true").run();
        assert_eq!((ran.code, ran.output("exit-status"), &ran.upload), (2, "2", &None), "{status}: {}", ran.log);
    }
}

#[test]
fn wrong_inputs_are_told() {
    let Some(place) = Place::new(&[("k8s/config.yaml", CLEAN)]) else { return };
    place.checkout("main");
    let cases = [
        ("fail", "no"),
        ("upload", "yes"),
        ("fail-on", "--no-config"),
        ("formats", "json"),
        ("formats", "--no-config"),
        ("category", "a|b"),
        ("working-directory", "elsewhere"),
        ("binary", "mlguard"),
        ("binary", "./missing"),
        ("version", "latest"),
    ];
    for (input, value) in cases {
        let mut job = place.recorded("schedule", schedule());
        if input == "version" {
            job.inputs.remove("binary");
        }
        let ran = job.input(input, value).run();
        assert_eq!(ran.code, 2, "{input}: {}", ran.log);
        let named = |line: &str| line.starts_with("::error ") && line.contains(&format!("'{input}'"));
        assert!(ran.log.lines().any(named), "{input}: {}", ran.log);
    }
    assert!(place.calls().is_empty());
}

#[test]
fn paths_and_files_arrive_as_they_were_given() {
    let Some(place) = Place::new(&[("k8s/config.yaml", CLEAN)]) else { return };
    place.checkout("main");
    let odd =
        ["-rf", "with space/and  more", "*.yaml", "$(touch pwned)", "`touch pwned`", "\"; touch pwned; \"", "a'b"];
    let job = place.recorded("schedule", schedule()).input("paths", format!("\n{}\r\n\n", odd.join("\n")));
    let job = job.input("config", "--odd $(touch pwned).yaml").input("policy", "p").input("baseline", "b");
    let job = job.input("formats", "junit=out file.xml\n\ngitlab=q.json\n").input("fail-on", "note");
    let ran = job.input("sarif-file", "out $(touch pwned).sarif").run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    let calls = place.calls();
    let paths: Vec<&String> = calls[0].iter().skip_while(|argument| *argument != "--").skip(1).collect();
    assert_eq!(paths, odd);
    for wanted in [
        "--config=--odd $(touch pwned).yaml",
        "--policy=p",
        "--baseline=b",
        "--fail-on=note",
        "--format=junit=out file.xml",
        "--format=gitlab=q.json",
    ] {
        assert!(calls[0].iter().any(|argument| argument == wanted), "{wanted}: {calls:?}");
    }
    assert!(ran.output("sarif-file").ends_with("/clone/out $(touch pwned).sarif"));
    assert!(!place.clone().join("pwned").exists());
}

#[test]
fn an_input_with_a_line_break_makes_no_output_of_its_own() {
    let Some(place) = Place::new(&[("k8s/config.yaml", CLEAN)]) else { return };
    place.checkout("main");
    let ran = place.recorded("schedule", schedule()).input("sarif-file", "a\nexit-status=0").run();
    assert_eq!((ran.code, ran.output("sarif-file")), (2, ""), "{}", ran.log);
}

#[test]
fn texts_make_no_commands_of_the_runner() {
    let Some(place) = Place::new(&[("k8s/config.yaml", CLEAN)]) else { return };
    place.checkout("main");
    let ran = place.recorded("schedule", schedule()).input("mode", "x\n::stop-commands::y").run();
    assert_eq!(ran.code, 2);
    assert!(!ran.log.lines().any(|line| line.starts_with("::stop-commands")), "{}", ran.log);
}

#[test]
fn the_category_is_that_of_the_file() {
    let Some(place) = Place::new(&[(SECRET, &leak())]) else { return };
    place.checkout("main");
    let ran = place.job("schedule", schedule()).input("category", "mlguard/team-a").input("fail", "false").run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert_eq!(sarif(&ran)["runs"][0]["automationDetails"]["id"], "mlguard/team-a/");
}

#[test]
fn a_summary_stays_below_what_github_shows() {
    let Some(place) = Place::new(&[("k8s/config.yaml", CLEAN)]) else { return };
    place.checkout("main");
    let path = place.clone().with_file_name("long");
    Script { summary: "| é |\n".repeat(300_000), ..Script::default() }.write(&path);
    let ran = place.job("schedule", schedule()).input("binary", path.display().to_string()).run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert!((1_000_000..1 << 20).contains(&ran.summary.len()), "{}", ran.summary.len());
    assert!(ran.summary.lines().all(|line| ["| é |", ""].contains(&line) || line.starts_with("The rest is left out")));
}
