//! Reading the credential source. What is read travels in `Plaintext` from here on.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use crate::cli::args::PackageArgs;
use crate::error::Problem;
use crate::fix::input::read_wiped;
use crate::package::{dotenv, manifest};
use crate::seal::Plaintext;
use crate::source::{self, SourceError};
use crate::span::Position;

/// Largest file that is read: a Secret may have 1 MiB, in base64, and several environments.
const LIMIT: u64 = 16 << 20;

/// Where credentials are looked up.
pub(super) enum Source {
    Variables,
    /// What a file held.
    Named(BTreeMap<String, Plaintext>),
}

impl Source {
    /// Opens the source, and says what is worth knowing of it.
    pub(super) fn open(args: &PackageArgs) -> Result<(Self, Vec<Problem>), Problem> {
        if let Some(path) = &args.from_env_file {
            let (text, warnings) = text(path, "--from-env-file")?;
            let read = dotenv(&text).map_err(|(line, error)| {
                Problem::new(error.to_string()).in_file(shown(path)).at(Position { line, column: 1 })
            })?;
            return Ok((Self::Named(read), warnings));
        }
        if let Some(path) = &args.from_secret {
            let (text, warnings) = text(path, "--from-secret")?;
            let read = manifest(&text)
                .map_err(|fault| Problem { position: fault.at, ..Problem::new(fault.message).in_file(shown(path)) })?;
            return Ok((Self::Named(read), warnings));
        }
        Ok((Self::Variables, Vec::new()))
    }

    /// The credential of that name.
    pub(super) fn get(&self, name: &str) -> Option<Plaintext> {
        match self {
            #[expect(
                clippy::disallowed_methods,
                reason = "the person asked for it, and only for the names of the package"
            )]
            Self::Variables => std::env::var_os(name).map(|value| Plaintext::new(value.into_encoded_bytes())),
            Self::Named(all) => all.get(name).cloned(),
        }
    }

    /// What to do where names are missing.
    pub(super) fn advice(&self) -> &'static str {
        match self {
            Self::Variables => "set the environment variables, or use --from-env-file or --from-secret",
            Self::Named(_) => "add the names to the file",
        }
    }
}

fn shown(path: &Path) -> String {
    if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// The text of a file or of standard input.
fn text(path: &Path, flag: &str) -> Result<(Zeroizing<String>, Vec<Problem>), Problem> {
    let fault = |message: String| Problem::new(message).in_file(shown(path));
    let unreadable = |error: &io::Error| fault(format!("cannot be read: {error}"));
    let mut warnings = Vec::new();
    let read = if is_stdin(path) {
        read_wiped(io::stdin().lock(), LIMIT)
    } else {
        let metadata = path.metadata().map_err(|error| unreadable(&error))?;
        if metadata.is_file() {
            warnings = in_git(path, flag)?;
        } else if metadata.is_dir() {
            return Err(fault("is a folder, not a file".to_owned()));
        }
        File::open(path).and_then(|file| read_wiped(file, LIMIT))
    };
    let bytes = read.map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > LIMIT {
        return Err(fault("is too large for a file of credentials".to_owned()));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| fault("is not UTF-8 text".to_owned()))?;
    Ok((Zeroizing::new(text.to_owned()), warnings))
}

/// Refuses a file that Git holds, and warns of one that the next `git add` would give it.
fn in_git(path: &Path, flag: &str) -> Result<Vec<Problem>, Problem> {
    let Ok(real) = path.canonicalize() else { return Ok(Vec::new()) };
    let Some(folder) = real.parent() else { return Ok(Vec::new()) };
    let listing = match source::list(&[folder.to_path_buf()], &|_| true) {
        Ok(listing) => listing,
        // Everything there is ignored.
        Err(SourceError::Empty { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let found = listing.files.iter().find(|file| file.location == real).filter(|_| listing.git);
    let Some(file) = found else { return Ok(Vec::new()) };
    if file.tracked {
        let problem = Problem::new(format!("{flag}: this file is tracked by Git, and with it every credential in it"));
        return Err(problem.in_file(shown(path)).help(
            "untrack it with `git rm --cached` and add it to .gitignore; if it was pushed, rotate the credentials",
        ));
    }
    let problem =
        Problem::new("is not ignored by Git: the next `git add .` would stage it").in_file(shown(path)).warning();
    Ok(vec![problem.help("add it to .gitignore, or keep it outside the repository")])
}
