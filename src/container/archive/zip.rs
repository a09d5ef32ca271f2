//! Zip: what its directory lists, and then what else is in it.
//!
//! `rawzip` reads the directory. It lists names twice where the directory does, and needs no valid archive around them.
//! What programs that read an archive from its start would see is read too: files before, between and behind the listed
//! ones, files that their own headers describe otherwise, and all files of an archive that lost its directory. Text is
//! looked for in the gaps between files.

use std::ops::Range;

use memchr::memmem;
use rawzip::ZipArchive;

use super::inflate::Inflate;
use super::zstd::Unzstd;
use super::{Archive, Bytes, Entry, Kind, Unpack, copy};
use crate::container::meter::Meter;
use crate::container::{Fault, Unsupported, name, text};

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
    /// Another way to read the file before: local header and directory may not say the same.
    otherwise: Option<Reading>,
    current: Option<Current<'a>>,
    /// What belongs to the directory or to a file that was read.
    covered: Vec<Range<usize>>,
    /// What no listed file covers, in order, once these were read.
    gaps: Option<std::vec::IntoIter<Range<usize>>>,
    gap: Range<usize>,
    over: bool,
}

/// A file in the directory.
struct Listed {
    name: Vec<u8>,
    /// Comment and attributes.
    aside: Vec<u8>,
    method: u16,
    encrypted: bool,
    /// Where its local header is.
    at: usize,
    /// Bytes that it has in the archive.
    size: usize,
}

/// How to read a file.
struct Reading {
    name: Vec<u8>,
    aside: Vec<u8>,
    local: Local,
    method: u16,
    /// None where only what is compressed knows its end.
    size: Option<usize>,
    encrypted: bool,
}

/// The file that is being read.
struct Current<'a> {
    content: Box<dyn Unpack + 'a>,
    /// Where its local header is, and where it ends as far as that is known.
    start: usize,
    end: Option<usize>,
    ended: bool,
}

impl<'a> Zip<'a> {
    pub(super) fn new(bytes: Bytes<'a>, meter: &Meter) -> Self {
        let (listed, directory) = directory(&bytes, meter.entries_left().saturating_add(1));
        Self {
            bytes,
            meter: meter.clone(),
            damaged: directory.is_none(),
            listed: listed.into_iter(),
            otherwise: None,
            current: None,
            covered: directory.into_iter().flatten().collect(),
            gaps: None,
            gap: 0..0,
            over: false,
        }
    }

    fn step(&mut self) -> Result<Option<Entry>, Fault> {
        self.leave()?;
        if std::mem::take(&mut self.damaged) {
            return Err(Fault::Damaged);
        }
        if let Some(reading) = self.otherwise.take() {
            return self.begin(&reading).map(Some);
        }
        if let Some(file) = self.listed.next() {
            let Some(local) = Local::read(&self.bytes, file.at) else {
                self.meter.entry()?;
                return Ok(Some(Entry { name: file.name, aside: file.aside, content: Err(Fault::Damaged) }));
            };
            let (first, other) = self.readings(file, local);
            self.otherwise = other;
            return self.begin(&first).map(Some);
        }
        if let Some(local) = self.unlisted() {
            let written = &self.bytes[local.name.clone()];
            let reading = Reading {
                name: name::plausible(written).to_vec(),
                aside: aside(&[written, &self.bytes[local.name.end..local.data]]),
                method: local.method,
                size: local.size,
                encrypted: local.encrypted,
                local,
            };
            return self.begin(&reading).map(Some);
        }
        if std::mem::replace(&mut self.over, true) {
            return Ok(None);
        }
        let mut rest = gaps(std::mem::take(&mut self.covered), self.bytes.len());
        rest.retain(|gap| self.bytes.get(gap.clone()).is_some_and(text::has_text));
        if rest.is_empty() {
            return Ok(None);
        }
        let content = Box::new(Pieces { bytes: self.bytes.clone(), rest: rest.into_iter(), piece: 0..0 });
        self.current = Some(Current { content, start: 0, end: Some(0), ended: false });
        Ok(Some(Entry::stray()))
    }

    /// How to read a file that the directory lists: as it says, and as the local header says where that is another way.
    fn readings(&self, file: Listed, local: Local) -> (Reading, Option<Reading>) {
        let written = &self.bytes[local.name.clone()];
        let written = if *written == file.name { &[] } else { written };
        let otherwise = local.method != file.method || local.size.map_or(file.size == 0, |size| size != file.size);
        let other = otherwise.then(|| Reading {
            name: file.name.clone(),
            aside: Vec::new(),
            method: local.method,
            size: local.size,
            encrypted: file.encrypted && local.encrypted,
            local: local.clone(),
        });
        let reading = Reading {
            aside: aside(&[&file.aside, written, &self.bytes[local.name.end..local.data]]),
            name: file.name,
            method: file.method,
            size: Some(file.size),
            encrypted: file.encrypted && local.encrypted,
            local,
        };
        (reading, other)
    }

    /// The next local header in a gap.
    fn unlisted(&mut self) -> Option<Local> {
        loop {
            let rest = self.bytes.get(self.gap.clone()).unwrap_or_default();
            let Some(found) = memmem::find(rest, LOCAL) else {
                let gaps = self.gaps.get_or_insert_with(|| gaps(self.covered.clone(), self.bytes.len()).into_iter());
                self.gap = gaps.next()?;
                continue;
            };
            let at = self.gap.start + found;
            self.gap.start = at + LOCAL.len();
            let named = |local: &Local| !local.name.is_empty() || matches!(local.method, STORED | DEFLATED | ZSTD);
            if let Some(local) = Local::read(&self.bytes, at).filter(named) {
                return Some(local);
            }
        }
    }

