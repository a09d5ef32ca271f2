//! Archives and data files: bytes in, the files and the text in them out.
//!
//! Nothing here knows what a secret is. [`open`] hands over each file of an archive, also of archives in it, and the text
//! of data files. Everything in a file may be hostile: sizes and offsets are never trusted, and depth, entries, memory and
//! what is unpacked are limited ([`Limits`]). Whatever could not be read is a [`Fault`], which holds no content of the file.

mod archive;
mod data;
mod format;
mod meter;
mod name;
mod piece;
mod tar_header;
mod text;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::{fmt, io, mem};

use archive::{Archive, Bytes, Kind};
use meter::Meter;

pub(crate) use format::{Format, format_of};

/// Faults that are listed of one file, at most.
const FAULTS: usize = 64;
/// Bytes of unusual names in an archive that are kept before they are handed over.
const NAMES: usize = 1 << 20;

/// What opening one file may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Archives inside each other, counting the file itself.
    pub depth: usize,
    /// Entries of all archives of the file, with folders and links.
    pub entries: usize,
    /// Bytes that are unpacked, of all archives of the file.
    pub bytes: u64,
    /// Bytes that are unpacked for each byte of the file, beyond the first few MiB.
    pub ratio: u64,
    /// Bytes of one member that are in memory at a time.
    pub entry: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 6, entries: 100_000, bytes: 512 << 20, ratio: 200, entry: 8 << 20 }
    }
}

/// A file in an archive, or text from a data file. Never empty. What only its bytes call a container is handed over as it
/// is, too: it may be a text that starts like one.
pub(crate) struct Member<'a> {
    /// Path inside the file: `x/values.yaml`, `inner.zip!a.env`. Empty for the text of the file itself.
    pub path: &'a str,
    pub content: Content<'a>,
    /// Whether this is text from a data file, one piece a line, which is not how the file is written.
    pub strings: bool,
}

/// What is in a member.
pub(crate) enum Content<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// More than [`Limits::entry`]: its start, and what follows that, up to the first fault.
    Stream { start: &'a [u8], rest: &'a mut (dyn io::Read + 'a) },
    /// A part of a long text from a data file.
    Piece(Piece<'a>),
}

/// A part of a text, with some text around what it is responsible for.
pub(crate) struct Piece<'a> {
    pub text: &'a str,
    /// What it is responsible for: these stretches of all pieces make up the whole text.
    pub own: Range<usize>,
    /// Line ends before this piece. A piece starts at the start of a line, unless its lines are very long.
    pub lines_before: usize,
}

/// Why a file or a part of it was not searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It goes beyond a limit that no honest file reaches.
    Bomb(Bound),
    /// It is damaged or cut off. What is readable was handed over.
    Damaged,
    /// It is encrypted.
    Encrypted,
    /// It uses what is not read here.
    Unsupported(Unsupported),
    /// Only its start was searched, because all of it would have to be in memory.
    TooLarge,
    /// So many other faults, which are not listed.
    More(usize),
}

/// The limit that a bomb breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound {
    /// [`Limits::depth`]; the rest of the file was searched.
    Depth,
    /// [`Limits::entries`].
    Entries,
    /// [`Limits::bytes`].
    Bytes,
    /// [`Limits::ratio`].
    Ratio,
}

/// What is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unsupported {
    /// A compression method of zip, by its number.
    ZipMethod(u16),
    /// Zstandard with a dictionary, which is in another file.
    ZstdDictionary,
    /// A compression codec of Parquet, by its number.
    ParquetCodec(i64),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bomb(Bound::Depth) => "archives are nested too deeply",
            Self::Bomb(Bound::Entries) => "archive has too many entries",
            Self::Bomb(Bound::Bytes) => "archive unpacks to too many bytes",
            Self::Bomb(Bound::Ratio) => "archive unpacks to far more bytes than it has",
            Self::Damaged => "damaged or incomplete; only its readable parts were searched",
            Self::Encrypted => "encrypted",
            Self::Unsupported(Unsupported::ZipMethod(method)) => {
                return write!(f, "compression method {method} of zip is not supported");
            }
            Self::Unsupported(Unsupported::ParquetCodec(codec)) => {
                return write!(f, "compression codec {codec} of Parquet is not supported");
            }
            Self::Unsupported(Unsupported::ZstdDictionary) => "compressed with a dictionary that is not in the file",
            Self::More(count) => {
                return write!(f, "{count} more of its parts were not searched, or only as far as they can be read");
            }
            Self::TooLarge => "too large to be opened; only its first part was searched",
        })
    }
}

