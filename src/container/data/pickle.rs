//! Pickle, all protocols: its operations are followed as far as texts and dictionaries go. Nothing is built or called.

use std::collections::HashMap;

use super::take::Take;
use super::{Lines, strings};
use crate::container::Fault;

/// Values on the stack, and values that are remembered, at most.
const MOST: usize = 1 << 16;

/// Hands over the texts of a pickle, and of those that follow it, as in early PyTorch files.
pub(super) fn read(bytes: &[u8], lines: &mut Lines<'_>) -> Result<(), Fault> {
    let mut machine = Machine { stack: Vec::new(), memo: HashMap::new(), lines };
    let mut rest = Take(bytes);
    loop {
        let before = rest;
        let Some(operation) = rest.u8() else { break };
        match machine.step(operation, &mut rest)? {
            Step::On => {}
            Step::Stop => {
                machine.clear()?;
                machine.memo.clear();
                // What follows is another pickle, or numbers.
                if rest.0.first() != Some(&0x80) {
                    return strings::read(rest.0, machine.lines);
                }
            }
            Step::Unknown => {
                // Numbers between the operations, as joblib writes arrays; or damage.
                machine.clear()?;
                return strings::read(before.0, machine.lines);
            }
        }
    }
    machine.clear()
}

#[derive(Clone, Copy)]
enum Slot<'a> {
    Mark,
    Text(&'a [u8]),
    /// A text that was handed over before.
    Known(&'a [u8]),
    Other,
}

enum Step {
    On,
    Stop,
    Unknown,
}

struct Machine<'a, 'l, 's> {
    stack: Vec<Slot<'a>>,
    memo: HashMap<u64, Slot<'a>>,
    lines: &'l mut Lines<'s>,
}

impl<'a> Machine<'a, '_, '_> {
    fn step(&mut self, operation: u8, rest: &mut Take<'a>) -> Result<Step, Fault> {
        if self.stack.len() >= MOST {
            self.clear()?;
        }
        match self.push_value(operation, rest) {
            Some(Ok(slot)) => {
                self.stack.push(slot);
                return Ok(Step::On);
            }
            Some(Err(())) => return Ok(Step::Unknown),
            None => {}
        }
        match operation {
            b'.' => return Ok(Step::Stop),
            b'B' | b'C' | 0x8e | 0x96 => return self.data(operation, rest),
            b'c' | b'i' => {
                let (Some(module), Some(name)) = (rest.line(), rest.line()) else { return Ok(Step::Unknown) };
                self.lines.line(module)?;
                self.lines.line(name)?;
                if operation == b'i' {
                    self.pop_mark(false)?;
                }
                self.stack.push(Slot::Other);
            }
            b'p' | b'q' | b'r' | 0x94 => return Ok(self.remember(operation, rest)),
            // Protocol, and frames, which say how much to read at a time.
            0x80 if rest.u8().is_some() => {}
            0x95 if rest.u64_le().is_some() => {}
            0x98 => {}
            b'1' | b'e' | 0x90 => self.pop_mark(false)?,
            b'u' => self.pop_mark(true)?,
            b'd' | b'l' | b't' | b'o' | 0x91 => {
                self.pop_mark(operation == b'd')?;
                self.stack.push(Slot::Other);
            }
            b's' => self.pop_pair()?,
            0x86 => {
                self.pop_pair()?;
                self.stack.push(Slot::Other);
            }
            b'0' | b'a' | b'b' => self.pop(1)?,
            b'R' | 0x81 | 0x93 | b'Q' | 0x85 | 0x87 | 0x92 => {
                self.pop(match operation {
                    b'Q' | 0x85 => 1,
                    0x87 | 0x92 => 3,
                    _ => 2,
                })?;
                self.stack.push(Slot::Other);
            }
            _ => return Ok(Step::Unknown),
        }
        Ok(Step::On)
    }

