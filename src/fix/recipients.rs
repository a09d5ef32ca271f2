//! Whom a Secret of a file is sealed for: its namespace by the repository, its clusters by the configuration.

use std::collections::BTreeSet;

use rsa::RsaPublicKey;

use super::plan::Target;
use super::reason::NotSealed;
use crate::config::Settings;
use crate::inventory::convention::{is_label, is_subdomain};
use crate::inventory::facts::Scope;
use crate::inventory::index::Inventory;
use crate::inventory::landing::Landing;
use crate::seal::key::Keyring;
use crate::seal::sealed::Resealed;
use crate::seal::{Identity, Randomness, SealedSecret, Secret};
use crate::span::Span;

/// A cluster that Secrets can be sealed for.
pub(crate) struct ClusterKey {
    /// Its name; none where the certificate was given by hand.
    pub name: Option<String>,
    pub environments: Vec<String>,
    /// The key of its certificate, or why that cannot be used, which matters only where something is sealed with it.
    pub key: Result<RsaPublicKey, String>,
}

impl ClusterKey {
    fn key(&self) -> Result<RsaPublicKey, NotSealed> {
        let cluster = || self.name.clone().unwrap_or_default();
        self.key.clone().map_err(|why| NotSealed::Certificate { cluster: cluster(), why })
    }
}

/// What a person asked of sealing.
#[derive(Default)]
pub(crate) struct SealingRequest {
    /// Namespace of Secrets for which nothing else says one.
    pub namespace: Option<String>,
    /// What ciphertexts are bound to, whatever the Secrets say.
    pub scope: Option<Scope>,
    /// Whether the clusters were named: then every Secret is sealed for all of them.
    pub for_named_clusters: bool,
    /// Whether a certificate is given or configured; otherwise what is re-sealed stays for the key that it was for.
    pub certificate_is_named: bool,
    /// Private keys that open SealedSecrets.
    pub private_keys: Keyring,
}

/// The inventory of the repository; made where it is asked for first.
pub(super) type InventoryOf<'s> = &'s dyn Fn() -> &'s Inventory<'s>;

pub(super) struct Recipients<'s> {
    pub request: &'s SealingRequest,
    pub settings: &'s Settings,
    pub inventory: InventoryOf<'s>,
    pub clusters: &'s [ClusterKey],
}

