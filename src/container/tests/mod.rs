//! Tests of the whole module: files that real tools made, limits, and hostile files.

mod data;
mod hostile;
mod limits;
mod real;
mod stray;

use std::io::Write as _;

use super::{Content, Fault, Format, Limits, Member, format_of, open};

/// A member as a test sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    path: String,
    bytes: Vec<u8>,
    strings: bool,
    cut: Cut,
    lines_before: usize,
}

/// How a member was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Whole,
    Stream,
    Piece,
}

impl Seen {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

type Opened = (Vec<Seen>, Vec<(String, Fault)>);

fn open_with(name: &str, bytes: &[u8], limits: &Limits) -> Opened {
    let format = format_of(name, bytes).unwrap_or_else(|| panic!("{name} has a format"));
    open_as(format, name, bytes, limits)
}

fn open_as(format: Format, name: &str, bytes: &[u8], limits: &Limits) -> Opened {
    let mut seen = Vec::new();
    let faults = open(format, name, bytes, limits, &mut |member| {
        seen.extend(see(member));
    });
    (seen, faults)
}

/// None for the bytes of what is opened, too.
fn see(member: Member<'_>) -> Option<Seen> {
    let (bytes, cut, lines_before) = match member.content {
        Content::Whole(bytes) => (bytes.to_vec(), Cut::Whole, 0),
        Content::Stream { start, rest } => {
            let mut bytes = start.to_vec();
            rest.read_to_end(&mut bytes).expect("faults are ends");
            (bytes, Cut::Stream, 0)
        }
        Content::Piece(piece) => (piece.text.as_bytes()[piece.own].to_vec(), Cut::Piece, piece.lines_before),
    };
    assert!(!bytes.is_empty());
    let opened = !member.strings && format_of(member.path, &bytes).is_some();
    (!opened).then(|| Seen { path: member.path.to_owned(), bytes, strings: member.strings, cut, lines_before })
}

/// Paths and texts of all members, which are whole.
#[track_caller]
fn texts(name: &str, bytes: &[u8]) -> Vec<(String, String)> {
    let (seen, faults) = open_with(name, bytes, &Limits::default());
    assert_eq!(faults, [], "{name}");
    assert!(seen.iter().all(|seen| seen.cut == Cut::Whole));
    seen.into_iter().map(|seen| (seen.path.clone(), seen.text())).collect()
}

fn paths(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|seen| &seen.path[..]).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// A tar of files; names may be anything.
fn tar(files: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_size(content.len() as u64);
        header.set_cksum();
        bytes.extend(header.as_bytes());
        bytes.extend(*content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

/// A file of a zip, with what its headers say about it.
#[derive(Clone)]
struct Zipped<'a> {
    name: &'a [u8],
    method: u16,
    flags: u16,
    data: Vec<u8>,
    listed: bool,
}

impl<'a> Zipped<'a> {
    fn stored(name: &'a [u8], data: &[u8]) -> Self {
        Self { name, method: 0, flags: 0, data: data.to_vec(), listed: true }
    }

    fn deflated(name: &'a [u8], data: &[u8]) -> Self {
        Self { method: 8, data: deflate(data), ..Self::stored(name, b"") }
    }

    /// Method, sizes and name, as both headers have them. The sizes are those of the compressed file.
    fn common(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(20u16.to_le_bytes());
        bytes.extend(self.flags.to_le_bytes());
        bytes.extend(self.method.to_le_bytes());
        bytes.extend([0; 8]);
        let size = u32::try_from(self.data.len()).expect("a small file").to_le_bytes();
        bytes.extend(size);
        bytes.extend(size);
        bytes.extend(u16::try_from(self.name.len()).expect("a short name").to_le_bytes());
        bytes.extend([0; 2]);
        bytes
    }
}

/// A zip of files, with `prefix` in front of it.
fn zip(prefix: &[u8], files: &[Zipped<'_>]) -> Vec<u8> {
    let mut bytes = prefix.to_vec();
    let mut places = Vec::new();
    for file in files {
        places.push(bytes.len() - prefix.len());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(file.common());
        bytes.extend(file.name);
        bytes.extend(&file.data);
    }
    directory(&mut bytes, prefix.len(), files.iter().zip(places).filter(|(file, _)| file.listed));
    bytes
}

/// Ends a zip with a directory of these files, which start at these places.
fn directory<'a>(bytes: &mut Vec<u8>, prefix: usize, files: impl Iterator<Item = (&'a Zipped<'a>, usize)>) {
    let number = |number: usize| u32::try_from(number).expect("a small file").to_le_bytes();
    let start = bytes.len();
    let mut count = 0u16;
    for (file, place) in files {
        count = count.saturating_add(1);
        bytes.extend(b"PK\x01\x02\x14\0");
        bytes.extend(file.common());
        bytes.extend([0; 10]);
        bytes.extend(number(place));
        bytes.extend(file.name);
    }
    let length = bytes.len() - start;
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(number(length));
    bytes.extend(number(start - prefix));
    bytes.extend([0; 2]);
}
