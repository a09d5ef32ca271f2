//! The convention of names (`docs/configuration.md#the-convention-of-names`): environments, workflows, paths, allowed Secrets.
//!
//! Plain data with pure questions; the configuration makes it. Nothing here guesses: where a path or a name says
//! nothing for certain, there is no answer.

mod image;
mod names;
mod path;
mod remote;

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Usage;

pub(crate) use names::{WORKFLOW, fits, is_label, is_subdomain};
pub(crate) use path::PathTemplate;
pub(crate) use remote::RemotePath;

/// What the configuration says of the convention.
#[derive(Clone, Debug)]
pub struct Convention {
    /// Each environment with the template of its namespace: `("dev", "{workflow}-dev")`.
    pub environments: Vec<(String, String)>,
    /// Declared workflows; empty where they are to be inferred.
    pub workflows: Vec<String>,
    /// Namespaces of the platform itself, as globs (`*` any characters).
    pub system_namespaces: Vec<String>,
    /// Path templates with `{workflow}`, `{env}` and `{namespace}`.
    pub paths: Vec<PathTemplate>,
    /// Secrets that workloads load with `envFrom`.
    pub env_from: Vec<String>,
    /// Registry Secrets of `imagePullSecrets`.
    pub image_pull: Vec<String>,
    /// Registries whose images need one.
    pub private_registries: Vec<String>,
    /// Secrets that exist out of band.
    pub declared: Vec<Declared>,
    /// Age after which a SealedSecret should be rotated, days.
    pub max_age_days: u32,
    /// Sealing certificates that the configuration names, paths from the root.
    pub certificates: Vec<String>,
    /// Names of the clusters that the configuration names. A file `x.CLUSTER.yaml` is for that one.
    pub clusters: Vec<String>,
    /// Fields of a user's own kinds that name Secrets.
    pub kinds: Vec<OwnKind>,
    /// Stores of External Secrets that exist out of band.
    pub stores: Vec<String>,
    /// Templates of the names that values have in these stores.
    pub remote_paths: Vec<RemotePath>,
}

/// A field of a user's own kind that names a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnKind {
    pub kind: String,
    /// Group of `apiVersion`; none is any.
    pub group: Option<String>,
    /// Path of the name: `spec.stores[].credentials.secretName` (`[]` each item, `*` each key).
    pub path: String,
    /// Path of the key, from the mapping that contains the name.
    pub key: Option<String>,
    /// What it is for.
    pub usage: Usage,
    /// Whether the Secret may be absent.
    pub optional: bool,
}

/// A declared Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    pub name: String,
    /// Its namespace; none is every one.
    pub namespace: Option<String>,
    /// Its keys; none where they are not stated.
    pub keys: Option<Vec<String>>,
}

/// What a path says of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub workflow: Option<String>,
    pub environment: Option<String>,
    /// The namespace: the path names it, or workflow and environment spell it.
    pub namespace: Option<String>,
    /// The template that says so, as written.
    pub template: String,
}

/// Namespaces that every cluster has, so that they show no workflow.
const NO_WORKFLOW: &str = "default";

impl Default for Convention {
    fn default() -> Self {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let environments = [("dev", "{workflow}-dev"), ("staging", "{workflow}-staging"), ("production", WORKFLOW)];
        let paths = [
            "**/packages/{workflow}/{env}/**",
            "**/sealed-secrets/{namespace}/**",
            "**/{workflow}-secrets-package/{env}/**",
            "**/overlays/{env}/**",
        ];
        Self {
            environments: environments.map(|(name, template)| (name.to_owned(), template.to_owned())).to_vec(),
            workflows: Vec::new(),
            system_namespaces: texts(&["argocd", "argowf", "cert-manager", "kube-*", "minio", "mlflow", "monitoring"]),
            paths: paths.iter().filter_map(|template| PathTemplate::new(template).ok()).collect(),
            env_from: texts(&["ml-platform"]),
            image_pull: texts(&["ghcr"]),
            private_registries: texts(&["ghcr.io"]),
            declared: Vec::new(),
            max_age_days: 90,
            certificates: Vec::new(),
            clusters: Vec::new(),
            kinds: Vec::new(),
            stores: Vec::new(),
            remote_paths: remote::DEFAULT.iter().filter_map(|template| RemotePath::new(template).ok()).collect(),
        }
    }
}

impl Convention {
    /// What the path of a file, relative to the repository's root and with `/`, says of it: by the first template that
    /// matches.
    #[must_use]
    pub fn expected(&self, path: &str) -> Option<Expected> {
        let known = path::Known { environments: &self.environments, workflows: &self.workflows };
        let (captured, template) =
            self.paths.iter().find_map(|template| Some((template.capture(path, &known)?, template)))?;
        let spelt = || self.spell(captured.workflow?, captured.environment?);
        Some(Expected {
            workflow: captured.workflow.map(str::to_owned),
            environment: captured.environment.map(str::to_owned),
            namespace: captured.namespace.map(str::to_owned).or_else(spelt),
            template: template.template.clone(),
        })
    }

