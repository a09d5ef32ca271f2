//! Generators: objects that a kustomization makes, or whose content it changes.

use std::borrow::Cow;

use super::GapKind;
use super::item::{Applied, Built, Content};
use super::layer::Layer;
use super::select::identified;
use super::text::{Match, Text};
use crate::inventory::Stated;
use crate::inventory::facts::kustomization::{Behavior, Generator};

/// Runs a generator. `by` is the kustomization, `file` the file that contains the generator.
pub(super) fn generate<'a>(layer: &mut Layer<'a>, by: u32, file: u32, generator: &'a Generator) {
    let made = Built::of_generator(file, generator);
    if generator.behavior == Behavior::Create {
        layer.items.push(made);
        return;
    }
    let found: Vec<(usize, Match)> = layer
        .items
        .iter()
        .enumerate()
        .filter(|(_, item)| item.group.is_empty() && item.version == "v1")
        .map(|(at, item)| (at, identified(made.kind, &made.name, &made.namespace, item)))
        .filter(|(_, found)| found.possible())
        .collect();
    let [(at, certainty)] = found[..] else {
        let kind = if found.iter().any(|(_, found)| *found == Match::Yes) || found.is_empty() {
            GapKind::Target
        } else {
            GapKind::Undecided
        };
        let place = generator.definition.place;
        layer.gap_at(file, place, kind, generator.name.known().unwrap_or_default());
        return;
    };
    let item = &mut layer.items[at];
    // It keeps the name that it has by now. A hash follows it only where both were to have one.
    item.hashed = item.hashed && generator.hashed;
    // The first of a key wins in a generator, the last in an object.
    let texts = |pairs: &'a [(Box<str>, Stated)]| -> Vec<(Cow<'a, str>, Text<'a>)> {
        pairs.iter().rev().map(|(key, value)| (Cow::Borrowed(&**key), Text::of(value))).collect()
    };
    item.labels.extend(texts(&generator.labels));
    item.annotations.extend(texts(&generator.annotations));
    let content = match generator.behavior {
        Behavior::Replace => Content::Replaced(generator),
        _ => Content::Merged(generator),
    };
    item.applied.push(Applied { file, by, certain: certainty == Match::Yes, content });
}
