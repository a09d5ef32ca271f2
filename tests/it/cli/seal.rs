//! `mlguard seal`, `unseal` and `reseal` as people see them: what is refused and how it is said, what of a file stays, what
//! can be taken back, and that no message ever holds a value. `tests/it/interop` compares with kubeseal.

use std::fs;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::pkcs8::{EncodePublicKey as _, LineEnding};
use rsa::rand_core::OsRng;
use serde_json::Value;

use super::harness::{Run, Tree};

const EXPIRED: &str = include_str!("../../fixtures/certificates/expired.pem");
const OTHER: &str = include_str!("../../fixtures/certificates/spki.pem");

/// A key pair that is made for the tests: private, public.
static PAIR: LazyLock<(String, String)> = LazyLock::new(|| {
    let key = RsaPrivateKey::new(&mut OsRng, 2048).expect("a key");
    let private = key.to_pkcs1_pem(LineEnding::LF).expect("PEM").to_string();
    (private, key.to_public_key().to_public_key_pem(LineEnding::LF).expect("PEM"))
});

const SECRET: &str = "\
apiVersion: v1
kind: Secret
metadata:
  name: db # the one
  namespace: ml
stringData:
  # Asked for by the trainer.
  user: trainer-of-models
  password: tea-and-toast-41
";

/// A tree with the keys beside `files`.
fn tree(files: &[(&str, &str)]) -> Tree {
    let keys = [("k.pem", PAIR.1.as_str()), ("k.key", PAIR.0.as_str()), ("other.pem", OTHER)];
    let tree = Tree::new(&[&keys, files].concat());
    for folder in ["objects", "refs"] {
        fs::create_dir_all(tree.path(".git").join(folder)).expect("a folder");
    }
    fs::write(tree.path(".git/HEAD"), "ref: refs/heads/main\n").expect("a file");
    tree
}

fn read(tree: &Tree, name: &str) -> String {
    fs::read_to_string(tree.path(name)).expect("a file")
}

/// The text after sealing with the key.
fn sealed(tree: &Tree, text: &str, arguments: &[&str]) -> String {
    let run = tree.run_on(&[&["seal", "--quiet", "--cert", "k.pem"], arguments].concat(), text);
    assert_eq!(run.code, 0, "{run:?}");
    run.out
}

/// The decoded value of a key of a Secret in JSON.
fn value(secret: &str, key: &str) -> String {
    let secret: Value = serde_json::from_str(secret).expect("JSON");
    let decoded = STANDARD.decode(secret["data"][key].as_str().expect("text")).expect("base64");
    String::from_utf8(decoded).expect("text")
}

fn opened(tree: &Tree, text: &str) -> Run {
    tree.run_on(&["unseal", "--quiet", "--private-key", "k.key", "-o", "json"], text)
}

