//! What the builds of one builder share, and the bounds of their work.

use std::cell::Cell;

use super::GapKind;
use super::layer::gap_of;
use super::select::Patterns;
use super::tree::{Found, Tree};

/// Deepest nesting of bases and components.
const MAX_DEPTH: usize = 64;
/// Most objects of one build.
const MAX_OBJECTS: usize = 10_000;
/// Objects that all builds of a builder may take over from bases, and kustomizations that they may read, whatever the
/// size of the repository. Each is kept for every place where it lands, which takes about a kilobyte.
const LEAST_BUDGET: usize = 40_000;
/// The same in addition, for each object and each file of the repository.
const BUDGET_EACH: usize = 5;
/// Changes of an object that cost as much as another object.
pub(super) const CHANGES: usize = 4;
/// Objects at which all steps may look for each unit of the budget.
const LOOKS: usize = 20;

/// What the builds of one builder share: the files, compiled patterns, and how much work is left.
pub(super) struct BuildContext<'a, 't> {
    pub(super) tree: &'t Tree<'a>,
    pub(super) patterns: Patterns,
    budget: Cell<usize>,
    looks: Cell<usize>,
    writes: Cell<usize>,
}

impl<'a, 't> BuildContext<'a, 't> {
    /// For the kustomizations of `tree`.
    pub(super) fn new(tree: &'t Tree<'a>) -> Self {
        let budget = LEAST_BUDGET.saturating_add(tree.size().saturating_mul(BUDGET_EACH));
        let looks = Cell::new(budget.saturating_mul(LOOKS));
        let writes = Cell::new(budget.saturating_mul(CHANGES));
        Self { tree, patterns: Patterns::default(), budget: Cell::new(budget), looks, writes }
    }

    /// Takes from the budget; false where it is spent or the build is too large.
    pub(super) fn spend(&self, count: usize, depth: usize, size: usize) -> bool {
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

    /// The files that a path to configuration leads to: itself, or those of a folder's kustomization.
    pub(super) fn files_of(&self, file: u32, path: &str, files: &mut Vec<u32>, depth: usize) -> Result<(), GapKind> {
        match self.tree.find(file, path) {
            Found::File(found) => files.push(found),
            Found::Folder(base) if depth < MAX_DEPTH && self.spend(1, depth, files.len()) => {
                let Some(kustomization) = self.tree.kustomization(base) else { return Ok(()) };
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
