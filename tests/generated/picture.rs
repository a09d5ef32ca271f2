//! The picture in the README: what its first command prints in a terminal, coloured, as SVG.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const COLUMNS: usize = 118;
const CHARACTER: f64 = 7.8;
const LINE: f64 = 18.0;
const MARGIN: f64 = 16.0;

/// Runs `mlguard check examples/leaky` at the root of the repository and draws its output.
#[expect(clippy::disallowed_methods, reason = "the program under test")]
pub(crate) fn draw(root: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlguard"));
    command.args(["check", "--color", "always", "examples/leaky"]).current_dir(root).env_clear();
    let output = command.output().expect("the program starts");
    assert_eq!(output.status.code(), Some(1), "the example has findings");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let prompt =
        vec![("#7ee787".to_owned(), "$ ".to_owned()), (String::new(), "mlguard check examples/leaky".to_owned())];
    let lines = [prompt, Vec::new()].into_iter().chain(text.lines().map(pieces));
    let lines: Vec<Vec<(String, String)>> = lines.flat_map(wrapped).collect();
    #[expect(clippy::cast_precision_loss, reason = "some hundred lines")]
    let (width, height) = (COLUMNS as f64 * CHARACTER + 2.0 * MARGIN, lines.len() as f64 * LINE + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" \
         aria-label=\"What mlguard check prints for examples/leaky\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\"/>\n\
         <style>text {{ white-space: pre }}</style>\n\
         <g font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"13\" fill=\"#c9d1d9\">\n"
    );
    for (index, line) in lines.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "some hundred lines")]
        let y = MARGIN + LINE * (index as f64 + 0.75);
        if line.is_empty() {
            continue;
        }
        // Older renderers know `xml:space` only, browsers `white-space`; without either, blanks collapse and carets move.
        write!(svg, "<text x=\"{MARGIN}\" y=\"{y:.1}\" xml:space=\"preserve\">").expect("a string");
        for (style, piece) in line {
            let text = escaped(piece);
            match style.as_str() {
                "" => svg.push_str(&text),
                style => write!(svg, "<tspan fill=\"{style}\">{text}</tspan>").expect("a string"),
            }
        }
        svg.push_str("</text>\n");
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// A line as a terminal of `COLUMNS` shows it: cut to several, of which each is full.
fn wrapped(line: Vec<(String, String)>) -> Vec<Vec<(String, String)>> {
    let mut lines = vec![Vec::new()];
    let mut room = COLUMNS;
    for (color, piece) in line {
        let mut rest = piece.as_str();
        while !rest.is_empty() {
            if room == 0 {
                lines.push(Vec::new());
                room = COLUMNS;
            }
            let end = rest.char_indices().nth(room).map_or(rest.len(), |(at, _)| at);
            let (shown, after) = rest.split_at(end);
            room -= shown.chars().count();
            lines.last_mut().expect("there is always one").push((color.clone(), shown.to_owned()));
            rest = after;
        }
    }
    lines
}

/// A line with terminal sequences as pieces of a colour each.
fn pieces(line: &str) -> Vec<(String, String)> {
    let mut pieces: Vec<(String, String)> = Vec::new();
    let mut color = String::new();
    for (index, part) in line.split("\u{1b}[").enumerate() {
        let text = if index == 0 {
            part
        } else {
            let (codes, text) = part.split_once('m').expect("only colours");
            color_of(codes, &mut color);
            text
        };
        if !text.is_empty() {
            pieces.push((color.clone(), text.to_owned()));
        }
    }
    pieces
}

/// What a sequence of codes makes of a colour.
fn color_of(codes: &str, color: &mut String) {
    let last = codes.rsplit(';').next().unwrap_or_default();
    let named = match last {
        "" | "0" => "",
        "31" | "91" | "9" if !codes.contains("38;5") || last == "9" => "#ff7b72",
        "32" | "92" | "10" => "#7ee787",
        "33" | "93" | "11" => "#e3b341",
        "34" | "94" | "12" => "#79c0ff",
        "35" | "95" | "13" => "#d2a8ff",
        "36" | "96" | "14" => "#56d4dd",
        _ => return,
    };
    named.clone_into(color);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
