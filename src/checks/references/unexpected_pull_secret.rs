//! `unexpected-pull-secret`: `imagePullSecrets` with another Secret than the registry's, or with one twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::common::repair::{self, List, Repair};
use crate::checks::common::{Across, listed_names};
use crate::inventory::Place;
use crate::inventory::facts::Usage;
use crate::inventory::index::At;
use crate::span::Span;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let convention = inventory.convention;
    let allowed = listed_names(&convention.image_pull);
    // By object, list and name: the places that name it.
    let mut lists: BTreeMap<(usize, At, &str, &str), BTreeSet<Place>> = BTreeMap::new();
    let mut unexpected = BTreeSet::new();
    let mut followed = BTreeSet::new();
    for used in inventory.used.iter().filter(|used| used.reference.usage == Usage::ImagePull) {
        let key = (used.file, used.user, used.reference.list(), &*used.reference.name);
        lists.entry(key).or_default().insert(used.reference.place);
        if inventory.convention_applies(&used.namespace) && !convention.allows_image_pull(&used.name) {
            unexpected.insert(key);
        }
        if used.follows {
            followed.insert((used.file, used.user, used.reference.list()));
        }
    }
    // By list: all that is wrong in it, which one repair sets right.
    let mut wrong: BTreeMap<(usize, At, &str), BTreeSet<Span>> = BTreeMap::new();
    for key @ (file, user, list, _) in &unexpected {
        let spans = lists.get(key).into_iter().flatten().map(|place| place.span);
        wrong.entry((*file, *user, list)).or_default().extend(spans);
    }
    for (key @ (file, user, list, name), places) in &lists {
        let twice = places.len() > 1;
        let is_unexpected = unexpected.contains(key);
        let repeated = places.iter().skip(1).map(|place| place.span).collect();
        let mut each = places.iter();
        let Some(&first) = each.next() else { continue };
        let not_allowed = format!("is not one of the registry Secrets here: {allowed}.");
        let message = match (twice, is_unexpected) {
            (false, false) => continue,
            (true, false) => format!("The pull secret `{name}` is listed more than once."),
            (false, true) => format!("The pull secret `{name}` {not_allowed}"),
            (true, true) => format!("The pull secret `{name}` is listed more than once, and {not_allowed}"),
        };
        let at = each.next().copied().unwrap_or(first);
        let related = if twice { vec![cx.related(*file, first, "first listed here")] } else { Vec::new() };
        let of_list = (*file, *user, *list);
        // A name that kustomize changes is not the one that stands there.
        let all = wrong.get(&of_list).filter(|_| is_unexpected);
        let few = places.len().max(all.map_or(0, BTreeSet::len)) <= repair::MOST;
        let repair = (few && !followed.contains(&of_list)).then(|| match all {
            Some(wrong) => {
                let wrong = wrong.iter().copied().collect();
                Repair::Use { list: List::PullSecrets, wrong, right: convention.image_pull.clone() }
            }
            _ => Repair::Repeated { names: repeated },
        });
        let draft = cx.report_in((*file, at), inventory.object(*user), list, message);
        draft.related = related;
        draft.repair = repair;
    }
}
