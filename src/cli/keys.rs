//! Private keys that commands are given, and the randomness of what they seal.

use std::fs::File;
use std::path::PathBuf;

use super::recipient;
use crate::config::Environment;
use crate::error::Problem;
use crate::fix::input::read_wiped;
use crate::seal::Randomness;
use crate::seal::key::Keyring;

/// Largest file of private keys, bytes.
const LIMIT: u64 = 16 << 20;

/// The private keys of all files.
pub(super) fn keyring(paths: &[PathBuf]) -> Result<Keyring, Problem> {
    let mut keys = Keyring::default();
    for path in paths {
        let name = path.display().to_string();
        let fault = |error: std::io::Error| Problem::new(format!("cannot be read: {error}")).in_file(&name);
        let bytes = File::open(path).and_then(|file| read_wiped(file, LIMIT)).map_err(fault)?;
        if bytes.len() as u64 > LIMIT {
            return Err(Problem::new("is too large for a file of private keys").in_file(name));
        }
        keys.add(&bytes).map_err(|error| recipient::problem(&error).in_file(&name))?;
    }
    Ok(keys)
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