impl std::error::Error for Fault {}

/// Opens the file `name`, which is of `format`, and hands over each file and each text in it. Gives what was not
/// searched, by its path in the file (empty for the file itself).
pub(crate) fn open(
    format: Format,
    name: &str,
    bytes: &[u8],
    limits: &Limits,
    each: &mut dyn FnMut(Member<'_>),
) -> Vec<(String, Fault)> {
    let meter = Meter::new(limits, bytes.len());
    let mut opener = Opener { limits, meter, each, faults: Vec::new(), more: 0, stopped: false, buffer: Vec::new() };
    let mut levels: Vec<Level<'_>> = Vec::new();
    levels.extend(opener.enter(format, String::new(), name, 0, Bytes::from(bytes)));
    while let Some(mut level) = levels.pop() {
        let Some(entry) = level.archive.next() else {
            opener.names(&mut level);
            continue;
        };
        if text::is_unusual(&entry.name) {
            level.keep(&entry.name);
        }
        level.keep(&entry.aside);
        if level.names.len() > NAMES {
            opener.names(&mut level);
        }
        let path = name::joined(&level.path, &entry.name);
        let inner = match entry.content {
            Ok(Kind::File) => opener.member(&mut level, path),
            Ok(Kind::Stray) => {
                opener.stray(&mut level, &path);
                None
            }
            Err(fault) => {
                opener.record(if entry.name.is_empty() { level.path.clone() } else { path }, fault);
                None
            }
        };
        if opener.stopped {
            break;
        }
        levels.push(level);
        levels.extend(inner);
    }
    if opener.more > 0 {
        opener.faults.push((String::new(), Fault::More(opener.more)));
    }
    opener.faults
}

/// An archive that is being read, and how deep it is inside the file.
struct Level<'a> {
    path: String,
    depth: usize,
    archive: Box<dyn Archive + 'a>,
    /// Names of its members that are unusual, and what is said about them.
    names: Vec<u8>,
}

impl Level<'_> {
    fn keep(&mut self, name: &[u8]) {
        if !name.is_empty() {
            self.names.extend(name);
            self.names.push(0);
        }
    }
}

/// What follows in a member that an archive is at.
struct Rest<'r, 'a> {
    archive: &'r mut (dyn Archive + 'a),
    fault: Option<Fault>,
}

impl io::Read for Rest<'_, '_> {
    /// A fault is an end, so that what comes before it is not lost.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.fault.is_some() {
            return Ok(0);
        }
        Ok(self.archive.read(buffer).unwrap_or_else(|fault| {
            self.fault = Some(fault);
            0
        }))
    }
}

struct Opener<'o> {
    limits: &'o Limits,
    meter: Meter,
    each: &'o mut dyn FnMut(Member<'_>),
    faults: Vec<(String, Fault)>,
    /// Faults beyond those that are listed.
    more: usize,
    /// Whether a limit of the whole file was reached.
    stopped: bool,
    /// The content of one member, kept for the next one.
    buffer: Vec<u8>,
}