    /// Ends the file before. What it did not need is searched as a gap.
    fn leave(&mut self) -> Result<(), Fault> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        let mut buffer = [0; 16 << 10];
        while current.end.is_none() && !current.ended {
            match current.content.read(&mut buffer) {
                Err(fault @ Fault::Bomb(_)) => return Err(fault),
                read => current.ended = !matches!(read, Ok(1..)),
            }
        }
        let end = current.end.filter(|_| !current.ended).unwrap_or_else(|| current.content.at());
        self.cover(current.start..end);
        Ok(())
    }

    fn cover(&mut self, range: Range<usize>) {
        self.gap.start = self.gap.start.max(range.end.min(self.gap.end));
        self.covered.push(range);
    }

    fn begin(&mut self, reading: &Reading) -> Result<Entry, Fault> {
        self.meter.entry()?;
        let Reading { name, aside, local, .. } = reading;
        let content = if reading.encrypted { Err(Fault::Encrypted) } else { self.content(reading) };
        let end = reading.size.map(|size| local.data.saturating_add(size).min(self.bytes.len()));
        let content = match content {
            Ok(content) => {
                self.current = Some(Current { content, start: local.at, end, ended: false });
                Ok(Kind::File)
            }
            Err(fault) => {
                self.cover(local.at..end.unwrap_or(local.data));
                Err(fault)
            }
        };
        Ok(Entry { name: name.clone(), aside: aside.clone(), content })
    }

    fn content(&self, reading: &Reading) -> Result<Box<dyn Unpack + 'a>, Fault> {
        let at = reading.local.data;
        let rest = self.bytes.get(at..).unwrap_or_default();
        let end = match reading.size {
            Some(size) => at.saturating_add(size),
            None if reading.method == STORED => at + memmem::find(rest, DESCRIPTOR).unwrap_or(rest.len()),
            None => self.bytes.len(),
        };
        let within = end.min(self.bytes.len());
        Ok(match reading.method {
            STORED => Box::new(Stored { bytes: self.bytes.clone(), at, end, meter: self.meter.clone() }),
            DEFLATED => Box::new(Inflate::new(self.bytes.clone(), at, within, &self.meter)),
            ZSTD => Box::new(Unzstd::new(self.bytes.clone(), at, within, &self.meter)),
            other => return Err(Fault::Unsupported(Unsupported::ZipMethod(other))),
        })
    }
}

/// The texts of some attributes.
fn aside(attributes: &[&[u8]]) -> Vec<u8> {
    let texts: Vec<&[u8]> = attributes.iter().copied().filter(|text| text::has_text(text)).collect();
    texts.join(&0)
}

impl Archive for Zip<'_> {
    fn next(&mut self) -> Option<Entry> {
        self.step().unwrap_or_else(|fault| Some(Entry::of_archive(fault)))
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        let Some(current) = &mut self.current else { return Ok(0) };
        let read = current.content.read(buffer);
        current.ended |= !matches!(read, Ok(1..)) && !buffer.is_empty();
        read
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

    fn at(&self) -> usize {
        self.at
    }
}

/// What no file covers, with NULs between the parts of the archive where it is.
struct Pieces<'a> {
    bytes: Bytes<'a>,
    rest: std::vec::IntoIter<Range<usize>>,
    piece: Range<usize>,
}

impl Unpack for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        if !self.piece.is_empty() {
            let read = copy(&self.bytes[self.piece.clone()], buffer);
            self.piece.start += read;
            return Ok(read);
        }
        Ok(self.rest.next().map_or(0, |piece| {
            self.piece = piece;
            copy(&[0], buffer)
        }))
    }
}

/// The files in the directory, `most` at most, and where it and its end are; none where it is missing or broken.
fn directory(bytes: &[u8], most: usize) -> (Vec<Listed>, Option<[Range<usize>; 2]>) {
    const HEADER: usize = 46;
    const END: usize = 22;
    let Ok(archive) = ZipArchive::from_slice(bytes) else { return (Vec::new(), None) };
    let offset = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    let start = offset(archive.directory_offset());
    let mut listed = Vec::new();
    let mut end = start;
    let mut entries = archive.entries();
    while listed.len() < most {
        match entries.next_entry() {
            Ok(Some(entry)) => {
                let (name, comment) = (entry.file_path(), entry.comment());
                let (comment, extra) = (comment.as_bytes(), entry.extra_fields().remaining_bytes());
                end = end.saturating_add(HEADER + name.as_ref().len() + comment.len() + extra.len());
                listed.push(Listed {
                    name: name.as_ref().to_vec(),
                    aside: aside(&[comment, extra]),
                    method: entry.compression_method().as_u16(),
                    encrypted: entry.flags().is_encrypted(),
                    at: offset(entry.local_header_offset()),
                    size: offset(entry.compressed_size_hint()),
                });
            }
            Ok(None) => break,
            Err(_) => return (listed, None),
        }
    }
    // A comment of the archive is a gap.
    let comment = offset(archive.end_offset()).saturating_sub(archive.comment().as_bytes().len());
    (listed, Some([start..end, comment.saturating_sub(END)..comment]))
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
#[derive(Clone)]
struct Local {
    at: usize,
    encrypted: bool,
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
        const ENCRYPTED: u16 = 1;
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
        Some(Self { at, encrypted: flags & ENCRYPTED != 0, method: number(8), size, name, data })
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
