//! The facts of one file: plain data, without text and without values. `read` makes them, `index` joins them.

mod access;
pub(crate) mod external;
pub(crate) mod helm;
pub(crate) mod kustomization;
mod object;
pub(crate) mod sops;
pub(crate) mod usage;
mod vault;

use self::helm::Helm;
use self::kustomization::{Kustomization, Parts};
use self::sops::{Exposed, Sops};
use super::Place;
use super::secret_file::{Holds, SecretFile};
use crate::rule::Level;
use crate::span::Span;

pub(crate) use access::{Access, Binding, Reads, Subject};
pub(crate) use object::{Definition, Deploy, Maker, Mount, Object, Pod, Sealed};
pub use object::{Reference, Role, Scope};
pub(crate) use usage::Usage;
pub(crate) use vault::{Vault, VaultFault};

/// What one file contains, as far as its bytes (and its name) alone say.
#[derive(Debug, Default)]
pub struct Facts {
    /// Every object, in the order of the file; those inside others come after these.
    pub objects: Vec<Object>,
    /// The kustomization, where the file is one.
    pub kustomization: Option<Box<Kustomization>>,
    /// What kustomizations that name the file find in it besides objects: JSON patches, transformers, replacements.
    pub parts: Parts,
    /// Secrets that commands of a script make.
    pub commands: Vec<Definition>,
    /// Certificates, where it is a file of these.
    pub certificates: Vec<Certificate>,
    /// The name of the secret file that the file is a template of: `.env` for `.env.example`.
    pub template_of: Option<Box<str>>,
    /// What Terraform writes beside the file, where it is code of Terraform.
    pub terraform: Option<Terraform>,
    /// What the file is to SOPS.
    pub sops: Option<Box<Sops>>,
    /// What the file is to a Helm chart.
    pub helm: Option<Helm>,
    /// Values that are certainly in plaintext; known only for files that were searched, whose checks report it.
    pub clear: Option<Box<Exposed>>,
    /// Whether a document could not be parsed, so that the file may contain more.
    pub partial: bool,
    /// What the file is, where it is of a kind that contains secrets.
    pub secret_file: Option<SecretFile>,
    /// Whether a credential was found in it. The engine says so, which has searched it; not of files that are only context.
    pub exposed: bool,
    /// Whether Git tracks the file, or is about to: in the index, in a commit, or handed over as what will be one. The
    /// engine says so.
    pub tracked: bool,
}

/// What a file of Terraform's code says about the files that are made beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terraform {
    /// Whether it configures a provider, so that it is applied by itself and is not a module.
    pub applied: bool,
    /// Whether it keeps its state elsewhere (`backend`, `cloud`).
    pub remote: bool,
    /// A file of variables that it names: `secret.auto.tfvars`.
    pub variables: Option<Box<str>>,
}

/// A certificate in PEM.
#[derive(Debug)]
pub struct Certificate {
    /// The last day on which it is valid, UTC.
    pub expires: jiff::civil::Date,
    /// Whether it is as a Sealed Secrets controller makes it.
    pub sealing: bool,
    /// Of its first line.
    pub place: Place,
}

impl Facts {
    /// What the file is, where it is a secret file with something to lose: an error where it contains a credential, a warning
    /// where people fill it with them.
    pub(crate) fn secret_risk(&self) -> Option<(SecretFile, Level)> {
        let kind = self.secret_file?;
        match kind.holds {
            Holds::Certainly => Some((kind, Level::Error)),
            _ if self.exposed => Some((kind, Level::Error)),
            Holds::Soon => Some((kind, Level::Warning)),
            Holds::Perhaps => None,
        }
    }

    /// Whether the file says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
            && self.kustomization.is_none()
            && self.parts.is_empty()
            && self.commands.is_empty()
            && self.certificates.is_empty()
            && self.template_of.is_none()
            && self.secret_file.is_none()
            && self.terraform.is_none()
            && self.sops.is_none()
            && self.clear.is_none()
            && self.helm.is_none()
    }
}

/// An empty span, for places that a file does not have.
pub(crate) const NOWHERE: Span = Span { start: 0, end: 0 };
