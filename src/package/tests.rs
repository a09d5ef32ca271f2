//! Credential sources, judgements, the archive, and a package as a whole.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::LazyLock;

use rsa::RsaPrivateKey;
use rsa::rand_core::OsRng;

use super::source::{DotenvError, dotenv, manifest};
use super::*;
use crate::config::{Environment as Variables, Flags, Settings};
use crate::rule;
use crate::seal::Plaintext;
use crate::seal::secret::Entry;
use crate::seal::stream::Stream;
use crate::seal::strength::Weakness;

static KEY: LazyLock<RsaPrivateKey> =
    LazyLock::new(|| RsaPrivateKey::new(&mut OsRng, 2048).expect("a key can be made"));

/// The plan of a configuration.
fn plan(text: &str) -> PackagePlan {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join(".mlguard.yaml"), text).expect("a file");
    let settings = Settings::load(folder.path(), &Variables::default(), &Flags::default());
    assert_eq!(settings.problems(), []);
    settings.package
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, Plaintext> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Plaintext::from(*value))).collect()
}

/// Made-up credentials for the default plan.
const GOOD: [(&str, &str); 7] = [
    ("MINIO_ACCESS_KEY", "mlreader"),
    ("MINIO_SECRET_KEY", "q8ZrT3vLw0XbN5kYp2Jd"),
    ("MLFLOW_USERNAME", "trainer"),
    ("MLFLOW_PASSWORD", "w2Kf7RmPz4VtQ9sHc6Ly"),
    ("MLFLOW_SECRET_KEY", "b5NxG8jDe3WuA7oTi1Mq"),
    ("GITHUB_USERNAME", "platform-bot"),
    ("GITHUB_PAT", "u6YhC9kSv2ZaB4gFr8Xp"),
];

fn with(name: &str, value: &str) -> BTreeMap<String, Plaintext> {
    let mut all = map(&GOOD);
    all.insert(name.to_owned(), Plaintext::from(value));
    all
}

fn made(
    plan: &PackagePlan,
    credentials: &BTreeMap<String, Plaintext>,
    random: Randomness,
) -> Result<Package, PackageError> {
    let key = KEY.to_public_key();
    let environments = [
        Environment { name: "dev", namespace: "financial-ml-dev", key: &key },
        Environment { name: "production", namespace: "financial-ml", key: &key },
    ];
    let (env_from, image_pull) = (["ml-platform".to_owned()], ["ghcr".to_owned()]);
    let order = Order {
        workflow: "financial-ml",
        environments: &environments,
        plan,
        approved_by: Some("team@company.com"),
        date: jiff::civil::date(2025, 7, 4),
        version: "1.2.3",
        env_from: &env_from,
        image_pull: &image_pull,
        random,
        strength: Policy::default(),
    };
    make(&order, &|name| credentials.get(name).cloned())
}

/// What is refused, and what only told.
fn said(plan: &PackagePlan, credentials: &BTreeMap<String, Plaintext>) -> Vec<String> {
    match made(plan, credentials, Randomness::default()) {
        Ok(package) => package.notes.iter().map(|note| format!("note: {note}")).collect(),
        Err(PackageError::Values(faults)) => faults.iter().map(ToString::to_string).collect(),
        Err(error) => panic!("{error}"),
    }
}

/// Every value of the sealed files, opened: path, key, value.
fn opened(package: &Package) -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    for file in package.files.iter().filter(|file| file.path.ends_with(SEALED)) {
        let stream = Stream::read(&file.text).expect("YAML");
        let node = stream.documents[0].root().expect("an object");
        let sealed = crate::seal::SealedSecret::read(node).expect("a SealedSecret");
        for (Entry { key, value }, _) in sealed.unseal(&[&*KEY], &Randomness::default()).expect("it opens") {
            let value = String::from_utf8(value.expose().to_vec()).expect("text");
            found.insert((file.path.clone(), key), value);
        }
    }
    found
}

