//! What is said of files of SOPS is what `sops` does with them: files that it makes are quiet in every format and by every
//! selector, files that were changed by hand are found exactly where it refuses them, and it takes the rule of `.sops.yaml`
//! that is taken here.
//!
//! `MLGUARD_SOPS` and `MLGUARD_AGE_KEYGEN` name the programs, else they are looked for on the PATH. Where there are none, the
//! tests say so and pass, and fail in CI.

#![expect(clippy::disallowed_methods, reason = "starts the program that is compared with, and looks for it")]

mod paths;
mod rig;

use std::fs;

use rayon::prelude::*;
use rig::{Rig, said};

/// Made-up files: name and text.
const FILES: [(&str, &str); 7] = [
    (
        "app.yaml",
        "# sops:enc\ndatabase:\n  user: mlflow\n  password_enc: tea-and-toast-41\n  # sops:enc\n  port: 5432\nlist_enc:\n  - one\n  - {data: two, ratio: 0.5, on: true}\nnothing: null\nempty: \"\"\nnote_unencrypted: plain\ndata:\n  a.b: \"x\"\n",
    ),
    (
        "comments.yaml",
        "# sops:enc\na: one\n# other\nb: two # sops:enc\nc:\n  # sops:enc\n  d: {e: three}\n  f: four\n  # sops:enc\ng: five\nh:\n\
         # sops:enc\n- six\n- seven # sops:plain\n- eight\n# sops:plain\ni: # other\n  # sops:plain\n\n  j: nine\n# sops:plain\n\n\
         # sops:enc\nk: |\n  # sops:plain\n  ten\nl:\n- m: eleven # sops:enc\n  n: twelve\n# sops:plain\no: {p: x, data: y}\nq: z\n",
    ),
    (
        "stream.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  key_enc: tea-and-toast-41\ndata:\n  token: dGVhLWFuZC10b2FzdA==\n---\nkind: Second\ndata: # sops:enc\n  key_enc: tea-and-toast-42\n",
    ),
    (
        "app.json",
        "{\"database\": {\"password_enc\": \"tea-and-toast-41\", \"port\": 5432}, \"data\": [\"a\", [\"b\"]], \"note_unencrypted\": \"plain\", \"none\": null}\n",
    ),
    ("app.env", "# sops:enc\nPASSWORD_enc=tea-and-toast-41\nUSER=mlflow\ndata=x\\ny\nEMPTY=\nNOTE_unencrypted=plain\n"),
    (
        "app.ini",
        "[database]\npassword_enc = tea-and-toast-41\nuser = mlflow\nnote_unencrypted = plain\n\n[data]\nkey = value; with # marks\n",
    ),
    ("blob.bin", "whatever it is\n"),
];

/// What the rule says besides the recipient.
const SELECTORS: [&str; 10] = [
    "",
    "unencrypted_suffix: _plain",
    "encrypted_suffix: _enc",
    "unencrypted_regex: ^(kind|apiVersion|metadata|user|USER)$",
    "encrypted_regex: ^(data|stringData|password_enc|PASSWORD_enc)$",
    "encrypted_comment_regex: '^ ?sops:enc'",
    "unencrypted_comment_regex: '^ ?sops:plain'",
    "mac_only_encrypted: true",
    "{encrypted_regex: ^(data|stringData)$, mac_only_encrypted: true}",
    "encrypted_regex: (?i)DATA|enc$",
];

/// A `.sops.yaml` with one rule, for every file.
fn configuration(rig: &Rig, selector: &str) -> String {
    let lines: Vec<&str> = match selector.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(inner) => inner.split(", ").collect(),
        None => vec![selector],
    };
    let lines: Vec<String> =
        lines.into_iter().filter(|line| !line.is_empty()).map(|line| format!("\n    {line}")).collect();
    format!("creation_rules:\n  - age: {}{}\n", rig.recipient, lines.concat())
}

/// A file that sops encrypted.
fn encrypted(rig: &Rig, name: &str, text: &str, selector: &str) -> String {
    let folder = rig.work();
    fs::write(folder.join(name), text).expect("a file");
    fs::write(folder.join(".sops.yaml"), configuration(rig, selector)).expect("a file");
    rig.sops(&folder, &["encrypt", name])
}

