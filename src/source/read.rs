//! Opening and reading: never blocks, never follows a last symbolic link, never reads past the limit.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::decode::{GIT_CRYPT, HEAD, Named, decode_for_search, is_binary};
use super::window::Large;
use super::{Decoded, File, Kind, Scratch};
use crate::container::{self, Format};
use crate::coverage::Reason;
use crate::path;

/// How much is read before a longer file is checked for being binary, bytes.
const FIRST: usize = 64 * 1024;

/// Largest container, and largest object of Git, that is searched though it is over the limit, bytes: both are held in
/// memory as a whole.
const LARGEST: u64 = 256 << 20;

/// What became of reading one file.
#[derive(Debug)]
pub(crate) enum Read<'a> {
    /// Its text.
    Text(Decoded<'a>),
    /// A text over the limit, to be searched in windows.
    Large(Large<'a>),
    /// All bytes of an archive, or of another file of a format in which texts are.
    Container(Format, &'a [u8]),
    /// Left out on purpose, and why: binary, a container over the limit, no regular file any more.
    Skipped(Reason),
    /// It could not be read, and why. Makes a run incomplete.
    Failed(Reason),
}

impl Read<'_> {
    fn binary(head: &[u8]) -> Self {
        if head.starts_with(GIT_CRYPT) {
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

/// How one file is to be read.
#[derive(Clone, Copy)]
struct ReadOptions<'n> {
    /// The last part of its path.
    name: &'n str,
    /// What its name says.
    named: Named,
    /// Most bytes that are held.
    limit: u64,
}

/// Reads `file`, whose name says `named` of its content, into `scratch` and decodes it. At most `limit` bytes and one
/// more are read at once, also where the file grows meanwhile.
///
/// `scratch` is one thread's room for many files. The text borrows it where the file is UTF-8, so
/// that nothing is copied.
pub(crate) fn read<'a>(file: &File, named: Named, limit: u64, scratch: &'a mut Scratch) -> Read<'a> {
    let how = ReadOptions { name: path::name(&file.path), named, limit };
    if let Some(blob) = file.blob.as_ref() {
        if blob.may_be_checked_out()
            && let Ok(input) = open(&file.location)
            && blob.is_in(&input)
        {
            let size = input.metadata().ok().map(|metadata| metadata.len());
            return take(input, size, how, &mut scratch.bytes);
        }
        return match scratch.load(blob, limit.max(LARGEST)) {
            Ok(Ok(())) => how.content_of(&scratch.bytes),
            Ok(Err(size)) => Read::too_large(limit, Some(size)),
            Err(error) => Read::Failed(Reason::from(&error)),
        };
    }
    let buffer = &mut scratch.bytes;
    let opened = open(&file.location).and_then(|input| Ok((input.metadata()?, input)));
    match opened {
        Ok((metadata, input)) => match Kind::from(metadata.file_type()) {
            Kind::File => take(input, Some(metadata.len()), how, buffer),
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

/// What `bytes`, all of a file whose last part of the path is `name`, contain.
pub(crate) fn read_bytes<'a>(path: &str, named: Named, limit: u64, bytes: &'a [u8]) -> Read<'a> {
    ReadOptions { name: path::name(path), named, limit }.content_of(bytes)
}

/// Reads all of `input`, which is `size` bytes long as far as one knows.
fn take<'a>(mut input: fs::File, size: Option<u64>, how: ReadOptions<'_>, buffer: &'a mut Vec<u8>) -> Read<'a> {
    if size.is_some_and(|size| size > how.limit) {
        return how.over(input, size, buffer);
    }
    // One byte more than there is, so that a short read shows the end without asking again.
    let most = usize::try_from(how.limit.saturating_add(1)).unwrap_or(usize::MAX);
    let expected = size.map_or(FIRST, |size| usize::try_from(size.saturating_add(1)).unwrap_or(usize::MAX));
    let mut wanted = expected.min(FIRST).min(most);
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
        if first && !ended && how.format_of(head).is_none() && is_binary(head, how.named) {
            return Read::binary(head);
        }
        if have as u64 > how.limit {
            let head = io::Cursor::new(buffer[..have].to_vec());
            return how.over(io::Read::chain(head, input), None, buffer);
        }
        if ended {
            break;
        }
        first = false;
        // A file that grows, or an input of unknown length, gets twice the room each time.
        wanted = expected.max(wanted.saturating_mul(2)).min(most);
    }
    how.content_of(&buffer[..have])
}

impl ReadOptions<'_> {
    /// What a whole file contains.
    fn content_of<'a>(&self, bytes: &'a [u8]) -> Read<'a> {
        let head = bytes.get(..HEAD).unwrap_or(bytes);
        let size = bytes.len() as u64;
        match self.format_of(head) {
            Some(format) => Read::Container(format, bytes),
            None if size <= self.limit => {
                decode_for_search(bytes, self.named).map_or_else(|| Read::binary(head), Read::Text)
            }
            None if is_binary(head, self.named) => Read::binary(head),
            None => Read::Large(Large::new(head, &bytes[head.len()..], self.limit, Some(size))),
        }
    }

    fn format_of(&self, head: &[u8]) -> Option<Format> {
        container::format_of(self.name, head)
    }

    /// What to do with an input of `size` bytes, as far as one knows, that is over the limit.
    fn over<'a>(&self, mut input: impl io::Read + 'a, size: Option<u64>, buffer: &'a mut Vec<u8>) -> Read<'a> {
        buffer.clear();
        let read = (&mut input).take(HEAD as u64).read_to_end(buffer);
        if let Err(error) = read {
            return Read::Failed(Reason::from(&error));
        }
        let Some(format) = self.format_of(buffer) else {
            if is_binary(buffer, self.named) {
                return Read::binary(buffer);
            }
            return Read::Large(Large::new(buffer, input, self.limit, size));
        };
        match input.take(LARGEST).read_to_end(buffer) {
            Ok(read) if (read as u64) < LARGEST => Read::Container(format, buffer),
            Ok(_) => Read::too_large(LARGEST, size),
            Err(error) => Read::Failed(Reason::from(&error)),
        }
    }
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
