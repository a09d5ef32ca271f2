//! `clusters`: the sealing certificate of each cluster.

use super::environments::ENVIRONMENTS;
use super::prelude::*;
use crate::config::key::Values;
use crate::config::text::{inner_path, label};
use crate::error::{Problem, did_you_mean, quoted};

/// A cluster that Secrets are sealed for.
#[derive(Clone, Debug)]
pub(crate) struct ClusterEntry {
    pub(crate) name: String,
    /// Path of its certificate from the root.
    pub(crate) certificate: String,
    /// Environments that run there; none is all.
    pub(crate) environments: Option<Vec<Valued<String>>>,
}

pub(crate) const CLUSTERS: Key<Listed<ClusterEntry>> = Key {
    name: "clusters",
    scopes: &[Scope::Root],
    summary: "Clusters by name: the sealing certificate of each, and the environments that run there.",
    default: "none",
    built_in: || built_in_list([]),
    read: |reader, _, node| {
        let entries = reader.entries("`clusters` must be a mapping of names to { cert, environments }", node)?;
        let mut items = Vec::with_capacity(entries.len());
        for (name, node) in entries {
            match label(name.text) {
                Err(why) => reader.fault(name.at, why.to_string()),
                Ok(label) => items.extend(cluster(reader, label, node).map(|cluster| reader.valued(name.at, cluster))),
            }
        }
        Some(reader.valued(node.at(), items))
    },
    bound: Bound::Free,
    schema: |_| {
        let environments = shapes::one_or_more(&shapes::shared("label"));
        let cert = json!({ "type": "string", "minLength": 1 });
        let cluster = shapes::object(&["cert"], [("cert", cert), ("environments", environments)]);
        shapes::map(&shapes::shared("label"), &cluster)
    },
    show: |value| {
        Shown::mapping(value, |cluster| {
            let environments = cluster.environments.as_ref();
            let environments = environments.map(|names| flow(names.iter().map(|name| name.value.as_str())));
            let fields = [("cert", Some(quote(&cluster.certificate))), ("environments", environments)];
            (&cluster.name, flow_map(fields))
        })
    },
};

fn cluster(reader: &mut Reader<'_>, name: String, node: Node<'_>) -> Option<ClusterEntry> {
    let what = format!("the cluster {}", quoted(&name));
    let mut fields = reader.fields(&what, node, &["cert", "environments"])?;
    let certificate = fields.text("cert", inner_path);
    let environments = fields.get("environments", |reader, node| reader.texts("environments", "names", node, label));
    fields.complete(&[("cert", certificate.is_some())])?;
    let environments = environments.map(|environments| environments.value);
    Some(ClusterEntry { name, certificate: certificate?, environments })
}

/// Takes environments that do not exist out of the clusters, and reports each. Possible only once policy and repository
/// are joined.
pub(crate) fn check_environments(values: &mut Values, problems: &mut Vec<Problem>) {
    let environments = values.holds(&ENVIRONMENTS).value;
    let known: Vec<&str> = environments.iter().map(|item| item.value.0.as_str()).collect();
    let mut clusters = values.holds(&CLUSTERS);
    for cluster in &mut clusters.value {
        let name = quoted(&cluster.value.name);
        cluster.value.environments.iter_mut().for_each(|named| {
            named.retain(|environment| {
                let is_known = known.contains(&environment.value.as_str());
                if !is_known {
                    let what = format!("cluster {name} names an unknown environment {}", quoted(&environment.value));
                    let near = did_you_mean(&environment.value, known.iter().copied());
                    let help = format!("{near}known environments: {}", known.join(", "));
                    problems.push(environment.origin.blame(what).help(help));
                }
                is_known
            });
        });
    }
    values.set(&CLUSTERS, clusters);
}
