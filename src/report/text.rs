//! Words and numbers that several formats share, and the taming of text that comes from scanned files.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::coverage::{Reason, Skipped};
use crate::finding::{Commit, Finding};
pub(super) use crate::gate::line as neutral;

/// Digits of a commit's id that people are shown.
const SHORT: usize = 10;

/// `1 file`, `1,339 files`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(number))
}

/// `1,339`.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `29.1 MB`: powers of 1000, as disks and networks count.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return count(usize::try_from(bytes).unwrap_or_default(), "byte");
    }
    let mut divisor = 1000_u64;
    let mut unit = 0;
    // In tenths of the unit; what would round to 1000.0 moves on to the next one.
    let tenths = |divisor: u64| (u128::from(bytes) * 10 + u128::from(divisor / 2)) / u128::from(divisor);
    while tenths(divisor) >= 10_000 && unit + 1 < UNITS.len() {
        divisor *= 1000;
        unit += 1;
    }
    let tenths = tenths(divisor);
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS.get(unit).copied().unwrap_or("TB"))
}

/// Whether the file was left out because it is binary. Reports count these and do not name them.
pub(super) fn is_binary(skipped: &Skipped) -> bool {
    skipped.reason == Reason::Binary
}

/// `a.yaml was not searched: permission denied`.
pub(super) fn unsearched(error: &Skipped) -> String {
    format!("{} was not searched: {}", neutral(&error.path), neutral(&error.reason.to_string()))
}

/// `sentence` with a full stop, unless it ends like a sentence already.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// `text` with at most `most` characters, its end replaced by `…` where it is longer.
pub(super) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.char_indices().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    Cow::Owned(kept + "…")
}

/// The finding in sentences on one line, without its path: what is wrong, where in the document, what to do, and which
/// commit brought it.
pub(super) fn prose(finding: &Finding) -> String {
    let mut sentences = vec![sentence(&neutral(&finding.message))];
    if finding.container.is_some() {
        sentences.push(format!("It is at '{}:{}'.", neutral(&finding.path), finding.region.start.line));
    }
    sentences.extend(finding.place.as_ref().map(|place| format!("It stands in '{}'.", neutral(place))));
    if !finding.help.is_empty() {
        sentences.push(sentence(&neutral(&finding.help)));
    }
    sentences.extend(finding.commit.as_ref().map(|commit| format!("It was {}.", brought(commit))));
    sentences.join(" ")
}

/// `brought by 1a2b3c4d5e of 2024-03-01, still in HEAD`. Without the author: reports for programs are uploaded and kept.
pub(super) fn brought(commit: &Commit) -> String {
    brought_by(commit, "")
}

/// The same with an author, who is named to people at the repository only.
pub(super) fn brought_by(commit: &Commit, author: &str) -> String {
    let author = if author.is_empty() { String::new() } else { format!(" ({})", neutral(author)) };
    let head = if commit.in_head { "still in HEAD" } else { "no longer in HEAD, still in the history: rotate it" };
    // RFC 3339: the day is the first ten characters, as its author's clock had it.
    let day: String = commit.date.chars().take(10).collect();
    format!("brought by {} of {}{author}, {head}", short(commit), neutral(&day))
}

/// The beginning of the commit's id.
pub(super) fn short(commit: &Commit) -> String {
    neutral(&commit.id.chars().take(SHORT).collect::<String>()).into_owned()
}

/// Whether the finding stands in a commit only, so that there is no file that a link could lead to.
pub(super) fn is_past(finding: &Finding) -> bool {
    finding.commit.as_ref().is_some_and(|commit| !commit.in_head)
}

/// `apps/db.yml:7`, and `apps/db.yml:7 in commit 1a2b3c4d5e` where only that has it.
pub(super) fn spot(finding: &Finding) -> String {
    let spot = format!("{}:{}", neutral(&finding.path), finding.region.start.line);
    match &finding.commit {
        Some(commit) if !commit.in_head => format!("{spot} in commit {}", short(commit)),
        _ => spot,
    }
}

/// The path of a finding as a URI reference. `%80` to `%FF` in a path is a byte that is no UTF-8 and stays; any other
/// `%` is one.
pub(super) fn uri(path: &str) -> String {
    const KEPT: &[u8] = b"/-._~!$&'()*+,;=@";
    let bytes = path.as_bytes();
    let mut uri = String::with_capacity(path.len() + 8);
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for (index, &byte) in bytes.iter().enumerate() {
        let encoded = byte == b'%'
            && bytes.get(index + 1).is_some_and(|digit| matches!(digit, b'8' | b'9' | b'A'..=b'F'))
            && bytes.get(index + 2).is_some_and(|digit| matches!(digit, b'0'..=b'9' | b'A'..=b'F'));
        if byte.is_ascii_alphanumeric() || KEPT.contains(&byte) || encoded {
            uri.push(char::from(byte));
        } else {
            write!(uri, "%{byte:02X}").unwrap_or_default();
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([count(1, "file"), count(0, "file"), count(1339, "file")], ["1 file", "0 files", "1,339 files"]);
        assert_eq!(thousands(1_234_567), "1,234,567");
        let sizes = [0, 1, 999, 1000, 999_949, 999_950, 29_149_999, 3_000_000_000].map(size);
        assert_eq!(sizes, ["0 bytes", "1 byte", "999 bytes", "1.0 kB", "999.9 kB", "1.0 MB", "29.1 MB", "3.0 GB"]);
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("a b/ü#?.yml"), "a%20b/%C3%BC%23%3F.yml");
        assert_eq!(uri("100%/a%20b/x%FFy"), "100%25/a%2520b/x%FFy");
        assert_eq!(uri("c:\\x\ny"), "c%3A%5Cx%0Ay");
        assert_eq!(uri("/tmp/x"), "file:///tmp/x");
    }
}
