//! Reading configuration files that others wrote: regular files inside the root, of bounded size, as UTF-8.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Problem;
use crate::source::store::Snapshot;

/// The name of the configuration file, at the root and in folders.
pub(crate) const FILE: &str = ".mlguard.yaml";

const NOT_TEXT: &str = "it is not UTF-8 text";

/// Largest configuration or rule file.
pub(super) const MAX_BYTES: u64 = 1 << 20;

/// Where a repository's own files are read: a folder, or a commit or the index.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    Folder(PathBuf),
    Snapshot(Arc<Snapshot>),
}

impl Tree {
    /// Reads the file at `name`, a path from the root; nothing where it does not exist.
    pub(super) fn read(&self, name: &str) -> Result<Option<String>, Problem> {
        self.read_up_to(MAX_BYTES, name, name)
    }

    /// The same for a file that may be larger, in bytes. `path` is where it is, `name` what to call it.
    pub(super) fn read_up_to(&self, limit: u64, path: &str, name: &str) -> Result<Option<String>, Problem> {
        match self {
            Self::Folder(root) => inside_up_to(limit, root, &root.join(path), name),
            Self::Snapshot(snapshot) => {
                let read = snapshot.read(path, limit).map_err(|why| Problem::new(why).in_file(name))?;
                let text = |bytes| String::from_utf8(bytes).map_err(|_| Problem::new(NOT_TEXT).in_file(name));
                read.map(text).transpose()
            }
        }
    }
}

/// Reads a file of a repository; nothing where it does not exist. `name` is what to call it in messages.
///
/// A symbolic link may stay inside `root`, not leave it, so that a repository cannot make the program read (and report on)
/// files elsewhere.
fn inside_up_to(limit: u64, root: &Path, path: &Path, name: &str) -> Result<Option<String>, Problem> {
    match fs::symlink_metadata(path) {
        Ok(_) => {}
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(unreadable(name, &error)),
    }
    // Any folder on the way may be a link, not only the file.
    let target = fs::canonicalize(path).map_err(|error| unreadable(name, &error))?;
    let root = fs::canonicalize(root).map_err(|error| unreadable(name, &error))?;
    if !target.starts_with(&root) {
        let problem = Problem::new("it is a symbolic link out of the repository").in_file(name);
        return Err(problem.help("put the file itself there, or name it on the command line"));
    }
    read_up_to(limit, path, name).map(Some)
}

pub(super) fn read(path: &Path, name: &str) -> Result<String, Problem> {
    read_up_to(MAX_BYTES, path, name)
}

/// The same for a file that may be larger, in bytes.
pub(super) fn read_up_to(limit: u64, path: &Path, name: &str) -> Result<String, Problem> {
    // Checked before opening, because opening a FIFO waits for its writer.
    let meta = fs::metadata(path).map_err(|error| unreadable(name, &error))?;
    if !meta.is_file() {
        return Err(Problem::new("it is not a regular file").in_file(name));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| unreadable(name, &error))?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    if bytes.len() as u64 > limit {
        return Err(Problem::new(format!("it is larger than {} MiB", limit >> 20))
            .in_file(name)
            .help("is it the right file?"));
    }
    String::from_utf8(bytes).map_err(|_| Problem::new(NOT_TEXT).in_file(name))
}

fn unreadable(name: &str, error: &io::Error) -> Problem {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "no permission to read it".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    Problem::new(why).in_file(name)
}
