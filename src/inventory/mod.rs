//! What a repository contains: objects, definitions of Secrets, references to them, kustomizations, namespaces.
//!
//! Two phases. [`read::read`] says what one file contains, from its bytes alone, so that files are read in parallel and a
//! file's facts hold for whoever asks (a working tree, an index, a commit). [`index::Inventory`] joins the facts of all
//! files and answers questions across them. Nothing here reads a file or prints, and no value of a Secret is kept.

pub(crate) mod annotation;
pub(crate) mod convention;
pub(crate) mod facts;
pub(crate) mod index;
mod judged;
pub(crate) mod kustomize;
mod landed;
pub(crate) mod landing;
pub(crate) mod map;
pub(crate) mod near;
mod place;
pub(crate) mod read;
pub(crate) mod reference;
pub(crate) mod secret_file;
pub(crate) mod sops;
mod stated;

pub(crate) use facts::{external, helm, kustomization};
pub(crate) use place::{Place, Places};
pub(crate) use stated::Stated;
