use std::fmt::Write as _;
use std::sync::Arc;

use super::super::convention::{Convention, Declared};
use super::super::index::Inventory;
use super::super::landed::Source;
use super::super::read;
use super::{Filter, Map};
use crate::document::fragment::Lang;
use crate::document::view::{self, View};

const DEV: &str = "packages/shop/dev/";

fn sources(files: &[(&str, &str)]) -> Vec<Source> {
    let read = |(path, text): &(&str, &str)| {
        let lang = Lang::of_path(path, text);
        let parsed = view::parse(path, text, lang);
        (Arc::from(*path), read::read(&View::new(path, text, lang, &parsed), &[]))
    };
    let mut sources: Vec<Source> = files.iter().map(read).collect();
    sources.sort_by(|a, b| a.0.cmp(&b.0));
    sources
}

/// The picture, one line for each namespace, Secret and consumer.
fn picture(files: &[(&str, &str)], convention: &Convention, filter: &Filter) -> Vec<String> {
    let sources = sources(files);
    let inventory = Inventory::new(&sources, convention);
    lines(&Map::new(&inventory, filter, &str::to_owned))
}

fn lines(map: &Map) -> Vec<String> {
    let known = |name: &Option<String>| name.clone().unwrap_or_else(|| "?".to_owned());
    let mut lines = Vec::new();
    for namespace in &map.namespaces {
        let names = [&namespace.name, &namespace.workflow, &namespace.environment].map(known);
        lines.push(names.join(" "));
        for secret in &namespace.secrets {
            let hash = if secret.hashed { "#" } else { "" };
            let mut line =
                format!("- {}{hash} {} [{}]", known(&secret.name), secret.status.as_str(), secret.keys.join(" "));
            line.push_str(if secret.complete { "" } else { "+" });
            for made in &secret.definitions {
                write!(line, " {:?}@{}:{}", made.maker, made.path, made.line).expect("a string");
            }
            lines.push(line);
            for user in &secret.consumers {
                let optional = if user.optional { " optional" } else { "" };
                lines.push(format!(
                    "  {} {}/{} {:?} [{}] {}:{}{optional}",
                    user.kind,
                    known(&user.namespace),
                    known(&user.name),
                    user.usage,
                    user.keys.join(" "),
                    user.path,
                    user.line
                ));
            }
        }
    }
    lines
}

fn secret(namespace: &str, name: &str, keys: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n  namespace: {namespace}\nstringData: {{{keys}}}\n"
    )
}

/// A Pod that loads a Secret; its name is in line 8.
fn pod(namespace: &str, name: &str, secret: &str) -> String {
    let metadata = if namespace.is_empty() { String::new() } else { format!(", namespace: {namespace}") };
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}{metadata}}}\nspec:\n  containers:\n  - envFrom:\n    - secretRef:\n        name: {secret}\n"
    )
}

#[test]
fn a_secret_stands_with_its_definition_keys_and_consumers() {
    let user = format!(
        "{}    env:\n    - {{name: A, valueFrom: {{secretKeyRef: {{name: db, key: USER, optional: true}}}}}}\n",
        pod("shop-dev", "web", "db")
    );
    let files = [("b.yaml", user.as_str()), (&format!("{DEV}a.yaml"), &secret("shop-dev", "db", "USER: x, PASS: y"))];
    assert_eq!(
        picture(&files, &Convention::default(), &Filter::default()),
        [
            "shop-dev shop dev",
            "- db defined [PASS USER] Secret@packages/shop/dev/a.yaml:4",
            "  Pod shop-dev/web Env [USER] b.yaml:10 optional",
            "  Pod shop-dev/web EnvFrom [] b.yaml:8",
        ]
    );
}

#[test]
fn namespaces_stand_by_workflow_and_environment_and_the_unknown_one_last() {
    let names = ["zoo", "shop", "shop-staging", "shop-dev", "alone", "cart-dev", "cart"];
    let texts = names.map(|namespace| secret(namespace, "db", "A: x"));
    let unknown = pod("", "web", "db");
    let paths = names.map(|name| format!("{name}.yaml"));
    let mut files: Vec<(&str, &str)> =
        paths.iter().zip(&texts).map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("u.yaml", &unknown));
    let drawn = picture(&files, &Convention::default(), &Filter::default());
    let spaces: Vec<&str> = drawn.iter().map(String::as_str).filter(|line| !line.starts_with(['-', ' '])).collect();
    assert_eq!(
        spaces,
        [
            "cart-dev cart dev",
            "cart cart production",
            "shop-dev shop dev",
            "shop-staging shop staging",
            "shop shop production",
            "alone ? ?",
            "zoo ? ?",
            "? ? ?",
        ]
    );
    // Which of the seven is meant is not told.
    assert_eq!(drawn[drawn.len() - 2..], ["- db uncertain []+", "  Pod ?/web EnvFrom [] u.yaml:8"]);
}

