//! Reading a folder and all below it, under Git's ignore rules or without.
//!
//! The patterns are read and matched by the parts of `gix` that do as Git does, down to its oddities; other libraries differ
//! in backslashes, blanks and brackets. One reading of each folder tells all, and nothing is opened that is not a regular file.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix::bstr::ByteSlice;
use gix::glob::pattern::{Case, Mode};
use gix::glob::{Pattern, wildmatch};

use super::git::Repository;
use super::read::read_regular;
use super::{Kind, excludes};

/// Ignore files are read up to this size, bytes, as Git does it.
const MOST: u64 = 100 << 20;

/// The content of an ignore file by its path from the root; none where there is none.
pub(super) type IgnoreFiles<'f> = &'f dyn Fn(&[u8]) -> Option<Vec<u8>>;

/// What a walk found.
#[derive(Default)]
pub(super) struct Found {
    /// Everything but folders: path relative to the base, `/` between the parts, and kind. In no order.
    pub entries: Vec<(Vec<u8>, Kind)>,
    /// Folders and entries that could not be read.
    pub errors: Vec<(Vec<u8>, io::Error)>,
}

/// Lists everything below `start`, a folder relative to `base`. No symbolic link is followed, no `.git` entered, and no
/// folder in `leave`. With `rules`, what they ignore is left out; `start` itself is asked for by name and never ignored.
pub(super) fn walk(base: &Path, start: &[u8], rules: Option<&Rules>, leave: &HashSet<&[u8]>) -> Found {
    let mut found = Found::default();
    let mut children = Vec::new();
    let load = |rules: &Rules, folder: &[u8], chain| Level::load(base, folder, chain, rules.ignore_case);
    let chain = rules.and_then(|rules| rules.above(start, |folder, chain| load(rules, folder, chain)).ok().flatten());
    let mut folders = vec![(start.to_vec(), chain, true)];
    while let Some((folder, mut chain, is_start)) = folders.pop() {
        if let Err(error) = read_folder(base, &folder, &mut children, &mut found) {
            found.errors.push((folder, error));
            continue;
        }
        if let Some(rules) = rules {
            // The rules of a repository end where another one begins.
            if !is_start && children.iter().any(|(name, _)| name == b".git") {
                chain = None;
            }
            if children.iter().any(|(name, kind)| name == b".gitignore" && *kind == Kind::File) {
                chain = load(rules, &folder, chain);
            }
        }
        for (name, kind) in children.drain(..) {
            if name == b".git" {
                continue;
            }
            let path = join(&folder, &name);
            if rules.is_some_and(|rules| rules.ignores(chain.as_deref(), &path, kind)) {
                continue;
            }
            match kind {
                Kind::Folder if leave.contains(path.as_slice()) => {}
                Kind::Folder => folders.push((path, chain.clone(), false)),
                _ => found.entries.push((path, kind)),
            }
        }
    }
    found
}

/// Puts what is in `folder` into `children`. Fails where the folder cannot be opened.
fn read_folder(base: &Path, folder: &[u8], children: &mut Vec<(Vec<u8>, Kind)>, found: &mut Found) -> io::Result<()> {
    children.clear();
    for child in fs::read_dir(locate(base, folder)?)? {
        let child = match child {
            Ok(child) => child,
            Err(error) => {
                // What was read so far still counts.
                found.errors.push((folder.to_vec(), error));
                break;
            }
        };
        let name = child.file_name().into_encoded_bytes();
        // The kind comes with the name from the folder on the usual file systems.
        match child.file_type() {
            Ok(kind) => children.push((name, kind.into())),
            Err(error) => found.errors.push((join(folder, &name), error)),
        }
    }
    Ok(())
}

/// Ignore rules of a work tree.
pub(super) struct Rules {
    exclude: Patterns,
    global: Patterns,
    ignore_case: bool,
}

/// The patterns of one ignore file, in its order: the last one that matches decides.
struct Patterns {
    patterns: Vec<Pattern>,
    case: Case,
}

/// The `.gitignore` files from a folder up to the root.
type Chain = Option<Arc<Level>>;

/// The patterns of one `.gitignore`, and what is above it.
struct Level {
    patterns: Patterns,
    /// Length of the folder's path and the `/` after it.
    prefix: usize,
    parent: Chain,
}

impl Rules {
    /// The rules of `repository` that apply everywhere: its `info/exclude` and the user's own ignore file, because what
    /// the user ignores everywhere gets into no commit either.
    pub(super) fn new(repository: &Repository) -> Self {
        let ignore_case = repository.ignore_case;
        let global = excludes::of_user().map_or_else(Patterns::empty, |path| patterns(&path, ignore_case));
        Self { exclude: patterns(&repository.exclude, ignore_case), global, ignore_case }
    }

    /// The ignore files of the folders above `folder`, each read by `load`; an error where they ignore it or one of these.
    fn above(&self, folder: &[u8], load: impl Fn(&[u8], Chain) -> Chain) -> Result<Chain, ()> {
        let mut chain = None;
        let mut above: &[u8] = b"";
        for end in memchr::memchr_iter(b'/', folder).chain((!folder.is_empty()).then_some(folder.len())) {
            chain = load(above, chain);
            above = &folder[..end];
            if self.ignores(chain.as_deref(), above, Kind::Folder) {
                return Err(());
            }
        }
        Ok(chain)
    }

    /// The rules that every clone has: those of `.gitignore` files alone.
    pub(super) fn shared(ignore_case: bool) -> Self {
        Self { exclude: Patterns::empty(), global: Patterns::empty(), ignore_case }
    }

