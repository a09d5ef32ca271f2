//! mlguard keeps the secrets of MLOps platforms out of Git, and checks the encrypted ones that belong there.
//!
//! Data flows one way: `source` -> `document` -> `checks` -> `finding` -> `report`; `engine` drives it. Each module may
//! use only modules that are listed before it; `tests/architecture` checks that.
//!
//! The library exists for the program: [`main`] is all of it. [`api`] is what the tests and benchmarks of this
//! repository use; it is not stable.

mod span;
mod path;
mod dotenv;
mod yaml_scalar;
mod mask;
mod go_regex;
mod error;
mod container;
mod coverage;
mod exit;
mod rule;
mod finding;
mod value;
mod source;
mod document;
mod inventory;
mod seal;
mod checks;
mod config;
mod engine;
mod gate;
mod baseline;
mod report;
mod fix;
mod package;
mod cli;
#[doc(hidden)]
pub mod api;

pub use cli::main;
