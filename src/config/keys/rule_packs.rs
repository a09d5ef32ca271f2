//! `rule-packs`: rule files of your own. The lists of all files add up.

use super::prelude::*;

pub(crate) const RULE_PACKS: Key<Listed<String>> = Key {
    name: "rule-packs",
    summary: "Globs of rule files (`*.yml`) of your own, relative to the folder of the file.",
    ..GLOBS
};
