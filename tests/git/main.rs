//! The index, ranges of commits and whole histories, in repositories that the real Git makes.

mod generate;
mod rig;
mod torture;
