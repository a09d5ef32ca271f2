//! What the compiler does not hold: the order of the layers, files that nobody compiles, and sizes.

mod circles;
mod exports;

use std::fs;
use std::path::{Path, PathBuf};

/// Code lines (neither blank nor comment) of one file and lines of one function, its signature and brace included, at
/// most, by folder. What a test compares with stands in the test, so that it may be longer.
const LIMITS: [(&str, usize, usize); 3] = [("src", 500, 60), ("tests", 600, 100), ("benches", 500, 60)];

#[test]
fn each_module_uses_only_what_stands_before_it() {
    let order = modules();
    let mut faults = Vec::new();
    for file in sources("src") {
        let own = owner(&file.name);
        let Some(place) = order.iter().position(|module| *module == own) else {
            if !matches!(own.as_str(), "lib" | "main") {
                faults.push(format!("{}: src/lib.rs does not list the module {own}", file.name));
            }
            continue;
        };
        for (number, line) in file.code() {
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                match order.iter().position(|module| *module == used) {
                    Some(other) if other <= place => {}
                    Some(_) => faults.push(format!(
                        "{}:{number}: {own} stands before {used} in src/lib.rs and may not use it",
                        file.name
                    )),
                    None => {
                        faults.push(format!("{}:{number}: name one module of src/lib.rs after `crate::`", file.name));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_program_is_thin() {
    let main = read(&root().join("src/main.rs"));
    let lines = main.lines().filter(|line| is_code(line)).count();
    assert!(lines <= 10, "src/main.rs has {lines} code lines: what it does belongs to the library");
}

#[test]
fn every_source_file_is_compiled() {
    let files: Vec<Source> = ["src", "tests"].into_iter().flat_map(sources).collect();
    let mut faults = Vec::new();
    for file in &files {
        let Some((parent, name)) = parent_of(&file.name) else { continue };
        let declared = [format!("mod {name};"), format!("mod {name} {{")];
        let by = |candidate: &String| {
            let found = files.iter().find(|other| other.name == *candidate);
            found.is_some_and(|other| other.code().any(|(_, line)| declared.iter().any(|form| line.ends_with(form))))
        };
        if !parent.iter().any(by) {
            faults.push(format!("{}: no `mod {name};` in {}", file.name, parent.join(" or ")));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Each is a program to link of its own, which takes long: other tests belong to `tests/it`.
#[test]
fn there_are_four_test_programs() {
    let own = entries(&root().join("tests"))
        .into_iter()
        .filter(|path| has_ending(path, "rs") || path.join("main.rs").exists());
    let names: Vec<String> = own.map(|path| name_of(&path).trim_end_matches(".rs").to_owned()).collect();
    assert_eq!(names, ["architecture", "generated", "it", "rules"]);
}

#[test]
fn no_file_is_too_long() {
    let mut faults = Vec::new();
    for (file, most, _) in limited() {
        let lines = file.text.lines().filter(|line| is_code(line)).count();
        if lines > most {
            faults.push(format!("{}: {lines} code lines, at most {most}; split it", file.name));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Reads the code as rustfmt leaves it: a function ends at the brace that stands in its own column. Lists of words
/// count as well as code here, unless the function carries clippy's own exception, with its reason.
#[test]
fn no_function_is_too_long() {
    let mut faults = Vec::new();
    for (file, _, most) in limited() {
        let lines: Vec<&str> = file.text.lines().collect();
        for (start, line) in lines.iter().enumerate().filter(|(_, line)| is_function(line) && !line.ends_with(';')) {
            let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
            let length = lines[start..].iter().position(|line| *line == end).unwrap_or_default() + 1;
            let excused = lines[..start].iter().rev().take(3).any(|line| line.contains("clippy::too_many_lines"));
            // A unit test is a test, too.
            let most = if file.is_test() { LIMITS[1].2 } else { most };
            if length > most && !excused {
                faults.push(format!("{}:{}: {length} lines, at most {most}", file.name, start + 1));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn nothing_panics_on_purpose() {
    let mut faults = Vec::new();
    for file in sources("src").iter().filter(|file| !file.is_test()) {
        for (number, line) in file.code() {
            for word in [".unwrap()", "panic!(", "todo!(", "unimplemented!(", "dbg!("] {
                if line.contains(word) {
                    faults.push(format!("{}:{number}: {word}", file.name));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The promises of the README: what `check` and the rest use can neither open a connection nor start a program.
#[test]
fn connections_and_programs_stay_where_they_are_asked_for() {
    // What must not stand in a line, and the only files that it may stand in.
    let kept = [
        ("ureq::", &["src/cli/download.rs"][..]),
        ("rustls::", &["src/cli/download.rs"]),
        ("std::net", &[]),
        ("std::os::unix::net", &[]),
        ("process::Command", &["src/cli/kubectl.rs", "src/cli/package/kustomize.rs"]),
        ("process::{", &["src/cli/kubectl.rs", "src/cli/package/kustomize.rs"]),
        ("Command::new", &["src/cli/kubectl.rs", "src/cli/package/kustomize.rs"]),
    ];
    let mut faults = Vec::new();
    let mut used = vec![false; kept.len()];
    for file in sources("src").iter().filter(|file| !file.is_test()) {
        for (number, line) in file.code() {
            for (index, (word, places)) in kept.iter().enumerate() {
                if !line.contains(word) {
                    continue;
                }
                used[index] = true;
                if !places.contains(&file.name.as_str()) {
                    faults.push(format!("{}:{number}: {word} stands in {places:?} only", file.name));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    for ((word, places), used) in kept.iter().zip(used) {
        assert!(
            used || places.is_empty() || *word == "process::Command",
            "{word} stands nowhere: is the check still right?"
        );
    }
}

/// What is printed passes the gate: nothing else reaches the streams.
#[test]
fn streams_are_written_where_the_gate_is() {
    // The hook of a panic withholds its message; a bar shows numbers; two pauses are for tests.
    const PLACES: [&str; 6] = [
        "src/cli/output.rs",
        "src/cli/panic.rs",
        "src/cli/progress.rs",
        "src/cli/check.rs",
        "src/fix/store/disk.rs",
        "src/engine/pause.rs",
    ];
    let mut faults = Vec::new();
    for file in sources("src").iter().filter(|file| !file.is_test() && !PLACES.contains(&file.name.as_str())) {
        for (number, line) in file.code() {
            for word in ["io::stdout", "io::stderr", "anstream::std", "println!(", " print!("] {
                if line.contains(word) {
                    faults.push(format!("{}:{number}: {word} writes past the gate: use cli::output", file.name));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Shared code knows a rule by its constant in `rule::id`, which the compiler checks.
#[test]
fn rules_are_named_by_constants() {
    let folders = ["rules/manifests", "rules/secrets"];
    let names = folders.iter().flat_map(|folder| entries(&root().join(folder))).map(|path| name_of(&path));
    // A single word means many things.
    let ids: Vec<String> = names.filter_map(|name| Some(format!("\"{}\"", name.strip_suffix(".yml")?))).collect();
    let ids: Vec<&String> = ids.iter().filter(|id| id.contains('-')).collect();
    assert!(ids.len() > 100, "rules/ holds the rules");
    let mut faults = Vec::new();
    for file in sources("src").iter().filter(|file| !file.is_test() && !file.name.starts_with("src/checks/")) {
        for (number, line) in file.code().filter(|(_, line)| !line.contains("long = ")) {
            for id in ids.iter().filter(|id| line.contains(id.as_str())) {
                faults.push(format!("{}:{number}: {id} is a rule: use its constant in rule::id", file.name));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Checks that handle credentials, and what they share.
const CREDENTIAL_CHECKS: [&str; 8] = [
    "src/checks/common/context.rs",
    "src/checks/common/keyed.rs",
    "src/checks/credentials/",
    "src/checks/csi/csi_credential.rs",
    "src/checks/external/external_template_credential.rs",
    "src/checks/external/secret_store_credential.rs",
    "src/checks/sealed/sealed_not_ciphertext.rs",
    "src/checks/sealed/sealed_template_credential.rs",
];

/// A value that may be a secret is a `value::Sensitive`: only the credential engine opens it, and checks of credentials have
/// no other way to its text.
#[test]
fn values_do_not_become_text_in_checks_of_credentials() {
    let mut faults = Vec::new();
    for name in CREDENTIAL_CHECKS {
        assert!(root().join(name).exists(), "{name} is there");
    }
    let handles = |file: &Source| CREDENTIAL_CHECKS.iter().any(|name| file.name.starts_with(name));
    for file in sources("src").iter().filter(|file| !file.is_test()) {
        for (number, line) in file.code() {
            let opens = line.contains("expose_value(");
            if opens && !file.name.starts_with("src/checks/detector/") && file.name != "src/value/sensitive.rs" {
                faults.push(format!("{}:{number}: opens a value", file.name));
            }
            let text = [".as_str()", "::as_str", ".slice(", ".text["].iter().find(|text| line.contains(**text));
            if let Some(text) = text.filter(|_| handles(file)) {
                let instead = "`Node::value` or `Context::value_at`, and `Node::name` for names";
                faults
                    .push(format!("{}:{number}: {text} makes a text of what may be a value: use {instead}", file.name));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_module_says_what_it_owns() {
    let without = |file: &Source| !file.text.starts_with("//! ") && !file.name.ends_with("/tests.rs");
    let faults: Vec<String> =
        ["src", "tests", "benches"].into_iter().flat_map(sources).filter(without).map(|file| file.name).collect();
    assert!(faults.is_empty(), "no `//!` at the head of {faults:?}");
}

/// Every Rust file with the limits of its folder.
fn limited() -> impl Iterator<Item = (Source, usize, usize)> {
    LIMITS
        .into_iter()
        .flat_map(|(folder, lines, function)| sources(folder).into_iter().map(move |file| (file, lines, function)))
}

/// A Rust file.
struct Source {
    /// Path from the root, with `/`.
    name: String,
    text: String,
}

impl Source {
    /// Whether the whole file is compiled for tests only.
    fn is_test(&self) -> bool {
        self.name.ends_with("/tests.rs") || self.name.contains("/tests/")
    }

    /// Lines before the unit tests, without comments, and their one-based numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        let lines = self.text[..tests].lines().enumerate().filter(|(_, line)| is_code(line));
        lines.map(|(index, line)| (index + 1, line.split(" // ").next().unwrap_or(line)))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    let text = fs::read_to_string(path);
    assert!(text.is_ok(), "{} can be read", path.display());
    text.unwrap_or_default()
}

/// The modules in the order of src/lib.rs, which is the order of the layers.
fn modules() -> Vec<String> {
    let text = read(&root().join("src/lib.rs"));
    let list = text.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
    let list: Vec<String> = list.map(str::to_owned).collect();
    assert!(list.len() > 5, "src/lib.rs lists the modules");
    list
}

/// The module at the top that a file belongs to.
fn owner(name: &str) -> String {
    let inside = name.trim_start_matches("src/");
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs").to_owned()
}

/// Files of which one must declare this one, and the name it has there; none for the roots.
fn parent_of(name: &str) -> Option<(Vec<String>, String)> {
    let stem = name.trim_end_matches("/mod.rs").trim_end_matches(".rs");
    let (folder, own) = stem.rsplit_once('/')?;
    if folder == "tests" || matches!(own, "lib" | "main") {
        return None;
    }
    let roots = ["lib", "main", "mod"].map(|root| format!("{folder}/{root}.rs"));
    Some((roots.into_iter().chain([format!("{folder}.rs")]).collect(), own.to_owned()))
}

fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for path in entries(folder) {
        if path.is_dir() {
            collect(&path, found);
        } else if has_ending(&path, "rs") {
            let name = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            found.push(Source { name, text: read(&path) });
        }
    }
}

/// What is in a folder, sorted; nothing where it is not there.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(list) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = list.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found == ending)
}

fn is_code(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with("//")
}

fn is_function(line: &str) -> bool {
    let line = line.trim_start();
    let line = line.split_once(") ").filter(|(head, _)| head.starts_with("pub(")).map_or(line, |(_, rest)| rest);
    let line = line.trim_start_matches("pub ").trim_start_matches("const ").trim_start_matches("async ");
    line.starts_with("fn ")
}
