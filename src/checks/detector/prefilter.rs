//! The prefilter: where in a text does a keyword of any rule begin?
//!
//! Every keyword is known by its first three bytes, case folded. One pass hashes each three bytes of the text into a bit
//! map of 4 KiB; only where the bit is set are the keywords with that start compared. Measured with 514 keywords against
//! an Aho-Corasick automaton of the dense kind: ready in 0.6 instead of 4.4 ms; searching takes 0.7 times as long where
//! keywords are rare (definitions of Kubernetes kinds), and 1.1 to 1.2 times where they are frequent (charts, documents).

use crate::span::Span;

const BITS: u32 = 15;
const WORDS: usize = 1 << (BITS - 6);

/// The keywords of all rules, ready to be searched for.
pub(super) struct Prefilter {
    bits: Box<[u64; WORDS]>,
    /// By hash, the low five bits that the fourth byte of a keyword may have, as a set.
    fourths: Vec<u32>,
    /// First index of `keywords` by hash, and one past the last.
    starts: Vec<u16>,
    /// Sorted by hash, then text. Lower case.
    keywords: Vec<(u16, Box<[u8]>, usize)>,
}

impl Prefilter {
    /// Keywords shorter than three bytes are left out; rule files with such are refused by their own test.
    /// The `usize` of each is what [`Prefilter::find`] gives back.
    pub(super) fn new<'k>(keywords: impl IntoIterator<Item = (&'k str, usize)>) -> Self {
        let mut bits = Box::new([0; WORDS]);
        let mut fourths = vec![0; 1 << BITS];
        let mut list: Vec<(u16, Box<[u8]>, usize)> = Vec::new();
        for (keyword, id) in keywords {
            let folded = keyword.to_ascii_lowercase().into_bytes();
            let Some(head) = folded.first_chunk::<3>() else { continue };
            let hash = hash(u32::from_le_bytes([head[0], head[1], head[2], 0]));
            bits[usize::from(hash) >> 6] |= 1 << (hash & 63);
            // Case is bit 5, which these are not.
            fourths[usize::from(hash)] |= folded.get(3).map_or(u32::MAX, |fourth| 1 << (fourth & 31));
            list.push((hash, folded.into_boxed_slice(), id));
        }
        list.sort();
        let starts = (0..=1_u32 << BITS).map(|hash| list.partition_point(|(known, ..)| u32::from(*known) < hash));
        let starts = starts.map(|at| u16::try_from(at).unwrap_or(u16::MAX)).collect();
        Self { bits, fourths, starts, keywords: list }
    }

    /// Calls `found` for every place at which a keyword stands (ASCII case ignored), in order of their starts.
    pub(super) fn find(&self, text: &[u8], found: &mut dyn FnMut(usize, Span)) {
        let (bits, fourths) = (&*self.bits, &self.fourths[..1 << BITS]);
        // Four bytes are one load; the last three have a turn of their own.
        for (at, head) in text.windows(4).enumerate() {
            let hash = hash(u32::from_le_bytes([head[0], head[1], head[2], head[3]]));
            // The mask changes nothing; it tells the compiler that the index is in bounds.
            if bits[usize::from(hash) >> 6 & (WORDS - 1)] >> (hash & 63) & 1 != 0
                && fourths[usize::from(hash) & ((1 << BITS) - 1)] >> (head[3] & 31) & 1 != 0
            {
                self.compare(text, at, hash, found);
            }
        }
        if let Some(&[first, second, third]) = text.last_chunk::<3>() {
            self.compare(text, text.len() - 3, hash(u32::from_le_bytes([first, second, third, 0])), found);
        }
    }

    #[inline(never)]
    fn compare(&self, text: &[u8], at: usize, hash: u16, found: &mut dyn FnMut(usize, Span)) {
        let range = usize::from(self.starts[usize::from(hash)])..usize::from(self.starts[usize::from(hash) + 1]);
        let here = &text[at..];
        for (_, keyword, id) in &self.keywords[range] {
            // Most places are told apart by the fourth byte already.
            let fourth = keyword.get(3).is_none_or(|byte| here.get(3).is_some_and(|b| b.to_ascii_lowercase() == *byte));
            if fourth && here.get(..keyword.len()).is_some_and(|here| here.eq_ignore_ascii_case(keyword)) {
                found(*id, Span::new(at, at + keyword.len()));
            }
        }
    }
}

/// The hash of the low three bytes. Setting bit 5 folds the case of letters; what else it confuses is told apart by
/// comparing.
fn hash(head: u32) -> u16 {
    // Fifteen bits are left, so the cast cuts nothing off.
    let folded = head & 0x00ff_ffff | 0x0020_2020;
    (folded.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_plain_search_finds() {
        let keywords = ["token", "ghp_", "secret_key", "secret", "://", "KEN", "-----BEGIN"];
        let prefilter = Prefilter::new(keywords.into_iter().zip(0..));
        let text = "TokEN: GHP_x ://secret_KEY=-----begin tokens e";
        let mut found = Vec::new();
        prefilter.find(text.as_bytes(), &mut |id, span| found.push((span.start, id)));
        let lower = text.to_ascii_lowercase();
        let mut wanted: Vec<(usize, usize)> = keywords
            .into_iter()
            .enumerate()
            .flat_map(|(id, keyword)| {
                let keyword = keyword.to_ascii_lowercase();
                lower.match_indices(&keyword).map(move |(at, _)| (at, id)).collect::<Vec<_>>()
            })
            .collect();
        found.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(found, wanted);
    }
}
