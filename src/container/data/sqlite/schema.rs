//! Tables of a SQLite database, and the names of their columns.

use super::record::Text;

/// A table or an index.
pub(super) struct Object {
    pub(super) is_table: bool,
    pub(super) name: Vec<u8>,
    /// Its first page.
    pub(super) root: usize,
    sql: Vec<u8>,
}

/// The columns of a table.
pub(super) struct Columns {
    pub(super) names: Vec<Vec<u8>>,
    /// Columns of which one names what the other one is.
    pub(super) key_value: Option<(usize, usize)>,
}

impl Object {
    /// By a row of `sqlite_schema`: type, name, table, root, statement.
    pub(super) fn of(texts: &[Text<'_>]) -> Option<Self> {
        let [Text::Value(kind), Text::Value(name), _, Text::Number(root), sql @ ..] = texts else { return None };
        let sql = if let [Text::Value(sql), ..] = sql { sql.to_vec() } else { Vec::new() };
        let root = usize::try_from(*root).ok().filter(|root| *root > 0)?;
        Some(Self { is_table: **kind == *b"table", name: name.to_vec(), root, sql })
    }

    /// By `CREATE TABLE name (first TEXT, …)`.
    pub(super) fn columns(&self) -> Columns {
        const KEYS: &[&[u8]] = &[b"key", b"name", b"param", b"parameter", b"setting", b"option", b"variable", b"k"];
        const VALUES: &[&[u8]] = &[b"value", b"val", b"v"];
        let names = column_names(&self.sql);
        let place = |words: &[&[u8]]| {
            let is = |name: &Vec<u8>, word: &[u8]| name.eq_ignore_ascii_case(word);
            words.iter().find_map(|word| names.iter().position(|name| is(name, word)))
        };
        let key_value = place(KEYS).zip(place(VALUES));
        Columns { names, key_value }
    }
}

/// The first word of each item between the outermost parentheses.
fn column_names(sql: &[u8]) -> Vec<Vec<u8>> {
    let Some(open) = memchr::memchr(b'(', sql) else { return Vec::new() };
    let mut names = Vec::new();
    let mut rest = &sql[open + 1..];
    loop {
        rest = rest.trim_ascii_start();
        let (name, after) = word(rest);
        if is_constraint(name, rest) {
            return names;
        }
        names.push(name.to_vec());
        match next_item(after) {
            Some(next) => rest = next,
            None => return names,
        }
    }
}

/// Constraints of a table follow its columns.
fn is_constraint(name: &[u8], rest: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[b"constraint", b"primary", b"unique", b"check", b"foreign"];
    name.is_empty() || rest.starts_with(name) && WORDS.iter().any(|word| name.eq_ignore_ascii_case(word))
}

/// A name, which may be quoted, and what follows it.
fn word(sql: &[u8]) -> (&[u8], &[u8]) {
    let close = match sql.first() {
        Some(quote @ (b'"' | b'`' | b'\'')) => *quote,
        Some(b'[') => b']',
        _ => {
            let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'$' || *byte >= 0x80;
            let end = sql.iter().position(|byte| !is_name(byte)).unwrap_or(sql.len());
            return sql.split_at(end);
        }
    };
    let inner = &sql[1..];
    let end = memchr::memchr(close, inner).unwrap_or(inner.len());
    (&inner[..end], inner.get(end + 1..).unwrap_or_default())
}

/// What follows the next comma outside of parentheses and quotes; none at the end of the columns.
fn next_item(sql: &[u8]) -> Option<&[u8]> {
    let (mut depth, mut quote) = (0usize, None);
    for (at, &byte) in sql.iter().enumerate() {
        match (byte, quote) {
            (byte, Some(open)) => quote = if byte == open { None } else { quote },
            (b'\'' | b'"' | b'`', None) => quote = Some(byte),
            (b'(', None) => depth += 1,
            (b')', None) => depth = depth.checked_sub(1)?,
            (b',', None) if depth == 0 => return Some(&sql[at + 1..]),
            _ => {}
        }
    }
    None
}
