//! `sops-rule-drift`: an encrypted file that its creation rule would encrypt otherwise today.

use std::collections::BTreeSet;

use crate::checks::common::{Across, listed};
use crate::document::sops::config::{Match, Rule};
use crate::document::sops::{Group, Recipient, Selector};
use crate::inventory::sops::{Encrypted, Sops};
use crate::mask;
use crate::value::Sensitive;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    for (file, (path, facts)) in inventory.files().iter().enumerate() {
        let Some(Sops::Encrypted(encrypted)) = facts.sops.as_deref() else { continue };
        let governing = inventory.governing(path);
        // Where another configuration agrees with the file, or may, that one is meant.
        let agrees = |rule: &Rule| differences(rule, encrypted).is_empty();
        let unknown = |matched: Match| !matches!(matched, Match::Rule(_) | Match::Nothing);
        let mut rules = governing.iter().filter_map(|config| Some((config, config.rule()?)));
        let Some((config, (number, rule))) = rules.next() else { continue };
        if agrees(rule) || rules.any(|(_, (_, rule))| agrees(rule)) || governing.iter().any(|one| unknown(one.matched))
        {
            continue;
        }
        let there = inventory.path(config.file).clone();
        let differences = differences(rule, encrypted);
        let recipients = differences.iter().any(|difference| !difference.is_selector);
        let words: Vec<String> = differences.into_iter().map(|difference| difference.words).collect();
        let message = format!("Rule {} of `{there}` applies to this file, which {}.", number + 1, words.join(" and "));
        let related = cx.related(config.file, config.rules[number].1, "the creation rule");
        let draft = cx.report(file, encrypted.place, Some(".sops".to_owned()), message);
        draft.related.push(related);
        if !recipients {
            draft.help = Some(format!(
                "Re-encrypt the file (`sops decrypt --in-place {path}`, then `sops encrypt --in-place {path}`), or change the rule to the selector that the file has; `sops updatekeys` does not change it."
            ));
        }
    }
}

struct Difference {
    is_selector: bool,
    words: String,
}

fn differences(rule: &Rule, file: &Encrypted) -> Vec<Difference> {
    let mut found = Vec::new();
    if let Some(groups) = rule.groups.as_ref().filter(|groups| is_known(groups))
        && let Some(words) = of_groups(groups, &file.groups)
    {
        found.push(Difference { is_selector: false, words });
    }
    if rule.shamir > 0 && file.shamir > 0 && rule.shamir != file.shamir && file.groups.len() > 1 {
        let words = format!("needs {} of its key groups instead of {}", file.shamir, rule.shamir);
        found.push(Difference { is_selector: false, words });
    }
    let wanted = match rule.selectors.as_slice() {
        [] => Some(Selector::default()),
        [(one, _)] => Some(one.clone()),
        _ => None,
    };
    if let (Some(wanted), Some(selector)) = (wanted, &file.selector)
        && wanted != *selector
    {
        let words = format!("was encrypted by {} instead of {}", selector.title(), wanted.title());
        found.push(Difference { is_selector: true, words });
    }
    found
}

/// Whether a rule says for whom: where it does not, the call of `sops` does.
fn is_known(groups: &[Group]) -> bool {
    // Addresses of keys in other stores look like references, which they are.
    let named = |recipient: &&Recipient| matches!(recipient.kind, "age" | "pgp");
    let mut named = groups.iter().flatten().filter(named);
    groups.iter().all(|group| !group.is_empty())
        && !named.any(|recipient| Sensitive::new(&recipient.id).is_placeholder())
}

fn of_groups(wanted: &[Group], written: &[Group]) -> Option<String> {
    // Metadata that lack such things are broken, which another rule says.
    if written.iter().all(BTreeSet::is_empty) || written.iter().flatten().any(|recipient| recipient.id.is_empty()) {
        return None;
    }
    let sets = |groups: &[Group]| groups.iter().cloned().collect::<BTreeSet<Group>>();
    if sets(wanted) == sets(written) {
        return None;
    }
    let all = |groups: &[Group]| groups.iter().flatten().cloned().collect::<BTreeSet<Recipient>>();
    let (wanted, written) = (all(wanted), all(written));
    let names = |difference: Vec<&Recipient>| {
        let each: Vec<String> = difference.iter().map(|one| format!("{} {}", one.kind, shortened(&one.id))).collect();
        listed(&each)
    };
    let missing: Vec<&Recipient> = wanted.difference(&written).collect();
    let further: Vec<&Recipient> = written.difference(&wanted).collect();
    Some(match (missing.is_empty(), further.is_empty()) {
        (true, true) => "has its recipients in other key groups".to_owned(),
        (false, true) => format!("is not encrypted for {}", names(missing)),
        (true, false) => format!("is still encrypted for {}", names(further)),
        (false, false) => format!("is not encrypted for {}, but for {}", names(missing), names(further)),
    })
}

/// A recipient as far as a message may show it: most look random, and their ends are enough to know them by.
fn shortened(id: &str) -> String {
    const END: usize = 6;
    let shown = mask::masked(id);
    if shown == id {
        return id.to_owned();
    }
    let from = id.char_indices().rev().nth(END - 1).map_or(0, |(at, _)| at);
    format!("(…{})", &id[from..])
}
