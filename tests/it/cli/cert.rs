//! `mlguard cert`: what it asks a cluster for, what it writes, and what it says of certificates. The cluster is a server of
//! the test, and kubectl the real one.

use std::fs;
use std::path::{Path, PathBuf};

use super::harness::{Run, Tree};
use super::server::Server;
use crate::tools::on_path;

const CENTURY: &str = include_str!("../../fixtures/certificates/century.pem");
const OTHER: &str = include_str!("../../fixtures/certificates/other.pem");
const EXPIRED: &str = include_str!("../../fixtures/certificates/expired.pem");
const WEAK: &str = include_str!("../../fixtures/certificates/weak.pem");
const SPKI: &str = include_str!("../../fixtures/certificates/spki.pem");

/// What `ssh-keygen -lf` prints for the keys of the certificates.
const CENTURY_ID: &str = "SHA256:FRHgPxylW6Ma0t3nzT4Kg2gVycqLyeD8jJ1crIZmr/k";
const OTHER_ID: &str = "SHA256:JDDaH4oKlMomXp5egjuEXJ90e50h3tD6HY/kEaId9qA";

const SERVICE: &str = "/api/v1/namespaces/kube-system/services/sealed-secrets-controller";
const PROXY: &str = "/api/v1/namespaces/kube-system/services/http:sealed-secrets-controller:http/proxy/v1/cert.pem";
const PORTS: &str =
    r#"{"kind":"Service","apiVersion":"v1","spec":{"ports":[{"name":"http","port":8080},{"name":"metrics"}]}}"#;

/// A cluster that `kubeconfig` in the tree leads to.
struct Cluster {
    server: Server,
    tree: Tree,
    kubectl: PathBuf,
}

impl Cluster {
    /// None where there is no kubectl.
    fn start(answers: &[(&str, u16, &str)]) -> Option<Self> {
        let kubectl = on_path("kubectl")?;
        let server = Server::start(answers);
        let tree = Tree::new(&[("ca.pem", &server.authority)]);
        let config = format!(
            "apiVersion: v1\nkind: Config\nclusters:\n\
             - {{name: dev, cluster: {{server: 'https://127.0.0.1:{}', certificate-authority: ca.pem}}}}\n\
             - {{name: down, cluster: {{server: 'https://127.0.0.1:1'}}}}\n\
             users:\n- {{name: me, user: {{token: made-up}}}}\n\
             contexts:\n- {{name: dev, context: {{cluster: dev, user: me}}}}\n- {{name: down, context: {{cluster: down, user: me}}}}\n\
             current-context: down\n",
            server.port
        );
        fs::write(tree.path("kubeconfig"), config).expect("a file");
        Some(Self { server, tree, kubectl })
    }

    fn fetch(&self, arguments: &[&str]) -> Run {
        self.fetch_with(arguments, &[])
    }

    fn fetch_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let kubectl = self.kubectl.to_string_lossy();
        let own = ["cert", "fetch", "--kubectl", &kubectl, "--kubeconfig", "kubeconfig", "--context", "dev"];
        self.tree.run_with(&[&own, arguments].concat(), variables)
    }
}

fn read(tree: &Tree, name: &str) -> String {
    fs::read_to_string(tree.path(name)).expect("a file")
}

#[test]
fn the_certificate_is_asked_for_as_kubeseal_does() {
    let Some(cluster) = Cluster::start(&[(SERVICE, 200, PORTS), (PROXY, 200, CENTURY)]) else { return };
    let run = cluster.fetch(&[]);
    assert_eq!((run.code, run.out.as_str()), (0, CENTURY), "{run:?}");
    assert!(
        run.err.starts_with(&format!("note: {CENTURY_ID}, RSA 4096 bits, valid until 2125-12-22 (")),
        "{}",
        run.err
    );
    let asked = [SERVICE, PROXY].map(|path| format!("GET {path} HTTP/1.1 Bearer made-up"));
    // kubectl compares its version with the server's by itself.
    let found: Vec<_> = cluster.server.asked().into_iter().filter(|asked| !asked.contains(" /version?")).collect();
    assert_eq!(found, asked);
    assert!(cluster.fetch(&["--quiet"]).err.is_empty());
}

