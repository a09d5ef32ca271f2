//! Tar: old, POSIX and GNU, also where it is compressed.

use std::io::{Cursor, Read as _};

use tar::{Header, PaxExtensions};

use super::{Archive, Entry, Kind, Unpack, read_full};
use crate::container::Fault;
use crate::container::meter::Meter;
use crate::container::tar_header::{BLOCK, is_header};
use crate::container::text::{has_text, is_unusual};

/// Bytes of a long name or of extended attributes that are kept.
const ATTRIBUTES: u64 = 64 << 10;
/// Bytes that belong to no member and are kept.
const STRAY: usize = 8 << 20;
/// Name, link, owners and the front of the name in a header.
const FIELDS: [std::ops::Range<usize>; 4] = [0..100, 157..257, 265..329, 345..500];

pub(super) struct Tar<'a> {
    input: Box<dyn Unpack + 'a>,
    meter: Meter,
    /// Bytes of the current member that follow, and those that fill up its last block.
    left: u64,
    padding: u64,
    /// What of the current member was read already.
    head: Cursor<Vec<u8>>,
    /// A header that was read already.
    header: Option<[u8; BLOCK]>,
    /// What headers say beside the names of members, and what belongs to no member.
    aside: Vec<u8>,
    stray: Vec<u8>,
    /// Whether a broken header was reported.
    damaged: bool,
    over: bool,
    /// Whether what belongs to no member was given.
    told: bool,
}

/// What precedes the header of a member and says more about it.
#[derive(Default)]
struct Attributes {
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

impl<'a> Tar<'a> {
    pub(super) fn new(input: Box<dyn Unpack + 'a>, meter: &Meter) -> Self {
        Self {
            input,
            meter: meter.clone(),
            left: 0,
            padding: 0,
            head: Cursor::default(),
            header: None,
            aside: Vec::new(),
            stray: Vec::new(),
            damaged: false,
            over: false,
            told: false,
        }
    }

    fn step(&mut self) -> Result<Option<Entry>, Fault> {
        let mut attributes = Attributes::default();
        loop {
            self.skip()?;
            let Some(block) = self.block()? else { return Ok(None) };
            // Two such blocks end a tar, but another one may follow, which `tar --ignore-zeros` reads.
            if block.iter().all(|byte| *byte == 0) {
                continue;
            }
            if !is_header(&block) {
                self.keep_stray(&block);
                if self.damaged {
                    continue;
                }
                self.damaged = true;
                return Ok(Some(Entry::of_archive(Fault::Damaged)));
            }
            self.meter.entry()?;
            let header = Header::from_byte_slice(&block);
            FIELDS.into_iter().for_each(|field| self.keep_aside(&block[field]));
            let size = header.entry_size().map_err(|_| Fault::Damaged)?;
            let kind = header.entry_type().as_byte();
            let size = if matches!(kind, b'L' | b'K' | b'x' | b'g') { size } else { attributes.size.unwrap_or(size) };
            self.left = size;
            self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
            let how = match kind {
                b'L' | b'K' | b'x' | b'g' => {
                    let text = self.text()?;
                    self.keep_aside(&text);
                    match kind {
                        b'L' => attributes.name = Some(until_nul(text)),
                        b'x' => attributes.extend(&text),
                        // Long link names, and attributes of the whole archive.
                        _ => {}
                    }
                    continue;
                }
                // Links, devices, folders, FIFOs and volumes have no content.
                b'1'..=b'6' | b'D' | b'V' => {
                    if !self.has_content()? {
                        attributes = Attributes::default();
                        continue;
                    }
                    Kind::Stray
                }
                // POSIX: what is unknown is a file.
                _ => Kind::File,
            };
            if kind == b'S' {
                self.sparse_map(&block)?;
            }
            let name = attributes.name.take().unwrap_or_else(|| header.path_bytes().into_owned());
            return Ok(Some(Entry { name, aside: std::mem::take(&mut self.aside), content: Ok(how) }));
        }
    }

    /// The next block; none at the end.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, Fault> {
        if let Some(header) = self.header.take() {
            return Ok(Some(header));
        }
        let mut block = [0; BLOCK];
        let (length, end) = read_full(&mut *self.input, &mut block);
        if length < BLOCK {
            self.keep_stray(&block[..length]);
        }
        end?;
        match length {
            0 => Ok(None),
            BLOCK => Ok(Some(block)),
            _ => Err(Fault::Damaged),
        }
    }

