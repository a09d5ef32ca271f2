//! For which namespace and which cluster a Secret is sealed.

use super::{VALUE, Work, public, secret};

fn kustomization(text: &str) -> String {
    format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n{text}")
}

#[test]
fn the_namespace_is_what_the_repository_says() {
    let stated = secret("db", Some("ml"));
    let silent = secret("db", None);
    let folder = kustomization("namespace: from-kustomization\nresources: [s.yaml]\n");
    // Its own statement; the convention of paths; the kustomization that includes it.
    for (path, text, further, namespace) in [
        ("s.yaml", &stated, None, "ml"),
        ("packages/financial-ml/dev/s.yaml", &silent, None, "financial-ml-dev"),
        ("packages/financial-ml/production/s.yaml", &silent, None, "financial-ml"),
        ("k/s.yaml", &silent, Some(("k/kustomization.yaml", folder.as_str())), "from-kustomization"),
    ] {
        let mut files = vec![(path, text.as_str())];
        files.extend(further);
        let work = Work::new(&files);
        let run = work.fix(&["--rule", "plaintext-secret"]);
        assert_eq!(run.code, 0, "{path}: {}", run.err);
        assert_eq!(work.namespaces(path), [namespace], "{path}");
    }
    let work = Work::new(&[("s.yaml", &silent)]);
    assert_eq!(work.fix(&["--namespace", "given"]).code, 0);
    assert_eq!(work.namespaces("s.yaml"), ["given"]);
    let work = Work::new(&[("s.yaml", &silent)]);
    let run = work.fix(&["--scope", "cluster-wide"]);
    assert!(run.code == 0 && !work.text("s.yaml").contains("namespace"), "{}", run.err);
}

#[test]
fn a_namespace_is_never_guessed() {
    let work = Work::new(&[("s.yaml", &secret("db", None))]);
    work.assert_refused(&[], "its namespace is unknown; add `metadata.namespace`, or use --namespace");
    let work = Work::new(&[("s.yaml", &secret("db", Some("ml")))]);
    work.assert_refused(&["--namespace", "other"], "it is for namespace 'ml', but --namespace is 'other'");
    let work = Work::new(&[("s.yaml", &secret("db", None))]);
    work.assert_refused(&["--namespace", "No_Name"], "namespace is not valid in Kubernetes");
}

