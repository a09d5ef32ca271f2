//! What is `pub` is used outside of the library: by `src/main.rs`, a test or a benchmark.
//!
//! The compiler's `unreachable_pub` sees a `pub` that `src/api.rs` does not lead to; this sees one that it leads to and that
//! nobody needs, which would hide dead code from the compiler. Types are left to the compiler: a public function names them.

use std::collections::BTreeSet;

use super::{Source, sources};

#[test]
fn what_is_public_is_used_outside() {
    let mut outside = BTreeSet::new();
    for file in ["tests", "benches"].into_iter().flat_map(sources) {
        outside.extend(words(&file.text).map(str::to_owned));
    }
    let all = sources("src");
    for file in all.iter().filter(|file| file.name == "src/main.rs") {
        outside.extend(words(&file.text).map(str::to_owned));
    }
    let faults: Vec<String> = all
        .iter()
        .flat_map(|file| public(file).into_iter().map(move |(number, name)| (file, number, name)))
        .filter(|(_, _, name)| !outside.contains(*name))
        .map(|(file, number, name)| format!("{}:{number}: `{name}` is `pub`, and nothing outside uses it", file.name))
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Line and name of each public function and constant of a file, and of each name that `src/api.rs` exports.
fn public(file: &Source) -> Vec<(usize, &str)> {
    if file.is_test() || file.name == "src/lib.rs" {
        return Vec::new();
    }
    let api = file.name == "src/api.rs";
    let mut found = Vec::new();
    for (number, line) in file.code() {
        let Some(rest) = line.trim_start().strip_prefix("pub ") else { continue };
        if let Some(path) = rest.strip_prefix("use ").filter(|_| api) {
            let names = path.rsplit("::").next().unwrap_or_default();
            let names = names.trim_end_matches(';').trim_matches(['{', '}']).split(',');
            found.extend(names.filter_map(|name| words(name).last()).map(|name| (number, name)));
            continue;
        }
        let mut parts = words(rest).skip_while(|word| matches!(*word, "async" | "const" | "static" | "fn"));
        if rest.starts_with("fn ")
            || rest.starts_with("const ")
            || rest.starts_with("static ")
            || rest.starts_with("async ")
        {
            found.extend(parts.next().map(|name| (number, name)));
        }
    }
    found
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
