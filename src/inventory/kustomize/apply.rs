//! The steps of a kustomization: what patches and transformers do to its objects.

use std::borrow::Cow;

use super::context::BuildContext;
use super::item::{ANY_KEY, Applied, Aspect, Built, Content};
use super::layer::{Layer, gap_of};
use super::names::NameIndex;
use super::select::named_by;
use super::text::{Match, Text};
use super::tree::Found;
use super::{Gap, GapKind};
use crate::inventory::facts::kustomization::{
    FieldSpec, JsonPatch, Located, Operation, Patch, PatchContent, Rewrite, Selector, Step,
};
use crate::inventory::facts::{Object, Role};
use crate::inventory::{Place, Stated};

/// Runs the steps of the kustomization `file`.
pub(super) struct Stepper<'s, 'a, 't> {
    pub(super) context: &'s BuildContext<'a, 't>,
    pub(super) file: u32,
    pub(super) layer: &'s mut Layer<'a>,
    /// The objects by name, as long as no step gives them others.
    pub(super) names: Option<NameIndex>,
    /// Whether the steps cost more than any build may.
    pub(super) spent: bool,
}

impl<'a> Stepper<'_, 'a, '_> {
    pub(super) fn step(&mut self, step: &'a Step) {
        if self.spent {
            return;
        }
        self.step_of(self.file, step);
        if self.spent {
            // What was not done may have changed anything.
            let place = place_of(step);
            self.layer.gap_at(self.file, place, GapKind::TooLarge, "");
            self.layer.blur(self.file, place);
        }
    }

    /// Pays for looking at every object, and for writing to some; false where the budget is spent.
    pub(super) fn pay(&mut self, looks: usize, writes: usize) -> bool {
        self.spent |= !self.context.pay(looks, writes);
        !self.spent
    }

    /// A step that is in `holder`: the kustomization, or a file that it names.
    fn step_of(&mut self, holder: u32, step: &'a Step) {
        let count = self.layer.items.len();
        let writes = match step {
            Step::Labels(pairs) => count.saturating_mul(pairs.len()),
            Step::Annotations(pairs) => count.saturating_mul(pairs.len()),
            Step::Namespace(_) | Step::Prefix(_) | Step::Suffix(_) | Step::Unknown(_) => count,
            Step::Patch(_) | Step::Replacement(_) | Step::ReplacementFile(_) | Step::File(_) => 0,
        };
        if !self.pay(count.min(writes), writes) {
            return;
        }
        if !matches!(step, Step::Patch(_) | Step::Labels(_) | Step::Annotations(_)) {
            self.names = None;
        }
        match step {
            Step::Patch(patch) => self.patch(holder, patch),
            Step::Namespace(rewrite) => self.namespace(holder, rewrite),
            Step::Prefix(rewrite) => self.affix(holder, rewrite, true),
            Step::Suffix(rewrite) => self.affix(holder, rewrite, false),
            Step::Labels(pairs) => {
                for item in &mut self.layer.items {
                    item.labels.extend(pairs.iter().map(|(key, value)| (Cow::Borrowed(&**key), Text::of(value))));
                }
            }
            Step::Annotations(pairs) => {
                for item in &mut self.layer.items {
                    for (key, value) in pairs {
                        item.annotate(Cow::Borrowed(&key.text), Text::of(value), holder, key.place);
                    }
                }
            }
            Step::Replacement(replacement) => self.replace(holder, replacement),
            Step::ReplacementFile(path) => match self.context.tree.find(self.file, &path.text) {
                Found::File(found) => {
                    let replacements = self.context.tree.facts(found).map(|facts| &facts.parts.replacements);
                    for replacement in replacements.into_iter().flatten() {
                        self.replace(found, replacement);
                    }
                }
                other => self.unknown(path, gap_of(other)),
            },
            Step::File(path) => self.transformers(path),
            Step::Unknown(named) => {
                self.layer.gap(holder, named, GapKind::Unsupported);
                self.layer.blur(holder, named.place);
            }
        }
    }

    /// Something that may change any object cannot be read.
    fn unknown(&mut self, path: &'a Located, kind: GapKind) {
        self.layer.gap(self.file, path, kind);
        self.layer.blur(self.file, path.place);
    }

    /// What the transformers in a file or a folder do.
    fn transformers(&mut self, path: &'a Located) {
        let mut files = Vec::new();
        if let Err(kind) = self.context.files_of(self.file, &path.text, &mut files, 0) {
            self.unknown(path, kind);
            return;
        }
        for found in files {
            let Some(facts) = self.context.tree.facts(found) else { continue };
            if facts.partial || facts.parts.steps.is_empty() && facts.objects.iter().any(|o| o.role == Role::Resource) {
                self.unknown(path, GapKind::Unsupported);
            }
            for (_, step) in &facts.parts.steps {
                self.step_of(found, step);
            }
        }
    }

