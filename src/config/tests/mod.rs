//! Layers, policy, errors.

mod convention;
mod package;

use std::fs;
use std::path::PathBuf;

use super::keys::baseline::Accepted;
use super::*;
use crate::error::Problem;
use crate::rule::{self, Level, Rule};

const PACK: &str = "title: Own token\nlevel: warning\nkeywords: [own_]\npattern: 'own_[a-z]{8}'\nwhy: w\nremedy: r\n\
                    references: []\nmatches: ['own_abcdefgh']\nnon-matches: []\n";

pub(super) struct Tree(tempfile::TempDir);

impl Tree {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        Self(dir)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn load(&self) -> Settings {
        self.load_with(&Environment::default(), &Flags::default())
    }

    pub(super) fn load_with(&self, environment: &Environment, flags: &Flags) -> Settings {
        Settings::load(self.0.path(), environment, flags)
    }
}

fn token() -> &'static Rule {
    rule::find("github-token").expect("a built-in rule")
}

pub(super) fn lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|problem| problem.to_string().replace("\n  help", "; help")).collect()
}

pub(super) fn faults(text: &str) -> Vec<String> {
    lines(&Tree::new(&[(FILE, text)]).load().problems())
}

#[test]
fn without_a_file_everything_has_a_default() {
    let settings = Tree::new(&[]).load();
    assert_eq!(settings.problems(), []);
    assert_eq!((settings.fail_on.value, settings.max_size.value), (Level::Error, DEFAULT_MAX_SIZE));
    assert_eq!(settings.level(token(), "a.yaml"), Some(Level::Error));
    assert!(!settings.excluded("a.yaml"));
    assert_eq!(settings.formats.value, ["human"]);
}

#[test]
fn later_layers_win() {
    let tree = Tree::new(&[
        (FILE, "fail-on: warning\nmax-size: 1MiB\nrules: { github-token: { level: note, paths: [\"a/**\"] } }\n"),
        ("a/b/.mlguard.yaml", "rules: { github-token: warning }\nexclude: [gen]\n"),
        ("a/b/c/.mlguard.yaml", "rules: { github-token: [off, { level: error, paths: [keep.yaml] }] }\n"),
    ]);
    let settings = tree.load();
    let level = |path: &str| {
        let excluded = settings.excluded(path);
        (settings.level(token(), path), excluded)
    };
    assert_eq!(level("x.yaml"), (Some(Level::Error), false));
    assert_eq!(level("a/x.yaml"), (Some(Level::Note), false));
    assert_eq!(level("a/b/x.yaml"), (Some(Level::Warning), false));
    assert_eq!(level("a/b/gen/x.yaml"), (Some(Level::Warning), true));
    assert_eq!(level("a/b/c/x.yaml"), (None, false));
    assert_eq!(level("a/b/c/keep.yaml"), (Some(Level::Error), false));
    assert_eq!(settings.problems(), []);
    assert_eq!(settings.fail_on.origin.to_string(), ".mlguard.yaml:1:10");

    let environment = Environment { fail_on: Some("note".into()), max_size: Some("2MiB".into()), ..Default::default() };
    let flags = Flags { max_size: Some(7), ..Default::default() };
    let settings = tree.load_with(&environment, &flags);
    assert_eq!((settings.fail_on.value, settings.max_size.value), (Level::Note, 7));
    assert_eq!(settings.fail_on.origin, Origin::Environment("MLGUARD_FAIL_ON"));
    let settings = tree.load_with(&environment, &Flags { no_config: true, ..Default::default() });
    assert_eq!(settings.level(token(), "a/b/c/x.yaml"), Some(Level::Error));
}

#[test]
fn a_named_file_replaces_all_others() {
    let tree = Tree::new(&[
        (FILE, "rules: { github-token: off }\n"),
        ("a/.mlguard.yaml", "exclude: [\"**\"]\n"),
        ("ci/own.yaml", "rules: { github-token: note }\n"),
    ]);
    let flags = Flags { config: Some(tree.path("ci/own.yaml")), ..Default::default() };
    let settings = tree.load_with(&Environment::default(), &flags);
    assert!(!settings.excluded("a/x"));
    assert_eq!(settings.level(token(), "a/x"), Some(Level::Note));
    let missing = Flags { config: Some(PathBuf::from("/no/such.yaml")), ..Default::default() };
    let settings = tree.load_with(&Environment::default(), &missing);
    assert_eq!(lines(&settings.problems()), ["error: /no/such.yaml: no such file"]);
}

