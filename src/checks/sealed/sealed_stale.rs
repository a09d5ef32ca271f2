//! `sealed-stale`: a SealedSecret that was sealed longer ago than the rotation period.

use super::identity::all;
use crate::checks::common::{Across, listed_names, title};

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let period = inventory.convention.max_age_days;
    for (at, object, sealed) in all(inventory) {
        let message = match sealed.sealed_on {
            Some(day) => {
                let age = (cx.today - day).get_days();
                if i64::from(age) <= i64::from(period) {
                    continue;
                }
                format!("Sealed on {day}, {age} days ago; Secrets are rotated every {period} days.")
            }
            None => {
                let Some(past) = &inventory.past else { continue };
                let old = sealed.entries.iter().filter(|(_, digest, _)| past.ciphertexts.contains(digest));
                let old: Vec<&str> = old.map(|(key, ..)| &**key).collect();
                if old.is_empty() {
                    continue;
                }
                let all = old.len() == sealed.entries.len();
                let what = if all { "Its values".to_owned() } else { listed_names(old) };
                format!(
                    "{what} have been unchanged in Git since at least {}; Secrets are rotated every {period} days.",
                    past.day
                )
            }
        };
        cx.report(at.0, object.place, Some(title(object)), message);
    }
}