#[test]
fn what_cannot_be_sealed_is_said_with_what_to_do() {
    let tree = tree(&[("old.pem", EXPIRED)]);
    let seal = |arguments: &[&str], text: &str| {
        let run = tree.run_on(&[&["seal", "--cert", "k.pem"], arguments].concat(), text);
        assert!(run.code == 2 && run.out.is_empty(), "{run:?}");
        run.err
    };
    let bare = SECRET.replace("  namespace: ml\n", "");
    let said = seal(&[], &bare);
    assert!(said.contains("standard input:4:") || said.contains("standard input:3:"), "{said}");
    assert!(said.contains("it has no `metadata.namespace`") && said.contains("use --namespace"), "{said}");
    let said = seal(&["--namespace", "dev"], SECRET);
    assert!(said.contains("its namespace is `ml`, but --namespace is `dev`"), "{said}");
    let said = seal(&[], "kind: ConfigMap\nmetadata: {name: a}\n");
    assert!(said.contains("it contains no Secret, only: ConfigMap a"), "{said}");
    assert!(seal(&[], "").contains("it contains no Secret"));
    let said = seal(&["--name", "x"], &format!("{SECRET}---\n{SECRET}"));
    assert!(said.contains("--name would give 2 Secrets the same name"), "{said}");
    let said = seal(&["--raw", "--name", "a"], "x");
    assert!(said.contains("--raw needs --namespace"), "{said}");
    assert!(seal(&["--raw", "--namespace", "a"], "x").contains("--raw needs --name"));
    assert!(seal(&["--raw", "--scope", "namespace-wide"], "x").contains("--raw needs --namespace"));
    assert!(seal(&["--raw", "--namespace", "A", "--name", "x"], "x").contains("is not a valid name for a namespace"));
    let said = seal(&["-o", "json"], &format!("kind: ConfigMap\nmetadata: {{name: a}}\n---\n{SECRET}"));
    assert!(said.contains("ConfigMap a is not a Secret and would be lost in another format"), "{said}");
    let run = tree.run_on(&["seal", "--cert", "old.pem"], SECRET);
    assert!(run.code == 2 && run.err.contains("expired on 2025-02-26") && run.out.is_empty(), "{run:?}");
    let run = tree.run_on(&["seal"], SECRET);
    assert!(run.code == 2 && run.err.contains("use --cert FILE"), "{run:?}");
    let run = tree.run_on(&["seal", "--cert", "k.pem", "gone.yaml"], "");
    assert!(run.code == 2 && run.err.contains("gone.yaml: cannot be read"), "{run:?}");
    let run = tree.run_on(&["seal", "--cert", "k.pem", "--in-place"], SECRET);
    assert_eq!(run.code, 2, "{run:?}");
}

#[test]
fn everything_else_of_a_stream_stays() {
    let tree = tree(&[]);
    let around = "# Head.\nkind: ConfigMap\nmetadata: {name:   a}  # odd   spacing\n---\n";
    let after = "---\n# Tail.\nkind: Service\nspec: {ports: [ 1,2 ]}\n";
    let run = tree.run_on(&["seal", "--cert", "k.pem"], &format!("{around}{SECRET}{after}"));
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.starts_with(around) && run.out.ends_with(after), "{}", run.out);
    assert!(run.out.contains("name: db # the one"), "{}", run.out);
    assert!(run.out.contains("# Asked for by the trainer.\n    user: "), "{}", run.out);
    assert!(run.err.contains("left unchanged: ConfigMap a, Service"), "{}", run.err);
    assert!(!run.out.contains("tea-and-toast"), "{}", run.out);
    assert_eq!(value(&opened(&tree, &run.out).out, "password"), "tea-and-toast-41");
}

