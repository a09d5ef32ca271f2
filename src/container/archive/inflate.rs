//! Deflate, as in zip and gzip.

use flate2::{Decompress, FlushDecompress, Status};

use super::{Bytes, Unpack};
use crate::container::Fault;
use crate::container::format::is_zlib;
use crate::container::meter::Meter;

/// One stream of deflate inside of `bytes`.
pub(super) struct Inflate<'a> {
    bytes: Bytes<'a>,
    /// Where the stream goes on.
    pub(super) at: usize,
    end: usize,
    state: Decompress,
    meter: Meter,
    /// Whether streams have a header.
    zlib: bool,
    over: Option<Result<(), Fault>>,
}

impl<'a> Inflate<'a> {
    /// The stream that starts at `at`, and goes up to `end` at most.
    pub(super) fn new(bytes: Bytes<'a>, at: usize, end: usize, meter: &Meter) -> Self {
        Self { bytes, at, end, state: Decompress::new(false), meter: meter.clone(), zlib: false, over: None }
    }

    /// The streams with headers that `bytes` consists of.
    pub(super) fn zlib(bytes: Bytes<'a>, end: usize, meter: &Meter) -> Self {
        Self { state: Decompress::new(true), zlib: true, ..Self::new(bytes, 0, end, meter) }
    }

    /// Begins another stream at `at`.
    pub(super) fn restart(&mut self, at: usize) {
        self.state.reset(self.zlib);
        (self.at, self.over) = (at, None);
    }
}

impl Unpack for Inflate<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(end) = self.over {
                return end.map(|()| 0);
            }
            let input = self.bytes.get(self.at..self.end).unwrap_or_default();
            let before = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(input, buffer, FlushDecompress::None);
            let count = |now: u64, before: u64| usize::try_from(now.saturating_sub(before)).unwrap_or(usize::MAX);
            let read = count(self.state.total_in(), before.0);
            let wrote = count(self.state.total_out(), before.1).min(buffer.len());
            self.at = self.at.saturating_add(read).min(self.end);
            match status {
                Ok(Status::StreamEnd) if self.zlib && is_zlib(&input[read..]) => self.restart(self.at),
                Ok(Status::StreamEnd) => self.over = Some(Ok(())),
                // More output is there than fits.
                Ok(_) if wrote > 0 || read > 0 => {}
                // The input ends before the stream.
                Ok(_) | Err(_) => self.over = Some(Err(Fault::Damaged)),
            }
            // What gives nothing costs as much as what is read.
            self.meter.unpacked(wrote.max(read))?;
            if wrote > 0 {
                return Ok(wrote);
            }
        }
    }

    fn aside(&mut self) -> Vec<u8> {
        // What gzip and zip have behind a stream is theirs.
        let rest = self.bytes.get(self.at..self.end).filter(|_| self.zlib);
        rest.unwrap_or_default().to_vec()
    }

    fn at(&self) -> usize {
        self.at
    }
}
