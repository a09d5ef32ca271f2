//! Hundreds of made-up secrets of every shape through every command and format: nothing that is said or written holds one.
//!
//! File names are the only exception, and no secret stands in one.

#![expect(clippy::format_collect, reason = "texts of a test may be put together slowly")]

use std::fmt::Write as _;
use std::fs;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use mlguard::api::report::Format;

use super::harness::Tree;

/// Numbers from a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).expect("below a usize")
    }

    fn text(&mut self, from: &str, length: usize) -> String {
        let letters: Vec<char> = from.chars().collect();
        (0..length).map(|_| letters[self.below(letters.len())]).collect()
    }

    /// Letters and digits by turns, so that it is random beyond doubt.
    fn word(&mut self, length: usize) -> String {
        (0..length).map(|at| self.text(if at % 3 == 2 { "0123456789" } else { LETTERS }, 1)).collect()
    }
}

const LETTERS: &str = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";
const HEX: &str = "0123456789abcdef";

/// GitHub's checksum: the CRC-32 of the body in base62.
fn base62(mut number: u32) -> String {
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::new();
    for _ in 0..6 {
        text.insert(0, char::from(digits[number as usize % 62]));
        number /= 62;
    }
    text
}

/// Every secret that was made, in the order of making.
struct Canaries {
    random: Random,
    made: Vec<String>,
}

impl Canaries {
    fn keep(&mut self, secret: String) -> String {
        self.made.push(secret.clone());
        secret
    }

    /// A credential in a provider's format.
    fn token(&mut self) -> String {
        let r = &mut self.random;
        let secret = match r.below(9) {
            0 | 1 => {
                let body = r.word(30);
                format!("{}{body}{}", ["gh", "p_"].concat(), base62(crc32fast::hash(body.as_bytes())))
            }
            2 => format!("{}{}", ["hf", "_"].concat(), r.text(LETTERS, 34)),
            3 => format!("{}{}", ["glpat", "-"].concat(), r.word(20)),
            4 => format!("{}{}", ["AK", "IA"].concat(), r.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
            5 => format!("{}{}", ["sk-ant", "-api03-"].concat(), r.word(95)),
            6 => format!(
                "{}{}-{}-{}",
                ["xox", "b-"].concat(),
                r.text("0123456789", 12),
                r.text("0123456789", 12),
                r.word(24)
            ),
            7 => format!("{}{}", ["dap", "i"].concat(), r.text(HEX, 32)),
            _ => format!("postgres://u{}:{}@db.internal/x", r.word(12), r.word(16)),
        };
        self.keep(secret)
    }

    /// Something that a person or a generator chose, without characters that a format has to escape.
    fn plain(&mut self) -> String {
        let r = &mut self.random;
        let secret = match r.below(5) {
            0 => format!("minioadmin{}", r.word(6)),
            1 => format!("Summer-{}!", r.word(6)),
            2 => r.word(20),
            3 => r.text(HEX, 40),
            _ => STANDARD.encode(r.word(24)),
        };
        self.keep(secret)
    }

    /// The same with what formats have to escape.
    fn odd(&mut self) -> String {
        let r = &mut self.random;
        let mark = ["é€", "😀", "\"", "'", "%41", "\\", "$", "\u{1b}[31m", "\u{7f}", "\n", "&", "#", ": ", "{{", "<"]
            [r.below(15)];
        let secret = format!("{}{mark}{}", r.word(9), r.word(9));
        self.keep(secret)
    }

    fn key(&mut self) -> String {
        let lines: Vec<String> = (0..6).map(|_| self.random.text(&format!("{LETTERS}0123456789+/"), 64)).collect();
        self.made.extend(lines.iter().cloned());
        let kind = "PRIVATE KEY";
        format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
    }

    fn any(&mut self) -> String {
        match self.random.below(3) {
            0 => self.token(),
            1 => self.plain(),
            _ => self.odd(),
        }
    }

    /// One that can be a name in a manifest.
    fn name(&mut self) -> String {
        let name = if self.random.below(2) == 0 { self.token() } else { self.random.word(24) };
        self.keep(name.replace(['/', ':', '@', '.'], "-"))
    }
}

pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}\n")).collect()
}

