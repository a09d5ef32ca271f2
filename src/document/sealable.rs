//! Whether a Secret can be sealed in place: the document is replaced as a whole, so it must be one, and be read
//! by everybody as it is read here.

use super::fragment::{Host, Lang};
use super::object::Object;
use super::spot::whole;
use super::view::Unit;
use super::yaml::Node;
use crate::span::{Span, line_end, line_start};

/// Why a Secret is not sealed in place. Each is a sentence about it without its full stop: `it is in …`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Reason {
    /// Another kind, or another API group or version.
    #[error("it is not a Secret of API version `v1`")]
    Kind,
    /// Nothing to bind a ciphertext to.
    #[error("its name is not written out")]
    Unnamed,
    #[error("it is in a code block of a text; write placeholders there")]
    Fence,
    #[error("it is in a here-document of a script; move it to its own file")]
    Heredoc,
    #[error("it is in a cell of a notebook; move it to its own file, or write placeholders")]
    Cell,
    #[error("it is in a string of another object; move it to its own file")]
    InString,
    #[error("it is an item of a List; move it to its own document")]
    InList,
    /// A part of another document, such as the `definition` of an Ansible task.
    #[error("it is part of another document; move it to its own document")]
    Inside,
    #[error("it is one of the lines of a JSON Lines file; move it to its own file")]
    JsonLines,
    #[error("a template writes parts of its document; seal the output of the template")]
    Templated,
    #[error("it uses YAML anchors, aliases or merge keys; write out what they stand for")]
    Anchors,
    /// `!vault`, `!!binary`.
    #[error("it uses YAML tags; write the values without them")]
    Tags,
    #[error("it contains a key twice; remove the one that does not count")]
    RepeatedKey,
    /// A kustomize or strategic merge directive.
    #[error("it is a patch of another object")]
    Patch,
    /// `--- {kind: Secret}`.
    #[error("its first or last line contains something else too; give it its own lines")]
    Line,
}

/// The document of a Secret that can be replaced by its SealedSecret, bytes of `text`, the source's: from the start of its
/// first line to the end of its last one, without the line break there. Comments around it and its markers stay outside.
///
/// # Errors
/// [`Reason`] where replacing the document would lose or change something else.
pub(crate) fn sealable(text: &str, unit: &Unit, object: &Object<'_>) -> Result<Span, Reason> {
    if object.kind != "Secret" || !matches!(object.api_version, "v1" | "") {
        return Err(Reason::Kind);
    }
    let document = document(text, unit, object)?;
    if object.api_version.is_empty() { Err(Reason::Kind) } else { Ok(document) }
}

/// The document of a SealedSecret that can be re-sealed in place, as [`sealable`] gives that of a Secret.
///
/// # Errors
/// The same.
pub(crate) fn resealable(text: &str, unit: &Unit, object: &Object<'_>) -> Result<Span, Reason> {
    if object.kind == "SealedSecret" { document(text, unit, object) } else { Err(Reason::Kind) }
}

fn document(text: &str, unit: &Unit, object: &Object<'_>) -> Result<Span, Reason> {
    match unit.host() {
        Host::File => {}
        Host::Fence => return Err(Reason::Fence),
        Host::Heredoc => return Err(Reason::Heredoc),
        Host::Cell(_) | Host::Output(_) => return Err(Reason::Cell),
        Host::BlockString => return Err(Reason::InString),
    }
    let root = unit.tree().root().ok_or(Reason::Inside)?;
    if !root.is(object.node) {
        let list = root.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
        return Err(if list && root.get("items").is_some() { Reason::InList } else { Reason::Inside });
    }
    if unit.lang() == Lang::JsonLines {
        return Err(Reason::JsonLines);
    }
    if unit.is_templated(Span::new(0, unit.tree().text().len())) {
        return Err(Reason::Templated);
    }
    plain(unit)?;
    if object.name.is_none_or(str::is_empty) {
        return Err(Reason::Unnamed);
    }
    let body = unit.outer(whole(root).ok_or(Reason::Line)?);
    let (start, end) = (line_start(text, body.start), line_end(text, body.end));
    // A key without a value ends before its colon.
    let after = Span::new(body.end, end).slice(text).trim_start_matches(':').trim();
    let alone = Span::new(start, body.start).slice(text).trim_start_matches('\u{feff}').trim().is_empty();
    if !alone || !(after.is_empty() || after.starts_with('#')) {
        return Err(Reason::Line);
    }
    // A byte order mark stays where it is.
    let start = start
        + if text.get(start..).is_some_and(|text| text.starts_with('\u{feff}')) { '\u{feff}'.len_utf8() } else { 0 };
    Ok(Span::new(start, end))
}

