//! SQLite databases: the rows of each table, and what is left of deleted ones.
//!
//! Columns lie side by side in a page, without anything between them, so rows have to be read as such. Each page is read
//! once at most, whatever refers to it. A journal beside the database is not read.

mod page;
mod record;
mod schema;

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use super::take::Take;
use super::{Lines, strings};
use crate::container::Fault;
use page::Pages;
use record::{Encoding, Text};
use schema::{Columns, Object};

/// Hands over each text of each table, as `column = text`, and as `key = value` where the columns are called so.
pub(super) fn read(bytes: &[u8], lines: &mut Lines<'_>) -> Result<(), Fault> {
    let Some((mut pages, encoding)) = open(bytes) else { return strings::read(bytes, lines).and(Err(Fault::Damaged)) };
    let mut worst = Ok(());
    let mut objects = Vec::new();
    lines.part(b"sqlite_schema");
    worst = worst.and(pages.walk(1, &mut |payload| {
        lines.charge(payload.len())?;
        let texts = record::read(payload, encoding);
        if let Some(Text::Value(sql)) = texts.last() {
            lines.line(sql)?;
        }
        objects.extend(Object::of(&texts));
        Ok(())
    }));
    // An index repeats what its table has, but that it is one is only what the database says.
    objects.sort_by_key(|object| !object.is_table);
    let mut known = Known::default();
    for object in &objects {
        lines.part(&object.name);
        let columns = object.columns();
        worst = worst.and(pages.walk(object.root, &mut |payload| {
            // Many cells of a page may be one and the same.
            lines.charge(payload.len())?;
            let mut texts = record::read(payload, encoding);
            if object.is_table {
                texts.iter().for_each(|text| known.insert(text));
            } else {
                texts.iter_mut().filter(|text| known.contains(text)).for_each(|text| *text = Text::None);
            }
            row(&columns, &texts, lines)
        }));
        if let Err(fault @ Fault::Bomb(_)) = worst {
            return Err(fault);
        }
    }
    lines.part(b"deleted");
    pages.unused(&mut |bytes| strings::read_wide(bytes, lines))?;
    worst
}

/// Texts of tables, by their hashes, so that an index does not repeat them.
#[derive(Default)]
struct Known {
    state: RandomState,
    hashes: HashSet<u64>,
}

impl Known {
    /// Texts that are remembered, at most.
    const MOST: usize = 1 << 20;

    fn insert(&mut self, text: &Text<'_>) {
        if let Some(bytes) = text.bytes().filter(|_| self.hashes.len() < Self::MOST) {
            self.hashes.insert(self.state.hash_one(bytes));
        }
    }

    fn contains(&self, text: &Text<'_>) -> bool {
        text.bytes().is_some_and(|bytes| self.hashes.contains(&self.state.hash_one(bytes)))
    }
}

/// The pages of a database, and how its text is encoded.
fn open(bytes: &[u8]) -> Option<(Pages<'_>, Encoding)> {
    let size = usize::from(Take(bytes.get(16..)?).u16_be()?);
    let size = if size == 1 { 1 << 16 } else { size };
    let reserved = usize::from(*bytes.get(20)?);
    let encoding = match Take(bytes.get(56..)?).u32_be()? {
        2 => Encoding::Utf16Le,
        3 => Encoding::Utf16Be,
        _ => Encoding::Utf8,
    };
    let valid = size.is_power_of_two() && size >= 512 && size - reserved >= 480;
    valid.then(|| (Pages::new(bytes, size, size - reserved), encoding))
}

fn row(columns: &Columns, texts: &[Text<'_>], lines: &mut Lines<'_>) -> Result<(), Fault> {
    let text = |at: usize| match texts.get(at) {
        Some(Text::Value(text)) => Some(&text[..]),
        _ => None,
    };
    let pair = columns.key_value.and_then(|(key, value)| Some((key, value, text(key)?, text(value)?)));
    for (at, value) in texts.iter().enumerate() {
        let name = columns.names.get(at).map_or(&b""[..], |name| name);
        match (value, pair) {
            (_, Some((key, _, _, _))) if key == at => {}
            (_, Some((_, value, name, text))) if value == at => lines.pair(name, text)?,
            (Text::Value(text), _) => lines.pair(name, text)?,
            (Text::Data(bytes), _) => strings::read_wide(bytes, lines)?,
            (Text::Number(_) | Text::None, _) => {}
        }
    }
    Ok(())
}
