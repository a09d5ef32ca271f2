//! `mlguard fix`: what it writes, what it refuses, what it says, and that it is taken back.

mod around;
mod diff;
mod notice;
mod outside;
mod refused;
mod stage;
mod targets;
mod undo;
mod untrack;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};

use super::harness::Run;
pub(crate) use super::harness::Tree;
use crate::tools::skip;

/// The value that most of these tests seal.
pub(crate) const VALUE: &str = "tea4two-Biscuits";

/// A key pair: private and public half, PEM.
struct Keys {
    private: String,
    public: String,
}

/// Two clusters, made when the tests run, so that no key stands in the repository.
static KEYS: LazyLock<[Keys; 2]> = LazyLock::new(|| {
    [(), ()].map(|()| {
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("a key");
        let private = key.to_pkcs8_pem(LineEnding::LF).expect("PEM").to_string();
        Keys { private, public: key.to_public_key().to_public_key_pem(LineEnding::LF).expect("PEM") }
    })
});

pub(crate) fn public(cluster: usize) -> &'static str {
    &KEYS[cluster].public
}

/// The same in base64.
pub(crate) fn encoded() -> String {
    STANDARD.encode(VALUE)
}

/// A Secret with one value.
pub(crate) fn secret(name: &str, namespace: Option<&str>) -> String {
    let namespace = namespace.map(|namespace| format!("  namespace: {namespace}\n")).unwrap_or_default();
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n{namespace}data:\n  password: {}\n",
        STANDARD.encode(VALUE)
    )
}

/// A work tree without a commit as far as Git looks at it, and a certificate beside it.
pub(crate) struct Work {
    pub(crate) tree: Tree,
    keys: Tree,
}

impl Work {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let git = [(".git/HEAD", "ref: refs/heads/main\n"), (".git/objects/x", ""), (".git/refs/x", "")];
        Self { tree: Tree::new(&[git.as_slice(), files].concat()), keys: Tree::new(&[("0.pem", public(0))]) }
    }

    /// The same outside Git.
    pub(crate) fn plain(files: &[(&str, &str)]) -> Self {
        Self { tree: Tree::new(files), keys: Tree::new(&[("0.pem", public(0))]) }
    }

    /// `mlguard fix` without a certificate.
    pub(crate) fn bare(&self, arguments: &[&str]) -> Run {
        self.run_in(".", &[&["fix"], arguments].concat(), &[])
    }

    /// `mlguard fix` with the certificate of the first cluster.
    pub(crate) fn fix(&self, arguments: &[&str]) -> Run {
        let cert = self.keys.path("0.pem");
        self.run_in(".", &[&["fix"], arguments].concat(), &[("MLGUARD_CERT", cert.to_str().expect("UTF-8"))])
    }

    pub(crate) fn run_in(&self, folder: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let mut command = self.tree.command(arguments);
        command.current_dir(self.tree.path(folder)).envs(variables.iter().copied());
        let run =
            Run::from(command.env("XDG_STATE_HOME", self.keys.path("state")).output().expect("the program starts"));
        assert_silent(&run);
        run
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.keys.path("state")
    }

    pub(crate) fn text(&self, name: &str) -> String {
        let text = fs::read_to_string(self.tree.path(name));
        assert!(text.is_ok(), "{name}: {text:?}");
        text.unwrap_or_default()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.tree.path(name), bytes).expect("a file");
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.tree.path(name).symlink_metadata().is_ok()
    }

    /// Every file but those in `.git`.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(&self.tree.path("."), &self.tree.path("."), &mut found);
        found
    }

    /// Name, namespace and values of every Secret that a private key opens in a file.
    pub(crate) fn opened(&self, name: &str, cluster: usize) -> Vec<(String, String, BTreeMap<String, String>)> {
        let key = self.keys.path("private.pem");
        fs::write(&key, &KEYS[cluster].private).expect("a file");
        let key = key.to_str().expect("UTF-8");
        let run = self.tree.run(&["unseal", "-o", "json", "--private-key", key, name]);
        assert_eq!(run.code, 0, "{name}: {}", run.err);
        let documents = serde_json::Deserializer::from_str(&run.out).into_iter::<serde_json::Value>();
        let documents =
            documents.map(|document| document.expect("JSON")).filter(|document| document["kind"] == "Secret");
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let plain = |value: &serde_json::Value| {
            String::from_utf8(STANDARD.decode(text(value)).expect("base64")).expect("UTF-8")
        };
        documents
            .map(|secret| {
                let values = secret["data"].as_object().into_iter().flatten();
                let values = values.map(|(key, value)| (key.clone(), plain(value))).collect();
                (text(&secret["metadata"]["name"]), text(&secret["metadata"]["namespace"]), values)
            })
            .collect()
    }

    /// The namespaces for which the Secrets of a file were sealed.
    pub(crate) fn namespaces(&self, name: &str) -> Vec<String> {
        self.opened(name, 0).into_iter().map(|(_, namespace, _)| namespace).collect()
    }

    /// A file is not sealed, the reason is said, and nothing is written anywhere.
    #[track_caller]
    pub(crate) fn assert_refused(&self, arguments: &[&str], reason: &str) {
        let before = self.files();
        let run = self.fix(arguments);
        assert!(run.err.contains(reason), "{reason:?} is not in: {}", run.err);
        assert_ne!(run.code, 0, "{}", run.err);
        assert!(self.files() == before, "something was written: {}", run.err);
    }
}

