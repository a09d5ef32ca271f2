//! Where history begins: references of every kind, HEADs of all work trees, stashes, and what reflogs remember.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::refs::TargetRef;

use super::Store;
use crate::coverage::{Reason, Skipped};

/// Ids to begin at, each with the name that led to it.
#[derive(Default)]
pub(super) struct Tips {
    /// What a reference names now.
    pub named: BTreeSet<(ObjectId, String)>,
    /// What one named some time, which may be gone.
    pub remembered: Vec<ObjectId>,
    /// What could not be read.
    pub errors: Vec<Skipped>,
}

impl Store {
    /// Every reference. Reflogs are read for stashes, which live there, and for the others with `reflog`.
    pub(super) fn tips(&self, reflog: bool) -> Tips {
        let mut tips = Tips::default();
        let repository = self.repository.to_thread_local();
        let common = repository.common_dir().to_owned();
        match repository.head() {
            Ok(head) => tips.named.extend(head.id().map(|id| (id.detach(), "HEAD".to_owned()))),
            Err(error) => tips.fail("HEAD", &error),
        }
        if let Err(error) = tips.references(&repository) {
            tips.fail("refs", &error);
        }
        let work_trees = folders(&common.join("worktrees"));
        for work_tree in &work_trees {
            tips.loose(&work_tree.join("HEAD"));
            for file in files(&work_tree.join("refs")) {
                tips.loose(&file);
            }
        }
        let mut logs = vec![common.join("logs").join("refs").join("stash")];
        if reflog {
            logs = std::iter::once(&common).chain(&work_trees).flat_map(|folder| files(&folder.join("logs"))).collect();
        }
        for log in logs {
            tips.log(&log);
        }
        tips.remembered.sort_unstable();
        tips.remembered.dedup();
        tips
    }
}

impl Tips {
    fn references(&mut self, repository: &gix::Repository) -> Result<(), Box<dyn std::error::Error>> {
        for reference in repository.references()?.all()? {
            match reference {
                // Another reference has what a symbolic one names.
                Ok(reference) => self.named.extend(match reference.target() {
                    TargetRef::Object(id) => Some((id.to_owned(), reference.name().as_bstr().to_string())),
                    TargetRef::Symbolic(_) => None,
                }),
                Err(error) => self.fail("refs", &error),
            }
        }
        Ok(())
    }

    fn fail(&mut self, what: &str, error: &dyn std::fmt::Display) {
        self.errors.push(Skipped::new(what, Reason::Unreadable(error.to_string())));
    }

    /// The content of a file of Git; none where there is no such file, or it cannot be read, which is noted.
    fn read(&mut self, path: &Path) -> Option<Vec<u8>> {
        match std::fs::read(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                self.fail(&path.display().to_string(), &error);
                None
            }
        }
    }

    /// A file that contains an id, where it does not name another reference.
    fn loose(&mut self, path: &Path) {
        let id = self.read(path).and_then(|text| ObjectId::from_hex(text.trim()).ok());
        self.named.extend(id.map(|id| (id, "HEAD of another work tree".to_owned())));
    }

    /// Both ids of every line of a reflog.
    fn log(&mut self, path: &Path) {
        let Some(text) = self.read(path) else { return };
        for line in text.lines() {
            let ids = line.splitn(3, |byte| *byte == b' ').take(2);
            self.remembered.extend(ids.filter_map(|id| ObjectId::from_hex(id).ok()).filter(|id| !id.is_null()));
        }
    }
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> =
        entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

/// Every file below `path`.
fn files(path: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![path.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    found
}
