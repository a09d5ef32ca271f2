//! Where reports go: standard output, or a file that is there whole or not at all.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::text::neutral;
use super::{Context, Format, UnknownFormat, write};
use crate::finding::Outcome;

/// A format and where it goes: `human`, `sarif=out.sarif`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// What is written.
    pub format: Format,
    /// The file; standard output where there is none.
    pub path: Option<PathBuf>,
}

/// Why a `--format` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetError {
    /// No such format.
    #[error(transparent)]
    Format(#[from] UnknownFormat),
    /// Nothing after `=`.
    #[error("`{0}=` names no file; write `{0}=FILE`, or `{0}` for standard output")]
    NoFile(Format),
    /// Two reports in one stream.
    #[error("`{0}` and `{1}` would both go to standard output; give one of them a file: `{1}=FILE`")]
    BothStdout(Format, Format),
    /// Two reports in one file.
    #[error("two reports would go to {}; give each a file of its own", neutral(&.0.to_string_lossy()))]
    SameFile(PathBuf),
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, path) = match text.split_once('=') {
            Some((name, path)) => (name, Some(path)),
            None => (text, None),
        };
        let format: Format = name.parse()?;
        match path {
            Some("") => Err(TargetError::NoFile(format)),
            None | Some("-") => Ok(Self { format, path: None }),
            Some(path) => Ok(Self { format, path: Some(PathBuf::from(path)) }),
        }
    }
}

impl Target {
    /// Looks for targets that get into each other's way. To be called before the scan.
    ///
    /// # Errors
    /// Where two reports have one destination.
    pub(crate) fn check(targets: &[Self]) -> Result<(), TargetError> {
        for (index, later) in targets.iter().enumerate() {
            let earlier = targets.iter().take(index).find(|earlier| earlier.path == later.path);
            match (earlier, &later.path) {
                (Some(earlier), None) => return Err(TargetError::BothStdout(earlier.format, later.format)),
                (Some(_), Some(path)) => return Err(TargetError::SameFile(path.clone())),
                (None, _) => {}
            }
        }
        Ok(())
    }
}

/// A report that could not be written. The rest of the message says what to do.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the {format} report to {}: {}; {advice}", place(.path.as_deref()), reason(.source))]
pub(crate) struct WriteError {
    /// The format.
    pub format: Format,
    /// The file; standard output where there is none.
    pub path: Option<PathBuf>,
    /// What to do.
    pub advice: &'static str,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

fn place(path: Option<&Path>) -> String {
    path.map_or_else(|| "standard output".to_owned(), |path| neutral(&path.to_string_lossy()).into_owned())
}

/// The system's words, without the name of the temporary file that `tempfile` adds.
fn reason(error: &io::Error) -> String {
    if error.get_ref().is_some() { error.kind().to_string() } else { error.to_string() }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "make the folder first",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "choose a folder that you may write to",
        io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory => "name a file in a folder",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "make room on the disk or choose another one; an earlier report is unchanged"
        }
        _ => "an earlier report is unchanged",
    }
}

/// Writes every target, also after one failed. The list is empty where all went well.
///
/// A reader that closes standard output early is no error. `context` tells about standard output; files get no colours.
pub(crate) fn emit(
    targets: &[Target],
    outcome: &Outcome,
    context: &Context<'_>,
    stdout: &mut dyn Write,
) -> Vec<WriteError> {
    let mut failed = Vec::new();
    for target in targets {
        let written = match &target.path {
            None => to_stream(target.format, outcome, context, stdout).or_else(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => Ok(()),
                _ => Err(error),
            }),
            Some(path) => to_file(target.format, outcome, &Context { color: false, width: None, ..*context }, path),
        };
        if let Err(source) = written {
            failed.push(WriteError {
                format: target.format,
                path: target.path.clone(),
                advice: advice(&source),
                source,
            });
        }
    }
    failed
}

fn to_stream(format: Format, outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let written = write(format, outcome, context, &mut out).and_then(|()| out.flush());
    if written.is_err() {
        // What is left in the buffer would otherwise be written once more when it is dropped.
        let _ = out.into_parts();
    }
    written
}

fn to_file(format: Format, outcome: &Outcome, context: &Context<'_>, path: &Path) -> io::Result<()> {
    save(path, &|out| to_stream(format, outcome, context, out))
}

/// Writes beside the file and renames, so that neither an interrupt nor a full disk leaves half a report.
fn save(path: &Path, write: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let existing = match path.metadata() {
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        // A pipe or a device (`/dev/stderr`, `>(program)`) must be written to, not replaced.
        Ok(metadata) if !metadata.is_file() => {
            let mut device = std::fs::OpenOptions::new().write(true).open(path)?;
            return write(&mut device);
        }
        Ok(metadata) => Some(metadata.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    // Through a symbolic link to the file it names: the link stays.
    let path = if existing.is_some() { path.canonicalize()? } else { path.to_owned() };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".mlguard-report-");
    #[cfg(unix)]
    builder.permissions(existing.clone().unwrap_or_else(public));
    let mut file = builder.tempfile_in(folder)?;
    write(file.as_file_mut())?;
    if let Some(permissions) = existing {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

/// Writes a text to a file, which is there whole or not at all.
///
/// # Errors
/// Why it cannot be written, and what to do.
pub(crate) fn save_text(path: &Path, text: &str) -> Result<(), String> {
    let write = |out: &mut dyn Write| out.write_all(text.as_bytes()).and_then(|()| out.flush());
    save(path, &write)
        .map_err(|error| format!("cannot write to {}: {}; {}", place(Some(path)), reason(&error), advice(&error)))
}

/// Permissions of a new report: the usual ones (less the umask), for it holds no secret and other tools read it.
#[cfg(unix)]
fn public() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::Permissions::from_mode(0o666)
}