impl Recipients<'_> {
    /// Whom the Secret in the document at `span` of the file `path` is sealed for.
    pub(super) fn target(&self, path: &str, span: Span, secret: &Secret) -> Result<Target, NotSealed> {
        let name = secret.name.clone().ok_or(NotSealed::NoName)?;
        if !is_subdomain(&name) {
            return Err(NotSealed::InvalidName);
        }
        let inventory = (self.inventory)();
        let scope = self.request.scope.unwrap_or(secret.scope);
        let landings = landings(inventory, path, span)?;
        let namespace = self.namespace(landings, path, secret, scope)?;
        if namespace.as_ref().is_some_and(|namespace| !is_label(namespace)) {
            return Err(NotSealed::InvalidNamespace);
        }
        if namespace.is_none() && scope != Scope::ClusterWide {
            return Err(NotSealed::UnknownNamespace);
        }
        if secret.entries.is_empty() {
            return Err(NotSealed::NoKeys);
        }
        let clusters = self.clusters_of(inventory, path, namespace.as_deref())?;
        if clusters.len() > 1 && landings.iter().any(|landing| landing.build.is_some()) {
            return Err(NotSealed::KustomizedForClusters);
        }
        let key = |cluster: &&ClusterKey| Ok((cluster.name.clone(), cluster.key()?));
        let clusters = clusters.iter().map(key).collect::<Result<_, NotSealed>>()?;
        Ok(Target { identity: Identity { name, namespace, scope }, clusters })
    }

    /// The values of a SealedSecret of the file `path` for another namespace, where one is named, and strict, where that is
    /// asked for.
    pub(super) fn reseal(
        &self,
        path: &str,
        old: &SealedSecret,
        namespace: Option<&str>,
        strict: bool,
        random: &Randomness,
    ) -> Result<Resealed, NotSealed> {
        if self.request.private_keys.is_empty() {
            return Err(NotSealed::NoPrivateKey);
        }
        let identity = Identity {
            name: old.identity.name.clone(),
            namespace: namespace.map(str::to_owned).or_else(|| old.identity.namespace.clone()),
            scope: if strict { Scope::Strict } else { old.identity.scope },
        };
        let recipient = if self.clusters.is_empty() {
            None
        } else {
            match self.clusters_of((self.inventory)(), path, identity.namespace.as_deref())?.as_slice() {
                [one] => Some(one.key()?),
                _ => return Err(NotSealed::SeveralClusters),
            }
        };
        Ok(old.reseal(identity, &self.request.private_keys.expose(), recipient.as_ref(), random)?)
    }

    /// The namespace in which the Secret lands, as kustomizations, the file, flags and the convention of paths say it.
    fn namespace(
        &self,
        landings: &[Landing],
        path: &str,
        secret: &Secret,
        scope: Scope,
    ) -> Result<Option<String>, NotSealed> {
        let known: BTreeSet<&str> = landings.iter().filter_map(|landing| landing.namespace.known()).collect();
        let renamed = landings.iter().find(|landing| {
            landing.name_by.is_some() && landing.name.known().is_some_and(|name| Some(name) != secret.name.as_deref())
        });
        if renamed.is_some() && scope == Scope::Strict {
            return Err(NotSealed::Renamed);
        }
        if known.len() > 1 && scope != Scope::ClusterWide {
            return Err(NotSealed::SeveralNamespaces(known.into_iter().map(str::to_owned).collect()));
        }
        let unknown = landings.iter().any(|landing| landing.build.is_some() && landing.namespace.known().is_none());
        if let Some(name) = known.first().filter(|_| unknown && scope != Scope::ClusterWide) {
            return Err(NotSealed::PartlyUnknownNamespace((*name).to_owned()));
        }
        let landed = known.first().map(|name| (*name).to_owned());
        if let (Some(given), Some(own)) = (&self.request.namespace, landed.as_ref().or(secret.namespace.as_ref()))
            && given != own
        {
            return Err(NotSealed::OtherNamespace { own: own.clone(), given: given.clone() });
        }
        let expected = || self.settings.convention().expected(path).and_then(|expected| expected.namespace);
        Ok(landed.or_else(|| secret.namespace.clone()).or_else(|| self.request.namespace.clone()).or_else(expected))
    }

    fn clusters_of(
        &self,
        inventory: &Inventory<'_>,
        path: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<&ClusterKey>, NotSealed> {
        let by_hand = |cluster: &ClusterKey| cluster.name.is_none();
        if self.request.for_named_clusters || matches!(self.clusters, [one] if by_hand(one)) {
            return Ok(self.clusters.iter().collect());
        }
        let convention = self.settings.convention();
        let by_path = convention.expected(path).and_then(|expected| expected.environment);
        let by_name = || namespace.and_then(|namespace| convention.read(namespace, &inventory.workflows));
        let environment = by_path.or_else(|| by_name().map(|(_, environment)| environment.to_owned()));
        let Some(environment) = environment else {
            return match self.clusters {
                [one] => Ok(vec![one]),
                _ => Err(NotSealed::UnknownEnvironment),
            };
        };
        let found: Vec<&ClusterKey> =
            self.clusters.iter().filter(|cluster| cluster.environments.contains(&environment)).collect();
        if found.is_empty() {
            return Err(NotSealed::NoClusterOf(environment));
        }
        Ok(found)
    }
}

/// Where the Secret in the document at `span` of the file `path` lands.
fn landings<'i>(inventory: &'i Inventory<'_>, path: &str, span: Span) -> Result<&'i [Landing], NotSealed> {
    let own = |file: &str, place: Span| file == path && span.contains(place);
    let found = inventory
        .objects()
        .find(|((file, _), object)| &*object.kind == "Secret" && own(inventory.path(*file), object.place.span));
    let Some((at, _)) = found else { return Ok(&[]) };
    match inventory.landings(at) {
        [] => Err(NotSealed::Patching),
        landings => Ok(landings),
    }
}
