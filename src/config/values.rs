//! Small values of a configuration, and where each comes from.

use std::fmt;

use crate::rule::Level;
use crate::span::Position;

/// What may stand for a level, mildest first.
pub(super) const LEVELS: [&str; 4] = ["off", "note", "warning", "error"];

/// Files larger than this are skipped where nothing else is said.
pub(crate) const DEFAULT_MAX_SIZE: u64 = 32 << 20;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Built in.
    Default,
    /// A configuration file.
    File {
        /// The file, as people would type it.
        path: String,
        /// Where in it.
        at: Position,
    },
    /// An environment variable.
    Environment(&'static str),
    /// A flag of the command line.
    Flag(&'static str),
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

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Valued<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

impl<T> Valued<T> {
    /// A built-in value.
    #[must_use]
    pub(crate) fn built_in(value: T) -> Self {
        Self { value, origin: Origin::Default }
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

/// Reads the level of a flag or an environment variable.
///
/// # Errors
/// Where the text is no level; the message names those that are.
pub(crate) fn parse_level(text: &str) -> Result<Level, String> {
    let choices = &LEVELS[1..];
    level_or_off(text).flatten().ok_or_else(|| {
        let near = crate::error::nearest(text, choices.iter().copied());
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("is one of {}{near}", choices.join(", "))
    })
}

/// Reads a size: bytes, or a number with `K`, `M`, `G` or `KiB`, `MiB`, `GiB` (1024s) or `kB`, `MB`, `GB` (1000s).
///
/// # Errors
/// Where the text is no size, or the size is zero or too large.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    const WRONG: &str = "is a number of bytes, or one with a unit such as 512KiB, 32MiB or 1GB";
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err(WRONG.to_owned()),
    };
    let size = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    size.filter(|size| *size > 0).ok_or_else(|| WRONG.to_owned())
}

/// A size as [`parse_size`] reads it, in the largest unit that divides it.
#[must_use]
pub(crate) fn show_size(size: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let fitting = units.into_iter().find(|(factor, _)| size > 0 && size.is_multiple_of(*factor));
    fitting.map_or_else(|| size.to_string(), |(factor, unit)| format!("{}{unit}", size / factor))
}

/// Reads an age in days: a number with `d` or `w`.
///
/// # Errors
/// Where the text is no such number, or it is zero or beyond a century.
pub(super) fn parse_age(text: &str) -> Result<u32, String> {
    const CENTURY: u32 = 36_525;
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "d" => Some(1),
        "w" => Some(7),
        _ => None,
    };
    let days = factor.and_then(|factor| number.parse::<u32>().ok()?.checked_mul(factor));
    let days = days.filter(|days| (1..=CENTURY).contains(days));
    days.ok_or_else(|| "is a number of days or weeks such as 90d or 12w".to_owned())
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
        assert_eq!(parse_level("warning"), Ok(Level::Warning));
        assert_eq!(parse_level("loud"), Err("is one of note, warning, error".to_owned()));
        assert_eq!(parse_level("warn"), Err("is one of note, warning, error; did you mean `warning`?".to_owned()));
        assert_eq!(parse_level("eror"), Err("is one of note, warning, error; did you mean `error`?".to_owned()));
    }
}
