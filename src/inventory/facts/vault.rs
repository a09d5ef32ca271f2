//! What annotations ask of the Vault Agent injector, and what is wrong with them.

use crate::inventory::Place;

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
    /// What is wrong.
    pub kind: VaultFaultKind,
    /// The annotation, without its prefix where it has the injector's.
    pub key: Box<str>,
    /// Symbolic path of the annotations.
    pub path: Box<str>,
    /// Of the annotation, or of its value.
    pub place: Place,
}

/// What can be wrong with annotations of the Vault Agent injector (`docs/facts/vault-agent.md#annotations`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VaultFaultKind {
    /// They are on the object, and not on the template of its pods.
    Misplaced,
    /// Secrets are asked for, and nothing asks for the injection.
    NotInjected,
    /// The same, and the injection is switched off.
    SwitchedOff,
    /// No role to log in with.
    NoRole,
    /// It is about a secret that no other annotation asks for.
    NoSecret,
    /// It writes the file of another one.
    SameFile,
    /// A value that YAML reads as something else than a string.
    NotString,
    /// No boolean, where one is wanted.
    NotBoolean,
    /// A template with an action or a block that nothing ends.
    Unclosed,
    /// A template that reads another path than its secret's.
    OtherPath,
    /// The server's certificate is not looked at.
    Unverified,
}

impl VaultFaultKind {
    /// Whether it is something that is missing, which a patch of the object may add.
    #[must_use]
    pub(crate) fn is_absence(self) -> bool {
        matches!(self, Self::Misplaced | Self::NotInjected | Self::NoRole | Self::NoSecret | Self::OtherPath)
    }
}
