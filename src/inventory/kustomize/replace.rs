//! Replacements: fields that a kustomization copies between objects.

use std::borrow::Cow;

use super::GapKind;
use super::apply::Stepper;
use super::item::{Applied, Aspect, Built, Content};
use super::select::{decorated, selected_exactly};
use super::text::{Match, Text};
use crate::inventory::Place;
use crate::inventory::facts::kustomization::{FieldPart, Replacement, ReplacementSource, ReplacementTarget, Selector};

impl<'a> Stepper<'_, 'a, '_> {
    /// Runs one replacement, which is in `holder`.
    pub(super) fn replace(&mut self, holder: u32, replacement: &'a Replacement) {
        let value = self.value(holder, replacement);
        for target in &replacement.targets {
            let mut undecided = false;
            if !self.pay(self.layer.items.len(), 0) {
                return;
            }
            for item in &mut self.layer.items {
                let taken = targeted(target, item);
                if !taken.possible() {
                    continue;
                }
                undecided |= taken == Match::Maybe;
                self.spent |= !self.context.pay(0, target.paths.len());
                if self.spent {
                    return;
                }
                for path in &target.paths {
                    write(item, target, path, &value, taken, (holder, replacement.place));
                    let certain = taken == Match::Yes;
                    let content = Content::Replacement(path);
                    item.applied.push(Applied { file: holder, by: self.file, certain, content });
                }
            }
            if undecided {
                self.layer.gap_at(holder, replacement.place, GapKind::Undecided, &target.select.kind);
            }
        }
    }

    fn value(&mut self, holder: u32, replacement: &'a Replacement) -> Text<'a> {
        let (object, path, part) = match &replacement.source {
            ReplacementSource::Value(text) => return Text::of(text),
            ReplacementSource::Field { object, path, part } => (object, path, part),
        };
        let taken = self.layer.items.iter().map(|item| (item, selected_exactly(object, item)));
        let taken: Vec<(&Built<'a>, Match)> = taken.filter(|(_, taken)| taken.possible()).collect();
        let certain: Vec<&Built<'a>> =
            taken.iter().filter(|(_, taken)| *taken == Match::Yes).map(|(item, _)| *item).collect();
        let found = match (&certain[..], taken.len()) {
            ([item], _) => Some(field(item, path)),
            ([], 1..) => Some(Text::Unknown),
            _ => None,
        };
        let Some(text) = found else {
            let text = if object.name.is_empty() { &object.kind } else { &object.name };
            self.layer.gap_at(holder, replacement.place, GapKind::Target, text);
            return Text::Unknown;
        };
        match (part, text) {
            (Some(part), Text::Known(text)) => {
                let nth = usize::try_from(part.index).ok().and_then(|nth| text.split(&*part.delimiter).nth(nth));
                nth.map_or(Text::Unknown, |nth| Text::Known(Cow::Owned(nth.to_owned())))
            }
            (_, text) => text,
        }
    }
}

/// Whether a replacement writes to the object.
fn targeted(target: &ReplacementTarget, item: &Built<'_>) -> Match {
    let named = |selector: &Selector| {
        let texts = [&selector.group, &selector.version, &selector.kind, &selector.name, &selector.namespace];
        texts.iter().any(|text| !text.is_empty())
    };
    let decoration = |selector: &Selector| !selector.labels.is_empty() || !selector.annotations.is_empty();
    let mut taken = selected_exactly(&target.select, item).min(decorated(&target.select, item));
    for reject in &target.reject {
        if named(reject) {
            taken = taken.min(selected_exactly(reject, item).not());
        }
        if decoration(reject) {
            taken = taken.min(decorated(reject, item).not());
        }
    }
    taken
}

/// The key that follows `head` in a path: `metadata.labels.app`, `metadata.annotations.[example.com/x]`.
fn key_after<'p>(path: &'p str, head: &str) -> Option<Cow<'p, str>> {
    let rest = path.strip_prefix(head)?;
    if let Some(inner) = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Some(Cow::Borrowed(inner));
    }
    if rest.contains("\\.") {
        return Some(Cow::Owned(rest.replace("\\.", ".")));
    }
    (!rest.is_empty() && !rest.contains('.')).then_some(Cow::Borrowed(rest))
}

/// A field of an object, as far as it is known: nothing but its metadata is.
fn field<'a>(item: &Built<'a>, path: &str) -> Text<'a> {
    let decoration = |text: Text<'a>| if text == Text::Absent { Text::Unknown } else { text };
    match path {
        "metadata.name" => item.name.clone(),
        "metadata.namespace" => decoration(item.namespace.clone()),
        "kind" => Text::Known(Cow::Borrowed(item.kind)),
        path => {
            if let Some(key) = key_after(path, "metadata.labels.") {
                decoration(item.label(&key))
            } else if let Some(key) = key_after(path, "metadata.annotations.") {
                decoration(item.annotation(&key))
            } else {
                Text::Unknown
            }
        }
    }
}

fn write<'a>(
    item: &mut Built<'a>,
    target: &ReplacementTarget,
    path: &'a str,
    value: &Text<'a>,
    taken: Match,
    (holder, place): (u32, Place),
) {
    let spliced = |now: &Text<'_>| match &target.part {
        None => value.clone(),
        Some(part) => splice(now, part, value),
    };
    match path {
        "metadata.name" => item.write(Aspect::Name, spliced(&item.name.clone()), taken, holder, place),
        "metadata.namespace" => item.write(Aspect::Namespace, spliced(&item.namespace.clone()), taken, holder, place),
        path => {
            let sure = |text: Text<'a>| if taken == Match::Yes { text } else { Text::Unknown };
            if let Some(key) = key_after(path, "metadata.labels.") {
                let text = sure(spliced(&item.label(&key)));
                item.labels.push((key, text));
            } else if let Some(key) = key_after(path, "metadata.annotations.") {
                let text = sure(spliced(&item.annotation(&key)));
                item.annotate(key, text, holder, place);
            }
        }
    }
}

/// Writes `value` in the place of one part of `now`.
fn splice<'a>(now: &Text<'_>, part: &FieldPart, value: &Text<'a>) -> Text<'a> {
    let (Text::Known(now), Text::Known(value)) = (now, value) else { return Text::Unknown };
    let mut parts: Vec<&str> = now.split(&*part.delimiter).collect();
    match usize::try_from(part.index) {
        Err(_) => parts.insert(0, value),
        Ok(nth) => match parts.get_mut(nth) {
            Some(old) => *old = value,
            None => parts.push(value),
        },
    }
    Text::Known(Cow::Owned(parts.join(&part.delimiter)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_text_are_replaced_and_added() {
        for (now, index, expected) in [("a.b.c", 1, "a.X.c"), ("a.b", 5, "a.b.X"), ("a.b", -1, "X.a.b"), ("a", 0, "X")]
        {
            let part = FieldPart { delimiter: ".".into(), index };
            let done = splice(&Text::Known(now.into()), &part, &Text::Known("X".into()));
            assert_eq!(done.known(), Some(expected));
        }
    }

    #[test]
    fn keys_of_paths() {
        assert_eq!(key_after("metadata.labels.app", "metadata.labels.").as_deref(), Some("app"));
        assert_eq!(key_after("metadata.labels.[a.b/c]", "metadata.labels.").as_deref(), Some("a.b/c"));
        assert_eq!(key_after("metadata.labels.a\\.b/c", "metadata.labels.").as_deref(), Some("a.b/c"));
        assert_eq!(key_after("metadata.name", "metadata.labels."), None);
    }
}