#[test]
fn dotenv_files_are_read_as_documented() {
    let text = "\u{feff}# a comment\n\nA=plain\r\nexport B = spaced # a comment\n\tC='single \"$X\" \\n'\nD=\"double \\\"\\n\\t\\\\ \\$X\" # c\n\
                E=\nF=a#b=c\nG='two\nlines'\nH=\"three\n\n\"\nI= # nothing\nexported=x\nJ=#x\nK=${NAME}";
    let read = dotenv(text).expect("it reads");
    let read: Vec<(&str, &str)> =
        read.iter().map(|(name, value)| (name.as_str(), std::str::from_utf8(value.expose()).expect("text"))).collect();
    let wanted = [
        ("A", "plain"),
        ("B", "spaced"),
        ("C", "single \"$X\" \\n"),
        ("D", "double \"\n\t\\ $X"),
        ("E", ""),
        ("F", "a#b=c"),
        ("G", "two\nlines"),
        ("H", "three\n\n"),
        ("I", ""),
        ("J", "#x"),
        ("K", "${NAME}"),
        ("exported", "x"),
    ];
    assert_eq!(read, wanted);
    assert!(dotenv("").expect("nothing").is_empty());
}

#[test]
fn faults_of_dotenv_files_name_the_line_and_no_value() {
    let name = || "A".to_owned();
    for (text, wanted) in [
        ("A=1\n\nhunter2", (3, DotenvError::NoAssignment)),
        ("hunter 2=1", (1, DotenvError::Name)),
        ("1A=hunter2", (1, DotenvError::Name)),
        ("=hunter2", (1, DotenvError::Name)),
        ("A=1\nA=hunter2", (2, DotenvError::Twice(name()))),
        ("#\nA='hunter2\nB=1\n", (2, DotenvError::Open(name()))),
        ("A=\"x\" hunter2", (1, DotenvError::Behind(name()))),
        ("A=\"hunter2\\x\"", (1, DotenvError::Escape(name()))),
        ("A=\"hunter2\\", (1, DotenvError::Escape(name()))),
    ] {
        let fault = dotenv(text).expect_err("refused");
        assert!(!fault.1.to_string().contains("hunter"), "{fault:?}");
        assert_eq!(fault, wanted, "{text:?}");
    }
}

#[test]
fn manifests_are_one_secret() {
    let text = "kind: ConfigMap\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata: {A: aGk=, B: eHg=}\nstringData: {B: y}\n";
    let read = manifest(text).expect("it reads");
    let read: Vec<(&str, &[u8])> = read.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    assert_eq!(read, [("A", b"hi".as_slice()), ("B", b"y".as_slice())]);
    let json = "{\"kind\": \"List\", \"items\": [{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"data\": {\"A\": \"aGk=\"}}]}";
    assert_eq!(manifest(json).expect("it reads").len(), 1);
    for (text, why) in [
        ("kind: ConfigMap\n", "it contains no Secret"),
        ("kind: Secret\n---\nkind: Secret\n", "it contains 2 Secrets"),
        ("kind: Secret\ndata: {A: hunter2!}\n", "not standard base64"),
        ("kind: Secret\ndata: {A: x}\nsops: {mac: y}\n", "encrypted with SOPS"),
        ("kind: [\n", "invalid YAML"),
    ] {
        let fault = manifest(text).expect_err("refused");
        assert!(fault.message.contains(why) && !fault.message.contains("hunter2"), "{text}: {fault:?}");
    }
}

