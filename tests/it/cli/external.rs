//! External Secrets: what two teams wrote in their READMEs, what the configuration says, and files that are looked at alone.

use super::harness::Tree;

/// A repository of Git as far as the program looks for its root.
const GIT: [(&str, &str); 3] = [(".git/HEAD", "ref: refs/heads/main\n"), (".git/objects/x", ""), (".git/refs/x", "")];

/// A secret of a model server, from Vault.
const HUGGINGFACE: &str = "apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
metadata:
  name: huggingface-token
  namespace: private-ai-demo
spec:
  refreshInterval: 1h
  secretStoreRef:
    name: vault-backend
    kind: SecretStore
  target:
    name: huggingface-token
    creationPolicy: Owner
  data:
  - secretKey: HF_TOKEN
    remoteRef:
      key: private-ai-demo/huggingface
      property: token
";

const VAULT: &str = "apiVersion: external-secrets.io/v1beta1
kind: SecretStore
metadata:
  name: vault-backend
  namespace: private-ai-demo
spec:
  provider:
    vault:
      server: \"https://vault.example.com\"
      path: \"secret\"
      version: \"v2\"
      auth:
        kubernetes:
          mountPath: \"kubernetes\"
          role: \"private-ai-demo\"
";

/// A secret of an application, from the parameter store.
const MYAPP: &str = "apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
metadata:
  name: myapp-secrets
  namespace: myapp
spec:
  refreshInterval: 1h
  secretStoreRef:
    name: aws-parameter-store
    kind: SecretStore
  target:
    name: myapp-secrets
    creationPolicy: Owner
  data:
  - secretKey: api-key
    remoteRef:
      key: /mllab/myapp/api-key
";

const DEPLOYMENT: &str = "apiVersion: v1
kind: Pod
metadata:
  name: model-downloader
  namespace: private-ai-demo
spec:
  containers:
  - name: downloader
    image: docker.io/acme/model-downloader:0.3.0
    env:
    - name: HF_TOKEN
      valueFrom:
        secretKeyRef:
          name: huggingface-token
          key: HF_TOKEN
";

/// `RULE LEVEL PATH:LINE` of every finding.
fn found(tree: &Tree, arguments: &[&str]) -> Vec<String> {
    let run = tree.run(&[&["check", "--format", "json"], arguments].concat());
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("a report");
    let lines = report["findings"].as_array().expect("findings").iter().map(|finding| {
        let word = |key: &str| finding[key].as_str().expect("a text").to_owned();
        format!("{} {} {}:{}", word("rule"), word("level"), word("path"), finding["line"])
    });
    lines.collect()
}

#[test]
fn what_the_teams_wrote_has_a_version_that_is_gone_and_no_other_error() {
    let ai = Tree::new(&[("pod.yaml", DEPLOYMENT), ("secret.yaml", HUGGINGFACE), ("store.yaml", VAULT)]);
    assert_eq!(found(&ai, &[]), ["external-secret-api error secret.yaml:1", "external-secret-api error store.yaml:1"]);
    let lab = Tree::new(&[("myapp.yaml", MYAPP)]);
    assert_eq!(found(&lab, &[]), ["external-secret-api error myapp.yaml:1"]);
    for tree in [ai, lab] {
        let state = Tree::new(&[]);
        let run = tree.run_with(&["fix"], &[("XDG_STATE_HOME", state.path("state").to_str().expect("UTF-8"))]);
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(found(&tree, &[]), Vec::<String>::new());
        for (name, text) in [("secret.yaml", HUGGINGFACE), ("store.yaml", VAULT), ("myapp.yaml", MYAPP)] {
            let fixed = std::fs::read_to_string(tree.path(name)).unwrap_or_else(|_| text.replace("v1beta1", "v1"));
            assert_eq!(fixed, text.replace("v1beta1", "v1"));
        }
    }
}

#[test]
fn names_off_the_convention_are_found_where_it_is_kept_or_stated() {
    let current = MYAPP.replace("v1beta1", "v1");
    let off = format!("{current}  - secretKey: db\n    remoteRef:\n      key: mllab/myapp/db\n");
    let other = current.replace("/mllab/myapp/api-key", "ci/api-key").replace("myapp-secrets", "ci-secrets");
    assert_eq!(found(&Tree::new(&[("a.yaml", &off)]), &[]), ["external-secret-path warning a.yaml:20"]);
    assert_eq!(found(&Tree::new(&[("a.yaml", &other)]), &[]), Vec::<String>::new());
    // What is stated counts everywhere.
    let config = "external-secrets: {paths: [\"/lab/{service}/{secret}\", \"ci/{secret}\"]}\n";
    let tree = Tree::new(&[(".mlguard.yaml", config), ("a.yaml", &off), ("b.yaml", &other)]);
    assert_eq!(found(&tree, &[]), ["external-secret-path warning a.yaml:17", "external-secret-path warning a.yaml:20"]);
    let tree = Tree::new(&[(".mlguard.yaml", "external-secrets: {paths: []}\n"), ("a.yaml", &off)]);
    assert_eq!(found(&tree, &[]), Vec::<String>::new());
}

#[test]
fn a_store_is_looked_for_in_all_files_and_in_the_configuration() {
    let store = VAULT.replace("v1beta1", "v1").replace("SecretStore", "ClusterSecretStore");
    let secret = HUGGINGFACE.replace("v1beta1", "v1");
    let files = [("app/secret.yaml", secret.as_str()), ("platform/store.yaml", store.as_str())];
    let tree = Tree::new(&[GIT.as_slice(), &files].concat());
    let expected = ["external-secret-store error app/secret.yaml:9"];
    assert_eq!(found(&tree, &[]), expected);
    assert_eq!(found(&tree, &["app/secret.yaml"]), expected, "with the others as context");
    let config = (".mlguard.yaml", "external-secrets: {stores: [vault-backend]}\n");
    let tree = Tree::new(&[GIT.as_slice(), &files, &[config]].concat());
    assert_eq!(found(&tree, &[]), Vec::<String>::new());
}

#[test]
fn keys_that_are_added_to_a_secret_are_no_second_definition() {
    let sealed_elsewhere = "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: huggingface-token, namespace: \
                            private-ai-demo}\nspec: {secretName: huggingface-token, issuerRef: {name: a}, dnsNames: [a.b]}\n";
    let secret = HUGGINGFACE.replace("v1beta1", "v1");
    let merged = secret.replace("Owner", "Merge");
    let of = |secret: &str| {
        found(&Tree::new(&[("c.yaml", sealed_elsewhere), ("pod.yaml", DEPLOYMENT), ("secret.yaml", secret)]), &[])
    };
    assert_eq!(of(&secret), ["duplicate-definition warning secret.yaml:12"]);
    assert_eq!(of(&merged), Vec::<String>::new());
    // Nothing is made at all.
    let none = secret.replace("Owner", "None");
    let tree = Tree::new(&[("pod.yaml", DEPLOYMENT), ("secret.yaml", &none)]);
    assert_eq!(found(&tree, &[]), ["undefined-secret warning pod.yaml:14"]);
}
