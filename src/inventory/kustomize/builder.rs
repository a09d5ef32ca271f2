//! One kustomization after another: what each collects from its bases and passes on.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use super::apply::Stepper;
use super::context::{BuildContext, CHANGES};
use super::generate::generate;
use super::item::Built;
use super::layer::{Layer, gap_of};
use super::names::NameIndex;
use super::text::Text;
use super::tree::{Found, Tree};
use super::{Build, Gap, GapKind};
use crate::inventory::facts::Role;
use crate::inventory::facts::kustomization::Located;

/// Builds kustomizations. Bases are kept, so that one builder for many builds does the work on them once.
pub struct Builder<'a, 't> {
    context: BuildContext<'a, 't>,
    layers: RefCell<Vec<Option<Rc<Layer<'a>>>>>,
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

impl<'a, 't> Builder<'a, 't> {
    /// For the kustomizations of `tree`.
    #[must_use]
    pub fn new(tree: &'t Tree<'a>) -> Self {
        Self { context: BuildContext::new(tree), layers: RefCell::new(Vec::new()) }
    }

    /// What the kustomization in `file` builds; nothing where it is none.
    #[must_use]
    pub fn build(&self, file: u32) -> Build<'a> {
        let Layer { items: mut objects, mut gaps, follows_more } = Rc::unwrap_or_clone(self.layer(file, None));
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
        let secrets = NameIndex::of_earlier(objects.iter().enumerate().filter(|(_, item)| secret(item)));
        Build { file, objects, gaps, follows_more, secrets }
    }

    /// What the kustomization in `file` passes on.
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
        // What a cycle or the depth cut short is whole where the build begins elsewhere. What is built is mostly no base.
        let cut = layer.gaps.iter().any(|gap| matches!(gap.kind, GapKind::Cycle | GapKind::TooLarge));
        if outer.is_some() && !cut {
            let mut layers = self.layers.borrow_mut();
            if layers.len() <= at {
                layers.resize(at + 1, None);
            }
            layers[at] = Some(layer.clone());
        }
        layer
    }

    /// Adds what a kustomization contains, and does what it does to what is there: nothing for a base, all of its parent for a component.
    fn accumulate(&self, file: u32, open: &Open<'_>, layer: &mut Layer<'a>) {
        let Some(kustomization) = self.context.tree.kustomization(file) else { return };
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
            match self.context.tree.find(file, &path.text) {
                Found::File(found) => {
                    layer.follows_more |=
                        self.context.tree.facts(found).is_some_and(|facts| facts.parts.name_references);
                }
                Found::Nothing => layer.gap(file, path, GapKind::Missing),
                _ => layer.follows_more = true,
            }
        }
        let mut stepper = Stepper { context: &self.context, file, layer, names: None, spent: false };
        for step in &kustomization.steps {
            stepper.step(step);
        }
    }

    fn resource(&self, file: u32, path: &'a Located, open: &Open<'_>, layer: &mut Layer<'a>) {
        if let Err(kind) = self.add_resource(file, path, open, layer) {
            layer.gap(file, path, kind);
        }
    }

    /// What keeps the objects of a resource from being added.
    fn add_resource(
        &self,
        file: u32,
        path: &'a Located,
        open: &Open<'_>,
        layer: &mut Layer<'a>,
    ) -> Result<(), GapKind> {
        match self.context.tree.find(file, &path.text) {
            Found::File(found) => return self.file(file, path, found, layer),
            Found::Folder(base) => {
                if open.contains(base) {
                    return Err(GapKind::Cycle);
                }
                if self.context.tree.kustomization(base).is_some_and(|base| base.component) {
                    return Err(GapKind::Misplaced);
                }
                if !self.context.spend(1, open.depth(), 0) {
                    return Err(GapKind::TooLarge);
                }
                let base = self.layer(base, Some(open));
                let count = base.items.len();
                let changes: usize = base.items.iter().map(Built::changed).sum();
                if !self.context.spend(count + changes / CHANGES + base.gaps.len(), 0, layer.items.len() + count) {
                    return Err(GapKind::TooLarge);
                }
                layer.items.extend(base.items.iter().cloned());
                layer.follows_more |= base.follows_more;
                for gap in &base.gaps {
                    layer.gap_at(gap.file, gap.place, gap.kind, gap.text);
                }
            }
            other => return Err(gap_of(other)),
        }
        Ok(())
    }

    /// The objects of a file. `path` is what names it.
    fn file(&self, file: u32, path: &'a Located, found: u32, layer: &mut Layer<'a>) -> Result<(), GapKind> {
        let Some(facts) = self.context.tree.facts(found) else { return Ok(()) };
        if !self.context.tree.is_below(found, file) {
            layer.gap(file, path, GapKind::Restricted);
        }
        if facts.kustomization.is_some() {
            // kustomize takes it for an object and finds no name.
            return Err(GapKind::Misplaced);
        }
        if facts.partial {
            layer.gap(file, path, GapKind::Partial);
        }
        if !self.context.spend(facts.objects.len(), 0, layer.items.len() + facts.objects.len()) {
            return Err(GapKind::TooLarge);
        }
        let objects = facts.objects.iter().zip(0..).filter(|(object, _)| object.role == Role::Resource);
        layer.items.extend(objects.map(|(object, index)| Built::of_object(found, index, object)));
        Ok(())
    }

    fn component(&self, file: u32, path: &'a Located, open: &Open<'_>, layer: &mut Layer<'a>) {
        let found = self.context.tree.find(file, &path.text);
        let Found::Folder(component) = found else {
            // A component that is not there may do anything to what is.
            layer.gap(file, path, if matches!(found, Found::File(_)) { GapKind::Misplaced } else { gap_of(found) });
            layer.blur(file, path.place);
            return;
        };
        if open.contains(component) {
            layer.gap(file, path, GapKind::Cycle);
        } else if !self.context.tree.kustomization(component).is_some_and(|component| component.component) {
            layer.gap(file, path, GapKind::Misplaced);
        } else if !self.context.spend(1 + layer.items.len(), open.depth(), 0) {
            layer.gap(file, path, GapKind::TooLarge);
            layer.blur(file, path.place);
        } else {
            self.accumulate(component, &Open { file: component, outer: Some(open) }, layer);
        }
    }

    fn generator_file(&self, file: u32, path: &'a Located, layer: &mut Layer<'a>) {
        let mut files = Vec::new();
        if let Err(kind) = self.context.files_of(file, &path.text, &mut files, 0) {
            layer.gap(file, path, kind);
        }
        for found in files {
            let Some(facts) = self.context.tree.facts(found) else { continue };
            if facts.parts.generators.len() < facts.objects.len() || facts.partial {
                layer.gap(file, path, GapKind::Unsupported);
            }
            for (_, generator) in &facts.parts.generators {
                generate(layer, file, found, generator);
            }
        }
    }
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
