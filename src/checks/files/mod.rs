//! Secret files in Git or about to be added to it.

use crate::checks::common::{Check, Need, Subject::Structure};
use crate::rule::id;

mod certificate_expiring;
mod tracked_secret_file;
mod unignored_secret_file;

pub(super) const CHECKS: &[Check] = &[
    Check::repository(id::CERTIFICATE_EXPIRING, Structure, certificate_expiring::check),
    Check::repository(id::TRACKED_SECRET_FILE, Structure, tracked_secret_file::check).needing(&[Need::TrackedIgnores]),
    Check::repository(id::UNIGNORED_SECRET_FILE, Structure, unignored_secret_file::check)
        .needing(&[Need::UntrackedIgnores]),
];