#[test]
fn what_is_not_defined_here_says_why() {
    let declare = |name: &str, namespace: Option<&str>, keys: Option<&str>| Declared {
        name: name.to_owned(),
        namespace: namespace.map(str::to_owned),
        keys: keys.map(|key| vec![key.to_owned()]),
    };
    let convention = Convention {
        declared: vec![
            declare("everywhere", None, None),
            declare("own", Some("a"), Some("TOKEN")),
            declare("unused", Some("b"), None),
            declare("unused-anywhere", None, None),
        ],
        ..Convention::default()
    };
    let names = ["ml-platform", "everywhere", "own", "gone"];
    let texts = names.map(|name| pod("a", "web", name));
    let optional = pod("a", "web", "maybe\n        optional: true");
    let elsewhere = pod("c", "web", "own");
    let templated = "apiVersion: v1\nkind: Secret\nmetadata: {name: late, namespace: '{{ .Values.n }}'}\n";
    let late = pod("a", "web", "late");
    let files = [
        ("0.yaml", texts[0].as_str()),
        ("1.yaml", &texts[1]),
        ("2.yaml", &texts[2]),
        ("3.yaml", &texts[3]),
        ("4.yaml", &optional),
        ("5.yaml", &elsewhere),
        ("6.yaml", templated),
        ("7.yaml", &late),
    ];
    let drawn = picture(&files, &convention, &Filter::default());
    let secrets: Vec<&str> = drawn.iter().map(String::as_str).filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(
        secrets,
        [
            "a ? ?",
            "- everywhere declared []+",
            "- gone undefined []+",
            "- late uncertain []+",
            "- maybe optional []+",
            "- ml-platform delivered []+",
            "- own declared [TOKEN]",
            "b ? ?",
            "- unused declared []+",
            "c ? ?",
            "- own undefined []+",
            "? ? ?",
            "- late defined []+ Secret@6.yaml:3",
            "- unused-anywhere declared []+",
        ]
    );
}

#[test]
fn two_secrets_without_a_known_name_are_two() {
    let templated = |key: &str| secret("a", "'{{ .Release.Name }}-db'", &format!("{key}: x"));
    let both = format!("{}---\n{}", templated("A"), templated("B"));
    assert_eq!(
        picture(&[("a.yaml", &both)], &Convention::default(), &Filter::default()),
        ["a ? ?", "- ? defined [A] Secret@a.yaml:4", "- ? defined [B] Secret@a.yaml:11"]
    );
}

#[test]
fn kustomize_places_names_and_renames() {
    let kustomization = "namespace: shop-dev\nnamePrefix: x-\nresources: [web.yaml, cm.yaml]\n\
                         secretGenerator:\n- name: db\n  literals: [A=1]\n";
    let web = pod("", "web", "db");
    let sealed = "apiVersion: v1\nkind: Secret\nmetadata: {name: cm}\nstringData: {B: x}\n";
    let job = pod("", "job", "cm").replace("---\n", "");
    let web = format!("{web}---\n{job}");
    let files = [("k/kustomization.yaml", kustomization), ("k/web.yaml", &web), ("k/cm.yaml", sealed)];
    assert_eq!(
        picture(&files, &Convention::default(), &Filter::default()),
        [
            "shop-dev ? ?",
            "- x-cm defined [B] Secret@k/cm.yaml:3",
            "  Pod shop-dev/x-job EnvFrom [] k/web.yaml:17",
            "- x-db# defined [A] SecretGenerator@k/kustomization.yaml:5",
            "  Pod shop-dev/x-web EnvFrom [] k/web.yaml:8",
        ]
    );
}

