//! Logs: to standard error, and only when asked for. No event carries a value of a file.

use tracing_subscriber::EnvFilter;

/// Starts logging where `-v` or `RUST_LOG` asks for it. `RUST_LOG` wins.
pub(super) fn install(verbose: u8) {
    #[expect(
        clippy::disallowed_methods,
        reason = "RUST_LOG is no setting of the scan, and is needed before settings are read"
    )]
    let asked = std::env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty());
    let filter = match (asked, verbose) {
        (Some(filter), _) => EnvFilter::new(filter),
        (None, 0) => return,
        (None, 1) => EnvFilter::new("mlguard=info"),
        (None, 2) => EnvFilter::new("mlguard=debug"),
        (None, _) => EnvFilter::new("mlguard=trace"),
    };
    // A second call (tests run several commands in one process) keeps the first subscriber.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| super::output::Log)
        .with_ansi(false)
        .try_init();
}
