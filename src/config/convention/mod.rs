//! The keys that make the convention of names: what files say, joined with the defaults and bounded by a policy.

mod read;
pub(super) mod schema;
mod show;
#[cfg(test)]
mod tests;

pub(super) use read::inner_path;

use super::policy::Policy;
use super::values::{Origin, Valued};
use crate::error::{Problem, nearest, quoted, quoted_glob};
use crate::inventory::convention::{Convention, Declared, OwnKind, PathTemplate, RemotePath};
use crate::seal::strength::Policy as Strength;

/// A list with its own place, which an empty one has too.
type Listed<T> = Valued<Vec<Valued<T>>>;

/// What one file says; nothing where it is silent.
#[derive(Debug, Default)]
pub(super) struct Said {
    environments: Option<Listed<(String, String)>>,
    workflows: Option<Listed<String>>,
    system_namespaces: Option<Listed<String>>,
    paths: Option<Listed<PathTemplate>>,
    env_from: Option<Listed<String>>,
    image_pull: Option<Listed<String>>,
    private_registries: Option<Listed<String>>,
    kinds: Option<Listed<OwnKind>>,
    declared: Option<Listed<Declared>>,
    clusters: Option<Listed<Cluster>>,
    stores: Option<Listed<String>>,
    remote_paths: Option<Listed<String>>,
    max_age: Option<Valued<u32>>,
    min_length: Option<Valued<usize>>,
    random: Option<Valued<bool>>,
}

/// What holds.
#[derive(Debug)]
pub(super) struct Joined {
    environments: Listed<(String, String)>,
    workflows: Listed<String>,
    system_namespaces: Listed<String>,
    paths: Listed<PathTemplate>,
    env_from: Listed<String>,
    image_pull: Listed<String>,
    private_registries: Listed<String>,
    kinds: Listed<OwnKind>,
    declared: Listed<Declared>,
    clusters: Listed<Cluster>,
    stores: Listed<String>,
    remote_paths: Listed<String>,
    max_age: Valued<u32>,
    min_length: Valued<usize>,
    random: Valued<bool>,
}

/// A cluster that Secrets are sealed for.
#[derive(Clone, Debug)]
struct Cluster {
    name: String,
    /// Path of its certificate from the root.
    certificate: String,
    /// Environments that run there; none is all.
    environments: Option<Vec<Valued<String>>>,
}

impl Joined {
    /// Joins what a policy and the repository's file say. What the policy does not let the repository say is taken out
    /// and told; so are clusters' environments that there are not.
    pub(super) fn new(policy: Option<&Policy>, said: [Said; 2], problems: &mut Vec<Problem>) -> Self {
        let [floor, own] = said;
        let defaults = Convention::default();
        let mut bound = Bound { policy, problems };
        let mut joined = Self {
            environments: bound.same("environments", floor.environments, own.environments, defaults.environments),
            workflows: own.workflows.unwrap_or_else(|| built_in(defaults.workflows)),
            system_namespaces: bound.within(
                "system-namespaces",
                floor.system_namespaces,
                own.system_namespaces,
                defaults.system_namespaces,
            ),
            paths: bound.with(floor.paths, own.paths, defaults.paths, |_, _| None),
            env_from: bound.within("references.env-from", floor.env_from, own.env_from, defaults.env_from),
            image_pull: bound.within("references.image-pull", floor.image_pull, own.image_pull, defaults.image_pull),
            private_registries: bound.with(
                floor.private_registries,
                own.private_registries,
                defaults.private_registries,
                |_, _| None,
            ),
            kinds: bound.with(floor.kinds, own.kinds, defaults.kinds, |theirs, ours| {
                let place = |kind: &OwnKind| (kind.kind.clone(), kind.group.clone(), kind.path.clone());
                (place(theirs) == place(ours)).then(|| format!("`references.kinds` of {}", quoted(&ours.kind)))
            }),
            declared: bound.with(floor.declared, own.declared, defaults.declared, |theirs, ours| {
                let same = (&theirs.name, &theirs.namespace) == (&ours.name, &ours.namespace);
                same.then(|| format!("`declared-secrets` of {}", quoted(&ours.name)))
            }),
            stores: bound.with(floor.stores, own.stores, defaults.stores, |_, _| None),
            remote_paths: bound.within(
                "external-secrets.paths",
                floor.remote_paths,
                own.remote_paths,
                defaults.remote_paths.into_iter().map(|path| path.template).collect(),
            ),
            clusters: own.clusters.unwrap_or_else(|| built_in(Vec::new())),
            max_age: bound.max_age(floor.max_age, own.max_age, defaults.max_age_days),
            min_length: bound.min_length(floor.min_length, own.min_length, Strength::default().min_length),
            random: bound.random(floor.random, own.random, Strength::default().random),
        };
        joined.check_clusters(problems);
        joined
    }

