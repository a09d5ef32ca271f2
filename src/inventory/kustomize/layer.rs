//! One kustomization after another: what each collects from its bases and hands on.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;

use super::apply::Stepper;
use super::generate::generate;
use super::item::Built;
use super::names::Names;
use super::select::Patterns;
use super::text::Text;
use super::tree::{Found, Tree};
use super::{Build, Gap, GapKind};
use crate::inventory::Place;
use crate::inventory::facts::{Facts, Role};
use crate::inventory::kustomization::{Kustomization, Located};

/// Deepest nesting of bases and components.
const MAX_DEPTH: usize = 64;
/// Most objects of one build.
const MAX_OBJECTS: usize = 10_000;
/// Objects that all builds of a builder may take over from bases, and kustomizations that they may read, whatever the
/// size of the repository.
const LEAST_BUDGET: usize = 100_000;
/// The same in addition, for each object and each file of the repository.
const BUDGET_EACH: usize = 50;
/// Changes of an object that cost as much as another object.
const CHANGES: usize = 4;
/// Objects at which all steps may look for each unit of the budget.
const LOOKS: usize = 20;

/// Builds kustomizations. Bases are kept, so that one builder for many builds does the work once.
pub struct Builder<'a, 't> {
    pub(super) tree: &'t Tree<'a>,
    pub(super) patterns: Patterns,
    layers: RefCell<Vec<Option<Rc<Layer<'a>>>>>,
    budget: Cell<usize>,
    looks: Cell<usize>,
    writes: Cell<usize>,
}

/// What a kustomization has collected and done.
#[derive(Clone, Default)]
pub(super) struct Layer<'a> {
    pub(super) items: Vec<Built<'a>>,
    pub(super) gaps: Vec<Gap<'a>>,
    /// Whether a configuration adds fields that are followed as references.
    follows_more: bool,
}

/// Where a build is: the kustomizations that are open.
pub(super) struct Open<'o> {
    file: u32,
    outer: Option<&'o Open<'o>>,
}

impl Open<'_> {
    fn contains(&self, file: u32) -> bool {
        self.file == file || self.outer.is_some_and(|outer| outer.contains(file))
    }

    fn depth(&self) -> usize {
        1 + self.outer.map_or(0, Open::depth)
    }
}

impl<'a> Layer<'a> {
    pub(super) fn gap(&mut self, file: u32, located: &'a Located, kind: GapKind) {
        self.gap_at(file, located.place, kind, &located.text);
    }

    pub(super) fn gap_at(&mut self, file: u32, place: Place, kind: GapKind, text: &'a str) {
        self.gaps.push(Gap { file, place, kind, text });
    }

    /// Forgets what something unknown may have changed.
    pub(super) fn blur(&mut self, file: u32, place: Place) {
        self.items.iter_mut().for_each(|item| item.blur(file, place));
    }
}

impl<'a, 't> Builder<'a, 't> {
    /// For the kustomizations of `tree`.
    #[must_use]
    pub fn new(tree: &'t Tree<'a>) -> Self {
        let budget = LEAST_BUDGET.saturating_add(tree.size().saturating_mul(BUDGET_EACH));
        let layers = RefCell::new(Vec::new());
        let looks = Cell::new(budget.saturating_mul(LOOKS));
        let writes = Cell::new(budget.saturating_mul(CHANGES));
        Self { tree, patterns: Patterns::default(), layers, budget: Cell::new(budget), looks, writes }
    }

