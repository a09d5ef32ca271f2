//! Which objects a patch or a replacement is for.

use std::cell::RefCell;
use std::collections::HashMap;

use super::item::Built;
use super::text::{Match, Text};
use crate::go_regex::GoRegex;
use crate::inventory::facts::Object;
use crate::inventory::facts::kustomization::Selector;

/// Stands for the namespace of kinds that have none.
const NO_NAMESPACE: &str = "_non_namespaceable_";

/// The namespace by which kustomize compares objects: those without one are in `default`.
fn effective<'t>(cluster_scoped: bool, namespace: &'t Text<'_>) -> Option<&'t str> {
    if cluster_scoped {
        return Some(NO_NAMESPACE);
    }
    namespace.known_or("default")
}

/// Whether two objects of one scope are in the same namespace. Some of kustomize knows nothing of kinds without one, so that
/// nothing is `cluster_scoped` there.
pub(super) fn same_namespace(cluster_scoped: bool, one: &Text<'_>, other: &Text<'_>) -> Match {
    match (effective(cluster_scoped, one), effective(cluster_scoped, other)) {
        (Some(one), Some(other)) => Match::from(one == other),
        _ => Match::Maybe,
    }
}

fn same_text(one: &Text<'_>, other: &Text<'_>) -> Match {
    match (one, other) {
        (Text::Unknown, _) | (_, Text::Unknown) => Match::Maybe,
        _ => Match::from(one == other),
    }
}

/// Whether a strategic merge patch without `target` names the object, by a name that it has or had.
pub(super) fn named_by(patch: &Object, item: &Built<'_>) -> Match {
    if *item.group != *patch.group || *item.version != *patch.version {
        return Match::No;
    }
    let (name, namespace) = (Text::of(&patch.name), Text::of(&patch.namespace));
    identified(&patch.kind, &name, &namespace, item)
}

/// Whether the object has or had this kind, name and namespace.
pub(super) fn identified(kind: &str, name: &Text<'_>, namespace: &Text<'_>, item: &Built<'_>) -> Match {
    let cluster_scoped = item.is_cluster_scoped();
    let same = item.identities().filter(|(own, _, _)| *own == kind).map(|(_, own_name, own_namespace)| {
        same_text(own_name, name).min(same_namespace(cluster_scoped, own_namespace, namespace))
    });
    same.max().unwrap_or(Match::No)
}

/// Whether the selector of a replacement takes the object: exact texts, any identity that it has or had.
pub(super) fn selected_exactly(selector: &Selector, item: &Built<'_>) -> Match {
    let exact = |want: &str, have: &str| want.is_empty() || want == have;
    if !exact(&selector.group, item.group) || !exact(&selector.version, item.version) {
        return Match::No;
    }
    let by_identity =
        item.identities().filter(|(kind, _, _)| exact(&selector.kind, kind)).map(|(_, name, namespace)| {
            let name = if selector.name.is_empty() { Match::Yes } else { name.is(&selector.name) };
            let wanted = Text::Known((&*selector.namespace).into());
            let namespace =
                if selector.namespace.is_empty() { Match::Yes } else { same_namespace(false, namespace, &wanted) };
            name.min(namespace)
        });
    let identity = by_identity.max().unwrap_or(Match::No);
    if selector.unknown { identity.min(Match::Maybe) } else { identity }
}

/// Whether labels and annotations are as the selector asks.
pub(super) fn decorated(selector: &Selector, item: &Built<'_>) -> Match {
    let labels = requirements(&selector.labels, &|key| item.label(key));
    labels.min(requirements(&selector.annotations, &|key| item.annotation(key)))
}

/// Expressions of selectors, each compiled once.
#[derive(Default)]
pub(super) struct Patterns {
    compiled: RefCell<HashMap<Box<str>, GoRegex>>,
}

impl Patterns {
    /// Whether the `target` of a patch takes the object.
    pub(super) fn selects(&self, selector: &Selector, item: &Built<'_>) -> Match {
        let cluster_scoped = item.is_cluster_scoped();
        let (_, name, namespace) = item.original();
        let known = |pattern: &str, text: Option<&str>| text.map_or(Match::Maybe, |text| self.matches(pattern, text));
        let either = |pattern: &str, one: Option<&str>, other: Option<&str>| {
            if pattern.is_empty() { Match::Yes } else { known(pattern, one).max(known(pattern, other)) }
        };
        let kind = self
            .matches(&selector.group, item.group)
            .min(self.matches(&selector.version, item.version))
            .min(self.matches(&selector.kind, item.kind));
        if kind == Match::No {
            return Match::No;
        }
        let name = either(&selector.name, name.known_or(""), item.name.known_or(""));
        let namespace = either(
            &selector.namespace,
            effective(cluster_scoped, namespace),
            effective(cluster_scoped, &item.namespace),
        );
        let found = kind.min(name).min(namespace);
        if found == Match::No {
            return Match::No;
        }
        let found = found.min(decorated(selector, item));
        if selector.unknown { found.min(Match::Maybe) } else { found }
    }

