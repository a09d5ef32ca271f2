//! Files by path: which file or kustomization a text of a kustomization names.

use crate::inventory::facts::Facts;
use crate::inventory::facts::kustomization::{KUSTOMIZATION_NAMES, Kustomization, Patch, PatchContent, Step};
use crate::path;

/// The files of a repository. Indexes of builds are those of the list that it was made of.
pub struct Tree<'a> {
    files: Vec<(&'a str, &'a Facts)>,
    /// Indexes of `files` by path.
    order: Vec<u32>,
}

/// What a path of a kustomization leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A file.
    File(u32),
    /// The kustomization of a folder.
    Folder(u32),
    /// Something that is not in the repository: a URL, a repository of a forge.
    Remote,
    /// A path that leads out of the repository.
    Outside,
    /// Nothing that is known.
    Nothing,
}

impl<'a> Tree<'a> {
    /// For these files, in any order. Paths are those from the root, with `/`.
    #[must_use]
    pub fn new(files: Vec<(&'a str, &'a Facts)>) -> Self {
        let mut order: Vec<u32> = (0..files.len()).filter_map(|index| u32::try_from(index).ok()).collect();
        order.sort_by_key(|&index| files[index as usize].0);
        Self { files, order }
    }

    /// The path of a file.
    #[must_use]
    pub fn path(&self, file: u32) -> &'a str {
        self.files.get(file as usize).map_or("", |file| file.0)
    }

    /// The facts of a file.
    #[must_use]
    pub fn facts(&self, file: u32) -> Option<&'a Facts> {
        self.files.get(file as usize).map(|file| file.1)
    }

    /// The kustomization that a file is.
    pub(super) fn kustomization(&self, file: u32) -> Option<&'a Kustomization> {
        self.facts(file).and_then(|facts| facts.kustomization.as_deref())
    }

    /// The number of files and objects.
    pub(super) fn size(&self) -> usize {
        self.files.iter().map(|(_, facts)| 1 + facts.objects.len()).sum()
    }

    /// The kustomization in a folder, if it has one. The root is the empty path.
    #[must_use]
    pub fn kustomization_in(&self, folder: &str) -> Option<u32> {
        let file = self.kustomization_of(folder.trim_end_matches('/'))?;
        self.kustomization(file).map(|_| file)
    }

    /// Every kustomization that may be built by itself, in the order of paths.
    #[must_use]
    pub fn kustomizations(&self) -> Vec<u32> {
        let built = |file: &u32| self.kustomization(*file).is_some_and(|kustomization| !kustomization.component);
        self.order.iter().copied().filter(built).collect()
    }

    /// The kustomizations that no other one includes, in the order of paths.
    #[must_use]
    pub fn roots(&self) -> Vec<u32> {
        let mut included = vec![false; self.files.len()];
        for &file in &self.order {
            let Some(kustomization) = self.kustomization(file) else { continue };
            for path in kustomization.resources.iter().chain(&kustomization.components) {
                if let Found::Folder(base) = self.find(file, &path.text)
                    && base != file
                {
                    included[base as usize] = true;
                }
            }
        }
        let mut found = self.kustomizations();
        found.retain(|&file| !included[file as usize]);
        found
    }

    /// Whether a kustomization takes each file for a patch or for its configuration, by index. Objects of such files are
    /// not applied as they are.
    #[must_use]
    pub fn configuration(&self) -> Vec<bool> {
        let mut found = vec![false; self.files.len()];
        for &file in &self.order {
            let Some(kustomization) = self.kustomization(file) else { continue };
            let steps = kustomization.steps.iter().filter_map(|step| match step {
                Step::Patch(Patch { content: PatchContent::File(path), .. }) => Some(path),
                Step::File(path) | Step::ReplacementFile(path) => Some(&path.text),
                _ => None,
            });
            let others = kustomization.generator_files.iter().chain(&kustomization.configurations);
            for path in steps.chain(others.map(|path| &path.text)) {
                if let Found::File(named) = self.find(file, path) {
                    found[named as usize] = true;
                }
            }
        }
        found
    }

    /// What `path`, a text of the kustomization `from`, leads to.
    pub(super) fn find(&self, from: u32, path: &str) -> Found {
        let folder = path::folder(self.path(from));
        let Some(joined) = path::join(folder, path) else {
            return if is_remote(path) { Found::Remote } else { Found::Outside };
        };
        if let Some(file) = self.file(&joined) {
            return Found::File(file);
        }
        if let Some(file) = self.kustomization_of(&joined) {
            return Found::Folder(file);
        }
        if is_remote(path) { Found::Remote } else { Found::Nothing }
    }

    /// Whether `file` is in the folder of `kustomization` or below it.
    pub(super) fn is_below(&self, file: u32, kustomization: u32) -> bool {
        let folder = path::folder(self.path(kustomization));
        path::is_below(self.path(file), folder)
    }

    fn file(&self, path: &str) -> Option<u32> {
        let found = self.order.binary_search_by_key(&path, |&index| self.files[index as usize].0);
        found.ok().map(|at| self.order[at])
    }

    fn kustomization_of(&self, folder: &str) -> Option<u32> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        KUSTOMIZATION_NAMES.iter().find_map(|name| self.file(&format!("{prefix}{name}")))
    }
}

/// Whether a path that is not in the repository looks like one of another (`KZ` api/internal/git/repospec.go).
pub(super) fn is_remote(path: &str) -> bool {
    let scheme = path.contains("://") || path.starts_with("git::") || path.starts_with("gh:");
    let query = path.contains("?ref=") || path.contains("?version=") || path.contains("&ref=");
    let host = path.split(['/', ':']).next().unwrap_or_default();
    // `github.com/owner/name`, `git@host:owner/name`: a first part with a dot in it, which is neither `.` nor `..`.
    let hosted = host.trim_matches('.').contains('.') && path.len() > host.len() && !host.ends_with(".yaml");
    scheme || query || hosted || path.starts_with("git@")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_stay_inside() {
        for (folder, path, expected) in [
            ("a/b", "../c", Some("a/c")),
            ("a/b", "./x.yaml", Some("a/b/x.yaml")),
            ("a", "..", Some("")),
            ("", "a//b/", Some("a/b")),
            ("a", "../../b", None),
            ("a", "/etc", None),
        ] {
            assert_eq!(path::join(folder, path).as_deref(), expected, "{folder} {path}");
        }
    }

    #[test]
    fn other_repositories_are_known_by_their_form() {
        for path in [
            "https://example.com/x.yaml",
            "github.com/owner/name/path?ref=v1",
            "github.com/owner/name",
            "git@github.com:owner/name.git",
            "git::https://example.com/x",
            "ssh://git@example.com/x",
        ] {
            assert!(is_remote(path), "{path}");
        }
        for path in ["../base", "base", "./base", "../../a.b", "deployment.yaml", "v1.2"] {
            assert!(!is_remote(path), "{path}");
        }
    }
}
