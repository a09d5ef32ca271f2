//! No two files of a folder below `src` import each other, neither directly nor around a circle.
//!
//! An import is a `use`, or a path in code that begins with `crate`, `self`, `super` or a child module. It leads to the
//! file that defines the name: re-exports are followed, so that `super::Name` is not an import of `mod.rs` where that only
//! passes `Name` on. A `mod.rs` is the head of its folder: it composes the files below it, so its own imports of these do
//! not count. Theirs of it do, and its imports of other folders do. Unit tests are left out.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Source, owner, sources};

#[test]
fn no_files_import_each_other_in_a_circle() {
    let files = Crate::new(&sources("src"));
    let circle = |circle: Vec<String>| {
        format!("circle of {}:\n  {}", circle.join(", "), files.imports_within(&circle).join("\n  "))
    };
    let circles: Vec<String> = files.circles().into_iter().map(circle).collect();
    assert!(circles.is_empty(), "\n{}", circles.join("\n"));
}

#[test]
fn circles_are_found() {
    let file = |name: &str, text: &str| Source { name: name.to_owned(), text: text.to_owned() };
    let circles = |files: &[(&str, &str)]| {
        let files: Vec<Source> = files.iter().map(|(name, text)| file(name, text)).collect();
        Crate::new(&files).circles()
    };
    let a_and_b = |a: &str, b: &str| {
        circles(&[
            ("src/m/mod.rs", "mod a;\nmod b;\npub use b::{B, Other as C};\n"),
            ("src/m/a.rs", a),
            ("src/m/b.rs", b),
        ])
    };
    let pair = [["src/m/a.rs".to_owned(), "src/m/b.rs".to_owned()].to_vec()];
    for (a, b) in [
        ("use super::b::B;\n", "use crate::m::a::A;\n"),
        ("use super::{\n    b::{self, B},\n};\n", "use super::a;\n"),
        // Through a re-export.
        ("use super::B;\n", "use super::a::*;\n"),
        ("use super::C;\n", "use super::a::*;\n"),
        // In code.
        ("fn f() {\n    crate::m::b::f();\n}\n", "fn f() -> super::a::A {}\n"),
        // In a module inside the file.
        ("use super::B;\n", "mod inner {\n    use super::super::a::A;\n}\n"),
    ] {
        assert_eq!(a_and_b(a, b), pair, "{a}{b}");
    }
    for (a, b) in [
        ("use super::b::B;\n", "/// See [`super::a::A`].\nstruct B;\n"),
        ("use super::b::B;\n", "use crate::other::a::A;\n"),
        ("use super::B;\n", "#[cfg(test)]\nmod tests {\n    use super::super::a::A;\n}\n"),
    ] {
        assert!(a_and_b(a, b).is_empty(), "{a}{b}");
    }
    // The head of a folder may use what is below it, but not by way of another folder.
    let head = "mod a;\nuse a::A;\npub struct Own(A);\n";
    assert!(circles(&[("src/m/n/mod.rs", head), ("src/m/n/a.rs", "use super::Own;\n")]).is_empty());
    let other =
        [("src/m/n/mod.rs", "use crate::m::o::O;\npub struct Own(O);\n"), ("src/m/o.rs", "use super::n::Own;\n")];
    assert_eq!(circles(&other).len(), 1);
}

/// The files of a crate, and what each imports.
struct Crate {
    /// Files by the path of their module, `["inventory", "facts"]`.
    modules: BTreeMap<Vec<String>, usize>,
    files: Vec<File>,
    /// By file: the files that it imports, each with the lines that say so.
    imports: Vec<BTreeMap<usize, Vec<String>>>,
}

struct File {
    name: String,
    module: Vec<String>,
    uses: Vec<Use>,
    /// Paths in code, from the root of the crate.
    paths: Vec<Vec<String>>,
    /// Identifiers outside of `use`.
    words: BTreeSet<String>,
}

/// One name that a `use` brings in.
struct Use {
    /// The name in the file; `*` for all of a module.
    name: String,
    /// Where it leads, from the root of the crate.
    path: Vec<String>,
    public: bool,
    /// Whether it stands in the file itself, and not in a module inside it.
    outermost: bool,
}

