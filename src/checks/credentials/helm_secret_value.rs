//! `helm-secret-value`: a real value in a file of Helm values that a template of the chart writes into a Secret.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::common::{Across, Weight};
use crate::document::object::push_key;
use crate::document::template::origin::EACH;
use crate::inventory::helm::{Feed, Helm, Leaf, charts_of_template, charts_of_values};
use crate::inventory::index::Inventory;

/// Values by the folder of their chart.
type ValuesOf<'i> = BTreeMap<&'i str, Values<'i>>;

/// Values by their keys, so that a template finds what it writes without going through all of them.
#[derive(Default)]
struct Values<'i> {
    /// Each with the index of its file.
    here: Vec<(usize, &'i Leaf)>,
    below: BTreeMap<&'i str, Values<'i>>,
}

impl<'i> Values<'i> {
    fn add(&mut self, file: usize, leaf: &'i Leaf) {
        let place = leaf.path.iter().fold(self, |values, key| values.below.entry(key).or_default());
        place.here.push((file, leaf));
    }

    fn below(&self, step: &str) -> Vec<&Self> {
        if step == EACH { self.below.values().collect() } else { self.below.get(step).into_iter().collect() }
    }

    /// The values that `steps` lead to.
    fn at<'p>(&self, steps: impl Iterator<Item = &'p str>) -> Vec<(usize, &'i Leaf)> {
        let mut found = vec![self];
        for step in steps {
            found = found.into_iter().flat_map(|values| values.below(step)).collect();
        }
        found.into_iter().flat_map(|values| values.here.iter().copied()).collect()
    }
}

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let mut templates = Vec::new();
    let mut values = ValuesOf::new();
    for (file, (path, facts)) in inventory.files().iter().enumerate() {
        match &facts.helm {
            Some(Helm::Template(feeds)) => templates.push((file, &**path, feeds)),
            Some(Helm::Values(leaves)) => {
                for chart in charts_of_values(path) {
                    let values = values.entry(chart).or_default();
                    leaves.iter().for_each(|leaf| values.add(file, leaf));
                }
            }
            None => {}
        }
    }
    let mut reported = BTreeSet::new();
    // What one template writes, others write under the same key without saying anything new.
    let mut followed = BTreeSet::new();
    for (template, path, feeds) in templates {
        let Some(chart) = charts_of_template(path).find(|folder| is_chart(inventory, folder)) else { continue };
        for (folder, prefix) in with_parents(inventory, chart) {
            let Some(values) = values.get(folder) else { continue };
            for feed in feeds {
                let steps = steps(feed, &prefix);
                if !followed.insert((folder, steps.clone(), feed.key.as_deref(), feed.encoded)) {
                    continue;
                }
                for (file, leaf) in values.at(steps.into_iter()) {
                    if is_credential(feed, leaf) && reported.insert((file, leaf.place)) {
                        report(cx, file, leaf, template, feed);
                    }
                }
            }
        }
    }
}

fn is_chart(inventory: &Inventory<'_>, folder: &str) -> bool {
    inventory.file(&format!("{folder}Chart.yaml")).is_some()
}

/// The folder of a chart and those of the charts that it is part of, each with the keys under which its values stand there.
fn with_parents<'i>(inventory: &Inventory<'_>, chart: &'i str) -> Vec<(&'i str, Vec<&'i str>)> {
    let mut found = vec![(chart, Vec::new())];
    let (mut folder, mut prefix) = (chart, Vec::new());
    while let Some((rest, name)) = folder.strip_suffix('/').and_then(|path| path.rsplit_once('/')) {
        let Some(parent) = rest.strip_suffix("charts").filter(|parent| parent.is_empty() || parent.ends_with('/'))
        else {
            break;
        };
        if !is_chart(inventory, parent) {
            break;
        }
        prefix.insert(0, name);
        found.push((parent, prefix.clone()));
        folder = parent;
    }
    found
}

/// The keys that lead to the values which the template writes.
fn steps<'f>(feed: &'f Feed, prefix: &[&'f str]) -> Vec<&'f str> {
    // What is `global` stands at the top for all charts.
    let global = feed.path.first().is_some_and(|step| &**step == "global");
    let prefix = if global { &[] } else { prefix };
    prefix.iter().copied().chain(feed.path.iter().map(|step| &**step)).collect()
}

/// The key by which a person knows a value.
fn key_of(leaf: &Leaf) -> &str {
    leaf.path.last().map(|step| &**step).unwrap_or_default()
}

/// Whether a value is a credential, by what `plaintext-secret` says of the same key and value where a template writes them:
/// of names, hosts and words a Secret holds many.
fn is_credential(feed: &Feed, leaf: &Leaf) -> bool {
    let own = key_of(leaf);
    let key = feed.key.as_deref().unwrap_or(own);
    let look = if feed.encoded { leaf.decoded } else { leaf.plain };
    look.is_some_and(|look| look.is_kept(key) && look.is_credential(&[key, own]))
}

fn report(cx: &mut Across<'_>, file: usize, leaf: &Leaf, template: usize, feed: &Feed) {
    let mut place = String::new();
    for step in &leaf.path {
        if step.starts_with('[') { place.push_str(step) } else { push_key(&mut place, step) }
    }
    let message = format!("The Helm value `{place}` is stored here in plaintext, and the chart writes it to a Secret.");
    let written = cx.related(template, feed.place, "written to the Secret here");
    let draft = cx.report(file, leaf.place, Some(place), message);
    draft.weight = Weight::Assignment;
    draft.related = vec![written];
}