#[test]
fn a_changed_file_is_taken_back_to_the_byte() {
    let windows = format!("\u{feff}{}", SECRET.replace('\n', "\r\n"));
    let tree = tree(&[("a.yaml", &windows), ("b.yaml", SECRET)]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(tree.path("a.yaml"), fs::Permissions::from_mode(0o640)).expect("a mode");
    }
    let run = tree.run(&["seal", "--cert", "k.pem", "--in-place", "a.yaml", "b.yaml"]);
    assert!(run.code == 0 && run.out.is_empty() && run.err.contains("`mlguard fix --undo`"), "{run:?}");
    let made = read(&tree, "a.yaml");
    assert!(made.starts_with("\u{feff}apiVersion: bitnami.com/v1alpha1\r\n"), "{made}");
    assert_eq!(made.matches('\n').count(), made.matches("\r\n").count(), "{made}");
    assert!(read(&tree, "b.yaml").contains("kind: SealedSecret\n"));
    let run = tree.run(&["fix", "--undo"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!((read(&tree, "a.yaml"), read(&tree, "b.yaml").as_str()), (windows, SECRET));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(tree.path("a.yaml")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }
    // One that cannot be sealed keeps the other from being written.
    fs::write(tree.path("c.yaml"), SECRET.replace("stringData", "data")).expect("a file");
    let run = tree.run(&["seal", "--cert", "k.pem", "--in-place", "b.yaml", "c.yaml"]);
    assert!(run.code == 2 && run.err.contains("c.yaml:"), "{run:?}");
    assert_eq!(read(&tree, "b.yaml"), SECRET);
}

#[test]
fn merging_keeps_what_is_not_merged() {
    let tree = tree(&[]);
    let old = sealed(&tree, SECRET, &[]);
    let more = "kind: Secret\nstringData: {token: another-made-up-1}\n";
    fs::write(tree.path("s.yaml"), &old).expect("a file");
    let merge = |text: &str, arguments: &[&str]| {
        tree.run_on(&[&["seal", "--cert", "k.pem", "--merge-into", "s.yaml"], arguments].concat(), text)
    };
    let run = merge(more, &[]);
    assert!(run.code == 0 && run.out.is_empty(), "{run:?}");
    let new = read(&tree, "s.yaml");
    for line in old.lines() {
        assert!(new.lines().any(|own| own == line), "{line}: {new}");
    }
    assert_eq!(new.lines().count(), old.lines().count() + 1);
    assert_eq!(value(&opened(&tree, &new).out, "token"), "another-made-up-1");
    let contradictions = [
        ("kind: Secret\nmetadata: {name: other}\nstringData: {a: b}\n", &[][..], "the name"),
        ("kind: Secret\nmetadata: {namespace: other}\nstringData: {a: b}\n", &[], "the namespace"),
        ("kind: Secret\ntype: kubernetes.io/tls\nstringData: {a: b}\n", &[], "the type"),
        (more, &["--scope", "cluster-wide"], "--scope differs from that of the SealedSecret"),
        (more, &["--name", "x"], "the name"),
        ("kind: ConfigMap\n", &[], "needs one Secret, but there are 0"),
    ];
    for (text, arguments, said) in contradictions {
        let run = merge(text, arguments);
        assert!(run.code == 2 && run.err.contains(said), "{said}: {run:?}");
        assert_eq!(read(&tree, "s.yaml"), new, "{said}");
    }
    // With the private key a value that is the same keeps its ciphertext.
    let run = merge("kind: Secret\nstringData: {token: another-made-up-1}\n", &["--private-key", "k.key"]);
    assert_eq!((run.code, read(&tree, "s.yaml").as_str()), (0, new.as_str()), "{run:?}");
    let run = merge("kind: Secret\nstringData: {token: changed}\n", &["--quiet"]);
    assert!(run.code == 0 && run.err.is_empty(), "--quiet: {run:?}");
}

#[test]
fn a_whole_tree_is_sealed_anew_or_nothing() {
    let tree = tree(&[]);
    let one = sealed(&tree, SECRET, &[]);
    let two = sealed(&tree, &SECRET.replace("db #", "web #"), &[]);
    let run = tree.run_on(&["seal", "--cert", "other.pem"], &SECRET.replace("db #", "far #"));
    let files = [("a/one.yaml", &one), ("b/two.yaml", &two), ("b/far.yaml", &run.out)];
    for (name, text) in files {
        fs::create_dir_all(tree.path(name).parent().expect("a folder")).expect("a folder");
        fs::write(tree.path(name), text).expect("a file");
    }
    let reseal = ["reseal", "--private-key", "k.key", "--cert", "k.pem", "--all"];
    let run = tree.run(&reseal);
    assert!(run.code == 2 && run.err.contains("b/far.yaml:") && run.err.contains("nothing was written"), "{run:?}");
    for (name, text) in files {
        assert_eq!(&read(&tree, name), text, "{name}");
    }
    let run = tree.run(&[&reseal[..], &["--exclude", "b/far.yaml"]].concat());
    assert!(run.code == 0 && run.err.contains("2 SealedSecrets in 2 files re-sealed"), "{run:?}");
    for (name, text) in &files[..2] {
        let new = read(&tree, name);
        assert_ne!(&&new, text);
        let same = |text: &str| text.lines().filter(|line| line.len() < 200).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(same(&new), same(text), "only ciphertexts change");
        assert_eq!(value(&opened(&tree, &new).out, "password"), "tea-and-toast-41");
    }
    assert_eq!(read(&tree, "b/far.yaml"), *files[2].1);
    assert_eq!(tree.run(&["fix", "--undo"]).code, 0);
    assert_eq!(read(&tree, "a/one.yaml"), one);
    let run = tree.run(&["reseal", "--private-key", "k.key", "--all", "a/gone"]);
    assert_eq!(run.code, 2, "{run:?}");
}

#[test]
fn opened_values_go_where_only_the_owner_reads() {
    let tree = tree(&[]);
    let text = sealed(&tree, SECRET, &[]);
    fs::write(tree.path("s.yaml"), &text).expect("a file");
    let run = tree.run(&["unseal", "--private-key", "k.key", "--output", "plain.yaml", "s.yaml"]);
    assert!(run.code == 0 && run.out.is_empty(), "{run:?}");
    assert!(read(&tree, "plain.yaml").contains(&STANDARD.encode("tea-and-toast-41")));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(tree.path("plain.yaml")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let run = tree.run(&["unseal", "s.yaml"]);
    assert!(run.code == 2 && run.err.contains("use --private-key FILE"), "{run:?}");
    let run = tree.run(&["unseal", "--private-key", "k.pem", "s.yaml"]);
    assert!(run.code == 2 && run.err.contains("k.pem: it contains no private key"), "{run:?}");
    let moved = text.replace("namespace: ml", "namespace: dev");
    let run = tree.run_on(&["unseal", "--private-key", "k.key"], &moved);
    assert!(run.code == 2 && run.out.is_empty() && run.err.contains("no given key can decrypt it"), "{run:?}");
    // One of several that cannot be opened keeps all from being written.
    let run = tree.run_on(&["unseal", "--private-key", "k.key"], &format!("{text}---\n{moved}"));
    assert!(run.code == 2 && run.out.is_empty(), "{run:?}");
    let run = tree.run_on(&["unseal", "--private-key", "k.key"], SECRET);
    assert!(run.code == 2 && run.err.contains("it contains no SealedSecret, only: Secret ml/db"), "{run:?}");
}

/// A Secret without a type ends its metadata last, where JSON closes two objects at once.
#[test]
fn formats_are_converted() {
    let tree = tree(&[]);
    let kinds = [SECRET.to_owned(), format!("{SECRET}type: Opaque\n"), format!("{SECRET}immutable: true\n")];
    for text in kinds {
        let labels = text.replace("metadata:\n", "metadata:\n  labels: {a: b}\n");
        let json = sealed(&tree, &labels, &["-o", "json"]);
        let object: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(object["spec"]["template"]["metadata"]["labels"]["a"], "b");
        let run = opened(&tree, &sealed(&tree, &labels, &[]));
        let secret: Value = serde_json::from_str(&run.out).expect("JSON");
        assert_eq!(secret["metadata"]["labels"]["a"], "b");
        assert_eq!(value(&run.out, "user"), "trainer-of-models");
        let yaml = tree.run_on(&["unseal", "--private-key", "k.key", "-o", "yaml"], &json);
        assert!(yaml.out.starts_with("apiVersion: v1\n"), "{yaml:?}");
        let again = sealed(&tree, &yaml.out, &["-o", "json"]);
        assert_eq!(value(&opened(&tree, &again).out, "password"), "tea-and-toast-41");
    }
    // Two files of one line each make one stream that reads.
    let flow = "{kind: Secret, metadata: {name: a, namespace: ml}, stringData: {a: trainer-of-models}}";
    fs::write(tree.path("a.yaml"), flow).expect("a file");
    fs::write(tree.path("b.yaml"), flow).expect("a file");
    let run = tree.run(&["seal", "--quiet", "--cert", "k.pem", "a.yaml", "b.yaml"]);
    let opened = tree.run_on(&["unseal", "--private-key", "k.key"], &run.out);
    assert_eq!((opened.code, opened.out.matches("kind: Secret\n").count()), (0, 2), "{run:?}{opened:?}");
}

#[test]
fn a_flag_for_the_scope_leaves_one_annotation() {
    let tree = tree(&[]);
    let both = "annotations: {sealedsecrets.bitnami.com/cluster-wide: 'true', sealedsecrets.bitnami.com/namespace-wide: \
                'true', a: b}";
    let text = SECRET.replace("  namespace: ml\n", &format!("  namespace: ml\n  {both}\n"));
    for (scope, key) in [("cluster-wide", "cluster-wide"), ("namespace-wide", "namespace-wide")] {
        let made = sealed(&tree, &text, &["--scope", scope, "-o", "json"]);
        let object: Value = serde_json::from_str(&made).expect("JSON");
        let wanted = serde_json::json!({format!("sealedsecrets.bitnami.com/{key}"): "true", "a": "b"});
        assert_eq!(object["spec"]["template"]["metadata"]["annotations"], wanted);
        assert_eq!(value(&opened(&tree, &made).out, "user"), "trainer-of-models");
    }
}

#[test]
fn templates_that_only_the_controller_fills_are_named() {
    let tree = tree(&[]);
    let text = sealed(&tree, SECRET, &[]);
    let with = format!("{}\n    data:\n      url: 'db://{{{{ .user }}}}'\n      plain: words\n", text.trim_end());
    let run = tree.run_on(&["unseal", "--private-key", "k.key"], &with);
    assert!(run.code == 0 && run.err.contains("left out `url`"), "{run:?}");
    assert!(!run.out.contains("url:") && run.out.contains(&STANDARD.encode("words")), "{run:?}");
}

#[test]
fn weak_values_are_told_without_the_value() {
    let tree = tree(&[]);
    let run = tree.run_on(&["seal", "--cert", "k.pem"], &SECRET.replace("tea-and-toast-41", "changeme"));
    assert!(run.code == 0 && run.err.contains("the value of `password`"), "{run:?}");
    assert!(!run.err.contains("changeme"), "{run:?}");
}

/// What an organisation asks for (32 random characters) is configured, and holds wherever a value is sealed.
#[test]
fn the_configuration_says_how_strong_values_are() {
    let tree = tree(&[(".mlguard.yaml", "strength: { min-length: 32, random: true }\n")]);
    for (value, said) in [
        ("q8ZrT3vLw0XbN5kYp2Jd", "`password` is shorter than 32 characters"),
        ("storage-for-the-training-team-2026", "`password` does not look random"),
        ("dT9vQ2mXr7LwZ4bKp8NcY1hJ6sFgA3eU", ""),
    ] {
        let secret = SECRET.replace("tea-and-toast-41", value);
        let run = tree.run_on(&["seal", "--cert", "k.pem"], &secret);
        assert!(run.code == 0 && run.err.contains(said) && !run.err.contains(value), "{run:?}");
        assert_eq!(run.err.contains("warning"), !said.is_empty(), "{run:?}");
        let run = tree.run_on(&["seal", "--cert", "k.pem", "--no-config"], &secret);
        assert!(run.code == 0 && !run.err.contains("32") && !run.err.contains("random"), "{run:?}");
    }
    let raw = ["seal", "--cert", "k.pem", "--raw", "--name", "db", "--namespace", "ml"];
    fs::write(tree.path("value"), "q8ZrT3vLw0XbN5kYp2Jd").expect("written");
    let run = tree.run(&[&raw[..], &["--from-file", "password=value"]].concat());
    assert!(run.code == 0 && run.err.contains("`password` is shorter than 32"), "{run:?}");
    let run = tree.run(&[&raw[..], &["--from-file", "value"]].concat());
    assert!(run.code == 0 && run.err.is_empty(), "{run:?}");
    let run = tree.run_on(&raw, "changeme");
    assert!(run.code == 0 && run.err.contains("`value` is a placeholder"), "{run:?}");
    fs::write(tree.path("s.yaml"), SECRET.replace("tea-and-toast-41", "q8ZrT3vLw0XbN5kYp2Jd")).expect("written");
    let run = tree.run(&["fix", "--cert", "k.pem", "s.yaml"]);
    assert!(run.code == 0 && run.err.contains("password is shorter than 32 characters"), "{run:?}");
}

#[test]
fn a_faulty_configuration_does_not_stop_sealing_and_is_told() {
    let tree = tree(&[(".mlguard.yaml", "strength: { length: 32 }\n")]);
    let run = tree.run_on(&["seal", "--cert", "k.pem"], SECRET);
    assert!(run.code == 2 && run.err.contains("unknown key `length`") && run.out.contains("SealedSecret"), "{run:?}");
}

/// Whatever goes wrong, and wherever a value stands, nothing that is said holds it.
#[test]
fn no_message_holds_a_value() {
    const MARK: &str = "Kanarienvogel7gelb";
    let tree = tree(&[]);
    let good = sealed(&tree, SECRET, &[]);
    let head = "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: ml}\n";
    let encoded = STANDARD.encode(MARK);
    let bodies = [
        format!("data: {{a: {MARK}!}}\n"),
        format!("data: {{a: '{MARK} x'}}\n"),
        format!("data: {{a: [{MARK}]}}\n"),
        format!("data: {MARK}\n"),
        format!("data:\n- {MARK}\n"),
        format!("data: {{a: !{MARK} x}}\n"),
        format!("data: {{a: !!binary {MARK}!}}\n"),
        format!("data: {{a: *{MARK}}}\n"),
        format!("stringData: {{a: *{MARK}}}\n"),
        format!("stringData: {{a: &{MARK} }}\n"),
        format!("stringData: {{a: &x {MARK}, b: *y}}\n"),
        format!("stringData: {{a: !{MARK} x}}\n"),
        format!("stringData: {{a: !h!{MARK} x}}\n"),
        format!("stringData: {{a: {{b: {MARK}}}}}\n"),
        format!("stringData: {{a: [{MARK}}}\n"),
        format!("stringData:\n  password {MARK}\n"),
        format!("stringData:\n  password: {MARK}: x\n"),
        format!("stringData:\n  password: \"{MARK}\n"),
        format!("stringData:\n  password: \"{MARK}\\q\"\n"),
        format!("stringData:\n  password: '{MARK}\nx: y\n"),
        format!("stringData:\n  password: @{MARK}\n"),
        format!("stringData:\n  password: `{MARK}\n"),
        format!("stringData:\n  password: %{MARK}\n"),
        format!("stringData:\n  password: |{MARK}\n"),
        format!("stringData:\n\tpassword: {MARK}\n"),
        format!("stringData:\n  password: {MARK}\n password: {MARK}\n"),
        format!("stringData:\n  a: {MARK}\n  a: {MARK}\n"),
        format!("stringData:\n  'a b': {MARK}\n"),
        format!("stringData:\n  <<: {MARK}\n"),
        format!("stringData:\n  ? [{MARK}]\n  : x\n"),
        format!("stringData:\n  password: {MARK}\nunknown: {MARK}\n"),
        format!("data: {{a: {encoded}}}\nstringData: {{a: 1}}\n"),
        format!("type: [{MARK}]\n"),
        format!("immutable: {MARK}\n"),
        format!("sops: {MARK}\ndata: {{a: {encoded}}}\n"),
        format!("data: {{a: {encoded}}}\n---\n{MARK}\n---\n- {MARK}\n---\n{{\n"),
        format!("data: {{a: {encoded}}}\n...\n%{MARK}\n"),
    ];
    let mut texts: Vec<String> = bodies.iter().map(|body| format!("{head}{body}")).collect();
    texts.extend([
        MARK.to_owned(),
        format!("%{MARK}\n---\n{head}"),
        format!("{{\"kind\": \"Secret\", \"stringData\": {{\"a\": \"{MARK}\" \"b\"}}}}"),
        format!("{{\"kind\": \"Secret\", \"stringData\": {{\"a\": \"{MARK}"),
        format!("{{\"kind\": \"Secret\", \"stringData\": {{\"a\": {MARK}}}}}"),
        format!("{{\"kind\": \"Secret\", \"data\": {{\"a\": \"{MARK}\\x\"}}}}"),
        format!("kind: Secret\nmetadata: {MARK}\n"),
        format!("kind: Secret\nmetadata: {{name: a, labels: {{a: [{MARK}]}}}}\n"),
        format!("kind: Secret\nmetadata: {{name: [{MARK}]}}\n"),
        format!("kind: List\nitems:\n- {MARK}\n- kind: Secret\n  stringData: {MARK}\n"),
        format!("{head}stringData: {{a: {MARK}}}\n").replace("namespace: ml", "x: y"),
        format!("{head}stringData: {{a: {MARK}}}\n").replace(", namespace: ml", ""),
        format!("{head}stringData: {{a: {MARK}, password: {MARK}}}\n"),
        good.replacen("user: ", &format!("user: {MARK}"), 1),
        good.replacen("user: ", &format!("user: [{MARK}] #"), 1),
        good.replacen("user: ", &format!("user: *{MARK} #"), 1),
        good.replace("spec:\n", &format!("spec:\n  data: {MARK}\n")),
        format!("{}\n    data:\n      url: '{{{{ {MARK} }}}}'\n", good.trim_end()),
    ]);
    fs::write(tree.path("good.yaml"), &good).expect("a file");
    let commands: [&[&str]; 8] = [
        &["seal", "--cert", "k.pem"],
        &["seal", "--cert", "k.pem", "-o", "json"],
        &["seal", "--cert", "k.pem", "--merge-into", "good.yaml", "--output", "/dev/null"],
        &["seal", "--cert", "k.pem", "--namespace", "other"],
        &["seal", "--cert", "k.pem", "--raw", "--name", "a"],
        &["unseal", "--private-key", "k.key"],
        &["reseal", "--private-key", "k.key"],
        &["seal", "--cert", "k.pem", "--merge-into", "bad.yaml", "--output", "/dev/null", "good-secret.yaml"],
    ];
    fs::write(tree.path("good-secret.yaml"), SECRET).expect("a file");
    let mut failed = 0;
    for text in &texts {
        fs::write(tree.path("bad.yaml"), text).expect("a file");
        for command in commands {
            let run = tree.run_on(command, text);
            assert!(run.code == 0 || run.code == 2, "{command:?} {text:?}: {run:?}");
            failed += usize::from(run.code == 2);
            for hidden in [MARK, &encoded, &MARK.to_lowercase()] {
                assert!(!run.err.contains(hidden), "{command:?} {text:?}: {}", run.err);
                // What fails prints nothing else; what does not must not print it either, but for `unseal`.
                assert!(run.code == 0 || run.out.is_empty(), "{command:?} {text:?}: {run:?}");
            }
        }
        // In the place of keys and certificates.
        for command in [&["seal", "--cert", "bad.yaml"][..], &["unseal", "--private-key", "bad.yaml", "good.yaml"]] {
            let run = tree.run_on(command, SECRET);
            assert!(run.code == 2 && !run.err.contains(MARK), "{command:?} {text:?}: {run:?}");
        }
    }
    assert!(failed > 200, "{failed}");
}

#[test]
fn a_dash_is_standard_output() {
    let tree = tree(&[]);
    let text = sealed(&tree, SECRET, &["--output", "-"]);
    assert!(text.contains("kind: SealedSecret"), "{text}");
    let run = tree.run_on(&["unseal", "--private-key", "k.key", "--output", "-"], &text);
    assert!(run.code == 0 && run.out.contains("kind: Secret"), "{run:?}");
    fs::write(tree.path("sealed.yaml"), &text).expect("a file");
    let run = tree.run_on(&["seal", "--cert", "k.pem", "--merge-into", "sealed.yaml", "--output", "-"], SECRET);
    assert!(run.code == 0 && run.out.contains("kind: SealedSecret"), "{run:?}");
    assert_eq!(read(&tree, "sealed.yaml"), text, "the file itself stays");
    assert!(!tree.path("-").exists());
}