#[test]
fn other_names_come_from_flags_and_variables() {
    let proxy = "/api/v1/namespaces/sealing/services/http:sealed-secrets:/proxy/v1/cert.pem";
    let ports = r#"{"kind":"Service","spec":{"ports":[{"port":8080}]}}"#;
    let service = "/api/v1/namespaces/sealing/services/sealed-secrets";
    let Some(cluster) = Cluster::start(&[(service, 200, ports), (proxy, 200, CENTURY)]) else { return };
    let run = cluster.fetch(&["--controller-name", "sealed-secrets", "--controller-namespace", "sealing"]);
    assert_eq!((run.code, run.out.as_str()), (0, CENTURY), "{run:?}");
    let variables =
        [("SEALED_SECRETS_CONTROLLER_NAME", "sealed-secrets"), ("SEALED_SECRETS_CONTROLLER_NAMESPACE", "sealing")];
    assert_eq!(cluster.fetch_with(&[], &variables).out, CENTURY);
    cluster.server.asked();
    for name in ["a/../../secrets", "A", "", "x?y", "-a"] {
        let run = cluster.fetch(&["--controller-name", name]);
        assert!(run.code == 2 && run.err.contains("is not a valid name of a service") || name == "-a", "{run:?}");
    }
    assert!(cluster.server.asked().is_empty());
}

#[test]
fn a_file_is_written_whole_and_a_new_key_is_told() {
    let Some(cluster) = Cluster::start(&[(SERVICE, 200, PORTS), (PROXY, 200, CENTURY)]) else { return };
    let run = cluster.fetch(&["--output", "dev.pem"]);
    assert!(run.code == 0 && run.out.is_empty() && run.err.contains(CENTURY_ID), "{run:?}");
    assert_eq!(read(&cluster.tree, "dev.pem"), CENTURY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(cluster.tree.path("dev.pem")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o644, 0o644, "{mode:o}");
    }
    let run = cluster.fetch(&["--output", "dev.pem"]);
    assert!(run.code == 0 && run.err.contains("the key has not changed"), "{run:?}");
    // What stands around the certificate is not taken over.
    cluster.server.answer(PROXY, 200, &format!("# words\n{OTHER}{CENTURY}"));
    let run = cluster.fetch(&["--output", "dev.pem"]);
    assert!(run.code == 0 && run.err.contains(&format!("the key has changed; it was {CENTURY_ID}")), "{run:?}");
    assert!(run.err.contains(OTHER_ID));
    assert_eq!(read(&cluster.tree, "dev.pem"), OTHER);
}

#[test]
fn a_cluster_of_the_configuration_names_its_file() {
    let Some(cluster) = Cluster::start(&[(SERVICE, 200, PORTS), (PROXY, 200, CENTURY)]) else { return };
    let clusters = "clusters:\n  dev: { cert: ops/certs/dev.pem, environments: [dev] }\n  live: { cert: live.pem }\n";
    fs::write(cluster.tree.path(".mlguard.yaml"), clusters).expect("a file");
    let run = cluster.fetch(&["--cluster", "dev"]);
    assert!(run.code == 0 && run.out.is_empty(), "{run:?}");
    assert_eq!(read(&cluster.tree, "ops/certs/dev.pem"), CENTURY);
    let run = cluster.fetch(&["--cluster", "lve"]);
    assert!(run.code == 2 && run.err.contains("did you mean `live`?"), "{run:?}");
    let run = cluster.fetch(&["--cluster", "dev", "--output", "x"]);
    assert!(run.code == 2 && run.err.contains("cannot be used with"), "{run:?}");
}