    /// The same as plain data.
    pub(super) fn convention(&self) -> Convention {
        let mut certificates: Vec<String> = values(&self.clusters, |cluster: &Cluster| cluster.certificate.clone());
        certificates.sort();
        certificates.dedup();
        Convention {
            environments: values(&self.environments, Clone::clone),
            workflows: values(&self.workflows, Clone::clone),
            system_namespaces: values(&self.system_namespaces, Clone::clone),
            paths: values(&self.paths, Clone::clone),
            env_from: values(&self.env_from, Clone::clone),
            image_pull: values(&self.image_pull, Clone::clone),
            private_registries: values(&self.private_registries, Clone::clone),
            declared: values(&self.declared, Clone::clone),
            max_age_days: self.max_age.value,
            certificates,
            clusters: values(&self.clusters, |cluster: &Cluster| cluster.name.clone()),
            kinds: values(&self.kinds, Clone::clone),
            stores: values(&self.stores, Clone::clone),
            // What cannot be read was told of when the file was read.
            remote_paths: self.remote_paths.value.iter().filter_map(|path| RemotePath::new(&path.value).ok()).collect(),
        }
    }

    /// The clusters as plain data.
    pub(super) fn clusters(&self) -> Vec<super::Cluster> {
        let every = || values(&self.environments, |(name, _)| name.clone());
        values(&self.clusters, |cluster| super::Cluster {
            name: cluster.name.clone(),
            certificate: cluster.certificate.clone(),
            environments: cluster
                .environments
                .as_ref()
                .map_or_else(every, |named| named.iter().map(|environment| environment.value.clone()).collect()),
        })
    }

    /// What is asked of values where they are sealed.
    pub(super) fn strength(&self) -> Strength {
        Strength { min_length: self.min_length.value, random: self.random.value }
    }

    /// Environments can be named only once all layers are joined.
    fn check_clusters(&mut self, problems: &mut Vec<Problem>) {
        let known: Vec<&str> = self.environments.value.iter().map(|item| item.value.0.as_str()).collect();
        for cluster in &mut self.clusters.value {
            let name = quoted(&cluster.value.name);
            cluster.value.environments.iter_mut().for_each(|named| {
                named.retain(|environment| {
                    if known.contains(&environment.value.as_str()) {
                        return true;
                    }
                    let what =
                        format!("the cluster {name} names an unknown environment {}", quoted(&environment.value));
                    let near = nearest(&environment.value, known.iter().copied());
                    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                    let problem = Problem::new(what).help(format!("{near}`environments` has: {}", known.join(", ")));
                    problems.push(match &environment.origin {
                        Origin::File { path, at } => problem.in_file(path).at(*at),
                        _ => problem,
                    });
                    false
                });
            });
        }
    }
}

fn built_in<T>(values: Vec<T>) -> Listed<T> {
    Valued::built_in(values.into_iter().map(Valued::built_in).collect())
}

fn values<T, U>(list: &Listed<T>, value: impl Fn(&T) -> U) -> Vec<U> {
    list.value.iter().map(|item| value(&item.value)).collect()
}

/// How a policy bounds a repository. Without one, what the repository says stands for the defaults.
struct Bound<'a> {
    policy: Option<&'a Policy>,
    problems: &'a mut Vec<Problem>,
}

