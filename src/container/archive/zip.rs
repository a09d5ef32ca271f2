//! Zip: what its directory lists, and then what else is in it.
//!
//! `rawzip` reads the directory. It lists names twice where the directory does, and needs no valid archive around them.
//! What programs that read an archive from its start would see is read too: files before, between and behind the listed
//! ones, and all files of an archive that lost its directory.

use std::ops::Range;

use memchr::memmem;
use rawzip::ZipArchive;

use super::inflate::Inflate;
use super::zstd::Unzstd;
use super::{Archive, Bytes, Entry, Unpack, copy};
use crate::container::meter::Meter;
use crate::container::{Fault, Unsupported};

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const ZSTD: u16 = 93;
const LOCAL: &[u8] = b"PK\x03\x04";
const DESCRIPTOR: &[u8] = b"PK\x07\x08";

pub(super) struct Zip<'a> {
    bytes: Bytes<'a>,
    meter: Meter,
    /// Whether the directory is missing or broken, until that is reported.
    damaged: bool,
    listed: std::vec::IntoIter<Listed>,
    /// What no listed file covers, in order.
    gaps: std::vec::IntoIter<Range<usize>>,
    gap: Range<usize>,
    content: Option<Box<dyn Unpack + 'a>>,
    over: bool,
}

/// A file in the directory.
struct Listed {
    name: Vec<u8>,
    method: u16,
    /// Where its local header is.
    at: usize,
    /// Bytes that it has in the archive.
    size: usize,
}

impl<'a> Zip<'a> {
    pub(super) fn new(bytes: Bytes<'a>, meter: &Meter) -> Self {
        let (listed, directory) = directory(&bytes, meter.entries_left().saturating_add(1));
        let mut covered: Vec<Range<usize>> = directory.clone().into_iter().collect();
        covered.extend(listed.iter().filter_map(|file| {
            let local = Local::read(&bytes, file.at)?;
            Some(file.at..local.data.saturating_add(file.size).min(bytes.len()))
        }));
        let gaps = gaps(covered, bytes.len());
        Self {
            bytes,
            meter: meter.clone(),
            damaged: directory.is_none(),
            listed: listed.into_iter(),
            gaps: gaps.into_iter(),
            gap: 0..0,
            content: None,
            over: false,
        }
    }

    fn step(&mut self) -> Result<Option<Entry>, Fault> {
        if std::mem::take(&mut self.damaged) {
            return Err(Fault::Damaged);
        }
        if let Some(file) = self.listed.next() {
            self.meter.entry()?;
            let content = match Local::read(&self.bytes, file.at) {
                Some(local) => self.begin(&local, file.method, Some(file.size)),
                None => Err(Fault::Damaged),
            };
            return Ok(Some(Entry { name: file.name, content }));
        }
        let Some(local) = self.unlisted() else { return Ok(None) };
        self.meter.entry()?;
        let name = self.bytes[local.name.clone()].to_vec();
        let content = self.begin(&local, local.method, local.size);
        Ok(Some(Entry { name, content }))
    }

    /// The next local header in a gap.
    fn unlisted(&mut self) -> Option<Local> {
        loop {
            let rest = self.bytes.get(self.gap.clone()).unwrap_or_default();
            let Some(found) = memmem::find(rest, LOCAL) else {
                self.gap = self.gaps.next()?;
                continue;
            };
            let at = self.gap.start + found;
            self.gap.start = at + LOCAL.len();
            if let Some(local) = Local::read(&self.bytes, at).filter(|local| local.name.end > local.name.start) {
                self.gap.start = local.data.saturating_add(local.size.unwrap_or(0)).min(self.gap.end).max(at + 1);
                return Some(local);
            }
        }
    }

    /// Begins to read a file. Where its size is unknown, what it is compressed with knows its end.
    fn begin(&mut self, local: &Local, method: u16, size: Option<usize>) -> Result<(), Fault> {
        const ENCRYPTED: u16 = 1;
        if local.flags & ENCRYPTED != 0 {
            return Err(Fault::Encrypted);
        }
        let rest = self.bytes.get(local.data..).unwrap_or_default();
        let end = match size {
            Some(size) => local.data.saturating_add(size),
            None if method == STORED => local.data + memmem::find(rest, DESCRIPTOR).unwrap_or(rest.len()),
            None => self.bytes.len(),
        };
        let within = end.min(self.bytes.len());
        self.content = Some(match method {
            STORED => Box::new(Stored { bytes: self.bytes.clone(), at: local.data, end, meter: self.meter.clone() }),
            DEFLATED => Box::new(Inflate::new(self.bytes.clone(), local.data, within, &self.meter)),
            ZSTD => Box::new(Unzstd::new(self.bytes.clone(), local.data, within, &self.meter)),
            other => return Err(Fault::Unsupported(Unsupported::ZipMethod(other))),
        });
        Ok(())
    }
}

