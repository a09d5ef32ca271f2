//! A piece of text in a known language, and how it maps to the text that holds it.

use std::borrow::Cow;

use super::offset::OffsetMap;

pub use super::lang::Lang;

/// A document inside another one, or a whole file.
#[derive(Clone, Debug)]
pub(crate) struct Fragment<'a> {
    /// The text to read.
    pub text: Cow<'a, str>,
    /// From offsets of `text` to offsets of the text that holds it.
    pub map: OffsetMap,
    /// What the text is written in.
    pub lang: Lang,
    /// Where it is.
    pub host: Host,
}

/// What holds a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// The file itself.
    File,
    /// A code block of a Markdown text.
    Fence,
    /// A here-document of a shell script.
    Heredoc,
    /// The source of a notebook's cell, by index.
    Cell(usize),
    /// An output of a notebook's cell, by index of the cell.
    Output(usize),
    /// A string of a YAML or JSON document.
    BlockString,
}

/// Whether a line of `text` begins a Kubernetes object: `kind:` or `apiVersion:`, quoted or not, at any indentation.
pub(crate) fn looks_like_manifest(text: &str) -> bool {
    ["kind", "apiVersion"].iter().any(|word| {
        memchr::memmem::find_iter(text.as_bytes(), word.as_bytes()).any(|at| {
            let before = text.as_bytes().get(..at).unwrap_or_default();
            let after = text.get(at + word.len()..).unwrap_or_default();
            let quoted = matches!(before.last(), Some(b'"' | b'\''));
            let after = if quoted { after.get(1..).unwrap_or_default() } else { after };
            let lead = if quoted { &before[..before.len() - 1] } else { before };
            // White space and list or prompt marks up to the line start, or a flow mapping.
            let last = lead.iter().rfind(|byte| !matches!(byte, b' ' | b'\t'));
            let starts =
                matches!(last, None | Some(b'\n' | b'\r' | b'-' | b'>' | b'{')) || quoted && last == Some(&b',');
            starts && after.trim_start_matches([' ', '\t']).starts_with(':')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_told_from_prose() {
        for text in [
            "kind: Secret",
            "a: b\n  apiVersion: v1",
            "- kind: X",
            "{\"kind\": \"Secret\"}",
            "\"kind\" : 1",
            "{'apiVersion': 1}",
            "{kind: x}",
        ] {
            assert!(looks_like_manifest(text), "{text}");
        }
        for text in ["", "of a kind: yes", "mankind: x", "kind of", "kind\n:", "kinds: a"] {
            assert!(!looks_like_manifest(text), "{text}");
        }
    }
}