/// Two overlays of one base that state different namespaces, one that adds a prefix, and one that states nothing.
#[test]
fn overlays_that_disagree_are_refused() {
    let base = kustomization("resources: [s.yaml]\n");
    let overlay = |text: &str| kustomization(&format!("resources: [../base]\n{text}"));
    let (dev, production) = (overlay("namespace: ml-dev\n"), overlay("namespace: ml\n"));
    let (prefix, silent) = (overlay("namespace: ml-dev\nnamePrefix: dev-\n"), overlay(""));
    let with = |overlays: &[(&str, &str)]| {
        let text = secret("db", None);
        let own = [("base/s.yaml", text.as_str()), ("base/kustomization.yaml", base.as_str())];
        Work::new(&[own.as_slice(), overlays].concat())
    };
    let work = with(&[("dev/kustomization.yaml", &dev), ("production/kustomization.yaml", &production)]);
    work.assert_refused(&[], "kustomizations put it into several namespaces (ml, ml-dev)");
    let work = with(&[("dev/kustomization.yaml", &prefix)]);
    work.assert_refused(&[], "a kustomization changes its name, to which scope strict binds it");
    let work = with(&[("dev/kustomization.yaml", &dev), ("production/kustomization.yaml", &silent)]);
    work.assert_refused(&[], "puts it into namespace 'ml-dev', and another sets none");
    let work = with(&[("dev/kustomization.yaml", &dev)]);
    let run = work.fix(&[]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(work.namespaces("base/s.yaml"), ["ml-dev"]);
}

/// A SealedSecret in its place would be a patch without a target: the build breaks.
#[test]
fn a_patch_of_a_kustomization_is_refused() {
    for patch in ["patches:\n- path: patch.yaml\n", "patchesStrategicMerge: [patch.yaml]\n"] {
        let work = Work::new(&[
            ("kustomization.yaml", &kustomization(&format!("namespace: ml\nresources: [s.yaml]\n{patch}"))),
            ("s.yaml", &secret("db", Some("ml")).replace(&super::encoded(), "")),
            ("patch.yaml", &secret("db", Some("ml"))),
        ]);
        work.assert_refused(&[], "a kustomization uses it as a patch of a Secret, which a SealedSecret cannot be");
    }
}

const CLUSTERS: &str = "clusters:\n  dev: { cert: certs/dev.pem, environments: [dev] }\n  prod: { cert: certs/prod.pem, \
                        environments: [staging, production] }\n";

fn clusters(configuration: &str, files: &[(&str, &str)]) -> Work {
    let own = [(".mlguard.yaml", configuration), ("certs/dev.pem", public(0)), ("certs/prod.pem", public(1))];
    Work::new(&[own.as_slice(), files].concat())
}

#[test]
fn each_environment_has_its_cluster() {
    let (dev, production) = ("packages/ml/dev/s.yaml", "packages/ml/production/s.yaml");
    let text = secret("db", None);
    let work =
        clusters(CLUSTERS, &[(dev, &text), (production, &text), ("k/staging.yaml", &secret("x", Some("ml-staging")))]);
    let run = work.bare(&[]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(work.opened(dev, 0)[0].1, "ml-dev");
    assert_eq!(work.opened(production, 1)[0].1, "ml");
    assert_eq!(work.opened("k/staging.yaml", 1)[0].1, "ml-staging", "the name of the namespace says it");
    assert!(run.err.contains("for cluster 'dev'") && run.err.contains("for cluster 'prod'"), "{}", run.err);
}

#[test]
fn a_cluster_is_named_where_nothing_else_says_it() {
    let work = clusters(CLUSTERS, &[("s.yaml", &secret("db", Some("elsewhere-x")))]);
    let run = work.bare(&[]);
    assert!(run.code == 1 && run.err.contains("and so is its cluster; use --cluster"), "{}", run.err);
    let run = work.bare(&["--cluster", "prd"]);
    assert!(run.code == 2 && run.err.contains("did you mean `prod`?"), "{}", run.err);
    assert_eq!(work.bare(&["--cluster", "prod"]).code, 0);
    assert_eq!(work.opened("s.yaml", 1)[0].1, "elsewhere-x");
    let run = clusters("", &[("s.yaml", &secret("db", Some("ml")))]).bare(&["--cluster", "prod"]);
    assert!(run.code == 2 && run.err.contains("name it under `clusters`, or use --cert"), "{}", run.err);
    let run = clusters(
        "clusters:\n  dev: { cert: certs/dev.pem, environments: [dev] }\n",
        &[("packages/ml/staging/s.yaml", &secret("db", None))],
    )
    .bare(&[]);
    assert!(run.err.contains("no configured cluster runs the environment 'staging'"), "{}", run.err);
}

const BOTH: &str = "clusters:\n  east: { cert: certs/dev.pem, environments: [production] }\n  west: { cert: \
                    certs/prod.pem, environments: [production] }\n";

#[test]
fn several_clusters_of_an_environment_have_a_file_each() {
    let name = "packages/ml/production/s.yaml";
    let text = format!("# licence\r\n\r\n{}# foot", secret("db", None).replace('\n', "\r\n"));
    let work = clusters(BOTH, &[(name, &text)]);
    let run = work.bare(&[]);
    assert_eq!(run.code, 0, "{}", run.err);
    let check = work.run_in("", &["check", "--fail-on", "warning"], &[]);
    assert_eq!(check.code, 0, "each cluster has its own: {}", check.out);
    let (east, west) = ("packages/ml/production/s.east.yaml", "packages/ml/production/s.west.yaml");
    assert!(!work.has(name), "the Secret is gone: {}", run.err);
    for (cluster, file) in [east, west].into_iter().enumerate() {
        let (_, namespace, values) = work.opened(file, cluster).remove(0);
        assert_eq!((namespace.as_str(), values["password"].as_str()), ("ml", VALUE));
        let new = work.text(file);
        assert!(new.starts_with("# licence\r\n\r\n") && new.ends_with("\r\n# foot"), "comments around it stay");
        assert!(!new.replace("\r\n", "").contains('\n'), "line ends");
        assert!(run.err.contains(&format!("{file}: new")), "{}", run.err);
    }
    assert_eq!(work.bare(&["--undo"]).code, 0);
    assert!(work.text(name) == text && !work.has(east) && !work.has(west), "undo");
    // A document among others goes alone.
    let other = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n";
    let work = clusters(BOTH, &[(name, &format!("{other}---\n{}---\n{other}", secret("db", None)))]);
    work.bare(&[]);
    assert_eq!(work.text(name), format!("{other}---\n{other}"));
    assert_eq!(work.opened(west, 1)[0].0, "db");
    // What stands there already is nobody's to write over.
    let work =
        clusters(BOTH, &[(name, &secret("db", None)), (west, "mine: 1\n"), ("z.yaml", &secret("z", Some("ml")))]);
    let run = work.bare(&[]);
    assert!(run.err.contains("s.west.yaml exists already"), "{}", run.err);
    assert!(work.has(name) && !work.has(east) && work.text(west) == "mine: 1\n", "{}", run.err);
    assert!(work.has("z.west.yaml"), "the others are repaired: {}", run.err);
}

/// Without its file the build of the kustomization would fail.
#[test]
fn what_a_kustomization_names_is_not_split() {
    let folder = kustomization("namespace: ml\nresources: [s.yaml]\n");
    let files =
        [("packages/ml/production/s.yaml", secret("db", None)), ("packages/ml/production/kustomization.yaml", folder)];
    let work = clusters(BOTH, &[(files[0].0, &files[0].1), (files[1].0, &files[1].1)]);
    let before = work.files();
    let run = work.bare(&[]);
    assert!(run.err.contains("a kustomization includes its file, and each cluster needs its own"), "{}", run.err);
    assert!(run.code == 1 && work.files() == before);
    assert_eq!(work.bare(&["--cluster", "west"]).code, 0);
}

#[test]
fn certificates_that_cannot_be_used_write_nothing() {
    let expired = include_str!("../../../fixtures/certificates/expired.pem");
    let text = secret("db", Some("ml"));
    let work = Work::new(&[("s.yaml", &text), ("expired.pem", expired), ("no.pem", "hello\n")]);
    for (cert, why) in [("expired.pem", "expired"), ("no.pem", "no.pem"), ("missing.pem", "cannot be read")] {
        let run = work.bare(&["--cert", cert]);
        assert!(run.code == 2 && run.err.contains(why), "{cert}: {}", run.err);
        assert_eq!(work.text("s.yaml"), text);
    }
    // The certificate of another environment does not stand in the way.
    let work = Work::new(&[
        (".mlguard.yaml", CLUSTERS),
        ("certs/dev.pem", public(0)),
        ("certs/prod.pem", expired),
        ("packages/ml/dev/s.yaml", &secret("db", None)),
        ("packages/ml/production/s.yaml", &secret("db", None)),
    ]);
    let run = work.bare(&[]);
    assert!(
        run.err.contains("the certificate of cluster `prod` cannot be used: certs/prod.pem: the certificate expired"),
        "{}",
        run.err
    );
    assert_eq!(work.namespaces("packages/ml/dev/s.yaml"), ["ml-dev"]);
    assert_eq!(work.text("packages/ml/production/s.yaml"), secret("db", None));
    assert_eq!(work.bare(&["--cluster", "prod"]).code, 2);
}