    /// What the kustomization in `file` builds; nothing where it is none.
    #[must_use]
    pub fn build(&self, file: u32) -> Build<'a> {
        let layer = self.layer(file, None);
        let mut gaps = layer.gaps.clone();
        let mut objects = layer.items.clone();
        for item in &mut objects {
            if item.hashed {
                item.remember();
            }
        }
        objects.retain_mut(|item| match item.annotation("config.kubernetes.io/local-config") {
            Text::Absent => true,
            Text::Known(text) => text == "false",
            Text::Unknown => {
                item.doubtful = true;
                true
            }
        });
        conflicts(&objects, &mut gaps);
        let secret = |item: &Built<'_>| item.kind == "Secret" && item.group.is_empty();
        let secrets = Names::of_earlier(objects.iter().enumerate().filter(|(_, item)| secret(item)));
        Build { file, objects, gaps, follows_more: layer.follows_more, secrets }
    }

    /// What the kustomization in `file` hands on.
    fn layer(&self, file: u32, outer: Option<&Open<'_>>) -> Rc<Layer<'a>> {
        let at = file as usize;
        if let Some(done) = self.layers.borrow().get(at).cloned().flatten() {
            return done;
        }
        let mut layer = Layer::default();
        self.accumulate(file, &Open { file, outer }, &mut layer);
        let mut seen = HashSet::with_capacity(layer.gaps.len());
        layer.gaps.retain(|gap| seen.insert(*gap));
        let layer = Rc::new(layer);
        // What a cycle or the depth cut short is whole where the build begins elsewhere.
        let cut = layer.gaps.iter().any(|gap| matches!(gap.kind, GapKind::Cycle | GapKind::TooLarge));
        if outer.is_none() || !cut {
            let mut layers = self.layers.borrow_mut();
            if layers.len() <= at {
                layers.resize(at + 1, None);
            }
            layers[at] = Some(layer.clone());
        }
        layer
    }

    /// Adds what a kustomization brings and does to what is there: nothing for a base, all of its parent for a component.
    fn accumulate(&self, file: u32, open: &Open<'_>, layer: &mut Layer<'a>) {
        let Some(kustomization) = self.tree.facts(file).and_then(|facts| facts.kustomization.as_deref()) else {
            return;
        };
        for path in &kustomization.resources {
            self.resource(file, path, open, layer);
        }
        for unknown in &kustomization.unknown {
            layer.gap(file, unknown, GapKind::Unsupported);
        }
        for generator in &kustomization.generators {
            generate(layer, file, file, generator);
        }
        for path in &kustomization.generator_files {
            self.generator_file(file, path, layer);
        }
        for path in &kustomization.components {
            self.component(file, path, open, layer);
        }
        for path in &kustomization.configurations {
            match self.tree.find(file, &path.text) {
                Found::File(found) => {
                    layer.follows_more |= self.tree.facts(found).is_some_and(|facts| facts.parts.name_references);
                }
                Found::Nothing => layer.gap(file, path, GapKind::Missing),
                _ => layer.follows_more = true,
            }
        }
        let mut stepper = Stepper { builder: self, file, layer, names: None, spent: false };
        for step in &kustomization.steps {
            stepper.step(step);
        }
    }

    /// Takes from the budget; false where it is spent or the build is too large.
    fn spend(&self, count: usize, depth: usize, size: usize) -> bool {
        let left = self.budget.get().checked_sub(count);
        self.budget.set(left.unwrap_or_default());
        left.is_some() && depth < MAX_DEPTH && size <= MAX_OBJECTS
    }

    /// Pays for what steps do; false where they have done too much.
    pub(super) fn pay(&self, looks: usize, writes: usize) -> bool {
        let take = |budget: &Cell<usize>, count| {
            let left = budget.get().checked_sub(count);
            budget.set(left.unwrap_or_default());
            left.is_some()
        };
        take(&self.looks, looks) && take(&self.writes, writes)
    }

    fn resource(&self, file: u32, path: &'a Located, open: &Open<'_>, layer: &mut Layer<'a>) {
        match self.tree.find(file, &path.text) {
            Found::File(found) => self.file(file, path, found, layer),
            Found::Folder(base) => {
                if open.contains(base) {
                    layer.gap(file, path, GapKind::Cycle);
                    return;
                }
                if self.kustomization(base).is_some_and(|base| base.component) {
                    layer.gap(file, path, GapKind::Misplaced);
                    return;
                }
                if !self.spend(1, open.depth(), 0) {
                    layer.gap(file, path, GapKind::TooLarge);
                    return;
                }
                let base = self.layer(base, Some(open));
                let count = base.items.len();
                let changes: usize = base.items.iter().map(Built::changed).sum();
                if !self.spend(count + changes / CHANGES + base.gaps.len(), 0, layer.items.len() + count) {
                    layer.gap(file, path, GapKind::TooLarge);
                    return;
                }
                layer.items.extend(base.items.iter().cloned());
                layer.follows_more |= base.follows_more;
                for gap in &base.gaps {
                    layer.gap_at(gap.file, gap.place, gap.kind, gap.text);
                }
            }
            other => layer.gap(file, path, gap_of(other)),
        }
    }

    fn kustomization(&self, file: u32) -> Option<&'a Kustomization> {
        self.tree.facts(file).and_then(|facts| facts.kustomization.as_deref())
    }

    /// The objects of a file. `path` is what names it.
    fn file(&self, file: u32, path: &'a Located, found: u32, layer: &mut Layer<'a>) {
        let Some(facts) = self.tree.facts(found) else { return };
        if !self.tree.is_below(found, file) {
            layer.gap(file, path, GapKind::Restricted);
        }
        if facts.kustomization.is_some() {
            // kustomize takes it for an object and finds no name.
            layer.gap(file, path, GapKind::Misplaced);
            return;
        }
        if facts.partial {
            layer.gap(file, path, GapKind::Partial);
        }
        if !self.spend(facts.objects.len(), 0, layer.items.len() + facts.objects.len()) {
            layer.gap(file, path, GapKind::TooLarge);
            return;
        }
        layer.items.extend(resources(found, facts));
    }

    fn component(&self, file: u32, path: &'a Located, open: &Open<'_>, layer: &mut Layer<'a>) {
        let found = self.tree.find(file, &path.text);
        let Found::Folder(component) = found else {
            // A component that is not there may do anything to what is.
            layer.gap(file, path, if matches!(found, Found::File(_)) { GapKind::Misplaced } else { gap_of(found) });
            layer.blur(file, path.place);
            return;
        };
        if open.contains(component) {
            layer.gap(file, path, GapKind::Cycle);
        } else if !self.kustomization(component).is_some_and(|component| component.component) {
            layer.gap(file, path, GapKind::Misplaced);
        } else if !self.spend(1 + layer.items.len(), open.depth(), 0) {
            layer.gap(file, path, GapKind::TooLarge);
            layer.blur(file, path.place);
        } else {
            self.accumulate(component, &Open { file: component, outer: Some(open) }, layer);
        }
    }

    fn generator_file(&self, file: u32, path: &'a Located, layer: &mut Layer<'a>) {
        let mut files = Vec::new();
        if let Err(kind) = self.files_of(file, &path.text, &mut files, 0) {
            layer.gap(file, path, kind);
        }
        for found in files {
            let Some(facts) = self.tree.facts(found) else { continue };
            if facts.parts.generators.len() < facts.objects.len() || facts.partial {
                layer.gap(file, path, GapKind::Unsupported);
            }
            for (_, generator) in &facts.parts.generators {
                generate(layer, file, found, generator);
            }
        }
    }

    /// The files that a path to configuration leads to: itself, or those of a folder's kustomization.
    pub(super) fn files_of(&self, file: u32, path: &str, files: &mut Vec<u32>, depth: usize) -> Result<(), GapKind> {
        match self.tree.find(file, path) {
            Found::File(found) => files.push(found),
            Found::Folder(base) if depth < MAX_DEPTH && self.spend(1, depth, files.len()) => {
                let Some(kustomization) = self.kustomization(base) else { return Ok(()) };
                for resource in &kustomization.resources {
                    self.files_of(base, &resource.text, files, depth + 1)?;
                }
                if !kustomization.steps.is_empty() || !kustomization.components.is_empty() {
                    return Err(GapKind::Unsupported);
                }
            }
            Found::Folder(_) => return Err(GapKind::TooLarge),
            other => return Err(gap_of(other)),
        }
        Ok(())
    }
}

