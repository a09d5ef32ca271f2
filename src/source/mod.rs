//! Stand-in, replaced at merge.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use crate::finding::Skipped;
/// Stand-in.
pub struct File { pub path: Arc<str>, pub location: PathBuf }
/// Stand-in.
#[derive(Default)]
pub struct Listing { pub files: Vec<File>, pub skipped: Vec<Skipped>, pub errors: Vec<Skipped>, pub excluded: usize, pub root: PathBuf }
/// Stand-in.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(String);
/// Stand-in.
pub fn root_of(path: &Path) -> PathBuf {
    let start = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let git = start.ancestors().find(|dir| dir.join(".git").exists()).map(Path::to_path_buf);
    git.unwrap_or(if start.is_file() { start.parent().map(Path::to_path_buf).unwrap_or_default() } else { start })
}
/// Stand-in.
pub fn list(paths: &[PathBuf], keep: &(dyn Fn(&str) -> bool + Sync)) -> Result<Listing, SourceError> {
    fn walk(dir: &Path, root: &Path, keep: &(dyn Fn(&str) -> bool + Sync), out: &mut Listing) {
        let mut entries: Vec<_> = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() { if !path.ends_with(".git") { walk(&path, root, keep, out); } continue; }
            let name: Arc<str> = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into();
            if keep(&name) { out.files.push(File { path: name, location: path }); } else { out.excluded += 1; }
        }
    }
    let mut out = Listing::default();
    for path in paths {
        if !path.exists() { out.errors.push(Skipped { path: path.display().to_string().into(), reason: "no such file".into() }); continue; }
        let root = root_of(path);
        let at = path.canonicalize().unwrap_or_default();
        if at.is_dir() { walk(&at, &root, keep, &mut out) } else { out.files.push(File { path: at.strip_prefix(&root).unwrap_or(&at).to_string_lossy().into(), location: at.clone() }) }
        out.root = root;
    }
    Ok(out)
}
