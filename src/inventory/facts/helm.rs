//! What files of a Helm chart say about its values: which of them templates write into Secrets, and where values are.

use crate::inventory::Place;
use crate::path;
use crate::value::Look;

/// What a file is to a chart.
#[derive(Debug)]
pub enum Helm {
    /// A template that writes values of the chart into Secrets.
    Template(Vec<Feed>),
    /// A file of values: those that may be something secret.
    Values(Vec<Leaf>),
}

/// A value of the chart that a template writes into a Secret.
#[derive(Debug)]
pub struct Feed {
    /// The keys that lead to it below `.Values`; [`EACH`](crate::document::template::origin::EACH) stands for all.
    pub path: Vec<Box<str>>,
    /// The key of the Secret; none where it is the value's own.
    pub key: Option<Box<str>>,
    /// Whether the value has to be base64, since nothing in the template encodes it.
    pub encoded: bool,
    /// Of the action that writes it.
    pub place: Place,
}

/// A scalar of a file of values.
#[derive(Debug)]
pub struct Leaf {
    /// The keys that lead to it; items of lists are `[0]`.
    pub path: Vec<Box<str>>,
    /// What it looks like as it is.
    pub plain: Option<Look>,
    /// What it looks like to those who take it for base64; where it is none, as it is.
    pub decoded: Option<Look>,
    /// Of the value.
    pub place: Place,
}

/// Whether a file of Helm values is called like this: `values.yaml`, `values-prod.yml`, `prod.values.yaml`, `values/prod.yaml`.
pub(crate) fn is_values_file(path: &str) -> bool {
    let (folder, name) = path::split(path);
    let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    let values = || name.split(['.', '-', '_']).any(|part| part == "values");
    yaml && (path::name(folder) == "values" || values())
}

/// The folders of charts that a file of values may be for, each with its last `/`, nearest first: its own, and the one
/// above where that is for values only (`ci`, `values`).
pub(crate) fn charts_of_values(path: &str) -> impl Iterator<Item = &str> {
    let own = path.rfind('/').map_or("", |end| &path[..=end]);
    let inner = own.strip_suffix("ci/").or_else(|| own.strip_suffix("values/"));
    std::iter::once(own).chain(inner.filter(|above| above.is_empty() || above.ends_with('/')))
}

/// The folders of charts of which a file may be a template, each with its last `/`, nearest first.
pub(crate) fn charts_of_template(path: &str) -> impl Iterator<Item = &str> {
    const TEMPLATES: &str = "templates/";
    let at = memchr::memmem::rfind_iter(path.as_bytes(), TEMPLATES.as_bytes());
    at.map(|at| &path[..at]).filter(|chart| chart.is_empty() || chart.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_files_are_told_by_name() {
        for path in
            ["values.yaml", "charts/x/values-prod.yaml", "prod.values.yml", "env/values/prod.yaml", "minio_values.yaml"]
        {
            assert!(is_values_file(path), "{path}");
        }
        for path in ["values.schema.json", "deployment.yaml", "evaluation.yaml"] {
            assert!(!is_values_file(path), "{path}");
        }
    }

    #[test]
    fn files_know_the_folders_of_their_charts() {
        let of_values = |path| charts_of_values(path).collect::<Vec<_>>();
        assert_eq!(of_values("values.yaml"), [""]);
        assert_eq!(of_values("a/b/values-x.yaml"), ["a/b/"]);
        assert_eq!(of_values("a/ci/test-values.yaml"), ["a/ci/", "a/"]);
        assert_eq!(of_values("values/x.yaml"), ["values/", ""]);
        assert_eq!(of_values("a/myci/values.yaml"), ["a/myci/"]);
        let of_template = |path| charts_of_template(path).collect::<Vec<_>>();
        assert_eq!(of_template("templates/a.yaml"), [""]);
        assert_eq!(of_template("a/templates/b/templates/c.yaml"), ["a/templates/b/", "a/"]);
        assert!(of_template("a/mytemplates/c.yaml").is_empty());
    }
}
