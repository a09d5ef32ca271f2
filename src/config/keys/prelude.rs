//! What the files of keys have in common.

pub(super) use serde_json::json;

pub(super) use crate::config::key::{Bound, Key, Scope};
pub(super) use crate::config::node::{Node, Value};
pub(super) use crate::config::reader::Reader;
pub(super) use crate::config::shapes;
pub(super) use crate::config::shown::{Shown, flow, flow_map, quote};
pub(super) use crate::config::text::{Invalid, LONGEST, checked};
pub(super) use crate::config::values::{Listed, Valued, built_in_list};

/// Most keys may be set by the file at the root and by a policy.
pub(super) const ROOT_AND_POLICY: &[Scope] = &[Scope::Root, Scope::Policy];