#[test]
fn what_is_no_certificate_is_not_overwritten() {
    let Some(cluster) = Cluster::start(&[(SERVICE, 200, PORTS), (PROXY, 200, CENTURY)]) else { return };
    fs::write(cluster.tree.path("notes.txt"), "mine\n").expect("a file");
    let run = cluster.fetch(&["--output", "notes.txt"]);
    assert!(
        run.code == 2 && run.err.contains("notes.txt: is not replaced, because it contains no certificate"),
        "{run:?}"
    );
    assert_eq!(read(&cluster.tree, "notes.txt"), "mine\n");
    assert!(cluster.server.asked().is_empty(), "the cluster is not asked in vain");
    let run = cluster.fetch(&["--output", "missing/dev.pem"]);
    assert!(
        run.code == 2 && run.err.contains("missing/dev.pem") && run.err.contains("make the folder first"),
        "{run:?}"
    );
}

#[test]
fn a_service_that_is_not_there_is_looked_for() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    let run = cluster.fetch(&["--output", "dev.pem"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("there is no service `sealed-secrets-controller` in namespace `kube-system`"), "{run:?}");
    assert!(run.err.contains("kubectl: ") && run.err.contains("the Helm chart calls it `sealed-secrets`"), "{run:?}");
    let list = r#"{"kind":"ServiceList","items":[
        {"metadata":{"name":"sealed-secrets","namespace":"sealing"}},
        {"metadata":{"name":"sealed-secrets-metrics","namespace":"sealing"}}]}"#;
    cluster.server.answer("/api/v1/services?labelSelector=app.kubernetes.io%2Fname%3Dsealed-secrets", 200, list);
    let run = cluster.fetch(&["--output", "dev.pem"]);
    let help = "the cluster has: --controller-name sealed-secrets --controller-namespace sealing\n";
    assert!(run.code == 2 && run.err.ends_with(help), "{run:?}");
    assert!(!cluster.tree.path("dev.pem").exists());
}

#[test]
fn answers_of_no_use_are_not_written() {
    let Some(cluster) = Cluster::start(&[(SERVICE, 200, PORTS)]) else { return };
    let forbidden = r#"{"kind":"Status","status":"Failure","reason":"Forbidden","code":403,"message":"no"}"#;
    let large = "x".repeat((1 << 20) + 1);
    for (status, body, said) in [
        (200, "<html>hello</html>", "it contains no certificate"),
        (200, "", "it is empty"),
        (200, SPKI, "it contains no certificate"),
        (200, EXPIRED, "the certificate expired on 2025-02-26"),
        (200, WEAK, "its RSA key has 1024 bits; at least 2048 are required"),
        (200, &large, "is larger than a certificate"),
        (403, forbidden, "you are not allowed to reach service `sealed-secrets-controller`"),
        (503, "no endpoints available for service", "kubectl could not get the certificate"),
    ] {
        cluster.server.answer(PROXY, status, body);
        let run = cluster.fetch(&["--output", "dev.pem"]);
        assert!(run.code == 2 && run.err.contains(said), "{said}: {run:?}");
        assert!(!cluster.tree.path("dev.pem").exists(), "{said}");
    }
    cluster.server.answer(SERVICE, 200, r#"{"kind":"Service","spec":{}}"#);
    assert!(cluster.fetch(&[]).err.contains("has no port"));
    cluster.server.answer(SERVICE, 403, forbidden);
    assert!(cluster.fetch(&[]).err.contains("you are not allowed to read service"));
}

#[test]
fn a_cluster_that_is_down_and_a_missing_kubectl_are_told() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    let kubectl = cluster.kubectl.to_string_lossy().into_owned();
    // The kubeconfig's own context.
    let run = cluster.tree.run(&["cert", "fetch", "--kubectl", &kubectl, "--kubeconfig", "kubeconfig"]);
    assert!(run.code == 2 && run.err.contains("kubectl: ") && run.err.contains("127.0.0.1:1"), "{run:?}");
    assert!(run.err.contains("kubectl could not get the certificate"), "{run:?}");
    let run = cluster.tree.run(&["cert", "fetch", "--kubectl", "./no-such-kubectl"]);
    assert!(run.code == 2 && run.err.contains("./no-such-kubectl: cannot start kubectl: "), "{run:?}");
    assert!(run.err.contains("set --kubectl"), "{run:?}");
}

