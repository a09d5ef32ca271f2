//! The tables of `docs/ci.md`, made from `action.yml`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use serde::Deserialize;

#[derive(Deserialize)]
struct Action {
    inputs: BTreeMap<String, Item>,
    outputs: BTreeMap<String, Item>,
}

#[derive(Deserialize)]
struct Item {
    description: String,
    #[serde(default)]
    default: String,
}

/// The tables of the inputs and of the outputs, in the order of `action.yml`.
pub(crate) fn tables() -> (String, String) {
    let text = fs::read_to_string(super::root().join("action.yml")).expect("action.yml");
    let action: Action = serde_saphyr::from_str(&text).expect("action.yml is read");
    let mut inputs = "| input | what it says | default |\n|---|---|---|\n".to_owned();
    for (name, item) in ordered(&text, "inputs:", &action.inputs) {
        let default = match item.default.as_str() {
            "" => String::new(),
            "${{ github.token }}" => "the job's".to_owned(),
            value => format!("`{value}`"),
        };
        writeln!(inputs, "| `{name}` | {} | {default} |", item.description).expect("a string");
    }
    let mut outputs = "| output | what it says |\n|---|---|\n".to_owned();
    for (name, item) in ordered(&text, "outputs:", &action.outputs) {
        writeln!(outputs, "| `{name}` | {} |", item.description).expect("a string");
    }
    (inputs, outputs)
}

/// The items as they stand in the file, not by name.
fn ordered<'a>(text: &str, section: &str, items: &'a BTreeMap<String, Item>) -> Vec<(&'a String, &'a Item)> {
    let start = text.find(&format!("\n{section}\n")).expect("the section");
    let place = |name: &String| text[start..].find(&format!("\n  {name}:\n")).expect("the key");
    let mut ordered: Vec<_> = items.iter().collect();
    ordered.sort_by_key(|(name, _)| place(name));
    ordered
}
