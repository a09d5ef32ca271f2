//! `certificate-expiring`: a sealing certificate of the repository that has expired, or is about to.

use crate::checks::common::Across;

/// Days before the end at which it is told.
const SOON: i32 = 30;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    for (file, (path, facts)) in inventory.files().iter().enumerate() {
        let configured = inventory.convention.certificates.iter().any(|own| own.trim_start_matches("./") == &**path);
        for certificate in facts.certificates.iter().filter(|certificate| configured || certificate.sealing) {
            let left = (certificate.expires - cx.today).get_days();
            let message = if left < 0 {
                format!("This sealing certificate expired on {}.", certificate.expires)
            } else if left <= SOON {
                format!("This sealing certificate expires on {}, in {left} days.", certificate.expires)
            } else {
                continue;
            };
            cx.report(file, certificate.place, None, message);
        }
    }
}
