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
