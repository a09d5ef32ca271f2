//! Scalars of a file that may be edited, and the edits: each keeps everything else as it is, to the byte.
//!
//! A [`Spot`] is only there where an edit is certain: in a document that is the file's own, written where it is read. No
//! edit passes through an anchor, an alias, a merge key or a tag, which would change other places too, none through a
//! template's action, and none is made in a document inside another one.

#[cfg(test)]
mod tests;

use super::fragment::Host;
use super::view::{Unit, View};
use super::yaml::{Node, Style};
use crate::finding::edit::Edit;
use crate::span::{Span, break_at, line_break, line_end, line_start};
use crate::yaml_scalar::scalar;

/// How many documents in strings may be between a spot and the start of its document.
const FURTHEST: usize = 64;

/// A scalar that may be edited, with all that it is in.
pub(crate) struct Spot<'v> {
    text: &'v str,
    unit: &'v Unit,
    /// From the document's root to the scalar.
    steps: Vec<Step<'v>>,
}

/// A node on the way to a spot.
#[derive(Clone, Copy)]
pub(crate) struct Step<'v> {
    /// The node.
    pub node: Node<'v>,
    /// Its key, where it is a mapping's value.
    pub key: Option<Node<'v>>,
}

impl<'v> Step<'v> {
    /// The text of its key.
    pub(crate) fn name(&self) -> Option<&'v str> {
        self.key?.as_str()
    }
}

impl<'v> Spot<'v> {
    /// The scalar at `span`, bytes of the source's text; none where it may not be edited.
    pub(crate) fn at(view: &View<'v>, span: Span) -> Option<Self> {
        // Documents in strings follow the one that contains them.
        let after = view.parsed.units.partition_point(|unit| unit.outer(Span::default()).start <= span.start);
        let unit = view.parsed.units[..after].iter().rev().take(FURTHEST).find(|unit| unit.host() == Host::File)?;
        let base = unit.outer(Span::default()).start;
        let inner = Span::new(span.start - base, span.end.checked_sub(base)?);
        let mut steps = vec![Step { node: unit.tree().root()?, key: None }];
        loop {
            let Step { node, key } = *steps.last()?;
            let shared = node.is_alias() || node.is_anchored() || node.tag().is_some();
            if shared || key.is_some_and(|key| key.is_anchored() || key.as_str() == Some("<<")) {
                return None;
            }
            if node.style().is_some() {
                // What is written in another way than it reads (on several lines, with escapes) is not a name.
                let plain = node.as_str() == Some(node.span().slice(unit.tree().text()));
                let found = plain && node.span() == inner && !unit.is_templated(node.span());
                return found.then_some(Self { text: view.text, unit, steps });
            }
            let (key, node) = node.child_at(inner)?;
            steps.push(Step { node, key });
        }
    }

    /// The nodes from the document's root to the scalar, which is the last one.
    pub(crate) fn steps(&self) -> &[Step<'v>] {
        &self.steps
    }

    /// Whether a template writes anything of the document, so that its shape is not what it seems.
    pub(crate) fn in_template(&self) -> bool {
        self.unit.is_templated(Span::new(0, self.unit.tree().text().len()))
    }

    /// Writes another text in the place of the scalar, whose quotes stay. None where `text` is not a plain word (a name, an
    /// API version), or the scalar a block.
    pub(crate) fn replace(&self, text: &str) -> Option<Edit> {
        let node = self.steps.last()?.node;
        let new = match node.style()? {
            Style::Single | Style::Double => is_word(text).then(|| text.to_owned())?,
            Style::Plain => word(text)?,
            Style::Literal | Style::Folded => return None,
        };
        Some(Edit::replace(self.unit.outer(node.span()), new))
    }

    /// Writes `true` in the place of a boolean. None where the scalar is not plain.
    pub(crate) fn set_true(&self) -> Option<Edit> {
        let node = self.steps.last()?.node;
        let plain = node.style()? == Style::Plain;
        plain.then(|| Edit::replace(self.unit.outer(node.span()), "true".to_owned()))
    }

