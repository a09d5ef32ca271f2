//! PEM: the text form of certificates and keys (RFC 7468, RFC 1421).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
/// Characters of a line of base64, as every program writes them.
const WIDTH: usize = 64;

pub(super) struct Block<'a> {
    /// What follows `BEGIN`: `CERTIFICATE`.
    pub label: &'a str,
    /// Whether lines such as `Proc-Type: 4,ENCRYPTED` precede the content.
    pub headers: bool,
    /// Whether these say that the content is encrypted.
    pub encrypted: bool,
    /// The content; none where it is not base64.
    pub der: Option<Zeroizing<Vec<u8>>>,
}

/// Whether a text has a line that begins a block.
pub(super) fn is_pem(text: &str) -> bool {
    starts(text).next().is_some()
}

/// The blocks of a text, in order. What is between them is skipped, and so is a block without an end.
pub(super) fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    for start in starts(text) {
        if start < from {
            continue;
        }
        let Some((block, length)) = block(&text[start..]) else { continue };
        found.push(block);
        from = start + length;
    }
    found
}

/// Offsets of the lines that begin a block.
fn starts(text: &str) -> impl Iterator<Item = usize> {
    text.match_indices(BEGIN).map(|(at, _)| at).filter(|&at| at == 0 || text.as_bytes()[at - 1] == b'\n')
}

/// The block at the start of a text, and its length.
fn block(text: &str) -> Option<(Block<'_>, usize)> {
    let line = &text[..text.find('\n')?];
    let label = line.trim_end().strip_prefix(BEGIN)?.strip_suffix(DASHES)?;
    let rest = &text[line.len() + 1..];
    let end = rest.find(END).filter(|&end| end == 0 || rest.as_bytes()[end - 1] == b'\n')?;
    let closing = rest[end..].strip_prefix(END)?.strip_prefix(label)?;
    closing.strip_prefix(DASHES)?;
    let mut body = &rest[..end];
    let (mut headers, mut encrypted) = (false, false);
    while let Some((line, after)) = body.split_once('\n') {
        let Some((key, value)) = line.split_once(':') else { break };
        headers = true;
        encrypted |= key.trim() == "Proc-Type" && value.contains("ENCRYPTED");
        body = after;
    }
    let length = line.len() + 1 + end + END.len() + label.len() + DASHES.len();
    Some((Block { label, headers, encrypted, der: decode(body) }, length))
}

/// Base64 with white space.
pub(super) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut packed = Zeroizing::new(Vec::with_capacity(text.len()));
    packed.extend(text.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let mut bytes = Zeroizing::new(vec![0; packed.len() / 4 * 3 + 3]);
    let length = STANDARD.decode_slice(packed.as_slice(), &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

/// The PEM text of something that is not secret.
pub(super) fn encode(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let mut text = format!("{BEGIN}{label}{DASHES}\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(WIDTH));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text + END + label + DASHES + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_as_they_are_written() {
        let der: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let text = format!("some words\n{}between\n{}", encode("A", &der), encode("B C", &[1]).replace('\n', "\r\n"));
        let found = blocks(&text);
        assert_eq!(found.iter().map(|block| block.label).collect::<Vec<_>>(), ["A", "B C"]);
        assert_eq!(found[0].der.as_ref().map(|der| der.to_vec()), Some(der));
        assert_eq!(found[1].der.as_ref().map(|der| der.to_vec()), Some(vec![1]));
    }

    #[test]
    fn headers_are_seen() {
        let found = blocks("-----BEGIN K-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES,00\n\nAQ==\n-----END K-----\n");
        assert!(found.len() == 1 && found[0].headers && found[0].encrypted);
        assert_eq!(found[0].der.as_ref().map(|der| der.to_vec()), Some(vec![1]));
    }

    #[test]
    fn what_is_cut_or_mixed_up_is_no_block() {
        for text in [
            "",
            "-----BEGIN ",
            "-----BEGIN A-----",
            "-----BEGIN A-----\nAQ==\n",
            "-----BEGIN A-----\nAQ==\n-----END B-----\n",
            "-----BEGIN A-----\nAQ==\n-----END A",
            " -----BEGIN A-----\nAQ==\n-----END A-----\n",
        ] {
            assert!(blocks(text).is_empty(), "{text:?}");
        }
        let found = blocks(
            "-----BEGIN A-----\nAQ\n-----BEGIN B-----\nAQ==\n-----END B-----\n-----BEGIN C-----\n?\n-----END C-----",
        );
        assert_eq!(
            found.iter().map(|block| (block.label, block.der.is_some())).collect::<Vec<_>>(),
            [("B", true), ("C", false)]
        );
    }
}
