//! Names that another one may be a slip of, found among many.

use std::collections::{BTreeSet, HashMap};

/// Three letters in a row; zeros stand before the first and behind the last one.
type Gram = [u8; 3];

/// Grams that one slip can change: two letters that change places stand in four.
const CHANGED: usize = 4;
/// Most names that are held against one. Only names made of very few letters have so many in common.
const MOST: usize = 4_096;

/// Names by what they are made of.
pub(crate) struct Near<'n> {
    names: Vec<&'n str>,
    grams: HashMap<Gram, Vec<usize>>,
}

impl<'n> Near<'n> {
    /// For these names; answers keep their order. What is not ASCII is not a name of Kubernetes, and left out.
    pub(crate) fn new(names: impl Iterator<Item = &'n str>) -> Self {
        let names: Vec<&str> = names.filter(|name| name.is_ascii()).collect();
        let mut found: HashMap<Gram, Vec<usize>> = HashMap::new();
        for (at, name) in names.iter().enumerate() {
            for gram in grams(name) {
                let having = found.entry(gram).or_default();
                if having.last() != Some(&at) {
                    having.push(at);
                }
            }
        }
        Self { names, grams: found }
    }

    /// The names that `name` may be a slip of.
    pub(crate) fn slips(&self, name: &str) -> impl Iterator<Item = &'n str> + use<'_, 'n> {
        let mut lists: Vec<&[usize]> =
            grams(name).map(|gram| self.grams.get(&gram).map(Vec::as_slice).unwrap_or_default()).collect();
        lists.sort_by_key(|having| having.len());
        // Of one more gram than all slips can change at least one is left: so the rarest will do.
        let rarest = lists.into_iter().take(CHANGED * most(name.len()) + 1);
        let near: BTreeSet<usize> = rarest.flatten().copied().take(MOST).collect();
        let near: Vec<usize> = near.into_iter().filter(|at| is_slip(name, self.names[*at])).collect();
        near.into_iter().map(|at| self.names[at])
    }
}

fn grams(name: &str) -> impl Iterator<Item = Gram> + use<'_> {
    let byte = |at: usize| at.checked_sub(2).and_then(|at| name.as_bytes().get(at)).copied().unwrap_or_default();
    (0..name.len() + 2).map(move |at| [byte(at), byte(at + 1), byte(at + 2)])
}

/// Most slips in a name of a length.
fn most(length: usize) -> usize {
    if length >= 10 { 2 } else { 1 }
}

/// Whether one name is the other but for a slip of the hand: one letter, or two in a long name; not where only digits
/// differ, which people count with.
pub(crate) fn is_slip(a: &str, b: &str) -> bool {
    let shorter = a.len().min(b.len());
    let most = most(shorter);
    if shorter < 5 || a.len().abs_diff(b.len()) > most || a == b {
        return false;
    }
    is_within(a, b, most) && !letters(a).eq(letters(b))
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_ascii_digit())
}

/// Whether one text becomes the other by at most `most` letters added, left out or exchanged, or neighbours swapped, none
/// of them twice. Gives up as soon as it cannot.
pub(crate) fn is_within(a: &str, b: &str, most: usize) -> bool {
    if !(a.is_ascii() && b.is_ascii()) {
        return strsim::osa_distance(a, b) <= most;
    }
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    (a, b) = (&a[start..], &b[start..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    if a.len().abs_diff(b.len()) > most {
        return false;
    }
    // Only what lies within `most` of the diagonal can count.
    let far = most + 1;
    let mut rows = [vec![far; b.len() + 1], vec![far; b.len() + 1], (0..=b.len()).collect::<Vec<_>>()];
    for at in 1..=a.len() {
        rows.rotate_left(1);
        let [before, above, row] = &mut rows;
        row.fill(far);
        if at <= most {
            row[0] = at;
        }
        let mut least = row[0];
        for column in at.saturating_sub(most).max(1)..=(at + most).min(b.len()) {
            let exchanged = above[column - 1] + usize::from(a[at - 1] != b[column - 1]);
            let mut best = exchanged.min(above[column] + 1).min(row[column - 1] + 1);
            if at > 1 && column > 1 && a[at - 1] == b[column - 2] && a[at - 2] == b[column - 1] {
                best = best.min(before[column - 2] + 1);
            }
            row[column] = best;
            least = least.min(best);
        }
        // A swap reaches back over one row.
        if least > most && above.iter().all(|distance| *distance > most) {
            return false;
        }
    }
    rows[2][b.len()] <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_gives_what_the_long_one_does() {
        // Every text of up to five letters of two, and some with more.
        let mut texts: Vec<String> = vec![String::new()];
        for length in 0..5 {
            let longer: Vec<String> = texts.iter().filter(|text| text.len() == length).cloned().collect();
            texts.extend(longer.iter().flat_map(|text| [format!("{text}a"), format!("{text}b")]));
        }
        texts.extend(["abcdefghijkl", "bacdefghijkl", "bacdefghijlk", "abdefghiijkl", "é", "éa"].map(str::to_owned));
        for a in &texts {
            for b in &texts {
                for most in 1..=2 {
                    assert_eq!(is_within(a, b, most), strsim::osa_distance(a, b) <= most, "{a} {b} {most}");
                }
            }
        }
    }

    #[test]
    fn what_names_are_made_of_rules_out_no_slip() {
        let letters = "abcdefghijklmnopqrstuvwxyz-0123456789";
        let names: Vec<String> = (0..37_usize)
            .flat_map(|at| {
                let text = format!("trainer-credentials{}", &letters[at % 10..at % 10 + 3]);
                let place = at % 19;
                let added = format!("{}{}{}", &text[..place], &letters[at..=at], &text[place..]);
                let left_out = format!("{}{}", &text[..place], &text[place + 2..]);
                let mut swapped = text.clone().into_bytes();
                swapped.swap(place, place + 1);
                [text, added, left_out, String::from_utf8_lossy(&swapped).into_owned()]
            })
            .collect();
        let near = Near::new(names.iter().map(String::as_str));
        for name in &names {
            let found: Vec<&str> = near.slips(name).collect();
            let all: Vec<&str> = names.iter().map(String::as_str).filter(|other| is_slip(name, other)).collect();
            assert_eq!(found, all, "{name}");
            assert!(!found.is_empty(), "{name}");
        }
    }

    #[test]
    fn people_count_with_digits() {
        for (a, b, expected) in [
            ("shard-1", "shard-2", false),
            ("trainer-12", "trainer-1", false),
            ("db-token", "db-tokne", true),
            ("trainer-credentials", "trainer-credentails", true),
            ("abc", "abd", false),
            ("db-token", "db-token", false),
        ] {
            assert_eq!(is_slip(a, b), expected, "{a} {b}");
        }
    }
}
