//! Counts what opening a file has cost, over all archives in it.

use std::cell::Cell;
use std::rc::Rc;

use super::{Bound, Fault, Limits};

/// Bytes that may be unpacked from a file whatever its size: small files of one letter compress very well.
const FREE: u64 = 4 << 20;

/// What may still be unpacked. Copies count together.
#[derive(Clone)]
pub(super) struct Meter(Rc<Counts>);

struct Counts {
    bytes: Cell<u64>,
    entries: Cell<usize>,
    most_bytes: u64,
    most_by_ratio: u64,
    most_entries: usize,
}

impl Meter {
    /// For a file of `size` bytes.
    pub(super) fn new(limits: &Limits, size: usize) -> Self {
        Self(Rc::new(Counts {
            bytes: Cell::new(0),
            entries: Cell::new(0),
            most_bytes: limits.bytes,
            most_by_ratio: FREE.max(limits.ratio.saturating_mul(size as u64)),
            most_entries: limits.entries,
        }))
    }

    /// Counts bytes that were unpacked.
    pub(super) fn unpacked(&self, bytes: usize) -> Result<(), Fault> {
        let counts = &self.0;
        let now = counts.bytes.get().saturating_add(bytes as u64);
        counts.bytes.set(now);
        if now > counts.most_bytes {
            Err(Fault::Bomb(Bound::Bytes))
        } else if now > counts.most_by_ratio {
            Err(Fault::Bomb(Bound::Ratio))
        } else {
            Ok(())
        }
    }

    /// Counts an entry of an archive.
    pub(super) fn entry(&self) -> Result<(), Fault> {
        let now = self.0.entries.get().saturating_add(1);
        self.0.entries.set(now);
        if now > self.0.most_entries { Err(Fault::Bomb(Bound::Entries)) } else { Ok(()) }
    }

    /// How many entries an archive may list.
    pub(super) fn entries_left(&self) -> usize {
        self.0.most_entries.saturating_sub(self.0.entries.get())
    }
}
