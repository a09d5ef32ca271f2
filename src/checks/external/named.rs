//! What the checks of External Secrets share: its objects, and what patches may change of them.

use std::collections::BTreeSet;

use crate::checks::common::Across;
use crate::inventory::external::{External, GROUP};
use crate::inventory::facts::{Facts, Object, Role};
use crate::inventory::index::{At, Inventory};
use crate::inventory::kustomization::{JsonPatch, PatchContent, Replacement, Step};

/// An ExternalSecret, a PushSecret or the like that lands somewhere.
pub(super) struct Named<'i> {
    pub(super) at: At,
    pub(super) object: &'i Object,
    pub(super) external: &'i External,
    /// Whether a patch of the repository may say something else of what it names.
    pub(super) patched: bool,
}

/// Those objects, in the order of the files. Examples, and patches of others, are none.
pub(super) fn objects<'i>(cx: &Across<'i>) -> Vec<Named<'i>> {
    let inventory = cx.inventory;
    let named = |(at, object): (At, &'i Object)| {
        let external = object.external.as_deref().filter(|_| !inventory.landings(at).is_empty())?;
        Some(Named { at, object, external, patched: false })
    };
    let mut found: Vec<Named<'i>> = inventory.manifests().filter_map(named).collect();
    if !found.is_empty() {
        let patches = Patches::new(inventory);
        for named in &mut found {
            named.patched = patches.may_touch(inventory, named.at, named.object);
        }
    }
    found
}

/// Kinds that deploy folders, and hold patches of what is in these.
const DEPLOYING: [&str; 3] = ["Application", "ApplicationSet", "Kustomization"];

/// Patches of these objects.
#[derive(Default)]
struct Patches<'i> {
    /// Kind and name of what strategic merge patches are for.
    merged: BTreeSet<(&'i str, &'i str)>,
    /// Whether an operation or a replacement writes what such objects name; it may be for any of them.
    any: bool,
    /// Whether Flux or Argo CD patches such objects, which it does with whatever it deploys.
    deployed: bool,
}

impl<'i> Patches<'i> {
    fn new(inventory: &'i Inventory<'_>) -> Self {
        let mut patches = Self::default();
        for (file, (_, facts)) in inventory.files().iter().enumerate() {
            for (index, object) in facts.objects.iter().enumerate().filter(|(_, object)| object.external.is_some()) {
                if object.role == Role::Resource && inventory.landings((file, index)).is_empty() {
                    patches.merge(object);
                }
                let parent = object.parent.and_then(|parent| facts.objects.get(parent as usize));
                patches.deployed |= parent.is_some_and(|parent| DEPLOYING.contains(&&*parent.kind));
            }
            patches.of_file(facts);
        }
        patches
    }

    fn of_file(&mut self, facts: &'i Facts) {
        facts.parts.patches.iter().for_each(|patch| self.json(patch));
        facts.parts.replacements.iter().for_each(|replacement| self.replacement(replacement));
        let own = facts.kustomization.iter().flat_map(|kustomization| &kustomization.steps);
        for step in own.chain(facts.parts.steps.iter().map(|(_, step)| step)) {
            match step {
                Step::Patch(patch) => match &patch.content {
                    PatchContent::Merge(objects) => objects.iter().for_each(|object| self.merge(object)),
                    PatchContent::Json(json) => self.json(json),
                    PatchContent::File(_) | PatchContent::Unknown => {}
                },
                Step::Replacement(replacement) => self.replacement(replacement),
                _ => {}
            }
        }
    }

    fn merge(&mut self, object: &'i Object) {
        if &*object.group == GROUP {
            match object.name.known() {
                Some(name) => _ = self.merged.insert((&object.kind, name)),
                // With a target of its own.
                None => self.any = true,
            }
        }
    }

    fn json(&mut self, patch: &JsonPatch) {
        self.any |= patch.operations.iter().any(|operation| is_named(&operation.path));
    }

    fn replacement(&mut self, replacement: &Replacement) {
        let mut paths = replacement.targets.iter().flat_map(|target| &target.paths);
        self.any |= paths.any(|path| is_named(path));
    }

    fn may_touch(&self, inventory: &Inventory<'_>, at: At, object: &Object) -> bool {
        let built = inventory.landings(at).iter().any(|landing| landing.build.is_some());
        let name = object.name.known().unwrap_or_default();
        self.deployed || built && (self.any || self.merged.contains(&(&*object.kind, name)))
    }
}

/// Whether a path of a field may lead to what such an object names.
fn is_named(path: &str) -> bool {
    let words =
        ["secretStoreRef", "storeRef", "sourceRef", "generatorRef", "remoteRef", "dataFrom", "externalSecretSpec"];
    let whole = matches!(path.trim_start_matches('/').replace('/', ".").as_str(), "spec" | "spec.data");
    whole || path.contains("spec.data") || path.contains("spec/data") || words.iter().any(|word| path.contains(word))
}