    /// Whether the whole of `text` matches; an empty pattern matches all.
    fn matches(&self, pattern: &str, text: &str) -> Match {
        if pattern.is_empty() || pattern == text {
            return Match::Yes;
        }
        if pattern.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/ ".contains(&byte)) {
            return Match::No;
        }
        let mut compiled = self.compiled.borrow_mut();
        if !compiled.contains_key(pattern) {
            compiled.insert(pattern.into(), GoRegex::new(&format!("^(?:{pattern})$")));
        }
        // kustomize fails over an expression that Go rejects.
        let matches = compiled.get(pattern).and_then(|regex| regex.is_match(text));
        matches.map_or(Match::Maybe, Match::from)
    }
}

/// Whether a label selector (`a=b,c!=d,e in (f,g),!h`) holds for the texts that `get` gives.
fn requirements<'a>(selector: &str, get: &dyn Fn(&str) -> Text<'a>) -> Match {
    let mut depth = 0_usize;
    let parts = selector.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| requirement(part, get)).min().unwrap_or(Match::Yes)
}

fn requirement<'a>(part: &str, get: &dyn Fn(&str) -> Text<'a>) -> Match {
    let one_of = |key: &str, values: &str| {
        let text = get(key.trim());
        let values = values.trim().trim_start_matches('(').trim_end_matches(')');
        let there = |value: &str| if text == Text::Absent { Match::No } else { text.is(value.trim()) };
        values.split(',').map(there).max().unwrap_or(Match::No)
    };
    let exists = |key: &str| match get(key.trim()) {
        Text::Absent => Match::No,
        Text::Known(_) => Match::Yes,
        Text::Unknown => Match::Maybe,
    };
    if let Some((key, value)) = part.split_once("!=") {
        return one_of(key, value).not();
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return one_of(key, value);
    }
    if let Some((key, values)) = part.split_once(" notin ").or_else(|| part.split_once(" notin(")) {
        return one_of(key, values).not();
    }
    if let Some((key, values)) = part.split_once(" in ").or_else(|| part.split_once(" in(")) {
        return one_of(key, values);
    }
    match part.strip_prefix('!') {
        Some(key) => exists(key).not(),
        None => exists(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_selectors() {
        let get = |key: &str| match key {
            "app" => Text::Known("web".into()),
            "written" => Text::Unknown,
            _ => Text::Absent,
        };
        for (selector, expected) in [
            ("", Match::Yes),
            ("app=web", Match::Yes),
            ("app == web", Match::Yes),
            ("app!=web", Match::No),
            ("app=db", Match::No),
            ("app in (db, web),app", Match::Yes),
            ("app notin (db, web)", Match::No),
            ("app,!tier", Match::Yes),
            ("tier", Match::No),
            ("tier!=x", Match::Yes),
            ("tier=", Match::No),
            ("written=x", Match::Maybe),
            ("written=x,app=db", Match::No),
            ("written,app=web", Match::Maybe),
        ] {
            assert_eq!(requirements(selector, &get), expected, "{selector}");
        }
    }

    #[test]
    fn patterns_match_the_whole_text() {
        let patterns = Patterns::default();
        for (pattern, text, expected) in [
            ("", "a", Match::Yes),
            ("web", "web", Match::Yes),
            ("web", "web-2", Match::No),
            ("web.*", "web-2", Match::Yes),
            ("a|web", "web", Match::Yes),
            ("a|web", "web-2", Match::No),
            ("(", "web", Match::Maybe),
            // As Go reads it: `[` and `&&` are literal in a class. Classes of Unicode are not decided.
            ("[[w]eb", "[eb", Match::Yes),
            ("[[w]eb", "weeb", Match::No),
            ("w[e&&b]+", "w&b", Match::Yes),
            (r"\p{Lu}+", "web", Match::Maybe),
            (r"[\p{L}-]+", "web", Match::Maybe),
            (r"\w+", "wéb", Match::Maybe),
        ] {
            assert_eq!(patterns.matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