    /// Adds the entry `key: true` to the mapping of the scalar, as [`Spot::add_entry`] does.
    pub(crate) fn add_true(&self, key: &str) -> Option<Edit> {
        self.add(key, "true", "true")
    }

    /// Adds the entry `key: text` to the mapping of the scalar, behind it. None where the mapping has the key already, or a
    /// template writes parts of the document.
    pub(crate) fn add_entry(&self, key: &str, text: &str) -> Option<Edit> {
        self.add(key, &format!("\"{}\"", is_word(text).then_some(text)?), &word(text)?)
    }

    /// Nothing where `key` may be in a mapping already, or a template writes parts of the document.
    fn may_add(&self, mapping: Node<'_>, key: &str) -> Option<()> {
        let taken = |name: Node<'_>| matches!(name.as_str(), Some(name) if name == key || name == "<<");
        (!self.in_template() && !mapping.entries().any(|(name, _)| taken(name))).then_some(())
    }

    /// Adds an entry, whose value is `quoted` where the key is, else `plain`.
    fn add(&self, key: &str, quoted: &str, plain: &str) -> Option<Edit> {
        let [.., parent, step] = self.steps.as_slice() else { return None };
        let own = step.key?;
        self.may_add(parent.node, key)?;
        let entry =
            if own.style() == Some(Style::Double) { format!("\"{key}\": {quoted}") } else { format!("{key}: {plain}") };
        let indentation = self.indentation(own);
        let end = self.outer(step.node)?.end;
        if parent.node.is_flow() {
            let between = match indentation {
                Some(indentation) => format!(",{}{indentation}", line_break(self.text, end)),
                None => ", ".to_owned(),
            };
            return Some(Edit::insert(end, format!("{between}{entry}")));
        }
        let (indentation, at) = (indentation?, line_end(self.text, end));
        Some(Edit::insert(at, format!("{}{indentation}{entry}", line_break(self.text, at))))
    }

    /// Adds a list of one mapping, `key: [{name: text}]`, in block style before the entry that the step `at` is in,
    /// a list as well, and above its comment. None in flow style, where the mapping has the key already, or where a
    /// template writes parts of the document.
    pub(crate) fn add_list(&self, at: usize, key: &str, name: &str, text: &str) -> Option<Edit> {
        let parent = at.checked_sub(1).and_then(|parent| self.steps.get(parent))?.node;
        let step = self.steps.get(at)?;
        self.may_add(parent, key).filter(|()| !parent.is_flow())?;
        let (own, text) = (step.key?, word(text)?);
        let indentation = self.indentation(own)?;
        let start = self.above(line_start(self.text, self.unit.outer(own.span()).start), indentation);
        // As deep as the items of the list below.
        let item = step.node.items().next().filter(|_| !step.node.is_flow());
        let item = item.and_then(|item| self.dash(item)).filter(|dash| dash.len() >= indentation.len());
        let deeper = format!("{indentation}  ");
        let item = item.unwrap_or(&deeper);
        let end = line_break(self.text, start);
        Some(Edit::insert(start, format!("{indentation}{key}:{end}{item}- {name}: {text}{end}")))
    }

    /// Removes items from the list at the step `at`, by index; at least one stays. None where a template writes parts of the
    /// document, or the items are not written as people do.
    pub(crate) fn remove_items(&self, at: usize, remove: &[usize]) -> Option<Vec<Edit>> {
        let list = self.steps.get(at)?.node;
        let items: Vec<Node<'v>> = list.items().collect();
        let kept: Vec<usize> = (0..items.len()).filter(|index| !remove.contains(index)).collect();
        if self.in_template() || kept.is_empty() {
            return None;
        }
        // Something may refer to what is in one of them.
        if remove.iter().filter_map(|&index| items.get(index)).any(|item| has_anchor(*item)) {
            return None;
        }
        let mut edits = Vec::new();
        for index in (0..items.len()).filter(|index| remove.contains(index)) {
            let item = self.outer(items[index])?;
            let span = if !list.is_flow() {
                self.dash(items[index])?;
                let (start, end) = (line_start(self.text, item.start), line_end(self.text, item.end));
                Span::new(start, end + break_at(self.text, end).len())
            } else if index < kept[0] {
                self.separator(item.end, self.outer(items[index + 1])?.start)?;
                Span::new(item.start, self.outer(items[index + 1])?.start)
            } else {
                let before = self.outer(items[index - 1])?.end;
                self.separator(before, item.start)?;
                Span::new(before, item.end)
            };
            edits.push(Edit::remove(span));
        }
        Some(edits)
    }

