//! A check run by itself, for unit tests.

use jiff::civil::Date;

use super::common::{Check, run_repository};
use crate::document::fragment::Lang;
use crate::document::view::{View, parse};
use crate::inventory::convention::Convention;
use crate::inventory::index::Inventory;
use crate::inventory::read;
use crate::rule::RuleId;

/// What the check of a rule reports on files, each finding as `LEVEL MESSAGE`.
pub(in crate::checks) fn messages_of(rule: RuleId, files: &[(&str, &str)]) -> Vec<String> {
    let read = |&(path, text): &(&str, &str)| {
        let lang = Lang::of_path(path, text);
        let parsed = parse(path, text, lang);
        assert!(parsed.faults.is_empty(), "{path}: {:?}", parsed.faults);
        (path.into(), read::read(&View::new(path, text, lang, &parsed), &[]))
    };
    let files: Vec<_> = files.iter().map(read).collect();
    let convention = Convention::default();
    let inventory = Inventory::new(&files, &convention);
    let checks: Vec<&Check> = super::all().filter(|check| check.rule == rule).collect();
    let found = run_repository(&inventory, Date::constant(2026, 1, 1), &checks);
    assert!(found.failed.is_empty(), "{:?}", found.failed);
    found.drafts.into_iter().map(|(_, draft)| format!("{:?} {}", draft.at_most, draft.message)).collect()
}