    fn namespace(&mut self, holder: u32, rewrite: &'a Rewrite) {
        let text = Text::of(&rewrite.text);
        for item in &mut self.layer.items {
            item.remember();
            let unset = |now: &Text<'_>| match now {
                Text::Absent => Match::Yes,
                Text::Known(_) => Match::No,
                Text::Unknown => Match::Maybe,
            };
            let decide = |now: &Text<'_>| if rewrite.unset_only { unset(now) } else { Match::Yes };
            if !item.is_cluster_scoped() {
                let certain = decide(&item.namespace);
                if certain.possible() {
                    item.write(Aspect::Namespace, text.clone(), certain, holder, rewrite.place);
                }
            } else if writes_name_of_namespace(item, rewrite.fields.as_deref()) {
                let certain = decide(&item.name);
                if certain.possible() {
                    item.write(Aspect::Name, text.clone(), certain, holder, rewrite.place);
                }
            }
        }
    }

    fn affix(&mut self, holder: u32, rewrite: &'a Rewrite, prefix: bool) {
        let text = Text::of(&rewrite.text);
        for item in &mut self.layer.items {
            let (kind, _, _) = item.original();
            if matches!(kind, "CustomResourceDefinition" | "Namespace")
                || kind == "APIService" && item.group == "apiregistration.k8s.io"
            {
                continue;
            }
            let times = rewrite.fields.as_deref().map_or(1, |fields| {
                fields.iter().filter(|field| &*field.path == "metadata/name" && item.has_field(field)).count()
            });
            for _ in 0..times {
                item.remember();
                if let Stated::Known(text) = &rewrite.text {
                    if prefix { item.prefixes.push(text) } else { item.suffixes.push(text) }
                }
                let name = if prefix { text.join(&item.name) } else { item.name.join(&text) };
                item.write(Aspect::Name, name, Match::Yes, holder, rewrite.place);
            }
        }
    }

    fn patch(&mut self, holder: u32, patch: &'a Patch) {
        match &patch.content {
            PatchContent::Merge(objects) => self.merge_patches(holder, patch, objects.iter()),
            PatchContent::Json(json) => self.json_patch(holder, patch, json),
            PatchContent::Unknown => self.unknown_patch(holder, patch, GapKind::Content, ""),
            PatchContent::File(path) => match self.context.tree.find(self.file, path) {
                Found::File(found) => {
                    let Some(facts) = self.context.tree.facts(found) else { return };
                    if !self.context.tree.is_below(found, self.file) {
                        self.layer.gap_at(self.file, patch.place, GapKind::Restricted, path);
                    }
                    if facts.partial {
                        self.layer.gap_at(self.file, patch.place, GapKind::Partial, path);
                    }
                    let merges = facts.objects.iter().filter(|object| object.role == Role::Resource);
                    if let Some(json) = facts.parts.patches.first() {
                        self.json_patch(found, patch, json);
                    } else if merges.clone().next().is_some() {
                        self.merge_patches(found, patch, merges);
                    } else {
                        self.unknown_patch(holder, patch, GapKind::Content, path);
                    }
                }
                other => self.unknown_patch(holder, patch, gap_of(other), path),
            },
        }
    }

    /// A patch whose content is not known. It may delete what it may be for; where it has a target, it may be a list of
    /// operations and write anything.
    fn unknown_patch(&mut self, holder: u32, patch: &'a Patch, kind: GapKind, text: &'a str) {
        self.names = None;
        let count = self.layer.items.len();
        if !self.pay(count, count) {
            return;
        }
        self.layer.gap_at(holder, patch.place, kind, text);
        for item in &mut self.layer.items {
            let for_it =
                patch.target.as_ref().is_none_or(|target| self.context.patterns.selects(target, item).possible());
            if for_it {
                item.doubtful = true;
                if patch.target.is_some() {
                    item.blur(holder, patch.place);
                }
            }
        }
    }

    /// The objects that a target takes, and what could not be decided.
    fn selected(&mut self, holder: u32, target: &'a Selector, place: Place) -> Vec<(usize, Match)> {
        let mut found = Vec::new();
        if !self.pay(self.layer.items.len(), 0) {
            return found;
        }
        let mut undecided = false;
        for (at, item) in self.layer.items.iter().enumerate() {
            let taken = self.context.patterns.selects(target, item);
            if taken.possible() {
                undecided |= taken == Match::Maybe;
                found.push((at, taken));
            }
        }
        if undecided {
            let text = if target.name.is_empty() { &target.kind } else { &target.name };
            self.layer.gap_at(holder, place, GapKind::Undecided, text);
        }
        found
    }

    fn json_patch(&mut self, holder: u32, patch: &'a Patch, json: &'a JsonPatch) {
        let Some(target) = &patch.target else {
            self.layer.gap_at(self.file, patch.place, GapKind::Target, "");
            return;
        };
        if json.operations.iter().any(|operation| may_rename(&operation.path)) {
            self.names = None;
        }
        for (at, certainty) in self.selected(self.file, target, patch.place) {
            if !self.pay(json.operations.len(), json.operations.len()) {
                return;
            }
            let item = &mut self.layer.items[at];
            item.remember();
            for operation in &json.operations {
                operate(item, operation, certainty, holder);
            }
            let certain = certainty == Match::Yes;
            item.applied.push(Applied { file: holder, by: self.file, certain, content: Content::Json(json) });
        }
    }

    fn merge_patches(&mut self, holder: u32, patch: &'a Patch, objects: impl Iterator<Item = &'a Object>) {
        let mut deleted = Vec::new();
        for object in objects {
            let found = match &patch.target {
                Some(target) => self.selected(self.file, target, patch.place),
                None => self.named(holder, object),
            };
            for (at, certainty) in found {
                if !self.pay(1, 1 + object.labels.len() + object.annotations.len()) {
                    break;
                }
                let item = &mut self.layer.items[at];
                if object.deletes {
                    if certainty == Match::Yes {
                        deleted.push(at);
                    } else {
                        item.doubtful = true;
                    }
                    continue;
                }
                merge(item, object, patch, certainty, holder);
                let certain = certainty == Match::Yes;
                item.applied.push(Applied { file: holder, by: self.file, certain, content: Content::Merge(object) });
            }
            if patch.renames {
                self.names = None;
            }
        }
        if deleted.is_empty() {
            return;
        }
        self.names = None;
        deleted.sort_unstable();
        let mut at = 0;
        self.layer.items.retain(|_| {
            at += 1;
            deleted.binary_search(&(at - 1)).is_err()
        });
    }

    /// The object that a merge patch names itself.
    fn named(&mut self, holder: u32, object: &'a Object) -> Vec<(usize, Match)> {
        let items = &self.layer.items;
        let names = self.names.get_or_insert_with(|| NameIndex::new(items));
        let candidates = names.candidates(&object.name, items.len());
        self.spent |= !self.context.pay(candidates.len(), 0);
        let named = candidates.into_iter().map(|at| (at, named_by(object, &items[at])));
        let mut found: Vec<(usize, Match)> = named.filter(|(_, found)| found.possible()).collect();
        let certain = found.iter().filter(|(_, found)| *found == Match::Yes).count();
        if certain == 1 {
            // kustomize fails where there are two, so that this is the one.
            found.retain(|(_, found)| *found == Match::Yes);
        }
        let kind = if certain > 1 || found.is_empty() {
            GapKind::Target
        } else if certain == 1 {
            return found;
        } else {
            GapKind::Undecided
        };
        let text = object.name.known().unwrap_or_default();
        self.layer.gaps.push(Gap { file: holder, place: object.place, kind, text });
        if certain > 1 { Vec::new() } else { found }
    }
}

