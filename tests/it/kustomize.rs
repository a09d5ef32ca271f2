//! Builds of kustomizations are those of kustomize: names and namespaces of every object.
//!
//! Each folder of `tests/fixtures/kustomize` is a repository with `build` naming the kustomizations to build, and
//! `expected.txt`, which kubectl wrote (`MLGUARD_KUSTOMIZE_WRITE=1` writes it again). Hashes of names stand as `#`, and
//! behind each object the Secrets that it names.

#![expect(
    clippy::disallowed_methods,
    reason = "the program that builds are compared with, and switches of these tests"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mlguard::api::document::Lang;
use mlguard::api::document::{View, view};
use mlguard::api::inventory::read;
use mlguard::api::inventory::{Aspect, Build, Builder, Built, GapKind, Referral, Text, Tree};
use mlguard::api::inventory::{Facts, Reference, Role};

use crate::tools::skip;

/// The files of a folder that may hold manifests, by path from it.
fn files(root: &Path) -> Vec<(String, Facts)> {
    let mut found = Vec::new();
    collect(root, root, &mut found);
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<(String, Facts)>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_symlink() || name == ".git" {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, found);
        } else if [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending)) || name == "Kustomization" {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let relative = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            let facts = facts(&relative, &text);
            found.push((relative, facts));
        }
    }
}

fn facts(path: &str, text: &str) -> Facts {
    let lang = if path.ends_with("Kustomization") { Lang::Yaml } else { Lang::of_path(path, text) };
    let parsed = view::parse(path, text, lang);
    read(&View::new(path, text, lang, &parsed), &[])
}

fn tree(files: &[(String, Facts)]) -> Tree<'_> {
    Tree::new(files.iter().map(|(path, facts)| (path.as_str(), facts)).collect())
}

fn line(kind: &str, group: &str, namespace: Option<&str>, name: &str, uses: BTreeSet<String>) -> String {
    let dot = if group.is_empty() { "" } else { "." };
    let uses: Vec<String> = uses.into_iter().collect();
    let uses = if uses.is_empty() { String::new() } else { format!(" uses {}", uses.join(", ")) };
    format!("{kind}{dot}{group} {}/{name}{uses}", namespace.unwrap_or("-"))
}

/// The objects of a build of ours, sorted.
fn ours(build: &Build<'_>) -> Vec<String> {
    let lines = build.objects.iter().map(|item| {
        let namespace = if item.namespace == Text::Unknown { Some("?") } else { item.namespace.known() };
        let doubt = if item.doubtful { " perhaps" } else { "" };
        line(item.kind, item.group, namespace, &final_name(item), used_by(build, item)) + doubt
    });
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines
}

fn final_name(item: &Built<'_>) -> String {
    match &item.name {
        Text::Known(name) if item.hashed => format!("{name}-#"),
        Text::Known(name) => name.to_string(),
        Text::Absent => "-".to_owned(),
        Text::Unknown => "?".to_owned(),
    }
}

/// The names of Secrets that an object of a build refers to at last.
fn used_by(build: &Build<'_>, item: &Built<'_>) -> BTreeSet<String> {
    let name = |reference: &Reference| match build.secret(item, &reference.name) {
        Referral::Object(secret) if reference.renamed => final_name(secret),
        Referral::Unknown if reference.renamed => "?".to_owned(),
        _ => reference.name.to_string(),
    };
    item.references().into_iter().map(|(_, reference)| name(reference)).collect()
}

/// The objects that kubectl wrote, sorted.
fn theirs(output: &str) -> Vec<String> {
    let facts = facts("output.yaml", output);
    let resources = facts.objects.iter().filter(|object| object.role == Role::Resource);
    let mut lines: Vec<String> = resources
        .map(|object| {
            let name = object.name.known().unwrap_or("-");
            let made = matches!(&*object.kind, "Secret" | "ConfigMap");
            let name = if made { without_hash(name) } else { name.to_owned() };
            let uses = object.references.iter().map(|reference| without_hash(&reference.name)).collect();
            line(&object.kind, &object.group, object.namespace.known(), &name, uses)
        })
        .collect();
    lines.sort();
    lines
}

/// A hash has ten characters of an alphabet that leaves out what could make words.
fn without_hash(name: &str) -> String {
    match name.rsplit_once('-') {
        Some((start, hash)) if hash.len() == 10 && hash.bytes().all(|byte| b"bcdfghkmt2456789".contains(&byte)) => {
            format!("{start}-#")
        }
        _ => name.to_owned(),
    }
}

