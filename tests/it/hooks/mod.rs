//! Hooks as people meet them: real Git, real pre-commit and prek, commits and pushes that pass or do not.
#![cfg(unix)]

mod frameworks;
mod init;
mod install;
mod plain;
mod rig;
mod server;