/// Where a step is.
fn place_of(step: &Step) -> Place {
    match step {
        Step::Patch(patch) => patch.place,
        Step::Namespace(rewrite) | Step::Prefix(rewrite) | Step::Suffix(rewrite) => rewrite.place,
        Step::Replacement(replacement) => replacement.place,
        Step::ReplacementFile(located) | Step::File(located) | Step::Unknown(located) => located.place,
        Step::Annotations(pairs) => pairs.first().map_or(Place::START, |(key, _)| key.place),
        Step::Labels(_) => Place::START,
    }
}

/// Whether an operation on this path may give an object another name.
fn may_rename(path: &str) -> bool {
    matches!(path, "" | "/" | "/metadata" | "/metadata/name")
}

/// Whether a namespace transformer writes the name of the object, which is one of a Namespace.
fn writes_name_of_namespace(item: &Built<'_>, fields: Option<&[FieldSpec]>) -> bool {
    if !item.group.is_empty() || item.version != "v1" {
        return false;
    }
    match fields {
        None => item.kind == "Namespace",
        Some(fields) => {
            let own = |want: &str, have: &str| want.is_empty() || want == have;
            fields.iter().any(|field| {
                &*field.path == "metadata/name" && own(&field.kind, item.kind) && own(&field.version, item.version)
            })
        }
    }
}

