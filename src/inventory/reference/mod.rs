//! Which Secrets an object names, and what its pods pull (`docs/facts/references.md`). What stands where is data:
//! `rules/references/*.yml`, which `build.rs` turns into a table.

mod crumb;
pub(crate) mod path;
mod table;
#[cfg(test)]
mod tests;
mod walk;

use self::crumb::Crumb;
use self::path::Step;
use self::table::{Name, Rule, Take, Then};
use self::walk::{Context, Walk};
use super::Places;
use super::convention::OwnKind;
use super::facts::{Mount, Pod, Reference};
use crate::document::object::Object;

/// The Secrets that `object` names, in the order of the table, its pod specifications (`docs/facts/references.md`), and the volumes of the Secrets Store CSI driver in these. `own` are fields of a user's own kinds. Names that a template or an expression writes are left out.
///
/// Objects inside the object (a manifest in a string, the resource of a trigger) are objects of their own and not read.
pub(crate) fn references(
    object: &Object<'_>,
    places: &Places<'_>,
    own: &[OwnKind],
) -> (Vec<Reference>, Vec<Pod>, Vec<Mount>) {
    let kinds = table::of_kind(object.kind);
    let mut walk = Walk::new(object, places);
    for kind in kinds.iter().filter(|kind| kind.groups.contains(&object.group())) {
        if kind.when.iter().all(|condition| condition.holds(object.node)) {
            walk.rules(kind.rules, object.node, &Crumb::ROOT, Context::new(kind.elsewhere));
        }
    }
    for kind in own.iter().filter(|own| own.kind == object.kind) {
        if kind.group.as_deref().is_none_or(|group| group == object.group()) {
            walk_own(&mut walk, kind, object);
        }
    }
    walk.done()
}

/// A path that cannot be read leads nowhere; the configuration has said so.
fn walk_own(walk: &mut Walk<'_>, own: &OwnKind, object: &Object<'_>) {
    let key = own.key.as_deref().map_or(Ok(Vec::new()), path::parse);
    let (Ok(steps), Ok(keys)) = (path::parse(&own.path), key) else { return };
    let (name, path) = match steps.split_last() {
        Some((Step::Key(name), path)) => (Name::Field(name), path),
        _ => (Name::Whole, &steps[..]),
    };
    let take = Take {
        name,
        namespace: None,
        keys: &keys,
        implied: &[],
        usage: own.usage,
        honoured: false,
        optional: own.optional,
    };
    let rule = Rule { path, when: &[], kustomize: false, elsewhere: false, then: Then::Take(take) };
    walk.rules(&[rule], object.node, &Crumb::ROOT, Context::new(false));
}
