//! Facts of Helm charts: which values their templates write into Secrets, and where values are.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::document::fragment::{Host, Lang};
use crate::document::object::Object;
use crate::document::template::origin::{self, Coding, EACH, Form, Origin, Written};
use crate::document::view::{Unit, View};
use crate::document::yaml::Node;
use crate::inventory::Places;
use crate::inventory::facts::helm::{Feed, Helm, Leaf, charts_of_template, is_values_file};
use crate::span::Span;
use crate::value::Sensitive;

/// Longest value that is looked at, bytes.
const LONGEST: usize = 16 * 1024;
/// Deepest nesting of values that is read.
const DEPTH: usize = 24;

/// What the file is to a chart; nothing where its name does not say that it is something.
pub(super) fn of_file(view: &View<'_>, places: &Places<'_>) -> Option<Helm> {
    if view.lang != Lang::Yaml {
        return None;
    }
    if charts_of_template(view.path).next().is_some() {
        let feeds = feeds(view, places);
        return (!feeds.is_empty()).then_some(Helm::Template(feeds));
    }
    if !is_values_file(view.path) {
        return None;
    }
    let mut reader = Values { places, path: Vec::new(), found: Vec::new() };
    for unit in view.file_units() {
        let root = unit.tree().root().filter(|root| root.get("kind").is_none());
        root.into_iter().for_each(|root| reader.below(unit, root));
    }
    (!reader.found.is_empty()).then_some(Helm::Values(reader.found))
}

fn feeds(view: &View<'_>, places: &Places<'_>) -> Vec<Feed> {
    let is_secret =
        |object: &&Object<'_>| object.kind == "Secret" && object.group().is_empty() && object.unit.host() == Host::File;
    let mut secrets = view.objects.iter().filter(is_secret).peekable();
    let Some(first) = secrets.peek() else { return Vec::new() };
    let written = origin::written(view.text, first.unit.all_actions());
    let mut found = Vec::new();
    if written.is_empty() {
        return found;
    }
    for object in secrets {
        for section in ["data", "stringData"] {
            let sections = object.node.entries().filter(|(key, _)| key.as_str() == Some(section));
            for (key, entries) in sections {
                let section = Section { view, places, unit: object.unit, written: &written, base64: section == "data" };
                section.read(key, entries, &mut found);
            }
        }
    }
    found
}

/// `data` or `stringData` of a Secret.
struct Section<'s> {
    view: &'s View<'s>,
    places: &'s Places<'s>,
    unit: &'s Unit,
    written: &'s [Written],
    /// Whether its values are base64.
    base64: bool,
}

