//! What files are to SOPS.

use crate::document::sops::config::Rule;
use crate::document::sops::{Group, Selector};
use crate::inventory::Place;

/// What a file is to SOPS.
#[derive(Debug)]
pub enum Sops {
    /// It is encrypted.
    Encrypted(Encrypted),
    /// Its name says that it is encrypted, and it contains plaintext values; the place is of the first one's key.
    Plain(Place),
    /// Its configuration: the creation rules in order, each with the place of its `path_regex`.
    Rules(Vec<(Rule, Place)>),
}

/// An encrypted file.
#[derive(Debug)]
pub struct Encrypted {
    /// What is encrypted in it; none where SOPS refuses it, or encrypts it as a whole.
    pub selector: Option<Selector>,
    /// For whom.
    pub groups: Vec<Group>,
    /// How many of the groups it takes, where that is written.
    pub shamir: u32,
    /// Of its metadata.
    pub place: Place,
}

/// A value that a check takes for a credential for certain.
#[derive(Debug)]
pub struct Exposed {
    /// Of the value.
    pub place: Place,
    /// The keys that lead to the first few of them; none where the format has no keys.
    pub keys: Vec<Vec<Box<str>>>,
    /// Whether the first one is in a Secret.
    pub in_secret: bool,
}