#[test]
fn faults_name_place_and_remedy_all_at_once() {
    let text = "exlude: [vendor]\nrules:\n  github-tokn: off\n  github-token: warn\nexclude: [\"a[\"]\n\
                fail-on: [error]\nmax-size: big\nallow-exclude: true\n";
    assert_eq!(
        faults(text),
        [
            "error: .mlguard.yaml:1:1: unknown key `exlude`; help: did you mean `exclude`? \
             known keys: baseline, clusters, declared-secrets, environments, exclude, external-secrets, fail-on, max-size, package, paths, references, \
             rotation, rule-packs, rules, strength, system-namespaces, workflows",
            "error: .mlguard.yaml:3:3: unknown rule `github-tokn`; help: did you mean `github-token`? `mlguard rules` lists all",
            "error: .mlguard.yaml:4:17: `github-token` must be off, note, warning or error; help: did you mean `warning`?",
            "error: .mlguard.yaml:5:11: invalid glob `a[`: unclosed character class; missing ']'",
            "error: .mlguard.yaml:6:10: `fail-on` must be note, warning or error; found a list",
            "error: .mlguard.yaml:7:11: `max-size` must be a number of bytes, or a number with a unit such as 512KiB, 32MiB or 1GB",
            "error: .mlguard.yaml:8:1: `allow-exclude` is not allowed in this file; help: only a policy (--policy FILE) may contain it",
        ]
    );
    assert!(faults("rules: [a]\n")[0].contains("1:8: `rules` must be a mapping of rule ids to levels; found a list"));
    assert!(faults("- a\n")[0].contains("a configuration must be a mapping of keys; found a list"));
    assert!(faults("rules: { github-token: { paths: [a] } }")[0].contains("1:24: `github-token` has no `level`"));
    assert!(faults("rules: { github-token: { level: off, path: [a] } }")[0].contains("did you mean `paths`?"));
    assert!(faults("colours: {}\n")[0].contains("unknown key `colours`; help: known keys"));
}