impl Section<'_> {
    fn read(&self, key: Node<'_>, entries: Node<'_>, found: &mut Vec<Feed>) {
        let text = self.unit.tree().text();
        let mut taken = Vec::new();
        for (key, value) in entries.entries() {
            let reach = self.reach(key, value);
            taken.push(reach);
            let name = key.as_str().filter(|_| !self.unit.is_templated(key.span()));
            let partial = self.is_mixed(reach);
            for action in self.in_reach(reach) {
                let before = if partial { Some(key_of_line(self.view.text, action.span)) } else { name };
                for value in action.values.iter().filter(|value| value.form != Form::Dumped) {
                    let key = if value.form == Form::Part { Some("") } else { before };
                    found.push(self.feed(value, key, value.path.clone(), action.span));
                }
            }
        }
        // What is written as whole entries, beside those that are there.
        let end = entries.span().end.max(key.span().end);
        let whole = self.unit.outer(Span::new(key.span().end, blank_until(text, line_end(text, end))));
        let alone = self.in_reach(whole).filter(|action| !taken.iter().any(|reach| reach.overlaps(action.span)));
        for action in alone {
            for value in
                action.values.iter().filter(|value| value.form == Form::Dumped && value.coding != Coding::Encoded)
            {
                let path = value.path.iter().cloned().chain([EACH.into()]).collect();
                found.push(self.feed(value, None, path, action.span));
            }
        }
    }

    fn feed(&self, value: &Origin, key: Option<&str>, path: Vec<Box<str>>, action: Span) -> Feed {
        let encoded = match value.coding {
            Coding::None => self.base64,
            Coding::Encoded => false,
            Coding::Decoded => true,
        };
        Feed { path, key: key.map(Box::from), encoded, place: self.places.at(action) }
    }

    fn in_reach(&self, reach: Span) -> impl Iterator<Item = &Written> {
        let first = self.written.partition_point(|action| action.span.start < reach.start);
        self.written[first..].iter().take_while(move |action| action.span.end <= reach.end)
    }

    /// Where the value of a key is in the source. What a template writes alone is blank in the document; it then is
    /// in the line of the key, or where nothing does, in the lines that follow.
    fn reach(&self, key: Node<'_>, value: Node<'_>) -> Span {
        let text = self.unit.tree().text();
        let start = key.span().end;
        let line = line_end(text, start);
        // A block scalar ends where the next key begins.
        let whole = text.get(..value.span().end).unwrap_or_default();
        let mut end = line.max(whole.trim_end().len());
        let header = text.get(start..line).unwrap_or_default().trim_start_matches([':', '"', '\'', ' ']).trim_end();
        let open = header.is_empty() || header.starts_with(['|', '>']);
        let own_line = self.unit.outer(Span::new(start, line));
        if open && self.in_reach(own_line).next().is_none() {
            end = end.max(blank_until(text, line_end(text, end)));
        }
        self.unit.outer(Span::new(start, end))
    }

    /// Whether a value contains more than what one action writes.
    fn is_mixed(&self, reach: Span) -> bool {
        let text = self.view.text;
        let mut at = reach.start;
        let mut rest = String::new();
        let actions = self.unit.all_actions();
        let first = actions.partition_point(|action| action.span.end <= reach.start);
        for action in actions[first..].iter().take_while(|action| action.span.start < reach.end) {
            rest.push_str(text.get(at..action.span.start).unwrap_or_default());
            at = action.span.end;
        }
        rest.push_str(text.get(at..reach.end).unwrap_or_default());
        let quotes = |c: char| c.is_whitespace() || matches!(c, ':' | '"' | '\'' | '|' | '>' | '-' | '+');
        let rest = rest.trim_matches(quotes);
        !rest.is_empty() && !rest.starts_with('#')
    }
}

/// The end of the line at `at`.
fn line_end(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(text.len(), |found| at + found)
}

/// The end of the last of the lines after the one that ends at `at` which are blank but for what a template wrote.
fn blank_until(text: &str, at: usize) -> usize {
    let mut end = at;
    while let Some(start) = Some(end + 1).filter(|start| *start < text.len()) {
        let next = line_end(text, start);
        let line = text.get(start..next).unwrap_or_default().trim();
        if !line.is_empty() && !line.starts_with('#') {
            break;
        }
        end = next;
    }
    end.min(text.len())
}

/// The key to which a line of a text gives what an action writes, and nothing else: `password: `, `PASSWORD=`,
/// `"password": "`; else nothing.
fn key_of_line(text: &str, action: Span) -> &str {
    let after = text.get(action.end..).unwrap_or_default();
    let after = after.strip_prefix(['"', '\'']).unwrap_or(after);
    if !after.is_empty() && !after.starts_with(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '}')) {
        return "";
    }
    let before = text.get(..action.start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default().trim_end();
    let line = line.strip_suffix(['"', '\'']).unwrap_or(line).trim_end();
    let Some(line) = line.strip_suffix([':', '=']) else { return "" };
    let line = line.trim_end().trim_end_matches(['"', '\'']);
    let start = line.rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')));
    line.get(start.map_or(0, |start| start + 1)..).unwrap_or_default()
}

/// Reads the values of a file.
struct Values<'v> {
    places: &'v Places<'v>,
    path: Vec<Box<str>>,
    found: Vec<Leaf>,
}

