//! What keeps mlguard itself from seeing everything.

use crate::checks::common::{Check, Subject::Document};
use crate::rule::id;

mod unparsable;

pub(super) const CHECKS: &[Check] = &[Check::source(id::UNPARSABLE, Document, unparsable::check)];
