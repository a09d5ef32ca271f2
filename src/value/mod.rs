//! What a single value is: placeholder, reference, ciphertext, or something that may be a secret.
//!
//! All checks share these answers, so that a value that one check passes over is passed over by all. They are asked of
//! [`Sensitive`], the type in which values travel. Nothing here knows files or documents.

mod ciphertext;
mod judge;
pub(crate) mod key;
mod placeholder;
mod sensitive;
mod setting;

pub(crate) use ciphertext::SealedFault;
pub(crate) use judge::Confidence;
pub(crate) use key::KeyClass;
pub(crate) use sensitive::{Decoded, Sensitive};
pub(crate) use setting::Look;