impl Values<'_> {
    fn below(&mut self, unit: &Unit, node: Node<'_>) {
        if node.is_alias() || self.path.len() > DEPTH {
            return;
        }
        for (key, value) in node.entries() {
            self.value(unit, key.as_str().unwrap_or_default(), value);
        }
        for (index, item) in node.items().enumerate() {
            self.value(unit, &format!("[{index}]"), item);
        }
    }

    fn value(&mut self, unit: &Unit, step: &str, node: Node<'_>) {
        let Some(text) = node.as_str().filter(|_| !node.is_alias()) else {
            if node.is_mapping() || node.is_sequence() {
                self.path.push(step.into());
                self.below(unit, node);
                self.path.pop();
            }
            return;
        };
        let text = text.trim();
        // Most values by far are nothing that a key could make secret.
        if text.is_empty() || text.len() > LONGEST || node.is_null() || Sensitive::new(text).is_innocent() {
            return;
        }
        let plain = Sensitive::new(text).look();
        let decoded = decoded(text).map_or(plain, |inner| Sensitive::new(&inner).look());
        if plain.is_none() && decoded.is_none() || unit.is_templated(node.span()) {
            return;
        }
        let path = self.path.iter().cloned().chain([Box::from(step)]).collect();
        self.found.push(Leaf { path, plain, decoded, place: self.places.at(unit.outer(node.span())) });
    }
}

/// The text that a value stands for in base64; none where it is not text in base64.
fn decoded(text: &str) -> Option<String> {
    let bytes = (text.len() >= 4 && text.len().is_multiple_of(4)).then(|| STANDARD.decode(text).ok()).flatten()?;
    String::from_utf8(bytes).ok().filter(|inner| !inner.contains(|c: char| c.is_control() && c != '\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::view::parse;

    /// What the templates of a file write into Secrets: path, key, and whether it has to be base64.
    fn feeds_of(text: &str) -> Vec<String> {
        let parsed = parse("templates/secret.yaml", text, Lang::Yaml);
        let view = View::new("templates/secret.yaml", text, Lang::Yaml, &parsed);
        let feeds = feeds(&view, &Places::new(text));
        let said = |feed: &Feed| {
            let encoded = if feed.encoded { " base64" } else { "" };
            format!("{} as {}{encoded}", feed.path.join("."), feed.key.as_deref().unwrap_or("?"))
        };
        feeds.iter().map(said).collect()
    }

    #[test]
    fn values_belong_to_the_key_in_whose_place_they_are_written() {
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n";
        for (entries, wanted) in [
            ("data:\n  a: {{ .Values.x }}\n  b: {{ .Values.y | b64enc }}\n", vec!["x as a base64", "y as b"]),
            ("stringData:\n  a: \"{{ .Values.x }}\"\n", vec!["x as a"]),
            ("stringData:\n  a: |-\n    {{ .Values.x }}\n  b: c\n", vec!["x as a"]),
            (
                "stringData:\n  a: |-\n    {{ .Values.x }}\n  b:\n    {{- if .c }}\n    {{ .Values.y }}\n    {{- end }}\n",
                vec!["x as a", "y as b"],
            ),
            ("stringData:\n  a: >-\n    {{- .Values.x | nindent 4 }}\n", vec!["x as a"]),
            (
                "stringData:\n  a: |\n    [x]\n    password = {{ .Values.x }}\n    b={{ .Values.y }}:{{ .Values.z }}\n",
                vec!["x as password", "y as ", "z as "],
            ),
            ("stringData:\n  {{- toYaml .Values.x | nindent 2 }}\n", vec!["x.* as ?"]),
            (
                "stringData:\n  a: {{ .Values.y }}\n  {{- toYaml .Values.x | nindent 2 }}\ntype: Opaque\n",
                vec!["y as a", "x.* as ?"],
            ),
            ("stringData:\n  a: |\n    {{- toYaml .Values.x | nindent 4 }}\n", vec![]),
            ("stringData:\n  {{ .Values.k }}: {{ .Values.x }}\n", vec!["x as ?"]),
            ("type: {{ .Values.x }}\nstringData:\n  a: b\n", vec![]),
        ] {
            assert_eq!(feeds_of(&format!("{secret}{entries}")), wanted, "{entries}");
        }
    }
}