#[test]
fn one_file_in_two_overlays_is_in_both_namespaces() {
    let base = format!("{}---\n{}", secret("", "db", "A: x").replace("  namespace: \n", ""), pod("", "web", "db"));
    let overlay = |namespace: &str| format!("namespace: {namespace}\nresources: [../base]\n");
    let (dev, production) = (overlay("shop-dev"), overlay("shop"));
    let files = [
        ("base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("base/a.yaml", base.as_str()),
        ("dev/kustomization.yaml", &dev),
        ("production/kustomization.yaml", &production),
    ];
    assert_eq!(
        picture(&files, &Convention::default(), &Filter::default()),
        [
            "shop-dev shop dev",
            "- db defined [A] Secret@base/a.yaml:4",
            "  Pod shop-dev/web EnvFrom [] base/a.yaml:14",
            "shop shop production",
            "- db defined [A] Secret@base/a.yaml:4",
            "  Pod shop/web EnvFrom [] base/a.yaml:14",
        ]
    );
}

#[test]
fn filters_choose_by_name_and_by_file() {
    let texts = [secret("shop-dev", "db", "A: x"), secret("shop", "db", "A: x"), secret("zoo", "mail", "A: x")];
    let (used, unknown) = (pod("shop", "web", "db"), pod("", "web", "db"));
    let files = [
        ("a.yaml", texts[0].as_str()),
        ("b.yaml", &texts[1]),
        ("c.yaml", &texts[2]),
        ("d.yaml", &used),
        ("u.yaml", &unknown),
    ];
    let spaces = |filter: &Filter| {
        let drawn = picture(&files, &Convention::default(), filter);
        let spaces = drawn.iter().filter(|line| !line.starts_with(['-', ' ']));
        spaces.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let list = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect::<Vec<_>>();
    let by = |namespaces: &[&str], workflows: &[&str], secrets: &[&str]| {
        let (namespaces, workflows, secrets) = (list(namespaces), list(workflows), list(secrets));
        spaces(&Filter { namespaces, workflows, secrets, paths: None })
    };
    assert_eq!(by(&[], &[], &[]), "shop-dev shop zoo ?");
    assert_eq!(by(&["shop"], &[], &[]), "shop");
    assert_eq!(by(&["shop*", "zoo"], &[], &[]), "shop-dev shop zoo");
    assert_eq!(by(&["*-d*v"], &[], &[]), "shop-dev");
    assert_eq!(by(&[], &["shop"], &[]), "shop-dev shop");
    assert_eq!(by(&[], &["zoo"], &[]), "");
    assert_eq!(by(&[], &[], &["m*l"]), "zoo");
    assert_eq!(by(&["shop"], &[], &["mail"]), "");
    let file = |path: &str| Filter { paths: Some([Arc::from(path)].into()), ..Filter::default() };
    assert_eq!(spaces(&file("d.yaml")), "shop");
    assert_eq!(spaces(&file("c.yaml")), "zoo");
    assert_eq!(spaces(&file("none.yaml")), "");
    // A Secret is shown whole, wherever the rest of it is.
    let drawn = picture(&files, &Convention::default(), &file("d.yaml"));
    assert_eq!(
        drawn,
        ["shop shop production", "- db defined [A] Secret@b.yaml:4", "  Pod shop/web EnvFrom [] d.yaml:8"]
    );
}

#[test]
fn what_a_filter_cannot_place_is_counted() {
    let unknown = pod("", "web", "db");
    let files = sources(&[("u.yaml", &unknown)]);
    let convention = Convention::default();
    let inventory = Inventory::new(&files, &convention);
    let filter = Filter { workflows: vec!["*".to_owned()], ..Filter::default() };
    let map = Map::new(&inventory, &filter, &str::to_owned);
    assert_eq!((map.namespaces.len(), map.unplaced), (0, 1));
    let filter = Filter { secrets: vec!["other".to_owned()], ..filter };
    assert_eq!(Map::new(&inventory, &filter, &str::to_owned).unplaced, 0);
}

#[test]
fn every_name_is_asked_what_may_be_shown() {
    let user = format!(
        "{}    env:\n    - {{name: A, valueFrom: {{secretKeyRef: {{name: db, key: USER}}}}}}\n",
        pod("shop-dev", "web", "db")
    );
    let typed = format!("{}type: Own\n", secret("shop-dev", "db", "USER: x"));
    let files = sources(&[("packages/shop/dev/a.yaml", &typed), ("b.yaml", &user)]);
    let convention = Convention::default();
    let map = Map::new(&Inventory::new(&files, &convention), &Filter::default(), &|_| "*".to_owned());
    assert_eq!(
        lines(&map),
        [
            "* * *",
            "- * defined [*] Secret@packages/shop/dev/a.yaml:4",
            "  * */* Env [*] b.yaml:10",
            "  * */* EnvFrom [] b.yaml:8",
        ]
    );
    assert_eq!(
        map.namespaces
            .iter()
            .flat_map(|namespace| &namespace.secrets)
            .next()
            .and_then(|secret| secret.secret_type.as_deref()),
        Some("*")
    );
}