/// Whether the document has nothing that a plain reading would lose.
fn plain(unit: &Unit) -> Result<(), Reason> {
    for node in unit.tree().nodes() {
        if node.is_alias() || node.is_anchored() {
            return Err(Reason::Anchors);
        }
        if node.tag().is_some() {
            return Err(Reason::Tags);
        }
        let mut keys: Vec<&str> = node.entries().filter_map(|(key, _)| key.as_str()).collect();
        if keys.contains(&"<<") {
            return Err(Reason::Anchors);
        }
        if keys.contains(&"$patch") {
            return Err(Reason::Patch);
        }
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() < all {
            return Err(Reason::RepeatedKey);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::view::{self, View};

    /// What would be replaced in a file, for its first Secret.
    fn replaced(path: &str, text: &str) -> Result<String, Reason> {
        let lang = Lang::of_path(path, text);
        let parsed = view::parse(path, text, lang);
        let view = View::new(path, text, lang, &parsed);
        let mut secrets = view.objects.iter().filter(|object| object.kind == "Secret");
        let secret = secrets.next().expect("there is a Secret");
        sealable(text, secret.unit, secret).map(|span| span.slice(text).to_owned())
    }

    const BODY: &str = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  p: YQ==";

    #[test]
    fn a_document_is_replaced_without_what_stands_around_it() {
        for (before, after) in [
            ("", ""),
            ("", "\n"),
            ("# head\n\n", "\n\n# foot\n"),
            ("---\n", "\n---\nkind: ConfigMap\n"),
            ("a: 1\n--- # two\n# its head\n", "\n...\n"),
            ("%YAML 1.2\n---\n", "\n"),
            ("\u{feff}", "\n"),
        ] {
            assert_eq!(
                replaced("a.yaml", &format!("{before}{BODY}{after}")).as_deref(),
                Ok(BODY),
                "{before:?} {after:?}"
            );
        }
    }

    #[test]
    fn its_last_line_is_replaced_whole() {
        for last in [
            "p: \"YQ==\" # c",
            "p: |\n    YQ==\n    Yg==",
            "p: >-\n    YQ==",
            "p:",
            "{p: 'a', q: [b]}",
            "p: x\n  # in it\n  q: y",
        ] {
            let body = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\ndata:\n  {last}");
            assert_eq!(
                replaced("a.yaml", &format!("---\n{body}\n\n# foot\n---\nb: 1\n")).as_deref(),
                Ok(body.as_str()),
                "{last}"
            );
        }
        let windows = BODY.replace('\n', "\r\n");
        assert_eq!(replaced("a.yaml", &format!("{windows}\r\n---\r\nb: 1\r\n")).as_deref(), Ok(windows.as_str()));
    }

    #[test]
    fn json_is_replaced_with_its_braces() {
        let json = "{\n  \"apiVersion\": \"v1\", \"kind\": \"Secret\",\n  \"metadata\": {\"name\": \"a\"}, \"data\": {\"p\": \"YQ==\"}\n}";
        assert_eq!(replaced("a.json", &format!("{json}\n")).as_deref(), Ok(json));
        assert_eq!(replaced("a.yaml", &format!("---\n{json}\n---\n")).as_deref(), Ok(json));
        assert_eq!(replaced("a.jsonl", &format!("{}\n", json.replace('\n', ""))), Err(Reason::JsonLines));
        assert_eq!(replaced("a.yaml", &format!("--- {json}\n")), Err(Reason::Line));
    }

    #[test]
    fn what_would_be_lost_is_a_reason() {
        let indented = BODY.replace('\n', "\n  ");
        let listed = format!("apiVersion: v1\nkind: List\nitems:\n- {indented}\n");
        let string = format!("kind: ConfigMap\napiVersion: v1\ndata:\n  a: |\n    {}\n", BODY.replace('\n', "\n    "));
        for (path, text, reason) in [
            ("a.yaml", listed.clone(), Reason::InList),
            ("a.yaml", listed.replace("kind: List", "kind: SecretList"), Reason::InList),
            (
                "play.yml",
                format!("- k8s:\n    definition:\n      {}\n", BODY.replace('\n', "\n      ")),
                Reason::Inside,
            ),
            ("a.yaml", string, Reason::InString),
            ("a.md", format!("```yaml\n{BODY}\n```\n"), Reason::Fence),
            ("a.sh", format!("kubectl apply -f - <<EOF\n{BODY}\nEOF\n"), Reason::Heredoc),
            ("t/a.yaml", BODY.replace("name: a", "name: {{ .Release.Name }}"), Reason::Templated),
            ("t/a.yaml", format!("{{{{ if .a }}}}\n{BODY}\n{{{{ end }}}}\n"), Reason::Templated),
            ("a.yaml", BODY.replace("YQ==", "&a YQ=="), Reason::Anchors),
            ("a.yaml", format!("{BODY}\n  <<: {{q: Yg==}}\n"), Reason::Anchors),
            ("a.yaml", BODY.replace("YQ==", "!!binary YQ=="), Reason::Tags),
            ("a.yaml", format!("{BODY}\n  p: Yg==\n"), Reason::RepeatedKey),
            ("a.yaml", format!("{BODY}\n$patch: replace\n"), Reason::Patch),
            ("a.yaml", BODY.replace("name: a", "generateName: a"), Reason::Unnamed),
            ("a.yaml", BODY.replace("apiVersion: v1\n", ""), Reason::Kind),
            ("a.yaml", BODY.replace("apiVersion: v1", "apiVersion: example.com/v1"), Reason::Kind),
        ] {
            assert_eq!(replaced(path, &text), Err(reason), "{text}");
        }
    }

    #[test]
    fn reasons_read_after_a_name() {
        assert_eq!(Reason::InList.to_string(), "it is an item of a List; move it to its own document");
    }
}
