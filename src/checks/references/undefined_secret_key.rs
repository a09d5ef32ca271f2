//! `undefined-secret-key`: a reference to a key that the definition of its Secret lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::checks::common::{Across, listed_names};
use crate::inventory::facts::{Maker, Usage};
use crate::inventory::index::{Defined, Inventory, Used};
use crate::inventory::near::is_within;
use crate::inventory::{Place, Stated};

/// Most keys that a missing one is compared with for a hint.
const MOST_KEYS: usize = 256;

/// A missing key: who asks for it, what lacks it, and in which namespaces.
struct Missing<'i> {
    used: &'i Used<'i>,
    key: &'i str,
    found: Rc<Meant<'i>>,
    namespaces: BTreeSet<&'i str>,
}

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    // One finding a place, whatever the number of namespaces that its object lands in.
    let mut missing: BTreeMap<(usize, Place), Missing<'_>> = BTreeMap::new();
    let mut meant: BTreeMap<(&str, &Stated), Rc<Meant<'_>>> = BTreeMap::new();
    for used in inventory.used.iter().filter(|used| used.is_needed()) {
        if used.reference.usage == Usage::Access || used.reference.keys.is_empty() {
            continue;
        }
        let found = meant.entry((&used.name, &used.namespace)).or_insert_with(|| Rc::new(Meant::new(inventory, used)));
        let declared = inventory.convention.declared(&used.name, used.namespace.known());
        let known = |key: &str| {
            let declares = declared.is_some_and(|declared| {
                declared.keys.as_ref().is_none_or(|keys| keys.iter().any(|other| other == key))
            });
            declares || found.open || found.keys.contains(key)
        };
        if found.definitions.is_empty() && declared.is_none() {
            continue;
        }
        for (key, place) in used.reference.keys.iter().filter(|(key, _)| !known(key)) {
            let new = || Missing { used, key, found: found.clone(), namespaces: BTreeSet::new() };
            let entry = missing.entry((used.file, *place)).or_insert_with(new);
            entry.namespaces.extend(used.namespace.known());
        }
    }
    for ((file, place), Missing { used, key, found, namespaces }) in missing {
        let near = found.nearest(key);
        let place_words =
            if namespaces.is_empty() { String::new() } else { format!(" in {}", listed_names(namespaces)) };
        let hint = near.map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
        let message = format!("The Secret `{}`{place_words} has no key `{key}`.{hint}", used.name);
        let mut related: Vec<_> = Vec::new();
        for defined in found.definitions.iter().take(3) {
            let keys: Vec<&str> = defined.definition.keys.iter().map(|(key, _)| &**key).take(12).collect();
            let more = if defined.definition.keys.len() > keys.len() { ", …" } else { "" };
            let words = match keys.as_slice() {
                [] => "defined here, without keys".to_owned(),
                keys => format!("defined here, with {}{more}", keys.join(", ")),
            };
            related.push(cx.related(defined.file, defined.place(), words));
        }
        related.dedup_by(|a, b| (&a.path, a.region) == (&b.path, b.region));
        let user = inventory.object(used.user);
        cx.report_in((file, place), user, &used.reference.path, message).related = related;
    }
}

/// What a use means: the definitions of its namespace, else those that may be of it.
struct Meant<'i> {
    definitions: Vec<&'i Defined<'i>>,
    keys: BTreeSet<&'i str>,
    /// The first of those that are alike, by letters and digits alone.
    plain: BTreeMap<String, &'i str>,
    /// Whether one of them may have any key.
    open: bool,
}

impl<'i> Meant<'i> {
    fn new(inventory: &'i Inventory<'i>, used: &'i Used<'i>) -> Self {
        let exact = |defined: &&&Defined<'_>| matches!((&defined.namespace, &used.namespace), (Stated::Known(a), Stated::Known(b)) if a == b);
        let all: Vec<&Defined<'_>> = inventory.definitions(&used.name, &used.namespace).collect();
        let own: Vec<&Defined<'_>> = all.iter().filter(exact).copied().collect();
        let definitions = if own.is_empty() { all } else { own };
        let (mut keys, mut plain) = (BTreeSet::new(), BTreeMap::new());
        for (key, _) in definitions.iter().flat_map(|defined| &defined.definition.keys) {
            keys.insert(&**key);
            plain.entry(letters(key)).or_insert(&**key);
        }
        // Where keys are only added to a Secret, that one has others.
        let added = definitions.iter().all(|defined| defined.definition.maker == Maker::MergedExternalSecret);
        let open = added || definitions.iter().any(|defined| !defined.definition.complete);
        Self { definitions, keys, plain, open }
    }

    /// The key that was likely meant: one that differs in case and punctuation only, else in a letter or two.
    fn nearest(&self, key: &str) -> Option<&'i str> {
        let alike = self.plain.get(&letters(key)).copied();
        let mut others = self.keys.iter().copied().take(MOST_KEYS).filter(|_| key.len() >= 5);
        alike.or_else(|| others.find(|other| is_within(key, other, 2)))
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}
