//! Writing a package: whole or not at all. What stood there before stays until the new one is complete.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::Problem;
use crate::package::{File, KUSTOMIZATION, README, SEALED, TEMPLATE};

/// What was replaced.
#[derive(Debug, Default)]
pub(super) struct Replaced {
    pub package: bool,
    /// Environments that it had and the new one has not.
    pub gone: Vec<String>,
}

/// Writes the files below a folder.
pub(super) fn write_files(folder: &Path, files: &[File]) -> io::Result<()> {
    for file in files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut out = fs::File::create_new(&path)?;
        out.write_all(file.text.as_bytes())?;
        out.sync_all()?;
    }
    Ok(())
}

/// Looks at what stands where the package is to be. Anything that is not of an earlier package is somebody's work, which
/// replacing the folder would delete.
pub(super) fn look(folder: &Path, environments: &[String]) -> Result<Replaced, Problem> {
    let fault = |error: &io::Error| unwritable(folder, error);
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Replaced::default()),
        Err(error) => return Err(fault(&error)),
        Ok(metadata) if !metadata.is_dir() => {
            let problem = Problem::new("is not a folder, and is not replaced").in_file(folder.display().to_string());
            return Err(problem.help("remove it, or use another --output"));
        }
        Ok(_) => {}
    }
    let mut replaced = Replaced { package: true, gone: Vec::new() };
    for (path, name, is_folder) in entries(folder).map_err(|error| fault(&error))? {
        if !is_folder {
            if name != README && name != TEMPLATE {
                return Err(foreign(&path));
            }
            continue;
        }
        for (path, inner, is_folder) in entries(&path).map_err(|error| fault(&error))? {
            if is_folder || inner != KUSTOMIZATION && !inner.ends_with(SEALED) {
                return Err(foreign(&path));
            }
        }
        if !environments.contains(&name) {
            replaced.gone.push(name);
        }
    }
    Ok(replaced)
}

/// What is in a folder, sorted: path, name, whether it is a folder.
fn entries(folder: &Path) -> io::Result<Vec<(PathBuf, String, bool)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        found.push((entry.path(), entry.file_name().to_string_lossy().into_owned(), entry.file_type()?.is_dir()));
    }
    found.sort();
    Ok(found)
}

fn foreign(path: &Path) -> Problem {
    let problem = Problem::new("is not part of a package; replacing the package would delete it");
    problem.in_file(path.display().to_string()).help("move it, or use another --output")
}

fn unwritable(path: &Path, error: &io::Error) -> Problem {
    Problem::new(format!("cannot be written: {error}")).in_file(path.display().to_string())
}

/// Puts the package and its archive into `output`. Where one of both cannot be put there, neither is, and what was there
/// before still is.
pub(super) fn store(output: &Path, workflow: &str, archive: &str, files: &[File], bytes: &[u8]) -> Result<(), Problem> {
    fs::create_dir_all(output).map_err(|error| unwritable(output, &error))?;
    let (folder, archive) = (output.join(workflow), output.join(archive));
    let made = tempfile::Builder::new().prefix(".mlguard-package-").tempdir_in(output);
    let made = made.map_err(|error| unwritable(output, &error))?;
    let (new, old, packed) = (made.path().join("new"), made.path().join("old"), made.path().join("archive"));
    let prepared = write_files(&new, files).and_then(|()| {
        let mut out = fs::File::create_new(&packed)?;
        out.write_all(bytes)?;
        out.sync_all()
    });
    prepared.map_err(|error| unwritable(output, &error))?;
    if archive.is_dir() {
        return Err(unwritable(&archive, &io::ErrorKind::IsADirectory.into()));
    }
    // Only renames from here on, each of which can be taken back.
    let had = match fs::rename(&folder, &old) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(unwritable(&folder, &error)),
    };
    let placed = fs::rename(&new, &folder).and_then(|()| {
        fs::rename(&packed, &archive).inspect_err(|_| {
            // Out of the way again; where even that fails, the earlier package below is not lost.
            let _ = fs::rename(&folder, &new);
        })
    });
    if let Err(error) = placed {
        if had && fs::rename(&old, &folder).is_err() {
            let kept = made.keep();
            let message =
                format!("the previous package could not be restored; it is in {}", kept.join("old").display());
            return Err(Problem::new(message).in_file(folder.display().to_string()));
        }
        return Err(unwritable(output, &error));
    }
    Ok(())
}
