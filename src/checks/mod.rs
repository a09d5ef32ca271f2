//! Checks: what looks at documents and says what is wrong. Synchronous, no I/O, nothing printed.

pub mod credential;
