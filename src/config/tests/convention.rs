//! The convention's keys: what they give, what is wrong with them, what a policy lets pass, how they are shown.

use std::sync::Arc;

use super::super::key::Scope;
use super::super::keys::{GROUPS, KEYS, names};
use super::super::{Environment, FILE, Flags, Settings};
use super::{Tree, faults, lines};
use crate::inventory::convention::{Convention, Declared, OwnKind};
use crate::inventory::facts::Usage;
use crate::seal::strength::Policy as Strength;

const FULL: &str = "\
environments: { dev: \"dev-{workflow}\", live: \"{workflow}\" }
workflows: [fraud, financial-ml]
system-namespaces: [\"*-system\"]
paths: [\"apps/{workflow}/{env}/**\"]
references:
  env-from: [platform]
  image-pull: [harbor]
  private-registries: [harbor.acme.io/ml]
  kinds:
    - { kind: Store, group: acme.io, path: \"spec.stores[].name\", key: key, usage: tls, optional: true }
    - { kind: Job, path: spec.secret }
declared-secrets:
  - { name: huggingface-token, namespace: private-ai-demo, keys: [HF_TOKEN] }
  - { name: shared.token }
clusters:
  dev: { cert: certs/dev.pem, environments: [dev] }
  live: { cert: ./certs/live.pem }
rotation: { max-age: 4w }
strength: { min-length: 20, random: true }
";

fn convention(text: &str) -> Arc<Convention> {
    let settings = Tree::new(&[(FILE, text)]).load();
    assert_eq!(settings.problems(), []);
    settings.convention()
}

/// The settings of a repository's file under a policy, and what has no effect.
fn bound(policy: &str, own: &str) -> (Settings, Vec<String>) {
    let tree = Tree::new(&[("p.yaml", policy), (FILE, own)]);
    let flags = Flags { policy: Some(tree.path("p.yaml")), ..Default::default() };
    let settings = tree.load_with(&Environment::default(), &flags);
    assert!(!settings.is_faulty(), "{:?}", settings.problems());
    let said = lines(&settings.problems()).into_iter().filter_map(|line| Some(line.split_once("; help")?.0.to_owned()));
    let said = said.map(|line| line.replace("warning: .mlguard.yaml:", "").replace(" has no effect", "")).collect();
    (settings, said)
}

#[test]
fn without_a_file_the_defaults_hold() {
    let (own, built_in) = (convention(""), Convention::default());
    assert_eq!(own.environments, built_in.environments);
    assert_eq!((&own.paths, own.max_age_days), (&built_in.paths, 90));
    assert_eq!((&own.system_namespaces, &own.env_from), (&built_in.system_namespaces, &built_in.env_from));
    assert_eq!((own.image_pull.concat(), own.private_registries.concat()), ("ghcr".into(), "ghcr.io".into()));
}

#[test]
fn what_a_file_says_stands_for_the_defaults() {
    let own = convention(FULL);
    let pair = |(name, template): (&str, &str)| (name.to_owned(), template.to_owned());
    assert_eq!(own.environments, [("dev", "dev-{workflow}"), ("live", "{workflow}")].map(pair));
    assert_eq!(own.workflows, ["fraud", "financial-ml"]);
    assert_eq!(own.system_namespaces, ["*-system"]);
    assert_eq!(own.paths.len(), 1);
    assert_eq!(own.expected("apps/fraud/dev/a").and_then(|says| says.namespace).as_deref(), Some("dev-fraud"));
    assert_eq!(own.expected("packages/fraud/dev/a"), None);
    assert_eq!((own.env_from.concat(), own.image_pull.concat()), ("platform".into(), "harbor".into()));
    assert!(own.is_private_image("harbor.acme.io/ml/x:1") && !own.is_private_image("ghcr.io/x"));
    let store = OwnKind {
        kind: "Store".into(),
        group: Some("acme.io".into()),
        path: "spec.stores[].name".into(),
        key: Some("key".into()),
        usage: Usage::Tls,
        optional: true,
    };
    let job = OwnKind {
        kind: "Job".into(),
        group: None,
        path: "spec.secret".into(),
        key: None,
        usage: Usage::Credential,
        optional: false,
    };
    assert_eq!(own.kinds, [store, job]);
    let keys = Some(vec!["HF_TOKEN".to_owned()]);
    let token = Declared { name: "huggingface-token".into(), namespace: Some("private-ai-demo".into()), keys };
    assert_eq!(own.declared, [token, Declared { name: "shared.token".into(), namespace: None, keys: None }]);
    assert_eq!(own.certificates, ["certs/dev.pem", "certs/live.pem"]);
    assert_eq!(own.max_age_days, 28);
}

#[test]
fn an_empty_list_is_a_list() {
    let own = convention("paths: []\nreferences: { env-from: [] }\nsystem-namespaces: []\nenvironments: {}\n");
    assert!(own.paths.is_empty() && own.env_from.is_empty() && own.system_namespaces.is_empty());
    assert!(own.environments.is_empty() && own.image_pull == ["ghcr"]);
    assert_eq!(convention("workflows: fraud\n").workflows, ["fraud"]);
}

#[test]
fn faults_of_names_and_templates_have_their_place() {
    let label = "use lowercase letters, digits and inner dashes, at most 63 characters (DNS-1123)";
    let file = "error: .mlguard.yaml:";
    let text = "environments:\n  Dev: \"{workflow}\"\n  dev: \"{workflow}-dev\"\n  qa: \"{workflow}-dev\"\n  a: x\n  b: \"{workflow}-{workflow}\"\n  c: \"{env}-{workflow}\"\n  d: \"{workflow}_d\"\n  e: 1\n\
                workflows: [ok, Bad, ok, 7]\nsystem-namespaces: [\"kube-*\", \"a b\"]\n\
                paths: [\"a/{env}\", \"a/**\", \"{wokflow}/**\", \"a/{env}\"]\n";
    assert_eq!(
        faults(text),
        [
            format!("{file}2:3: invalid name `Dev`: {label}"),
            format!("{file}4:7: `qa` has the same template as `dev`, so a namespace would belong to both"),
            format!("{file}5:6: the template of `a` has no {{workflow}}"),
            format!("{file}6:6: the template of `b` contains {{workflow}} twice"),
            format!("{file}7:6: the template of `c` contains braces other than {{workflow}}"),
            format!("{file}8:6: the template of `d` does not give a valid name of a namespace: {label}"),
            format!("{file}9:6: `e` must be a string; found a number"),
            format!("{file}10:17: invalid name `Bad`: {label}"),
            format!("{file}10:22: `ok` is listed twice in `workflows`"),
            format!("{file}10:26: `workflows` must be a list of names, each a string; found a number"),
            format!(
                "{file}11:31: invalid glob `a b`: must be the name of a namespace, in which `*` matches any characters"
            ),
            format!(
                "{file}12:20: invalid template `a/**`: it has none of {{workflow}}, {{env}} and {{namespace}}, so it says nothing"
            ),
            format!(
                "{file}12:28: invalid template `{{wokflow}}/**`: a variable must be one of {{workflow}}, {{env}} and {{namespace}}; did you mean {{workflow}}?"
            ),
            format!("{file}12:44: `a/{{env}}` is listed twice in `paths`"),
        ]
    );
}

#[test]
fn faults_of_references_and_declared_secrets_have_their_place() {
    let text = "references:\n  env-form: [a]\n  image-pull: [Ghcr]\n  private-registries: [\"https://ghcr.io\", \"ghcr.io/\"]\n  kinds:\n\
                \x20   - { kind: Store }\n\
                \x20   - { kind: store, path: a }\n\
                \x20   - { kind: Store, path: \"a..b\", usgae: tls }\n\
                \x20   - { kind: Store, path: a, usage: volumes, optional: 1 }\n\
                \x20   - { kind: Job, path: a }\n\
                \x20   - { kind: Job, path: a, usage: tls }\n\
                declared-secrets:\n\
                \x20 - { name: a, namespace: b, keys: [K, \"a b\"] }\n\
                \x20 - { name: a, namespace: c }\n\
                \x20 - { name: a, namespace: c, keys: [K] }\n\
                \x20 - { namespace: c }\n\
                \x20 - { name: a_b, namspace: c }\n\
                \x20 - a\n\
                rotation: { max-age: 3m, max-ago: 1d }\n";
    let file = "error: .mlguard.yaml:";
    let found = faults(text);
    let wanted = [
        "2:3: unknown key `env-form`; help: did you mean `env-from`? known keys: env-from, image-pull, kinds, private-registries",
        "3:16: invalid name `Ghcr`: use lowercase letters, digits, inner dashes and dots, at most 253 characters (DNS-1123)",
        "4:24: invalid registry `https://ghcr.io`: must be a host",
        "4:43: invalid registry `ghcr.io/`: must be a host",
        "6:7: an entry of `kinds` has no `path`",
        "7:15: invalid kind `store`: write it as in a manifest",
        "8:28: invalid path `a..b`: use names of fields separated by dots",
        "8:36: unknown key `usgae`; help: did you mean `usage`? known keys: kind, group, path, key, usage, optional",
        "9:38: `usage` must be env, env-from, volume, image-pull, tls, credential or access; help: did you mean `volume`?",
        "9:57: `optional` must be true or false; found a number",
        "11:7: this path of `Job` is listed twice in `kinds`",
        "13:40: invalid key",
        "15:5: `a` for `c` is listed twice in `declared-secrets`; help: list all keys in one entry",
        "16:5: an entry of `declared-secrets` has no `name`",
        "17:13: invalid name `a_b`",
        "17:18: unknown key `namspace`; help: did you mean `namespace`?",
        "18:5: an entry of `declared-secrets` must be a mapping of name, namespace, keys; found a string",
        "19:22: `max-age` must be a number of days or weeks such as 90d or 12w",
        "19:26: unknown key `max-ago`; help: did you mean `max-age`?",
    ];
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!(found.starts_with(&format!("{file}{wanted}")), "{wanted}\nis not\n{found}");
    }
}

#[test]
fn an_entry_with_a_fault_does_not_count() {
    let text = "references: { kinds: [{ kind: A, path: a, group: \"-\" }] }\n\
                declared-secrets: [{ name: a, namespace: B }]\nclusters: { a: { cert: x, environments: 1 } }\n";
    let settings = Tree::new(&[(FILE, text)]).load();
    let own = settings.convention();
    assert_eq!(settings.problems().len(), 3);
    assert!(own.kinds.is_empty() && own.declared.is_empty() && own.certificates.is_empty());
}

#[test]
fn clusters_name_a_file_below_the_root_and_environments_that_there_are() {
    let text = "clusters:\n  dev: { cert: /etc/dev.pem }\n  b: { cert: ../b.pem }\n  c: { cert: \"https://x/c.pem\" }\n\
                \x20 d: { environments: [dev] }\n  e: { cert: e.pem, environments: [dev, prodution] }\n  F: { cert: f }\n";
    let found = faults(text);
    for (found, wanted) in found.iter().zip([
        "2:16: invalid path `/etc/dev.pem`: must be a file below the root",
        "3:14: invalid path `../b.pem`",
        "4:14: invalid path `https://x/c.pem`",
        "5:6: the cluster `d` has no `cert`",
        "6:41: cluster `e` names an unknown environment `prodution`; help: did you mean `production`? known environments: dev, staging, production",
        "7:3: invalid name `F`",
    ]) {
        assert!(found.contains(&format!("error: .mlguard.yaml:{wanted}")), "{wanted}\nis not\n{found}");
    }
    assert_eq!(found.len(), 6, "{found:#?}");
    let own = "environments: { live: \"{workflow}\" }\nclusters: { a: { cert: a.pem, environments: [live] } }\n";
    assert_eq!(faults(own), Vec::<String>::new());
}

#[test]
fn every_key_minds_its_type_and_its_file() {
    for key in names(Scope::Root) {
        let found = faults(&format!("{key}: true\n"));
        assert!(found.len() == 1 && found[0].contains(&format!("1:{}: `{key}` must be ", key.len() + 3)), "{found:?}");
    }
    let nested = |key: &str| {
        let tree = Tree::new(&[("a/.mlguard.yaml", &format!("{key}: []\n"))]);
        let settings = tree.load();
        assert!(!settings.excluded("a/x"));
        lines(&settings.problems()).join("\n")
    };
    assert!(nested("paths").contains("a/.mlguard.yaml:1:1: `paths` is not allowed in this file"));
    assert!(nested("workflows").contains("move it to the file at the root"));
    assert!(!nested("workflows").contains("policy"));
    let sorted = names(Scope::Policy);
    assert!(sorted.is_sorted() && sorted.contains(&"references"), "{sorted:?}");
    let groups: Vec<&str> = KEYS.iter().filter_map(|key| key.group()).collect();
    let described = GROUPS.iter().all(|(group, _)| groups.contains(group));
    assert!(described && groups.iter().all(|group| GROUPS.iter().any(|(name, _)| name == group)), "{groups:?}");
}

#[test]
fn a_value_in_the_wrong_place_is_not_repeated() {
    let secret = "hunter2-Zq81xT";
    for text in [
        format!("workflows: [{secret}]\n"),
        format!("environments: {{ {secret}: x }}\n"),
        format!("environments: {{ dev: {secret} }}\n"),
        format!("rotation: {{ max-age: {secret} }}\n"),
        format!("references: {{ env-from: [{secret}], kinds: [{{ kind: {secret}, usage: {secret} }}] }}\n"),
        format!("declared-secrets: [{{ name: {secret}, {secret}: a }}]\n"),
    ] {
        let found = faults(&text).join("\n");
        assert!(!found.is_empty() && !found.contains("hunter2"), "{found}");
    }
}

#[test]
fn a_policy_list_of_what_is_allowed_can_only_be_narrowed() {
    let policy = "references: { env-from: [platform, shared], image-pull: [harbor] }\nsystem-namespaces: [argocd]\n";
    let own = "references: { env-from: [platform, mine], image-pull: [ghcr] }\nsystem-namespaces: [\"*\"]\n";
    let (settings, said) = bound(policy, own);
    let convention = settings.convention();
    assert_eq!(convention.env_from, ["platform"]);
    assert!(convention.image_pull.is_empty() && convention.system_namespaces.is_empty());
    assert_eq!(
        said,
        [
            "1:36: `mine` in `references.env-from`, which the policy does not list,",
            "1:56: `ghcr` in `references.image-pull`, which the policy does not list,",
            "2:21: `*` in `system-namespaces`, which the policy does not list,",
        ]
    );
    let (settings, said) = bound("fail-on: error\n", own);
    assert_eq!((settings.convention().env_from.len(), said), (2, vec![]));
}

#[test]
fn a_policy_list_of_what_is_checked_can_be_added_to() {
    let policy = "paths: [\"a/{env}/**\"]\nreferences:\n  private-registries: [ghcr.io]\n  kinds: [{ kind: A, path: a, usage: tls }]\n\
                  declared-secrets: [{ name: a, keys: [K] }]\n";
    let own = "paths: [\"b/{env}/**\", \"a/{env}/**\"]\nreferences:\n  private-registries: [harbor.io]\n\
               \x20 kinds: [{ kind: A, path: a, usage: access }, { kind: B, path: a }]\n\
               declared-secrets: [{ name: a, keys: [K, L] }, { name: a, namespace: b }]\n";
    let (settings, said) = bound(policy, own);
    let convention = settings.convention();
    let templates: Vec<&str> = convention.paths.iter().map(|path| path.template.as_str()).collect();
    assert_eq!(templates, ["a/{env}/**", "b/{env}/**"]);
    assert_eq!(convention.private_registries, ["ghcr.io", "harbor.io"]);
    let usages: Vec<Usage> = convention.kinds.iter().map(|kind| kind.usage).collect();
    assert_eq!(usages, [Usage::Tls, Usage::Credential]);
    assert_eq!((convention.declared.len(), convention.declared[0].keys.as_ref().map(Vec::len)), (2, Some(1)));
    assert_eq!(
        said,
        [
            "4:11: `A` in `references.kinds`, which differs from the policy's,",
            "5:20: `a` in `declared-secrets`, which differs from the policy's,",
        ]
    );
}

#[test]
fn stores_can_be_added_to_a_policy_and_templates_of_names_only_narrowed() {
    let policy = "external-secrets: { stores: [vault], paths: [\"/a/{b}\", \"/c/{d}\"] }\n";
    let own = "external-secrets: { stores: [own], paths: [\"/a/{b}\", \"{any}\"] }\n";
    let (settings, said) = bound(policy, own);
    let joined = settings.convention();
    let templates: Vec<&str> = joined.remote_paths.iter().map(|path| path.template.as_str()).collect();
    assert_eq!((templates, &joined.stores[..]), (vec!["/a/{b}"], &["vault".to_owned(), "own".to_owned()][..]));
    assert_eq!(said, ["1:54: `{any}` in `external-secrets.paths`, which the policy does not list,"]);
    assert!(joined.states_remote_paths());
    let (settings, said) = bound("fail-on: error\n", own);
    assert_eq!((settings.convention().remote_paths.len(), said), (2, vec![]));
    let unset = convention("");
    assert!(!unset.states_remote_paths() && unset.remote_paths.len() == 2 && unset.stores.is_empty());
}

#[test]
fn faults_of_stores_and_templates_of_names_have_their_place() {
    let text = "external-secrets:\n  paths: [\"/a/b\", \"/{a}\", \"a//{b}\"]\n  store: [a]\n  stores: [A]\n";
    let file = "error: .mlguard.yaml:";
    assert_eq!(
        faults(text),
        [
            format!("{file}2:11: invalid template `/a/b`: it has no `{{…}}`, so that it names one value"),
            format!("{file}2:27: invalid template `a//{{b}}`: a part is empty"),
            format!("{file}3:3: unknown key `store`; help: did you mean `stores`? known keys: paths, stores"),
            format!(
                "{file}4:12: invalid name `A`: use lowercase letters, digits, inner dashes and dots, at most 253 characters (DNS-1123)"
            ),
        ]
    );
}

#[test]
fn a_policy_table_of_environments_is_the_only_one() {
    let table = "environments: { dev: \"{workflow}-dev\", live: \"{workflow}\" }\n";
    let (settings, said) = bound(table, "environments: { prod: \"{workflow}-prod\" }\n");
    assert_eq!(settings.convention().environments.len(), 2);
    assert_eq!(said, ["1:15: `environments`, which differs from the policy's,"]);
    assert_eq!(bound(table, table).1, Vec::<String>::new());
    assert_eq!(bound("fail-on: note\n", table).0.convention().environments.len(), 2);
}

#[test]
fn the_age_can_only_be_lowered_under_a_policy() {
    let age = |policy: &str, own: &str| {
        let (settings, said) = bound(policy, own);
        (settings.convention().max_age_days, said.join(" "))
    };
    let (short, long) = ("rotation: { max-age: 30d }\n", "rotation: { max-age: 120d }\n");
    assert_eq!(age("", short), (30, String::new()));
    assert_eq!(age("", long), (90, "1:22: `rotation.max-age: 120d`, weaker than the policy's (90d),".into()));
    assert_eq!(age(short, long), (30, "1:22: `rotation.max-age: 120d`, weaker than the policy's (30d),".into()));
    assert_eq!(age(long, short), (30, String::new()));
    assert_eq!(age(long, long), (120, String::new()));
    assert_eq!(convention(long).max_age_days, 120);
}

#[test]
fn values_can_only_be_asked_to_be_stronger_under_a_policy() {
    let strength = |policy: &str, own: &str| {
        let (settings, said) = bound(policy, own);
        let Strength { min_length, random } = settings.strength();
        (min_length, random, said.join(" "))
    };
    let (strong, weak) =
        ("strength: { min-length: 32, random: true }\n", "strength: { min-length: 8, random: false }\n");
    let refused = |least: u32| format!("1:25: `strength.min-length: 8`, weaker than the policy's ({least}),");
    assert_eq!(strength("", strong), (32, true, String::new()));
    assert_eq!(strength("", weak), (12, false, refused(12)));
    let random = "1:36: `strength.random: false`, weaker than the policy's (true),";
    assert_eq!(strength(strong, weak), (32, true, format!("{} {random}", refused(32))));
    assert_eq!(strength(weak, strong), (32, true, String::new()));
    assert_eq!(strength(weak, weak), (8, false, String::new()));
    assert_eq!(Tree::new(&[(FILE, weak)]).load().strength(), Strength { min_length: 8, random: false });
}

#[test]
fn the_shown_convention_names_origins_and_reads_back() {
    let shown = Tree::new(&[]).load().show();
    for line in [
        "clusters: {}  # default\ndeclared-secrets: []  # default\nenvironments:\n  \"dev\": \"{workflow}-dev\"  # default\n",
        "  \"production\": \"{workflow}\"  # default\nexternal-secrets:\n  paths:\n    - \"/mllab/{service}/{secret}\"  # default\n",
        "  stores: []  # default\npaths:\n  - \"**/packages/{workflow}/{env}/**\"  # default\n",
        "references:\n  env-from:\n    - \"ml-platform\"  # default\n",
        "  kinds: []  # default\n  private-registries:\n    - \"ghcr.io\"  # default\nrotation:\n  max-age: 90d  # default\n",
        "  - \"monitoring\"  # default\nworkflows: []  # default\nrules:\n",
    ] {
        assert!(shown.contains(line), "{line}\nis not in\n{shown}");
    }
    let tree = Tree::new(&[(FILE, FULL)]);
    let shown = tree.load().show();
    for line in [
        "  \"dev\": { cert: \"certs/dev.pem\", environments: [\"dev\"] }  # .mlguard.yaml:16:3\n",
        "  - { name: \"huggingface-token\", namespace: \"private-ai-demo\", keys: [\"HF_TOKEN\"] }  # .mlguard.yaml:13:5\n",
        "  \"dev\": \"dev-{workflow}\"  # .mlguard.yaml:1:17\n",
        "  max-age: 28d  # .mlguard.yaml:18:22\n",
        "    - { kind: \"Job\", path: \"spec.secret\", usage: credential, optional: false }  # .mlguard.yaml:11:7\n",
    ] {
        assert!(shown.contains(line), "{line}\nis not in\n{shown}");
    }
    assert_eq!(format!("{:?}", convention(&shown)), format!("{:?}", convention(FULL)));
    let none = "workflows: []\npaths: []\n";
    let shown = Tree::new(&[(FILE, none)]).load().show();
    assert!(shown.contains("paths: []  # .mlguard.yaml:2:8\n"), "{shown}");
    assert!(convention(&shown).paths.is_empty());
}

#[test]
fn the_documented_examples_are_good_and_the_first_is_the_defaults() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
    let text = std::fs::read_to_string(path).expect("the page can be read").replace("\r\n", "\n");
    let (_, section) = text.split_once("\n## The convention of names\n").expect("the section is there");
    let (section, _) = section.split_once("\n## ").expect("another section follows");
    let examples: Vec<&str> =
        section.split("```yaml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect();
    assert!(examples.len() > 7, "{examples:?}");
    let says = |text: &str| {
        let settings = Tree::new(&[(FILE, text)]).load();
        assert_eq!(settings.problems(), []);
        format!("{:?} {:?}", settings.convention(), settings.strength())
    };
    assert_eq!(says(examples[0]), says(""));
    for example in &examples[1..] {
        assert_ne!(says(example), says(""), "{example}");
    }
}
