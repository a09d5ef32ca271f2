//! Rule packs: finding their files, reading them, and running their own examples before they are trusted.

use std::path::{Path, PathBuf};

use super::globs::{GlobError, Globs};
use super::node;
use super::read;
use super::values::{Origin, Valued};
use crate::error::{Problem, quoted_glob};
use crate::rule::pack::{self, PackError};
use crate::rule::{self, Rule};

/// How deep below its folder a glob looks.
const DEPTH: usize = 32;

/// A rule of a pack and its file.
#[derive(Clone, Debug)]
pub(crate) struct PackRule {
    pub rule: Rule,
    /// Its file, as people would type it.
    pub path: String,
    /// Who asked for it.
    pub origin: Origin,
}

/// Loads the rule files that `glob` matches below `base`. `shown` is put before their names in messages.
/// `bound` is the repository that contains them, if one does.
pub(super) fn load(base: &Path, shown: &str, glob: &Valued<String>, bound: Option<&read::Tree>, into: &mut Loaded) {
    let found = match bound {
        Some(read::Tree::Snapshot(snapshot)) => find_among(snapshot.paths(), &glob.value),
        _ => find(base, &glob.value),
    };
    let files = match found {
        Ok(files) => files,
        Err(why) => {
            let message = format!("invalid glob {}: {why}", quoted_glob(&glob.value));
            return into.problems.push(glob.origin.blame(message));
        }
    };
    if files.is_empty() {
        let problem = glob.origin.blame(format!("no rule file matches {}", quoted_glob(&glob.value)));
        return into.problems.push(
            problem.help("rule files end in .yml; globs are relative to the folder of the file that lists them"),
        );
    }
    for relative in files {
        let name = format!("{shown}{relative}");
        let path = base.join(&relative);
        let text = match bound {
            Some(tree) => tree.read(&name).map(Option::unwrap_or_default),
            None => read::read(&path, &name),
        };
        match text.and_then(|text| parse(&path, &name, &text)) {
            Ok(rule) => into.add(PackRule { rule, path: name, origin: glob.origin.clone() }),
            Err(problem) => into.problems.push(problem),
        }
    }
}

/// Reads rule files and folders that a person named, for `mlguard rules test`.
pub(super) fn load_paths(paths: &[PathBuf], into: &mut Loaded) {
    for path in paths {
        let shown = path.display().to_string();
        let origin = Origin::Flag("PATH");
        if path.is_dir() {
            let glob = Valued { value: "**/*.yml".to_owned(), origin };
            load(path, &format!("{}/", shown.trim_end_matches('/')), &glob, None, into);
            continue;
        }
        match read::read(path, &shown).and_then(|text| parse(path, &shown, &text)) {
            Ok(rule) => into.add(PackRule { rule, path: shown, origin }),
            Err(problem) => into.problems.push(problem),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub rules: Vec<PackRule>,
    pub problems: Vec<Problem>,
    /// Whether an id may be one of a built-in rule (`rules test` on mlguard's own rule files).
    pub builtin_ids: bool,
}

impl Loaded {
    fn add(&mut self, new: PackRule) {
        if let Some(known) = self.rules.iter().find(|known| known.rule.id == new.rule.id) {
            if known.path != new.path {
                let message = format!("the id {} is already used by {}", quoted_glob(&new.rule.id), known.path);
                self.problems.push(Problem::new(message).in_file(new.path).help("rename one of the two files"));
            }
        } else if !self.builtin_ids && rule::find(&new.rule.id).is_some() {
            let message = format!("the id {} belongs to a built-in rule", quoted_glob(&new.rule.id));
            let help = "rename the file; a built-in rule is changed with `rules` in the configuration";
            self.problems.push(Problem::new(message).in_file(new.path).help(help));
        } else {
            self.rules.push(new);
        }
    }
}

/// Files below `base` that the glob matches, with `/`, sorted. Only the folder that the glob's fixed part names is walked.
fn find(base: &Path, glob: &str) -> Result<Vec<String>, GlobError> {
    let fixed: Vec<&str> = glob.split('/').take_while(|part| !part.contains(['*', '?', '[', '{', '\\'])).collect();
    let fixed = fixed.join("/");
    if fixed == glob {
        return Ok(base.join(glob).is_file().then(|| glob.to_owned()).into_iter().collect());
    }
    let (base, lead) = if fixed.is_empty() && !glob.starts_with('/') {
        (base.to_path_buf(), String::new())
    } else {
        (base.join(format!("{fixed}/")), format!("{fixed}/"))
    };
    let rest = glob.get(lead.len()..).unwrap_or_default();
    let globs = Globs::new("", [format!("/{rest}").as_str()])?;
    let mut found = Vec::new();
    walk(&base, "", DEPTH, &mut |relative| {
        if relative.ends_with(".yml") && globs.matches(relative) {
            found.push(format!("{lead}{relative}"));
        }
    });
    found.sort();
    Ok(found)
}

/// Those of `paths` that the glob matches.
fn find_among<'p>(paths: impl Iterator<Item = &'p str>, glob: &str) -> Result<Vec<String>, GlobError> {
    let globs = Globs::new("", [format!("/{glob}").as_str()])?;
    Ok(paths.filter(|path| path.ends_with(".yml") && globs.matches(path)).map(str::to_owned).collect())
}

fn walk(folder: &Path, prefix: &str, depth: usize, visit: &mut dyn FnMut(&str)) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else { continue };
        let relative = format!("{prefix}{name}");
        if kind.is_dir() {
            if depth > 0 && name != ".git" {
                walk(&entry.path(), &format!("{relative}/"), depth - 1, visit);
            }
        } else {
            visit(&relative);
        }
    }
}

fn parse(path: &Path, name: &str, text: &str) -> Result<Rule, Problem> {
    let rule = pack::parse(path, text).map_err(|error| match error {
        PackError::Syntax { line, column, message } => {
            let problem = Problem::new(message).in_file(name);
            match (line, column) {
                (Some(line), Some(column)) => problem.at(crate::span::Position { line, column }),
                _ => problem,
            }
        }
        other => Problem::new(other.to_string()).in_file(name),
    })?;
    let regex = rule.pattern.as_ref().and_then(|pattern| pattern.regex.as_deref());
    match regex.map(regex::bytes::Regex::new) {
        Some(Err(error)) => {
            let problem = Problem::new(format!("invalid regular expression: {}", short(&error))).in_file(name);
            Err(match place_of(text, "pattern").or_else(|| place_of(text, "key")) {
                Some(at) => problem.at(at),
                None => problem,
            })
        }
        _ => Ok(rule),
    }
}

/// The last line of the regex error: the fault without the drawing of the whole expression.
fn short(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim().trim_start_matches("error: ").to_owned()
}

fn place_of(text: &str, key: &str) -> Option<crate::span::Position> {
    Some(node::parse(text).ok()?.root()?.get(key)?.at())
}
