//! What checks say: findings, with everything a report needs and no secret value.
//!
//! A [`Finding`] contains no value: values travel as `value::Sensitive`, which has no text, and excerpts are masked before it is
//! built.

use std::sync::Arc;

use crate::coverage::Coverage;
use crate::rule::{Fixable, Level, Text};
use crate::span::{Region, Span};

pub(crate) mod edit;
pub(crate) mod line_hash;

use edit::Fix;

pub(crate) use crate::mask::MASK;

/// One fault at one place.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Id of the rule.
    pub rule: Text,
    /// Level after configuration.
    pub level: Level,
    /// Path with `/`, relative to the root that reports use; bytes that are not UTF-8 are percent-encoded.
    pub path: Arc<str>,
    /// The file that contains it, where `path` is a place in a container: `charts/x.tgz` of `charts/x.tgz!x/values.yaml`.
    pub container: Option<Arc<str>>,
    /// Span of the value, bytes of the decoded text.
    pub span: Span,
    /// The same as lines and columns.
    pub region: Region,
    /// Symbolic place: `Secret mlflow/mlflow-db .data.password`.
    pub place: Option<String>,
    /// What is wrong, one sentence with a full stop. Never a value.
    pub message: String,
    /// What to do next.
    pub help: String,
    /// What would repair it, where that is certain.
    pub fix: Option<Fix>,
    /// Stable identity within a file, hexadecimal: neither the file's name nor the line goes into it, nor a hash of the
    /// value, so that it stays where a file is renamed or lines move. The same fault in two files has one fingerprint;
    /// the path tells them apart.
    pub fingerprint: String,
    /// What makes it the same fault in another version of the file.
    pub identity: Identity,
    /// The commit that introduced it; only where commits were searched.
    pub commit: Option<Commit>,
    /// Other places that explain this one.
    pub related: Vec<Related>,
    /// The lines of the finding with every value masked, for people.
    pub excerpt: Option<Excerpt>,
    /// GitHub's `primaryLocationLineHash` of the line (`docs/facts/sarif-github.md`), computed from the real text.
    pub line_hash: String,
}

/// Digests of what a finding is about, made with a key that no report contains ([`DigestKey`]). It is for comparing two versions
/// of a file and for the baseline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Of the value alone, white space left out, so that re-indenting it changes nothing.
    pub value: Digest,
    /// Whether it is about a value that may be a credential; else it is about the structure of a document.
    pub is_value: bool,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// 128 bits of HMAC-SHA-256 over a value.
pub(crate) type Digest = [u8; 16];

/// The key of [`Identity`]: of this run alone, or the one that a baseline was written with.
#[derive(Clone)]
pub struct DigestKey(zeroize::Zeroizing<[u8; 32]>);

impl DigestKey {
    /// A key with these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(zeroize::Zeroizing::new(bytes))
    }

    /// A key of this run alone. It keeps digests out of tables made ahead; nothing leaves the process.
    pub(crate) fn of_this_run() -> Self {
        use std::hash::{BuildHasher as _, RandomState};
        // Digests are neither shown nor stored with such a key, so that the system's hash seeds do.
        let mut bytes = [0; 32];
        for (at, part) in bytes.chunks_mut(8).enumerate() {
            part.copy_from_slice(&RandomState::new().hash_one(at).to_le_bytes());
        }
        Self::new(bytes)
    }

    /// The digest of `parts`, in order.
    #[must_use]
    pub fn digest<'p>(&self, parts: impl IntoIterator<Item = &'p [u8]>) -> Digest {
        use hmac::{KeyInit as _, Mac as _};
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&*self.0).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(part);
        }
        let mut digest = Digest::default();
        digest.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        digest
    }
}

impl std::fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DigestKey(…)")
    }
}

/// The commit that introduced a finding, for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id, hexadecimal, whole.
    pub id: String,
    /// Name of its author, by the repository's `.mailmap`. Never an address.
    pub author: String,
    /// Author date, RFC 3339 with its own offset.
    pub date: String,
    /// Whether the checked out commit still contains what was found.
    pub in_head: bool,
}

/// A further place of a finding.
#[derive(Clone, Debug)]
pub struct Related {
    /// Path, as in [`Finding::path`].
    pub path: Arc<str>,
    /// Where in it.
    pub region: Region,
    /// What is there.
    pub message: String,
}

/// Source lines with values masked.
#[derive(Clone, Debug)]
pub struct Excerpt {
    /// One-based number of the first line.
    pub first_line: usize,
    /// The lines, masked, separated by LF, without a final one.
    pub text: String,
    /// Where in `text` the mask of this finding's value is, bytes.
    pub marked: Span,
}

impl Finding {
    /// The path of the file that it is in: the container, where it is in one.
    #[must_use]
    pub fn file(&self) -> &str {
        self.container.as_deref().unwrap_or(&self.path)
    }

    /// Whether there is a fix for this finding, and whether it may be applied unseen.
    #[must_use]
    pub fn fixable(&self) -> Fixable {
        self.fix.as_ref().map_or(Fixable::No, |fix| fix.applicability)
    }

    /// The total order of a report: path, place in the file, rule, symbolic place, fingerprint.
    #[must_use]
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |f: &Self| (f.region, f.span);
        (self.path.cmp(&other.path))
            .then_with(|| key(self).cmp(&key(other)))
            .then_with(|| self.rule.cmp(&other.rule))
            .then_with(|| self.place.cmp(&other.place))
            .then_with(|| self.fingerprint.cmp(&other.fingerprint))
    }
}

/// The result of a run: everything that a reporter needs.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Sorted by [`Finding::order`].
    pub findings: Vec<Finding>,
    /// What was searched.
    pub coverage: Coverage,
    /// Whether all that was asked for was searched.
    pub complete: bool,
}

impl Outcome {
    /// Puts everything into the order of a report. An error makes the run incomplete.
    pub(crate) fn finish(&mut self) {
        self.findings.sort_by(Finding::order);
        self.coverage.sort();
        self.complete &= self.coverage.errors.is_empty();
    }
}