    /// Whether something follows what should have no content. Programs do not agree on whether it is content, so a header
    /// there is a header.
    fn has_content(&mut self) -> Result<bool, Fault> {
        let (size, padding) = (std::mem::take(&mut self.left), std::mem::take(&mut self.padding));
        if size == 0 {
            return Ok(false);
        }
        let Some(block) = self.block()? else { return Ok(false) };
        if is_header(&block) {
            self.header = Some(block);
            return Ok(false);
        }
        if block.iter().all(|byte| *byte == 0) {
            return Ok(false);
        }
        self.head = Cursor::new(block.to_vec());
        (self.left, self.padding) = match size.checked_sub(BLOCK as u64) {
            Some(left) => (left, padding),
            None => (0, 0),
        };
        Ok(true)
    }

    /// Leaves the rest of the current member behind.
    fn skip(&mut self) -> Result<(), Fault> {
        self.head = Cursor::default();
        let mut buffer = [0; 16 << 10];
        while self.left > 0 {
            if self.take(&mut buffer)? == 0 {
                return Err(Fault::Damaged);
            }
        }
        let padding = usize::try_from(std::mem::take(&mut self.padding)).unwrap_or(0).min(BLOCK);
        let (length, end) = read_full(&mut *self.input, &mut buffer[..padding]);
        if has_text(&buffer[..length]) {
            self.keep_stray(&buffer[..length]);
            self.keep_stray(&[0]);
        }
        end?;
        if length < padding { Err(Fault::Damaged) } else { Ok(()) }
    }

    fn keep_aside(&mut self, text: &[u8]) {
        if is_unusual(text) && self.aside.len() < STRAY {
            self.aside.extend(text);
            self.aside.push(0);
        }
    }

    fn keep_stray(&mut self, bytes: &[u8]) {
        if self.stray.len() < STRAY {
            self.stray.extend(bytes);
        }
    }

    /// Reads on in the current member.
    fn take(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.input.read(&mut buffer[..most])?;
        self.left -= read as u64;
        Ok(read)
    }

    /// The content of a member that tells about the next one. What is too long is left out.
    fn text(&mut self) -> Result<Vec<u8>, Fault> {
        let mut text = vec![0; usize::try_from(self.left.min(ATTRIBUTES)).unwrap_or(0)];
        let mut filled = 0;
        while filled < text.len() {
            match self.take(&mut text[filled..])? {
                0 => return Err(Fault::Damaged),
                read => filled += read,
            }
        }
        Ok(text)
    }

    /// Skips the blocks after the header of a sparse file of GNU that say where its parts belong.
    fn sparse_map(&mut self, header: &[u8; BLOCK]) -> Result<(), Fault> {
        const HEADER_CONTINUES: usize = 482;
        const MAP_CONTINUES: usize = 504;
        let mut continues = header[HEADER_CONTINUES] == 1;
        while continues {
            let mut map = [0; BLOCK];
            let (length, end) = read_full(&mut *self.input, &mut map);
            end?;
            if length < BLOCK {
                return Err(Fault::Damaged);
            }
            continues = map[MAP_CONTINUES] == 1;
        }
        Ok(())
    }
}

impl Archive for Tar<'_> {
    fn next(&mut self) -> Option<Entry> {
        if !self.over {
            match self.step() {
                Ok(Some(entry)) => return Some(entry),
                Ok(None) => self.over = true,
                Err(fault) => {
                    self.over = true;
                    return Some(Entry::of_archive(fault));
                }
            }
        }
        if std::mem::replace(&mut self.told, true) {
            return None;
        }
        let rest = [std::mem::take(&mut self.stray), std::mem::take(&mut self.aside), self.input.aside()].join(&0);
        has_text(&rest).then(|| {
            self.head = Cursor::new(rest);
            Entry::stray()
        })
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        // Nothing that is in memory can fail.
        let read = self.head.read(buffer).unwrap_or(0);
        if read > 0 {
            return Ok(read);
        }
        if self.left == 0 || self.over || buffer.is_empty() {
            return Ok(0);
        }
        let read = self.take(buffer);
        if !matches!(read, Ok(1..)) {
            // The member reports it, not the archive again.
            self.over = true;
            read?;
            return Err(Fault::Damaged);
        }
        read
    }
}

impl Attributes {
    /// Reads extended attributes of POSIX.
    fn extend(&mut self, text: &[u8]) {
        for attribute in PaxExtensions::new(text).flatten() {
            match attribute.key_bytes() {
                b"path" | b"GNU.sparse.name" => self.name = Some(attribute.value_bytes().to_vec()),
                b"size" => self.size = attribute.value().ok().and_then(|size| size.parse().ok()).or(self.size),
                _ => {}
            }
        }
    }
}

/// A long name of GNU ends with NUL.
fn until_nul(mut text: Vec<u8>) -> Vec<u8> {
    text.truncate(memchr::memchr(0, &text).unwrap_or(text.len()));
    text
}
