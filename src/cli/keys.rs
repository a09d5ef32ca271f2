//! Private keys that commands are given, and the randomness of what they seal.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::recipient;
use crate::config::Environment;
use crate::error::Problem;
use crate::seal::Randomness;
use crate::seal::key::Keyring;

/// Largest file of private keys, bytes.
const LIMIT: u64 = 16 << 20;

/// The private keys of all files.
pub(super) fn keyring(paths: &[PathBuf]) -> Result<Keyring, Problem> {
    let mut keys = Keyring::default();
    for path in paths {
        let name = path.display().to_string();
        let bytes = read_keys(path)?;
        keys.add(&bytes).map_err(|error| recipient::problem(&error).in_file(&name))?;
    }
    Ok(keys)
}

fn read_keys(path: &Path) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let name = path.display().to_string();
    let fault = |error: std::io::Error| Problem::new(format!("cannot be read: {error}")).in_file(&name);
    // `/dev/stdin` and pipes are files too: their size is not known before.
    let file = std::fs::File::open(path).map_err(fault)?;
    let room = file.metadata().map(|metadata| metadata.len()).unwrap_or_default().min(LIMIT) + 4096;
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(room).unwrap_or_default()));
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(fault)?;
    if bytes.len() as u64 > LIMIT {
        return Err(Problem::new("is too large for a file of private keys").in_file(name));
    }
    Ok(bytes)
}

/// Where randomness comes from; builds for tests take a seed.
pub(super) fn randomness(environment: &Environment) -> Randomness {
    #[cfg(debug_assertions)]
    if let Some(seed) = environment.seed {
        return Randomness::seeded(seed);
    }
    let _ = environment;
    Randomness::default()
}
