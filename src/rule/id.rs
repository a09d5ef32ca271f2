//! The ids of the built-in rules, one constant each, generated from the names of the files below `rules/`: a misspelt id
//! does not compile.
//!
//! Rules of packs have ids that are known at run time only, so that a finding carries its id as text.

use std::borrow::Cow;

/// The id of a built-in rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(&'static str);

impl RuleId {
    /// The id as configuration and reports spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl std::fmt::Display for RuleId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl From<RuleId> for Cow<'static, str> {
    fn from(id: RuleId) -> Self {
        Self::Borrowed(id.0)
    }
}

impl PartialEq<RuleId> for Cow<'static, str> {
    fn eq(&self, id: &RuleId) -> bool {
        *self == id.0
    }
}

include!(concat!(env!("OUT_DIR"), "/rule_ids.rs"));
