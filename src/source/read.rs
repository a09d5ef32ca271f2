//! Opening and reading: never blocks, never follows a last symbolic link, never reads past the limit.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::decode::{HEAD, decode, is_binary};
use super::{Decoded, File, Kind, Scratch};
use crate::coverage::Reason;

/// How much is read before a longer file is checked for being binary, bytes.
const FIRST: usize = 64 * 1024;

/// What became of reading one file.
#[derive(Debug)]
pub(crate) enum Read<'a> {
    /// Its text.
    Text(Decoded<'a>),
    /// Left out on purpose, and why: binary, over the limit, no regular file any more.
    Skipped(Reason),
    /// It could not be read, and why. Makes a run incomplete.
    Failed(Reason),
}

impl Read<'_> {
    fn binary(head: &[u8]) -> Self {
        if head.starts_with(b"\0GITCRYPT\0") {
            return Self::Skipped(Reason::GitCrypt);
        }
        Self::Skipped(Reason::Binary)
    }

    fn special(kind: &'static str) -> Self {
        Self::Skipped(Reason::NotRegular(kind))
    }

    fn too_large(limit: u64, size: Option<u64>) -> Self {
        Self::Skipped(Reason::TooLarge { limit, size })
    }
}

/// Opens `path` for reading without ever waiting and without following it where it is a symbolic link.
pub(super) fn open(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_NOCTTY);
    }
    options.open(path)
}

/// At most `most` bytes of the regular file at `path`; none where it is not one, or cannot be read.
pub(super) fn read_regular(path: &Path, most: u64) -> Option<Vec<u8>> {
    let file = open(path).ok()?;
    let mut bytes = Vec::new();
    let regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
    (regular && file.take(most).read_to_end(&mut bytes).is_ok()).then_some(bytes)
}

/// Reads `file` into `scratch` and decodes it. At most `limit` bytes and one more are read, also where the file grows
/// meanwhile.
///
/// `scratch` is one thread's room for many files. The text borrows it where the file is UTF-8, so
/// that nothing is copied.
pub(crate) fn read<'a>(file: &File, limit: u64, scratch: &'a mut Scratch) -> Read<'a> {
    if let Some(blob) = file.blob.as_ref() {
        if blob.may_be_checked_out()
            && let Ok(input) = open(&file.location)
            && blob.is_in(&input)
        {
            let size = input.metadata().ok().map(|metadata| metadata.len());
            return take(input, size, limit, &mut scratch.bytes);
        }
        return match scratch.load(blob, limit) {
            Ok(Ok(())) => text_of(&scratch.bytes),
            Ok(Err(size)) => Read::too_large(limit, Some(size)),
            Err(error) => Read::Failed(Reason::from(&error)),
        };
    }
    let buffer = &mut scratch.bytes;
    let opened = open(&file.location).and_then(|input| Ok((input.metadata()?, input)));
    match opened {
        Ok((metadata, input)) => match Kind::from(metadata.file_type()) {
            Kind::File => take(input, Some(metadata.len()), limit, buffer),
            Kind::Special(kind) => Read::special(kind),
            Kind::Folder | Kind::Link => Read::Failed(Reason::Replaced("folder")),
        },
        Err(error) => match fs::symlink_metadata(&file.location).map(|m| Kind::from(m.file_type())) {
            // Opening a socket fails, and so does a link where links are not followed.
            Ok(Kind::Special(kind)) => Read::special(kind),
            Ok(Kind::Link) => Read::Failed(Reason::Replaced("symbolic link")),
            _ => Read::Failed(Reason::from(&error)),
        },
    }
}

/// Reads all of `input`, which is `size` bytes long as far as one knows.
fn take(mut input: impl io::Read, size: Option<u64>, limit: u64, buffer: &mut Vec<u8>) -> Read<'_> {
    let over = size.is_some_and(|size| size > limit);
    // One byte more than there is, so that a short read shows the end without asking again.
    let most = usize::try_from(limit.saturating_add(1)).unwrap_or(usize::MAX);
    let expected = size.map_or(FIRST, |size| usize::try_from(size.saturating_add(1)).unwrap_or(usize::MAX));
    let mut wanted = if over { HEAD } else { expected.min(FIRST).min(most) };
    let mut have = 0;
    let mut first = true;
    loop {
        if buffer.len() < wanted {
            buffer.resize(wanted, 0);
        }
        let ended = match fill(&mut input, &mut buffer[..wanted], &mut have, size) {
            Ok(ended) => ended,
            Err(error) => return Read::Failed(Reason::from(&error)),
        };
        let head = &buffer[..have.min(HEAD)];
        if first && (over || !ended) && is_binary(head) {
            return Read::binary(head);
        }
        if over || have as u64 > limit {
            return Read::too_large(limit, size.filter(|_| over));
        }
        if ended {
            break;
        }
        first = false;
        // A file that grows, or an input of unknown length, gets twice the room each time.
        wanted = expected.max(wanted.saturating_mul(2)).min(most);
    }
    text_of(&buffer[..have])
}

/// The text of a whole file.
fn text_of(bytes: &[u8]) -> Read<'_> {
    decode(bytes).map_or_else(|| Read::binary(bytes), Read::Text)
}

/// Reads until `room` is full from `have` on (false) or the input ends (true).
fn fill(input: &mut impl io::Read, room: &mut [u8], have: &mut usize, size: Option<u64>) -> io::Result<bool> {
    while *have < room.len() {
        match input.read(&mut room[*have..]) {
            Ok(0) => return Ok(true),
            Ok(n) => {
                *have += n;
                if *have < room.len() && size == Some(*have as u64) {
                    return Ok(true);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}
