//! `mermaid`: a flowchart, as GitHub and GitLab draw it in Markdown.

use std::fmt::Write as _;

use super::drawing::{DETAILS, Drawing, Edge, Language, Look, Node, push};
use super::{Context, Written};
use crate::inventory::map::Map;

/// What Mermaid draws with its usual settings, which a picture cannot change: characters and edges.
const MOST_TEXT: usize = 50_000;
const MOST_EDGES: usize = 500;

/// The map with as much detail as Mermaid draws.
pub(super) fn write(map: &Map, context: &Context<'_>) -> Written {
    let mut written = Written { text: String::new(), too_large: true };
    for detail in DETAILS {
        let drawing = Drawing::new(map, context.coverage.errors.len(), detail);
        written.text = draw(&drawing);
        written.too_large = drawing.edges() > MOST_EDGES || written.text.chars().count() > MOST_TEXT;
        if !written.too_large {
            break;
        }
    }
    written
}

fn draw(drawing: &Drawing) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for look in drawing.looks() {
        let (name, fill, stroke) = look.style();
        let dashes = if look.is_dashed() { ",stroke-dasharray:4 3" } else { "" };
        push(&mut text, 1, &format!("classDef {name} fill:{fill},stroke:{stroke},color:#1b1b1b{dashes}"));
    }
    if let Some(note) = &drawing.note {
        push(&mut text, 1, &format!("note{}", boxed(std::slice::from_ref(note))));
    }
    drawing.write(&MERMAID, &mut text);
    text
}

const MERMAID: Language = Language {
    // A group without edges to others is else turned by a right angle.
    open: |id, label| [format!("subgraph {id}{}", boxed(label)), "direction LR".to_owned()],
    close: "end",
    node: vertex,
    edge: |Edge { from, to, label, loose }| {
        let arrow = if *loose { "-.->" } else { "-->" };
        format!("{from} {arrow}|\"{}\"| {to}", escaped(label))
    },
};

fn vertex(node: &Node) -> String {
    let (class, _, _) = node.look.style();
    let shape = boxed(&node.lines);
    let shape = if node.look == Look::Consumer { format!("({shape})") } else { shape };
    format!("{}{shape}:::{class}", node.id)
}

/// A label in its box.
fn boxed(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    format!("[\"{}\"]", lines.join("<br/>"))
}

/// `text` for a quoted label: what Mermaid, its Markdown or HTML could take for more than a letter becomes an entity.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    let characters: Vec<char> = text.chars().collect();
    let word = |at: Option<usize>| at.and_then(|at| characters.get(at)).is_some_and(|c| c.is_alphanumeric());
    for (at, &character) in characters.iter().enumerate() {
        let inside = || word(at.checked_sub(1)) && word(Some(at + 1));
        let plain = match character {
            ' ' | ',' | '…' => true,
            // Between letters they are no list, no emphasis and no end of a comment.
            '-' | '_' | '/' => inside(),
            '.' => word(Some(at + 1)),
            _ => character.is_alphanumeric(),
        };
        if plain {
            escaped.push(character);
        } else {
            let _ = write!(escaped, "#{};", u32::from(character));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn names_stay_readable_and_nothing_else_is_syntax() {
        for plain in ["ml-platform", "AWS_ACCESS_KEY_ID", ".dockerconfigjson", "apps/web, 6 keys", "… and 12 more"] {
            assert_eq!(escaped(plain), plain);
        }
        for (text, expected) in [
            ("a\"]", "a#34;#93;"),
            ("a --> b", "a #45;#45;#62; b"),
            ("%%{", "#37;#37;#123;"),
            ("<br/>#quot;", "#60;br#47;#62;#35;quot#59;"),
            ("_x_ `y`", "#95;x#95; #96;y#96;"),
            ("1. x", "1#46; x"),
            ("a\nb", "a#10;b"),
        ] {
            assert_eq!(escaped(text), expected, "{text}");
        }
    }
}
