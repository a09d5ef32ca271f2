//! The GitHub Action, step by step as `action.yml` lists them, in repositories and for events that are made up.
//!
//! Needs bash and Git; says so where they are not there.

#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "the steps of the Action, and where their programs are")]
#![expect(clippy::panic, reason = "what action.yml says and the tests do not know stops them")]

mod files;
mod gate;
mod install;
mod place;
mod range;
mod runner;
mod token;
