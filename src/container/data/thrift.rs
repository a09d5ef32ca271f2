//! Thrift's compact protocol without its schema: numbers and texts, with the fields that lead to them.

use super::take::Take;

/// Structures inside structures, at most.
const DEPTH: usize = 32;

/// What is found in a structure.
pub(super) enum Value<'a> {
    Number(i64),
    Bytes(&'a [u8]),
    /// A structure or list starts.
    Start,
    /// A structure or list ends.
    End,
}

/// What is open: the field that it is in, and what it is.
struct Open {
    field: i16,
    kind: Kind,
}

enum Kind {
    /// Its last field.
    Struct(i16),
    /// The type of its items and how many are left.
    List(u8, u64),
}

/// What is called with the fields that lead to a value, and the value.
pub(super) type Visit<'v, 'a, E> = &'v mut dyn FnMut(&[i16], Value<'a>) -> Result<(), E>;

/// Walks the structure that `rest` starts with, and leaves what follows it. `found` gets the numbers of the fields that
/// lead to each value; for an item of a list, that of the list twice. Gives none where the bytes are no such structure.
pub(super) fn walk<'a, E>(rest: &mut Take<'a>, found: Visit<'_, 'a, E>) -> Result<Option<()>, E> {
    let mut open = vec![Open { field: 0, kind: Kind::Struct(0) }];
    let mut path: Vec<i16> = Vec::new();
    while let Some(last) = open.last_mut() {
        let in_list = matches!(last.kind, Kind::List(..));
        let (field, kind) = match last.next(rest) {
            Some(Next::Item(field, kind)) => (field, kind),
            Some(Next::End) => {
                open.pop();
                found(&path, Value::End)?;
                path.pop();
                continue;
            }
            None => return Ok(None),
        };
        path.push(field);
        match item(rest, kind, in_list) {
            Some(Item::Skipped) => {}
            Some(Item::Value(value)) => found(&path, value)?,
            Some(Item::Open(kind)) if open.len() < DEPTH => {
                found(&path, Value::Start)?;
                open.push(Open { field, kind });
                continue;
            }
            Some(Item::Open(_)) | None => return Ok(None),
        }
        path.pop();
    }
    Ok(Some(()))
}

/// What follows in a structure or list.
enum Next {
    /// A value of this field and type.
    Item(i16, u8),
    End,
}

impl Open {
    fn next(&mut self, rest: &mut Take<'_>) -> Option<Next> {
        match &mut self.kind {
            Kind::Struct(id) => {
                let head = rest.u8()?;
                if head == 0 {
                    return Some(Next::End);
                }
                let delta = i64::from(head >> 4);
                let number = if delta == 0 { zigzag(rest.varint()?) } else { i64::from(*id) + delta };
                *id = i16::try_from(number).ok()?;
                Some(Next::Item(*id, head & 15))
            }
            Kind::List(_, 0) => Some(Next::End),
            Kind::List(kind, left) => {
                *left -= 1;
                Some(Next::Item(self.field, *kind))
            }
        }
    }
}

enum Item<'a> {
    /// A truth or a fraction.
    Skipped,
    Value(Value<'a>),
    Open(Kind),
}

fn item<'a>(rest: &mut Take<'a>, kind: u8, in_list: bool) -> Option<Item<'a>> {
    Some(match kind {
        // In a structure, the type of a field is its value where it is true or false.
        1 | 2 if !in_list => Item::Skipped,
        1..=3 => {
            rest.u8()?;
            Item::Skipped
        }
        4..=6 => Item::Value(Value::Number(zigzag(rest.varint()?))),
        7 => {
            rest.u64_le()?;
            Item::Skipped
        }
        8 => {
            let length = rest.varint();
            Item::Value(Value::Bytes(rest.counted(length)?))
        }
        9 | 10 => Item::Open(list(rest)?),
        12 => Item::Open(Kind::Struct(0)),
        _ => return None,
    })
}

fn list(rest: &mut Take<'_>) -> Option<Kind> {
    let head = rest.u8()?;
    let length = if head >> 4 == 15 { rest.varint()? } else { u64::from(head >> 4) };
    // An item has one byte at least, so a longer list is damage.
    (length <= rest.0.len() as u64).then_some(Kind::List(head & 15, length))
}

fn zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}