/// No stream holds the value of these tests.
#[track_caller]
pub(crate) fn assert_silent(run: &Run) {
    for form in [VALUE.to_owned(), STANDARD.encode(VALUE)] {
        assert!(!run.out.contains(&form) && !run.err.contains(&form), "a value is said");
    }
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
        if path.is_dir() && !path.is_symlink() {
            if name != ".git" {
                collect(root, &path, found);
            }
        } else {
            found.insert(name, fs::read(path).unwrap_or_default());
        }
    }
}

/// Runs Git in a folder; none where it is not there, which CI does not excuse.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "Git, as people use it")]
    let mut command = Command::new("git");
    #[expect(clippy::disallowed_methods, reason = "where programs are, and whether they have to be there")]
    let variable = |name| std::env::var_os(name);
    let path = variable("PATH").unwrap_or_default();
    command.args(arguments).current_dir(folder).env_clear().env("PATH", path).env("HOME", folder.join(".none"));
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_AUTHOR_DATE", "2026-03-04T05:06:07Z");
    command.env("GIT_COMMITTER_DATE", "2026-03-04T05:06:07Z");
    match command.output() {
        Ok(output) => {
            assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            Some(String::from_utf8(output.stdout).expect("UTF-8"))
        }
        Err(error) => skip(&format!("git does not start: {error}")),
    }
}

/// A work tree with a repository of Git, and its files in one commit. None where Git is not there.
pub(crate) fn repository(files: &[(&str, &str)], init: &[&str]) -> Option<Work> {
    let work = Work::plain(files);
    let folder = work.tree.path(".");
    git(&folder, &[&["init", "--quiet", "-b", "main"], init].concat())?;
    for (key, value) in [("user.name", "A"), ("user.email", "a@example.com"), ("core.autocrlf", "false")] {
        git(&folder, &["config", key, value])?;
    }
    git(&folder, &["add", "."])?;
    git(&folder, &["commit", "--quiet", "--allow-empty", "-m", "all"])?;
    Some(work)
}

