//! What a run leaves in its folder: which files it changes from what to what, and how far it is.
//!
//! `journal.json` is replaced as a whole, never rewritten. `<n>.old` and `<n>.new` are what the entry number n holds
//! before and after; none where there is no file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::disk;
use super::error::StoreError;
use super::look::{Digest, is_plain};
use crate::fix::stage::Tracked;
use crate::seal::Plaintext;

const FILE: &str = "journal.json";
const NEXT: &str = "journal.next";
/// Raised when older versions could not read the journal any more.
const VERSION: u32 = 1;

/// How far a run is. What is not done is brought to its end by whoever opens the store next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    Writing,
    /// The files have their new contents.
    Done,
    /// Something failed: the files before this entry, and only those, had been changed and get back what they held.
    Returning(usize),
    /// The person takes the run back.
    Undoing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Old,
    New,
}

impl Side {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Old => Self::New,
            Self::New => Self::Old,
        }
    }
}

/// One file of a run. Not printable, since a weak password could be guessed from a digest.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    /// Relative to the root.
    #[serde(with = "encoded")]
    pub(super) path: PathBuf,
    /// The permission bits on either side.
    pub(super) mode: u32,
    /// What the file held; none where there was none.
    pub(super) old: Option<Digest>,
    /// What it shall hold.
    pub(super) new: Option<Digest>,
}

impl Entry {
    pub(super) fn at(&self, side: Side) -> Option<&Digest> {
        match side {
            Side::Old => self.old.as_ref(),
            Side::New => self.new.as_ref(),
        }
    }
}

/// The content of `journal.json`.
#[derive(Serialize, Deserialize)]
pub(super) struct Journal {
    version: u32,
    /// When the run was made, seconds since 1970.
    pub(super) made: u64,
    pub(super) state: State,
    pub(super) entries: Vec<Entry>,
    /// What the run takes out of Git's index. Whoever asked for the run does that, and puts it back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) untracked: Vec<Tracked>,
}

impl Journal {
    pub(super) fn new(entries: Vec<Entry>, untracked: Vec<Tracked>, made: u64) -> Self {
        Self { version: VERSION, made, state: State::Writing, entries, untracked }
    }
}

/// A run with its folder.
pub(super) struct RunFolder {
    pub(super) id: String,
    pub(super) folder: PathBuf,
    pub(super) journal: Journal,
}

impl RunFolder {
    /// Reads the run from the folder `name` in `runs`.
    pub(super) fn load(runs: &Path, name: &str) -> Result<Self, StoreError> {
        let folder = runs.join(name);
        let path = folder.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(StoreError::Damaged(path)),
            Err(error) => return Err(StoreError::io("read", &path)(error)),
        };
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        match serde_json::from_slice::<Version>(&bytes) {
            Ok(found) if found.version > VERSION => return Err(StoreError::Newer(path)),
            _ => {}
        }
        let Ok(journal) = serde_json::from_slice(&bytes) else { return Err(StoreError::Damaged(path)) };
        Ok(Self { id: name.to_owned(), folder, journal })
    }

    pub(super) fn save(&self) -> Result<(), StoreError> {
        let next = self.folder.join(NEXT);
        if next.exists() {
            disk::remove(&next)?;
        }
        let path = self.folder.join(FILE);
        let text = serde_json::to_vec(&self.journal).map_err(|error| StoreError::io("write", &path)(error.into()))?;
        disk::write(&next, &text)?;
        disk::rename(&next, &path)?;
        disk::sync_folder(&self.folder)
    }

    /// Writes the journal with another state.
    pub(super) fn set(&mut self, state: State) -> Result<(), StoreError> {
        self.journal.state = state;
        self.save()
    }

    /// Where the content of an entry is kept.
    pub(super) fn content(&self, index: usize, side: Side) -> PathBuf {
        self.folder.join(match side {
            Side::Old => format!("{index}.old"),
            Side::New => format!("{index}.new"),
        })
    }

    /// The content of an entry, if it still is what the journal says.
    pub(super) fn read(&self, index: usize, side: Side) -> Result<Plaintext, StoreError> {
        let path = self.content(index, side);
        let bytes = Plaintext::new(fs::read(&path).map_err(StoreError::io("read", &path))?);
        let wanted = self.journal.entries.get(index).and_then(|entry| entry.at(side));
        if wanted == Some(&Digest::of(bytes.expose())) { Ok(bytes) } else { Err(StoreError::Damaged(path)) }
    }

    /// Name of the file that takes the place of an entry, in the same folder, until it is renamed. Nobody else's file has
    /// it: a part of the id is random.
    pub(super) fn temporary(&self, index: usize) -> String {
        format!(".mlguard-{}-{index}.tmp", self.id)
    }
}

/// Paths as text: with `/`, and percent signs for what JSON cannot hold, or what is not Unicode.
mod encoded {
    use std::ffi::OsString;
    use std::path::PathBuf;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::is_plain;
    use crate::path::percent_decoded;

    #[expect(clippy::ptr_arg, reason = "the form that serde asks for")]
    pub(super) fn serialize<S: Serializer>(path: &PathBuf, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::encode(path))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        let text = String::deserialize(deserializer)?;
        // The journal is no way out of the repository, whoever wrote it.
        let path = percent_decoded(&text).and_then(os_string).map(PathBuf::from).filter(|path| is_plain(path));
        path.ok_or_else(|| D::Error::custom("not a path below the root"))
    }

    #[cfg(unix)]
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere not all bytes are a name")]
    fn os_string(bytes: Vec<u8>) -> Option<OsString> {
        Some(std::os::unix::ffi::OsStringExt::from_vec(bytes))
    }

    #[cfg(not(unix))]
    fn os_string(bytes: Vec<u8>) -> Option<OsString> {
        String::from_utf8(bytes).ok().map(OsString::from)
    }
}

/// A relative path as the journal has it.
fn encode(path: &Path) -> String {
    let parts: Vec<String> = path
        .components()
        .map(|part| {
            let mut text = String::new();
            for chunk in part.as_os_str().as_encoded_bytes().utf8_chunks() {
                for c in chunk.valid().chars() {
                    if c == '%' || c.is_control() {
                        text.push_str(&percent(c.encode_utf8(&mut [0; 4]).as_bytes()));
                    } else {
                        text.push(c);
                    }
                }
                text.push_str(&percent(chunk.invalid()));
            }
            text
        })
        .collect();
    parts.join("/")
}

fn percent(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}

/// Whether the journal can hold the path.
pub(super) fn can_name(path: &Path) -> bool {
    cfg!(unix) || path.to_str().is_some()
}
