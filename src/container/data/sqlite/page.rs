//! Pages of a SQLite database: trees of them, and the cells in them. <https://sqlite.org/fileformat2.html>

use std::ops::Range;

use super::super::take::Take;
use crate::container::Fault;

/// The pages of a database.
pub(super) struct Pages<'a> {
    bytes: &'a [u8],
    size: usize,
    /// Bytes of a page that SQLite uses.
    usable: usize,
    /// Whether each page was read.
    seen: Vec<bool>,
    /// Parts of the file that no cell uses.
    unused: Vec<Range<usize>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    IndexInterior,
    TableInterior,
    IndexLeaf,
    TableLeaf,
}

impl Kind {
    fn is_leaf(self) -> bool {
        matches!(self, Self::IndexLeaf | Self::TableLeaf)
    }

    fn is_table(self) -> bool {
        matches!(self, Self::TableLeaf | Self::TableInterior)
    }
}

/// A row or an entry of an index.
struct Cell {
    /// Bytes of the record in all.
    length: usize,
    /// The part that is in the page.
    local: Range<usize>,
    /// Where it goes on.
    overflow: Option<usize>,
    /// Where the cell ends in the page.
    end: usize,
}

impl<'a> Pages<'a> {
    pub(super) fn new(bytes: &'a [u8], size: usize, usable: usize) -> Self {
        let count = bytes.len().div_ceil(size);
        Self { bytes, size, usable, seen: vec![false; count], unused: Vec::new() }
    }

    /// Gives each record of the tree at page `root`, in order. A page that cannot be read is a fault, after the others
    /// were read.
    pub(super) fn walk(&mut self, root: usize, each: &mut dyn FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut damaged = false;
        let mut open = vec![root];
        while let Some(number) = open.pop() {
            let Some(page) = self.enter(number) else {
                damaged = true;
                continue;
            };
            let start = if number == 1 { 100 } else { 0 };
            let Some((kind, cells)) = cells(page, start) else {
                damaged = true;
                continue;
            };
            let mut children = Vec::new();
            let mut used = Vec::with_capacity(cells.len());
            for at in cells {
                let record = if kind.is_leaf() { at } else { at + 4 };
                if !kind.is_leaf() {
                    children.extend(page.get(at..).and_then(|bytes| Take(bytes).u32_be()));
                }
                if kind == Kind::TableInterior {
                    continue;
                }
                let Some(cell) = self.cell(page, record, kind) else {
                    damaged = true;
                    continue;
                };
                used.push(at..cell.end);
                match self.payload(page, &cell) {
                    (record, true) => each(&record)?,
                    (record, false) => {
                        damaged = true;
                        each(&record)?;
                    }
                }
            }
            if kind == Kind::TableLeaf {
                self.note_unused(number, start, page, used);
            }
            if !kind.is_leaf() {
                children.extend(page.get(start + 8..).and_then(|bytes| Take(bytes).u32_be()));
            }
            open.extend(children.into_iter().rev().map(|child| child as usize));
        }
        if damaged { Err(Fault::Damaged) } else { Ok(()) }
    }

    /// Gives what no table, index or row uses.
    pub(super) fn unused(&mut self, each: &mut dyn FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        let pages = self.seen.iter().enumerate().filter(|(_, seen)| !**seen).map(|(index, _)| index);
        let pages = pages.map(|index| index * self.size..((index + 1) * self.size).min(self.bytes.len()));
        let mut unused: Vec<Range<usize>> = pages.collect();
        unused.append(&mut self.unused);
        unused.sort_unstable_by_key(|range| range.start);
        unused.into_iter().filter_map(|range| self.bytes.get(range)).try_for_each(each)
    }

    /// A page that was not read before.
    fn enter(&mut self, number: usize) -> Option<&'a [u8]> {
        let index = number.checked_sub(1)?;
        let seen = self.seen.get_mut(index)?;
        if std::mem::replace(seen, true) {
            return None;
        }
        let start = index * self.size;
        let end = (start + self.usable).min(self.bytes.len());
        self.bytes.get(start..end)
    }

    /// The cell whose record starts at `at`.
    fn cell(&self, page: &[u8], at: usize, kind: Kind) -> Option<Cell> {
        let mut rest = Take(page.get(at..)?);
        let length = usize::try_from(varint(&mut rest)?).ok()?;
        if kind.is_table() {
            varint(&mut rest)?;
        }
        let start = page.len() - rest.0.len();
        let most = if kind.is_table() { self.usable - 35 } else { (self.usable - 12) * 64 / 255 - 23 };
        if length <= most {
            let end = start + length;
            return (end <= page.len()).then_some(Cell { length, local: start..end, overflow: None, end });
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let fitting = least + (length - least) % (self.usable - 4);
        let end = start + if fitting <= most { fitting } else { least };
        let overflow = Take(page.get(end..)?).u32_be()? as usize;
        Some(Cell { length, local: start..end, overflow: Some(overflow), end: end + 4 })
    }

    /// The whole record of a cell, and whether it is complete.
    fn payload(&mut self, page: &'a [u8], cell: &Cell) -> (std::borrow::Cow<'a, [u8]>, bool) {
        let local = page.get(cell.local.clone()).unwrap_or_default();
        let Some(mut next) = cell.overflow else { return (local.into(), true) };
        let mut payload = local.to_vec();
        while payload.len() < cell.length {
            let Some(page) = self.enter(next) else { return (payload.into(), false) };
            let mut rest = Take(page);
            let Some(after) = rest.u32_be() else { return (payload.into(), false) };
            next = after as usize;
            payload.extend(&rest.0[..rest.0.len().min(cell.length - payload.len())]);
        }
        (payload.into(), true)
    }

    fn note_unused(&mut self, number: usize, start: usize, page: &[u8], mut used: Vec<Range<usize>>) {
        const HEADER: usize = 8;
        let base = (number - 1) * self.size;
        let mut at = start + HEADER + 2 * used.len();
        used.sort_unstable_by_key(|range| range.start);
        for range in used {
            if range.start > at {
                self.unused.push(base + at..base + range.start);
            }
            at = at.max(range.end);
        }
        if at < page.len() {
            self.unused.push(base + at..base + page.len());
        }
    }
}

/// The kind of a page and where its cells are.
fn cells(page: &[u8], start: usize) -> Option<(Kind, Vec<usize>)> {
    let header = page.get(start..)?;
    let kind = match header.first()? {
        2 => Kind::IndexInterior,
        5 => Kind::TableInterior,
        10 => Kind::IndexLeaf,
        13 => Kind::TableLeaf,
        _ => return None,
    };
    let count = usize::from(Take(header.get(3..)?).u16_be()?);
    let pointers = header.get(if kind.is_leaf() { 8 } else { 12 }..)?;
    let pointers = pointers.chunks_exact(2).take(count);
    Some((kind, pointers.map(|pointer| usize::from(u16::from_be_bytes([pointer[0], pointer[1]]))).collect()))
}

/// A number in groups of seven bits, the highest first; the ninth byte has eight.
pub(super) fn varint(rest: &mut Take<'_>) -> Option<u64> {
    let mut number = 0;
    for _ in 0..8 {
        let byte = rest.u8()?;
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    Some(number << 8 | u64::from(rest.u8()?))
}