    /// What an operation puts on the stack without taking anything; none for other operations, an error where its
    /// argument is missing.
    fn push_value(&mut self, operation: u8, rest: &mut Take<'a>) -> Option<Result<Slot<'a>, ()>> {
        let other = |argument: Option<()>| argument.map(|()| Slot::Other);
        let text = |text: Option<&'a [u8]>| text.map(Slot::Text);
        let slot = match operation {
            b'(' => Some(Slot::Mark),
            b'2' => Some(self.top()),
            b'N' | b'}' | b']' | b')' | 0x88 | 0x89 | 0x8f | 0x97 => Some(Slot::Other),
            b'F' | b'I' | b'L' => other(rest.line().map(drop)),
            b'P' | b'V' => text(rest.line()),
            b'S' => text(rest.line().map(unquoted)),
            b'K' | 0x82 => other(rest.u8().map(drop)),
            b'M' | 0x83 => other(rest.u16_le().map(drop)),
            b'J' | 0x84 => other(rest.u32_le().map(drop)),
            b'G' => other(rest.u64_le().map(drop)),
            0x8a => {
                let length = rest.u8().map(u64::from);
                other(rest.counted(length).map(drop))
            }
            0x8b => {
                let length = rest.u32_le().map(u64::from);
                other(rest.counted(length).map(drop))
            }
            b'U' | 0x8c => {
                let length = rest.u8().map(u64::from);
                text(rest.counted(length))
            }
            b'T' | b'X' => {
                let length = rest.u32_le().map(u64::from);
                text(rest.counted(length))
            }
            0x8d => {
                let length = rest.u64_le();
                text(rest.counted(length))
            }
            b'g' => number(rest.line()).map(|index| self.recall(index)),
            b'h' => rest.u8().map(|index| self.recall(u64::from(index))),
            b'j' => rest.u32_le().map(|index| self.recall(u64::from(index))),
            _ => return None,
        };
        Some(slot.ok_or(()))
    }

    /// Numbers what is on top of the stack.
    fn remember(&mut self, operation: u8, rest: &mut Take<'a>) -> Step {
        let index = match operation {
            b'p' => number(rest.line()),
            b'q' => rest.u8().map(u64::from),
            b'r' => rest.u32_le().map(u64::from),
            _ => Some(self.memo.len() as u64),
        };
        let Some(index) = index else { return Step::Unknown };
        if self.memo.len() < MOST {
            self.memo.insert(index, self.top());
        }
        Step::On
    }

    /// What is on top of the stack, once more.
    fn top(&self) -> Slot<'a> {
        match self.stack.last() {
            Some(Slot::Text(text) | Slot::Known(text)) => Slot::Known(text),
            _ => Slot::Other,
        }
    }

    fn recall(&self, index: u64) -> Slot<'a> {
        self.memo.get(&index).copied().unwrap_or(Slot::Other)
    }

    /// Bytes, which may be text.
    fn data(&mut self, operation: u8, rest: &mut Take<'a>) -> Result<Step, Fault> {
        let length = match operation {
            b'B' => rest.u32_le().map(u64::from),
            b'C' => rest.u8().map(u64::from),
            _ => rest.u64_le(),
        };
        let Some(bytes) = rest.counted(length) else { return Ok(Step::Unknown) };
        let is_text =
            std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(|c: char| c.is_control() && !c.is_whitespace()));
        if !is_text {
            strings::read(bytes, self.lines)?;
        }
        self.stack.push(if is_text { Slot::Text(bytes) } else { Slot::Other });
        Ok(Step::On)
    }

    /// Takes everything down to the last mark: keys and values where it is `paired`.
    fn pop_mark(&mut self, paired: bool) -> Result<(), Fault> {
        let mark = self.stack.iter().rposition(|slot| matches!(slot, Slot::Mark)).unwrap_or(0);
        let taken = self.stack.split_off(mark);
        let values = if let [Slot::Mark, values @ ..] = &taken[..] { values } else { &taken };
        if paired {
            for pair in values.chunks(2) {
                self.hand_over_pair(pair)?;
            }
            return Ok(());
        }
        values.iter().try_for_each(|slot| self.hand_over(*slot))
    }

    fn pop_pair(&mut self) -> Result<(), Fault> {
        let taken = self.stack.split_off(self.stack.len().saturating_sub(2));
        self.hand_over_pair(&taken)
    }

    fn pop(&mut self, count: usize) -> Result<(), Fault> {
        let taken = self.stack.split_off(self.stack.len().saturating_sub(count));
        taken.into_iter().try_for_each(|slot| self.hand_over(slot))
    }

    fn clear(&mut self) -> Result<(), Fault> {
        self.pop(usize::MAX)
    }

    fn hand_over_pair(&mut self, pair: &[Slot<'a>]) -> Result<(), Fault> {
        match *pair {
            [Slot::Text(key) | Slot::Known(key), Slot::Text(value)] => self.lines.pair(key, value),
            [Slot::Text(key), Slot::Known(value)] => self.lines.pair(key, value),
            _ => pair.iter().try_for_each(|slot| self.hand_over(*slot)),
        }
    }

    fn hand_over(&mut self, slot: Slot<'a>) -> Result<(), Fault> {
        if let Slot::Text(text) = slot { self.lines.line(text) } else { Ok(()) }
    }
}

fn number(line: Option<&[u8]>) -> Option<u64> {
    std::str::from_utf8(line?).ok()?.parse().ok()
}

/// A string of protocol 0, which is written as Python writes it.
fn unquoted(text: &[u8]) -> &[u8] {
    match text {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner,
        other => other,
    }
}
