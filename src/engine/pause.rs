//! Stops a run at a file that a test chose, so that a signal meets it there and not after some time. Debug builds only.
//!
//! `MLGUARD_TEST_PAUSE_AT=n` waits at the n-th file until the run is interrupted, `MLGUARD_TEST_HANG_AT=n` for ever. Both
//! print `paused` on standard error first.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

static PAUSE_AT: LazyLock<Option<u64>> = LazyLock::new(|| number("MLGUARD_TEST_PAUSE_AT"));
static HANG_AT: LazyLock<Option<u64>> = LazyLock::new(|| number("MLGUARD_TEST_HANG_AT"));
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// Called where a run begins with a file.
#[expect(clippy::print_stderr, reason = "the handshake with the test")]
pub(super) fn at_file(interrupted: &AtomicBool) {
    let begun = Some(BEGUN.fetch_add(1, Ordering::Relaxed) + 1);
    let hangs = *HANG_AT == begun;
    if hangs || *PAUSE_AT == begun {
        eprintln!("paused");
        while hangs || !interrupted.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
    }
}

/// Whether a test looks at how a run ends by itself, which may take long on a busy machine.
pub(crate) fn is_planned() -> bool {
    PAUSE_AT.is_some()
}

#[expect(clippy::disallowed_methods, reason = "for tests of the program only, not in what is released")]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
