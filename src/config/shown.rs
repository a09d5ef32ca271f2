//! Values as `--show-config` writes them: as YAML that reads back, with the origin of each value.

use std::fmt::{self, Display, Write as _};

use super::values::{Listed, Origin, Valued};
use crate::mask::masked;
use crate::yaml_scalar::quoted;

/// The value of a key.
pub(super) enum Shown {
    /// Not at all.
    Nothing,
    /// On the line of the key.
    Value(String, Origin),
    /// Below it, one a line, indented by two more. Headings have no origin.
    Lines(Vec<(String, Option<Origin>)>),
}

impl Shown {
    pub(super) fn scalar<T>(value: &Valued<T>, show: impl Fn(&T) -> String) -> Self {
        Self::Value(show(&value.value), value.origin.clone())
    }

    pub(super) fn list<T>(list: &Listed<T>, show: impl Fn(&T) -> String) -> Self {
        Self::lines(list, "[]", |value| format!("- {}", show(value)))
    }

    pub(super) fn names(list: &Listed<String>) -> Self {
        Self::list(list, |name| quote(name))
    }

    pub(super) fn mapping<T>(list: &Listed<T>, show: impl Fn(&T) -> (&str, String)) -> Self {
        Self::lines(list, "{}", |value| {
            let (name, value) = show(value);
            format!("{}: {value}", quote(name))
        })
    }

    fn lines<T>(list: &Listed<T>, empty: &str, line: impl Fn(&T) -> String) -> Self {
        if list.value.is_empty() {
            return Self::Value(empty.to_owned(), list.origin.clone());
        }
        let lines = list.value.iter().map(|item| (line(&item.value), Some(item.origin.clone())));
        Self::Lines(lines.collect())
    }

    pub(super) fn write(&self, out: &mut String, indent: &str, name: &str) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Value(value, origin) => writeln!(out, "{indent}{name}: {value}  # {origin}"),
            Self::Lines(lines) => {
                writeln!(out, "{indent}{name}:")?;
                lines.iter().try_for_each(|(text, origin)| match origin {
                    Some(origin) => writeln!(out, "{indent}  {text}  # {origin}"),
                    None => writeln!(out, "{indent}  {text}"),
                })
            }
        }
    }
}

/// A text in double quotes, with what may be a secret masked.
pub(super) fn quote(text: &str) -> String {
    quoted(&masked(text))
}

/// Texts as a list on one line.
pub(super) fn flow<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    format!("[{}]", names.into_iter().map(quote).collect::<Vec<_>>().join(", "))
}

/// A mapping on one line; fields without a value are left out.
pub(super) fn flow_map<'a, V: Display>(fields: impl IntoIterator<Item = (&'a str, Option<V>)>) -> String {
    let fields = fields.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", value?)));
    format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
}
