//! `--show-config`: the merged configuration as a file that gives the same result, the origin of each value beside it.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use super::key::{Scope, Values};
use super::keys::KEYS;
use super::keys::lists::{EXCLUDE, RULE_PACKS};
use super::keys::rules::{RULES, RuleEntry};
use super::layer::Layer;
use super::nested::Nested;
use super::settings::Settings;
use super::shown::Shown;
use super::values::{Listed, Origin, Valued};
use crate::error::printable;

impl Settings {
    /// The merged configuration as YAML, with origins as comments. Ask after the listing, which finds nested files.
    pub(crate) fn show(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "# root: {}", printable(&self.root.display().to_string()))?;
        writeln!(out, "# format: {}  ({})", printable(&self.formats.value.join(", ")), self.formats.origin)?;
        let values = self.layered();
        if let Some(policy) = &self.policy {
            writeln!(out, "# policy: {}; it bounds what is set below", printable(&policy.name))?;
            for key in KEYS.iter().filter(|key| !key.scopes().contains(&Scope::Root)) {
                if let Shown::Value(value, origin) = key.show(&values) {
                    writeln!(out, "#   {}: {value}  ({origin})", key.name())?;
                }
            }
        }
        if !self.only.is_empty() {
            writeln!(out, "# only the rules: {}  (--rule)", printable(&self.only.join(", ")))?;
        }
        let mut group = None;
        for key in KEYS.iter().filter(|key| key.scopes().contains(&Scope::Root)) {
            if key.group() != group {
                group = key.group();
                group.map_or(Ok(()), |group| writeln!(out, "{group}:"))?;
            }
            key.show(&values).write(out, if group.is_some() { "  " } else { "" }, key.label())?;
        }
        Ok(())
    }

    /// What holds, with the keys that add up over the files.
    fn layered(&self) -> Values {
        let nested: Vec<Arc<Layer>> = self.nested.iter().flat_map(Nested::layers).collect();
        let layers = || {
            let outer = self.policy.iter().map(|policy| &policy.layer).chain([&self.repository]);
            outer.chain(nested.iter().map(AsRef::as_ref))
        };
        let flag = |glob: &String| Valued { value: glob.clone(), origin: Origin::Flag("--exclude") };
        let flags = self.flag_exclude.patterns().iter().map(flag);
        let packs = self.packs.iter();
        let packs = packs.map(|pack| Valued { value: pack.path.clone(), origin: pack.origin.clone() });
        let defaults = self.all_rules().map(|rule| RuleEntry {
            id: Valued::built_in(rule.id.to_string()),
            level: Valued::built_in(Some(rule.level)),
            paths: None,
        });
        let mut values = self.values.clone();
        values.set(&EXCLUDE, sorted(layers().flat_map(Layer::excluded).chain(flags).collect()));
        values.set(&RULE_PACKS, sorted(packs.collect()));
        values.set(&RULES, defaults.chain(layers().flat_map(|layer| layer.levels.entries())).collect());
        values
    }
}

fn sorted(mut items: Vec<Valued<String>>) -> Listed<String> {
    items.sort_by_cached_key(|item| (item.value.clone(), item.origin.to_string()));
    Valued::built_in(items)
}