impl Bound<'_> {
    fn refuse(&mut self, origin: &Origin, what: &str) {
        if let Some(policy) = self.policy {
            self.problems.push(policy.refused(origin, what));
        }
    }

    /// A policy's table is the only one: each change would let names pass, or hide what a path says.
    fn same<T: PartialEq>(
        &mut self,
        key: &str,
        floor: Option<Listed<T>>,
        own: Option<Listed<T>>,
        default: Vec<T>,
    ) -> Listed<T> {
        let Some(floor) = floor else { return own.unwrap_or_else(|| built_in(default)) };
        if let Some(own) = own {
            let differs = own.value.len() != floor.value.len()
                || own.value.iter().zip(&floor.value).any(|(own, floor)| own.value != floor.value);
            if differs {
                self.refuse(&own.origin, &format!("`{key}`, other than the policy's,"));
            }
        }
        floor
    }

    /// A policy's list of what is allowed can be narrowed.
    fn within(
        &mut self,
        key: &str,
        floor: Option<Listed<String>>,
        own: Option<Listed<String>>,
        default: Vec<String>,
    ) -> Listed<String> {
        let Some(floor) = floor else { return own.unwrap_or_else(|| built_in(default)) };
        let Some(mut own) = own else { return floor };
        own.value.retain(|item| {
            let allowed = floor.value.iter().any(|floor| floor.value == item.value);
            if !allowed {
                let what = format!("`{key}` of {}, which the policy does not list,", quoted_glob(&item.value));
                self.refuse(&item.origin, &what);
            }
            allowed
        });
        own
    }

    /// A policy's list can be added to. `clash` names an entry that says of the same thing something else.
    fn with<T: PartialEq>(
        &mut self,
        floor: Option<Listed<T>>,
        own: Option<Listed<T>>,
        default: Vec<T>,
        clash: impl Fn(&T, &T) -> Option<String>,
    ) -> Listed<T> {
        let Some(mut floor) = floor else { return own.unwrap_or_else(|| built_in(default)) };
        let bounding = floor.value.len();
        for item in own.into_iter().flat_map(|own| own.value) {
            let theirs = &floor.value[..bounding];
            if theirs.iter().any(|theirs| theirs.value == item.value) {
                continue;
            }
            match theirs.iter().find_map(|theirs| clash(&theirs.value, &item.value)) {
                Some(what) => self.refuse(&item.origin, &format!("{what}, other than the policy's,")),
                None => floor.value.push(item),
            }
        }
        floor
    }

    /// Like every bound of a single value, the default bounds too where the policy is silent.
    fn max_age(&mut self, floor: Option<Valued<u32>>, own: Option<Valued<u32>>, default: u32) -> Valued<u32> {
        let floor = floor.unwrap_or_else(|| Valued::built_in(default));
        let Some(own) = own else { return floor };
        if self.policy.is_none() || own.value <= floor.value {
            return own;
        }
        let what = format!("`rotation.max-age: {}d`, weaker than the policy's ({}d),", own.value, floor.value);
        self.refuse(&own.origin, &what);
        floor
    }

    /// A repository can ask for more characters than its policy, and than the default where there is a policy.
    fn min_length(
        &mut self,
        floor: Option<Valued<usize>>,
        own: Option<Valued<usize>>,
        default: usize,
    ) -> Valued<usize> {
        let floor = floor.unwrap_or_else(|| Valued::built_in(default));
        let Some(own) = own else { return floor };
        if self.policy.is_none() || own.value >= floor.value {
            return own;
        }
        let what = format!("`strength.min-length: {}`, weaker than the policy's ({}),", own.value, floor.value);
        self.refuse(&own.origin, &what);
        floor
    }

    fn random(&mut self, floor: Option<Valued<bool>>, own: Option<Valued<bool>>, default: bool) -> Valued<bool> {
        let floor = floor.unwrap_or_else(|| Valued::built_in(default));
        let Some(own) = own else { return floor };
        if self.policy.is_none() || own.value || !floor.value {
            return own;
        }
        self.refuse(&own.origin, "`strength.random: false`, weaker than the policy's (true),");
        floor
    }
}
