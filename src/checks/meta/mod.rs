//! What keeps mlguard itself from seeing everything.

use crate::checks::common::Check;
use crate::checks::common::Subject::Document;
use crate::rule::id;

mod unparsable;

/// The checks of this family. The order decides nothing.
pub(super) const CHECKS: &[Check] = &[Check::source(id::UNPARSABLE, Document, unparsable::check)];
