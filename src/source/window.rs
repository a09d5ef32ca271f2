//! Texts that are too large to be held: given in windows that overlap, each decoded by itself.

use std::fmt;
use std::io::{self, Read as _};

use super::decode::{Encoding, HEAD, Named, decode_part, encoding_of, is_binary, without_nul};
use crate::span::{LineIndex, Position};

/// Bytes of a window, and how many of them are looked at before and behind what it is responsible for: no credential is
/// longer, key and value included.
const WINDOW: usize = 4 << 20;
const OVERLAP: usize = 64 << 10;

/// A text over the limit.
pub(crate) struct Large<'a> {
    input: Box<dyn io::Read + 'a>,
    encoding: Encoding,
    /// Bytes that were read and not yet given up: the window.
    bytes: Vec<u8>,
    /// Where in `bytes` the part begins that the next window is responsible for.
    own: usize,
    /// Where `bytes` starts in the decoded text, and in the text without NULs.
    at: [Place; 2],
    ended: bool,
    /// The limit, and its size where that is known; both in bytes.
    pub limit: u64,
    pub size: Option<u64>,
}

/// Where in a text something is: bytes, and line and column.
#[derive(Clone, Copy)]
struct Place {
    byte: usize,
    position: Position,
}

/// A stretch of a large text, read in one way.
pub(crate) struct Window {
    /// The stretch, with some text around what the window is responsible for.
    pub text: String,
    /// What it is responsible for, bytes of `text`: these stretches of all windows make up the whole text.
    pub own: std::ops::Range<usize>,
    /// Where `text` starts in the whole text: bytes, and line and column.
    pub byte: usize,
    pub position: Position,
}

impl fmt::Debug for Large<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Large").field("size", &self.size).finish_non_exhaustive()
    }
}

impl<'a> Large<'a> {
    /// A text of `size` bytes that starts with `head`, which was read, and goes on with `input`.
    pub(crate) fn new(head: &[u8], input: impl io::Read + 'a, limit: u64, size: Option<u64>) -> Self {
        let (encoding, mark) = encoding_of(head);
        let bytes = head.get(mark..).unwrap_or_default().to_vec();
        Self {
            input: Box::new(input),
            encoding,
            bytes,
            own: 0,
            at: [Place { byte: 0, position: Position::START }; 2],
            ended: false,
            limit,
            size,
        }
    }

    /// A text that starts with `start` and goes on with `rest`; none where it is binary.
    pub(crate) fn of_text(start: &'a [u8], rest: impl io::Read + 'a, named: Named, limit: u64) -> Option<Self> {
        let (head, start) = start.split_at(HEAD.min(start.len()));
        (!is_binary(head, named)).then(|| Self::new(head, start.chain(rest), limit, None))
    }

    /// The next window; none at the end of the text. Where its bytes can be read in another way, as by
    /// `decode_for_search`, a second one has that.
    pub(crate) fn next(&mut self) -> io::Result<Option<(Window, Option<Window>)>> {
        if self.ended {
            return Ok(None);
        }
        let wanted = WINDOW.saturating_sub(self.bytes.len()) as u64;
        let read = (&mut self.input).take(wanted).read_to_end(&mut self.bytes)?;
        self.ended = (read as u64) < wanted;
        // The last window is responsible for its end; another one leaves it to the next, which also sees what comes before.
        let whole = if self.ended { self.bytes.len() } else { self.boundary(self.bytes.len() - 4) };
        let end = if self.ended { whole } else { self.boundary(whole - OVERLAP) };
        let keep = if self.ended { whole } else { self.boundary(end - OVERLAP) };
        let cuts = [0..self.own, self.own..keep, keep..end, end..whole];
        let first = self.window(0, &cuts, |part| decode_part(self.encoding, part).into_owned());
        let doubtful = self.encoding.is_wide() || memchr::memchr(0, &self.bytes).is_some();
        let other = doubtful.then(|| self.window(1, &cuts, without_nul));
        let next = [first.1, other.as_ref().map_or(first.1, |other| other.1)];
        for (at, next) in self.at.iter_mut().zip(next) {
            *at = Place { byte: at.byte + next.byte, position: at.position.behind(next.position) };
        }
        self.own = end - keep;
        self.bytes.drain(..keep);
        Ok(Some((first.0, other.map(|other| other.0))))
    }

    /// The window of a reading, and where in it the next one starts.
    fn window(
        &self,
        reading: usize,
        cuts: &[std::ops::Range<usize>; 4],
        decode: impl Fn(&[u8]) -> String,
    ) -> (Window, Place) {
        let mut text = String::with_capacity(self.bytes.len());
        let [own, kept, owned, _] = cuts.clone().map(|part| {
            text.push_str(&decode(&self.bytes[part]));
            text.len()
        });
        let Place { byte, position } = self.at[reading];
        let next = Place { byte: kept, position: LineIndex::new(&text).position(&text, kept) };
        (Window { byte, position, own: own..owned, text }, next)
    }

    /// The last boundary between two characters at or before `at`.
    fn boundary(&self, at: usize) -> usize {
        match self.encoding {
            Encoding::Utf8 => (at.saturating_sub(3)..=at).rev().find(|at| self.bytes[*at] & 0xc0 != 0x80).unwrap_or(at),
            Encoding::Windows1252 => at,
            Encoding::Utf32Le | Encoding::Utf32Be => at - at % 4,
            Encoding::Utf16Le | Encoding::Utf16Be => {
                let at = at - at % 2;
                let high = self.bytes[at + usize::from(self.encoding == Encoding::Utf16Le)];
                // Not before the second half of a character.
                if high & 0xfc == 0xdc { at - 2 } else { at }
            }
        }
    }
}
