//! Who can read Secrets.

use crate::checks::common::{Check, Subject::Structure};
use crate::rule::id;

mod automounted_token;
mod wide_secret_access;

pub(super) const CHECKS: &[Check] = &[
    Check::repository(id::AUTOMOUNTED_TOKEN, Structure, automounted_token::check),
    Check::repository(id::WIDE_SECRET_ACCESS, Structure, wide_secret_access::check),
];
