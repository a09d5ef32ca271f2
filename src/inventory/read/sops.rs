//! What a file is to SOPS.

use crate::document::sops::{self, config, name, plain};
use crate::document::view::View;
use crate::inventory::Places;
use crate::inventory::facts::sops::{Encrypted, Sops};

/// What the file is to SOPS, if anything.
pub(super) fn of_file(view: &View<'_>, places: &Places<'_>) -> Option<Sops> {
    if view.is_for_people() {
        return None;
    }
    if name::is_config(view.path) {
        let unit = view.file_units().next()?;
        let rules = config::read(unit)?.into_iter();
        let placed = rules.map(|rule| {
            let place = places.at(rule.span);
            (rule, place)
        });
        return Some(Sops::Rules(placed.collect()));
    }
    if let Some(file) = sops::read(view) {
        let metadata = file.metadata;
        return Some(Sops::Encrypted(Encrypted {
            selector: metadata.selector().filter(|_| !name::is_binary(view.path)),
            place: places.at(metadata.span),
            groups: metadata.groups,
            shamir: metadata.shamir,
        }));
    }
    name::announced(view.path)?;
    if name::is_sample(view.path) {
        return None;
    }
    Some(Sops::Plain(places.at(plain::first(view)?)))
}