/// The program that is there, and its word for a build: kubectl has kustomize in it.
fn kustomize() -> Option<(&'static str, &'static str)> {
    let runs = |program: &str, arguments: &[&str]| {
        let found = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        found.is_ok_and(|status| status.success())
    };
    if runs("kubectl", &["version", "--client"]) {
        return Some(("kubectl", "kustomize"));
    }
    if runs("kustomize", &["version"]) {
        return Some(("kustomize", "build"));
    }
    skip("neither kubectl nor kustomize is there")
}

/// What kubectl builds in `folder`; none where it fails, as it does at once where it would have to fetch something.
fn kubectl(folder: &Path) -> Option<String> {
    let (program, build) = kustomize()?;
    let mut command = Command::new(program);
    command.arg(build).arg(folder).stdin(Stdio::null());
    // Neither Git nor HTTP reaches another machine.
    command.env("GIT_ALLOW_PROTOCOL", "file").env("GIT_TERMINAL_PROMPT", "0");
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY"] {
        command.env(proxy, "http://127.0.0.1:9");
    }
    let output = command.output().expect("kubectl runs");
    output.status.success().then(|| String::from_utf8(output.stdout).expect("YAML is text"))
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kustomize");
    let mut found: Vec<PathBuf> =
        fs::read_dir(root).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    assert!(found.len() > 20, "fixtures are there");
    found
}