/// What is said of one file beside its configuration, and whether sops decrypts it.
fn both(rig: &Rig, name: &str, text: &str, selector: &str) -> (Vec<String>, Result<String, String>) {
    let folder = rig.work();
    fs::write(folder.join(name), text).expect("a file");
    fs::write(folder.join(".sops.yaml"), configuration(rig, selector)).expect("a file");
    (said(&folder), rig.try_sops(&folder, &["decrypt", name]))
}

#[test]
fn what_sops_makes_is_quiet() {
    let Some(rig) = Rig::new() else { return };
    let cases: Vec<_> = FILES.iter().flat_map(|file| SELECTORS.iter().map(move |selector| (file, *selector))).collect();
    let faults = cases.par_iter().filter_map(|((name, text), selector)| {
        let text = encrypted(&rig, name, text, selector);
        let (said, decrypted) = both(&rig, name, &text, selector);
        // A selector that meets nothing is a fault, and this program says so; the code is encrypted in any case.
        let sealed = text.matches("ENC[AES256_GCM,").count() > if *name == "stream.yaml" { 2 } else { 1 };
        // Of the comments of INI nothing is known.
        let unknown = *name == "app.ini" && selector.contains("comment");
        let right = if sealed || unknown {
            said.is_empty()
        } else {
            matches!(said.as_slice(), [one] if one.contains("nothing in it is encrypted"))
        };
        (decrypted.is_err() || !right).then(|| format!("{name} {selector}: {said:?}, sops: {decrypted:?}\n{text}"))
    });
    let faults: Vec<String> = faults.collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// A change by hand: what it is called, the file, the change, and the rule that finds it.
type Change = (&'static str, &'static str, By, &'static str);
type By = fn(&str) -> String;

fn without_line(text: &str, word: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.contains(word)).collect()
}

/// The text with what stands between two marks replaced, the first time.
fn between(text: &str, from: &str, to: &str, new: &str) -> String {
    let start = text.find(from).expect("the mark") + from.len();
    let end = start + text[start..].find(to).expect("the end");
    format!("{}{new}{}", &text[..start], &text[end..])
}

/// The line that holds a word, the first time.
fn line<'t>(text: &'t str, word: &str) -> &'t str {
    text.split_inclusive('\n').find(|line| line.contains(word)).expect("the line")
}