    /// Whether nothing but a comma is between two items of a list in flow style.
    fn separator(&self, from: usize, to: usize) -> Option<()> {
        (Span::new(from, to).slice(self.text).trim() == ",").then_some(())
    }

    /// What is before the dash of an item in block style, where that begins its line.
    fn dash(&self, item: Node<'_>) -> Option<&'v str> {
        let start = self.outer(item)?.start;
        let before = Span::new(line_start(self.text, start), start).slice(self.text);
        let dash = before.trim_end_matches([' ', '\t']).strip_suffix('-')?;
        dash.bytes().all(|byte| byte == b' ').then_some(dash)
    }

    /// What is before a key, where that begins its line.
    fn indentation(&self, key: Node<'_>) -> Option<&'v str> {
        let start = self.outer(key)?.start;
        let before = Span::new(line_start(self.text, start), start).slice(self.text);
        before.bytes().all(|byte| byte == b' ').then_some(before)
    }

    /// The start of the first of the comment lines right above the line at `start` that are indented like it.
    fn above(&self, start: usize, indentation: &str) -> usize {
        let mut start = start;
        while let Some(end) = self.text.get(..start).and_then(|before| before.strip_suffix('\n')) {
            let line = line_start(self.text, end.trim_end_matches('\r').len());
            let rest = Span::new(line, start).slice(self.text).strip_prefix(indentation);
            if !rest.is_some_and(|rest| rest.starts_with('#')) {
                break;
            }
            start = line;
        }
        start
    }

    /// All that belongs to a node, quotes and brackets too, bytes of the source's text.
    fn outer(&self, node: Node<'_>) -> Option<Span> {
        whole(node).map(|span| self.unit.outer(span))
    }
}

/// All that belongs to a node, quotes and brackets too, but no comment or line end behind it. None where it ends with an
/// item that is missing, which has no place.
pub(crate) fn whole(node: Node<'_>) -> Option<Span> {
    let span = node.span();
    if node.is_alias() {
        return Some(span);
    }
    let end = match node.style() {
        Some(Style::Single | Style::Double) => return Some(Span::new(span.start.saturating_sub(1), span.end + 1)),
        Some(Style::Plain) => span.end,
        // The span may hold line ends and the indentation of what follows.
        Some(Style::Literal | Style::Folded) => span.start + span.slice(node.tree().text()).trim_end().len(),
        None if node.is_flow() => span.end,
        None => match node.entries().last() {
            // A missing value is somewhere behind its key.
            Some((key, value)) if value.span().is_empty() => whole(key)?.end,
            Some((_, value)) => whole(value)?.end,
            None => whole(node.items().last().filter(|item| !item.span().is_empty())?)?.end,
        },
    };
    Some(Span::new(span.start, end))
}

/// Whether a node or one below it has an anchor, or is an alias.
fn has_anchor(node: Node<'_>) -> bool {
    // An alias counts as anchored, so that none is followed.
    node.is_anchored()
        || node.entries().any(|(key, value)| key.is_anchored() || has_anchor(value))
        || node.items().any(has_anchor)
}

/// Whether a text is a word that needs no escape in any style: a name of an object, an API version.
fn is_word(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-./_".contains(&byte);
    text.bytes().all(inner) && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
}

/// A word as a plain scalar, in quotes where a reader might take it for something else than a string.
fn word(text: &str) -> Option<String> {
    is_word(text).then(|| scalar(text))
}
