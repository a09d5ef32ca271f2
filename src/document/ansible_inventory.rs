//! Ansible inventories in lines: hosts with their variables, and sections of variables (`[gpu:vars]`).

use crate::span::{Span, lines_of};

/// A variable of an inventory.
pub(crate) struct InventoryPair<'t> {
    /// The section of variables that it is in; none for a variable of a host.
    pub section: Option<&'t str>,
    /// Its name.
    pub key: &'t str,
    /// Its value, bytes of the text, without quotes.
    pub value: Span,
}

/// The variables of an inventory, in order.
pub(crate) fn pairs(text: &str) -> Vec<InventoryPair<'_>> {
    let mut found = Vec::new();
    let mut section = "";
    for span in lines_of(text) {
        let line = span.slice(text);
        let trimmed = line.trim();
        if trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = name;
            if trimmed.ends_with(']') {
                continue;
            }
        }
        let settings = section.ends_with(":vars");
        found.extend(words_of(line, settings).into_iter().map(|(key, value)| InventoryPair {
            section: settings.then_some(section),
            key,
            value: value.shift(span.start),
        }));
    }
    found
}

/// `key=value` words of a line, values without their quotes; of a line of settings only its first one, up to the comment.
fn words_of(line: &str, settings: bool) -> Vec<(&str, Span)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(equals) = line.get(at..).and_then(|rest| rest.find('=')).map(|equals| at + equals) {
        let key = line[at..equals].trim_end().rsplit(char::is_whitespace).next().unwrap_or_default();
        let blanks = line[equals + 1..].len() - line[equals + 1..].trim_start_matches([' ', '\t']).len();
        let from = equals + 1 + if settings { blanks } else { 0 };
        let quote = line[from..].chars().next().filter(|first| matches!(first, '"' | '\''));
        let (start, end) = match quote.and_then(|quote| Some(from + 1 + line[from + 1..].find(quote)?)) {
            Some(end) => (from + 1, end),
            None if settings => (from, from + line[from..].split(" #").next().unwrap_or_default().trim_end().len()),
            None => (from, from + line[from..].find(char::is_whitespace).unwrap_or(line.len() - from)),
        };
        if line[at..equals].trim_start().starts_with('#') {
            break;
        }
        found.push((key, Span::new(start, end)));
        at = (end + usize::from(start > from)).min(line.len());
        if settings {
            break;
        }
    }
    found
}