const CHANGES: &[Change] = &[
    ("decrypted", "app.yaml", |text| between(text, "user: ", "\n", "mlflow"), "sops-partial"),
    ("decrypted in a list", "app.yaml", |text| between(text, "    - ", "\n", "one"), "sops-partial"),
    ("added", "app.yaml", |text| format!("new: value\n{text}"), "sops-partial"),
    ("document appended", "app.yaml", |text| format!("{text}---\nnew: value\n"), "sops-partial"),
    ("decrypted", "stream.yaml", |text| between(text, "key_enc: ", "\n", "x1"), "sops-partial"),
    (
        "metadata of the second document cut",
        "stream.yaml",
        |text| {
            let (first, second) = text.split_once("\n---\n").expect("two documents");
            format!("{first}\n---\nkind: Second{}", &second[second.find("\ndata:").expect("data")..])
        },
        "sops-partial",
    ),
    ("decrypted", "app.json", |text| between(text, "\"password_enc\": ", "\",", "\"x1"), "sops-partial"),
    ("number decrypted", "app.json", |text| between(text, "\"port\": ", "\n", "5432"), "sops-partial"),
    ("decrypted", "app.env", |text| between(text, "USER=", "\n", "mlflow"), "sops-partial"),
    ("added", "app.env", |text| format!("{text}NEW=value\n"), "sops-partial"),
    ("decrypted", "app.ini", |text| between(text, "password_enc ", "\n", "= x1"), "sops-partial"),
    ("added", "app.ini", |text| format!("{text}\n[more]\nkey = value\n"), "sops-partial"),
    ("decrypted", "blob.bin", |text| between(text, "\"data\": ", "\",", "\"x1"), "sops-partial"),
    ("no mac", "app.yaml", |text| without_line(text, "mac: "), "sops-broken"),
    ("no mac", "app.env", |text| without_line(text, "sops_mac="), "sops-broken"),
    ("no mac", "app.ini", |text| without_line(text, "mac "), "sops-broken"),
    ("no mac", "app.json", |text| between(text, "\"mac\": \"", "\"", ""), "sops-broken"),
    ("mac in clear", "app.yaml", |text| between(text, "mac: ", "\n", "abc"), "sops-broken"),
    ("no version", "app.yaml", |text| without_line(text, "version: "), "sops-broken"),
    ("no version", "blob.bin", |text| between(text, "\"version\": \"", "\"", ""), "sops-broken"),
    ("no time", "app.yaml", |text| without_line(text, "lastmodified: "), "sops-broken"),
    ("no recipient", "app.env", |text| without_line(text, "sops_age__"), "sops-broken"),
    ("no recipient", "app.yaml", |text| between(text, "sops:\n", "    lastmodified", ""), "sops-broken"),
    (
        "two selectors",
        "app.yaml",
        |text| text.replace("    version:", "    encrypted_regex: ^x$\n    version:"),
        "sops-broken",
    ),
    ("two selectors", "app.ini", |text| format!("{text}\nencrypted_regex = ^x$\n"), "sops-broken"),
    ("cut", "app.yaml", |text| between(text, "user: ", "\n", "ENC[AES256_GCM,data:abcd]"), "sops-broken"),
    ("cut at its end", "app.yaml", |text| between(text, ",type:str", "\n", ""), "sops-broken"),
    ("base64 damaged", "app.env", |text| between(text, "USER=ENC[AES256_GCM,data:", ",", "abcde"), "sops-broken"),
    ("iv too short", "app.ini", |text| between(text, ",iv:", ",", "AAAA"), "sops-broken"),
    ("tag too short", "app.json", |text| between(text, ",tag:", ",", "AAAA"), "sops-broken"),
    ("type unknown", "app.yaml", |text| text.replacen(",type:str]", ",type:text]", 1), "sops-broken"),
    (
        "copied",
        "app.yaml",
        |text| {
            let copy = line(text, "user: ").replace("user", "other");
            text.replacen(line(text, "user: "), &format!("{}{copy}", line(text, "user: ")), 1)
        },
        "sops-broken",
    ),
    ("copied", "app.env", |text| format!("{text}{}", line(text, "USER=").replace("USER", "OTHER")), "sops-broken"),
    ("twice", "app.yaml", |text| format!("{}{text}", "nothing: null\n"), "sops-broken"),
    (
        "mac twice",
        "app.yaml",
        |text| text.replacen(line(text, "mac: "), &line(text, "mac: ").repeat(2), 1),
        "sops-broken",
    ),
    ("marks of a merge", "app.env", |text| format!("<<<<<<< HEAD\n{text}=======\n>>>>>>> other\n"), "sops-broken"),
    ("marks of a merge", "app.ini", |text| format!("<<<<<<< HEAD\n{text}\n>>>>>>> other\n"), "sops-broken"),
    ("renamed to be in clear", "app.yaml", |text| text.replacen("user:", "user_unencrypted:", 1), "sops-broken"),
    ("renamed to be in clear", "app.env", |text| text.replacen("USER=", "USER_unencrypted=", 1), "sops-broken"),
];

