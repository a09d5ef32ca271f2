//! What a kustomization has collected and done.

use super::item::Built;
use super::tree::Found;
use super::{Gap, GapKind};
use crate::inventory::Place;
use crate::inventory::facts::kustomization::Located;

/// What a kustomization has collected and done.
#[derive(Clone, Default)]
pub(super) struct Layer<'a> {
    pub(super) items: Vec<Built<'a>>,
    pub(super) gaps: Vec<Gap<'a>>,
    /// Whether a configuration adds fields that are followed as references.
    pub(super) follows_more: bool,
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

/// What keeps a path from being followed.
pub(super) fn gap_of(found: Found) -> GapKind {
    match found {
        Found::Remote => GapKind::Remote,
        Found::Outside => GapKind::Outside,
        Found::Folder(_) => GapKind::Misplaced,
        Found::File(_) | Found::Nothing => GapKind::Missing,
    }
}
