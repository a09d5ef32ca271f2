//! Archives, whose members are read one after the other.

mod gzip;
mod inflate;
mod stream;
mod tar;
mod zip;
mod zstd;

use std::rc::Rc;

use super::meter::Meter;
use super::{Fault, Format};

/// An archive that is being read.
pub(super) trait Archive {
    /// Goes on to the next member; none after the last one.
    fn next(&mut self) -> Option<Entry>;

    /// Reads on in the member that [`Archive::next`] went to; gives 0 at its end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault>;
}

/// Something that is in an archive.
pub(super) struct Entry {
    /// As it is in the archive; empty where the archive itself has the fault.
    pub name: Vec<u8>,
    /// What else the archive says about it: comments and other attributes, with NULs between them.
    pub aside: Vec<u8>,
    /// Whether it can be read.
    pub content: Result<Kind, Fault>,
}

/// How a member is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    /// No file, but bytes in which there may be text.
    Stray,
}

impl Entry {
    fn file(name: Vec<u8>) -> Self {
        Self { name, aside: Vec::new(), content: Ok(Kind::File) }
    }

    /// What belongs to no member.
    fn stray() -> Self {
        Self { name: b"unlisted".to_vec(), aside: Vec::new(), content: Ok(Kind::Stray) }
    }

    fn of_archive(fault: Fault) -> Self {
        Self { name: Vec::new(), aside: Vec::new(), content: Err(fault) }
    }
}

/// Bytes that are unpacked, one after the other.
trait Unpack {
    /// Gives 0 at the end. After a fault, nothing follows.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault>;

    /// What was beside what is unpacked: in headers, and behind the end.
    fn aside(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// Where in the archive reading goes on.
    fn at(&self) -> usize {
        0
    }
}

/// Begins to read the archive `bytes` of the file `name`.
pub(super) fn open<'a>(format: Format, name: &str, bytes: Bytes<'a>, meter: &Meter) -> Box<dyn Archive + 'a> {
    match format {
        Format::Zip => Box::new(zip::Zip::new(bytes, meter)),
        Format::Gzip => {
            let inner = stream::inner_name(name, gzip::recorded_name(&bytes), &[".gz", ".gzip"], &[".tgz"]);
            stream::open(inner, Box::new(gzip::Gunzip::new(bytes, meter)), meter)
        }
        Format::Zstd => {
            let end = bytes.len();
            let inner = stream::inner_name(name, None, &[".zst", ".zstd"], &[".tzst"]);
            stream::open(inner, Box::new(zstd::Unzstd::new(bytes, 0, end, meter)), meter)
        }
        Format::Zlib => {
            let inner = stream::inner_name(name, None, &[".z", ".zlib"], &[]);
            let end = bytes.len();
            stream::open(inner, Box::new(inflate::Inflate::zlib(bytes, end, meter)), meter)
        }
        _ => Box::new(tar::Tar::new(Box::new(Plain { bytes, at: 0 }), meter)),
    }
}

/// The bytes of an archive: those of the file, or of a member, which several readers may share.
#[derive(Clone)]
pub(super) enum Bytes<'a> {
    File(&'a [u8]),
    Member(Rc<Vec<u8>>),
}

impl std::ops::Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::File(bytes) => bytes,
            Self::Member(bytes) => bytes,
        }
    }
}

impl<'a> From<&'a [u8]> for Bytes<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::File(bytes)
    }
}

impl From<Vec<u8>> for Bytes<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Member(Rc::new(bytes))
    }
}

/// Bytes as they are.
struct Plain<'a> {
    bytes: Bytes<'a>,
    at: usize,
}

impl Unpack for Plain<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        let read = copy(&self.bytes[self.at..], buffer);
        self.at += read;
        Ok(read)
    }
}

/// Copies as much as fits.
fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let length = from.len().min(to.len());
    to[..length].copy_from_slice(&from[..length]);
    length
}

/// Reads until `buffer` is full or nothing follows. Gives how much was read, also before a fault.
fn read_full(input: &mut dyn Unpack, buffer: &mut [u8]) -> (usize, Result<(), Fault>) {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(fault) => return (filled, Err(fault)),
        }
    }
    (filled, Ok(()))
}
