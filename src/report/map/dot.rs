//! `dot`: a graph for Graphviz.

use super::Context;
use super::drawing::{DETAILS, Drawing, Edge, Language, Look, Node, push};
use crate::inventory::map::Map;

/// The map as a graph.
pub(super) fn write(map: &Map, context: &Context<'_>) -> String {
    draw(&Drawing::new(map, context.coverage.errors.len(), DETAILS[0]))
}

fn draw(drawing: &Drawing) -> String {
    let mut text = "digraph mlguard {\n".to_owned();
    push(&mut text, 1, "graph [rankdir=LR, fontname=\"sans-serif\", style=rounded, color=\"#999999\"];");
    push(&mut text, 1, "node [shape=box, fontname=\"sans-serif\", fontsize=11, fontcolor=\"#1b1b1b\"];");
    push(&mut text, 1, "edge [fontname=\"sans-serif\", fontsize=10, color=\"#555555\"];");
    if let Some(note) = &drawing.note {
        push(&mut text, 1, &format!("note [label={}, shape=note];", quoted(std::slice::from_ref(note))));
    }
    drawing.write(&DOT, &mut text);
    text.push_str("}\n");
    text
}

const DOT: Language = Language {
    open: |id, label| [format!("subgraph cluster_{id} {{"), format!("label={};", quoted(label))],
    close: "}",
    node: vertex,
    edge: |Edge { from, to, label, loose }| {
        let style = if *loose { ", style=dashed" } else { "" };
        format!("{from} -> {to} [label={}{style}];", quoted(std::slice::from_ref(label)))
    },
};

fn vertex(Node { id, lines, look }: &Node) -> String {
    let (class, fill, stroke) = look.style();
    let style = match (look, look.is_dashed()) {
        (Look::Consumer, _) => "rounded,filled",
        (_, true) => "dashed,filled",
        (_, false) => "filled",
    };
    let label = quoted(lines);
    format!("{id} [label={label}, class={class}, style=\"{style}\", fillcolor=\"{fill}\", color=\"{stroke}\"];")
}

/// A label in quotes. Escapes (`\N`) and entities (`&amp;`) are read in it, so both are taken off.
fn quoted(lines: &[String]) -> String {
    let escaped = |line: &String| line.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;");
    let lines: Vec<String> = lines.iter().map(escaped).collect();
    format!("\"{}\"", lines.join("\\n"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn nothing_ends_a_label_or_is_read_in_it() {
        let lines = ["a\"b", "\\N", "&amp;<b>"].map(str::to_owned);
        assert_eq!(quoted(&lines), "\"a\\\"b\\n\\\\N\\n&amp;amp;<b>\"");
    }
}
