//! What stands at a path, without following symbolic links, and whether it may be changed.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::error::{Reason, StoreError};

/// SHA-256 of a content, in hexadecimal digits. Not for messages: a weak password could be guessed from it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Digest(String);

impl Digest {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self::finish(Sha256::new_with_prefix(bytes))
    }

    fn finish(hash: Sha256) -> Self {
        Self(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat())
    }

    /// Enough of it to name a folder.
    pub(super) fn short(&self) -> &str {
        &self.0[..32]
    }
}

pub(super) struct Found {
    pub(super) digest: Digest,
    /// Permission bits; always 0 where the system has none.
    pub(super) mode: u32,
    #[cfg(unix)]
    pub(super) owner: (u32, u32),
}

/// What stands at a path.
pub(super) enum Seen {
    Missing,
    File(Found),
    /// Something that is never changed.
    Other(Reason),
}

impl Seen {
    /// Whether it is the file with this content, or missing where there is none.
    pub(super) fn holds(&self, content: Option<&Digest>) -> bool {
        match (self, content) {
            (Self::Missing, None) => true,
            (Self::File(found), Some(digest)) => found.digest == *digest,
            _ => false,
        }
    }

    pub(super) fn found(&self) -> Option<&Found> {
        match self {
            Self::File(found) => Some(found),
            _ => None,
        }
    }
}

/// Looks at `path`. Reads the whole file.
pub(super) fn look(path: &Path) -> Result<Seen, StoreError> {
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if is_missing(&error) => return Ok(Seen::Missing),
        Err(error) => return Err(StoreError::io("look at", path)(error)),
    };
    if metadata.is_symlink() {
        return Ok(Seen::Other(Reason::Link));
    }
    if !metadata.is_file() {
        return Ok(Seen::Other(Reason::NotRegular));
    }
    let read = || {
        let mut file = open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Ok(Seen::Other(Reason::NotRegular));
        }
        if is_privileged(&metadata) {
            return Ok(Seen::Other(Reason::Privileged));
        }
        Ok(Seen::File(Found {
            digest: hash(&mut file)?,
            mode: mode(&metadata),
            #[cfg(unix)]
            owner: {
                use std::os::unix::fs::MetadataExt as _;
                (metadata.uid(), metadata.gid())
            },
        }))
    };
    read().map_err(StoreError::io("read", path))
}

fn hash(file: &mut File) -> io::Result<Digest> {
    let mut hash = Sha256::new();
    let mut buffer = Zeroizing::new(vec![0; 64 * 1024]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Digest::finish(hash)),
            Ok(read) => hash.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Opens for reading, without waiting for a pipe or following a link that took the place of the file meanwhile.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_NOCTTY);
    options.open(path)
}

/// The same file without symbolic links on the way; the file itself need not exist.
///
/// `Err` inside is the reason why it cannot be a file below `root`, which is without symbolic links itself.
pub(super) fn locate(root: &Path, relative: &Path) -> Result<Result<PathBuf, Reason>, StoreError> {
    let path = root.join(relative);
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(Err(Reason::Outside)) };
    match parent.canonicalize() {
        Ok(parent) if !parent.starts_with(root) => Ok(Err(Reason::Outside)),
        Ok(parent) if !parent.is_dir() => Ok(Err(Reason::NoFolder)),
        Ok(parent) => Ok(Ok(parent.join(name))),
        Err(error) if is_missing(&error) => Ok(Err(Reason::NoFolder)),
        Err(error) => Err(StoreError::io("find", parent)(error)),
    }
}

/// Whether a path only ever leads down.
pub(super) fn is_plain(relative: &Path) -> bool {
    let mut parts = relative.components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// Why a located file may not be written, as far as the system tells without writing.
pub(super) fn not_writable(path: &Path, exists: bool) -> Result<Option<Reason>, StoreError> {
    if exists {
        let metadata = path.symlink_metadata().map_err(StoreError::io("look at", path))?;
        // The administrator may write everywhere, but the bits say that this file should stay as it is.
        if metadata.permissions().readonly() {
            return Ok(Some(Reason::ReadOnly));
        }
        #[cfg(unix)]
        if std::os::unix::fs::MetadataExt::nlink(&metadata) > 1 {
            return Ok(Some(Reason::HardLink));
        }
        // Renaming would not ask for this permission.
        match OpenOptions::new().write(true).open(path) {
            Err(error) if is_forbidden(&error) => return Ok(Some(Reason::ReadOnly)),
            _ => {}
        }
    }
    // Whether this person may write to the folder is seen when the temporary files are made, before any file is changed.
    let folder = path.parent().unwrap_or(path);
    let metadata = folder.metadata().map_err(StoreError::io("look at", folder))?;
    Ok((cfg!(unix) && metadata.permissions().readonly()).then_some(Reason::ReadOnlyFolder))
}

/// The mode of a new file in the folder of `path`: who may read or write there may read or write it.
pub(super) fn mode_of_new(path: &Path) -> Result<u32, StoreError> {
    let folder = path.parent().unwrap_or(path);
    Ok(mode(&folder.metadata().map_err(StoreError::io("look at", folder))?) & 0o666)
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o7777
}

#[cfg(not(unix))]
fn mode(_: &Metadata) -> u32 {
    0
}

/// Whether running the file gives the rights of its owner or group.
fn is_privileged(metadata: &Metadata) -> bool {
    mode(metadata) & 0o6000 != 0
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn is_forbidden(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}
