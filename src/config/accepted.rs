//! The key `baseline`: which file of accepted findings holds, and its text.

use std::path::{Path, PathBuf};

use super::convention::inner_path;
use super::file::Reader;
use super::node::{Node, Value};
use super::policy::Policy;
use super::settings::Flags;
use super::show::quote;
use super::values::{Origin, Valued};
use super::{Settings, read};
use crate::error::Problem;
use crate::mask::masked;

/// The file at the root that is read where nothing is said.
const FILE: &str = ".mlguard-baseline.jsonl";
/// Largest baseline that is read.
const MAX_BYTES: u64 = 32 << 20;

/// Which file of accepted findings holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// None.
    Nothing,
    /// The usual one, where it is there.
    Usual,
    /// One below the root: its path from there, with `/`.
    Inside(String),
    /// One that the command line names.
    Named(PathBuf),
}

/// A file of accepted findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AcceptedText {
    /// The file, as people would type it.
    pub name: String,
    /// What it holds.
    pub text: String,
}

impl Accepted {
    pub(super) fn resolve(
        root: &Path,
        policy: Option<&Policy>,
        said: Option<Valued<Self>>,
        flags: &Flags,
        problems: &mut Vec<Problem>,
    ) -> Valued<Self> {
        let off = Valued { value: Self::Nothing, origin: Origin::Flag("--no-baseline") };
        let named = flags.baseline.clone();
        let named = named.map(|path| Valued { value: Self::Named(path), origin: Origin::Flag("--baseline") });
        let flag = if flags.no_baseline { Some(off) } else { named };
        let asked = flag.or(said);
        match policy.filter(|policy| !policy.allow_baseline.value) {
            Some(policy) => {
                let there = root.join(FILE).symlink_metadata().is_ok();
                match asked {
                    Some(Valued { value: Self::Nothing, .. }) => {}
                    Some(asked) => problems.push(policy.refused(&asked.origin, "the baseline")),
                    None if there => problems.push(policy.refused(&Origin::Default, "the baseline").in_file(FILE)),
                    None => {}
                }
                Valued { value: Self::Nothing, origin: policy.allow_baseline.origin.clone() }
            }
            None => asked.unwrap_or_else(|| Valued::built_in(Self::Usual)),
        }
    }

    /// As a configuration file says it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Nothing => "false".to_owned(),
            Self::Usual => quote(FILE),
            Self::Inside(path) => quote(path),
            Self::Named(path) => quote(&path.display().to_string()),
        }
    }
}

impl Settings {
    /// Where the baseline is, or would be written, and what people would type for it; nothing where none holds.
    #[must_use]
    pub(crate) fn baseline_path(&self) -> Option<(PathBuf, String)> {
        match &self.baseline.value {
            Accepted::Nothing => None,
            Accepted::Usual => Some((self.root.join(FILE), FILE.to_owned())),
            Accepted::Inside(path) => Some((self.root.join(path), masked(path).into_owned())),
            Accepted::Named(path) => Some((path.clone(), path.display().to_string())),
        }
    }

    /// The text of the baseline; nothing where none holds, or none is there.
    ///
    /// # Errors
    /// Where it cannot be read, leaves the root, or is not there although it is named and `needed`.
    pub(crate) fn read_baseline(&self, needed: bool) -> Result<Option<AcceptedText>, Problem> {
        let Some((path, name)) = self.baseline_path() else { return Ok(None) };
        let text = match &self.baseline.value {
            Accepted::Inside(inside) => self.tree.read_up_to(MAX_BYTES, inside, &name)?,
            Accepted::Usual => self.tree.read_up_to(MAX_BYTES, FILE, &name)?,
            _ if path.symlink_metadata().is_ok() => Some(read::read_up_to(MAX_BYTES, &path, &name)?),
            _ => None,
        };
        match text {
            Some(text) => Ok(Some(AcceptedText { name, text })),
            // Without a word, everything that was accepted would come back, or a misspelt name would be a clean run.
            None if needed && self.baseline.value != Accepted::Usual => {
                let help = format!("{} names it; `mlguard baseline write` makes it", self.baseline.origin);
                Err(Problem::new("there is no such baseline").in_file(name).help(help))
            }
            None => Ok(None),
        }
    }
}

impl Reader<'_> {
    /// A path below the root, or `false`.
    pub(super) fn baseline(&mut self, node: &Node) -> Option<Valued<Accepted>> {
        let value = match &node.value {
            Value::Bool(false) => Accepted::Nothing,
            Value::Text(text) => match inner_path(text) {
                Ok(path) => Accepted::Inside(path),
                Err(why) => {
                    self.fault(node.at, format!("`baseline`: {why}"), None);
                    return None;
                }
            },
            _ => {
                self.mistyped(node, "`baseline` is the path of a file, or false");
                return None;
            }
        };
        Some(self.valued(node.at, value))
    }
}