#[test]
fn values_are_not_repeated() {
    let secret = "hunter2-Zq81";
    for text in [
        format!("fail-on: {secret}\n"),
        format!("max-size: {secret}\n"),
        format!("rules: {{ github-token: {secret} }}\n"),
        secret.to_owned(),
        format!("exclude: {{ a: {secret} }}\n"),
        format!("a: 'x\n {secret}"),
    ] {
        let said = faults(&text).join("\n");
        assert!(!said.is_empty() && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn faults_of_nested_files_are_told_once() {
    let tree = Tree::new(&[("a/.mlguard.yaml", "fail-on: note\nexclude: [x, 1]\n")]);
    let settings = tree.load();
    assert!(settings.excluded("a/x") && settings.excluded("a/b/x") && !settings.excluded("x"));
    let said = lines(&settings.problems());
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("a/.mlguard.yaml:1:1: `fail-on` is not allowed in this file"), "{said:?}");
    assert!(settings.is_faulty());
}

#[test]
fn only_regular_files_of_the_root_are_read() {
    assert!(faults(&format!("# {}\n", "x".repeat(1 << 20)))[0].contains("larger than 1 MiB"));
    let tree = Tree::new(&[(".mlguard.yml", ""), (".mlguard.yaml/x", "")]);
    let said = lines(&tree.load().problems());
    assert!(said[0].contains("not a regular file") && said[1].contains("must be called .mlguard.yaml"), "{said:?}");
    #[cfg(unix)]
    {
        let outside = Tree::new(&[("own.yaml", "fail-on: note\n")]);
        let tree = Tree::new(&[("own.yaml", "fail-on: note\n")]);
        std::os::unix::fs::symlink(outside.path("own.yaml"), tree.path(FILE)).expect("a link");
        let settings = tree.load();
        assert_eq!(settings.fail_on.value, Level::Error);
        assert!(lines(&settings.problems())[0].contains("symbolic link out of the repository"));
        fs::remove_file(tree.path(FILE)).expect("removed");
        std::os::unix::fs::symlink("own.yaml", tree.path(FILE)).expect("a link");
        assert_eq!(tree.load().fail_on.value, Level::Note);
    }
}

#[test]
fn a_policy_is_a_floor() {
    let tree = Tree::new(&[
        (
            "org/policy.yaml",
            "rules: { github-token: warning }\nfail-on: warning\nmax-size: 4MiB\nallow-comments: false\n",
        ),
        (FILE, "rules: { github-token: off }\nexclude: [vendor]\nfail-on: error\nmax-size: 1MiB\n"),
        ("strict/.mlguard.yaml", "rules: { github-token: error }\nexclude: [x]\n"),
    ]);
    let flags = Flags { policy: Some(tree.path("org/policy.yaml")), exclude: vec!["y".into()], ..Default::default() };
    let settings = tree.load_with(&Environment::default(), &flags);
    assert!(!settings.excluded("vendor/a") && !settings.excluded("strict/x") && !settings.excluded("y"));
    assert_eq!(settings.level(token(), "a"), Some(Level::Warning));
    assert_eq!(settings.level(token(), "strict/a"), Some(Level::Error));
    assert_eq!((settings.fail_on.value, settings.max_size.value), (Level::Warning, 4 << 20));
    assert!(!settings.allow_comments.value && !settings.is_faulty());
    assert!(settings.rules().iter().any(|rule| rule.id == "github-token"));
    let said = lines(&settings.problems());
    assert_eq!(said.len(), 6, "{said:#?}");
    assert!(said.iter().all(|line| line.starts_with("warning: ") && line.contains("no effect")), "{said:#?}");
    let level = ".mlguard.yaml:1:24: the level of `github-token`, weaker than the policy's (warning), has no effect";
    assert!(said.iter().any(|line| line.contains(level)), "{said:#?}");
}

#[test]
fn a_policy_can_let_a_repository_exclude() {
    let tree = Tree::new(&[("p.yaml", "allow-exclude: true\nexclude: [third]\n"), (FILE, "exclude: [vendor]\n")]);
    let flags = Flags { policy: Some(tree.path("p.yaml")), ..Default::default() };
    let settings = tree.load_with(&Environment::default(), &flags);
    assert!(settings.excluded("vendor/a") && settings.excluded("third/a"));
    assert_eq!(settings.problems(), []);
}

#[test]
fn packs_are_found_tested_and_configurable() {
    let tree = Tree::new(&[
        (FILE, "rule-packs: [\"ci/rules/*.yml\"]\nrules: { own-token: error }\n"),
        ("ci/rules/own-token.yml", PACK),
    ]);
    let settings = tree.load();
    assert_eq!(settings.problems(), []);
    let own = &settings.packs[0];
    assert_eq!((own.path.as_str(), own.rule.id.as_ref()), ("ci/rules/own-token.yml", "own-token"));
    assert_eq!(settings.level(&own.rule, "a"), Some(Level::Error));
    assert!(settings.rules().iter().any(|rule| rule.id == "own-token"));
}

#[test]
fn faulty_packs_are_errors() {
    let fault = |name: &str, text: &str| {
        let tree = Tree::new(&[(FILE, "rule-packs: [\"r/**\"]\n"), (name, text)]);
        let settings = tree.load();
        assert!(settings.packs.is_empty() && settings.is_faulty());
        lines(&settings.problems()).join("\n")
    };
    let bad_regex = fault("r/a.yml", &PACK.replace("own_[a-z]{8}", "own_[a-z{8}"));
    assert!(bad_regex.contains("r/a.yml:4:10: invalid regular expression: unclosed character class"), "{bad_regex}");
    let bad_key = fault("r/a.yml", &PACK.replace("title", "tittle"));
    assert!(bad_key.contains("r/a.yml:1:1: ") && bad_key.contains("tittle"), "{bad_key}");
    let bad_example = fault("r/a.yml", &PACK.replace("'own_abcdefgh'", "'hunter2'"));
    assert!(bad_example.contains("r/a.yml: ") && bad_example.contains("example 1"), "{bad_example}");
    assert!(!bad_example.contains("hunter2"), "{bad_example}");
    assert!(fault("r/github-token.yml", PACK).contains("belongs to a built-in rule"));
    assert!(fault("other/a.yml", PACK).contains(".mlguard.yaml:1:14: no rule file matches `r/**`"));
}

#[test]
fn the_shown_configuration_names_origins_and_reads_back() {
    let tree = Tree::new(&[
        (FILE, "fail-on: note\nexclude: [vendor/**]\n"),
        ("a/.mlguard.yaml", "rules: { github-token: off }\nexclude: [gen]\n"),
    ]);
    let settings = tree.load();
    assert!(!settings.excluded("a/x"));
    let shown = settings.show();
    for line in [
        "exclude:\n  - \"/a/**/gen\"  # a/.mlguard.yaml:2:11\n  - \"/vendor/**\"  # .mlguard.yaml:2:11\n",
        "fail-on: note  # .mlguard.yaml:1:10\nmax-size: 32MiB  # default\nrule-packs: []  # default\n",
        "  github-token:\n    - error  # default\n    - { level: off, paths: [\"/a/**\"] }  # a/.mlguard.yaml:1:24\n",
    ] {
        assert!(shown.contains(line), "{line}\nis not in\n{shown}");
    }
    let again = Tree::new(&[(FILE, shown.as_str())]).load();
    assert_eq!(again.problems(), []);
    assert!(again.excluded("a/b/gen") && again.excluded("vendor/x"));
    assert_eq!((again.level(token(), "a/x"), again.level(token(), "x")), (None, Some(Level::Error)));
}

#[test]
fn only_narrows_to_the_rules_that_were_named() {
    let flags = Flags { only: vec!["github-token".into()], ..Default::default() };
    let settings = Tree::new(&[]).load_with(&Environment::default(), &flags);
    assert_eq!(settings.rules().len(), 1);
}

#[test]
fn the_schema_agrees_with_the_reader() {
    let validator = jsonschema::validator_for(&schema::schema(rule::builtin())).expect("a valid schema");
    for (text, good) in [
        ("{}", true),
        ("fail-on: note\nmax-size: 32MiB\nexclude: [a]\nrules: {github-token: off}", true),
        ("max-size: 1048576\nexclude: a\n", true),
        ("rules: {github-token: [off, {level: error, paths: [a]}]}", true),
        ("exlude: [a]", false),
        ("fail-on: off", false),
        ("max-size: big", false),
        ("rules: {github-token: {paths: [a]}}", false),
        ("rules: {github-token: loud}", false),
        ("allow-exclude: true", false),
        ("exclude: [1]", false),
        ("environments: {dev: '{workflow}-dev'}\nworkflows: [a]\nsystem-namespaces: [kube-*]", true),
        ("environments: {dev: 'dev'}", false),
        ("environments: {Dev: '{workflow}'}", false),
        ("workflows: a", true),
        ("workflows: [A]", false),
        ("workflows: [a, a]", false),
        ("paths: ['**/{env}/**']", true),
        ("paths: ['a/**']", false),
        ("references: {env-from: [a], image-pull: b, private-registries: [ghcr.io/acme]}", true),
        (
            "references: {kinds: [{kind: Store, group: acme.io, path: 'spec.a[].b', key: k, usage: tls, optional: true}]}",
            true,
        ),
        ("references: {kinds: [{kind: Store}]}", false),
        ("references: {kinds: [{kind: Store, path: a, usage: loud}]}", false),
        ("references: {env-form: [a]}", false),
        ("declared-secrets: [{name: a, namespace: b, keys: [C]}, {name: a}]", true),
        ("declared-secrets: [a]", false),
        ("declared-secrets: [{namespace: b}]", false),
        ("clusters: {dev: {cert: certs/dev.pem, environments: [dev]}}", true),
        ("clusters: {dev: {environments: [dev]}}", false),
        ("rotation: {max-age: 12w}", true),
        ("rotation: {max-age: 90}", false),
        ("rotation: {max-age: 3m}", false),
        ("strength: {min-length: 32, random: true}", true),
        ("strength: {min-length: 0}", false),
        ("strength: {min-length: \"32\"}", false),
        ("strength: {random: 1}", false),
        ("strength: {words: false}", false),
    ] {
        // `off` is text to this reader, a boolean to others; JSON leaves no doubt.
        let value: serde_json::Value = serde_saphyr::from_str(&text.replace("off", "'off'")).expect("YAML");
        assert_eq!(validator.is_valid(&value), good, "schema: {text}");
        assert_eq!(faults(text).is_empty(), good, "reader: {text}");
    }
}

#[cfg(unix)]
#[test]
fn states_are_kept_where_the_environment_says_and_relative_paths_do_not_count() {
    let of = |variables: &[(&str, &str)]| {
        let find =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| PathBuf::from(value));
        super::environment::state(find)
    };
    assert_eq!(of(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]), Some("/s".into()));
    assert_eq!(of(&[("XDG_STATE_HOME", "s"), ("HOME", "/h")]), Some("/h/.local/state".into()));
    assert_eq!(of(&[("HOME", "h")]), None);
}

