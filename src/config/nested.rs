//! `.mlguard.yaml` files of folders, found as the listing reaches their folders.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::file::{self, remove_unknown_rules};
use super::key::Scope;
use super::layer::Layer;
use super::policy::Policy;
use super::read::{self, FILE};
use crate::error::Problem;

/// The layers that apply to one folder, outermost first.
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

    /// The layers that apply to `path`. Reads the files of its folders when they are first needed.
    pub(super) fn chain(&self, path: &str) -> Chain {
        match path.rsplit_once('/') {
            Some((folder, _)) => self.folder(folder),
            None => Arc::default(),
        }
    }

    /// Whether a folder seen so far has a file; cheaper than [`Nested::chain`].
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
        // Held while files are read, so that no file is read, and none of its faults reported, twice.
        let mut chains = self.chains.write().unwrap_or_else(PoisonError::into_inner);
        let parents = std::iter::successors(Some(folder), |folder| Some(folder.rsplit_once('/')?.0));
        let new: Vec<&str> = parents.take_while(|folder| !chains.contains_key(*folder)).collect();
        let outer = new.last().map_or(Some(folder), |folder| Some(folder.rsplit_once('/')?.0));
        let mut chain = outer.and_then(|outer| chains.get(outer)).map_or_else(Arc::default, Arc::clone);
        for folder in new.into_iter().rev() {
            if let Some(layer) = self.read(folder) {
                self.any.store(true, Ordering::Release);
                chain = chain.iter().cloned().chain([Arc::new(layer)]).collect();
            }
            chains.insert(folder.to_owned(), Arc::clone(&chain));
        }
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
        problems.extend(remove_unknown_rules(&self.known, &mut file));
        if let Some(policy) = &self.policy {
            problems.extend(policy.bound(&mut file));
        }
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).extend(problems);
        Some(Layer::new(&format!("{folder}/"), &mut file))
    }
}