#[test]
fn anti_pattern_of_the_start_ends_clean_and_opens_again() {
    // The usual beginning: a Secret in a file of its own, values in base64.
    let text = format!(
        "# Hardcoded credentials\napiVersion: v1\nkind: Secret\nmetadata:\n  name: mlflow-s3-secret\ndata:\n  \
         AWS_ACCESS_KEY_ID: {}  # base64 encoded\n  AWS_SECRET_ACCESS_KEY: {}\n",
        STANDARD.encode("mlflow-writer-7"),
        STANDARD.encode(VALUE)
    );
    let work = Work::new(&[("packages/financial-ml/dev/mlflow.yaml", &text)]);
    assert_eq!(work.tree.run(&["check"]).code, 1);
    let run = work.fix(&[]);
    assert_eq!(run.code, 0, "{}", run.err);
    let check = work.tree.run(&["check"]);
    assert_eq!(check.code, 0, "{}", check.out);
    let values = [("AWS_ACCESS_KEY_ID", "mlflow-writer-7"), ("AWS_SECRET_ACCESS_KEY", VALUE)];
    let values = values.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect();
    let secret = ("mlflow-s3-secret".to_owned(), "financial-ml-dev".to_owned(), values);
    assert_eq!(work.opened("packages/financial-ml/dev/mlflow.yaml", 0), [secret]);
    assert!(work.text("packages/financial-ml/dev/mlflow.yaml").contains("# base64 encoded"), "comments stay");
}

#[test]
fn a_second_run_changes_nothing_and_says_so() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  imagePullSecrets: [{name: ghcr}, {name: ghcr}]\n  \
               containers: [{name: c, image: nginx}]\n";
    let work =
        Work::new(&[("a/s.yaml", &secret("db", Some("ml"))), ("pod.yaml", pod), (".env.example", "PASSWORD=\n")]);
    let run = work.fix(&[]);
    assert!(
        run.code == 0 && run.err.contains("fixed 3 findings in 3 files; undo with `mlguard fix --undo`"),
        "{}",
        run.err
    );
    assert!(work.text(".gitignore").contains(".env") && work.text("pod.yaml").matches("ghcr").count() == 1);
    let files = work.files();
    let run = work.fix(&[]);
    assert_eq!((run.code, run.err.as_str()), (0, "note: nothing to fix\n"));
    assert!(work.files() == files);
}

#[test]
fn only_what_is_named_is_repaired() {
    let files = ["a/x.yaml", "a/y.yaml", "b/z.yaml"];
    let texts = ["x", "y", "z"].map(|name| secret(name, Some("ml")));
    let work = Work::new(&[(files[0], &texts[0]), (files[1], &texts[1]), (files[2], &texts[2])]);
    let sealed = || files.map(|file| work.text(file).contains("SealedSecret"));
    assert_eq!(work.fix(&["a/x.yaml"]).code, 0);
    assert_eq!(sealed(), [true, false, false]);
    assert_eq!(work.fix(&["a"]).code, 0);
    assert_eq!(sealed(), [true, true, false]);
    assert_eq!(work.fix(&["--rule", "unexpected-pull-secret"]).code, 0);
    assert_eq!(sealed(), [true, true, false]);
    assert_eq!(work.fix(&["--rule", "plaintext-secret"]).code, 0);
    assert_eq!(sealed(), [true, true, true]);
}

#[test]
fn exit_codes_are_those_of_the_help() {
    let text = secret("db", Some("ml"));
    let other = secret("other", Some("ml"));
    let list = format!("apiVersion: v1\nkind: List\nitems:\n- {}\n", other.trim_end().replace('\n', "\n  "));
    let work = Work::new(&[("s.yaml", &text), ("list.yaml", &list)]);
    assert_eq!(work.fix(&["--diff", "s.yaml"]).code, 1, "findings are there");
    assert_eq!(work.fix(&["s.yaml"]).code, 0, "none is left");
    let run = work.fix(&[]);
    assert_eq!(run.code, 1, "one is left");
    assert!(run.err.contains("1 finding remains; see `mlguard check`"), "{}", run.err);
    for wrong in [&["missing.yaml"][..], &["--rule", "plaintext-secrt"], &["--diff", "--stage"], &["--fail-on", "loud"]]
    {
        assert_eq!(work.fix(wrong).code, 2, "{wrong:?}");
    }
    let run = work.fix(&["--rule", "plaintext-secrt"]);
    assert!(run.err.contains("did you mean `plaintext-secret`?"), "{}", run.err);
    work.write("s.yaml", &text);
    let run = work.bare(&[]);
    assert!(run.code == 2 && run.err.contains("no certificate to seal them with"), "{}", run.err);
    assert_eq!(work.text("s.yaml"), text);
}