#[test]
fn the_baseline_is_a_file_below_the_root() {
    assert_eq!(Tree::new(&[]).load().baseline.value, Accepted::Usual);
    let value = |text: &str| Tree::new(&[(FILE, text)]).load().baseline.value;
    assert_eq!(value("baseline: ci/./known.jsonl\n"), Accepted::Usual, "faulty, and told");
    assert_eq!(value("baseline: ci/known.jsonl\n"), Accepted::Inside("ci/known.jsonl".to_owned()));
    assert_eq!(value("baseline: false\n"), Accepted::Nothing);
    for wrong in ["../known", "/known", "a\\b", "a//b"] {
        let said = faults(&format!("baseline: '{wrong}'\n"));
        assert!(said.len() == 1 && said[0].contains(".mlguard.yaml:1:11: `baseline`: invalid path"), "{said:?}");
    }
    assert!(faults("baseline: [a]\n")[0].contains("`baseline` must be the path of a file, or false; found a list"));
    let nested = lines(&Tree::new(&[("a/.mlguard.yaml", "baseline: x\n")]).load().problems());
    assert_eq!(nested, [""; 0], "not read before the listing");
    let flags = Flags { no_baseline: true, ..Default::default() };
    let tree = Tree::new(&[(FILE, "baseline: known\n")]);
    assert_eq!(tree.load_with(&Environment::default(), &flags).baseline.value, Accepted::Nothing);
    let missing = tree.load().read_baseline(true).expect_err("it is named").to_string();
    assert!(missing.contains("known: there is no such baseline") && missing.contains(".mlguard.yaml:1:11 names it"));
    assert_eq!(tree.load().read_baseline(false), Ok(None));
    assert_eq!(Tree::new(&[]).load().read_baseline(true), Ok(None));
}

