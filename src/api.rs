//! What the tests and benchmarks of this repository use of the library. Not stable, and nobody else's business.
//!
//! `tests/architecture` fails on a name here, and on a `pub` anywhere, that neither tests nor benchmarks use.

/// Checks by the program's own list.
pub mod checks {
    pub use crate::checks::{Check, Need, all};
}

/// Arguments, for the pages that are made from them.
pub mod cli {
    pub use crate::cli::args::Cli;
}

/// The schema of the configuration.
pub mod config {
    pub use crate::config::key_table;
    pub use crate::config::schema::schema;
}

/// Documents with spans, for comparing with what other tools read in them.
pub mod document {
    pub use crate::document::fragment::{Host, Lang};
    pub use crate::document::view::View;
    /// Parsing of a file.
    pub mod view {
        pub use crate::document::view::parse;
    }
    /// Trees of YAML and JSON.
    pub mod yaml {
        pub use crate::document::yaml::parse;
    }
    /// Rules of `.sops.yaml`.
    pub mod sops {
        pub use crate::document::sops::config::{Match, read, rule_for};
    }
}

/// Runs.
pub mod engine {
    pub use crate::engine::{Input, Options, run, run_bytes};
}

/// Findings and their fixes.
pub mod finding {
    pub use crate::finding::edit::{Edit, FixKind, apply};
    pub use crate::finding::{Finding, Outcome};
}

/// The transaction that writes files.
pub mod fix {
    pub use crate::fix::store::{Change, Outcome, Store, StoreError};
}

/// What a repository holds, for comparing with what kubectl builds.
pub mod inventory {
    pub use crate::inventory::facts::{Facts, Reference, Role, Scope};
    pub use crate::inventory::kustomize::{Aspect, Build, Builder, Built, GapKind, Referral, Text, Tree};
    pub use crate::inventory::read::read;
}

/// Formats and pages.
pub mod report {
    pub use crate::report::{Format, rule_markdown};

    /// What `check` prints of an outcome on a terminal of `width` columns, without colours.
    #[must_use]
    pub fn human(outcome: &crate::finding::Outcome, width: usize) -> String {
        let (rules, fail_on) = (crate::rule::builtin(), crate::rule::Level::Note);
        let context =
            crate::report::Context { rules, version: "", fail_on, color: false, width: Some(width), repository: None };
        let mut out = Vec::new();
        let written = crate::report::write(Format::Human, outcome, &context, &mut out);
        debug_assert!(written.is_ok(), "memory can be written to");
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// Rules.
pub mod rule {
    pub use crate::rule::{Family, Fixable, Rule, RuleId, builtin, find, id};
}

/// Sealing, for comparing with kubeseal.
pub mod seal {
    pub use crate::seal::emit::yaml;
    pub use crate::seal::job::unseal;
    pub use crate::seal::json::value;
    pub use crate::seal::sealed::seal;
    pub use crate::seal::stream::Stream;
    pub use crate::seal::{Identity, Plaintext, Randomness, Secret};
}

/// Which files there are.
pub mod source {
    pub use crate::source::{ignored_below, list};
}
