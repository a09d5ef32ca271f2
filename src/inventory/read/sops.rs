//! What a file is to SOPS.

use crate::document::fragment::{Host, Lang};
use crate::document::sops::{self, config, name, plain};
use crate::document::view::View;
use crate::inventory::Places;
use crate::inventory::facts::sops::{Encrypted, Sops};

/// What the file is to SOPS, if anything.
pub(super) fn of_file(view: &View<'_>, places: &Places<'_>) -> Option<Sops> {
    if matches!(view.lang, Lang::Markdown | Lang::Notebook) {
        return None;
    }
    if name::is_config(view.path) {
        let unit = view.parsed.units.iter().find(|unit| unit.host() == Host::File)?;
        let rules = config::read(unit)?.into_iter();
        return Some(Sops::Rules(
            rules.map(|rule| (places.at(rule.span), rule)).map(|(at, rule)| (rule, at)).collect(),
        ));
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
