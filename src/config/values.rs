//! Small values of a configuration, and where each comes from.

use std::fmt;

use crate::error::{Problem, nearest};
use crate::rule::Level;
use crate::span::Position;

/// The levels of a rule, mildest first.
pub(super) const LEVELS: [&str; 4] = ["off", "note", "warning", "error"];

/// Files larger than this are skipped by default.
pub(crate) const DEFAULT_MAX_SIZE: u64 = 32 << 20;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    /// The path is as people would type it.
    File {
        path: String,
        at: Position,
    },
    Environment(&'static str),
    Flag(&'static str),
}

impl Origin {
    /// An error about what was set here.
    pub(super) fn blame(&self, message: impl Into<String>) -> Problem {
        match self {
            Self::File { path, at } => Problem::new(message).in_file(path).at(*at),
            Self::Default => Problem::new(message),
            other => Problem::new(format!("{other}: {}", message.into())),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, at } => write!(f, "{}:{}:{}", crate::error::printable(path), at.line, at.column),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Valued<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Valued<T> {
    pub(crate) fn built_in(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }
}

/// A list with its own place, which an empty one has too.
pub(super) type Listed<T> = Valued<Vec<Valued<T>>>;

pub(super) fn built_in_list<T>(values: impl IntoIterator<Item = T>) -> Listed<T> {
    Valued::built_in(values.into_iter().map(Valued::built_in).collect())
}

/// `a, b or c`.
pub(super) fn choices(names: &[&str]) -> String {
    match names {
        [names @ .., last] if !names.is_empty() => format!("{} or {last}", names.join(", ")),
        _ => names.concat(),
    }
}

/// The level of that name; the outer `None` where there is none, the inner where it is `off`.
#[expect(clippy::option_option, reason = "unknown and `off` are two things")]
pub(super) fn level_or_off(name: &str) -> Option<Option<Level>> {
    match name {
        "off" => Some(None),
        "note" => Some(Some(Level::Note)),
        "warning" => Some(Some(Level::Warning)),
        "error" => Some(Some(Level::Error)),
        _ => None,
    }
}

/// A text that is not a level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be {}{}", choices(&LEVELS[1..]), .near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
pub(crate) struct InvalidLevel {
    near: Option<&'static str>,
}

/// Reads the level of a flag or an environment variable.
pub(crate) fn parse_level(text: &str) -> Result<Level, InvalidLevel> {
    let near = || nearest(text, LEVELS[1..].iter().copied());
    level_or_off(text).flatten().ok_or_else(|| InvalidLevel { near: near() })
}

/// A text that is not a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a number of bytes, or a number with a unit such as 512KiB, 32MiB or 1GB")]
pub(crate) struct InvalidSize;

/// Splits a text after its leading digits.
fn split_number(text: &str) -> (&str, &str) {
    text.split_at(text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len())
}

/// Reads a size: bytes, or a number with `K`, `M`, `G` or `KiB`, `MiB`, `GiB` (1024s) or `kB`, `MB`, `GB` (1000s). It must not
/// be zero.
pub(crate) fn parse_size(text: &str) -> Result<u64, InvalidSize> {
    let (number, unit) = split_number(text);
    let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err(InvalidSize),
    };
    let size = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    size.filter(|size| *size > 0).ok_or(InvalidSize)
}

/// A size as [`parse_size`] reads it, in the largest unit that divides it.
pub(crate) fn show_size(size: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let fitting = units.into_iter().find(|(factor, _)| size > 0 && size.is_multiple_of(*factor));
    fitting.map_or_else(|| size.to_string(), |(factor, unit)| format!("{}{unit}", size / factor))
}

/// A text that is not an age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a number of days or weeks such as 90d or 12w")]
pub(super) struct InvalidAge;

/// Reads an age in days: a number with `d` or `w`, not zero and at most a century.
pub(super) fn parse_age(text: &str) -> Result<u32, InvalidAge> {
    const CENTURY: u32 = 36_525;
    let (number, unit) = split_number(text);
    let factor = match unit.trim() {
        "d" => 1,
        "w" => 7,
        _ => return Err(InvalidAge),
    };
    let days = number.parse::<u32>().ok().and_then(|number| number.checked_mul(factor));
    days.filter(|days| (1..=CENTURY).contains(days)).ok_or(InvalidAge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_and_show() {
        for (text, size, shown) in [
            ("1048576", 1 << 20, "1MiB"),
            ("32MiB", 32 << 20, "32MiB"),
            ("1 kB", 1000, "1000"),
            ("2g", 2 << 30, "2GiB"),
        ] {
            assert_eq!(parse_size(text), Ok(size), "{text}");
            assert_eq!(show_size(size), shown);
        }
        for text in ["", "0", "-1", "MiB", "1.5MiB", "99999999999GiB", "10 apples"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ages_are_days_or_weeks() {
        for (text, days) in [("90d", 90), ("1d", 1), ("12w", 84), ("2 w", 14), ("36525d", 36_525)] {
            assert_eq!(parse_age(text), Ok(days), "{text}");
        }
        for text in ["", "0d", "90", "d", "-1d", "1.5d", "3m", "1y", "90D", "36526d", "99999999999d", "90dd", "é"] {
            assert!(parse_age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn levels_suggest() {
        let fault = |text| parse_level(text).map_err(|why| why.to_string());
        assert_eq!(fault("warning"), Ok(Level::Warning));
        assert_eq!(fault("loud"), Err("must be note, warning or error".to_owned()));
        assert_eq!(fault("warn"), Err("must be note, warning or error; did you mean `warning`?".to_owned()));
        assert_eq!(fault("eror"), Err("must be note, warning or error; did you mean `error`?".to_owned()));
    }
}
