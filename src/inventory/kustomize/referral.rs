//! Which Secret a reference means after a build: kustomize renames references along with what they name.

use super::Build;
use super::item::Built;
use super::select::same_namespace;
use super::text::Match;

/// What a reference of an object names in a build.
#[derive(Clone, Copy, Debug)]
pub enum Referral<'b, 'a> {
    /// This object, whose final name kustomize writes into the reference.
    Object(&'b Built<'a>),
    /// No object of the build went by this name: the reference stays as it is.
    Unchanged,
    /// It cannot be known.
    Unknown,
}

impl<'a> Build<'a> {
    /// What a reference to the Secret `name` in `referrer` names, where kustomize follows such references.
    ///
    /// Only objects of `kind: Secret` are looked for (`docs/facts/kustomize.md#nameprefix-and-namesuffix`): a SealedSecret of the name is none.
    #[must_use]
    pub fn secret(&self, referrer: &Built<'a>, name: &str) -> Referral<'_, 'a> {
        let everywhere = referrer.is_cluster_scoped();
        let mut certain = Vec::new();
        let mut possible = false;
        for item in self.secrets.of(name).into_iter().map(|at| &self.objects[at]) {
            // Objects that nothing changed have no earlier name, and what names them needs no change.
            let named = item.earlier.iter().map(|earlier| earlier.name.is(name)).max().unwrap_or(Match::No);
            let near =
                if everywhere { Match::Yes } else { same_namespace(false, &item.namespace, &referrer.namespace) };
            match named.min(near) {
                Match::Yes if !item.doubtful => certain.push(item),
                Match::No => {}
                _ => possible = true,
            }
        }
        if possible {
            return Referral::Unknown;
        }
        if certain.len() > 1 {
            certain.retain(|item| alike(item, referrer, true));
        }
        if certain.len() > 1 {
            certain.retain(|item| alike(item, referrer, false));
        }
        match certain[..] {
            [] => Referral::Unchanged,
            [item] => Referral::Object(item),
            [item, ..] if certain.iter().all(|other| other.name == item.name && other.hashed == item.hashed) => {
                Referral::Object(item)
            }
            _ => Referral::Unknown,
        }
    }
}

/// Whether two objects went through the same prefixes and suffixes, from the outermost inwards.
fn alike(one: &Built<'_>, other: &Built<'_>, empty_fits: bool) -> bool {
    let ends = |one: &[&str], other: &[&str]| {
        let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
        if short.is_empty() { long.is_empty() || empty_fits } else { long.ends_with(short) }
    };
    ends(&one.prefixes, &other.prefixes) && ends(&one.suffixes, &other.suffixes)
}
