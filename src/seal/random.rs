//! Where randomness comes from: always the system, except in tests that compare whole outputs.

use rsa::rand_core::{self, CryptoRng, OsRng, RngCore};

/// The randomness of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Randomness {
    /// Only debug builds have it, so that no release can be made to seal predictably.
    #[cfg(debug_assertions)]
    seed: Option<u64>,
}

impl Randomness {
    /// Predictable bytes, for tests that compare whole outputs.
    #[cfg(debug_assertions)]
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { seed: Some(seed) }
    }

    /// The generator for one value; `what` names it, so that seeded bytes do not depend on the order of values.
    #[cfg_attr(not(debug_assertions), expect(unused_variables, clippy::unused_self, reason = "only seeds need them"))]
    #[must_use]
    pub fn generator(&self, what: &[&str]) -> Generator {
        #[cfg(debug_assertions)]
        if let Some(seed) = self.seed {
            use sha2::{Digest as _, Sha256};
            let mut state = Sha256::new_with_prefix(seed.to_be_bytes());
            what.iter().for_each(|part| {
                state.update(part.as_bytes());
                state.update([0]);
            });
            return Generator { seeded: Some((state.finalize().into(), 0)) };
        }
        Generator {
            #[cfg(debug_assertions)]
            seeded: None,
        }
    }
}

/// A generator of random bytes.
pub struct Generator {
    #[cfg(debug_assertions)]
    seeded: Option<([u8; 32], u64)>,
}

impl RngCore for Generator {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, to: &mut [u8]) {
        #[cfg(debug_assertions)]
        if let Some((state, count)) = &mut self.seeded {
            use sha2::{Digest as _, Sha256};
            for chunk in to.chunks_mut(32) {
                *count += 1;
                let block = Sha256::new_with_prefix(&state).chain_update(count.to_be_bytes()).finalize();
                chunk.copy_from_slice(&block[..chunk.len()]);
            }
            return;
        }
        OsRng.fill_bytes(to);
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), rand_core::Error> {
        #[cfg(debug_assertions)]
        if self.seeded.is_some() {
            self.fill_bytes(to);
            return Ok(());
        }
        OsRng.try_fill_bytes(to)
    }
}

impl CryptoRng for Generator {}
