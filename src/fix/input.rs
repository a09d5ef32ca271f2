//! A text that may hold secrets, as a file or standard input holds it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::source;

/// Largest input, bytes.
pub(crate) const LIMIT: u64 = 64 << 20;

/// The text, and the bytes that it came from.
pub(crate) struct Input {
    /// What messages call it.
    pub name: String,
    /// Where it is; none for standard input.
    pub path: Option<PathBuf>,
    pub bytes: Zeroizing<Vec<u8>>,
    /// The same as text, without a byte order mark.
    pub text: Zeroizing<String>,
}

/// Why a text cannot be read, or not be written back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("is a folder")]
    Folder,
    #[error("is larger than {LIMIT} bytes")]
    TooLarge,
    #[error("is a binary file")]
    Binary,
    #[error("is not UTF-8, and only UTF-8 is written")]
    NotUtf8,
}

impl InputError {
    pub(crate) fn help(&self) -> Option<&'static str> {
        match self {
            Self::Folder => Some("name its files; `mlguard fix` takes folders"),
            Self::NotUtf8 => {
                Some("convert it to UTF-8 first (`iconv -t UTF-8`), or write the result to another file with --output")
            }
            Self::Unreadable(_) | Self::TooLarge | Self::Binary => None,
        }
    }
}

impl Input {
    pub(crate) fn read(path: &Path) -> Result<Self, InputError> {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(InputError::Folder);
        }
        Self::new(path.display().to_string(), Some(path.to_owned()), read_wiped(file, LIMIT)?)
    }

    pub(crate) fn standard() -> Result<Self, InputError> {
        Self::new("standard input".to_owned(), None, read_wiped(io::stdin().lock(), LIMIT)?)
    }

    fn new(name: String, path: Option<PathBuf>, bytes: Zeroizing<Vec<u8>>) -> Result<Self, InputError> {
        if bytes.len() as u64 > LIMIT {
            return Err(InputError::TooLarge);
        }
        let decoded = source::decode(&bytes).ok_or(InputError::Binary)?;
        let text = Zeroizing::new(decoded.text.trim_start_matches('\u{feff}').to_owned());
        Ok(Self { name, path, bytes, text })
    }

    /// The bytes of the file with `text` in the place of what it holds; the byte order mark stays.
    pub(crate) fn with_text(&self, text: &str) -> Result<Vec<u8>, InputError> {
        let bytes = self.bytes.as_slice();
        let mark: &[u8] = if bytes.starts_with(b"\xef\xbb\xbf") { b"\xef\xbb\xbf" } else { b"" };
        if &bytes[mark.len()..] != self.text.as_bytes() {
            return Err(InputError::NotUtf8);
        }
        Ok([mark, text.as_bytes()].concat())
    }
}

/// Everything, or something longer than `limit`, in a buffer that is wiped; it never grows in place, because that would leave
/// copies behind.
pub(crate) fn read_wiped(mut input: impl Read, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(1 << 16));
    loop {
        let part = input.by_ref().take((bytes.capacity() - bytes.len()) as u64).read_to_end(&mut bytes)?;
        if part == 0 || bytes.len() as u64 > limit {
            return Ok(bytes);
        }
        if bytes.len() == bytes.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(bytes.capacity() * 4));
            larger.extend_from_slice(&bytes);
            bytes = larger;
        }
    }
}
