//! The map: the inventory as `json` for programs, as `mermaid` and `dot` for people.

use std::io;

use crate::coverage::Coverage;
use crate::inventory::map::{Filter, Map};

mod dot;
mod drawing;
mod json;
mod mermaid;

/// The formats of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// One JSON object, with every file and line
    Json,
    /// A Mermaid flowchart, which GitHub and GitLab render in Markdown
    Mermaid,
    /// A graph for Graphviz
    Dot,
}

/// What a map needs besides the picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// Version of the program.
    pub version: &'a str,
    /// What was asked for.
    pub filter: &'a Filter,
    /// What was read; errors make the map incomplete.
    pub coverage: &'a Coverage,
}

/// A map as text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The text, with a final line break.
    pub text: String,
    /// Whether the programs that draw it refuse it with their usual settings, for its size.
    pub too_large: bool,
}

/// Writes a map.
///
/// # Errors
/// Where JSON cannot be written, which does not happen in memory.
pub(crate) fn write(format: Format, map: &Map, context: &Context<'_>) -> io::Result<Written> {
    match format {
        Format::Json => json::write(map, context).map(|text| Written { text, too_large: false }),
        Format::Mermaid => Ok(mermaid::write(map, context)),
        Format::Dot => Ok(Written { text: dot::write(map, context), too_large: false }),
    }
}