#[test]
fn certificates_are_shown() {
    let files = [("a.pem", CENTURY), ("b.pem", OTHER), ("old.pem", EXPIRED), ("key.pub", SPKI), ("x.pem", "words\n")];
    let tree = Tree::new(&files);
    let run = tree.run(&["cert", "show", "a.pem"]);
    assert_eq!(run.code, 0, "{run:?}");
    let head = format!(
        "key of a.pem\n  fingerprint  {CENTURY_ID}\n  key          RSA 4096 bits\n  subject      CN=sealed-secrets\n  issuer       \
         CN=sealed-secrets\n  serial       fafa01ab1454ba1db32b46bab6ed59e2\n  valid from   2026-01-15T08:30:00Z\n  valid \
         until  2125-12-22T08:30:00Z ("
    );
    assert!(run.out.starts_with(&head) && run.out.ends_with(" days left)\n"), "{}", run.out);
    assert!(run.err.contains("a.pem: the certificate is from 2026-01-15, "), "{}", run.err);
    assert!(tree.run(&["cert", "show", "a.pem", "--quiet"]).err.is_empty());
    // A name does not reach the terminal as it is.
    let run = tree.run(&["cert", "show", "b.pem"]);
    assert!(run.code == 0 && run.out.contains("CN=own") && !run.out.contains('\u{1b}'), "{run:?}");
    let run = tree.run(&["cert", "show", "key.pub"]);
    assert!(run.code == 0 && run.out.contains("a bare public key") && run.err.is_empty(), "{run:?}");
    let run = tree.run(&["cert", "show", "old.pem", "a.pem"]);
    assert!(
        run.code == 1 && run.out.contains("2025-02-26T00:00:00Z (expired)") && run.out.contains("a.pem"),
        "{run:?}"
    );
    let run = tree.run(&["cert", "show", "old.pem", "x.pem", "gone.pem", "b.pem"]);
    assert!(run.code == 2 && run.out.contains(OTHER_ID), "{run:?}");
    assert!(
        run.err.contains("x.pem: it contains no certificate") && run.err.contains("gone.pem: cannot be read"),
        "{run:?}"
    );
}

#[test]
fn certificates_are_shown_to_programs() {
    let tree = Tree::new(&[("a.pem", CENTURY), ("old.pem", EXPIRED), ("key.pub", SPKI)]);
    let run = tree.run(&["cert", "show", "--format", "json", "a.pem", "old.pem", "key.pub"]);
    assert_eq!(run.code, 1);
    let value: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!(value["version"], 1);
    let first = &value["certificates"][0];
    let days = first["days_left"].as_i64().expect("a number");
    assert!((30_000..36_500).contains(&days));
    let mut rest = first.clone();
    rest.as_object_mut().expect("an object").remove("days_left");
    assert_eq!(
        rest,
        serde_json::json!({
            "place": "a.pem", "cluster": null, "kind": "certificate", "fingerprint": CENTURY_ID, "algorithm": "RSA",
            "bits": 4096, "subject": "CN=sealed-secrets", "issuer": "CN=sealed-secrets",
            "serial": "fafa01ab1454ba1db32b46bab6ed59e2", "valid_from": "2026-01-15T08:30:00Z",
            "valid_until": "2125-12-22T08:30:00Z", "expired": false,
        })
    );
    let (old, bare) = (&value["certificates"][1], &value["certificates"][2]);
    assert!(old["expired"] == true && old["days_left"].as_i64() < Some(0));
    assert!(bare["kind"] == "public-key" && bare["valid_until"].is_null() && bare["expired"] == false);
}

