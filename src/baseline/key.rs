//! The key of the digests, which is never in the repository: from the environment, or a file in the Git directory.

use std::fmt;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use rsa::rand_core::RngCore as _;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Spot;
use crate::finding::{Digest, DigestKey};
use crate::seal::{Plaintext, Randomness};

/// The name of the file in its folder.
const FILE: &str = "baseline.key";
/// Shortest text that a key is made of, bytes.
pub(crate) const SHORTEST: usize = 16;
/// Longest file that is looked at.
const LONGEST: u64 = 4096;

/// Names a key without telling anything of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyId(pub(super) [u8; 4]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What digests of a baseline are made with.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// For the engine: of values.
    values: DigestKey,
    /// For the file: of spots and digests of values.
    entries: DigestKey,
    id: KeyId,
}

/// Why there is no key although one was given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("the key of the baseline has fewer than {SHORTEST} bytes")]
    Short,
    #[error("{}: the key of the baseline cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    #[error("{}: this is not the key of a baseline; remove the file, and `mlguard baseline write --rekey` makes a new one", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    #[error("{}: the key of the baseline cannot be written: {source}", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Key {
    /// A key of any text, white space around it left out, so that what a file contains can be given in the environment.
    ///
    /// # Errors
    /// [`KeyError::Short`].
    pub(crate) fn new(text: &Plaintext) -> Result<Self, KeyError> {
        let text = text.expose().trim_ascii();
        if text.len() < SHORTEST {
            return Err(KeyError::Short);
        }
        let derived = |what: &str| {
            let state = Sha256::new_with_prefix("mlguard baseline v1: ").chain_update(what).chain_update([0]);
            DigestKey::new(state.chain_update(text).finalize().into())
        };
        let entries = derived("entries");
        let mut id = KeyId([0; 4]);
        id.0.copy_from_slice(&entries.digest([&b"key id"[..]])[..4]);
        Ok(Self { values: derived("values"), entries, id })
    }

    /// The key that `folder` contains; nothing where it contains none.
    ///
    /// # Errors
    /// Where there is something that cannot be read, or is no key.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, KeyError> {
        let path = folder.join(FILE);
        let unreadable = |source| KeyError::Unreadable { path: path.clone(), source };
        let malformed = || KeyError::Malformed { path: path.clone() };
        match path.symlink_metadata() {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(unreadable(error)),
            // Through a link, or out of a pipe, came what somebody else has.
            Ok(metadata) if !metadata.is_file() => return Err(malformed()),
            Ok(_) => {}
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(128));
        fs::File::open(&path).map_err(unreadable)?.take(LONGEST).read_to_end(&mut bytes).map_err(unreadable)?;
        let text = bytes.trim_ascii();
        if text.len() != 64 || !text.iter().all(u8::is_ascii_hexdigit) {
            return Err(malformed());
        }
        Self::new(&Plaintext::new(text.to_vec())).map(Some)
    }

    /// The key that `folder` contains, and whether it had to be made: the folder for its owner alone, as is the file.
    ///
    /// # Errors
    /// Where there is something that is no key, or none can be made.
    pub(crate) fn read_or_make(folder: &Path) -> Result<(Self, bool), KeyError> {
        if let Some(key) = Self::read(folder)? {
            return Ok((key, false));
        }
        let made = Self::make(folder)?;
        // Of two that make it at once, both have the one that was first.
        let path = || folder.join(FILE);
        let key = Self::read(folder)?.ok_or_else(|| KeyError::Malformed { path: path() })?;
        Ok((key, made))
    }

    fn make(folder: &Path) -> Result<bool, KeyError> {
        let path = folder.join(FILE);
        let fault = |source: io::Error| KeyError::Unwritable { path: path.clone(), source };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(fault)?;
        let mut bytes = Zeroizing::new([0; 32]);
        Randomness::default().generator(&["baseline key"]).fill_bytes(bytes.as_mut_slice());
        let mut text = Zeroizing::new(String::with_capacity(65));
        for byte in bytes.iter() {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(digit.into(), 16).unwrap_or_default());
            }
        }
        text.push('\n');
        // Temporary files are for their owner alone.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fault)?;
        file.write_all(text.as_bytes()).map_err(fault)?;
        file.as_file().sync_all().map_err(fault)?;
        match file.persist_noclobber(&path) {
            Ok(_) => Ok(true),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(fault(error.error)),
        }
    }

    /// What values of a run are digested with (`engine::Options::digest_key`).
    pub(crate) fn values(&self) -> DigestKey {
        self.values.clone()
    }

    /// Its name in the file.
    pub(crate) fn id(&self) -> KeyId {
        self.id
    }

    /// What a line says about the value with this digest. The spot goes into it, so that lines do not show where the same
    /// value is once more.
    pub(crate) fn digest(&self, spot: &Spot, value: &Digest) -> Digest {
        let mut bytes = b"entry".to_vec();
        for part in [Some(&spot.rule), spot.place.as_ref(), spot.path.as_ref()] {
            bytes.push(u8::from(part.is_some()));
            let part = part.map_or(&[][..], |part| part.as_bytes());
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part);
        }
        self.entries.digest([bytes.as_slice(), value])
    }
}
