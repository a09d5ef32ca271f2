//! Ctrl-C and termination: the first asks the run to stop and ends it where it does not, the second ends it at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::error::Problem;
use crate::exit::Exit;

/// How long a run may take to stop by itself. A single file can take longer.
const PATIENCE: Duration = Duration::from_millis(800);

/// What signals ask for, and whether there is still something to stop.
#[derive(Clone, Default)]
pub(super) struct Interrupt {
    /// Becomes true at the first signal.
    pub asked: Arc<AtomicBool>,
    /// Whether reports are being written: cutting that short would leave half of one.
    writing: Arc<AtomicBool>,
}

/// The error that an interrupted run ends with.
pub(super) fn problem() -> Problem {
    Problem::new("interrupted").help("no report was written")
}

impl Interrupt {
    /// Starts listening. A process that runs several checks listens once for all of them.
    pub(super) fn install() -> Self {
        static LISTENING: OnceLock<Interrupt> = OnceLock::new();
        let listen = || {
            let interrupt = Self::default();
            let shared = interrupt.clone();
            if ctrlc::set_handler(move || shared.handle()).is_err() {
                tracing::warn!("signals cannot be caught; an interrupt ends the run at once");
            }
            interrupt
        };
        let interrupt = LISTENING.get_or_init(listen).clone();
        interrupt.writing.store(false, Ordering::SeqCst);
        interrupt
    }

    /// From here on the run ends soon by itself, and is let do so.
    pub(super) fn begin_writing(&self) {
        self.writing.store(true, Ordering::SeqCst);
    }

    /// The same for a run that has nothing to say of a part. Whether it may go on.
    pub(super) fn may_write(&self) -> bool {
        self.begin_writing();
        !self.asked.load(Ordering::SeqCst)
    }

    #[expect(clippy::disallowed_methods, reason = "the exits outside `main`: whoever asks does not want to wait")]
    fn handle(&self) {
        if self.asked.swap(true, Ordering::SeqCst) {
            std::process::exit(Exit::Interrupted.code().into());
        }
        #[cfg(debug_assertions)]
        if crate::engine::pause::is_planned() {
            return;
        }
        std::thread::sleep(PATIENCE);
        if !self.writing.load(Ordering::SeqCst) {
            super::output::problem(&problem());
            std::process::exit(Exit::Failed.code().into());
        }
    }
}
