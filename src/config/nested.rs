//! `.mlguard.yaml` files of folders, found as the listing reaches their folders.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::file::{self, Scope};
use super::globs::Globs;
use super::levels::Levels;
use super::policy::Policy;
use super::settings::unknown_rules;
use super::values::Valued;
use super::{FILE, read};
use crate::error::Problem;

/// What one file says of the paths below its folder.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub levels: Levels,
    pub exclude: Globs,
    /// Every exclude as written, for showing; the same order as in `exclude`.
    pub exclude_origins: Vec<Valued<String>>,
}

impl Layer {
    /// The layer of a file in `folder` (empty, or `a/b/`).
    pub(super) fn new(folder: &str, file: &mut file::File) -> Self {
        let exclude_origins = std::mem::take(&mut file.exclude);
        let exclude = Globs::new(folder, exclude_origins.iter().map(|glob| glob.value.as_str())).unwrap_or_default();
        Self { levels: Levels::new(folder, std::mem::take(&mut file.rules)), exclude, exclude_origins }
    }
}

/// The layers that hold for one folder, outermost first.
type Chain = Arc<[Arc<Layer>]>;

/// The files found so far.
#[derive(Debug)]
pub(super) struct Nested {
    tree: read::Tree,
    known: BTreeSet<String>,
    policy: Option<Arc<Policy>>,
    chains: RwLock<HashMap<String, Chain>>,
    any: AtomicBool,
    problems: Mutex<Vec<Problem>>,
}

impl Nested {
    pub(super) fn new(tree: read::Tree, known: BTreeSet<String>, policy: Option<Arc<Policy>>) -> Self {
        let any = AtomicBool::new(false);
        Self { tree, known, policy, chains: RwLock::default(), any, problems: Mutex::default() }
    }

    /// The layers that hold for `path`. Reads the files of its folders on first need.
    pub(super) fn chain(&self, path: &str) -> Chain {
        match path.rsplit_once('/') {
            Some((folder, _)) => self.folder(folder),
            None => Arc::default(),
        }
    }

    /// Whether a folder seen so far has a file; asked before the dearer [`Nested::chain`].
    pub(super) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// All layers, by folder.
    pub(super) fn layers(&self) -> Vec<Arc<Layer>> {
        let chains = self.chains.read().unwrap_or_else(PoisonError::into_inner);
        let mut folders: Vec<_> = chains.iter().collect();
        folders.sort_by_key(|(folder, _)| folder.as_str());
        let mut layers: Vec<Arc<Layer>> = Vec::new();
        for layer in folders.into_iter().filter_map(|(_, chain)| chain.last()) {
            if !layers.iter().any(|known| Arc::ptr_eq(known, layer)) {
                layers.push(Arc::clone(layer));
            }
        }
        layers
    }

    /// What is wrong in the files seen so far.
    pub(super) fn problems(&self) -> Vec<Problem> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn folder(&self, folder: &str) -> Chain {
        if let Some(chain) = self.chains.read().unwrap_or_else(PoisonError::into_inner).get(folder) {
            return Arc::clone(chain);
        }
        let outer = folder.rsplit_once('/').map_or_else(Arc::default, |(parent, _)| self.folder(parent));
        // Held while the file is read, so that no file is read, and none of its faults told, twice.
        let mut chains = self.chains.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(chain) = chains.get(folder) {
            return Arc::clone(chain);
        }
        let chain = match self.read(folder) {
            Some(layer) => {
                self.any.store(true, Ordering::Release);
                outer.iter().cloned().chain([Arc::new(layer)]).collect()
            }
            None => outer,
        };
        chains.insert(folder.to_owned(), Arc::clone(&chain));
        chain
    }

    fn read(&self, folder: &str) -> Option<Layer> {
        let name = format!("{folder}/{FILE}");
        // A folder that is a link would lead out of the tree; nothing below it is listed either.
        let text = match self.tree.read(&name) {
            Ok(text) => text?,
            Err(problem) => {
                self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
                return None;
            }
        };
        let (mut file, mut problems) = file::parse(&name, Scope::Nested, &text);
        problems.extend(unknown_rules(&self.known, &mut file));
        if let Some(policy) = &self.policy {
            problems.extend(policy.bound(&mut file));
        }
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).extend(problems);
        Some(Layer::new(&format!("{folder}/"), &mut file))
    }
}
