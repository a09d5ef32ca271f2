//! The program and the library as a whole, in one test program: linking one takes as long as linking the next.
//!
//! `cargo test --test it -- cli::seal` runs one module. Beside it are those that people run alone: `rules`, `generated` and
//! `architecture`.

mod action;
mod cli;
mod containers;
mod external_secrets;
mod fault;
mod fault_fix;
mod git;
mod hooks;
mod interop;
mod kustomize;
mod pause;
mod seeds;
mod sops;
mod tools;
mod unread;
mod work;
