//! What commands that seal share: reading texts with secrets, and writing all files or none.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use super::args::Global;
use super::output;
use crate::config::Environment;
use crate::error::{Problem, counted};
use crate::fix::input::{Input, InputError};
use crate::fix::store::{self, Change, Outcome, Store, StoreError};
use crate::seal::Plaintext;
use crate::seal::job::Fault;
use crate::seal::stream::Stream;
use crate::source;

/// Reads a file, or standard input for `-`.
pub(super) fn read_input(path: &Path) -> Result<Input, Problem> {
    if path.as_os_str() == "-" {
        return standard_input();
    }
    Input::read(path).map_err(|error| input_problem(&error, path.display().to_string()))
}

/// Reads the files, or standard input where there is none.
pub(super) fn read_inputs(paths: &[PathBuf]) -> Result<Vec<Input>, Problem> {
    if paths.is_empty() {
        return Ok(vec![standard_input()?]);
    }
    if paths.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
        return Err(Problem::new("stdin can be read only once"));
    }
    paths.iter().map(|path| read_input(path)).collect()
}

fn standard_input() -> Result<Input, Problem> {
    if io::stdin().is_terminal() {
        output::note("reading from the terminal; end with Ctrl-D");
    }
    Input::standard().map_err(|error| input_problem(&error, "standard input".to_owned()))
}

fn input_problem(error: &InputError, name: String) -> Problem {
    Problem::new(error.to_string()).in_file(name).maybe_help(error.help())
}

/// The documents of an input.
pub(super) fn read_stream(input: &Input) -> Result<Stream<'_>, Problem> {
    Stream::read(&input.text).map_err(|error| object_problem(input, &error.into()))
}

/// What is wrong with an object of the input.
pub(super) fn object_problem(input: &Input, fault: &Fault) -> Problem {
    let position = fault.position();
    Problem { position, ..Problem::new(fault.to_string()).in_file(&input.name) }
}

/// The folder where originals are kept for the files below `root`; none where nothing says where that may be.
pub(super) fn store_folder(root: &Path, environment: &Environment) -> Option<PathBuf> {
    store::folder_for(root, source::git_dir(root).as_deref(), environment)
}

/// Where originals are kept, and how long.
pub(super) fn originals(store: Option<&Path>, root: &Path) -> String {
    let folder = store.map(|store| store.strip_prefix(root).unwrap_or(store).display().to_string()).unwrap_or_default();
    let days = store::BACKUP_AGE.as_secs() / (24 * 60 * 60);
    format!(
        "the originals, with values in plaintext, stay in {folder} for {days} days; `mlguard fix --forget` deletes them"
    )
}

/// Removes originals that are too old, where nobody else is at work there.
pub(super) fn expire(root: &Path, environment: &Environment) {
    if store_folder(root, environment).is_some_and(|folder| store::has_runs(&folder))
        && let Err(problem) = open_store(root, environment)
    {
        tracing::warn!("originals of old runs stay: {}", problem.message);
    }
}

/// The place where originals are kept for the files below `root`, without those that are too old by now.
pub(super) fn open_store(root: &Path, environment: &Environment) -> Result<(Store, Option<Outcome>), Problem> {
    let (mut store, outcome) = recovered_store(root, environment)?;
    if let Err(error) = store.prune(store::BACKUP_AGE) {
        tracing::warn!("originals of old runs stay: {error}");
    }
    Ok((store, outcome))
}

/// The place where originals are kept for the files below `root`. Says what became of a run that was interrupted,
/// and gives it.
pub(super) fn recovered_store(root: &Path, environment: &Environment) -> Result<(Store, Option<Outcome>), Problem> {
    let Some(folder) = store_folder(root, environment) else {
        let help = "set XDG_STATE_HOME or HOME, or work in a Git repository";
        return Err(Problem::new("there is no folder to keep the originals in").help(help));
    };
    let (store, recovered) = Store::open(&folder, root)?;
    if let Some(recovered) = &recovered {
        let what = match recovered.outcome {
            Outcome::Completed => "completed",
            Outcome::RolledBack => "undone",
            Outcome::Undone => "undone completely",
        };
        output::note(&format!("an interrupted run was {what}: {}", counted(recovered.files.len(), "file")));
        for path in &recovered.left {
            let message = "was changed after an interrupted run, and is left unchanged";
            output::problem(&Problem::new(message).in_file(path.display().to_string()).warning());
        }
    }
    Ok((store, recovered.map(|recovered| recovered.outcome)))
}

/// A change of a file that was read.
fn change(path: &Path, before: &[u8], after: Vec<u8>) -> Result<Change, Problem> {
    let fault =
        |error: io::Error| Problem::new(format!("cannot be found: {error}")).in_file(path.display().to_string());
    // The folder's real path, so that it is below the root; the file itself may be a link, which the store refuses.
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or_else(|| Problem::new("names no file").in_file(path.display().to_string()))?;
    let path = parent.canonicalize().map_err(fault)?.join(name);
    Ok(Change { path, before: Some(Plaintext::new(before.to_vec())), after: Some(Plaintext::new(after)) })
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::new(error.to_string())
    }
}

/// Writes files that were given by name: below one root, all or none.
pub(super) fn write_in_place(
    inputs: &[Input],
    texts: &[impl AsRef<str>],
    environment: &Environment,
    global: &Global,
) -> Result<(), Problem> {
    let mut changes = Vec::new();
    let mut paths = Vec::new();
    for (input, text) in inputs.iter().zip(texts) {
        let Some(path) = &input.path else {
            return Err(Problem::new("--in-place needs files, not stdin"));
        };
        let after = input.with_text(text.as_ref()).map_err(|error| input_problem(&error, input.name.clone()))?;
        if after == *input.bytes {
            continue;
        }
        super::locate::refuse_way_out(path)?;
        paths.push(path.clone());
        changes.push(change(path, &input.bytes, after)?);
    }
    if changes.is_empty() {
        return Ok(());
    }
    let root = super::locate::root_of(&paths)?;
    let (mut store, _) = open_store(&root, environment)?;
    store.replace(&changes)?;
    if !global.quiet {
        output::note(&format!("{} written; undo with `mlguard fix --undo`", counted(changes.len(), "file")));
        output::note(&originals(store_folder(&root, environment).as_deref(), &root));
    }
    Ok(())
}

/// Writes a text with secrets to a file that only its owner can read.
pub(super) fn save_private(path: &Path, text: &str) -> Result<(), Problem> {
    let fault =
        |error: io::Error| Problem::new(format!("cannot be written: {error}")).in_file(path.display().to_string());
    super::locate::refuse_way_out(path)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Temporary files are readable by their owner alone.
    let mut file = tempfile::NamedTempFile::new_in(parent).map_err(fault)?;
    io::Write::write_all(&mut file, text.as_bytes()).map_err(fault)?;
    file.as_file().sync_all().map_err(fault)?;
    file.persist(path).map_err(|error| fault(error.error))?;
    Ok(())
}
