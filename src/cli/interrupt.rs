//! Ctrl-C and termination: the first asks the run to stop, the second ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;

/// Starts listening; the flag becomes true at the first signal.
pub(super) fn install() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let shared = Arc::clone(&flag);
    #[expect(
        clippy::disallowed_methods,
        reason = "the one exit outside `main`: whoever asks twice does not want to wait for anything"
    )]
    let handler = move || {
        if shared.swap(true, Ordering::SeqCst) {
            std::process::exit(Exit::Interrupted.code().into());
        }
    };
    if ctrlc::set_handler(handler).is_err() {
        tracing::warn!("signals cannot be caught; an interrupt ends the run at once");
    }
    flag
}
