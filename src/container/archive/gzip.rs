//! Gzip: any number of members, one after the other, which are one file together.

use super::inflate::Inflate;
use super::{Bytes, Unpack};
use crate::container::Fault;
use crate::container::meter::Meter;
use crate::container::{name, text};

/// Checksum and size, after the compressed bytes.
const TRAILER: usize = 8;
/// The part of a header that each one has.
const FIXED: usize = 10;

pub(super) struct Gunzip<'a> {
    bytes: Bytes<'a>,
    meter: Meter,
    inflate: Inflate<'a>,
    state: State,
    aside: Vec<u8>,
}

enum State {
    /// A member, or the end, is expected at this offset.
    Header(usize),
    Body,
    Over(Result<(), Fault>),
}

impl<'a> Gunzip<'a> {
    pub(super) fn new(bytes: Bytes<'a>, meter: &Meter) -> Self {
        let inflate = Inflate::new(bytes.clone(), 0, bytes.len(), meter);
        Self { bytes, meter: meter.clone(), inflate, state: State::Header(0), aside: Vec::new() }
    }

    fn begin(&mut self, at: usize) -> Result<State, Fault> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        // Tapes pad with NUL, and gzip accepts that.
        if rest.iter().all(|byte| *byte == 0) {
            return Ok(State::Over(Ok(())));
        }
        let Some(header) = Header::read(rest) else {
            self.aside.extend(rest);
            return Ok(State::Over(Err(Fault::Damaged)));
        };
        self.meter.entry()?;
        let fields = &rest[FIXED..header.length];
        let only_name = header.name.is_some_and(|name| name.len() + 1 == fields.len());
        if !only_name || text::is_unusual(fields) {
            self.aside.extend(fields);
            self.aside.push(0);
        }
        self.inflate.restart(at + header.length);
        Ok(State::Body)
    }
}

impl Unpack for Gunzip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        loop {
            self.state = match self.state {
                State::Over(end) => return end.map(|()| 0),
                State::Header(at) => self.begin(at)?,
                State::Body => match self.inflate.read(buffer)? {
                    0 if buffer.is_empty() => return Ok(0),
                    0 => {
                        let next = self.inflate.at + TRAILER;
                        if next > self.bytes.len() { State::Over(Err(Fault::Damaged)) } else { State::Header(next) }
                    }
                    read => return Ok(read),
                },
            };
        }
    }

    fn aside(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.aside)
    }
}

/// The file name in the first header, where it is one.
pub(super) fn recorded_name(bytes: &[u8]) -> Option<&[u8]> {
    Header::read(bytes)?.name.map(name::plausible)
}

struct Header<'a> {
    length: usize,
    name: Option<&'a [u8]>,
}

impl<'a> Header<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        const CHECKSUM: u8 = 2;
        const EXTRA: u8 = 4;
        const NAME: u8 = 8;
        const COMMENT: u8 = 16;
        let [0x1f, 0x8b, 8, flags, _, _, _, _, _, _, rest @ ..] = bytes else { return None };
        let mut rest = rest;
        if flags & EXTRA != 0 {
            let [low, high, after @ ..] = rest else { return None };
            rest = after.get(usize::from(u16::from_le_bytes([*low, *high]))..)?;
        }
        let mut text = || {
            let end = memchr::memchr(0, rest)?;
            let text = &rest[..end];
            rest = &rest[end + 1..];
            Some(text)
        };
        let name = if flags & NAME != 0 { Some(text()?) } else { None };
        if flags & COMMENT != 0 {
            text()?;
        }
        if flags & CHECKSUM != 0 {
            rest = rest.get(2..)?;
        }
        Some(Self { length: bytes.len() - rest.len(), name })
    }
}
