//! `sealed-stale`: a SealedSecret that was sealed longer ago than the rotation period.

use super::across::{Across, title};
use super::sealed::all;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let period = inventory.convention.max_age_days;
    for (at, object, sealed) in all(inventory) {
        let Some(day) = sealed.sealed_on else { continue };
        let age = (cx.today - day).get_days();
        if i64::from(age) <= i64::from(period) {
            continue;
        }
        let message = format!("Sealed on {day}, {age} days ago; Secrets are rotated every {period} days.");
        cx.report(at.0, object.place, Some(title(object)), message);
    }
}
