//! Scalars of a file that may be edited, and the edits: each keeps everything else as it is, to the byte.
//!
//! A [`Spot`] is only there where an edit is certain: in a document that is the file's own, written where it is read. No
//! edit passes through an anchor, an alias, a merge key or a tag, which would change other places too, none through a
//! template's action, and none is made in a document that stands in another one.

use super::fragment::Host;
use super::view::{Unit, View};
use super::yaml::{Node, Style};
use crate::finding::edit::Edit;
use crate::span::Span;
use crate::yaml_scalar::scalar;

/// How many documents in strings may stand between a spot and the start of its document.
const FURTHEST: usize = 64;

/// A scalar that may be edited, with all that it stands in.
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
    #[must_use]
    pub(crate) fn name(&self) -> Option<&'v str> {
        self.key?.as_str()
    }
}

impl<'v> Spot<'v> {
    /// The scalar at `span`, bytes of the source's text; none where it may not be edited.
    #[must_use]
    pub(crate) fn at(view: &View<'v>, span: Span) -> Option<Self> {
        // Documents in strings stand behind the one that holds them.
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
                // What is written in another way than it reads (on several lines, with escapes) is no name.
                let plain = node.as_str() == Some(node.span().slice(unit.tree().text()));
                let found = plain && node.span() == inner && !unit.is_templated(node.span());
                return found.then_some(Self { text: view.text, unit, steps });
            }
            let (key, node) = node.child_at(inner)?;
            steps.push(Step { node, key });
        }
    }

    /// The nodes from the document's root to the scalar, which is the last one.
    #[must_use]
    pub(crate) fn steps(&self) -> &[Step<'v>] {
        &self.steps
    }

    /// Whether a template writes anything of the document, so that its shape is not what it seems.
    #[must_use]
    pub(crate) fn in_template(&self) -> bool {
        self.unit.is_templated(Span::new(0, self.unit.tree().text().len()))
    }

    /// Writes another text in the place of the scalar, whose quotes stay. None where `text` is no plain word (a name, an
    /// API version), or the scalar a block.
    #[must_use]
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
    #[must_use]
    pub(crate) fn set_true(&self) -> Option<Edit> {
        let node = self.steps.last()?.node;
        let plain = node.style()? == Style::Plain;
        plain.then(|| Edit::replace(self.unit.outer(node.span()), "true".to_owned()))
    }

    /// Adds the entry `key: true` to the mapping of the scalar, as [`Spot::add_entry`] does.
    #[must_use]
    pub(crate) fn add_true(&self, key: &str) -> Option<Edit> {
        self.add(key, "true", "true")
    }

    /// Adds the entry `key: text` to the mapping of the scalar, behind it. None where the mapping has the key already, or a
    /// template writes parts of the document.
    #[must_use]
    pub(crate) fn add_entry(&self, key: &str, text: &str) -> Option<Edit> {
        self.add(key, &format!("\"{}\"", is_word(text).then_some(text)?), &word(text)?)
    }

    /// Adds an entry, whose value is `quoted` where the key is, else `plain`.
    fn add(&self, key: &str, quoted: &str, plain: &str) -> Option<Edit> {
        let [.., parent, step] = self.steps.as_slice() else { return None };
        let own = step.key?;
        let taken = |name: Node<'_>| matches!(name.as_str(), Some(name) if name == key || name == "<<");
        if self.in_template() || parent.node.entries().any(|(name, _)| taken(name)) {
            return None;
        }
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

    /// Adds a list of one mapping, `key: [{name: text}]`, in block style before the entry that the step `at` stands in,
    /// a list as well, and above its comment. None in flow style, where the mapping has the key already, or where a
    /// template writes parts of the document.
    #[must_use]
    pub(crate) fn add_list(&self, at: usize, key: &str, name: &str, text: &str) -> Option<Edit> {
        let parent = at.checked_sub(1).and_then(|parent| self.steps.get(parent))?.node;
        let step = self.steps.get(at)?;
        let taken = |name: Node<'_>| matches!(name.as_str(), Some(name) if name == key || name == "<<");
        if self.in_template() || parent.is_flow() || parent.entries().any(|(name, _)| taken(name)) {
            return None;
        }
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
    #[must_use]
    pub(crate) fn remove_items(&self, at: usize, remove: &[usize]) -> Option<Vec<Edit>> {
        let list = self.steps.get(at)?.node;
        let items: Vec<Node<'v>> = list.items().collect();
        let kept: Vec<usize> = (0..items.len()).filter(|index| !remove.contains(index)).collect();
        if self.in_template() || kept.is_empty() {
            return None;
        }
        // Something may name what stands in one of them.
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

    /// Whether nothing but a comma stands between two items of a list in flow style.
    fn separator(&self, from: usize, to: usize) -> Option<()> {
        (Span::new(from, to).slice(self.text).trim() == ",").then_some(())
    }

    /// What stands before the dash of an item in block style, where that begins its line.
    fn dash(&self, item: Node<'_>) -> Option<&'v str> {
        let start = self.outer(item)?.start;
        let before = Span::new(line_start(self.text, start), start).slice(self.text);
        let dash = before.trim_end_matches([' ', '\t']).strip_suffix('-')?;
        dash.bytes().all(|byte| byte == b' ').then_some(dash)
    }

    /// What stands before a key, where that begins its line.
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
/// item that is not there, which stands nowhere.
pub(super) fn whole(node: Node<'_>) -> Option<Span> {
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
            // A value that is not there stands somewhere behind its key.
            Some((key, value)) if value.span().is_empty() => whole(key)?.end,
            Some((_, value)) => whole(value)?.end,
            None => whole(node.items().last().filter(|item| !item.span().is_empty())?)?.end,
        },
    };
    Some(Span::new(span.start, end))
}

/// The start of the line that holds `offset`.
pub(super) fn line_start(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    memchr::memrchr2(b'\n', b'\r', before).map_or(0, |at| at + 1)
}

/// The end of the line that holds `offset`, before its line break.
pub(super) fn line_end(text: &str, offset: usize) -> usize {
    let after = text.as_bytes().get(offset..).unwrap_or_default();
    memchr::memchr2(b'\n', b'\r', after).map_or(text.len(), |at| offset + at)
}

/// The line break that stands at `offset`; empty where none does.
fn break_at(text: &str, offset: usize) -> &str {
    let after = text.get(offset..).unwrap_or_default();
    ["\r\n", "\n", "\r"].into_iter().find(|end| after.starts_with(end)).unwrap_or_default()
}

/// How lines end around `offset`: as its own line does, else as the first one.
#[must_use]
pub(crate) fn line_break(text: &str, offset: usize) -> &str {
    let own = break_at(text, line_end(text, offset));
    let found = if own.is_empty() { break_at(text, line_end(text, 0)) } else { own };
    if found.is_empty() { "\n" } else { found }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::fragment::Lang;
    use crate::document::view;
    use crate::finding::edit::apply;

    /// `text` after the edits that `make` gives for the spot at `word`.
    fn edited(path: &str, text: &str, word: &str, make: impl Fn(&Spot<'_>) -> Option<Vec<Edit>>) -> Option<String> {
        let parsed = view::parse(path, text, Lang::of_path(path, text));
        let view = View::new(path, text, Lang::of_path(path, text), &parsed);
        let at = text.find(word).expect("the word stands there");
        let spot = Spot::at(&view, Span::new(at, at + word.len()))?;
        let made = apply(text, &make(&spot)?).expect("edits that fit");
        let again = view::parse(path, &made, Lang::of_path(path, &made));
        assert!(again.faults.is_empty(), "{made}");
        Some(made)
    }

    fn renamed(text: &str, to: &str) -> Option<String> {
        edited("a.yaml", text, "WORD", |spot| Some(vec![spot.replace(to)?]))
    }

    #[test]
    fn a_scalar_is_replaced_and_keeps_its_quotes() {
        for (text, to, wanted) in [
            ("a: WORD # why\nb: 1\n", "ghcr", "a: ghcr # why\nb: 1\n"),
            ("a: 'WORD'\n", "ghcr", "a: 'ghcr'\n"),
            ("a: [x, {b: \"WORD\"}]\r\n", "0815", "a: [x, {b: \"0815\"}]\r\n"),
            ("x: 1\n---\n- - a: WORD\n", "0815", "x: 1\n---\n- - a: \"0815\"\n"),
            ("a: WORD", "no", "a: \"no\""),
            ("\u{feff}a: WORD\n", "x/v1", "\u{feff}a: x/v1\n"),
        ] {
            assert_eq!(renamed(text, to).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn nothing_is_edited_that_stands_elsewhere_too() {
        for text in [
            "a: &x WORD\nb: *x\n",
            "a: &x {b: WORD}\nc: *x\n",
            "a: &x\n- b: WORD\n",
            "c: {<<: {b: WORD}}\n",
            "a: !env WORD\n",
            "a: |\n  WORD\n",
            "a: {{ .Values.a }}WORD\n",
            "a: {{ WORD }}\n",
            "a: xWORD\n",
            "# WORD\n",
        ] {
            assert_eq!(renamed(text, "ghcr"), None, "{text}");
        }
        assert_eq!(renamed("a: WORD\n", "a: b"), None);
        assert_eq!(renamed("a: 'WORD'\n", "it's"), None);
        assert_eq!(renamed("a: WORD\n", ""), None);
    }

    #[test]
    fn documents_in_other_texts_are_left_alone() {
        let same = |spot: &Spot<'_>| Some(vec![spot.replace("ghcr")?]);
        assert_eq!(edited("README.md", "```yaml\nkind: A\na: WORD\n```\n", "WORD", same), None);
        assert_eq!(edited("a.sh", "kubectl apply -f - <<EOF\nkind: A\na: WORD\nEOF\n", "WORD", same), None);
        let string = "a: |\n  apiVersion: v1\n  kind: Pod\n  name: WORD\n";
        assert_eq!(edited("a.yaml", string, "WORD", same), None);
    }

    #[test]
    fn booleans_are_written_without_quotes() {
        for (path, text, wanted) in [
            ("a.yaml", "m:\n  a: WORD # c\n", "m:\n  a: WORD # c\n  readOnly: true\n"),
            ("a.yaml", "m: {a: 'WORD'}\n", "m: {a: 'WORD', readOnly: true}\n"),
            (
                "a.json",
                "{\"apiVersion\": \"v1\", \"kind\": \"A\", \"m\": {\"a\": \"WORD\"}}\n",
                "{\"apiVersion\": \"v1\", \"kind\": \"A\", \"m\": {\"a\": \"WORD\", \"readOnly\": true}}\n",
            ),
        ] {
            let made = edited(path, text, "WORD", |spot| Some(vec![spot.add_true("readOnly")?]));
            assert_eq!(made.as_deref(), Some(wanted), "{text}");
        }
        let set = |text: &str| edited("a.yaml", text, "false", |spot| Some(vec![spot.set_true()?]));
        assert_eq!(set("a: false # c\n").as_deref(), Some("a: true # c\n"));
        // That is no boolean, and somebody may have meant it.
        assert_eq!(set("a: \"false\"\n"), None);
        assert_eq!(set("a: &b false\nc: *b\n"), None);
    }

    #[test]
    fn an_entry_is_added_in_the_style_that_is_there() {
        for (path, text, wanted) in [
            ("a.yaml", "m:\n  name: WORD # c\n  l: 1\n", "m:\n  name: WORD # c\n  namespace: x\n  l: 1\n"),
            ("a.yaml", "m:\r\n  name: 'WORD'", "m:\r\n  name: 'WORD'\r\n  namespace: x"),
            ("a.yaml", "m: {name: WORD}\n", "m: {name: WORD, namespace: x}\n"),
            ("a.yaml", "- m: {\"name\": \"WORD\"}\n", "- m: {\"name\": \"WORD\", \"namespace\": \"x\"}\n"),
            (
                "a.json",
                "{\"apiVersion\": \"v1\",\n \"kind\": \"A\",\n \"m\": {\n  \"name\": \"WORD\"\n }\n}\n",
                "{\"apiVersion\": \"v1\",\n \"kind\": \"A\",\n \"m\": {\n  \"name\": \"WORD\",\n  \"namespace\": \"x\"\n }\n}\n",
            ),
        ] {
            let made = edited(path, text, "WORD", |spot| Some(vec![spot.add_entry("namespace", "x")?]));
            assert_eq!(made.as_deref(), Some(wanted), "{text}");
        }
        for text in [
            "m:\n  namespace:\n  name: WORD\n",
            "m:\n  <<: {a: 1}\n  name: WORD\n",
            "- name: WORD\n",
            "- WORD\n",
            "{{ a }}\n---\nm: {name: WORD, a: {{ b }}}\n",
        ] {
            assert_eq!(
                edited("a.yaml", text, "WORD", |spot| Some(vec![spot.add_entry("namespace", "x")?])),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn items_are_removed_with_their_lines() {
        for (text, remove, wanted) in [
            (
                "l:\n  - name: WORD\n  - name: b # c\n    x: 1\n  # d\n  - name: e\n",
                &[1][..],
                "l:\n  - name: WORD\n  # d\n  - name: e\n",
            ),
            ("l:\r\n- 'WORD'\r\n- \"b\"", &[1], "l:\r\n- 'WORD'\r\n"),
            ("l:\n- WORD\n- b\n- c\nd: 1\n", &[0, 2], "l:\n- b\nd: 1\n"),
            ("l: [WORD, b, c] # d\n", &[0], "l: [b, c] # d\n"),
            ("l: [WORD, b, c]\n", &[0, 1], "l: [c]\n"),
            ("l: [WORD, 'b', {c: \"d\"}]\n", &[1, 2], "l: [WORD]\n"),
            ("l: [\n  {a: WORD},\n  {b: c},\n  {b: d},\n]\n", &[1, 2], "l: [\n  {a: WORD},\n]\n"),
            ("l: [WORD, b, c, d]\n", &[0, 2, 3], "l: [b]\n"),
        ] {
            let made = edited("a.yaml", text, "WORD", |spot| {
                let at = spot.steps().iter().rposition(|step| step.node.is_sequence())?;
                spot.remove_items(at, remove)
            });
            assert_eq!(made.as_deref(), Some(wanted), "{text}");
        }
        for (text, remove) in [
            ("l: [WORD, b]\n", &[0, 1][..]),
            ("l: [WORD, # c\n b]\n", &[1]),
            ("- - WORD\n  - b\n", &[0]),
            ("l:\n- WORD\n- &x b\nm: *x\n", &[1]),
            ("l:\n- WORD\n- b\nx: {{ y }}\n", &[1]),
        ] {
            let made = edited("a.yaml", text, "WORD", |spot| {
                let at = spot.steps().iter().rposition(|step| step.node.is_sequence())?;
                spot.remove_items(at, remove)
            });
            assert_eq!(made, None, "{text}");
        }
    }

    #[test]
    fn a_list_is_added_above_another_one() {
        for (text, wanted) in [
            ("s:\n  c:\n    - i: WORD\n", "s:\n  p:\n    - name: x\n  c:\n    - i: WORD\n"),
            (
                "s:\n  a: 1\n  # one\n  # two\n  c:\n  - i: WORD\n",
                "s:\n  a: 1\n  p:\n  - name: x\n  # one\n  # two\n  c:\n  - i: WORD\n",
            ),
            ("s:\r\n  c: [{i: WORD}]\r\n", "s:\r\n  p:\r\n    - name: x\r\n  c: [{i: WORD}]\r\n"),
            ("# head\nc:\n  - {i: WORD}\n", "p:\n  - name: x\n# head\nc:\n  - {i: WORD}\n"),
        ] {
            let made = edited("a.yaml", text, "WORD", |spot| {
                Some(vec![spot.add_list(spot.steps().len() - 3, "p", "name", "x")?])
            });
            assert_eq!(made.as_deref(), Some(wanted), "{text}");
        }
        for text in [
            "s: {c: [{i: WORD}]}\n",
            "s:\n  p: []\n  c:\n  - i: WORD\n",
            "- c:\n  - i: WORD\n",
            "s:\n  c:\n  - i: WORD\n  {{ x }}\n",
        ] {
            let made = edited("a.yaml", text, "WORD", |spot| {
                Some(vec![spot.add_list(spot.steps().len() - 3, "p", "name", "x")?])
            });
            assert_eq!(made, None, "{text}");
        }
    }

    /// The scalars of all documents of a text, in order; none where one of them does not parse.
    fn scalars(text: &str) -> Option<Vec<String>> {
        let parsed = view::parse("a.yaml", text, Lang::Yaml);
        let nodes = parsed.units.iter().flat_map(|unit| unit.tree().nodes());
        let all = nodes.map(|node| if node.is_alias() { "*" } else { node.as_str().unwrap_or("") }.to_owned());
        parsed.faults.is_empty().then(|| all.filter(|text| !text.is_empty()).collect())
    }

    /// Whether `part` is `all` without some of its items.
    fn is_part(part: &[String], all: &[String]) -> bool {
        let mut rest = all.iter();
        part.iter().all(|item| rest.any(|other| other == item))
    }

    /// Lines as people and attackers write them.
    fn texts() -> impl Strategy<Value = String> {
        let indentation = prop_oneof![Just(""), Just("  "), Just("    "), Just("- "), Just("  - "), Just("- - ")];
        let key = prop_oneof![Just("a"), Just("name"), Just("'b'"), Just("\"c\""), Just("? d"), Just("<<"), Just("ü")];
        let value = prop_oneof![
            Just(" x"),
            Just(" 'y' # why"),
            Just(" \"z\\n\""),
            Just(""),
            Just(" [x, 'y', {b: \"z\"}]"),
            Just(" {name: x, c: [y]}"),
            Just(" |\n      t\n\n"),
            Just(" >-\n      t"),
            Just(" &n x"),
            Just(" *n"),
            Just(" !t x"),
            Just(" {{ .ü }}"),
            Just(" x\n      y"),
            Just(" [x,\n      y]"),
            Just(" ~"),
        ];
        let line = prop_oneof![
            8 => (indentation.clone(), key, value.clone()).prop_map(|(indentation, key, value)| format!("{indentation}{key}:{value}")),
            3 => (indentation, value).prop_map(|(indentation, value)| format!("{indentation}{}", value.trim_start())),
            1 => Just("# c".to_owned()),
            1 => Just("---".to_owned()),
        ];
        (proptest::collection::vec(line, 1..8), any::<bool>(), any::<bool>()).prop_map(|(lines, windows, end)| {
            let text = lines.join("\n") + if end { "\n" } else { "" };
            if windows { text.replace('\n', "\r\n") } else { text }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn an_edit_changes_what_it_is_for_and_nothing_else(text in texts()) {
            let parsed = view::parse("a.yaml", &text, Lang::Yaml);
            let view = View::new("a.yaml", &text, Lang::Yaml, &parsed);
            let Some(before) = scalars(&text) else { return Ok(()) };
            let mut spans = Vec::new();
            for unit in &parsed.units {
                spans.extend(unit.tree().nodes().filter(|node| node.as_str().is_some()).map(|node| unit.outer(node.span())));
            }
            for spot in spans.iter().filter_map(|span| Spot::at(&view, *span)) {
                if let Some(edit) = spot.replace("ghcr") {
                    let made = apply(&text, &[edit]).expect("it fits");
                    let after = scalars(&made).expect("it parses");
                    let differing: Vec<_> = before.iter().zip(&after).filter(|(old, new)| old != new).collect();
                    let one = matches!(differing.as_slice(), [(_, new)] if *new == "ghcr");
                    prop_assert!(before.len() == after.len() && one, "{text:?} {made:?}");
                }
                if let Some(edit) = spot.add_entry("namespace", "ghcr") {
                    let made = apply(&text, &[edit]).expect("it fits");
                    let after = scalars(&made).expect("it parses");
                    prop_assert!(before.len() + 2 == after.len() && is_part(&before, &after), "{text:?} {made:?}");
                }
                for at in 0..spot.steps().len() {
                    let many = spot.steps()[at].node.items().count();
                    if let Some(edits) = (many > 1).then(|| spot.remove_items(at, &[0, many - 1])).flatten() {
                        let made = apply(&text, &edits).expect("they fit");
                        let after = scalars(&made).expect("it parses");
                        prop_assert!(is_part(&after, &before), "{text:?} {made:?}");
                    }
                    if let Some(edit) = spot.add_list(at, "p", "name", "ghcr") {
                        let made = apply(&text, &[edit]).expect("it fits");
                        let after = scalars(&made).expect("it parses");
                        prop_assert!(before.len() + 3 == after.len() && is_part(&before, &after), "{text:?} {made:?}");
                    }
                }
            }
        }
    }
}
