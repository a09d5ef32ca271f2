//! Every call that changes something on disk; nothing else of the store does. Builds with debug assertions can be told to
//! die after any one of them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::error::StoreError;
use super::look::Found;

/// Makes one change and names it where it fails.
fn step<T>(doing: &'static str, path: &Path, change: impl FnOnce() -> io::Result<T>) -> Result<T, StoreError> {
    #[cfg(test)]
    trace::note(doing, path).map_err(StoreError::io(doing, path))?;
    let made = change().map_err(StoreError::io(doing, path))?;
    #[cfg(debug_assertions)]
    fault::count();
    Ok(made)
}

/// Makes a folder that only its owner may enter, and those above it where they are missing.
pub(super) fn make_private_folder(path: &Path) -> Result<(), StoreError> {
    if !path.exists() {
        let above = path.parent().filter(|above| !above.as_os_str().is_empty());
        if let Some(above) = above.filter(|above| !above.exists()) {
            make_private_folder(above)?;
        }
        let mut builder = DirBuilder::new();
        builder.recursive(false);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        step("make", path, || builder.create(path))?;
        // Originals must not be lost with the folder that they are in.
        sync_folder(above.unwrap_or(Path::new(".")))?;
    }
    let metadata = path.symlink_metadata().map_err(StoreError::io("look at", path))?;
    // Through a link, originals would get to a place that nobody has checked.
    if !metadata.is_dir() {
        return Err(StoreError::io("use", path)(io::ErrorKind::NotADirectory.into()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if metadata.permissions().mode() & 0o077 != 0 {
            step("close", path, || fs::set_permissions(path, fs::Permissions::from_mode(0o700)))?;
        }
    }
    Ok(())
}

/// Opens a file to be locked, and makes it where it is missing.
pub(super) fn open_lock(path: &Path) -> Result<File, StoreError> {
    step("open", path, || private().create(true).truncate(false).open(path))
}

/// Writes a new file that only its owner may read, and waits until it is on disk.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut file = step("create", path, || private().create_new(true).open(path))?;
    fill(&mut file, path, bytes)?;
    step("sync", path, || file.sync_all())
}

/// The same for a file that will be renamed over another one, of which it gets mode and owner, and the extended attributes
/// of `like`.
pub(super) fn write_like(
    path: &Path,
    bytes: &[u8],
    mode: u32,
    replaced: Option<&Found>,
    like: &Path,
) -> Result<(), StoreError> {
    let mut file = step("create", path, || private().create_new(true).open(path))?;
    fill(&mut file, path, bytes)?;
    copy_attributes(like, &file, path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        if let Some(replaced) = replaced {
            let own = file.metadata().map_err(StoreError::io("look at", path))?;
            if (own.uid(), own.gid()) != replaced.owner {
                let (user, group) = replaced.owner;
                // Only the administrator may give files away; others keep at least the group where they are in it.
                let given = step("give", path, || std::os::unix::fs::fchown(&file, Some(user), Some(group)));
                if given.is_err() {
                    let _ = step("give", path, || std::os::unix::fs::fchown(&file, None, Some(group)));
                }
            }
        }
        step("set the mode of", path, || file.set_permissions(fs::Permissions::from_mode(mode)))?;
    }
    #[cfg(not(unix))]
    let _ = (mode, replaced);
    step("sync", path, || file.sync_all())
}

/// Gives a file of the store the extended attributes of `from`, for when that comes back.
pub(super) fn keep_attributes(from: &Path, path: &Path) -> Result<(), StoreError> {
    let file = OpenOptions::new().write(true).open(path).map_err(StoreError::io("open", path))?;
    copy_attributes(from, &file, path)
}

/// Gives a file the extended attributes of `from`, access control lists among them.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn copy_attributes(from: &Path, to: &File, path: &Path) -> Result<(), StoreError> {
    use rustix::fs::{XattrFlags, fsetxattr, lgetxattr, llistxattr};
    use rustix::io::Errno;
    /// Most that Linux allows, for the names and for a value.
    const MOST: usize = 64 << 10;

    let unread = |error: Errno| StoreError::io("read the extended attributes of", from)(error.into());
    let (mut names, mut value) = (vec![0; MOST], vec![0; MOST]);
    let length = match llistxattr(from, names.as_mut_slice()) {
        Err(Errno::NOTSUP) => return Ok(()),
        listed => listed.map_err(unread)?,
    };
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let length = lgetxattr(from, name, value.as_mut_slice()).map_err(unread)?;
        let set = step("set an extended attribute of", path, || {
            Ok(fsetxattr(to, name, &value[..length], XattrFlags::empty())?)
        });
        // Labels are the system's, which sets them for the new file.
        if !name.starts_with(b"security.") && !name.starts_with(b"trusted.") {
            set?;
        }
    }
    Ok(())
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn copy_attributes(_: &Path, _: &File, _: &Path) -> Result<(), StoreError> {
    Ok(())
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn fill(file: &mut File, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    // In two pieces where tests may end the program between them.
    let piece = if cfg!(debug_assertions) { bytes.len() / 2 + 1 } else { bytes.len().max(1) };
    bytes.chunks(piece).try_for_each(|piece| step("write", path, || file.write_all(piece)))
}

/// Renames a file over another one, or a folder to a name that is free.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    step("rename a file to", to, || fs::rename(from, to))
}

pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    step("remove", path, || fs::remove_file(path))
}

/// Removes a folder that holds files only, and those.
pub(super) fn remove_folder(path: &Path) -> Result<(), StoreError> {
    for entry in path.read_dir().map_err(StoreError::io("list", path))? {
        remove(&entry.map_err(StoreError::io("list", path))?.path())?;
    }
    step("remove", path, || fs::remove_dir(path))
}

/// Waits until what was renamed, made or removed in a folder is on disk.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    // Elsewhere folders cannot be opened, and the file systems write renames in order.
    #[cfg(unix)]
    step("sync", path, || match File::open(path)?.sync_all() {
        // Some file systems of networks know nothing to sync for a folder.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    })?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Ends the process after the change whose number `MLGUARD_TEST_ABORT_AFTER` names, as a kill would; at that of
/// `MLGUARD_TEST_PAUSE_AFTER` it prints `paused` and waits for the kill.
///
/// The state right before a change is the one right after the change before it, so this reaches all of them.
#[cfg(debug_assertions)]
mod fault {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static LAST: LazyLock<Option<u64>> = LazyLock::new(|| number("MLGUARD_TEST_ABORT_AFTER"));
    static PAUSE: LazyLock<Option<u64>> = LazyLock::new(|| number("MLGUARD_TEST_PAUSE_AFTER"));
    static MADE: AtomicU64 = AtomicU64::new(0);

    #[expect(clippy::disallowed_methods, reason = "for tests of the program only, not in what is released")]
    fn number(variable: &str) -> Option<u64> {
        std::env::var(variable).ok()?.parse().ok()
    }

    #[expect(clippy::print_stderr, reason = "the handshake with the test")]
    pub(super) fn count() {
        let made = MADE.fetch_add(1, Ordering::Relaxed) + 1;
        if *PAUSE == Some(made) {
            eprintln!("paused");
            loop {
                std::thread::park();
            }
        }
        if *LAST == Some(made) {
            #[expect(clippy::disallowed_methods, reason = "leaving things half done is the point")]
            std::process::abort();
        }
    }
}

/// The changes of this thread in their order, and what else is to happen before one of them.
#[cfg(test)]
pub(super) mod trace {
    use std::cell::{Cell, RefCell};
    use std::io;
    use std::path::{Path, PathBuf};

    type Happening = (usize, Box<dyn FnOnce() -> io::Result<()>>);

    thread_local! {
        static MADE: RefCell<Vec<(&'static str, PathBuf)>> = const { RefCell::new(Vec::new()) };
        static PLANNED: Cell<Option<Happening>> = const { Cell::new(None) };
    }

    pub(super) fn note(doing: &'static str, path: &Path) -> io::Result<()> {
        MADE.with_borrow_mut(|made| made.push((doing, path.to_owned())));
        match PLANNED.take() {
            Some((0, happens)) => happens(),
            later => {
                PLANNED.set(later.map(|(changes, happens)| (changes - 1, happens)));
                Ok(())
            }
        }
    }

    /// What was noted since the last call.
    pub(in super::super) fn take() -> Vec<(&'static str, PathBuf)> {
        MADE.take()
    }

    /// Lets something happen after so many further changes. Its error is that of the next change.
    pub(in super::super) fn plan(changes: usize, happens: impl FnOnce() -> io::Result<()> + 'static) {
        PLANNED.set(Some((changes, Box::new(happens))));
    }

    /// Whether what was planned has not happened; it will not any more.
    pub(in super::super) fn cancel() -> bool {
        PLANNED.take().is_some()
    }
}
