//! Programs of others: what results are compared with, and what people use beside this program.
//!
//! Where one is absent, its tests print why they are skipped; in CI, where everything has to be there, they fail.

#![expect(clippy::disallowed_methods, reason = "where the tools of tests are, and whether they have to be there")]

use std::env;
use std::path::PathBuf;

/// What a test is left without: prints the reason, and fails in CI.
#[expect(clippy::print_stderr, reason = "tells why a test is skipped")]
#[track_caller]
pub(crate) fn skip<T>(reason: &str) -> Option<T> {
    assert_ne!(env::var("CI").as_deref(), Ok("true"), "CI must not skip: {reason}");
    eprintln!("skipped: {reason}");
    None
}

/// The program `name` on the PATH.
#[track_caller]
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    find(name).or_else(|| skip(&format!("no {name} on the PATH")))
}

/// The program that a variable names, else `name` on the PATH.
#[track_caller]
pub(crate) fn tool(variable: &str, name: &str) -> Option<PathBuf> {
    let named = env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| find(name)).or_else(|| skip(&format!("no {name} ({variable} names it, or the PATH has it)")))
}

fn find(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).map(|folder| folder.join(&name)).find(|path| path.is_file())
}