/// The expected texts are what `kubectl create secret docker-registry --dry-run=client` makes of the same.
#[test]
fn logins_are_those_of_kubectl() {
    let text = |email| {
        let value = login::config("ghcr.io", "bot", "p\"a\\b<c>&d", email);
        String::from_utf8(value.expose().to_vec()).expect("text")
    };
    // Apart from the rest, so that no scanner takes this line for a login.
    let auth = "Ym90OnAiYVxiPGM+JmQ=";
    let head = r#"{"auths":{"ghcr.io":{"username":"bot","password":"p\"a\\b\u003cc\u003e\u0026d","auth":""#;
    assert_eq!(text(None), format!("{head}{auth}\"}}}}}}"));
    assert!(text(Some("a@b.c")).contains(r#"d","email":"a@b.c","auth":"#));
}

#[test]
fn the_name_of_the_environment_goes_first() {
    let package =
        made(&plan(""), &with("DEV_MLFLOW_PASSWORD", "m3Qd8LfUx5JrO1wEk7Gz"), Randomness::default()).expect("made");
    let opened = opened(&package);
    let value =
        |environment: &str, key: &str| opened[&(format!("{environment}/ml-platform{SEALED}"), key.to_owned())].clone();
    assert_eq!(value("dev", "MLFLOW_TRACKING_PASSWORD"), "m3Qd8LfUx5JrO1wEk7Gz");
    assert_eq!(value("production", "MLFLOW_TRACKING_PASSWORD"), "w2Kf7RmPz4VtQ9sHc6Ly");
    assert_eq!(value("dev", "AWS_ENDPOINT_URL"), "http://minio.minio.svc.cluster.local:9000");
    assert_eq!(value("dev", "RCLONE_CONFIG_S3_SECRET_ACCESS_KEY"), "q8ZrT3vLw0XbN5kYp2Jd");
    assert_eq!(opened.len(), 22);
    assert_eq!(super::values::names("us-east", "A"), ["US_EAST_A", "A"]);
}

#[test]
fn missing_and_weak_values_are_all_named() {
    let plan = plan("");
    assert_eq!(said(&plan, &map(&GOOD)), [""; 0]);
    assert_eq!(said(&plan, &map(&[])).len(), 18, "9 values in each of 2 environments");
    let mut without = map(&GOOD);
    without.remove("GITHUB_PAT");
    without.insert("DEV_GITHUB_PAT".to_owned(), Plaintext::from("u6YhC9kSv2ZaB4gFr8Xp"));
    assert_eq!(
        said(&plan, &without),
        ["production, Secret ghcr, password: neither PRODUCTION_GITHUB_PAT nor GITHUB_PAT is set"]
    );
    let both = |key: &str, what: &str| {
        ["dev", "production"].map(|environment| format!("{environment}, Secret {key}: {what}")).to_vec()
    };
    let password = "ml-platform, MLFLOW_TRACKING_PASSWORD";
    for (name, value, wanted) in [
        ("MLFLOW_PASSWORD", "minioadmin123", both(password, &format!("MLFLOW_PASSWORD {}", Weakness::Word))),
        ("MLFLOW_PASSWORD", "k3Vq9_xR", both(password, &format!("MLFLOW_PASSWORD {}", Weakness::Short(12)))),
        ("MLFLOW_PASSWORD", "trainer", both(password, &format!("MLFLOW_PASSWORD {}", Weakness::Name))),
        ("MLFLOW_PASSWORD", "changeme", both(password, &format!("MLFLOW_PASSWORD {}", Weakness::Placeholder))),
        ("MLFLOW_PASSWORD", " ", both(password, &format!("MLFLOW_PASSWORD {}", Weakness::Empty))),
        ("GITHUB_PAT", "short", both("ghcr, password", &format!("GITHUB_PAT {}", Weakness::Short(12)))),
        ("GITHUB_USERNAME", "", both("ghcr, username", &format!("GITHUB_USERNAME {}", Weakness::Empty))),
        ("GITHUB_USERNAME", "<user>", both("ghcr, username", &format!("GITHUB_USERNAME {}", Weakness::Placeholder))),
    ] {
        assert_eq!(said(&plan, &with(name, value)), wanted, "{name}");
    }
    let note = said(&plan, &with("MLFLOW_PASSWORD", "w2Kf7RmPz4VtQ9sHc6Ly\n"));
    assert!(
        note.len() == 2 && note[0].starts_with("note: dev") && note[0].contains("ends in a line break"),
        "{note:?}"
    );
}

#[test]
fn credentials_are_judged_whatever_their_keys_are_called() {
    let plan = plan(
        "package: { secrets: [{ name: x, keys: { HF_TOKEN: { from: HF }, DB: { from: DB_PASSWORD }, USER: { from: DB_USER }, \
         PLAIN: { from: REGION } } }] }\n",
    );
    let all = |hf: &str, db: &str| map(&[("HF", hf), ("DB_PASSWORD", db), ("DB_USER", "root"), ("REGION", "eu")]);
    assert_eq!(said(&plan, &all("q8ZrT3vLw0XbN5kYp2Jd", "w2Kf7RmPz4VtQ9sHc6Ly")), [""; 0]);
    let said = said(&plan, &all("short", "password1"));
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(
        said[0].contains("HF_TOKEN: HF is shorter") && said[1].contains("DB: DB_PASSWORD is a common password"),
        "{said:?}"
    );
}

#[test]
fn templates_are_filled_and_json_stays_json() {
    let plan = plan(
        "package: { secrets: [{ name: x, keys: { rclone.conf: { template: '{\"id\": \"${ID}\", \"key\": \"${S3_SECRET}\"}' }, \
         netrc: { template: \"machine h login ${ID} password ${S3_SECRET}\\n\" } } }] }\n",
    );
    let credentials = map(&[("ID", "reader"), ("S3_SECRET", "a\"b\\c8ZrT3vLw0XbN")]);
    let opened = opened(&made(&plan, &credentials, Randomness::default()).expect("made"));
    let value = |key: &str| opened[&(format!("dev/x{SEALED}"), key.to_owned())].as_str();
    let json: Value = serde_json::from_str(value("rclone.conf")).expect("JSON");
    assert_eq!(json, json!({ "id": "reader", "key": "a\"b\\c8ZrT3vLw0XbN" }));
    assert_eq!(value("netrc"), "machine h login reader password a\"b\\c8ZrT3vLw0XbN\n");
    let weak = said(&plan, &map(&[("ID", "reader"), ("S3_SECRET", "password1")]));
    assert!(weak.len() == 4 && weak[0].contains("rclone.conf: S3_SECRET is a common password"), "{weak:?}");
    let lines = said(&plan, &map(&[("ID", "reader"), ("S3_SECRET", "q8ZrT3vLw0Xb\nN5kYp2Jd")]));
    assert!(lines.iter().any(|line| line.contains("netrc: S3_SECRET contains a line break")), "{lines:?}");
    let missing = said(&plan, &map(&[]));
    assert_eq!(missing.len(), 8, "each name of each template: {missing:?}");
}

#[test]
fn literals_are_settings() {
    let found = |keys: &str| {
        let plan = plan(&format!("package: {{ secrets: [{{ name: x, keys: {{ {keys} }} }}] }}\n"));
        literals(&plan, rule::builtin()).into_iter().map(|literal| literal.key).collect::<Vec<_>>()
    };
    assert_eq!(literals(&plan(""), rule::builtin()), []);
    let none = [""; 0];
    for good in
        ["URL: { value: \"http://minio.minio:9000\" }", "REGION: { value: us-east-1 }", "PROVIDER: { value: Minio }"]
    {
        assert_eq!(found(good), none, "{good}");
    }
    for bad in [
        "X: { value: \"http://user:q8ZrT3vLw0XbN@minio:9000\" }".to_owned(),
        "SECRET_KEY: { value: q8ZrT3vLw0XbN5kYp2Jd }".to_owned(),
        "PASSWORD: { value: a }".to_owned(),
        format!("X: {{ value: {}p_Ky9Pf34qY6Nb3wWD25RQ4F5ZR3qa7y3gm1IL }}", "gh"),
        "X: { template: '{\"id\": \"${ID}\", \"password\": \"q8ZrT3vLw0XbN5kYp2Jd\"}' }".to_owned(),
    ] {
        assert_eq!(found(&bad).len(), 1, "{bad}");
    }
    let login = plan(
        "package: { secrets: [{ name: x, registry: { server: s, username: { value: admin }, password: { value: Harbor1 } } }] }\n",
    );
    let found = literals(&login, rule::builtin());
    assert!(found.len() == 1 && found[0].key == "password", "{found:?}");
}

#[test]
fn a_package_has_its_files_and_opens() {
    let package = made(&plan(""), &map(&GOOD), Randomness::default()).expect("made");
    let paths: Vec<&str> = package.files.iter().map(|file| file.path.as_str()).collect();
    let wanted = [
        "README.md",
        "dev/ghcr-sealed-secret.yaml",
        "dev/kustomization.yaml",
        "dev/ml-platform-sealed-secret.yaml",
        "production/ghcr-sealed-secret.yaml",
        "production/kustomization.yaml",
        "production/ml-platform-sealed-secret.yaml",
        "secret-reference-template.yaml",
    ];
    assert_eq!(paths, wanted);
    let text = |path: &str| package.files.iter().find(|file| file.path == path).expect("a file").text.clone();
    assert_eq!(
        text("dev/kustomization.yaml"),
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: financial-ml-dev\nresources:\n\
         - ml-platform-sealed-secret.yaml\n- ghcr-sealed-secret.yaml\n"
    );
    let ghcr = text("production/ghcr-sealed-secret.yaml");
    let stream = Stream::read(&ghcr).expect("YAML");
    let value = crate::seal::json::value(stream.documents[0].root().expect("an object"));
    let annotations = json!({
        "generated-by": "mlguard 1.2.3", "generated-date": "2025-07-04", "approved-by": "team@company.com",
    });
    assert_eq!(value["metadata"], json!({ "name": "ghcr", "namespace": "financial-ml", "annotations": annotations }));
    assert_eq!(value["spec"]["template"]["metadata"], value["metadata"]);
    assert_eq!(value["spec"]["template"]["type"], "kubernetes.io/dockerconfigjson");
    let login = &opened(&package)[&("production/ghcr-sealed-secret.yaml".to_owned(), ".dockerconfigjson".to_owned())];
    let login: Value = serde_json::from_str(login).expect("JSON");
    assert_eq!(login["auths"]["ghcr.io"]["password"], "u6YhC9kSv2ZaB4gFr8Xp");
    for (_, value) in GOOD.iter().filter(|(_, value)| value.len() > 15) {
        assert!(package.files.iter().all(|file| !file.text.contains(value)));
    }
    let readme = text("README.md");
    for part in [
        "tar -xzf financial-ml-ml-secrets-20250704.tar.gz",
        "kubectl apply -k dev/         # namespace financial-ml-dev",
        "- `RCLONE_CONFIG_S3_ACCESS_KEY_ID`",
        "approved by team@company.com",
        "## Rotation",
        "## Contacts",
    ] {
        assert!(readme.contains(part), "{part}\nis not in\n{readme}");
    }
}

#[cfg(debug_assertions)]
#[test]
fn packages_differ_in_ciphertext_only() {
    let plan = plan("");
    let texts = |random| made(&plan, &map(&GOOD), random).expect("made").files;
    let (one, other) = (texts(Randomness::default()), texts(Randomness::default()));
    assert_ne!(one, other);
    let bare = |files: &[File]| {
        let line = |line: &str| {
            if line.contains(": AgA") || line.len() > 300 {
                line.split(':').next().unwrap_or_default().to_owned()
            } else {
                line.to_owned()
            }
        };
        let one = |file: &File| (file.path.clone(), file.text.lines().map(line).collect::<Vec<_>>());
        files.iter().map(one).collect::<Vec<_>>()
    };
    assert_eq!(bare(&one), bare(&other));
    let seeded = texts(Randomness::seeded(7));
    assert_eq!(seeded, texts(Randomness::seeded(7)));
    assert_ne!(seeded, texts(Randomness::seeded(8)));
}

#[test]
fn archives_say_nothing_of_who_made_them() {
    let files = [("README.md", "a"), ("dev/x.yaml", "b\n")]
        .map(|(path, text)| File { path: path.to_owned(), text: text.to_owned() });
    let bytes = archive(&files, 1_751_587_200).expect("an archive");
    assert_eq!(bytes, archive(&files, 1_751_587_200).expect("an archive"));
    // RFC 1952: magic, deflate, no flags (so no name), no time, best compression, unknown system.
    assert_eq!(bytes[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
    let mut found = Vec::new();
    for entry in archive.entries().expect("entries") {
        let mut entry = entry.expect("an entry");
        let header = entry.header();
        let owner = (header.uid().expect("a number"), header.gid().expect("a number"));
        let names =
            (header.username().expect("text").map(str::to_owned), header.groupname().expect("text").map(str::to_owned));
        assert_eq!((owner, names), ((0, 0), (Some(String::new()), Some(String::new()))));
        assert_eq!((header.mode().expect("a mode"), header.mtime().expect("a time")), (0o644, 1_751_587_200));
        let path = entry.path().expect("a path").display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).expect("text");
        found.push((path, text));
    }
    assert_eq!(found, files.map(|file| (file.path, file.text)));
    assert_eq!(archive_name("a", jiff::civil::date(2025, 7, 4)), "a-ml-secrets-20250704.tar.gz");
}

#[test]
fn too_much_for_a_secret_is_refused() {
    let plan = plan("package: { secrets: [{ name: x, keys: { A: { from: BLOB }, B: { from: BLOB } } }] }\n");
    let said = said(&plan, &map(&[("BLOB", &"ab\n".repeat(200_000))]));
    assert!(said.len() == 2 && said[0].contains("1200000 bytes in total"), "{}", said[0]);
}
