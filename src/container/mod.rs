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
#[cfg(test)]
mod tests;

use std::fmt;
use std::mem;

use archive::{Archive, Bytes};
use meter::Meter;

pub(crate) use format::{Format, format_of};

/// Faults that are listed of one file, at most.
const FAULTS: usize = 64;

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

/// A file in an archive, or text from a data file. Never empty.
#[derive(Clone, Copy)]
pub(crate) struct Member<'a> {
    /// Path inside the file: `x/values.yaml`, `inner.zip!a.env`. Empty for the text of the file itself.
    pub path: &'a str,
    /// Its content, or a piece of it: a member larger than [`Limits::entry`] comes in consecutive pieces that overlap.
    pub bytes: &'a [u8],
    /// Whether this is text from a data file, one piece a line, which is not how the file is written.
    pub strings: bool,
    /// Whether this is only a piece.
    pub cut: bool,
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
    let mut opener = Opener { limits, meter, each, faults: Vec::new(), stopped: false, buffer: Vec::new() };
    let mut levels: Vec<Level<'_>> = Vec::new();
    levels.extend(opener.enter(format, String::new(), name, 0, Bytes::from(bytes)));
    while let Some(mut level) = levels.pop() {
        let Some(entry) = level.archive.next() else { continue };
        let path = name::joined(&level.path, &entry.name);
        let inner = match entry.content {
            Ok(()) => opener.member(&mut level, path),
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
    opener.faults
}

/// An archive that is being read, and how deep it is inside the file.
struct Level<'a> {
    path: String,
    depth: usize,
    archive: Box<dyn Archive + 'a>,
}

struct Opener<'o> {
    limits: &'o Limits,
    meter: Meter,
    each: &'o mut dyn FnMut(Member<'_>),
    faults: Vec<(String, Fault)>,
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
            let mut lines = data::Lines::new(&path, self.limits.entry, &self.meter, self.each);
            let read = data::read(format, &bytes, &mut lines);
            lines.finish();
            if let Err(fault) = read {
                self.record(path, fault);
            }
            return None;
        }
        if depth >= self.limits.depth {
            self.record(path, Fault::Bomb(Bound::Depth));
            return None;
        }
        let archive = archive::open(format, crate::path::name(name), bytes, &self.meter);
        Some(Level { path, depth: depth + 1, archive })
    }

    /// Hands over the member that `level` is at, or gives it back where it is an archive itself.
    fn member<'a>(&mut self, level: &mut Level<'_>, path: String) -> Option<Level<'a>> {
        let mut buffer = mem::take(&mut self.buffer);
        buffer.clear();
        let mut end = self.fill(level, &mut buffer);
        if let Some(format) = format_of(&path, &buffer) {
            match end {
                Filled::All => {}
                Filled::Part => self.record(path.clone(), Fault::TooLarge),
                Filled::Until(fault) => self.record(path.clone(), fault),
            }
            let name = path.clone();
            return self.enter(format, path, &name, level.depth, Bytes::from(buffer)).filter(|_| !self.stopped);
        }
        let mut lines_before = 0;
        let mut cut = false;
        loop {
            cut |= matches!(end, Filled::Part);
            if !buffer.is_empty() {
                (self.each)(Member { path: &path, bytes: &buffer, strings: false, cut, lines_before });
            }
            match end {
                Filled::All => break,
                Filled::Until(fault) => {
                    self.record(path, fault);
                    break;
                }
                Filled::Part => {
                    let start = piece::next_start(&buffer);
                    lines_before += piece::line_ends(&buffer[..start]);
                    buffer.drain(..start);
                    end = self.fill(level, &mut buffer);
                }
            }
        }
        self.buffer = buffer;
        None
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