/// Files in which the secrets stand in every way.
#[expect(clippy::too_many_lines, reason = "one list of places")]
#[expect(clippy::many_single_char_names, reason = "canaries differ by nothing but their place")]
fn files(c: &mut Canaries, round: usize) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, text: String| files.push((format!("r{round}/{name}"), text.into_bytes()));
    let secret = |c: &mut Canaries| {
        let (a, b, d, e, f) = (c.any(), c.token(), c.any(), c.plain(), c.odd());
        let key = c.key();
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  annotations:\n    {}: {}\nstringData:\n  password: {}\n  {}: x{}\n  two: {}\n  tls.key: |\n{}\
             data:\n  a: {}\n  b: {}\n  c: {}\n",
            c.name(),
            quoted(&c.any()),
            quoted(&a),
            c.name(),
            c.plain(),
            quoted(&f),
            indented(&key, "    "),
            base64(&b),
            base64(&base64(&d)),
            base64(&e),
        )
    };
    let text = secret(c);
    add("secret.yaml", text.clone());
    add("secret-crlf.yaml", secret(c).replace('\n', "\r\n"));
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(secret(c).encode_utf16().flat_map(u16::to_le_bytes)).collect();
    add("list.yaml", format!("apiVersion: v1\nkind: List\nitems:\n- {}", secret(c).trim_end().replace('\n', "\n  ")));
    let (name, namespace) = (c.name(), c.name());
    add(
        "named.yaml",
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: {namespace}}}\nstringData: {{password: {}}}\n",
            quoted(&c.any())
        ),
    );
    add("broken.yaml", format!("{}  - {{: ] {}\n", secret(c), c.token()));
    add(
        "broken-name.yaml",
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {}\nstringData:\n  {}: {}\n  x: [ {}\n",
            c.name(),
            c.name(),
            c.plain(),
            c.token()
        ),
    );
    add(
        "tags.yaml",
        format!("a: !{} x\nb: &{} y\nc: *{}\npassword: !{} {}\n", c.name(), c.name(), c.name(), c.name(), c.plain()),
    );
    add(
        "tags-fine.yaml",
        format!("a: !<tag:{}> x\nb: &{} y\npassword: !{} {}\n", c.name(), c.name(), c.name(), c.plain()),
    );
    add("directive.yaml", format!("%TAG !{}! tag:x\n%{} x\n---\na: \"\\{}\n", c.name(), c.name(), c.name()));
    add(
        "configmap.yaml",
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  DB_PASSWORD: {}\n  {}: {}\n  app.properties: |\n    db.password={}\n    token={}\n",
            quoted(&c.any()),
            c.name(),
            c.plain(),
            c.plain(),
            c.token()
        ),
    );
    add(
        "pod.yaml",
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {}}}\nspec:\n  containers:\n  - name: {}\n    env:\n    - {{name: API_TOKEN, value: {}}}\n    - {{name: {}, value: {}}}\n    args: [\"--password={}\", \"--token\", {}, {}]\n    command: [sh, -c, {}]\n",
            c.name(),
            c.name(),
            quoted(&c.any()),
            c.name(),
            quoted(&c.token()),
            c.plain(),
            quoted(&c.token()),
            quoted(&c.any()),
            quoted(&format!("curl -u admin:{} https://x -H 'Authorization: Bearer {}'", c.plain(), c.token()))
        ),
    );
    add("chart/Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n".to_owned());
    add(
        "chart/values.yaml",
        format!(
            "auth:\n  password: {}\n  {}: {{password: {}}}\nextraEnv:\n- name: TOKEN\n  value: {}\nurl: https://user:{}@host/\n",
            quoted(&c.any()),
            c.name(),
            quoted(&c.plain()),
            c.token(),
            c.plain()
        ),
    );
    add(
        "chart/templates/s.yaml",
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{{{ .Release.Name }}}}\ndata:\n  a: {{{{ {} | b64enc }}}}\nstringData:\n  b: {{{{ default {} .Values.x }}}}\n",
            quoted(&c.plain()),
            quoted(&c.token())
        ),
    );
    add(
        "group_vars/all.yml",
        format!("db_password: {}\nusers:\n- {{name: a, password: {}}}\n", quoted(&c.any()), quoted(&c.plain())),
    );
    add(
        "play.yml",
        format!(
            "- hosts: all\n  vars: {{admin_password: {}}}\n  tasks:\n  - name: {}\n    kubernetes.core.k8s:\n      definition:\n        apiVersion: v1\n        kind: Secret\n        metadata: {{name: x}}\n        stringData: {{password: {}, b: \"{{{{ v }}}}\"}}\n",
            quoted(&c.plain()),
            c.name(),
            quoted(&c.plain())
        ),
    );
    add(
        "sealed.yaml",
        format!(
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: s}}\nspec:\n  encryptedData: {{a: {}}}\n  template:\n    data: {{password: {}}}\n",
            c.plain(),
            quoted(&c.any())
        ),
    );
    add(
        "sops.yaml",
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  a: ENC[AES256_GCM,data:eHh4,iv:{},tag:{},type:str]\n  password: {}\nsops:\n  mac: ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]\n",
            base64("0123456789abcdef0123456789abcdef"),
            base64("0123456789abcdef"),
            quoted(&c.plain())
        ),
    );
    add(
        "kustomization.yaml",
        format!(
            "secretGenerator:\n- name: {}\n  literals:\n  - password={}\n  - {}={}\n  envs: [prod.env]\n",
            c.name(),
            c.plain(),
            c.name(),
            c.token()
        ),
    );
    add(
        "prod.env",
        format!("A={}\n{}={}\nexport PASSWORD='{}'\n# {}\n", c.plain(), c.name(), c.token(), c.plain(), c.token()),
    );
    add(
        "run.sh",
        format!(
            "#!/bin/sh\nexport OLD={} TOKEN={}\nkubectl create secret generic {} --from-literal=password={} --from-literal={}={}\ncat <<EOF | kubectl apply -f -\n{}EOF\nmysql -p{} -u root --password {}\n",
            c.plain(),
            c.token(),
            c.name(),
            c.plain(),
            c.name(),
            c.token(),
            secret(c),
            c.plain(),
            c.plain()
        ),
    );
    add(
        "read.md",
        format!(
            "# Use\n\nThe password is `{}` and token \"{}\".\n\n```yaml\n{}```\n\n```\n{}\n```\n",
            c.plain(),
            c.token(),
            secret(c),
            c.token()
        ),
    );
    let cell = format!("password = '{}'\ntoken = {}\n", c.plain(), quoted(&c.token()));
    add("n.ipynb", serde_json::json!({"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "metadata": {c.name(): c.plain()}, "source": [cell], "outputs": [{"output_type": "stream", "text": [format!("logged in with {}\n", c.token())]}]}]}).to_string());
    add("d.json", serde_json::json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": c.name()}, "stringData": {"password": c.any(), c.name(): c.token()}}).to_string());
    add(
        "bad.json",
        format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"data\": {{\"password\": {}, {}",
            quoted(&c.plain()),
            quoted(&c.token())
        ),
    );
    add(
        "l.jsonl",
        (0..4)
            .map(|_| format!("{{\"password\": {}, \"url\": \"https://a:{}@h/\"}}\n", quoted(&c.any()), c.plain()))
            .collect(),
    );
    add(
        "a.py",
        format!(
            "old, PASSWORD = '{}', \"{}\"\nclient = connect('{}', token=\"{}\")\n",
            c.plain(),
            c.plain(),
            c.plain(),
            c.token()
        ),
    );
    add("i.tf", format!("password = \"{}\"\nvariable \"x\" {{ default = \"{}\" }}\n", c.plain(), c.token()));
    add(
        "enc.txt",
        format!(
            "x {} y\nhex {}\npct {}\n",
            base64(&format!("token: {}", c.token())),
            hex(&c.token()),
            percent(&c.token())
        ),
    );
    add(
        "controller.yaml",
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: sealed-secrets-key{}\n  labels: {{sealedsecrets.bitnami.com/sealed-secrets-key: active}}\ndata: {{tls.key: {}}}\n",
            c.name(),
            base64(&c.key())
        ),
    );
    add(
        "etcd.yaml",
        format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  providers:\n  - aescbc: {{keys: [{{name: {}, secret: {}}}]}}\n",
            c.name(),
            base64(&c.plain())
        ),
    );
    add(
        "allow.yaml",
        format!(
            "password: {} # mlguard: allow generic-password -- it is {}\ntoken: {} # mlguard: allow {} -- because\n# mlguard: allow {} until {} -- x{}\na: {}\n",
            c.plain(),
            c.token(),
            c.token(),
            c.name(),
            c.name(),
            c.name(),
            c.name(),
            c.token()
        ),
    );
    files.push((format!("r{round}/wide.yaml"), wide));
    files
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Faulty configurations and rule packs that hold secrets in every place, as (file, text).
fn configurations(c: &mut Canaries) -> Vec<String> {
    let mut texts = Vec::new();
    {
        for template in [
            "NAME: 1\n",
            "fail-on: NAME\n",
            "max-size: NAME\n",
            "exclude: {NAME: x}\n",
            "exclude: [\"NAME[\"]\n",
            "exclude: [\"NAME/**\"]\n",
            "rules: {NAME: error}\n",
            "rules: {NAME: {level: error, paths: [x]}}\n",
            "rules: {github-token: NAME}\n",
            "rules: {NAME: NAME}\n",
            "rules: {NAME: {}}\n",
            "rules: {NAME: [1]}\n",
            "rules: {github-token: {NAME: error}}\n",
            "rules: {github-token: {level: NAME, paths: [NAME]}}\n",
            "rules: {github-token: {level: error, paths: [NAME]}}\n",
            "rule-packs: [NAME]\n",
            "rule-packs: [NAME/*.yml]\n",
            "rule-packs: [\"NAME[\"]\n",
            "NAME\n",
            "- NAME\n",
            "NAME: x\nNAME: y\n",
            "a: *NAME\n",
            "a: !NAME x\n",
            "a: \"NAME\\x\n",
            "a: [NAME\n",
            "a: b: NAME\n",
            "%NAME x\n---\na: 1\n",
            "allow-comments: NAME\n",
            "baseline: NAME\n",
            "baseline: ../NAME\n",
        ] {
            let mut text = template.to_owned();
            while text.contains("NAME") {
                let name = c.name();
                text = if template.matches("NAME").count() == 2 && template.starts_with("NAME") {
                    text.replace("NAME", &name)
                } else {
                    text.replacen("NAME", &name, 1)
                };
            }
            texts.push(text);
        }
    }
    texts
}

fn packs(c: &mut Canaries) -> Vec<String> {
    let good = "title: Own\nlevel: error\nkeywords: [own_]\npattern: 'own_[a-z]{8}'\nwhy: w\nremedy: r\nreferences: []\nmatches: ['key = own_abcdefgh']\nnon-matches: ['own_']\n";
    let change = |from: &str, to: &str| good.replace(from, to);
    let mut packs = vec![
        change("own_abcdefgh", &c.token()),
        change("['own_']", &format!("['own_abcdefgh {}']", c.token())),
        change("level: error", &format!("level: {}", c.name())),
        change("title: Own", &format!("{}: Own", c.name())),
        change("own_[a-z]{8}", &format!("({}", c.name())),
        change("own_[a-z]{8}", &format!("{}\\xff[^é", c.name())),
        change("own_[a-z]{8}", &format!("\\p{{{}}}", c.name())),
        change("own_[a-z]{8}", &format!("(?<{}>a)(?<{}>b)", c.name(), c.name())),
        change("keywords: [own_]", &format!("keywords: {}", c.name())),
        change("references: []", &format!("references: {{{}: 1}}", c.name())),
        change("title: Own", &format!("title: [{}]", c.name())),
        change("multiline", "").replace("why: w", &format!("why: w\nmultiline: {}\n", c.name())),
        change("why: w", &format!("why: w\nmin-entropy: {}\n", c.name())),
        change("why: w", &format!("why: w\nchecksum: {}\n", c.name())),
        change("why: w", &format!("why: w\nmatcher: {}\n", c.name())),
        change("matches: [", &format!("matches: [{}\n", c.name())),
        change("why: w", &format!("why: *{}\n", c.name())),
        change("title: Own", &format!("{0}: 1\n{0}: 2\ntitle: Own", c.name())),
    ];
    packs.push(format!("{}\n", c.name()));
    packs
}

/// Everything that would tell a secret: itself, its middle (a cut still tells), and its usual encodings.
fn needles(secrets: &[String]) -> (AhoCorasick, Vec<usize>) {
    let (mut patterns, mut owners) = (Vec::<String>::new(), Vec::new());
    for (owner, secret) in secrets.iter().enumerate() {
        let characters: Vec<char> = secret.chars().collect();
        let middle: String = match characters.len() {
            0..=24 => secret.clone(),
            length => characters[length / 2 - 7..length / 2 + 7].iter().collect(),
        };
        let mut all = vec![
            middle.clone(),
            quoted(&middle).trim_matches('"').to_owned(),
            hex(&middle),
            hex(&middle).to_uppercase(),
            percent(&middle),
            percent(&middle).to_lowercase(),
        ];
        let doubled = base64(secret);
        for text in [middle.as_str(), &doubled] {
            for shift in 0..3 {
                let padded = format!("{}{text}", "\0".repeat(shift));
                for encoded in [STANDARD.encode(&padded), URL_SAFE.encode(&padded)] {
                    // What neighbours change at either end is left off.
                    let start = [0, 2, 3][shift];
                    let end = padded.len() * 8 / 6;
                    all.push(encoded[start..end].to_owned());
                }
            }
        }
        for pattern in all {
            assert!(pattern.chars().count() >= 8, "the needle of secret {owner} is too short to be telling");
            patterns.push(pattern);
            owners.push(owner);
        }
    }
    (AhoCorasick::builder().match_kind(MatchKind::Standard).build(&patterns).expect("an automaton"), owners)
}

pub(crate) struct Watch {
    pub(crate) secrets: Vec<String>,
    automaton: AhoCorasick,
    owners: Vec<usize>,
    leaks: String,
    looked_at: usize,
}

impl Watch {
    pub(crate) fn look(&mut self, what: &str, bytes: &[u8]) {
        self.looked_at += bytes.len();
        if let Some(found) = self.automaton.find(bytes) {
            let low = found.start().saturating_sub(160);
            let near = String::from_utf8_lossy(&bytes[low..(found.end() + 40).min(bytes.len())]).into_owned();
            let owner = self.owners[found.pattern().as_usize()];
            writeln!(self.leaks, "{what}: {:?} in …{near}…\n", self.secrets[owner]).expect("a string");
        }
    }

    pub(crate) fn run(&mut self, tree: &Tree, arguments: &[&str], input: &[u8]) {
        use std::io::Write as _;
        let mut command = tree.command(arguments);
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
        command
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // A command that does not read its input closes it.
        let _ = child.stdin.take().expect("a pipe").write_all(input);
        let end = child.wait_with_output().expect("the program ends");
        assert!(matches!(end.status.code(), Some(0..=2)), "{arguments:?}: {:?}", end.status);
        self.look(&format!("{arguments:?} out"), &end.stdout);
        self.look(&format!("{arguments:?} err"), &end.stderr);
    }
}

/// Everything that can be repaired, shown and done, and what cannot be sealed, said.
fn repairs(watch: &mut Watch, trees: &[(String, Vec<u8>)]) {
    let git = [(".git/HEAD", "ref: refs/heads/main\n"), (".git/objects/x", ""), (".git/refs/x", "")];
    let tree = Tree::new(&git);
    for (name, bytes) in trees {
        let path = tree.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    super::baseline::accepts(watch, &tree);
    let cert = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/certificates/spki.pem");
    for arguments in [
        &["fix"][..],
        &["fix", "--diff", "--unsafe", "--namespace", "ml", "--cert", cert],
        &["fix", "--diff", "--rule", "plaintext-secret", "--cert", cert],
        &["fix", "-vvv", "--cert", cert],
        &["fix", "-vvv", "--unsafe", "--namespace", "ml", "--cert", cert],
        &["fix", "--undo"],
    ] {
        watch.run(&tree, arguments, b"");
    }
}

#[test]
fn no_output_holds_a_secret() {
    let mut canaries = Canaries { random: Random(20_261_122), made: Vec::new() };
    let trees: Vec<_> = (0..6).flat_map(|round| files(&mut canaries, round)).collect();
    let configurations = configurations(&mut canaries);
    let packs = packs(&mut canaries);
    let secrets = canaries.made;
    assert!(secrets.len() > 600, "{}", secrets.len());
    let (automaton, owners) = needles(&secrets);
    let mut watch = Watch { secrets, automaton, owners, leaks: String::new(), looked_at: 0 };

    let tree = Tree::new(&[]);
    for (name, bytes) in &trees {
        let path = tree.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    for format in Format::ALL.iter().map(|format| format.as_str()) {
        watch.run(&tree, &["check", "--format", format], b"");
        watch.run(&tree, &["check", "--color", "always", "-vvv", "--format", format, "r1/secret.yaml"], b"");
    }
    for format in ["json", "mermaid", "dot"] {
        watch.run(&tree, &["map", "-vvv", "--format", format], b"");
    }
    let out = tempfile::tempdir().expect("a folder");
    let targets: Vec<String> =
        Format::ALL.iter().map(|format| format!("{format}={}", out.path().join(format.as_str()).display())).collect();
    let mut arguments = vec!["check"];
    targets.iter().for_each(|target| arguments.extend(["--format", target]));
    watch.run(&tree, &arguments, b"");
    let mut written = 0;
    for entry in fs::read_dir(out.path()).expect("the folder") {
        let path = entry.expect("an entry").path();
        watch.look(&path.display().to_string(), &fs::read(&path).expect("the report"));
        written += 1;
    }
    assert_eq!(written, Format::ALL.len());
    for (name, bytes) in trees.iter().filter(|(name, _)| name.starts_with("r2/")) {
        watch.run(&tree, &["check", "--stdin", "--stdin-path", name], bytes);
        watch.run(&tree, &["dev", "view", name], b"");
        watch.run(&tree, &["check", "--stdin", "--format", "sarif"], bytes);
    }
    for arguments in
        [&["check", "--show-config"][..], &["rules"], &["rules", "test"], &["explain", "github-token"], &["man"]]
    {
        watch.run(&tree, arguments, b"");
    }
    for text in &configurations {
        let tree =
            Tree::new(&[(".mlguard.yaml", text), ("sub/.mlguard.yaml", text), ("sub/a.txt", "x"), ("policy", text)]);
        for arguments in [
            &["check"][..],
            &["check", "--show-config"],
            &["check", "--format", "json", "--policy", "policy"],
            &["rules", "--config", "policy"],
            &["rules", "test"],
            &["explain", "jwt"],
            &["map", "--format", "json"],
        ] {
            watch.run(&tree, arguments, b"");
        }
    }
    for text in &packs {
        let tree = Tree::new(&[(".mlguard.yaml", "rule-packs: [p/own.yml]\n"), ("p/own.yml", text), ("a.txt", "x")]);
        for arguments in [
            &["check", "--format", "sarif"][..],
            &["check", "--show-config"],
            &["rules", "test", "p"],
            &["rules", "--format", "json"],
        ] {
            watch.run(&tree, arguments, b"");
        }
    }
    repairs(&mut watch, &trees);
    assert!(watch.looked_at > 1_000_000, "{} bytes", watch.looked_at);
    let count = watch.leaks.lines().filter(|line| !line.is_empty()).count();
    assert!(watch.leaks.is_empty(), "{count} leaks:\n{}", watch.leaks);
}