impl Opener<'_> {
    /// Begins an archive below `depth` others, or hands over the text of a data file.
    fn enter<'a>(
        &mut self,
        format: Format,
        path: String,
        name: &str,
        depth: usize,
        bytes: Bytes<'a>,
    ) -> Option<Level<'a>> {
        if format.is_data() {
            self.lines(&path, |lines| data::read(format, &bytes, lines));
            return None;
        }
        if depth >= self.limits.depth {
            self.record(path, Fault::Bomb(Bound::Depth));
            return None;
        }
        let archive = archive::open(format, crate::path::name(name), bytes, &self.meter);
        Some(Level { path, depth: depth + 1, archive, names: Vec::new() })
    }

    /// Hands over the texts that `read` gives of what is at `path`.
    fn lines(&mut self, path: &str, read: impl FnOnce(&mut data::Lines<'_>) -> Result<(), Fault>) {
        let mut lines = data::Lines::new(path, self.limits.entry, &self.meter, self.each);
        let read = read(&mut lines);
        lines.finish();
        if let Err(fault) = read {
            self.record(path.to_owned(), fault);
        }
    }

    /// Hands over the unusual names in an archive, and what it says about its members: one a line.
    fn names(&mut self, level: &mut Level<'_>) {
        let names = mem::take(&mut level.names);
        if !names.is_empty() {
            self.lines(&name::joined(&level.path, b"names"), |lines| data::read_wide(&names, lines));
        }
    }

    /// Hands over the texts in what `level` is at, which is not a file.
    fn stray(&mut self, level: &mut Level<'_>, path: &str) {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let end = self.fill(level, &mut bytes);
            self.lines(path, |lines| data::read_wide(&bytes, lines));
            match end {
                Filled::Part if !self.stopped => {}
                Filled::Until(fault) => return self.record(path.to_owned(), fault),
                _ => return,
            }
        }
    }

    /// Hands over the member that `level` is at, and gives it back where it is an archive itself.
    fn member<'a>(&mut self, level: &mut Level<'_>, path: String) -> Option<Level<'a>> {
        let mut buffer = mem::take(&mut self.buffer);
        buffer.clear();
        let end = self.fill(level, &mut buffer);
        let format = format_of(&path, &buffer);
        let mut rest = Rest { archive: &mut *level.archive, fault: None };
        // A name that says what it is leaves no doubt.
        if !buffer.is_empty() && (format.is_none() || format::is_by_bytes(&buffer)) {
            let content = match end {
                Filled::Part => Content::Stream { start: &buffer, rest: &mut rest },
                Filled::All | Filled::Until(_) => Content::Whole(&buffer),
            };
            (self.each)(Member { path: &path, content, strings: false });
        }
        let fault = match end {
            Filled::All => None,
            Filled::Part if format.is_some() => Some(Fault::TooLarge),
            Filled::Part => {
                // A bomb need not be text.
                io::copy(&mut rest, &mut io::sink()).map_or(None, |_| rest.fault)
            }
            Filled::Until(fault) => Some(fault),
        };
        if let Some(fault) = fault {
            self.record(path.clone(), fault);
        }
        match format {
            Some(format) => {
                let name = path.clone();
                self.enter(format, path, &name, level.depth, Bytes::from(buffer)).filter(|_| !self.stopped)
            }
            None => {
                self.buffer = buffer;
                None
            }
        }
    }

    /// Reads on until `buffer` is as long as a member in memory may be.
    fn fill(&self, level: &mut Level<'_>, buffer: &mut Vec<u8>) -> Filled {
        const STEP: usize = 64 << 10;
        // One byte more shows whether there is more.
        let most = self.limits.entry.max(1) + 1;
        while buffer.len() < most {
            let start = buffer.len();
            buffer.resize(most.min(start + STEP), 0);
            let read = level.archive.read(&mut buffer[start..]);
            buffer.truncate(start + read.as_ref().copied().unwrap_or(0));
            match read {
                Ok(0) => return Filled::All,
                Ok(_) => {}
                Err(fault) => return Filled::Until(fault),
            }
        }
        Filled::Part
    }

    fn record(&mut self, path: String, fault: Fault) {
        self.stopped |= matches!(fault, Fault::Bomb(Bound::Entries | Bound::Bytes | Bound::Ratio));
        if self.faults.len() < FAULTS || self.stopped {
            self.faults.push((path, fault));
        } else {
            self.more += 1;
        }
    }
}

/// How far a member was read.
#[derive(Clone, Copy)]
enum Filled {
    All,
    Part,
    Until(Fault),
}
