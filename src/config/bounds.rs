//! How a policy bounds what a repository sets.

use super::shown::Shown;
use super::values::{Listed, Origin};
use crate::error::{Problem, quoted, quoted_glob};

/// Joins the values of a key. Without a policy, those of the repository replace the defaults.
pub(super) struct Bounds<'a> {
    /// The policy, as people would type it.
    pub policy: Option<&'a str>,
    pub key: &'static str,
    pub problems: &'a mut Vec<Problem>,
}

impl Bounds<'_> {
    fn refuse(&mut self, origin: &Origin, what: &str) {
        if let Some(policy) = self.policy {
            self.problems.push(refused(policy, origin, what));
        }
    }

    /// Reports that a single value is weaker than the policy's.
    pub(super) fn refuse_weaker(&mut self, own: &Shown, floor: &Shown) {
        if let (Shown::Value(own, origin), Shown::Value(floor, _)) = (own, floor) {
            self.refuse(origin, &format!("`{}: {own}`, weaker than the policy's ({floor}),", self.key));
        }
    }
}

/// A policy's table is the only one: each change would let names pass, or hide what a path means.
pub(super) fn fixed<T: PartialEq>(bounds: &mut Bounds<'_>, floor: Option<Listed<T>>, own: Listed<T>) -> Listed<T> {
    let Some(floor) = floor else { return own };
    let same = own.value.len() == floor.value.len()
        && own.value.iter().zip(&floor.value).all(|(own, floor)| own.value == floor.value);
    if !same {
        bounds.refuse(&own.origin, &format!("`{}`, which differs from the policy's,", bounds.key));
    }
    floor
}

/// A policy's list of what is allowed can be narrowed.
pub(super) fn narrowed(
    bounds: &mut Bounds<'_>,
    floor: Option<Listed<String>>,
    mut own: Listed<String>,
) -> Listed<String> {
    let Some(floor) = floor else { return own };
    own.value.retain(|item| {
        let allowed = floor.value.iter().any(|floor| floor.value == item.value);
        if !allowed {
            let item_name = quoted_glob(&item.value);
            bounds.refuse(&item.origin, &format!("{item_name} in `{}`, which the policy does not list,", bounds.key));
        }
        allowed
    });
    own
}

/// A policy's list can be added to.
pub(super) fn extended<T: PartialEq>(bounds: &mut Bounds<'_>, floor: Option<Listed<T>>, own: Listed<T>) -> Listed<T> {
    extended_without(bounds, floor, own, |_, _| None)
}

/// The same without entries that clash with the policy's. `clash` names an entry that is about the same thing as one of the policy.
pub(super) fn extended_without<T: PartialEq>(
    bounds: &mut Bounds<'_>,
    floor: Option<Listed<T>>,
    own: Listed<T>,
    clash: impl for<'t> Fn(&T, &'t T) -> Option<&'t str>,
) -> Listed<T> {
    let Some(mut floor) = floor else { return own };
    let bounding = floor.value.len();
    for item in own.value {
        let theirs = &floor.value[..bounding];
        if theirs.iter().any(|theirs| theirs.value == item.value) {
            continue;
        }
        match theirs.iter().find_map(|theirs| clash(&theirs.value, &item.value)) {
            Some(name) => {
                let what = format!("{} in `{}`, which differs from the policy's,", quoted(name), bounds.key);
                bounds.refuse(&item.origin, &what);
            }
            None => floor.value.push(item),
        }
    }
    floor
}

/// The warning that something has no effect under a policy.
pub(super) fn refused(policy: &str, origin: &Origin, what: &str) -> Problem {
    let help = format!("{policy} is the policy; ask its owners for an exception");
    origin.blame(format!("{what} has no effect")).warning().help(help)
}
