//! Whom a Secret of a file is to be sealed for: its namespace by the repository, its clusters by the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use rsa::RsaPublicKey;

use super::args::{FixArgs, Global};
use super::interrupt::Interrupt;
use super::output;
use super::recipient::{self, Loaded};
use super::{keys as private_keys, scan};
use crate::config::{Cluster, Environment, Origin, Settings, Valued};
use crate::engine::{self, Gathered};
use crate::error::{Problem, nearest, quoted};
use crate::fix::plan::Target;
use crate::inventory::facts::Scope;
use crate::inventory::index::Inventory;
use crate::inventory::landing::Landing;
use crate::seal::identity::{is_name, is_namespace};
use crate::seal::key::{Keyring, PrivateKey};
use crate::seal::{self, Identity, Randomness, SealedSecret, Secret};
use crate::source::{self, File, Listing};
use crate::span::Span;

/// The files of the repository.
pub(super) struct Sources<'s> {
    settings: &'s Arc<Settings>,
    interrupt: &'s Interrupt,
}

impl<'s> Sources<'s> {
    pub(super) fn new(settings: &'s Arc<Settings>, interrupt: &'s Interrupt) -> Self {
        Self { settings, interrupt }
    }

    /// All files of the repository: what one file by itself does not tell. Nothing outside Git.
    pub(super) fn rest(&self) -> Vec<File> {
        scan::repository_files(self.settings)
    }

    /// What every file of the repository says.
    pub(super) fn gather(&self) -> Gathered {
        let options = scan::engine_options(self.settings, &self.interrupt.asked);
        let wanted = |path: &str| !self.settings.excluded(path);
        let listing = source::list(std::slice::from_ref(&self.settings.root), &wanted);
        engine::gather(listing.unwrap_or_else(|_| Listing::default()), &options)
    }
}

/// A cluster that Secrets can be sealed for.
struct Sealing {
    /// Its name; none where the certificate was named by hand.
    name: Option<String>,
    environments: Vec<String>,
    /// Its certificate, or why that cannot be used, which matters only where something is to be sealed with it.
    loaded: Result<Loaded, Problem>,
}

impl Sealing {
    fn key(&self) -> Result<RsaPublicKey, String> {
        match &self.loaded {
            Ok(loaded) => Ok(loaded.recipient.key().clone()),
            Err(problem) => {
                let name = self.name.as_deref().unwrap_or_default();
                let at = problem.path.as_ref().map(|path| format!("{path} ")).unwrap_or_default();
                Err(format!("the certificate of the cluster {} cannot be used: {at}{}", quoted(name), problem.message))
            }
        }
    }
}

/// The inventory of the repository; made where it is asked for first.
pub(super) type InventoryOf<'s> = &'s dyn Fn() -> &'s Inventory<'s>;

/// Decides for whom Secrets are sealed.
pub(super) struct Sealer<'s> {
    args: &'s FixArgs,
    settings: &'s Settings,
    inventory: InventoryOf<'s>,
    clusters: Vec<Sealing>,
    keys: Keyring,
}

impl<'s> Sealer<'s> {
    /// Reads the certificates, where something is to be sealed.
    pub(super) fn new(
        args: &'s FixArgs,
        environment: &Environment,
        settings: &'s Settings,
        inventory: InventoryOf<'s>,
        seals: bool,
        global: &Global,
    ) -> Result<Self, Problem> {
        let keys = private_keys::keyring(&args.private_keys)?;
        // What is sealed anew can stay for the key that it was for.
        let named = args.cert.named(environment).is_some() || !settings.clusters().is_empty();
        let wanted = seals || named && !keys.is_empty();
        let clusters = if wanted { clusters(args, environment, settings)? } else { Vec::new() };
        if !global.quiet {
            let loaded = clusters.iter().filter_map(|cluster| cluster.loaded.as_ref().ok());
            loaded.flat_map(|loaded| &loaded.warnings).for_each(output::problem);
        }
        Ok(Self { args, settings, inventory, clusters, keys })
    }

