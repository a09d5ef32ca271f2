//! What a SealedSecret was sealed for (`docs/facts/sealed-secrets.md`).

use std::hash::{DefaultHasher, Hash, Hasher};

use super::around::Around;
use crate::document::yaml::Node;
use crate::inventory::facts::{Scope, Sealed};
use crate::value::Sensitive;

/// Annotations, without prefix, that say when a SealedSecret was made.
const DATES: [&str; 6] = ["generated-date", "generated-at", "sealed-at", "sealed-on", "rotated-at", "last-rotated"];

/// What a SealedSecret says; nothing for other objects.
pub(super) fn of_object(around: &Around<'_>) -> Option<Sealed> {
    if !around.is("bitnami.com", "SealedSecret") {
        return None;
    }
    let template = around.at(&["spec", "template", "metadata"]);
    let name = template.and_then(|template| template.get("name"));
    let namespace = template.and_then(|template| template.get("namespace"));
    let entries = around.at(&["spec", "encryptedData"]).into_iter().flat_map(Node::entries);
    let entries = entries.filter_map(|(key, value)| {
        let text = value.as_str().filter(|text| Sensitive::new(text).is_sealed())?;
        let mut hasher = DefaultHasher::new();
        text.bytes().filter(|byte| !byte.is_ascii_whitespace()).for_each(|byte| byte.hash(&mut hasher));
        Some((key.as_str()?.into(), hasher.finish(), around.place(value)))
    });
    // Only the string "true" counts.
    let annotations = around.at(&["metadata", "annotations"]);
    let value = |name: &str| annotations.and_then(|annotations| annotations.get(name));
    let is_true = |name: &str| value(name).is_some_and(|value| value.is_string() && value.as_str() == Some("true"));
    Some(Sealed {
        scope: Scope::of_annotations(is_true),
        name: around.stated(name),
        namespace: around.stated(namespace),
        template_place: namespace.or(name).map(|node| around.place(node)),
        name_place: name.map(|node| around.place(node)),
        entries: entries.collect(),
        sealed_on: sealed_on(around),
    })
}

fn sealed_on(around: &Around<'_>) -> Option<jiff::civil::Date> {
    let own = around.at(&["metadata", "annotations"]);
    let template = around.at(&["spec", "template", "metadata", "annotations"]);
    let entries = own.into_iter().chain(template).flat_map(Node::entries);
    let dates = entries.filter_map(|(key, value)| {
        let name = key.as_str()?.rsplit('/').next()?;
        DATES.contains(&name).then(|| date(value.as_str()?)).flatten()
    });
    dates.max()
}

/// The day of `2025-07-04`, `2025-07-04T12:00:00-05:00` or `20250704`.
fn date(text: &str) -> Option<jiff::civil::Date> {
    let text = text.trim();
    if let Some(day) = text.get(..10).and_then(|day| day.parse().ok()) {
        return Some(day);
    }
    let compact = text.get(..8).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    jiff::civil::Date::new(compact[..4].parse().ok()?, compact[4..6].parse().ok()?, compact[6..].parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_of_annotations() {
        let day = jiff::civil::date(2025, 7, 4);
        for text in ["2025-07-04", "2025-07-04T23:59:00-05:00", "20250704", " 2025-07-04 "] {
            assert_eq!(date(text), Some(day), "{text}");
        }
        for text in ["", "July 4", "2025-13-04", "2025", "$(date)", "20251304"] {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
