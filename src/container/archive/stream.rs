//! Compressed files: one file, or the members of a tar.

use super::tar::Tar;
use super::{Archive, Bytes, Entry, Plain, Unpack, copy, read_full};
use crate::container::meter::Meter;
use crate::container::text::has_text;
use crate::container::{Fault, Format, format_of};

/// The name of what is in the compressed file `name`: without its ending, or what the file itself says.
pub(super) fn inner_name(name: &str, recorded: Option<&[u8]>, endings: &[&str], tars: &[&str]) -> Vec<u8> {
    let without = |ending: &&str| {
        let at = name.len().checked_sub(ending.len()).filter(|&at| at > 0 && name.is_char_boundary(at))?;
        name[at..].eq_ignore_ascii_case(ending).then(|| &name[..at])
    };
    if let Some(stem) = endings.iter().find_map(without) {
        stem.as_bytes().to_vec()
    } else if let Some(stem) = tars.iter().find_map(without) {
        format!("{stem}.tar").into_bytes()
    } else {
        recorded.unwrap_or(name.as_bytes()).to_vec()
    }
}

/// Begins to read what is compressed: a tar gives its members.
pub(super) fn open<'a>(name: Vec<u8>, mut input: Box<dyn Unpack + 'a>, meter: &Meter) -> Box<dyn Archive + 'a> {
    let mut head = vec![0; 512];
    let (length, end) = read_full(&mut *input, &mut head);
    head.truncate(length);
    let is_tar = format_of(&String::from_utf8_lossy(&name), &head) == Some(Format::Tar);
    let input = Box::new(Rewound { head, at: 0, end, input });
    if is_tar { Box::new(Tar::new(input, meter)) } else { Box::new(Single { name: Some(name), input }) }
}

/// One file.
struct Single<'a> {
    name: Option<Vec<u8>>,
    input: Box<dyn Unpack + 'a>,
}

impl Archive for Single<'_> {
    fn next(&mut self) -> Option<Entry> {
        if let Some(name) = self.name.take() {
            return Some(Entry::file(name));
        }
        let aside = self.input.aside();
        has_text(&aside).then(|| {
            self.input = Box::new(Plain { bytes: Bytes::from(aside), at: 0 });
            Entry::stray()
        })
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        self.input.read(buffer)
    }
}

/// An input whose first bytes were looked at.
struct Rewound<'a> {
    head: Vec<u8>,
    at: usize,
    /// What came after the head.
    end: Result<(), Fault>,
    input: Box<dyn Unpack + 'a>,
}

impl Unpack for Rewound<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        let read = copy(&self.head[self.at..], buffer);
        self.at += read;
        if read > 0 {
            return Ok(read);
        }
        self.end?;
        self.input.read(buffer)
    }

    fn aside(&mut self) -> Vec<u8> {
        self.input.aside()
    }
}