    /// Whom the Secret in the document at `span` of the file `path` is to be sealed for, or why it cannot be said.
    pub(super) fn target(&self, path: &str, span: Span, secret: &Secret) -> Result<Target, String> {
        let name = secret.name.clone().ok_or("it has no `metadata.name`; add it")?;
        if !is_name(&name) {
            return Err("its name is none that Kubernetes takes".to_owned());
        }
        let inventory = (self.inventory)();
        let scope = self.args.scope.map_or(secret.scope, Scope::from);
        let landings = landings(inventory, path, span)?;
        let namespace = self.namespace(landings, path, secret, scope)?;
        if namespace.as_ref().is_some_and(|namespace| !is_namespace(namespace)) {
            return Err("its namespace is none that Kubernetes takes".to_owned());
        }
        if namespace.is_none() && scope != Scope::ClusterWide {
            let help = "add `metadata.namespace`, or give --namespace";
            return Err(format!("nothing says which namespace it is for; {help}"));
        }
        if secret.entries.is_empty() {
            return Err("it has no keys".to_owned());
        }
        let clusters = self.of(inventory, path, namespace.as_deref())?;
        if clusters.len() > 1 && landings.iter().any(|landing| landing.build.is_some()) {
            return Err(
                "a kustomization names its file, and each cluster needs a file of its own; make an overlay for each \
                 cluster, or give --cluster"
                    .to_owned(),
            );
        }
        let key = |cluster: &&Sealing| Ok((cluster.name.clone(), cluster.key()?));
        let clusters = clusters.iter().map(key).collect::<Result<_, String>>()?;
        Ok(Target { identity: Identity { name, namespace, scope }, clusters })
    }

    /// The values of a SealedSecret of the file `path` for another namespace, where one is named, and strict, where that is
    /// asked for; or why that cannot be made.
    pub(super) fn anew(
        &self,
        path: &str,
        old: &SealedSecret,
        namespace: Option<&str>,
        strict: bool,
        random: &Randomness,
    ) -> Result<(SealedSecret, BTreeMap<String, String>), String> {
        if self.keys.is_empty() {
            return Err("it takes the controller's private key to open it; give --private-key".to_owned());
        }
        let identity = Identity {
            name: old.identity.name.clone(),
            namespace: namespace.map(str::to_owned).or_else(|| old.identity.namespace.clone()),
            scope: if strict { Scope::Strict } else { old.identity.scope },
        };
        let recipient = if self.clusters.is_empty() {
            None
        } else {
            match self.of((self.inventory)(), path, identity.namespace.as_deref())?.as_slice() {
                [one] => Some(one.key()?),
                _ => {
                    return Err(
                        "several clusters run its environment; seal it by hand for each (mlguard reseal)".to_owned()
                    );
                }
            }
        };
        let keys: Vec<_> = self.keys.iter().map(PrivateKey::expose).collect();
        seal::anew(old, identity, &keys, recipient.as_ref(), random).map_err(|why| why.to_string())
    }

    /// The namespace in which the Secret lands, as kustomizations, the file, flags and the convention of paths say it.
    fn namespace(
        &self,
        landings: &[Landing],
        path: &str,
        secret: &Secret,
        scope: Scope,
    ) -> Result<Option<String>, String> {
        let known: BTreeSet<&str> = landings.iter().filter_map(|landing| landing.namespace.known()).collect();
        let renamed = landings.iter().find(|landing| {
            landing.name_by.is_some() && landing.name.known().is_some_and(|name| Some(name) != secret.name.as_deref())
        });
        if renamed.is_some() && scope == Scope::Strict {
            return Err(
                "a kustomization changes its name, to which the scope strict binds it; take the prefix or suffix \
                        off, or use --scope namespace-wide"
                    .to_owned(),
            );
        }
        if known.len() > 1 && scope != Scope::ClusterWide {
            let names: Vec<&str> = known.into_iter().collect();
            return Err(format!(
                "kustomizations put it into several namespaces ({}), and each needs its own ciphertext; make one for each \
                 overlay",
                names.join(", ")
            ));
        }
        let unknown = landings.iter().any(|landing| landing.build.is_some() && landing.namespace.known().is_none());
        if let Some(name) = known.first().filter(|_| unknown && scope != Scope::ClusterWide) {
            return Err(format!(
                "one kustomization puts it into the namespace '{name}', and another one states none; state it there \
                 (`namespace:`), or make a Secret for each overlay"
            ));
        }
        let landed = known.first().map(|name| (*name).to_owned());
        if let (Some(given), Some(own)) = (&self.args.namespace, landed.as_ref().or(secret.namespace.as_ref()))
            && given != own
        {
            return Err(format!("it is for the namespace '{own}', and --namespace says '{given}'"));
        }
        let expected = || self.settings.convention().expected(path).and_then(|expected| expected.namespace);
        Ok(landed.or_else(|| secret.namespace.clone()).or_else(|| self.args.namespace.clone()).or_else(expected))
    }