#[test]
fn without_a_file_the_flag_the_environment_and_the_clusters_count() {
    let clusters = "clusters:\n  dev: { cert: certs/dev.pem, environments: [dev] }\n  live: { cert: certs/live.pem }\n";
    let files = [(".mlguard.yaml", clusters), ("certs/dev.pem", CENTURY), ("certs/live.pem", OTHER), ("key.pub", SPKI)];
    let tree = Tree::new(&files);
    let run = tree.run(&["cert", "show"]);
    assert!(run.code == 0 && run.out.contains("certs/dev.pem (cluster dev)\n"), "{run:?}");
    assert!(run.out.contains("certs/live.pem (cluster live)\n") && run.out.contains(OTHER_ID), "{run:?}");
    let show = |arguments: &[&str], variables: &[(&str, &str)]| {
        tree.run_with(&[&["cert", "show", "--quiet"], arguments].concat(), variables)
    };
    let first = |run: &Run| run.out.lines().next().unwrap_or_default().trim_start_matches("key of ").to_owned();
    let both = [("MLGUARD_CERT", "key.pub"), ("SEALED_SECRETS_CERT", "certs/live.pem")];
    assert_eq!(first(&show(&[], &both)), "key.pub");
    assert_eq!(first(&show(&[], &both[1..])), "certs/live.pem");
    assert_eq!(first(&show(&["--cert", "certs/dev.pem"], &both)), "certs/dev.pem");
    let run = show(&[], &[("SEALED_SECRETS_CERT", "gone.pem")]);
    assert!(run.code == 2 && run.err.contains("(from SEALED_SECRETS_CERT)"), "{run:?}");
    let run = Tree::new(&[]).run(&["cert", "show"]);
    assert!(run.code == 2 && run.err.contains("no certificate is given"), "{run:?}");
    let address = format!("file://{}", tree.path("key.pub").display());
    if cfg!(unix) {
        assert_eq!(show(&[&address], &[]).code, 0);
    }
}

/// Elsewhere the system's own store decides, which a test cannot add to.
#[cfg(target_os = "linux")]
#[test]
fn certificates_are_read_from_https() {
    let server =
        Server::start(&[("/c.pem", 200, CENTURY), ("/large", 200, &"x".repeat((1 << 20) + 1)), ("/500", 500, "x")]);
    server.answer("/moved", 302, &server.address("/c.pem"));
    server.answer("/plain", 302, "http://localhost:1/c.pem");
    server.answer("/circle", 302, &server.address("/circle"));
    let tree = Tree::new(&[("ca.pem", &server.authority), ("other.pem", OTHER)]);
    let show = |address: &str, authority: &str| {
        let authority = tree.path(authority).to_string_lossy().into_owned();
        tree.run_with(&["cert", "show", "--cert", address], &[("SSL_CERT_FILE", &authority)])
    };
    for path in ["/c.pem", "/moved"] {
        let run = show(&server.address(path), "ca.pem");
        assert!(run.code == 0 && run.out.contains(CENTURY_ID), "{run:?}");
        assert!(run.out.starts_with(&format!("key of {}", server.address(path))), "{}", run.out);
    }
    server.asked();
    for (address, said) in [
        (server.address("/none.pem"), "the server answered with status 404"),
        (server.address("/500"), "the server answered with status 500"),
        (server.address("/large"), "the response is too large for a certificate"),
        (server.address("/plain"), "the server redirects to a URL without https"),
        (server.address("/circle"), "the server redirects in circles"),
        ("https://".to_owned(), "this is not a URL"),
        ("https://localhost:1/c.pem".to_owned(), "Connection refused"),
        (format!("http://localhost:{}/c.pem", server.port), "http is refused"),
    ] {
        let run = show(&address, "ca.pem");
        assert!(run.code == 2 && run.err.contains(said) && run.out.is_empty(), "{said}: {run:?}");
    }
    // Who is not known to the system is not believed.
    server.asked();
    let run = show(&server.address("/c.pem"), "other.pem");
    assert!(run.code == 2 && run.err.contains("UnknownIssuer") && run.err.contains("SSL_CERT_FILE"), "{run:?}");
    assert!(server.asked().is_empty());
    // Passwords of an address are not shown.
    let secret = format!("https://ci:hunter2@localhost:{}/none?token=hunter2", server.port);
    let run = show(&secret, "ca.pem");
    assert!(run.code == 2 && !run.err.contains("hunter2") && run.err.contains("/none: cannot be fetched"), "{run:?}");
}

#[test]
fn no_private_key_is_committed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/certificates");
    for entry in fs::read_dir(folder).expect("a folder") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("text");
        assert!(!text.contains("PRIVATE KEY"), "no private key is committed, not even one of a test");
    }
}