/// The folders whose kustomizations a case builds.
fn builds(case: &Path) -> Vec<String> {
    let text = fs::read_to_string(case.join("build")).expect("a case names its builds");
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

fn section(text: &mut String, folder: &str, lines: Option<&[String]>) {
    writeln!(text, "== {folder}").expect("a text takes it");
    match lines {
        None => text.push_str("fails\n"),
        Some(lines) => lines.iter().for_each(|line| writeln!(text, "{line}").expect("a text takes it")),
    }
}

#[test]
fn builds_are_as_expected() {
    let mut faults = Vec::new();
    for case in cases() {
        let files = files(&case);
        let tree = tree(&files);
        let builder = Builder::new(&tree);
        let mut found = String::new();
        for folder in builds(&case) {
            let file = tree.kustomization_in(&folder).expect("a kustomization");
            let build = builder.build(file);
            let fails = build.gaps.iter().any(|gap| gap.kind.is_failure());
            section(&mut found, &folder, (!fails).then(|| ours(&build)).as_deref());
        }
        let expected = fs::read_to_string(case.join("expected.txt")).expect("expected.txt");
        if found != expected {
            faults.push(format!("{}\nfound\n{found}expected\n{expected}", case.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn expected_files_are_what_kubectl_builds() {
    if kustomize().is_none() {
        return;
    }
    let write = std::env::var_os("MLGUARD_KUSTOMIZE_WRITE").is_some();
    for case in cases() {
        let mut found = String::new();
        for folder in builds(&case) {
            let built = kubectl(&case.join(&folder));
            section(&mut found, &folder, built.as_deref().map(theirs).as_deref());
        }
        let path = case.join("expected.txt");
        if write {
            fs::write(&path, &found).expect("it can be written");
        }
        assert_eq!(found, fs::read_to_string(&path).expect("expected.txt"), "{}", case.display());
    }
}

/// Rules about other secret systems and rights, whose fixtures that pass have to be what people can deploy.
const OF_OTHERS: [&str; 9] = [
    "automounted-token",
    "csi-parameters",
    "csi-undefined-class",
    "csi-undefined-object",
    "csi-unmounted-secret",
    "csi-writable",
    "secret-store-credential",
    "vault-annotation",
    "wide-secret-access",
];

#[test]
fn fixtures_that_pass_are_accepted_by_kubectl() {
    if kustomize().is_none() {
        return;
    }
    let mut refused = Vec::new();
    let mut built = 0;
    for rule in OF_OTHERS {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rules").join(rule).join("pass");
        for (path, _) in files(&root) {
            // A chart is no manifest, and a patch needs what it patches.
            let manifest = path.ends_with(".yaml") && !path.contains("templates/") && !path.ends_with("Chart.yaml");
            let folder = root.join(&path).parent().expect("a folder").to_path_buf();
            let own = folder.join("kustomization.yaml").is_file();
            let folder = match (manifest, own, path.ends_with("kustomization.yaml")) {
                (true, true, true) => Ok(folder),
                (true, false, _) => {
                    let made = tempfile::tempdir().expect("a temporary folder");
                    fs::copy(root.join(&path), made.path().join("a.yaml")).expect("it can be copied");
                    fs::write(made.path().join("kustomization.yaml"), "resources: [a.yaml]\n")
                        .expect("it can be written");
                    Err(made)
                }
                _ => continue,
            };
            built += 1;
            let folder = folder.as_ref().map_or_else(tempfile::TempDir::path, PathBuf::as_path);
            if kubectl(folder).is_none() {
                refused.push(format!("{rule}: {path}"));
            }
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(built >= 20, "only {built} were built");
}

/// `MLGUARD_KUSTOMIZE_TREE=path cargo test --test it -- kustomize --ignored --nocapture` compares all builds of a
/// repository. `MLGUARD_KUSTOMIZE_CACHE` names a folder that keeps what kubectl wrote.
#[test]
#[ignore = "needs a repository"]
#[expect(clippy::print_stdout, reason = "figures of this test are for people")]
fn builds_of_a_repository_are_those_of_kubectl() {
    let root = PathBuf::from(std::env::var_os("MLGUARD_KUSTOMIZE_TREE").expect("MLGUARD_KUSTOMIZE_TREE"));
    let cache = std::env::var_os("MLGUARD_KUSTOMIZE_CACHE").map(PathBuf::from);
    let files = files(&root);
    let tree = tree(&files);
    let builder = Builder::new(&tree);
    let built: Vec<Build<'_>> = tree.kustomizations().into_iter().map(|file| builder.build(file)).collect();
    let (mut compared, mut equal, mut failed, mut unexpected) = (0, 0, 0, 0);
    for build in &built {
        let path = tree.path(build.file);
        let folder = root.join(path).parent().expect("a folder").to_path_buf();
        let kept = cache.as_ref().map(|cache| cache.join(path.replace('/', "_")));
        let Some(output) = kept.map_or_else(|| kubectl(&folder), |kept| cached(&kept, &folder)) else {
            failed += 1;
            unexpected += usize::from(build.gaps.is_empty());
            if build.gaps.is_empty() {
                println!("{path}: kubectl fails");
            }
            continue;
        };
        let (theirs, ours) = (theirs(&output), ours(build));
        compared += theirs.len();
        let mut counts: BTreeMap<&str, i32> = BTreeMap::new();
        theirs.iter().for_each(|line| *counts.entry(line).or_default() += 1);
        ours.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
        let missing: i32 = counts.values().filter(|count| **count > 0).sum();
        equal += theirs.len() - usize::try_from(missing).unwrap_or_default();
        for (line, count) in counts.iter().filter(|(_, count)| **count != 0) {
            println!("{path}: {} {line}", if *count > 0 { "kubectl alone" } else { "we alone" });
        }
        for gap in build.gaps.iter().filter(|gap| gap.kind.is_failure()) {
            println!("{path}: it builds, but {:?} {} in {}", gap.kind, gap.text, tree.path(gap.file));
        }
    }
    let objects: usize = built.iter().map(|build| build.objects.len()).sum();
    println!("{} files, {} builds, {objects} objects", files.len(), built.len());
    println!("kubectl fails for {failed}, of which {unexpected} without a gap; {equal} of {compared} objects equal");
}

fn cached(kept: &Path, folder: &Path) -> Option<String> {
    let (output, status) =
        (kept.with_file_name(format!("{}.out", name(kept))), kept.with_file_name(format!("{}.rc", name(kept))));
    if !status.exists() {
        let built = kubectl(folder);
        fs::write(&output, built.as_deref().unwrap_or_default()).expect("the cache can be written");
        fs::write(&status, if built.is_some() { "0" } else { "1" }).expect("the cache can be written");
    }
    let status = fs::read_to_string(status).expect("a status");
    (status.trim() == "0").then(|| fs::read_to_string(output).expect("YAML is text"))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A repository of files that stand here, by path.
fn repository(given: &[(&str, &str)]) -> Vec<(String, Facts)> {
    given.iter().map(|(path, text)| ((*path).to_owned(), facts(path, text))).collect()
}

const WEB: &str = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\n";

/// The objects and the kinds of gaps of the build of `app`, the other files given.
fn built(app: &str, others: &[(&str, &str)]) -> (Vec<String>, Vec<GapKind>) {
    let mut given = vec![("app/kustomization.yaml", app), ("app/web.yaml", WEB)];
    given.extend(others);
    let files = repository(&given);
    let tree = tree(&files);
    let build = Builder::new(&tree).build(tree.kustomization_in("app").expect("it is there"));
    (ours(&build), build.gaps.iter().map(|gap| gap.kind).collect())
}

#[test]
fn what_is_not_known_is_said_and_not_guessed() {
    let builtin = "apiVersion: builtin\nkind: NamespaceTransformer\nmetadata:\n  name: any\n  namespace: other\n";
    let component = "kind: Component\nnamespace: other\n";
    let sealed = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: $(NAME)\n";
    for (app, others, objects, gaps) in [
        // Other repositories bring objects, but change none.
        (
            "resources: [web.yaml, 'https://github.com/owner/name//path?ref=v1', 'github.com/owner/name']\nnamespace: x\n",
            &[][..],
            &["Secret x/web"][..],
            &[GapKind::Remote, GapKind::Remote][..],
        ),
        ("resources: [web.yaml, ../../outside]\n", &[], &["Secret -/web"], &[GapKind::Outside]),
        ("resources: [web.yaml]\nhelmCharts:\n  - name: a\n", &[], &["Secret -/web"], &[GapKind::Unsupported]),
        // Components of others may change anything, but what comes after them holds.
        (
            "resources: [web.yaml]\ncomponents: ['https://github.com/owner/name']\n",
            &[],
            &["Secret ?/? perhaps"],
            &[GapKind::Remote],
        ),
        (
            "resources: [web.yaml]\ncomponents: ['https://github.com/owner/name']\nnamespace: x\n",
            &[],
            &["Secret x/? perhaps"],
            &[GapKind::Remote],
        ),
        (
            "resources: [web.yaml]\ncomponents: [../part]\n",
            &[("part/kustomization.yaml", component)],
            &["Secret other/web"],
            &[],
        ),
        // So may functions.
        (
            "resources: [web.yaml]\ntransformers: [function.yaml]\n",
            &[("app/function.yaml", "apiVersion: example.com/v1\nkind: Function\nmetadata:\n  name: any\n")],
            &["Secret ?/? perhaps"],
            &[GapKind::Unsupported],
        ),
        (
            "resources: [web.yaml]\ntransformers: [known.yaml]\n",
            &[("app/known.yaml", builtin)],
            &["Secret other/web"],
            &[],
        ),
        // A template writes the namespace.
        ("resources: [web.yaml]\nnamespace: '{{ namespace }}'\n", &[], &["Secret ?/web"], &[]),
        // Whether a patch is for an object depends on a label that is not known.
        ("resources: [web.yaml]\nlabels:\n  - pairs:\n      a: ${A}\npatches: []\n", &[], &["Secret -/web"], &[]),
        (
            "resources: [../base]\npatches:\n  - target:\n      labelSelector: a=b\n    patch: |-\n      - op: add\n        path: \
             /metadata/namespace\n        value: x\n",
            &[
                ("base/kustomization.yaml", "resources: [web.yaml]\nlabels:\n  - pairs:\n      a: ${A}\n"),
                ("base/web.yaml", WEB),
            ],
            &["Secret ?/web"],
            &[GapKind::Undecided],
        ),
        // A name that variables write.
        ("resources: [sealed.yaml]\n", &[("app/sealed.yaml", sealed)], &["SealedSecret.bitnami.com -/?"], &[]),
        (
            "resources: [web.yaml]\npatches:\n  - path: x.txt\n",
            &[("app/x.txt", "")],
            &["Secret -/web perhaps"],
            &[GapKind::Content],
        ),
        // A value that comes from a place which is not read.
        (
            "resources: [web.yaml]\nreplacements:\n  - source:\n      kind: Secret\n      fieldPath: type\n    targets:\n      - \
             select:\n          kind: Secret\n        fieldPaths: [metadata.namespace]\n",
            &[],
            &["Secret ?/web"],
            &[],
        ),
    ] {
        let (found, kinds) = built(app, others);
        assert_eq!(found, objects, "{app}");
        assert_eq!(kinds, gaps, "{app}");
    }
}

#[test]
fn a_file_that_does_not_parse_leaves_a_gap() {
    let (objects, gaps) =
        built("resources: [web.yaml, broken.yaml]\n", &[("app/broken.yaml", "kind: [\napiVersion: v1\n")]);
    assert_eq!(objects, ["Secret -/web"]);
    assert_eq!(gaps, [GapKind::Partial]);
}

#[test]
fn the_line_that_changed_an_object_is_known() {
    let files = repository(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\nnamespace: first\n"),
        ("base/web.yaml", WEB),
        ("app/kustomization.yaml", "resources: [../base]\nnamePrefix: p-\nnamespace: last\n"),
        ("same/kustomization.yaml", "resources: [../base]\nnamespace: first\n"),
    ]);
    let tree = tree(&files);
    let builder = Builder::new(&tree);
    let line = |folder: &str, aspect| {
        let build = builder.build(tree.kustomization_in(folder).expect("it is there"));
        let change = build.objects[0].changed_by(aspect)?;
        Some((tree.path(change.file), change.place.region.start.line))
    };
    assert_eq!(line("app", Aspect::Namespace), Some(("app/kustomization.yaml", 3)));
    assert_eq!(line("app", Aspect::Name), Some(("app/kustomization.yaml", 2)));
    assert_eq!(line("base", Aspect::Namespace), Some(("base/kustomization.yaml", 2)));
    assert_eq!(line("base", Aspect::Name), None);
    // It was so already.
    assert_eq!(line("same", Aspect::Namespace), Some(("base/kustomization.yaml", 2)));
}

#[test]
fn annotations_of_a_kustomization_reach_sealed_secrets() {
    let files = repository(&[
        (
            "app/kustomization.yaml",
            "resources: [web.yaml]\ncommonAnnotations:\n  sealedsecrets.bitnami.com/cluster-wide: 'true'\n",
        ),
        ("app/web.yaml", WEB),
    ]);
    let tree = tree(&files);
    let build = Builder::new(&tree).build(0);
    let item = &build.objects[0];
    assert_eq!(item.annotation("sealedsecrets.bitnami.com/cluster-wide"), Text::Known("true".into()));
    assert_eq!(item.annotation("sealedsecrets.bitnami.com/namespace-wide"), Text::Absent);
    assert_eq!(item.annotation("example.com/other"), Text::Unknown);
    assert_eq!(item.changed_by(Aspect::Annotation).map(|change| change.place.region.start.line), Some(3));
}

#[test]
fn configurations_that_add_references_are_known() {
    let base = ("base/kustomization.yaml", "resources: [web.yaml]\nconfigurations: [names.yaml]\n");
    let app = ("app/kustomization.yaml", "resources: [../base]\n");
    let names = "nameReference:\n  - kind: SealedSecret\n    fieldSpecs:\n      - path: spec/secretName\n        kind: Workflow\n";
    for (text, follows) in [(names, true), ("varReference:\n  - path: a\n", false)] {
        let files = repository(&[base, ("base/web.yaml", WEB), app, ("base/names.yaml", text)]);
        let tree = tree(&files);
        let build = Builder::new(&tree).build(tree.kustomization_in("app").expect("it is there"));
        assert_eq!((build.follows_more, build.gaps.len()), (follows, 0));
    }
}

#[test]
fn roots_are_what_nothing_else_includes() {
    let files = repository(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", WEB),
        ("part/kustomization.yaml", "kind: Component\n"),
        ("app/kustomization.yaml", "resources: [../base]\ncomponents: [../part]\npatches:\n  - path: patch.yaml\n"),
        ("app/patch.yaml", WEB),
        ("alone/kustomization.yaml", "resources: []\n"),
    ]);
    let tree = tree(&files);
    let paths: Vec<&str> = tree.roots().into_iter().map(|file| tree.path(file)).collect();
    assert_eq!(paths, ["alone/kustomization.yaml", "app/kustomization.yaml"]);
    let patches: Vec<&str> =
        tree.configuration().iter().zip(&files).filter(|(is, _)| **is).map(|(_, file)| file.0.as_str()).collect();
    assert_eq!(patches, ["app/patch.yaml"]);
}

/// Each level includes the next one twice, so that the objects double from level to level.
#[test]
fn hostile_kustomizations_end() {
    let mut given = vec![
        ("end/kustomization.yaml".to_owned(), "resources: [web.yaml]\n".to_owned()),
        ("end/web.yaml".to_owned(), WEB.to_owned()),
    ];
    for level in 0..100 {
        let next = if level == 99 { "../end".to_owned() } else { format!("../a{}", level + 1) };
        for name in ["a", "b"] {
            let other = if level == 99 { next.clone() } else { format!("../b{}", level + 1) };
            let text = format!("resources: ['{next}', '{other}']\nnamePrefix: {name}\n");
            given.push((format!("{name}{level}/kustomization.yaml"), text));
            let text = format!("kind: Component\ncomponents: ['../c{0}', '../c{0}', '../c{level}']\n", level + 1);
            given.push((format!("c{level}/kustomization.yaml"), text));
        }
    }
    given.push(("app/kustomization.yaml".to_owned(), "components: [../c0]\n".to_owned()));
    let given: Vec<(&str, &str)> = given.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let files = repository(&given);
    let tree = tree(&files);
    let builder = Builder::new(&tree);
    for file in tree.kustomizations() {
        let build = builder.build(file);
        assert!(build.objects.len() <= 10_000);
    }
    let build = Builder::new(&tree).build(tree.kustomization_in("a0").expect("it is there"));
    assert!(build.gaps.iter().any(|gap| gap.kind == GapKind::TooLarge));
}