    /// The clusters of the file's environment.
    fn of(&self, inventory: &Inventory<'_>, path: &str, namespace: Option<&str>) -> Result<Vec<&Sealing>, String> {
        if let [one] = self.clusters.as_slice()
            && (one.name.is_none() || !self.args.clusters.is_empty())
        {
            return Ok(vec![one]);
        }
        if !self.args.clusters.is_empty() {
            return Ok(self.clusters.iter().collect());
        }
        let convention = self.settings.convention();
        let by_path = convention.expected(path).and_then(|expected| expected.environment);
        let by_name = || namespace.and_then(|namespace| convention.read(namespace, &inventory.workflows));
        let environment = by_path.or_else(|| by_name().map(|(_, environment)| environment.to_owned()));
        let Some(environment) = environment else {
            return match self.clusters.as_slice() {
                [one] => Ok(vec![one]),
                _ => Err("nothing says which environment it is for, and so which cluster; give --cluster".to_owned()),
            };
        };
        let found: Vec<&Sealing> =
            self.clusters.iter().filter(|cluster| cluster.environments.contains(&environment)).collect();
        if found.is_empty() {
            return Err(format!(
                "no cluster of the configuration runs the environment '{environment}'; give --cluster"
            ));
        }
        Ok(found)
    }
}

/// The clusters that flags, the environment or the configuration name.
fn clusters(args: &FixArgs, environment: &Environment, settings: &Settings) -> Result<Vec<Sealing>, Problem> {
    let now = Timestamp::now();
    if let Some(loaded) = args.cert.recipient(environment, now)? {
        return Ok(vec![Sealing { name: None, environments: Vec::new(), loaded: Ok(loaded) }]);
    }
    let all = settings.clusters();
    let chosen: Vec<Cluster> = if args.clusters.is_empty() {
        all
    } else {
        args.clusters.iter().map(|name| chosen(&all, name)).collect::<Result<_, _>>()?
    };
    if chosen.is_empty() {
        let help = "give --cert FILE, set MLGUARD_CERT, or name the clusters in .mlguard.yaml; `mlguard cert fetch` gets the \
                    certificate from the controller";
        return Err(Problem::new("there are Secrets to seal, and no certificate to seal them with").help(help));
    }
    let load = |cluster: Cluster| {
        let path = settings.root.join(&cluster.certificate);
        let named = Valued { value: path, origin: Origin::Default };
        Sealing { name: Some(cluster.name), environments: cluster.environments, loaded: recipient::load(&named, now) }
    };
    let mut loaded: Vec<Sealing> = chosen.into_iter().map(load).collect();
    // One that was asked for by name, or the only one, must be right.
    let needed = !args.clusters.is_empty() || loaded.iter().all(|cluster| cluster.loaded.is_err());
    match loaded.iter().position(|cluster| needed && cluster.loaded.is_err()) {
        Some(at) => loaded.swap_remove(at).loaded.map(|_| Vec::new()),
        None => Ok(loaded),
    }
}

/// Where the Secret in the document at `span` of the file `path` lands.
fn landings<'i>(inventory: &'i Inventory<'_>, path: &str, span: Span) -> Result<&'i [Landing], String> {
    let own = |file: &str, place: Span| file == path && span.contains(place);
    let found = inventory
        .objects()
        .find(|((file, _), object)| &*object.kind == "Secret" && own(inventory.path(*file), object.place.span));
    let Some((at, _)) = found else { return Ok(&[]) };
    match inventory.landings(at) {
        [] => {
            Err("a kustomization uses it as a patch of a Secret, and a SealedSecret patches none; move its values to \
                   the Secret that it patches, and seal that"
                .to_owned())
        }
        landings => Ok(landings),
    }
}

fn chosen(all: &[Cluster], name: &str) -> Result<Cluster, Problem> {
    all.iter().find(|cluster| cluster.name == name).cloned().ok_or_else(|| {
        let problem = Problem::new(format!("the configuration has no cluster {}", quoted(name)));
        let names: Vec<&str> = all.iter().map(|cluster| cluster.name.as_str()).collect();
        match nearest(name, names.iter().copied()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None if names.is_empty() => problem.help("name it under `clusters`, or give --cert"),
            None => problem.help(format!("it has: {}", names.join(", "))),
        }
    })
}
