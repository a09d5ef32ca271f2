//! What flags and environment variables set.

use std::ffi::OsString;
use std::path::PathBuf;

use super::values::{Origin, Valued};
use crate::rule::Level;
use crate::seal::Plaintext;
use crate::source::store::HookEnvironment;

/// What the command line sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// `--config`: instead of every `.mlguard.yaml`.
    pub config: Option<PathBuf>,
    pub no_config: bool,
    pub policy: Option<PathBuf>,
    /// `--exclude`, relative to the root.
    pub exclude: Vec<String>,
    /// `--rule-pack`, relative to the current folder.
    pub rule_packs: Vec<String>,
    /// `--rule`: only these.
    pub only: Vec<String>,
    pub fail_on: Option<Level>,
    pub max_size: Option<u64>,
    pub formats: Vec<String>,
    /// `--baseline`, relative to the current folder.
    pub baseline: Option<PathBuf>,
    pub no_baseline: bool,
}

/// The environment variables that are read; an empty one counts as not set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    pub config: Option<PathBuf>,
    pub policy: Option<PathBuf>,
    pub fail_on: Option<String>,
    /// `MLGUARD_FORMAT`, several separated by commas.
    pub format: Option<String>,
    pub max_size: Option<String>,
    /// `MLGUARD_BASELINE_KEY`: what digests of a baseline are made with.
    pub baseline_key: Option<Plaintext>,
    /// `MLGUARD_CERT`, else kubeseal's `SEALED_SECRETS_CERT`: a file or an address.
    pub cert: Option<Valued<PathBuf>>,
    /// `MLGUARD_TEST_SEED`, from which builds for tests take what else is random.
    #[cfg(debug_assertions)]
    pub seed: Option<u64>,
    /// `SEALED_SECRETS_CONTROLLER_NAME`, as for kubeseal.
    pub controller_name: Option<String>,
    /// `SEALED_SECRETS_CONTROLLER_NAMESPACE`, as for kubeseal.
    pub controller_namespace: Option<String>,
    /// Where programs keep what must outlive a run: `XDG_STATE_HOME`, else `.local/state` in `HOME`; `LOCALAPPDATA` on
    /// Windows.
    pub state: Option<PathBuf>,
    /// What Git sets for the hooks that it runs.
    pub hook: HookEnvironment,
    /// `PRE_COMMIT_FROM_REF` and `PRE_COMMIT_TO_REF`: the range that pre-commit was asked about.
    pub pre_commit_range: Option<(String, String)>,
    /// `PRE_COMMIT_REMOTE_NAME`: where pre-commit sees a push go to.
    pub pre_commit_remote: Option<String>,
    /// `PRE_COMMIT_LOCAL_BRANCH`: what pre-commit sees pushed, which need not be checked out.
    pub pre_commit_branch: Option<String>,
    /// `SOURCE_DATE_EPOCH`: the time to write into what is made, in seconds since 1970.
    pub source_date_epoch: Option<String>,
}

impl Environment {
    /// Reads the variables of this process.
    pub(crate) fn read() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads settings from the environment")]
        let path = |name: &'static str| std::env::var_os(name).filter(|value| !value.is_empty());
        let text = |name| path(name).map(|value| value.to_string_lossy().into_owned());
        let cert = |name| path(name).map(|value| Valued { value: value.into(), origin: Origin::Environment(name) });
        Self {
            config: path("MLGUARD_CONFIG").map(PathBuf::from),
            policy: path("MLGUARD_POLICY").map(PathBuf::from),
            fail_on: text("MLGUARD_FAIL_ON"),
            format: text("MLGUARD_FORMAT"),
            max_size: text("MLGUARD_MAX_SIZE"),
            baseline_key: path("MLGUARD_BASELINE_KEY").map(|key| Plaintext::new(key.into_encoded_bytes())),
            cert: cert("MLGUARD_CERT").or_else(|| cert("SEALED_SECRETS_CERT")),
            #[cfg(debug_assertions)]
            seed: text("MLGUARD_TEST_SEED").and_then(|seed| seed.parse().ok()),
            controller_name: text("SEALED_SECRETS_CONTROLLER_NAME"),
            controller_namespace: text("SEALED_SECRETS_CONTROLLER_NAMESPACE"),
            state: state(|name| path(name).map(PathBuf::from)),
            hook: HookEnvironment {
                git_dir: path("GIT_DIR").map(PathBuf::from),
                work_tree: path("GIT_WORK_TREE").map(PathBuf::from),
                index_file: path("GIT_INDEX_FILE").map(PathBuf::from),
                object_folders: object_folders(
                    path("GIT_OBJECT_DIRECTORY"),
                    path("GIT_ALTERNATE_OBJECT_DIRECTORIES").as_ref(),
                ),
            },
            pre_commit_range: text("PRE_COMMIT_FROM_REF").zip(text("PRE_COMMIT_TO_REF")),
            pre_commit_remote: text("PRE_COMMIT_REMOTE_NAME"),
            pre_commit_branch: text("PRE_COMMIT_LOCAL_BRANCH"),
            source_date_epoch: text("SOURCE_DATE_EPOCH"),
        }
    }
}

/// The folders of objects that Git names to a hook.
fn object_folders(own: Option<OsString>, others: Option<&OsString>) -> Vec<PathBuf> {
    let others = others.into_iter().flat_map(std::env::split_paths);
    own.map(PathBuf::from).into_iter().chain(others).filter(|path| !path.as_os_str().is_empty()).collect()
}

/// The folder for states by the XDG Base Directory Specification, which has relative paths ignored.
pub(super) fn state(variable: impl Fn(&'static str) -> Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |name: &'static str| variable(name).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return absolute("LOCALAPPDATA");
    }
    absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local").join("state")))
}