/// What keeps a path from being followed.
pub(super) fn gap_of(found: Found) -> GapKind {
    match found {
        Found::Remote => GapKind::Remote,
        Found::Outside => GapKind::Outside,
        Found::Folder(_) => GapKind::Misplaced,
        Found::File(_) | Found::Nothing => GapKind::Missing,
    }
}

/// The objects of a file that kustomize reads, by the order of its documents.
fn resources<'a>(file: u32, facts: &'a Facts) -> impl Iterator<Item = Built<'a>> {
    let objects = facts.objects.iter().zip(0..).filter(|(object, _)| object.role == Role::Resource);
    objects.map(move |(object, index)| Built::of_object(file, index, object))
}

/// Finds objects of the same group, version, kind, name and namespace.
fn conflicts<'a>(objects: &[Built<'a>], gaps: &mut Vec<Gap<'a>>) {
    let mut seen = HashSet::with_capacity(objects.len());
    for item in objects {
        let (Text::Known(name), false) = (&item.name, item.namespace == Text::Unknown) else { continue };
        let namespace = if item.is_cluster_scoped() { "" } else { item.namespace.known().unwrap_or("default") };
        if seen.insert((item.group, item.version, item.kind, &**name, namespace, item.hashed)) {
            continue;
        }
        let (file, place, text) = match item.origin {
            super::Origin::Object { file, object, .. } => (file, object.place, object.name.known()),
            super::Origin::Generator { file, generator } => (file, generator.definition.place, generator.name.known()),
        };
        gaps.push(Gap { file, place, kind: GapKind::Conflict, text: text.unwrap_or_default() });
    }
}
