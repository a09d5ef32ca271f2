//! References of container images: which registry one is pulled from.

use super::Convention;
use super::names::fits;

/// The registry of an image that names none.
const DOCKER: &str = "docker.io";

impl Convention {
    /// Whether an image (`ghcr.io/x/y:tag`) comes from a registry that needs credentials.
    pub(crate) fn is_private_image(&self, image: &str) -> bool {
        let (registry, path) = parts(image);
        self.private_registries.iter().any(|private| {
            let (host, prefix) = private.split_once('/').unwrap_or((private, ""));
            let is_docker = is_docker(&registry) && is_docker(host);
            (is_docker || fits(&host.to_ascii_lowercase(), &registry)) && starts_with(&path, prefix)
        })
    }
}

/// The registry of an image, in lower case, and its repository without tag and digest.
fn parts(image: &str) -> (String, String) {
    let image = image.trim();
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    let (registry, path) = match name.split_once('/') {
        // As container runtimes distinguish a registry from the first part of a repository.
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest.to_owned()),
        Some(_) => (DOCKER, name.to_owned()),
        None => (DOCKER, format!("library/{name}")),
    };
    let slash = path.rfind('/').map_or(0, |slash| slash + 1);
    let end = path[slash..].find(':').map_or(path.len(), |colon| slash + colon);
    (registry.to_ascii_lowercase(), path[..end].to_owned())
}

fn is_docker(registry: &str) -> bool {
    matches!(registry, DOCKER | "index.docker.io" | "registry-1.docker.io")
}

/// Whether the components of `prefix` begin `path`.
fn starts_with(path: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    let mut components = path.split('/');
    prefix.is_empty() || prefix.split('/').all(|part| components.next().is_some_and(|component| fits(part, component)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_images_are_those_of_the_registries_named() {
        let with = |registries: &[&str]| Convention {
            private_registries: registries.iter().map(|name| (*name).to_owned()).collect(),
            ..Convention::default()
        };
        let ghcr = with(&["ghcr.io"]);
        for image in ["ghcr.io/x/y:tag", "ghcr.io/x/y@sha256:00ff", "GHCR.io/x", "ghcr.io/x/y:1@sha256:00"] {
            assert!(ghcr.is_private_image(image), "{image}");
        }
        for image in
            ["nginx", "nginx:1.27", "library/ghcr.io", "x/ghcr.io/y", "ghcr.io.evil.example/x", "my-ghcr.io/x", "", "/"]
        {
            assert!(!ghcr.is_private_image(image), "{image}");
        }
        let acme = with(&["ghcr.io/acme"]);
        for (image, expected) in [
            ("ghcr.io/acme/x:1", true),
            ("ghcr.io/acme:1", true),
            ("ghcr.io/acme-public/x", false),
            ("ghcr.io/other/acme", false),
            ("ghcr.io/", false),
        ] {
            assert_eq!(acme.is_private_image(image), expected, "{image}");
        }
        let others = with(&["docker.io/acme", "*.dkr.ecr.*.amazonaws.com", "localhost:5000", "quay.io/"]);
        for (image, expected) in [
            ("acme/x", true),
            ("docker.io/acme/x", true),
            ("index.docker.io/acme/x", true),
            ("acme", false),
            ("other/x", false),
            ("1.dkr.ecr.eu-west-1.amazonaws.com/x", true),
            ("dkr.ecr.amazonaws.com/x", false),
            ("localhost:5000/x:1", true),
            ("localhost/x", false),
            ("localhost:5001/x", false),
            ("quay.io/x", true),
        ] {
            assert_eq!(others.is_private_image(image), expected, "{image}");
        }
        assert!(!with(&[]).is_private_image("ghcr.io/x"));
    }
}
