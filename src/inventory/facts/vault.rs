//! What annotations ask of the Vault Agent injector, and what is wrong with them.

use crate::inventory::Place;
use crate::rule::Level;

/// What annotations ask of the Vault Agent injector.
#[derive(Debug)]
pub struct Vault {
    /// Whether pods of the object are injected, by their own annotations.
    pub injected: bool,
    /// What cannot work.
    pub faults: Vec<VaultFault>,
}

/// An annotation that the injector cannot use.
#[derive(Debug)]
pub struct VaultFault {
    /// What is wrong, as a sentence.
    pub message: Box<str>,
    /// What to do.
    pub help: &'static str,
    /// How bad it is.
    pub level: Level,
    /// Whether it is something that is missing, which a patch of the object may add.
    pub absent: bool,
    /// Symbolic path of the annotation.
    pub path: Box<str>,
    /// Of the annotation, or of its value.
    pub place: Place,
}
