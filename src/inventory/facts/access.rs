//! What objects say of rights to Secrets (RBAC).

use crate::inventory::{Place, Stated};

/// What an object is to the rights to Secrets.
#[derive(Debug)]
pub enum Access {
    /// A Role or ClusterRole, as far as it reads Secrets that it does not name.
    Role {
        /// Its rules that do, one at least.
        reads: Vec<Reads>,
    },
    /// A RoleBinding or ClusterRoleBinding.
    Binding(Binding),
    /// A ServiceAccount, with its `automountServiceAccountToken`.
    Account(Stated),
}

/// A rule that gives all Secrets away.
#[derive(Debug)]
pub struct Reads {
    /// The verbs that do.
    pub verbs: Vec<Box<str>>,
    /// Symbolic path of the resource.
    pub path: Box<str>,
    /// Of the resource.
    pub place: Place,
}

/// Who is given a role.
#[derive(Debug)]
pub struct Binding {
    /// Kind of the role.
    pub kind: Box<str>,
    /// Its name.
    pub role: Stated,
    /// Of the name.
    pub place: Place,
    /// Who.
    pub subjects: Vec<Subject>,
}

/// One whom a binding names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: Box<str>,
    pub name: Stated,
    pub namespace: Stated,
}
