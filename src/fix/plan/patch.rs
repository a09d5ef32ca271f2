//! What a plan changes, as a patch to be read: every value in it is masked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::{Planned, beside, fixes};
use crate::document::yaml::{self, Node};
use crate::finding::edit::{self, Edit, FixKind};
use crate::finding::{Finding, MASK};
use crate::mask::masked;
use crate::seal::Plaintext;
use crate::span::Span;

impl Planned {
    /// Hides further values of the old text, `spans`, from [`Self::patch`].
    pub(in crate::fix) fn hide(&mut self, old: &str, spans: Vec<Span>) {
        self.hidden.extend(spans);
        self.hidden = merged(std::mem::take(&mut self.hidden));
        self.hidden.retain(|span| old.get(span.range()).is_some());
    }

    /// What changes in the file `path`, as a unified patch to be read: every value in it is masked.
    pub(crate) fn patch(&self, path: &str, old: &str) -> String {
        let free = |span: &Span| !self.edits.iter().any(|edit| edit.span.overlaps(*span));
        let mask = |span: Span| Edit::replace(span, MASK);
        let before = edit::apply(old, &self.hidden.iter().copied().map(mask).collect::<Vec<_>>());
        let mut edits: Vec<Edit> = self.hidden.iter().copied().filter(free).map(mask).collect();
        edits.extend(self.edits.iter().cloned());
        let after = if self.remove { Ok(String::new()) } else { edit::apply(old, &edits) };
        let (Ok(before), Ok(after)) = (before, after) else { return String::new() };
        // Comments repeat values, and move with the lines of a document.
        let words = self.words(old);
        let (before, after) = (without(&before, &words), without(&after, &words));
        let from = if old.is_empty() { "/dev/null".to_owned() } else { format!("a/{path}") };
        let to = if self.remove { "/dev/null".to_owned() } else { format!("b/{path}") };
        let mut patch = unified(&from, &to, &before, &after);
        for (cluster, text) in &self.outputs {
            let text = without(text, &words);
            patch.push_str(&unified("/dev/null", &format!("b/{}", beside(path, cluster)), "", &text));
        }
        patch
    }

    /// The values at the hidden places, line by line, and decoded; longest first.
    fn words(&self, old: &str) -> Vec<Plaintext> {
        let mut words: Vec<Zeroizing<String>> = Vec::new();
        for span in &self.hidden {
            let text = span.slice(old);
            let joined: Zeroizing<String> = Zeroizing::new(text.chars().filter(|c| !c.is_whitespace()).collect());
            if let Some(plain) = STANDARD_NO_PAD
                .decode(joined.trim_end_matches('='))
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
            {
                words.push(Zeroizing::new(plain));
            }
            words.push(Zeroizing::new(text.to_owned()));
        }
        let lines = words.iter().flat_map(|word| word.lines());
        // A quote, a comment's mark or a block's sign is not part of the value.
        let lines = lines.map(|line| line.trim_matches(|c: char| c.is_whitespace() || "#\"'|>-".contains(c)));
        let mut lines: Vec<&str> = lines.filter(|line| line.chars().count() >= LEAST).collect();
        lines.sort_unstable_by_key(|line| (std::cmp::Reverse(line.len()), *line));
        lines.dedup();
        lines.into_iter().map(Plaintext::from).collect()
    }
}

/// Characters of a value that is hidden wherever it is; shorter ones are parts of other words.
const LEAST: usize = 4;

/// `text` with every one of `words` masked, and everything that is not a word of a person.
fn without(text: &str, words: &[Plaintext]) -> String {
    let hidden = words.iter().filter_map(|word| std::str::from_utf8(word.expose()).ok());
    let hidden = hidden.fold(Zeroizing::new(text.to_owned()), |text, word| Zeroizing::new(text.replace(word, MASK)));
    // What no rule knows may be a value as well, where no person would choose it as a word; line ends stay.
    hidden.split_inclusive('\n').map(masked).collect()
}

fn unified(from: &str, to: &str, before: &str, after: &str) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(3).header(from, to).to_string()
}

/// Whether a finding is at a value; otherwise at a name, which its excerpt shows.
pub(crate) fn is_value(finding: &Finding) -> bool {
    finding.excerpt.as_ref().is_none_or(|excerpt| excerpt.text.contains(MASK))
}

/// The places of all findings that are values, without overlaps.
pub(super) fn hidden(text: &str, findings: &[(usize, &Finding)]) -> Vec<Span> {
    let values = findings.iter().filter(|(_, finding)| is_value(finding)).map(|(_, finding)| finding.span);
    let mut hidden: Vec<Span> = values.collect();
    for (_, fix) in fixes(findings) {
        if let FixKind::Seal { document } = fix.kind
            && let Ok(tree) = yaml::parse(document.slice(text))
        {
            hidden.extend(value_spans(&tree).into_iter().map(|span| span.shift(document.start)));
            tree.wipe();
        }
    }
    merged(hidden)
}

/// Spans in order; those that meet are one.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| !span.is_empty());
    spans.sort_unstable();
    spans.dedup_by(|later, first| {
        let meets = later.start < first.end;
        if meets {
            first.end = first.end.max(later.end);
        }
        meets
    });
    spans
}

/// Where the values of a Secret are.
fn value_spans(tree: &yaml::Tree) -> Vec<Span> {
    let Some(root) = tree.root() else { return Vec::new() };
    let sections = ["data", "stringData"].into_iter().filter_map(|section| root.get(section));
    let values = sections.flat_map(|section| section.entries().map(|(_, value)| value.span()).collect::<Vec<_>>());
    // Annotations that contain the whole Secret again, or notes about it.
    let annotations = root.at(&["metadata", "annotations"]).into_iter().flat_map(Node::entries);
    values.chain(annotations.map(|(_, value)| value.span())).collect()
}