    /// The cluster that a file is for, by its name: `secret.dev.yaml` where `dev` is one.
    pub(crate) fn cluster_of(&self, path: &str) -> Option<&str> {
        let name = crate::path::name(path);
        let (stem, _) = name.rsplit_once('.')?;
        let ends = |known: &&str| stem.strip_suffix(known).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'));
        self.clusters.iter().map(String::as_str).find(ends)
    }

    /// Whether workloads may load a Secret of this name with `envFrom`.
    pub(crate) fn allows_env_from(&self, name: &str) -> bool {
        self.env_from.iter().any(|allowed| allowed == name)
    }

    /// Whether workloads may name a Secret of this name in `imagePullSecrets`.
    pub(crate) fn allows_image_pull(&self, name: &str) -> bool {
        self.image_pull.iter().any(|allowed| allowed == name)
    }

    /// Whether the platform delivers a Secret of this name to every namespace, so that a repository need not define it.
    pub(crate) fn is_delivered(&self, name: &str) -> bool {
        self.allows_env_from(name) || self.allows_image_pull(name)
    }

    /// Whether somebody said how values are named in stores, other than by default.
    pub(crate) fn states_remote_paths(&self) -> bool {
        !self.remote_paths.iter().map(|path| path.template.as_str()).eq(remote::DEFAULT)
    }

    /// The template that the name of a value in a store is nearest to, and how it differs, in words that follow "it".
    /// Nothing where it matches one.
    pub(crate) fn remote_slip(&self, key: &str) -> Option<(&RemotePath, Vec<String>)> {
        remote::nearest(&self.remote_paths, key)
    }

    /// The declaration of a Secret in a namespace, one of that very namespace before one of all. Where the namespace is
    /// not known, any declaration of the name may be meant.
    #[must_use]
    pub fn declared(&self, name: &str, namespace: Option<&str>) -> Option<&Declared> {
        let named = || self.declared.iter().filter(|declared| declared.name == name);
        match namespace {
            Some(_) => {
                let own = named().find(|declared| declared.namespace.as_deref() == namespace);
                own.or_else(|| named().find(|declared| declared.namespace.is_none()))
            }
            None => named().find(|declared| declared.namespace.is_none()).or_else(|| named().next()),
        }
    }

