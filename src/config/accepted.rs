//! The file of accepted findings that counts, and its text.

use std::path::PathBuf;

use super::keys::baseline::{Accepted, BASELINE_FILE};
use super::read;
use super::settings::Settings;
use crate::error::Problem;
use crate::mask::masked;

/// Largest baseline that is read.
const MAX_BYTES: u64 = 32 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AcceptedText {
    /// The file, as people would type it.
    pub name: String,
    pub text: String,
}

impl Settings {
    /// Where the baseline is, or would be written, and what people would type for it; nothing where none counts.
    pub(crate) fn baseline_path(&self) -> Option<(PathBuf, String)> {
        match &self.baseline.value {
            Accepted::Nothing => None,
            Accepted::Usual => Some((self.root.join(BASELINE_FILE), BASELINE_FILE.to_owned())),
            Accepted::Inside(path) => Some((self.root.join(path), masked(path).into_owned())),
            Accepted::Named(path) => Some((path.clone(), path.display().to_string())),
        }
    }

    /// The text of the baseline; nothing where none counts or exists. One that is named and `needed` has to exist.
    pub(crate) fn read_baseline(&self, needed: bool) -> Result<Option<AcceptedText>, Problem> {
        let Some((path, name)) = self.baseline_path() else { return Ok(None) };
        let text = match &self.baseline.value {
            Accepted::Inside(inside) => self.tree.read_up_to(MAX_BYTES, inside, &name)?,
            Accepted::Usual => self.tree.read_up_to(MAX_BYTES, BASELINE_FILE, &name)?,
            _ if path.symlink_metadata().is_ok() => Some(read::read_up_to(MAX_BYTES, &path, &name)?),
            _ => None,
        };
        match text {
            Some(text) => Ok(Some(AcceptedText { name, text })),
            // Without an error, every accepted finding would be reported, or a misspelt name would be a clean run.
            None if needed && self.baseline.value != Accepted::Usual => {
                let help = format!("{} names it; `mlguard baseline write` creates it", self.baseline.origin);
                Err(Problem::new("there is no such baseline").in_file(name).help(help))
            }
            None => Ok(None),
        }
    }
}
