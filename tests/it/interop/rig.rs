//! The two programs, and keys that are made for the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding};
use rsa::rand_core::OsRng;

use crate::tools::tool;

/// A key pair of a controller.
pub(crate) struct Key {
    pub(crate) bits: usize,
    /// PKCS#1, as the controller keeps it.
    pub(crate) private: String,
    pub(crate) certificate: String,
}

/// Made once for all tests, which is most of their time.
pub(crate) static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| [4096, 3072, 2048].into_par_iter().map(made).collect());

fn made(bits: usize) -> Key {
    let key = RsaPrivateKey::new(&mut OsRng, bits).expect("a key");
    let pem = key.to_pkcs8_pem(LineEnding::LF).expect("PEM");
    let pair = KeyPair::from_pkcs8_pem_and_sign_algo(&pem, &PKCS_RSA_SHA256).expect("a key pair");
    let certificate = CertificateParams::new([]).and_then(|body| body.self_signed(&pair)).expect("a certificate").pem();
    Key { bits, private: key.to_pkcs1_pem(LineEnding::LF).expect("PEM").to_string(), certificate }
}

/// A folder with the keys, in which the programs run.
pub(crate) struct Rig {
    kubeseal: PathBuf,
    folder: tempfile::TempDir,
    count: AtomicUsize,
}

impl Rig {
    /// None where there is no kubeseal.
    pub(crate) fn new() -> Option<Self> {
        let kubeseal = tool("MLGUARD_KUBESEAL", "kubeseal")?;
        let rig = Self { kubeseal, folder: tempfile::tempdir().expect("a folder"), count: AtomicUsize::new(0) };
        for (index, key) in KEYS.iter().enumerate() {
            fs::write(rig.certificate(index), &key.certificate).expect("a file");
            fs::write(rig.private(index), &key.private).expect("a file");
        }
        Some(rig)
    }

    /// File with the certificate of a key.
    pub(crate) fn certificate(&self, key: usize) -> String {
        self.path(&format!("{}.crt", KEYS[key].bits))
    }

    /// File with a private key.
    pub(crate) fn private(&self, key: usize) -> String {
        self.path(&format!("{}.key", KEYS[key].bits))
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    /// A new file.
    pub(crate) fn file(&self, text: impl AsRef<[u8]>) -> String {
        let path = self.path(&format!("file-{}", self.count.fetch_add(1, Ordering::Relaxed)));
        fs::write(&path, text).expect("a file");
        path
    }

    pub(crate) fn read(path: &str) -> String {
        fs::read_to_string(path).expect("a file")
    }

    fn run(&self, program: &Path, arguments: &[&str], input: &[u8]) -> Output {
        // Files, so that nobody has to read and write while the program does.
        let folder = self.folder.path();
        let [input, out, err] = [input, b"", b""].map(|text| self.file(text));
        let to = |path: &str| Stdio::from(fs::File::create(path).expect("a file"));
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).env_clear().env("HOME", folder);
        command.stdin(fs::File::open(input).expect("a file")).stdout(to(&out)).stderr(to(&err));
        // kubeseal before 0.28 never ends on some texts that do not parse: those are not among the cases.
        let status = command.status().expect("the program starts");
        let read = |path: &str| fs::read(path).expect("a file");
        Output { status, stdout: read(&out), stderr: read(&err) }
    }

    /// What kubeseal writes; it must not fail.
    pub(crate) fn kubeseal(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> String {
        text(self.run(&self.kubeseal, arguments, input.as_ref()), arguments)
    }

    /// What mlguard writes; it must not fail.
    pub(crate) fn mlguard(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> String {
        text(self.run(Path::new(env!("CARGO_BIN_EXE_mlguard")), arguments, input.as_ref()), arguments)
    }

    /// Whether each program, kubeseal and mlguard, does it.
    pub(crate) fn both(&self, kubeseal: &[&str], mlguard: &[&str], input: &str) -> (bool, bool) {
        let ours = Path::new(env!("CARGO_BIN_EXE_mlguard"));
        let does = |program: &Path, arguments| self.run(program, arguments, input.as_bytes()).status.success();
        (does(&self.kubeseal, kubeseal), does(ours, mlguard))
    }

    pub(crate) fn version(&self) -> String {
        self.kubeseal(&["--version"], "").trim().to_owned()
    }
}

fn text(output: Output, arguments: &[&str]) -> String {
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}
