use super::*;

fn tree(text: &str) -> Tree {
    parse(text).expect("the text is YAML")
}

fn value<'t>(tree: &'t Tree, path: &[&str]) -> Node<'t> {
    tree.root().and_then(|root| root.at(path)).expect("the path exists")
}

#[test]
fn spans_cover_the_value_without_quotes_or_headers() {
    let text = "a: \"q\\\"x\" # c\nb: |\n  one\n  two\n\nc: {d: 'it''s'}\ne: plain text\n";
    let tree = tree(text);
    let of = |path: &[&str]| value(&tree, path).span().slice(text).to_owned();
    assert_eq!(of(&["a"]), "q\\\"x");
    assert_eq!(of(&["b"]), "one\n  two");
    assert_eq!(of(&["c", "d"]), "it''s");
    assert_eq!(of(&["e"]), "plain text");
    assert_eq!(value(&tree, &["c", "d"]).as_str(), Some("it's"));
    assert_eq!(value(&tree, &["b"]).as_str(), Some("one\ntwo\n"));
}

#[test]
fn aliases_and_merge_keys_are_followed() {
    let text = "base: &b {x: 1, y: 2}\nmade:\n  <<: *b\n  y: 3\nlist:\n  <<: [*b, {z: 4}]\nsame: *b\n";
    let tree = tree(text);
    assert_eq!(value(&tree, &["made", "x"]).as_str(), Some("1"));
    assert_eq!(value(&tree, &["made", "y"]).as_str(), Some("3"));
    assert_eq!(value(&tree, &["list", "z"]).as_str(), Some("4"));
    assert_eq!(value(&tree, &["same", "y"]).as_str(), Some("2"));
}

#[test]
fn the_last_of_repeated_keys_wins() {
    let tree = tree("kind: ConfigMap\nkind: Secret\n");
    assert_eq!(value(&tree, &["kind"]).as_str(), Some("Secret"));
}

#[test]
fn an_alias_that_names_its_own_ancestor_ends() {
    let tree = parse("a: &a\n  b: *a\n").expect("granit accepts it");
    let inner = value(&tree, &["a", "b", "b", "b", "b"]);
    assert!(inner.resolve().is_mapping());
}

#[test]
fn a_bomb_of_aliases_is_refused_without_being_expanded() {
    let mut text = String::from("l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let names = vec![format!("*l{}", level - 1); 10].join(", ");
        text.extend([format!("l{level}: &l{level} [{names}]\n")]);
    }
    let error = parse(&text).expect_err("10^31 nodes");
    assert!(error.message.contains("aliases"), "{}", error.message);
}

#[test]
fn ten_thousand_levels_are_refused() {
    for text in [format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)), "- ".repeat(10_000) + "x"] {
        assert!(parse(&text).is_err());
    }
}

#[test]
fn a_stream_is_cut_at_markers_only() {
    let text = "# head\n---\na: 1\n--- {b: 2}\n...\n---\n# nothing\n---\nc: |\n  ---\n  x\n---d: 3\n";
    let found: Vec<_> = documents(text).into_iter().map(|span| span.slice(text)).collect();
    assert_eq!(found, ["\na: 1\n", " {b: 2}\n", "\nc: |\n  ---\n  x\n---d: 3\n"]);
}

#[test]
fn strings_are_told_from_numbers_and_booleans() {
    let tree = tree("a: yes\nb: 12\nc: \"12\"\nd: x1\ne:\nf: ~\n");
    let is_string = |key| value(&tree, &[key]).is_string();
    assert_eq!(["a", "b", "c", "d", "e", "f"].map(is_string), [false, false, true, true, false, false]);
    assert!(value(&tree, &["e"]).is_null() && value(&tree, &["f"]).is_null());
}

#[test]
fn errors_never_quote_the_document() {
    for text in [
        "a: *hunter2secret\n",
        "a: [hunter2secret\n",
        "a: \"hunter2secret\nb",
        "!hunter2!secret x",
        "%hunter2secret\n---\n",
    ] {
        if let Err(error) = parse(text) {
            assert!(!error.message.contains("hunter2"), "{}", error.message);
        }
    }
}

#[test]
fn merges_of_each_other_end() {
    let text = format!("a: &a {{<<: [{}]}}\n", ["*a"; 40].join(", "));
    let tree = parse(&text).expect("it is YAML");
    let node = tree.root().and_then(|root| root.get("a")).expect("it has the key");
    // Without a bound on all of them this takes 40 to the power of 8 steps.
    assert!(node.get("kind").is_none());
    let tree = parse("a: &a {kind: x}\nb: &b {<<: *a}\nc: {<<: [{}, *b]}\n").expect("it is YAML");
    let kind = tree.root().and_then(|root| root.at(&["c", "kind"])).and_then(Node::as_str);
    assert_eq!(kind, Some("x"));
}
