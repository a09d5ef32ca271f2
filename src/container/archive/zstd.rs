//! Zstandard: any number of frames, one after the other, which are one file together.

use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::Read as _;

use super::{Bytes, Unpack};
use crate::container::meter::Meter;
use crate::container::{Fault, Unsupported};

/// Largest window, which is in memory. `zstd` stays below it up to level 20, unless it is asked for `--long`.
const WINDOW: u64 = 32 << 20;

/// An empty last block, and room for a checksum: makes the decoder give what it keeps back while a frame may go on.
const END: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

pub(super) struct Unzstd<'a> {
    bytes: Bytes<'a>,
    at: usize,
    end: usize,
    meter: Meter,
    decoder: Box<FrameDecoder>,
    state: State,
    aside: Vec<u8>,
}

enum State {
    Header,
    /// In a frame whose last whole block ends there, and whether it is the last one of the frame.
    Frame {
        end: usize,
        complete: bool,
    },
    /// What is left in memory is handed over; then follows the next frame, or the fault.
    Draining(Result<(), Fault>),
    Over(Result<(), Fault>),
}

impl<'a> Unzstd<'a> {
    /// The frames from `at` to `end`.
    pub(super) fn new(bytes: Bytes<'a>, at: usize, end: usize, meter: &Meter) -> Self {
        let mut decoder = Box::new(FrameDecoder::new());
        decoder.set_max_window_size(WINDOW);
        Self { bytes, at, end, meter: meter.clone(), decoder, state: State::Header, aside: Vec::new() }
    }

    fn header(&mut self) -> Result<State, Fault> {
        let rest = self.bytes.get(self.at..self.end).unwrap_or_default();
        if rest.is_empty() {
            return Ok(State::Over(Ok(())));
        }
        self.meter.entry()?;
        if let [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, ..] = *rest {
            let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
            self.at = self.at.saturating_add(8).saturating_add(length);
            self.aside.extend(rest[8..].get(..length).unwrap_or(&rest[8..]));
            self.aside.push(0);
            return Ok(if self.at > self.end { State::Over(Err(Fault::Damaged)) } else { State::Header });
        }
        let mut input = rest;
        match self.decoder.reset(&mut input) {
            Ok(()) => {}
            Err(FrameDecoderError::WindowSizeTooBig { .. }) => return Ok(State::Over(Err(Fault::TooLarge))),
            Err(FrameDecoderError::DictNotProvided { .. }) => {
                return Ok(State::Over(Err(Fault::Unsupported(Unsupported::ZstdDictionary))));
            }
            Err(_) => {
                self.aside.extend(rest);
                return Ok(State::Over(Err(Fault::Damaged)));
            }
        }
        let start = self.end - input.len();
        self.at = start;
        let (length, complete) = whole_blocks(input);
        Ok(State::Frame { end: start + length, complete })
    }

    /// Decodes the next block of a frame.
    fn block(&mut self, end: usize, complete: bool) -> Result<State, Fault> {
        if !complete && self.at >= end {
            return Ok(self.drain(Fault::Damaged));
        }
        let before = self.bytes.get(self.at..self.end).unwrap_or_default();
        let mut input = before;
        let decoded = self.decoder.decode_blocks(&mut input, BlockDecodingStrategy::UptoBlocks(1));
        let read = before.len() - input.len();
        self.at += read;
        // Blocks may be empty.
        self.meter.unpacked(read)?;
        Ok(match decoded {
            Ok(true) => State::Draining(Ok(())),
            Ok(false) => State::Frame { end, complete },
            Err(_) => self.drain(Fault::Damaged),
        })
    }

    /// Ends a frame before its time.
    fn drain(&mut self, fault: Fault) -> State {
        let ended = self.decoder.decode_blocks(&END[..], BlockDecodingStrategy::All);
        if ended.is_ok() { State::Draining(Err(fault)) } else { State::Over(Err(fault)) }
    }
}

impl Unpack for Unzstd<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if matches!(self.state, State::Frame { .. } | State::Draining(_)) {
                let read = self.decoder.read(buffer).map_err(|_| Fault::Damaged)?;
                self.meter.unpacked(read)?;
                if read > 0 {
                    return Ok(read);
                }
            }
            self.state = match self.state {
                State::Header => self.header()?,
                State::Frame { end, complete } => self.block(end, complete)?,
                State::Draining(Ok(())) => State::Header,
                State::Draining(Err(fault)) => State::Over(Err(fault)),
                State::Over(end) => return end.map(|()| 0),
            };
        }
    }

    fn aside(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.aside)
    }

    fn at(&self) -> usize {
        self.at
    }
}

/// The length of the whole blocks that `bytes` starts with, and whether the last one is the last of its frame.
fn whole_blocks(bytes: &[u8]) -> (usize, bool) {
    const RLE: u32 = 1;
    let mut at = 0;
    while let Some([a, b, c]) = bytes.get(at..at + 3) {
        let header = u32::from_le_bytes([*a, *b, *c, 0]);
        let length = if (header >> 1) & 3 == RLE { 1 } else { (header >> 3) as usize };
        if bytes.len() - at - 3 < length {
            break;
        }
        at += 3 + length;
        if header & 1 == 1 {
            return (at, true);
        }
    }
    (at, false)
}
