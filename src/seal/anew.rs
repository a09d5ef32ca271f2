//! SealedSecrets for another key, name, namespace or scope: the same values, other ciphertexts.

use std::collections::BTreeMap;

use rsa::{RsaPrivateKey, RsaPublicKey};

use super::identity::annotate;
use super::{Identity, Randomness, SealedError, SealedSecret, cipher};
use crate::inventory::facts::Scope;
use crate::mask::masked;

/// The values of `old` under `identity`, and the ciphertexts by themselves. They are sealed for `recipient`, or, where there is
/// none, each for the public half of the key that opened it.
///
/// # Errors
/// Names the first entry, by key, that none of `keys` opens.
pub(crate) fn anew(
    old: &SealedSecret,
    identity: Identity,
    keys: &[&RsaPrivateKey],
    recipient: Option<&RsaPublicKey>,
    random: &Randomness,
) -> Result<(SealedSecret, BTreeMap<String, String>), SealedError> {
    if identity.namespace.is_none() && identity.scope != Scope::ClusterWide {
        return Err(SealedError::NoNamespace);
    }
    let (label, new_label) = (old.identity.label(), identity.label());
    let mut ciphertexts = BTreeMap::new();
    for (key, sealed) in &old.encrypted {
        let fault = |why| SealedError::Entry { key: masked(key).into_owned(), why };
        let mut generator = random.generator(&[&identity.title(), key]);
        let opened = cipher::unseal_base64(&mut generator, keys.iter().copied(), sealed, &label);
        let (plain, index) = opened.map_err(fault)?;
        let own = keys[index].to_public_key();
        let new = cipher::seal_base64(&mut generator, recipient.unwrap_or(&own), plain.expose(), &new_label)?;
        ciphertexts.insert(key.clone(), new);
    }
    let mut metadata = old.metadata.clone();
    annotate(&mut metadata, identity.scope);
    let new = SealedSecret { identity, encrypted: ciphertexts.clone(), metadata, ..old.clone() };
    Ok((new, ciphertexts))
}
