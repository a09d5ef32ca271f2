//! Objects by their id, for every thread.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix::ObjectId;
use gix::index::entry::{Stat, stat};
use gix::objs::Kind;
use gix::prelude::{Find as _, Header as _};

use crate::coverage::Reason;

/// Memory of each thread for the objects that others are deltas of, bytes.
const CACHE: usize = 24 << 20;

/// The object database of a repository: its own, its alternates, and where a push is kept until it is let pass.
pub(crate) struct Objects {
    stores: Vec<Arc<gix::odb::Store>>,
    /// How ids are made.
    pub(super) hash: gix::hash::Kind,
    /// Whether the clone was made without all objects, so that a missing one is no damage.
    pub(super) partial: bool,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Objects(…)")
    }
}

/// Why an object cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::source) enum ObjectError {
    /// It is not there.
    #[error("object {0} is missing; `git fsck` says what else is")]
    Missing(ObjectId),
    /// It is not there because the clone is partial.
    #[error("{}", Reason::NotFetched(.0.to_string()))]
    NotFetched(ObjectId),
    /// It is damaged.
    #[error("object {0} cannot be read; `git fsck` says what is wrong with it")]
    Damaged(ObjectId),
    /// It is something else than what was asked for.
    #[error("object {0} is no {1}")]
    Kind(ObjectId, &'static str),
}

impl From<&ObjectError> for Reason {
    fn from(error: &ObjectError) -> Self {
        match error {
            ObjectError::NotFetched(id) => Self::NotFetched(id.to_string()),
            _ => Self::Other(error.to_string()),
        }
    }
}

impl Objects {
    /// Opens the database of `repository` and those in `folders`.
    pub(super) fn new(repository: &gix::ThreadSafeRepository, folders: &[PathBuf]) -> std::io::Result<Self> {
        let local = repository.to_thread_local();
        let hash = local.object_hash();
        let mut stores = vec![Arc::clone(&repository.objects)];
        for folder in folders {
            if folder.is_dir() && !same(folder, repository.objects_dir()) {
                stores.push(gix::odb::at(folder.clone(), hash)?.into_inner().store());
            }
        }
        // Git marks the packs that may lack what they refer to.
        let packs = std::fs::read_dir(repository.objects_dir().join("pack")).into_iter().flatten().flatten();
        let partial = packs.map(|entry| entry.path()).any(|path| path.extension().is_some_and(|end| end == "promisor"));
        Ok(Self { stores, hash, partial })
    }

    /// A way to the objects for one thread.
    pub(super) fn reader(self: &Arc<Self>) -> Reader {
        let handles = self.stores.iter().map(|store| {
            let mut handle = store.to_cache_arc();
            handle.ignore_replacements = true;
            handle.set_pack_cache(|| Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(CACHE)));
            handle
        });
        Reader { handles: handles.collect(), objects: Arc::clone(self) }
    }
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

type Handle = gix::odb::Cache<gix::odb::store::Handle<Arc<gix::odb::Store>>>;

/// One thread's way to the objects.
pub(super) struct Reader {
    handles: Vec<Handle>,
    objects: Arc<Objects>,
}

impl Reader {
    /// Reads an object into `buffer`.
    pub(super) fn find(&mut self, id: ObjectId, buffer: &mut Vec<u8>) -> Result<Kind, ObjectError> {
        self.first(id, |handle| handle.try_find(&id, buffer).map(|data| data.map(|data| data.kind)))
    }

    /// The size of an object, bytes.
    pub(super) fn size(&mut self, id: ObjectId) -> Result<u64, ObjectError> {
        self.first(id, |handle| handle.try_header(&id).map(|header| header.map(|header| header.size())))
    }

    /// What the first database that has an object answers.
    fn first<T, E>(
        &self,
        id: ObjectId,
        mut look: impl FnMut(&Handle) -> Result<Option<T>, E>,
    ) -> Result<T, ObjectError> {
        let mut damaged = false;
        for handle in &self.handles {
            match look(handle) {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(_) => damaged = true,
            }
        }
        Err(match damaged {
            true => ObjectError::Damaged(id),
            false if self.objects.partial => ObjectError::NotFetched(id),
            false => ObjectError::Missing(id),
        })
    }

    /// Reads an object of `kind` into `buffer`.
    pub(super) fn read(&mut self, id: ObjectId, kind: Kind, buffer: &mut Vec<u8>) -> Result<(), ObjectError> {
        let wanted = match kind {
            Kind::Tree => "tree",
            Kind::Blob => "file",
            Kind::Commit => "commit",
            Kind::Tag => "tag",
        };
        if self.find(id, buffer)? == kind { Ok(()) } else { Err(ObjectError::Kind(id, wanted)) }
    }

    /// How ids are made.
    pub(super) fn hash(&self) -> gix::hash::Kind {
        self.objects.hash
    }

    /// Every object of the database, in the order of ids.
    pub(super) fn all(&self) -> Result<Vec<ObjectId>, std::io::Error> {
        let mut ids = Vec::new();
        for handle in &self.handles {
            let iter = handle.store_ref().iter().map_err(std::io::Error::other)?;
            for id in iter {
                ids.push(id.map_err(std::io::Error::other)?);
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}

/// The content of a file as Git keeps it.
#[derive(Clone)]
pub struct Blob {
    pub(super) objects: Arc<Objects>,
    pub(super) id: ObjectId,
    /// What the file of the work tree looked like when it had this content.
    pub(super) stat: Option<Stat>,
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({})", self.id)
    }
}

impl PartialEq for Blob {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Blob {}

impl Blob {
    /// Whether it is worth looking into the work tree.
    pub(in crate::source) fn may_be_checked_out(&self) -> bool {
        self.stat.is_some()
    }

    /// Whether `file` of the work tree has this content, as far as Git would look.
    pub(in crate::source) fn is_in(&self, file: &std::fs::File) -> bool {
        let Some(stat) = &self.stat else { return false };
        let found = gix::index::fs::Metadata::from_file(file).ok().filter(gix::index::fs::Metadata::is_file);
        let found = found.and_then(|found| Stat::from_fs(&found).ok());
        found.is_some_and(|found| stat.matches(&found, stat::Options::default()))
    }

    /// Its id, hexadecimal.
    #[must_use]
    pub fn id(&self) -> String {
        self.id.to_string()
    }
}

/// What one thread needs to read files: room that only grows, and its way to the objects of Git.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(in crate::source) bytes: Vec<u8>,
    reader: Option<Reader>,
}

impl Scratch {
    /// Reads `blob` into `bytes`; the error is the size where that is over `limit`.
    pub(in crate::source) fn load(&mut self, blob: &Blob, limit: u64) -> Result<Result<(), u64>, ObjectError> {
        let same = self.reader.as_ref().is_some_and(|reader| Arc::ptr_eq(&reader.objects, &blob.objects));
        if !same {
            self.reader = Some(blob.objects.reader());
        }
        let Some(reader) = &mut self.reader else { return Ok(Ok(())) };
        let size = reader.size(blob.id)?;
        if size > limit {
            return Ok(Err(size));
        }
        reader.read(blob.id, Kind::Blob, &mut self.bytes)?;
        Ok(Ok(()))
    }
}