    /// Whether the rules mention the file `path`, which need not be there, or of a folder above it: they ignore it, or
    /// say that it is not to be ignored.
    pub(super) fn speak_of(&self, files: IgnoreFiles<'_>, path: &[u8]) -> bool {
        let load = |folder: &[u8], parent: Chain| {
            let text = files(&join(folder, b".gitignore"));
            Level::add(text.map_or_else(Patterns::empty, |text| parse(&text, self.ignore_case)), folder, parent)
        };
        let folder = memchr::memrchr(b'/', path).map_or(&b""[..], |end| &path[..end]);
        let Ok(chain) = self.above(folder, load) else { return true };
        Level::verdict(load(folder, chain).as_deref(), path, false).is_some()
    }

    /// Whether `path` is ignored, given that no folder above it is.
    fn ignores(&self, chain: Option<&Level>, path: &[u8], kind: Kind) -> bool {
        let folder = kind == Kind::Folder;
        let everywhere = || [&self.exclude, &self.global].into_iter().find_map(|all| all.verdict(path, folder));
        Level::verdict(chain, path, folder).or_else(everywhere).unwrap_or(false)
    }
}

impl Level {
    /// What the innermost of the files that mentions `path` says about it.
    fn verdict(chain: Option<&Self>, path: &[u8], folder: bool) -> Option<bool> {
        let mut levels = std::iter::successors(chain, |level| level.parent.as_deref());
        levels.find_map(|level| level.patterns.verdict(path.get(level.prefix..).unwrap_or_default(), folder))
    }

    /// Adds the `.gitignore` of `folder`, where there is one with patterns, to `parent`.
    fn load(base: &Path, folder: &[u8], parent: Chain, ignore_case: bool) -> Chain {
        let Ok(path) = locate(base, &join(folder, b".gitignore")) else { return parent };
        Self::add(patterns(&path, ignore_case), folder, parent)
    }

    fn add(patterns: Patterns, folder: &[u8], parent: Chain) -> Chain {
        if patterns.patterns.is_empty() {
            return parent;
        }
        let prefix = if folder.is_empty() { 0 } else { folder.len() + 1 };
        Some(Arc::new(Self { patterns, prefix, parent }))
    }
}

impl Patterns {
    fn empty() -> Self {
        Self { patterns: Vec::new(), case: Case::Sensitive }
    }

    /// What they say about `path`, relative to the folder of their file: it is ignored, or not to be ignored.
    fn verdict(&self, path: &[u8], folder: bool) -> Option<bool> {
        // The name of the folder itself is not below it.
        if self.patterns.is_empty() || path.is_empty() {
            return None;
        }
        let name = memchr::memrchr(b'/', path).map(|at| at + 1);
        let matches = |pattern: &&Pattern| matches(pattern, path, name, folder, self.case);
        self.patterns.iter().rev().find(matches).map(|pattern| !pattern.is_negative())
    }
}

/// Whether a pattern matches `path`, whose last part begins at `name`.
fn matches(pattern: &Pattern, path: &[u8], name: Option<usize>, folder: bool, case: Case) -> bool {
    let mode = wildmatch::Mode::NO_MATCH_SLASH_LITERAL;
    let has = |flag| pattern.mode.contains(flag);
    let whole_path = !has(Mode::NO_SUB_DIR) || has(Mode::ABSOLUTE);
    let literal = pattern.first_wildcard_pos.filter(|&at| whole_path && at > 0);
    let Some(literal) = literal else {
        return pattern.matches_repo_relative_path(path.as_bstr(), name, Some(folder), case, mode);
    };
    // Git takes the literal start off before it looks at the rest, so that the `**/` of `a**/b` counts as one at the start.
    let Some((start, rest)) = path.split_at_checked(literal) else { return false };
    let wanted = &pattern.text[..literal];
    let same = if case == Case::Fold { wanted.eq_ignore_ascii_case(start) } else { wanted == start };
    let fold = if case == Case::Fold { wildmatch::Mode::IGNORE_CASE } else { wildmatch::Mode::empty() };
    same && (folder || !has(Mode::MUST_BE_DIR))
        && gix::glob::wildmatch(pattern.text[literal..].as_bstr(), rest.as_bstr(), mode | fold)
}

/// The patterns of the file at `path`; none where it is missing, unreadable or no regular file: then more is searched
/// rather than less. A line that is no pattern is passed over, as Git does.
fn patterns(path: &Path, ignore_case: bool) -> Patterns {
    read_regular(path, MOST).map_or_else(Patterns::empty, |bytes| parse(&bytes, ignore_case))
}

/// The patterns of the content of an ignore file.
fn parse(bytes: &[u8], ignore_case: bool) -> Patterns {
    // The end of the last line is as good as any other.
    let whole = [bytes, b"\n"].concat();
    let lines = gix::ignore::parse::Lines::new(&whole, false);
    let case = if ignore_case { Case::Fold } else { Case::Sensitive };
    Patterns { patterns: lines.map(|(pattern, _, _)| pattern).collect(), case }
}

/// `name` in `folder`; the empty folder is the base.
pub(super) fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(folder.len() + 1 + name.len());
    if !folder.is_empty() {
        path.extend_from_slice(folder);
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// `path` as the system takes it. Fails only where paths are Unicode and this one is not.
fn as_path(path: &[u8]) -> io::Result<&Path> {
    gix::path::from_byte_slice(path).map_err(|_| io::Error::from(io::ErrorKind::InvalidFilename))
}

/// The absolute path of `path`, which is relative to `base`.
pub(super) fn locate(base: &Path, path: &[u8]) -> io::Result<PathBuf> {
    if path.is_empty() { Ok(base.to_owned()) } else { Ok(base.join(as_path(path)?)) }
}