impl Archive for Zip<'_> {
    fn next(&mut self) -> Option<Entry> {
        if self.over {
            return None;
        }
        self.content = None;
        let entry = self.step().unwrap_or_else(|fault| Some(Entry::of_archive(fault)));
        self.over = entry.is_none();
        entry
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        self.content.as_mut().map_or(Ok(0), |content| content.read(buffer))
    }
}

/// A file without compression.
struct Stored<'a> {
    bytes: Bytes<'a>,
    at: usize,
    /// Where it says that it ends.
    end: usize,
    meter: Meter,
}

impl Unpack for Stored<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        let end = self.end.min(self.bytes.len());
        let read = copy(self.bytes.get(self.at..end).unwrap_or_default(), buffer);
        self.at += read;
        // Many entries of a directory may be of one and the same file.
        self.meter.unpacked(read)?;
        if read == 0 && !buffer.is_empty() && self.at < self.end { Err(Fault::Damaged) } else { Ok(read) }
    }
}

/// The files in the directory, `most` at most, and where the directory is; none where it is missing or broken.
fn directory(bytes: &[u8], most: usize) -> (Vec<Listed>, Option<Range<usize>>) {
    let Ok(archive) = ZipArchive::from_slice(bytes) else { return (Vec::new(), None) };
    let offset = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    let mut listed = Vec::new();
    let mut entries = archive.entries();
    while listed.len() < most {
        match entries.next_entry() {
            Ok(Some(entry)) => listed.push(Listed {
                name: entry.file_path().as_ref().to_vec(),
                method: entry.compression_method().as_u16(),
                at: offset(entry.local_header_offset()),
                size: offset(entry.compressed_size_hint()),
            }),
            Ok(None) => break,
            Err(_) => return (listed, None),
        }
    }
    let range = offset(archive.directory_offset())..offset(archive.end_offset());
    (listed, Some(range))
}

/// What `covered` leaves of `0..length`.
fn gaps(mut covered: Vec<Range<usize>>, length: usize) -> Vec<Range<usize>> {
    covered.sort_unstable_by_key(|range| range.start);
    let mut gaps = Vec::new();
    let mut at = 0;
    for range in covered {
        if range.start > at {
            gaps.push(at..range.start.min(length));
        }
        at = at.max(range.end);
    }
    if at < length {
        gaps.push(at..length);
    }
    gaps
}

/// A header in front of a file.
struct Local {
    flags: u16,
    method: u16,
    /// Bytes that the file has in the archive, where that is known before it was written.
    size: Option<usize>,
    name: Range<usize>,
    /// Where the file starts.
    data: usize,
}

impl Local {
    const LENGTH: usize = 30;

    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        const DESCRIBED_BEHIND: u16 = 8;
        let header = bytes.get(at..at.checked_add(Self::LENGTH)?)?;
        if !header.starts_with(LOCAL) {
            return None;
        }
        let number = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let flags = number(6);
        let size = u32::from_le_bytes([header[18], header[19], header[20], header[21]]);
        let name = at + Self::LENGTH..at + Self::LENGTH + usize::from(number(26));
        let data = name.end + usize::from(number(28));
        let extra = bytes.get(name.end..data)?;
        let size = match size {
            u32::MAX => compressed_size_64(extra),
            0 if flags & DESCRIBED_BEHIND != 0 => None,
            size => usize::try_from(size).ok(),
        };
        Some(Self { flags, method: number(8), size, name, data })
    }
}

/// The size of a file in a Zip64 archive: the second number of the extra field 1.
fn compressed_size_64(mut extra: &[u8]) -> Option<usize> {
    while let [id, id_high, length, length_high, rest @ ..] = extra {
        let length = usize::from(u16::from_le_bytes([*length, *length_high]));
        if (*id, *id_high) == (1, 0) {
            let size = rest.get(..length)?.get(8..16)?;
            return usize::try_from(u64::from_le_bytes(size.try_into().ok()?)).ok();
        }
        extra = rest.get(length..)?;
    }
    None
}
