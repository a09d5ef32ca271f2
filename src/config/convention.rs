//! What holds, as plain data for the rest of the program.

use super::key::{Key, Values};
use super::keys::clusters::CLUSTERS;
use super::keys::declared_secrets::DECLARED_SECRETS;
use super::keys::environments::ENVIRONMENTS;
use super::keys::kinds::KINDS;
use super::keys::lists::{
    ENV_FROM, IMAGE_PULL, PATHS, PRIVATE_REGISTRIES, REMOTE_PATHS, STORES, SYSTEM_NAMESPACES, WORKFLOWS,
};
use super::keys::package::{APPROVED_BY, SECRETS};
use super::keys::scalars::{MAX_AGE, MIN_LENGTH, RANDOM};
use super::package::PackagePlan;
use super::values::Listed;
use crate::inventory::convention::{Convention, RemotePath};
use crate::seal::strength::Policy as Strength;

/// A cluster that Secrets are sealed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cluster {
    pub name: String,
    /// Path of its certificate from the root, with `/`; it does not leave the root.
    pub certificate: String,
    pub environments: Vec<String>,
}

pub(super) fn convention(values: &Values) -> Convention {
    let clusters = clusters(values);
    let mut certificates: Vec<String> = clusters.iter().map(|cluster| cluster.certificate.clone()).collect();
    certificates.sort();
    certificates.dedup();
    Convention {
        environments: items(values, &ENVIRONMENTS),
        workflows: items(values, &WORKFLOWS),
        system_namespaces: items(values, &SYSTEM_NAMESPACES),
        paths: items(values, &PATHS),
        env_from: items(values, &ENV_FROM),
        image_pull: items(values, &IMAGE_PULL),
        private_registries: items(values, &PRIVATE_REGISTRIES),
        declared: items(values, &DECLARED_SECRETS),
        max_age_days: values.holds(&MAX_AGE).value,
        certificates,
        clusters: clusters.into_iter().map(|cluster| cluster.name).collect(),
        kinds: items(values, &KINDS),
        stores: items(values, &STORES),
        // Templates that cannot be read were reported with their file.
        remote_paths: items(values, &REMOTE_PATHS).iter().filter_map(|path| RemotePath::new(path).ok()).collect(),
    }
}

/// The clusters, in the order of the configuration.
pub(super) fn clusters(values: &Values) -> Vec<Cluster> {
    let all: Vec<String> = items(values, &ENVIRONMENTS).into_iter().map(|(name, _)| name).collect();
    let clusters = items(values, &CLUSTERS).into_iter();
    let clusters = clusters.map(|cluster| Cluster {
        name: cluster.name,
        certificate: cluster.certificate,
        environments: cluster
            .environments
            .map_or_else(|| all.clone(), |named| named.into_iter().map(|environment| environment.value).collect()),
    });
    clusters.collect()
}

/// What is required of values when they are sealed.
pub(super) fn strength(values: &Values) -> Strength {
    Strength { min_length: values.holds(&MIN_LENGTH).value, random: values.holds(&RANDOM).value }
}

pub(super) fn package(values: &Values) -> PackagePlan {
    PackagePlan { approved_by: values.holds(&APPROVED_BY), secrets: values.holds(&SECRETS).value }
}

fn items<T: Clone + 'static>(values: &Values, key: &Key<Listed<T>>) -> Vec<T> {
    values.holds(key).value.into_iter().map(|item| item.value).collect()
}
