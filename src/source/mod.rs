//! Where bytes come from: listing files, reading them safely, and decoding them to text.
//!
//! Nothing here knows what a secret is. Each file becomes a [`Source`] with a report path, or a
//! [`Skipped`](crate::finding::Skipped) entry that says why it was not read.
