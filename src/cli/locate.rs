//! Where a command works: the current folder, the root of the given paths, and their names in reports.

use std::path::{Component, Path, PathBuf};

use crate::error::Problem;
use crate::source;

/// The root that holds for the current folder.
pub(super) fn current_root() -> Result<PathBuf, Problem> {
    root_of(&[PathBuf::from(".")])
}

/// The one root of all paths; the current folder where they have several.
pub(super) fn root_of(paths: &[PathBuf]) -> Result<PathBuf, Problem> {
    if paths.is_empty() { current_folder() } else { Ok(source::root_of(paths)?) }
}

/// A fault of listing with all its causes.
impl From<source::SourceError> for Problem {
    fn from(error: source::SourceError) -> Self {
        let causes = std::iter::successors(std::error::Error::source(&error), |error| error.source());
        // The Git library quotes what it cannot read, which may be an address with a password.
        let causes = causes.map(|cause| unquoted(&cause.to_string()));
        Self::new(std::iter::once(error.to_string()).chain(causes).collect::<Vec<_>>().join(": "))
    }
}

/// `text` with nothing in its quotes.
fn unquoted(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(['\'', '"', '`']) {
        let (before, quoted) = rest.split_at(start);
        let end = quoted.rfind(&quoted[..1]).filter(|end| *end > 0).unwrap_or(quoted.len() - 1);
        shown.push_str(before);
        shown.push('…');
        rest = &quoted[end + 1..];
    }
    shown + rest
}

pub(super) fn current_folder() -> Result<PathBuf, Problem> {
    std::env::current_dir().map_err(|error| Problem::new(format!("cannot determine the current folder: {error}")))
}

/// The paths that are there, and a problem for each that is not: the others are searched all the same.
pub(super) fn existing_paths(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<Problem>) {
    if paths.is_empty() {
        return (vec![PathBuf::from(".")], Vec::new());
    }
    let (there, missing): (Vec<_>, Vec<_>) = paths.iter().cloned().partition(|path| path.symlink_metadata().is_ok());
    let problem = |path: &PathBuf| {
        let problem = Problem::new("no such file or folder").in_file(path.display().to_string());
        problem.help("check the spelling and the current folder")
    };
    (there, missing.iter().map(problem).collect())
}

/// The paths, all of which have to be there.
pub(super) fn required_paths(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    let (paths, missing) = existing_paths(paths);
    missing.into_iter().next().map_or(Ok(paths), Err)
}

/// `path` as reports write it: relative to the root where it is below it, with `/`.
pub(super) fn report_path(root: &Path, current: &Path, path: &Path) -> String {
    let plain = plain(&current.join(path));
    let Ok(relative) = plain.strip_prefix(root) else { return path.to_string_lossy().replace('\\', "/") };
    let names: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    names.join("/")
}

/// The path without `.` and `..`, as it is written.
fn plain(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    parts.iter().collect()
}

/// Refuses to write to a path that a symbolic link leads out of the repository in which it is written: whoever commits the
/// link would choose what is written elsewhere.
pub(super) fn refuse_way_out(path: &Path) -> Result<(), Problem> {
    refuse_way_out_of(path, None)
}

/// The same for something new, which outside Git stays in the current folder where it is written there.
pub(super) fn refuse_new_elsewhere(path: &Path) -> Result<(), Problem> {
    refuse_way_out_of(path, Some(&current_folder()?))
}

fn refuse_way_out_of(path: &Path, folder: Option<&Path>) -> Result<(), Problem> {
    let written = plain(&current_folder()?.join(path));
    let places: Vec<&Path> = written.ancestors().collect();
    let mut root: Option<&Path> = None;
    let mut is_linked = false;
    for place in places.into_iter().rev() {
        is_linked |= place.is_symlink();
        if let Some(root) = root.filter(|_| is_linked && place.symlink_metadata().is_ok()) {
            let inside =
                place.canonicalize().is_ok_and(|real| root.canonicalize().is_ok_and(|root| real.starts_with(root)));
            if !inside {
                let problem =
                    Problem::new("is behind a symbolic link that leads out of the repository; nothing was written");
                let problem = problem.in_file(path.display().to_string());
                return Err(problem.help("name the file that it leads to, or run the command there"));
            }
        }
        let is_root = || place.join(".git").symlink_metadata().is_ok() || root.is_none() && folder == Some(place);
        if !is_linked && is_root() {
            root = Some(place);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_standard_input_is_relative_to_the_root() {
        let path = |given: &str| report_path(Path::new("/r"), Path::new("/r/sub"), Path::new(given));
        assert_eq!(path("a.yaml"), "sub/a.yaml");
        assert_eq!(path("../a.yaml"), "a.yaml");
        assert_eq!(path("./x/../a.yaml"), "sub/a.yaml");
        assert_eq!(path("/r/b.yaml"), "b.yaml");
        assert_eq!(path("/elsewhere/b.yaml"), "/elsewhere/b.yaml");
    }
}
