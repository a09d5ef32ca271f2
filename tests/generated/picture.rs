//! The picture in the README: what the program prints for a folder, coloured, as SVG.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const COLUMNS: usize = 118;
const CHARACTER: f64 = 7.8;
const LINE: f64 = 18.0;
const MARGIN: f64 = 16.0;

/// Runs `mlguard check` in `folder` and draws its output.
#[expect(clippy::disallowed_methods, reason = "the program under test")]
pub(crate) fn draw(folder: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlguard"));
    command.args(["check", "--color", "always", "--no-config", "."]).current_dir(folder).env_clear();
    let output = command.output().expect("the program starts");
    assert_eq!(output.status.code(), Some(1), "the example has findings");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let text = text.replace("examples/leaky/", "");
    let lines: Vec<Vec<(String, String)>> = text.lines().map(pieces).collect();
    #[expect(clippy::cast_precision_loss, reason = "some hundred lines")]
    let (width, height) = (COLUMNS as f64 * CHARACTER + 2.0 * MARGIN, (lines.len() + 2) as f64 * LINE + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" \
         aria-label=\"What mlguard check prints for examples/leaky\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\"/>\n\
         <g font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"13\" fill=\"#c9d1d9\" \
         xml:space=\"preserve\" style=\"white-space:pre\">\n"
    );
    let prompt = vec![("#7ee787".to_owned(), "$ ".to_owned()), (String::new(), "mlguard check".to_owned())];
    for (index, line) in [prompt, Vec::new()].iter().chain(&lines).enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "some hundred lines")]
        let y = MARGIN + LINE * (index as f64 + 0.75);
        if line.is_empty() {
            continue;
        }
        write!(svg, "<text x=\"{MARGIN}\" y=\"{y:.1}\">").expect("a string");
        let whole: usize = line.iter().map(|(_, piece)| piece.chars().count()).sum();
        let mut room = if whole > COLUMNS { COLUMNS - 1 } else { COLUMNS };
        for (style, piece) in line {
            let shown: String = piece.chars().take(room).collect();
            room -= shown.chars().count();
            let text = escaped(&shown);
            match style.as_str() {
                "" => svg.push_str(&text),
                style => write!(svg, "<tspan fill=\"{style}\">{text}</tspan>").expect("a string"),
            }
        }
        svg.push_str(if whole > COLUMNS { "…</text>\n" } else { "</text>\n" });
    }
    svg.push_str("</g>\n</svg>\n");
    svg
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