#[test]
fn what_sops_refuses_is_found() {
    let Some(rig) = Rig::new() else { return };
    let faults = CHANGES.par_iter().filter_map(|(title, name, change, rule)| {
        let (_, plain) = FILES.iter().find(|(other, _)| other == name).expect("a file");
        let text = change(&encrypted(&rig, name, plain, ""));
        let (said, decrypted) = both(&rig, name, &text, "");
        let by_rule = |one: &String| one.contains(&format!(": {rule}: "));
        let right = decrypted.is_err() && !said.is_empty() && said.iter().all(by_rule);
        (!right).then(|| format!("{title} {name}: {said:?}, sops: {decrypted:?}\n{text}"))
    });
    let faults: Vec<String> = faults.collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// What looks like a change and is none to sops.
#[test]
fn what_sops_takes_is_quiet() {
    let Some(rig) = Rig::new() else { return };
    let changes: [(&str, &str, By); 5] = [
        ("empty document", "app.yaml", |text| format!("{text}---\n")),
        ("text behind a value", "app.yaml", |text| text.replacen("type:str]", "type:str] and more", 1)),
        ("comment", "app.yaml", |text| format!("# in clear\n{text}")),
        ("empty value", "app.env", |text| format!("{text}NEW=\n")),
        ("null", "app.yaml", |text| format!("new: null\n{text}")),
    ];
    for (title, name, change) in changes {
        let (_, plain) = FILES.iter().find(|(other, _)| *other == name).expect("a file");
        // What is in clear counts for the code too, unless it is told not to; a null is written as a text there.
        let options = if title == "null" { "{encrypted_regex: ^user$, mac_only_encrypted: true}" } else { "" };
        let text = change(&encrypted(&rig, name, plain, options));
        let (said, decrypted) = both(&rig, name, &text, options);
        assert!(decrypted.is_ok() && said.is_empty(), "{title}: {said:?}, {decrypted:?}");
    }
}

/// By a selector that leaves values in clear, only those that it asks for are found.
#[test]
fn changes_are_found_by_every_selector() {
    let Some(rig) = Rig::new() else { return };
    let clear = |text: &str, key: &str| between(text, &format!("{key}: "), "\n", "x1");
    for (options, key, found) in [
        (SELECTORS[2], "password_enc", true),
        (SELECTORS[4], "password_enc", true),
        (SELECTORS[4], "user", false),
        (SELECTORS[5], "port", true),
        (SELECTORS[6], "user", true),
        (SELECTORS[9], "password_enc", true),
    ] {
        let options = format!("{{{options}, mac_only_encrypted: true}}");
        let text = clear(&encrypted(&rig, "app.yaml", FILES[0].1, &options), key);
        let (said, decrypted) = both(&rig, "app.yaml", &text, &options);
        assert_eq!(decrypted.is_err(), found, "{options:?} {key}\n{text}");
        assert_eq!(!said.is_empty(), found, "{options:?} {key}: {said:?}\n{text}");
        assert!(said.iter().all(|one| one.contains("sops-partial")), "{said:?}");
    }
}

/// What is said of a file beside its configuration is what `sops updatekeys` and `sops encrypt` do.
#[test]
fn rules_are_held_against_sops() {
    let Some(rig) = Rig::new() else { return };
    let other = rig.key("other");
    let (own, text) = (&rig.recipient, FILES[0].1);
    let groups = format!("  - key_groups:\n      - age: [{own}]\n      - age: [{other}]\n");
    // The rules, what is said, and what sops answers.
    let cases: [(String, &str, &str); 6] = [
        (format!("  - path_regex: app\n    age: {own}\n"), "", "already up to date"),
        (format!("  - path_regex: app\n    key_groups:\n      - age: [{own}]\n"), "", "already up to date"),
        (format!("  - path_regex: ^prod/\n    age: {own}\n"), "sops-uncovered", "no matching creation rules found"),
        (format!("  - age: '{own}, {other}'\n"), "sops-rule-drift", "synced with new keys"),
        (groups, "sops-rule-drift", "synced with new keys"),
        (
            format!("  - age: {own}\n    encrypted_regex: a\n    encrypted_suffix: b\n"),
            "sops-broken",
            "cannot use more than one of",
        ),
    ];
    for (rules, rule, answer) in cases {
        let folder = rig.work();
        fs::write(folder.join("app.yaml"), encrypted(&rig, "app.yaml", text, "")).expect("a file");
        fs::write(folder.join(".sops.yaml"), format!("creation_rules:\n{rules}")).expect("a file");
        let before = said(&folder);
        assert_eq!(before.len(), usize::from(!rule.is_empty()), "{rules}: {before:?}");
        assert!(before.iter().all(|one| one.contains(rule)), "{rules}: {before:?}");
        let theirs = rig.spoken(&folder, &["updatekeys", "--yes", "app.yaml"]);
        assert!(theirs.contains(answer), "{rules}: {theirs}");
        if rule == "sops-rule-drift" {
            assert_eq!(said(&folder), [""; 0], "{rules}");
        }
    }
}