impl Crate {
    fn new(sources: &[Source]) -> Self {
        let sources: Vec<&Source> = sources.iter().filter(|source| !source.is_test()).collect();
        let module = |source: &Source| {
            let inside = source.name.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
            let parts = inside.split('/').filter(|part| !matches!(*part, "lib" | "main"));
            parts.map(str::to_owned).collect::<Vec<_>>()
        };
        let modules: BTreeMap<Vec<String>, usize> =
            sources.iter().enumerate().map(|(index, source)| (module(source), index)).collect();
        let files: Vec<File> = sources.iter().map(|source| File::new(source, module(source), &modules)).collect();
        let mut this = Self { modules, files, imports: Vec::new() };
        this.imports = (0..this.files.len()).map(|file| this.imports_of(file)).collect();
        this
    }

    fn imports_of(&self, index: usize) -> BTreeMap<usize, Vec<String>> {
        let file = &self.files[index];
        // What a file only passes on is no import of its own.
        let passed_on = |it: &Use| it.public && (it.name == "*" || !file.words.contains(&it.name));
        let uses = file.uses.iter().filter(|it| !passed_on(it)).map(|it| &it.path);
        let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for path in uses.chain(&file.paths) {
            let target = self.file_of(path, 8);
            let composes = |target: usize| file.heads(&self.files[target]);
            if let Some(target) = target.filter(|target| *target != index && !composes(*target)) {
                let line = format!("{} -> {}: {}", file.name, self.files[target].name, path.join("::"));
                found.entry(target).or_default().push(line);
            }
        }
        found
    }

    /// The file that defines what a path leads to.
    fn file_of(&self, path: &[String], depth: usize) -> Option<usize> {
        let mut length = path.len();
        while !self.modules.contains_key(&path[..length]) {
            length = length.checked_sub(1)?;
        }
        let found = self.modules[&path[..length]];
        let Some(name) = path.get(length).filter(|_| depth > 0) else { return Some(found) };
        let file = &self.files[found];
        let named = file.uses.iter().filter(|it| it.outermost && it.name == *name);
        let all = file.uses.iter().filter(|it| it.outermost && it.public && it.name == "*");
        let via = |it: &Use| {
            let mut path = it.path.clone();
            if it.name == "*" {
                path.push(name.clone());
            }
            self.file_of(&path, depth - 1)
        };
        named.chain(all).find_map(via).or(Some(found))
    }

    /// Groups of files of one folder that import each other, in order.
    fn circles(&self) -> Vec<Vec<String>> {
        let count = self.files.len();
        let reach: Vec<BTreeSet<usize>> = (0..count).map(|file| self.reached(file)).collect();
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        let mut found = Vec::new();
        for file in 0..count {
            if !reach[file].contains(&file) || seen.contains(&file) {
                continue;
            }
            let circle: Vec<usize> =
                (0..count).filter(|other| reach[file].contains(other) && reach[*other].contains(&file)).collect();
            seen.extend(&circle);
            found.push(circle.into_iter().map(|file| self.files[file].name.clone()).collect());
        }
        found
    }

    /// The files that one leads to, within its folder.
    fn reached(&self, from: usize) -> BTreeSet<usize> {
        let own = owner(&self.files[from].name);
        let mut found = BTreeSet::new();
        let mut open = vec![from];
        while let Some(file) = open.pop() {
            for &next in self.imports[file].keys() {
                if owner(&self.files[next].name) == own && found.insert(next) {
                    open.push(next);
                }
            }
        }
        found
    }

    fn imports_within(&self, circle: &[String]) -> Vec<String> {
        let inside = |file: &usize| circle.contains(&self.files[*file].name);
        let from = (0..self.files.len()).filter(inside);
        let lines = from.flat_map(|file| self.imports[file].iter().filter(|(to, _)| inside(to)));
        lines.flat_map(|(_, lines)| lines.iter().take(3).cloned()).collect()
    }
}

impl File {
    /// Whether this is the `mod.rs` of a folder in which the other file is.
    fn heads(&self, other: &Self) -> bool {
        self.name.strip_suffix("mod.rs").is_some_and(|folder| other.name.starts_with(folder))
    }

    fn new(source: &Source, module: Vec<String>, modules: &BTreeMap<Vec<String>, usize>) -> Self {
        let mut file =
            Self { name: source.name.clone(), module, uses: Vec::new(), paths: Vec::new(), words: BTreeSet::new() };
        // Modules inside the file, each with its indentation.
        let mut inside: Vec<(usize, String)> = Vec::new();
        let mut open: Option<String> = None;
        for (_, line) in source.code() {
            let indentation = line.len() - line.trim_start().len();
            let text = line.trim();
            if let Some(statement) = &mut open {
                statement.push_str(text);
            } else if is_use(text) {
                open = Some(text.to_owned());
            } else {
                if text == "}" && inside.last().is_some_and(|(own, _)| *own == indentation) {
                    inside.pop();
                }
                let name = text.strip_suffix(" {").and_then(|head| head.rsplit_once("mod ")).map(|(_, name)| name);
                if let Some(name) = name.filter(|name| name.chars().all(|c| c.is_alphanumeric() || c == '_')) {
                    inside.push((indentation, name.to_owned()));
                }
                file.code(text, &inside, modules);
            }
            if let Some(statement) = open.take_if(|statement| statement.ends_with(';')) {
                file.use_statement(&statement, &inside, modules);
            }
        }
        file
    }

