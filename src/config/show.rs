//! `--show-config`: the merged configuration as a file that gives the same result, the origin of each value beside it.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write as _};
use std::sync::Arc;

use super::Settings;
use super::levels::Entry;
use super::nested::{Layer, Nested};
use super::values::{Origin, Valued, show_size};
use crate::error::printable;
use crate::rule::Level;
use crate::yaml_scalar::quoted;

impl Settings {
    /// The merged configuration as YAML, sorted, with origins as comments. Ask after the listing, which finds nested files.
    #[must_use]
    pub(crate) fn show(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "# root: {}", printable(&self.root.display().to_string()))?;
        writeln!(out, "# format: {}  ({})", printable(&self.formats.value.join(", ")), self.formats.origin)?;
        if let Some(policy) = &self.policy {
            writeln!(out, "# policy: {}; it bounds what stands below", printable(&policy.name))?;
            writeln!(out, "#   allow-baseline: {}  ({})", policy.allow_baseline.value, policy.allow_baseline.origin)?;
            writeln!(out, "#   allow-comments: {}  ({})", policy.allow_comments.value, policy.allow_comments.origin)?;
            writeln!(out, "#   allow-exclude: {}  ({})", policy.allow_exclude.value, policy.allow_exclude.origin)?;
        }
        if !self.only.is_empty() {
            writeln!(out, "# only the rules: {}  (--rule)", printable(&self.only.join(", ")))?;
        }
        let baseline = self.baseline.value.shown();
        scalar(out, "baseline", baseline, &self.baseline.origin)?;
        self.excludes(out)?;
        scalar(out, "fail-on", self.fail_on.value.as_str(), &self.fail_on.origin)?;
        scalar(out, "max-size", show_size(self.max_size.value), &self.max_size.origin)?;
        self.rule_packs(out)?;
        self.package.show(out)?;
        self.joined.show(out)?;
        self.levels(out)
    }

    /// Layers of folders, in the order in which they are applied.
    fn layers(&self) -> Vec<Arc<Layer>> {
        self.nested.iter().flat_map(Nested::layers).collect()
    }

    fn excludes(&self, out: &mut String) -> fmt::Result {
        let mut lines: Vec<(String, String)> = Vec::new();
        let mut add = |layer: &Layer| {
            let origins = layer.exclude_origins.iter().map(|glob| glob.origin.to_string());
            lines.extend(layer.exclude.patterns().iter().cloned().zip(origins));
        };
        self.policy.iter().for_each(|policy| add(&policy.layer));
        add(&self.repository);
        self.layers().iter().for_each(|layer| add(layer));
        let flags = self.flag_exclude.patterns().iter().cloned();
        lines.extend(flags.map(|glob| (glob, Origin::Flag("--exclude").to_string())));
        list(out, "exclude", lines)
    }

    fn rule_packs(&self, out: &mut String) -> fmt::Result {
        list(out, "rule-packs", self.packs.iter().map(|pack| (pack.path.clone(), pack.origin.to_string())).collect())
    }

    fn levels(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "rules:")?;
        let rules: BTreeMap<&str, Level> = self.all_rules().map(|rule| (rule.id.as_ref(), rule.level)).collect();
        let nested = self.layers();
        for (id, default) in rules {
            let base = Valued::built_in(Some(default));
            let mut lines = vec![line(base.value, None, &base.origin)];
            let policy = self.policy.iter().map(|policy| &policy.layer);
            let layers = policy.chain([&self.repository]).chain(nested.iter().map(AsRef::as_ref));
            for entry in layers.flat_map(|layer| layer.levels.entries(id)) {
                let Entry { level, paths, origin } = entry;
                if paths.is_none() {
                    lines.clear();
                }
                lines.push(line(*level, paths.as_ref().map(super::globs::Globs::patterns), origin));
            }
            match lines.as_slice() {
                [(value, origin)] if !value.starts_with('{') => writeln!(out, "  {id}: {value}  # {origin}")?,
                lines => {
                    writeln!(out, "  {id}:")?;
                    lines.iter().try_for_each(|(value, origin)| writeln!(out, "    - {value}  # {origin}"))?;
                }
            }
        }
        Ok(())
    }
}

fn line(level: Option<Level>, paths: Option<&[String]>, origin: &Origin) -> (String, String) {
    let level = level.map_or("off", Level::as_str);
    let value = match paths {
        None => level.to_owned(),
        Some(paths) => {
            let globs: Vec<String> = paths.iter().map(|glob| quote(glob)).collect();
            format!("{{ level: {level}, paths: [{}] }}", globs.join(", "))
        }
    };
    (value, origin.to_string())
}

pub(super) fn scalar(out: &mut String, key: &str, value: impl Display, origin: &Origin) -> fmt::Result {
    writeln!(out, "{key}: {value}  # {origin}")
}

fn list(out: &mut String, key: &str, mut lines: Vec<(String, String)>) -> fmt::Result {
    if lines.is_empty() {
        return writeln!(out, "{key}: []  # {}", Origin::Default);
    }
    lines.sort();
    writeln!(out, "{key}:")?;
    lines.iter().try_for_each(|(value, origin)| writeln!(out, "  - {}  # {origin}", quote(value)))
}

/// Text as a double-quoted YAML scalar, which JSON's form is.
pub(super) fn quote(text: &str) -> String {
    quoted(&crate::mask::masked(text))
}
