//! Objects of a build by the names that they have and had.

use std::collections::HashMap;

use super::item::Built;
use super::text::Text;
use crate::inventory::Stated;

/// Indexes of objects by name.
#[derive(Debug, Default)]
pub(super) struct NameIndex {
    known: HashMap<Box<str>, Vec<usize>>,
    /// Those that may have any name.
    unknown: Vec<usize>,
}

impl NameIndex {
    /// By every name that the objects have or had.
    pub(super) fn new(items: &[Built<'_>]) -> Self {
        let mut names = Self::default();
        for (at, item) in items.iter().enumerate() {
            item.identities().for_each(|(_, name, _)| names.add(at, name));
        }
        names
    }

    /// By every name that the objects had before.
    pub(super) fn of_earlier<'i, 'a: 'i>(items: impl Iterator<Item = (usize, &'i Built<'a>)>) -> Self {
        let mut names = Self::default();
        for (at, item) in items {
            item.earlier.iter().for_each(|earlier| names.add(at, &earlier.name));
        }
        names
    }

    fn add(&mut self, at: usize, name: &Text<'_>) {
        let found = match name {
            Text::Absent => return,
            Text::Unknown => &mut self.unknown,
            Text::Known(name) => match self.known.get_mut(&**name) {
                Some(found) => found,
                None => self.known.entry((&**name).into()).or_default(),
            },
        };
        if found.last() != Some(&at) {
            found.push(at);
        }
    }

    /// Those that may be of a name, in order.
    pub(super) fn of(&self, name: &str) -> Vec<usize> {
        let mut found = self.known.get(name).cloned().unwrap_or_default();
        found.extend(&self.unknown);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The same for a name that may not be known, among `count` objects.
    pub(super) fn candidates(&self, name: &Stated, count: usize) -> Vec<usize> {
        name.known().map_or_else(|| (0..count).collect(), |name| self.of(name))
    }
}