    fn use_statement(&mut self, statement: &str, inside: &[(usize, String)], modules: &BTreeMap<Vec<String>, usize>) {
        let public = statement.starts_with("pub");
        let tree = statement.split_once("use ").map_or("", |(_, tree)| tree).trim_end_matches(';');
        let mut found = Vec::new();
        leaves(tree, &mut Vec::new(), &mut found);
        for (path, name) in found {
            if let Some(path) = self.absolute(&path, inside, modules) {
                self.uses.push(Use { name, path, public, outermost: inside.is_empty() });
            }
        }
    }

    /// A path from the root of the crate; nothing for other crates.
    fn absolute(
        &self,
        path: &[String],
        inside: &[(usize, String)],
        modules: &BTreeMap<Vec<String>, usize>,
    ) -> Option<Vec<String>> {
        let mut from = self.module.clone();
        from.extend(inside.iter().map(|(_, name)| name.clone()));
        let mut steps = path.iter();
        let first = steps.next()?;
        match first.as_str() {
            "crate" => from.clear(),
            "self" => {}
            "super" => _ = from.pop(),
            child => {
                from.push(child.to_owned());
                modules.get(&from)?;
            }
        }
        for step in steps {
            if step == "super" { _ = from.pop() } else { from.push(step.clone()) }
        }
        Some(from)
    }

    /// Takes words and paths from a line of code.
    fn code(&mut self, text: &str, inside: &[(usize, String)], modules: &BTreeMap<Vec<String>, usize>) {
        let text = without_strings(text);
        let of_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        for path in text.split(|c| !of_path(c)) {
            let steps: Vec<String> = path.split("::").map(|step| step.trim_matches(':').to_owned()).collect();
            self.words.extend(steps.first().cloned());
            if steps.len() > 1
                && let Some(path) = self.absolute(&steps, inside, modules)
            {
                self.paths.push(path);
            }
        }
    }
}

fn is_use(text: &str) -> bool {
    let rest = text.strip_prefix("pub").map_or(text, |rest| {
        let rest = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest);
        rest.trim_start()
    });
    rest.starts_with("use ")
}

/// The names at the ends of a tree of `use`, each with its path and the name that it has in the file.
fn leaves(tree: &str, before: &mut Vec<String>, found: &mut Vec<(Vec<String>, String)>) {
    let tree = tree.trim();
    let length = before.len();
    let head_end = tree.find('{').unwrap_or(tree.len());
    let (head, group) = tree.split_at(head_end);
    let (head, alias) = head.split_once(" as ").map_or((head, None), |(head, alias)| (head, Some(alias.trim())));
    before.extend(head.split("::").map(str::trim).filter(|step| !step.is_empty()).map(str::to_owned));
    if let Some(group) = group.strip_prefix('{').and_then(|group| group.strip_suffix('}')) {
        let mut depth = 0_usize;
        let parts = group.split(|c| {
            depth = match c {
                '{' => depth + 1,
                '}' => depth - 1,
                _ => depth,
            };
            c == ',' && depth == 0
        });
        for part in parts.filter(|part| !part.trim().is_empty()) {
            leaves(part, before, found);
        }
    } else {
        let mut path = before.clone();
        if matches!(path.last().map(String::as_str), Some("self" | "*")) && path.len() > 1 {
            let all = path.pop().is_some_and(|last| last == "*");
            let name = if all { "*".to_owned() } else { path.last().cloned().unwrap_or_default() };
            found.push((path, alias.map_or(name, str::to_owned)));
        } else if let Some(name) = path.last().cloned() {
            found.push((path, alias.map_or(name, str::to_owned)));
        }
    }
    before.truncate(length);
}

/// A line of code with its texts left out, as far as they begin and end in it.
fn without_strings(line: &str) -> String {
    let mut kept = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for c in line.chars() {
        if quoted {
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == '"' {
                quoted = false;
            }
        } else if c == '"' {
            quoted = true;
        } else {
            kept.push(c);
        }
    }
    kept
}