    /// The workflows of a repository: the declared ones; where none is declared, those that its paths name, and those
    /// that two or more of its namespaces are, in different environments (`x` and `x-dev`). One namespace alone says
    /// nothing, since any name could be a workflow's in production.
    #[must_use]
    pub fn workflows<'a>(
        &self,
        paths: impl Iterator<Item = &'a str>,
        namespaces: impl Iterator<Item = &'a str>,
    ) -> BTreeSet<String> {
        if !self.workflows.is_empty() {
            return self.workflows.iter().cloned().collect();
        }
        let own = |name: &str| name != NO_WORKFLOW && !self.is_system(name);
        let mut found: BTreeSet<String> =
            paths.filter_map(|path| self.expected(path)?.workflow).filter(|workflow| own(workflow)).collect();
        let mut seen: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for namespace in namespaces.filter(|namespace| own(namespace)) {
            for (environment, workflow) in self.readings(namespace).filter(|(_, workflow)| own(workflow)) {
                seen.entry(workflow).or_default().insert(environment, namespace);
            }
        }
        for (workflow, environments) in seen {
            // Two environments may be spelt alike; then one namespace is both.
            let namespaces: BTreeSet<&str> = environments.into_values().collect();
            if namespaces.len() >= 2 {
                found.insert(workflow.to_owned());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(convention: &Convention, path: &str) -> Option<[String; 3]> {
        let expected = convention.expected(path)?;
        Some(
            [expected.workflow, expected.environment, expected.namespace]
                .map(|part| part.unwrap_or_else(|| "-".to_owned())),
        )
    }

    fn found(workflow: &str, environment: &str, namespace: &str) -> [String; 3] {
        [workflow, environment, namespace].map(str::to_owned)
    }

    fn workflows(convention: &Convention, paths: &[&str], namespaces: &[&str]) -> Vec<String> {
        convention.workflows(paths.iter().copied(), namespaces.iter().copied()).into_iter().collect()
    }

    #[test]
    fn a_file_may_name_its_cluster() {
        let clusters = ["dev", "eu.west"].map(str::to_owned).to_vec();
        let convention = Convention { clusters, ..Convention::default() };
        let of = |path| convention.cluster_of(path);
        assert_eq!([of("a/secret.dev.yaml"), of("secret.eu.west.yaml")], [Some("dev"), Some("eu.west")]);
        assert_eq!([of("a/secret.yaml"), of("a.dev/secret.yaml"), of("dev.yaml"), of("secret.prod.yaml")], [None; 4]);
    }

    #[test]
    fn the_defaults_are_all_there() {
        let convention = Convention::default();
        let templates: Vec<&str> = convention.paths.iter().map(|path| path.template.as_str()).collect();
        assert_eq!(templates.len(), 4, "{templates:?}");
        assert_eq!(convention.spell("x", "production").as_deref(), Some("x"));
        assert!(convention.allows_env_from("ml-platform") && convention.allows_image_pull("ghcr"));
        assert!(!convention.allows_env_from("ghcr") && !convention.allows_image_pull("ml-platform"));
        assert!(convention.is_delivered("ghcr") && !convention.is_delivered("ml-platform-x"));
        assert_eq!(convention.max_age_days, 90);
    }

    #[test]
    fn paths_say_whose_a_file_is() {
        let convention = Convention::default();
        for (path, says) in [
            ("packages/financial-ml/dev/a.yaml", Some(found("financial-ml", "dev", "financial-ml-dev"))),
            ("packages/financial-ml/production/a.yaml", Some(found("financial-ml", "production", "financial-ml"))),
            (
                "financial-ml-secrets-package/staging/a.yaml",
                Some(found("financial-ml", "staging", "financial-ml-staging")),
            ),
            ("infra/sealed-secrets/financial-ml/a.yaml", Some(found("-", "-", "financial-ml"))),
            ("app/overlays/dev/kustomization.yaml", Some(found("-", "dev", "-"))),
            ("app/overlays/gpu/kustomization.yaml", None),
            ("packages/financial-ml/gpu/a.yaml", None),
            ("src/main.rs", None),
        ] {
            assert_eq!(expected(&convention, path), says, "{path}");
        }
    }

    #[test]
    fn the_first_template_that_matches_wins() {
        let convention = Convention::default();
        let path = "packages/x/dev/overlays/staging/a.yaml";
        let says = convention.expected(path).expect("two templates match");
        assert_eq!(says.template, "**/packages/{workflow}/{env}/**");
        let mut turned = convention;
        turned.paths.reverse();
        assert_eq!(expected(&turned, path), Some(found("-", "staging", "-")));
    }

    #[test]
    fn declared_secrets_are_found_by_name_and_namespace() {
        let declare = |namespace: Option<&str>, key: &str| Declared {
            name: "token".to_owned(),
            namespace: namespace.map(str::to_owned),
            keys: Some(vec![key.to_owned()]),
        };
        let key = |convention: &Convention, namespace| {
            convention.declared("token", namespace).and_then(|declared| declared.keys.clone()).map(|keys| keys.concat())
        };
        let mut convention = Convention { declared: vec![declare(Some("a"), "A")], ..Convention::default() };
        assert_eq!(key(&convention, Some("a")).as_deref(), Some("A"));
        assert_eq!(key(&convention, Some("b")), None);
        assert_eq!(key(&convention, None).as_deref(), Some("A"));
        convention.declared.insert(0, declare(None, "ALL"));
        assert_eq!(key(&convention, Some("a")).as_deref(), Some("A"));
        assert_eq!(key(&convention, Some("b")).as_deref(), Some("ALL"));
        assert_eq!(key(&convention, None).as_deref(), Some("ALL"));
        assert_eq!(convention.declared("tokens", None), None);
    }

    #[test]
    fn workflows_are_inferred_where_paths_or_pairs_of_namespaces_tell_them() {
        let convention = Convention::default();
        let paths = ["packages/financial-ml/dev/a.yaml", "fraud-secrets-package/production/a.yaml", "overlays/dev/a"];
        assert_eq!(workflows(&convention, &paths, &[]), ["financial-ml", "fraud"]);
        let namespaces = ["x", "x-dev", "y-dev", "y-staging", "alone", "lonely-dev", "z-dev", "z-dev"];
        assert_eq!(workflows(&convention, &[], &namespaces), ["x", "y"]);
        let mut turned = namespaces;
        turned.reverse();
        assert_eq!(workflows(&convention, &[], &turned), ["x", "y"]);
        assert_eq!(workflows(&convention, &[], &["financial-ml-prod", "financial-ml-dev"]), Vec::<String>::new());
    }

    #[test]
    fn the_platform_is_no_workflow() {
        let convention = Convention::default();
        let namespaces = ["monitoring", "monitoring-dev", "monitoring-staging", "kube-x", "kube-x-dev", "default"];
        assert_eq!(workflows(&convention, &[], &namespaces), Vec::<String>::new());
        assert_eq!(workflows(&convention, &[], &["default", "default-dev"]), Vec::<String>::new());
        assert_eq!(workflows(&convention, &["packages/mlflow/dev/a"], &[]), Vec::<String>::new());
    }

    #[test]
    fn declared_workflows_end_all_inference() {
        let convention = Convention { workflows: vec!["b".to_owned(), "a".to_owned()], ..Convention::default() };
        assert_eq!(workflows(&convention, &["packages/x/dev/a"], &["y", "y-dev"]), ["a", "b"]);
    }
}
