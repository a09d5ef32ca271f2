//! The archive: the same bytes for the same files, whoever makes it and whenever.

use std::io;

use flate2::{Compression, GzBuilder};
use jiff::civil::Date;

use super::File;

/// The name of a workflow's archive of a day: `financial-ml-ml-secrets-20250704.tar.gz`.
pub(crate) fn archive_name(workflow: &str, date: Date) -> String {
    format!("{workflow}-ml-secrets-{:04}{:02}{:02}.tar.gz", date.year(), date.month(), date.day())
}

/// A compressed archive of files, in their order. Owner 0, mode 0644, every time `seconds` since 1970; neither a name nor a
/// time in the header of gzip.
///
/// # Errors
/// Where a path is too long for the format.
pub(crate) fn archive(files: &[File], seconds: u64) -> io::Result<Vec<u8>> {
    let gzip = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    let mut archive = tar::Builder::new(gzip);
    archive.mode(tar::HeaderMode::Deterministic);
    for file in files {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(file.text.len() as u64);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(seconds);
        archive.append_data(&mut header, &file.path, file.text.as_bytes())?;
    }
    archive.into_inner()?.finish()
}
