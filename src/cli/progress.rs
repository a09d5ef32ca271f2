//! How far a long run is: a bar on a terminal, nothing elsewhere.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::engine::history::Progress;

/// A bar on standard error that goes away by itself.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(files: usize) -> Self {
        let target =
            if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(u64::try_from(files).ok(), target);
        let style = ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} files, {per_sec}, {eta} left");
        Self(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }
}

impl Progress for Bar {
    fn advance(&self, files: usize) {
        self.0.inc(u64::try_from(files).unwrap_or(u64::MAX));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
