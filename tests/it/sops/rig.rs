//! The program that is compared with, keys that are made for the tests, and checks of this program on a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use mlguard::api::engine::{self, Input, Options};
use mlguard::api::source;

use crate::tools::tool;

/// The rules that are compared.
pub(crate) const RULES: [&str; 5] =
    ["sops-broken", "sops-partial", "sops-plaintext", "sops-rule-drift", "sops-uncovered"];

/// `sops`, with an age identity of its own.
pub(crate) struct Rig {
    sops: PathBuf,
    age_keygen: PathBuf,
    folder: tempfile::TempDir,
    /// The recipient for whom files are encrypted.
    pub(crate) recipient: String,
    count: AtomicUsize,
}

impl Rig {
    /// None where a program is missing.
    pub(crate) fn new() -> Option<Self> {
        let (sops, age_keygen) = (tool("MLGUARD_SOPS", "sops")?, tool("MLGUARD_AGE_KEYGEN", "age-keygen")?);
        let folder = tempfile::tempdir().expect("a folder");
        let mut rig = Self { sops, age_keygen, folder, recipient: String::new(), count: AtomicUsize::new(0) };
        rig.recipient = rig.key("identity");
        Some(rig)
    }

    /// Makes an age identity and returns its recipient.
    pub(crate) fn key(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        let made = Command::new(&self.age_keygen).arg("-o").arg(&path).output().expect("age-keygen starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let text = fs::read_to_string(&path).expect("an identity");
        let recipient = text.lines().find_map(|line| line.split_once("public key: "));
        recipient.expect("a recipient").1.trim().to_owned()
    }

    /// A new, empty folder.
    pub(crate) fn work(&self) -> PathBuf {
        let path = self.folder.path().join(format!("work-{}", self.count.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir(&path).expect("a folder");
        path
    }

    fn run(&self, folder: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(&self.sops);
        command.args(arguments).current_dir(folder).env_clear().env("HOME", self.folder.path());
        command.env("SOPS_AGE_KEY_FILE", self.folder.path().join("identity"));
        command.env("SOPS_DISABLE_VERSION_CHECK", "1");
        command.output().expect("sops starts")
    }

    /// What sops writes; it must not fail.
    pub(crate) fn sops(&self, folder: &Path, arguments: &[&str]) -> String {
        let written = self.try_sops(folder, arguments);
        assert!(written.is_ok(), "{arguments:?}: {written:?}");
        written.expect("it was looked at")
    }

    /// All that sops says, whether it fails or not.
    pub(crate) fn spoken(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = self.run(folder, arguments);
        String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8")
    }

    /// What sops writes, or what it says instead.
    pub(crate) fn try_sops(&self, folder: &Path, arguments: &[&str]) -> Result<String, String> {
        let output = self.run(folder, arguments);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }
}

/// What the rules of SOPS say of the files of a folder, as `path: rule: message`.
pub(crate) fn said(folder: &Path) -> Vec<String> {
    let mut listing = source::list(&[folder.to_path_buf()], &|_| true).expect("a listing");
    let root = folder.canonicalize().expect("a folder");
    for file in &mut listing.files {
        let path = file.location.strip_prefix(&root).expect("a file of the folder");
        file.path = path.to_string_lossy().into();
    }
    listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    let outcome = engine::run(Input { listing, context: &Vec::new }, &Options::for_tests());
    let ours = outcome.findings.into_iter().filter(|finding| RULES.contains(&&*finding.rule));
    ours.map(|finding| format!("{}: {}: {}", finding.path, finding.rule, finding.message)).collect()
}