#[test]
fn a_policy_can_forbid_the_baseline() {
    let tree = Tree::new(&[
        ("org/no.yaml", "allow-baseline: false\n"),
        ("org/yes.yaml", "fail-on: warning\n"),
        (FILE, "baseline: known.jsonl\n"),
    ]);
    let load = |policy: &str, extra: Flags| {
        let flags = Flags { policy: Some(tree.path(policy)), ..extra };
        let settings = tree.load_with(&Environment::default(), &flags);
        (settings.baseline.value.clone(), lines(&settings.problems()))
    };
    assert_eq!(load("org/yes.yaml", Flags::default()).0, Accepted::Inside("known.jsonl".to_owned()));
    let (value, said) = load("org/no.yaml", Flags::default());
    assert_eq!(value, Accepted::Nothing);
    assert!(said[0].starts_with("warning: .mlguard.yaml:1:11: the baseline has no effect; help: "), "{said:?}");
    let (value, said) = load("org/no.yaml", Flags { baseline: Some("x".into()), ..Default::default() });
    assert!(value == Accepted::Nothing && said[0].starts_with("warning: --baseline: the baseline has no"), "{said:?}");
    let usual = Tree::new(&[("no.yaml", "allow-baseline: false\n"), (".mlguard-baseline.jsonl", "")]);
    let flags = Flags { policy: Some(usual.path("no.yaml")), ..Default::default() };
    let said = lines(&usual.load_with(&Environment::default(), &flags).problems());
    assert!(said[0].starts_with("warning: .mlguard-baseline.jsonl: the baseline has no effect"), "{said:?}");
    assert!(faults("allow-baseline: false\n")[0].contains("only a policy (--policy FILE) may contain it"));
}