/// What a strategic merge patch changes of an object's identity, labels and annotations. The namespace always stays.
fn merge<'a>(item: &mut Built<'a>, object: &'a Object, patch: &Patch, certainty: Match, holder: u32) {
    if patch.renames || patch.rekinds {
        item.remember();
    }
    let sure = |text: Text<'a>| if certainty == Match::Yes { text } else { Text::Unknown };
    item.labels
        .extend(object.labels.iter().map(|(key, value)| (Cow::Borrowed(&**key), sure(Text::Known((&**value).into())))));
    for (key, value) in &object.annotations {
        item.annotate(Cow::Borrowed(key), sure(Text::of(value)), holder, object.place);
    }
    if patch.renames && object.name != Stated::Absent {
        item.write(Aspect::Name, Text::of(&object.name), certainty, holder, object.place);
    }
    if patch.rekinds && certainty == Match::Yes && !object.kind.is_empty() {
        item.kind = &object.kind;
    }
}

/// What one JSON patch operation changes of an object's identity, labels and annotations.
fn operate<'a>(item: &mut Built<'a>, operation: &'a Operation, certainty: Match, holder: u32) {
    if &*operation.op == "move"
        && let Some(from) = operation.from.as_deref()
    {
        put(item, from, Text::Absent, certainty, holder, operation.place);
    }
    let text = match &*operation.op {
        "test" => return,
        "remove" => Text::Absent,
        // What was there is gone, and what the mapping contains follows.
        "add" | "replace" if operation.pairs.is_some() => Text::Absent,
        "add" | "replace" => Text::of(&operation.value),
        _ => Text::Unknown,
    };
    put(item, &operation.path, text, certainty, holder, operation.place);
    for (key, value) in operation.pairs.iter().flatten() {
        let text = Text::of(value);
        let sure = if certainty == Match::Yes { text.clone() } else { Text::Unknown };
        match (&*operation.path, &**key) {
            ("/metadata", "name") => item.write(Aspect::Name, text, certainty, holder, operation.place),
            ("/metadata", "namespace") => item.write(Aspect::Namespace, text, certainty, holder, operation.place),
            ("/metadata/labels", key) => item.labels.push((Cow::Borrowed(key), sure)),
            ("/metadata/annotations", key) => item.annotate(Cow::Borrowed(key), sure, holder, operation.place),
            _ => {}
        }
    }
    if let ("/metadata", Some(pairs)) = (&*operation.path, &operation.pairs) {
        let absent = |key: &str| certainty == Match::Yes && !pairs.iter().any(|(name, _)| **name == *key);
        if absent("labels") {
            item.labels.push((ANY_KEY.into(), Text::Absent));
        }
        if absent("annotations") {
            item.annotations.push((ANY_KEY.into(), Text::Absent));
        }
    }
}

/// Writes `text` at a JSON pointer.
fn put<'a>(item: &mut Built<'a>, pointer: &'a str, text: Text<'a>, certainty: Match, holder: u32, place: Place) {
    let sure = if certainty == Match::Yes { text.clone() } else { Text::Unknown };
    match pointer {
        "/metadata/name" => item.write(Aspect::Name, text, certainty, holder, place),
        "/metadata/namespace" => item.write(Aspect::Namespace, text, certainty, holder, place),
        "" | "/" | "/metadata" => {
            let whole = if pointer == "/metadata" { text } else { Text::Unknown };
            item.write(Aspect::Name, whole.clone(), certainty, holder, place);
            item.write(Aspect::Namespace, whole, certainty, holder, place);
            item.annotations.push((ANY_KEY.into(), Text::Unknown));
            item.labels.push((ANY_KEY.into(), Text::Unknown));
        }
        // A mapping that is removed is one without keys.
        "/metadata/labels" => item.labels.push((ANY_KEY.into(), sure)),
        "/metadata/annotations" => item.annotations.push((ANY_KEY.into(), sure)),
        _ => {
            if let Some(key) = pointer.strip_prefix("/metadata/labels/") {
                item.labels.push((unescaped(key), sure));
            } else if let Some(key) = pointer.strip_prefix("/metadata/annotations/") {
                item.annotate(unescaped(key), sure, holder, place);
            } else if pointer == "/kind"
                && certainty == Match::Yes
                && let Text::Known(Cow::Borrowed(kind)) = sure
            {
                item.kind = kind;
            }
        }
    }
}

/// The key that a part of a JSON pointer means.
fn unescaped(key: &str) -> Cow<'_, str> {
    if key.contains('~') { Cow::Owned(key.replace("~1", "/").replace("~0", "~")) } else { Cow::Borrowed(key) }
}
