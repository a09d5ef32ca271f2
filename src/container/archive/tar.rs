//! Tar: old, POSIX and GNU, also where it is compressed.

use tar::{Header, PaxExtensions};

use super::{Archive, Entry, Unpack, read_full};
use crate::container::Fault;
use crate::container::meter::Meter;
use crate::container::tar_header::{BLOCK, is_header};

/// Bytes of a long name or of extended attributes that are kept.
const ATTRIBUTES: u64 = 64 << 10;

pub(super) struct Tar<'a> {
    input: Box<dyn Unpack + 'a>,
    meter: Meter,
    /// Bytes of the current member that follow, and those that fill up its last block.
    left: u64,
    padding: u64,
    /// Whether a broken header was reported.
    damaged: bool,
    over: bool,
}

/// What precedes the header of a member and says more about it.
#[derive(Default)]
struct Attributes {
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

impl<'a> Tar<'a> {
    pub(super) fn new(input: Box<dyn Unpack + 'a>, meter: &Meter) -> Self {
        Self { input, meter: meter.clone(), left: 0, padding: 0, damaged: false, over: false }
    }

    fn step(&mut self) -> Result<Option<Entry>, Fault> {
        let mut attributes = Attributes::default();
        loop {
            self.skip()?;
            let mut block = [0; BLOCK];
            let (length, end) = read_full(&mut *self.input, &mut block);
            end?;
            match length {
                0 => return Ok(None),
                BLOCK => {}
                _ => return Err(Fault::Damaged),
            }
            // Two such blocks end a tar, but another one may follow, which `tar --ignore-zeros` reads.
            if block.iter().all(|byte| *byte == 0) {
                continue;
            }
            if !is_header(&block) {
                if self.damaged {
                    continue;
                }
                self.damaged = true;
                return Ok(Some(Entry::of_archive(Fault::Damaged)));
            }
            self.meter.entry()?;
            let header = Header::from_byte_slice(&block);
            let size = header.entry_size().map_err(|_| Fault::Damaged)?;
            let kind = header.entry_type().as_byte();
            let size = if matches!(kind, b'L' | b'K' | b'x' | b'g') { size } else { attributes.size.unwrap_or(size) };
            self.left = size;
            self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
            match kind {
                b'L' => attributes.name = Some(until_nul(self.text()?)),
                b'x' => attributes.extend(&self.text()?),
                // Long link names and attributes of the whole archive; links, devices, folders and FIFOs; volumes.
                b'K' | b'g' | b'1'..=b'6' | b'D' | b'M' | b'V' => {
                    if !matches!(kind, b'K' | b'g') {
                        attributes = Attributes::default();
                    }
                }
                // POSIX: what is unknown is a file.
                _ => {
                    if kind == b'S' {
                        self.sparse_map(&block)?;
                    }
                    let name = attributes.name.take().unwrap_or_else(|| header.path_bytes().into_owned());
                    return Ok(Some(Entry { name, content: Ok(()) }));
                }
            }
        }
    }

    /// Leaves the rest of the current member behind.
    fn skip(&mut self) -> Result<(), Fault> {
        self.left = self.left.saturating_add(std::mem::take(&mut self.padding));
        let mut buffer = [0; 16 << 10];
        while self.left > 0 {
            if self.take(&mut buffer)? == 0 {
                return Err(Fault::Damaged);
            }
        }
        Ok(())
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
        if self.over {
            return None;
        }
        let step = self.step();
        self.over = !matches!(step, Ok(Some(_)));
        step.unwrap_or_else(|fault| Some(Entry::of_archive(fault)))
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
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
